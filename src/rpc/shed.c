/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory is short the newest strangers go: first those that have bound nothing yet, then those
 * that bound and ask for nothing, then those with calls in flight. Among all of them first those that
 * have some of it: the end of one that has next to nothing helps nobody, and ordinary callers between
 * two calls are like that. Sources of callers with a name and local sockets stay.
 *
 * Each loop closes its own, step by step; with several loops each waits a moment before the next step, so
 * that none takes it while another still has connections of the step before. There may be tens of
 * thousands to look at, so a step is taken in pieces, one for each turn of the loop: callers do not wait
 * for it.
 */
#include "src/rpc/call.h"

#define REST_TIME 100u /* ms, when there was nobody to close */
#define STEP_TIME 10u  /* ms, for the other loops */
#define LOOKS     512u /* connections looked at in one turn */
#define CLOSES    16u /* closed in one turn; of those that have much one, since its end takes long */

enum stage {
  SHED_HALF_OPEN,
  SHED_QUIET,
  SHED_CALLING,
  SHED_STAGES
};
#define SHED_STEPS    (2u * SHED_STAGES) /* the stages for those who have some, then for all */
#define SHED_ARRIVALS (SHED_STAGES + SHED_HALF_OPEN) /* the step that they belong to */

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

uint64_t rpc_memory_for_strangers(const struct rpc_limits *l)
{
  return limit_of(l) == UINT64_MAX ? UINT64_MAX : limit_of(l) / 8 * 7;
}

bool rpc_memory_is_out(const struct rpc_limits *l)
{
  return counted(l) >= rpc_memory_for_strangers(l);
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
  return c->share.account.of_total <= RPC_LITTLE;
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

static bool goes(const struct rpc_conn *c, unsigned step)
{
  bool little = step >= SHED_STAGES; /* those as well that have next to nothing */

  return (little || !has_little(c)) && is_stranger(c) &&
         stage_of(c) == (enum stage)(step % SHED_STAGES);
}

/* Who has come since the step that was theirs goes before those of the later ones. *room: for closes. */
static void shed_arrivals(struct rpc_loop *loop, unsigned *room)
{
  struct rpc_shedding *s = &loop->shedding;

  while (*room > 0 && s->newest && s->newest->prev) {
    struct rpc_conn *c = (struct rpc_conn *)(void *)s->newest->prev;
    s->newest = &c->net;
    if (!goes(c, SHED_ARRIVALS))
      continue;
    shed_close(c);
    --*room;
  }
}

/* A piece of the step, with so many looks: whether it was the last one. */
static bool shed_some(struct rpc_loop *loop, unsigned *looks)
{
  const struct rpc_limits *l = loop->server->limiter;
  struct rpc_shedding *s = &loop->shedding;
  unsigned room = s->step < SHED_STAGES ? 1 : CLOSES;

  if (s->step > SHED_ARRIVALS)
    shed_arrivals(loop, &room);
  for (; s->at && *looks > 0 && room > 0 && !is_relieved(l); --*looks) {
    struct rpc_conn *c = (struct rpc_conn *)(void *)s->at;
    s->at = s->at->next;
    if (!goes(c, s->step))
      continue;
    shed_close(c);
    room--;
  }
  return !s->at;
}

static void shed_on_due(struct net_deadline *d);

static void shed_rest(struct rpc_loop *loop, uint32_t ms)
{
  loop->shedding.state = RPC_SHED_RESTS;
  loop->shedding.due.due = shed_on_due;
  net_loop_at(&loop->net, &loop->shedding.due, net_loop_now(&loop->net) + ms);
}

static void shed_begin(struct rpc_loop *loop, unsigned step)
{
  loop->shedding.state = RPC_SHED_WORKS;
  loop->shedding.step = step;
  loop->shedding.at = loop->net.conns;
  if (step <= SHED_ARRIVALS)
    loop->shedding.newest = loop->net.conns;
}

static void shed_end(struct rpc_loop *loop)
{
  loop->shedding.state = RPC_SHED_IDLE;
  __atomic_store_n(&loop->server->limiter->pressed, false, __ATOMIC_RELAXED);
}

/* When nobody is left to close, the next look is worth its while after some time. */
static void shed_go_on(struct rpc_loop *loop)
{
  struct rpc_shedding *s = &loop->shedding;
  unsigned looks = LOOKS;

  while (!is_relieved(loop->server->limiter)) {
    if (!shed_some(loop, &looks)) {
      rpc_mailbox_wake(loop->mailbox);
      return;
    }
    shed_begin(loop, s->step + 1);
    if (s->step == SHED_STEPS || loop->server->n_loops > 1) {
      shed_rest(loop, s->step == SHED_STEPS ? REST_TIME : STEP_TIME);
      return;
    }
  }
  shed_end(loop);
}

static void shed_on_due(struct net_deadline *d)
{
  struct rpc_shedding *s =
      (struct rpc_shedding *)(void *)((char *)d - offsetof(struct rpc_shedding, due));
  struct rpc_loop *loop =
      (struct rpc_loop *)(void *)((char *)s - offsetof(struct rpc_loop, shedding));

  if (s->step == SHED_STEPS) {
    shed_end(loop);
    return;
  }
  shed_begin(loop, s->step);
  shed_go_on(loop);
}

void rpc_shed(struct rpc_loop *loop)
{
  struct rpc_limits *l = loop->server->limiter;

  switch (loop->shedding.state) {
  case RPC_SHED_RESTS:
    return;
  case RPC_SHED_WORKS:
    break;
  case RPC_SHED_IDLE:
    if (!rpc_memory_is_short(l)) {
      __atomic_store_n(&l->pressed, false, __ATOMIC_RELAXED);
      return;
    }
    rpc_calls_free(loop); /* those for the next time */
    shed_begin(loop, 0);
  }
  shed_go_on(loop);
}

void rpc_shed_skip(const struct rpc_conn *c)
{
  struct rpc_shedding *s = &((struct rpc_loop *)(void *)c->net.loop)->shedding;

  if (s->at == &c->net)
    s->at = c->net.next;
  if (s->newest == &c->net)
    s->newest = c->net.next ? c->net.next : c->net.prev;
}

static bool gives_place(struct rpc_conn *c, enum rpc_thing thing, const char *what)
{
  rpc_limits_met(c->endpoint->server->limiter, RPC_LIMIT_TOTAL + (unsigned)thing,
                 c->net.ends.remote.ip, c->net.ends.remote.port);
  rpc_limits_give_place(c);
  c->visitor.what = what;
  net_conn_abort(&c->net);
  return true;
}

bool rpc_shed_unbound(const struct rpc_conn *c, enum rpc_thing thing)
{
  const struct rpc_loop *loop = (struct rpc_loop *)(void *)c->net.loop;

  for (struct rpc_conn *at = loop->oldest_unbound; at; at = at->share.younger)
    if (is_stranger(at))
      return gives_place(at, thing, "without a bind for longest while others came");
  return false;
}

bool rpc_shed_half_open(const struct rpc_conn *c, enum rpc_thing thing)
{
  for (struct net_conn *at = c->net.loop->conns; at; at = at->next) {
    struct rpc_conn *other = (struct rpc_conn *)(void *)at;
    if (other != c && is_stranger(other) && other->share.half_open)
      return gives_place(other, thing, "half open while others came");
  }
  return false;
}
