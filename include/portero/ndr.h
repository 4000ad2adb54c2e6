/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primitives of NDR 2.0 and NDR64: what a stub is written and read with, by hand or by
 * generated code. [C706] 14, [MS-RPCE] 2.2.4 (NDR) and 2.2.5 (NDR64).
 *
 * Every read and write aligns itself, counted from the first byte of the stub. Failures are sticky:
 * reads give zeros, writes drop bytes; ask once with portero_ndr_reader_finish() or
 * portero_ndr_writer_finish() and use the values only then. Loops over counts from the wire are
 * safe without asking: counts are compared with the bytes left and read as 0 after a failure.
 *
 * What a reader hands out lives in its arena, or (views) in the bytes that it reads.
 * `what` names the field for messages: static text, kept in r.what with the offset r.at.
 * These functions know no types: deferred pointees, hoisted counts and unions are the caller's
 * order.
 */
#ifndef PORTERO_NDR_H
#define PORTERO_NDR_H

#include <portero/utf16.h>

PORTERO_BEGIN_DECLS

/* A context handle as it travels: 20 bytes, aligned to 4 in both syntaxes. [C706] 4.2.16.6, 14.2.7
 */
struct portero_handle {
  uint32_t attributes;
  struct portero_uuid uuid;
};

#define PORTERO_NDR_DEPTH 1024u /* nesting of pointers that a reader follows; a list's length */

/*
 * What stands for nothing takes no bytes from whoever asks for it, so it has limits of its own:
 * bytes of zeros in an answer for an [out] array that its handler left NULL, and rows that have no
 * elements in an array of several dimensions.
 */
#define PORTERO_NDR_ZEROS 65536u
#define PORTERO_NDR_ROWS  65536u

struct portero_ndr_full; /* the full pointers of a stub so far */

struct portero_ndr_reader {
  struct portero_reader r;
  struct portero_arena *arena; /* may be NULL when nothing is allocated */
  bool ndr64;
  portero_status failure; /* when it is not LOCAL_SHORT */
  unsigned depth;         /* levels left */
  struct portero_ndr_full *full;
  uint32_t
      rest[4]; /* generated code: bytes that what follows needs, from an offset 0, 2, 4, 6 mod 8 */
};

struct portero_ndr_writer {
  struct portero_writer w;
  size_t origin; /* offset in w of the stub's first byte; alignment counts from there */
  bool ndr64;
  portero_status failure; /* when it is not w's own */
  const char *what;       /* of a failure, by the type table: the member's name; NULL: not known */
  uint32_t next_referent;
  uint32_t next_full;
  struct portero_arena *arena; /* for full pointers, which else are not known again; may be NULL */
  struct portero_ndr_full *full;
};

/* ---- reading ---- */

/* NDR64 is little-endian only ([MS-RPCE] 2.2.5): with big_endian the reader has failed from the
 * start. */
PORTERO_API void portero_ndr_reader_init(struct portero_ndr_reader *n, struct portero_bytes stub,
                                         struct portero_arena *arena, bool ndr64, bool big_endian);

/* Fails with status unless it has failed before. */
static inline void portero_ndr_reader_fail_with(struct portero_ndr_reader *n, portero_status status,
                                                const char *what)
{
  if (n->r.failed)
    return;
  n->failure = status;
  portero_reader_fail(&n->r, what);
}
/* The same with LOCAL_MALFORMED, LOCAL_LIMIT ... */
static inline void portero_ndr_reader_fail(struct portero_ndr_reader *n, enum portero_local reason,
                                           const char *what)
{
  portero_ndr_reader_fail_with(n, portero_local(reason), what);
}
static inline bool portero_ndr_reader_ok(const struct portero_ndr_reader *n)
{
  return !n->r.failed;
}
/*
 * OK; LOCAL_SHORT; LOCAL_MALFORMED; LOCAL_LIMIT: too deep, or the arena's budget is used up.
 * Bytes may be left over: servers tolerate them, see portero_reader_left(&n->r).
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_ndr_reader_finish(const struct portero_ndr_reader *n);

/* 4 in NDR, 8 in NDR64: the size and alignment of pointers and counts. */
static inline size_t portero_ndr_reader_word(const struct portero_ndr_reader *n)
{
  return n->ndr64 ? 8 : 4;
}
static inline void portero_ndr_read_align(struct portero_ndr_reader *n, size_t align,
                                          const char *what)
{
  portero_read_align(&n->r, align, what);
}
/* NDR64 only: behind the last member of a struct, and before the tag and the arm of a union. */
static inline void portero_ndr_read_gap(struct portero_ndr_reader *n, size_t align,
                                        const char *what)
{
  if (n->ndr64)
    portero_read_align(&n->r, align, what);
}
static inline uint8_t portero_ndr_read_u8(struct portero_ndr_reader *n, const char *what)
{
  return portero_read_u8(&n->r, what);
}
static inline uint16_t portero_ndr_read_u16(struct portero_ndr_reader *n, const char *what)
{
  portero_read_align(&n->r, 2, what);
  return portero_read_u16(&n->r, what);
}
static inline uint32_t portero_ndr_read_u32(struct portero_ndr_reader *n, const char *what)
{
  portero_read_align(&n->r, 4, what);
  return portero_read_u32(&n->r, what);
}
static inline uint64_t portero_ndr_read_u64(struct portero_ndr_reader *n, const char *what)
{
  portero_read_align(&n->r, 8, what);
  return portero_read_u64(&n->r, what);
}
/* An enum without v1_enum: 2 bytes in NDR, 4 in NDR64, where a value over 65535 is malformed. */
PORTERO_API uint16_t portero_ndr_read_enum16(struct portero_ndr_reader *n, const char *what);
/* __int3264: 4 or 8 bytes. [MS-RPCE] 2.2.4.1, 2.2.5.1 */
static inline uint64_t portero_ndr_read_uint3264(struct portero_ndr_reader *n, const char *what)
{
  return n->ndr64 ? portero_ndr_read_u64(n, what) : portero_ndr_read_u32(n, what);
}
/* A bare count or offset: 4 or 8 bytes; over UINT32_MAX is malformed. Not compared with the bytes
 * left. */
PORTERO_API uint32_t portero_ndr_read_size(struct portero_ndr_reader *n, const char *what);
/* A unique or full pointer's referent identifier; 0 is the null pointer. */
static inline uint64_t portero_ndr_read_referent(struct portero_ndr_reader *n, const char *what)
{
  return portero_ndr_read_uint3264(n, what);
}
/* Is there a pointee (here, or deferred)? */
static inline bool portero_ndr_read_pointer(struct portero_ndr_reader *n, const char *what)
{
  return portero_ndr_read_referent(n, what) != 0;
}
/*
 * The maximum count of a conformant array. It fails (malformed) when count elements of at least
 * min_size bytes on the wire cannot be in the bytes left. For a conformant varying array use
 * portero_ndr_read_size() and let the varying header check.
 */
PORTERO_API uint32_t portero_ndr_read_count(struct portero_ndr_reader *n, size_t min_size,
                                            const char *what);
/*
 * The header of a varying array: offset, actual count. Malformed when offset + actual > max or the
 * elements cannot be in the bytes left. out_offset NULL: the offset must be 0.
 */
PORTERO_API uint32_t portero_ndr_read_varying(struct portero_ndr_reader *n, uint32_t max,
                                              size_t min_size, uint32_t *out_offset,
                                              const char *what);
/* n->arena's memory for count objects of size bytes, zeroed; NULL (and failed, LOCAL_LIMIT) when
 * there is none. */
PORTERO_API void *portero_ndr_reader_alloc(struct portero_ndr_reader *n, size_t count, size_t size,
                                           const char *what);
/* A view of size bytes, not aligned. */
static inline struct portero_bytes portero_ndr_read_bytes(struct portero_ndr_reader *n, size_t size,
                                                          const char *what)
{
  return portero_read_bytes(&n->r, size, what);
}
/*
 * [string] char and wchar_t, conformant varying: maximum, offset, actual count, characters with
 * their terminator. Arena memory, terminated; "" after a failure. char strings come as the bytes
 * that they are; UTF-16 becomes UTF-8. Malformed: no terminator, one before the end, offset not 0,
 * actual over maximum, a lone surrogate.
 */
PORTERO_API const char *portero_ndr_read_string(struct portero_ndr_reader *n, const char *what);
PORTERO_API const char *portero_ndr_read_wstring(struct portero_ndr_reader *n, const char *what);
/* The same when the maximum count has been read: of a string that ends a struct it stands in front
 * of the outermost one. */
PORTERO_API const char *portero_ndr_read_string_max(struct portero_ndr_reader *n, uint32_t max,
                                                    const char *what);
PORTERO_API const char *portero_ndr_read_wstring_max(struct portero_ndr_reader *n, uint32_t max,
                                                     const char *what);
/*
 * The same without the maximum count on the wire: strings in an array of fixed size max. Some
 * peers send all of the array: the text ends at the first terminator, and no characters are "".
 */
PORTERO_API const char *portero_ndr_read_varying_string(struct portero_ndr_reader *n, uint32_t max,
                                                        const char *what);
PORTERO_API const char *portero_ndr_read_varying_wstring(struct portero_ndr_reader *n, uint32_t max,
                                                         const char *what);
/* Aligned to 4. */
PORTERO_API struct portero_uuid portero_ndr_read_uuid(struct portero_ndr_reader *n,
                                                      const char *what);
/* rpc_if_id_t: two u16 for the version, where a PDU has one u32. */
PORTERO_API struct portero_syntax portero_ndr_read_syntax(struct portero_ndr_reader *n,
                                                          const char *what);
PORTERO_API struct portero_handle portero_ndr_read_handle(struct portero_ndr_reader *n,
                                                          const char *what);

/*
 * Full pointers, [C706] 14.3.10: pointers with one identifier have one pointee, which is sent once.
 * Where the pointee's turn comes: true, and it is read now, unless it was met before: then false
 * and *out_pointee is it (NULL and failed, when it was of another type).
 */
PORTERO_API bool portero_ndr_read_full_begin(struct portero_ndr_reader *n, uint64_t id,
                                             uint32_t type, const void **out_pointee,
                                             const char *what);
/* Where it is, before anything that it points to is read: pointers may go in circles. */
PORTERO_API void portero_ndr_read_full_at(struct portero_ndr_reader *n, uint64_t id, uint32_t type,
                                          const void *pointee, const char *what);

/* Around a pointee that may contain pointers itself: false (and failed, LOCAL_LIMIT) when too deep.
 */
static inline bool portero_ndr_reader_enter(struct portero_ndr_reader *n, const char *what)
{
  if (n->depth == 0) {
    portero_ndr_reader_fail(n, PORTERO_LOCAL_LIMIT, what);
    return false;
  }
  n->depth--;
  return true;
}
static inline void portero_ndr_reader_leave(struct portero_ndr_reader *n)
{
  n->depth++;
}

/* ---- writing ---- */

/* A growing stub from offset 0 of its own buffer; deinit with portero_writer_deinit(&n->w). */
PORTERO_API void portero_ndr_writer_init(struct portero_ndr_writer *n,
                                         const struct portero_mem *mem, size_t limit, bool ndr64,
                                         bool big_endian);
/* The same into the caller's buffer. */
PORTERO_API void portero_ndr_writer_init_fixed(struct portero_ndr_writer *n, void *buffer,
                                               size_t capacity, bool ndr64, bool big_endian);
/* A new stub starts at the end of what n->w holds. */
static inline void portero_ndr_writer_start(struct portero_ndr_writer *n)
{
  n->origin = n->w.size;
  n->failure = portero_ok();
  n->what = NULL;
  n->next_referent = 0;
  n->next_full = 0;
  n->full = NULL;
}
PORTERO_API void portero_ndr_writer_fail(struct portero_ndr_writer *n, enum portero_local reason);
/* With any status, and the name of what failed (static text; may be NULL). */
static inline void portero_ndr_writer_fail_with(struct portero_ndr_writer *n, portero_status status,
                                                const char *what)
{
  if (n->w.failed)
    return;
  n->w.failed = true;
  n->failure = status;
  n->what = what;
}
/* OK; LOCAL_LIMIT: no room; LOCAL_USAGE: a value that cannot be sent (text that is no UTF-8, NDR64
 * in big-endian). */
PORTERO_API PORTERO_MUST_USE portero_status
portero_ndr_writer_finish(const struct portero_ndr_writer *n);
/* What was written since the start. Valid until the next write. */
static inline struct portero_bytes portero_ndr_writer_stub(const struct portero_ndr_writer *n)
{
  if (n->w.failed || n->w.size <= n->origin)
    return portero_bytes_make(NULL, 0);
  return portero_bytes_make(n->w.base + n->origin, n->w.size - n->origin);
}

static inline size_t portero_ndr_writer_word(const struct portero_ndr_writer *n)
{
  return n->ndr64 ? 8 : 4;
}
static inline void portero_ndr_write_align(struct portero_ndr_writer *n, size_t align)
{
  portero_write_align(&n->w, n->origin, align);
}
static inline void portero_ndr_write_gap(struct portero_ndr_writer *n, size_t align)
{
  if (n->ndr64)
    portero_write_align(&n->w, n->origin, align);
}
static inline void portero_ndr_write_u8(struct portero_ndr_writer *n, uint8_t v)
{
  portero_write_u8(&n->w, v);
}
static inline void portero_ndr_write_u16(struct portero_ndr_writer *n, uint16_t v)
{
  portero_ndr_write_align(n, 2);
  portero_write_u16(&n->w, v);
}
static inline void portero_ndr_write_u32(struct portero_ndr_writer *n, uint32_t v)
{
  portero_ndr_write_align(n, 4);
  portero_write_u32(&n->w, v);
}
static inline void portero_ndr_write_u64(struct portero_ndr_writer *n, uint64_t v)
{
  portero_ndr_write_align(n, 8);
  portero_write_u64(&n->w, v);
}
static inline void portero_ndr_write_enum16(struct portero_ndr_writer *n, uint16_t v)
{
  if (n->ndr64)
    portero_ndr_write_u32(n, v);
  else
    portero_ndr_write_u16(n, v);
}
/* In NDR the upper half is dropped. [MS-RPCE] 2.2.4.1 */
static inline void portero_ndr_write_uint3264(struct portero_ndr_writer *n, uint64_t v)
{
  if (n->ndr64)
    portero_ndr_write_u64(n, v);
  else
    portero_ndr_write_u32(n, (uint32_t)(v & UINT32_MAX));
}
/* A count or an offset: maximum count of a conformant array and so on. */
static inline void portero_ndr_write_size(struct portero_ndr_writer *n, uint32_t v)
{
  portero_ndr_write_uint3264(n, v);
}
/* A unique pointer: 0, or the next referent identifier 0x00020000 + 4n. Write the pointee where its
 * turn comes. */
PORTERO_API void portero_ndr_write_pointer(struct portero_ndr_writer *n, bool present);
/*
 * A full pointer: 0, or 1, 2, 3 ...: the identifier that the same address had before, with n->arena
 * and for the same type (any number that stands for the pointee's type in this stub).
 */
PORTERO_API uint32_t portero_ndr_full_id(struct portero_ndr_writer *n, const void *pointee,
                                         uint32_t type);
PORTERO_API void portero_ndr_write_full(struct portero_ndr_writer *n, const void *pointee,
                                        uint32_t type);
/*
 * The stub is an answer: an identifier of its own that was in the request would stand for what the
 * request sent, and nothing would follow. So answers number full pointers from 0x00020000.
 */
static inline void portero_ndr_write_answer(struct portero_ndr_writer *n)
{
  if (n->next_full < 0x0001ffffu)
    n->next_full = 0x0001ffffu;
}
/* Where the pointee's turn comes: is it the first time? Else it is not written again. */
PORTERO_API bool portero_ndr_write_full_begin(struct portero_ndr_writer *n, const void *pointee,
                                              uint32_t type);
/* Offset 0 and actual count. */
static inline void portero_ndr_write_varying(struct portero_ndr_writer *n, uint32_t actual)
{
  portero_ndr_write_size(n, 0);
  portero_ndr_write_size(n, actual);
}
static inline void portero_ndr_write_bytes(struct portero_ndr_writer *n, const void *data,
                                           size_t size)
{
  portero_write_bytes(&n->w, data, size);
}
/* [string] char and wchar_t as read above; text is terminated, UTF-8 for wchar_t. */
PORTERO_API void portero_ndr_write_string(struct portero_ndr_writer *n, const char *text);
PORTERO_API void portero_ndr_write_wstring(struct portero_ndr_writer *n, const char *text);
PORTERO_API void portero_ndr_write_varying_string(struct portero_ndr_writer *n, const char *text);
PORTERO_API void portero_ndr_write_varying_wstring(struct portero_ndr_writer *n, const char *text);
PORTERO_API void portero_ndr_write_uuid(struct portero_ndr_writer *n, const struct portero_uuid *u);
PORTERO_API void portero_ndr_write_syntax(struct portero_ndr_writer *n,
                                          const struct portero_syntax *s);
PORTERO_API void portero_ndr_write_handle(struct portero_ndr_writer *n,
                                          const struct portero_handle *h);

PORTERO_END_DECLS

#endif
