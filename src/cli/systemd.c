/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/systemd.h"

#include <systemd/sd-daemon.h>

int systemd_sockets(void)
{
  int n = sd_listen_fds(1);

  return n > 0 ? n : 0;
}

void systemd_notify(const char *state)
{
  (void)sd_notify(0, state);
}
