/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/batch.h"

#include <stdlib.h>

#define SMALLEST 64u /* of a record, about: what there are ends for */

bool batch_init(struct batch *b, size_t capacity)
{
  memset(b, 0, sizeof *b);
  if (capacity >= BATCH_NOTE)
    capacity = BATCH_NOTE - 1;
  b->base = malloc(capacity);
  b->ends = calloc(capacity / SMALLEST + 1, sizeof *b->ends);
  if (!b->base || !b->ends) {
    batch_deinit(b);
    return false;
  }
  b->capacity = capacity;
  b->max = capacity / SMALLEST + 1;
  return true;
}

void batch_deinit(struct batch *b)
{
  free(b->base);
  free(b->ends);
  memset(b, 0, sizeof *b);
}

bool batch_add(struct batch *b, struct portero_bytes record, bool note)
{
  if (b->n == b->max || b->capacity - b->size < record.size)
    return false;
  memcpy(b->base + b->size, record.data, record.size);
  b->size += record.size;
  b->ends[b->n++] = (uint32_t)b->size | (note ? BATCH_NOTE : 0);
  return true;
}

void batch_clear(struct batch *b)
{
  b->size = 0;
  b->n = 0;
}
