/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What generated code is made of: descriptions of operations, and the inline functions with which
 * it reads and writes stubs. Written by `portero idl`; programs include what that generates.
 *
 * Generated marshalling functions work on little-endian stubs, NDR and NDR64 each with functions of
 * its own; anything else (a big-endian peer, an operation that has no functions) goes through the
 * type table, with the same values.
 */
#ifndef PORTERO_STUB_H
#define PORTERO_STUB_H

#include <portero/ndr.h>
#include <portero/types.h>

PORTERO_BEGIN_DECLS

typedef void portero_stub_write(struct portero_ndr_writer *w, const void *params);
typedef void portero_stub_read(struct portero_ndr_reader *r, void *params);

/* One direction of one operation: [0] NDR, [1] NDR64. NULL: by the type table. */
struct portero_stub_codec {
  portero_stub_write *write[2];
  portero_stub_read *read[2];
};

/* One conversion of parameters between a program's own types and what travels. */
struct portero_stub_hook_run {
  struct portero_arena *arena; /* of results */
  portero_status status;       /* the first failure */
  const char *what;            /* the function that was called last */
  unsigned depth;              /* pointers that may still be followed */
};
typedef void portero_stub_convert(struct portero_stub_hook_run *c, const void *from, uint16_t which,
                                  void *to);
/*
 * An operation with types of the program's own in it. which: PORTERO_MEMBER_IN, _OUT. To what
 * travels, members that need no conversion are copied whatever which says.
 */
struct portero_stub_hook {
  uint32_t size; /* of what travels */
  portero_stub_convert *to_wire, *from_wire;
};

struct portero_stub_op {
  const char *name;
  uint16_t opnum;
  uint16_t flags; /* PORTERO_OP_ */
  uint32_t size;  /* of the parameters' struct, as programs see it */
  struct portero_stub_codec in, out;
  const struct portero_stub_hook *hook; /* NULL: the struct is what travels */
};

/* An interface's stubs: static, generated. */
struct portero_stub {
  const char *name;
  struct portero_syntax id;
  const struct portero_stub_op
      *ops; /* by opnum, no holes: reserved ones are there with their flag */
  uint32_t n_ops;
  const uint8_t *table; /* type table */
  uint32_t table_size;
};

/*
 * The parameters of one direction: by the generated functions where they can, by the table where
 * they cannot; a table is loaded into arena for that one use, and what a program's own types are
 * converted to stands there. Failures are sticky in w and r; that of a conversion is its status.
 */
PORTERO_API void portero_stub_write_params(const struct portero_stub *s,
                                           const struct portero_stub_op *op,
                                           enum portero_direction direction, const void *params,
                                           struct portero_arena *arena,
                                           struct portero_ndr_writer *w);
PORTERO_API void portero_stub_read_params(const struct portero_stub *s,
                                          const struct portero_stub_op *op,
                                          enum portero_direction direction, void *params,
                                          struct portero_ndr_reader *r);

/* ---- inside of generated files ---- */

/* Direct code is for hosts whose memory is as the wire: not where a double stands at any 4. */
#ifdef __i386__
#define PORTERO_STUB_DIRECT 0
#else
#define PORTERO_STUB_DIRECT (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#endif

/* Rows of portero_stub.ops. wire: the operation's name in the names of what travels. */
/* clang-format off */
#define PORTERO_STUB_NO_CODEC {{NULL, NULL}, {NULL, NULL}}
#define PORTERO_STUB_ROW_BY_TABLE(iface, op, opnum, flags, hook)                                   \
  {#op, opnum, flags, sizeof(struct iface##_##op), PORTERO_STUB_NO_CODEC, PORTERO_STUB_NO_CODEC, hook}
#if PORTERO_STUB_DIRECT
#define PORTERO_STUB_CODEC(direction, iface, wire)                                                 \
  {{direction##_##iface##_##wire##_put, direction##_##iface##_##wire##_put64},                     \
   {direction##_##iface##_##wire##_get, direction##_##iface##_##wire##_get64}}
#define PORTERO_STUB_ROW(iface, op, wire, opnum, flags, hook)                                      \
  {#op, opnum, flags, sizeof(struct iface##_##op), PORTERO_STUB_CODEC(in, iface, wire),            \
   PORTERO_STUB_CODEC(out, iface, wire), hook}
#else
#define PORTERO_STUB_ROW(iface, op, wire, opnum, flags, hook)                                      \
  PORTERO_STUB_ROW_BY_TABLE(iface, op, opnum, flags, hook)
#endif
#define PORTERO_STUB_OP(iface, op, opnum, flags)                                                   \
  PORTERO_STUB_ROW(iface, op, op, opnum, flags, NULL)
#define PORTERO_STUB_OP_BY_TABLE(iface, op, opnum, flags)                                          \
  PORTERO_STUB_ROW_BY_TABLE(iface, op, opnum, flags, NULL)
#define PORTERO_STUB_OP_HOOKED(iface, op, wire, opnum, flags)                                      \
  PORTERO_STUB_ROW(iface, op, wire, opnum, flags, &hook_##iface##_##op)
#define PORTERO_STUB_OP_HOOKED_BY_TABLE(iface, op, wire, opnum, flags)                             \
  PORTERO_STUB_ROW_BY_TABLE(iface, op, opnum, flags, &hook_##iface##_##op)
#define PORTERO_STUB_OP_RESERVED(opnum)                                                            \
  {"", opnum, PORTERO_OP_RESERVED, 0, PORTERO_STUB_NO_CODEC, PORTERO_STUB_NO_CODEC, NULL}
/* clang-format on */

/*
 * Room for size bytes from the next multiple of align (a power of two), counted from the stub's
 * first byte; NULL: failed. What is skipped is zero, the room itself is not.
 */
static inline uint8_t *portero_stub_room(struct portero_ndr_writer *n, size_t align, size_t size)
{
  size_t pad = (n->origin - n->w.size) & (align - 1);
  uint8_t *p = portero_writer_reserve(&n->w, pad + size);

  if (!p)
    return NULL;
  for (size_t i = 0; i < pad; i++)
    p[i] = 0;
  return p + pad;
}
/* The same with zeros in it: for runs with gaps. */
static inline uint8_t *portero_stub_zeros(struct portero_ndr_writer *n, size_t align, size_t size)
{
  uint8_t *p = portero_stub_room(n, align, size);

  return p ? (uint8_t *)memset(p, 0, size) : NULL;
}
/* size bytes from the next multiple of align; NULL: failed. */
static inline const uint8_t *portero_stub_take(struct portero_ndr_reader *n, size_t align,
                                               size_t size, const char *what)
{
  size_t at = (n->r.at + align - 1) & ~(align - 1);

  if (n->r.failed || at > n->r.size || n->r.size - at < size) {
    portero_reader_fail(&n->r, what);
    return NULL;
  }
  n->r.at = at + size;
  return n->r.base + at;
}
/* Bytes of count elements, one behind the other, each at a multiple of align. */
static inline size_t portero_stub_span(size_t count, size_t align, size_t size)
{
  return (count - 1) * ((size + align - 1) & ~(align - 1)) + size;
}

/* A referent identifier, as portero_ndr_write_pointer() gives them. */
static inline uint32_t portero_stub_referent(struct portero_ndr_writer *n, bool present)
{
  return present ? 0x00020000u + 4u * n->next_referent++ : 0;
}
/* Stands for a referent until its turn comes; never looked at. */
static inline void *portero_stub_there(bool present)
{
  return (void *)(uintptr_t)present;
}
/* Is the referent of a full pointer here? Else *out_known is what it points to. */
static inline bool portero_stub_full_begin(struct portero_ndr_reader *n, uint64_t id, uint32_t type,
                                           const void **out_known, const char *what)
{
  *out_known = NULL;
  return id != 0 && portero_ndr_read_full_begin(n, id, type, out_known, what);
}
/* Memory that a reader has made itself, and handed out as constant. */
static inline void *portero_stub_own(const void *p)
{
  return (void *)(uintptr_t)p;
}

static inline void portero_stub_refuse(struct portero_ndr_writer *n, bool wrong)
{
  if (wrong)
    portero_ndr_writer_fail(n, PORTERO_LOCAL_USAGE);
}
static inline void portero_stub_reject(struct portero_ndr_reader *n, bool wrong, const char *what)
{
  if (wrong)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
}
/* What an expression says, as a count; 0 and failed when it cannot be one. */
static inline uint32_t portero_stub_count(struct portero_ndr_writer *n, int64_t value)
{
  portero_stub_refuse(n, value < 0 || value > UINT32_MAX);
  return value < 0 || value > UINT32_MAX ? 0 : (uint32_t)value;
}
/* The same for the actual count of at most max elements. */
static inline uint32_t portero_stub_length(struct portero_ndr_writer *n, uint32_t max,
                                           int64_t value)
{
  portero_stub_refuse(n, value < 0 || value > max);
  return value < 0 || value > max ? 0 : (uint32_t)value;
}

static inline bool portero_stub_outside(int64_t value, int64_t min, int64_t max)
{
  return value < min || value > max;
}
/* For leaves: a pointee that is as deep as the reader goes. */
static inline void portero_stub_deep(struct portero_ndr_reader *n, const char *what)
{
  if (n->depth == 0)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_LIMIT, what);
}

/* 2, 4 or 8 little-endian bytes; size is a constant. */
static inline void portero_stub_put_word(uint8_t *p, size_t size, uint64_t value)
{
  uint32_t low = (uint32_t)(value & UINT32_MAX);

  if (size == 8)
    memcpy(p, &value, 8);
  else
    memcpy(p, &low, 4);
}
static inline uint64_t portero_stub_get_word(const uint8_t *p, size_t size)
{
  uint64_t value = 0;
  uint32_t low;

  if (size == 8) {
    memcpy(&value, p, 8);
    return value;
  }
  memcpy(&low, p, 4);
  return low;
}
/* A full pointer keeps its identifier until its referent's turn comes. */
static inline void *portero_stub_get_full(struct portero_ndr_reader *n, const uint8_t *p,
                                          size_t size, const char *what)
{
  uint64_t id = portero_stub_get_word(p, size);

  portero_stub_reject(n, id > UINTPTR_MAX, what);
  return (void *)(uintptr_t)id;
}
static inline void portero_stub_put_enum(struct portero_ndr_writer *n, uint8_t *p, size_t size,
                                         uint32_t value)
{
  uint16_t low = (uint16_t)(value & UINT16_MAX);

  portero_stub_refuse(n, value > UINT16_MAX);
  if (size == 2)
    memcpy(p, &low, 2);
  else
    memcpy(p, &value, 4);
}
static inline uint32_t portero_stub_get_enum(struct portero_ndr_reader *n, const uint8_t *p,
                                             size_t size, const char *what)
{
  uint32_t value = 0;
  uint16_t low;

  if (size == 4) {
    memcpy(&value, p, 4);
    portero_stub_reject(n, value > UINT16_MAX, what);
    return value;
  }
  memcpy(&low, p, 2);
  return low;
}
/* A tag as an enum of 16 bits; what is none is one that is refused. */
static inline uint32_t portero_stub_enum(int64_t tag)
{
  return tag < 0 || tag > UINT16_MAX ? UINT32_MAX : (uint32_t)tag;
}

/* A maximum count; min 0: its elements need not all be there. */
static inline uint32_t portero_stub_get_count(struct portero_ndr_reader *n, size_t min,
                                              const char *what)
{
  return min ? portero_ndr_read_count(n, min, what) : portero_ndr_read_size(n, what);
}
/* count elements whose memory is the wire. */
static inline void portero_stub_put_bulk(struct portero_ndr_writer *n, const void *data,
                                         size_t size, size_t count, size_t align)
{
  uint8_t *p;

  portero_stub_refuse(n, !data);
  p = data ? portero_stub_room(n, align, size * count) : NULL;
  if (p)
    memcpy(p, data, size * count);
}
/* For an array that a handler left NULL: its count may be the peer's, so there is a limit. */
static inline void portero_stub_put_zeros(struct portero_ndr_writer *n, size_t size, size_t count,
                                          size_t align)
{
  if (count > PORTERO_NDR_ZEROS ||
      portero_stub_span(count + !count, align, size) > PORTERO_NDR_ZEROS)
    portero_ndr_writer_fail(n, PORTERO_LOCAL_LIMIT);
  else if (count)
    (void)portero_stub_zeros(n, align, portero_stub_span(count, align, size));
}
static inline void *portero_stub_get_copy(struct portero_ndr_reader *n, size_t size, size_t align,
                                          const char *what)
{
  const uint8_t *p;
  void *copy;

  portero_stub_deep(n, what);
  p = portero_stub_take(n, align, size, what);
  copy = p ? portero_ndr_reader_alloc(n, 1, size, what) : NULL;
  return copy ? memcpy(copy, p, size) : NULL;
}
/* A view where the stub's bytes are aligned as memory has to be, else a copy. */
static inline const void *portero_stub_get_bulk(struct portero_ndr_reader *n, size_t size,
                                                size_t memory_align, size_t count, size_t align,
                                                const char *what)
{
  const uint8_t *p;
  void *copy;

  if (count == 0)
    return portero_ndr_reader_alloc(n, 0, size, what);
  p = portero_stub_take(n, align, size * count, what);
  if (!p || ((uintptr_t)p & (memory_align - 1)) == 0)
    return p;
  copy = portero_ndr_reader_alloc(n, count, size, what);
  return copy ? memcpy(copy, p, size * count) : NULL;
}
/* Characters of text with its terminator; UTF-16 for units of 2 bytes. */
static inline uint32_t portero_stub_text_count(struct portero_ndr_writer *n, const char *text,
                                               size_t unit)
{
  size_t length = text ? strlen(text) : 0, size = length;

  if (unit == 2) {
    portero_stub_refuse(
        n, text && !portero_is_ok(portero_utf8_to_utf16(text, length, false, NULL, 0, &size)));
    size /= 2;
  }
  return portero_stub_count(n, (int64_t)size + 1);
}
/* Text behind its maximum count. Where there is no room, there is no terminator either. */
static inline const char *portero_stub_get_text(struct portero_ndr_reader *n, size_t unit,
                                                uint32_t max, const char *what)
{
  if (max == 0) {
    (void)portero_ndr_read_varying(n, 0, unit, NULL, what);
    return "";
  }
  return unit == 2 ? portero_ndr_read_wstring_max(n, max, what)
                   : portero_ndr_read_string_max(n, max, what);
}
/* A varying string of at most max characters of unit bytes. */
static inline void portero_stub_put_text(struct portero_ndr_writer *n, const char *text,
                                         size_t unit, uint32_t max)
{
  size_t at;

  portero_stub_refuse(n, !text);
  if (!text)
    return;
  if (max == 0 && !*text) {
    portero_ndr_write_varying(n, 0);
    return;
  }
  portero_ndr_write_align(n, portero_ndr_writer_word(n));
  at = n->w.size + 2 * portero_ndr_writer_word(n);
  if (unit == 2)
    portero_ndr_write_varying_wstring(n, text);
  else
    portero_ndr_write_varying_string(n, text);
  portero_stub_refuse(n, !n->w.failed && (n->w.size - at) / unit > max);
}

/*
 * Behind the elements of a conformant struct in NDR64: peers do not agree on whether there is a gap.
 * Where the parameters that follow would not fit behind it, it is not there.
 */
static inline void portero_stub_gap(struct portero_ndr_reader *n, size_t align, const char *what)
{
  uint64_t behind = ((uint64_t)n->r.at + align - 1) & ~((uint64_t)align - 1);

  if (behind + n->rest[behind / 2 % 4] <= n->r.size)
    portero_ndr_read_align(n, align, what);
}

/* Expressions wrap, and division by zero is 0: what peers say decides nothing else. */
static inline int64_t portero_stub_add(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline int64_t portero_stub_sub(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a - (uint64_t)b);
}
static inline int64_t portero_stub_mul(int64_t a, int64_t b)
{
  return (int64_t)((uint64_t)a * (uint64_t)b);
}
static inline int64_t portero_stub_div(int64_t a, int64_t b)
{
  return b == 0 ? 0 : b == -1 ? portero_stub_sub(0, a) : a / b;
}
static inline int64_t portero_stub_mod(int64_t a, int64_t b)
{
  return b == 0 || b == -1 ? 0 : a % b;
}
static inline int64_t portero_stub_shl(int64_t a, int64_t b)
{
  return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
}
static inline int64_t portero_stub_shr(int64_t a, int64_t b)
{
  return b < 0 || b > 63 ? 0 : a >> b;
}

PORTERO_END_DECLS

#endif
