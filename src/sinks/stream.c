/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syslog over a connection, bare or with TLS. After a connection is lost, the record that was not
 * wholly out is sent again from its beginning. What the kernel had taken by then may be lost, and
 * nobody knows: [RFC6587] has no answers.
 */
#include "src/sinks/ways.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE     1000u
#define TLS_PATIENCE 5000u
#define PIECE        16384u /* also the longest TLS record */

struct stream_sink {
  struct sink sink;
  char *host;
  uint16_t port;
  struct tls *tls; /* NULL: bare */
  int fd;          /* -1: none */
  size_t torn;     /* of the next record, so much is out already */
};

static void stream_shut(struct stream_sink *t)
{
  if (t->fd < 0)
    return;
  if (t->tls)
    tls_end(t->tls);
  (void)close(t->fd);
  t->fd = -1;
  t->torn = 0;
}

static portero_status stream_open(struct stream_sink *t)
{
  portero_status status = socket_connect(&t->sink, t->host, t->port, SOCK_STREAM, &t->fd);

  if (!portero_is_ok(status) || !t->tls)
    return status;
  status = tls_start(t->tls, &t->sink, t->fd, TLS_PATIENCE);
  if (!portero_is_ok(status))
    stream_shut(t);
  return status;
}

static ssize_t stream_send(struct stream_sink *t, const void *data, size_t size)
{
  return t->tls ? tls_send(t->tls, data, size) : send(t->fd, data, size, MSG_NOSIGNAL);
}

/* Receivers say nothing, except that they close: then nothing more arrives there. */
static bool gone(struct stream_sink *t)
{
  uint8_t buffer[256];
  ssize_t n =
      t->tls ? tls_receive(t->tls, buffer, sizeof buffer) : recv(t->fd, buffer, sizeof buffer, 0);

  return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static enum sink_result stream_write(struct sink *s, const struct batch *b, size_t *at,
                                     portero_status *out_why)
{
  struct stream_sink *t = (struct stream_sink *)s;
  size_t start, size, end;
  ssize_t n;

  if (t->fd >= 0 && gone(t))
    stream_shut(t);
  if (t->fd < 0) {
    *out_why = stream_open(t);
    if (!portero_is_ok(*out_why))
      return SINK_AGAIN;
  }
  start = batch_start(b, *at) + t->torn;
  size = b->size - start;
  n = stream_send(t, b->base + start, size < PIECE ? size : PIECE);
  if (n < 0) {
    *out_why = socket_error(errno);
    if (errno != EAGAIN)
      stream_shut(t);
    else if (socket_wait(s, t->fd, POLLOUT, PATIENCE))
      return SINK_WRITTEN;
    return SINK_AGAIN;
  }
  end = start + (size_t)n;
  while (*at < b->n && batch_end(b, *at) <= end)
    ++*at;
  t->torn = end - batch_start(b, *at);
  return SINK_WRITTEN;
}

static void stream_reopen(struct sink *s)
{
  struct stream_sink *t = (struct stream_sink *)s;

  stream_shut(t);
  if (t->tls)
    tls_reload(t->tls);
}

static void stream_close(struct sink *s)
{
  struct stream_sink *t = (struct stream_sink *)s;

  stream_shut(t);
  tls_free(t->tls);
  free(t->host);
}

portero_status stream_sink_new(const struct portero_sink *sink,
                               const struct portero_sink_syslog *syslog,
                               const struct portero_book_options *notices, struct sink **out_sink)
{
  static const struct sink_ops ops = {stream_write, stream_reopen, NULL, stream_close};
  struct stream_sink *t = calloc(1, sizeof *t);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);
  const char *way = syslog->way == PORTERO_SYSLOG_TLS ? "tls" : "tcp";
  char name[SOCKET_NAME_SIZE];

  if (!t)
    return status;
  t->fd = -1;
  t->port = syslog->port;
  t->host = strdup(syslog->host);
  if (t->host)
    status = syslog->way == PORTERO_SYSLOG_TLS ? tls_new(syslog, &t->tls) : portero_ok();
  if (portero_is_ok(status))
    status = sink_init(&t->sink, &ops, sink, socket_name(way, syslog->host, syslog->port, name),
                       notices);
  if (!portero_is_ok(status)) {
    tls_free(t->tls);
    free(t->host);
    free(t);
    return status;
  }
  t->sink.framed = true;
  *out_sink = &t->sink;
  return status;
}
