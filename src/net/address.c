/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/base/ip.h"

#define SYSTEM_DIRECTORY "/run/portero"
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

bool net_address_from(const struct sockaddr *from, struct net_address *out_address)
{
  memset(out_address, 0, sizeof *out_address);
  if (from->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, from, sizeof v4);
    memcpy(out_address->ip, ip_mapped, sizeof ip_mapped);
    memcpy(out_address->ip + sizeof ip_mapped, &v4.sin_addr, 4);
    out_address->port = ntohs(v4.sin_port);
    return true;
  }
  if (from->sa_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, from, sizeof v6);
    memcpy(out_address->ip, &v6.sin6_addr, 16);
    out_address->scope = v6.sin6_scope_id;
    out_address->port = ntohs(v6.sin6_port);
    return true;
  }
  return false;
}

static char *put_octet(char *at, unsigned octet)
{
  if (octet >= 100)
    *at++ = (char)('0' + octet / 100);
  if (octet >= 10)
    *at++ = (char)('0' + octet / 10 % 10);
  *at++ = (char)('0' + octet % 10);
  return at;
}

/* inet_ntop() goes through printf; this is wanted for every call of a mapper. */
static void ipv4_text(const uint8_t ip[4], char *text, size_t size)
{
  char digits[INET_ADDRSTRLEN], *at = digits;

  for (size_t i = 0; i < 4; i++) {
    at = put_octet(at, ip[i]);
    *at++ = i < 3 ? '.' : 0;
  }
  assert(size >= sizeof digits);
  memcpy(text, digits, (size_t)(at - digits));
}

void net_address_text(const struct net_address *a, char *text, size_t size)
{
  char name[IF_NAMESIZE];
  size_t used;

  if (ip_is_v4(a->ip)) {
    ipv4_text(a->ip + sizeof ip_mapped, text, size);
    return;
  }
  (void)inet_ntop(AF_INET6, a->ip, text, (socklen_t)size);
  used = strlen(text);
  if (a->scope && if_indextoname(a->scope, name))
    (void)snprintf(text + used, size - used, "%%%s", name);
}

bool net_address_is_loopback(const struct net_address *a)
{
  static const uint8_t loopback6[16] = {[15] = 1};

  return ip_is_v4(a->ip) ? a->ip[12] == 127 : memcmp(a->ip, loopback6, sizeof loopback6) == 0;
}

static void ends_credentials(int fd, struct net_ends *ends)
{
  struct ucred cred;
  socklen_t size = sizeof cred;

  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
    return;
  ends->has_credentials = true;
  ends->pid = cred.pid;
  ends->uid = cred.uid;
  ends->gid = cred.gid;
}

/* The kernel tells the size that is needed with ERANGE. socket(7), unix(7): SO_PEERGROUPS */
size_t net_peer_groups(int fd, uint32_t **out_groups)
{
  socklen_t size = 32 * sizeof(gid_t);
  gid_t *groups = malloc(size), *more;

  static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are numbers of 32 bits");
  *out_groups = NULL;
  if (groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
    more = errno == ERANGE ? realloc(groups, size) : NULL;
    if (more)
      groups = more;
    if (!more || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
      size = 0;
  }
  if (!groups || size == 0) {
    free(groups);
    return 0;
  }
  *out_groups = groups;
  return size / sizeof(gid_t);
}

/* A process that has ended makes its descriptor readable. unix(7), pidfd_open(2) */
bool net_peer_lives(int fd)
{
  struct pollfd process = {.fd = -1, .events = POLLIN};
  socklen_t size = sizeof process.fd;
  bool lives;

  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process.fd, &size) != 0)
    return errno == ENOPROTOOPT;
  lives = poll(&process, 1, 0) == 0;
  (void)close(process.fd);
  return lives;
}

bool net_peer_in_group(int fd, uint32_t gid)
{
  uint32_t *groups;
  size_t n = net_peer_groups(fd, &groups);
  bool found = false;

  for (size_t i = 0; i < n && !found; i++)
    found = groups[i] == gid;
  free(groups);
  return found;
}

void net_ends_of(int fd, bool is_local, struct net_ends *out_ends)
{
  struct sockaddr_storage address;
  socklen_t size = sizeof address;

  memset(out_ends, 0, sizeof *out_ends);
  out_ends->is_local = is_local;
  if (is_local) {
    ends_credentials(fd, out_ends);
    return;
  }
  if (getpeername(fd, (struct sockaddr *)&address, &size) == 0)
    (void)net_address_from((const struct sockaddr *)&address, &out_ends->remote);
  size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
    (void)net_address_from((const struct sockaddr *)&address, &out_ends->local);
}

portero_status net_address_resolve(const char *host, uint16_t port,
                                   struct sockaddr_storage *out_address, bool *out_any)
{
  struct addrinfo hints, *found = NULL;
  char service[8];

  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  (void)snprintf(service, sizeof service, "%u", (unsigned)port);
  if (getaddrinfo(*host ? host : "::", service, &hints, &found) != 0 || !found)
    return portero_local(PORTERO_LOCAL_NAME);
  memset(out_address, 0, sizeof *out_address);
  memcpy(out_address, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  *out_any = *host == '\0';
  return portero_ok();
}

static bool path_in(const char *directory, const char *below, const char *endpoint, char *out_path,
                    size_t size)
{
  int n = snprintf(out_path, size, "%s%s/%s", directory, below, endpoint);

  return n > 0 && (size_t)n < size && (size_t)n < sizeof((struct sockaddr_un *)0)->sun_path;
}

portero_status net_local_path(const char *endpoint, bool listening, char *out_path, size_t size)
{
  const char *own = geteuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");
  bool fits;

  if (*endpoint == '\0' || (*endpoint != '/' && strchr(endpoint, '/')))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  if (*endpoint == '/') {
    fits = strlen(endpoint) < sizeof((struct sockaddr_un *)0)->sun_path && strlen(endpoint) < size;
    if (fits)
      memcpy(out_path, endpoint, strlen(endpoint) + 1);
    return fits ? portero_ok() : portero_local(PORTERO_LOCAL_LIMIT);
  }
  fits = path_in(own && *own ? own : SYSTEM_DIRECTORY, own && *own ? "/portero" : "", endpoint,
                 out_path, size);
  if (fits && own && *own && !listening && access(out_path, F_OK) != 0)
    fits = path_in(SYSTEM_DIRECTORY, "", endpoint, out_path, size);
  return fits ? portero_ok() : portero_local(PORTERO_LOCAL_LIMIT);
}
