/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "src/net/pool.h"
#include "src/rpc/limits.h"

static size_t steps(size_t size)
{
  return (size + RPC_MEMORY_STEP - 1) & ~(size_t)(RPC_MEMORY_STEP - 1);
}

static size_t own(const struct rpc_account *a)
{
  return a->used - a->inherited;
}

/* ---- up ---- */

static bool grow_source(struct rpc_account *a)
{
  struct rpc_limits *l = a->limits;
  struct rpc_limit_state *state = &l->states[RPC_LIMIT_SOURCE + RPC_MEMORY];
  size_t more;

  if (!a->source || own(a) <= a->of_source)
    return true;
  more = steps(own(a) - a->of_source);
  if (!rpc_amount_add(&a->source->amounts[RPC_MEMORY], more, state)) {
    rpc_limits_met(l, RPC_LIMIT_SOURCE + RPC_MEMORY, a->source->ip, 0);
    return false;
  }
  a->of_source += more;
  return true;
}

/*
 * The last eighth is for callers with a name, and for what little everybody needs to go on: strangers
 * with much could take it faster than they can be closed.
 */
static bool is_reserved(const struct rpc_account *a, size_t more)
{
  const struct rpc_limits *l = a->limits;

  return a->of_total + more > RPC_LITTLE &&
         __atomic_load_n(&a->source->named, __ATOMIC_RELAXED) == 0 &&
         __atomic_load_n(&l->amounts[RPC_MEMORY], __ATOMIC_RELAXED) + more >
             rpc_memory_for_strangers(l);
}

static bool grow_total(struct rpc_account *a)
{
  struct rpc_limits *l = a->limits;
  struct rpc_limit_state *state = &l->states[RPC_LIMIT_TOTAL + RPC_MEMORY];
  size_t more;

  if (a->used <= a->of_total)
    return true;
  more = steps(a->used - a->of_total);
  if (!a->source) {
    rpc_amount_force(&l->amounts[RPC_MEMORY], more, state);
  } else if (is_reserved(a, more) || !rpc_amount_add(&l->amounts[RPC_MEMORY], more, state)) {
    rpc_limits_met(l, RPC_LIMIT_TOTAL + RPC_MEMORY, a->source->ip, 0);
    rpc_shed_press(l); /* strangers may have taken the last of it while the loops rested */
    return false;
  }
  a->of_total += more;
  rpc_shed_press(l);
  return true;
}

/* ---- down: what is kept for the next time is below two steps ---- */

static void shrink_to(uint64_t *amount, size_t *counted, size_t used)
{
  size_t keep = steps(used);

  if (*counted <= keep)
    return;
  rpc_amount_sub(amount, *counted - keep);
  *counted = keep;
}

static void shrink(struct rpc_account *a)
{
  if (a->inherited > a->used)
    a->inherited = a->used;
  if (a->of_total >= a->used + 2 * RPC_MEMORY_STEP)
    shrink_to(&a->limits->amounts[RPC_MEMORY], &a->of_total, a->used);
  if (a->source && a->of_source >= own(a) + 2 * RPC_MEMORY_STEP)
    shrink_to(&a->source->amounts[RPC_MEMORY], &a->of_source, own(a));
}

bool rpc_account_charge(struct rpc_account *a, size_t size)
{
  a->used += size;
  if (grow_source(a) && grow_total(a))
    return true;
  a->used -= size;
  shrink(a);
  return false;
}

static void *account_take(void *ctx, size_t size)
{
  struct rpc_account *a = ctx;
  size_t room = net_pool_room(size);
  void *block;

  if (!rpc_account_charge(a, room))
    return NULL;
  block = portero_mem_take(a->under, size);
  if (block)
    return block;
  a->used -= room;
  shrink(a);
  return NULL;
}

static void *account_grow(void *ctx, void *block, size_t size, size_t larger)
{
  struct rpc_account *a = ctx;
  size_t room = net_pool_room(size), more = net_pool_room(larger);
  void *moved;

  if (more > room && !rpc_account_charge(a, more - room))
    return NULL;
  moved = portero_mem_grow(a->under, block, size, larger);
  if (moved || more <= room)
    return moved;
  a->used -= more - room;
  shrink(a);
  return NULL;
}

static void account_give(void *ctx, void *block, size_t size)
{
  struct rpc_account *a = ctx;

  portero_mem_give(a->under, block, size);
  a->used -= net_pool_room(size);
  shrink(a);
}

/* ---- life ---- */

void rpc_account_init(struct rpc_account *a, struct rpc_limits *limits,
                      const struct portero_mem *under)
{
  memset(a, 0, sizeof *a);
  a->mem.take = account_take;
  a->mem.give = account_give;
  a->mem.ctx = a;
  a->mem.grow = account_grow;
  a->under = under;
  a->limits = limits;
  rpc_limits_hold(limits);
}

void rpc_account_begin(struct rpc_account *a, struct rpc_source *source)
{
  a->source = source;
  a->inherited = a->used;
}

void rpc_account_hold(struct rpc_account *a)
{
  if (!a->source || a->holds)
    return;
  rpc_source_hold(a->source);
  a->holds = true;
}

void rpc_account_end(struct rpc_account *a)
{
  struct rpc_source *source = a->source;

  a->source = NULL;
  if (source && a->of_source)
    rpc_amount_sub(&source->amounts[RPC_MEMORY], a->of_source);
  a->of_source = 0;
  shrink_to(&a->limits->amounts[RPC_MEMORY], &a->of_total, a->used);
  if (a->holds)
    rpc_sources_give(&a->limits->sources, source);
  a->holds = false;
}

void rpc_account_deinit(struct rpc_account *a)
{
  a->used = 0;
  rpc_account_end(a);
  rpc_limits_release(a->limits);
}
