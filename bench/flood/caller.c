/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordinary client, at a steady pace, while others flood: how long its calls take, and whether
 * each is answered.
 *
 * usage: caller RATE ADDRESS PORT UUID:VERSION            calls on one connection
 *        caller --visit RATE ADDRESS PORT UUID:VERSION    new connections
 *
 * A call is ept_map for the interface. A visit connects to the mapper, asks it, connects to the
 * service and makes a call there. "begin" on standard input starts the figures anew, "end" prints
 * them as one line of JSON; the end of standard input ends the program. A call that could not be
 * made when it was due, because the one before took so long, is timed from when it was due.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench/calls.h"
#include "bench/latency.h"
#include "bench/names.h"
#include "bench/sockets.h"
#include "src/rpc/epm.h"

#define SECOND  1000000000u
#define PATIENT 10 /* s for each answer */

struct caller {
  const char *address;
  uint16_t port;
  uint64_t pace; /* ns between calls */
  bool visits;
  struct calls_request ask, call;
  struct latency latency;
  uint64_t failed; /* no answer, or not what was asked for */
  uint64_t lost;   /* connections that the server ended */
  uint64_t due, done;
  int fd; /* not visits: -1 when there is none */
};

static int open_bound(const char *address, uint16_t port, const struct portero_syntax *iface)
{
  const struct timeval patient = {.tv_sec = PATIENT};
  int fd = bench_connect_patiently(address, port, PATIENT);

  if (fd < 0)
    return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patient, sizeof patient);
  if (calls_bind(fd, iface, false))
    return fd;
  (void)close(fd);
  return -1;
}

/* Where the service is, asked over an open connection. */
static bool ask(const struct caller *c, int fd, uint16_t *out_port)
{
  static uint8_t buffer[CALLS_BUFFER];
  struct portero_pdu pdu;

  return calls_once(fd, &c->ask, buffer, &pdu) && calls_map_port(&pdu, out_port);
}

static bool visit_service(const struct caller *c, uint16_t port)
{
  static const struct portero_syntax iface = BENCH_NULL_INTERFACE;
  static uint8_t buffer[CALLS_BUFFER];
  struct portero_pdu pdu;
  int fd = open_bound(c->address, port, &iface);
  bool answered;

  if (fd < 0)
    return false;
  answered = calls_once(fd, &c->call, buffer, &pdu) && pdu.header.ptype == PORTERO_PTYPE_RESPONSE;
  (void)close(fd);
  return answered;
}

static bool visit(const struct caller *c)
{
  int fd = open_bound(c->address, c->port, &epmapper_stub.id);
  uint16_t port = 0;
  bool found;

  if (fd < 0)
    return false;
  found = ask(c, fd, &port);
  (void)close(fd);
  return found && visit_service(c, port);
}

static bool call(struct caller *c)
{
  uint16_t port;

  if (c->fd < 0)
    c->fd = open_bound(c->address, c->port, &epmapper_stub.id);
  if (c->fd >= 0 && ask(c, c->fd, &port))
    return true;
  c->lost++;
  if (c->fd >= 0)
    (void)close(c->fd);
  c->fd = -1;
  return false;
}

static void work(struct caller *c)
{
  uint64_t start = c->due < c->done ? c->due : bench_now();
  bool answered = c->visits ? visit(c) : call(c);

  c->done = bench_now();
  latency_add(&c->latency, c->done - start);
  c->failed += !answered;
  c->due += c->pace;
}

static void begin(struct caller *c)
{
  latency_reset(&c->latency);
  c->failed = c->lost = 0;
  c->done = bench_now();
  c->due = c->done;
}

static double us(const struct caller *c, double share)
{
  return (double)latency_quantile(&c->latency, share) / 1e3;
}

static void report(const struct caller *c)
{
  printf("{\"calls\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"lost\": %" PRIu64
         ", \"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f}\n",
         c->latency.n, c->failed, c->lost, us(c, 0.5), us(c, 0.9), us(c, 0.99),
         (double)c->latency.max / 1e3);
  (void)fflush(stdout);
}

/* False: standard input has ended. */
static bool obey(struct caller *c)
{
  char line[16];

  if (!fgets(line, sizeof line, stdin))
    return false;
  if (strcmp(line, "begin\n") == 0)
    begin(c);
  else if (strcmp(line, "end\n") == 0)
    report(c);
  return true;
}

static void run(struct caller *c)
{
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  struct timespec pause;
  uint64_t now, left;

  begin(c);
  for (;;) {
    now = bench_now();
    left = c->due > now ? c->due - now : 0;
    pause = (struct timespec){.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
    if (ppoll(&input, 1, &pause, NULL) > 0) {
      if (!obey(c))
        return;
    } else
      work(c);
  }
}

int main(int argc, char **argv)
{
  static struct caller c = {.fd = -1};
  struct portero_syntax iface;

  c.visits = argc > 1 && strcmp(argv[1], "--visit") == 0;
  argv += c.visits;
  argc -= c.visits;
  if (argc != 5) {
    (void)fprintf(stderr, "usage: caller [--visit] RATE ADDRESS PORT UUID:VERSION\n");
    return 2;
  }
  c.pace = SECOND / bench_number("RATE", argv[1], 1, 100000);
  c.address = argv[2];
  c.port = (uint16_t)bench_number("PORT", argv[3], 1, 65535);
  iface = calls_parse_interface(argv[4]);
  calls_request_make_map(&c.ask, &iface, 0);
  calls_request_make(&c.call, 0, portero_bytes_make(NULL, 0));
  (void)setvbuf(stdin, NULL, _IONBF, 0); /* poll() has to see what is there */
  if (!c.visits && !call(&c))
    bench_fail("the endpoint mapper does not answer");
  printf("ready\n");
  (void)fflush(stdout);
  run(&c);
  return 0;
}
