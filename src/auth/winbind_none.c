/* SPDX-License-Identifier: Apache-2.0 */
/* winbind in a build without libwbclient. */
#include <stdio.h>

#include "src/auth/winbind.h"

portero_status winbind_ask(const struct winbind_question *q, char *why,
                           struct winbind_answer *out_answer)
{
  (void)q;
  (void)out_answer;
  (void)snprintf(why, WINBIND_WHY_SIZE, "this build has no libwbclient");
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}
