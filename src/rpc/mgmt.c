/* SPDX-License-Identifier: Apache-2.0 */
/* The management interface, which every server offers on every endpoint. [C706] appendix Q */
#include "src/rpc/call.h"
#include "src/rpc/mgmt_stub.h"

#define UNKNOWN_AUTHN_SERVICE 0x000006d3u /* RPC_S_UNKNOWN_AUTHN_SERVICE */

static bool offer_is_visible(const struct rpc_offer *offer, const struct portero_peer *peer)
{
  return peer->protseq == PORTERO_NCALRPC || peer->protseq == PORTERO_NCACN_UNIX_STREAM ||
         !(offer->iface->flags & PORTERO_INTERFACE_LOCAL);
}

static portero_status mgmt_inq_if_ids(struct portero_call *call)
{
  const struct portero_peer *peer = portero_call_peer(call);
  const struct rpc_offer *offers = portero_call_server(call)->offers;
  struct portero_mgmt_if_ids_response response = {.has_vector = true};
  struct portero_syntax *ids;
  size_t count = 0;

  for (const struct rpc_offer *o = offers; o; o = o->next)
    count++;
  ids = portero_arena_array(portero_call_arena(call), count, sizeof *ids);
  if (!ids)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  for (const struct rpc_offer *o = offers; o; o = o->next)
    if (offer_is_visible(o, peer))
      ids[response.n_ids++] = o->iface->id;
  response.ids = ids;
  portero_mgmt_if_ids_response_write(portero_call_out(call), &response);
  return portero_ok();
}

static portero_status mgmt_inq_stats(struct portero_call *call)
{
  struct portero_mgmt_stats_response response = {0};
  uint32_t values[PORTERO_MGMT_STATS], count;
  portero_status status = portero_mgmt_stats_request_read(portero_call_in(call), &count);

  if (!portero_is_ok(status))
    return status;
  portero_server_stats(portero_call_server(call), values);
  response.values = values;
  response.n_values = count < PORTERO_MGMT_STATS ? count : PORTERO_MGMT_STATS;
  portero_mgmt_stats_response_write(portero_call_out(call), &response);
  return portero_ok();
}

static portero_status mgmt_is_server_listening(struct portero_call *call)
{
  static const struct portero_mgmt_listening_response response = {.listening = true};

  portero_mgmt_listening_response_write(portero_call_out(call), &response);
  return portero_ok();
}

static portero_status mgmt_stop_server_listening(struct portero_call *call)
{
  struct portero_server *server = portero_call_server(call);
  bool allowed = server->options.allow_remote_stop;

  portero_mgmt_stop_response_write(portero_call_out(call),
                                   allowed ? 0 : PORTERO_FAULT_ACCESS_DENIED);
  if (allowed)
    portero_server_stop(server);
  return portero_ok();
}

static portero_status mgmt_inq_princ_name(struct portero_call *call)
{
  struct portero_mgmt_princ_name_response response = {.name = "", .status = UNKNOWN_AUTHN_SERVICE};
  struct portero_mgmt_princ_name_request request;
  portero_status status = portero_mgmt_princ_name_request_read(portero_call_in(call), &request);

  if (!portero_is_ok(status))
    return status;
  response.size = request.size;
  portero_mgmt_princ_name_response_write(portero_call_out(call), &response);
  return portero_ok();
}

static const struct portero_operation mgmt_operations[PORTERO_MGMT_OPNUMS] = {
    [PORTERO_MGMT_INQ_IF_IDS] = {"inq_if_ids", mgmt_inq_if_ids, 0},
    [PORTERO_MGMT_INQ_STATS] = {"inq_stats", mgmt_inq_stats, 0},
    [PORTERO_MGMT_IS_SERVER_LISTENING] = {"is_server_listening", mgmt_is_server_listening, 0},
    [PORTERO_MGMT_STOP_SERVER_LISTENING] = {"stop_server_listening", mgmt_stop_server_listening, 0},
    [PORTERO_MGMT_INQ_PRINC_NAME] = {"inq_princ_name", mgmt_inq_princ_name, 0},
};

const struct portero_interface rpc_mgmt_interface = {
    .id = {{0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}}, 1, 0},
    .name = "mgmt",
    .operations = mgmt_operations,
    .n_operations = PORTERO_MGMT_OPNUMS,
    .min_level = PORTERO_LEVEL_NONE,
    .flags = PORTERO_INTERFACE_UNLISTED | PORTERO_INTERFACE_NDR64,
};
