/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/frame.h"

#define KEPT_FIRST_CAPACITY 512u

void frame_init(struct frame *f, const struct portero_mem *mem)
{
  memset(f, 0, sizeof *f);
  f->mem = mem;
}

static void frame_drop_kept(struct frame *f)
{
  portero_mem_give(f->mem, f->kept, f->kept_capacity);
  f->kept = NULL;
  f->kept_at = f->kept_size = f->kept_capacity = 0;
}

void frame_deinit(struct frame *f)
{
  frame_drop_kept(f);
  f->lent = portero_bytes_make(NULL, 0);
}

void frame_lend(struct frame *f, struct portero_bytes bytes)
{
  f->lent = bytes;
}

size_t frame_waiting(const struct frame *f)
{
  return f->kept_size - f->kept_at + f->lent.size;
}

static bool kept_reserve(struct frame *f, size_t n)
{
  size_t live = f->kept_size - f->kept_at, capacity = KEPT_FIRST_CAPACITY;
  uint8_t *block;

  if (f->kept_capacity - f->kept_size >= n)
    return true;
  while (capacity < live + n)
    capacity *= 2;
  block = portero_mem_take(f->mem, capacity);
  if (!block)
    return false;
  if (live)
    memcpy(block, f->kept + f->kept_at, live);
  portero_mem_give(f->mem, f->kept, f->kept_capacity);
  f->kept = block;
  f->kept_at = 0;
  f->kept_size = live;
  f->kept_capacity = capacity;
  return true;
}

/* Moves lent bytes until at least want are kept, or none is left. */
static bool kept_fill(struct frame *f, size_t want)
{
  size_t have = f->kept_size - f->kept_at, n;

  if (have >= want)
    return true;
  n = want - have < f->lent.size ? want - have : f->lent.size;
  if (n == 0)
    return true;
  if (!kept_reserve(f, n))
    return false;
  memcpy(f->kept + f->kept_size, f->lent.data, n);
  f->kept_size += n;
  f->lent.data += n;
  f->lent.size -= n;
  return true;
}

static enum frame_result header_check(struct portero_bytes from,
                                      struct portero_pdu_header *out_header)
{
  portero_pdu_header_read(from.data, out_header);
  if (out_header->version != 5 || out_header->version_minor > 1)
    return FRAME_VERSION;
  if (out_header->frag_length < PORTERO_PDU_HEADER_SIZE)
    return FRAME_LENGTH;
  return out_header->frag_length <= from.size ? FRAME_PDU : FRAME_MORE;
}

static struct portero_bytes kept_bytes(const struct frame *f)
{
  return portero_bytes_make(f->kept + f->kept_at, f->kept_size - f->kept_at);
}

static enum frame_result next_kept(struct frame *f, struct portero_pdu_header *out_header,
                                   struct portero_bytes *out_whole)
{
  enum frame_result result;

  if (!kept_fill(f, PORTERO_PDU_HEADER_SIZE))
    return FRAME_NO_MEMORY;
  if (f->kept_size - f->kept_at < PORTERO_PDU_HEADER_SIZE)
    return FRAME_MORE;
  result = header_check(kept_bytes(f), out_header);
  if (result == FRAME_MORE) {
    if (!kept_fill(f, out_header->frag_length))
      return FRAME_NO_MEMORY;
    result = header_check(kept_bytes(f), out_header);
  }
  if (result != FRAME_PDU)
    return result;
  *out_whole = portero_bytes_make(f->kept + f->kept_at, out_header->frag_length);
  f->kept_at += out_header->frag_length;
  return FRAME_PDU;
}

enum frame_result frame_next(struct frame *f, struct portero_pdu_header *out_header,
                             struct portero_bytes *out_whole)
{
  enum frame_result result;

  if (f->kept_at < f->kept_size)
    return next_kept(f, out_header, out_whole);
  if (f->lent.size < PORTERO_PDU_HEADER_SIZE)
    return FRAME_MORE;
  result = header_check(f->lent, out_header);
  if (result != FRAME_PDU)
    return result;
  *out_whole = portero_bytes_make(f->lent.data, out_header->frag_length);
  f->lent.data += out_header->frag_length;
  f->lent.size -= out_header->frag_length;
  return FRAME_PDU;
}

bool frame_peek(const struct frame *f, struct portero_pdu_header *out_header)
{
  uint8_t bytes[PORTERO_PDU_HEADER_SIZE];
  size_t kept = f->kept_size - f->kept_at;

  if (frame_waiting(f) < sizeof bytes)
    return false;
  if (kept > sizeof bytes)
    kept = sizeof bytes;
  if (kept)
    memcpy(bytes, f->kept + f->kept_at, kept);
  if (kept < sizeof bytes)
    memcpy(bytes + kept, f->lent.data, sizeof bytes - kept);
  portero_pdu_header_read(bytes, out_header);
  return true;
}

bool frame_settle(struct frame *f)
{
  if (f->kept && f->kept_at == f->kept_size)
    frame_drop_kept(f);
  return f->lent.size == 0 || kept_fill(f, f->kept_size - f->kept_at + f->lent.size);
}
