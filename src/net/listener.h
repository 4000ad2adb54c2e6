/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: made by hand (libuv has no SO_REUSEPORT), then driven by a loop. */
#ifndef PORTERO_NET_LISTENER_H
#define PORTERO_NET_LISTENER_H

#include <sys/types.h>

#include "src/net/address.h"
#include "src/net/loop.h"

struct net_listener {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv;
  struct net_loop *loop;
  uv_idle_t turn; /* active: a connection waits for the loop's next turn */
  unsigned taken; /* connections, since one had to wait */
  bool is_local;
  bool open;
  /* A connection waits: take it with net_conn_accept(). */
  void (*connection)(struct net_listener *l);
};

/* Takes fd over (also on failure) and listens; what it accepts has TCP_NODELAY and is kept alive. Before the loop runs, or on it. */
portero_status net_listener_open(struct net_listener *l, struct net_loop *loop, int fd,
                                 bool is_local, void (*connection)(struct net_listener *l));
/* Stops listening. The memory may go once the loop has turned (net_loop_deinit() makes sure). */
void net_listener_close(struct net_listener *l);

/*
 * n listening TCP sockets on one address and port, one for each loop: the kernel spreads the
 * connections. Nobody else's socket is joined by accident..
 * CLASS_SYSTEM: EADDRINUSE, EACCES ...; LOCAL_NAME.
 */
portero_status net_tcp_listen(const char *host, uint16_t port, unsigned n, int *out_fds);
/* Port 0 gives one that the kernel chose: ask here. */
uint16_t net_tcp_port(int fd);

/* A socket file and what identifies it, so that a successor's is never removed. */
struct net_socket_file {
  char path[108];
  dev_t device;
  ino_t inode;
};

/*
 * Listens on a socket file with the given mode. A file that nobody answers is replaced; CLASS_SYSTEM
 * EADDRINUSE when somebody does. The directory is made when only it is missing.
 */
portero_status net_local_listen(const char *path, mode_t mode, int *out_fd,
                                struct net_socket_file *out_file);
/* Removes the file if it is still the same. */
void net_local_remove(const struct net_socket_file *file);

#endif
