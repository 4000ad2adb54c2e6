/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarators: the pointers and dimensions between a name and its base type, with typedefs looked
 * through, and which attribute belongs to which of them.
 */
#include "src/idlc/lower.h"

#include <string.h>

static bool shape_level(struct idlc_lower *lo, struct idlc_shape *shape,
                        const struct idlc_level *level)
{
  if (shape->count == IDLC_MAX_LEVELS) {
    (void)idlc_complain(lo, level->place, NULL, "too many pointers and dimensions");
    return false;
  }
  shape->levels[shape->count++] = *level;
  return true;
}

static uint16_t shape_pointer(const struct idlc_attr *attrs)
{
  if (idlc_attr_in(attrs, IDLC_ATTR_REF))
    return PORTERO_TYPE_REF;
  if (idlc_attr_in(attrs, IDLC_ATTR_UNIQUE))
    return PORTERO_TYPE_UNIQUE;
  return idlc_attr_in(attrs, IDLC_ATTR_PTR) ? PORTERO_TYPE_FULL : 0;
}

static bool shape_derive(struct idlc_lower *lo, struct idlc_shape *shape,
                         const struct idlc_derive *derive, const struct idlc_item *home)
{
  for (; derive; derive = derive->next) {
    struct idlc_level level = {.place = derive->place, .home = home};

    level.kind = derive->kind == IDLC_POINTER_TO ? IDLC_LEVEL_POINTER
                 : derive->kind == IDLC_ARRAY_OF ? IDLC_LEVEL_ARRAY
                                                 : IDLC_LEVEL_FUNCTION;
    level.pointer = shape_pointer(derive->attrs);
    level.is_open = derive->is_open || !derive->bound;
    level.bound = derive->bound;
    level.lower = derive->lower;
    if (!shape_level(lo, shape, &level))
      return false;
  }
  return true;
}

/*
 * [ref], [unique], [ptr] of a declaration are about its first pointer; of an array without any
 * pointer, about the array's own address.
 */
static void shape_set_pointer(struct idlc_shape *shape, unsigned first, uint16_t pointer)
{
  if (!pointer || first >= shape->count)
    return;
  for (unsigned i = first; i < shape->count; i++) {
    if (shape->levels[i].kind == IDLC_LEVEL_POINTER) {
      shape->levels[i].pointer = pointer;
      return;
    }
  }
  shape->levels[first].pointer = pointer;
}

static void shape_set_size(struct idlc_shape *shape, unsigned first, const struct idlc_attr *attr,
                           enum idlc_attribute which)
{
  const struct idlc_arg *arg = attr ? attr->args : NULL;

  for (unsigned slot = 0; arg; arg = arg->next, slot++) {
    struct idlc_level *level = &shape->levels[first + slot];
    if (first + slot >= shape->count)
      return;
    if (!arg->expr)
      continue;
    level->slot = slot;
    if (which == IDLC_ATTR_SIZE_IS || which == IDLC_ATTR_MAX_IS)
      level->size = attr;
    else if (which == IDLC_ATTR_LENGTH_IS || which == IDLC_ATTR_LAST_IS)
      level->length = attr;
    else
      level->first = attr;
  }
}

/* What one declaration (the use, or a typedef) says about the levels from first on. */
static void shape_apply(struct idlc_shape *shape, unsigned first, const struct idlc_attr *attrs)
{
  static const enum idlc_attribute counts[] = {
      IDLC_ATTR_SIZE_IS, IDLC_ATTR_MAX_IS,   IDLC_ATTR_LENGTH_IS,
      IDLC_ATTR_LAST_IS, IDLC_ATTR_FIRST_IS,
  };

  shape_set_pointer(shape, first, shape_pointer(attrs));
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    shape_set_size(shape, first, idlc_attr_in(attrs, counts[i]), counts[i]);
  if (idlc_attr_in(attrs, IDLC_ATTR_STRING))
    shape->is_string = true;
  if (idlc_attr_in(attrs, IDLC_ATTR_CONTEXT_HANDLE))
    shape->is_context = true;
  if (idlc_attr_in(attrs, IDLC_ATTR_STRICT_CONTEXT_HANDLE))
    shape->is_strict = true;
}

/* ---- following typedefs ---- */

struct shape_walk {
  struct idlc_lower *lo;
  struct idlc_shape *shape;
  unsigned firsts[IDLC_MAX_LEVELS * 2]; /* of each declaration in the chain */
  const char *name;                     /* of the typedef that comes next */
};

static bool shape_declare(struct shape_walk *walk, const struct idlc_attr *attrs,
                          const struct idlc_derive *derive, const struct idlc_item *home)
{
  struct idlc_shape *shape = walk->shape;

  if (shape->n_chain == IDLC_MAX_LEVELS * 2) {
    (void)idlc_complain(walk->lo, shape->place, NULL, "typedefs of typedefs without an end");
    return false;
  }
  walk->firsts[shape->n_chain] = shape->count;
  shape->chain[shape->n_chain] = (struct idlc_attrs){attrs, NULL};
  shape->names[shape->n_chain] = walk->name;
  shape->n_chain++;
  return shape_derive(walk->lo, shape, derive, home);
}

static bool shape_pointers(struct shape_walk *walk, unsigned pointers, struct idlc_place place,
                           const struct idlc_item *home)
{
  struct idlc_level level = {.kind = IDLC_LEVEL_POINTER, .place = place, .home = home};

  for (unsigned i = 0; i < pointers; i++) {
    if (!shape_level(walk->lo, walk->shape, &level))
      return false;
  }
  return true;
}

/* [wire_marshal(T)], [transmit_as(T)]: T is what travels. */
static const struct idlc_arg *shape_wire(const struct idlc_attr *attrs)
{
  const struct idlc_attr *attr = idlc_attr_in(attrs, IDLC_ATTR_WIRE_MARSHAL);

  if (!attr)
    attr = idlc_attr_in(attrs, IDLC_ATTR_TRANSMIT_AS);
  return attr ? attr->args : NULL;
}

static const struct idlc_spec *shape_arg_spec(struct idlc_lower *lo, const struct idlc_arg *arg)
{
  struct idlc_spec *spec;

  if (arg->spec || !arg->expr || arg->expr->kind != IDLC_EXPR_NAME)
    return arg->spec;
  spec = portero_arena_alloc(lo->arena, sizeof *spec);
  if (!spec) {
    lo->s->out_of_memory = true;
    return NULL;
  }
  spec->kind = IDLC_SPEC_NAME;
  spec->name = arg->expr->name;
  spec->place = arg->expr->place;
  return spec;
}

static bool shape_interface(struct shape_walk *walk, struct idlc_place place)
{
  struct idlc_shape *shape = walk->shape;

  shape->base = NULL;
  shape->is_interface = true;
  if (shape->count && shape->levels[shape->count - 1].kind == IDLC_LEVEL_POINTER)
    return true;
  (void)idlc_complain(walk->lo, place, "put a '*' behind it", "an interface itself cannot travel");
  return false;
}

/* A name: on to what it is a typedef of. *spec becomes that one's specifier, or NULL at the end. */
static bool shape_follow(struct shape_walk *walk, const struct idlc_spec **spec,
                         const struct idlc_item **home)
{
  struct idlc_lower *lo = walk->lo;
  const struct idlc_spec *at = *spec;
  const struct idlc_def *def = idlc_scope_find(lo, IDLC_SPACE_TYPE, at->name, at->place.file);
  const struct idlc_arg *wire;

  *spec = NULL;
  if (!def && idlc_scope_find(lo, IDLC_SPACE_INTERFACE, at->name, at->place.file))
    return shape_interface(walk, at->place);
  if (!def && idlc_scope_find(lo, IDLC_SPACE_TAG, at->name, at->place.file)) {
    def = idlc_scope_find(lo, IDLC_SPACE_TAG, at->name, at->place.file);
    *spec = def->spec;
    return true;
  }
  walk->name = def ? at->name : NULL;
  if (!def)
    def = idlc_prelude_find(lo, at->name, at->place);
  if (!def) {
    (void)idlc_complain(lo, at->place, idlc_suggest_type(lo, at->name), "'%s' is no type", at->name);
    return false;
  }
  *home = def->home;
  if (!walk->shape->hook && walk->name) {
    walk->shape->hook = idlc_hook_of(lo, def);
    walk->shape->hook_at = walk->shape->count;
    walk->shape->hook_chain = walk->shape->n_chain;
  }
  wire = shape_wire(def->attrs);
  if (!wire) {
    *spec = def->decl->spec;
    return shape_declare(walk, def->attrs, def->decl->derive, def->home);
  }
  *spec = shape_arg_spec(lo, wire);
  return shape_declare(walk, def->attrs, NULL, def->home) &&
         shape_pointers(walk, wire->pointers, wire->place, def->home) && *spec;
}

/* SAFEARRAY(T) travels as what the automation types call LPSAFEARRAY. */
static const struct idlc_spec *shape_safearray(struct idlc_lower *lo, const struct idlc_spec *at)
{
  struct idlc_spec *spec = portero_arena_alloc(lo->arena, sizeof *spec);

  if (!spec) {
    lo->s->out_of_memory = true;
    return at;
  }
  spec->kind = IDLC_SPEC_NAME;
  spec->name = "LPSAFEARRAY";
  spec->place = at->place;
  return spec;
}

static bool shape_resolve(struct shape_walk *walk, const struct idlc_spec *spec,
                          const struct idlc_item *home)
{
  while (spec) {
    walk->shape->base = spec;
    if (spec->kind == IDLC_SPEC_INTERFACE)
      return shape_interface(walk, spec->place);
    if (spec->kind == IDLC_SPEC_SAFEARRAY)
      spec = shape_safearray(walk->lo, spec);
    if (spec->kind != IDLC_SPEC_NAME)
      return true;
    if (!shape_follow(walk, &spec, &home))
      return false;
  }
  return walk->shape->is_interface;
}

static void shape_apply_all(struct shape_walk *walk)
{
  struct idlc_shape *shape = walk->shape;

  for (unsigned i = shape->n_chain; i > 0; i--)
    shape_apply(shape, walk->firsts[i - 1], shape->chain[i - 1].list);
}

bool idlc_shape_of(struct idlc_lower *lo, const struct idlc_decl *decl,
                   const struct idlc_attr *attrs, const struct idlc_item *home,
                   struct idlc_shape *out_shape)
{
  struct shape_walk walk = {.lo = lo, .shape = out_shape};
  const struct idlc_arg *wire = shape_wire(attrs);
  const struct idlc_spec *spec = decl->spec;

  memset(out_shape, 0, sizeof *out_shape);
  out_shape->place = decl->place;
  if (wire)
    spec = shape_arg_spec(lo, wire);
  if (!shape_declare(&walk, attrs, wire ? NULL : decl->derive, home))
    return false;
  if (wire && !shape_pointers(&walk, wire->pointers, wire->place, home))
    return false;
  if (!spec || !shape_resolve(&walk, spec, home))
    return false;
  shape_apply_all(&walk);
  return true;
}

bool idlc_shape_of_spec(struct idlc_lower *lo, const struct idlc_spec *spec, unsigned pointers,
                        const struct idlc_item *home, struct idlc_shape *out_shape)
{
  struct shape_walk walk = {.lo = lo, .shape = out_shape};

  memset(out_shape, 0, sizeof *out_shape);
  out_shape->place = spec->place;
  if (!shape_declare(&walk, NULL, NULL, home) ||
      !shape_pointers(&walk, pointers, spec->place, home) || !shape_resolve(&walk, spec, home))
    return false;
  shape_apply_all(&walk);
  return true;
}

const struct idlc_attr *idlc_shape_attr(const struct idlc_shape *shape, enum idlc_attribute which)
{
  const struct idlc_attr *found;

  for (unsigned i = 0; i < shape->n_chain; i++) {
    found = idlc_attr_in(shape->chain[i].list, which);
    if (found)
      return found;
  }
  return NULL;
}

const char *idlc_shape_context(const struct idlc_shape *shape)
{
  unsigned last = shape->n_chain - 1;

  for (unsigned i = last; i > 0; i--)
    if (idlc_attr_in(shape->chain[i].list, IDLC_ATTR_CONTEXT_HANDLE))
      return shape->names[i];
  return shape->names[last];
}
