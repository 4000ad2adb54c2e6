/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many deadlines, one timer: a binary heap. A deadline that moves later is not moved in the heap;
 * it is told early, and whoever owns it sets it again. So a connection that is busy costs nothing.
 */
#ifndef PORTERO_NET_DEADLINE_H
#define PORTERO_NET_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_NEVER UINT64_MAX

struct net_deadline {
  uint64_t at;     /* ms of the loop's clock */
  size_t position; /* in the heap, from 1; 0: not waiting */
  void (*due)(struct net_deadline *d);
};

struct net_deadlines {
  struct net_deadline **heap;
  size_t count, capacity;
};

void net_deadlines_init(struct net_deadlines *t);
void net_deadlines_deinit(struct net_deadlines *t);
/*
 * Waits until at, unless d waits already for an earlier moment. NET_NEVER removes. false: out of
 * memory.
 */
bool net_deadlines_set(struct net_deadlines *t, struct net_deadline *d, uint64_t at);
void net_deadlines_remove(struct net_deadlines *t, struct net_deadline *d);
/* The earliest moment, or NET_NEVER. */
uint64_t net_deadlines_next(const struct net_deadlines *t);
/* Takes out the earliest that is due, or NULL. */
struct net_deadline *net_deadlines_take(struct net_deadlines *t, uint64_t now);

#endif
