/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an association group at the server's wish: by mail to the loop that it lives on. */
#include <stdlib.h>

#include "src/rpc/rpc.h"

void rpc_server_evict(struct portero_server *s, uint64_t group)
{
  struct rpc_eviction *e = malloc(sizeof *e);
  unsigned loop = rpc_group_loop((uint32_t)group);
  struct rpc_mailbox *m;

  if (!e || loop >= s->n_loops) {
    free(e);
    return;
  }
  m = s->loops[loop].mailbox;
  e->group = group;
  (void)pthread_mutex_lock(&m->lock);
  if (m->wake) {
    e->next = m->evictions;
    m->evictions = e;
    (void)uv_async_send(m->wake);
    e = NULL;
  }
  (void)pthread_mutex_unlock(&m->lock);
  free(e);
}

static void evict_conns(struct rpc_loop *l, uint64_t group)
{
  struct net_conn *c, *next;

  for (c = l->net.conns; c; c = next) {
    const struct rpc_conn *conn = (struct rpc_conn *)(void *)c;
    next = c->next;
    if (conn->group && conn->group->id == group)
      net_conn_finish(c);
  }
}

void rpc_loop_evict(struct rpc_loop *l, struct rpc_eviction *evictions)
{
  while (evictions) {
    struct rpc_eviction *e = evictions;
    evictions = e->next;
    if (l)
      evict_conns(l, e->group);
    free(e);
  }
}
