/* SPDX-License-Identifier: Apache-2.0 */
#include "src/policy/rates.h"

#define WAYS 8u

struct counter {
  uint8_t source[16];
  uint64_t began, last;
  uint32_t rule; /* plus 1; 0: free */
  uint32_t count;
};

struct portero_policy_rates {
  const struct portero_mem *mem;
  size_t size;                     /* of all */
  uint32_t sets;                   /* a power of two */
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

static uint32_t set_of(const struct portero_policy_rates *rates, uint32_t rule,
                       const uint8_t source[16])
{
  uint64_t hash = (portero_load_u64(source, false) ^ rule) * UINT64_C(0x9e3779b97f4a7c15);

  hash = ((hash ^ hash >> 31) ^ portero_load_u64(source + 8, false)) * UINT64_C(0x9e3779b97f4a7c15);
  return (uint32_t)(hash >> 40) & (rates->sets - 1);
}

static struct counter *counter_for(struct portero_policy_rates *rates, uint32_t rule,
                                   const uint8_t source[16])
{
  struct counter *set = &rates->counters[(size_t)set_of(rates, rule, source) * WAYS];
  struct counter *quiet = set;

  for (unsigned i = 0; i < WAYS; i++) {
    if (set[i].rule == rule + 1 && memcmp(set[i].source, source, sizeof set[i].source) == 0)
      return &set[i];
    if (set[i].last < quiet->last)
      quiet = &set[i];
  }
  memset(quiet, 0, sizeof *quiet);
  quiet->rule = rule + 1;
  memcpy(quiet->source, source, sizeof quiet->source);
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
