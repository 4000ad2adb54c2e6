/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/mgmt.h"

#define NAME_SIZE 1024u

static portero_status result_of(uint32_t result)
{
  return result ? portero_status_make(PORTERO_CLASS_RESULT, result) : portero_ok();
}

portero_status mgmt_interfaces(struct portero_client *c, struct portero_mgmt_if_ids_response *out_m)
{
  struct portero_ndr_reader *results;
  portero_status status;

  (void)portero_client_in(c);
  status = portero_client_call(c, PORTERO_MGMT_INQ_IF_IDS, &results);
  if (portero_is_ok(status))
    status = portero_mgmt_if_ids_response_read(results, out_m);
  return portero_is_ok(status) ? result_of(out_m->status) : status;
}

portero_status mgmt_statistics(struct portero_client *c, struct portero_mgmt_stats_response *out_m)
{
  struct portero_ndr_reader *results;
  portero_status status;

  portero_mgmt_stats_request_write(portero_client_in(c), PORTERO_MGMT_STATS);
  status = portero_client_call(c, PORTERO_MGMT_INQ_STATS, &results);
  if (portero_is_ok(status))
    status = portero_mgmt_stats_response_read(results, out_m);
  return portero_is_ok(status) ? result_of(out_m->status) : status;
}

portero_status mgmt_listening(struct portero_client *c, bool *out_listening)
{
  struct portero_mgmt_listening_response m;
  struct portero_ndr_reader *results;
  portero_status status;

  (void)portero_client_in(c);
  status = portero_client_call(c, PORTERO_MGMT_IS_SERVER_LISTENING, &results);
  if (portero_is_ok(status))
    status = portero_mgmt_listening_response_read(results, &m);
  if (portero_is_ok(status))
    *out_listening = m.listening;
  return status;
}

portero_status mgmt_principal(struct portero_client *c, uint32_t authn, const char **out_name)
{
  const struct portero_mgmt_princ_name_request request = {authn, NAME_SIZE};
  struct portero_mgmt_princ_name_response m;
  struct portero_ndr_reader *results;
  portero_status status;

  portero_mgmt_princ_name_request_write(portero_client_in(c), &request);
  status = portero_client_call(c, PORTERO_MGMT_INQ_PRINC_NAME, &results);
  if (portero_is_ok(status))
    status = portero_mgmt_princ_name_response_read(results, &m);
  if (portero_is_ok(status))
    status = result_of(m.status);
  if (portero_is_ok(status))
    *out_name = m.name;
  return status;
}
