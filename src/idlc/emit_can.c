/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What direct code is made for. The rest is rare, and left to the type table: pipes, arrays of
 * several conformant dimensions, first_is, conformant text inside structs, arrays of unions, ranges
 * behind pointers, expressions that see only part of what they ask for.
 */
#include "src/idlc/emit_wire.h"

struct judge {
  const struct idlc_emit *e;
  uint8_t *seen; /* for each type: 1: it will do (or is being looked at), 2: it will not */
};

bool emit_is_plain(const struct idlc_emit *e, uint32_t type)
{
  const struct portero_layout *l = emit_layout(e, type);

  return l->wire[0].flags & l->wire[1].flags & PORTERO_WIRE_PLAIN;
}

bool emit_is_fixed(const struct idlc_emit *e, uint32_t type)
{
  const struct portero_layout *l = emit_layout(e, type);

  return l->wire[0].flags & l->wire[1].flags & PORTERO_WIRE_FIXED;
}

static bool is_conformant(const struct portero_type *t)
{
  return t->flags & PORTERO_TYPE_CONFORMANT &&
         (t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING);
}

static bool arms_have_fields(const struct idlc_emit *e, uint32_t type, unsigned depth);

/* Does it ask for members of the struct around it? */
static bool has_fields(const struct idlc_emit *e, uint32_t type, unsigned depth)
{
  const struct portero_type *t = emit_type(e, type);

  if (depth > 64 || t->kind == PORTERO_KIND_STRUCT)
    return false;
  if (emit_expr_has_fields(e, t->size) || emit_expr_has_fields(e, t->length) ||
      emit_expr_has_fields(e, t->offset))
    return true;
  if (t->kind == PORTERO_KIND_UNION)
    return arms_have_fields(e, type, depth + 1);
  return t->of && has_fields(e, t->of, depth + 1);
}

static bool arms_have_fields(const struct idlc_emit *e, uint32_t type, unsigned depth)
{
  const struct portero_type *t = emit_type(e, type);

  for (uint32_t i = 0; i < t->count; i++)
    if (has_fields(e, e->program->types.members[t->first + i].type, depth))
      return true;
  return false;
}

bool emit_is_inline(const struct idlc_emit *e, uint32_t choice)
{
  uint32_t u = emit_type(e, choice)->of;

  return emit_type(e, u)->flags & PORTERO_TYPE_NO_TAG || arms_have_fields(e, u, 0);
}

static bool can_struct(struct judge *j, uint32_t type);
static bool can_member(struct judge *j, uint32_t type, bool scoped);

static bool can_arms(struct judge *j, uint32_t type, bool scoped)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (j->seen[type])
    return j->seen[type] == 1;
  j->seen[type] = 1;
  if (emit_type(j->e, t->of)->flags & PORTERO_TYPE_RANGE)
    j->seen[type] = 2;
  for (uint32_t i = 0; i < t->count && j->seen[type] == 1; i++) {
    const struct portero_member *m = &j->e->program->types.members[t->first + i];

    if (m->type && ((m->flags & PORTERO_MEMBER_EMBED) || !can_member(j, m->type, scoped)))
      j->seen[type] = 2;
  }
  return j->seen[type] == 1;
}

static bool can_pointee(struct judge *j, uint32_t type, bool scoped);

/* Full pointers to one struct or one plain value: others are not worth their code. */
static bool can_be_known_again(const struct idlc_emit *e, uint32_t type)
{
  uint8_t kind = emit_type(e, type)->kind;

  return kind == PORTERO_KIND_STRUCT || (kind != PORTERO_KIND_ARRAY && emit_is_plain(e, type));
}

static bool can_pointer(struct judge *j, uint32_t type, bool scoped)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (t->flags & PORTERO_TYPE_IGNORE)
    return !(t->flags & PORTERO_TYPE_FULL);
  return (!(t->flags & PORTERO_TYPE_FULL) || can_be_known_again(j->e, t->of)) &&
         can_pointee(j, t->of, scoped);
}

/* The pointer's type is written in front of a name in the end: it must be one that can. */
static bool is_simple_pointer(const struct idlc_emit *e, uint32_t type)
{
  struct emit_decl d;

  emit_declare(e, type, "", false, &d);
  for (const char *c = d.declarator; *c; c++)
    if (*c == '(' || *c == '[')
      return false;
  return d.base != NULL;
}

static bool can_element(struct judge *j, uint32_t type)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (emit_is_plain(j->e, type))
    return true;
  if (t->kind == PORTERO_KIND_STRUCT)
    return can_struct(j, type);
  if (t->kind == PORTERO_KIND_POINTER)
    return !(t->flags & PORTERO_TYPE_IGNORE) && can_pointer(j, type, false) &&
           is_simple_pointer(j->e, type);
  return t->kind == PORTERO_KIND_ENUM16 && !(t->flags & PORTERO_TYPE_RANGE);
}

static bool can_array(struct judge *j, uint32_t type, bool scoped)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (t->offset || !can_element(j, t->of))
    return false;
  if ((t->flags & PORTERO_TYPE_RANGE) && !is_conformant(t))
    return false;
  return scoped || !(emit_expr_has_fields(j->e, t->size) || emit_expr_has_fields(j->e, t->length));
}

static bool can_pointee(struct judge *j, uint32_t type, bool scoped)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (is_conformant(t) && t->kind == PORTERO_KIND_ARRAY)
    return can_array(j, type, scoped);
  if (t->kind == PORTERO_KIND_STRING)
    return is_conformant(t) && (scoped || !emit_expr_has_fields(j->e, t->size));
  if (emit_is_plain(j->e, type))
    return true;
  if (t->kind == PORTERO_KIND_STRUCT)
    return can_struct(j, type);
  if (t->kind == PORTERO_KIND_SWITCH)
    return (scoped || !emit_expr_has_fields(j->e, t->size)) && !emit_is_inline(j->e, type) &&
           can_arms(j, t->of, false);
  if (t->kind == PORTERO_KIND_POINTER)
    return can_element(j, type);
  return t->kind == PORTERO_KIND_ENUM16 && !(t->flags & PORTERO_TYPE_RANGE);
}

/* A parameter, a member or an arm in place. */
static bool can_member(struct judge *j, uint32_t type, bool scoped)
{
  const struct portero_type *t = emit_type(j->e, type);

  switch (t->kind) {
  case PORTERO_KIND_STRUCT:
    return emit_is_plain(j->e, type) || can_struct(j, type);
  case PORTERO_KIND_SWITCH:
    return (scoped || !emit_expr_has_fields(j->e, t->size)) &&
           can_arms(j, t->of, scoped && emit_is_inline(j->e, type));
  case PORTERO_KIND_ARRAY:
    return can_array(j, type, scoped);
  case PORTERO_KIND_STRING:
    return scoped || !emit_expr_has_fields(j->e, t->size);
  case PORTERO_KIND_POINTER:
    return can_pointer(j, type, scoped);
  case PORTERO_KIND_PIPE:
    return false;
  default:
    return true;
  }
}

/* In place, a member cannot be counted with what is behind a pointer: that comes later. */
static bool sees_too_early(const struct idlc_emit *e, const struct portero_type *t)
{
  return t->kind != PORTERO_KIND_POINTER &&
         (emit_expr_has_deref(e, t->size) || emit_expr_has_deref(e, t->length));
}

static bool can_struct(struct judge *j, uint32_t type)
{
  const struct portero_type *t = emit_type(j->e, type);

  if (j->seen[type])
    return j->seen[type] == 1;
  j->seen[type] = 1;
  for (uint32_t i = 0; i < t->count && j->seen[type] == 1; i++) {
    const struct portero_member *m = &j->e->program->types.members[t->first + i];
    const struct portero_type *mt = emit_type(j->e, m->type);

    if ((mt->kind == PORTERO_KIND_STRING && is_conformant(mt)) || sees_too_early(j->e, mt) ||
        (m->flags & PORTERO_MEMBER_EMBED && mt->kind != PORTERO_KIND_SWITCH) ||
        !can_member(j, m->type, true))
      j->seen[type] = 2;
  }
  return j->seen[type] == 1;
}

bool emit_can_op(const struct idlc_emit *e, const struct portero_op *op)
{
  const struct portero_type *t = emit_type(e, op->params);
  struct judge j = {e, portero_arena_alloc(e->sources->arena, e->program->types.n_types)};

  if (!j.seen)
    return false;
  for (uint32_t i = 0; i < t->count; i++) {
    uint32_t type = e->program->types.members[t->first + i].type;
    const struct portero_type *mt = emit_type(e, type);

    if (mt->kind == PORTERO_KIND_POINTER && (mt->flags & PORTERO_TYPE_REF))
      return false;
    if (!can_member(&j, type, true))
      return false;
  }
  return true;
}
