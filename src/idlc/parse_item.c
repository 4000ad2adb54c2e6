/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations of a file or of an interface. */
#include "src/idlc/parse.h"

static const char in_c_hint[] = "text for the C header goes into cpp_quote(\"...\")";

struct idlc_item *parse_item_new(struct parser *p, enum idlc_item_kind kind,
                                 struct idlc_place place, struct parse_items *items)
{
  struct idlc_item *item = parse_new(p, sizeof *item);

  if (!item)
    return NULL;
  item->kind = kind;
  item->place = place;
  *items->tail = item;
  items->tail = &item->next;
  return item;
}

static bool is_tagged(const struct idlc_spec *spec)
{
  return spec->kind == IDLC_SPEC_STRUCT || spec->kind == IDLC_SPEC_UNION ||
         spec->kind == IDLC_SPEC_ENUM;
}

static struct idlc_item *add_declaration(struct parser *p, enum idlc_item_kind kind,
                                         const struct idlc_decl *shared, struct idlc_decl *decls,
                                         struct parse_items *items)
{
  struct idlc_item *item = parse_item_new(p, kind, shared->place, items);

  if (!item)
    return NULL;
  item->attrs = shared->attrs;
  item->spec = shared->spec;
  item->decls = decls;
  return item;
}

static bool parse_typedef(struct parser *p, struct idlc_attr *attrs, struct parse_items *items)
{
  struct idlc_decl shared = {.place = p->tok.t.place, .attrs = attrs};
  struct parse_decls decls = {NULL, &decls.first};
  bool ok;

  parse_advance(p);
  if (!parse_attrs(p, &shared.attrs))
    return false;
  shared.spec = parse_spec(p, &shared.is_const);
  if (!shared.spec)
    return false;
  if (is_tagged(shared.spec) && parse_accept(p, ';'))
    return add_declaration(p, IDLC_ITEM_TYPE, &shared, NULL, items) != NULL;
  ok = parse_declarators(p, &shared, "the typedef", &decls);
  for (const struct idlc_decl *d = decls.first; d; d = d->next)
    parse_type_name(p, d->name);
  if (decls.first && !add_declaration(p, IDLC_ITEM_TYPEDEF, &shared, decls.first, items))
    return false;
  if (ok)
    parse_semicolon(p, "the typedef");
  return ok;
}

/* ---- constants and operations ---- */

static bool parse_const(struct parser *p, const struct idlc_decl *shared, struct idlc_decl *decl,
                        struct parse_items *items)
{
  struct idlc_expr *value;
  struct idlc_item *item;

  if (!shared->is_const)
    parse_error(p, shared->place, "write const in front of it", "only constants have a value");
  parse_advance(p);
  value = parse_expr(p);
  item = value ? add_declaration(p, IDLC_ITEM_CONST, shared, decl, items) : NULL;
  if (!item)
    return false;
  item->value = value;
  parse_semicolon(p, "the constant");
  return true;
}

static bool parse_operation(struct parser *p, const struct idlc_decl *shared,
                            struct idlc_decl *decl, struct parse_items *items)
{
  if (!add_declaration(p, IDLC_ITEM_OPERATION, shared, decl, items))
    return false;
  if (parse_at(p, '{')) {
    parse_error(p, p->tok.t.place, in_c_hint, "an operation has no body here");
    parse_skip_block(p);
    return true;
  }
  parse_semicolon(p, "the operation");
  return true;
}

/* `Foo([in] ...)`: a result in front of it is missing. */
static bool lacks_result(struct parser *p, const struct idlc_spec *spec)
{
  const struct parse_token *next;

  if (spec->kind != IDLC_SPEC_NAME || !parse_at(p, '('))
    return false;
  next = parse_peek(p, 1);
  if (!parse_is_mark(next, '[') && !parse_is_mark(next, ')') && !parse_is_type(p, next, true))
    return false;
  parse_error(p, spec->place, "an operation without a result begins with void",
              "the type of the result of '%.60s' is missing", spec->name);
  return true;
}

static bool parse_plain(struct parser *p, struct idlc_attr *attrs, struct parse_items *items)
{
  struct idlc_decl shared = {.place = p->tok.t.place, .attrs = attrs};
  struct parse_decls decls = {NULL, &decls.first};
  struct idlc_decl *decl;

  shared.spec = parse_spec(p, &shared.is_const);
  if (!shared.spec || lacks_result(p, shared.spec))
    return false;
  if (is_tagged(shared.spec) && parse_accept(p, ';'))
    return add_declaration(p, IDLC_ITEM_TYPE, &shared, NULL, items) != NULL;
  if (is_tagged(shared.spec) && shared.spec->is_defined && !parse_is_name(&p->tok) &&
      !parse_at(p, '*')) {
    parse_semicolon(p, "the declaration");
    return add_declaration(p, IDLC_ITEM_TYPE, &shared, NULL, items) != NULL;
  }
  decl = parse_declarator(p, &shared, PARSE_NAMED, "an operation", &decls);
  if (!decl)
    return false;
  if (parse_at(p, '='))
    return parse_const(p, &shared, decl, items);
  if (decl->derive && decl->derive->kind == IDLC_FUNCTION)
    return parse_operation(p, &shared, decl, items);
  parse_error(p, p->end, "only constants, types and operations can be declared",
              shared.is_const ? "expected '=' and a value after '%.60s'"
                              : "expected '(' and parameters after '%.60s'",
              decl->name);
  return false;
}

/* ---- other words ---- */

static bool parse_text_call(struct parser *p, enum idlc_item_kind kind, struct parse_items *items)
{
  struct idlc_place place = p->tok.t.place;
  struct idlc_item *item;

  parse_advance(p);
  if (!parse_expect(p, '(', "this word"))
    return false;
  if (p->tok.t.kind != IDLC_TEXT)
    return parse_expected(p, "a text in quotes", NULL);
  item = parse_item_new(p, kind, place, items);
  if (!item)
    return false;
  item->text = p->tok.t.text;
  parse_advance(p);
  if (!parse_expect(p, ')', "the text"))
    return false;
  (void)parse_accept(p, ';');
  return true;
}

/* midl_pragma warning(disable: 2400) */
static bool parse_pragma(struct parser *p, struct parse_items *items)
{
  unsigned parens = p->parens;

  if (!parse_item_new(p, IDLC_ITEM_PRAGMA, p->tok.t.place, items))
    return false;
  parse_advance(p);
  if (parse_is_word(&p->tok))
    parse_advance(p);
  if (parse_accept(p, '('))
    parse_skip_parens(p, parens);
  (void)parse_accept(p, ';');
  return true;
}

/* extern const IID IID_X; says nothing about the wire. */
static bool parse_extern(struct parser *p, struct parse_items *items)
{
  if (!parse_item_new(p, IDLC_ITEM_PRAGMA, p->tok.t.place, items))
    return false;
  parse_advance(p);
  if (p->tok.t.kind == IDLC_TEXT)
    return parse_expected(p, "a declaration", in_c_hint);
  parse_skip_item(p, p->braces);
  return true;
}

/* Up to a body and over it, or over a ';'. */
static void skip_definition(struct parser *p)
{
  while (!parse_at_end(p) && !parse_at(p, ';') && !parse_at(p, '{') && !parse_at(p, '}'))
    parse_advance(p);
  p->parens = 0;
  if (parse_at(p, '{'))
    parse_skip_block(p);
  else
    (void)parse_accept(p, ';');
}

/* static inline functions that stand in headers. */
static bool parse_c_function(struct parser *p)
{
  parse_error(p, p->tok.t.place, in_c_hint, "'%.60s' is C and not MIDL", p->tok.t.text);
  skip_definition(p);
  return true;
}

static bool parse_metadata(struct parser *p)
{
  parse_error(p, p->tok.t.place, "it is not MIDL of remote procedure calls",
              "'%.60s' belongs to the metadata language of the Windows Runtime", p->tok.t.text);
  skip_definition(p);
  return true;
}

/* interface X and then { : ; , and not the type of a result. */
static bool at_interface(struct parser *p)
{
  const struct parse_token *next;

  if (!parse_is_name(parse_peek(p, 1)))
    return false;
  next = parse_peek(p, 2);
  return !parse_is_mark(next, '*') && (!parse_is_name(next) || next->word == WORD_REQUIRES);
}

static bool parse_word_item(struct parser *p, struct idlc_attr *attrs, struct parse_items *items)
{
  const struct parse_token *next = parse_peek(p, 1);

  switch ((int)p->tok.word) {
  case WORD_TYPEDEF:
    return parse_typedef(p, attrs, items);
  case WORD_IMPORT:
    return next->t.kind == IDLC_TEXT ? parse_import(p, items) : parse_plain(p, attrs, items);
  case WORD_IMPORTLIB:
    return parse_text_call(p, IDLC_ITEM_IMPORTLIB, items);
  case WORD_CPP_QUOTE:
    return parse_text_call(p, IDLC_ITEM_CPP_QUOTE, items);
  case WORD_PRAGMA:
    return parse_pragma(p, items);
  case WORD_EXTERN:
    return parse_extern(p, items);
  case WORD_STATIC:
    return parse_c_function(p);
  case WORD_INLINE:
    return parse_is_word(next) ? parse_c_function(p) : parse_plain(p, attrs, items);
  case WORD_METADATA:
    return parse_is_word(next) || parse_is_mark(next, '{') ? parse_metadata(p)
                                                           : parse_plain(p, attrs, items);
  case WORD_INTERFACE:
  case WORD_DISPINTERFACE:
    return at_interface(p) ? parse_interface(p, attrs, items) : parse_plain(p, attrs, items);
  case WORD_COCLASS:
  case WORD_LIBRARY:
  case WORD_MODULE:
    return at_interface(p) ? parse_container(p, attrs, items) : parse_plain(p, attrs, items);
  default:
    return parse_plain(p, attrs, items);
  }
}

bool parse_item(struct parser *p, struct parse_items *items)
{
  struct idlc_attr *attrs = NULL;

  if (parse_accept(p, ';'))
    return true;
  if (!parse_attrs(p, &attrs))
    return false;
  if (!parse_is_word(&p->tok))
    return parse_expected(p, "a declaration", NULL);
  return parse_word_item(p, attrs, items);
}

void parse_item_list(struct parser *p, unsigned braces, struct parse_items *items)
{
  while (!parse_at_end(p)) {
    if (!parse_at(p, '}')) {
      if (!parse_item(p, items))
        parse_skip_item(p, braces);
      continue;
    }
    if (braces > 0)
      return;
    parse_error(p, p->tok.t.place, NULL, "'}' without a '{'");
    parse_advance(p);
  }
}
