/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024

_Noreturn void bench_fail(const char *what)
{
  if (errno)
    (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
  else
    (void)fprintf(stderr, "%s\n", what);
  exit(1);
}

uint64_t bench_number(const char *name, const char *text, uint64_t low, uint64_t high)
{
  char *end = NULL;
  unsigned long long value;

  errno = 0;
  value = strtoull(text, &end, 10);
  if (errno || end == text || *end || value < low || value > high) {
    (void)fprintf(stderr, "%s: expected a number from %ju to %ju\n", name, (uintmax_t)low,
                  (uintmax_t)high);
    exit(2);
  }
  return value;
}

static struct sockaddr_in make_address(const char *address, uint16_t port)
{
  struct sockaddr_in out;

  memset(&out, 0, sizeof out);
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  errno = 0;
  if (inet_pton(AF_INET, address, &out.sin_addr) != 1)
    bench_fail("expected an IPv4 address");
  return out;
}

int bench_connect(const char *address, uint16_t port)
{
  return bench_connect_patiently(address, port, 0);
}

int bench_connect_patiently(const char *address, uint16_t port, unsigned seconds)
{
  struct sockaddr_in to = make_address(address, port);
  const struct timeval patient = {.tv_sec = (time_t)seconds};
  int one = 1, error, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patient, sizeof patient);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
    error = errno;
    (void)close(fd);
    errno = error;
    return -1;
  }
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

int bench_listen(const char *address, uint16_t port, uint16_t *out_port)
{
  struct sockaddr_in at = make_address(address, port);
  socklen_t size = sizeof at;
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    bench_fail("socket");
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, BACKLOG) < 0 ||
      getsockname(fd, (struct sockaddr *)&at, &size) < 0)
    bench_fail("cannot listen");
  *out_port = ntohs(at.sin_port);
  return fd;
}

bool bench_try_send(int fd, const void *data, size_t size)
{
  const uint8_t *at = data;

  while (size > 0) {
    ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
    if (sent < 0)
      return false;
    at += sent;
    size -= (size_t)sent;
  }
  return true;
}

void bench_send(int fd, const void *data, size_t size)
{
  if (!bench_try_send(fd, data, size))
    bench_fail("send");
}

void bench_take_descriptors(void)
{
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t bench_now(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
