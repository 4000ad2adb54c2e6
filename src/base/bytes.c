/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/bytes.h>

#define FIRST_CAPACITY 256u

struct portero_uuid portero_read_uuid(struct portero_reader *r, const char *what)
{
  struct portero_uuid u;
  const uint8_t *p = portero_reader_take(r, 16, what);

  memset(&u, 0, sizeof u);
  if (!p)
    return u;
  u.time_low = portero_load_u32(p, r->big_endian);
  u.time_mid = portero_load_u16(p + 4, r->big_endian);
  u.time_hi_and_version = portero_load_u16(p + 6, r->big_endian);
  memcpy(u.node, p + 8, sizeof u.node);
  return u;
}

struct portero_syntax portero_read_syntax(struct portero_reader *r, const char *what)
{
  struct portero_syntax s;
  uint32_t version;

  s.uuid = portero_read_uuid(r, what);
  version = portero_read_u32(r, what);
  s.major = (uint16_t)(version & 0xffff);
  s.minor = (uint16_t)(version >> 16);
  return s;
}

void portero_write_uuid(struct portero_writer *w, const struct portero_uuid *u)
{
  portero_write_u32(w, u->time_low);
  portero_write_u16(w, u->time_mid);
  portero_write_u16(w, u->time_hi_and_version);
  portero_write_bytes(w, u->node, sizeof u->node);
}

void portero_write_syntax(struct portero_writer *w, const struct portero_syntax *s)
{
  portero_write_uuid(w, &s->uuid);
  portero_write_u32(w, (uint32_t)s->minor << 16 | s->major);
}

bool portero_writer_grow(struct portero_writer *w, size_t n)
{
  size_t capacity = w->capacity ? w->capacity : FIRST_CAPACITY;
  size_t need;
  uint8_t *base;

  w->failed = true;
  if (!w->mem || __builtin_add_overflow(w->size, n, &need) || need > w->limit)
    return false;
  while (capacity < need)
    capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
  if (capacity > w->limit) /* reserve() looks at the capacity alone */
    capacity = w->limit;
  base = portero_mem_grow(w->mem, w->base, w->capacity, capacity);
  if (!base)
    return false;
  w->base = base;
  w->capacity = capacity;
  w->failed = false;
  return true;
}

void portero_writer_deinit(struct portero_writer *w)
{
  if (w->mem)
    portero_mem_give(w->mem, w->base, w->capacity);
  portero_writer_init_fixed(w, NULL, 0);
}

portero_status portero_writer_finish(const struct portero_writer *w)
{
  return w->failed ? portero_local(PORTERO_LOCAL_LIMIT) : portero_ok();
}
