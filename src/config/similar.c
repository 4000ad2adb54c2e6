/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/similar.h"

#include <ctype.h>
#include <string.h>

#define DISTANCE_MAX 64u

/* Levenshtein's distance, case ignored. */
static size_t distance(const char *a, const char *b)
{
  size_t row[DISTANCE_MAX + 1], n = strlen(b);

  if (n > DISTANCE_MAX || strlen(a) > DISTANCE_MAX)
    return DISTANCE_MAX;
  for (size_t j = 0; j <= n; j++)
    row[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t up = row[j];
      size_t cost =
          diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
      cost = up + 1 < cost ? up + 1 : cost;
      row[j] = row[j - 1] + 1 < cost ? row[j - 1] + 1 : cost;
      diagonal = up;
    }
  }
  return row[n];
}

void similar_init(struct similar *s, const char *wanted)
{
  s->wanted = wanted;
  s->best = NULL;
  s->least = strlen(wanted) / 3 + 2;
}

void similar_offer(struct similar *s, const char *word)
{
  size_t d = word ? distance(s->wanted, word) : s->least;

  if (d >= s->least)
    return;
  s->least = d;
  s->best = word;
}
