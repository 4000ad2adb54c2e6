/* SPDX-License-Identifier: Apache-2.0 */
/* Type specifiers: base types in all their spellings, struct, union, enum, pipe, SAFEARRAY. */
#include "src/idlc/parse.h"

#include <string.h>

/* ---- words without meaning ---- */

static bool starts_with(const char *text, const char *start)
{
  return strncmp(text, start, strlen(start)) == 0;
}

/* WIDGET_CALL, MY_API: a macro that nobody defined here. */
static bool is_upper_case(const char *text)
{
  for (; *text; text++)
    if (*text >= 'a' && *text <= 'z')
      return false;
  return true;
}

/* __RPC__in, __out_ecount(n), __declspec(x): notes for other compilers. */
static bool is_note(const char *text)
{
  return starts_with(text, "__RPC__") || starts_with(text, "__in") || starts_with(text, "__out") ||
         starts_with(text, "__declspec") || starts_with(text, "__deref") ||
         starts_with(text, "__reserved") || starts_with(text, "DECLSPEC_");
}

/*
 * A calling convention has a name, a star or another one behind it. Words that are not reserved
 * (pascal, far) may be the name themselves; a macro in capitals that nobody knows is one when a
 * name follows that is not a type.
 */
static bool is_calling(struct parser *p)
{
  const char *text = p->tok.t.text;
  const struct parse_token *next;

  if (!parse_is_name(&p->tok) || (p->tok.word != WORD_NONE && p->tok.word != WORD_CALLING))
    return false;
  if (p->tok.word == WORD_CALLING && text[0] == '_')
    return true;
  if (p->tok.word == WORD_NONE && is_note(text))
    return true;
  next = parse_peek(p, 1);
  if (p->tok.word == WORD_CALLING)
    return parse_is_name(next) || parse_is_mark(next, '*');
  if (!is_upper_case(text) || !parse_is_name(next) || parse_is_type(p, next, true) ||
      parse_is_type_name(p, text))
    return false;
  /* Else the line lacks a semicolon. */
  return next->t.place.line == p->tok.t.place.line || parse_is_mark(parse_peek(p, 2), '(');
}

static void skip_note_args(struct parser *p)
{
  unsigned parens = p->parens;

  parse_advance(p);
  parse_skip_parens(p, parens);
}

void parse_skip_calling(struct parser *p)
{
  while (is_calling(p)) {
    bool note = p->tok.word == WORD_NONE && is_note(p->tok.t.text);

    parse_advance(p);
    if (note && parse_at(p, '('))
      skip_note_args(p);
  }
}

/* Words in front of a type or behind it. */
void parse_qualifiers(struct parser *p, bool *out_const)
{
  while (parse_is_word(&p->tok)) {
    bool calling = p->tok.word == WORD_CALLING && p->tok.t.text[0] == '_';

    if (p->tok.word != WORD_CONST && p->tok.word != WORD_VOLATILE && !calling &&
        !(p->tok.word == WORD_NONE && is_note(p->tok.t.text)))
      return;
    *out_const = *out_const || p->tok.word == WORD_CONST;
    if (p->tok.word == WORD_CONST || p->tok.word == WORD_VOLATILE)
      parse_advance(p);
    else
      parse_skip_calling(p);
  }
}

/* ---- base types ---- */

struct base_words {
  bool is_unsigned, is_signed, is_short, is_int;
  unsigned longs;
  enum parse_word core; /* WORD_NONE: int, as far as words were seen */
  struct idlc_place place;
};

static bool is_core(enum parse_word word)
{
  return word == WORD_CHAR || word == WORD_FLOAT || word == WORD_DOUBLE || word == WORD_VOID ||
         (word >= WORD_SMALL && word <= WORD_INT3264);
}

static bool any_base_word(const struct base_words *b)
{
  return b->is_unsigned || b->is_signed || b->is_short || b->is_int || b->longs > 0 ||
         b->core != WORD_NONE;
}

/* `unsigned byte;` declares byte, `unsigned byte x;` does not. small and hyper are words always. */
static bool core_is_name(struct parser *p, const struct base_words *b)
{
  const struct parse_token *next;

  if (p->tok.word <= WORD_LAST_OF_C || !any_base_word(b))
    return false;
  if (b->core != WORD_NONE || b->is_short || b->is_int || b->longs > 0)
    return true;
  if (p->tok.word == WORD_SMALL || p->tok.word == WORD_HYPER ||
      (p->tok.word >= WORD_INT8 && p->tok.word <= WORD_INT3264))
    return false;
  next = parse_peek(p, 1);
  return !parse_is_word(next) && !parse_is_mark(next, '*') && !parse_is_mark(next, ')');
}

/* Takes one more word; false: it belongs to something else. */
static bool take_base_word(struct parser *p, struct base_words *b)
{
  enum parse_word word = p->tok.word;

  if (!parse_is_word(&p->tok))
    return false;
  b->is_unsigned = b->is_unsigned || word == WORD_UNSIGNED;
  b->is_signed = b->is_signed || word == WORD_SIGNED;
  b->is_short = b->is_short || word == WORD_SHORT;
  b->is_int = b->is_int || word == WORD_INT;
  b->longs += word == WORD_LONG;
  if (word == WORD_UNSIGNED || word == WORD_SIGNED || word == WORD_SHORT || word == WORD_INT ||
      word == WORD_LONG)
    return true;
  if (!is_core(word) || b->core != WORD_NONE || core_is_name(p, b))
    return false;
  b->core = word;
  return true;
}

/* The integers: row by size, column by sign. */
static enum idlc_base integer_of(unsigned row, bool is_unsigned)
{
  static const enum idlc_base integers[5][2] = {{IDLC_INT8, IDLC_UINT8},
                                                {IDLC_INT16, IDLC_UINT16},
                                                {IDLC_INT32, IDLC_UINT32},
                                                {IDLC_INT64, IDLC_UINT64},
                                                {IDLC_INT3264, IDLC_UINT3264}};

  return integers[row][is_unsigned];
}

/* Base types that have no sign and go with no other word. */
static enum idlc_base lone_base(enum parse_word core)
{
  switch ((int)core) {
  case WORD_VOID:
    return IDLC_VOID;
  case WORD_BYTE:
    return IDLC_BYTE;
  case WORD_BOOLEAN:
    return IDLC_BOOLEAN;
  case WORD_WCHAR:
    return IDLC_WCHAR;
  case WORD_HANDLE:
    return IDLC_HANDLE;
  case WORD_FLOAT:
    return IDLC_FLOAT;
  case WORD_DOUBLE:
    return IDLC_DOUBLE;
  default:
    return IDLC_ERROR_STATUS;
  }
}

static bool base_of(const struct base_words *b, enum idlc_base *out_base)
{
  bool sized = b->is_short || b->longs > 0;

  switch ((int)b->core) {
  case WORD_NONE:
    *out_base = integer_of(b->is_short ? 1 : b->longs == 2 ? 3 : 2, b->is_unsigned);
    return b->longs <= 2 && !(b->is_short && b->longs > 0);
  case WORD_CHAR:
    *out_base = b->is_unsigned ? IDLC_UINT8 : b->is_signed ? IDLC_INT8 : IDLC_CHAR8;
    return !sized && !b->is_int;
  case WORD_SMALL:
  case WORD_INT8:
    *out_base = integer_of(0, b->is_unsigned);
    return !sized;
  case WORD_INT16:
    *out_base = integer_of(1, b->is_unsigned);
    return !sized;
  case WORD_INT32:
    *out_base = integer_of(2, b->is_unsigned);
    return !sized;
  case WORD_HYPER:
  case WORD_INT64:
    *out_base = integer_of(3, b->is_unsigned);
    return !sized;
  case WORD_INT3264:
    *out_base = integer_of(4, b->is_unsigned);
    return !sized;
  default:
    *out_base = lone_base(b->core);
    return !sized && !b->is_int && !b->is_unsigned && !b->is_signed;
  }
}

static bool parse_base(struct parser *p, struct idlc_spec *spec, bool *out_const)
{
  struct base_words b = {.place = p->tok.t.place};

  spec->kind = IDLC_SPEC_BASE;
  while (take_base_word(p, &b)) {
    parse_advance(p);
    parse_qualifiers(p, out_const);
  }
  if ((b.is_unsigned && b.is_signed) || !base_of(&b, &spec->base)) {
    parse_error(p, b.place, NULL, "these words do not make a base type together");
    return false;
  }
  return true;
}

/* ---- struct, union, enum ---- */

/* switch (type name) member */
static bool parse_union_switch(struct parser *p, struct idlc_spec *spec)
{
  bool is_const = false;

  parse_advance(p);
  if (!parse_expect(p, '(', "switch"))
    return false;
  spec->switch_spec = parse_spec(p, &is_const);
  if (!spec->switch_spec)
    return false;
  spec->switch_name = parse_name(p, "the discriminant");
  if (!spec->switch_name || !parse_expect(p, ')', "the discriminant"))
    return false;
  if (parse_is_name(&p->tok)) {
    spec->union_name = p->tok.t.text;
    parse_advance(p);
  }
  return parse_at(p, '{') || parse_expected(p, "'{' and the arms of the union", NULL);
}

static bool parse_body(struct parser *p, struct idlc_spec *spec)
{
  spec->is_defined = true;
  return spec->kind == IDLC_SPEC_ENUM ? parse_enumerators(p, spec) : parse_members(p, spec);
}

/* struct [attributes] tag { ... }, each part but one may be missing. */
static bool parse_tagged(struct parser *p, struct idlc_spec *spec)
{
  spec->kind = p->tok.word == WORD_STRUCT  ? IDLC_SPEC_STRUCT
               : p->tok.word == WORD_UNION ? IDLC_SPEC_UNION
                                           : IDLC_SPEC_ENUM;
  parse_advance(p);
  if (!parse_attrs(p, &spec->attrs))
    return false;
  while (parse_is_name(&p->tok) && is_note(p->tok.t.text))
    parse_skip_calling(p);
  if (parse_is_name(&p->tok)) {
    spec->name = p->tok.t.text;
    parse_advance(p);
  }
  if (spec->kind == IDLC_SPEC_UNION && p->tok.word == WORD_SWITCH && !parse_union_switch(p, spec))
    return false;
  if (parse_at(p, '{'))
    return parse_body(p, spec);
  return spec->name || parse_expected(p, "a tag or '{'", NULL);
}

/* ---- the others ---- */

static bool parse_pipe(struct parser *p, struct idlc_spec *spec)
{
  spec->kind = IDLC_SPEC_PIPE;
  parse_advance(p);
  spec->of = parse_type(p, &spec->pointers);
  return spec->of != NULL;
}

static bool parse_safearray(struct parser *p, struct idlc_spec *spec)
{
  spec->kind = IDLC_SPEC_SAFEARRAY;
  parse_advance(p);
  parse_advance(p);
  spec->of = parse_type(p, &spec->pointers);
  return spec->of && parse_expect(p, ')', "the type of the elements");
}

static bool parse_interface_type(struct parser *p, struct idlc_spec *spec)
{
  spec->kind = IDLC_SPEC_INTERFACE;
  parse_advance(p);
  spec->name = parse_name(p, "an interface");
  return spec->name != NULL;
}

static bool parse_type_word(struct parser *p, struct idlc_spec *spec)
{
  spec->kind = IDLC_SPEC_NAME;
  spec->name = p->tok.t.text;
  parse_advance(p);
  if (parse_at(p, '<') || parse_at(p, '.')) {
    parse_error(p, p->tok.t.place, "namespaces and generic types belong to the Windows Runtime",
                "'%.60s%c' is no type of MIDL", spec->name, (int)p->tok.t.mark);
    return false;
  }
  return true;
}

/* The token is a word that begins a type when next follows it. */
static bool begins_type(const struct parse_token *t, const struct parse_token *next)
{
  if (t->word == WORD_SAFEARRAY)
    return parse_is_mark(next, '(');
  if (t->word == WORD_PIPE)
    return parse_is_word(next);
  return t->word == WORD_INTERFACE || t->word == WORD_DISPINTERFACE || t->word == WORD_COCLASS
             ? parse_is_name(next)
             : true;
}

static bool parse_spec_kind(struct parser *p, struct idlc_spec *spec, bool *out_const)
{
  enum parse_word word = p->tok.word;

  if (!parse_is_word(&p->tok))
    return parse_expected(p, "a type", NULL);
  if (word == WORD_STRUCT || word == WORD_UNION || word == WORD_ENUM)
    return parse_tagged(p, spec);
  if (is_core(word) || (word >= WORD_UNSIGNED && word <= WORD_INT))
    return parse_base(p, spec, out_const);
  if (!parse_is_name(&p->tok))
    return parse_expected(p, "a type", NULL);
  if (word == WORD_NONE || !begins_type(&p->tok, parse_peek(p, 1)))
    return parse_type_word(p, spec);
  if (word == WORD_PIPE)
    return parse_pipe(p, spec);
  if (word == WORD_SAFEARRAY)
    return parse_safearray(p, spec);
  if (word == WORD_INTERFACE || word == WORD_DISPINTERFACE || word == WORD_COCLASS)
    return parse_interface_type(p, spec);
  return parse_type_word(p, spec);
}

struct idlc_spec *parse_spec(struct parser *p, bool *out_const)
{
  struct idlc_spec *spec = parse_new(p, sizeof *spec);
  bool ok;

  if (!spec || !parse_enter(p))
    return NULL;
  parse_qualifiers(p, out_const);
  spec->place = p->tok.t.place;
  ok = parse_spec_kind(p, spec, out_const);
  parse_leave(p);
  if (!ok)
    return NULL;
  parse_qualifiers(p, out_const);
  if (spec->is_defined && spec->name)
    parse_type_name(p, spec->name);
  return spec;
}

struct idlc_spec *parse_type(struct parser *p, unsigned *out_pointers)
{
  bool is_const = false;
  struct idlc_spec *spec = parse_spec(p, &is_const);

  if (!spec)
    return NULL;
  *out_pointers = 0;
  while (parse_accept(p, '*')) {
    if (++*out_pointers > PARSE_DERIVE_MAX) {
      parse_error(p, p->tok.t.place, NULL, "more than %u pointers", PARSE_DERIVE_MAX);
      return NULL;
    }
    parse_qualifiers(p, &is_const);
  }
  return spec;
}

bool parse_is_type(struct parser *p, const struct parse_token *t, bool names)
{
  if (!parse_is_word(t))
    return false;
  if (t->word == WORD_CONST || t->word == WORD_VOLATILE ||
      (t->word >= WORD_STRUCT && t->word <= WORD_VOID))
    return true;
  if (t->word >= WORD_INT8 && t->word <= WORD_INT3264)
    return true;
  if (t == &p->tok && t->word >= WORD_SMALL && t->word <= WORD_LAST_OF_TYPES)
    return begins_type(t, parse_peek(p, 1)) && parse_is_word(parse_peek(p, 1));
  return names && parse_is_type_name(p, t->t.text);
}
