/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLOSES_A_TURN 8u
#define TURN_TIME     50000u /* ns for those who wait for a turn, then everybody is asked again */
#define WRITE_CHUNK   65536u /* copied when the socket is full */
#define EARLY_LIMIT   (1u << 20) /* a bind and what may come with it */
#define FLUSH_TIME    10000u     /* ms without progress */
#define LINGER_TIME   2000u      /* ms */
#define LINGER_BYTES  (1u << 20)

struct net_write {
  uv_write_t req;
  size_t size; /* of this block */
  uint8_t bytes[];
};

static void conn_on_due(struct net_deadline *d);
static void conn_settle(struct net_conn *c);
static void conn_set_reading(struct net_conn *c, bool reading);
static void conn_hear_end(struct net_conn *c);

static struct net_conn *conn_of(uv_handle_t *handle)
{
  return handle->data;
}

/* ---- life ---- */

struct net_conn *net_conn_new(struct net_loop *l, const struct net_conn_ops *ops, bool is_local)
{
  struct net_conn *c = portero_mem_take(&l->pool.mem, ops->size);

  if (!c)
    return NULL;
  memset(c, 0, ops->size);
  c->loop = l;
  c->ops = ops;
  c->mem = &l->pool.mem;
  c->ends.is_local = is_local;
  c->deadline.due = conn_on_due;
  if (is_local)
    (void)uv_pipe_init(&l->uv, &c->uv.pipe, 0);
  else
    (void)uv_tcp_init(&l->uv, &c->uv.tcp);
  c->uv.handle.data = c;
  c->next = l->conns;
  if (c->next)
    c->next->prev = c;
  l->conns = c;
  l->n_conns++;
  return c;
}

static void conn_unlink(struct net_conn *c)
{
  if (c->prev)
    c->prev->next = c->next;
  else
    c->loop->conns = c->next;
  if (c->next)
    c->next->prev = c->prev;
  c->loop->n_conns--;
}

static void conn_drop_machine(struct net_conn *c)
{
  portero_server_assoc_free(c->assoc);
  c->assoc = NULL;
  net_conn_forget_early(c);
}

static void conn_on_closed(uv_handle_t *handle)
{
  struct net_conn *c = conn_of(handle);
  const struct portero_mem *mem = &c->loop->pool.mem; /* what the owner put before it goes */

  conn_drop_machine(c);
  conn_unlink(c);
  c->ops->gone(c);
  portero_mem_give(mem, c, c->ops->size);
}

/* ---- turns ---- */

static void line_remove(struct net_conn *c)
{
  struct net_line *line = c->line;

  if (!line)
    return;
  c->line = NULL;
  *(c->before ? &c->before->behind : &line->first) = c->behind;
  *(c->behind ? &c->behind->before : &line->last) = c->before;
  line->n--;
}

static void line_add(struct net_line *line, struct net_conn *c)
{
  c->line = line;
  c->before = line->last;
  c->behind = NULL;
  *(c->before ? &c->before->behind : &line->first) = c;
  line->last = c;
  line->n++;
}

static void conn_on_turn(uv_idle_t *turn);

static void conn_wait(struct net_conn *c)
{
  struct net_loop *l = c->loop;

  if (c->line)
    return;
  line_add(&l->waiting, c);
  (void)uv_idle_start(&l->turn, conn_on_turn);
}

/* The kernel takes its time for a close, and thousands may end at one moment: some for each turn. */
static void conn_close_socket(struct net_conn *c)
{
  struct net_loop *l = c->loop;

  if (l->n_closed < CLOSES_A_TURN) {
    l->n_closed++;
    uv_close(&c->uv.handle, conn_on_closed);
    return;
  }
  line_add(&l->closing, c);
  (void)uv_idle_start(&l->turn, conn_on_turn);
}

static void turn_close(struct net_loop *l)
{
  l->n_closed = 0;
  while (l->closing.first && l->n_closed < CLOSES_A_TURN) {
    struct net_conn *c = l->closing.first;
    line_remove(c);
    conn_close_socket(c);
  }
}

/*
 * Those who come to wait meanwhile have the turn after this one, and those whom there was no time for
 * are the first then.
 */
static void turn_go_on(struct net_loop *l)
{
  uint64_t end = uv_hrtime() + TURN_TIME;

  for (size_t n = l->waiting.n; n > 0 && l->waiting.first; n--) {
    struct net_conn *c = l->waiting.first;
    line_remove(c);
    if (c->ended && !c->heard)
      conn_hear_end(c);
    else
      net_conn_kick(c);
    if (uv_hrtime() >= end)
      return;
  }
}

static void conn_on_turn(uv_idle_t *turn)
{
  struct net_loop *l = turn->data;

  turn_close(l);
  turn_go_on(l);
  if (!l->waiting.first && !l->closing.first)
    (void)uv_idle_stop(turn);
}

static void conn_close(struct net_conn *c)
{
  if (c->state == NET_CONN_CLOSING)
    return;
  c->state = NET_CONN_CLOSING;
  line_remove(c);
  conn_set_reading(c, false);
  net_loop_at(c->loop, &c->deadline, NET_NEVER);
  conn_close_socket(c);
}

/* Leaves OPEN: the one place where the owner hears that it is over. */
static void conn_lose(struct net_conn *c, portero_status why, const char *what)
{
  if (c->state != NET_CONN_OPEN)
    return;
  c->state = NET_CONN_FLUSHING;
  c->ops->lost(c, why, what);
}

static void conn_fail(struct net_conn *c, portero_status why)
{
  conn_lose(c, why, NULL);
  conn_close(c);
}

void net_conn_abort(struct net_conn *c)
{
  conn_fail(c, portero_local(PORTERO_LOCAL_CLOSED));
}

static portero_status conn_connected(struct net_conn *c)
{
  uv_os_fd_t fd;
  int result = uv_fileno(&c->uv.handle, &fd);

  if (result < 0)
    return net_status(result);
  c->fd = fd;
  net_ends_of(fd, c->ends.is_local, &c->ends);
  return portero_ok();
}

portero_status net_conn_accept(struct net_conn *c, uv_stream_t *listener)
{
  int result = uv_accept(listener, &c->uv.stream);

  return result < 0 ? net_status(result) : conn_connected(c);
}

portero_status net_conn_adopt(struct net_conn *c, int fd)
{
  int result = c->ends.is_local ? uv_pipe_open(&c->uv.pipe, fd) : uv_tcp_open(&c->uv.tcp, fd);

  if (result < 0) {
    (void)close(fd);
    return net_status(result);
  }
  return conn_connected(c);
}

/* ---- output ---- */

static void conn_on_written(uv_write_t *req, int result)
{
  struct net_conn *c = req->handle->data;
  struct net_write *write = req->data;

  portero_mem_give(c->mem, write, write->size);
  c->writing = false;
  if (c->state == NET_CONN_CLOSING)
    return;
  if (result < 0)
    conn_fail(c, net_status(result));
  else
    net_conn_kick(c);
}

/*
 * The socket is full: a piece is copied, the rest stays with the machine, which takes no more
 * input meanwhile.
 */
static portero_status conn_write_later(struct net_conn *c, struct portero_bytes out)
{
  size_t n = out.size < WRITE_CHUNK ? out.size : WRITE_CHUNK;
  struct net_write *write = portero_mem_take(c->mem, sizeof *write + n);
  uv_buf_t buf;
  int result;

  if (!write)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  write->size = sizeof *write + n;
  write->req.data = write;
  memcpy(write->bytes, out.data, n);
  portero_server_assoc_sent(c->assoc, n);
  buf.base = (char *)write->bytes;
  buf.len = n;
  result = uv_write(&write->req, &c->uv.stream, &buf, 1, conn_on_written);
  if (result < 0) {
    portero_mem_give(c->mem, write, write->size);
    return net_status(result);
  }
  c->writing = true;
  c->bytes_out += n;
  c->write_deadline = net_loop_now(c->loop) + c->config->limits.partial_timeout;
  return portero_ok();
}

/*
 * Libuv's queue is empty whenever nothing waits, so the socket may be written past it: send() spares
 * the detour through the file layer that write() takes, and the signal. *out_went: all is sent.
 */
static portero_status conn_flush(struct net_conn *c, bool *out_went)
{
  struct portero_bytes out;
  ssize_t n;

  *out_went = false;
  if (c->writing)
    return portero_ok();
  out = portero_server_assoc_output(c->assoc);
  if (out.size == 0)
    return portero_ok();
  n = send(c->fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    return net_status(-errno);
  if (n > 0) {
    portero_server_assoc_sent(c->assoc, (size_t)n);
    c->bytes_out += (uint64_t)n;
  }
  *out_went = n == (ssize_t)out.size;
  return *out_went ? portero_ok() : conn_write_later(c, portero_server_assoc_output(c->assoc));
}

/* ---- input ---- */

/*
 * Libuv reads on as long as the buffer gets full, so one peer that sends much would keep all others
 * waiting: no buffer ends its turn.
 */
static void conn_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
  struct net_conn *c = conn_of(handle);

  (void)suggested;
  buf->base = c->had_turn ? NULL : (char *)c->loop->buffer;
  buf->len = c->had_turn ? 0 : NET_READ_SIZE;
  c->had_turn = false;
}

static void conn_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void conn_set_reading(struct net_conn *c, bool reading)
{
  if (reading == c->reading)
    return;
  c->reading = reading;
  if (reading)
    (void)uv_read_start(&c->uv.stream, conn_on_alloc, conn_on_read);
  else
    (void)uv_read_stop(&c->uv.stream);
}

/* Thousands may end at one moment, and to end takes longer than to hear of it. */
static void conn_on_end(struct net_conn *c, portero_status why)
{
  c->ended = true;
  c->end_status = why;
  conn_set_reading(c, false);
  conn_wait(c);
}

static void conn_hear_end(struct net_conn *c)
{
  c->heard = true;
  if (c->state != NET_CONN_OPEN) {
    if (c->state == NET_CONN_LINGERING)
      conn_close(c);
    return;
  }
  if (!portero_is_local(c->end_status, PORTERO_LOCAL_CLOSED)) {
    conn_fail(c, c->end_status);
    return;
  }
  portero_server_assoc_eof(c->assoc, portero_ok());
  net_conn_kick(c);
}

static void conn_discard(struct net_conn *c, size_t n)
{
  c->lingered += (uint32_t)n;
  if (c->lingered > LINGER_BYTES)
    conn_close(c);
}

static void conn_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct net_conn *c = stream->data;

  if (n == 0 || n == UV_ENOBUFS || c->state == NET_CONN_CLOSING)
    return;
  if (n < 0) {
    conn_on_end(c, net_status((int)n));
    return;
  }
  c->had_turn = n == NET_READ_SIZE;
  if (c->state == NET_CONN_OPEN)
    net_conn_feed(c, portero_bytes_make(buf->base, (size_t)n));
  else
    conn_discard(c, (size_t)n);
}

static void conn_keep_early(struct net_conn *c, struct portero_bytes bytes)
{
  if (c->early)
    portero_write_bytes(c->early, bytes.data, bytes.size);
}

void net_conn_feed(struct net_conn *c, struct portero_bytes bytes)
{
  conn_keep_early(c, bytes);
  c->bytes_in += bytes.size;
  portero_server_assoc_input(c->assoc, bytes, net_loop_now(c->loop));
  net_conn_kick(c);
}

portero_status net_conn_open(struct net_conn *c, const struct portero_assoc_config *config,
                             bool keep_early)
{
  portero_status status =
      portero_server_assoc_new(config, c->mem, net_loop_now(c->loop), &c->assoc);

  c->config = config;
  if (!portero_is_ok(status))
    return status;
  if (keep_early) {
    c->early = portero_mem_take(c->mem, sizeof *c->early);
    if (!c->early)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    portero_writer_init(c->early, c->mem, EARLY_LIMIT);
  }
  conn_settle(c);
  return portero_ok();
}

/* ---- the round ---- */

static void conn_pull(struct net_conn *c)
{
  struct portero_server_event event;

  while (c->state == NET_CONN_OPEN && portero_server_assoc_next(c->assoc, &event)) {
    if (event.kind == PORTERO_SERVER_CLOSE)
      conn_lose(c, event.u.close.status, event.u.close.what);
    else
      c->ops->event(c, &event);
  }
  c->blocked = c->state == NET_CONN_OPEN && !portero_server_assoc_wants_input(c->assoc);
}

static void conn_count(struct net_conn *c)
{
  uint32_t in, out;

  portero_server_assoc_pdus(c->assoc, &in, &out);
  net_count(&c->loop->pdus_in, in - c->pdus_in);
  net_count(&c->loop->pdus_out, out - c->pdus_out);
  c->pdus_in = in;
  c->pdus_out = out;
}

/*
 * Events, then output. Sending may unblock a machine that had too much to send; then it goes on in the
 * loop's next turn, because a peer that reads as fast as it asks would never be through.
 */
static portero_status conn_round(struct net_conn *c)
{
  portero_status status;
  bool went;

  conn_pull(c);
  conn_count(c);
  if (c->state == NET_CONN_CLOSING)
    return portero_ok();
  status = conn_flush(c, &went);
  if (went && c->blocked && c->state == NET_CONN_OPEN)
    conn_wait(c);
  return status;
}

static void conn_restart_deadline(struct net_conn *c, uint32_t ms)
{
  net_loop_at(c->loop, &c->deadline, NET_NEVER);
  net_loop_at(c->loop, &c->deadline, net_loop_now(c->loop) + ms);
}

/* Only for a peer that has something of ours to read: the others would keep their place for nothing. */
static void conn_linger(struct net_conn *c)
{
  if (c->ended || c->bytes_out == 0 || shutdown(c->fd, SHUT_WR) != 0) {
    conn_close(c);
    return;
  }
  c->state = NET_CONN_LINGERING;
  conn_drop_machine(c); /* all is said: waiting costs a socket alone */
  conn_set_reading(c, true);
  conn_restart_deadline(c, LINGER_TIME);
}

static bool conn_reader_sleeps(const struct net_conn *c)
{
  return c->writing && c->config->limits.partial_timeout &&
         c->write_deadline <= net_loop_now(c->loop);
}

static uint64_t conn_deadline(const struct net_conn *c)
{
  uint64_t at = portero_server_assoc_deadline(c->assoc);

  return c->writing && c->config->limits.partial_timeout && c->write_deadline < at
             ? c->write_deadline
             : at;
}

/* What follows from the state after a round: read on, wait, or go. */
static void conn_settle(struct net_conn *c)
{
  if (c->state == NET_CONN_OPEN) {
    conn_set_reading(c, !c->paused && !c->ended && !c->writing && !c->blocked);
    net_loop_at(c->loop, &c->deadline, conn_deadline(c));
    return;
  }
  if (c->state != NET_CONN_FLUSHING)
    return;
  conn_set_reading(c, false);
  if (!c->writing && portero_server_assoc_output(c->assoc).size == 0)
    conn_linger(c);
  else
    conn_restart_deadline(c, FLUSH_TIME);
}

void net_conn_kick(struct net_conn *c)
{
  portero_status status;

  if (c->busy || c->state == NET_CONN_CLOSING || c->state == NET_CONN_LINGERING)
    return;
  c->busy = true;
  status = conn_round(c);
  c->busy = false;
  if (!portero_is_ok(status))
    conn_fail(c, status);
  else
    conn_settle(c);
}

static void conn_on_due(struct net_deadline *d)
{
  struct net_conn *c = (struct net_conn *)(void *)((char *)d - offsetof(struct net_conn, deadline));

  if (c->state != NET_CONN_OPEN) {
    conn_close(c); /* the peer does not take our last words */
    return;
  }
  if (conn_reader_sleeps(c)) {
    conn_fail(c, portero_local(PORTERO_LOCAL_TIMEOUT));
    return;
  }
  portero_server_assoc_tick(c->assoc, net_loop_now(c->loop));
  net_conn_kick(c);
}

void net_conn_pause(struct net_conn *c)
{
  c->paused = true;
  conn_set_reading(c, false);
}

void net_conn_finish(struct net_conn *c)
{
  conn_lose(c, portero_ok(), NULL);
  net_conn_kick(c);
}

/* ---- moving ---- */

void net_conn_forget_early(struct net_conn *c)
{
  if (!c->early)
    return;
  portero_writer_deinit(c->early);
  portero_mem_give(c->mem, c->early, sizeof *c->early);
  c->early = NULL;
}

portero_status net_conn_detach(struct net_conn *c, int *out_fd, uint8_t **out_bytes,
                               size_t *out_size)
{
  struct portero_bytes early;
  uint8_t *copy;
  int own;

  if (!c->early || !portero_is_ok(portero_writer_finish(c->early)))
    return portero_local(PORTERO_LOCAL_LIMIT);
  early = portero_writer_bytes(c->early);
  copy = malloc(early.size);
  if (!copy)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  own = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) {
    free(copy);
    return net_status(UV_EMFILE);
  }
  memcpy(copy, early.data, early.size);
  *out_fd = own;
  *out_bytes = copy;
  *out_size = early.size;
  net_conn_abort(c);
  return portero_ok();
}
