/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of idlc_understand() share: from syntax tree to type tables.
 *
 *   scope.c       who is called what: every name of every file, in any order
 *   prelude.c     names that need no import
 *   attributes.c  which attributes there are, and finding them
 *   judge.c       attributes that stand where they mean nothing
 *   constant.c    expressions that are numbers
 *   suggest.c     names that were meant
 *   sizeof.c      sizes as C has them, for sizeof in such expressions
 *   expression.c  expressions over members: size_is and its kin become code
 *   declarator.c  what is around a type: pointers, arrays, text
 *   hooks.c       types that the program has in a form of its own
 *   types.c       declarators become type nodes
 *   bodies.c      struct, union and enum bodies
 *   operations.c  operations
 *   interfaces.c  interfaces
 *   builder.c     the growing tables
 *   order.c       the tables in their last order
 *   acf.c         the attribute configuration file
 *   c_names.c     names for C
 *
 * A type that cannot travel is an error only when an operation uses it: named types are lowered
 * quietly, and what was made of one that fails is taken back.
 */
#ifndef PORTERO_IDLC_LOWER_H
#define PORTERO_IDLC_LOWER_H

#include "src/idlc/program.h"

#define IDLC_BAD       UINT32_MAX /* no type: it was complained about */
#define IDLC_MAX_DEPTH 200u       /* of types in types, expressions in expressions */

struct idlc_lower;

/*
 * A kind that no table has: a type of the program's own stands here, `of` is what travels in its
 * place, first the number of the hook (from 1). REF: of is what the travelling pointer points to,
 * which stands in the place of the pointer. Such nodes are gone from the table in the end.
 */
#define IDLC_KIND_HOOK PORTERO_KINDS

/* ---- builder.c ---- */

struct idlc_table {
  void *items;
  uint32_t count, capacity, size; /* size: of one item */
};

/* Of a hash chain of texts. */
struct idlc_link {
  uint32_t at, next;
};

struct idlc_builder {
  struct portero_arena *arena;
  bool out_of_memory;
  struct idlc_table strings, code, types, type_info, members, enumerators;
  struct idlc_table ops, op_info, ifaces, iface_info;
  struct idlc_table string_next, type_next; /* hash chains, newest first */
  uint32_t *string_heads, *type_heads;
};

struct idlc_mark {
  uint32_t code, types, members, enumerators;
};

/* n zeroed new items, or NULL. */
void *idlc_table_add(struct idlc_builder *b, struct idlc_table *t, uint32_t n);
bool idlc_builder_init(struct idlc_builder *b, struct portero_arena *arena);
uint32_t idlc_builder_text(struct idlc_builder *b, const char *text);
/* A new type, for what has an identity: bodies, and what has expressions. */
uint32_t idlc_builder_type(struct idlc_builder *b, const struct portero_type *type);
/* The one type like this. */
uint32_t idlc_builder_shared(struct idlc_builder *b, const struct portero_type *type);
struct portero_type *idlc_builder_at(struct idlc_builder *b, uint32_t type);
/* What travels: the type itself unless it is a hook. */
uint32_t idlc_builder_wire(struct idlc_builder *b, uint32_t type);
struct idlc_type_info *idlc_builder_info(struct idlc_builder *b, uint32_t type);
struct idlc_mark idlc_builder_mark(const struct idlc_builder *b);
void idlc_builder_rewind(struct idlc_builder *b, struct idlc_mark mark);

/* ---- attributes.c ---- */

enum idlc_attribute {
  IDLC_ATTR_UNKNOWN,
  IDLC_ATTR_PASSED, /* known; says nothing about the wire */
  IDLC_ATTR_IN,
  IDLC_ATTR_OUT,
  IDLC_ATTR_REF,
  IDLC_ATTR_UNIQUE,
  IDLC_ATTR_PTR,
  IDLC_ATTR_STRING,
  IDLC_ATTR_SIZE_IS,
  IDLC_ATTR_MAX_IS,
  IDLC_ATTR_MIN_IS,
  IDLC_ATTR_LENGTH_IS,
  IDLC_ATTR_LAST_IS,
  IDLC_ATTR_FIRST_IS,
  IDLC_ATTR_RANGE,
  IDLC_ATTR_IGNORE,
  IDLC_ATTR_SWITCH_IS,
  IDLC_ATTR_SWITCH_TYPE,
  IDLC_ATTR_CASE,
  IDLC_ATTR_DEFAULT,
  IDLC_ATTR_MS_UNION,
  IDLC_ATTR_V1_ENUM,
  IDLC_ATTR_CONTEXT_HANDLE,
  IDLC_ATTR_STRICT_CONTEXT_HANDLE,
  IDLC_ATTR_HANDLE,
  IDLC_ATTR_IID_IS,
  IDLC_ATTR_WIRE_MARSHAL,
  IDLC_ATTR_TRANSMIT_AS,
  IDLC_ATTR_REPRESENT_AS,
  IDLC_ATTR_SAFEARRAY,
  IDLC_ATTR_POINTER_DEFAULT,
  IDLC_ATTR_UUID,
  IDLC_ATTR_VERSION,
  IDLC_ATTR_ENDPOINT,
  IDLC_ATTR_OBJECT,
  IDLC_ATTR_ODL,
  IDLC_ATTR_DUAL,
  IDLC_ATTR_LOCAL,
  IDLC_ATTR_CALL_AS,
  IDLC_ATTR_CALLBACK,
  IDLC_ATTR_IDEMPOTENT,
  IDLC_ATTR_MAYBE,
  IDLC_ATTR_BROADCAST,
  IDLC_ATTR_ASYNC,
  IDLC_ATTR_PROPGET,
  IDLC_ATTR_PROPPUT,
  IDLC_ATTR_PROPPUTREF,
  IDLC_ATTRIBUTES
};

struct idlc_suggestion;
/* Several lists of attributes that hold for one thing. */
struct idlc_attrs {
  const struct idlc_attr *list;
  const struct idlc_attrs *more;
};

enum idlc_attribute idlc_attribute_named(const char *name);
const struct idlc_attr *idlc_attr_in(const struct idlc_attr *list, enum idlc_attribute which);
const struct idlc_attr *idlc_attr_find(const struct idlc_attrs *attrs, enum idlc_attribute which);
/* Where attribute which may stand: IDLC_ON_. */
unsigned idlc_attribute_places(enum idlc_attribute which);
void idlc_attribute_suggest(struct idlc_suggestion *s);
#define IDLC_ON_INTERFACE 0x01u
#define IDLC_ON_TYPEDEF   0x02u /* and on a body itself */
#define IDLC_ON_MEMBER    0x04u /* and on an arm */
#define IDLC_ON_PARAMETER 0x08u
#define IDLC_ON_OPERATION 0x10u

/* ---- judge.c ---- */

/* Warns of attributes in the main file that nobody knows, and of those that mean nothing there. */
void idlc_judge(struct idlc_lower *lo);

/* ---- scope.c ---- */

enum idlc_space {
  IDLC_SPACE_TYPE,
  IDLC_SPACE_TAG,
  IDLC_SPACE_VALUE,
  IDLC_SPACE_INTERFACE,
  IDLC_SPACES
};

enum idlc_state {
  IDLC_STATE_NEW,
  IDLC_STATE_BUSY,
  IDLC_STATE_DONE,
  IDLC_STATE_FAILED
};

struct idlc_value {
  int64_t number;
  bool is_unsigned;
};

/* What a name stands for. */
struct idlc_def {
  struct idlc_def *next;  /* in its bucket */
  struct idlc_def *again; /* a later definition of the same name */
  enum idlc_space space;
  const char *name;
  struct idlc_place place;
  uint16_t file;                            /* of the unit */
  const struct idlc_item *home;             /* the interface it stands in, or NULL */
  const struct idlc_decl *decl;             /* TYPE: the typedef's declarator */
  const struct idlc_attr *attrs;            /* TYPE: the typedef's */
  const struct idlc_spec *spec;             /* TAG: with a body if there is one */
  const struct idlc_item *item;             /* VALUE: a const; INTERFACE */
  const struct idlc_enumerator *enumerator; /* VALUE */
  struct idlc_def *previous;                /* VALUE: the enumerator before it */
  enum idlc_state state;                    /* VALUE: of value; INTERFACE: of iface */
  struct idlc_value value;
  uint32_t iface; /* INTERFACE: index + 1 */
};

/* A struct, union or enum with its body, wherever it stands. */
struct idlc_body {
  struct idlc_body *next;  /* in its bucket */
  struct idlc_body *after; /* in the order of the text */
  const struct idlc_spec *spec;
  uint16_t file;        /* of the unit */
  const char *name;     /* of a typedef, or the tag; NULL: anonymous */
  const char *stand_in; /* anonymous: a name made of where it stands */
  bool is_inner;        /* stands in another one's member, a parameter or a pipe */
  const struct idlc_item *home;
  const struct idlc_attrs *attrs; /* its own, and of typedefs of it */
  enum idlc_state state;
  bool failed_quietly;
  uint32_t type;
  unsigned indirections; /* the pass's, when it began with this */
  enum idlc_state size_state;
  uint64_t size, align; /* for sizeof */
};

struct idlc_scope {
  struct idlc_def *defs[1024];
  struct idlc_body *bodies[1024];
  struct idlc_body *first_body, *last_body;
};

bool idlc_scope_collect(struct idlc_lower *lo);
/* The definition that text in file means: its own, or that of another. NULL: none. */
struct idlc_def *idlc_scope_find(const struct idlc_lower *lo, enum idlc_space space,
                                 const char *name, uint16_t file);
struct idlc_body *idlc_scope_body(const struct idlc_lower *lo, const struct idlc_spec *spec);
/* The body of a struct, union or enum that is named or defined by spec; NULL: there is none. */
struct idlc_body *idlc_scope_resolve(const struct idlc_lower *lo, const struct idlc_spec *spec);
/* Names that stand for two different things. */
void idlc_scope_check(struct idlc_lower *lo);

/* ---- prelude.c ---- */

/* Types that every file may name without an import. NULL: not one of them. */
const struct idlc_def *idlc_prelude_find(struct idlc_lower *lo, const char *name,
                                         struct idlc_place place);
/* What to write instead of a well-known name that is not among them. NULL: nothing to say. */
const char *idlc_prelude_hint(const char *name);

/* ---- suggest.c ---- */

/* Looking for the name that was meant. */
struct idlc_suggestion {
  const char *name, *best;
  size_t length;
  unsigned distance; /* less than this is like enough */
};

void idlc_suggest_begin(struct idlc_suggestion *s, const char *name);
void idlc_suggest(struct idlc_suggestion *s, const char *candidate);
/* "did you mean 'x'?", or NULL. */
const char *idlc_suggest_hint(struct idlc_lower *lo, const struct idlc_suggestion *s);
/* For a name that is no type. */
const char *idlc_suggest_type(struct idlc_lower *lo, const char *name);

/* ---- the pass ---- */

/* One thing that expressions may name: a member or a parameter. */
struct idlc_named {
  struct idlc_named *next;
  const char *name;
  struct portero_member member;
  bool is_inlined; /* a pointer in the IDL, its pointee here */
  bool is_absent;  /* not on the wire: handle_t */
};

enum idlc_pending_kind {
  IDLC_PENDING_SIZE, /* a SWITCH's choice too */
  IDLC_PENDING_LENGTH,
  IDLC_PENDING_OFFSET
};

/* An expression that waits for all members to be known. */
struct idlc_pending {
  struct idlc_pending *next;
  uint32_t type;
  enum idlc_pending_kind what;
  const struct idlc_expr *expr, *minus; /* expr - minus */
  int add;                              /* 1: expr is the highest index, not the count */
};

/* The struct or the parameters whose members expressions are about. */
struct idlc_frame {
  struct idlc_named *first, *last;
  uint32_t count;
  struct idlc_pending *pending;
};

/* A hook while it is being lowered: what becomes struct idlc_hook. */
struct idlc_hooked {
  struct idlc_hooked *next; /* in the order of their numbers */
  const struct idlc_def *def;
  const char *local;  /* as it was said; NULL: the definition's own */
  const char *c_name; /* with prefix, and those of its typedefs */
  const char *local_name, *wire_name;
  uint32_t number;
  uint32_t node; /* the type that stands for it alone; 0: nobody looked yet */
};

struct idlc_lower {
  struct idlc_sources *s;
  struct portero_arena *arena;
  const struct idlc_tree *tree;
  const struct idlc_program_options *options;
  struct idlc_builder b;
  struct idlc_scope scope;
  unsigned depth;
  unsigned indirections; /* pointers between here and the outermost type */
  unsigned quiet;        /* complaints are only remembered */
  bool complained;
  const char *complaint; /* the first one while quiet */
  struct idlc_place complaint_place;
  uint32_t interface_type; /* the one MInterfacePointer */
  struct idlc_hooked *hooks, *last_hook;
  struct idlc_include *includes, **includes_tail; /* of hooks: headers with the local types */
  struct idlc_local_op *local_ops, **local_ops_tail;
};

/* An error, or while quiet the reason why a type is left out. Always gives IDLC_BAD. */
__attribute__((format(printf, 4, 5))) uint32_t idlc_complain(struct idlc_lower *lo,
                                                             struct idlc_place place,
                                                             const char *hint, const char *format,
                                                             ...);
/*
 * Until the end, complaints are kept and not said, and what was lowered is taken back unless it is
 * good. They do not nest: inside, everything is quiet.
 */
struct idlc_mark idlc_quiet_begin(struct idlc_lower *lo);
void idlc_quiet_end(struct idlc_lower *lo, struct idlc_mark mark, bool good);
/* Descends one step; false (and a complaint) when it gets too deep. Pair with idlc_leave(). */
bool idlc_enter(struct idlc_lower *lo, struct idlc_place place);
void idlc_leave(struct idlc_lower *lo);

/* ---- constant.c, sizeof.c ---- */

/* false when expr is no number; complaints then depend on must. */
bool idlc_constant(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                   struct idlc_value *out_value);
bool idlc_constant_def(struct idlc_lower *lo, struct idlc_def *def, struct idlc_value *out_value);
/* op on two numbers as C has it; division by zero gives false. */
bool idlc_constant_binary(uint32_t op, struct idlc_value a, struct idlc_value b,
                          struct idlc_value *out_value);
/* value as spec (behind pointers) holds it; unchanged when spec is no scalar. */
struct idlc_value idlc_constant_cast(struct idlc_lower *lo, const struct idlc_spec *spec,
                                     unsigned pointers, struct idlc_value value);
/* false: not a type whose size can be told. */
bool idlc_sizeof(struct idlc_lower *lo, const struct idlc_spec *spec, unsigned pointers,
                 uint64_t *out_size);

/* ---- expression.c ---- */

/* The code of what waits; false when something was complained about. */
bool idlc_expression_settle(struct idlc_lower *lo, struct idlc_frame *frame);

/* ---- declarator.c ---- */

enum idlc_level_kind {
  IDLC_LEVEL_POINTER,
  IDLC_LEVEL_ARRAY,
  IDLC_LEVEL_FUNCTION
};

/* One step from a name to its type: a pointer or a dimension, typedefs looked through. */
struct idlc_level {
  enum idlc_level_kind kind;
  struct idlc_place place;
  uint16_t pointer; /* PORTERO_TYPE_REF, _UNIQUE, _FULL when said; 0 */
  bool is_open;
  const struct idlc_expr *bound, *lower;
  const struct idlc_item *home;                  /* the interface whose pointer_default counts */
  const struct idlc_attr *size, *length, *first; /* what says it */
  unsigned slot;                                 /* which argument of theirs */
  bool is_string;
};

#define IDLC_MAX_LEVELS 16u

struct idlc_shape {
  struct idlc_level levels[IDLC_MAX_LEVELS]; /* outermost first */
  unsigned count;
  const struct idlc_spec *base; /* never a typedef's name; NULL: an interface pointer */
  struct idlc_attrs chain[IDLC_MAX_LEVELS * 2]; /* the use's attributes, then its typedefs' */
  const char *names[IDLC_MAX_LEVELS * 2];       /* of those typedefs; NULL: the use, our own */
  unsigned n_chain;
  struct idlc_place place;
  const struct idlc_item *home; /* of base */
  uint32_t hook;                /* the program has a type of its own for levels[hook_at] and on */
  unsigned hook_at;
  unsigned hook_chain; /* its typedef in chain */
  bool is_string, is_context, is_strict, is_interface;
};

/* What decl (of a member, a parameter, a typedef) declares; false after a complaint. */
bool idlc_shape_of(struct idlc_lower *lo, const struct idlc_decl *decl,
                   const struct idlc_attr *attrs, const struct idlc_item *home,
                   struct idlc_shape *out_shape);
const struct idlc_attr *idlc_shape_attr(const struct idlc_shape *shape, enum idlc_attribute which);
/* What tells one kind of context handle from another: the typedef that says it is one, or the last
 * one behind a use that says so. NULL: none has a name. */
const char *idlc_shape_context(const struct idlc_shape *shape);
/* Only the specifier, behind pointers: switch_type(T), wire_marshal(T). */
bool idlc_shape_of_spec(struct idlc_lower *lo, const struct idlc_spec *spec, unsigned pointers,
                        const struct idlc_item *home, struct idlc_shape *out_shape);

/* ---- types.c, bodies.c ---- */

enum idlc_use {
  IDLC_USE_MEMBER,
  IDLC_USE_PARAMETER,
  IDLC_USE_RESULT
};

struct idlc_lowered {
  uint32_t type;
  bool is_inlined; /* a top-level [ref] pointer that is not there */
};

/* The type of a shape. frame: what its expressions may name. false after a complaint. */
bool idlc_type_of(struct idlc_lower *lo, const struct idlc_shape *shape, enum idlc_use use,
                  struct idlc_frame *frame, struct idlc_lowered *out_lowered);
/* PORTERO_KIND_ of a base type; NONE for void and handle_t. */
uint8_t idlc_kind_of(enum idlc_base base);
/* Has it, or has its last member, a maximum count on the wire? */
bool idlc_is_conformant(struct idlc_lower *lo, uint32_t type);
uint32_t idlc_scalar(struct idlc_lower *lo, uint8_t kind);
/* A struct, union or enum; frame: for an anonymous union, whose expressions are its struct's. */
uint32_t idlc_body_type(struct idlc_lower *lo, struct idlc_body *body, struct idlc_frame *frame);
/* Says what type the tag of a union is of; its labels become values of it. */
void idlc_union_set_tag(struct idlc_lower *lo, uint32_t type, uint32_t tag);
/* POINTER to a marshalled interface. */
uint32_t idlc_interface_pointer(struct idlc_lower *lo);
bool idlc_frame_add(struct idlc_lower *lo, struct idlc_frame *frame,
                    const struct idlc_named *named);
const struct idlc_named *idlc_frame_find(const struct idlc_frame *frame, const char *name);
void idlc_frame_wait(struct idlc_lower *lo, struct idlc_frame *frame,
                     const struct idlc_pending *pending);
/* The members of a frame, one after the other in the table. */
bool idlc_frame_store(struct idlc_lower *lo, const struct idlc_frame *frame, uint32_t *out_first);

/* ---- operations.c ---- */

/* An interface and what it inherits from; false after a complaint. */
bool idlc_interface(struct idlc_lower *lo, struct idlc_def *def, uint16_t file);
/* "Open"; of a property "get_Count". */
const char *idlc_operation_name(struct idlc_lower *lo, const struct idlc_item *op);
/* The parameters of an operation as a type. */
bool idlc_parameters(struct idlc_lower *lo, const struct idlc_item *op,
                     const struct idlc_item *home, uint16_t file, uint32_t *out_type);

/* ---- hooks.c ---- */

/* The number of the hook for what def names; 0: there is none. */
uint32_t idlc_hook_of(struct idlc_lower *lo, const struct idlc_def *def);
/* A type in whose place a hook's own stands; IDLC_BAD after a complaint. */
uint32_t idlc_hook_wrap(struct idlc_lower *lo, uint32_t hook, uint32_t type, bool is_pointee,
                        struct idlc_place place);
/* What travels for a hook is the same wherever it is used: false after a complaint. count: levels
 * of shape that count. */
bool idlc_hook_is_whole(struct idlc_lower *lo, const struct idlc_shape *shape, unsigned count);
/* Before any type is lowered: what was asked for is looked at. */
void idlc_hooks_begin(struct idlc_lower *lo);
/* Those that the main file defines, whether they are used or not. */
void idlc_hooks_understand(struct idlc_lower *lo);
/* Sets is_hooked of all types. */
void idlc_hooks_mark(struct idlc_lower *lo);
/* Their rows for the back ends; types have their names, but not their last order. */
bool idlc_hooks_store(struct idlc_lower *lo, struct idlc_program *p);

/* ---- local_ops.c ---- */

/* The local operation that a remote one stands for: what the program calls and serves. */
void idlc_local_op(struct idlc_lower *lo, const struct idlc_item *iface, const struct idlc_item *op,
                   uint16_t file);

/* ---- order.c ---- */

/* Types in an order in which each comes after what it contains; what nobody needs is dropped. Hooks
 * come last, out_hooks of them. */
bool idlc_order(struct idlc_lower *lo, uint32_t *out_hooks);

/* ---- acf.c ---- */

/* The attributes that the configuration file adds to an operation (NULL: to the interface). */
const struct idlc_attr *idlc_acf_attr(const struct idlc_lower *lo, const char *interface_name,
                                      const char *operation, enum idlc_attribute which);
void idlc_acf_check(struct idlc_lower *lo);

/* ---- c_names.c ---- */

/* C names for everything that is in the tables, and for consts. */
bool idlc_names(struct idlc_lower *lo, struct idlc_const *consts, unsigned n_consts,
                const char *const **out_enumerators);
/* A word of C or C++ that cannot be a name there. */
bool idlc_name_is_word(const char *name);

#endif
