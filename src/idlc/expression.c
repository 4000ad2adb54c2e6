/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions over the members of a struct or the parameters of an operation: what size_is,
 * length_is and switch_is say, as the code of a type table. Casts are dropped: all is 64 bits.
 */
#include "src/idlc/lower.h"

#include <string.h>
#include <strings.h>

struct expression {
  struct idlc_lower *lo;
  const struct idlc_frame *frame;
  unsigned stack; /* values there at this point */
};

static bool expression_put(struct expression *e, uint8_t code, int change)
{
  uint8_t *at = idlc_table_add(&e->lo->b, &e->lo->b.code, 1);

  if (!at)
    return false;
  *at = code;
  e->stack = change < 0 ? e->stack - (unsigned)-change : e->stack + (unsigned)change;
  return true;
}

static bool expression_unsigned(struct expression *e, uint64_t value)
{
  do {
    uint8_t byte = value & 0x7f;
    value >>= 7;
    if (!expression_put(e, value ? byte | 0x80 : byte, 0))
      return false;
  } while (value);
  return true;
}

static bool expression_signed(struct expression *e, int64_t value)
{
  bool more = true;

  while (more) {
    uint8_t byte = (uint64_t)value & 0x7f;
    value = value < 0 ? (int64_t) ~(~(uint64_t)value >> 7) : value >> 7;
    more = !(value == 0 && !(byte & 0x40)) && !(value == -1 && (byte & 0x40));
    if (!expression_put(e, more ? byte | 0x80 : byte, 0))
      return false;
  }
  return true;
}

static bool expression_number(struct expression *e, int64_t value)
{
  return expression_put(e, PORTERO_CODE_CONST, 1) && expression_signed(e, value);
}

static bool expression_member(struct expression *e, uint8_t code, uint32_t index)
{
  return expression_put(e, code, 1) && expression_unsigned(e, index);
}

static bool expression_refuse(struct expression *e, const struct idlc_expr *expr, const char *hint)
{
  const char *name = expr->name ? expr->name : "this";

  (void)idlc_complain(e->lo, expr->place, hint, "'%s' is no number here", name);
  return false;
}

static bool expression_is_scalar(struct idlc_lower *lo, uint32_t type)
{
  uint8_t kind = idlc_builder_at(&lo->b, type)->kind;

  return kind >= PORTERO_KIND_INT8 && kind <= PORTERO_KIND_ENUM32 && kind != PORTERO_KIND_FLOAT &&
         kind != PORTERO_KIND_DOUBLE;
}

static const struct idlc_named *expression_find(struct expression *e, const struct idlc_expr *expr,
                                                uint32_t *out_index)
{
  const struct idlc_named *named = idlc_frame_find(e->frame, expr->name);

  *out_index = 0;
  for (const struct idlc_named *n = e->frame->first; n && n != named; n = n->next)
    *out_index += n->is_absent ? 0 : 1;
  return named;
}

/* A member: bare, behind `stars` asterisks, or asked whether it is there at all. */
static bool expression_named(struct expression *e, const struct idlc_expr *expr, unsigned stars,
                             bool truth)
{
  uint32_t index;
  const struct idlc_named *named = expression_find(e, expr, &index);
  const struct portero_type *type = idlc_builder_at(&e->lo->b, named->member.type);

  if (named->is_absent)
    return expression_refuse(e, expr, NULL);
  if (!truth && !stars && (named->is_inlined || type->kind == PORTERO_KIND_POINTER)) {
    idlc_warn(e->lo->s, expr->place, "put '*' before it",
              "'%s' is a pointer: what it points to is meant", expr->name);
    stars = 1;
  }
  if (named->is_inlined && !stars)
    return expression_number(e, 1);
  stars -= named->is_inlined ? 1 : 0;
  if (type->kind == PORTERO_KIND_POINTER && stars == 1 && expression_is_scalar(e->lo, type->of))
    return expression_member(e, PORTERO_CODE_DEREF, index);
  if (type->kind == PORTERO_KIND_POINTER && !stars && truth)
    return expression_member(e, PORTERO_CODE_PRESENT, index);
  if (stars || !expression_is_scalar(e->lo, named->member.type))
    return expression_refuse(e, expr,
                             type->kind == IDLC_KIND_HOOK ? "it is of a type of the program's own"
                                                          : NULL);
  return expression_member(e, PORTERO_CODE_FIELD, index);
}

/* Does it speak of a member anywhere? If not, it is a constant. */
static bool expression_mentions(const struct idlc_frame *frame, const struct idlc_expr *expr,
                                unsigned depth)
{
  if (!expr || depth > IDLC_MAX_DEPTH)
    return expr != NULL;
  if (expr->kind == IDLC_EXPR_NAME)
    return idlc_frame_find(frame, expr->name) != NULL;
  if (expr->kind == IDLC_EXPR_SIZEOF)
    return false;
  return expression_mentions(frame, expr->a, depth + 1) ||
         expression_mentions(frame, expr->b, depth + 1) ||
         expression_mentions(frame, expr->c, depth + 1);
}

static bool expression_compile(struct expression *e, const struct idlc_expr *expr, bool truth);

static bool expression_unary(struct expression *e, const struct idlc_expr *expr, bool truth)
{
  const struct idlc_expr *inner = expr;
  unsigned stars = 0;

  while (inner && inner->kind == IDLC_EXPR_UNARY && inner->op == '*') {
    inner = inner->a;
    stars++;
  }
  while (stars && inner && inner->kind == IDLC_EXPR_CAST)
    inner = inner->a;
  if (stars) {
    if (inner && inner->kind == IDLC_EXPR_NAME && idlc_frame_find(e->frame, inner->name))
      return expression_named(e, inner, stars, truth);
    return expression_refuse(e, inner ? inner : expr, NULL);
  }
  if (expr->op == '&')
    return expression_refuse(e, expr, NULL);
  if (!expression_compile(e, expr->a, expr->op == '!'))
    return false;
  if (expr->op == '+')
    return true;
  if (expr->op == '-')
    return expression_put(e, PORTERO_CODE_NEG, 0);
  return expression_put(e, expr->op == '~' ? PORTERO_CODE_NOT : PORTERO_CODE_LNOT, 0);
}

static uint8_t expression_operator(uint32_t op)
{
  static const struct {
    uint32_t op;
    uint8_t code;
  } rows[] = {
      {'+', PORTERO_CODE_ADD},
      {'-', PORTERO_CODE_SUB},
      {'*', PORTERO_CODE_MUL},
      {'/', PORTERO_CODE_DIV},
      {'%', PORTERO_CODE_MOD},
      {'&', PORTERO_CODE_AND},
      {'|', PORTERO_CODE_OR},
      {'^', PORTERO_CODE_XOR},
      {IDLC_PAIR('<', '<'), PORTERO_CODE_SHL},
      {IDLC_PAIR('>', '>'), PORTERO_CODE_SHR},
      {IDLC_PAIR('=', '='), PORTERO_CODE_EQ},
      {IDLC_PAIR('!', '='), PORTERO_CODE_NE},
      {'<', PORTERO_CODE_LT},
      {IDLC_PAIR('<', '='), PORTERO_CODE_LE},
      {'>', PORTERO_CODE_GT},
      {IDLC_PAIR('>', '='), PORTERO_CODE_GE},
      {IDLC_PAIR('&', '&'), PORTERO_CODE_LAND},
      {IDLC_PAIR('|', '|'), PORTERO_CODE_LOR},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].op == op)
      return rows[i].code;
  }
  return PORTERO_CODE_END;
}

static bool expression_binary(struct expression *e, const struct idlc_expr *expr)
{
  uint8_t code = expression_operator(expr->op);
  bool truth = code == PORTERO_CODE_EQ || code == PORTERO_CODE_NE || code == PORTERO_CODE_LAND ||
               code == PORTERO_CODE_LOR;

  if (code == PORTERO_CODE_END)
    return expression_refuse(e, expr, NULL);
  return expression_compile(e, expr->a, truth) && expression_compile(e, expr->b, truth) &&
         expression_put(e, code, -1);
}

static bool expression_any(struct expression *e, const struct idlc_expr *expr, bool truth)
{
  struct idlc_value value;

  if (!expression_mentions(e->frame, expr, 0))
    return idlc_constant(e->lo, expr, true, &value) && expression_number(e, value.number);
  switch (expr->kind) {
  case IDLC_EXPR_NAME:
    return expression_named(e, expr, 0, truth);
  case IDLC_EXPR_UNARY:
    return expression_unary(e, expr, truth);
  case IDLC_EXPR_BINARY:
    return expression_binary(e, expr);
  case IDLC_EXPR_COND:
    return expression_compile(e, expr->a, true) && expression_compile(e, expr->b, false) &&
           expression_compile(e, expr->c, false) && expression_put(e, PORTERO_CODE_COND, -2);
  case IDLC_EXPR_CAST:
    return expression_compile(e, expr->a, truth);
  case IDLC_EXPR_MEMBER:
    return expression_refuse(e, expr, "only members of the same struct can be named");
  case IDLC_EXPR_NUMBER:
  case IDLC_EXPR_REAL:
  case IDLC_EXPR_TEXT:
  case IDLC_EXPR_CHAR:
  case IDLC_EXPR_SIZEOF:
  case IDLC_EXPR_ALL:
    break;
  }
  return expression_refuse(e, expr, NULL);
}

static bool expression_compile(struct expression *e, const struct idlc_expr *expr, bool truth)
{
  bool good;

  if (!expr || !idlc_enter(e->lo, expr->place))
    return false;
  good = expression_any(e, expr, truth);
  idlc_leave(e->lo);
  if (!good || e->stack <= PORTERO_CODE_STACK)
    return good;
  (void)idlc_complain(e->lo, expr->place, NULL, "this expression is too complicated");
  return false;
}

/* One place in code for expr - minus + add; 0 after a complaint. */
static uint32_t expression_code(struct idlc_lower *lo, const struct idlc_frame *frame,
                                const struct idlc_pending *p)
{
  struct expression e = {lo, frame, 0};
  uint32_t start = lo->b.code.count;

  if (!expression_compile(&e, p->expr, false))
    return 0;
  if (p->minus &&
      (!expression_compile(&e, p->minus, false) || !expression_put(&e, PORTERO_CODE_SUB, -1)))
    return 0;
  if (p->add && (!expression_number(&e, p->add) || !expression_put(&e, PORTERO_CODE_ADD, -1)))
    return 0;
  return expression_put(&e, PORTERO_CODE_END, 0) ? start : 0;
}

/* The type of the member that chooses, for a union that does not say what its tag is. */
static void expression_tag(struct idlc_lower *lo, const struct idlc_frame *frame,
                           const struct idlc_pending *p)
{
  const struct idlc_expr *expr = p->expr;
  const struct idlc_named *named;
  const struct portero_type *type;
  uint32_t u = idlc_builder_at(&lo->b, p->type)->of;
  uint32_t tag = 0;

  if (idlc_builder_at(&lo->b, p->type)->kind != PORTERO_KIND_SWITCH ||
      idlc_builder_at(&lo->b, u)->of)
    return;
  while (expr &&
         ((expr->kind == IDLC_EXPR_UNARY && expr->op == '*') || expr->kind == IDLC_EXPR_CAST))
    expr = expr->a;
  named = expr && expr->kind == IDLC_EXPR_NAME ? idlc_frame_find(frame, expr->name) : NULL;
  if (named) {
    type = idlc_builder_at(&lo->b, named->member.type);
    tag = type->kind == PORTERO_KIND_POINTER ? type->of : named->member.type;
  }
  if (!tag || !expression_is_scalar(lo, tag))
    tag = idlc_scalar(lo, PORTERO_KIND_INT32);
  if (tag != IDLC_BAD)
    idlc_union_set_tag(lo, u, tag);
}

bool idlc_expression_settle(struct idlc_lower *lo, struct idlc_frame *frame)
{
  struct portero_type *type;
  bool good = true;
  uint32_t code;

  for (const struct idlc_pending *p = frame->pending; p; p = p->next) {
    code = expression_code(lo, frame, p);
    good = good && code;
    type = idlc_builder_at(&lo->b, p->type);
    if (p->what == IDLC_PENDING_SIZE)
      type->size = code;
    else if (p->what == IDLC_PENDING_LENGTH)
      type->length = code;
    else
      type->offset = code;
    if (code)
      expression_tag(lo, frame, p);
  }
  frame->pending = NULL;
  return good;
}

const struct idlc_named *idlc_frame_find(const struct idlc_frame *frame, const char *name)
{
  const struct idlc_named *other = NULL;

  for (const struct idlc_named *n = frame->first; n; n = n->next) {
    if (n->name && name && strcmp(n->name, name) == 0)
      return n;
    if (n->name && name && strcasecmp(n->name, name) == 0)
      other = n;
  }
  return other;
}
