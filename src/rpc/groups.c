/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/groups.h"

#include <stdlib.h>

#include "src/net/random.h"

#define FIRST_BUCKETS 64u

void rpc_groups_init(struct rpc_groups *t, unsigned loop, size_t max_handles)
{
  t->buckets = NULL;
  t->n_buckets = t->count = 0;
  t->loop = loop;
  t->max_handles = max_handles;
}

void rpc_groups_deinit(struct rpc_groups *t)
{
  free(t->buckets);
}

static struct rpc_group **groups_bucket(const struct rpc_groups *t, uint32_t id)
{
  return &t->buckets[id >> 8 & (t->n_buckets - 1)];
}

static struct rpc_group *groups_find(const struct rpc_groups *t, uint32_t id)
{
  struct rpc_group *g = t->n_buckets ? *groups_bucket(t, id) : NULL;

  while (g && g->id != id)
    g = g->next;
  return g;
}

static void groups_link(struct rpc_groups *t, struct rpc_group *g)
{
  struct rpc_group **bucket = groups_bucket(t, g->id);

  g->next = *bucket;
  *bucket = g;
}

static bool groups_grow(struct rpc_groups *t)
{
  struct rpc_groups bigger = *t;

  bigger.n_buckets = t->n_buckets ? t->n_buckets * 2 : FIRST_BUCKETS;
  bigger.buckets = calloc(bigger.n_buckets, sizeof(struct rpc_group *));
  if (!bigger.buckets)
    return false;
  for (size_t i = 0; i < t->n_buckets; i++) {
    while (t->buckets[i]) {
      struct rpc_group *g = t->buckets[i];
      t->buckets[i] = g->next;
      groups_link(&bigger, g);
    }
  }
  free(t->buckets);
  t->buckets = bigger.buckets;
  t->n_buckets = bigger.n_buckets;
  return true;
}

/* Not to be guessed, not 0, not in use. */
static uint32_t groups_draw(const struct rpc_groups *t)
{
  uint32_t id;

  do {
    net_random(&id, sizeof id);
    id = (id & ~(uint32_t)0xff) | t->loop;
  } while (id >> 8 == 0 || groups_find(t, id));
  return id;
}

struct rpc_group *rpc_groups_new(struct rpc_groups *t, const void *endpoint,
                                 const struct net_ends *ends)
{
  struct rpc_group *g;

  if (t->count >= t->n_buckets && !groups_grow(t))
    return NULL;
  g = malloc(sizeof *g);
  if (!g)
    return NULL;
  g->id = groups_draw(t);
  g->conns = 1;
  g->holders = 1;
  g->endpoint = endpoint;
  g->has_uid = ends->has_credentials;
  g->uid = ends->uid;
  rpc_handles_init(&g->handles, t->max_handles);
  groups_link(t, g);
  t->count++;
  return g;
}

struct rpc_group *rpc_groups_join(struct rpc_groups *t, uint32_t id, const void *endpoint,
                                  const struct net_ends *ends)
{
  struct rpc_group *g = groups_find(t, id);

  if (!g || g->endpoint != endpoint || g->has_uid != ends->has_credentials ||
      (g->has_uid && g->uid != ends->uid))
    return NULL;
  g->conns++;
  return g;
}

static void groups_unlink(struct rpc_groups *t, struct rpc_group *g)
{
  struct rpc_group **at = groups_bucket(t, g->id);

  while (*at != g)
    at = &(*at)->next;
  *at = g->next;
  t->count--;
}

void rpc_groups_leave(struct rpc_groups *t, struct rpc_group *g)
{
  if (!g || --g->conns > 0)
    return;
  groups_unlink(t, g);
  rpc_handles_run_down(&g->handles);
  rpc_group_release(g);
}

void rpc_group_hold(struct rpc_group *g)
{
  (void)__atomic_add_fetch(&g->holders, 1, __ATOMIC_RELAXED);
}

void rpc_group_release(struct rpc_group *g)
{
  if (!g || __atomic_sub_fetch(&g->holders, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  rpc_handles_deinit(&g->handles);
  free(g);
}
