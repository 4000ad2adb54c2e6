/* SPDX-License-Identifier: Apache-2.0 */
/* Of known words, the one that a person may have meant. */
#ifndef PORTERO_CONFIG_SIMILAR_H
#define PORTERO_CONFIG_SIMILAR_H

#include <stddef.h>

struct similar {
  const char *wanted;
  const char *best; /* NULL: none is like it */
  size_t least;
};

void similar_init(struct similar *s, const char *wanted);
/* Words are offered one by one; the first of two that are as like stays. NULL is passed over. */
void similar_offer(struct similar *s, const char *word);

#endif
