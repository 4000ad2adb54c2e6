/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/systemd.h"

int systemd_sockets(void)
{
  return 0;
}

void systemd_notify(const char *state)
{
  (void)state;
}
