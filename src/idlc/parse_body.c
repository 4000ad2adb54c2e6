/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in braces behind struct, union and enum. */
#include "src/idlc/parse.h"

/* ---- arms ---- */

static bool parse_case(struct parser *p, struct idlc_arg ***tail)
{
  struct idlc_arg *label = parse_new(p, sizeof *label);

  if (!label)
    return false;
  parse_advance(p);
  label->place = p->tok.t.place;
  label->expr = parse_expr(p);
  if (!label->expr || !parse_expect(p, ':', "the value of a case"))
    return false;
  **tail = label;
  *tail = &label->next;
  return true;
}

/* `case 1: case 2: default:` and the attributes that may follow. */
static bool parse_labels(struct parser *p, struct idlc_decl *arm)
{
  struct idlc_arg **tail = &arm->labels;

  while (p->tok.word == WORD_CASE || p->tok.word == WORD_DEFAULT) {
    if (p->tok.word == WORD_CASE) {
      if (!parse_case(p, &tail))
        return false;
      continue;
    }
    parse_advance(p);
    arm->is_default = true;
    if (!parse_expect(p, ':', "default"))
      return false;
  }
  return parse_attrs(p, &arm->attrs);
}

/* [case(1, 2)] and [default] say the same. */
static void labels_of_attrs(struct idlc_decl *arm)
{
  const struct idlc_attr *labels = parse_find_attr(arm->attrs, "case");

  if (labels && !arm->labels)
    arm->labels = labels->args;
  arm->is_default = arm->is_default || parse_find_attr(arm->attrs, "default");
}

static bool add_nameless(struct parser *p, const struct idlc_decl *shared,
                         struct parse_decls *decls)
{
  struct idlc_decl *decl = parse_new(p, sizeof *decl);

  if (!decl)
    return false;
  *decl = *shared;
  *decls->tail = decl;
  decls->tail = &decl->next;
  return true;
}

/* ---- members ---- */

static bool is_inline_body(const struct idlc_spec *spec)
{
  return spec->is_defined && (spec->kind == IDLC_SPEC_STRUCT || spec->kind == IDLC_SPEC_UNION);
}

static bool parse_typed_member(struct parser *p, struct idlc_decl *shared,
                               struct parse_decls *decls)
{
  shared->spec = parse_spec(p, &shared->is_const);
  if (!shared->spec)
    return false;
  if (is_inline_body(shared->spec) && parse_at(p, ';')) {
    parse_advance(p);
    return add_nameless(p, shared, decls);
  }
  if (!parse_member_names(p, shared, decls))
    return false;
  parse_semicolon(p, "the member");
  return true;
}

static bool parse_member(struct parser *p, bool in_union, struct parse_decls *decls)
{
  struct idlc_decl shared = {.place = p->tok.t.place};

  if (parse_accept(p, ';'))
    return true;
  if (!parse_attrs(p, &shared.attrs))
    return false;
  if (in_union && !parse_labels(p, &shared))
    return false;
  if (in_union)
    labels_of_attrs(&shared);
  if (!parse_at(p, ';') || (!shared.labels && !shared.is_default))
    return parse_typed_member(p, &shared, decls);
  parse_advance(p);
  return add_nameless(p, &shared, decls);
}

/* Over the '}', or to where it was forgotten. */
static bool end_body(struct parser *p, const struct idlc_spec *spec, unsigned braces)
{
  static const char *const kinds[] = {"struct", "union", "enum"};
  const char *kind = kinds[spec->kind == IDLC_SPEC_ENUM ? 2 : spec->kind == IDLC_SPEC_UNION];

  if (parse_accept(p, '}'))
    return true;
  parse_error(p, p->end, NULL, "expected '}' at the end of the %s", kind);
  if (p->quiet == 0)
    idlc_note(p->c->s, spec->place, "the %s begins here", kind);
  p->braces = braces;
  return false;
}

bool parse_members(struct parser *p, struct idlc_spec *spec)
{
  struct parse_decls members = {NULL, &members.first};
  unsigned braces = p->braces;

  parse_advance(p);
  while (!parse_at_end(p) && !parse_at(p, '}') && !parse_at_declaration(p))
    if (!parse_member(p, spec->kind == IDLC_SPEC_UNION, &members))
      parse_skip_item(p, braces + 1);
  spec->members = members.first;
  return end_body(p, spec, braces);
}

/* ---- enumerators ---- */

static bool parse_enumerator(struct parser *p, struct idlc_enumerator ***tail)
{
  struct idlc_enumerator *e = parse_new(p, sizeof *e);
  struct idlc_attr *attrs = NULL; /* helpstring and the like */

  if (!e || !parse_attrs(p, &attrs))
    return false;
  e->place = p->tok.t.place;
  e->name = parse_name(p, "an enumerator");
  if (!e->name)
    return false;
  **tail = e;
  *tail = &e->next;
  if (parse_accept(p, '=')) {
    e->value = parse_expr(p);
    if (!e->value)
      return false;
  }
  if (parse_at(p, ',') || parse_at(p, '}'))
    return true;
  parse_error(p, p->end, NULL, "expected ',' or '}' after the enumerator '%.60s'", e->name);
  /* A line that lacks its comma. */
  return parse_is_name(&p->tok) && p->tok.t.place.line != p->end.line;
}

static void skip_enumerator(struct parser *p)
{
  while (!parse_at_end(p) && !parse_at(p, ',') && !parse_at(p, '}') && !parse_at(p, ';'))
    parse_advance(p);
  p->parens = 0;
}

bool parse_enumerators(struct parser *p, struct idlc_spec *spec)
{
  struct idlc_enumerator **tail = &spec->enumerators;
  unsigned braces = p->braces;

  parse_advance(p);
  while (!parse_at_end(p) && !parse_at(p, '}') && !parse_at(p, ';') && !parse_at_declaration(p)) {
    if (!parse_enumerator(p, &tail))
      skip_enumerator(p);
    (void)parse_accept(p, ',');
  }
  return end_body(p, spec, braces);
}
