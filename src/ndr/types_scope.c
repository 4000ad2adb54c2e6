/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions are about the members of the innermost struct around them, so they are checked from
 * each struct: everything that is reached without entering another one.
 */
#include "src/ndr/types_inside.h"

struct pass {
  const struct portero_types *t;
  const struct portero_layout *layouts;
  uint32_t *seen; /* the struct that a type was reached from last */
  uint32_t scope; /* struct */
  uint64_t steps; /* left: what is shared by very many structs takes time */
};

static const char *reach(struct pass *p, uint32_t type, unsigned chain);

/* May this member be what the instruction asks of it? */
static bool field_fits(const struct pass *p, const struct types_code *c)
{
  const struct portero_type *scope = &p->t->types[p->scope];
  const struct portero_type *m;

  if (c->field >= scope->count)
    return false;
  m = &p->t->types[p->t->members[scope->first + c->field].type];
  if (c->code == PORTERO_CODE_FIELD)
    return types_is_number(m->kind);
  if (c->code == PORTERO_CODE_DEREF)
    return m->kind == PORTERO_KIND_POINTER && types_is_number(p->t->types[m->of].kind);
  return m->kind == PORTERO_KIND_POINTER || types_is_pointer_in_memory(m);
}

static const char *check_code(struct pass *p, uint32_t code)
{
  struct types_code c;

  while (types_code_next(p->t, &code, &c) && c.code != PORTERO_CODE_END) {
    if (c.code != PORTERO_CODE_CONST && types_code_takes(c.code) == 0 && !field_fits(p, &c))
      return "an expression names a member that has no number";
    if (p->steps == 0)
      return "types are too entangled";
    p->steps--;
  }
  return NULL;
}

static const char *check_codes(struct pass *p, const struct portero_type *type)
{
  const char *problem = check_code(p, type->size);

  if (!problem)
    problem = check_code(p, type->length);
  return problem ? problem : check_code(p, type->offset);
}

static const char *reach_arms(struct pass *p, const struct portero_type *u, unsigned chain)
{
  const char *problem = NULL;

  for (uint32_t i = 0; i < u->count && !problem; i++)
    problem = reach(p, p->t->members[u->first + i].type, chain);
  return problem;
}

static const char *reach(struct pass *p, uint32_t index, unsigned chain)
{
  const struct portero_type *type = &p->t->types[index];
  const char *problem;

  if (type->kind == PORTERO_KIND_STRUCT || !(type->of || type->size) || p->seen[index] == p->scope)
    return NULL;
  if (chain >= TYPES_CHAIN)
    return "pointers are nested too deeply";
  if (p->steps == 0)
    return "types are too entangled";
  p->steps--;
  p->seen[index] = p->scope;
  problem = check_codes(p, type);
  if (problem)
    return problem;
  if (type->kind == PORTERO_KIND_UNION)
    return reach_arms(p, type, chain + 1);
  return reach(p, type->of, chain + 1);
}

/* An encapsulated union is a tag and what the tag alone chooses, and nothing else is like that. */
static const char *check_tag(const struct portero_types *t, const struct portero_type *s,
                             uint32_t member)
{
  const struct portero_type *m = &t->types[t->members[s->first + member].type];
  bool hidden = m->kind == PORTERO_KIND_SWITCH && (t->types[m->of].flags & PORTERO_TYPE_NO_TAG);
  uint32_t code = m->size;
  struct types_code c;

  if (!(s->flags & PORTERO_TYPE_ENCAPSULATED))
    return hidden ? "a union without tag stands alone" : NULL;
  if (s->count != 2)
    return "an encapsulated union is not a tag and a union";
  if (member == 0)
    return types_is_number(m->kind) ? NULL : "the tag of an encapsulated union is no number";
  if (!hidden || !types_code_next(t, &code, &c) || c.code != PORTERO_CODE_FIELD || c.field != 0 ||
      !types_code_next(t, &code, &c) || c.code != PORTERO_CODE_END)
    return "an encapsulated union is not chosen by its tag";
  return NULL;
}

const char *types_check_scopes(const struct portero_types *t, const struct portero_layout *layouts,
                               uint32_t *seen)
{
  struct pass p = {t, layouts, seen, 0, 256 * ((uint64_t)t->n_types + t->n_members) + 65536};
  const char *problem = NULL;

  for (uint32_t s = 1; s < t->n_types && !problem; s++) {
    const struct portero_type *type = &t->types[s];

    p.scope = s;
    for (uint32_t i = 0; type->kind == PORTERO_KIND_STRUCT && i < type->count && !problem; i++) {
      problem = check_tag(t, type, i);
      if (!problem)
        problem = reach(&p, t->members[type->first + i].type, 0);
    }
  }
  return problem;
}
