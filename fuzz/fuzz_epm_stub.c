/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the endpoint mapper's interface. */
#include "fuzz/stub.h"

#include "src/rpc/epm_stub.h"

FUZZ_MESSAGE(ept_insert_request, struct portero_ept_insert_request)
FUZZ_MESSAGE(ept_delete_request, struct portero_ept_insert_request)
FUZZ_NUMBER(ept_status)
FUZZ_MESSAGE(ept_lookup_request, struct portero_ept_lookup_request)
FUZZ_MESSAGE(ept_lookup_response, struct portero_ept_lookup_response)
FUZZ_MESSAGE(ept_map_request, struct portero_ept_map_request)
FUZZ_MESSAGE(ept_map_response, struct portero_ept_map_response)
FUZZ_MESSAGE(ept_lookup_handle_free_request, struct portero_handle)
FUZZ_MESSAGE(ept_lookup_handle_free_response, struct portero_ept_handle_response)
FUZZ_MESSAGE(ept_inq_object_response, struct portero_ept_inq_object_response)
FUZZ_MESSAGE(ept_mgmt_delete_request, struct portero_ept_mgmt_delete_request)

static fuzz_message *const messages[] = {
    ept_insert_request,
    ept_delete_request,
    ept_status,
    ept_lookup_request,
    ept_lookup_response,
    ept_map_request,
    ept_map_response,
    ept_lookup_handle_free_request,
    ept_lookup_handle_free_response,
    ept_inq_object_response,
    ept_mgmt_delete_request,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_stub(messages, sizeof messages / sizeof messages[0], data, size);
  return 0;
}
