/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of sockets as text, and the paths of local sockets. */
#ifndef PORTERO_NET_ADDRESS_H
#define PORTERO_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <portero/status.h>

/* An internet address in 16 bytes (IPv4 is mapped, ::ffff:a.b.c.d) with its port. */
struct net_address {
  uint8_t ip[16];
  uint32_t scope;
  uint16_t port;
};

/* Who is at both ends of a connection; small, because every connection keeps it. */
struct net_ends {
  struct net_address remote, local;
  bool is_local; /* a local socket: the addresses mean nothing, the credentials do */
  bool has_credentials;
  int32_t pid;
  uint32_t uid, gid;
};

bool net_address_from(const struct sockaddr *from, struct net_address *out_address);
/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0". */
void net_address_text(const struct net_address *a, char *text, size_t size);
bool net_address_is_loopback(const struct net_address *a);

/* What the kernel knows about a connected socket. */
void net_ends_of(int fd, bool is_local, struct net_ends *out_ends);

/* Is gid one of the supplementary groups that the peer on a local socket had when it connected? */
bool net_peer_in_group(int fd, uint32_t gid);
/* All of them, malloc'ed; how many. 0 with NULL: none, or not known. */
size_t net_peer_groups(int fd, uint32_t **out_groups);
/*
 * Is the process that connected still there? Only then its number is its own. Before Linux 6.5 the
 * kernel does not tell: true.
 */
bool net_peer_lives(int fd);

/*
 * Parses a numeric address, or resolves a name (which may wait); "" gives [::]. *out_any: it was
 * "".
 */
portero_status net_address_resolve(const char *host, uint16_t port,
                                   struct sockaddr_storage *out_address, bool *out_any);

/*
 * The path of a local endpoint: itself when it begins with a slash, else in the runtime directory:
 * /run/portero for root, $XDG_RUNTIME_DIR/portero for others when that is set. For a client
 * (listening false) /run/portero is taken when the socket is not in the user's own directory.
 * LOCAL_LIMIT: the path does not fit in a socket address.
 */
portero_status net_local_path(const char *endpoint, bool listening, char *out_path, size_t size);

#endif
