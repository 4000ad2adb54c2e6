/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/limits.h"

#include <stdlib.h>
#include <string.h>

#include "src/net/random.h"
#include "src/rpc/call.h"
#include "src/rpc/rate.h"

const struct portero_server_limits portero_server_limits_none = {
    .connections = UINT32_MAX,
    .connection_rate = UINT32_MAX,
    .half_open = UINT32_MAX,
    .anonymous_rate = UINT32_MAX,
    .contexts = UINT32_MAX,
    .handles = UINT32_MAX,
    .failed_logins = UINT32_MAX,
    .memory = UINT64_MAX,
};
static const struct portero_server_limits source_defaults = {
    .connections = 1024,
    .connection_rate = 500,
    .half_open = 256,
    .anonymous_rate = 10000,
    .contexts = 16384,
    .handles = 4096,
    .failed_logins = 30,
    .memory = 64u << 20,
};
static const struct portero_server_limits total_defaults = {
    .connections = 16384,
    .connection_rate = 5000,
    .half_open = 4096,
    .anonymous_rate = 100000,
    .contexts = 262144,
    .handles = 65536,
    .failed_logins = 3000,
    .memory = 512u << 20,
};

/* ---- life ---- */

static uint64_t settled(uint32_t given, uint32_t preset)
{
  if (given == 0)
    return preset;
  return given == UINT32_MAX ? UINT64_MAX : given;
}

static void limits_set(struct rpc_limit_state *states, const struct portero_server_limits *given,
                       const struct portero_server_limits *preset)
{
  static const struct portero_server_limits none;
  const struct portero_server_limits *g = given ? given : &none;

  states[RPC_CONNECTIONS].limit = settled(g->connections, preset->connections);
  states[RPC_CONNECTION_RATE].limit = settled(g->connection_rate, preset->connection_rate);
  states[RPC_HALF_OPEN].limit = settled(g->half_open, preset->half_open);
  states[RPC_ANONYMOUS_RATE].limit = settled(g->anonymous_rate, preset->anonymous_rate);
  states[RPC_CONTEXTS].limit = settled(g->contexts, preset->contexts);
  states[RPC_HANDLES].limit = settled(g->handles, preset->handles);
  states[RPC_FAILED_LOGINS].limit = settled(g->failed_logins, preset->failed_logins);
  states[RPC_MEMORY].limit = g->memory ? g->memory : preset->memory;
}

static uint64_t time_limit(uint32_t ms)
{
  return ms ? ms : UINT64_MAX;
}

struct rpc_limits *rpc_limits_new(const struct portero_server_options *options,
                                  const struct portero_assoc_limits *connection)
{
  struct rpc_limits *l = calloc(1, sizeof *l);
  uint64_t seed;

  if (!l)
    return NULL;
  l->mailboxes = calloc(options->threads, sizeof(struct rpc_mailbox *));
  if (!l->mailboxes) {
    free(l);
    return NULL;
  }
  net_random(&seed, sizeof seed);
  rpc_sources_init(&l->sources, seed);
  (void)pthread_mutex_init(&l->lock, NULL);
  limits_set(&l->states[RPC_LIMIT_SOURCE], options->source_limits, &source_defaults);
  limits_set(&l->states[RPC_LIMIT_TOTAL], options->total_limits, &total_defaults);
  l->states[RPC_LIMIT_LOCAL_CONNECTIONS].limit = l->states[RPC_LIMIT_TOTAL + RPC_CONNECTIONS].limit;
  l->states[RPC_LIMIT_GARBAGE].limit = UINT64_MAX;
  l->states[RPC_LIMIT_FIRST_PDU].limit = time_limit(connection->first_pdu_timeout);
  l->states[RPC_LIMIT_BIND].limit = time_limit(connection->bind_timeout);
  l->states[RPC_LIMIT_AUTH].limit = time_limit(connection->auth_timeout);
  l->states[RPC_LIMIT_PARTIAL].limit = time_limit(connection->partial_timeout);
  l->book = options->book;
  l->notice = options->notice;
  l->notice_user = options->notice_user;
  l->holders = 1;
  return l;
}

void rpc_limits_join(struct rpc_limits *l, struct rpc_mailbox *m)
{
  rpc_mailbox_hold(m);
  l->mailboxes[l->n_mailboxes++] = m;
}

void rpc_limits_hold(struct rpc_limits *l)
{
  (void)__atomic_add_fetch(&l->holders, 1, __ATOMIC_RELAXED);
}

void rpc_limits_release(struct rpc_limits *l)
{
  if (!l || __atomic_sub_fetch(&l->holders, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  for (unsigned i = 0; i < l->n_mailboxes; i++)
    rpc_mailbox_release(l->mailboxes[i]);
  free(l->mailboxes);
  rpc_sources_deinit(&l->sources);
  (void)pthread_mutex_destroy(&l->lock);
  free(l);
}

/* ---- amounts ---- */

static void raise_to(uint64_t *most, uint64_t now)
{
  uint64_t old = __atomic_load_n(most, __ATOMIC_RELAXED);

  while (now > old &&
         !__atomic_compare_exchange_n(most, &old, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

bool rpc_amount_add(uint64_t *amount, uint64_t n, struct rpc_limit_state *state)
{
  uint64_t old = __atomic_load_n(amount, __ATOMIC_RELAXED);

  do
    if (n > state->limit || old > state->limit - n)
      return false;
  while (!__atomic_compare_exchange_n(amount, &old, old + n, true, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED));
  raise_to(&state->most, old + n);
  return true;
}

void rpc_amount_force(uint64_t *amount, uint64_t n, struct rpc_limit_state *state)
{
  raise_to(&state->most, __atomic_add_fetch(amount, n, __ATOMIC_RELAXED));
}

void rpc_amount_sub(uint64_t *amount, uint64_t n)
{
  (void)__atomic_sub_fetch(amount, n, __ATOMIC_RELAXED);
}

static bool rate_add(uint64_t *rate, struct rpc_limit_state *state, uint64_t now)
{
  if (state->limit == UINT64_MAX)
    return true;
  if (!rpc_rate_take(rate, state->limit, now))
    return false;
  raise_to(&state->most, rpc_rate_used(rate, state->limit, now));
  return true;
}

static bool thing_add(uint64_t *amounts, struct rpc_limit_state *states, enum rpc_thing thing,
                      uint64_t now)
{
  if (thing == RPC_CONNECTION_RATE || thing == RPC_ANONYMOUS_RATE)
    return rate_add(&amounts[thing], &states[thing], now);
  return rpc_amount_add(&amounts[thing], 1, &states[thing]);
}

/* One of a thing, for a source and in the total. */
static bool both_add(struct rpc_limits *l, struct rpc_source *source, enum rpc_thing thing,
                     uint64_t now)
{
  if (!thing_add(source->amounts, &l->states[RPC_LIMIT_SOURCE], thing, now)) {
    rpc_limits_met(l, RPC_LIMIT_SOURCE + (unsigned)thing, source->ip, 0);
    return false;
  }
  if (thing_add(l->amounts, &l->states[RPC_LIMIT_TOTAL], thing, now))
    return true;
  rpc_limits_met(l, RPC_LIMIT_TOTAL + (unsigned)thing, source->ip, 0);
  if (thing != RPC_CONNECTION_RATE && thing != RPC_ANONYMOUS_RATE)
    rpc_amount_sub(&source->amounts[thing], 1);
  return false;
}

static void both_sub(struct rpc_limits *l, struct rpc_source *source, enum rpc_thing thing,
                     uint64_t n)
{
  rpc_amount_sub(&source->amounts[thing], n);
  rpc_amount_sub(&l->amounts[thing], n);
}

/* ---- connections ---- */

static struct rpc_limits *limits_of(const struct rpc_conn *c)
{
  return c->endpoint->server->limiter;
}

static bool refuse(const struct rpc_conn *c, unsigned limit)
{
  rpc_limits_met(limits_of(c), limit, c->net.ends.is_local ? NULL : c->net.ends.remote.ip,
                 c->net.ends.remote.port);
  return false;
}

static bool admit_local(struct rpc_conn *c)
{
  struct rpc_limits *l = limits_of(c);

  if (!rpc_amount_add(&l->local_connections, 1, &l->states[RPC_LIMIT_LOCAL_CONNECTIONS]))
    return refuse(c, RPC_LIMIT_LOCAL_CONNECTIONS);
  c->share.counted = true;
  return true;
}

/* What a source may have. What was taken of it before a refusal is given back. */
static bool admit_of_source(struct rpc_conn *c, uint64_t now)
{
  struct rpc_limits *l = limits_of(c);
  uint64_t *amounts = c->share.source->amounts;
  struct rpc_limit_state *states = &l->states[RPC_LIMIT_SOURCE];

  if (!thing_add(amounts, states, RPC_CONNECTIONS, now))
    return refuse(c, RPC_LIMIT_SOURCE + RPC_CONNECTIONS);
  if (!thing_add(amounts, states, RPC_HALF_OPEN, now)) {
    rpc_amount_sub(&amounts[RPC_CONNECTIONS], 1);
    return refuse(c, RPC_LIMIT_SOURCE + RPC_HALF_OPEN);
  }
  if (thing_add(amounts, states, RPC_CONNECTION_RATE, now))
    return true;
  rpc_amount_sub(&amounts[RPC_CONNECTIONS], 1);
  rpc_amount_sub(&amounts[RPC_HALF_OPEN], 1);
  return refuse(c, RPC_LIMIT_SOURCE + RPC_CONNECTION_RATE);
}

/* ---- those that have bound nothing yet ---- */

static void unbound_add(struct rpc_conn *c)
{
  struct rpc_loop *loop = rpc_conn_loop(c);

  c->share.unbound = true;
  c->share.older = loop->youngest_unbound;
  c->share.younger = NULL;
  *(c->share.older ? &c->share.older->share.younger : &loop->oldest_unbound) = c;
  loop->youngest_unbound = c;
}

static void unbound_remove(struct rpc_conn *c)
{
  struct rpc_loop *loop = rpc_conn_loop(c);
  struct rpc_share *share = &c->share;

  if (!share->unbound)
    return;
  share->unbound = false;
  *(share->older ? &share->older->share.younger : &loop->oldest_unbound) = share->younger;
  *(share->younger ? &share->younger->share.older : &loop->youngest_unbound) = share->older;
}

/*
 * All places are taken: who means to bind does so at once, so whoever has not done it for longest gives
 * his. For a source that callers with a name use, even one whose authentication goes on.
 */
static bool place_add(struct rpc_conn *c, enum rpc_thing thing, uint64_t now)
{
  struct rpc_limits *l = limits_of(c);
  struct rpc_limit_state *states = &l->states[RPC_LIMIT_TOTAL];
  bool known = __atomic_load_n(&c->share.source->named, __ATOMIC_RELAXED) > 0;

  if (thing_add(l->amounts, states, thing, now))
    return true;
  if (thing == RPC_CONNECTION_RATE)
    return known || refuse(c, RPC_LIMIT_TOTAL + RPC_CONNECTION_RATE);
  if (!rpc_shed_unbound(c, thing) && !(known && rpc_shed_half_open(c, thing)))
    return refuse(c, (unsigned)(RPC_LIMIT_TOTAL + thing));
  return thing_add(l->amounts, states, thing, now) ||
         refuse(c, (unsigned)(RPC_LIMIT_TOTAL + thing)); /* another loop was faster */
}

static bool admit_of_total(struct rpc_conn *c, uint64_t now)
{
  struct rpc_limits *l = limits_of(c);

  if (rpc_memory_is_out(l) && !__atomic_load_n(&c->share.source->named, __ATOMIC_RELAXED))
    return refuse(c, RPC_LIMIT_TOTAL + RPC_MEMORY);
  if (!place_add(c, RPC_CONNECTION_RATE, now) || !place_add(c, RPC_CONNECTIONS, now))
    return false;
  if (place_add(c, RPC_HALF_OPEN, now))
    return true;
  rpc_amount_sub(&l->amounts[RPC_CONNECTIONS], 1);
  return false;
}

/* Its own structure is the first memory that its source has. */
static bool share_open(struct rpc_conn *c)
{
  struct rpc_share *share = &c->share;

  rpc_account_init(&share->account, limits_of(c), c->net.mem);
  rpc_account_begin(&share->account, share->source);
  share->counted = true;
  c->net.mem = &share->account.mem;
  return rpc_account_charge(&share->account, sizeof *c);
}

bool rpc_limits_admit(struct rpc_conn *c)
{
  struct rpc_limits *l = limits_of(c);
  uint64_t now = net_loop_now(c->net.loop);

  if (c->net.ends.is_local)
    return admit_local(c);
  c->share.source = rpc_sources_take(&l->sources, c->net.ends.remote.ip);
  if (!c->share.source)
    return refuse(c, RPC_LIMIT_TOTAL + RPC_MEMORY);
  if (!admit_of_source(c, now))
    return false;
  if (!admit_of_total(c, now)) {
    rpc_amount_sub(&c->share.source->amounts[RPC_CONNECTIONS], 1);
    rpc_amount_sub(&c->share.source->amounts[RPC_HALF_OPEN], 1);
    return false;
  }
  c->share.half_open = true;
  unbound_add(c);
  return share_open(c);
}

struct rpc_source *rpc_limits_leave(struct rpc_conn *c)
{
  if (c->share.source)
    rpc_source_hold(c->share.source);
  return c->share.source;
}

void rpc_limits_arrive(struct rpc_conn *c, struct rpc_source *source)
{
  struct rpc_limits *l = limits_of(c);

  if (!source) {
    rpc_amount_force(&l->local_connections, 1, &l->states[RPC_LIMIT_LOCAL_CONNECTIONS]);
    c->share.counted = true;
    return;
  }
  c->share.source = source;
  for (int i = 0; i < 2; i++) {
    enum rpc_thing thing = i == 0 ? RPC_CONNECTIONS : RPC_HALF_OPEN;
    rpc_amount_force(&source->amounts[thing], 1, &l->states[RPC_LIMIT_SOURCE + thing]);
    rpc_amount_force(&l->amounts[thing], 1, &l->states[RPC_LIMIT_TOTAL + thing]);
  }
  c->share.half_open = true;
  unbound_add(c);
  (void)share_open(c);
}

static void no_longer_half_open(struct rpc_conn *c)
{
  if (c->share.half_open)
    both_sub(limits_of(c), c->share.source, RPC_HALF_OPEN, 1);
  c->share.half_open = false;
}

/* Which of its times was over. */
static enum rpc_limit time_of(const struct rpc_conn *c)
{
  const struct rpc_limit_state *states = limits_of(c)->states;
  uint32_t in = 0, out;

  if (c->net.assoc)
    portero_server_assoc_pdus(c->net.assoc, &in, &out);
  if (in == 0 && states[RPC_LIMIT_FIRST_PDU].limit <= states[RPC_LIMIT_BIND].limit)
    return RPC_LIMIT_FIRST_PDU;
  if (!c->group)
    return RPC_LIMIT_BIND;
  return c->share.half_open ? RPC_LIMIT_AUTH : RPC_LIMIT_PARTIAL;
}

/* How it ended, when that was one of the limits' doing. RPC_LIMITS: it was not. */
static enum rpc_limit end_of(const struct rpc_conn *c, portero_status why)
{
  if (portero_is_local(why, PORTERO_LOCAL_TIMEOUT))
    return time_of(c);
  return !c->group && (portero_is_local(why, PORTERO_LOCAL_VERSION) ||
                       portero_is_local(why, PORTERO_LOCAL_PROTOCOL) ||
                       portero_is_local(why, PORTERO_LOCAL_MALFORMED))
             ? RPC_LIMIT_GARBAGE
             : RPC_LIMITS;
}

void rpc_limits_lost(struct rpc_conn *c, portero_status why)
{
  enum rpc_limit limit = end_of(c, why);

  if (limit != RPC_LIMITS && c->share.counted)
    (void)refuse(c, limit);
  no_longer_half_open(c);
  unbound_remove(c);
}

/* It is counted no longer, however long its end takes. */
void rpc_limits_give_place(struct rpc_conn *c)
{
  no_longer_half_open(c);
  both_sub(limits_of(c), c->share.source, RPC_CONNECTIONS, 1);
  c->share.gave_place = true;
}

void rpc_limits_gone(struct rpc_conn *c)
{
  struct rpc_limits *l = limits_of(c);
  struct rpc_share *share = &c->share;

  if (!share->source) {
    if (share->counted)
      rpc_amount_sub(&l->local_connections, 1);
    return;
  }
  no_longer_half_open(c);
  unbound_remove(c);
  if (share->counted) {
    if (!share->gave_place)
      both_sub(l, share->source, RPC_CONNECTIONS, 1);
    both_sub(l, share->source, RPC_CONTEXTS, share->contexts);
    rpc_amount_sub(&l->promised, share->promised);
    rpc_account_deinit(&share->account);
  }
  if (share->named)
    (void)__atomic_sub_fetch(&share->source->named, 1, __ATOMIC_RELAXED);
  rpc_sources_give(&l->sources, share->source);
  share->source = NULL;
}

/* ---- binds ---- */

static bool is_accepted(const struct portero_context_ask *ask)
{
  return ask->result == PORTERO_RESULT_ACCEPTANCE;
}

/*
 * The machine accepts one in each bind: room for one is enough. One that is there already needs none;
 * the further legs of an authentication propose theirs again.
 */
void rpc_limits_contexts(struct rpc_conn *c, struct portero_context_ask *asks, size_t n)
{
  size_t first = 0;

  while (first < n && !is_accepted(&asks[first]))
    first++;
  if (!c->share.source || first == n ||
      portero_server_assoc_has_context(c->net.assoc, asks[first].id))
    return;
  if (both_add(limits_of(c), c->share.source, RPC_CONTEXTS, 0)) {
    c->share.contexts++;
    return;
  }
  for (size_t i = first; i < n; i++) {
    if (!is_accepted(&asks[i]))
      continue;
    asks[i].result = PORTERO_RESULT_PROVIDER_REJECTION;
    asks[i].reason = PORTERO_REASON_LOCAL_LIMIT;
  }
}

void rpc_limits_bound(struct rpc_conn *c, bool authenticating)
{
  size_t contexts = portero_server_assoc_contexts(c->net.assoc);

  if (!c->share.source)
    return;
  unbound_remove(c);
  for (; c->share.contexts > contexts; c->share.contexts--) /* the machine had no memory for it */
    both_sub(limits_of(c), c->share.source, RPC_CONTEXTS, 1);
  if (!authenticating)
    no_longer_half_open(c);
}

void rpc_limits_known(struct rpc_conn *c, const struct portero_security *security)
{
  no_longer_half_open(c);
  if (!c->share.source || c->share.named || !rpc_identity_of(security))
    return;
  c->share.named = true;
  (void)__atomic_add_fetch(&c->share.source->named, 1, __ATOMIC_RELAXED);
}

/* ---- calls, logins, handles ---- */

bool rpc_limits_may_call(struct rpc_conn *c, const struct portero_assoc_call *call)
{
  return !c->share.source || rpc_call_worth(call) != PORTERO_LEVEL_NONE ||
         both_add(limits_of(c), c->share.source, RPC_ANONYMOUS_RATE, net_loop_now(c->net.loop));
}

bool rpc_limits_may_login(struct rpc_conn *c)
{
  struct rpc_limits *l = limits_of(c);
  uint64_t now = net_loop_now(c->net.loop);
  uint32_t of_source, of_all;

  if (!c->share.source)
    return true;
  (void)pthread_mutex_lock(&l->sources.lock);
  of_source = rpc_window_count(&c->share.source->failed, now);
  of_all = rpc_window_count(&l->failed, now);
  (void)pthread_mutex_unlock(&l->sources.lock);
  if (of_source >= l->states[RPC_LIMIT_SOURCE + RPC_FAILED_LOGINS].limit)
    return refuse(c, RPC_LIMIT_SOURCE + RPC_FAILED_LOGINS);
  if (of_source && of_all >= l->states[RPC_LIMIT_TOTAL + RPC_FAILED_LOGINS].limit)
    return refuse(c, RPC_LIMIT_TOTAL + RPC_FAILED_LOGINS);
  return true;
}

bool rpc_limits_failed_login(struct rpc_conn *c)
{
  struct rpc_limits *l = limits_of(c);
  uint64_t now = net_loop_now(c->net.loop);
  uint32_t of_source, of_all;

  if (!c->share.source)
    return false;
  (void)pthread_mutex_lock(&l->sources.lock);
  of_source = rpc_window_add(&c->share.source->failed, now);
  of_all = rpc_window_add(&l->failed, now);
  (void)pthread_mutex_unlock(&l->sources.lock);
  raise_to(&l->states[RPC_LIMIT_SOURCE + RPC_FAILED_LOGINS].most, of_source);
  raise_to(&l->states[RPC_LIMIT_TOTAL + RPC_FAILED_LOGINS].most, of_all);
  return of_source == l->states[RPC_LIMIT_SOURCE + RPC_FAILED_LOGINS].limit;
}

bool rpc_limits_take_handle(struct rpc_limits *l, struct rpc_source *source)
{
  if (!source)
    return true;
  if (!both_add(l, source, RPC_HANDLES, 0))
    return false;
  rpc_source_hold(source);
  rpc_limits_hold(l);
  return true;
}

void rpc_limits_give_handle(struct rpc_limits *l, struct rpc_source *source)
{
  if (!source)
    return;
  both_sub(l, source, RPC_HANDLES, 1);
  rpc_sources_give(&l->sources, source);
  rpc_limits_release(l);
}
