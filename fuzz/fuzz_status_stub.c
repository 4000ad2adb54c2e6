/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the mapper's status interface. */
#include "fuzz/stub.h"

#include "src/mapper/status_stub.h"

static bool request(struct portero_ndr_reader *r, struct portero_ndr_writer *w)
{
  struct status_request m;

  if (!portero_is_ok(status_request_read(r, &m)))
    return false;
  status_request_write(w, &m);
  return true;
}

static bool response(struct portero_ndr_reader *r, struct portero_ndr_writer *w)
{
  struct status_response m;

  if (!portero_is_ok(status_response_read(r, &m)))
    return false;
  status_response_write(w, &m);
  return true;
}

static fuzz_message *const messages[] = {request, response};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  fuzz_stub(messages, sizeof messages / sizeof messages[0], data, size);
  return 0;
}
