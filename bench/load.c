/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load client that costs as little as it can: one thread, requests made beforehand in which only
 * the call id changes, and of each answer only the header is looked at. Answers have to come in the
 * order of their calls on each connection.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/latency.h"
#include "bench/load_options.h"
#include "bench/sockets.h"

#define EVENTS      256
#define WAIT        10000    /* ms without any answer */
#define ID_DISTANCE 0x10001u /* connections begin with different call ids */

struct link {
  int fd;
  uint32_t next_sent, next_answered; /* call ids */
  uint32_t in_flight;
  size_t held;       /* bytes of half a PDU at the start of in */
  uint64_t *sent_at; /* by call id modulo depth */
  uint8_t *in;
};

struct load {
  struct load_options options;
  struct link *links;
  uint8_t *out; /* depth requests */
  int poller;
  uint64_t issued, answered;
  uint64_t counted; /* since the start of the measured time */
  uint64_t faults;  /* these two count from the first call on */
  uint64_t unlike;  /* answers of another size than the first: not what was asked for */
  size_t answer_size;
  uint64_t counted_from, counted_to;
  struct latency latency;
};

/* ---- connections ---- */

static int open_link(const struct load_options *o)
{
  int fd = bench_connect(o->address, o->port);

  if (fd < 0)
    bench_fail("cannot connect");
  errno = 0;
  if (!o->echo && !calls_bind(fd, &o->iface, o->depth > 1))
    bench_fail("the bind was refused");
  return fd;
}

/*
 * A mapper that knows nothing is fast too: what is measured has to be found. The size of the answer:
 * later ones are compared with it, because an answer without a result is shorter.
 */
static size_t check_answer(const struct load_options *o, int fd)
{
  static uint8_t buffer[CALLS_BUFFER];
  struct portero_pdu pdu;

  errno = 0;
  if (o->echo)
    return o->request.size;
  if (!calls_once(fd, &o->request, buffer, &pdu))
    bench_fail("no answer to the first call");
  if (o->map && !calls_map_found(&pdu))
    bench_fail("the endpoint mapper does not know the interface");
  return pdu.whole.size;
}

static void *allocate(size_t n, size_t size)
{
  void *block = calloc(n, size);

  if (!block)
    bench_fail("memory");
  return block;
}

static void start_link(struct load *l, uint32_t i)
{
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = i}};
  struct link *k = &l->links[i];

  k->fd = open_link(&l->options);
  if (i == 0)
    l->answer_size = check_answer(&l->options, k->fd);
  k->next_sent = k->next_answered = i * ID_DISTANCE + 2;
  k->sent_at = allocate(l->options.depth, sizeof *k->sent_at);
  k->in = allocate(1, CALLS_BUFFER);
  if (epoll_ctl(l->poller, EPOLL_CTL_ADD, k->fd, &event) < 0)
    bench_fail("epoll_ctl");
}

/* ---- calls ---- */

static bool may_issue(const struct load *l)
{
  return l->options.calls == 0 || l->issued < l->options.calls;
}

/* Fills the connection up to its depth, in one write. */
static void issue(struct load *l, struct link *k, uint64_t now)
{
  const struct calls_request *r = &l->options.request;
  size_t size = 0;

  while (k->in_flight < l->options.depth && may_issue(l)) {
    calls_request_write(r, k->next_sent, l->out + size);
    k->sent_at[k->next_sent % l->options.depth] = now;
    k->next_sent++;
    k->in_flight++;
    l->issued++;
    size += r->size;
  }
  bench_send(k->fd, l->out, size);
}

static void take_answer(struct load *l, struct link *k, const struct portero_pdu_header *h,
                        uint64_t now)
{
  if (h->ptype == PORTERO_PTYPE_FAULT)
    l->faults++;
  if (h->frag_length != l->answer_size)
    l->unlike++;
  if (!(h->flags & PORTERO_PFC_LAST_FRAG))
    return;
  errno = 0;
  if (h->call_id != k->next_answered || k->in_flight == 0)
    bench_fail("an answer to no call, or out of order");
  latency_add(&l->latency, now - k->sent_at[k->next_answered % l->options.depth]);
  k->next_answered++;
  k->in_flight--;
  l->answered++;
  l->counted++;
}

/* Cuts what has come into PDUs; keeps the beginning of one that is not whole. */
static void take_answers(struct load *l, struct link *k, size_t size, uint64_t now)
{
  struct portero_pdu_header header;
  size_t at = 0;

  errno = 0;
  while (size - at >= PORTERO_PDU_HEADER_SIZE) {
    portero_pdu_header_read(k->in + at, &header);
    if (header.frag_length < PORTERO_PDU_HEADER_SIZE)
      bench_fail("what came is no PDU");
    if (size - at < header.frag_length)
      break;
    take_answer(l, k, &header, now);
    at += header.frag_length;
  }
  k->held = size - at;
  if (k->held && at)
    memmove(k->in, k->in + at, k->held);
}

static void read_link(struct load *l, struct link *k)
{
  ssize_t size = recv(k->fd, k->in + k->held, CALLS_BUFFER - k->held, MSG_DONTWAIT);
  uint64_t now;

  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size == 0)
    errno = ECONNRESET;
  if (size <= 0)
    bench_fail("the server closed a connection");
  now = bench_now();
  l->counted_to = now;
  take_answers(l, k, k->held + (size_t)size, now);
  issue(l, k, now);
}

static void turn(struct load *l)
{
  struct epoll_event events[EVENTS];
  int n = epoll_wait(l->poller, events, EVENTS, WAIT);

  if (n < 0 && errno != EINTR)
    bench_fail("epoll_wait");
  errno = 0;
  if (n == 0)
    bench_fail("no answer for ten seconds");
  for (int i = 0; i < n; i++)
    read_link(l, &l->links[events[i].data.u32]);
}

static void begin_count(struct load *l)
{
  latency_reset(&l->latency);
  l->counted = 0;
  l->counted_from = l->counted_to = bench_now();
}

static void run(struct load *l)
{
  uint64_t start = bench_now();

  begin_count(l);
  for (uint32_t i = 0; i < l->options.connections; i++)
    issue(l, &l->links[i], start);
  if (l->options.calls) {
    while (l->answered < l->options.calls)
      turn(l);
    return;
  }
  while (l->counted_to - start < l->options.duration / 10)
    turn(l);
  begin_count(l);
  while (l->counted_to - l->counted_from < l->options.duration)
    turn(l);
}

static void report(const struct load *l)
{
  double seconds = (double)(l->counted_to - l->counted_from) / 1e9;
  double rate = seconds > 0 ? (double)l->counted / seconds : 0;
  double p50 = (double)latency_quantile(&l->latency, 0.5) / 1e3;
  double p99 = (double)latency_quantile(&l->latency, 0.99) / 1e3;
  double max = (double)l->latency.max / 1e3;

  if (l->options.json)
    printf("{\"connections\": %u, \"depth\": %u, \"calls\": %" PRIu64 ", \"seconds\": %.6f, "
           "\"rate\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f, "
           "\"faults\": %" PRIu64 ", \"unlike\": %" PRIu64
           ", \"request_bytes\": %zu, \"all_calls\": %" PRIu64 "}\n",
           l->options.connections, l->options.depth, l->counted, seconds, rate, p50, p99, max,
           l->faults, l->unlike, l->options.request.size, l->answered);
  else
    printf("%.0f calls/s, p50 %.1f us, p99 %.1f us, longest %.1f us; %" PRIu64
           " calls in %.3f s, %" PRIu64 " faults, %" PRIu64 " answers unlike the first\n",
           rate, p50, p99, max, l->counted, seconds, l->faults, l->unlike);
}

/* ---- idle connections ---- */

static void hold(const struct load_options *o)
{
  int *fds = allocate(o->hold, sizeof *fds);
  char byte;

  for (uint32_t i = 0; i < o->hold; i++) {
    fds[i] = open_link(o);
    (void)check_answer(o, fds[i]);
  }
  printf("bound %u\n", o->hold);
  (void)fflush(stdout);
  while (read(STDIN_FILENO, &byte, 1) > 0)
    ;
  for (uint32_t i = 0; i < o->hold; i++)
    (void)close(fds[i]);
  free(fds);
}

static void measure(struct load *l)
{
  l->poller = epoll_create1(EPOLL_CLOEXEC);
  l->links = allocate(l->options.connections, sizeof *l->links);
  l->out = allocate(l->options.depth, l->options.request.size);
  for (uint32_t i = 0; i < l->options.connections; i++)
    start_link(l, i);
  run(l);
  report(l);
  for (uint32_t i = 0; i < l->options.connections; i++) {
    (void)close(l->links[i].fd);
    free(l->links[i].sent_at);
    free(l->links[i].in);
  }
  free(l->links);
  free(l->out);
}

int main(int argc, char **argv)
{
  static struct load load;

  load_options_parse(&load.options, argc, argv);
  bench_take_descriptors();
  if (load.options.hold)
    hold(&load.options);
  else
    measure(&load);
  return load.faults || load.unlike ? 1 : 0;
}
