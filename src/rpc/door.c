/* SPDX-License-Identifier: Apache-2.0 */
/* The policy that a server goes by: handed to the loops, asked by them. */
#include "src/rpc/door.h"
#include "src/net/random.h"

#include <stdlib.h>
#include <time.h>

#define RATE_SOURCES 8192u /* counted at a time */
#define MINUTE       60u

/* ---- one policy ---- */

void rpc_rules_hold(struct rpc_rules *rules)
{
  if (rules)
    (void)__atomic_add_fetch(&rules->holders, 1, __ATOMIC_RELAXED);
}

void rpc_rules_release(struct rpc_rules *rules)
{
  if (!rules || __atomic_sub_fetch(&rules->holders, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  portero_policy_rates_free(rules->rates);
  portero_policy_free(rules->policy);
  (void)pthread_mutex_destroy(&rules->counting);
  free(rules);
}

static void counting_take(void *mutex)
{
  (void)pthread_mutex_lock(mutex);
}

static void counting_give(void *mutex)
{
  (void)pthread_mutex_unlock(mutex);
}

/* All that the loops will need is made here: none of them can fail to go over. */
static struct rpc_rules *rules_new(struct portero_policy *policy, unsigned n_loops)
{
  struct rpc_rules *rules = calloc(1, sizeof *rules);
  struct portero_policy_lock lock = {counting_take, counting_give, NULL};
  uint64_t seed;

  if (!rules)
    return NULL;
  rules->holders = 1;
  (void)pthread_mutex_init(&rules->counting, NULL);
  if (portero_policy_has_rates(policy)) {
    rules->rates = portero_policy_rates_new(&portero_mem_malloc, policy, RATE_SOURCES);
    if (!rules->rates) {
      rpc_rules_release(rules); /* the policy stays the caller's */
      return NULL;
    }
    net_random(&seed, sizeof seed);
    portero_policy_rates_seed(rules->rates, seed);
    lock.ctx = &rules->counting;
    if (n_loops > 1)
      portero_policy_rates_share(rules->rates, &lock);
  }
  rules->policy = policy;
  return rules;
}

/* ---- the server's, and each loop's ---- */

portero_status portero_server_set_policy(struct portero_server *s, struct portero_policy *policy)
{
  struct rpc_rules *rules = policy ? rules_new(policy, s->n_loops) : NULL, *old;

  if (policy && !rules)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  (void)pthread_mutex_lock(&s->rules_lock);
  old = s->rules;
  s->rules = rules;
  (void)pthread_mutex_unlock(&s->rules_lock);
  rpc_rules_release(old);
  for (unsigned i = 0; i < s->n_loops; i++)
    rpc_mailbox_wake(s->loops[i].mailbox); /* a loop that has ended is passed over */
  return portero_ok();
}

void rpc_door_turn(struct rpc_loop *l)
{
  struct portero_server *s = l->server;
  struct rpc_rules *old = l->rules;

  (void)pthread_mutex_lock(&s->rules_lock);
  l->rules = s->rules;
  if (l->rules != old) {
    rpc_rules_hold(l->rules);
    l->policy_turn++;
  }
  (void)pthread_mutex_unlock(&s->rules_lock);
  if (l->rules != old)
    rpc_rules_release(old);
}

/* ---- asking ---- */

/* Looked up once in a minute: a clock that was set meanwhile is followed as late as that. */
static void door_set_minute(struct rpc_loop *l, uint64_t now)
{
  time_t clock = time(NULL);
  struct tm local;

  if (!localtime_r(&clock, &local))
    memset(&local, 0, sizeof local);
  l->minute = (uint16_t)(local.tm_hour * 60 + local.tm_min);
  l->weekday = (uint8_t)((local.tm_wday + 6) % 7);
  l->minute_ends = now + (uint64_t)(MINUTE - (unsigned)local.tm_sec % MINUTE) * 1000;
}

static void ask_begin(const struct rpc_conn *c, const struct portero_syntax *interface,
                      struct portero_policy_call *out_call)
{
  struct rpc_loop *l = rpc_conn_loop(c);
  uint64_t now = net_loop_now(&l->net);

  memset(out_call, 0, sizeof *out_call);
  if (now >= l->minute_ends)
    door_set_minute(l, now);
  if (!c->net.ends.is_local) {
    memcpy(out_call->source, c->net.ends.remote.ip, sizeof out_call->source);
    memcpy(out_call->destination, c->net.ends.local.ip, sizeof out_call->destination);
  }
  out_call->protseq = (uint8_t)c->endpoint->protseq;
  out_call->interface = *interface;
  out_call->now = now;
  out_call->minute = l->minute;
  out_call->weekday = l->weekday;
}

static void ask(const struct rpc_loop *l, const struct portero_policy_call *call,
                struct portero_verdict *out_verdict)
{
  struct rpc_rules *rules = l->rules;

  portero_policy_ask_call(rules->policy, rules->rates, call, out_verdict);
}

static bool is_unasked(const struct rpc_offer *offer)
{
  return offer && (offer->iface->flags & PORTERO_INTERFACE_UNASKED);
}

bool rpc_ask_bind(struct rpc_conn *c, const struct rpc_offer *offer,
                  const struct portero_syntax *interface, bool again,
                  struct portero_verdict *out_verdict)
{
  const struct rpc_loop *l = rpc_conn_loop(c);
  struct portero_policy_call call;

  if (!l->rules || is_unasked(offer))
    return false;
  ask_begin(c, interface, &call);
  call.missing = !offer;
  call.again = again;
  ask(l, &call, out_verdict);
  return true;
}

bool rpc_ask_call(struct rpc_conn *c, const struct portero_assoc_call *call,
                  struct portero_verdict *out_verdict)
{
  const struct rpc_loop *l = rpc_conn_loop(c);
  struct portero_policy_call asked;

  if (!l->rules || is_unasked(call->context->owner))
    return false;
  ask_begin(c, &call->context->abstract, &asked);
  asked.has_opnum = true;
  asked.opnum = call->opnum;
  asked.missing = !rpc_operation_of(call);
  asked.object = call->has_object ? &call->object : NULL;
  asked.level = rpc_call_worth(call);
  asked.identity = rpc_identity_of(call->security);
  ask(l, &asked, out_verdict);
  return true;
}
