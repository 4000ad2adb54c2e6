/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit: a server that does nothing but send back what it got. One thread, one recv and one
 * send for each readable connection.
 *
 * usage: echo ADDRESS [PORT]; prints "ADDRESS PORT" when it listens.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/sockets.h"

#define EVENTS 256

static void watch(int poller, int fd)
{
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
    bench_fail("epoll_ctl");
}

static void accept_one(int poller, int listener)
{
  int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

  if (fd < 0)
    return;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(poller, fd);
}

/* Sockets block: a peer that does not read stops the echo, and ours reads. */
static void echo_one(int fd)
{
  static uint8_t buffer[65536];
  ssize_t size = recv(fd, buffer, sizeof buffer, 0);

  if (size <= 0 || send(fd, buffer, (size_t)size, MSG_NOSIGNAL) != size)
    (void)close(fd);
}

int main(int argc, char **argv)
{
  struct epoll_event events[EVENTS];
  uint16_t port = 0;
  int listener, poller;

  if (argc < 2 || argc > 3) {
    (void)fprintf(stderr, "usage: echo ADDRESS [PORT]\n");
    return 2;
  }
  if (argc == 3)
    port = (uint16_t)bench_number("PORT", argv[2], 0, 65535);
  bench_take_descriptors();
  listener = bench_listen(argv[1], port, &port);
  poller = epoll_create1(EPOLL_CLOEXEC);
  watch(poller, listener);
  printf("%s %u\n", argv[1], (unsigned)port);
  (void)fflush(stdout);
  for (;;) {
    int n = epoll_wait(poller, events, EVENTS, -1);
    if (n < 0 && errno != EINTR)
      bench_fail("epoll_wait");
    for (int i = 0; i < n; i++) {
      if (events[i].data.fd == listener)
        accept_one(poller, listener);
      else
        echo_one(events[i].data.fd);
    }
  }
}
