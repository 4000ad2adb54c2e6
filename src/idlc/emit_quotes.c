/* SPDX-License-Identifier: Apache-2.0 */
/* cpp_quote, line by line: what was written for the headers of other hosts, and compiles here. */
#include "src/idlc/emit_inside.h"

#include <ctype.h>
#include <string.h>

#define IDENTIFIER "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* "endif" of "  #  endif // X"; NULL: no directive. */
static const char *directive(const char *line)
{
  line += strspn(line, " \t");
  return *line == '#' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

/* Declarations are for hosts that have the names in them; all else is for everyone. */
static bool is_declaration(const char *line, bool *in_comment)
{
  bool was_open = *in_comment;
  const char *at = line + strspn(line, " \t");
  bool is_comment = was_open || strncmp(at, "/*", 2) == 0 || strncmp(at, "//", 2) == 0;

  for (const char *c = line; *c; c++) {
    if (!*in_comment && strncmp(c, "//", 2) == 0)
      break;
    if (strncmp(c, *in_comment ? "*/" : "/*", 2) == 0) {
      *in_comment = !*in_comment;
      c++;
    }
  }
  return !is_comment && *at && !directive(line);
}

/* One line without the escapes of its quotation marks; is it joined to the next? */
static bool quoted_line(struct portero_writer *w, const char *line)
{
  char last = '\0';

  for (const char *c = line; *c; c++) {
    if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
      c++;
    emit_text(w, "%c", *c);
    last = *c;
  }
  emit_text(w, "\n");
  return last == '\\';
}

/* A line, or several that backslashes join. Gives the index of the last. */
static unsigned quote(const struct idlc_emit *e, unsigned i, bool *in_comment,
                      struct portero_writer *w)
{
  const struct idlc_program *p = e->program;
  const char *d = *in_comment ? NULL : directive(p->quotes[i]);
  bool declares = is_declaration(p->quotes[i], in_comment);
  bool includes = d && strncmp(d, "include", 7) == 0 && strpbrk(d, "<\"");
  bool guarded = declares || includes;

  if (declares)
    emit_text(w, "#ifdef PORTERO_IDL_QUOTES\n");
  if (includes) { /* headers of Windows, mostly: where there are none, they are left out */
    const char *name = strpbrk(d, "<\"");
    size_t length = strcspn(name + 1, ">\"\\");

    emit_text(w, "#if __has_include(%c%.*s%c)\n", *name, (int)length, name + 1,
              *name == '<' ? '>' : '"');
  }
  while (quoted_line(w, p->quotes[i]) && i + 1 < p->n_quotes)
    i++;
  if (guarded)
    emit_text(w, "#endif\n");
  return i;
}

/* ---- conditions ---- */

#define QUOTES_DEEP 64u

/* Conditions that are open, and how many #endif each needs beyond its own. */
struct conditions {
  unsigned depth;
  uint8_t more[QUOTES_DEEP];
};

/* The next "NAME" of "NAME(" in a condition, but for C's own; NULL: there is none. */
static const char *next_call(const char *text, size_t *out_length)
{
  while (*text && strncmp(text, "//", 2) != 0 && strncmp(text, "/*", 2) != 0) {
    size_t length = strspn(text, IDENTIFIER);
    const char *behind = text + length + strspn(text + length, " \t");

    if (length && *behind == '(' && !isdigit((unsigned char)*text) &&
        strncmp(text, "defined", length) != 0 && strncmp(text, "__has_", 6) != 0) {
      *out_length = length;
      return text;
    }
    text += length ? length : 1;
  }
  return NULL;
}

/*
 * A condition that asks macros of hosts that may not have them, where the preprocessor would stop: it
 * does not hold then. What is behind the word ("if", "elif"): the line for it is #ifdef.
 */
static void condition(struct portero_writer *w, const char *text)
{
  size_t length;
  bool any = false;

  emit_text(w, "#undef PORTERO_IDL_IF\n#if ");
  for (const char *at = next_call(text, &length); at; at = next_call(at + length, &length)) {
    emit_text(w, "%sdefined(%.*s)", any ? " && " : "", (int)length, at);
    any = true;
  }
  emit_text(w, "\n#if");
  (void)quoted_line(w, text);
  emit_text(w, "#define PORTERO_IDL_IF\n#endif\n#endif\n#ifdef PORTERO_IDL_IF\n");
}

/* Does it go on in the next line, by a backslash or a comment? */
static bool goes_on(const char *line)
{
  size_t length = strlen(line);
  const char *comment = strstr(line, "/*");

  return (length && line[length - 1] == '\\') || (comment && !strstr(comment, "*/"));
}

/* Is this a condition for condition(), and written? */
static bool asked(struct portero_writer *w, const char *d, struct conditions *c)
{
  bool is_elif = strncmp(d, "elif", 4) == 0;
  const char *text = d + (is_elif ? 4 : 2);
  size_t length;

  if ((!is_elif && strncmp(d, "if", 2) != 0) || strchr(IDENTIFIER, *text) || goes_on(d) ||
      !next_call(text, &length) || (is_elif && c->more[c->depth - 1] == UINT8_MAX))
    return false;
  if (is_elif) { /* one inside of #else */
    emit_text(w, "#else\n");
    c->more[c->depth - 1]++;
  }
  condition(w, text);
  return true;
}

/* Counts; false: a line that goes with no condition, and would take the rest with it. */
static bool follow(const char *d, struct conditions *c, unsigned *out_more)
{
  bool begins = strncmp(d, "if", 2) == 0, ends = strncmp(d, "endif", 5) == 0;

  *out_more = 0;
  if (c->depth == 0 && (ends || strncmp(d, "el", 2) == 0))
    return false;
  if (begins && c->depth == QUOTES_DEEP)
    return false;
  if (begins)
    c->more[c->depth++] = 0;
  if (ends)
    *out_more = c->more[--c->depth];
  return true;
}

static void end_all(struct conditions *c, struct portero_writer *w)
{
  while (c->depth-- > 0)
    for (unsigned n = 0; n <= c->more[c->depth]; n++)
      emit_text(w, "#endif\n");
}

void emit_quotes(const struct idlc_emit *e, struct portero_writer *w)
{
  const struct idlc_program *p = e->program;
  struct conditions c = {0, {0}};
  bool in_comment = false;

  if (!p->n_quotes)
    return;
  emit_text(w, "\n#ifdef __GNUC__\n#pragma GCC diagnostic push\n"
               "#pragma GCC diagnostic ignored \"-Wundef\"\n#endif\n");
  for (unsigned i = 0; i < p->n_quotes; i++) {
    const char *d = in_comment ? NULL : directive(p->quotes[i]);
    unsigned more = 0;

    if (d && !follow(d, &c, &more))
      continue;
    if (!d || !asked(w, d, &c))
      i = quote(e, i, &in_comment, w);
    while (more-- > 0)
      emit_text(w, "#endif\n");
  }
  if (in_comment)
    emit_text(w, "*/\n");
  end_all(&c, w);
  emit_text(w, "#ifdef __GNUC__\n#pragma GCC diagnostic pop\n#endif\n");
}
