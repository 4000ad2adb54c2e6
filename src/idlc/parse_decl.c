/* SPDX-License-Identifier: Apache-2.0 */
/* Declarators: the pointers, arrays and parameters around a name. */
#include "src/idlc/parse.h"

#include <string.h>

struct declarator {
  struct idlc_decl *decl;
  enum parse_need need;
  const char *what;
  struct idlc_derive **tail; /* outwards from the name */
  unsigned n_derives;
};

static struct idlc_derive *derive_new(struct parser *p, struct declarator *d,
                                      enum idlc_derive_kind kind)
{
  struct idlc_derive *derive;

  if (++d->n_derives > PARSE_DERIVE_MAX) {
    parse_error(p, p->tok.t.place, NULL, "more than %u pointers, arrays and functions in one type",
                PARSE_DERIVE_MAX);
    return NULL;
  }
  derive = parse_new(p, sizeof *derive);
  if (!derive)
    return NULL;
  derive->kind = kind;
  derive->place = p->tok.t.place;
  return derive;
}

/* ---- pointers ---- */

/* `* [unique] p`: what else stands in brackets behind a star is an array without a name. */
static bool at_pointer_attrs(struct parser *p)
{
  static const char *const names[] = {"unique", "ref", "ptr", "string", "size_is", "length_is"};
  const struct parse_token *next;

  if (!parse_at(p, '['))
    return false;
  next = parse_peek(p, 1);
  for (size_t i = 0; parse_is_word(next) && i < sizeof names / sizeof *names; i++)
    if (strcmp(next->t.text, names[i]) == 0)
      return true;
  return false;
}

/* The last star is the nearest to the name. */
static bool parse_pointers(struct parser *p, struct declarator *d, struct idlc_derive **out_first)
{
  bool is_const = false;

  *out_first = NULL;
  parse_skip_calling(p);
  while (parse_at(p, '*')) {
    struct idlc_derive *pointer = derive_new(p, d, IDLC_POINTER_TO);

    if (!pointer)
      return false;
    parse_advance(p);
    parse_qualifiers(p, &is_const);
    parse_skip_calling(p);
    if (at_pointer_attrs(p) && !parse_attrs(p, &pointer->attrs))
      return false;
    pointer->next = *out_first;
    *out_first = pointer;
  }
  return true;
}

/* ---- arrays ---- */

static bool parse_bound(struct parser *p, struct idlc_derive *array)
{
  if (parse_at(p, '*') && parse_is_mark(parse_peek(p, 1), ']')) {
    parse_advance(p);
    array->is_open = true;
    return true;
  }
  array->bound = parse_expr(p);
  return array->bound != NULL;
}

static bool parse_array(struct parser *p, struct idlc_derive *array)
{
  parse_advance(p);
  array->is_open = parse_at(p, ']');
  if (!array->is_open && !parse_bound(p, array))
    return false;
  if (array->bound && parse_at_dots(p)) {
    parse_skip_dots(p);
    array->lower = array->bound;
    array->bound = NULL;
    if (!parse_bound(p, array))
      return false;
  }
  return parse_expect(p, ']', "the bound of an array");
}

/* ---- parameters ---- */

/* To the ',' or the ')' of the list whose '(' has parens open around it. */
static void skip_param(struct parser *p, unsigned parens)
{
  while (!parse_at_end(p) && !parse_at(p, ';') && !parse_at(p, '}')) {
    if (p->parens <= parens + 1 && (parse_at(p, ',') || parse_at(p, ')')))
      return;
    if (parse_at(p, '{'))
      parse_skip_block(p);
    else
      parse_advance(p);
  }
}

static bool parse_param(struct parser *p, struct parse_decls *params)
{
  struct idlc_decl shared = {.place = p->tok.t.place};

  if (parse_at(p, IDLC_ELLIPSIS)) {
    parse_error(p, p->tok.t.place, NULL, "a call cannot have parameters that nobody named");
    parse_advance(p);
    return true;
  }
  if (!parse_attrs(p, &shared.attrs))
    return false;
  shared.spec = parse_spec(p, &shared.is_const);
  if (!shared.spec)
    return false;
  if (!parse_declarator(p, &shared, PARSE_UNNAMED, "the parameter", params))
    return false;
  if (parse_at(p, ',') || parse_at(p, ')'))
    return true;
  parse_error(p, p->end, parse_at(p, '=') ? "a default is an attribute: [defaultvalue(...)]" : NULL,
              "expected ',' or ')' after the parameter");
  return false;
}

/* From '(' to behind ')'. What is wrong with one parameter does not hide the others. */
static bool parse_params(struct parser *p, struct idlc_derive *function)
{
  struct parse_decls params = {NULL, &params.first};
  unsigned parens = p->parens;

  parse_advance(p);
  if (p->tok.word == WORD_VOID && parse_is_mark(parse_peek(p, 1), ')'))
    parse_advance(p);
  if (parse_accept(p, ')'))
    return true;
  do {
    if (!parse_param(p, &params))
      skip_param(p, parens);
  } while (parse_accept(p, ','));
  function->params = params.first;
  if (parse_at(p, ';') || parse_at(p, '}')) {
    parse_error(p, p->end, NULL, "expected ')' after the parameters");
    p->parens = parens;
    return true;
  }
  return parse_expect(p, ')', "the parameters");
}

/* ---- declarators ---- */

static bool parse_around(struct parser *p, struct declarator *d);

/* `(` opens a declarator in parentheses, and not the parameters of something without a name. */
static bool at_inner(struct parser *p, const struct declarator *d)
{
  const struct parse_token *next;

  if (!parse_at(p, '('))
    return false;
  if (d->need == PARSE_NAMED)
    return true;
  next = parse_peek(p, 1);
  return !parse_is_mark(next, ')') && !parse_is_mark(next, '[') && !parse_is_type(p, next, true);
}

static bool parse_inner(struct parser *p, struct declarator *d)
{
  bool ok;

  if (!parse_enter(p))
    return false;
  parse_advance(p);
  ok = parse_around(p, d) && parse_expect(p, ')', "the declarator");
  parse_leave(p);
  return ok;
}

static bool parse_named(struct parser *p, struct declarator *d)
{
  d->decl->place = p->tok.t.place;
  if (!parse_is_name(&p->tok) && d->need == PARSE_UNNAMED)
    return true;
  d->decl->name = parse_name(p, d->what);
  return d->decl->name != NULL;
}

static bool parse_suffixes(struct parser *p, struct declarator *d)
{
  while (parse_at(p, '[') || parse_at(p, '(')) {
    bool array = parse_at(p, '[');
    struct idlc_derive *derive = derive_new(p, d, array ? IDLC_ARRAY_OF : IDLC_FUNCTION);

    if (!derive || !(array ? parse_array(p, derive) : parse_params(p, derive)))
      return false;
    *d->tail = derive;
    d->tail = &derive->next;
  }
  return true;
}

static bool parse_around(struct parser *p, struct declarator *d)
{
  struct idlc_derive *pointers;

  if (!parse_pointers(p, d, &pointers))
    return false;
  if (!(at_inner(p, d) ? parse_inner(p, d) : parse_named(p, d)) || !parse_suffixes(p, d))
    return false;
  *d->tail = pointers;
  while (*d->tail)
    d->tail = &(*d->tail)->next;
  return true;
}

struct idlc_decl *parse_declarator(struct parser *p, const struct idlc_decl *shared,
                                   enum parse_need need, const char *what,
                                   struct parse_decls *decls)
{
  struct declarator d = {.decl = parse_new(p, sizeof *d.decl), .need = need, .what = what};
  bool ok;

  if (!d.decl || !parse_enter(p))
    return NULL;
  *d.decl = *shared;
  d.tail = &d.decl->derive;
  ok = parse_around(p, &d);
  parse_leave(p);
  if (!ok)
    return NULL;
  *decls->tail = d.decl;
  decls->tail = &d.decl->next;
  return d.decl;
}

/* `unsigned : 3;` has a width and no name; `cb = n * 2` is computed by the sender. */
static bool parse_member_name(struct parser *p, const struct idlc_decl *shared,
                              struct parse_decls *decls)
{
  enum parse_need need = parse_at(p, ':') ? PARSE_UNNAMED : PARSE_NAMED;
  struct idlc_decl *decl = parse_declarator(p, shared, need, "the member", decls);

  if (!decl)
    return false;
  if (parse_accept(p, ':')) {
    decl->bits = parse_expr(p);
    return decl->bits != NULL;
  }
  if (parse_accept(p, '=')) {
    decl->value = parse_expr(p);
    return decl->value != NULL;
  }
  return true;
}

bool parse_member_names(struct parser *p, const struct idlc_decl *shared, struct parse_decls *decls)
{
  do {
    if (!parse_member_name(p, shared, decls))
      return false;
  } while (parse_accept(p, ','));
  return true;
}

bool parse_declarators(struct parser *p, const struct idlc_decl *shared, const char *what,
                       struct parse_decls *decls)
{
  do {
    if (!parse_declarator(p, shared, PARSE_NAMED, what, decls))
      return false;
  } while (parse_accept(p, ','));
  return true;
}
