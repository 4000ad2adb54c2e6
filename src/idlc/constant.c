/* SPDX-License-Identifier: Apache-2.0 */
/* Constant expressions: 64 bits, signed or not, otherwise as C has them. */
#include "src/idlc/lower.h"

static bool constant_bad(struct idlc_lower *lo, const struct idlc_expr *expr, bool must)
{
  if (!must)
    return false;
  if (expr->kind == IDLC_EXPR_NAME)
    (void)idlc_complain(lo, expr->place, NULL, "'%s' is no constant", expr->name);
  else
    (void)idlc_complain(lo, expr->place, NULL, "expected a constant number");
  return false;
}

static bool constant_shift(uint32_t op, struct idlc_value a, struct idlc_value b,
                           struct idlc_value *out_value)
{
  uint64_t by = (uint64_t)b.number;
  uint64_t bits = (uint64_t)a.number;

  *out_value = a;
  if (by > 63)
    out_value->number = 0;
  else if (op == IDLC_PAIR('<', '<'))
    out_value->number = (int64_t)(bits << by);
  else if (a.is_unsigned || a.number >= 0)
    out_value->number = (int64_t)(bits >> by);
  else
    out_value->number = (int64_t) ~(~bits >> by);
  return true;
}

static bool constant_divide(uint32_t op, struct idlc_value a, struct idlc_value b, bool is_unsigned,
                            struct idlc_value *out_value)
{
  uint64_t x = (uint64_t)a.number, y = (uint64_t)b.number;

  out_value->is_unsigned = is_unsigned;
  if (b.number == 0)
    return false;
  if (is_unsigned)
    out_value->number = (int64_t)(op == '/' ? x / y : x % y);
  else if (b.number == -1)
    out_value->number = op == '/' ? (int64_t)(0 - x) : 0;
  else
    out_value->number = op == '/' ? a.number / b.number : a.number % b.number;
  return true;
}

static bool constant_compare(uint32_t op, struct idlc_value a, struct idlc_value b,
                             bool is_unsigned, struct idlc_value *out_value)
{
  bool less = is_unsigned ? (uint64_t)a.number < (uint64_t)b.number : a.number < b.number;
  bool equal = a.number == b.number;

  out_value->is_unsigned = false;
  if (op == IDLC_PAIR('=', '='))
    out_value->number = equal;
  else if (op == IDLC_PAIR('!', '='))
    out_value->number = !equal;
  else if (op == '<')
    out_value->number = less;
  else if (op == IDLC_PAIR('<', '='))
    out_value->number = less || equal;
  else if (op == '>')
    out_value->number = !less && !equal;
  else if (op == IDLC_PAIR('>', '='))
    out_value->number = !less;
  else if (op == IDLC_PAIR('&', '&'))
    out_value->number = a.number && b.number;
  else if (op == IDLC_PAIR('|', '|'))
    out_value->number = a.number || b.number;
  else
    return false;
  return true;
}

bool idlc_constant_binary(uint32_t op, struct idlc_value a, struct idlc_value b,
                          struct idlc_value *out_value)
{
  bool is_unsigned = a.is_unsigned || b.is_unsigned;
  uint64_t x = (uint64_t)a.number, y = (uint64_t)b.number;
  uint64_t bits;

  if (op == '/' || op == '%')
    return constant_divide(op, a, b, is_unsigned, out_value);
  if (op == IDLC_PAIR('<', '<') || op == IDLC_PAIR('>', '>'))
    return constant_shift(op, a, b, out_value);
  if (op == '+')
    bits = x + y;
  else if (op == '-')
    bits = x - y;
  else if (op == '*')
    bits = x * y;
  else if (op == '&')
    bits = x & y;
  else if (op == '|')
    bits = x | y;
  else if (op == '^')
    bits = x ^ y;
  else
    return constant_compare(op, a, b, is_unsigned, out_value);
  out_value->number = (int64_t)bits;
  out_value->is_unsigned = is_unsigned;
  return true;
}

static bool constant_unary(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                           struct idlc_value *out_value)
{
  struct idlc_value a;

  if (expr->op == '*' || expr->op == '&')
    return constant_bad(lo, expr, must);
  if (!idlc_constant(lo, expr->a, must, &a))
    return false;
  if (expr->op == '-')
    a.number = (int64_t)(0 - (uint64_t)a.number);
  else if (expr->op == '~')
    a.number = ~a.number;
  else if (expr->op == '!')
    a = (struct idlc_value){!a.number, false};
  *out_value = a;
  return true;
}

static bool constant_binary(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                            struct idlc_value *out_value)
{
  struct idlc_value a, b;

  if (!idlc_constant(lo, expr->a, must, &a) || !idlc_constant(lo, expr->b, must, &b))
    return false;
  if (idlc_constant_binary(expr->op, a, b, out_value))
    return true;
  if (must)
    (void)idlc_complain(lo, expr->place, NULL, "division by zero in a constant");
  return false;
}

static bool constant_sizeof(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                            struct idlc_value *out_value)
{
  struct idlc_spec named = {.kind = IDLC_SPEC_NAME, .place = expr->place};
  const struct idlc_spec *spec = expr->spec;
  uint64_t size;

  if (!spec && expr->a && expr->a->kind == IDLC_EXPR_NAME) {
    named.name = expr->a->name;
    spec = &named;
  }
  if (!spec || !idlc_sizeof(lo, spec, expr->pointers, &size)) {
    if (must)
      (void)idlc_complain(lo, expr->place, NULL, "the size of this is not known");
    return false;
  }
  *out_value = (struct idlc_value){(int64_t)size, true};
  return true;
}

static bool constant_name(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                          struct idlc_value *out_value)
{
  struct idlc_def *def = idlc_scope_find(lo, IDLC_SPACE_VALUE, expr->name, expr->place.file);

  if (!def)
    return constant_bad(lo, expr, must);
  return idlc_constant_def(lo, def, out_value) || constant_bad(lo, expr, must);
}

static bool constant_of(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                        struct idlc_value *out_value)
{
  struct idlc_value a;

  switch (expr->kind) {
  case IDLC_EXPR_NUMBER:
  case IDLC_EXPR_CHAR:
    *out_value = (struct idlc_value){(int64_t)expr->value, expr->is_unsigned};
    return true;
  case IDLC_EXPR_NAME:
    return constant_name(lo, expr, must, out_value);
  case IDLC_EXPR_UNARY:
    return constant_unary(lo, expr, must, out_value);
  case IDLC_EXPR_BINARY:
    return constant_binary(lo, expr, must, out_value);
  case IDLC_EXPR_COND:
    if (!idlc_constant(lo, expr->a, must, &a))
      return false;
    return idlc_constant(lo, a.number ? expr->b : expr->c, must, out_value);
  case IDLC_EXPR_CAST:
    if (!idlc_constant(lo, expr->a, must, &a))
      return false;
    *out_value = idlc_constant_cast(lo, expr->spec, expr->pointers, a);
    return true;
  case IDLC_EXPR_SIZEOF:
    return constant_sizeof(lo, expr, must, out_value);
  case IDLC_EXPR_REAL:
  case IDLC_EXPR_TEXT:
  case IDLC_EXPR_MEMBER:
  case IDLC_EXPR_ALL:
    return constant_bad(lo, expr, must);
  }
  return false;
}

bool idlc_constant(struct idlc_lower *lo, const struct idlc_expr *expr, bool must,
                   struct idlc_value *out_value)
{
  bool good;

  if (!expr || !idlc_enter(lo, expr->place))
    return false;
  good = constant_of(lo, expr, must, out_value);
  idlc_leave(lo);
  return good;
}

static bool constant_enumerator(struct idlc_lower *lo, const struct idlc_def *def,
                                struct idlc_value *out_value)
{
  const struct idlc_def *base = def;
  struct idlc_def *from;
  int64_t steps = 0;
  struct idlc_value value = {-1, false};

  /* Back to the last one that says its value: a long enum is no deep one. */
  while (!base->enumerator->value && base->previous && base->state != IDLC_STATE_DONE) {
    base = base->previous;
    steps++;
  }
  if (base->state == IDLC_STATE_DONE) {
    value = base->value;
  } else if (!base->enumerator->value) {
    steps++;
  } else if (base != def) {
    from = idlc_scope_find(lo, IDLC_SPACE_VALUE, base->name, base->place.file);
    while (from && from != base)
      from = from->again;
    if (!from || !idlc_constant_def(lo, from, &value))
      return false;
  } else if (!idlc_constant(lo, base->enumerator->value, true, &value)) {
    return false;
  }
  out_value->number = (int64_t)((uint64_t)value.number + (uint64_t)steps);
  out_value->is_unsigned = value.is_unsigned;
  return true;
}

static bool constant_item(struct idlc_lower *lo, const struct idlc_item *item,
                          struct idlc_value *out_value)
{
  const struct idlc_derive *derive = item->decls ? item->decls->derive : NULL;
  struct idlc_value value;

  if (!item->value || derive || !idlc_constant(lo, item->value, false, &value))
    return false;
  *out_value = idlc_constant_cast(lo, item->spec, 0, value);
  return true;
}

bool idlc_constant_def(struct idlc_lower *lo, struct idlc_def *def, struct idlc_value *out_value)
{
  struct idlc_value value = {0, false};
  bool good;

  if (def->state == IDLC_STATE_BUSY) {
    (void)idlc_complain(lo, def->place, NULL, "the value of '%s' depends on itself", def->name);
    def->state = IDLC_STATE_FAILED;
  }
  if (def->state == IDLC_STATE_FAILED)
    return false;
  if (def->state == IDLC_STATE_NEW) {
    def->state = IDLC_STATE_BUSY;
    good = def->enumerator ? constant_enumerator(lo, def, &value)
                           : constant_item(lo, def->item, &value);
    def->value = value;
    def->state = good ? IDLC_STATE_DONE : lo->quiet ? IDLC_STATE_NEW : IDLC_STATE_FAILED;
    if (!good)
      return false;
  }
  *out_value = def->value;
  return true;
}
