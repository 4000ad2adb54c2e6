/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often something may happen within a second, as a bucket of tokens that holds those of one
 * second: in one number, the moment (ns) at which the bucket will be full again. 0 is a full one. Safe
 * from any thread; a clock that lags a little behind another thread's is only a little stricter.
 */
#ifndef PORTERO_RPC_RATE_H
#define PORTERO_RPC_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RPC_RATE_SECOND 1000000000u /* ns */

static inline uint64_t rpc_rate_cost(uint64_t per_second)
{
  return per_second ? RPC_RATE_SECOND / per_second : RPC_RATE_SECOND;
}

/* One more, now (ms): false when it is one too many, and then it counts for nothing. */
static inline bool rpc_rate_take(uint64_t *full_at, uint64_t per_second, uint64_t now)
{
  uint64_t ns = now * 1000000u, cost = rpc_rate_cost(per_second), next,
           old = __atomic_load_n(full_at, __ATOMIC_RELAXED);

  do {
    next = (old > ns ? old : ns) + cost;
    if (next > ns + RPC_RATE_SECOND)
      return false;
  } while (
      !__atomic_compare_exchange_n(full_at, &old, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return true;
}

/* How many tokens are missing: how often it happened of late. */
static inline uint64_t rpc_rate_used(const uint64_t *full_at, uint64_t per_second, uint64_t now)
{
  uint64_t ns = now * 1000000u, cost = rpc_rate_cost(per_second),
           at = __atomic_load_n(full_at, __ATOMIC_RELAXED);

  return at > ns && cost ? (at - ns + cost - 1) / cost : 0;
}

#endif
