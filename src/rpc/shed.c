/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory is short the newest strangers go: first those that have bound nothing yet, then those
 * that bound and ask for nothing, then those with calls in flight. Among all of them first those that
 * have some of it: the end of one that has next to nothing helps nobody, and ordinary callers between
 * two calls are like that. Sources of callers with a name and local sockets stay. Each loop closes its
 * own.
 */
#include "src/rpc/call.h"

#define REST_TIME 100u   /* ms, when there was nobody to close */
#define LITTLE    16384u /* bytes */

enum stage {
  SHED_HALF_OPEN,
  SHED_QUIET,
  SHED_CALLING,
  SHED_STAGES
};

static uint64_t limit_of(const struct rpc_limits *l)
{
  return l->states[RPC_LIMIT_TOTAL + RPC_MEMORY].limit;
}

/* What will be counted once those that are being closed are gone. */
static uint64_t counted(const struct rpc_limits *l)
{
  uint64_t now = __atomic_load_n(&l->amounts[RPC_MEMORY], __ATOMIC_RELAXED),
           promised = __atomic_load_n(&l->promised, __ATOMIC_RELAXED);

  return now > promised ? now - promised : 0;
}

bool rpc_memory_is_short(const struct rpc_limits *l)
{
  return limit_of(l) != UINT64_MAX && counted(l) >= limit_of(l) / 4 * 3;
}

static bool is_relieved(const struct rpc_limits *l)
{
  return counted(l) < limit_of(l) / 8 * 5;
}

void rpc_shed_press(struct rpc_limits *l)
{
  if (!rpc_memory_is_short(l) || __atomic_exchange_n(&l->pressed, true, __ATOMIC_RELAXED))
    return;
  for (unsigned i = 0; i < l->n_mailboxes; i++)
    rpc_mailbox_wake(l->mailboxes[i]);
}

/* Of a source from which nobody with a name is connected. */
static bool is_stranger(const struct rpc_conn *c)
{
  return c->share.source && __atomic_load_n(&c->share.source->named, __ATOMIC_RELAXED) == 0 &&
         c->net.state == NET_CONN_OPEN && c->net.assoc;
}

static enum stage stage_of(const struct rpc_conn *c)
{
  if (c->share.half_open)
    return SHED_HALF_OPEN;
  return portero_server_assoc_calls(c->net.assoc) == 0 ? SHED_QUIET : SHED_CALLING;
}

static bool has_little(const struct rpc_conn *c)
{
  return c->share.account.of_total <= LITTLE;
}

static void shed_close(struct rpc_conn *c)
{
  struct rpc_limits *l = c->endpoint->server->limiter;

  c->share.promised = c->share.account.of_total;
  (void)__atomic_add_fetch(&l->promised, c->share.promised, __ATOMIC_RELAXED);
  rpc_limits_met(l, RPC_LIMIT_TOTAL + RPC_MEMORY, c->net.ends.remote.ip, c->net.ends.remote.port);
  c->visitor.what = "memory was short";
  net_conn_abort(&c->net);
}

/* little: those as well that have next to nothing. */
static unsigned shed_stage(struct rpc_loop *loop, enum stage stage, bool little)
{
  const struct rpc_limits *l = loop->server->limiter;
  struct net_conn *at, *older;
  unsigned n = 0;

  for (at = loop->net.conns; at && !is_relieved(l); at = older) {
    struct rpc_conn *c = (struct rpc_conn *)(void *)at;
    older = at->next;
    if (!is_stranger(c) || stage_of(c) != stage || (has_little(c) && !little))
      continue;
    shed_close(c);
    n++;
  }
  return n;
}

/* Nobody was there to close: the next look is worth its while after some time. */
static void shed_on_rest(struct net_deadline *d)
{
  struct rpc_loop *loop = (struct rpc_loop *)(void *)((char *)d - offsetof(struct rpc_loop, shed));

  __atomic_store_n(&loop->server->limiter->pressed, false, __ATOMIC_RELAXED);
}

static unsigned shed_stages(struct rpc_loop *loop, bool little)
{
  unsigned n = 0;

  for (int stage = SHED_HALF_OPEN; stage < SHED_STAGES; stage++)
    n += shed_stage(loop, (enum stage)stage, little);
  return n;
}

void rpc_shed(struct rpc_loop *loop)
{
  struct rpc_limits *l = loop->server->limiter;
  unsigned n = 0;

  if (!__atomic_load_n(&l->pressed, __ATOMIC_RELAXED))
    return;
  if (rpc_memory_is_short(l))
    rpc_calls_free(loop); /* those for the next time */
  if (rpc_memory_is_short(l))
    n = shed_stages(loop, false) + shed_stages(loop, true);
  if (n > 0 || !rpc_memory_is_short(l)) {
    __atomic_store_n(&l->pressed, false, __ATOMIC_RELAXED);
    return;
  }
  loop->shed.due = shed_on_rest;
  net_loop_at(&loop->net, &loop->shed, net_loop_now(&loop->net) + REST_TIME);
}

bool rpc_shed_half_open(const struct rpc_conn *c)
{
  for (struct net_conn *at = c->net.loop->conns; at; at = at->next) {
    struct rpc_conn *other = (struct rpc_conn *)(void *)at;
    if (other == c || !is_stranger(other) || !other->share.half_open)
      continue;
    other->visitor.what = "half open while others came";
    net_conn_abort(at);
    return true;
  }
  return false;
}
