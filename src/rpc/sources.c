/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/sources.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/ip.h"

#define FIRST_BUCKETS 64u
#define MULTIPLIER    0x9e3779b97f4a7c15u

void rpc_sources_init(struct rpc_sources *t, uint64_t seed)
{
  memset(t, 0, sizeof *t);
  (void)pthread_mutex_init(&t->lock, NULL);
  t->seed = seed;
}

void rpc_sources_deinit(struct rpc_sources *t)
{
  for (size_t i = 0; i < t->n_buckets; i++) {
    while (t->buckets[i]) {
      struct rpc_source *s = t->buckets[i];
      t->buckets[i] = s->next;
      free(s);
    }
  }
  free(t->buckets);
  (void)pthread_mutex_destroy(&t->lock);
}

static struct rpc_source **sources_bucket(const struct rpc_sources *t, const uint8_t ip[16])
{
  uint64_t hash = t->seed;

  for (unsigned i = 0; i < 16; i++) {
    hash = (hash ^ ip[i]) * MULTIPLIER;
    hash ^= hash >> 32;
  }
  return &t->buckets[hash & (t->n_buckets - 1)];
}

static void sources_link(struct rpc_sources *t, struct rpc_source *s)
{
  struct rpc_source **bucket = sources_bucket(t, s->ip);

  s->next = *bucket;
  *bucket = s;
}

static void sources_unlink(struct rpc_sources *t, struct rpc_source *s)
{
  struct rpc_source **at = sources_bucket(t, s->ip);

  while (*at != s)
    at = &(*at)->next;
  *at = s->next;
}

static bool sources_grow(struct rpc_sources *t)
{
  struct rpc_sources bigger = *t;

  bigger.n_buckets = t->n_buckets ? t->n_buckets * 2 : FIRST_BUCKETS;
  bigger.buckets = calloc(bigger.n_buckets, sizeof(struct rpc_source *));
  if (!bigger.buckets)
    return t->n_buckets > 0; /* longer chains, then */
  for (size_t i = 0; i < t->n_buckets; i++) {
    while (t->buckets[i]) {
      struct rpc_source *s = t->buckets[i];
      t->buckets[i] = s->next;
      sources_link(&bigger, s);
    }
  }
  free(t->buckets);
  t->buckets = bigger.buckets;
  t->n_buckets = bigger.n_buckets;
  return true;
}

/* ---- idle ones ---- */

static void idle_remove(struct rpc_sources *t, struct rpc_source *s)
{
  if (s->older)
    s->older->newer = s->newer;
  else
    t->oldest = s->newer;
  if (s->newer)
    s->newer->older = s->older;
  else
    t->newest = s->older;
  s->older = s->newer = NULL;
  s->idle = false;
  t->n_idle--;
}

static void idle_add(struct rpc_sources *t, struct rpc_source *s)
{
  s->idle = true;
  s->older = t->newest;
  s->newer = NULL;
  if (t->newest)
    t->newest->newer = s;
  else
    t->oldest = s;
  t->newest = s;
  t->n_idle++;
}

/* ---- entries ---- */

static struct rpc_source *sources_find(const struct rpc_sources *t, const uint8_t ip[16])
{
  struct rpc_source *s = t->n_buckets ? *sources_bucket(t, ip) : NULL;

  while (s && memcmp(s->ip, ip, 16) != 0)
    s = s->next;
  return s;
}

static struct rpc_source *sources_new(struct rpc_sources *t, const uint8_t ip[16])
{
  struct rpc_source *s;

  if (t->count >= t->n_buckets && !sources_grow(t))
    return NULL;
  s = calloc(1, sizeof *s);
  if (!s)
    return NULL;
  memcpy(s->ip, ip, 16);
  sources_link(t, s);
  t->count++;
  return s;
}

struct rpc_source *rpc_sources_take(struct rpc_sources *t, const uint8_t ip[16])
{
  struct rpc_source *s;
  uint8_t own[16];

  ip_source(ip, own);
  (void)pthread_mutex_lock(&t->lock);
  s = sources_find(t, own);
  if (!s)
    s = sources_new(t, own);
  else if (s->idle)
    idle_remove(t, s);
  if (s)
    rpc_source_hold(s);
  (void)pthread_mutex_unlock(&t->lock);
  return s;
}

void rpc_source_hold(struct rpc_source *s)
{
  (void)__atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED);
}

static void idle_forget(struct rpc_sources *t)
{
  struct rpc_source *s = t->oldest;

  idle_remove(t, s);
  sources_unlink(t, s);
  t->count--;
  free(s);
}

/* The last holder leaves under the lock, so that nobody finds what has just gone. */
void rpc_sources_give(struct rpc_sources *t, struct rpc_source *s)
{
  uint32_t holders = __atomic_load_n(&s->holders, __ATOMIC_RELAXED);

  while (holders > 1)
    if (__atomic_compare_exchange_n(&s->holders, &holders, holders - 1, true, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED))
      return;
  (void)pthread_mutex_lock(&t->lock);
  if (__atomic_sub_fetch(&s->holders, 1, __ATOMIC_ACQ_REL) == 0)
    idle_add(t, s);
  if (t->n_idle > RPC_SOURCES_IDLE)
    idle_forget(t);
  (void)pthread_mutex_unlock(&t->lock);
}

/* ---- windows ---- */

/* Threads read clocks of their own: one may be a little behind the other's beginning. */
static bool window_is_over(const struct rpc_window *w, uint64_t now)
{
  return w->count == 0 || (now > w->since && now - w->since >= RPC_FAILED_WINDOW);
}

uint32_t rpc_window_add(struct rpc_window *w, uint64_t now)
{
  if (window_is_over(w, now)) {
    w->since = now;
    w->count = 0;
  }
  if (w->count < UINT32_MAX)
    w->count++;
  return w->count;
}

uint32_t rpc_window_count(const struct rpc_window *w, uint64_t now)
{
  return window_is_over(w, now) ? 0 : w->count;
}

uint64_t rpc_sources_most(struct rpc_sources *t,
                          uint64_t (*of)(const struct rpc_source *s, void *ctx), void *ctx)
{
  uint64_t most = 0;

  (void)pthread_mutex_lock(&t->lock);
  for (size_t i = 0; i < t->n_buckets; i++) {
    for (const struct rpc_source *s = t->buckets[i]; s; s = s->next) {
      uint64_t one = of(s, ctx);
      if (one > most)
        most = one;
    }
  }
  (void)pthread_mutex_unlock(&t->lock);
  return most;
}
