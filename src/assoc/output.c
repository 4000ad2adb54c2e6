/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/output.h"

#define COMPACT_ABOVE 65536u

void output_init(struct output *o, const struct portero_mem *mem)
{
  portero_writer_init(&o->w, mem, OUTPUT_LIMIT);
  o->sent = 0;
}

void output_deinit(struct output *o)
{
  const struct portero_mem *mem = o->w.mem;

  portero_writer_deinit(&o->w);
  output_init(o, mem);
}

void output_sent(struct output *o, size_t n)
{
  o->sent += n < output_waiting(o) ? n : output_waiting(o);
  if (o->sent == o->w.size)
    output_deinit(o);
}

struct portero_writer *output_writer(struct output *o)
{
  if (o->sent > COMPACT_ABOVE && o->sent > o->w.size / 2) {
    memmove(o->w.base, o->w.base + o->sent, o->w.size - o->sent);
    o->w.size -= o->sent;
    o->sent = 0;
  }
  return &o->w;
}

void output_expect(struct output *o, size_t size, size_t n, size_t overhead)
{
  struct portero_writer *w = output_writer(o);
  size_t need = size + n * overhead;

  if (w->capacity - w->size >= need)
    return;
  (void)portero_writer_grow(w, need);
  w->failed = false; /* whoever writes finds out */
}

bool output_commit(struct output *o, size_t start)
{
  bool ok = !o->w.failed;

  if (ok)
    o->appended++;
  else
    o->w.size = start;
  o->w.failed = false;
  return ok;
}
