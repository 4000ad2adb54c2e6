/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flood itself: one thread around epoll. A connection is CONNECTING, perhaps BINDING, SENDING
 * its body, perhaps ASKING for the answer, perhaps READY to send again when the rate lets it; then
 * it is closed or HELD.
 */
#include "bench/flood/flood.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <portero/pdu.h>

#include "bench/flood/reader.h"
#include "bench/sockets.h"

#define EVENTS     512
#define BURST      64u /* attempts, and calls, between two looks at what has come */
#define TICK       1   /* ms */
#define SECOND     1000000000u
#define STDIN_MARK UINT32_MAX
#define BODY_MOST  (8u << 20)
#define PIECE      16384u /* of one send(), so that others get at the CPU */

enum flood_stage {
  FLOOD_FREE,
  FLOOD_CONNECTING,
  FLOOD_BINDING,
  FLOOD_SENDING,
  FLOOD_ASKING,
  FLOOD_READY,
  FLOOD_HELD,
};

struct flood_conn {
  struct flood_conn *prev, *next; /* in the list of its stage: free, ready or held */
  struct flood_reader reader;
  size_t at; /* of the body */
  int fd;
  enum flood_stage stage;
  uint32_t interest;
  uint32_t calls;
  bool spoken_to;
  bool refused; /* the last call */
};

struct flood_list {
  struct flood_conn *first, *last;
  uint32_t n;
};

struct flood {
  const struct flood_options *o;
  struct flood_result *r;
  struct flood_conn *conns;
  struct flood_list idle, ready, held;
  struct portero_writer bind, body;
  int poller;
  uint32_t open;
  uint64_t start, issued;
  bool stopped; /* from outside */
};

/* ---- lists ---- */

static void list_add(struct flood_list *l, struct flood_conn *c)
{
  c->prev = l->last;
  c->next = NULL;
  if (l->last)
    l->last->next = c;
  else
    l->first = c;
  l->last = c;
  l->n++;
}

static void list_remove(struct flood_list *l, struct flood_conn *c)
{
  if (c->prev)
    c->prev->next = c->next;
  else
    l->first = c->next;
  if (c->next)
    c->next->prev = c->prev;
  else
    l->last = c->prev;
  l->n--;
}

static struct flood_list *list_of(struct flood *f, enum flood_stage stage)
{
  switch (stage) {
  case FLOOD_FREE:
    return &f->idle;
  case FLOOD_READY:
    return &f->ready;
  case FLOOD_HELD:
    return &f->held;
  case FLOOD_CONNECTING:
  case FLOOD_BINDING:
  case FLOOD_SENDING:
  case FLOOD_ASKING:
    break;
  }
  return NULL;
}

static void enter(struct flood *f, struct flood_conn *c, enum flood_stage stage)
{
  struct flood_list *from = list_of(f, c->stage), *to = list_of(f, stage);

  if (from)
    list_remove(from, c);
  if (to)
    list_add(to, c);
  c->stage = stage;
}

/* ---- connections ---- */

static void flood_count_add(struct flood_count *counts, uint32_t code)
{
  size_t i = 0;

  while (i < FLOOD_CODES - 1 && counts[i].n && counts[i].code != code)
    i++;
  counts[i].code = code;
  counts[i].n++;
}

static void watch(struct flood *f, struct flood_conn *c, int action, uint32_t interest)
{
  struct epoll_event event = {.events = interest | EPOLLRDHUP,
                              .data = {.u32 = (uint32_t)(c - f->conns)}};

  if (action == EPOLL_CTL_MOD && c->interest == interest)
    return;
  c->interest = interest;
  if (epoll_ctl(f->poller, action, c->fd, &event) < 0)
    bench_fail("epoll_ctl");
}

static void drop(struct flood *f, struct flood_conn *c)
{
  (void)close(c->fd);
  f->open--;
  enter(f, c, FLOOD_FREE);
}

static void drop_here(struct flood *f, struct flood_conn *c)
{
  f->r->closed_here++;
  drop(f, c);
}

static void ended(struct flood *f, struct flood_conn *c)
{
  if (c->refused)
    f->r->closed_refused++;
  else if (c->spoken_to)
    f->r->closed_later++;
  else
    f->r->closed_silent++;
  drop(f, c);
}

static void fail(struct flood *f, struct flood_conn *c, int error)
{
  flood_count_add(f->r->errors, (uint32_t)error);
  f->r->failed++;
  drop(f, c);
}

static void hold(struct flood *f, struct flood_conn *c)
{
  if (f->held.n >= f->o->hold)
    drop_here(f, f->held.first);
  enter(f, c, FLOOD_HELD);
  watch(f, c, EPOLL_CTL_MOD, f->o->mode->reads ? EPOLLIN : 0);
}

static void finish(struct flood *f, struct flood_conn *c)
{
  if (f->o->mode->after == FLOOD_HOLD)
    hold(f, c);
  else
    drop_here(f, c);
}

/* ---- what a connection says ---- */

/* False: the connection is gone. */
static bool send_from(struct flood *f, struct flood_conn *c, const struct portero_writer *w)
{
  while (c->at < w->size) {
    size_t left = w->size - c->at;
    ssize_t n =
        send(c->fd, w->base + c->at, left < PIECE ? left : PIECE, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
      return true;
    if (n < 0) {
      ended(f, c);
      return false;
    }
    c->at += (size_t)n;
    f->r->sent += (uint64_t)n;
  }
  return true;
}

static void send_body(struct flood *f, struct flood_conn *c)
{
  const struct flood_mode *m = f->o->mode;

  enter(f, c, FLOOD_SENDING);
  do {
    if (!send_from(f, c, &f->body))
      return;
    if (c->at < f->body.size) {
      watch(f, c, EPOLL_CTL_MOD, m->reads ? EPOLLIN | EPOLLOUT : EPOLLOUT);
      return;
    }
    c->at = 0;
    c->calls++;
    f->r->calls += m->binds;
  } while (m->repeats && !m->answered);
  if (!m->answered) {
    finish(f, c);
    return;
  }
  enter(f, c, FLOOD_ASKING);
  watch(f, c, EPOLL_CTL_MOD, EPOLLIN);
}

static void send_bind(struct flood *f, struct flood_conn *c)
{
  enter(f, c, FLOOD_BINDING);
  if (!send_from(f, c, &f->bind))
    return;
  c->at = 0; /* a bind always fits */
  watch(f, c, EPOLL_CTL_MOD, EPOLLIN);
}

static void connected(struct flood *f, struct flood_conn *c)
{
  int error = 0;
  socklen_t size = sizeof error;

  if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error) {
    fail(f, c, error);
    return;
  }
  f->r->connected++;
  if (f->o->mode->binds)
    send_bind(f, c);
  else if (f->o->mode->write_body)
    send_body(f, c);
  else
    finish(f, c);
}

/* ---- what it hears ---- */

static void take_answer(struct flood *f, struct flood_conn *c, const struct flood_heard *heard)
{
  if (heard->ptype == PORTERO_PTYPE_BIND_ACK && c->stage == FLOOD_BINDING) {
    f->r->bound++;
    send_body(f, c);
    return;
  }
  if (heard->ptype == PORTERO_PTYPE_BIND_NAK)
    flood_count_add(f->r->naks, heard->code);
  c->refused = heard->ptype == PORTERO_PTYPE_FAULT;
  if (c->refused)
    flood_count_add(f->r->faults, heard->code);
  if (heard->ptype == PORTERO_PTYPE_RESPONSE)
    f->r->answers += heard->last;
  if (c->stage != FLOOD_ASKING || !f->o->mode->binds || !heard->last)
    return;
  if (f->o->mode->repeats && c->calls < f->o->calls)
    enter(f, c, FLOOD_READY);
  else
    finish(f, c);
}

static void hear(struct flood *f, struct flood_conn *c)
{
  static uint8_t buffer[65536];
  ssize_t n = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  struct flood_heard heard;
  struct portero_bytes left;

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    ended(f, c);
    return;
  }
  c->spoken_to = true;
  f->r->received += (uint64_t)n;
  left = portero_bytes_make(buffer, (size_t)n);
  while (c->stage != FLOOD_FREE && flood_reader_next(&c->reader, &left, &heard))
    take_answer(f, c, &heard);
}

/* With what is unread in the socket the end only shows as one of these. */
static bool deaf_and_over(const struct flood *f, const struct flood_conn *c, uint32_t events)
{
  return !f->o->mode->reads && c->stage != FLOOD_BINDING && (events & (EPOLLRDHUP | EPOLLHUP));
}

static void on_event(struct flood *f, struct flood_conn *c, uint32_t events)
{
  if (c->stage == FLOOD_FREE)
    return;
  if (c->stage == FLOOD_CONNECTING) {
    connected(f, c);
    return;
  }
  if (deaf_and_over(f, c, events)) {
    ended(f, c);
    return;
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    hear(f, c);
  if (c->stage == FLOOD_SENDING && (events & EPOLLOUT))
    send_body(f, c);
}

/* ---- attempts ---- */

static void bind_source(const struct flood *f, int fd)
{
  uint32_t i = (uint32_t)(f->r->attempts % f->o->sources);
  struct sockaddr_in at = {.sin_family = AF_INET};
  int one = 1;

  at.sin_addr.s_addr = htonl(0x7f1a0000u | (i / 250) << 8 | (i % 250 + 1));
  (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
    bench_fail("cannot bind to an address of 127.26.0.0/16");
}

static void attempt(struct flood *f)
{
  struct flood_conn *c = f->idle.first;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    bench_fail("socket");
  bind_source(f, fd);
  f->r->attempts++;
  list_remove(&f->idle, c);
  *c = (struct flood_conn){.fd = fd, .stage = FLOOD_CONNECTING};
  f->open++;
  if (f->open > f->r->most_open)
    f->r->most_open = f->open;
  if (connect(fd, (const struct sockaddr *)&f->o->to, sizeof f->o->to) < 0 &&
      errno != EINPROGRESS) {
    fail(f, c, errno);
    return;
  }
  watch(f, c, EPOLL_CTL_ADD, EPOLLOUT);
}

static bool is_due(const struct flood *f, uint64_t done, uint32_t rate)
{
  return rate == 0 || done * SECOND < (bench_now() - f->start) * rate;
}

static void attempt_due(struct flood *f)
{
  for (unsigned i = 0; i < BURST; i++) {
    if (f->r->attempts >= f->o->attempts || f->open - f->held.n >= f->o->open ||
        !is_due(f, f->r->attempts, f->o->rate))
      return;
    attempt(f);
    f->r->busy = bench_now() - f->start;
  }
}

static void call_due(struct flood *f)
{
  for (unsigned i = 0; i < BURST && f->ready.first && is_due(f, f->issued, f->o->call_rate); i++) {
    f->issued++;
    send_body(f, f->ready.first);
  }
}

/* ---- the whole ---- */

static bool is_over(const struct flood *f)
{
  bool all = f->r->attempts >= f->o->attempts && f->open == f->held.n;

  if (f->stopped || bench_now() - f->start >= f->o->duration)
    return true;
  return all && !f->o->stay;
}

static void turn(struct flood *f)
{
  struct epoll_event events[EVENTS];
  int n = epoll_wait(f->poller, events, EVENTS, TICK);

  if (n < 0 && errno != EINTR)
    bench_fail("epoll_wait");
  for (int i = 0; i < n; i++) {
    if (events[i].data.u32 == STDIN_MARK)
      f->stopped = true;
    else
      on_event(f, &f->conns[events[i].data.u32], events[i].events);
  }
}

static size_t conns_of(const struct flood_options *o)
{
  return (size_t)o->open + o->hold + 1;
}

static void prepare(struct flood *f)
{
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = STDIN_MARK}};
  size_t n = conns_of(f->o);

  portero_writer_init(&f->bind, &portero_mem_malloc, BODY_MOST);
  portero_writer_init(&f->body, &portero_mem_malloc, BODY_MOST);
  flood_write_bind(&f->bind);
  if (f->o->mode->write_body)
    f->o->mode->write_body(&f->body);
  f->conns = calloc(n, sizeof *f->conns);
  errno = 0;
  if (!f->conns || !portero_is_ok(portero_writer_finish(&f->bind)) ||
      !portero_is_ok(portero_writer_finish(&f->body)))
    bench_fail("memory");
  for (size_t i = 0; i < n; i++)
    list_add(&f->idle, &f->conns[i]);
  f->poller = epoll_create1(EPOLL_CLOEXEC);
  (void)epoll_ctl(f->poller, EPOLL_CTL_ADD, STDIN_FILENO,
                  &event); /* a file has no end to wait for */
}

/* As fast as it goes, but not by our own end: the kernel would close them all before it lets anybody else run. */
static void close_all(struct flood *f)
{
  for (size_t i = 0; i < conns_of(f->o); i++)
    if (f->conns[i].stage != FLOOD_FREE)
      (void)close(f->conns[i].fd);
}

void flood_run(const struct flood_options *o, struct flood_result *out_result)
{
  struct flood f = {.o = o, .r = out_result};

  memset(out_result, 0, sizeof *out_result);
  prepare(&f);
  f.start = bench_now();
  while (!is_over(&f)) {
    attempt_due(&f);
    call_due(&f);
    turn(&f);
  }
  out_result->open = f.open;
  close_all(&f);
  (void)close(f.poller);
  portero_writer_deinit(&f.bind);
  portero_writer_deinit(&f.body);
  free(f.conns);
}
