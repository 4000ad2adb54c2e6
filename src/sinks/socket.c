/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/ways.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SLICE            100u /* how long the end of a sink may go unnoticed */
#define CONNECT_PATIENCE 5000u

portero_status socket_error(int error)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)error);
}

bool socket_wait(const struct sink *s, int fd, short events, unsigned milliseconds)
{
  struct pollfd p = {fd, events, 0};

  for (unsigned waited = 0; waited < milliseconds && !atomic_load(&s->stopping); waited += SLICE)
    if (poll(&p, 1, (int)SLICE) > 0)
      return true;
  return false;
}

static portero_status connected(const struct sink *s, int fd, const struct addrinfo *a)
{
  int error = 0;
  socklen_t size = sizeof error;

  if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
    return portero_ok();
  if (errno != EINPROGRESS)
    return socket_error(errno);
  if (!socket_wait(s, fd, POLLOUT, CONNECT_PATIENCE))
    return portero_local(PORTERO_LOCAL_TIMEOUT);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    error = errno;
  return error ? socket_error(error) : portero_ok();
}

portero_status socket_connect(const struct sink *s, const char *host, uint16_t port, int type,
                              int *out_fd)
{
  struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV}, *list;
  portero_status status = portero_local(PORTERO_LOCAL_NAME);
  char service[8];

  (void)snprintf(service, sizeof service, "%u", port);
  if (getaddrinfo(host, service, &hints, &list) != 0)
    return status;
  for (const struct addrinfo *a = list; a; a = a->ai_next) {
    int fd = socket(a->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) {
      status = socket_error(errno);
      continue;
    }
    status = connected(s, fd, a);
    if (portero_is_ok(status)) {
      *out_fd = fd;
      break;
    }
    (void)close(fd);
  }
  freeaddrinfo(list);
  return status;
}

portero_status socket_connect_local(const char *path, int *out_fd)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd;

  if (strlen(path) >= sizeof address.sun_path)
    return portero_local(PORTERO_LOCAL_LIMIT);
  memcpy(address.sun_path, path, strlen(path) + 1);
  fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return socket_error(errno);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    portero_status status = socket_error(errno);
    (void)close(fd);
    return status;
  }
  *out_fd = fd;
  return portero_ok();
}

const char *socket_name(const char *way, const char *host, uint16_t port,
                        char name[SOCKET_NAME_SIZE])
{
  bool six = strchr(host, ':') != NULL;

  (void)snprintf(name, SOCKET_NAME_SIZE, "%s:%s%.255s%s:%u", way, six ? "[" : "", host,
                 six ? "]" : "", (unsigned)port);
  return name;
}
