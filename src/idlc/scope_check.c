/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are defined twice. The same thing again is welcome: published interfaces repeat their
 * typedefs. Something else under the same name is an error in one file; between files each has its
 * own, and nothing is said.
 */
#include "src/idlc/lower.h"

#include <string.h>

static bool check_same_spec(struct idlc_lower *lo, const struct idlc_spec *a,
                            const struct idlc_spec *b);

static const struct idlc_derive *check_resolve(struct idlc_lower *lo, const struct idlc_spec **spec,
                                               const struct idlc_derive *derive)
{
  const struct idlc_def *def;

  for (unsigned i = 0; !derive && *spec && (*spec)->kind == IDLC_SPEC_NAME && i < IDLC_MAX_DEPTH;
       i++) {
    def = idlc_scope_find(lo, IDLC_SPACE_TYPE, (*spec)->name, (*spec)->place.file);
    if (!def)
      break;
    derive = def->decl->derive;
    *spec = def->decl->spec;
  }
  return derive;
}

static bool check_same_decl(struct idlc_lower *lo, const struct idlc_decl *a,
                            const struct idlc_decl *b)
{
  const struct idlc_spec *x = a->spec, *y = b->spec;
  const struct idlc_derive *p = check_resolve(lo, &x, a->derive);
  const struct idlc_derive *q = check_resolve(lo, &y, b->derive);

  while (p && q && p->kind == q->kind) {
    p = check_resolve(lo, &x, p->next);
    q = check_resolve(lo, &y, q->next);
  }
  return !p && !q && (x == y || (x && y && check_same_spec(lo, x, y)));
}

static bool check_same_members(struct idlc_lower *lo, const struct idlc_decl *a,
                               const struct idlc_decl *b)
{
  for (; a && b; a = a->next, b = b->next) {
    if (!a->spec != !b->spec || (a->spec && !check_same_decl(lo, a, b)))
      return false;
  }
  return !a && !b;
}

static bool check_same_enumerators(const struct idlc_enumerator *a, const struct idlc_enumerator *b)
{
  for (; a && b; a = a->next, b = b->next) {
    if (strcmp(a->name, b->name) != 0)
      return false;
  }
  return !a && !b;
}

/* Of scalars only the size counts: BYTE is byte to some and unsigned char to others. */
static bool check_same_base(struct idlc_lower *lo, const struct idlc_spec *a,
                            const struct idlc_spec *b)
{
  uint64_t x, y;

  if (a->base == b->base)
    return true;
  return idlc_sizeof(lo, a, 0, &x) && idlc_sizeof(lo, b, 0, &y) && x == y;
}

static bool check_same_spec(struct idlc_lower *lo, const struct idlc_spec *a,
                            const struct idlc_spec *b)
{
  bool same;

  if (a == b)
    return true;
  if (a->kind != b->kind || !idlc_enter(lo, a->place))
    return false;
  if (a->kind == IDLC_SPEC_BASE)
    same = check_same_base(lo, a, b);
  else if (a->name && b->name && strcmp(a->name, b->name) == 0)
    same = !a->is_defined || !b->is_defined || check_same_members(lo, a->members, b->members);
  else if (!a->is_defined || !b->is_defined)
    same = a->kind == IDLC_SPEC_PIPE;
  else
    same = check_same_members(lo, a->members, b->members) &&
           check_same_enumerators(a->enumerators, b->enumerators);
  idlc_leave(lo);
  return same;
}

static bool check_same(struct idlc_lower *lo, struct idlc_def *a, struct idlc_def *b)
{
  struct idlc_value x, y;

  switch (a->space) {
  case IDLC_SPACE_TYPE:
    return check_same_decl(lo, a->decl, b->decl);
  case IDLC_SPACE_TAG:
    return a->spec->kind == b->spec->kind &&
           check_same_members(lo, a->spec->members, b->spec->members) &&
           check_same_enumerators(a->spec->enumerators, b->spec->enumerators);
  case IDLC_SPACE_VALUE:
    return !idlc_constant_def(lo, a, &x) || !idlc_constant_def(lo, b, &y) || x.number == y.number;
  case IDLC_SPACE_INTERFACE:
    return a->item->is_forward || b->item->is_forward;
  case IDLC_SPACES:
    break;
  }
  return true;
}

/* A tag inside another body: its use is where it stands, whatever else is called so. */
static bool check_is_inner(const struct idlc_lower *lo, const struct idlc_def *def)
{
  const struct idlc_body *body =
      def->space == IDLC_SPACE_TAG ? idlc_scope_body(lo, def->spec) : NULL;

  return body && body->is_inner;
}

static void check_def(struct idlc_lower *lo, struct idlc_def *def)
{
  uint16_t file = lo->tree->main->file;

  for (struct idlc_def *first = def; first; first = first->again) {
    if (first->file == file) {
      def = first;
      break;
    }
  }
  for (struct idlc_def *again = def->again; again && def->file == file; again = again->again) {
    if (again->file != file || idlc_hopeless(lo->s) || check_same(lo, def, again))
      continue;
    if (check_is_inner(lo, def) || check_is_inner(lo, again))
      idlc_warn(lo->s, again->place, NULL, "tag '%s' stands for two things", again->name);
    else
      (void)idlc_complain(lo, again->place, NULL, "'%s' is defined again, as something else",
                          again->name);
    idlc_note(lo->s, def->place, "it was defined here first");
    return;
  }
}

/* ---- operations of one interface ---- */

struct check_op {
  struct check_op *next;
  const char *name;
  struct idlc_place place;
};

#define CHECK_BUCKETS 256u

/* false: memory is out */
static bool check_op(struct idlc_lower *lo, struct check_op **buckets, const struct idlc_item *op)
{
  const char *name = idlc_operation_name(lo, op);
  struct check_op *known, **bucket = buckets;
  uint32_t hash = 0;

  for (const char *c = name; *c; c++)
    hash = hash * 31 + (uint8_t)*c;
  bucket += hash % CHECK_BUCKETS;
  for (known = *bucket; known; known = known->next) {
    if (strcmp(known->name, name) != 0)
      continue;
    (void)idlc_complain(lo, op->decls->place, "opnums are counted: give it a name of its own",
                        "there is an operation '%s' already", name);
    idlc_note(lo->s, known->place, "it is here");
    return true;
  }
  known = portero_arena_alloc(lo->arena, sizeof *known);
  if (!known)
    return false;
  *known = (struct check_op){*bucket, name, op->decls->place};
  *bucket = known;
  return true;
}

static void check_ops(struct idlc_lower *lo, const struct idlc_item *iface)
{
  struct check_op **buckets = portero_arena_array(lo->arena, CHECK_BUCKETS, sizeof *buckets);
  bool good = buckets != NULL;

  for (const struct idlc_item *op = iface->items; good && op && !idlc_hopeless(lo->s);
       op = op->next)
    if (op->kind == IDLC_ITEM_OPERATION && op->decls && op->decls->name && op->decls->derive)
      good = check_op(lo, buckets, op);
  if (!good)
    lo->s->out_of_memory = true;
}

static void check_interfaces(struct idlc_lower *lo, const struct idlc_item *items)
{
  for (const struct idlc_item *item = items; item && !idlc_hopeless(lo->s); item = item->next) {
    if (item->kind == IDLC_ITEM_LIBRARY)
      check_interfaces(lo, item->items);
    if (item->kind == IDLC_ITEM_INTERFACE && !item->is_forward && !item->is_dispinterface)
      check_ops(lo, item);
  }
}

void idlc_scope_check(struct idlc_lower *lo)
{
  for (size_t i = 0; i < sizeof lo->scope.defs / sizeof lo->scope.defs[0]; i++) {
    for (struct idlc_def *def = lo->scope.defs[i]; def; def = def->next)
      check_def(lo, def);
  }
  check_interfaces(lo, lo->tree->main->items);
}
