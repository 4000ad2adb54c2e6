/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is appended to. Records go out many at a time; when the disk is full in the middle of
 * one, the file is cut back to the last whole record.
 */
#include "src/sinks/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE         0640
#define KEEP_DEFAULT 10u
#define NANOSECONDS  UINT64_C(1000000000)
#define PIECE        (256u << 10) /* at most this much in one write */

struct file_sink {
  struct sink sink;
  char *path;
  int fd; /* -1: closed */
  bool regular;
  bool has_records;
  bool rotating, stuck; /* stuck: cannot be renamed; not tried again until it is opened anew */
  size_t torn;          /* of the next record, so much is out already: in a FIFO */
  uint64_t size, begun; /* begun: since when it is there */
  uint64_t rotate_size, rotate_age;
  unsigned keep;
  bool dated;
};

/* Zeek's lines about the file itself: all or nothing. */
static bool write_about(struct file_sink *f, bool header)
{
  uint8_t buffer[1024];
  struct portero_writer w;
  ssize_t n;

  if (f->sink.form != PORTERO_FORM_ZEEK)
    return true;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  if (header)
    portero_event_write_zeek_header(&w, clock_now());
  else
    portero_event_write_zeek_footer(&w, clock_now());
  n = write(f->fd, w.base, w.size);
  if (n == (ssize_t)w.size) {
    f->size += w.size;
    return true;
  }
  if (n > 0) {
    if (f->regular)
      (void)!ftruncate(f->fd, (off_t)f->size);
    errno = ENOSPC;
  }
  return false;
}

static void file_shut(struct file_sink *f)
{
  if (f->fd < 0)
    return;
  (void)write_about(f, false);
  (void)close(f->fd);
  f->fd = -1;
}

/* When an old file was begun is what the file system knows of it. */
static uint64_t birth(int fd)
{
  struct statx about;

  if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &about) != 0)
    return clock_now();
  return (uint64_t)(about.stx_mask & STATX_BTIME ? about.stx_btime.tv_sec
                                                 : about.stx_mtime.tv_sec) *
         NANOSECONDS;
}

/* Without blocking, for a FIFO nobody reads: there is no other way to be sure of that. */
static portero_status file_open(struct file_sink *f)
{
  struct stat about;
  int error;

  f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, MODE);
  if (f->fd < 0)
    return socket_error(errno);
  if (fstat(f->fd, &about) != 0 || S_ISDIR(about.st_mode)) {
    error = errno;
    (void)close(f->fd);
    f->fd = -1;
    return socket_error(error);
  }
  f->regular = S_ISREG(about.st_mode);
  f->size = f->regular ? (uint64_t)about.st_size : 0;
  f->has_records = f->size > 0;
  f->torn = 0;
  if (f->rotating && f->size > 0) {
    f->stuck = true;
    sink_notice(&f->sink, "cannot be renamed, so it grows on");
  }
  f->rotating = false;
  f->begun = f->size > 0 ? birth(f->fd) : clock_now();
  if (write_about(f, true))
    return portero_ok();
  error = errno;
  (void)close(f->fd);
  f->fd = -1;
  return socket_error(error);
}

static void rotate(struct file_sink *f)
{
  file_shut(f);
  f->rotating = true;
  rotate_file(f->path, f->dated, f->keep, clock_now());
}

static void file_tick(struct sink *s)
{
  struct file_sink *f = (struct file_sink *)s;

  if (f->fd < 0 || !f->regular || f->rotate_age == 0 || !f->has_records || f->stuck)
    return;
  if (clock_now() >= f->begun + f->rotate_age * NANOSECONDS)
    rotate(f);
}

/* How many records from at on go into this file with one write; 0: it has to be rotated first. */
static size_t fitting(const struct file_sink *f, const struct batch *b, size_t at)
{
  uint64_t most = PIECE;
  size_t n = 0, start = batch_start(b, at);

  if (f->rotate_size > 0 && f->regular && !f->stuck) {
    uint64_t room = f->size < f->rotate_size ? f->rotate_size - f->size : 0;
    most = room < most ? room : most;
  }
  while (at + n < b->n && batch_end(b, at + n) - start <= most)
    n++;
  return n == 0 && !f->has_records ? 1 : n; /* one alone may be longer than a file should be */
}

/* n bytes went out, from the torn record at on: moves *at, and cuts back what is torn now. */
static void went_out(struct file_sink *f, const struct batch *b, size_t n, size_t *at)
{
  size_t end = batch_start(b, *at) + f->torn + n, whole = batch_start(b, *at);

  for (; *at < b->n && batch_end(b, *at) <= end; ++*at)
    whole = batch_end(b, *at);
  f->torn = f->regular ? 0 : end - whole;
  f->size += n;
  f->has_records = true;
  if (f->regular && end > whole) {
    f->size -= end - whole;
    (void)!ftruncate(f->fd, (off_t)f->size);
  }
}

static enum sink_result file_write(struct sink *s, const struct batch *b, size_t *at,
                                   portero_status *out_why)
{
  struct file_sink *f = (struct file_sink *)s;
  size_t start, records, size;
  ssize_t n;

  if (f->fd < 0) {
    *out_why = file_open(f);
    if (!portero_is_ok(*out_why))
      return SINK_AGAIN;
  }
  records = fitting(f, b, *at);
  if (records == 0) {
    rotate(f);
    return SINK_WRITTEN;
  }
  start = batch_start(b, *at) + f->torn;
  size = batch_end(b, *at + records - 1) - start;
  n = write(f->fd, b->base + start, size);
  if (n >= 0) {
    went_out(f, b, (size_t)n, at);
    *out_why = socket_error(ENOSPC);
    return f->regular && (size_t)n < size ? SINK_AGAIN : SINK_WRITTEN;
  }
  *out_why = socket_error(errno);
  if (errno == EPIPE)
    file_shut(f);
  return SINK_AGAIN;
}

static void file_reopen(struct sink *s)
{
  struct file_sink *f = (struct file_sink *)s;

  file_shut(f);
  f->stuck = false;
  (void)file_open(f); /* what is wrong is told by the next write */
}

static void file_close(struct sink *s)
{
  struct file_sink *f = (struct file_sink *)s;

  file_shut(f);
  free(f->path);
}

portero_status file_sink_new(const struct portero_sink *sink, const struct portero_sink_file *file,
                             const struct portero_book_options *notices, struct sink **out_sink)
{
  static const struct sink_ops ops = {file_write, file_reopen, file_tick, file_close};
  struct file_sink *f = calloc(1, sizeof *f);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (!f)
    return status;
  f->fd = -1;
  f->rotate_size = file->rotate_size;
  f->rotate_age = file->rotate_age;
  f->keep = file->keep ? file->keep : KEEP_DEFAULT;
  f->dated = file->dated;
  f->path = strdup(file->path);
  if (f->path)
    status = sink_init(&f->sink, &ops, sink, file->path, notices);
  if (!portero_is_ok(status)) {
    free(f->path);
    free(f);
    return status;
  }
  status = file_open(f);
  /* A FIFO without a reader gets one yet, a full disk gets room. */
  if (!portero_is_ok(status) && status.code != ENXIO && status.code != ENOSPC) {
    sink_free(&f->sink);
    return status;
  }
  *out_sink = &f->sink;
  return portero_ok();
}
