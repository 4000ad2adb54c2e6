/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one layout pass: memory, and the wire in NDR and in NDR64. [C706] 14.2.2, 14.3;
 * [MS-RPCE] 2.2.4, 2.2.5. Types are laid out after those that they contain by value.
 */
#include "src/ndr/types_inside.h"

#define OPEN 0xffu /* being laid out: met again, it contains itself */

struct pass {
  const struct portero_types *t;
  struct portero_layout *layouts;
  uint32_t *offsets;
  uint8_t *levels; /* 0: not yet; OPEN; else how deep types nest in it */
};

/* Where C puts things in a struct, which is not sizeof on every machine. */
struct align16 {
  char c;
  uint16_t v;
};
struct align32 {
  char c;
  uint32_t v;
};
struct align64 {
  char c;
  uint64_t v;
};
struct align_pointer {
  char c;
  void *v;
};

static const char *lay_out(struct pass *p, uint32_t type, unsigned above);

static uint64_t align_up(uint64_t at, uint64_t align)
{
  return (at + align - 1) & ~(align - 1);
}

static uint8_t max_u8(uint8_t a, uint8_t b)
{
  return a > b ? a : b;
}

static void set_memory(struct portero_layout *l, size_t size, size_t align)
{
  l->size = (uint32_t)size;
  l->align = (uint16_t)align;
}

static void set_pointer(struct portero_layout *l)
{
  set_memory(l, sizeof(void *), offsetof(struct align_pointer, v));
}

static void set_fixed(struct portero_wire *w, size_t size, uint8_t align, unsigned flags)
{
  w->size = w->min = (uint32_t)size;
  w->align = align;
  w->flags = (uint8_t)(PORTERO_WIRE_FIXED | flags);
}

/* Scalars: bytes of both syntaxes. */
static size_t wire_size(uint8_t kind, bool ndr64)
{
  if (kind == PORTERO_KIND_ENUM16)
    return ndr64 ? 4 : 2;
  if (kind == PORTERO_KIND_INT3264 || kind == PORTERO_KIND_UINT3264)
    return ndr64 ? 8 : 4;
  return types_number_size(kind);
}

static void lay_out_scalar(const struct portero_type *type, struct portero_layout *l)
{
  size_t size = types_number_size(type->kind);
  size_t align = 1;

  if (size == 2)
    align = offsetof(struct align16, v);
  else if (size == 4)
    align = offsetof(struct align32, v);
  else if (size == 8)
    align = offsetof(struct align64, v);
  set_memory(l, size, align);
  for (unsigned s = 0; s < 2; s++) {
    size_t wire = wire_size(type->kind, s);
    bool plain =
        wire == size && type->kind != PORTERO_KIND_ENUM16 && !(type->flags & PORTERO_TYPE_RANGE);

    set_fixed(&l->wire[s], wire, (uint8_t)wire, plain ? PORTERO_WIRE_PLAIN : 0);
  }
}

static void lay_out_words(struct portero_layout *l, size_t size)
{
  set_memory(l, size, offsetof(struct align32, v));
  set_fixed(&l->wire[0], size, 4, PORTERO_WIRE_PLAIN);
  set_fixed(&l->wire[1], size, 4, PORTERO_WIRE_PLAIN);
}

static void lay_out_pointer(const struct pass *p, const struct portero_type *type,
                            struct portero_layout *l)
{
  unsigned flags = type->flags & PORTERO_TYPE_IGNORE ? 0 : PORTERO_WIRE_DEFERRED;

  set_pointer(l);
  l->is_collapsed = types_is_pointer_in_memory(&p->t->types[type->of]);
  set_fixed(&l->wire[0], 4, 4, flags);
  set_fixed(&l->wire[1], 8, 8, flags);
}

static void lay_out_string(const struct portero_type *type, struct portero_layout *l)
{
  set_pointer(l);
  for (unsigned s = 0; s < 2; s++) {
    uint8_t word = s ? 8 : 4;

    l->wire[s].align = word;
    l->wire[s].min = 2u * word;
    l->wire[s].flags = type->flags & PORTERO_TYPE_CONFORMANT ? PORTERO_WIRE_CONFORMANT : 0;
  }
}

static void lay_out_pipe(struct portero_layout *l)
{
  set_memory(l, sizeof(struct portero_pipe), offsetof(struct align_pointer, v));
  for (unsigned s = 0; s < 2; s++) {
    l->wire[s].align = s ? 8 : 4;
    l->wire[s].min = s ? 16 : 4;
  }
}

/* ---- arrays ---- */

/* Dimensions that have a count on the wire; out_element: what the array is of in the end. */
static unsigned dimensions(const struct portero_types *t, const struct portero_type *type,
                           uint16_t flag, const struct portero_type **out_element)
{
  unsigned n = 0;

  for (; type->kind == PORTERO_KIND_ARRAY; type = &t->types[type->of])
    n += type->flags & flag ? 1 : 0;
  *out_element = type;
  return n;
}

static const char *array_wire(const struct pass *p, const struct portero_type *type, bool ndr64,
                              struct portero_wire *w)
{
  const struct portero_wire *e = &p->layouts[type->of].wire[ndr64];
  const struct portero_type *element;
  unsigned conformant = dimensions(p->t, type, PORTERO_TYPE_CONFORMANT, &element);
  unsigned varying = dimensions(p->t, type, PORTERO_TYPE_VARYING, &element);
  uint8_t word = ndr64 ? 8 : 4;
  uint64_t size;

  if (conformant > TYPES_DIMENSIONS || varying > TYPES_DIMENSIONS)
    return "an array has too many dimensions";
  w->align = varying ? max_u8(e->align, word) : e->align;
  w->flags = e->flags & PORTERO_WIRE_DEFERRED;
  w->min = 1;
  if (conformant)
    w->flags |= PORTERO_WIRE_CONFORMANT;
  if (varying)
    w->min = varying * 2u * word;
  if (conformant || varying)
    return NULL;
  if (!(e->flags & PORTERO_WIRE_FIXED)) {
    size = (uint64_t)type->count * e->min;
    w->min = size > TYPES_SIZE_LIMIT ? TYPES_SIZE_LIMIT : (uint32_t)size;
    return NULL;
  }
  size = align_up(e->size, e->align) * (type->count - 1) + e->size;
  if (size > TYPES_SIZE_LIMIT)
    return "an array is too large";
  set_fixed(w, (size_t)size, e->align, e->flags & (PORTERO_WIRE_DEFERRED | PORTERO_WIRE_PLAIN));
  return NULL;
}

static const char *lay_out_array(struct pass *p, const struct portero_type *type,
                                 struct portero_layout *l)
{
  const struct portero_layout *e = &p->layouts[type->of];
  uint64_t size = (uint64_t)e->size * type->count;
  const char *problem = NULL;

  if ((e->wire[0].flags & PORTERO_WIRE_CONFORMANT) &&
      p->t->types[type->of].kind != PORTERO_KIND_ARRAY)
    return "an array of what is conformant itself";
  if (type->flags & PORTERO_TYPE_CONFORMANT)
    set_pointer(l);
  else if (size > TYPES_SIZE_LIMIT)
    return "an array is too large";
  else
    set_memory(l, (size_t)size, e->align);
  for (unsigned s = 0; s < 2 && !problem; s++)
    problem = array_wire(p, type, s, &l->wire[s]);
  return problem;
}

/* ---- structs ---- */

static const char *struct_memory(struct pass *p, const struct portero_type *type,
                                 struct portero_layout *l)
{
  uint64_t at = 0;
  uint16_t align = 1;

  for (uint32_t i = 0; i < type->count; i++) {
    const struct portero_layout *m = &p->layouts[p->t->members[type->first + i].type];

    at = align_up(at, m->align);
    p->offsets[type->first + i] = (uint32_t)at;
    at += m->size;
    align = m->align > align ? m->align : align;
    if (at > TYPES_SIZE_LIMIT)
      return "a struct is too large";
  }
  /* Never 0, so that the parameters of an operation without any have an address. */
  set_memory(l, (size_t)align_up(at ? at : 1, align), align);
  return NULL;
}

/* Bytes of its members: the same as its size when it has no padding. */
static uint64_t members_size(const struct pass *p, const struct portero_type *type)
{
  uint64_t size = 0;

  for (uint32_t i = 0; i < type->count; i++)
    size += p->layouts[p->t->members[type->first + i].type].size;
  return size;
}

static const char *struct_wire(const struct pass *p, const struct portero_type *type, bool ndr64,
                               const struct portero_layout *l, struct portero_wire *w)
{
  unsigned all = PORTERO_WIRE_FIXED | PORTERO_WIRE_PLAIN;
  uint64_t at = 0, min = 0;

  w->align = 1;
  for (uint32_t i = 0; i < type->count; i++) {
    const struct portero_wire *m = &p->layouts[p->t->members[type->first + i].type].wire[ndr64];

    if ((m->flags & PORTERO_WIRE_CONFORMANT) && i + 1 < type->count)
      return "what is conformant is not the last member";
    w->align = max_u8(w->align, m->align);
    w->flags |= m->flags & (PORTERO_WIRE_DEFERRED | PORTERO_WIRE_CONFORMANT);
    all &= m->flags;
    at = align_up(at, m->align) + m->size;
    min += m->min;
  }
  w->gap = ndr64 && !(type->flags & PORTERO_TYPE_ENCAPSULATED) ? w->align : 1;
  w->min = min > TYPES_SIZE_LIMIT ? TYPES_SIZE_LIMIT : (uint32_t)min;
  if (!(all & PORTERO_WIRE_FIXED))
    return NULL;
  at = align_up(at, w->gap);
  if (at > TYPES_SIZE_LIMIT)
    return "a struct is too large";
  if (at != l->size || at != members_size(p, type))
    all &= ~PORTERO_WIRE_PLAIN;
  set_fixed(w, (size_t)at, w->align, w->flags | (all & PORTERO_WIRE_PLAIN));
  return NULL;
}

static const char *lay_out_struct(struct pass *p, const struct portero_type *type,
                                  struct portero_layout *l)
{
  const char *problem = struct_memory(p, type, l);

  if (type->flags & PORTERO_TYPE_PARAMS) {
    l->wire[0].align = l->wire[1].align = 1;
    return problem;
  }
  for (unsigned s = 0; s < 2 && !problem; s++)
    problem = struct_wire(p, type, s, l, &l->wire[s]);
  return problem;
}

/* ---- unions ---- */

static const char *union_wire(const struct pass *p, const struct portero_type *type, bool ndr64,
                              struct portero_wire *w)
{
  const struct portero_wire *tag = &p->layouts[type->of].wire[ndr64];
  uint32_t least = UINT32_MAX;
  uint8_t arms = 1;

  for (uint32_t i = 0; i < type->count; i++) {
    const struct portero_member *m = &p->t->members[type->first + i];
    const struct portero_wire *arm = &p->layouts[m->type].wire[ndr64];

    if (arm->flags & PORTERO_WIRE_CONFORMANT)
      return "an arm of a union is conformant";
    least = m->type == 0 ? 0 : arm->min < least ? arm->min : least;
    if (m->type == 0)
      continue;
    arms = max_u8(arms, arm->align);
    w->flags |= arm->flags & PORTERO_WIRE_DEFERRED;
  }
  w->align = max_u8(arms, tag->align);
  w->arm = 1;
  if (ndr64)
    w->arm = w->align;
  else if ((type->flags & PORTERO_TYPE_MS_UNION) && !(type->flags & PORTERO_TYPE_NO_TAG))
    w->arm = arms;
  w->min = least + (type->flags & PORTERO_TYPE_NO_TAG ? 0 : tag->size);
  if (w->min == 0)
    w->min = 1;
  return NULL;
}

static const char *lay_out_union(struct pass *p, const struct portero_type *type,
                                 struct portero_layout *l)
{
  const char *problem = NULL;
  size_t size = 1;
  uint16_t align = 1;

  for (uint32_t i = 0; i < type->count; i++) {
    const struct portero_layout *m = &p->layouts[p->t->members[type->first + i].type];

    size = m->size > size ? m->size : size;
    align = m->align > align ? m->align : align;
  }
  set_memory(l, (size_t)align_up(size, align), align);
  for (unsigned s = 0; s < 2 && !problem; s++)
    problem = union_wire(p, type, s, &l->wire[s]);
  return problem;
}

/* ---- the pass ---- */

static const char *lay_out_parts(struct pass *p, const struct portero_type *type, unsigned above,
                                 uint8_t *level)
{
  const char *problem = NULL;

  if (type->kind == PORTERO_KIND_STRUCT || type->kind == PORTERO_KIND_UNION) {
    for (uint32_t i = 0; i < type->count && !problem; i++) {
      uint32_t part = p->t->members[type->first + i].type;

      problem = lay_out(p, part, above);
      *level = max_u8(*level, p->levels[part]);
    }
  }
  /* a pointer's pointee is laid out in its own time */
  if (!problem && type->of && type->kind != PORTERO_KIND_POINTER) {
    problem = lay_out(p, type->of, above);
    *level = max_u8(*level, p->levels[type->of]);
  }
  return problem;
}

static const char *lay_out_one(struct pass *p, const struct portero_type *type,
                               struct portero_layout *l)
{
  if (types_is_scalar(type->kind)) {
    lay_out_scalar(type, l);
    return NULL;
  }
  switch (type->kind) {
  case PORTERO_KIND_UUID:
    lay_out_words(l, sizeof(struct portero_uuid));
    return NULL;
  case PORTERO_KIND_HANDLE:
    lay_out_words(l, sizeof(struct portero_handle));
    return NULL;
  case PORTERO_KIND_STRUCT:
    return lay_out_struct(p, type, l);
  case PORTERO_KIND_UNION:
    return lay_out_union(p, type, l);
  case PORTERO_KIND_SWITCH:
    *l = p->layouts[type->of];
    return NULL;
  case PORTERO_KIND_ARRAY:
    return lay_out_array(p, type, l);
  case PORTERO_KIND_STRING:
    lay_out_string(type, l);
    return NULL;
  case PORTERO_KIND_POINTER:
    lay_out_pointer(p, type, l);
    return NULL;
  case PORTERO_KIND_PIPE:
    if (p->layouts[type->of].wire[0].flags & (PORTERO_WIRE_CONFORMANT | PORTERO_WIRE_DEFERRED))
      return "a pipe's elements are conformant or have pointers";
    lay_out_pipe(l);
    return NULL;
  default:
    return "a type of unknown kind";
  }
}

static const char *lay_out(struct pass *p, uint32_t type, unsigned above)
{
  struct portero_layout *l = &p->layouts[type];
  const char *problem;
  uint8_t level = 0;

  if (p->levels[type] == OPEN)
    return "a type contains itself";
  if (type == 0 || p->levels[type] != 0)
    return NULL;
  if (above >= TYPES_NEST)
    return "types are nested too deeply";
  p->levels[type] = OPEN;
  l->wire[0].gap = l->wire[1].gap = l->wire[0].arm = l->wire[1].arm = 1;
  problem = lay_out_parts(p, &p->t->types[type], above + 1, &level);
  if (!problem && level >= TYPES_NEST)
    problem = "types are nested too deeply";
  if (!problem)
    problem = lay_out_one(p, &p->t->types[type], l);
  p->levels[type] = (uint8_t)(level + 1);
  return problem;
}

const char *types_check_layout(const struct portero_types *t, struct portero_layout *layouts,
                               uint32_t *offsets, uint8_t *levels)
{
  struct pass p = {t, layouts, offsets, levels};
  const char *problem = NULL;

  layouts[0].align = 1;
  layouts[0].wire[0].align = layouts[0].wire[1].align = 1;
  for (uint32_t i = 1; i < t->n_types && !problem; i++)
    problem = lay_out(&p, i, 0);
  return problem;
}
