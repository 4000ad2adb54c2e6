/* SPDX-License-Identifier: Apache-2.0 */
#include "src/ndr/types_notes.h"

/* Is this member of the parameters read from the wire, or else unknown? */
static bool is_awaited(const struct types_notes *n, const struct portero_member *m)
{
  return n->infer || (m->flags & n->direction);
}

static bool field_settled(const struct types_notes *n, const struct types_code *c,
                          const struct types_scope *scope)
{
  const struct portero_type *type = &n->t->types[scope->type];

  if (type->flags & PORTERO_TYPE_PARAMS) {
    const struct portero_member *m = &n->t->members[type->first + c->field];

    /* Each parameter is complete, with its pointees, before the next one. */
    return (m->flags & n->direction) ? c->field < scope->ready : !is_awaited(n, m);
  }
  return c->code == PORTERO_CODE_FIELD && c->field < scope->ready;
}

bool types_notes_settled(const struct types_notes *n, uint32_t code,
                         const struct types_scope *scope)
{
  struct types_code c;

  if (!scope->memory)
    return true;
  while (types_code_next(n->t, &code, &c) && c.code != PORTERO_CODE_END)
    if (c.code != PORTERO_CODE_CONST && types_code_takes(c.code) == 0 &&
        !field_settled(n, &c, scope))
      return false;
  return true;
}

static void add(struct types_notes *n, struct portero_ndr_reader *r, struct types_note note,
                const char *what)
{
  struct types_note *new = portero_ndr_reader_alloc(r, 1, sizeof *new, what);

  if (!new)
    return;
  *new = note;
  if (n->last)
    n->last->next = new;
  else
    n->first = new;
  n->last = new;
}

void types_notes_expect(struct types_notes *n, struct portero_ndr_reader *r, const uint32_t *code,
                        const struct types_scope *scope, const void *owner, int64_t value,
                        const char *what)
{
  if (!types_notes_settled(n, *code, scope)) {
    add(n, r, (struct types_note){NULL, code, scope->type, scope->memory, owner, value}, what);
    return;
  }
  if (portero_types_eval(n->t, *code, scope->type, scope->memory) != value)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, what);
}

int64_t types_notes_recall(const struct types_notes *n, struct portero_ndr_reader *r,
                           const uint32_t *code, const struct types_scope *scope, const void *owner,
                           const struct types_note **cursor, const char *what)
{
  const struct types_note *note = *cursor ? (*cursor)->next : n->first;

  if (types_notes_settled(n, *code, scope))
    return portero_types_eval(n->t, *code, scope->type, scope->memory);
  while (note && (note->code != code || note->owner != owner || note->scope != scope->memory))
    note = note->next;
  if (!note) {
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, what);
    return 0;
  }
  *cursor = note;
  return note->value;
}

/* Is it about a parameter that the wire does not have? */
static bool may_infer(const struct types_notes *n, const struct types_note *note)
{
  const struct portero_type *type = &n->t->types[note->type];
  uint32_t code = *note->code;
  struct types_code c;

  if (!n->infer || !(type->flags & PORTERO_TYPE_PARAMS))
    return false;
  while (types_code_next(n->t, &code, &c) && c.code != PORTERO_CODE_END)
    if (c.code != PORTERO_CODE_CONST && types_code_takes(c.code) == 0 &&
        (n->t->members[type->first + c.field].flags & n->direction))
      return false;
  return true;
}

void types_notes_judge(const struct types_notes *n, struct portero_ndr_reader *r)
{
  if (!portero_ndr_reader_ok(r))
    return;
  for (const struct types_note *i = n->first; i; i = i->next)
    if (may_infer(n, i))
      (void)portero_types_invert(n->t, *i->code, i->type, i->scope, i->value, r->arena);
  for (const struct types_note *i = n->first; i; i = i->next)
    if (portero_types_eval(n->t, *i->code, i->type, i->scope) != i->value)
      portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "count or tag");
}
