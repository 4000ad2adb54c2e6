/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Type tables: what an IDL file says about the wire, as data. The IDL compiler makes them; its
 * generated code is derived from them, and this interpreter reads and writes any call with them:
 * for a command line, a sensor, peers of the other byte order.
 *
 * A value has the same shape in memory here as in generated C:
 *   - every type has a fixed size; the layout is C's own (natural alignment);
 *   - a conformant array is a pointer to its elements wherever it stands, also at the end of a
 *     struct; so is [string] text: `const char *`, UTF-8 for wchar_t, bytes for char;
 *     conformant arrays of conformant arrays are pointers to pointers. Of a varying array the
 *     elements from its offset on are there, as many as its length, and none behind them;
 *   - a pointer to a conformant array or to text is that same one pointer (NULL: no referent);
 *   - a union is a C union, chosen by a member outside (PORTERO_KIND_SWITCH); an encapsulated one is
 *     a struct of tag and union;
 *   - a pipe is struct portero_pipe, all of its elements;
 *   - the parameters of an operation are one struct, the return value its last member; a top-level
 *     [ref] pointer to a type of fixed size is not there: its pointee is the member. Without any
 *     member its size is 1.
 *
 * A struct portero_types is read-only once loaded and may be shared by threads.
 */
#ifndef PORTERO_TYPES_H
#define PORTERO_TYPES_H

#include <portero/ndr.h>

PORTERO_BEGIN_DECLS

enum portero_kind {
  PORTERO_KIND_NONE,
  PORTERO_KIND_INT8,
  PORTERO_KIND_UINT8,
  PORTERO_KIND_INT16,
  PORTERO_KIND_UINT16,
  PORTERO_KIND_INT32,
  PORTERO_KIND_UINT32,
  PORTERO_KIND_INT64,
  PORTERO_KIND_UINT64,
  PORTERO_KIND_INT3264,  /* int64_t in memory; 4 bytes in NDR, 8 in NDR64 */
  PORTERO_KIND_UINT3264, /* uint64_t in memory */
  PORTERO_KIND_FLOAT,
  PORTERO_KIND_DOUBLE,
  PORTERO_KIND_BOOLEAN, /* uint8_t; any value is kept */
  PORTERO_KIND_BYTE,    /* uint8_t, opaque */
  PORTERO_KIND_CHAR,    /* uint8_t, text */
  PORTERO_KIND_WCHAR,   /* uint16_t, text */
  PORTERO_KIND_ERROR,   /* error_status_t: uint32_t */
  PORTERO_KIND_ENUM16,  /* an enum's 4 bytes in memory; 2 in NDR, 4 in NDR64 */
  PORTERO_KIND_ENUM32,  /* [v1_enum] */
  PORTERO_KIND_UUID,    /* struct portero_uuid: a struct of that shape called guid, uuid, uuid_t */
  PORTERO_KIND_HANDLE,  /* struct portero_handle: a context handle */
  PORTERO_KIND_STRUCT,
  PORTERO_KIND_UNION,
  PORTERO_KIND_SWITCH, /* a use of union `of` that is not encapsulated, or the arms of one that is:
                           size is the expression that chooses the arm */
  PORTERO_KIND_ARRAY,
  PORTERO_KIND_STRING, /* [string] char, byte or wchar_t: `of` says which */
  PORTERO_KIND_POINTER,
  PORTERO_KIND_PIPE,
  PORTERO_KINDS
};

/* Flags of a type; which kinds they belong to is in brackets. */
#define PORTERO_TYPE_RANGE                                                                         \
  0x0001u /* [scalars, enums: the value; ARRAY, STRING: the count] min, max */
#define PORTERO_TYPE_CONFORMANT                                                                    \
  0x0002u /* [ARRAY, STRING] the maximum count is on the wire, size says what it is */
#define PORTERO_TYPE_VARYING                                                                       \
  0x0004u /* [ARRAY] offset and actual count are on the wire; length says what it is. STRING is always varying */
#define PORTERO_TYPE_REF                                                                           \
  0x0008u /* [POINTER] never null; a referent id is on the wire all the same */
#define PORTERO_TYPE_UNIQUE   0x0010u /* [POINTER] */
#define PORTERO_TYPE_FULL     0x0020u /* [POINTER] aliases and cycles are kept */
#define PORTERO_TYPE_MS_UNION 0x0040u /* [UNION] [MS-RPCE] 2.2.4.5 */
#define PORTERO_TYPE_NO_TAG                                                                        \
  0x0080u /* [UNION] the tag is not on the wire: the arms of an encapsulated union */
#define PORTERO_TYPE_ENCAPSULATED 0x0100u /* [STRUCT] tag, then SWITCH */
#define PORTERO_TYPE_STRICT       0x0200u /* [HANDLE] strict_context_handle */
#define PORTERO_TYPE_PARAMS                                                                        \
  0x0400u /* [STRUCT] the parameters of an operation: each its own deferral scope */
#define PORTERO_TYPE_ANONYMOUS 0x0800u /* [STRUCT, UNION, ENUM] has no name of its own in the IDL */
#define PORTERO_TYPE_INTERFACE                                                                     \
  0x1000u /* [STRUCT] the marshalled interface pointer (MInterfacePointer) behind it */
#define PORTERO_TYPE_IGNORE                                                                        \
  0x2000u /* [POINTER] [ignore]: the id is sent as 0 or passed over, never a referent */

struct portero_type {
  uint8_t kind; /* enum portero_kind */
  uint16_t flags;
  uint32_t name; /* in strings; 0: none. The IDL's name: "RPC_UNICODE_STRING" */
  uint32_t
      of; /* ARRAY, STRING, POINTER, PIPE: element, character or pointee. UNION: the tag's scalar or enum
                    type. SWITCH: the union. HANDLE: 0 */
  uint32_t first, count; /* STRUCT, UNION: in members. ENUM*: in enumerators. ARRAY, STRING that is
                            not conformant: count is the fixed bound */
  uint32_t size; /* expression in code; 0: none (STRING: what the text needs). SWITCH: the choice */
  uint32_t length; /* ARRAY: expression of the actual count; 0 while VARYING: all of them */
  uint32_t offset; /* ARRAY: expression of the offset (first_is); 0: 0 */
  int64_t min, max;
};

#define PORTERO_MEMBER_IN      0x0001u /* of parameters */
#define PORTERO_MEMBER_OUT     0x0002u
#define PORTERO_MEMBER_RESULT  0x0004u /* with OUT */
#define PORTERO_MEMBER_DEFAULT 0x0008u /* arm for any other tag */
#define PORTERO_MEMBER_SAME                                                                        \
  0x0010u /* arm: a further label of the arm before it, shares its memory and name */
#define PORTERO_MEMBER_EMBED                                                                       \
  0x0020u /* anonymous inline union or struct: its members are C's anonymous members */

struct portero_member {
  uint32_t name; /* in strings */
  uint32_t type; /* 0 (NONE): an empty arm */
  uint16_t flags;
  int64_t label; /* arms: the tag's value */
};

struct portero_enumerator {
  uint32_t name;
  int32_t value;
};

#define PORTERO_OP_IDEMPOTENT 0x01u
#define PORTERO_OP_MAYBE      0x02u
#define PORTERO_OP_BROADCAST  0x04u
#define PORTERO_OP_CALLBACK   0x08u /* the server calls the client */
#define PORTERO_OP_ASYNC      0x10u
#define PORTERO_OP_OBJECT                                                                          \
  0x20u /* ORPCTHIS and ORPCTHAT precede the parameters; not part of params */
#define PORTERO_OP_RESERVED 0x40u /* its number is taken, nothing is sent */

struct portero_op {
  uint32_t name;
  uint32_t params; /* type: STRUCT with PORTERO_TYPE_PARAMS */
  uint16_t opnum;
  uint16_t flags;
};

#define PORTERO_IFACE_OBJECT 0x01u
#define PORTERO_IFACE_LOCAL  0x02u

struct portero_iface {
  uint32_t name;
  struct portero_syntax id;
  uint32_t first_op, n_ops; /* in ops, by opnum; inherited ones are the base's. Opnums of callbacks
                               count apart and come last */
  uint32_t base;            /* index of the base interface + 1; 0: none */
  uint16_t flags;
};

/*
 * Expressions: postfix, on int64_t, over the members of the struct (or parameters) that the type
 * is used in: its scope, the innermost enclosing STRUCT. Each ends with END and leaves one value.
 * Division by zero and overflow give 0 and wrap: never undefined.
 */
enum portero_code {
  PORTERO_CODE_END,
  PORTERO_CODE_CONST,   /* LEB128, signed */
  PORTERO_CODE_FIELD,   /* LEB128, unsigned: index of a scalar member, counted in its struct */
  PORTERO_CODE_DEREF,   /* the same for a POINTER to a scalar; 0 when it is NULL */
  PORTERO_CODE_PRESENT, /* the same: is that pointer there? 0 or 1 */
  PORTERO_CODE_NEG,
  PORTERO_CODE_NOT, /* ~ */
  PORTERO_CODE_LNOT,
  PORTERO_CODE_ADD,
  PORTERO_CODE_SUB,
  PORTERO_CODE_MUL,
  PORTERO_CODE_DIV,
  PORTERO_CODE_MOD,
  PORTERO_CODE_AND,
  PORTERO_CODE_OR,
  PORTERO_CODE_XOR,
  PORTERO_CODE_SHL,
  PORTERO_CODE_SHR,
  PORTERO_CODE_EQ,
  PORTERO_CODE_NE,
  PORTERO_CODE_LT,
  PORTERO_CODE_LE,
  PORTERO_CODE_GT,
  PORTERO_CODE_GE,
  PORTERO_CODE_LAND,
  PORTERO_CODE_LOR,
  PORTERO_CODE_COND, /* a b c: a ? b : c */
  PORTERO_CODES
};
#define PORTERO_CODE_STACK 16u

/* ---- layout: computed, never stored ---- */

/*
 * Where things stand on the wire; every back end reads this and nothing else.
 *   - A value starts at a multiple of align. What is written of an array or a struct is one item
 *     after the other, each aligned by itself.
 *   - CONFORMANT: the maximum counts (of an array's dimensions, outermost first) stand in front,
 *     each aligned to a word (4 bytes in NDR, 8 in NDR64), and are no part of size, min and align.
 *   - Varying (STRING, ARRAY with the flag): offset and actual count, words, in front of the
 *     elements; of several varying dimensions all pairs, outermost first. align counts them.
 *   - STRUCT: behind the last member, and behind the elements of a conformant one, the gap. Of the
 *     latter not all peers know: readers pass it over only when the rest of the stub has room for it.
 *   - UNION and SWITCH: in NDR the tag at its own alignment. In NDR64 align, then the tag. Then
 *     arm alignment, also for an empty arm, then the arm at its own. Nothing behind. NO_TAG: the
 *     same without the tag; its struct is ENCAPSULATED and has no gap.
 *   - POINTER: a word, also one that is [ref]. Only as a parameter (a member of PARAMS) a [ref]
 *     pointer is nothing but its referent, and other pointers' referents follow at once.
 */
#define PORTERO_WIRE_FIXED    0x01u /* always size bytes from an aligned start */
#define PORTERO_WIRE_DEFERRED 0x02u /* has embedded pointers: a second pass for their referents */
#define PORTERO_WIRE_CONFORMANT                                                                    \
  0x04u /* maximum counts are hoisted in front of the outermost struct or array */
#define PORTERO_WIRE_PLAIN                                                                         \
  0x08u /* FIXED, memory of the same byte order is the wire, byte for byte, also as an element of an
           array; no padding; every value is good */

struct portero_wire {
  uint8_t
      align; /* 1, 2, 4 or 8; a struct's is its largest member's, tag and arms of unions included */
  uint8_t flags;
  uint8_t gap;   /* STRUCT: alignment behind the last member: 1 (none), or align in NDR64 */
  uint8_t arm;   /* UNION, SWITCH: alignment in front of the arm; 1: only the arm's own */
  uint32_t size; /* FIXED: without padding in front, with the gap behind. Else 0 */
  uint32_t min;  /* no value has fewer bytes; at least 1: bounds counts before memory is taken */
};

struct portero_layout {
  uint32_t size; /* in memory; 0 for NONE */
  uint16_t align;
  bool
      is_collapsed; /* POINTER: to a conformant array or text: it is the same one pointer in memory */
  struct portero_wire wire[2]; /* NDR, NDR64 */
};

struct portero_types {
  const char *strings; /* each terminated; the first is empty */
  uint32_t n_strings;  /* bytes */
  const uint8_t *code; /* code[0] is END: expression 0 is none */
  uint32_t n_code;
  const struct portero_type *types; /* types[0] is NONE */
  uint32_t n_types;
  const struct portero_member *members;
  uint32_t n_members;
  const struct portero_enumerator *enumerators;
  uint32_t n_enumerators;
  const struct portero_op *ops;
  uint32_t n_ops;
  const struct portero_iface *ifaces;
  uint32_t n_ifaces;
  const struct portero_layout *layouts; /* one for each type; NULL before portero_types_check() */
  const uint32_t *offsets; /* one for each member: where it is in its struct's memory */
};

/* All elements of a pipe. data points to count elements. */
struct portero_pipe {
  size_t count;
  const void *data;
};

/* A STRUCT with PORTERO_TYPE_INTERFACE: an interface pointer as it travels. [MS-DCOM] 2.2.14 */
struct portero_interface_pointer {
  uint32_t size;
  const uint8_t *data;
};

/*
 * Verifies everything (indices, recursion only through pointers, expressions well-formed and over scalars,
 * kinds that may stand where they stand, sizes that do not overflow) and computes layouts and offsets in
 * arena. LOCAL_MALFORMED with *out_problem (static text; may be NULL) for a table that must not be
 * used. Nothing below may be called before.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_types_check(struct portero_types *t,
                                                                struct portero_arena *arena,
                                                                const char **out_problem);
/*
 * The binary form, docs/type-tables.md. Loading checks. Names and expressions stay where they are:
 * table has to live as long as what was loaded. What passes the check is what may be saved.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_types_load(struct portero_bytes table,
                                                               struct portero_arena *arena,
                                                               struct portero_types *out_types,
                                                               const char **out_problem);
PORTERO_API void portero_types_save(const struct portero_types *t, struct portero_writer *w);

static inline const char *portero_types_text(const struct portero_types *t, uint32_t name)
{
  return t->strings + name;
}
/* NULL when there is none. */
PORTERO_API const struct portero_iface *portero_types_iface(const struct portero_types *t,
                                                            const struct portero_syntax *id);
PORTERO_API const struct portero_iface *portero_types_iface_named(const struct portero_types *t,
                                                                  const char *name);
/* An operation of iface or of what it inherits from; names are compared without case. */
PORTERO_API const struct portero_op *
portero_types_op(const struct portero_types *t, const struct portero_iface *iface, uint16_t opnum);
PORTERO_API const struct portero_op *portero_types_op_named(const struct portero_types *t,
                                                            const struct portero_iface *iface,
                                                            const char *name);
/* A type by its IDL name; 0: none. */
PORTERO_API uint32_t portero_types_named(const struct portero_types *t, const char *name);

/* The value of an expression; scope: the memory of the struct `type`. */
PORTERO_API int64_t portero_types_eval(const struct portero_types *t, uint32_t code, uint32_t type,
                                       const void *scope);
/*
 * The other way: changes the one member that the expression is made of so that it gives value; false when
 * it has not the form of one member, times or divided by or plus a constant, behind a pointer or
 * not (a NULL pointer gets a referent from arena). For values written by hand, where counts follow from the arrays.
 */
PORTERO_API bool portero_types_invert(const struct portero_types *t, uint32_t code, uint32_t type,
                                      void *scope, int64_t value, struct portero_arena *arena);
/* Reads any scalar or enum kind as a number, and writes it. */
PORTERO_API int64_t portero_types_number(uint8_t kind, const void *value);
PORTERO_API void portero_types_set_number(uint8_t kind, void *value, int64_t number);
/* The arm that tag chooses (members[...]), or NULL. */
PORTERO_API const struct portero_member *
portero_types_arm(const struct portero_types *t, const struct portero_type *u, int64_t tag);

/* ---- the interpreter ---- */

enum portero_direction {
  PORTERO_DIRECTION_IN,
  PORTERO_DIRECTION_OUT
};

/*
 * A call's parameters of one direction; pipes after all others on the way in, before all others on
 * the way out. value: struct memory of type op->params. Failures are sticky in w and r: ask
 * portero_ndr_writer_finish(), portero_ndr_reader_finish().
 * Writing fails with LOCAL_USAGE for a value that has no form on the wire (NULL where a pointer is [ref],
 * an expression below 0, a tag without arm, out of range). An [out] parameter that is a conformant
 * array or text without memory is sent as zeros: a server that fails leaves it alone. LOCAL_LIMIT
 * for more of them than PORTERO_NDR_ZEROS, and for more rows without elements than PORTERO_NDR_ROWS.
 * w.what names the member of a failure.
 * Full pointers are recognized again over all of the stub when w->arena is set, else over the call.
 *
 * Reading allocates from r->arena (zeroed, so members of the other direction stay as they are),
 * checks counts against the bytes left before that, and compares every count and tag with what its
 * expression says in the end: LOCAL_MALFORMED when they differ, so that a value that was read is
 * consistent. infer: members of the other direction that expressions ask for are not known, and
 * are set from counts and tags on the wire where portero_types_invert() can (a response without
 * its request). Arrays of bytes, and arrays whose elements are the same in memory, may be views of
 * the stub, which has to live as long as the value. r.what names the member of a failure: text of
 * the tables.
 */
PORTERO_API void portero_types_write_call(const struct portero_types *t,
                                          const struct portero_op *op,
                                          enum portero_direction direction, const void *value,
                                          struct portero_ndr_writer *w);
PORTERO_API void portero_types_read_call(const struct portero_types *t, const struct portero_op *op,
                                         enum portero_direction direction, bool infer, void *value,
                                         struct portero_ndr_reader *r);
/* One value of a type as the whole of a stub or of a serialized buffer: its referents follow it. */
PORTERO_API void portero_types_write(const struct portero_types *t, uint32_t type,
                                     const void *value, struct portero_ndr_writer *w);
PORTERO_API void portero_types_read(const struct portero_types *t, uint32_t type, void *value,
                                    struct portero_ndr_reader *r);

/* ---- type serialization ("pickling"): [MS-RPCE] 2.2.6 and 2.2.7 ---- */

/*
 * One value with the common and the private header. Version 1: NDR in either byte order; version 2:
 * NDR or NDR64, little-endian, with the table's first interface as the interface. Writing appends
 * to out, whatever its byte order. Reading finds out which it is; what follows the value is left.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_types_pickle(const struct portero_types *t,
                                                                 uint32_t type, const void *value,
                                                                 unsigned version, bool ndr64,
                                                                 bool big_endian,
                                                                 struct portero_writer *out);
PORTERO_API PORTERO_MUST_USE portero_status portero_types_unpickle(const struct portero_types *t,
                                                                   uint32_t type,
                                                                   struct portero_bytes in,
                                                                   struct portero_arena *arena,
                                                                   void *value);

PORTERO_END_DECLS

#endif
