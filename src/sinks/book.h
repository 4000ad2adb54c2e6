/* SPDX-License-Identifier: Apache-2.0 */
/* The fan-out's inside, for the files that add sinks. */
#ifndef PORTERO_SINKS_BOOK_H
#define PORTERO_SINKS_BOOK_H

#include "src/sinks/counters.h"
#include "src/sinks/sink.h"

#define BOOK_SINKS 16u

struct exposition;

struct portero_book {
  struct portero_book_options options;
  struct counters counters;
  struct exposition *exposition; /* NULL: not served */
  struct sink *sinks[BOOK_SINKS];
  atomic_size_t n_sinks; /* what is below it stays */
};

/* Starts s and owns it; on failure it is freed. */
portero_status book_add(struct portero_book *book, struct sink *s);
static inline const struct portero_book_options *book_notices(const struct portero_book *book)
{
  return &book->options;
}

/* exposition.c */
void exposition_free(struct exposition *x);

#endif
