/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "src/net/listener.h"

#define BACKLOG 4096

static portero_status tcp_errno(void)
{
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

static int tcp_set(int fd, int level, int option, int value)
{
  return setsockopt(fd, level, option, &value, sizeof value);
}

static socklen_t tcp_size(const struct sockaddr_storage *address)
{
  return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* join: share the port with sockets of ours that are bound already. */
static portero_status tcp_bind(const struct sockaddr_storage *address, bool both, bool join,
                               int *out_fd)
{
  portero_status status = portero_ok();
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    return tcp_errno();
  if (tcp_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
      (address->ss_family == AF_INET6 && tcp_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both) != 0) ||
      (join && tcp_set(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0) ||
      bind(fd, (const struct sockaddr *)address, tcp_size(address)) != 0) {
    status = tcp_errno();
    (void)close(fd);
    return status;
  }
  *out_fd = fd;
  return status;
}

static void tcp_close_all(int *fds, unsigned n)
{
  while (n > 0)
    (void)close(fds[--n]);
}

uint16_t net_tcp_port(int fd)
{
  struct sockaddr_storage address;
  struct net_address plain;
  socklen_t size = sizeof address;

  if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
      !net_address_from((const struct sockaddr *)&address, &plain))
    return 0;
  return plain.port;
}

/*
 * The first socket is bound alone, so that a port of another process (or of another server in this
 * one) is refused; only then it is opened for the others to join.
 */
static portero_status tcp_listen_on(struct sockaddr_storage *address, bool both, unsigned n,
                                    int *out_fds)
{
  portero_status status = tcp_bind(address, both, false, &out_fds[0]);
  socklen_t size = sizeof *address;
  unsigned made = 1;

  if (!portero_is_ok(status))
    return status;
  if (getsockname(out_fds[0], (struct sockaddr *)address, &size) != 0 ||
      (n > 1 && tcp_set(out_fds[0], SOL_SOCKET, SO_REUSEPORT, 1) != 0))
    status = tcp_errno();
  for (; portero_is_ok(status) && made < n; made++) {
    status = tcp_bind(address, both, true, &out_fds[made]);
    if (!portero_is_ok(status))
      break;
  }
  for (unsigned i = 0; portero_is_ok(status) && i < n; i++)
    if (listen(out_fds[i], BACKLOG) != 0)
      status = tcp_errno();
  if (!portero_is_ok(status))
    tcp_close_all(out_fds, made);
  return status;
}

static bool tcp_has_no_ipv6(portero_status status)
{
  return status.klass == PORTERO_CLASS_SYSTEM &&
         (status.code == EAFNOSUPPORT || status.code == EADDRNOTAVAIL);
}

portero_status net_tcp_listen(const char *host, uint16_t port, unsigned n, int *out_fds)
{
  struct sockaddr_storage address;
  bool any;
  portero_status status = net_address_resolve(host, port, &address, &any);

  if (portero_is_ok(status))
    status = tcp_listen_on(&address, any, n, out_fds);
  if (portero_is_ok(status) || *host ||
      !(tcp_has_no_ipv6(status) || portero_is_local(status, PORTERO_LOCAL_NAME)))
    return status;
  status = net_address_resolve("0.0.0.0", port, &address, &any);
  return portero_is_ok(status) ? tcp_listen_on(&address, false, n, out_fds) : status;
}
