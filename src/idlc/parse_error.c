/* SPDX-License-Identifier: Apache-2.0 */
/* Complaining, and finding a place from which to go on. */
#include "src/idlc/parse.h"

#include <stdio.h>

/* One error for a place: what follows from it is not news. */
static bool said_before(struct parser *p, struct idlc_place place)
{
  bool same = p->last_error.line == place.line && p->last_error.column == place.column &&
              p->last_error.file == place.file;

  p->last_error = place;
  return same;
}

void parse_error(struct parser *p, struct idlc_place place, const char *hint, const char *format,
                 ...)
{
  char text[256];
  va_list args;

  if (p->quiet > 0 || idlc_hopeless(p->c->s) || said_before(p, place))
    return;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  idlc_error(p->c->s, place, hint, "%s", text);
}

static void describe(const struct idlc_token *t, char *out_text, size_t size)
{
  switch (t->kind) {
  case IDLC_END:
    (void)snprintf(out_text, size, "the end of the file");
    return;
  case IDLC_NAME:
  case IDLC_REAL:
  case IDLC_UUID:
    (void)snprintf(out_text, size, "'%.40s'", t->text);
    return;
  case IDLC_NUMBER:
    (void)snprintf(out_text, size, "the number %llu", (unsigned long long)t->value);
    return;
  case IDLC_TEXT:
  case IDLC_WTEXT:
    (void)snprintf(out_text, size, "a text");
    return;
  case IDLC_CHAR:
    (void)snprintf(out_text, size, "a character");
    return;
  case IDLC_MARK:
    break;
  }
  if (t->mark > 0xffff)
    (void)snprintf(out_text, size, "'...'");
  else if (t->mark > 0xff)
    (void)snprintf(out_text, size, "'%c%c'", (int)(t->mark >> 8), (int)(t->mark & 0xff));
  else
    (void)snprintf(out_text, size, "'%c'", (int)t->mark);
}

bool parse_expected(struct parser *p, const char *what, const char *hint)
{
  char found[64];

  describe(&p->tok.t, found, sizeof found);
  parse_error(p, p->tok.t.place, hint, "expected %s, found %s", what, found);
  return false;
}

bool parse_expect(struct parser *p, uint32_t mark, const char *after)
{
  if (parse_accept(p, mark))
    return true;
  parse_error(p, p->end, NULL, "expected '%c' after %s", (int)mark, after);
  return false;
}

void parse_semicolon(struct parser *p, const char *after)
{
  if (parse_accept(p, ';'))
    return;
  parse_error(p, p->end, NULL, "expected ';' after %s", after);
  /* It was forgotten at the end of a line, or of a body. */
  if (parse_at(p, '}') || p->tok.t.place.line != p->end.line)
    return;
  parse_skip_item(p, p->braces);
}

const char *parse_name(struct parser *p, const char *what)
{
  char text[96];
  const char *name = p->tok.t.text;

  if (parse_is_name(&p->tok)) {
    parse_advance(p);
    return name;
  }
  (void)snprintf(text, sizeof text, "the name of %s", what);
  (void)parse_expected(p, text,
                       parse_is_word(&p->tok) ? "this is a word of the language itself" : NULL);
  return NULL;
}

void *parse_new(struct parser *p, size_t size)
{
  void *memory = portero_arena_alloc(p->c->s->arena, size);

  if (!memory)
    p->c->s->out_of_memory = true;
  return memory;
}

bool parse_enter(struct parser *p)
{
  if (p->c->nesting < PARSE_NESTING_MAX) {
    p->c->nesting++;
    return true;
  }
  if (!p->c->too_deep)
    parse_error(p, p->tok.t.place, NULL, "nested more than %u levels deep", PARSE_NESTING_MAX);
  p->c->too_deep = true;
  return false;
}

void parse_leave(struct parser *p)
{
  p->c->nesting--;
}

/* ---- skipping ---- */

/* What is skipped may hold a UUID, which read as a number would be one more error. */
static void skip_one(struct parser *p)
{
  parse_advance_uuid(p);
}

/* Behind the '}' of a block at this level: it was all, and not the beginning of `} name;`. */
static bool block_was_all(struct parser *p)
{
  return parse_at(p, '[') || parse_at(p, '}') || parse_at_end(p) || parse_at_declaration(p);
}

void parse_skip_item(struct parser *p, unsigned braces)
{
  p->parens = 0;
  while (!parse_at_end(p)) {
    if (p->braces <= braces && parse_at(p, '}'))
      break;
    if (p->braces <= braces && parse_accept(p, ';'))
      break;
    if (!parse_at(p, '{')) {
      skip_one(p);
      continue;
    }
    parse_skip_block(p);
    if (p->braces <= braces && block_was_all(p))
      break;
  }
  p->parens = 0;
}

void parse_skip_parens(struct parser *p, unsigned parens)
{
  while (!parse_at_end(p) && !parse_at(p, ';') && !parse_at(p, '}') && p->parens > parens) {
    if (parse_at(p, '{'))
      parse_skip_block(p);
    else
      skip_one(p);
  }
}

void parse_skip_block(struct parser *p)
{
  unsigned braces = p->braces;

  do
    skip_one(p);
  while (!parse_at_end(p) && p->braces > braces);
}

bool parse_at_declaration(struct parser *p)
{
  const struct parse_token *next;

  if (!parse_is_word(&p->tok))
    return false;
  switch ((int)p->tok.word) {
  case WORD_TYPEDEF:
    return true;
  case WORD_INTERFACE:
  case WORD_DISPINTERFACE:
  case WORD_COCLASS:
  case WORD_LIBRARY:
    next = parse_peek(p, 2);
    return parse_is_name(parse_peek(p, 1)) &&
           (parse_is_mark(next, '{') || parse_is_mark(next, ':'));
  case WORD_CPP_QUOTE:
    return parse_is_mark(parse_peek(p, 1), '(');
  case WORD_IMPORT:
    return parse_peek(p, 1)->t.kind == IDLC_TEXT;
  default:
    return false;
  }
}
