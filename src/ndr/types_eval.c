/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars as numbers, and the values of expressions. */
#include "src/ndr/types_inside.h"

bool types_is_number(uint8_t kind)
{
  return kind >= PORTERO_KIND_INT8 && kind <= PORTERO_KIND_ENUM32 && kind != PORTERO_KIND_FLOAT &&
         kind != PORTERO_KIND_DOUBLE;
}

bool types_is_scalar(uint8_t kind)
{
  return kind >= PORTERO_KIND_INT8 && kind <= PORTERO_KIND_ENUM32;
}

size_t types_number_size(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_INT8:
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return 1;
  case PORTERO_KIND_INT16:
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
    return 2;
  case PORTERO_KIND_INT64:
  case PORTERO_KIND_UINT64:
  case PORTERO_KIND_INT3264:
  case PORTERO_KIND_UINT3264:
  case PORTERO_KIND_DOUBLE:
    return 8;
  default:
    return types_is_scalar(kind) ? 4 : 0;
  }
}

static bool is_signed(uint8_t kind)
{
  return kind == PORTERO_KIND_INT8 || kind == PORTERO_KIND_INT16 || kind == PORTERO_KIND_INT32 ||
         kind == PORTERO_KIND_ENUM16 || kind == PORTERO_KIND_ENUM32;
}

/* The nearest integer towards zero; what has none is the nearest end of the range, or 0. */
static int64_t from_double(double value)
{
  if (value >= 9223372036854775807.0)
    return INT64_MAX;
  if (value <= -9223372036854775808.0)
    return INT64_MIN;
  return value == value ? (int64_t)value : 0;
}

int64_t portero_types_number(uint8_t kind, const void *value)
{
  size_t size = types_number_size(kind);
  uint64_t raw = 0;
  float f;
  double d;
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;

  switch (size) {
  case 1:
    memcpy(&u8, value, 1);
    return is_signed(kind) ? (int8_t)u8 : u8;
  case 2:
    memcpy(&u16, value, 2);
    return is_signed(kind) ? (int16_t)u16 : u16;
  case 4:
    memcpy(&u32, value, 4);
    memcpy(&f, value, 4);
    if (kind == PORTERO_KIND_FLOAT)
      return from_double((double)f);
    return is_signed(kind) ? (int32_t)u32 : (int64_t)u32;
  case 8:
    memcpy(&raw, value, 8);
    memcpy(&d, value, 8);
    return kind == PORTERO_KIND_DOUBLE ? from_double(d) : (int64_t)raw;
  default:
    return 0;
  }
}

void portero_types_set_number(uint8_t kind, void *value, int64_t number)
{
  uint64_t raw = (uint64_t)number;
  uint8_t u8 = (uint8_t)(raw & UINT8_MAX);
  uint16_t u16 = (uint16_t)(raw & UINT16_MAX);
  uint32_t u32 = (uint32_t)(raw & UINT32_MAX);
  double d = (double)number;
  float f = (float)number;

  switch (types_number_size(kind)) {
  case 1:
    memcpy(value, &u8, 1);
    return;
  case 2:
    memcpy(value, &u16, 2);
    return;
  case 4:
    if (kind == PORTERO_KIND_FLOAT)
      memcpy(value, &f, 4);
    else
      memcpy(value, &u32, 4);
    return;
  case 8:
    if (kind == PORTERO_KIND_DOUBLE)
      memcpy(value, &d, 8);
    else
      memcpy(value, &raw, 8);
    return;
  default:
    return;
  }
}

static int64_t field_value(const struct portero_types *t, const struct types_code *c, uint32_t type,
                           const void *scope)
{
  uint32_t member = t->types[type].first + c->field;
  const struct portero_type *m = &t->types[t->members[member].type];
  const uint8_t *at = (const uint8_t *)scope + t->offsets[member];
  const void *pointee;

  if (c->code == PORTERO_CODE_FIELD)
    return portero_types_number(m->kind, at);
  memcpy(&pointee, at, sizeof pointee);
  if (c->code == PORTERO_CODE_PRESENT)
    return pointee != NULL;
  return pointee ? portero_types_number(t->types[m->of].kind, pointee) : 0;
}

int64_t portero_types_eval(const struct portero_types *t, uint32_t code, uint32_t type,
                           const void *scope)
{
  int64_t stack[PORTERO_CODE_STACK + 3] = {0};
  unsigned depth = 0;
  struct types_code c;

  while (types_code_next(t, &code, &c) && c.code != PORTERO_CODE_END) {
    if (c.code == PORTERO_CODE_CONST) {
      stack[depth++] = c.constant;
    } else if (types_code_takes(c.code) == 0) {
      stack[depth++] = scope && type ? field_value(t, &c, type, scope) : 0;
    } else {
      depth -= types_code_takes(c.code);
      stack[depth] = types_code_apply(c.code, stack + depth);
      depth++;
    }
  }
  return stack[0];
}

bool types_goes_by_scope(const struct portero_types *t, uint32_t type)
{
  for (unsigned steps = 0; steps < TYPES_NEST; steps++) {
    const struct portero_type *p = &t->types[type];

    if (p->size || p->length || p->offset)
      return true;
    if (p->kind != PORTERO_KIND_POINTER && p->kind != PORTERO_KIND_ARRAY)
      return false;
    type = p->of;
  }
  return true;
}

const struct portero_member *portero_types_arm(const struct portero_types *t,
                                               const struct portero_type *u, int64_t tag)
{
  const struct portero_member *other = NULL;

  for (uint32_t i = 0; i < u->count; i++) {
    const struct portero_member *m = &t->members[u->first + i];

    if (m->flags & PORTERO_MEMBER_DEFAULT)
      other = m;
    else if (m->label == tag)
      return m;
  }
  return other;
}
