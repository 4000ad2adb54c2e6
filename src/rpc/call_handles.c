/* SPDX-License-Identifier: Apache-2.0 */
/* Context handles from a handler's side: who asks, and what stays in use until the call ends. */
#include <stdlib.h>

#include "src/net/random.h"
#include "src/rpc/call.h"

static struct rpc_handle_owner owner_of(const struct portero_call *call)
{
  const struct portero_peer *peer = portero_call_peer(call);
  const struct portero_identity *identity = portero_call_identity(call);
  struct rpc_handle_owner owner;

  owner.account = identity ? identity->account : NULL;
  owner.domain = identity ? identity->domain : NULL;
  owner.iface = call->offer->iface;
  owner.level = call->level;
  owner.has_uid = peer->has_credentials;
  owner.uid = peer->uid;
  return owner;
}

static bool held_reserve(struct portero_call *call)
{
  size_t capacity = call->held_capacity * 2;
  struct rpc_handle **held;

  if (call->n_held < call->held_capacity)
    return true;
  held = call->held == call->held_inline ? NULL : call->held;
  held = reallocarray(held, capacity, sizeof(struct rpc_handle *));
  if (!held)
    return false;
  if (call->held == call->held_inline)
    memcpy(held, call->held_inline, sizeof call->held_inline);
  call->held = held;
  call->held_capacity = capacity;
  return true;
}

void rpc_call_give_handles(struct portero_call *call)
{
  while (call->n_held > 0)
    rpc_handles_give(&call->group->handles, call->held[--call->n_held]);
  if (call->held != call->held_inline)
    free(call->held);
  call->held = call->held_inline;
  call->held_capacity = RPC_HELD_INLINE;
}

portero_status portero_handle_new(struct portero_call *call, const void *kind, void *state,
                                  portero_rundown *rundown, struct portero_handle *out_handle)
{
  struct rpc_handle_owner owner = owner_of(call);
  const struct rpc_handle_toll toll = {call->account.limits, call->account.source};
  struct portero_uuid uuid = net_random_uuid();
  portero_status status;

  if (!rpc_limits_take_handle(toll.limits, toll.source))
    return portero_local(PORTERO_LOCAL_LIMIT);
  status = rpc_handles_add(&call->group->handles, &owner, &toll, kind, state, rundown, &uuid);
  if (!portero_is_ok(status)) {
    rpc_limits_give_handle(toll.limits, toll.source);
    return status;
  }
  out_handle->attributes = 0;
  out_handle->uuid = uuid;
  return status;
}

/* In use until the call ends. */
static struct rpc_handle *call_take_handle(struct portero_call *call, const void *kind,
                                           const struct portero_handle *handle)
{
  struct rpc_handle_owner owner = owner_of(call);
  struct rpc_handle *h;

  if (handle->attributes != 0 || !held_reserve(call))
    return NULL;
  h = rpc_handles_take(&call->group->handles, &owner, kind, &handle->uuid);
  if (h)
    call->held[call->n_held++] = h;
  return h;
}

portero_status portero_handle_find(struct portero_call *call, const void *kind,
                                   const struct portero_handle *handle, void **out_state)
{
  const struct rpc_handle *h = call_take_handle(call, kind, handle);

  if (!h)
    return portero_fault_status(PORTERO_FAULT_CONTEXT_MISMATCH);
  *out_state = rpc_handle_state(h);
  return portero_ok();
}

portero_status portero_handle_close(struct portero_call *call, const void *kind,
                                    const struct portero_handle *handle)
{
  struct rpc_handle *h = call_take_handle(call, kind, handle);

  if (!h || !rpc_handles_forget(&call->group->handles, h))
    return portero_fault_status(PORTERO_FAULT_CONTEXT_MISMATCH);
  return portero_ok();
}
