/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/sinks/ways.h"

portero_status portero_book_new(const struct portero_book_options *options,
                                struct portero_book **out_book)
{
  struct portero_book *book = calloc(1, sizeof *book);

  if (!book)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (options)
    book->options = *options;
  counters_init(&book->counters);
  *out_book = book;
  return portero_ok();
}

void portero_book_free(struct portero_book *book)
{
  if (!book)
    return;
  exposition_free(book->exposition);
  for (size_t i = 0; i < atomic_load(&book->n_sinks); i++)
    sink_free(book->sinks[i]);
  counters_deinit(&book->counters);
  free(book);
}

/* ---- names ---- */

static bool has_name(const struct portero_book *book, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (strcmp(book->sinks[i]->name, name) == 0)
      return true;
  return false;
}

/* Of several sinks of one name, the second is "NAME:2": statistics and metrics tell them apart. */
static portero_status name_apart(const struct portero_book *book, size_t n, struct sink *s)
{
  size_t size = strlen(s->name) + sizeof ":16";
  unsigned number = 2;
  char *name;

  if (!has_name(book, n, s->name))
    return portero_ok();
  name = malloc(size);
  if (!name)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  do {
    (void)snprintf(name, size, "%s:%u", s->name, number++);
  } while (has_name(book, n, name));
  free(s->name);
  s->name = name;
  return portero_ok();
}

portero_status book_add(struct portero_book *book, struct sink *s)
{
  size_t n = atomic_load(&book->n_sinks);
  portero_status status = portero_local(PORTERO_LOCAL_LIMIT);

  if (n < BOOK_SINKS)
    status = name_apart(book, n, s);
  if (portero_is_ok(status))
    status = sink_start(s);
  if (!portero_is_ok(status)) {
    sink_free(s);
    return status;
  }
  book->sinks[n] = s;
  atomic_store_explicit(&book->n_sinks, n + 1, memory_order_release);
  return status;
}

/* Syslog and journal records say who sends them, which a file has no options for. */
static bool is_line_form(enum portero_form form)
{
  return (unsigned)form < PORTERO_FORM_SYSLOG;
}

portero_status portero_book_add_file(struct portero_book *book, const struct portero_sink *sink,
                                     const struct portero_sink_file *file)
{
  struct sink *s;
  portero_status status;

  if (!is_line_form(sink->form) || !file->path || !*file->path)
    return portero_local(PORTERO_LOCAL_USAGE);
  status = file_sink_new(sink, file, book_notices(book), &s);
  return portero_is_ok(status) ? book_add(book, s) : status;
}

portero_status portero_book_add_output(struct portero_book *book, const struct portero_sink *sink,
                                       int fd)
{
  struct sink *s;
  portero_status status;

  if (!is_line_form(sink->form) || fd < 0)
    return portero_local(PORTERO_LOCAL_USAGE);
  status = output_sink_new(sink, fd, book_notices(book), &s);
  return portero_is_ok(status) ? book_add(book, s) : status;
}

void portero_book_tell(struct portero_book *book, const struct portero_event *e)
{
  struct portero_event dated;
  size_t n;

  if (!book)
    return;
  counters_tell(&book->counters, e);
  n = atomic_load_explicit(&book->n_sinks, memory_order_acquire);
  if (e->time == 0 && n > 0) {
    dated = *e;
    dated.time = clock_now();
    e = &dated;
  }
  for (size_t i = 0; i < n; i++)
    if (sink_wants(book->sinks[i], e))
      sink_tell(book->sinks[i], e);
}

void portero_book_reopen(struct portero_book *book)
{
  for (size_t i = 0; i < atomic_load(&book->n_sinks); i++)
    sink_reopen(book->sinks[i]);
}

portero_status portero_book_flush(struct portero_book *book, uint64_t milliseconds)
{
  const struct timespec deadline = clock_deadline(milliseconds);
  bool done = true;

  for (size_t i = 0; i < atomic_load(&book->n_sinks); i++)
    done = sink_flush(book->sinks[i], &deadline) && done;
  return done ? portero_ok() : portero_local(PORTERO_LOCAL_TIMEOUT);
}

size_t portero_book_stats(struct portero_book *book, struct portero_sink_stats *out_stats, size_t n)
{
  size_t all = atomic_load(&book->n_sinks);

  for (size_t i = 0; i < all && i < n; i++)
    sink_stats(book->sinks[i], &out_stats[i]);
  return all;
}
