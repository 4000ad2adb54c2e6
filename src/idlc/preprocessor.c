/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/preprocessor.h"

#include <string.h>

#define FIRST_TOKENS 8u
#define UUID_LENGTH  36u

void pp_out_of_memory(struct idlc_preprocessor *p)
{
  p->s->out_of_memory = true;
  p->stopped = true;
}

bool pp_add(struct idlc_preprocessor *p, struct pp_tokens *list, const struct lexer_token *t)
{
  if (list->n == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : FIRST_TOKENS;
    struct lexer_token *items = portero_arena_array(p->s->arena, capacity, sizeof *items);
    if (!items) {
      pp_out_of_memory(p);
      return false;
    }
    if (list->n)
      memcpy(items, list->items, list->n * sizeof *items);
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->n++] = *t;
  return true;
}

/* ---- contexts and files ---- */

struct pp_context *pp_push(struct idlc_preprocessor *p, const struct lexer_token *tokens, size_t n,
                           struct pp_macro *macro)
{
  struct pp_context *c = p->spare_contexts;

  if (c)
    p->spare_contexts = c->below;
  else
    c = portero_arena_alloc(p->s->arena, sizeof *c);
  if (!c) {
    pp_out_of_memory(p);
    return NULL;
  }
  c->below = p->contexts;
  c->at = tokens;
  c->end = n ? tokens + n : tokens;
  c->macro = macro;
  c->is_barrier = false;
  if (macro)
    macro->disabled = true;
  p->contexts = c;
  return c;
}

void pp_pop(struct idlc_preprocessor *p)
{
  struct pp_context *c = p->contexts;

  if (c->macro)
    c->macro->disabled = false;
  p->contexts = c->below;
  c->below = p->spare_contexts;
  p->spare_contexts = c;
}

void pp_enter_file(struct idlc_preprocessor *p, uint16_t file)
{
  struct pp_frame *frame = portero_arena_alloc(p->s->arena, sizeof *frame);

  if (!frame) {
    pp_out_of_memory(p);
    return;
  }
  if (!lexer_open(&frame->lexer, p->s, file))
    frame->lexer.at = frame->lexer.end;
  frame->below = p->frame;
  p->frame = frame;
  p->frame_depth++;
}

/* The end of the outermost file is read again and again. */
static bool pp_leave_file(struct idlc_preprocessor *p)
{
  pp_end_conditions(p, p->frame);
  p->frame->conditions = NULL;
  if (!p->frame->below)
    return false;
  p->frame = p->frame->below;
  p->frame_depth--;
  return true;
}

static void pp_from_file(struct idlc_preprocessor *p, struct lexer_token *t)
{
  for (;;) {
    lexer_next(&p->frame->lexer, t);
    if (p->stopped || idlc_hopeless(p->s)) {
      t->kind = LEXER_END;
      return;
    }
    if (t->line_start && lexer_is_mark(t, '#'))
      pp_directive(p);
    else if (t->kind != LEXER_END || !pp_leave_file(p))
      return;
  }
}

void pp_raw(struct idlc_preprocessor *p, struct lexer_token *out_token)
{
  while (p->contexts && !p->stopped) {
    struct pp_context *c = p->contexts;
    if (c->at < c->end) {
      *out_token = *c->at++;
      return;
    }
    if (c->is_barrier) {
      memset(out_token, 0, sizeof *out_token);
      return;
    }
    pp_pop(p);
  }
  pp_from_file(p, out_token);
}

/* ---- from preprocessing tokens to tokens ---- */

static void pp_take(struct idlc_preprocessor *p, struct lexer_token *t)
{
  if (p->at_ahead < p->n_ahead && !p->stopped)
    *t = p->ahead[p->at_ahead++];
  else
    pp_expanded(p, t);
}

/* Puts back the n tokens that were taken last. */
static void pp_untake(struct idlc_preprocessor *p, const struct lexer_token *t, unsigned n)
{
  /* While some are left, these came from the same place. */
  if (p->at_ahead < p->n_ahead) {
    p->at_ahead -= n;
    return;
  }
  for (unsigned i = 0; i < n; i++)
    p->ahead[i] = t[i];
  p->at_ahead = 0;
  p->n_ahead = n;
}

static void token_text(struct idlc_preprocessor *p, struct idlc_token *out, const char *text,
                       size_t length)
{
  out->text = portero_arena_text(p->s->arena, text, length);
  if (!out->text) {
    pp_out_of_memory(p);
    out->text = "";
    length = 0;
  }
  out->length = (uint32_t)length;
}

static void token_intern(struct idlc_preprocessor *p, struct idlc_token *out, const char *text,
                         size_t length)
{
  const struct idlc_symbol *symbol = idlc_intern(p->s, text, length);

  out->text = symbol->text;
  out->length = symbol->length;
}

/* A literal and those that follow it are one. */
static void token_join(struct idlc_preprocessor *p, const struct lexer_token *first,
                       struct idlc_token *out)
{
  struct pp_tokens parts = {NULL, 0, 0};
  struct lexer_token t = *first;
  struct portero_writer w;
  const char *text;
  char *buffer;
  size_t length, total = 0;

  out->kind = IDLC_TEXT;
  for (; t.kind == LEXER_TEXT || t.kind == LEXER_WTEXT; pp_take(p, &t)) {
    if (t.kind == LEXER_WTEXT)
      out->kind = IDLC_WTEXT;
    total += t.length;
    if (!pp_add(p, &parts, &t))
      break;
  }
  pp_untake(p, &t, 1);
  if (parts.n <= 1) {
    literal_inside(first, &text, &length);
    token_text(p, out, text, length);
    return;
  }
  buffer = portero_arena_alloc(p->s->arena, total);
  if (!buffer) {
    pp_out_of_memory(p);
    out->text = "";
    return;
  }
  portero_writer_init_fixed(&w, buffer, total);
  for (size_t i = 0; i < parts.n; i++) {
    literal_inside(&parts.items[i], &text, &length);
    portero_write_bytes(&w, text, length);
  }
  out->text = buffer;
  out->length = (uint32_t)w.size;
}

static void token_stray(struct idlc_preprocessor *p, const struct lexer_token *t)
{
  uint8_t c = (uint8_t)t->text[0];

  if (c >= 0xc2 && c < 0xf5)
    idlc_error(p->s, t->place, "outside comments and quotes there is only ASCII",
               "stray character '%.*s'", (int)t->length, t->text);
  else if (c < ' ' || c > '~')
    idlc_error(p->s, t->place, NULL, "stray byte 0x%02x", c);
  else if (c == '#')
    idlc_error(p->s, t->place, "a directive begins its line", "stray '#'");
  else
    idlc_error(p->s, t->place, NULL, "stray '%c'", c);
}

/* False: it was nothing, and that was reported. */
static bool token_make(struct idlc_preprocessor *p, const struct lexer_token *t,
                       struct idlc_token *out)
{
  memset(out, 0, sizeof *out);
  out->place = t->place;
  switch ((enum lexer_kind)t->kind) {
  case LEXER_END:
  case LEXER_LINE_END:
    out->kind = IDLC_END;
    return true;
  case LEXER_NAME:
    out->kind = IDLC_NAME;
    out->text = t->symbol->text;
    out->length = t->symbol->length;
    return true;
  case LEXER_NUMBER:
    literal_number(p->s, t, out);
    token_intern(p, out, t->text, t->length);
    return true;
  case LEXER_TEXT:
  case LEXER_WTEXT:
    token_join(p, t, out);
    return true;
  case LEXER_CHAR:
    out->kind = IDLC_CHAR;
    out->value = literal_char(p->s, t);
    return true;
  case LEXER_MARK:
    out->kind = IDLC_MARK;
    out->mark = t->mark;
    if (t->mark != '#' && t->mark != IDLC_PAIR('#', '#'))
      return true;
    break;
  case LEXER_OTHER:
    break;
  }
  token_stray(p, t);
  return false;
}

struct idlc_token idlc_next(struct idlc_preprocessor *p)
{
  struct idlc_token out;
  struct lexer_token t;

  do
    pp_take(p, &t);
  while (!token_make(p, &t, &out));
  return out;
}

/* ---- UUIDs ---- */

static void token_uuid(struct idlc_preprocessor *p, struct idlc_token *out, struct idlc_place place,
                       const char *text)
{
  memset(out, 0, sizeof *out);
  out->kind = IDLC_UUID;
  out->place = place;
  token_text(p, out, text, UUID_LENGTH);
}

/* The text itself, where no macro is at work: "1e5f..." would be a number, "0x..." another. */
static bool uuid_in_file(struct idlc_preprocessor *p, struct idlc_token *out)
{
  struct lexer *l = &p->frame->lexer;
  const char *text;

  while (p->contexts && p->contexts->at == p->contexts->end)
    pp_pop(p);
  if (p->contexts || p->at_ahead < p->n_ahead || p->stopped || idlc_hopeless(p->s))
    return false;
  (void)lexer_skip(l);
  text = (const char *)l->at;
  if ((size_t)(l->end - l->at) < UUID_LENGTH || !lexer_is_uuid(text))
    return false;
  if ((size_t)(l->end - l->at) > UUID_LENGTH && lexer_is_word(l->at[UUID_LENGTH]))
    return false;
  token_uuid(p, out, lexer_place(l), text);
  l->at += UUID_LENGTH;
  l->line_start = false;
  return true;
}

static bool uuid_in_quotes(struct idlc_preprocessor *p, const struct lexer_token *t,
                           struct idlc_token *out)
{
  const char *text;
  size_t length;

  literal_inside(t, &text, &length);
  if (length == UUID_LENGTH + 2 && text[0] == '{' && text[length - 1] == '}') {
    text++;
    length -= 2;
  }
  if (length != UUID_LENGTH || !lexer_is_uuid(text))
    return false;
  token_uuid(p, out, t->place, text);
  return true;
}

/* A macro's: the tokens that it became, put together again. */
static bool uuid_in_tokens(struct idlc_preprocessor *p, const struct lexer_token *first,
                           struct idlc_token *out)
{
  struct lexer_token t[PP_MAX_AHEAD];
  char text[UUID_LENGTH];
  unsigned n = 0;
  size_t length = 0;

  t[0] = *first;
  for (;;) {
    const struct lexer_token *part = &t[n++];
    bool fits = part->kind == LEXER_NAME || part->kind == LEXER_NUMBER || lexer_is_mark(part, '-');
    if (!fits || part->length > UUID_LENGTH - length)
      break;
    memcpy(text + length, part->text, part->length);
    length += part->length;
    if (length == UUID_LENGTH && lexer_is_uuid(text)) {
      token_uuid(p, out, first->place, text);
      return true;
    }
    if (n == PP_MAX_AHEAD || length == UUID_LENGTH)
      break;
    pp_take(p, &t[n]);
  }
  pp_untake(p, t + 1, n - 1);
  return false;
}

struct idlc_token idlc_next_uuid(struct idlc_preprocessor *p)
{
  struct idlc_token out;
  struct lexer_token t;
  bool found = uuid_in_file(p, &out);

  if (found)
    return out;
  pp_take(p, &t);
  if (t.kind == LEXER_TEXT || t.kind == LEXER_WTEXT)
    found = uuid_in_quotes(p, &t, &out);
  else if (t.kind == LEXER_NAME || t.kind == LEXER_NUMBER)
    found = uuid_in_tokens(p, &t, &out);
  if (found || token_make(p, &t, &out))
    return out;
  return idlc_next(p);
}

/* ---- beginning ---- */

static void pp_define_option(struct idlc_preprocessor *p, const char *name, const char *value)
{
  static const struct idlc_place nowhere = {0, 0, 0};
  size_t n = strlen(name), m = strlen(value);
  char *text = portero_arena_alloc(p->s->arena, n + m + 2);
  struct lexer l;

  if (!text) {
    pp_out_of_memory(p);
    return;
  }
  for (size_t i = 0; i < n; i++) {
    if (!lexer_is_word((uint8_t)name[i]) || (i == 0 && name[0] <= '9')) {
      idlc_error(p->s, nowhere, "write -D NAME or -D NAME=VALUE", "'%s' is not a macro's name",
                 name);
      return;
    }
  }
  memcpy(text, name, n);
  text[n] = ' ';
  memcpy(text + n + 1, value, m);
  lexer_init(&l, p->s, text, n + m + 1);
  l.in_directive = true;
  pp_read_define(p, &l);
}

struct idlc_preprocessor *idlc_preprocessor_new(struct idlc_sources *s, uint16_t file,
                                                const struct idlc_define *defines,
                                                unsigned n_defines)
{
  struct idlc_preprocessor *p = portero_arena_alloc(s->arena, sizeof *p);

  if (!p) {
    s->out_of_memory = true;
    return NULL;
  }
  p->s = s;
  p->sym_defined = idlc_intern(s, "defined", 7);
  p->sym_va_args = idlc_intern(s, "__VA_ARGS__", 11);
  pp_define_option(p, "__midl", "600");
  for (unsigned i = 0; i < n_defines; i++)
    pp_define_option(p, defines[i].name, defines[i].value ? defines[i].value : "1");
  pp_enter_file(p, file);
  return p->frame ? p : NULL;
}

const char *idlc_name(struct idlc_preprocessor *p, const char *text)
{
  return idlc_intern(p->s, text, strlen(text))->text;
}
