/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: C's, without assignments and calls. */
#include "src/idlc/parse.h"

static struct idlc_expr *parse_unary(struct parser *p);
static struct idlc_expr *parse_conditional(struct parser *p);

/* The tree is as deep as this at most: whoever walks it may recurse. */
#define EXPR_NODES_MAX 1000u

static struct idlc_expr *expr_new(struct parser *p, enum idlc_expr_kind kind)
{
  struct idlc_expr *e;

  if (++p->expr_nodes > EXPR_NODES_MAX) {
    parse_error(p, p->tok.t.place, NULL, "an expression with more than %u parts", EXPR_NODES_MAX);
    return NULL;
  }
  e = parse_new(p, sizeof *e);
  if (!e)
    return NULL;
  e->kind = kind;
  e->place = p->tok.t.place;
  return e;
}

/* A token that is an expression by itself. */
static struct idlc_expr *parse_leaf(struct parser *p, enum idlc_expr_kind kind)
{
  struct idlc_expr *e = expr_new(p, kind);

  if (!e)
    return NULL;
  e->name = p->tok.t.text;
  e->value = p->tok.t.kind == IDLC_WTEXT ? 1 : p->tok.t.value;
  e->is_unsigned = p->tok.t.is_unsigned;
  parse_advance(p);
  return e;
}

/* A name in an expression may be any word that is not C's: a parameter called `byte`. */
static bool is_operand_name(const struct parse_token *t)
{
  return parse_is_name(t);
}

/* Behind "(name)": the token begins an operand and is no binary operator, so that was a cast. */
static bool begins_operand(const struct parse_token *t)
{
  switch (t->t.kind) {
  case IDLC_NAME:
  case IDLC_NUMBER:
  case IDLC_REAL:
  case IDLC_TEXT:
  case IDLC_WTEXT:
  case IDLC_CHAR:
    return true;
  case IDLC_MARK:
    return t->t.mark == '(' || t->t.mark == '~' || t->t.mark == '!';
  case IDLC_END:
  case IDLC_UUID:
    break;
  }
  return false;
}

/* Stands at the token behind '('. `(name)` is settled by what follows, see parse_parenthesis(). */
static bool at_type_in_parens(struct parser *p)
{
  if (parse_is_type(p, &p->tok, false))
    return true;
  if (p->tok.word >= WORD_SMALL && p->tok.word <= WORD_INT3264) /* or a parameter of that name */
    return parse_is_mark(parse_peek(p, 1), ')') && begins_operand(parse_peek(p, 2));
  if (!is_operand_name(&p->tok) || !parse_is_type_name(p, p->tok.t.text))
    return false;
  return parse_is_mark(parse_peek(p, 1), ')') || parse_is_mark(parse_peek(p, 1), '*');
}

static struct idlc_expr *parse_cast(struct parser *p, struct idlc_expr *cast)
{
  cast->kind = IDLC_EXPR_CAST;
  cast->spec = parse_type(p, &cast->pointers);
  if (!cast->spec || !parse_expect(p, ')', "the type of a cast"))
    return NULL;
  cast->a = parse_unary(p);
  return cast->a ? cast : NULL;
}

/* (name) operand, where name is declared further down or nowhere. */
static struct idlc_expr *parse_late_cast(struct parser *p, struct idlc_expr *cast,
                                         struct idlc_expr *name)
{
  struct idlc_spec *spec = parse_new(p, sizeof *spec);

  if (!spec)
    return NULL;
  spec->kind = IDLC_SPEC_NAME;
  spec->place = name->place;
  spec->name = name->name;
  cast->kind = IDLC_EXPR_CAST;
  cast->spec = spec;
  cast->a = parse_unary(p);
  return cast->a ? cast : NULL;
}

static struct idlc_expr *parse_parenthesis(struct parser *p)
{
  struct idlc_expr *outer = expr_new(p, IDLC_EXPR_CAST), *inner;

  if (!outer)
    return NULL;
  parse_advance(p);
  if (at_type_in_parens(p))
    return parse_cast(p, outer);
  inner = parse_conditional(p);
  if (!inner || !parse_expect(p, ')', "the expression"))
    return NULL;
  if (inner->kind == IDLC_EXPR_NAME && begins_operand(&p->tok))
    return parse_late_cast(p, outer, inner);
  return inner;
}

/* sizeof(name) is of a type or of an object: whoever knows all names decides; here it is a type. */
static bool at_type_in_sizeof(struct parser *p)
{
  const struct parse_token *next;

  if (parse_is_type(p, &p->tok, false))
    return true;
  if (!is_operand_name(&p->tok))
    return false;
  next = parse_peek(p, 1);
  return parse_is_mark(next, ')') ||
         (parse_is_mark(next, '*') && parse_is_mark(parse_peek(p, 2), ')'));
}

static struct idlc_expr *parse_sizeof(struct parser *p)
{
  struct idlc_expr *e = expr_new(p, IDLC_EXPR_SIZEOF);

  if (!e)
    return NULL;
  parse_advance(p);
  if (!parse_at(p, '(')) {
    e->a = parse_unary(p);
    return e->a ? e : NULL;
  }
  parse_advance(p);
  if (at_type_in_sizeof(p))
    e->spec = parse_type(p, &e->pointers);
  else
    e->a = parse_conditional(p);
  if ((!e->spec && !e->a) || !parse_expect(p, ')', "the operand of sizeof"))
    return NULL;
  return e;
}

static struct idlc_expr *parse_name_expr(struct parser *p)
{
  struct idlc_place place = p->tok.t.place;
  const char *name = p->tok.t.text;
  struct idlc_expr *e = parse_leaf(p, IDLC_EXPR_NAME);

  if (!e || !parse_at(p, '('))
    return e;
  parse_error(p, place, "only macros have arguments here: is a #define missing?",
              "'%.60s' is no macro", name);
  return NULL;
}

static struct idlc_expr *parse_primary(struct parser *p)
{
  switch (p->tok.t.kind) {
  case IDLC_NUMBER:
    return parse_leaf(p, IDLC_EXPR_NUMBER);
  case IDLC_REAL:
    return parse_leaf(p, IDLC_EXPR_REAL);
  case IDLC_CHAR:
    return parse_leaf(p, IDLC_EXPR_CHAR);
  case IDLC_TEXT:
  case IDLC_WTEXT:
    return parse_leaf(p, IDLC_EXPR_TEXT);
  case IDLC_NAME:
    if (p->tok.word == WORD_SIZEOF)
      return parse_sizeof(p);
    if (is_operand_name(&p->tok))
      return parse_name_expr(p);
    break;
  case IDLC_MARK:
    if (parse_at(p, '('))
      return parse_parenthesis(p);
    break;
  case IDLC_END:
  case IDLC_UUID:
    break;
  }
  (void)parse_expected(p, "an expression", NULL);
  return NULL;
}

static struct idlc_expr *parse_postfix(struct parser *p)
{
  struct idlc_expr *e = parse_primary(p), *member;

  while (e && ((parse_at(p, '.') && !parse_at_dots(p)) || parse_at(p, IDLC_PAIR('-', '>')))) {
    member = expr_new(p, IDLC_EXPR_MEMBER);
    if (!member)
      return NULL;
    member->op = p->tok.t.mark;
    member->a = e;
    parse_advance(p);
    if (!parse_is_word(&p->tok)) {
      (void)parse_expected(p, "the name of a member", NULL);
      return NULL;
    }
    member->name = p->tok.t.text;
    parse_advance(p);
    e = member;
  }
  return e;
}

static bool at_unary(const struct parser *p)
{
  return parse_at(p, '-') || parse_at(p, '+') || parse_at(p, '~') || parse_at(p, '!') ||
         parse_at(p, '*') || parse_at(p, '&');
}

static struct idlc_expr *parse_prefix(struct parser *p)
{
  struct idlc_expr *e;

  if (!at_unary(p))
    return parse_postfix(p);
  e = expr_new(p, IDLC_EXPR_UNARY);
  if (!e)
    return NULL;
  e->op = p->tok.t.mark;
  parse_advance(p);
  e->a = parse_unary(p);
  return e->a ? e : NULL;
}

static struct idlc_expr *parse_unary(struct parser *p)
{
  struct idlc_expr *e;

  if (!parse_enter(p))
    return NULL;
  e = parse_prefix(p);
  parse_leave(p);
  return e;
}

/* How tightly a binary operator binds; 0: it is none. */
static unsigned binding_of(const struct parse_token *t)
{
  static const struct {
    uint32_t mark;
    unsigned binding;
  } operators[] = {
      {'*', 10},
      {'/', 10},
      {'%', 10},
      {'+', 9},
      {'-', 9},
      {IDLC_PAIR('<', '<'), 8},
      {IDLC_PAIR('>', '>'), 8},
      {'<', 7},
      {'>', 7},
      {IDLC_PAIR('<', '='), 7},
      {IDLC_PAIR('>', '='), 7},
      {IDLC_PAIR('=', '='), 6},
      {IDLC_PAIR('!', '='), 6},
      {'&', 5},
      {'^', 4},
      {'|', 3},
      {IDLC_PAIR('&', '&'), 2},
      {IDLC_PAIR('|', '|'), 1},
  };

  if (t->t.kind != IDLC_MARK)
    return 0;
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
    if (operators[i].mark == t->t.mark)
      return operators[i].binding;
  return 0;
}

static struct idlc_expr *parse_binary(struct parser *p, unsigned least)
{
  struct idlc_expr *left = parse_unary(p), *e;
  unsigned binding;

  while (left && (binding = binding_of(&p->tok)) >= least) {
    e = expr_new(p, IDLC_EXPR_BINARY);
    if (!e)
      return NULL;
    e->op = p->tok.t.mark;
    e->a = left;
    parse_advance(p);
    e->b = parse_binary(p, binding + 1);
    if (!e->b)
      return NULL;
    left = e;
  }
  return left;
}

static struct idlc_expr *parse_choice(struct parser *p)
{
  struct idlc_expr *first = parse_binary(p, 1), *e;

  if (!first || !parse_at(p, '?'))
    return first;
  e = expr_new(p, IDLC_EXPR_COND);
  if (!e)
    return NULL;
  parse_advance(p);
  e->a = first;
  e->b = parse_conditional(p);
  if (!e->b || !parse_expect(p, ':', "the first value of a choice"))
    return NULL;
  e->c = parse_conditional(p);
  return e->c ? e : NULL;
}

static struct idlc_expr *parse_conditional(struct parser *p)
{
  struct idlc_expr *e;

  if (!parse_enter(p))
    return NULL;
  e = parse_choice(p);
  parse_leave(p);
  return e;
}

struct idlc_expr *parse_expr(struct parser *p)
{
  unsigned outer = p->expr_nodes;
  struct idlc_expr *e;

  p->expr_nodes = 0;
  e = parse_conditional(p);
  p->expr_nodes = outer;
  return e;
}
