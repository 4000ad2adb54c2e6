/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Macros and what becomes of them. A macro is disabled while its expansion is read; its name found
 * there is painted and never expanded again, which is what ends recursion [C17] 6.10.3.4.
 */
#include "src/idlc/preprocessor.h"

#include <string.h>

#define FIRST_SLOTS 256u

/* ---- the table ---- */

static struct pp_slot *macro_slot(const struct idlc_preprocessor *p, const struct idlc_symbol *name)
{
  size_t at = name->hash & (p->n_slots - 1);

  while (p->slots[at].name && p->slots[at].name != name)
    at = (at + 1) & (p->n_slots - 1);
  return &p->slots[at];
}

struct pp_macro *pp_find(const struct idlc_preprocessor *p, const struct idlc_symbol *name)
{
  return p->n_slots ? macro_slot(p, name)->macro : NULL;
}

static bool macro_grow(struct idlc_preprocessor *p)
{
  struct pp_slot *old = p->slots;
  size_t n_old = p->n_slots, n = n_old ? n_old * 2 : FIRST_SLOTS;

  p->slots = portero_arena_array(p->s->arena, n, sizeof *p->slots);
  if (!p->slots) {
    p->slots = old;
    pp_out_of_memory(p);
    return false;
  }
  p->n_slots = n;
  for (size_t i = 0; i < n_old; i++)
    if (old[i].name)
      *macro_slot(p, old[i].name) = old[i];
  return true;
}

static bool macro_same_token(const struct lexer_token *a, const struct lexer_token *b)
{
  return a->kind == b->kind && a->mark == b->mark && a->length == b->length &&
         memcmp(a->text, b->text, a->length) == 0;
}

static bool macro_same(const struct pp_macro *a, const struct pp_macro *b)
{
  if (a->is_function != b->is_function || a->is_variadic != b->is_variadic ||
      a->n_params != b->n_params || a->body.n != b->body.n)
    return false;
  for (size_t i = 0; i < a->body.n; i++)
    if (!macro_same_token(&a->body.items[i], &b->body.items[i]))
      return false;
  return true;
}

void pp_define(struct idlc_preprocessor *p, struct pp_macro *macro)
{
  struct pp_slot *slot;

  if (p->n_macros * 2 >= p->n_slots && !macro_grow(p))
    return;
  slot = macro_slot(p, macro->name);
  if (slot->macro && !macro_same(slot->macro, macro)) {
    idlc_warn(p->s, macro->place, "#undef it before", "macro '%s' is defined differently again",
              macro->name->text);
    idlc_note(p->s, slot->macro->place, "it was defined here");
  }
  p->n_macros += slot->name == NULL;
  slot->name = macro->name;
  slot->macro = macro;
}

void pp_undefine(struct idlc_preprocessor *p, const struct idlc_symbol *name)
{
  if (p->n_slots)
    macro_slot(p, name)->macro = NULL;
}

/* ---- tokens made of tokens ---- */

/* Expansion is paid for: what it makes in all is bounded. */
static bool macro_spend(struct idlc_preprocessor *p, size_t n, struct idlc_place place)
{
  if (n <= PP_MAX_WORK - p->work) {
    p->work += (uint32_t)n;
    return !p->stopped;
  }
  if (!p->stopped)
    idlc_error(p->s, place, "does a macro call another one again and again?",
               "macros make more than %u tokens", PP_MAX_WORK);
  p->stopped = true;
  return false;
}

struct spelling {
  struct portero_writer w;
  uint8_t *buffer;
};

static bool spelling_begin(struct idlc_preprocessor *p, struct spelling *out, size_t capacity,
                           struct idlc_place place)
{
  if (capacity > PP_MAX_SPELLING) {
    idlc_error(p->s, place, NULL, "a macro makes a token of more than %u bytes", PP_MAX_SPELLING);
    return false;
  }
  if (!macro_spend(p, 1 + capacity / 16, place))
    return false;
  out->buffer = portero_arena_alloc(p->s->arena, capacity);
  if (!out->buffer) {
    pp_out_of_memory(p);
    return false;
  }
  portero_writer_init_fixed(&out->w, out->buffer, capacity);
  return true;
}

static void spelling_end(const struct spelling *made, struct lexer_token *t)
{
  t->text = (const char *)made->buffer;
  t->length = (uint32_t)made->w.size;
}

static bool is_quoted(const struct lexer_token *t)
{
  return t->kind == LEXER_TEXT || t->kind == LEXER_WTEXT || t->kind == LEXER_CHAR;
}

/* [C17] 6.10.3.2 */
static void macro_stringify(struct idlc_preprocessor *p, const struct pp_tokens *arg,
                            const struct lexer_token *hash, struct lexer_token *out)
{
  struct spelling made;
  size_t capacity = 2;

  memset(out, 0, sizeof *out);
  out->kind = LEXER_TEXT;
  out->place = hash->place;
  out->space_before = hash->space_before;
  out->text = "\"\"";
  out->length = 2;
  for (size_t i = 0; i < arg->n; i++)
    capacity += 1 + (size_t)arg->items[i].length * (is_quoted(&arg->items[i]) ? 2 : 1);
  if (!spelling_begin(p, &made, capacity, hash->place))
    return;
  portero_write_u8(&made.w, '"');
  for (size_t i = 0; i < arg->n; i++) {
    const struct lexer_token *t = &arg->items[i];
    if (i && t->space_before)
      portero_write_u8(&made.w, ' ');
    for (size_t j = 0; j < t->length; j++) {
      if (is_quoted(t) && (t->text[j] == '"' || t->text[j] == '\\'))
        portero_write_u8(&made.w, '\\');
      portero_write_u8(&made.w, (uint8_t)t->text[j]);
    }
  }
  portero_write_u8(&made.w, '"');
  spelling_end(&made, out);
}

/* a becomes a ## b; false when the two are no token (reported). [C17] 6.10.3.3 */
static bool macro_paste(struct idlc_preprocessor *p, struct lexer_token *a,
                        const struct lexer_token *b)
{
  struct spelling made;
  struct lexer_token t, end;
  struct lexer l;

  if (!spelling_begin(p, &made, (size_t)a->length + b->length, a->place))
    return false;
  portero_write_bytes(&made.w, a->text, a->length);
  portero_write_bytes(&made.w, b->text, b->length);
  lexer_init(&l, p->s, (const char *)made.buffer, made.w.size);
  l.quiet = true;
  lexer_next(&l, &t);
  lexer_next(&l, &end);
  if (t.kind == LEXER_END || t.kind == LEXER_OTHER || t.space_before || end.kind != LEXER_END) {
    idlc_error(p->s, a->place, NULL, "'%.*s' and '%.*s' together are no token",
               (int)(a->length < 60 ? a->length : 60), a->text,
               (int)(b->length < 60 ? b->length : 60), b->text);
    return false;
  }
  t.line_start = a->line_start;
  t.space_before = a->space_before;
  t.place = a->place;
  *a = t;
  return true;
}

/* ---- calls ---- */

struct call {
  const struct pp_macro *macro;
  struct lexer_token name;
  struct pp_tokens *args;  /* as written */
  struct pp_tokens *ready; /* expanded, when they were needed */
  bool *is_ready;
  struct pp_tokens out;
};

/* Tokens up to the ')' that ends the call. False: it never ends. */
static bool call_read(struct idlc_preprocessor *p, struct call *c, uint32_t *out_n)
{
  uint32_t slots = c->macro->n_params ? c->macro->n_params : 1, at = 0;
  unsigned nested = 0;
  struct lexer_token t;

  for (;;) {
    bool rest = c->macro->is_variadic && at + 1 == slots;
    pp_raw(p, &t);
    if (t.kind == LEXER_END) {
      if (!p->stopped)
        idlc_error(p->s, c->name.place, "every '(' needs its ')'",
                   "the arguments of macro '%s' do not end", c->macro->name->text);
      return false;
    }
    if (lexer_is_mark(&t, ')') && nested-- == 0)
      break;
    if (lexer_is_mark(&t, '('))
      nested++;
    if (lexer_is_mark(&t, ',') && !nested && !rest) {
      at++;
      continue;
    }
    t.space_before = t.space_before || t.line_start;
    if (!macro_spend(p, 1, c->name.place) || (at < slots && !pp_add(p, &c->args[at], &t)))
      return false;
  }
  *out_n = at + 1;
  return true;
}

static bool call_begin(struct idlc_preprocessor *p, struct call *c)
{
  size_t n = c->macro->n_params ? c->macro->n_params : 1;

  c->args = portero_arena_array(p->s->arena, n, sizeof *c->args);
  c->ready = portero_arena_array(p->s->arena, n, sizeof *c->ready);
  c->is_ready = portero_arena_array(p->s->arena, n, sizeof *c->is_ready);
  if (c->args && c->ready && c->is_ready)
    return macro_spend(p, n, c->name.place);
  pp_out_of_memory(p);
  return false;
}

static bool call_args(struct idlc_preprocessor *p, struct call *c)
{
  uint32_t n = 0, want = c->macro->n_params;

  if (!call_begin(p, c) || !call_read(p, c, &n))
    return false;
  if (want == 0 && n == 1 && c->args[0].n == 0)
    return true;
  if (n == want || (c->macro->is_variadic && n + 1 == want))
    return true;
  idlc_error(p->s, c->name.place, NULL, "macro '%s' takes %u argument%s, not %u",
             c->macro->name->text, want, want == 1 ? "" : "s", n);
  idlc_note(p->s, c->macro->place, "it is defined here");
  return false;
}

static const struct pp_tokens *call_expanded(struct idlc_preprocessor *p, struct call *c,
                                             uint32_t param)
{
  if (!c->is_ready[param]) {
    c->is_ready[param] = true;
    pp_expand(p, &c->args[param], &c->ready[param]);
  }
  return &c->ready[param];
}

static bool body_is_paste(const struct pp_tokens *body, size_t at)
{
  return at < body->n && lexer_is_mark(&body->items[at], IDLC_PAIR('#', '#'));
}

/* What stands at body[*at], without pasting; *at moves behind it. one holds a single token. */
static const struct pp_tokens *call_operand(struct idlc_preprocessor *p, struct call *c, size_t *at,
                                            struct pp_tokens *one, struct lexer_token *token)
{
  const struct pp_tokens *body = &c->macro->body;
  const struct lexer_token *t = &body->items[*at];
  size_t next = *at + 1;

  one->items = token;
  one->n = 1;
  if (c->macro->is_function && lexer_is_mark(t, '#')) {
    struct lexer_token hash = *t;
    hash.place = c->name.place;
    *at = next + 1;
    macro_stringify(p, &c->args[body->items[next].mark - 1], &hash, token);
    return one;
  }
  *at = next;
  if (t->kind == LEXER_NAME && t->mark) {
    bool pasted = body_is_paste(body, next) || (next >= 2 && body_is_paste(body, next - 2));
    return pasted ? &c->args[t->mark - 1] : call_expanded(p, c, t->mark - 1);
  }
  *token = *t;
  token->place = c->name.place;
  return one;
}

static bool call_append(struct idlc_preprocessor *p, struct call *c, const struct pp_tokens *list,
                        size_t from, bool space)
{
  if (!macro_spend(p, list->n, c->name.place))
    return false;
  for (size_t i = from; i < list->n; i++) {
    if (!pp_add(p, &c->out, &list->items[i]))
      return false;
    if (i == 0)
      c->out.items[c->out.n - 1].space_before = space;
  }
  return true;
}

/* The body with arguments in the place of parameters. */
static bool call_substitute(struct idlc_preprocessor *p, struct call *c)
{
  const struct pp_tokens *body = &c->macro->body;
  bool paste = false, left_empty = false;

  for (size_t at = 0; at < body->n && !p->stopped;) {
    bool space = body->items[at].space_before;
    struct lexer_token token;
    struct pp_tokens one;
    const struct pp_tokens *list;
    size_t from = 0;
    if (body_is_paste(body, at)) {
      paste = true;
      at++;
      continue;
    }
    list = call_operand(p, c, &at, &one, &token);
    if (paste && !left_empty && list->n && c->out.n)
      from = macro_paste(p, &c->out.items[c->out.n - 1], &list->items[0]);
    if (!call_append(p, c, list, from, space))
      return false;
    left_empty = list->n == 0 && (!paste || left_empty);
    paste = false;
  }
  return !p->stopped;
}

/* True: something else is to be read now. False: t stays what it is. */
static bool macro_enter(struct idlc_preprocessor *p, struct pp_macro *m,
                        const struct lexer_token *t)
{
  struct lexer_token next;
  struct call c;

  memset(&c, 0, sizeof c);
  c.macro = m;
  c.name = *t;
  if (m->is_function) {
    pp_raw(p, &next);
    if (!lexer_is_mark(&next, '(')) {
      struct lexer_token *back = portero_arena_alloc(p->s->arena, sizeof *back);
      if (!back) {
        pp_out_of_memory(p);
        return false;
      }
      *back = next;
      /* The end of a list comes again by itself. */
      if (next.kind != LEXER_END)
        (void)pp_push(p, back, 1, NULL);
      return false;
    }
    if (!call_args(p, &c))
      return true;
  }
  if (!macro_spend(p, 1, t->place) || !call_substitute(p, &c))
    return true;
  if (c.out.n) {
    c.out.items[0].space_before = t->space_before || t->line_start;
    (void)pp_push(p, c.out.items, c.out.n, m);
  }
  return true;
}

void pp_expanded(struct idlc_preprocessor *p, struct lexer_token *out_token)
{
  struct lexer_token *t = out_token;

  for (;;) {
    struct pp_macro *m;
    pp_raw(p, t);
    if (t->kind != LEXER_NAME || t->painted)
      return;
    m = pp_find(p, t->symbol);
    if (!m)
      return;
    if (m->disabled) {
      t->painted = true;
      return;
    }
    if (!macro_enter(p, m, t))
      return;
  }
}

/* `defined X`, `defined(X)`: X is not looked into. */
static bool behind_defined(const struct idlc_preprocessor *p, const struct pp_tokens *out)
{
  const struct lexer_token *last = out->n ? &out->items[out->n - 1] : NULL;

  if (last && out->n > 1 && lexer_is_mark(last, '('))
    last--;
  return p->in_if && last && last->kind == LEXER_NAME && last->symbol == p->sym_defined;
}

void pp_expand(struct idlc_preprocessor *p, const struct pp_tokens *list, struct pp_tokens *out)
{
  struct pp_context *barrier;
  struct lexer_token t;

  if (list->n == 0)
    return;
  if (p->depth >= PP_MAX_DEPTH) {
    idlc_error(p->s, list->items[0].place, NULL, "macro calls are nested deeper than %u",
               PP_MAX_DEPTH);
    p->stopped = true;
    return;
  }
  barrier = pp_push(p, list->items, list->n, NULL);
  if (!barrier)
    return;
  barrier->is_barrier = true;
  p->depth++;
  do {
    if (behind_defined(p, out))
      pp_raw(p, &t);
    else
      pp_expanded(p, &t);
  } while (t.kind != LEXER_END && macro_spend(p, 1, t.place) && pp_add(p, out, &t));
  p->depth--;
  while (p->contexts != barrier)
    pp_pop(p);
  pp_pop(p);
}
