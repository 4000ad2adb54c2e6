/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes: one entry for each address on the network, with what it has and what it did of late. An
 * IPv6 source is its /64.
 *
 * An entry is held by the connections, calls and context handles of its source; one that nobody holds
 * stays for what it is remembered by, until RPC_SOURCES_IDLE others have fallen idle after it. So there
 * are never more entries than holders and that many.
 *
 * Safe from any thread. Amounts and rates of an entry that is held are read and changed without the
 * table's lock.
 */
#ifndef PORTERO_RPC_SOURCES_H
#define PORTERO_RPC_SOURCES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_SOURCES_IDLE  4096
#define RPC_FAILED_WINDOW 60000u /* ms */

/* What is counted, of a source and of all of them. */
enum rpc_thing {
  RPC_CONNECTIONS,
  RPC_CONNECTION_RATE, /* rate.h */
  RPC_HALF_OPEN,
  RPC_ANONYMOUS_RATE, /* rate.h */
  RPC_CONTEXTS,
  RPC_HANDLES,
  RPC_FAILED_LOGINS, /* within the window */
  RPC_MEMORY,
  RPC_THINGS
};

/* Something that is counted anew a minute after it was counted first. */
struct rpc_window {
  uint64_t since; /* ms */
  uint32_t count;
};

struct rpc_source {
  struct rpc_source *next;          /* in its bucket */
  struct rpc_source *older, *newer; /* while idle, in the order in which they fell so */
  uint8_t ip[16];
  uint32_t holders; /* atomic */
  uint32_t named;   /* atomic: connections of callers with a name */
  bool idle;
  struct rpc_window failed;     /* under the lock */
  uint64_t amounts[RPC_THINGS]; /* atomic */
};

struct rpc_sources {
  pthread_mutex_t lock;
  uint64_t seed; /* so that nobody can choose who shares a bucket with whom */
  struct rpc_source **buckets;
  size_t n_buckets, count, n_idle;
  struct rpc_source *oldest, *newest; /* idle ones */
};

void rpc_sources_init(struct rpc_sources *t, uint64_t seed);
/* Nobody may hold an entry any more. */
void rpc_sources_deinit(struct rpc_sources *t);

/* The entry of this address, held. NULL when memory is out. */
struct rpc_source *rpc_sources_take(struct rpc_sources *t, const uint8_t ip[16]);
/* One more holder, by somebody who holds it. */
void rpc_source_hold(struct rpc_source *s);
void rpc_sources_give(struct rpc_sources *t, struct rpc_source *s);

/* One more; how many within this window. now: ms. The total's window goes by the same rule. */
uint32_t rpc_window_add(struct rpc_window *w, uint64_t now);
uint32_t rpc_window_count(const struct rpc_window *w, uint64_t now);

/* Of all entries that are there: the largest that of() gives. */
uint64_t rpc_sources_most(struct rpc_sources *t,
                          uint64_t (*of)(const struct rpc_source *s, void *ctx), void *ctx);

#endif
