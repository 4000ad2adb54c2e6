/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a byte stream to whole PDUs, however it was cut. Bytes are lent by the driver and used in
 * place; what cannot be used yet is copied when the driver needs its buffer back.
 *
 *     frame_lend(f, bytes)
 *     while (frame_next(f, &header, &whole) == FRAME_PDU) ...   whole: until the next call
 *     frame_settle(f)                                           lent bytes are free again
 */
#ifndef PORTERO_ASSOC_FRAME_H
#define PORTERO_ASSOC_FRAME_H

#include <portero/pdu.h>

enum frame_result {
  FRAME_MORE,    /* not a whole PDU yet */
  FRAME_PDU,     /* header and whole are set */
  FRAME_VERSION, /* header is set: not protocol version 5; there is no way to go on */
  FRAME_LENGTH,  /* header is set: frag_length is smaller than a header; there is no way to go on */
  FRAME_NO_MEMORY,
};

/*
 * A moment that lies between two tellings of the time: it gets its date when the time is told next.
 * Until then a deadline that counts from it may come early, which costs one tick.
 */
#define MOMENT_UNDATED (UINT64_MAX - 1)

static inline void moment_date(uint64_t *moment, uint64_t now)
{
  if (*moment == MOMENT_UNDATED)
    *moment = now;
}
/* The earlier of deadline and timeout after since; a timeout of 0 is none. now: told last. */
static inline uint64_t moment_deadline(uint64_t deadline, uint64_t since, uint32_t timeout,
                                       uint64_t now)
{
  uint64_t at;

  if (timeout == 0 || since == UINT64_MAX)
    return deadline;
  at = (since == MOMENT_UNDATED ? now : since) + timeout;
  return at < deadline ? at : deadline;
}

struct frame {
  const struct portero_mem *mem;
  struct portero_bytes lent;
  uint8_t *kept; /* a queue: [kept_at, kept_size) is still to be used */
  size_t kept_at, kept_size, kept_capacity;
};

void frame_init(struct frame *f, const struct portero_mem *mem);
void frame_deinit(struct frame *f);
/* There must be no lent bytes left. */
void frame_lend(struct frame *f, struct portero_bytes bytes);
enum frame_result frame_next(struct frame *f, struct portero_pdu_header *out_header,
                             struct portero_bytes *out_whole);
/* The header of the next PDU without taking it; false when it is not there yet. */
bool frame_peek(const struct frame *f, struct portero_pdu_header *out_header);
/* Copies lent bytes that are left; false when memory is out. */
bool frame_settle(struct frame *f);
/* Does what frame_next() told lie in memory of the frame's own? */
static inline bool frame_owns(const struct frame *f, struct portero_bytes whole)
{
  return f->kept && whole.data >= f->kept && whole.data < f->kept + f->kept_capacity;
}
/* Bytes waiting, lent or kept. */
size_t frame_waiting(const struct frame *f);

#endif
