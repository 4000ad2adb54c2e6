/* SPDX-License-Identifier: Apache-2.0 */
/* RPC Firewall's rules: any text. What is taken makes a policy. */
#include "fuzz/fuzz.h"

#include "src/config/rpcfw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_policy *p;
  portero_status status;
  struct rpcfw f;

  rpcfw_init(&f, &portero_mem_malloc);
  status = rpcfw_read(&f, portero_bytes_make(data, size));
  FUZZ_CHECK(portero_is_ok(status) == (f.n_refused == 0));
  for (const struct rpcfw_remark *r = f.remarks; r; r = r->next)
    FUZZ_CHECK(r->line > 0 && r->line <= f.n_lines && *r->text);
  if (portero_is_ok(status)) {
    FUZZ_CHECK(portero_is_ok(portero_policy_new(&portero_mem_malloc, &f.options, &p)));
    portero_policy_free(p);
  }
  rpcfw_deinit(&f);
  return 0;
}
