/* SPDX-License-Identifier: Apache-2.0 */
/* Records one behind the other in one block, and where each ends. Bounded; no locks. */
#ifndef PORTERO_SINKS_BATCH_H
#define PORTERO_SINKS_BATCH_H

#include <portero/bytes.h>

struct batch {
  uint8_t *base;
  size_t size, capacity;
  uint32_t *ends; /* one for each record, as BATCH_NOTE | offset */
  size_t n, max;
};

/* This record is about the sink itself: it is counted nowhere. */
#define BATCH_NOTE UINT32_C(0x80000000)

bool batch_init(struct batch *b, size_t capacity);
void batch_deinit(struct batch *b);
/* False: no room. */
bool batch_add(struct batch *b, struct portero_bytes record, bool note);
void batch_clear(struct batch *b);

static inline size_t batch_end(const struct batch *b, size_t i)
{
  return b->ends[i] & ~BATCH_NOTE;
}
static inline size_t batch_start(const struct batch *b, size_t i)
{
  return i == 0 ? 0 : batch_end(b, i - 1);
}
static inline struct portero_bytes batch_record(const struct batch *b, size_t i)
{
  size_t start = batch_start(b, i);

  return portero_bytes_make(b->base + start, batch_end(b, i) - start);
}
static inline bool batch_is_note(const struct batch *b, size_t i)
{
  return (b->ends[i] & BATCH_NOTE) != 0;
}

#endif
