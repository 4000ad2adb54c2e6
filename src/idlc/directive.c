/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/preprocessor.h"

#include <string.h>

/* ---- #define ---- */

static void define_complain(struct idlc_preprocessor *p, const struct lexer_token *t,
                            const char *hint, const char *what)
{
  idlc_error(p->s, t->place, hint, "expected %s", what);
}

static bool define_add_param(struct idlc_preprocessor *p, struct pp_macro *m,
                             const struct lexer_token *t)
{
  const struct idlc_symbol **params = m->params;
  uint32_t n = m->n_params;

  for (uint32_t i = 0; i < n; i++) {
    if (params[i] == t->symbol) {
      idlc_error(p->s, t->place, NULL, "macro parameter '%s' is there twice", t->symbol->text);
      return false;
    }
  }
  if (n >= PP_MAX_DEPTH) {
    idlc_error(p->s, t->place, NULL, "a macro has at most %u parameters", PP_MAX_DEPTH);
    return false;
  }
  if (!params)
    params = portero_arena_array(p->s->arena, PP_MAX_DEPTH, sizeof *params);
  if (!params) {
    pp_out_of_memory(p);
    return false;
  }
  params[n] = t->symbol;
  m->params = params;
  m->n_params++;
  return true;
}

/* Behind the '('. */
static bool define_params(struct idlc_preprocessor *p, struct lexer *l, struct pp_macro *m)
{
  struct lexer_token t;

  lexer_next(l, &t);
  if (lexer_is_mark(&t, ')'))
    return true;
  for (;;) {
    m->is_variadic = lexer_is_mark(&t, IDLC_ELLIPSIS);
    if (m->is_variadic) {
      t.kind = LEXER_NAME;
      t.symbol = p->sym_va_args;
    }
    if (t.kind != LEXER_NAME) {
      define_complain(p, &t, NULL, "the name of a macro parameter");
      return false;
    }
    if (!define_add_param(p, m, &t))
      return false;
    lexer_next(l, &t);
    if (lexer_is_mark(&t, ')'))
      return true;
    if (!lexer_is_mark(&t, ',') || m->is_variadic) {
      define_complain(p, &t, "the '(' is next to the name, so this is a macro with parameters",
                      m->is_variadic ? "')'" : "',' or ')'");
      return false;
    }
    lexer_next(l, &t);
  }
}

static uint32_t define_param_index(const struct pp_macro *m, const struct lexer_token *t)
{
  for (uint32_t i = 0; i < m->n_params && t->kind == LEXER_NAME; i++)
    if (m->params[i] == t->symbol)
      return i + 1;
  return 0;
}

static bool define_body(struct idlc_preprocessor *p, struct lexer *l, struct pp_macro *m)
{
  struct lexer_token t;

  for (lexer_next(l, &t); t.kind != LEXER_LINE_END; lexer_next(l, &t)) {
    uint32_t param = define_param_index(m, &t);
    const struct lexer_token *last = m->body.n ? &m->body.items[m->body.n - 1] : NULL;
    if (param)
      t.mark = param;
    else if (m->is_function && last && lexer_is_mark(last, '#')) {
      define_complain(p, &t, NULL, "a parameter of the macro behind '#'");
      return false;
    }
    if (!pp_add(p, &m->body, &t))
      return false;
  }
  if (m->body.n == 0)
    return true;
  m->body.items[0].space_before = false;
  if (lexer_is_mark(&m->body.items[0], IDLC_PAIR('#', '#')) ||
      lexer_is_mark(&m->body.items[m->body.n - 1], IDLC_PAIR('#', '#'))) {
    idlc_error(p->s, m->body.items[0].place, NULL, "'##' has to stand between two tokens");
    return false;
  }
  if (m->is_function && lexer_is_mark(&m->body.items[m->body.n - 1], '#')) {
    define_complain(p, &t, NULL, "a parameter of the macro behind '#'");
    return false;
  }
  return true;
}

static bool define_name(struct idlc_preprocessor *p, struct lexer *l, struct lexer_token *t)
{
  lexer_next(l, t);
  if (t->kind != LEXER_NAME)
    define_complain(p, t, NULL, "the name of a macro");
  else if (t->symbol == p->sym_defined)
    idlc_error(p->s, t->place, NULL, "'defined' cannot be a macro");
  else
    return true;
  return false;
}

void pp_read_define(struct idlc_preprocessor *p, struct lexer *l)
{
  struct pp_macro *m;
  struct lexer_token t;

  if (!define_name(p, l, &t))
    return;
  m = portero_arena_alloc(p->s->arena, sizeof *m);
  if (!m) {
    pp_out_of_memory(p);
    return;
  }
  m->name = t.symbol;
  m->place = t.place;
  m->is_function = l->at < l->end && l->at[0] == '(';
  if (m->is_function) {
    l->at++;
    if (!define_params(p, l, m))
      return;
  }
  if (define_body(p, l, m))
    pp_define(p, m);
}

static void directive_define(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  (void)place;
  pp_read_define(p, l);
}

static void directive_undef(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  struct lexer_token t;

  (void)place;
  if (define_name(p, l, &t))
    pp_undefine(p, t.symbol);
}

/* ---- #include ---- */

/* <name> or "name", as it stands there: a backslash is no escape. */
static bool include_plain(struct lexer *l, const char **out_name, size_t *out_length)
{
  const uint8_t *from, *p;
  uint8_t close;

  (void)lexer_skip(l);
  if (l->at == l->end || (l->at[0] != '<' && l->at[0] != '"'))
    return false;
  close = l->at[0] == '<' ? '>' : '"';
  from = l->at + 1;
  for (p = from; p < l->end && *p != '\n' && *p != close; p++)
    ;
  if (p == l->end || *p != close)
    return false;
  l->at = p + 1;
  *out_name = (const char *)from;
  *out_length = (size_t)(p - from);
  return true;
}

static void line_rest(struct idlc_preprocessor *p, struct lexer *l, struct pp_tokens *out)
{
  struct lexer_token t;

  for (lexer_next(l, &t); t.kind != LEXER_LINE_END; lexer_next(l, &t))
    if (!pp_add(p, out, &t))
      return;
}

static bool include_name(struct idlc_preprocessor *p, struct lexer *l, const char **out_name,
                         size_t *out_length)
{
  struct pp_tokens written = {NULL, 0, 0}, made = {NULL, 0, 0};

  if (include_plain(l, out_name, out_length))
    return true;
  line_rest(p, l, &written);
  pp_expand(p, &written, &made);
  if (made.n != 1 || made.items[0].kind != LEXER_TEXT)
    return false;
  literal_inside(&made.items[0], out_name, out_length);
  return true;
}

static void directive_include(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  const char *bytes, *name;
  size_t length;
  uint16_t file;

  if (!include_name(p, l, &bytes, &length) || length == 0 || memchr(bytes, 0, length)) {
    idlc_error(p->s, place, NULL, "expected \"file\" or <file> behind #include");
    return;
  }
  name = portero_arena_text(p->s->arena, bytes, length);
  if (!name) {
    pp_out_of_memory(p);
    return;
  }
  if (p->frame_depth >= PP_MAX_INCLUDE_DEPTH || p->n_includes >= PP_MAX_INCLUDES) {
    idlc_error(p->s, place, "does a file include itself? '#pragma once' helps",
               "files include each other %s",
               p->n_includes >= PP_MAX_INCLUDES ? "too often" : "too deeply");
    p->stopped = p->stopped || p->n_includes >= PP_MAX_INCLUDES;
    return;
  }
  file = idlc_open(p->s, name, l->file);
  if (!file)
    idlc_error(p->s, place, "-I DIR names a directory to look in", "there is no file '%s'", name);
  if (!file || (file < p->n_once && p->once[file]))
    return;
  p->n_includes++;
  pp_enter_file(p, file);
}

/* ---- conditionals ---- */

enum branch {
  BRANCH_NONE,
  BRANCH_IF,
  BRANCH_ELIF,
  BRANCH_ELSE,
  BRANCH_ENDIF
};

static enum branch branch_of(const struct lexer_token *t)
{
  static const struct {
    const char *name;
    enum branch branch;
  } names[] = {{"if", BRANCH_IF},     {"ifdef", BRANCH_IF},  {"ifndef", BRANCH_IF},
               {"elif", BRANCH_ELIF}, {"else", BRANCH_ELSE}, {"endif", BRANCH_ENDIF}};

  for (size_t i = 0; i < sizeof names / sizeof names[0] && t->kind == LEXER_NAME; i++)
    if (strcmp(t->symbol->text, names[i].name) == 0)
      return names[i].branch;
  return BRANCH_NONE;
}

static void condition_close(struct idlc_preprocessor *p)
{
  struct pp_condition *c = p->frame->conditions;

  p->frame->conditions = c->below;
  c->below = p->spare_conditions;
  p->spare_conditions = c;
}

/* #else or #elif at place is in order; that a second #else comes is reported. */
static void condition_turn(struct idlc_preprocessor *p, struct pp_condition *c,
                           struct idlc_place place, bool is_else)
{
  if (c->has_else) {
    idlc_error(p->s, place, NULL, "#%s behind #else", is_else ? "else" : "elif");
    idlc_note(p->s, c->place, "the condition begins here");
  }
  c->has_else = c->has_else || is_else;
}

/* An #elif or #else while nothing was taken: read on behind it? */
static bool condition_wants(struct idlc_preprocessor *p, struct pp_condition *c, struct lexer *l,
                            struct idlc_place place, bool is_else)
{
  condition_turn(p, c, place, is_else);
  if (!c->taken) {
    l->quiet = false;
    c->taken = is_else || pp_condition_value(p, l, place);
    l->quiet = true;
    return c->taken;
  }
  return false;
}

/* Passes over groups, up to the one that is read or the #endif. */
static void condition_skip(struct idlc_preprocessor *p, struct lexer *l)
{
  struct pp_condition *c = p->frame->conditions;
  uint32_t nested = 0;
  struct lexer_token t;
  bool done = false;

  l->in_directive = false;
  l->quiet = true;
  for (lexer_next(l, &t); t.kind != LEXER_END && !done && !p->stopped;) {
    enum branch branch = BRANCH_NONE;
    if (t.line_start && lexer_is_mark(&t, '#')) {
      l->in_directive = true;
      lexer_next(l, &t);
      branch = branch_of(&t);
    }
    if (branch == BRANCH_IF) {
      nested++;
    } else if (branch == BRANCH_ENDIF && nested-- == 0) {
      condition_close(p);
      done = true;
    } else if ((branch == BRANCH_ELIF || branch == BRANCH_ELSE) && !nested) {
      done = condition_wants(p, c, l, t.place, branch == BRANCH_ELSE);
    }
    l->in_directive = done;
    if (!done)
      lexer_next(l, &t);
  }
  l->quiet = false;
}

static void condition_open(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place,
                           bool value)
{
  struct pp_condition *c = p->spare_conditions;

  if (c)
    p->spare_conditions = c->below;
  else
    c = portero_arena_alloc(p->s->arena, sizeof *c);
  if (!c) {
    pp_out_of_memory(p);
    return;
  }
  c->below = p->frame->conditions;
  c->place = place;
  c->taken = value;
  c->has_else = false;
  p->frame->conditions = c;
  if (!value)
    condition_skip(p, l);
}

static void directive_if(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  condition_open(p, l, place, pp_condition_value(p, l, place));
}

static void directive_defined(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place,
                              bool want)
{
  struct lexer_token t;
  bool value = false;

  if (define_name(p, l, &t))
    value = (pp_find(p, t.symbol) != NULL) == want;
  condition_open(p, l, place, value);
}

static void directive_ifdef(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  directive_defined(p, l, place, true);
}

static void directive_ifndef(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  directive_defined(p, l, place, false);
}

/* The end of a group that was read: the others are passed over. */
static void condition_next(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place,
                           bool is_else)
{
  struct pp_condition *c = p->frame->conditions;

  if (!c) {
    idlc_error(p->s, place, NULL, "#%s without #if", is_else ? "else" : "elif");
    return;
  }
  condition_turn(p, c, place, is_else);
  condition_skip(p, l);
}

static void directive_elif(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  condition_next(p, l, place, false);
}

static void directive_else(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  condition_next(p, l, place, true);
}

static void directive_endif(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  (void)l;
  if (p->frame->conditions)
    condition_close(p);
  else
    idlc_error(p->s, place, NULL, "#endif without #if");
}

void pp_end_conditions(struct idlc_preprocessor *p, struct pp_frame *frame)
{
  for (struct pp_condition *c = frame->conditions; c && !p->stopped; c = c->below)
    idlc_error(p->s, c->place, "end it with #endif", "this condition does not end");
}

/* ---- the others ---- */

static void directive_message(struct lexer *l, const char **out_text, int *out_length)
{
  const uint8_t *from, *to;

  while (l->at < l->end && (l->at[0] == ' ' || l->at[0] == '\t'))
    l->at++;
  from = l->at;
  for (to = from; to < l->end && *to != '\n'; to++)
    ;
  l->at = to;
  if (to > from && to[-1] == '\r')
    to--;
  *out_text = (const char *)from;
  *out_length = to - from < 500 ? (int)(to - from) : 500;
}

static void directive_error(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  const char *text;
  int length;

  directive_message(l, &text, &length);
  idlc_error(p->s, place, NULL, "#error %.*s", length, text);
}

static void directive_warning(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  const char *text;
  int length;

  directive_message(l, &text, &length);
  idlc_warn(p->s, place, NULL, "#warning %.*s", length, text);
}

static void directive_pragma(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  struct lexer_token t;

  (void)place;
  l->quiet = true;
  lexer_next(l, &t);
  if (t.kind != LEXER_NAME || strcmp(t.symbol->text, "once") != 0)
    return;
  if (l->file >= p->n_once) {
    size_t n = (size_t)l->file * 2 + 8;
    bool *once = portero_arena_array(p->s->arena, n, sizeof *once);
    if (!once) {
      pp_out_of_memory(p);
      return;
    }
    if (p->n_once)
      memcpy(once, p->once, p->n_once * sizeof *once);
    p->once = once;
    p->n_once = n;
  }
  p->once[l->file] = true;
}

static void directive_nothing(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place)
{
  (void)p;
  (void)place;
  l->quiet = true;
}

static const struct directive {
  const char *name;
  void (*run)(struct idlc_preprocessor *p, struct lexer *l, struct idlc_place place);
} directives[] = {
    {"define", directive_define}, {"include", directive_include}, {"ifdef", directive_ifdef},
    {"ifndef", directive_ifndef}, {"if", directive_if},           {"elif", directive_elif},
    {"else", directive_else},     {"endif", directive_endif},     {"undef", directive_undef},
    {"pragma", directive_pragma}, {"error", directive_error},     {"warning", directive_warning},
    {"line", directive_nothing},  {"ident", directive_nothing},
};

#define N_DIRECTIVES (sizeof directives / sizeof directives[0])

/* One letter is wrong, missing, too many, or two are swapped. */
static bool directive_is_near(const char *a, const char *b)
{
  size_t n = strlen(a), m = strlen(b), same = 0;

  while (a[same] && a[same] == b[same])
    same++;
  a += same;
  b += same;
  if (n == m && n - same >= 2 && a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0)
    return true;
  if (n == m)
    return strcmp(a + 1, b + 1) == 0;
  if (n + 1 == m)
    return strcmp(a, b + 1) == 0;
  return n == m + 1 && strcmp(a + 1, b) == 0;
}

static void directive_unknown(struct idlc_preprocessor *p, const struct lexer_token *t)
{
  char hint[64] = "did you mean '#";
  const char *other = NULL;

  for (size_t i = 0; i < N_DIRECTIVES; i++) {
    if (directive_is_near(t->symbol->text, directives[i].name)) {
      (void)strcat(strcat(hint, directives[i].name), "'?");
      idlc_error(p->s, t->place, hint, "there is no directive '#%s'", t->symbol->text);
      return;
    }
  }
  if (strcmp(t->symbol->text, "import") == 0)
    other = "in IDL it is written: import \"file.idl\";";
  else if (strcmp(t->symbol->text, "elseif") == 0)
    other = "did you mean '#elif'?";
  idlc_error(p->s, t->place, other, "there is no directive '#%s'", t->symbol->text);
}

static void directive_run(struct idlc_preprocessor *p, struct lexer *l)
{
  struct lexer_token t;

  lexer_next(l, &t);
  /* "# 12 "file"" is what other preprocessors leave behind. */
  if (t.kind == LEXER_LINE_END || t.kind == LEXER_NUMBER)
    return;
  if (t.kind != LEXER_NAME) {
    idlc_error(p->s, t.place, NULL, "expected the name of a directive behind '#'");
    return;
  }
  for (size_t i = 0; i < N_DIRECTIVES; i++) {
    if (strcmp(t.symbol->text, directives[i].name) == 0) {
      directives[i].run(p, l, t.place);
      return;
    }
  }
  directive_unknown(p, &t);
}

void pp_directive(struct idlc_preprocessor *p)
{
  struct pp_frame *frame = p->frame;
  struct lexer *l = &frame->lexer;
  struct lexer_token t;

  l->in_directive = true;
  directive_run(p, l);
  /* An #include has read its line; a condition may have ended somewhere else. */
  l->in_directive = true;
  l->quiet = true;
  do
    lexer_next(l, &t);
  while (t.kind != LEXER_LINE_END);
  l->in_directive = false;
  l->quiet = false;
}
