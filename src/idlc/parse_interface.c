/* SPDX-License-Identifier: Apache-2.0 */
/* What has a body of declarations: interface, dispinterface, library, module, coclass. */
#include "src/idlc/parse.h"

#include <stdio.h>

/* ---- bodies ---- */

/* In a dispinterface: `properties:` and `methods:`. */
static bool accept_section(struct parser *p, enum parse_word word)
{
  if (p->tok.word != word || !parse_is_mark(parse_peek(p, 1), ':'))
    return false;
  parse_advance(p);
  parse_advance(p);
  return true;
}

static bool parse_property(struct parser *p, struct parse_items *items)
{
  struct idlc_decl shared = {.place = p->tok.t.place};
  struct parse_decls decls = {NULL, &decls.first};
  struct idlc_item *item;

  if (!parse_attrs(p, &shared.attrs))
    return false;
  shared.spec = parse_spec(p, &shared.is_const);
  if (!shared.spec || !parse_declarator(p, &shared, PARSE_NAMED, "the property", &decls))
    return false;
  item = parse_item_new(p, IDLC_ITEM_PROPERTY, shared.place, items);
  if (!item)
    return false;
  item->attrs = shared.attrs;
  item->spec = shared.spec;
  item->decls = decls.first;
  parse_semicolon(p, "the property");
  return true;
}

static void parse_disp_items(struct parser *p, unsigned braces, struct parse_items *items)
{
  bool properties = false;

  while (!parse_at_end(p) && !parse_at(p, '}')) {
    if (accept_section(p, WORD_PROPERTIES))
      properties = true;
    else if (accept_section(p, WORD_METHODS))
      properties = false;
    else if (!(properties ? parse_property(p, items) : parse_item(p, items)))
      parse_skip_item(p, braces);
  }
}

/* Which interfaces an object has is told to its users, not to the wire: nothing here is fatal. */
static bool parse_coclass_item(struct parser *p, struct parse_items *items)
{
  struct idlc_attr *attrs = NULL;

  if (parse_accept(p, ';'))
    return true;
  if (!parse_attrs(p, &attrs))
    return false;
  if ((p->tok.word == WORD_INTERFACE || p->tok.word == WORD_DISPINTERFACE) &&
      parse_is_name(parse_peek(p, 1)))
    return parse_interface(p, attrs, items);
  idlc_warn(p->c->s, p->tok.t.place, NULL, "expected an interface or a dispinterface");
  return false;
}

static void parse_coclass_items(struct parser *p, unsigned braces, struct parse_items *items)
{
  while (!parse_at_end(p) && !parse_at(p, '}'))
    if (!parse_coclass_item(p, items))
      parse_skip_item(p, braces);
}

/* From '{' to behind '}' and a ';' that nobody needs. */
static bool parse_items_body(struct parser *p, struct idlc_item *item, const char *kind)
{
  struct parse_items items = {NULL, &items.first};

  if (!parse_enter(p)) {
    parse_skip_block(p);
    return true;
  }
  parse_advance(p);
  if (item->is_dispinterface)
    parse_disp_items(p, p->braces, &items);
  else if (item->kind == IDLC_ITEM_COCLASS)
    parse_coclass_items(p, p->braces, &items);
  else
    parse_item_list(p, p->braces, &items);
  parse_leave(p);
  item->items = items.first;
  if (!parse_accept(p, '}')) {
    parse_error(p, p->end, NULL, "expected '}' at the end of the %s '%.60s'", kind, item->name);
    idlc_note(p->c->s, item->place, "the %s begins here", kind);
    return false;
  }
  (void)parse_accept(p, ';');
  return true;
}

/* ---- interfaces ---- */

static bool parse_base(struct parser *p, struct idlc_item *item)
{
  parse_advance(p);
  item->base = parse_name(p, "the interface that is inherited");
  if (!item->base)
    return false;
  if (parse_at(p, ','))
    parse_error(p, p->tok.t.place, NULL, "an interface inherits from one other at most");
  while (parse_accept(p, ',') && parse_is_name(&p->tok))
    parse_advance(p);
  return true;
}

static bool parse_header(struct parser *p, struct idlc_item *item)
{
  if (parse_at(p, ':') && !parse_base(p, item))
    return false;
  if (parse_at(p, '<') || parse_at(p, '.') || p->tok.word == WORD_REQUIRES) {
    parse_error(p, p->tok.t.place, "it is not MIDL of remote procedure calls",
                "'interface %.60s' is declared in the metadata language of the Windows Runtime",
                item->name);
    return false;
  }
  return parse_at(p, '{') || parse_expected(p, "'{' and the body of the interface", NULL);
}

static bool parse_definition(struct parser *p, struct idlc_item *item)
{
  bool outer = p->in_interface, ok;

  if (!parse_header(p, item))
    return false;
  if (outer)
    parse_error(p, item->place, "is a '}' missing in front of it?",
                "the interface '%.60s' is inside another one", item->name);
  p->in_interface = true;
  ok = parse_items_body(p, item, "interface");
  p->in_interface = outer;
  return ok;
}

/* Stands at the name; NULL: nothing was added. */
static struct idlc_item *parse_item_name(struct parser *p, enum idlc_item_kind kind,
                                         struct idlc_attr *attrs, struct parse_items *items)
{
  struct idlc_place place = p->tok.t.place;
  const char *name = parse_name(p, "what is declared");
  struct idlc_item *item = name ? parse_item_new(p, kind, place, items) : NULL;

  if (!item)
    return NULL;
  item->attrs = attrs;
  item->name = name;
  if (kind == IDLC_ITEM_INTERFACE)
    parse_type_name(p, name);
  return item;
}

/* `interface A, B;` is two. */
static bool parse_forwards(struct parser *p, struct idlc_item *item, struct parse_items *items)
{
  struct idlc_item *first = item;

  item->is_forward = true;
  while (parse_accept(p, ',')) {
    item = parse_item_name(p, IDLC_ITEM_INTERFACE, first->attrs, items);
    if (!item)
      return false;
    item->is_dispinterface = first->is_dispinterface;
    item->is_forward = true;
  }
  parse_semicolon(p, "the name of the interface");
  return true;
}

bool parse_interface(struct parser *p, struct idlc_attr *attrs, struct parse_items *items)
{
  bool is_dispinterface = p->tok.word == WORD_DISPINTERFACE;
  struct idlc_item *item;

  parse_advance(p);
  item = parse_item_name(p, IDLC_ITEM_INTERFACE, attrs, items);
  if (!item)
    return false;
  item->is_dispinterface = is_dispinterface;
  if (parse_at(p, ';') || parse_at(p, ',') || parse_at(p, '}'))
    return parse_forwards(p, item, items);
  return parse_definition(p, item);
}

/* ---- the others ---- */

bool parse_container(struct parser *p, struct idlc_attr *attrs, struct parse_items *items)
{
  static const char *const kinds[] = {"library", "module", "coclass"};
  static const enum idlc_item_kind item_kinds[] = {IDLC_ITEM_LIBRARY, IDLC_ITEM_MODULE,
                                                   IDLC_ITEM_COCLASS};
  unsigned kind = p->tok.word == WORD_LIBRARY ? 0 : p->tok.word == WORD_MODULE ? 1 : 2;
  struct idlc_item *item;
  char what[48];

  parse_advance(p);
  item = parse_item_name(p, item_kinds[kind], attrs, items);
  if (!item)
    return false;
  if (parse_accept(p, ';')) {
    item->is_forward = true;
    return true;
  }
  (void)snprintf(what, sizeof what, "'{' and the body of the %s", kinds[kind]);
  if (!parse_at(p, '{'))
    return parse_expected(p, what, NULL);
  return parse_items_body(p, item, kinds[kind]);
}
