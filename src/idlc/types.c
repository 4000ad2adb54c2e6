/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a declarator's shape to type nodes, innermost first: [size_is] of a pointer makes what it
 * points to an array, [string] makes the innermost pointer or dimension text, a context handle
 * swallows its void *.
 */
#include "src/idlc/lower.h"

#include <string.h>

/* What a shape is at its inner end, after the special cases. */
struct types_walk {
  struct idlc_lower *lo;
  const struct idlc_shape *shape;
  struct idlc_frame *frame;
  enum idlc_use use;
  unsigned count; /* levels that are left */
  uint32_t base;
  const struct idlc_attr *range;        /* of the value */
  const struct idlc_attr *count_range;  /* of the count of the outermost array or text */
  const struct idlc_level *count_level; /* that one */
};

uint8_t idlc_kind_of(enum idlc_base base)
{
  switch (base) {
  case IDLC_VOID:
  case IDLC_HANDLE:
    return PORTERO_KIND_NONE;
  case IDLC_BOOLEAN:
    return PORTERO_KIND_BOOLEAN;
  case IDLC_BYTE:
    return PORTERO_KIND_BYTE;
  case IDLC_CHAR8:
    return PORTERO_KIND_CHAR;
  case IDLC_WCHAR:
    return PORTERO_KIND_WCHAR;
  case IDLC_INT8:
    return PORTERO_KIND_INT8;
  case IDLC_UINT8:
    return PORTERO_KIND_UINT8;
  case IDLC_INT16:
    return PORTERO_KIND_INT16;
  case IDLC_UINT16:
    return PORTERO_KIND_UINT16;
  case IDLC_INT32:
    return PORTERO_KIND_INT32;
  case IDLC_UINT32:
    return PORTERO_KIND_UINT32;
  case IDLC_INT64:
    return PORTERO_KIND_INT64;
  case IDLC_UINT64:
    return PORTERO_KIND_UINT64;
  case IDLC_INT3264:
    return PORTERO_KIND_INT3264;
  case IDLC_UINT3264:
    return PORTERO_KIND_UINT3264;
  case IDLC_FLOAT:
    return PORTERO_KIND_FLOAT;
  case IDLC_DOUBLE:
    return PORTERO_KIND_DOUBLE;
  case IDLC_ERROR_STATUS:
    return PORTERO_KIND_ERROR;
  }
  return PORTERO_KIND_NONE;
}

uint32_t idlc_scalar(struct idlc_lower *lo, uint8_t kind)
{
  const struct portero_type type = {.kind = kind};

  return idlc_builder_shared(&lo->b, &type);
}

bool idlc_is_conformant(struct idlc_lower *lo, uint32_t type)
{
  const struct portero_type *t = idlc_builder_at(&lo->b, idlc_builder_wire(&lo->b, type));
  const struct portero_member *members = lo->b.members.items;

  for (unsigned i = 0; t->kind == PORTERO_KIND_STRUCT && t->count && i < IDLC_MAX_DEPTH; i++)
    t = idlc_builder_at(&lo->b, idlc_builder_wire(&lo->b, members[t->first + t->count - 1].type));
  return (t->kind == PORTERO_KIND_ARRAY || t->kind == PORTERO_KIND_STRING) &&
         t->flags & PORTERO_TYPE_CONFORMANT;
}

/* ---- ranges ---- */

static bool types_range(struct types_walk *walk, const struct idlc_attr *range,
                        struct portero_type *type)
{
  const struct idlc_arg *low = range->args;
  struct idlc_value min, max;

  if (!low || !low->next) {
    (void)idlc_complain(walk->lo, walk->shape->place, NULL, "range needs two numbers");
    return false;
  }
  if (!idlc_constant(walk->lo, low->expr, true, &min) ||
      !idlc_constant(walk->lo, low->next->expr, true, &max))
    return false;
  type->flags |= PORTERO_TYPE_RANGE;
  type->min = min.number;
  type->max = max.number;
  if (type->min <= type->max)
    return true;
  (void)idlc_complain(walk->lo, walk->shape->place, NULL, "the range is empty");
  return false;
}

static bool types_count_range(struct types_walk *walk, const struct idlc_level *level,
                              struct portero_type *type)
{
  return level != walk->count_level || types_range(walk, walk->count_range, type);
}

static uint32_t types_ranged(struct types_walk *walk, uint32_t base)
{
  struct portero_type type = *idlc_builder_at(&walk->lo->b, base);
  uint32_t made;

  if (type.kind < PORTERO_KIND_INT8 || type.kind > PORTERO_KIND_ENUM32) {
    idlc_warn(walk->lo->s, walk->shape->place, NULL, "range means nothing here");
    return base;
  }
  if (!types_range(walk, walk->range, &type))
    return IDLC_BAD;
  made = idlc_builder_shared(&walk->lo->b, &type);
  if (made != IDLC_BAD && idlc_builder_info(&walk->lo->b, base)->file) {
    *idlc_builder_info(&walk->lo->b, made) = *idlc_builder_info(&walk->lo->b, base);
    idlc_builder_info(&walk->lo->b, made)->same_as = base;
  }
  return made;
}

/* ---- expressions that wait ---- */

static const struct idlc_expr *types_slot(const struct idlc_attr *attr, unsigned slot)
{
  const struct idlc_arg *arg = attr ? attr->args : NULL;

  for (; arg && slot; slot--)
    arg = arg->next;
  return arg ? arg->expr : NULL;
}

static void types_wait(struct types_walk *walk, uint32_t type, enum idlc_pending_kind what,
                       const struct idlc_attr *attr, unsigned slot, bool is_last)
{
  struct idlc_pending pending = {.type = type, .what = what, .add = is_last ? 1 : 0};

  pending.expr = types_slot(attr, slot);
  if (pending.expr)
    idlc_frame_wait(walk->lo, walk->frame, &pending);
}

static void types_wait_length(struct types_walk *walk, uint32_t type,
                              const struct idlc_level *level)
{
  struct idlc_pending pending = {.type = type, .what = IDLC_PENDING_LENGTH};

  pending.expr = types_slot(level->length, level->slot);
  if (!pending.expr)
    return;
  if (strcmp(level->length->name, "last_is") == 0) {
    pending.add = 1;
    pending.minus = types_slot(level->first, level->slot);
  }
  idlc_frame_wait(walk->lo, walk->frame, &pending);
}

static bool types_size_unknown(const struct idlc_level *level)
{
  const struct idlc_expr *expr = types_slot(level->size, level->slot);

  return !expr || expr->kind == IDLC_EXPR_ALL;
}

/* ---- arrays and text ---- */

static bool types_bound(struct types_walk *walk, const struct idlc_level *level,
                        uint32_t *out_count)
{
  struct idlc_value upper, lower = {0, false};

  if (!idlc_constant(walk->lo, level->bound, true, &upper) ||
      (level->lower && !idlc_constant(walk->lo, level->lower, true, &lower)))
    return false;
  if (level->lower && __builtin_sub_overflow(upper.number, lower.number - 1, &upper.number))
    upper.number = 0;
  if (upper.number < 1 || upper.number > INT32_MAX || lower.number != 0) {
    (void)idlc_complain(walk->lo, level->place, NULL,
                        "an array has at least one element, counted from 0");
    return false;
  }
  *out_count = (uint32_t)upper.number;
  return true;
}

static bool types_is_fixed(const struct idlc_level *level)
{
  return level->kind == IDLC_LEVEL_ARRAY && !level->is_open && !level->size;
}

static uint32_t types_text(struct types_walk *walk, const struct idlc_level *level)
{
  struct idlc_lower *lo = walk->lo;
  struct portero_type type = {.kind = PORTERO_KIND_STRING};
  uint8_t kind = idlc_builder_at(&lo->b, walk->base)->kind;
  uint32_t made;

  type.of = idlc_scalar(lo, kind == PORTERO_KIND_WCHAR || kind == PORTERO_KIND_UINT16
                                ? PORTERO_KIND_WCHAR
                                : PORTERO_KIND_CHAR);
  if (types_is_fixed(level)) {
    if (!types_bound(walk, level, &type.count))
      return IDLC_BAD;
  } else {
    type.flags |= PORTERO_TYPE_CONFORMANT;
  }
  if (!types_count_range(walk, level, &type))
    return IDLC_BAD;
  if (types_is_fixed(level) || types_size_unknown(level))
    return idlc_builder_shared(&lo->b, &type);
  made = idlc_builder_type(&lo->b, &type);
  if (made != IDLC_BAD)
    types_wait(walk, made, IDLC_PENDING_SIZE, level->size, level->slot,
               strcmp(level->size->name, "max_is") == 0);
  return made;
}

static uint32_t types_array(struct types_walk *walk, const struct idlc_level *level, uint32_t of)
{
  struct idlc_lower *lo = walk->lo;
  struct portero_type type = {.kind = PORTERO_KIND_ARRAY, .of = of};
  bool fixed = types_is_fixed(level);
  uint32_t made;

  /* Rows may have a count of their own: all counts are in front of the whole ([C706] 14.3.3.2). */
  if (idlc_is_conformant(lo, of) &&
      (fixed || idlc_builder_at(&lo->b, of)->kind != PORTERO_KIND_ARRAY))
    return idlc_complain(lo, level->place, "make them pointers",
                         "elements of an array need a fixed size");
  if (!fixed && types_size_unknown(level))
    return idlc_complain(lo, level->place, "say it with size_is",
                         "nothing says how many elements there are");
  if (fixed && !types_bound(walk, level, &type.count))
    return IDLC_BAD;
  type.flags = (uint16_t)((fixed ? 0 : PORTERO_TYPE_CONFORMANT) |
                          (level->length || level->first ? PORTERO_TYPE_VARYING : 0));
  if (!types_count_range(walk, level, &type))
    return IDLC_BAD;
  if (fixed && !(type.flags & PORTERO_TYPE_VARYING))
    return idlc_builder_shared(&lo->b, &type);
  made = idlc_builder_type(&lo->b, &type);
  if (made == IDLC_BAD)
    return IDLC_BAD;
  if (!fixed)
    types_wait(walk, made, IDLC_PENDING_SIZE, level->size, level->slot,
               strcmp(level->size->name, "max_is") == 0);
  types_wait_length(walk, made, level);
  types_wait(walk, made, IDLC_PENDING_OFFSET, level->first, level->slot, false);
  return made;
}

/* ---- pointers ---- */

static uint16_t types_default(const struct idlc_item *home)
{
  const struct idlc_attr *attr = idlc_attr_in(home ? home->attrs : NULL, IDLC_ATTR_POINTER_DEFAULT);
  const struct idlc_expr *expr = attr && attr->args ? attr->args->expr : NULL;

  if (expr && expr->name && strcmp(expr->name, "ref") == 0)
    return PORTERO_TYPE_REF;
  if (expr && expr->name && (strcmp(expr->name, "ptr") == 0 || strcmp(expr->name, "full") == 0))
    return PORTERO_TYPE_FULL;
  return PORTERO_TYPE_UNIQUE;
}

static uint32_t types_pointer(struct types_walk *walk, uint16_t flags, uint32_t of)
{
  struct portero_type type = {.kind = PORTERO_KIND_POINTER, .flags = flags, .of = of};

  if (idlc_attr_in(walk->shape->chain[0].list, IDLC_ATTR_IGNORE))
    type.flags |= PORTERO_TYPE_IGNORE;
  return idlc_builder_shared(&walk->lo->b, &type);
}

static uint32_t types_level(struct types_walk *walk, unsigned i);

static uint32_t types_hook(struct types_walk *walk, unsigned i, uint32_t type, bool is_pointee)
{
  const struct idlc_shape *shape = walk->shape;

  if (!shape->hook || shape->hook_at != i || type == IDLC_BAD)
    return type;
  return idlc_hook_wrap(walk->lo, shape->hook, type, is_pointee, shape->place);
}

static uint32_t types_pointee(struct types_walk *walk, unsigned i)
{
  const struct idlc_level *level = &walk->shape->levels[i];
  uint32_t of;

  if (level->is_string)
    return types_text(walk, level);
  of = types_level(walk, i + 1);
  if (of == IDLC_BAD || !level->size)
    return of;
  return types_array(walk, level, of);
}

static uint32_t types_this_level(struct types_walk *walk, unsigned i)
{
  const struct idlc_level *level = &walk->shape->levels[i];
  uint32_t of;

  if (i >= walk->count)
    return walk->base;
  if (level->kind == IDLC_LEVEL_FUNCTION)
    return idlc_complain(walk->lo, level->place, NULL, "a function cannot travel");
  if (level->kind == IDLC_LEVEL_ARRAY && level->is_string)
    return types_text(walk, level);
  if (level->kind == IDLC_LEVEL_ARRAY) {
    of = types_level(walk, i + 1);
    return of == IDLC_BAD ? of : types_array(walk, level, of);
  }
  of = types_pointee(walk, i);
  if (of == IDLC_BAD)
    return of;
  return types_pointer(walk, level->pointer ? level->pointer : types_default(level->home), of);
}

static uint32_t types_level(struct types_walk *walk, unsigned i)
{
  return types_hook(walk, i, types_this_level(walk, i), false);
}

/* The first level of a parameter is its own matter: the rest stands on its own. */
static uint32_t types_parameter(struct types_walk *walk, bool *out_is_inlined)
{
  const struct idlc_level *level = &walk->shape->levels[0];
  uint32_t of;

  if (!walk->count)
    return types_level(walk, 0);
  if (level->kind == IDLC_LEVEL_POINTER && (level->pointer & PORTERO_TYPE_REF || !level->pointer)) {
    *out_is_inlined = true;
    return types_hook(walk, 0, types_pointee(walk, 0), true);
  }
  of = types_level(walk, 0);
  if (of == IDLC_BAD || level->kind != IDLC_LEVEL_ARRAY || !level->pointer ||
      level->pointer & PORTERO_TYPE_REF)
    return of;
  return types_pointer(walk, level->pointer, of);
}

/* ---- the inner end ---- */

uint32_t idlc_interface_pointer(struct idlc_lower *lo)
{
  struct portero_type array = {.kind = PORTERO_KIND_ARRAY, .flags = PORTERO_TYPE_CONFORMANT};
  struct portero_type type = {.kind = PORTERO_KIND_STRUCT, .flags = PORTERO_TYPE_INTERFACE};
  struct portero_type pointer = {.kind = PORTERO_KIND_POINTER, .flags = PORTERO_TYPE_UNIQUE};
  static const uint8_t code[] = {PORTERO_CODE_FIELD, 0, PORTERO_CODE_END};
  struct portero_member *members;
  uint8_t *at;

  for (uint32_t i = 1; i < lo->b.types.count; i++) {
    if (idlc_builder_at(&lo->b, i)->flags & PORTERO_TYPE_INTERFACE)
      pointer.of = i;
  }
  if (pointer.of)
    return idlc_builder_shared(&lo->b, &pointer);
  array.of = idlc_scalar(lo, PORTERO_KIND_BYTE);
  array.size = lo->b.code.count;
  at = idlc_table_add(&lo->b, &lo->b.code, sizeof code);
  members = idlc_table_add(&lo->b, &lo->b.members, 2);
  if (!at || !members)
    return IDLC_BAD;
  memcpy(at, code, sizeof code);
  type.first = lo->b.members.count - 2;
  type.count = 2;
  type.name = idlc_builder_text(&lo->b, "MInterfacePointer");
  members[0].name = idlc_builder_text(&lo->b, "size");
  members[0].type = idlc_scalar(lo, PORTERO_KIND_UINT32);
  members[1].name = idlc_builder_text(&lo->b, "data");
  members[1].type = idlc_builder_type(&lo->b, &array);
  pointer.of = idlc_builder_type(&lo->b, &type);
  if (pointer.of == IDLC_BAD || members[1].type == IDLC_BAD)
    return IDLC_BAD;
  return idlc_builder_shared(&lo->b, &pointer);
}

static bool types_is_void(const struct idlc_shape *shape)
{
  return shape->base && shape->base->kind == IDLC_SPEC_BASE && shape->base->base == IDLC_VOID;
}

static uint32_t types_pipe(struct types_walk *walk, const struct idlc_spec *spec)
{
  struct portero_type type = {.kind = PORTERO_KIND_PIPE};
  struct idlc_lowered element;
  struct idlc_shape *shape = portero_arena_alloc(walk->lo->arena, sizeof *shape);

  if (!shape) {
    walk->lo->s->out_of_memory = true;
    return IDLC_BAD;
  }
  if (!idlc_shape_of_spec(walk->lo, spec->of, spec->pointers, walk->shape->home, shape) ||
      !idlc_type_of(walk->lo, shape, IDLC_USE_MEMBER, NULL, &element))
    return IDLC_BAD;
  type.of = element.type;
  if (idlc_builder_at(&walk->lo->b, type.of)->kind == IDLC_KIND_HOOK)
    return idlc_complain(walk->lo, spec->place, "let the elements be what travels",
                         "elements of a pipe cannot be of the program's own types");
  return idlc_builder_shared(&walk->lo->b, &type);
}

/* A use of a union: the SWITCH that chooses an arm. */
static uint32_t types_switch(struct types_walk *walk, uint32_t type)
{
  const struct idlc_attr *attr = idlc_shape_attr(walk->shape, IDLC_ATTR_SWITCH_IS);
  struct portero_type node = {.kind = PORTERO_KIND_SWITCH, .of = type};
  uint32_t made;

  if (idlc_builder_at(&walk->lo->b, type)->kind != PORTERO_KIND_UNION)
    return type;
  if (!attr || !attr->args || !attr->args->expr)
    return idlc_complain(walk->lo, walk->shape->place, "say it with switch_is",
                         "nothing says which arm of the union there is");
  made = idlc_builder_type(&walk->lo->b, &node);
  if (made != IDLC_BAD)
    types_wait(walk, made, IDLC_PENDING_SIZE, attr, 0, false);
  return made;
}

static uint32_t types_body(struct types_walk *walk, const struct idlc_spec *spec)
{
  struct idlc_lower *lo = walk->lo;
  struct idlc_body *body = idlc_scope_resolve(lo, spec);
  static const char *const words[] = {"struct", "union", "enum"};
  unsigned word = spec->kind == IDLC_SPEC_STRUCT ? 0 : spec->kind == IDLC_SPEC_UNION ? 1 : 2;
  bool is_own = body && !body->name;
  uint32_t type;

  if (!body)
    return idlc_complain(lo, spec->place, NULL, "%s '%s' is defined nowhere", words[word],
                         spec->name ? spec->name : "");
  type = idlc_body_type(lo, body, is_own ? walk->frame : NULL);
  return type == IDLC_BAD ? type : types_switch(walk, type);
}

static uint32_t types_spec(struct types_walk *walk, const struct idlc_spec *spec)
{
  uint8_t kind;

  switch (spec->kind) {
  case IDLC_SPEC_BASE:
    kind = idlc_kind_of(spec->base);
    if (kind == PORTERO_KIND_NONE)
      return idlc_complain(walk->lo, walk->shape->place, NULL, "%s cannot travel",
                           spec->base == IDLC_VOID ? "void" : "a binding handle");
    return idlc_scalar(walk->lo, kind);
  case IDLC_SPEC_STRUCT:
  case IDLC_SPEC_UNION:
  case IDLC_SPEC_ENUM:
    return types_body(walk, spec);
  case IDLC_SPEC_PIPE:
    return types_pipe(walk, spec);
  case IDLC_SPEC_NAME:
  case IDLC_SPEC_SAFEARRAY:
  case IDLC_SPEC_INTERFACE:
    break;
  }
  return IDLC_BAD;
}

static uint32_t types_base(struct types_walk *walk)
{
  const struct idlc_shape *shape = walk->shape;
  struct portero_type handle = {.kind = PORTERO_KIND_HANDLE};
  bool is_pointer = shape->count && shape->levels[shape->count - 1].kind == IDLC_LEVEL_POINTER;
  unsigned indirections = walk->lo->indirections;
  uint32_t base;

  if (shape->is_context) {
    walk->count -= is_pointer ? 1 : 0;
    handle.flags = shape->is_strict ? PORTERO_TYPE_STRICT : 0;
    if (idlc_shape_context(shape))
      handle.name = idlc_builder_text(&walk->lo->b, idlc_shape_context(shape));
    return idlc_builder_shared(&walk->lo->b, &handle);
  }
  if (is_pointer &&
      (shape->is_interface || (types_is_void(shape) && idlc_shape_attr(shape, IDLC_ATTR_IID_IS)))) {
    walk->count--;
    return idlc_interface_pointer(walk->lo);
  }
  for (unsigned i = 0; i < shape->count; i++)
    walk->lo->indirections += shape->levels[i].kind == IDLC_LEVEL_POINTER ? 1 : 0;
  if (is_pointer && types_is_void(shape) && idlc_attr_in(shape->chain[0].list, IDLC_ATTR_IGNORE))
    base = idlc_scalar(walk->lo, PORTERO_KIND_BYTE); /* nothing is ever behind it */
  else
    base = types_spec(walk, shape->base);
  walk->lo->indirections = indirections;
  return base;
}

static bool types_is_letter(struct idlc_lower *lo, uint32_t type)
{
  uint8_t kind = idlc_builder_at(&lo->b, type)->kind;

  return kind == PORTERO_KIND_CHAR || kind == PORTERO_KIND_UINT8 || kind == PORTERO_KIND_INT8 ||
         kind == PORTERO_KIND_BYTE || kind == PORTERO_KIND_WCHAR || kind == PORTERO_KIND_UINT16;
}

/* The innermost level is text; [string] of anything else, e.g. of a BSTR, says nothing. */
static void types_find_text(struct types_walk *walk, struct idlc_shape *shape)
{
  if (!shape->is_string)
    return;
  if (walk->count && types_is_letter(walk->lo, walk->base))
    shape->levels[walk->count - 1].is_string = true;
  else
    idlc_warn(walk->lo->s, shape->place, NULL,
              "only pointers to characters and arrays of them are strings");
}

/* A range at the use of an array or text is about the count; a typedef's is about the value. */
static void types_find_range(struct types_walk *walk)
{
  const struct idlc_shape *shape = walk->shape;
  const struct idlc_attr *use = idlc_attr_in(shape->chain[0].list, IDLC_ATTR_RANGE);

  for (unsigned i = 0; use && i < walk->count && !walk->count_level; i++) {
    const struct idlc_level *level = &shape->levels[i];
    if (level->is_string || level->size || level->kind == IDLC_LEVEL_ARRAY)
      walk->count_level = level;
  }
  walk->count_range = walk->count_level ? use : NULL;
  walk->range = walk->count_level ? NULL : use;
  for (unsigned i = 1; !walk->range && i < shape->n_chain; i++)
    walk->range = idlc_attr_in(shape->chain[i].list, IDLC_ATTR_RANGE);
}

static uint32_t types_whole(struct types_walk *walk, struct idlc_shape *shape, bool *out_is_inlined)
{
  walk->base = types_base(walk);
  if (walk->base == IDLC_BAD)
    return IDLC_BAD;
  types_find_text(walk, shape);
  types_find_range(walk);
  if (walk->range)
    walk->base = types_ranged(walk, walk->base);
  if (!idlc_hook_is_whole(walk->lo, shape, walk->count))
    return IDLC_BAD;
  if (walk->use == IDLC_USE_RESULT && shape->count && !shape->levels[0].pointer)
    shape->levels[0].pointer = PORTERO_TYPE_UNIQUE;
  if (walk->base == IDLC_BAD)
    return IDLC_BAD;
  return walk->use == IDLC_USE_PARAMETER ? types_parameter(walk, out_is_inlined)
                                         : types_level(walk, 0);
}

bool idlc_type_of(struct idlc_lower *lo, const struct idlc_shape *shape, enum idlc_use use,
                  struct idlc_frame *frame, struct idlc_lowered *out_lowered)
{
  struct idlc_shape own = *shape;
  struct types_walk walk = {.lo = lo, .shape = &own, .frame = frame, .use = use};
  bool is_inlined = false;
  uint32_t type;

  if (!idlc_enter(lo, shape->place))
    return false;
  walk.count = shape->count;
  type = types_whole(&walk, &own, &is_inlined);
  idlc_leave(lo);
  if (type == IDLC_BAD)
    return false;
  out_lowered->type = type;
  out_lowered->is_inlined = is_inlined;
  return true;
}
