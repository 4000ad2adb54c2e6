/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door: what policy says about binds and calls, and what the visitors' book is told of them. Each
 * loop has its own hold on the policy; what its rates count is the whole server's.
 */
#ifndef PORTERO_RPC_DOOR_H
#define PORTERO_RPC_DOOR_H

#include <portero/event.h>
#include <portero/policy.h>
#include <portero/sink.h>

#include "src/rpc/call.h"

/* The policy that this call's loop goes by; NULL: none. On the loop, until it turns. */
const struct portero_policy *rpc_call_policy(const struct portero_call *call);

/*
 * A record about this call: kind, both ends, connection, transport, interface, operation and caller are
 * filled in, its texts live as long as the call. For those who tell the book of something more.
 */
void rpc_call_event(const struct portero_call *call, enum portero_event_kind kind,
                    struct portero_event *out_event);

/* ---- door.c: the policy of a server, and its loops ---- */

/* A policy with what its rates count; lives until the last who holds it lets go. */
struct rpc_rules {
  uint32_t holders; /* atomic */
  struct portero_policy *policy;
  struct portero_policy_rates *rates; /* of all loops; NULL: a policy without */
  pthread_mutex_t counting;           /* taken by the rates, where there are several loops */
};

void rpc_rules_hold(struct rpc_rules *rules);
/* NULL is fine. */
void rpc_rules_release(struct rpc_rules *rules);
/* The loop goes over to the policy that the server has now. */
void rpc_door_turn(struct rpc_loop *l);

/*
 * false: there is no policy, or it is not asked about this. offer NULL: there is no such interface
 * here; that is asked about all the same. again: for the record alone. The verdict's texts live as
 * long as the loop's policy. A drop is up to whoever asked.
 */
PORTERO_MUST_USE bool rpc_ask_bind(struct rpc_conn *c, const struct rpc_offer *offer,
                                   const struct portero_syntax *interface, bool again,
                                   struct portero_verdict *out_verdict);
PORTERO_MUST_USE bool rpc_ask_call(struct rpc_conn *c, const struct portero_assoc_call *call,
                                   struct portero_verdict *out_verdict);

#endif
