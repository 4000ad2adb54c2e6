/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes waiting to be sent: one contiguous buffer, taken when something is queued and given back
 * when all of it went, so that an idle connection holds none.
 */
#ifndef PORTERO_ASSOC_OUTPUT_H
#define PORTERO_ASSOC_OUTPUT_H

#include <portero/bytes.h>

/* A single queued PDU run may not exceed this: the cap of a reply that is being sent. */
#define OUTPUT_LIMIT ((size_t)256 << 20)

struct output {
  struct portero_writer w;
  size_t sent;
  uint32_t appended; /* PDUs, ever */
};

void output_init(struct output *o, const struct portero_mem *mem);
void output_deinit(struct output *o);
static inline size_t output_waiting(const struct output *o)
{
  return o->w.size - o->sent;
}
static inline struct portero_bytes output_bytes(const struct output *o)
{
  return portero_bytes_make(o->w.base + o->sent, o->w.size - o->sent);
}
void output_sent(struct output *o, size_t n);
/* Takes the memory for a run of n PDUs with size bytes of data at once; it may be more than is needed. */
void output_expect(struct output *o, size_t size, size_t n, size_t overhead);
/* A writer to append to. Check it with output_commit(), which undoes a failed append. */
struct portero_writer *output_writer(struct output *o);
bool output_commit(struct output *o, size_t start);

#endif
