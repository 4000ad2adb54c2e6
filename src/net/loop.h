/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one event loop owns and lends to its connections: memory, one read buffer, one timer.
 * Everything here is used by the loop's own thread only.
 */
#ifndef PORTERO_NET_LOOP_H
#define PORTERO_NET_LOOP_H

#include <uv.h>

#include <portero/status.h>

#include "src/net/deadline.h"
#include "src/net/pool.h"

#define NET_READ_SIZE 65536u

struct net_conn;

struct net_line {
  struct net_conn *first, *last;
  size_t n;
};

struct net_loop {
  uv_loop_t uv;
  struct net_pool pool;
  struct net_deadlines deadlines;
  uv_timer_t timer;
  uint64_t timer_at;                /* what the timer is set to; NET_NEVER: stopped */
  uint8_t *buffer;                  /* NET_READ_SIZE bytes, lent to one read at a time */
  struct net_conn *conns;           /* newest first */
  struct net_line waiting, closing; /* for the loop's next turn: to go on; to be closed */
  unsigned n_closed;                /* since the last turn */
  uv_idle_t turn;                   /* active while there are any */
  uv_idle_t tidy;                   /* active while large blocks go back to the kernel */
  size_t n_conns;
  uint32_t pdus_in, pdus_out; /* of all its connections; read by other threads too */
};

/* For counters with one writer and many readers: no locked instruction is needed. */
static inline void net_count(uint32_t *counter, uint32_t n)
{
  __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* On failure nothing is left behind. Do not move the loop afterwards. */
portero_status net_loop_init(struct net_loop *l);
/*
 * Closes the loop's own handles and waits for every other closing handle. There must be no
 * connection left.
 */
void net_loop_deinit(struct net_loop *l);
/*
 * uv_run() until uv_stop(), with SIGPIPE held off this thread: a write to a dead peer is an error,
 * not a signal.
 */
void net_loop_run(struct net_loop *l);

static inline uint64_t net_loop_now(const struct net_loop *l)
{
  return uv_now(&l->uv);
}
/*
 * d->due is called at or after that time (at once if it has passed), on the loop. NET_NEVER: not
 * at all.
 */
void net_loop_at(struct net_loop *l, struct net_deadline *d, uint64_t at);

/* The status for a negative libuv result. */
portero_status net_status(int uv_error);

#endif
