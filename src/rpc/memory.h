/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account of memory: what one connection or one call has taken, counted with its source and with
 * the total. It takes from there in steps, so that work which goes up and down a little touches nothing
 * that is shared; so what is counted is never less than what is in use.
 *
 * An account is used by one thread at a time.
 */
#ifndef PORTERO_RPC_MEMORY_H
#define PORTERO_RPC_MEMORY_H

#include <portero/arena.h>
#include <stdbool.h>

struct rpc_limits;
struct rpc_source;

#define RPC_MEMORY_STEP 1024
#define RPC_LITTLE      16384 /* bytes: who has no more is next to nobody when memory is short */

struct rpc_account {
  struct portero_mem mem;          /* hand this out; its ctx is the account: do not move it */
  const struct portero_mem *under; /* where it comes from */
  struct rpc_limits *limits;       /* held */
  struct rpc_source *source;       /* whose; NULL: nobody's who is limited */
  bool holds;                      /* source */
  size_t used;                     /* bytes */
  size_t inherited;                /* of them, from before source had it */
  size_t of_total, of_source;      /* counted there */
};

void rpc_account_init(struct rpc_account *a, struct rpc_limits *limits,
                      const struct portero_mem *under);
/* All blocks have been given back, or live on uncounted. */
void rpc_account_deinit(struct rpc_account *a);
/*
 * What is taken from now on is this source's; what there is already stays the server's own. NULL: a
 * local caller's, who is counted, but never refused.
 */
void rpc_account_begin(struct rpc_account *a, struct rpc_source *source);
/* It may outlive the others who hold the source. */
void rpc_account_hold(struct rpc_account *a);
/* What is still there is the server's own. */
void rpc_account_end(struct rpc_account *a);
/* Counts bytes that were taken elsewhere; false: they are too many. */
bool rpc_account_charge(struct rpc_account *a, size_t size);

#endif
