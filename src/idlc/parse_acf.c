/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute configuration files: [attributes] interface, typedef, operation, parameter. */
#include "src/idlc/parse.h"

static bool acf_add(struct parser *p, const struct idlc_acf_entry *what)
{
  struct idlc_acf_entry *entry;

  if (!what->attrs)
    return true; /* it says nothing about it */
  entry = parse_new(p, sizeof *entry);
  if (!entry)
    return false;
  *entry = *what;
  entry->idl = p->acf_of;
  if (p->acf_of == p->c->main_file) {
    *p->c->acf_tail = entry;
    p->c->acf_tail = &entry->next;
  } else {
    *p->c->imported_acf_tail = entry;
    p->c->imported_acf_tail = &entry->next;
  }
  return true;
}

/* Imported files have their own headers. */
static bool acf_header(struct parser *p, const char *name)
{
  struct idlc_include *include;

  if (p->acf_of != p->c->main_file)
    return true;
  include = parse_new(p, sizeof *include);
  if (!include)
    return false;
  include->name = name;
  *p->c->includes_tail = include;
  p->c->includes_tail = &include->next;
  return true;
}

/* include "header", "header"; and cpp_quote("text") belong to the C text. */
static bool acf_include(struct parser *p)
{
  bool is_include = p->tok.word == WORD_INCLUDE;

  do {
    parse_advance(p);
    if (is_include && p->tok.t.kind == IDLC_TEXT && !acf_header(p, p->tok.t.text))
      return false;
  } while (p->tok.t.kind == IDLC_TEXT || parse_at(p, ',') || parse_at(p, '(') || parse_at(p, ')'));
  parse_semicolon(p, "the include");
  return true;
}

/* typedef [attributes] T, U; */
static bool acf_typedef(struct parser *p, struct idlc_acf_entry entry)
{
  parse_advance(p);
  if (!parse_attrs(p, &entry.attrs))
    return false;
  do {
    entry.place = p->tok.t.place;
    entry.type = parse_name(p, "a type");
    if (!entry.type || !acf_add(p, &entry))
      return false;
  } while (parse_accept(p, ','));
  parse_semicolon(p, "the typedef");
  return true;
}

static bool acf_params(struct parser *p, struct idlc_acf_entry entry)
{
  if (parse_accept(p, ')'))
    return true;
  do {
    entry.attrs = NULL;
    if (!parse_attrs(p, &entry.attrs))
      return false;
    entry.place = p->tok.t.place;
    entry.parameter = parse_name(p, "a parameter");
    if (!entry.parameter || !acf_add(p, &entry))
      return false;
  } while (parse_accept(p, ','));
  return parse_expect(p, ')', "the parameters");
}

/* [attributes] Op([attributes] parameter, ...), Op2(); */
static bool acf_operation(struct parser *p, struct idlc_acf_entry entry)
{
  do {
    entry.place = p->tok.t.place;
    entry.operation = parse_name(p, "an operation");
    if (!entry.operation || !acf_add(p, &entry))
      return false;
    if (parse_accept(p, '(') && !acf_params(p, entry))
      return false;
  } while (parse_accept(p, ','));
  parse_semicolon(p, "the operation");
  return true;
}

static bool acf_item(struct parser *p, struct idlc_acf_entry entry)
{
  if (parse_accept(p, ';'))
    return true;
  if (!parse_attrs(p, &entry.attrs))
    return false;
  if ((p->tok.word == WORD_INCLUDE && parse_peek(p, 1)->t.kind == IDLC_TEXT) ||
      (p->tok.word == WORD_CPP_QUOTE && parse_is_mark(parse_peek(p, 1), '(')))
    return acf_include(p);
  if (p->tok.word == WORD_TYPEDEF)
    return acf_typedef(p, entry);
  return acf_operation(p, entry);
}

static bool acf_interface(struct parser *p)
{
  struct idlc_acf_entry entry = {.attrs = NULL};
  struct idlc_acf_entry inner = {.attrs = NULL};
  unsigned braces;

  if (!parse_attrs(p, &entry.attrs))
    return false;
  if (p->tok.word == WORD_INCLUDE || p->tok.word == WORD_CPP_QUOTE)
    return acf_include(p);
  if (p->tok.word != WORD_INTERFACE)
    return parse_expected(p, "interface", NULL);
  parse_advance(p);
  entry.place = p->tok.t.place;
  entry.interface_name = parse_name(p, "the interface");
  if (!entry.interface_name || !acf_add(p, &entry))
    return false;
  if (!parse_expect(p, '{', "the name of the interface"))
    return false;
  inner.interface_name = entry.interface_name;
  braces = p->braces;
  while (!parse_at_end(p) && !parse_at(p, '}'))
    if (!acf_item(p, inner))
      parse_skip_item(p, braces);
  if (!parse_expect(p, '}', "the attributes of the interface"))
    return false;
  (void)parse_accept(p, ';');
  return true;
}

bool parse_acf(struct parse_compile *c, uint16_t file, uint16_t idl)
{
  struct idlc_preprocessor *pp =
      idlc_preprocessor_new(c->s, file, c->options->defines, c->options->n_defines);
  struct parser p;

  if (!pp) {
    c->s->out_of_memory = true;
    return false;
  }
  parse_start(&p, c, pp, file);
  p.acf_of = idl;
  while (!parse_at_end(&p))
    if (!acf_interface(&p)) {
      parse_skip_item(&p, 0);
      (void)parse_accept(&p, '}');
    }
  return true;
}
