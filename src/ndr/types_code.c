/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and instructions of the tables' expressions. */
#include "src/ndr/types_inside.h"

bool types_leb_unsigned(const uint8_t **at, const uint8_t *end, uint64_t *out_value)
{
  uint64_t value = 0;

  for (unsigned shift = 0; shift < 70 && *at < end; shift += 7) {
    uint8_t byte = *(*at)++;

    if (shift == 63 && byte > 1)
      return false;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80)
      continue;
    *out_value = value;
    return true;
  }
  return false;
}

bool types_leb_signed(const uint8_t **at, const uint8_t *end, int64_t *out_value)
{
  uint64_t value = 0;

  for (unsigned shift = 0; shift < 70 && *at < end; shift += 7) {
    uint8_t byte = *(*at)++;

    if (shift == 63 && byte != 0 && byte != 0x7f)
      return false;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80)
      continue;
    if ((byte & 0x40) && shift + 7 < 64)
      value |= UINT64_MAX << (shift + 7);
    *out_value = (int64_t)value;
    return true;
  }
  return false;
}

void types_leb_write_unsigned(struct portero_writer *w, uint64_t value)
{
  for (; value >= 0x80; value >>= 7)
    portero_write_u8(w, (uint8_t)(0x80 | (value & 0x7f)));
  portero_write_u8(w, (uint8_t)value);
}

void types_leb_write_signed(struct portero_writer *w, int64_t value)
{
  while (value < -0x40 || value > 0x3f) {
    portero_write_u8(w, (uint8_t)(0x80 | ((uint64_t)value & 0x7f)));
    value >>= 7;
  }
  portero_write_u8(w, (uint8_t)((uint64_t)value & 0x7f));
}

bool types_code_next(const struct portero_types *t, uint32_t *at, struct types_code *out_code)
{
  const uint8_t *p = t->code + *at, *end = t->code + t->n_code;
  struct types_code c = {PORTERO_CODE_END, 0, 0};
  uint64_t field = 0;

  if (*at >= t->n_code || *p >= PORTERO_CODES)
    return false;
  c.code = (enum portero_code) * p++;
  if (c.code == PORTERO_CODE_CONST && !types_leb_signed(&p, end, &c.constant))
    return false;
  if (c.code == PORTERO_CODE_FIELD || c.code == PORTERO_CODE_DEREF ||
      c.code == PORTERO_CODE_PRESENT) {
    if (!types_leb_unsigned(&p, end, &field) || field > UINT32_MAX)
      return false;
    c.field = (uint32_t)field;
  }
  *at = (uint32_t)(p - t->code);
  *out_code = c;
  return true;
}

unsigned types_code_takes(enum portero_code code)
{
  if (code <= PORTERO_CODE_PRESENT)
    return 0;
  if (code <= PORTERO_CODE_LNOT)
    return 1;
  return code == PORTERO_CODE_COND ? 3 : 2;
}

/* Wraps, where a signed operation would be undefined. */
static int64_t wrap(uint64_t value)
{
  return (int64_t)value;
}

static int64_t divide(int64_t a, int64_t b, bool rest)
{
  if (b == 0)
    return 0;
  if (b == -1)
    return rest ? 0 : wrap(0 - (uint64_t)a);
  return rest ? a % b : a / b;
}

static int64_t shift(int64_t a, int64_t b, bool right)
{
  if (b < 0 || b > 63)
    return 0;
  return right ? a >> b : wrap((uint64_t)a << b);
}

int64_t types_code_apply(enum portero_code code, const int64_t *values)
{
  int64_t a = values[0], b = values[1];

  switch (code) {
  case PORTERO_CODE_NEG:
    return wrap(0 - (uint64_t)a);
  case PORTERO_CODE_NOT:
    return ~a;
  case PORTERO_CODE_LNOT:
    return !a;
  case PORTERO_CODE_ADD:
    return wrap((uint64_t)a + (uint64_t)b);
  case PORTERO_CODE_SUB:
    return wrap((uint64_t)a - (uint64_t)b);
  case PORTERO_CODE_MUL:
    return wrap((uint64_t)a * (uint64_t)b);
  case PORTERO_CODE_DIV:
    return divide(a, b, false);
  case PORTERO_CODE_MOD:
    return divide(a, b, true);
  case PORTERO_CODE_AND:
    return a & b;
  case PORTERO_CODE_OR:
    return a | b;
  case PORTERO_CODE_XOR:
    return a ^ b;
  case PORTERO_CODE_SHL:
    return shift(a, b, false);
  case PORTERO_CODE_SHR:
    return shift(a, b, true);
  case PORTERO_CODE_EQ:
    return a == b;
  case PORTERO_CODE_NE:
    return a != b;
  case PORTERO_CODE_LT:
    return a < b;
  case PORTERO_CODE_LE:
    return a <= b;
  case PORTERO_CODE_GT:
    return a > b;
  case PORTERO_CODE_GE:
    return a >= b;
  case PORTERO_CODE_LAND:
    return a && b;
  case PORTERO_CODE_LOR:
    return a || b;
  case PORTERO_CODE_COND:
    return a ? b : values[2];
  case PORTERO_CODE_END:
  case PORTERO_CODE_CONST:
  case PORTERO_CODE_FIELD:
  case PORTERO_CODE_DEREF:
  case PORTERO_CODE_PRESENT:
  case PORTERO_CODES:
    break;
  }
  return 0;
}
