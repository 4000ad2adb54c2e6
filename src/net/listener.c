/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/listener.h"

#include <unistd.h>

#define BACKLOG 4096

static void listener_on_connection(uv_stream_t *stream, int result)
{
  struct net_listener *l = stream->data;

  /*
   * Out of descriptors: libuv keeps a spare one, and uses it to take such a connection and close
   * it.
   */
  if (result == 0 && l->open)
    l->connection(l);
}

static int listener_attach(struct net_listener *l, int fd)
{
  if (l->is_local)
    return uv_pipe_open(&l->uv.pipe, fd);
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
  uv_close(&l->uv.handle, NULL);
}
