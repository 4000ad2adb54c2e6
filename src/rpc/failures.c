/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/failures.h"

#include <stdlib.h>
#include <string.h>

#include "src/net/random.h"

#define PLACES      (FAILURE_SOURCES / FAILURE_WAYS)
#define PREFIX_SIZE 8u /* of an IPv6 source */
#define MULTIPLIER  0x9e3779b97f4a7c15u

void rpc_failures_init(struct rpc_failures *f)
{
  (void)pthread_mutex_init(&f->lock, NULL);
  net_random(&f->seed, sizeof f->seed);
  f->list = NULL;
}

void rpc_failures_deinit(struct rpc_failures *f)
{
  free(f->list);
  (void)pthread_mutex_destroy(&f->lock);
}

static void source_of(const struct net_address *address, uint8_t out_source[16])
{
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

  memcpy(out_source, address->ip, 16);
  if (memcmp(out_source, mapped, sizeof mapped) != 0)
    memset(out_source + PREFIX_SIZE, 0, 16 - PREFIX_SIZE);
}

static struct rpc_failure *place_of(const struct rpc_failures *f, const uint8_t source[16])
{
  uint64_t hash = f->seed;

  for (unsigned i = 0; i < 16; i++) {
    hash = (hash ^ source[i]) * MULTIPLIER;
    hash ^= hash >> 32;
  }
  return &f->list[hash % PLACES * FAILURE_WAYS];
}

static struct rpc_failure *find(const struct rpc_failures *f, const uint8_t source[16])
{
  struct rpc_failure *place = f->list ? place_of(f, source) : NULL;

  for (unsigned i = 0; place && i < FAILURE_WAYS; i++)
    if (place[i].last && memcmp(place[i].source, source, 16) == 0)
      return &place[i];
  return NULL;
}

static bool is_over(const struct rpc_failure *e, uint64_t now)
{
  return now - e->since >= FAILURE_WINDOW;
}

/* A free entry, or the one that failed longest ago. NULL: memory is out. */
static struct rpc_failure *take(struct rpc_failures *f, const uint8_t source[16])
{
  struct rpc_failure *place, *oldest;

  if (!f->list)
    f->list = calloc(FAILURE_SOURCES, sizeof *f->list);
  if (!f->list)
    return NULL;
  place = place_of(f, source);
  oldest = place;
  for (unsigned i = 1; i < FAILURE_WAYS; i++)
    if (place[i].last < oldest->last)
      oldest = &place[i];
  memcpy(oldest->source, source, 16);
  oldest->count = 0;
  return oldest;
}

uint32_t rpc_failures_add(struct rpc_failures *f, const struct net_address *address, uint64_t now)
{
  struct rpc_failure *e;
  uint8_t source[16];
  uint32_t count = 0;

  source_of(address, source);
  (void)pthread_mutex_lock(&f->lock);
  e = find(f, source);
  if (!e)
    e = take(f, source);
  if (e) {
    if (e->count == 0 || is_over(e, now)) {
      e->since = now;
      e->count = 0;
    }
    e->last = now ? now : 1;
    count = ++e->count;
  }
  (void)pthread_mutex_unlock(&f->lock);
  return count;
}

uint32_t rpc_failures_count(struct rpc_failures *f, const struct net_address *address, uint64_t now)
{
  const struct rpc_failure *e;
  uint8_t source[16];
  uint32_t count;

  source_of(address, source);
  (void)pthread_mutex_lock(&f->lock);
  e = find(f, source);
  count = e && !is_over(e, now) ? e->count : 0;
  (void)pthread_mutex_unlock(&f->lock);
  return count;
}
