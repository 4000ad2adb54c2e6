/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orderly end of a loop: nobody new is let in, idle connections are told and closed, calls in
 * flight get their time; then the rest is cut off.
 */
#include "src/rpc/call.h"

static void drain_on_due(struct net_deadline *d)
{
  struct rpc_loop *l = (struct rpc_loop *)(void *)((char *)d - offsetof(struct rpc_loop, drain));
  struct net_conn *c, *next;

  l->overdue = true;
  for (c = l->net.conns; c; c = next) {
    next = c->next;
    net_conn_abort(c);
  }
  rpc_drain_check(l);
}

void rpc_drain_check(struct rpc_loop *l)
{
  if (l->draining && l->net.n_conns == 0 && l->n_companions == 0 &&
      (l->n_pending == 0 || l->overdue))
    uv_stop(&l->net.uv);
}

void rpc_drain_conn(struct rpc_conn *c)
{
  struct rpc_loop *l = rpc_conn_loop(c);

  if (l->draining && !c->calls)
    net_conn_finish(&c->net);
}

static void drain_companions(struct rpc_loop *l)
{
  struct rpc_companion *c, *next;

  for (c = l->n_companions ? l->server->companions : NULL; c; c = next) {
    next = c->next;
    c->stop(c);
  }
}

void rpc_loop_drain(struct rpc_loop *l)
{
  struct net_conn *c, *next;

  if (l->draining)
    return;
  l->draining = true;
  (void)pthread_mutex_lock(&l->mailbox->lock);
  l->mailbox->takes_moves = false;
  (void)pthread_mutex_unlock(&l->mailbox->lock);
  for (struct rpc_endpoint *e = l->server->endpoints; e; e = e->next)
    rpc_endpoint_close(e, l);
  for (c = l->net.conns; c; c = next) {
    next = c->next;
    if (c->assoc)
      portero_server_assoc_shutdown(c->assoc);
    net_conn_pause(c);
    net_conn_kick(c);
    rpc_drain_conn((struct rpc_conn *)(void *)c);
  }
  drain_companions(l);
  l->drain.due = drain_on_due;
  net_loop_at(&l->net, &l->drain, net_loop_now(&l->net) + l->server->options.drain_timeout);
  rpc_drain_check(l);
}
