/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/log_record.h"

#define BUFFER_SIZE ((size_t)256 << 10)

_Static_assert(BUFFER_SIZE > 2 * LOG_LINE_MAX, "a line and its end fit");

bool log_lines_init(struct log_lines *l, int fd, uint64_t offset)
{
  l->buffer = malloc(BUFFER_SIZE);
  log_lines_restart(l, fd, offset);
  return l->buffer != NULL;
}

void log_lines_deinit(struct log_lines *l)
{
  free(l->buffer);
  l->buffer = NULL;
}

void log_lines_restart(struct log_lines *l, int fd, uint64_t offset)
{
  l->fd = fd;
  l->offset = offset;
  l->seekable = lseek(fd, 0, SEEK_CUR) >= 0;
  l->skipping = false;
  l->start = l->end = 0;
}

/* A line that ends with CR LF loses both. */
static size_t without_return(const char *line, size_t size)
{
  return size > 0 && line[size - 1] == '\r' ? size - 1 : size;
}

/*
 * What is left over is read again with what follows: whoever writes may have taken half a line back
 * meanwhile, and written another one there.
 */
static ssize_t fill_file(struct log_lines *l)
{
  size_t rest = l->end - l->start;
  ssize_t n;

  l->offset -= rest;
  l->start = l->end = 0;
  do {
    n = pread(l->fd, l->buffer, BUFFER_SIZE, (off_t)l->offset);
  } while (n < 0 && errno == EINTR);
  if (n < 0)
    return n;
  l->end = (size_t)n;
  l->offset += (size_t)n;
  return l->end > rest ? n : 0;
}

static ssize_t fill_pipe(struct log_lines *l)
{
  ssize_t n;

  if (l->start > 0)
    memmove(l->buffer, l->buffer + l->start, l->end - l->start);
  l->end -= l->start;
  l->start = 0;
  n = read(l->fd, l->buffer + l->end, BUFFER_SIZE - l->end);
  if (n > 0)
    l->end += (size_t)n;
  return n;
}

/* What is there belongs to a line that is too long and has not ended. */
static void drop_overlong(struct log_lines *l)
{
  if (l->end - l->start <= LOG_LINE_MAX + 1)
    return;
  l->skipping = true;
  l->start = l->end = 0;
}

/* The line that ends at end; false: it is empty. */
static bool take_line(struct log_lines *l, size_t end, const char **out_line, size_t *out_size)
{
  const char *line = l->buffer + l->start;
  size_t size = without_return(line, end - l->start);
  bool overlong = l->skipping || size > LOG_LINE_MAX;

  l->skipping = false;
  l->start = end < l->end ? end + 1 : end;
  *out_line = overlong ? NULL : line;
  *out_size = overlong ? 0 : size;
  return overlong || size > 0;
}

enum log_lines_got log_lines_next(struct log_lines *l, void (*before_read)(void *user), void *user,
                                  const char **out_line, size_t *out_size)
{
  ssize_t n;

  for (;;) {
    const char *newline = memchr(l->buffer + l->start, '\n', l->end - l->start);
    if (newline) {
      if (take_line(l, (size_t)(newline - l->buffer), out_line, out_size))
        return LOG_LINES_LINE;
      continue;
    }
    drop_overlong(l);
    if (before_read)
      before_read(user);
    n = l->seekable ? fill_file(l) : fill_pipe(l);
    if (n <= 0)
      return n == 0 ? LOG_LINES_END : LOG_LINES_FAILED;
  }
}

bool log_lines_rest(struct log_lines *l, const char **out_line, size_t *out_size)
{
  if (l->start == l->end && !l->skipping)
    return false;
  return take_line(l, l->end, out_line, out_size);
}

bool log_lines_cut(struct log_lines *l, uint64_t size)
{
  if (!l->seekable || size >= l->offset - (l->end - l->start))
    return false;
  log_lines_restart(l, l->fd, 0);
  return true;
}

/* ---- backwards ---- */

struct last {
  int fd;
  char *buffer;
  uint64_t n;
  bool (*wanted)(void *user, const char *line, size_t size);
  void *user;
  uint64_t offset, found;
};

/* Exactly size bytes; false: errno. */
static bool read_at(struct last *s, uint64_t from, size_t size)
{
  size_t at = 0;

  while (at < size) {
    ssize_t n = pread(s->fd, s->buffer + at, size - at, (off_t)(from + at));
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = ENODATA; /* it was cut meanwhile */
    if (n <= 0)
      return false;
    at += (size_t)n;
  }
  return true;
}

/*
 * The lines of [from, from + size), the last one first, but not the first one unless the file begins
 * there. Returns how many bytes at the beginning are left for the next round.
 */
static size_t window(struct last *s, uint64_t from, size_t size)
{
  size_t end = size;

  while (end > 0 && s->found < s->n) {
    const char *newline = memrchr(s->buffer, '\n', end - 1);
    size_t start = newline ? (size_t)(newline - s->buffer) + 1 : 0;
    size_t length = end - start;
    if (!newline && from > 0)
      return end;
    if (s->buffer[end - 1] == '\n')
      length--;
    length = without_return(s->buffer + start, length);
    if (length > 0 && length <= LOG_LINE_MAX && s->wanted(s->user, s->buffer + start, length)) {
      s->found++;
      s->offset = from + start;
    }
    end = start;
  }
  return 0;
}

bool log_lines_last(int fd, uint64_t size, uint64_t n,
                    bool (*wanted)(void *user, const char *line, size_t size), void *user,
                    uint64_t *out_offset, uint64_t *out_found)
{
  struct last s = {fd, malloc(BUFFER_SIZE), n, wanted, user, size, 0};
  uint64_t end = size;
  bool ok = s.buffer != NULL;

  while (ok && end > 0 && s.found < n) {
    uint64_t from = end > BUFFER_SIZE ? end - BUFFER_SIZE : 0;
    size_t left, whole = (size_t)(end - from);
    ok = read_at(&s, from, whole);
    left = ok ? window(&s, from, whole) : 0;
    /* A line that is longer than the window is too long to be wanted. */
    end = left < whole ? from + left : from;
  }
  free(s.buffer);
  *out_offset = s.found < n ? 0 : s.offset;
  *out_found = s.found;
  return ok;
}
