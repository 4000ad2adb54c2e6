/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what stands in place: all but the pointees. */
#include "src/ndr/types_reading.h"

static bool in_range(const struct portero_type *type, int64_t value)
{
  return !(type->flags & PORTERO_TYPE_RANGE) || (value >= type->min && value <= type->max);
}

/* ---- scalars ---- */

static uint64_t read_bits(struct types_reading *x, size_t size)
{
  switch (size) {
  case 1:
    return portero_ndr_read_u8(x->r, x->what);
  case 2:
    return portero_ndr_read_u16(x->r, x->what);
  case 4:
    return portero_ndr_read_u32(x->r, x->what);
  default:
    return portero_ndr_read_u64(x->r, x->what);
  }
}

static void read_scalar(struct types_reading *x, uint32_t index, uint8_t *memory)
{
  const struct portero_type *type = &x->t->types[index];
  uint64_t bits = read_bits(x, types_read_wire(x, index)->size);
  uint32_t u32 = (uint32_t)(bits & UINT32_MAX);

  if (type->kind == PORTERO_KIND_FLOAT) {
    memcpy(memory, &u32, 4);
    return;
  }
  if (type->kind == PORTERO_KIND_DOUBLE) {
    memcpy(memory, &bits, 8);
    return;
  }
  if (type->kind == PORTERO_KIND_INT3264 && !x->ndr64)
    bits = (uint64_t)(int64_t)(int32_t)u32;
  portero_types_set_number(type->kind, memory, (int64_t)bits);
  if ((type->kind == PORTERO_KIND_ENUM16 && bits > UINT16_MAX) ||
      !in_range(type, portero_types_number(type->kind, memory)))
    types_read_refuse(x);
}

/* Memory that is the wire. */
bool types_read_is_plain(const struct types_reading *x, uint32_t type)
{
  const struct portero_wire *w = types_read_wire(x, type);
  bool native = x->r->r.big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

  return (w->flags & PORTERO_WIRE_PLAIN) && (native || w->align == 1);
}

void types_read_plain(struct types_reading *x, uint8_t align, size_t size, uint8_t *memory)
{
  struct portero_bytes bytes;

  portero_ndr_read_align(x->r, align, x->what);
  bytes = portero_ndr_read_bytes(x->r, size, x->what);
  if (bytes.size)
    memcpy(memory, bytes.data, bytes.size);
}

/* ---- maximum counts ---- */

static void read_maxima(struct types_reading *x, uint32_t index)
{
  const struct portero_type *type = &x->t->types[index];

  x->n_maxima = x->used_maxima = 0;
  while (type->kind == PORTERO_KIND_STRUCT)
    type = &x->t->types[x->t->members[type->first + type->count - 1].type];
  if (type->kind == PORTERO_KIND_STRING)
    x->maxima[x->n_maxima++] = portero_ndr_read_size(x->r, x->what);
  for (; type->kind == PORTERO_KIND_ARRAY; type = &x->t->types[type->of])
    if (type->flags & PORTERO_TYPE_CONFORMANT)
      x->maxima[x->n_maxima++] = portero_ndr_read_size(x->r, x->what);
}

/* The next of them. */
static uint32_t take_maximum(struct types_reading *x, const struct portero_type *type)
{
  uint32_t max = x->used_maxima < x->n_maxima ? x->maxima[x->used_maxima++] : 0;

  if (!in_range(type, max))
    types_read_refuse(x);
  return max;
}

/* ---- arrays and text ---- */

struct span {
  uint32_t from, count, max;
};

static void expect(struct types_reading *x, const uint32_t *code, const struct types_scope *scope,
                   const void *owner, int64_t value)
{
  if (types_read_ok(x))
    types_notes_expect(&x->notes, x->r, code, scope, owner, value, x->what);
}

/* Whether so many elements are there is known when all dimensions are. */
static void read_variance(struct types_reading *x, const struct portero_type *type, struct span *s,
                          const struct types_scope *scope, const void *owner)
{
  s->from = portero_ndr_read_size(x->r, x->what);
  s->count = portero_ndr_read_size(x->r, x->what);
  if (s->from > s->max || s->count > s->max - s->from)
    types_read_refuse(x);
  if (type->offset)
    expect(x, &type->offset, scope, owner, s->from);
  if (type->length)
    expect(x, &type->length, scope, owner, s->count);
  if ((!type->offset && s->from != 0) || (!type->length && s->count != s->max - s->from))
    types_read_refuse(x);
}

/* Can so many elements be in what is left? */
bool types_read_fits(struct types_reading *x, uint32_t type, uint32_t count)
{
  const struct portero_wire *w = types_read_wire(x, type);
  uint32_t min =
      x->t->types[type].kind == PORTERO_KIND_ARRAY && !(w->flags & PORTERO_WIRE_FIXED) ? 1 : w->min;

  if (types_read_ok(x) && count <= portero_reader_left(&x->r->r) / min)
    return true;
  types_read_refuse(x);
  return false;
}

/* The stub's own bytes as the elements, when they are what memory would be. */
static bool read_view(struct types_reading *x, const struct portero_type *type,
                      const struct span *s, uint8_t *memory)
{
  const struct portero_layout *e = &x->t->layouts[type->of];
  struct portero_bytes bytes;

  if (!types_read_is_plain(x, type->of) || s->from != 0 || s->count == 0)
    return false;
  portero_ndr_read_align(x->r, e->wire[x->ndr64].align, x->what);
  if (!types_read_ok(x) || (uintptr_t)(x->r->r.base + x->r->r.at) % e->align != 0)
    return false;
  bytes = portero_ndr_read_bytes(x->r, (size_t)s->count * e->size, x->what);
  types_store_pointer(memory, bytes.data);
  return true;
}

/* Rows that have no elements: no bytes say how many there can be. */
static bool rows_are_empty(const struct types_reading *x, const struct portero_type *type,
                           const struct span *s)
{
  const struct portero_type *row = &x->t->types[type->of];

  for (; row->kind == PORTERO_KIND_ARRAY; row = &x->t->types[row->of])
    if ((++s)->count == 0)
      return true;
  return false;
}

static bool elements_fit(struct types_reading *x, const struct portero_type *type,
                         const struct span *s)
{
  if (!rows_are_empty(x, type, s))
    return types_read_fits(x, type->of, s->count);
  if (s->count > PORTERO_NDR_ROWS)
    portero_ndr_reader_fail(x->r, PORTERO_LOCAL_LIMIT, x->what);
  return types_read_ok(x);
}

static void read_elements(struct types_reading *x, const struct portero_type *type,
                          const struct span *s, uint8_t *memory, const struct types_scope *scope)
{
  size_t size = x->t->layouts[type->of].size;

  if (type->flags & PORTERO_TYPE_CONFORMANT) {
    uint8_t *data;

    if (!elements_fit(x, type, s) || read_view(x, type, s, memory))
      return;
    data = portero_ndr_reader_alloc(x->r, (size_t)s->from + s->count, size, x->what);
    types_store_pointer(memory, data);
    memory = data;
    if (!data)
      return;
  } else {
    memset(memory, 0, type->count * size);
  }
  memory += s->from * size;
  if (s->count && types_read_is_plain(x, type->of)) {
    types_read_plain(x, types_read_wire(x, type->of)->align, s->count * size, memory);
    return;
  }
  for (uint32_t i = 0; i < s->count && types_read_ok(x); i++, memory += size) {
    if (x->t->types[type->of].kind == PORTERO_KIND_ARRAY)
      read_elements(x, &x->t->types[type->of], s + 1, memory, scope);
    else
      types_read_body(x, type->of, memory, scope);
  }
}

static void read_array(struct types_reading *x, const struct portero_type *type, uint8_t *memory,
                       const struct types_scope *scope)
{
  struct span spans[TYPES_NEST + 1];
  struct span *s = spans;

  for (const struct portero_type *d = type; d->kind == PORTERO_KIND_ARRAY;
       d = &x->t->types[d->of], s++) {
    s->from = 0;
    s->max = s->count = d->count;
    if (!(d->flags & PORTERO_TYPE_CONFORMANT))
      continue;
    s->max = s->count = take_maximum(x, d);
    expect(x, &d->size, scope, memory, s->max);
  }
  s = spans;
  for (const struct portero_type *d = type; d->kind == PORTERO_KIND_ARRAY;
       d = &x->t->types[d->of], s++)
    if (d->flags & PORTERO_TYPE_VARYING)
      read_variance(x, d, s, scope, memory);
  if (types_read_ok(x))
    read_elements(x, type, spans, memory, scope);
}

static const char *read_text(struct types_reading *x, const struct portero_type *type,
                             const uint8_t *memory, const struct types_scope *scope)
{
  bool wide = x->t->types[type->of].kind == PORTERO_KIND_WCHAR;
  uint32_t max;

  if (!(type->flags & PORTERO_TYPE_CONFORMANT))
    return wide ? portero_ndr_read_varying_wstring(x->r, type->count, x->what)
                : portero_ndr_read_varying_string(x->r, type->count, x->what);
  max = take_maximum(x, type);
  if (type->size)
    expect(x, &type->size, scope, memory, max);
  if (type->size && max == 0) { /* no room, not even for a terminator */
    (void)portero_ndr_read_varying(x->r, 0, 1, NULL, x->what);
    return "";
  }
  return wide ? portero_ndr_read_wstring_max(x->r, max, x->what)
              : portero_ndr_read_string_max(x->r, max, x->what);
}

/* ---- structs, unions, pointers in place ---- */

/* The least offset at which the stub can end when the parameters behind this one start at `at`. */
static uint64_t least_end(const struct types_reading *x, uint64_t at)
{
  for (uint32_t i = x->next_param; i < x->end_param; i++) {
    const struct portero_member *m = &x->t->members[i];
    const struct portero_type *type = &x->t->types[m->type];
    const struct portero_wire *w = types_read_wire(x, m->type);

    if (!(m->flags & x->notes.direction) || type->kind == PORTERO_KIND_PIPE)
      continue;
    if (type->kind == PORTERO_KIND_POINTER && (type->flags & PORTERO_TYPE_REF))
      w = types_read_wire(x, type->of);
    if (w->flags & PORTERO_WIRE_FIXED)
      at = (at + w->align - 1) & ~(uint64_t)(w->align - 1);
    at += w->min;
  }
  return at;
}

/*
 * Peers do not agree on whether NDR64 has the gap behind the elements of a conformant struct.
 * Where the rest of the stub is too short for it, it is not there.
 */
static void read_gap(struct types_reading *x, const struct portero_wire *wire)
{
  const struct portero_reader *r = &x->r->r;
  uint64_t behind = (r->at + wire->gap - 1u) & ~(uint64_t)(wire->gap - 1u);

  if ((wire->flags & PORTERO_WIRE_CONFORMANT) && least_end(x, behind) > r->size)
    return;
  portero_ndr_read_align(x->r, wire->gap, x->what);
}

static void read_struct(struct types_reading *x, uint32_t index, uint8_t *memory)
{
  const struct portero_type *type = &x->t->types[index];
  const struct portero_wire *wire = types_read_wire(x, index);
  struct types_scope inner = {index, 0, memory};

  if (types_read_is_plain(x, index)) {
    types_read_plain(x, wire->align, wire->size, memory);
    return;
  }
  portero_ndr_read_align(x->r, wire->align, x->what);
  for (; inner.ready < type->count && types_read_ok(x); inner.ready++) {
    uint32_t i = type->first + inner.ready;

    types_read_name(x, &x->t->members[i]);
    types_read_body(x, x->t->members[i].type, memory + x->t->offsets[i], &inner);
  }
  read_gap(x, wire);
}

static void read_union(struct types_reading *x, const struct portero_type *type, uint8_t *memory,
                       const struct types_scope *scope)
{
  const struct portero_type *u = &x->t->types[type->of];
  const struct portero_wire *wire = types_read_wire(x, type->of);
  const struct portero_member *arm;
  uint64_t raw = 0;
  int64_t tag;

  memset(memory, 0, x->t->layouts[type->of].size);
  portero_ndr_read_gap(x->r, wire->align, x->what);
  if (u->flags & PORTERO_TYPE_NO_TAG) {
    tag = portero_types_eval(x->t, type->size, scope->type, scope->memory);
  } else {
    read_scalar(x, u->of, (uint8_t *)&raw);
    tag = portero_types_number(x->t->types[u->of].kind, &raw);
    expect(x, &type->size, scope, memory, tag);
  }
  portero_ndr_read_align(x->r, wire->arm, x->what);
  arm = portero_types_arm(x->t, u, tag);
  if (!arm) {
    types_read_refuse(x);
    return;
  }
  types_read_name(x, arm);
  if (arm->type)
    types_read_body(x, arm->type, memory, scope);
}

/* [ref]: what stands there means nothing. */
static void read_pointer(struct types_reading *x, const struct portero_type *type, uint8_t *memory)
{
  uint64_t id = portero_ndr_read_referent(x->r, x->what);

  if ((type->flags & PORTERO_TYPE_FULL) && id > UINTPTR_MAX)
    types_read_refuse(x);
  else if (type->flags & PORTERO_TYPE_IGNORE)
    id = 0;
  else if (type->flags & PORTERO_TYPE_REF)
    id = 1;
  else if (type->flags & PORTERO_TYPE_UNIQUE)
    id = id != 0;
  types_store_pointer(memory, (const void *)(uintptr_t)id);
}

/* What is in place; pointees come later. */
void types_read_body(struct types_reading *x, uint32_t index, uint8_t *memory,
                     const struct types_scope *scope)
{
  const struct portero_type *type = &x->t->types[index];
  struct portero_handle handle;
  struct portero_uuid uuid;

  if (!types_read_ok(x))
    return;
  switch (type->kind) {
  case PORTERO_KIND_UUID:
    uuid = portero_ndr_read_uuid(x->r, x->what);
    memcpy(memory, &uuid, sizeof uuid);
    return;
  case PORTERO_KIND_HANDLE:
    handle = portero_ndr_read_handle(x->r, x->what);
    memcpy(memory, &handle, sizeof handle);
    return;
  case PORTERO_KIND_STRUCT:
    read_struct(x, index, memory);
    return;
  case PORTERO_KIND_SWITCH:
    read_union(x, type, memory, scope);
    return;
  case PORTERO_KIND_ARRAY:
    read_array(x, type, memory, scope);
    return;
  case PORTERO_KIND_STRING:
    types_store_pointer(memory, read_text(x, type, memory, scope));
    return;
  case PORTERO_KIND_POINTER:
    read_pointer(x, type, memory);
    return;
  default:
    read_scalar(x, index, memory);
    return;
  }
}

void types_read_in_place(struct types_reading *x, uint32_t type, uint8_t *memory,
                         const struct types_scope *scope)
{
  if (types_read_wire(x, type)->flags & PORTERO_WIRE_CONFORMANT)
    read_maxima(x, type);
  types_read_body(x, type, memory, scope);
}
