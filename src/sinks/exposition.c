/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters over HTTP for Prometheus. One question a connection, one connection at a time, each with
 * a second of patience: readers are few, local and come every some seconds.
 */
#include "src/sinks/book.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_SIZE 4096u
#define TEXT_SIZE    65536u
#define PATIENCE     1000 /* milliseconds */
#define BACKLOG      8

struct exposition {
  struct portero_book *book;
  int listener, stop; /* stop: an eventfd */
  pthread_t thread;
  uint8_t text[TEXT_SIZE];
};

static void sinks_write(struct portero_book *book, struct portero_writer *w)
{
  static const struct {
    const char *name, *type, *help;
    size_t at;
  } metrics[] = {
      {"portero_sink_told_total", "counter", "Records for a sink.",
       offsetof(struct portero_sink_stats, told)},
      {"portero_sink_written_total", "counter", "Records a sink has carried out.",
       offsetof(struct portero_sink_stats, written)},
      {"portero_sink_lost_total", "counter", "Records that did not fit into a sink's memory.",
       offsetof(struct portero_sink_stats, lost)},
      {"portero_sink_waiting", "gauge", "Records in a sink's memory.",
       offsetof(struct portero_sink_stats, waiting)},
  };
  struct portero_sink_stats stats[BOOK_SINKS];
  size_t n = portero_book_stats(book, stats, BOOK_SINKS);

  for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
    metric_begin(w, metrics[m].name, metrics[m].type, metrics[m].help);
    for (size_t i = 0; i < n; i++) {
      uint64_t value;
      memcpy(&value, (const uint8_t *)&stats[i] + metrics[m].at, sizeof value);
      metric_value(w, metrics[m].name, "sink", stats[i].name, value);
    }
  }
  metric_begin(w, "portero_sink_failing", "gauge", "1: a sink cannot write and tries again.");
  for (size_t i = 0; i < n; i++)
    metric_value(w, "portero_sink_failing", "sink", stats[i].name, stats[i].failing);
}

void portero_book_write_metrics(struct portero_book *book, struct portero_writer *w)
{
  counters_write(&book->counters, w);
  sinks_write(book, w);
}

static bool send_all(int fd, const void *data, size_t size)
{
  const uint8_t *at = data;
  struct pollfd p = {fd, POLLOUT, 0};

  while (size > 0) {
    ssize_t n = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno != EAGAIN || poll(&p, 1, PATIENCE) != 1))
      return false;
    if (n > 0) {
      at += n;
      size -= (size_t)n;
    }
  }
  return true;
}

static void respond(struct exposition *x, int fd, const char *status, bool with_text)
{
  struct portero_writer w;
  char head[256];
  int n;

  portero_writer_init_fixed(&w, x->text, sizeof x->text);
  if (with_text)
    portero_book_write_metrics(x->book, &w);
  if (w.failed) {
    status = "500 Internal Server Error";
    w.size = 0;
  }
  n = snprintf(head, sizeof head,
               "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               status, w.size);
  if (send_all(fd, head, (size_t)n))
    (void)send_all(fd, x->text, w.size);
}

/* The request's first line decides; its header has to be whole, and is thrown away. */
static bool request_read(int fd, char request[REQUEST_SIZE])
{
  struct timespec deadline = clock_deadline((uint64_t)PATIENCE);
  struct pollfd p = {fd, POLLIN, 0};
  size_t size = 0;

  while (size + 1 < REQUEST_SIZE && poll(&p, 1, PATIENCE) == 1) {
    struct timespec now = clock_deadline(0);
    ssize_t n = recv(fd, request + size, REQUEST_SIZE - 1 - size, MSG_DONTWAIT);
    if (n <= 0 || now.tv_sec > deadline.tv_sec)
      return false;
    size += (size_t)n;
    request[size] = 0;
    if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
      return true;
  }
  return false;
}

static void answer(struct exposition *x, int fd)
{
  static const char wanted[] = "GET /metrics";
  char request[REQUEST_SIZE];

  if (!request_read(fd, request))
    return;
  if (strncmp(request, "GET ", 4) != 0)
    respond(x, fd, "405 Method Not Allowed", false);
  else if (strncmp(request, wanted, sizeof wanted - 1) == 0 &&
           (request[sizeof wanted - 1] == ' ' || request[sizeof wanted - 1] == '?'))
    respond(x, fd, "200 OK", true);
  else
    respond(x, fd, "404 Not Found", false);
}

static void *exposition_run(void *user)
{
  struct exposition *x = user;
  struct pollfd p[2] = {{x->stop, POLLIN, 0}, {x->listener, POLLIN, 0}};

  (void)pthread_setname_np(pthread_self(), "portero-metrics");
  for (;;) {
    int fd;
    if (poll(p, 2, -1) < 0 && errno != EINTR)
      return NULL;
    if (p[0].revents)
      return NULL;
    fd = accept4(x->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
      (void)poll(p, 1, 100); /* out of descriptors: not in a hot loop */
      continue;
    }
    answer(x, fd);
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
  }
}

void exposition_free(struct exposition *x)
{
  const uint64_t one = 1;

  if (!x)
    return;
  if (write(x->stop, &one, sizeof one) == (ssize_t)sizeof one)
    (void)pthread_join(x->thread, NULL);
  (void)close(x->listener);
  (void)close(x->stop);
  free(x);
}

/* Numeric and loopback: the counters tell who uses this host. */
static bool address_of(const char *text, uint16_t port, struct sockaddr_storage *out_address,
                       socklen_t *out_size)
{
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

  memset(out_address, 0, sizeof *out_address);
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    memcpy(out_address, &four, sizeof four);
    *out_size = sizeof four;
    return ntohl(four.sin_addr.s_addr) >> 24 == 127;
  }
  memcpy(&six.sin6_addr, &in6addr_any, sizeof six.sin6_addr);
  if (inet_pton(AF_INET6, text, &six.sin6_addr) != 1)
    return false;
  memcpy(out_address, &six, sizeof six);
  *out_size = sizeof six;
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

static int listen_at(const struct sockaddr_storage *address, socklen_t size)
{
  const int on = 1;
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

  if (fd < 0)
    return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (const struct sockaddr *)address, size) == 0 && listen(fd, BACKLOG) == 0)
    return fd;
  error = errno;
  (void)close(fd);
  errno = error;
  return -1;
}

static uint16_t port_of(int fd)
{
  struct sockaddr_storage address = {0};
  socklen_t size = sizeof address;
  struct sockaddr_in6 six;

  if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    return 0;
  memcpy(&six, &address, sizeof six); /* the port is at the same place in both families */
  return ntohs(six.sin6_port);
}

static int thread_start(struct exposition *x)
{
  sigset_t all, before;
  int error;

  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  error = pthread_create(&x->thread, NULL, exposition_run, x);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static portero_status failure(struct exposition *x, int error)
{
  if (x->listener >= 0)
    (void)close(x->listener);
  if (x->stop >= 0)
    (void)close(x->stop);
  free(x);
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)error);
}

portero_status portero_book_serve_metrics(struct portero_book *book, const char *address,
                                          uint16_t port, uint16_t *out_port)
{
  struct sockaddr_storage where;
  struct exposition *x;
  socklen_t size;
  int error;

  if (book->exposition)
    return portero_local(PORTERO_LOCAL_EXISTS);
  if (!address_of(address, port, &where, &size))
    return portero_local(PORTERO_LOCAL_USAGE);
  x = calloc(1, sizeof *x);
  if (!x)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  x->book = book;
  x->stop = -1;
  x->listener = listen_at(&where, size);
  if (x->listener < 0)
    return failure(x, errno);
  x->stop = eventfd(0, EFD_CLOEXEC);
  if (x->stop < 0)
    return failure(x, errno);
  error = thread_start(x);
  if (error)
    return failure(x, error);
  book->exposition = x;
  if (out_port)
    *out_port = port_of(x->listener);
  return portero_ok();
}
