/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failed logins, counted by source address in a table of fixed size. An IPv6 source is its /64. Safe
 * from any thread.
 */
#ifndef PORTERO_RPC_FAILURES_H
#define PORTERO_RPC_FAILURES_H

#include <pthread.h>

#include "src/net/address.h"

#define FAILURE_SOURCES 4096
#define FAILURE_WAYS    8u     /* sources that share a place */
#define FAILURE_WINDOW  60000u /* ms */

struct rpc_failure {
  uint8_t source[16];
  uint64_t since, last; /* of the window; last 0: free */
  uint32_t count;
};

struct rpc_failures {
  pthread_mutex_t lock;
  uint64_t seed;            /* so that nobody can choose who shares a place with whom */
  struct rpc_failure *list; /* NULL until somebody fails */
};

void rpc_failures_init(struct rpc_failures *f);
void rpc_failures_deinit(struct rpc_failures *f);
/* One more; how many within this window. now: ms. */
uint32_t rpc_failures_add(struct rpc_failures *f, const struct net_address *source, uint64_t now);
uint32_t rpc_failures_count(struct rpc_failures *f, const struct net_address *source, uint64_t now);

#endif
