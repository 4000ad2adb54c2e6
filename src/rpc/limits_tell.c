/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often each limit was met. Whoever meets one counts; loop 0 tells the book, at most once a second
 * for each name, how many there were since it told last; what is left is told at the end.
 */
#include <inttypes.h>
#include <portero/sink.h>
#include <stdio.h>
#include <string.h>

#include "src/rpc/call.h"
#include "src/rpc/rate.h"

#define TELL_TIME   1000u  /* ms between two records of one name */
#define NOTICE_TIME 60000u /* and between two notices */

static const char *const names[RPC_LIMITS] = {
    "source-connections",    "source-connection-rate", "source-half-open",
    "source-anonymous-rate", "source-contexts",        "source-handles",
    "source-failed-logins",  "source-memory",          "total-connections",
    "total-connection-rate", "total-half-open",        "total-anonymous-rate",
    "total-contexts",        "total-handles",          "total-failed-logins",
    "total-memory",          "local-connections",      "garbage",
    "first-pdu-timeout",     "bind-timeout",           "auth-timeout",
    "partial-timeout",
};

/* ---- counting ---- */

void rpc_limits_met(struct rpc_limits *l, unsigned limit, const uint8_t *ip, uint16_t port)
{
  struct rpc_limit_state *state = &l->states[limit];
  bool news;

  (void)pthread_mutex_lock(&l->lock);
  state->refused++;
  state->untold++;
  memset(&state->who, 0, sizeof state->who);
  if (ip)
    memcpy(state->who.ip, ip, sizeof state->who.ip);
  state->who.port = port;
  news = !l->armed && (l->book || l->notice);
  l->armed = l->armed || news;
  (void)pthread_mutex_unlock(&l->lock);
  if (news && l->n_mailboxes > 0)
    rpc_mailbox_wake(l->mailboxes[0]);
}

/* ---- telling ---- */

struct news {
  enum rpc_limit limit;
  uint64_t count, noticed; /* noticed: of the notice; 0: none is due */
  struct portero_event_end who;
};

/* The time of the last one is 0 before the first. */
static bool is_due(uint64_t last, uint64_t now, uint64_t pause)
{
  return last == 0 || (now > last && now - last >= pause);
}

/* The source of too many failed logins is told by those who count them, once for each. */
static bool has_notice(enum rpc_limit limit)
{
  return limit != RPC_LIMIT_SOURCE + RPC_FAILED_LOGINS;
}

static void news_take(struct rpc_limit_state *state, enum rpc_limit limit, uint64_t now,
                      struct news *out_news)
{
  out_news->limit = limit;
  out_news->count = state->untold;
  out_news->noticed = 0;
  out_news->who = state->who;
  state->unnoticed += state->untold;
  state->untold = 0;
  state->told_at = now;
  if (!is_due(state->noticed_at, now, NOTICE_TIME) || !has_notice(limit))
    return;
  out_news->noticed = state->unnoticed;
  state->unnoticed = 0;
  state->noticed_at = now;
}

/* What is due, how much there is of it, and when the next will be. */
static size_t news_collect(struct rpc_limits *l, uint64_t now, bool all, struct news *out_news,
                           uint64_t *out_next)
{
  size_t n = 0;

  *out_next = NET_NEVER;
  (void)pthread_mutex_lock(&l->lock);
  for (unsigned i = 0; i < RPC_LIMITS; i++) {
    struct rpc_limit_state *state = &l->states[i];
    if (state->untold == 0)
      continue;
    if (all || is_due(state->told_at, now, TELL_TIME))
      news_take(state, (enum rpc_limit)i, now, &out_news[n++]);
    else if (state->told_at + TELL_TIME < *out_next)
      *out_next = state->told_at + TELL_TIME;
  }
  l->armed = *out_next != NET_NEVER;
  (void)pthread_mutex_unlock(&l->lock);
  return n;
}

static void tell_book(struct rpc_limits *l, const struct news *news)
{
  struct portero_event event;

  memset(&event, 0, sizeof event);
  event.kind = PORTERO_EVENT_LIMIT;
  event.source = news->who;
  event.protseq = (uint8_t)(news->limit == RPC_LIMIT_LOCAL_CONNECTIONS ? PORTERO_NCALRPC
                                                                       : PORTERO_NCACN_IP_TCP);
  event.outcome = PORTERO_OUTCOME_DENIED;
  event.reason = names[news->limit];
  event.count = news->count;
  portero_book_tell(l->book, &event);
}

static void tell_notice(struct rpc_limits *l, const struct news *news)
{
  struct net_address who;
  char address[64] = "a local socket", often[32], text[192];

  if (!l->notice || news->noticed == 0)
    return;
  memset(&who, 0, sizeof who);
  memcpy(who.ip, news->who.ip, sizeof who.ip);
  if (news->limit != RPC_LIMIT_LOCAL_CONNECTIONS)
    net_address_text(&who, address, sizeof address);
  (void)snprintf(often, sizeof often, "%" PRIu64 " times, last", news->noticed);
  (void)snprintf(text, sizeof text, "limit %s: met %s by %s", names[news->limit],
                 news->noticed == 1 ? "once," : often, address);
  l->notice(l->notice_user, text);
}

static uint64_t tell(struct rpc_limits *l, uint64_t now, bool all)
{
  struct news news[RPC_LIMITS];
  uint64_t next;
  size_t n = news_collect(l, now ? now : 1, all, news, &next);

  for (size_t i = 0; i < n; i++) {
    tell_book(l, &news[i]);
    tell_notice(l, &news[i]);
  }
  return next;
}

static void tell_on_due(struct net_deadline *due)
{
  struct rpc_limits *l =
      (struct rpc_limits *)(void *)((char *)due - offsetof(struct rpc_limits, due));

  rpc_limits_woken(l, l->teller);
}

void rpc_limits_woken(struct rpc_limits *l, struct rpc_loop *loop)
{
  uint64_t next;
  bool armed;

  if (loop->index != 0)
    return;
  (void)pthread_mutex_lock(&l->lock);
  armed = l->armed;
  (void)pthread_mutex_unlock(&l->lock);
  if (!armed)
    return;
  l->teller = loop;
  l->due.due = tell_on_due;
  next = tell(l, net_loop_now(&loop->net), false);
  if (next != NET_NEVER)
    net_loop_at(&loop->net, &l->due, next);
}

void rpc_limits_tell_rest(struct rpc_limits *l)
{
  (void)tell(l, uv_hrtime() / 1000000, true);
}

/* ---- the live figures ---- */

struct asked {
  enum rpc_thing thing;
  uint64_t limit, now;
};

static uint64_t in_use(const uint64_t *amounts, const struct asked *asked)
{
  const uint64_t *amount = &amounts[asked->thing];

  if (asked->thing == RPC_CONNECTION_RATE || asked->thing == RPC_ANONYMOUS_RATE)
    return asked->limit == UINT64_MAX ? 0 : rpc_rate_used(amount, asked->limit, asked->now);
  return __atomic_load_n(amount, __ATOMIC_RELAXED);
}

static uint64_t source_in_use(const struct rpc_source *s, void *ctx)
{
  const struct asked *asked = ctx;

  return asked->thing == RPC_FAILED_LOGINS ? rpc_window_count(&s->failed, asked->now)
                                           : in_use(s->amounts, asked);
}

static uint64_t total_in_use(struct rpc_limits *l, const struct asked *asked)
{
  uint64_t count;

  if (asked->thing != RPC_FAILED_LOGINS)
    return in_use(l->amounts, asked);
  (void)pthread_mutex_lock(&l->sources.lock);
  count = rpc_window_count(&l->failed, asked->now);
  (void)pthread_mutex_unlock(&l->sources.lock);
  return count;
}

static uint64_t limit_in_use(struct rpc_limits *l, unsigned limit)
{
  struct asked asked = {(enum rpc_thing)(limit % RPC_THINGS), l->states[limit].limit,
                        uv_hrtime() / 1000000};

  if (limit < RPC_LIMIT_TOTAL)
    return rpc_sources_most(&l->sources, source_in_use, &asked);
  if (limit < RPC_LIMIT_LOCAL_CONNECTIONS)
    return total_in_use(l, &asked);
  return limit == RPC_LIMIT_LOCAL_CONNECTIONS
             ? __atomic_load_n(&l->local_connections, __ATOMIC_RELAXED)
             : 0;
}

size_t portero_server_limit_states(struct portero_server *s, struct portero_limit_state *out_states,
                                   size_t n)
{
  struct rpc_limits *l = s->limiter;

  for (unsigned i = 0; i < RPC_LIMITS && i < n; i++) {
    struct portero_limit_state *out = &out_states[i];
    out->name = names[i];
    out->limit = l->states[i].limit;
    out->now = limit_in_use(l, i);
    out->most = __atomic_load_n(&l->states[i].most, __ATOMIC_RELAXED);
    (void)pthread_mutex_lock(&l->lock);
    out->refused = l->states[i].refused;
    (void)pthread_mutex_unlock(&l->lock);
  }
  return RPC_LIMITS;
}
