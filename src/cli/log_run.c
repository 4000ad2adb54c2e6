/* SPDX-License-Identifier: Apache-2.0 */
/* From the files to standard output, once or for as long as records come. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/log.h"
#include "src/cli/log_follow.h"
#include "src/cli/log_ring.h"

#define LOOK_EVERY 250 /* ms */

struct run {
  struct log *l;
  struct log_reader reader;
  struct log_books books;
  bool *goes_on;        /* for each book: it is followed */
  uint64_t *start;      /* for each book: where reading begins */
  struct log_ring ring; /* the last ones, of what cannot be read backwards */
  struct log_follow *follows;
  size_t n_follows;
};

static volatile sig_atomic_t ended;

static void end(int number)
{
  (void)number;
  ended = 1;
}

static void complain_of(const struct log *l, const char *path, const char *text)
{
  complain(l->tool.name, "%s: %s", strcmp(path, "-") == 0 ? "standard input" : path, text);
}

/* ---- records ---- */

static void show(struct log *l, const char *line, size_t size)
{
  struct portero_writer *w;

  l->matched++;
  if (l->summed) {
    log_summary_add(&l->summary, &l->record.event);
    return;
  }
  w = log_output_record(&l->out);
  if (l->tool.json) {
    portero_write_bytes(w, line, size);
    portero_write_u8(w, '\n');
  } else {
    portero_event_write_text(w, &l->record.event, l->colour);
  }
}

static void take_line(void *user, const char *line, size_t size)
{
  struct run *r = user;
  struct log *l = r->l;

  if (!line || !log_record_read(&l->record, line, size)) {
    l->unreadable++;
    return;
  }
  if (!log_filter_matches(&l->filter, &l->record.event))
    return;
  if (!log_ring_is_used(&r->ring))
    show(l, line, size);
  else if (!log_ring_add(&r->ring, line, size))
    l->failed = true;
}

static bool is_wanted(void *user, const char *line, size_t size)
{
  struct log *l = user;

  return log_record_read(&l->record, line, size) &&
         log_filter_matches(&l->filter, &l->record.event);
}

static void show_again(void *user, const char *line, size_t size)
{
  struct log *l = user;

  if (log_record_read(&l->record, line, size))
    show(l, line, size);
}

/* Whoever reads along sees what there is before we wait for more. */
static void before_read(void *user)
{
  struct run *r = user;

  if (r->l->out.w.size > 0)
    log_output_flush(&r->l->out);
}

static bool is_stopped(void *user)
{
  const struct run *r = user;

  return ended || !log_output_works(&r->l->out);
}

static void notice(void *user, const char *path, const char *text)
{
  const struct run *r = user;

  complain_of(r->l, path, text);
}

/* ---- files ---- */

static void not_there(struct log *l, const char *path)
{
  complain_of(l, path, l->follow ? "is not there; waiting for it" : "is not there");
  if (!l->is_default)
    return;
  (void)fprintf(stderr, "%s",
                "No book is kept there. In /etc/portero/portero.conf,\n"
                "  book:\n"
                "  - file: " LOG_DEFAULT_BOOK "\n"
                "    form: json\n"
                "makes portero serve keep one. A book elsewhere: name it, or set PORTERO_BOOK.\n");
}

/* Standard input may have been read from before. */
static uint64_t position_of(int fd)
{
  off_t position = lseek(fd, 0, SEEK_CUR);

  return position > 0 ? (uint64_t)position : 0;
}

static bool make_room(struct run *r)
{
  bool *goes_on = reallocarray(r->goes_on, r->books.n + 1, sizeof *goes_on);
  uint64_t *start;

  if (goes_on)
    r->goes_on = goes_on;
  start = reallocarray(r->start, r->books.n + 1, sizeof *start);
  if (start)
    r->start = start;
  return goes_on && start;
}

/* Waits for a file that is not there yet. */
static bool follow_later(struct run *r, const char *path)
{
  struct log_book book = {.path = strdup(path), .fd = -1};

  return book.path && log_follow_init(&r->follows[r->n_follows++], &book, 0);
}

static bool open_one(struct run *r, const char *path)
{
  struct log *l = r->l;
  size_t compressed = 0, first = r->books.n;
  bool there = l->all && strcmp(path, "-") != 0 ? log_books_add_all(&r->books, path, &compressed)
                                                : log_books_add(&r->books, path);
  int error = errno;

  if (!make_room(r))
    return false;
  for (size_t i = first; i < r->books.n; i++) {
    r->start[i] = position_of(r->books.items[i].fd);
    r->goes_on[i] = l->follow && there && i + 1 == r->books.n && r->books.items[i].regular;
  }
  if (compressed)
    complain_of(l, path, "compressed old files are left out: zcat FILE | portero log -");
  if (there)
    return true;
  if (error == ENOENT) {
    not_there(l, path);
    l->failed = !l->follow;
    return !l->follow || follow_later(r, path);
  }
  complain_of(l, path, strerror(error));
  l->failed = true;
  return true;
}

static bool open_all(struct run *r)
{
  for (size_t i = 0; i < r->l->n_paths; i++)
    if (!open_one(r, r->l->paths[i]))
      return false;
  return true;
}

/* ---- the last ones ---- */

static uint64_t size_of(int fd)
{
  struct stat about;

  return fstat(fd, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* Backwards from the end of the last file; those before the one where they begin stay unread. */
static void find_last(struct run *r)
{
  struct log *l = r->l;
  uint64_t left = l->last, found;

  for (size_t i = r->books.n; i > 0; i--) {
    const struct log_book *book = &r->books.items[i - 1];
    uint64_t size = size_of(book->fd);
    r->start[i - 1] = size;
    if (left == 0)
      continue;
    if (!log_lines_last(book->fd, size, left, is_wanted, l, &r->start[i - 1], &found)) {
      complain_of(l, book->path, strerror(errno));
      l->failed = true;
    }
    left -= found;
  }
}

/* A pipe has to be read to its end. */
static bool prepare_last(struct run *r)
{
  bool backwards = true;

  if (!r->l->has_last)
    return true;
  for (size_t i = 0; i < r->books.n; i++)
    backwards = backwards && r->books.items[i].regular;
  if (!backwards)
    return log_ring_init(&r->ring, r->l->last);
  find_last(r);
  return true;
}

/* ---- reading ---- */

static bool read_once(struct run *r, size_t i)
{
  const struct log_book *book = &r->books.items[i];
  struct log_lines lines;
  bool ok = log_lines_init(&lines, book->fd, r->start[i]);

  if (ok && !log_read_all(&lines, &r->reader) && !ended) {
    complain_of(r->l, book->path, strerror(errno));
    r->l->failed = true;
  }
  log_lines_deinit(&lines);
  return ok;
}

static bool read_books(struct run *r)
{
  for (size_t i = 0; i < r->books.n && !is_stopped(r); i++) {
    struct log_follow *f = &r->follows[r->n_follows];
    if (!r->goes_on[i]) {
      if (!read_once(r, i))
        return false;
      continue;
    }
    r->n_follows++;
    if (!log_follow_init(f, &r->books.items[i], r->start[i]))
      return false;
    r->l->failed = !log_follow_look(f, &r->reader) || r->l->failed;
  }
  log_ring_end(&r->ring, show_again, r->l);
  log_output_flush(&r->l->out);
  return true;
}

/* A pipe that nobody reads any more is found out while nothing comes, too. */
static void wait_a_little(struct log *l)
{
  struct pollfd out = {.fd = l->out.fd};

  if (poll(&out, 1, LOOK_EVERY) > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)))
    l->out.closed = true;
}

static void follow(struct run *r)
{
  while (!is_stopped(r) && r->n_follows > 0) {
    wait_a_little(r->l);
    for (size_t i = 0; i < r->n_follows && !is_stopped(r); i++)
      if (!log_follow_look(&r->follows[i], &r->reader)) {
        r->l->failed = true;
        log_follow_deinit(&r->follows[i]);
        r->follows[i--] = r->follows[--r->n_follows];
      }
    log_output_flush(&r->l->out);
  }
}

/* ---- the run ---- */

static bool is_unicode(void)
{
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  const char *value = NULL;

  for (size_t i = 0; i < sizeof names / sizeof *names && (!value || !*value); i++)
    value = getenv(names[i]);
  return value && (strcasestr(value, "utf-8") || strcasestr(value, "utf8"));
}

static bool show_summary(struct log *l)
{
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  bool ok;

  if (!out)
    return false;
  if (l->tool.json)
    log_summary_json(&l->summary, l->unreadable, out);
  else
    log_summary_text(&l->summary, l->unreadable, is_unicode(), out);
  ok = fclose(out) == 0;
  if (ok)
    log_output_bytes(&l->out, text, size);
  free(text);
  log_output_flush(&l->out);
  return ok;
}

static int exit_code(const struct log *l, bool memory)
{
  if (!memory)
    complain(l->tool.name, "out of memory");
  if (l->out.error)
    complain(l->tool.name, "cannot write the output: %s", strerror(l->out.error));
  if (l->unreadable && !l->summed)
    complain(l->tool.name, "%" PRIu64 " line%s no record%s of the form json", l->unreadable,
             l->unreadable == 1 ? " is" : "s are", l->unreadable == 1 ? "" : "s");
  if (!memory || l->out.error || l->failed)
    return EXIT_LOCAL_FAILURE;
  return l->matched > 0 || l->follow || l->out.closed ? EXIT_OK : EXIT_NEGATIVE;
}

static void watch_signals(const struct log *l)
{
  struct sigaction ignore = {.sa_handler = SIG_IGN}, stop = {.sa_handler = end};

  (void)sigaction(SIGPIPE, &ignore, NULL);
  if (!l->follow)
    return;
  (void)sigaction(SIGINT, &stop, NULL);
  (void)sigaction(SIGTERM, &stop, NULL);
}

int log_run(struct log *l)
{
  struct run r = {.l = l, .reader = {take_line, before_read, is_stopped, notice, NULL}};
  bool ok = log_output_init(&l->out, STDOUT_FILENO);

  r.reader.user = &r;
  r.follows = calloc(l->n_paths, sizeof *r.follows);
  watch_signals(l);
  ok = ok && r.follows && (!l->summed || log_summary_init(&l->summary));
  ok = ok && open_all(&r) && prepare_last(&r) && read_books(&r);
  if (ok && l->follow)
    follow(&r);
  if (ok && l->summed && (l->matched > 0 || !l->failed))
    ok = show_summary(l);
  for (size_t i = 0; i < r.n_follows; i++)
    log_follow_deinit(&r.follows[i]);
  free(r.follows);
  free(r.goes_on);
  free(r.start);
  log_ring_deinit(&r.ring);
  log_books_deinit(&r.books);
  if (l->summed)
    log_summary_deinit(&l->summary);
  log_output_deinit(&l->out);
  return exit_code(l, ok);
}
