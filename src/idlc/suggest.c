/* SPDX-License-Identifier: Apache-2.0 */
/* Did you mean: of names that are known, the one that is most like one that is not. */
#include "src/idlc/lower.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SUGGEST_MOST 48u /* letters of a name that anybody mistypes */

static unsigned suggest_least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

/* Letters that are added, left out, wrong, or two that changed places; case does not count. */
static unsigned suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
  unsigned rows[3][SUGGEST_MOST + 1];
  unsigned *before = rows[0], *last = rows[1], *now = rows[2], *free_row;

  for (unsigned j = 0; j <= b_length; j++)
    last[j] = before[j] = j;
  for (unsigned i = 1; i <= a_length; i++) {
    int x = tolower((unsigned char)a[i - 1]);
    now[0] = i;
    for (unsigned j = 1; j <= b_length; j++) {
      int y = tolower((unsigned char)b[j - 1]);
      now[j] = suggest_least(suggest_least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (x != y));
      if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
          y == tolower((unsigned char)a[i - 2]))
        now[j] = suggest_least(now[j], before[j - 2] + 1);
    }
    free_row = before;
    before = last;
    last = now;
    now = free_row;
  }
  return last[b_length];
}

void idlc_suggest_begin(struct idlc_suggestion *s, const char *name)
{
  s->name = name;
  s->length = strlen(name);
  s->best = NULL;
  s->distance = s->length > SUGGEST_MOST ? 0
                : s->length < 4          ? 1
                                         : (unsigned)(s->length + 2) / 4 + 1;
}

void idlc_suggest(struct idlc_suggestion *s, const char *candidate)
{
  size_t length = strlen(candidate);
  size_t apart = length > s->length ? length - s->length : s->length - length;
  unsigned distance;

  if (length > SUGGEST_MOST || apart >= s->distance)
    return;
  distance = suggest_distance(s->name, s->length, candidate, length);
  if (distance >= s->distance)
    return;
  s->distance = distance;
  s->best = candidate;
}

const char *idlc_suggest_hint(struct idlc_lower *lo, const struct idlc_suggestion *s)
{
  size_t size = s->best ? strlen(s->best) + sizeof "did you mean ''?" : 0;
  char *text = s->best ? portero_arena_alloc(lo->arena, size) : NULL;

  if (text)
    (void)snprintf(text, size, "did you mean '%s'?", s->best);
  return text;
}

const char *idlc_suggest_type(struct idlc_lower *lo, const char *name)
{
  static const char *const words[] = {
      "boolean", "byte",     "char", "double",  "error_status_t", "float",    "handle_t",
      "hyper",   "int",      "long", "short",   "signed",         "small",    "struct",
      "union",   "unsigned", "void", "wchar_t", "__int64",        "__int3264"};
  const char *hint = idlc_prelude_hint(name);
  struct idlc_suggestion s;

  if (hint)
    return hint;
  idlc_suggest_begin(&s, name);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    idlc_suggest(&s, words[i]);
  for (size_t i = 0; i < sizeof lo->scope.defs / sizeof lo->scope.defs[0]; i++)
    for (const struct idlc_def *def = lo->scope.defs[i]; def; def = def->next)
      if (def->space != IDLC_SPACE_VALUE)
        idlc_suggest(&s, def->name);
  return idlc_suggest_hint(lo, &s);
}
