/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor of somebody else, such as standard output: its flags are not ours to change. */
#include "src/sinks/ways.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE 1000u

struct output_sink {
  struct sink sink;
  int fd;
  size_t torn; /* of the next record, so much is out already */
};

/* After POLLOUT a pipe takes PIPE_BUF bytes without waiting; more might wait. */
static enum sink_result output_write(struct sink *s, const struct batch *b, size_t *at,
                                     portero_status *out_why)
{
  struct output_sink *o = (struct output_sink *)s;
  size_t start = batch_start(b, *at) + o->torn, size = b->size - start, end;
  ssize_t n;

  if (!socket_wait(s, o->fd, POLLOUT, PATIENCE)) {
    *out_why = portero_local(PORTERO_LOCAL_TIMEOUT);
    return SINK_AGAIN;
  }
  n = write(o->fd, b->base + start, size < PIPE_BUF ? size : PIPE_BUF);
  if (n < 0) {
    *out_why = socket_error(errno);
    return SINK_AGAIN;
  }
  end = start + (size_t)n;
  while (*at < b->n && batch_end(b, *at) <= end)
    ++*at;
  o->torn = end - batch_start(b, *at);
  return SINK_WRITTEN;
}

static void output_nothing(struct sink *s)
{
  (void)s;
}

static const char *name_of(int fd)
{
  if (fd == STDOUT_FILENO)
    return "stdout";
  return fd == STDERR_FILENO ? "stderr" : "output";
}

portero_status output_sink_new(const struct portero_sink *sink, int fd,
                               const struct portero_book_options *notices, struct sink **out_sink)
{
  static const struct sink_ops ops = {output_write, output_nothing, NULL, output_nothing};
  struct output_sink *o = calloc(1, sizeof *o);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (!o)
    return status;
  o->fd = fd;
  status = sink_init(&o->sink, &ops, sink, name_of(fd), notices);
  if (!portero_is_ok(status)) {
    free(o);
    return status;
  }
  *out_sink = &o->sink;
  return status;
}
