/* SPDX-License-Identifier: Apache-2.0 */
#include "src/policy/rates.h"

#include "src/base/ip.h"

#define WAYS 8u

struct counter {
  uint8_t source[16];
  uint64_t began, last;
  uint32_t rule; /* plus 1; 0: free */
  uint32_t count;
};

struct portero_policy_rates {
  const struct portero_mem *mem;
  size_t size;   /* of all */
  uint32_t sets; /* a power of two */
  uint64_t seed;
  struct portero_policy_lock lock; /* take NULL: none */
  struct counter counters[];
};

struct portero_policy_rates *portero_policy_rates_new(const struct portero_mem *mem,
                                                      const struct portero_policy *p,
                                                      size_t max_sources)
{
  struct portero_policy_rates *rates;
  uint32_t sets = 1;
  size_t size;

  (void)p;
  while ((size_t)sets * WAYS < max_sources && sets < UINT32_C(1) << 24)
    sets *= 2;
  size = sizeof *rates + (size_t)sets * WAYS * sizeof rates->counters[0];
  rates = portero_mem_take(mem, size);
  if (!rates)
    return NULL;
  memset(rates, 0, size);
  rates->mem = mem;
  rates->size = size;
  rates->sets = sets;
  return rates;
}

void portero_policy_rates_free(struct portero_policy_rates *rates)
{
  if (rates)
    portero_mem_give(rates->mem, rates, rates->size);
}

void portero_policy_rates_share(struct portero_policy_rates *rates,
                                const struct portero_policy_lock *lock)
{
  rates->lock = *lock;
}

void portero_policy_rates_seed(struct portero_policy_rates *rates, uint64_t seed)
{
  rates->seed = seed;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
  hash ^= word;
  hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
  hash = (hash ^ hash >> 29) * UINT64_C(0xd6e8feb86659fd93);
  return hash ^ hash >> 32;
}

static uint32_t set_of(const struct portero_policy_rates *rates, uint32_t rule,
                       const uint8_t key[16])
{
  uint64_t hash = mix(rates->seed, portero_load_u64(key, false));

  hash = mix(hash, portero_load_u64(key + 8, false));
  return (uint32_t)mix(hash, rule ^ rates->seed) & (rates->sets - 1);
}

static struct counter *counter_for(struct portero_policy_rates *rates, uint32_t rule,
                                   const uint8_t source[16])
{
  uint8_t key[16];
  struct counter *set, *quiet;

  ip_source(source, key);
  set = quiet = &rates->counters[(size_t)set_of(rates, rule, key) * WAYS];
  for (unsigned i = 0; i < WAYS; i++) {
    if (set[i].rule == rule + 1 && memcmp(set[i].source, key, sizeof key) == 0)
      return &set[i];
    if (set[i].last < quiet->last)
      quiet = &set[i];
  }
  memset(quiet, 0, sizeof *quiet);
  quiet->rule = rule + 1;
  memcpy(quiet->source, key, sizeof key);
  return quiet;
}

/* The clocks of several threads are not read at the same time: one may be behind another. */
static uint32_t count(struct counter *c, uint32_t window, uint64_t now, uint32_t more)
{
  if (c->count == 0 || (now > c->began && now - c->began >= window)) {
    c->began = now;
    c->count = 0;
  }
  if (now > c->last)
    c->last = now;
  if (c->count <= UINT32_MAX - more)
    c->count += more;
  return c->count;
}

uint32_t rates_count(struct portero_policy_rates *rates, uint32_t rule, const uint8_t source[16],
                     uint32_t window, uint64_t now, uint32_t more)
{
  const struct portero_policy_lock *lock = &rates->lock;
  uint32_t counted;

  if (!lock->take)
    return count(counter_for(rates, rule, source), window, now, more);
  lock->take(lock->ctx);
  counted = count(counter_for(rates, rule, source), window, now, more);
  lock->give(lock->ctx);
  return counted;
}
