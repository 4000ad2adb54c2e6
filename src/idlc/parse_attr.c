/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes. All are kept, known or not; what an argument list of an unknown one says is kept as
 * far as it reads like one of ours, and passed over from there.
 */
#include "src/idlc/parse.h"

#include <stdlib.h>
#include <string.h>

enum arg_kind {
  ARG_UNKNOWN,
  ARG_EXPR,
  ARG_TYPE,
  ARG_VERSION,
  ARG_UUID,
  ARG_UUID_FIRST, /* then expressions */
  ARG_HANDLE,     /* a type and a name */
};

struct known_attr {
  const char *name;
  enum arg_kind kind;
};

/* Those with arguments, sorted. */
static const struct known_attr known_attrs[] = {
    {"annotation", ARG_EXPR},
    {"async_uuid", ARG_UUID},
    {"byte_count", ARG_EXPR},
    {"call_as", ARG_EXPR},
    {"case", ARG_EXPR},
    {"custom", ARG_UUID_FIRST},
    {"defaultvalue", ARG_EXPR},
    {"dllname", ARG_EXPR},
    {"endpoint", ARG_EXPR},
    {"entry", ARG_EXPR},
    {"first_is", ARG_EXPR},
    {"helpcontext", ARG_EXPR},
    {"helpfile", ARG_EXPR},
    {"helpstring", ARG_EXPR},
    {"helpstringcontext", ARG_EXPR},
    {"helpstringdll", ARG_EXPR},
    {"id", ARG_EXPR},
    {"iid_is", ARG_EXPR},
    {"implicit_handle", ARG_HANDLE},
    {"last_is", ARG_EXPR},
    {"lcid", ARG_EXPR},
    {"length_is", ARG_EXPR},
    {"max_is", ARG_EXPR},
    {"min_is", ARG_EXPR},
    {"pointer_default", ARG_EXPR},
    {"range", ARG_EXPR},
    {"represent_as", ARG_TYPE},
    {"safearray", ARG_TYPE},
    {"size_is", ARG_EXPR},
    {"switch_is", ARG_EXPR},
    {"switch_type", ARG_TYPE},
    {"transmit_as", ARG_TYPE},
    {"user_marshal", ARG_TYPE},
    {"uuid", ARG_UUID},
    {"version", ARG_VERSION},
    {"wire_marshal", ARG_TYPE},
};

static int compare_attr(const void *name, const void *attr)
{
  return strcmp(name, ((const struct known_attr *)attr)->name);
}

static enum arg_kind kind_of(const char *name)
{
  const struct known_attr *known =
      bsearch(name, known_attrs, sizeof known_attrs / sizeof *known_attrs, sizeof *known_attrs,
              compare_attr);

  return known ? known->kind : ARG_UNKNOWN;
}

/* ---- arguments ---- */

static bool arg_uuid(struct parser *p, struct idlc_arg *arg)
{
  if (p->tok.t.kind != IDLC_UUID)
    return parse_expected(p, "a UUID",
                          "it is written 12345678-1234-abcd-ef00-0123456789ab, in hexadecimal");
  arg->uuid = p->tok.t.text;
  parse_advance(p);
  return true;
}

/* Decimal digits up to the end or a dot. */
static bool version_part(const char **text, uint16_t *out_part)
{
  const char *at = *text;
  unsigned value = 0;

  for (; *at >= '0' && *at <= '9'; at++) {
    value = value * 10 + (unsigned)(*at - '0');
    if (value > UINT16_MAX)
      return false;
  }
  if (at == *text || (*at && *at != '.'))
    return false;
  *text = *at ? at + 1 : at;
  *out_part = (uint16_t)value;
  return true;
}

static bool version_text(const char *text, struct idlc_arg *arg)
{
  uint16_t major, minor;

  if (!version_part(&text, &major) || !version_part(&text, &minor) || *text)
    return false;
  arg->pair_major = major;
  arg->pair_minor = minor;
  return true;
}

static bool arg_version(struct parser *p, struct idlc_arg *arg)
{
  bool ok = false;

  if (p->tok.t.kind == IDLC_NUMBER && p->tok.t.value <= UINT16_MAX) {
    arg->pair_major = (uint16_t)p->tok.t.value;
    ok = true;
  }
  if (p->tok.t.kind == IDLC_REAL)
    ok = version_text(p->tok.t.text, arg);
  if (!ok)
    return parse_expected(p, "a version like 1.0", "each part is a number up to 65535");
  arg->is_version = true;
  parse_advance(p);
  return true;
}

static struct idlc_expr *lone_star(struct parser *p)
{
  struct idlc_expr *e = parse_new(p, sizeof *e);

  if (!e)
    return NULL;
  e->kind = IDLC_EXPR_ALL;
  e->place = p->tok.t.place;
  parse_advance(p);
  return e;
}

static bool arg_expr(struct parser *p, struct idlc_arg *arg)
{
  const struct parse_token *next = parse_at(p, '*') ? parse_peek(p, 1) : NULL;

  if (next && (parse_is_mark(next, ')') || parse_is_mark(next, ',')))
    arg->expr = lone_star(p);
  else
    arg->expr = parse_expr(p);
  return arg->expr != NULL;
}

/* A type, and perhaps the name of something of that type. */
static bool arg_type(struct parser *p, struct idlc_arg *arg)
{
  arg->spec = parse_type(p, &arg->pointers);
  if (!arg->spec)
    return false;
  if (!parse_is_name(&p->tok))
    return true;
  return arg_expr(p, arg);
}

static bool arg_any(struct parser *p, enum arg_kind kind, struct idlc_arg *arg)
{
  arg->place = p->tok.t.place;
  if (parse_at(p, ',') || parse_at(p, ')'))
    return true; /* an empty slot */
  switch (kind) {
  case ARG_UUID:
  case ARG_UUID_FIRST:
    return arg_uuid(p, arg);
  case ARG_VERSION:
    return arg_version(p, arg);
  case ARG_TYPE:
  case ARG_HANDLE: /* represent_as(T, "header.h") */
    return p->tok.t.kind == IDLC_TEXT ? arg_expr(p, arg) : arg_type(p, arg);
  case ARG_EXPR:
  case ARG_UNKNOWN:
    break;
  }
  return parse_is_type(p, &p->tok, false) ? arg_type(p, arg) : arg_expr(p, arg);
}

/* From behind '(' to ')'. Slots are counted by their commas: `(a, )` has two. */
static bool parse_args(struct parser *p, enum arg_kind kind, struct idlc_attr *attr)
{
  struct idlc_arg **tail = &attr->args;

  for (;;) {
    struct idlc_arg *arg = parse_new(p, sizeof *arg);

    if (!arg || !arg_any(p, kind, arg))
      return false;
    *tail = arg;
    tail = &arg->next;
    attr->n_args++;
    if (kind == ARG_UUID_FIRST)
      kind = ARG_EXPR;
    if (parse_at_dots(p))
      parse_skip_dots(p);
    else if (parse_at(p, ')'))
      return true;
    else if (!parse_accept(p, ','))
      return parse_expected(p, "',' or ')' in the arguments of an attribute", NULL);
  }
}

static bool parse_arg_list(struct parser *p, struct idlc_attr *attr)
{
  enum arg_kind kind = kind_of(attr->name);
  unsigned parens = p->parens;
  bool ok;

  if (kind == ARG_UUID || kind == ARG_UUID_FIRST)
    parse_advance_uuid(p);
  else
    parse_advance(p);
  if (parse_accept(p, ')'))
    return true;
  p->quiet += kind == ARG_UNKNOWN;
  ok = parse_args(p, kind, attr);
  p->quiet -= kind == ARG_UNKNOWN;
  if (ok) {
    parse_advance(p);
    return true;
  }
  parse_skip_parens(p, parens);
  return parse_at(p, ']') || parse_at(p, ',');
}

/* ---- attributes ---- */

static struct idlc_attr *parse_attr(struct parser *p)
{
  struct idlc_attr *attr;

  if (!parse_is_word(&p->tok)) {
    (void)parse_expected(p, "an attribute", NULL);
    return NULL;
  }
  attr = parse_new(p, sizeof *attr);
  if (!attr)
    return NULL;
  attr->name = p->tok.t.text;
  attr->place = p->tok.t.place;
  parse_advance(p);
  if (parse_at(p, '(') && !parse_arg_list(p, attr))
    return NULL;
  return attr;
}

/* Lost in a list: on to the ']' that ends it. */
static bool skip_attrs(struct parser *p)
{
  while (!parse_at_end(p) && !parse_at(p, ']') && !parse_at(p, ';') && !parse_at(p, '{') &&
         !parse_at(p, '}'))
    parse_advance(p);
  p->parens = 0;
  return parse_accept(p, ']');
}

/* [in out]: what follows is another attribute, and not the rest of a parameter. */
static bool comma_was_forgotten(struct parser *p)
{
  return parse_is_word(&p->tok) &&
         (parse_is_mark(parse_peek(p, 1), ',') || parse_is_mark(parse_peek(p, 1), ']'));
}

/* From behind '[' to behind ']'. Commas too many are harmless, and in the published texts. */
static bool parse_attr_list(struct parser *p, struct idlc_attr ***tail)
{
  while (!parse_at(p, ']')) {
    struct idlc_attr *attr;

    if (parse_accept(p, ','))
      continue;
    attr = parse_attr(p);
    if (!attr)
      return skip_attrs(p);
    **tail = attr;
    *tail = &attr->next;
    if (parse_at(p, ',') || parse_at(p, ']'))
      continue;
    parse_error(p, p->end, NULL, "expected ',' or ']' after the attribute '%.60s'", attr->name);
    if (!comma_was_forgotten(p))
      return skip_attrs(p);
  }
  parse_advance(p);
  return true;
}

bool parse_attrs(struct parser *p, struct idlc_attr **attrs)
{
  while (*attrs)
    attrs = &(*attrs)->next;
  while (parse_at(p, '[')) {
    parse_advance(p);
    if (!parse_attr_list(p, &attrs))
      return false;
  }
  return true;
}

const struct idlc_attr *parse_find_attr(const struct idlc_attr *attrs, const char *name)
{
  while (attrs && strcmp(attrs->name, name) != 0)
    attrs = attrs->next;
  return attrs;
}
