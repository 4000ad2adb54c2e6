/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory is short the newest strangers go: first those that have bound nothing yet, then those
 * that bound and ask for nothing, then those with calls in flight. Among all of them first those that
 * have some of it: the end of one that has next to nothing helps nobody, and ordinary callers between
 * two calls are like that. Sources of callers with a name and local sockets stay.
 *
 * Each loop closes its own, step by step; with several loops each waits a moment before the next step, so
 * that none takes it while another still has connections of the step before.
 */
#include "src/rpc/call.h"

#define REST_TIME 100u   /* ms, when there was nobody to close */
#define STEP_TIME 10u    /* ms, for the other loops */
#define LITTLE    16384u /* bytes */

enum stage {
  SHED_HALF_OPEN,
  SHED_QUIET,
  SHED_CALLING,
  SHED_STAGES
};
#define SHED_STEPS (2u * SHED_STAGES) /* the stages for those who have some, then for all */

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
         c->net.state <= NET_CONN_FLUSHING && c->net.assoc;
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

static void shed_step(struct rpc_loop *loop, unsigned step)
{
  const struct rpc_limits *l = loop->server->limiter;
  enum stage stage = (enum stage)(step % SHED_STAGES);
  bool little = step >= SHED_STAGES; /* those as well that have next to nothing */
  struct net_conn *at, *older;

  for (at = loop->net.conns; at && !is_relieved(l); at = older) {
    struct rpc_conn *c = (struct rpc_conn *)(void *)at;
    older = at->next;
    if (is_stranger(c) && stage_of(c) == stage && (little || !has_little(c)))
      shed_close(c);
  }
}

static void shed_on_due(struct net_deadline *d);

static void shed_later(struct rpc_loop *loop, uint32_t ms)
{
  loop->shed.due = shed_on_due;
  net_loop_at(&loop->net, &loop->shed, net_loop_now(&loop->net) + ms);
}

/* When nobody is left to close, the next look is worth its while after some time. */
static void shed_go_on(struct rpc_loop *loop)
{
  struct rpc_limits *l = loop->server->limiter;

  while (!is_relieved(l) && loop->shed_step < SHED_STEPS) {
    shed_step(loop, loop->shed_step++);
    if (loop->server->n_loops > 1 && !is_relieved(l)) {
      shed_later(loop, loop->shed_step < SHED_STEPS ? STEP_TIME : REST_TIME);
      return;
    }
  }
  if (!is_relieved(l)) {
    shed_later(loop, REST_TIME);
    return;
  }
  loop->shed_step = 0;
  __atomic_store_n(&l->pressed, false, __ATOMIC_RELAXED);
}

static void shed_on_due(struct net_deadline *d)
{
  struct rpc_loop *loop = (struct rpc_loop *)(void *)((char *)d - offsetof(struct rpc_loop, shed));

  if (loop->shed_step < SHED_STEPS) {
    shed_go_on(loop);
    return;
  }
  loop->shed_step = 0;
  __atomic_store_n(&loop->server->limiter->pressed, false, __ATOMIC_RELAXED);
}

void rpc_shed(struct rpc_loop *loop)
{
  struct rpc_limits *l = loop->server->limiter;

  if (!rpc_memory_is_short(l)) {
    if (__atomic_load_n(&l->pressed, __ATOMIC_RELAXED) && loop->shed_step == 0)
      __atomic_store_n(&l->pressed, false, __ATOMIC_RELAXED);
    return;
  }
  if (loop->shed_step > 0)
    return;             /* at it, or there was nobody a moment ago */
  rpc_calls_free(loop); /* those for the next time */
  shed_go_on(loop);
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
