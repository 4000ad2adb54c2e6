/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the management interface. */
#include "fuzz/stub.h"

#include "src/rpc/mgmt_stub.h"

FUZZ_MESSAGE(mgmt_if_ids_response, struct portero_mgmt_if_ids_response)
FUZZ_NUMBER(mgmt_stats_request)
FUZZ_MESSAGE(mgmt_stats_response, struct portero_mgmt_stats_response)
FUZZ_MESSAGE(mgmt_listening_response, struct portero_mgmt_listening_response)
FUZZ_NUMBER(mgmt_stop_response)
FUZZ_MESSAGE(mgmt_princ_name_request, struct portero_mgmt_princ_name_request)
FUZZ_MESSAGE(mgmt_princ_name_response, struct portero_mgmt_princ_name_response)

static fuzz_message *const messages[] = {
    mgmt_if_ids_response,     mgmt_stats_request, mgmt_stats_response,
    mgmt_listening_response,  mgmt_stop_response, mgmt_princ_name_request,
    mgmt_princ_name_response,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_stub(messages, sizeof messages / sizeof messages[0], data, size);
  return 0;
}
