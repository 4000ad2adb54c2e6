/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool log_follow_init(struct log_follow *f, struct log_book *book, uint64_t offset)
{
  f->book = *book;
  book->path = NULL;
  book->fd = -1;
  f->told = false;
  return log_lines_init(&f->lines, f->book.fd, offset);
}

static void leave_file(struct log_follow *f)
{
  if (f->book.fd >= 0)
    (void)close(f->book.fd);
  f->book.fd = -1;
}

void log_follow_deinit(struct log_follow *f)
{
  leave_file(f);
  log_lines_deinit(&f->lines);
  free(f->book.path);
  f->book.path = NULL;
}

/* ---- lines ---- */

static bool read_lines(struct log_lines *l, const struct log_reader *reader)
{
  const char *line;
  size_t size;

  while (!reader->stopped(reader->user)) {
    enum log_lines_got got = log_lines_next(l, reader->before_read, reader->user, &line, &size);
    if (got != LOG_LINES_LINE)
      return got == LOG_LINES_END;
    reader->line(reader->user, line, size);
  }
  return true;
}

static void read_rest(struct log_lines *l, const struct log_reader *reader)
{
  const char *line;
  size_t size;

  if (!reader->stopped(reader->user) && log_lines_rest(l, &line, &size))
    reader->line(reader->user, line, size);
}

bool log_read_all(struct log_lines *l, const struct log_reader *reader)
{
  bool ok = read_lines(l, reader);

  if (ok)
    read_rest(l, reader);
  return ok;
}

static bool read_file(struct log_follow *f, const struct log_reader *reader)
{
  if (read_lines(&f->lines, reader))
    return true;
  reader->notice(reader->user, f->book.path, strerror(errno));
  return false;
}

static bool was_cut(struct log_follow *f, const struct log_reader *reader)
{
  struct stat about;

  if (fstat(f->book.fd, &about) != 0 || !log_lines_cut(&f->lines, (uint64_t)about.st_size))
    return false;
  reader->notice(reader->user, f->book.path, "was truncated; from its beginning");
  return true;
}

/* All lines of the file that is open, if any. */
static bool look_here(struct log_follow *f, const struct log_reader *reader)
{
  if (f->book.fd < 0)
    return true;
  if (!read_file(f, reader))
    return false;
  return !was_cut(f, reader) || read_file(f, reader);
}

/* ---- another file ---- */

static void enter_file(struct log_follow *f, struct log_book *book)
{
  leave_file(f);
  f->book.fd = book->fd;
  f->book.device = book->device;
  f->book.inode = book->inode;
  book->fd = -1;
  log_lines_restart(&f->lines, f->book.fd, 0);
}

/* In the middle of a rotation the next look will do. */
static void not_now(struct log_follow *f, const struct log_reader *reader, int error)
{
  if (error == ENOENT || f->told)
    return;
  f->told = true;
  reader->notice(reader->user, f->book.path, strerror(error));
}

/* What the old file has by now, then those that came behind it; the last one goes on. */
static bool follow_on(struct log_follow *f, const struct log_reader *reader)
{
  struct log_books b = {NULL, 0};
  bool had = f->book.fd >= 0, ok = look_here(f, reader), found;
  size_t compressed;

  if (had)
    read_rest(&f->lines, reader);
  if (!log_books_add_all(&b, f->book.path, &compressed) &&
      (b.n == 0 || strcmp(b.items[b.n - 1].path, f->book.path) != 0)) {
    not_now(f, reader, errno);
    log_books_deinit(&b);
    return ok;
  }
  f->told = false;
  found = log_books_after(&b, f->book.device, f->book.inode);
  if (had && !found)
    reader->notice(reader->user, f->book.path, "is another file now, and the old one is gone");
  for (size_t i = 0; i < b.n && ok; i++) {
    enter_file(f, &b.items[i]);
    ok = read_file(f, reader);
    if (i + 1 < b.n)
      read_rest(&f->lines, reader);
  }
  log_books_deinit(&b);
  return ok;
}

/*
 * A new file counts when something is in it: until then whoever writes may still have the old one,
 * as with logrotate. From then on nothing more comes in the old one.
 */
static bool has_moved(const struct log_follow *f)
{
  struct stat about;

  if (stat(f->book.path, &about) != 0)
    return false;
  if (f->book.fd < 0)
    return true;
  return about.st_size > 0 && (about.st_dev != f->book.device || about.st_ino != f->book.inode);
}

bool log_follow_look(struct log_follow *f, const struct log_reader *reader)
{
  if (!look_here(f, reader))
    return false;
  return reader->stopped(reader->user) || !has_moved(f) || follow_on(f, reader);
}
