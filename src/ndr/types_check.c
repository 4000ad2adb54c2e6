/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing else in here is safe with a table that has not been through this: each index, each
 * combination of kind and flags, each expression, each layout.
 */
#include "src/ndr/types_inside.h"

/* More than any protocol has, less than what would overflow something. */
#define ROWS_LIMIT  (1u << 22)
#define BYTES_LIMIT (1u << 26)

#define POINTER_FLAGS (PORTERO_TYPE_REF | PORTERO_TYPE_UNIQUE | PORTERO_TYPE_FULL)

/* The flags that a kind may have. */
static unsigned allowed_flags(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_ENUM16:
  case PORTERO_KIND_ENUM32:
    return PORTERO_TYPE_RANGE | PORTERO_TYPE_ANONYMOUS;
  case PORTERO_KIND_HANDLE:
    return PORTERO_TYPE_STRICT;
  case PORTERO_KIND_STRUCT:
    return PORTERO_TYPE_ENCAPSULATED | PORTERO_TYPE_PARAMS | PORTERO_TYPE_ANONYMOUS |
           PORTERO_TYPE_INTERFACE;
  case PORTERO_KIND_UNION:
    return PORTERO_TYPE_MS_UNION | PORTERO_TYPE_NO_TAG | PORTERO_TYPE_ANONYMOUS;
  case PORTERO_KIND_ARRAY:
    return PORTERO_TYPE_RANGE | PORTERO_TYPE_CONFORMANT | PORTERO_TYPE_VARYING;
  case PORTERO_KIND_STRING:
    return PORTERO_TYPE_RANGE | PORTERO_TYPE_CONFORMANT;
  case PORTERO_KIND_POINTER:
    return POINTER_FLAGS | PORTERO_TYPE_IGNORE;
  default:
    return types_is_scalar(kind) ? PORTERO_TYPE_RANGE : 0;
  }
}

/* A string of printable ASCII, or the empty one. */
static const char *check_strings(const struct portero_types *t)
{
  if (t->n_strings == 0 || t->strings[0] != 0 || t->strings[t->n_strings - 1] != 0)
    return "the strings are not terminated";
  for (uint32_t i = 0; i < t->n_strings; i++)
    if (t->strings[i] != 0 && (t->strings[i] < 0x20 || t->strings[i] > 0x7e))
      return "a string is not printable";
  return NULL;
}

static const char *check_code(const struct portero_types *t, uint32_t code)
{
  uint32_t at = code;
  unsigned depth = 0;
  struct types_code c;

  do {
    if (!types_code_next(t, &at, &c) || at - code > TYPES_CODE_BYTES)
      return "an expression is not complete";
    if (c.code == PORTERO_CODE_END)
      break;
    if (types_code_takes(c.code) > depth)
      return "an expression lacks an operand";
    depth = depth + 1 - types_code_takes(c.code);
    if (depth > PORTERO_CODE_STACK)
      return "an expression is too deep";
  } while (true);
  return code == 0 || depth == 1 ? NULL : "an expression has not one value";
}

static bool is_range(uint32_t first, uint32_t count, uint32_t n)
{
  return first <= n && count <= n - first;
}

/* ---- what a type is made of ---- */

static const char *check_element(uint8_t kind)
{
  if (kind == PORTERO_KIND_NONE || kind == PORTERO_KIND_UNION || kind == PORTERO_KIND_PIPE)
    return "a type is made of what cannot stand there";
  return NULL;
}

static const char *check_string(const struct portero_type *type, uint8_t of)
{
  if (of != PORTERO_KIND_CHAR && of != PORTERO_KIND_BYTE && of != PORTERO_KIND_WCHAR)
    return "a string is not of characters";
  if (!(type->flags & PORTERO_TYPE_CONFORMANT) && (type->size || type->count == 0))
    return "a string has no bound";
  return type->length || type->offset ? "a string has a length of its own" : NULL;
}

static const char *check_array(const struct portero_type *type, uint8_t of)
{
  bool conformant = type->flags & PORTERO_TYPE_CONFORMANT;

  if (conformant != (type->size != 0) || conformant == (type->count != 0))
    return "an array has no size, or two";
  if ((type->length || type->offset) && !(type->flags & PORTERO_TYPE_VARYING))
    return "an array has a length but is not varying";
  return check_element(of);
}

static const char *check_pointer(const struct portero_type *type, uint8_t of)
{
  unsigned how = type->flags & POINTER_FLAGS;

  if (how == 0 || (how & (how - 1)) != 0)
    return "a pointer is not one of ref, unique and full";
  return type->size || type->length || type->offset ? "a pointer has a size" : check_element(of);
}

static const char *check_parts(const struct portero_types *t, const struct portero_type *type)
{
  uint8_t of = t->types[type->of].kind;

  switch (type->kind) {
  case PORTERO_KIND_STRUCT:
    if (type->of || type->size || (type->count == 0 && !(type->flags & PORTERO_TYPE_PARAMS)))
      return "a struct has no members";
    return NULL;
  case PORTERO_KIND_UNION:
    if (!types_is_number(of) || type->size || type->count == 0)
      return "a union has no tag or no arms";
    return NULL;
  case PORTERO_KIND_SWITCH:
    return of == PORTERO_KIND_UNION && type->size ? NULL : "a switch is not over a union";
  case PORTERO_KIND_ARRAY:
    return check_array(type, of);
  case PORTERO_KIND_STRING:
    return check_string(type, of);
  case PORTERO_KIND_POINTER:
    return check_pointer(type, of);
  case PORTERO_KIND_PIPE:
    return type->size ? "a pipe has a size" : check_element(of);
  default:
    return type->of || type->size ? "a scalar has parts" : NULL;
  }
}

static bool is_enum(uint8_t kind)
{
  return kind == PORTERO_KIND_ENUM16 || kind == PORTERO_KIND_ENUM32;
}

static bool owns_members(uint8_t kind)
{
  return kind == PORTERO_KIND_STRUCT || kind == PORTERO_KIND_UNION;
}

/* The struct of parameters is no type like others: only an operation has it. */
static const char *check_use(const struct portero_types *t, uint32_t type)
{
  return t->types[type].flags & PORTERO_TYPE_PARAMS && t->types[type].kind == PORTERO_KIND_STRUCT
             ? "parameters are used as a type"
             : NULL;
}

static const char *check_type(const struct portero_types *t, const struct portero_type *type)
{
  const char *problem;

  if (type->kind == PORTERO_KIND_NONE || type->kind >= PORTERO_KINDS)
    return "a type of unknown kind";
  if (type->name >= t->n_strings || type->of >= t->n_types || type->size >= t->n_code ||
      type->length >= t->n_code || type->offset >= t->n_code)
    return "a type refers to what is not there";
  if (type->flags & ~allowed_flags(type->kind))
    return "a type has flags of another kind";
  if (is_enum(type->kind) && !is_range(type->first, type->count, t->n_enumerators))
    return "an enumerator is not there";
  if (owns_members(type->kind) && !is_range(type->first, type->count, t->n_members))
    return "a member is not there";
  if (type->kind != PORTERO_KIND_ARRAY && (type->length || type->offset))
    return "a length without an array";
  if ((type->flags & PORTERO_TYPE_RANGE) && type->kind != PORTERO_KIND_STRUCT &&
      type->min > type->max)
    return "a range is empty";
  problem = check_parts(t, type);
  if (!problem)
    problem = check_use(t, type->of);
  if (!problem)
    problem = check_code(t, type->size);
  if (!problem)
    problem = check_code(t, type->length);
  return problem ? problem : check_code(t, type->offset);
}

/* ---- members ---- */

static const char *check_member(const struct portero_types *t, const struct portero_type *owner,
                                uint32_t i)
{
  const struct portero_member *m = &t->members[owner->first + i];
  bool is_arm = owner->kind == PORTERO_KIND_UNION;
  uint8_t kind;

  if (m->name >= t->n_strings || m->type >= t->n_types)
    return "a member refers to what is not there";
  kind = t->types[m->type].kind;
  if (kind == PORTERO_KIND_UNION || (kind == PORTERO_KIND_NONE && !is_arm))
    return "a member of a type that cannot stand there";
  if ((m->flags & PORTERO_MEMBER_EMBED) && kind != PORTERO_KIND_STRUCT &&
      kind != PORTERO_KIND_SWITCH)
    return "a member without a name has no members";
  if (kind == PORTERO_KIND_PIPE && !(owner->flags & PORTERO_TYPE_PARAMS))
    return "a pipe is not a parameter";
  if (!is_arm && (m->flags & (PORTERO_MEMBER_SAME | PORTERO_MEMBER_DEFAULT)))
    return "a member has flags of an arm";
  if ((m->flags & PORTERO_MEMBER_SAME) && (i == 0 || m->type != m[-1].type))
    return "two labels of one arm differ";
  if ((owner->flags & PORTERO_TYPE_PARAMS) && !is_arm &&
      !(m->flags & (PORTERO_MEMBER_IN | PORTERO_MEMBER_OUT)))
    return "a parameter has no direction";
  return check_use(t, m->type);
}

/* Each member belongs to one type: where it is in memory is kept beside it. */
static const char *check_members(const struct portero_types *t, uint8_t *owned)
{
  const char *problem = NULL;

  for (uint32_t n = 1; n < t->n_types && !problem; n++) {
    const struct portero_type *type = &t->types[n];

    for (uint32_t i = 0; owns_members(type->kind) && i < type->count && !problem; i++) {
      if (owned[type->first + i])
        return "a member belongs to two types";
      owned[type->first + i] = 1;
      problem = check_member(t, type, i);
    }
  }
  return problem;
}

/* ---- operations and interfaces ---- */

static const char *check_op(const struct portero_types *t, const struct portero_op *op)
{
  const struct portero_type *params;

  if (op->name >= t->n_strings || op->params >= t->n_types)
    return "an operation refers to what is not there";
  params = &t->types[op->params];
  if (params->kind != PORTERO_KIND_STRUCT || !(params->flags & PORTERO_TYPE_PARAMS))
    return "an operation has no parameters' struct";
  return NULL;
}

static const char *check_iface(const struct portero_types *t, const struct portero_iface *iface)
{
  unsigned bases = 0;

  if (iface->name >= t->n_strings || !is_range(iface->first_op, iface->n_ops, t->n_ops))
    return "an interface refers to what is not there";
  for (; iface->base; iface = &t->ifaces[iface->base - 1])
    if (iface->base > t->n_ifaces || ++bases > TYPES_BASES)
      return "an interface inherits without end";
  return NULL;
}

const char *types_check_shape(const struct portero_types *t)
{
  const char *problem;

  if (t->n_types > ROWS_LIMIT || t->n_members > ROWS_LIMIT || t->n_enumerators > ROWS_LIMIT ||
      t->n_ops > ROWS_LIMIT || t->n_ifaces > ROWS_LIMIT || t->n_strings > BYTES_LIMIT ||
      t->n_code > BYTES_LIMIT)
    return "a table is too large";
  if (t->n_types == 0 || t->types[0].kind != PORTERO_KIND_NONE || t->n_code == 0 ||
      t->code[0] != PORTERO_CODE_END)
    return "type 0 or expression 0 is something";
  problem = check_strings(t);
  for (uint32_t i = 1; i < t->n_types && !problem; i++)
    problem = check_type(t, &t->types[i]);
  for (uint32_t i = 0; i < t->n_enumerators && !problem; i++)
    if (t->enumerators[i].name >= t->n_strings)
      problem = "an enumerator has no name";
  for (uint32_t i = 0; i < t->n_ops && !problem; i++)
    problem = check_op(t, &t->ops[i]);
  for (uint32_t i = 0; i < t->n_ifaces && !problem; i++)
    problem = check_iface(t, &t->ifaces[i]);
  return problem;
}

portero_status portero_types_check(struct portero_types *t, struct portero_arena *arena,
                                   const char **out_problem)
{
  const char *problem = types_check_shape(t);
  struct portero_layout *layouts;
  uint32_t *offsets, *seen;
  uint8_t *scratch;

  if (!problem) {
    layouts = portero_arena_array(arena, t->n_types, sizeof *layouts);
    offsets = portero_arena_array(arena, t->n_members, sizeof *offsets);
    seen = portero_arena_array(arena, t->n_types, sizeof *seen);
    scratch = portero_arena_alloc(arena, t->n_types > t->n_members ? t->n_types : t->n_members);
    if (!layouts || !offsets || !seen || !scratch)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    problem = check_members(t, scratch);
    memset(scratch, 0, t->n_types);
    if (!problem)
      problem = types_check_layout(t, layouts, offsets, scratch);
    if (!problem)
      problem = types_check_scopes(t, layouts, seen);
    if (!problem) {
      t->layouts = layouts;
      t->offsets = offsets;
      return portero_ok();
    }
  }
  if (out_problem)
    *out_problem = problem;
  return portero_local(PORTERO_LOCAL_MALFORMED);
}
