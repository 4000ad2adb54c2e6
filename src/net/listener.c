/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG            4096
#define AT_ONCE            8     /* connections taken before others have their turn */
#define KEEPALIVE_TIME     300   /* s of silence until a peer is asked whether it is still there */
#define KEEPALIVE_INTERVAL 1     /* s, when it does not answer */
#define KEEPALIVE_COUNT    10    /* times, then it is gone */
#define LISTENER_UNSENT    65536 /* bytes that the kernel keeps for a peer that takes none */

static void listener_on_turn(uv_idle_t *turn)
{
  struct net_listener *l = turn->data;

  (void)uv_idle_stop(turn);
  l->connection(l);
}

/*
 * Libuv takes connections as long as there are any, so those who come fast enough would keep all
 * others waiting. One that is not accepted at once makes it pause: it is taken in the loop's next
 * turn.
 */
static void listener_on_connection(uv_stream_t *stream, int result)
{
  struct net_listener *l = stream->data;

  /*
   * Out of descriptors: libuv keeps a spare one, and uses it to take such a connection and close
   * it.
   */
  if (result != 0 || !l->open)
    return;
  if (++l->taken < AT_ONCE) {
    l->connection(l);
    return;
  }
  l->taken = 0;
  (void)uv_idle_start(&l->turn, listener_on_turn);
}

/* What accepted sockets inherit; nobody is worse off where that fails. */
static void listener_set(int fd)
{
  const struct {
    int level, option, value;
  } options[] = {
      {IPPROTO_TCP, TCP_NODELAY, 1},
      {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_TIME},
      {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL},
      {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
      {IPPROTO_TCP, TCP_NOTSENT_LOWAT, LISTENER_UNSENT},
  };

  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    (void)setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int));
}

static int listener_attach(struct net_listener *l, int fd)
{
  if (l->is_local)
    return uv_pipe_open(&l->uv.pipe, fd);
  listener_set(fd);
  return uv_tcp_open(&l->uv.tcp, fd);
}

portero_status net_listener_open(struct net_listener *l, struct net_loop *loop, int fd,
                                 bool is_local, void (*connection)(struct net_listener *l))
{
  int result;

  l->loop = loop;
  l->is_local = is_local;
  l->connection = connection;
  if (is_local)
    (void)uv_pipe_init(&loop->uv, &l->uv.pipe, 0);
  else
    (void)uv_tcp_init(&loop->uv, &l->uv.tcp);
  l->uv.handle.data = l;
  (void)uv_idle_init(&loop->uv, &l->turn);
  l->turn.data = l;
  l->open = true;
  result = listener_attach(l, fd);
  if (result < 0)
    (void)close(fd);
  else
    result = uv_listen(&l->uv.stream, BACKLOG, listener_on_connection);
  if (result < 0)
    net_listener_close(l);
  return net_status(result);
}

void net_listener_close(struct net_listener *l)
{
  if (!l->open)
    return;
  l->open = false;
  uv_close((uv_handle_t *)&l->turn, NULL);
  uv_close(&l->uv.handle, NULL);
}
