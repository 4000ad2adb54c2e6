/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_add(struct text *t, const char *format, ...)
{
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n < 0)
    abort();
  if (t->capacity - t->size < (size_t)n + 1) {
    t->capacity = 2 * t->capacity + (size_t)n + 256;
    t->data = realloc(t->data, t->capacity);
    if (!t->data)
      abort();
  }
  va_start(args, format);
  (void)vsnprintf(t->data + t->size, (size_t)n + 1, format, args);
  va_end(args);
  t->size += (size_t)n;
}

void text_free(struct text *t)
{
  free(t->data);
  memset(t, 0, sizeof *t);
}

void words_wrong(const struct words *w, const char *what)
{
  (void)fprintf(stderr, "%s:%u: %s\n", w->file, w->line, what);
  exit(2);
}

void words_split(struct words *w, const char *file, unsigned line, const char *text, size_t size)
{
  char *rest = NULL;

  w->file = file;
  w->line = line;
  w->n = 0;
  if (size >= sizeof w->copy)
    words_wrong(w, "line too long");
  memcpy(w->copy, text, size);
  w->copy[size] = 0;
  for (char *p = strtok_r(w->copy, " ", &rest); p; p = strtok_r(NULL, " ", &rest)) {
    if (w->n == MAX_WORDS)
      words_wrong(w, "too many words");
    w->word[w->n++] = p;
  }
}

const char *words_value(const struct words *w, const char *key)
{
  size_t size = strlen(key);

  for (unsigned i = 0; i < w->n; i++)
    if (strncmp(w->word[i], key, size) == 0 && w->word[i][size] == '=')
      return w->word[i] + size + 1;
  return NULL;
}

bool words_has(const struct words *w, const char *word)
{
  for (unsigned i = 0; i < w->n; i++)
    if (strcmp(w->word[i], word) == 0)
      return true;
  return false;
}

uint32_t words_parse(const struct words *w, const char *text)
{
  char *end;
  long long v = strtoll(text, &end, 0);

  if (end == text || *end)
    words_wrong(w, "not a number");
  return (uint32_t)v;
}

uint32_t words_number(const struct words *w, const char *key, uint32_t otherwise)
{
  const char *value = words_value(w, key);

  return value ? words_parse(w, value) : otherwise;
}

uint32_t words_at(const struct words *w, unsigned n)
{
  if (n >= w->n)
    words_wrong(w, "a number is missing");
  return words_parse(w, w->word[n]);
}
