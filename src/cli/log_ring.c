/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_ring.h"

#include <stdlib.h>
#include <string.h>

bool log_ring_init(struct log_ring *r, size_t capacity)
{
  r->lines = calloc(capacity ? capacity : 1, sizeof *r->lines);
  r->capacity = capacity;
  r->n = r->next = 0;
  r->used = r->lines != NULL;
  return r->used;
}

void log_ring_deinit(struct log_ring *r)
{
  for (size_t i = 0; i < r->n; i++)
    free(r->lines[i].text);
  free(r->lines);
  memset(r, 0, sizeof *r);
}

bool log_ring_is_used(const struct log_ring *r)
{
  return r->used;
}

bool log_ring_add(struct log_ring *r, const char *line, size_t size)
{
  struct log_ring_line *slot;
  char *text;

  if (r->capacity == 0)
    return true;
  slot = &r->lines[r->next];
  text = realloc(slot->text, size ? size : 1);
  if (!text)
    return false;
  memcpy(text, line, size);
  slot->text = text;
  slot->size = size;
  r->next = (r->next + 1) % r->capacity;
  if (r->n < r->capacity)
    r->n++;
  return true;
}

void log_ring_end(struct log_ring *r, void (*take)(void *user, const char *line, size_t size),
                  void *user)
{
  size_t first = r->n < r->capacity ? 0 : r->next;

  for (size_t i = 0; i < r->n; i++)
    take(user, r->lines[(first + i) % r->capacity].text, r->lines[(first + i) % r->capacity].size);
  log_ring_deinit(r);
}
