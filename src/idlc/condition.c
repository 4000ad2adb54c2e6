/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions in #if: integers of 64 bits, by precedence [C17] 6.10.1. */
#include "src/idlc/preprocessor.h"

struct value {
  uint64_t bits;
  bool is_unsigned;
};

struct condition {
  struct idlc_preprocessor *p;
  const struct lexer_token *at, *end;
  struct lexer_token stop; /* what is found behind the last token */
  unsigned depth;
  unsigned unused; /* within what `0 &&` makes unimportant */
  bool failed;
};

static struct value condition_ternary(struct condition *c);

static struct value make_value(uint64_t bits, bool is_unsigned)
{
  struct value v = {bits, is_unsigned};

  return v;
}

static void condition_fail(struct condition *c, const char *what)
{
  const struct lexer_token *t = c->at < c->end ? c->at : &c->stop;

  if (!c->failed)
    idlc_error(c->p->s, t->place, NULL, "%s", what);
  c->failed = true;
}

static bool condition_take(struct condition *c, uint32_t mark)
{
  if (c->at == c->end || !lexer_is_mark(c->at, mark))
    return false;
  c->at++;
  return true;
}

static struct value condition_defined(struct condition *c)
{
  bool open = condition_take(c, '(');
  bool found;

  if (c->at == c->end || c->at->kind != LEXER_NAME) {
    condition_fail(c, "expected the name of a macro behind 'defined'");
    return make_value(0, false);
  }
  found = pp_find(c->p, c->at->symbol) != NULL;
  c->at++;
  if (open && !condition_take(c, ')'))
    condition_fail(c, "expected ')' behind the macro's name");
  return make_value(found, false);
}

static struct value condition_number(struct condition *c)
{
  struct idlc_token number = {0};

  literal_number(c->p->s, c->at, &number);
  if (number.kind != IDLC_NUMBER)
    condition_fail(c, "a condition has integers alone");
  c->at++;
  return make_value(number.value, number.is_unsigned);
}

/* Names that are no macros are 0. */
static struct value condition_name(struct condition *c)
{
  const struct lexer_token *name = c->at++;

  if (name->symbol == c->p->sym_defined)
    return condition_defined(c);
  if (c->at < c->end && lexer_is_mark(c->at, '(')) {
    c->at--;
    if (!c->failed)
      idlc_error(c->p->s, name->place, "guard it: #ifdef ... #endif",
                 "there is no macro '%s' with parameters", name->symbol->text);
    c->failed = true;
  }
  return make_value(0, false);
}

static struct value condition_primary(struct condition *c)
{
  struct value v = {0, false};

  if (c->at < c->end && c->at->kind == LEXER_NAME)
    return condition_name(c);
  if (c->at < c->end && c->at->kind == LEXER_NUMBER)
    return condition_number(c);
  if (c->at < c->end && c->at->kind == LEXER_CHAR)
    return make_value(literal_char(c->p->s, c->at++), false);
  if (!condition_take(c, '(')) {
    condition_fail(c, "expected a number, a name or '(' in the condition");
    return v;
  }
  v = condition_ternary(c);
  if (!condition_take(c, ')'))
    condition_fail(c, "expected ')' in the condition");
  return v;
}

/* Signs are gathered first: there may be any number of them. */
static struct value condition_unary(struct condition *c)
{
  const struct lexer_token *from = c->at, *to = from;
  struct value v;

  while (condition_take(c, '-') || condition_take(c, '+') || condition_take(c, '~') ||
         condition_take(c, '!'))
    to = c->at;
  v = condition_primary(c);
  while (to > from) {
    to--;
    if (to->mark == '!')
      v = make_value(!v.bits, false);
    else if (to->mark == '~')
      v.bits = ~v.bits;
    else if (to->mark == '-')
      v.bits = 0 - v.bits;
  }
  return v;
}

/* ---- two operands ---- */

static unsigned precedence(uint32_t mark)
{
  static const struct {
    uint32_t mark;
    unsigned level;
  } levels[] = {
      {IDLC_PAIR('|', '|'), 1},
      {IDLC_PAIR('&', '&'), 2},
      {'|', 3},
      {'^', 4},
      {'&', 5},
      {IDLC_PAIR('=', '='), 6},
      {IDLC_PAIR('!', '='), 6},
      {'<', 7},
      {'>', 7},
      {IDLC_PAIR('<', '='), 7},
      {IDLC_PAIR('>', '='), 7},
      {IDLC_PAIR('<', '<'), 8},
      {IDLC_PAIR('>', '>'), 8},
      {'+', 9},
      {'-', 9},
      {'*', 10},
      {'/', 10},
      {'%', 10},
  };

  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
    if (levels[i].mark == mark)
      return levels[i].level;
  return 0;
}

static struct value divide(struct condition *c, uint32_t mark, struct value a, struct value b,
                           bool is_unsigned)
{
  bool negative = !is_unsigned && (int64_t)a.bits < 0;
  bool flip = !is_unsigned && (int64_t)b.bits < 0;
  uint64_t x = negative ? 0 - a.bits : a.bits, y = flip ? 0 - b.bits : b.bits;

  if (y == 0) {
    if (!c->unused)
      condition_fail(c, "division by zero in the condition");
    return make_value(0, is_unsigned);
  }
  if (mark == '%')
    return make_value(negative ? 0 - x % y : x % y, is_unsigned);
  return make_value(negative != flip ? 0 - x / y : x / y, is_unsigned);
}

static struct value shift(uint32_t mark, struct value a, struct value b)
{
  bool negative = !a.is_unsigned && (int64_t)a.bits < 0;

  if (mark == IDLC_PAIR('<', '<'))
    return make_value(b.bits < 64 ? a.bits << b.bits : 0, a.is_unsigned);
  if (b.bits >= 64)
    return make_value(negative ? UINT64_MAX : 0, a.is_unsigned);
  return make_value(negative ? ~(~a.bits >> b.bits) : a.bits >> b.bits, a.is_unsigned);
}

static bool less(struct value a, struct value b, bool is_unsigned)
{
  return is_unsigned ? a.bits < b.bits : (int64_t)a.bits < (int64_t)b.bits;
}

static struct value apply(struct condition *c, uint32_t mark, struct value a, struct value b)
{
  bool u = a.is_unsigned || b.is_unsigned;

  switch (mark) {
  case IDLC_PAIR('|', '|'):
    return make_value(a.bits || b.bits, false);
  case IDLC_PAIR('&', '&'):
    return make_value(a.bits && b.bits, false);
  case IDLC_PAIR('=', '='):
    return make_value(a.bits == b.bits, false);
  case IDLC_PAIR('!', '='):
    return make_value(a.bits != b.bits, false);
  case '<':
    return make_value(less(a, b, u), false);
  case '>':
    return make_value(less(b, a, u), false);
  case IDLC_PAIR('<', '='):
    return make_value(!less(b, a, u), false);
  case IDLC_PAIR('>', '='):
    return make_value(!less(a, b, u), false);
  case IDLC_PAIR('<', '<'):
  case IDLC_PAIR('>', '>'):
    return shift(mark, a, b);
  case '|':
    return make_value(a.bits | b.bits, u);
  case '^':
    return make_value(a.bits ^ b.bits, u);
  case '&':
    return make_value(a.bits & b.bits, u);
  case '+':
    return make_value(a.bits + b.bits, u);
  case '-':
    return make_value(a.bits - b.bits, u);
  case '*':
    return make_value(a.bits * b.bits, u);
  }
  return divide(c, mark, a, b, u);
}

static bool decides(uint32_t mark, struct value a)
{
  return (mark == IDLC_PAIR('|', '|') && a.bits) || (mark == IDLC_PAIR('&', '&') && !a.bits);
}

static struct value condition_binary(struct condition *c, unsigned least)
{
  struct value a = condition_unary(c);

  while (c->at < c->end && !c->failed) {
    uint32_t mark = c->at->kind == LEXER_MARK ? c->at->mark : 0;
    unsigned level = precedence(mark);
    bool decided = decides(mark, a);
    struct value b;
    if (level == 0 || level < least)
      break;
    c->at++;
    c->unused += decided;
    b = condition_binary(c, level + 1);
    c->unused -= decided;
    a = apply(c, mark, a, b);
  }
  return a;
}

static struct value condition_ternary(struct condition *c)
{
  struct value v, a, b;

  if (c->depth >= PP_MAX_DEPTH) {
    condition_fail(c, "the condition is nested too deeply");
    c->at = c->end;
    return make_value(0, false);
  }
  c->depth++;
  v = condition_binary(c, 1);
  if (!c->failed && condition_take(c, '?')) {
    c->unused += !v.bits;
    a = condition_ternary(c);
    c->unused -= !v.bits;
    if (!condition_take(c, ':'))
      condition_fail(c, "expected ':' in the condition");
    c->unused += v.bits != 0;
    b = condition_ternary(c);
    c->unused -= v.bits != 0;
    v = make_value(v.bits ? a.bits : b.bits, a.is_unsigned || b.is_unsigned);
  }
  c->depth--;
  return v;
}

bool pp_condition_value(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  struct pp_tokens written = {NULL, 0, 0}, made = {NULL, 0, 0};
  struct condition c = {.p = p};
  struct value v;

  for (lexer_next(l, &c.stop); c.stop.kind != LEXER_LINE_END; lexer_next(l, &c.stop))
    if (!pp_add(p, &written, &c.stop))
      return false;
  if (written.n == 0) {
    idlc_error(p->s, place, NULL, "expected a condition");
    return false;
  }
  p->in_if = true;
  pp_expand(p, &written, &made);
  p->in_if = false;
  c.at = made.items;
  c.end = made.n ? made.items + made.n : made.items;
  v = condition_ternary(&c);
  if (!c.failed && c.at < c.end)
    condition_fail(&c, "the condition goes on behind its end");
  return !c.failed && !p->stopped && v.bits != 0;
}
