/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/client.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "src/net/loop.h"

#define READ_SIZE   65536u
#define WRITE_CHUNK 65536u /* copied when the socket is full */

struct client_write {
  uv_write_t req;
  struct portero_client *client;
  size_t size; /* of this block */
  uint8_t bytes[];
};

/* ---- the stream ---- */

void client_attach(struct portero_client *c, uv_stream_t *stream)
{
  c->stream = stream;
  (void)uv_fileno((const uv_handle_t *)stream, &c->fd);
  c->n_handles++;
  stream->data = c;
}

static void io_on_closed(uv_handle_t *handle)
{
  struct portero_client *c = handle->data;

  free(handle);
  client_handle_closed(c);
}

void client_detach(struct portero_client *c)
{
  uv_stream_t *stream = c->stream;

  c->stream = NULL;
  c->reading = false;
  if (stream)
    uv_close((uv_handle_t *)stream, io_on_closed);
}

static void io_fail(struct portero_client *c, int result)
{
  portero_status status = net_status(result);

  client_say_end(c, status, uv_strerror(result));
  client_end(c, status);
}

/* ---- output ---- */

static void io_on_written(uv_write_t *req, int result)
{
  struct client_write *write = req->data;
  struct portero_client *c = write->client;

  portero_mem_give(&c->pool.mem, write, write->size);
  c->writing = false;
  if (!c->stream)
    return;
  if (result < 0)
    io_fail(c, result);
  else
    client_pump(c);
}

/* The socket is full: a piece is copied, the rest stays with the machine. */
static int io_write_later(struct portero_client *c, struct portero_bytes out)
{
  size_t n = out.size < WRITE_CHUNK ? out.size : WRITE_CHUNK;
  struct client_write *write = portero_mem_take(&c->pool.mem, sizeof *write + n);
  uv_buf_t buf;
  int result;

  if (!write)
    return UV_ENOMEM;
  write->size = sizeof *write + n;
  write->req.data = write;
  write->client = c;
  memcpy(write->bytes, out.data, n);
  buf.base = (char *)write->bytes;
  buf.len = n;
  result = uv_write(&write->req, c->stream, &buf, 1, io_on_written);
  if (result < 0) {
    portero_mem_give(&c->pool.mem, write, write->size);
    return result;
  }
  c->writing = true;
  return (int)n;
}

/* Libuv's queue is empty here: send() writes past it and, unlike write(), raises no signal. */
static int io_write(struct portero_client *c, struct portero_bytes out)
{
  ssize_t n = send(c->fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT);

  if (n < 0 && errno != EAGAIN && errno != EINTR)
    return -errno;
  if (n > INT_MAX)
    return INT_MAX;
  return n > 0 ? (int)n : io_write_later(c, out);
}

static int io_flush(struct portero_client *c)
{
  struct portero_bytes out;
  int n = 0;

  while (n >= 0 && !c->writing && (out = portero_client_assoc_output(c->assoc)).size > 0) {
    n = io_write(c, out);
    if (n <= 0)
      continue;
    if (c->options.trace)
      client_cut(c, true, portero_bytes_make(out.data, (size_t)n));
    portero_client_assoc_sent(c->assoc, (size_t)n);
  }
  return n;
}

/* ---- input ---- */

static void io_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
  struct portero_client *c = handle->data;

  (void)suggested;
  if (!c->buffer)
    c->buffer = malloc(READ_SIZE);
  buf->base = (char *)c->buffer;
  buf->len = c->buffer ? READ_SIZE : 0;
}

static void io_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct portero_client *c = stream->data;

  if (n == 0 || !c->stream)
    return;
  if (n == UV_EOF) {
    portero_client_assoc_eof(c->assoc, portero_ok());
  } else if (n < 0) {
    io_fail(c, (int)n);
    return;
  } else {
    struct portero_bytes bytes = portero_bytes_make(buf->base, (size_t)n);
    if (c->options.trace)
      client_cut(c, false, bytes);
    portero_client_assoc_input(c->assoc, bytes, uv_now(c->loop));
  }
  client_pump(c);
}

static void io_set_reading(struct portero_client *c, bool reading)
{
  if (reading == c->reading)
    return;
  c->reading = reading;
  if (reading)
    (void)uv_read_start(c->stream, io_on_alloc, io_on_read);
  else
    (void)uv_read_stop(c->stream);
}

/* ---- the round ---- */

void client_pump(struct portero_client *c)
{
  struct portero_client_event event;
  int result;

  if (c->busy || !c->stream)
    return;
  c->busy = true;
  while (c->stream && portero_client_assoc_next(c->assoc, &event))
    client_event(c, &event);
  c->busy = false;
  if (!c->stream)
    return;
  result = io_flush(c);
  if (result < 0) {
    io_fail(c, result);
    return;
  }
  if (c->ending && !c->first_call && !c->altered) {
    portero_status closed = portero_local(PORTERO_LOCAL_CLOSED);
    client_say_end(c, closed, "the server is going away");
    client_end(c, closed);
    return;
  }
  io_set_reading(c, portero_client_assoc_wants_input(c->assoc));
  client_arm(c);
}

/* ---- time ---- */

static void io_on_timer(uv_timer_t *timer)
{
  struct portero_client *c = timer->data;

  c->timer_at = PORTERO_NEVER;
  client_expire(c, uv_now(c->loop));
  if (c->stage == CLIENT_CLOSED || c->stage == CLIENT_LOST)
    return;
  client_pump(c);
  client_arm(c);
}

/* A timer that is set for an earlier moment stays: it looks again when it is due. */
void client_arm(struct portero_client *c)
{
  uint64_t at, now;

  if (c->stage == CLIENT_CLOSED || c->stage == CLIENT_LOST)
    return;
  at = client_next_deadline(c);
  if (at >= c->timer_at)
    return;
  now = uv_now(c->loop);
  c->timer_at = at;
  (void)uv_timer_start(&c->timer, io_on_timer, at > now ? at - now : 0, 0);
}
