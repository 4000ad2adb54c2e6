/* SPDX-License-Identifier: Apache-2.0 */
/* The logon information of a ticket: what is accepted is whole and within its bounds. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "src/auth/kerberos_pac.h"

#define BUDGET ((size_t)1 << 18)

static void check(const struct kerberos_logon *l)
{
  char text[PORTERO_SID_TEXT];
  struct portero_sid again;

  FUZZ_CHECK(l->account && l->domain && l->n_sids <= KERBEROS_MAX_SIDS);
  FUZZ_CHECK(strlen(l->account) < BUDGET && strlen(l->domain) < BUDGET);
  for (size_t i = 0; i < l->n_sids; i++) {
    FUZZ_CHECK(portero_sid_parse(portero_sid_text(&l->sids[i], text), &again));
    FUZZ_CHECK(portero_sid_equal(&l->sids[i], &again));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct kerberos_logon logon;
  struct portero_arena arena;

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  if (portero_is_ok(kerberos_pac_read(portero_bytes_make(data, size), &arena, &logon)))
    check(&logon);
  portero_arena_deinit(&arena);
  return 0;
}
