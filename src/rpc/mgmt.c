/* SPDX-License-Identifier: Apache-2.0 */
/* The management interface, which every server offers on every endpoint. [C706] appendix Q */
#include "idl/mgmt_rpc.h"
#include "src/rpc/call.h"

#define UNKNOWN_AUTHN_SERVICE 0x000006d3u /* RPC_S_UNKNOWN_AUTHN_SERVICE */
#define STATISTICS            4u

static bool offer_is_visible(const struct rpc_offer *offer, const struct portero_peer *peer)
{
  return peer->protseq == PORTERO_NCALRPC || peer->protseq == PORTERO_NCACN_UNIX_STREAM ||
         !(offer->iface->flags & PORTERO_INTERFACE_LOCAL);
}

static portero_status mgmt_inq_if_ids(struct portero_call *call,
                                      struct mgmt_rpc_mgmt_inq_if_ids *args)
{
  const struct portero_peer *peer = portero_call_peer(call);
  const struct rpc_offer *offers = portero_call_server(call)->offers;
  struct portero_arena *arena = portero_call_arena(call);
  struct mgmt_interface_id_vector *vector = portero_arena_alloc(arena, sizeof *vector);
  const struct ms_types_interface_id **pointers;
  struct ms_types_interface_id *ids;
  size_t count = 0;

  for (const struct rpc_offer *o = offers; o; o = o->next)
    count++;
  ids = portero_arena_array(arena, count, sizeof *ids);
  pointers = portero_arena_array(arena, count, sizeof(const struct ms_types_interface_id *));
  if (!vector || !ids || !pointers)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  for (const struct rpc_offer *o = offers; o; o = o->next) {
    if (!offer_is_visible(o, peer))
      continue;
    ids[vector->count] =
        (struct ms_types_interface_id){o->iface->id.uuid, o->iface->id.major, o->iface->id.minor};
    pointers[vector->count] = &ids[vector->count];
    vector->count++;
  }
  vector->ids = pointers;
  args->if_id_vector = vector;
  return portero_ok();
}

static portero_status mgmt_inq_stats(struct portero_call *call,
                                     struct mgmt_rpc_mgmt_inq_stats *args)
{
  uint32_t *values = portero_arena_array(portero_call_arena(call), STATISTICS, sizeof *values);

  if (!values)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  portero_server_stats(portero_call_server(call), values);
  args->statistics = values;
  args->count = args->count < STATISTICS ? args->count : STATISTICS;
  return portero_ok();
}

static portero_status mgmt_is_server_listening(struct portero_call *call,
                                               struct mgmt_rpc_mgmt_is_server_listening *args)
{
  (void)call;
  args->result = true;
  return portero_ok();
}

static portero_status mgmt_stop_server_listening(struct portero_call *call,
                                                 struct mgmt_rpc_mgmt_stop_server_listening *args)
{
  struct portero_server *server = portero_call_server(call);

  if (server->options.allow_remote_stop)
    portero_server_stop(server);
  else
    args->status = PORTERO_FAULT_ACCESS_DENIED;
  return portero_ok();
}

static portero_status mgmt_inq_princ_name(struct portero_call *call,
                                          struct mgmt_rpc_mgmt_inq_princ_name *args)
{
  (void)call;
  args->princ_name = args->princ_name_size > 0 ? "" : NULL;
  args->status = UNKNOWN_AUTHN_SERVICE;
  return portero_ok();
}

static const struct mgmt_handlers mgmt_handlers = {
    .rpc_mgmt_inq_if_ids = mgmt_inq_if_ids,
    .rpc_mgmt_inq_stats = mgmt_inq_stats,
    .rpc_mgmt_is_server_listening = mgmt_is_server_listening,
    .rpc_mgmt_stop_server_listening = mgmt_stop_server_listening,
    .rpc_mgmt_inq_princ_name = mgmt_inq_princ_name,
};

portero_status rpc_mgmt_offer(struct portero_server *s)
{
  s->mgmt = mgmt_interface;
  s->mgmt.flags |= PORTERO_INTERFACE_UNLISTED;
  return portero_stub_offer(s, &s->mgmt, &mgmt_handlers, NULL, PORTERO_LEVEL_NONE);
}
