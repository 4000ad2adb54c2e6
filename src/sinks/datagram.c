/* SPDX-License-Identifier: Apache-2.0 */
/* A record a datagram: to the local syslog socket, over UDP, to the journal. */
#include "src/sinks/ways.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 1000u

struct datagram_sink {
  struct sink sink;
  char *path, *host; /* one of them */
  uint16_t port;
  int fd; /* -1: none */
};

static portero_status datagram_open(struct datagram_sink *d)
{
  if (d->host)
    return socket_connect(&d->sink, d->host, d->port, SOCK_DGRAM, &d->fd);
  return socket_connect_local(d->path, &d->fd);
}

static void datagram_shut(struct sink *s)
{
  struct datagram_sink *d = (struct datagram_sink *)s;

  if (d->fd >= 0)
    (void)close(d->fd);
  d->fd = -1;
}

static enum sink_result datagram_write(struct sink *s, const struct batch *b, size_t *at,
                                       portero_status *out_why)
{
  struct datagram_sink *d = (struct datagram_sink *)s;

  if (d->fd < 0) {
    *out_why = datagram_open(d);
    if (!portero_is_ok(*out_why))
      return SINK_AGAIN;
  }
  while (*at < b->n && !atomic_load(&s->stopping)) {
    struct portero_bytes record = batch_record(b, *at);
    if (send(d->fd, record.data, record.size, MSG_NOSIGNAL) >= 0) {
      ++*at;
      continue;
    }
    if (errno == EMSGSIZE)
      return SINK_NEVER;
    *out_why = socket_error(errno);
    if (errno == EAGAIN && socket_wait(s, d->fd, POLLOUT, PATIENCE))
      continue;
    if (errno != EAGAIN && errno != ENOBUFS)
      datagram_shut(s);
    return SINK_AGAIN;
  }
  return SINK_WRITTEN;
}

static void datagram_close(struct sink *s)
{
  struct datagram_sink *d = (struct datagram_sink *)s;

  datagram_shut(s);
  free(d->path);
  free(d->host);
}

portero_status datagram_sink_new(const struct portero_sink *sink, const char *path,
                                 const char *host, uint16_t port,
                                 const struct portero_book_options *notices, struct sink **out_sink)
{
  static const struct sink_ops ops = {datagram_write, datagram_shut, NULL, datagram_close};
  struct datagram_sink *d = calloc(1, sizeof *d);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);
  char name[SOCKET_NAME_SIZE];

  if (!d)
    return status;
  d->fd = -1;
  d->port = port;
  d->host = host ? strdup(host) : NULL;
  d->path = host ? NULL : strdup(path);
  if (d->host || d->path)
    status = sink_init(&d->sink, &ops, sink, host ? socket_name("udp", host, port, name) : path,
                       notices);
  if (!portero_is_ok(status)) {
    free(d->host);
    free(d->path);
    free(d);
    return status;
  }
  *out_sink = &d->sink;
  return status;
}
