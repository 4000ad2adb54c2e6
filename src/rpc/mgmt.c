/* SPDX-License-Identifier: Apache-2.0 */
/* The management interface, which every server offers on every endpoint. [C706] appendix Q */
#include "src/rpc/call.h"

#define STATISTICS 4u
#define UNKNOWN_AUTHN_SERVICE 0x000006d3u /* RPC_S_UNKNOWN_AUTHN_SERVICE */

static bool offer_is_visible(const struct rpc_offer *offer, const struct portero_peer *peer) {
  return peer->protseq == PORTERO_NCALRPC || peer->protseq == PORTERO_NCACN_UNIX_STREAM ||
         !(offer->iface->flags & PORTERO_INTERFACE_LOCAL);
}

/* [out] rpc_if_id_vector_p_t *if_id_vector, [out] error_status_t *status */
static portero_status mgmt_inq_if_ids(struct portero_call *call) {
  const struct portero_peer *peer = portero_call_peer(call);
  const struct rpc_offer *offers = portero_call_server(call)->offers;
  struct portero_ndr_writer *out = portero_call_out(call);
  uint32_t count = 0;

  for (const struct rpc_offer *o = offers; o; o = o->next)
    count += offer_is_visible(o, peer);
  portero_ndr_write_pointer(out, true);
  portero_ndr_write_size(out, count);
  portero_ndr_write_u32(out, count);
  for (uint32_t i = 0; i < count; i++)
    portero_ndr_write_pointer(out, true);
  for (const struct rpc_offer *o = offers; o; o = o->next)
    if (offer_is_visible(o, peer))
      portero_ndr_write_syntax(out, &o->iface->id);
  portero_ndr_write_u32(out, 0);
  return portero_ok();
}

/* [in, out] unsigned32 *count, [out, size_is(*count)] unsigned32 statistics[], [out] error_status_t *status */
static portero_status mgmt_inq_stats(struct portero_call *call) {
  struct portero_ndr_reader *in = portero_call_in(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  uint32_t count = portero_ndr_read_u32(in, "count"), values[STATISTICS];
  portero_status status = portero_ndr_reader_finish(in);

  if (!portero_is_ok(status))
    return status;
  portero_server_stats(portero_call_server(call), values);
  count = count < STATISTICS ? count : STATISTICS;
  portero_ndr_write_u32(out, count);
  portero_ndr_write_size(out, count);
  for (uint32_t i = 0; i < count; i++)
    portero_ndr_write_u32(out, values[i]);
  portero_ndr_write_u32(out, 0);
  return portero_ok();
}

/* [out] error_status_t *status; returns boolean32 */
static portero_status mgmt_is_server_listening(struct portero_call *call) {
  struct portero_ndr_writer *out = portero_call_out(call);

  portero_ndr_write_u32(out, 0);
  portero_ndr_write_u32(out, 1);
  return portero_ok();
}

/* [out] error_status_t *status */
static portero_status mgmt_stop_server_listening(struct portero_call *call) {
  struct portero_server *server = portero_call_server(call);
  bool allowed = server->options.allow_remote_stop;

  portero_ndr_write_u32(portero_call_out(call), allowed ? 0 : PORTERO_FAULT_ACCESS_DENIED);
  if (allowed)
    portero_server_stop(server);
  return portero_ok();
}

/*
 * [in] unsigned32 authn_proto, [in] unsigned32 princ_name_size,
 * [out, string, size_is(princ_name_size)] char princ_name[], [out] error_status_t *status
 */
static portero_status mgmt_inq_princ_name(struct portero_call *call) {
  struct portero_ndr_reader *in = portero_call_in(call);
  struct portero_ndr_writer *out = portero_call_out(call);
  portero_status status;
  uint32_t size;

  (void)portero_ndr_read_u32(in, "authn_proto");
  size = portero_ndr_read_u32(in, "princ_name_size");
  status = portero_ndr_reader_finish(in);
  if (!portero_is_ok(status))
    return status;
  portero_ndr_write_size(out, size);
  portero_ndr_write_varying(out, size ? 1 : 0);
  portero_ndr_write_bytes(out, "", size ? 1 : 0);
  portero_ndr_write_u32(out, UNKNOWN_AUTHN_SERVICE);
  return portero_ok();
}

static const struct portero_operation mgmt_operations[] = {
    {"inq_if_ids", mgmt_inq_if_ids, 0},
    {"inq_stats", mgmt_inq_stats, 0},
    {"is_server_listening", mgmt_is_server_listening, 0},
    {"stop_server_listening", mgmt_stop_server_listening, 0},
    {"inq_princ_name", mgmt_inq_princ_name, 0},
};

const struct portero_interface rpc_mgmt_interface = {
    .id = {{0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}}, 1, 0},
    .name = "mgmt",
    .operations = mgmt_operations,
    .n_operations = sizeof mgmt_operations / sizeof mgmt_operations[0],
    .min_level = PORTERO_LEVEL_NONE,
    .flags = PORTERO_INTERFACE_UNLISTED,
};
