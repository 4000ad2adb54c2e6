/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/mgmt.h"

#define NAME_SIZE 1024u

static portero_status result_of(portero_status status, uint32_t result)
{
  return portero_is_ok(status) && result ? portero_status_make(PORTERO_CLASS_RESULT, result)
                                         : status;
}

portero_status mgmt_interfaces(struct portero_client *c,
                               struct mgmt_interface_id_vector *out_vector)
{
  static const struct mgmt_interface_id_vector none = {0, NULL};
  struct mgmt_rpc_mgmt_inq_if_ids args = {.status = 0};
  portero_status status = mgmt_rpc_mgmt_inq_if_ids(c, &args);

  status = result_of(status, args.status);
  if (portero_is_ok(status))
    *out_vector = args.if_id_vector ? *args.if_id_vector : none;
  return status;
}

portero_status mgmt_statistics(struct portero_client *c, struct mgmt_rpc_mgmt_inq_stats *out_stats)
{
  struct mgmt_rpc_mgmt_inq_stats args = {.count = MGMT_STATISTICS};
  portero_status status = mgmt_rpc_mgmt_inq_stats(c, &args);

  status = result_of(status, args.status);
  if (portero_is_ok(status))
    *out_stats = args;
  return status;
}

portero_status mgmt_listening(struct portero_client *c, bool *out_listening)
{
  struct mgmt_rpc_mgmt_is_server_listening args = {.result = 0};
  portero_status status = mgmt_rpc_mgmt_is_server_listening(c, &args);

  if (portero_is_ok(status))
    *out_listening = args.result != 0;
  return status;
}

portero_status mgmt_principal(struct portero_client *c, uint32_t authn, const char **out_name)
{
  struct mgmt_rpc_mgmt_inq_princ_name args = {.authn_proto = authn, .princ_name_size = NAME_SIZE};
  portero_status status = mgmt_rpc_mgmt_inq_princ_name(c, &args);

  status = result_of(status, args.status);
  if (portero_is_ok(status))
    *out_name = args.princ_name;
  return status;
}
