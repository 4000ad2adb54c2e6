/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door: what policy says about binds and calls, and what the visitors' book is told of them. Each
 * loop has its own hold on the policy and its own rates; both are used on the loop alone.
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

#endif
