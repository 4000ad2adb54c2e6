/* SPDX-License-Identifier: Apache-2.0 */
/* Writing what stands in place: all but the pointees. */
#include "src/ndr/types_writing.h"

static bool in_range(const struct portero_type *type, int64_t value)
{
  return !(type->flags & PORTERO_TYPE_RANGE) || (value >= type->min && value <= type->max);
}

/* A count that can be on the wire, and that its type allows; else 0 and failed. */
static uint32_t count_of(struct types_writing *x, const struct portero_type *type, int64_t value)
{
  if (value >= 0 && value <= UINT32_MAX && in_range(type, value))
    return (uint32_t)value;
  types_write_refuse(x);
  return 0;
}

/* ---- scalars ---- */

static void write_bits(struct types_writing *x, size_t size, uint64_t value)
{
  switch (size) {
  case 1:
    portero_ndr_write_u8(x->w, (uint8_t)(value & UINT8_MAX));
    return;
  case 2:
    portero_ndr_write_u16(x->w, (uint16_t)(value & UINT16_MAX));
    return;
  case 4:
    portero_ndr_write_u32(x->w, (uint32_t)(value & UINT32_MAX));
    return;
  default:
    portero_ndr_write_u64(x->w, value);
    return;
  }
}

static void write_scalar(struct types_writing *x, uint32_t index, const uint8_t *memory)
{
  const struct portero_type *type = &x->t->types[index];
  uint64_t bits = 0;
  uint32_t u32;

  if (type->kind == PORTERO_KIND_FLOAT) {
    memcpy(&u32, memory, 4);
    bits = u32;
  } else if (type->kind == PORTERO_KIND_DOUBLE) {
    memcpy(&bits, memory, 8);
  } else {
    int64_t number = portero_types_number(type->kind, memory);

    if (!in_range(type, number) ||
        (type->kind == PORTERO_KIND_ENUM16 && (number < 0 || number > UINT16_MAX)))
      types_write_refuse(x);
    bits = (uint64_t)number;
  }
  write_bits(x, types_write_wire(x, index)->size, bits);
}

/* Memory that is the wire. */
static bool is_plain(const struct types_writing *x, uint32_t type)
{
  const struct portero_layout *l = &x->t->layouts[type];
  bool native = x->w->w.big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

  return (l->wire[x->ndr64].flags & PORTERO_WIRE_PLAIN) && (native || l->wire[x->ndr64].align == 1);
}

/* ---- maximum counts ---- */

/* Characters with their terminator; UTF-16 for wchar_t. */
static uint32_t text_count(struct types_writing *x, const struct portero_type *type,
                           const char *text)
{
  size_t size = 0;

  if (!text)
    return 1;
  if (x->t->types[type->of].kind != PORTERO_KIND_WCHAR)
    size = strlen(text);
  else if (!portero_is_ok(portero_utf8_to_utf16(text, strlen(text), false, NULL, 0, &size)))
    types_write_refuse(x);
  else
    size /= 2;
  if (size < UINT32_MAX)
    return (uint32_t)size + 1;
  types_write_refuse(x);
  return 1;
}

/* No text, where there is no room even for a terminator. */
static bool has_no_room(const struct types_writing *x, const struct portero_type *type,
                        const char *text, const struct types_write_scope *scope)
{
  return type->size && (!text || !*text) && types_write_value(x, type->size, scope) == 0;
}

static void write_string_max(struct types_writing *x, const struct portero_type *type,
                             const char *text, const struct types_write_scope *scope)
{
  uint32_t need = text_count(x, type, text);
  int64_t max = type->size ? types_write_value(x, type->size, scope) : need;

  if (max < need && !has_no_room(x, type, text, scope))
    types_write_refuse(x);
  portero_ndr_write_size(x->w, count_of(x, type, max));
}

static void write_maxima(struct types_writing *x, uint32_t index, const uint8_t *memory,
                         const struct types_write_scope *scope)
{
  const struct portero_type *type = &x->t->types[index];
  struct types_write_scope inner = {index, memory};

  if (type->kind == PORTERO_KIND_STRING) {
    write_string_max(x, type, types_load_const(memory), scope);
  } else if (type->kind == PORTERO_KIND_STRUCT) {
    uint32_t last = type->first + type->count - 1;

    write_maxima(x, x->t->members[last].type, memory + x->t->offsets[last], &inner);
  }
  for (; type->kind == PORTERO_KIND_ARRAY; type = &x->t->types[type->of])
    if (type->flags & PORTERO_TYPE_CONFORMANT)
      portero_ndr_write_size(x->w, count_of(x, type, types_write_value(x, type->size, scope)));
}

/* ---- arrays and text ---- */

/* The elements of one dimension that are sent. */
struct types_write_span types_write_span_of(struct types_writing *x,
                                            const struct portero_type *type,
                                            const struct types_write_scope *scope)
{
  struct types_write_span s = {0, type->count, type->count};
  int64_t offset, length;

  if (type->flags & PORTERO_TYPE_CONFORMANT)
    s.max = s.count = count_of(x, type, types_write_value(x, type->size, scope));
  if (!(type->flags & PORTERO_TYPE_VARYING))
    return s;
  offset = type->offset ? types_write_value(x, type->offset, scope) : 0;
  length = type->length ? types_write_value(x, type->length, scope) : (int64_t)s.max - offset;
  if (offset < 0 || length < 0 || offset > s.max || length > (int64_t)s.max - offset) {
    types_write_refuse(x);
    s.count = 0;
    return s;
  }
  s.from = (uint32_t)offset;
  s.count = (uint32_t)length;
  return s;
}

static void write_zeros(struct types_writing *x, uint32_t type, uint32_t count)
{
  const struct portero_wire *e = types_write_wire(x, type);
  size_t stride = (e->size + e->align - 1u) & ~(size_t)(e->align - 1u);

  if (!x->null_is_zeros || !(e->flags & PORTERO_WIRE_FIXED)) {
    types_write_refuse(x);
    return;
  }
  if (count > PORTERO_NDR_ZEROS || stride * (count - 1) + e->size > PORTERO_NDR_ZEROS) {
    portero_ndr_writer_fail(x->w, PORTERO_LOCAL_LIMIT);
    return;
  }
  portero_ndr_write_align(x->w, e->align);
  portero_write_zeros(&x->w->w, stride * (count - 1) + e->size);
}

/* Readers have a limit for these. */
static bool rows_are_empty(struct types_writing *x, const struct portero_type *type,
                           const struct types_write_scope *scope)
{
  const struct portero_type *row = &x->t->types[type->of];

  for (; row->kind == PORTERO_KIND_ARRAY; row = &x->t->types[row->of])
    if (types_write_span_of(x, row, scope).count == 0)
      return true;
  return false;
}

static void write_elements(struct types_writing *x, const struct portero_type *type,
                           const uint8_t *memory, const struct types_write_scope *scope)
{
  struct types_write_span s = types_write_span_of(x, type, scope);
  size_t size = x->t->layouts[type->of].size;

  if (type->flags & PORTERO_TYPE_CONFORMANT)
    memory = types_load_const(memory);
  if (s.count == 0)
    return;
  if (!memory) {
    write_zeros(x, type->of, s.count);
    return;
  }
  if (s.count > PORTERO_NDR_ROWS && rows_are_empty(x, type, scope)) {
    portero_ndr_writer_fail(x->w, PORTERO_LOCAL_LIMIT);
    return;
  }
  memory += s.from * size;
  if (is_plain(x, type->of)) {
    portero_ndr_write_align(x->w, types_write_wire(x, type->of)->align);
    portero_ndr_write_bytes(x->w, memory, s.count * size);
    return;
  }
  for (uint32_t i = 0; i < s.count && !x->w->w.failed; i++, memory += size) {
    if (x->t->types[type->of].kind == PORTERO_KIND_ARRAY)
      write_elements(x, &x->t->types[type->of], memory, scope);
    else
      types_write_body(x, type->of, memory, scope);
  }
}

static void write_array(struct types_writing *x, const struct portero_type *type,
                        const uint8_t *memory, const struct types_write_scope *scope)
{
  for (const struct portero_type *d = type; d->kind == PORTERO_KIND_ARRAY;
       d = &x->t->types[d->of]) {
    struct types_write_span s;

    if (!(d->flags & PORTERO_TYPE_VARYING))
      continue;
    s = types_write_span_of(x, d, scope);
    portero_ndr_write_size(x->w, s.from);
    portero_ndr_write_size(x->w, s.count);
  }
  write_elements(x, type, memory, scope);
}

static void write_text(struct types_writing *x, const struct portero_type *type, const char *text,
                       const struct types_write_scope *scope)
{
  if (!text && !x->null_is_zeros) {
    types_write_refuse(x);
    return;
  }
  if (!(type->flags & PORTERO_TYPE_CONFORMANT) && text_count(x, type, text) > type->count)
    types_write_refuse(x);
  if (has_no_room(x, type, text, scope))
    portero_ndr_write_varying(x->w, 0);
  else if (x->t->types[type->of].kind == PORTERO_KIND_WCHAR)
    portero_ndr_write_varying_wstring(x->w, text ? text : "");
  else
    portero_ndr_write_varying_string(x->w, text ? text : "");
}

/* ---- structs, unions, pointers in place ---- */

static void write_struct(struct types_writing *x, uint32_t index, const uint8_t *memory)
{
  const struct portero_type *type = &x->t->types[index];
  const struct portero_wire *wire = types_write_wire(x, index);
  struct types_write_scope inner = {index, memory};

  portero_ndr_write_align(x->w, wire->align);
  if (is_plain(x, index)) {
    portero_ndr_write_bytes(x->w, memory, wire->size);
    return;
  }
  for (uint32_t i = type->first; i < type->first + type->count; i++) {
    types_write_name(x, &x->t->members[i]);
    types_write_body(x, x->t->members[i].type, memory + x->t->offsets[i], &inner);
  }
  portero_ndr_write_align(x->w, wire->gap);
}

const struct portero_member *types_write_arm(const struct types_writing *x,
                                             const struct portero_type *type,
                                             const struct types_write_scope *scope)
{
  return portero_types_arm(x->t, &x->t->types[type->of], types_write_value(x, type->size, scope));
}

static void write_tag(struct types_writing *x, uint32_t index, int64_t tag)
{
  uint8_t kind = x->t->types[index].kind;
  uint64_t memory = 0;

  portero_types_set_number(kind, &memory, tag);
  if (portero_types_number(kind, &memory) != tag)
    types_write_refuse(x);
  write_scalar(x, index, (const uint8_t *)&memory);
}

static void write_union(struct types_writing *x, const struct portero_type *type,
                        const uint8_t *memory, const struct types_write_scope *scope)
{
  const struct portero_type *u = &x->t->types[type->of];
  const struct portero_wire *wire = types_write_wire(x, type->of);
  const struct portero_member *arm = types_write_arm(x, type, scope);

  if (!arm) {
    types_write_refuse(x);
    return;
  }
  portero_ndr_write_gap(x->w, wire->align);
  if (!(u->flags & PORTERO_TYPE_NO_TAG))
    write_tag(x, u->of, types_write_value(x, type->size, scope));
  portero_ndr_write_align(x->w, wire->arm);
  types_write_name(x, arm);
  if (arm->type)
    types_write_body(x, arm->type, memory, scope);
}

static void write_pointer(struct types_writing *x, const struct portero_type *type,
                          const void *pointee)
{
  if (type->flags & PORTERO_TYPE_IGNORE)
    pointee = NULL;
  else if ((type->flags & PORTERO_TYPE_REF) && !pointee)
    types_write_refuse(x);
  if ((type->flags & PORTERO_TYPE_FULL) && pointee && types_goes_by_scope(x->t, type->of))
    portero_ndr_write_size(x->w, ++x->w->next_full);
  else if (type->flags & PORTERO_TYPE_FULL)
    portero_ndr_write_full(x->w, pointee, type->of);
  else
    portero_ndr_write_pointer(x->w, pointee != NULL);
}

/* What is in place; pointees come later. */
void types_write_body(struct types_writing *x, uint32_t index, const uint8_t *memory,
                      const struct types_write_scope *scope)
{
  const struct portero_type *type = &x->t->types[index];

  if (x->w->w.failed)
    return;
  switch (type->kind) {
  case PORTERO_KIND_UUID:
    portero_ndr_write_uuid(x->w, (const struct portero_uuid *)(const void *)memory);
    return;
  case PORTERO_KIND_HANDLE:
    portero_ndr_write_handle(x->w, (const struct portero_handle *)(const void *)memory);
    return;
  case PORTERO_KIND_STRUCT:
    write_struct(x, index, memory);
    return;
  case PORTERO_KIND_SWITCH:
    write_union(x, type, memory, scope);
    return;
  case PORTERO_KIND_ARRAY:
    write_array(x, type, memory, scope);
    return;
  case PORTERO_KIND_STRING:
    write_text(x, type, types_load_const(memory), scope);
    return;
  case PORTERO_KIND_POINTER:
    write_pointer(x, type, types_load_const(memory));
    return;
  default:
    write_scalar(x, index, memory);
    return;
  }
}

void types_write_in_place(struct types_writing *x, uint32_t type, const uint8_t *memory,
                          const struct types_write_scope *scope)
{
  if (types_write_wire(x, type)->flags & PORTERO_WIRE_CONFORMANT)
    write_maxima(x, type, memory, scope);
  types_write_body(x, type, memory, scope);
}
