/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Association groups: the connections of one client process to one endpoint, which share context
 * handles. [C706] 9.3.2, [MS-RPCE] 3.3.1.5.6. A group belongs to one loop, whose index is the low
 * octet of its id; the rest of the id is random.
 */
#ifndef PORTERO_RPC_GROUPS_H
#define PORTERO_RPC_GROUPS_H

#include "src/net/address.h"
#include "src/rpc/handles.h"

#define RPC_MAX_LOOPS 256u

struct rpc_group {
  struct rpc_group *next;
  uint32_t id;
  uint32_t conns;       /* it dies with the last one */
  uint32_t holders;     /* connections and calls that hold the memory; atomic */
  const void *endpoint; /* a group does not cross endpoints */
  bool has_uid;         /* nor users, where they are known */
  uint32_t uid;
  struct rpc_handles handles;
};

struct rpc_groups {
  struct rpc_group **buckets;
  size_t n_buckets, count;
  unsigned loop;
  size_t max_handles;
};

static inline unsigned rpc_group_loop(uint32_t id)
{
  return id & 0xffu;
}

void rpc_groups_init(struct rpc_groups *t, unsigned loop, size_t max_handles);
void rpc_groups_deinit(struct rpc_groups *t);

/* A new group, joined by one connection. NULL when memory is out. */
struct rpc_group *rpc_groups_new(struct rpc_groups *t, const void *endpoint,
                                 const struct net_ends *ends);
/* Joins one more connection; NULL: there is no such group for this endpoint and user. */
struct rpc_group *rpc_groups_join(struct rpc_groups *t, uint32_t id, const void *endpoint,
                                  const struct net_ends *ends);
/*
 * A connection has closed: with the last one, the group ends and its handles are run down. NULL is
 * fine.
 */
void rpc_groups_leave(struct rpc_groups *t, struct rpc_group *g);

/* Keep the memory, and the handles in use, for a call. Any thread. NULL is fine for release. */
void rpc_group_hold(struct rpc_group *g);
void rpc_group_release(struct rpc_group *g);

#endif
