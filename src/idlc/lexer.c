/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/lexer.h"

#include <string.h>

static bool is_digit(unsigned c)
{
  return c >= '0' && c <= '9';
}

static bool is_word_start(unsigned c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool lexer_is_word(uint8_t c)
{
  return is_word_start(c) || is_digit(c);
}

bool lexer_is_mark(const struct lexer_token *t, uint32_t mark)
{
  return t->kind == LEXER_MARK && t->mark == mark;
}

bool lexer_is_uuid(const char *text)
{
  for (unsigned i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    char low = (char)(text[i] | 0x20);
    if (dash ? text[i] != '-' : !(is_digit((uint8_t)text[i]) || (low >= 'a' && low <= 'f')))
      return false;
  }
  return true;
}

/* ---- the text ---- */

/* Bytes of a line splice: a backslash, blanks that nobody sees, the end of the line. */
static size_t splice_size(const uint8_t *p, const uint8_t *end)
{
  size_t n = 1;

  if (*p != '\\')
    return 0;
  while (p + n < end && (p[n] == ' ' || p[n] == '\t' || p[n] == '\r'))
    n++;
  return p + n < end && p[n] == '\n' ? n + 1 : 0;
}

static uint32_t splices_count(const uint8_t *p, const uint8_t *end)
{
  uint32_t n = 0;

  while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
    n += splice_size(p, end) != 0;
    p++;
  }
  return n;
}

/* A copy of the text without them; where they were is kept, so that places stay right. */
static bool lexer_unsplice(struct lexer *l, uint32_t n)
{
  size_t size = (size_t)(l->end - l->begin), out = 0;
  uint8_t *text = portero_arena_alloc(l->s->arena, size);
  uint32_t *splices = portero_arena_array(l->s->arena, n, sizeof *splices);

  if (!text || !splices) {
    l->s->out_of_memory = true;
    return false;
  }
  for (const uint8_t *p = l->begin; p < l->end;) {
    size_t skip = splice_size(p, l->end);
    if (skip && l->n_splices < n)
      splices[l->n_splices++] = (uint32_t)out;
    else
      text[out++] = *p;
    p += skip ? skip : 1;
  }
  l->begin = l->at = l->line_begin = text;
  l->end = text + out;
  l->splices = splices;
  return true;
}

void lexer_init(struct lexer *l, struct idlc_sources *s, const char *text, size_t length)
{
  memset(l, 0, sizeof *l);
  l->s = s;
  l->begin = l->at = l->line_begin = (const uint8_t *)text;
  l->end = l->begin + length;
  l->line = 1;
  l->line_start = true;
}

static bool lexer_is_utf16(const struct lexer *l)
{
  return l->end - l->begin >= 2 && ((l->begin[0] == 0xff && l->begin[1] == 0xfe) ||
                                    (l->begin[0] == 0xfe && l->begin[1] == 0xff));
}

bool lexer_open(struct lexer *l, struct idlc_sources *s, uint16_t file)
{
  struct portero_bytes text = s->files[file].text;
  uint32_t n;

  lexer_init(l, s, text.data ? (const char *)text.data : "", text.data ? text.size : 0);
  l->file = file;
  if (lexer_is_utf16(l)) {
    idlc_error(s, lexer_place(l), "convert it: iconv -f UTF-16 -t UTF-8", "the file is UTF-16");
    return false;
  }
  if (l->end - l->begin >= 3 && memcmp(l->begin, "\xef\xbb\xbf", 3) == 0)
    l->begin = l->at = l->line_begin = l->begin + 3;
  n = splices_count(l->begin, l->end);
  return n == 0 || lexer_unsplice(l, n);
}

static unsigned lexer_peek(const struct lexer *l, size_t ahead)
{
  return (size_t)(l->end - l->at) > ahead ? l->at[ahead] : 0;
}

/* The splices up to here have each begun a line. */
static void lexer_catch_up(struct lexer *l)
{
  while (l->next_splice < l->n_splices && l->begin + l->splices[l->next_splice] <= l->at) {
    l->line_begin = l->begin + l->splices[l->next_splice++];
    l->line++;
  }
}

struct idlc_place lexer_place(struct lexer *l)
{
  struct idlc_place place;
  size_t column;

  lexer_catch_up(l);
  column = (size_t)(l->at - l->line_begin) + 1;
  place.file = l->file;
  place.line = l->line;
  place.column = column < UINT16_MAX ? (uint16_t)column : UINT16_MAX;
  return place;
}

/* ---- between tokens ---- */

static void lexer_newline(struct lexer *l)
{
  lexer_catch_up(l);
  l->at++;
  l->line++;
  l->line_begin = l->at;
}

static void lexer_comment(struct lexer *l)
{
  struct idlc_place place = lexer_place(l);

  l->at += 2;
  while (l->at < l->end) {
    if (l->at[0] == '*' && lexer_peek(l, 1) == '/') {
      l->at += 2;
      return;
    }
    if (l->at[0] == '\n')
      lexer_newline(l);
    else
      l->at++;
  }
  if (!l->quiet)
    idlc_error(l->s, place, "end it with '*/'", "this comment does not end");
}

static void lexer_line_comment(struct lexer *l)
{
  const uint8_t *end = memchr(l->at, '\n', (size_t)(l->end - l->at));

  l->at = end ? end : l->end;
}

/* Blanks, as they are found in text that was copied from a page too: U+00A0, U+FEFF. */
static size_t lexer_blank(const struct lexer *l)
{
  unsigned c = l->at[0];

  if (c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') || c == 0x1a)
    return 1;
  if (c == 0xc2 && lexer_peek(l, 1) == 0xa0)
    return 2;
  return c == 0xef && lexer_peek(l, 1) == 0xbb && lexer_peek(l, 2) == 0xbf ? 3 : 0;
}

bool lexer_skip(struct lexer *l)
{
  const uint8_t *from = l->at;

  while (l->at < l->end) {
    size_t blank = lexer_blank(l);
    if (blank) {
      l->at += blank;
    } else if (l->at[0] == '\n' && !l->in_directive) {
      lexer_newline(l);
      l->line_start = true;
    } else if (l->at[0] == '/' && lexer_peek(l, 1) == '*') {
      lexer_comment(l);
    } else if (l->at[0] == '/' && lexer_peek(l, 1) == '/') {
      lexer_line_comment(l);
    } else {
      break;
    }
  }
  return l->at != from;
}

/* ---- tokens ---- */

static void lexer_name(struct lexer *l, struct lexer_token *t)
{
  const uint8_t *p = l->at;

  while (p < l->end && lexer_is_word(*p))
    p++;
  t->kind = LEXER_NAME;
  t->symbol = idlc_intern(l->s, (const char *)l->at, (size_t)(p - l->at));
  l->at = p;
}

/* "1.5", "0x1f", "1e-5"; of "0..5" only the 0; no sign belongs to "0x1e". */
static void lexer_number(struct lexer *l, struct lexer_token *t)
{
  bool hex = l->at[0] == '0' && (lexer_peek(l, 1) | 0x20) == 'x';
  unsigned last = 0;

  t->kind = LEXER_NUMBER;
  while (l->at < l->end) {
    unsigned c = l->at[0];
    bool sign = (c == '+' || c == '-') && (last | 0x20) == 'e' && !hex;
    bool point = c == '.' && lexer_peek(l, 1) != '.';
    if (!lexer_is_word((uint8_t)c) && !sign && !point)
      break;
    last = c;
    l->at++;
  }
}

/* An unfinished one gets its quote, so that whoever comes later sees only whole ones. */
static void lexer_repair(struct lexer *l, struct lexer_token *t, uint8_t quote)
{
  size_t length = (size_t)((const char *)l->at - t->text);
  char *text;

  while (length && t->text[length - 1] == '\\')
    length--;
  text = portero_arena_alloc(l->s->arena, length + 1);
  if (!text) {
    l->s->out_of_memory = true;
    t->kind = LEXER_OTHER;
    return;
  }
  memcpy(text, t->text, length);
  text[length] = (char)quote;
  t->text = text;
  t->length = (uint32_t)length + 1;
}

static void lexer_quoted(struct lexer *l, struct lexer_token *t)
{
  bool wide = l->at[0] == 'L';
  uint8_t quote = l->at[wide];

  if (quote == '\'')
    t->kind = LEXER_CHAR;
  else
    t->kind = wide ? LEXER_WTEXT : LEXER_TEXT;
  l->at += 1 + wide;
  while (l->at < l->end && l->at[0] != '\n' && l->at[0] != quote)
    l->at += l->at[0] == '\\' && l->end - l->at > 1 && l->at[1] != '\n' ? 2 : 1;
  if (l->at < l->end && l->at[0] == quote) {
    l->at++;
    return;
  }
  if (!l->quiet)
    idlc_error(l->s, t->place, "it has to end on the line where it begins",
               "the closing %s is missing", quote == '"' ? "'\"'" : "quote");
  lexer_repair(l, t, quote);
}

static void lexer_mark(struct lexer *l, struct lexer_token *t)
{
  static const char pairs[][3] = {"<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "->", "..", "##"};
  unsigned a = l->at[0], b = lexer_peek(l, 1);

  t->kind = LEXER_MARK;
  t->mark = a;
  if (a == '.' && b == '.' && lexer_peek(l, 2) == '.') {
    t->mark = IDLC_ELLIPSIS;
    l->at += 3;
    return;
  }
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    if (a == (uint8_t)pairs[i][0] && b == (uint8_t)pairs[i][1])
      t->mark = IDLC_PAIR(a, b);
  l->at += t->mark > 0xff ? 2 : 1;
}

/* One character, which may be several bytes. */
static void lexer_other(struct lexer *l, struct lexer_token *t)
{
  t->kind = LEXER_OTHER;
  l->at++;
  if (l->at[-1] < 0xc0)
    return;
  while (l->at < l->end && (l->at[0] & 0xc0) == 0x80 && (const char *)l->at - t->text < 4)
    l->at++;
}

static void lexer_token(struct lexer *l, struct lexer_token *t)
{
  unsigned c = l->at[0], next = lexer_peek(l, 1);

  if (c == '"' || c == '\'' || (c == 'L' && (next == '"' || next == '\'')))
    lexer_quoted(l, t);
  else if (is_word_start(c))
    lexer_name(l, t);
  else if (is_digit(c) || (c == '.' && is_digit(next)))
    lexer_number(l, t);
  else if (c && strchr("#%&()*+,-./:;<=>?[]^{|}~!", (int)c))
    lexer_mark(l, t);
  else
    lexer_other(l, t);
}

void lexer_next(struct lexer *l, struct lexer_token *out_token)
{
  struct lexer_token *t = out_token;

  memset(t, 0, sizeof *t);
  t->space_before = lexer_skip(l);
  t->place = lexer_place(l);
  t->text = (const char *)l->at;
  if (l->at == l->end || l->at[0] == '\n') {
    t->kind = l->at == l->end && !l->in_directive ? LEXER_END : LEXER_LINE_END;
    return;
  }
  t->line_start = l->line_start;
  l->line_start = false;
  lexer_token(l, t);
  if (!t->length)
    t->length = (uint32_t)((const char *)l->at - t->text);
}
