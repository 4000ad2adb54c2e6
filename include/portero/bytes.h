/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one bounded reader and the one bounded writer.
 *
 * Both are sticky: after a failure a reader gives zeros and a writer drops bytes; ask once, at
 * the end, with portero_reader_finish() or portero_writer_finish(), and only then use what was
 * read or written. The reader remembers where it failed and what was being read there.
 * A reader borrows its bytes; a growing writer owns its buffer until deinit.
 */
#ifndef PORTERO_BYTES_H
#define PORTERO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <portero/api.h>
#include <portero/arena.h>
#include <portero/status.h>
#include <portero/uuid.h>

PORTERO_BEGIN_DECLS

/* A view: borrowed bytes. */
struct portero_bytes {
  const uint8_t *data;
  size_t size;
};

static inline struct portero_bytes portero_bytes_make(const void *data, size_t size)
{
  struct portero_bytes b;
  b.data = (const uint8_t *)data;
  b.size = size;
  return b;
}

static inline uint16_t portero_load_u16(const uint8_t *p, bool big)
{
  return big ? (uint16_t)(p[0] << 8 | p[1]) : (uint16_t)(p[1] << 8 | p[0]);
}
static inline uint32_t portero_load_u32(const uint8_t *p, bool big)
{
  uint32_t v;
  memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  big = !big;
#endif
  return big ? __builtin_bswap32(v) : v;
}
static inline uint64_t portero_load_u64(const uint8_t *p, bool big)
{
  uint64_t v;
  memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  big = !big;
#endif
  return big ? __builtin_bswap64(v) : v;
}
static inline void portero_store_u16(uint8_t *p, bool big, uint16_t v)
{
  p[big ? 1 : 0] = (uint8_t)(v & 0xff);
  p[big ? 0 : 1] = (uint8_t)(v >> 8);
}
static inline void portero_store_u32(uint8_t *p, bool big, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  big = !big;
#endif
  v = big ? __builtin_bswap32(v) : v;
  memcpy(p, &v, 4);
}
static inline void portero_store_u64(uint8_t *p, bool big, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  big = !big;
#endif
  v = big ? __builtin_bswap64(v) : v;
  memcpy(p, &v, 8);
}

struct portero_reader {
  const uint8_t *base;
  size_t size;
  size_t at;
  const char *what; /* field being read at the failure; static text or NULL */
  bool big_endian;
  bool failed;
};

static inline void portero_reader_init(struct portero_reader *r, struct portero_bytes in,
                                       bool big_endian)
{
  r->base = in.data;
  r->size = in.size;
  r->at = 0;
  r->what = NULL;
  r->big_endian = big_endian;
  r->failed = false;
}
static inline size_t portero_reader_left(const struct portero_reader *r)
{
  return r->failed ? 0 : r->size - r->at;
}
static inline void portero_reader_fail(struct portero_reader *r, const char *what)
{
  if (r->failed)
    return;
  r->failed = true;
  r->what = what;
}
/* n bytes in place, or NULL (and the reader has failed). */
static inline const uint8_t *portero_reader_take(struct portero_reader *r, size_t n,
                                                 const char *what)
{
  const uint8_t *p;
  if (r->failed || r->size - r->at < n) {
    portero_reader_fail(r, what);
    return NULL;
  }
  p = r->base + r->at;
  r->at += n;
  return p;
}
static inline uint8_t portero_read_u8(struct portero_reader *r, const char *what)
{
  const uint8_t *p = portero_reader_take(r, 1, what);
  return p ? p[0] : 0;
}
static inline uint16_t portero_read_u16(struct portero_reader *r, const char *what)
{
  const uint8_t *p = portero_reader_take(r, 2, what);
  return p ? portero_load_u16(p, r->big_endian) : 0;
}
static inline uint32_t portero_read_u32(struct portero_reader *r, const char *what)
{
  const uint8_t *p = portero_reader_take(r, 4, what);
  return p ? portero_load_u32(p, r->big_endian) : 0;
}
static inline uint64_t portero_read_u64(struct portero_reader *r, const char *what)
{
  const uint8_t *p = portero_reader_take(r, 8, what);
  return p ? portero_load_u64(p, r->big_endian) : 0;
}
/* A view of n bytes; empty after a failure. */
static inline struct portero_bytes portero_read_bytes(struct portero_reader *r, size_t n,
                                                      const char *what)
{
  const uint8_t *p = r->base || n ? portero_reader_take(r, n, what) : NULL;
  return portero_bytes_make(p, p ? n : 0);
}
/* Skips to a multiple of align (a power of two), counted from the reader's first byte. */
static inline void portero_read_align(struct portero_reader *r, size_t align, const char *what)
{
  size_t pad = (align - (r->at & (align - 1))) & (align - 1);
  if (pad)
    (void)portero_reader_take(r, pad, what);
}
PORTERO_API struct portero_uuid portero_read_uuid(struct portero_reader *r, const char *what);
/* p_syntax_id_t of a PDU: UUID, then one u32 with the major version in its low half. [C706] 12.6.3.1 */
PORTERO_API struct portero_syntax portero_read_syntax(struct portero_reader *r, const char *what);

/* OK, or LOCAL_SHORT. Bytes may be left over: ask portero_reader_left() where that matters. */
static inline PORTERO_MUST_USE portero_status portero_reader_finish(const struct portero_reader *r)
{
  return r->failed ? portero_local(PORTERO_LOCAL_SHORT) : portero_ok();
}

struct portero_writer {
  uint8_t *base;
  size_t size; /* written */
  size_t capacity;
  size_t limit;                  /* size may never exceed this */
  const struct portero_mem *mem; /* NULL: fixed buffer */
  bool big_endian;
  bool failed;
};

/* Into the caller's buffer; never grows. */
static inline void portero_writer_init_fixed(struct portero_writer *w, void *buffer,
                                             size_t capacity)
{
  w->base = (uint8_t *)buffer;
  w->size = 0;
  w->capacity = capacity;
  w->limit = capacity;
  w->mem = NULL;
  w->big_endian = false;
  w->failed = false;
}
/* Grows through mem up to limit bytes; give the memory back with portero_writer_deinit(). */
static inline void portero_writer_init(struct portero_writer *w, const struct portero_mem *mem,
                                       size_t limit)
{
  portero_writer_init_fixed(w, NULL, 0);
  w->limit = limit;
  w->mem = mem;
}
PORTERO_API void portero_writer_deinit(struct portero_writer *w);
/* Empties it, keeps the buffer, forgets a failure. */
static inline void portero_writer_reset(struct portero_writer *w)
{
  w->size = 0;
  w->failed = false;
}
/* Makes room; false (and failed) when it cannot. */
PORTERO_API bool portero_writer_grow(struct portero_writer *w, size_t n);

/* n bytes to be filled in by the caller, or NULL (and the writer has failed). */
static inline uint8_t *portero_writer_reserve(struct portero_writer *w, size_t n)
{
  uint8_t *p;
  if (w->failed || (w->capacity - w->size < n && !portero_writer_grow(w, n)))
    return NULL;
  p = w->base + w->size;
  w->size += n;
  return p;
}
static inline void portero_write_u8(struct portero_writer *w, uint8_t v)
{
  uint8_t *p = portero_writer_reserve(w, 1);
  if (p)
    p[0] = v;
}
static inline void portero_write_u16(struct portero_writer *w, uint16_t v)
{
  uint8_t *p = portero_writer_reserve(w, 2);
  if (p)
    portero_store_u16(p, w->big_endian, v);
}
static inline void portero_write_u32(struct portero_writer *w, uint32_t v)
{
  uint8_t *p = portero_writer_reserve(w, 4);
  if (p)
    portero_store_u32(p, w->big_endian, v);
}
static inline void portero_write_u64(struct portero_writer *w, uint64_t v)
{
  uint8_t *p = portero_writer_reserve(w, 8);
  if (p)
    portero_store_u64(p, w->big_endian, v);
}
static inline void portero_write_bytes(struct portero_writer *w, const void *data, size_t n)
{
  uint8_t *p = n ? portero_writer_reserve(w, n) : NULL;
  if (p)
    memcpy(p, data, n);
}
static inline void portero_write_zeros(struct portero_writer *w, size_t n)
{
  uint8_t *p = n ? portero_writer_reserve(w, n) : NULL;
  if (p)
    memset(p, 0, n);
}
/* Zeros up to a multiple of align (a power of two), counted from origin, an offset in the buffer. */
static inline void portero_write_align(struct portero_writer *w, size_t origin, size_t align)
{
  portero_write_zeros(w, (align - ((w->size - origin) & (align - 1))) & (align - 1));
}
/* Overwrites what was written at offset at. */
static inline void portero_patch_u16(struct portero_writer *w, size_t at, uint16_t v)
{
  if (!w->failed && at + 2 <= w->size)
    portero_store_u16(w->base + at, w->big_endian, v);
}
static inline void portero_patch_u32(struct portero_writer *w, size_t at, uint32_t v)
{
  if (!w->failed && at + 4 <= w->size)
    portero_store_u32(w->base + at, w->big_endian, v);
}
PORTERO_API void portero_write_uuid(struct portero_writer *w, const struct portero_uuid *u);
PORTERO_API void portero_write_syntax(struct portero_writer *w, const struct portero_syntax *s);

/* OK, or LOCAL_LIMIT: the fixed buffer, the limit or the memory was too small. */
PORTERO_API PORTERO_MUST_USE portero_status portero_writer_finish(const struct portero_writer *w);
static inline struct portero_bytes portero_writer_bytes(const struct portero_writer *w)
{
  return portero_bytes_make(w->base, w->failed ? 0 : w->size);
}

PORTERO_END_DECLS

#endif
