/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the clock for the time. usage: clock_client BINDING, e.g. ncacn_ip_tcp:localhost */
#include <stdio.h>

#include "clock_rpc.h"

int main(int argc, char **argv)
{
  struct portero_client *client = NULL;
  struct clock_Now now = {.result = 0};
  struct clock_Format format = {.text = NULL};
  bool ok;

  if (argc != 2) {
    (void)fprintf(stderr, "usage: clock_client BINDING\n");
    return 2;
  }
  ok = portero_is_ok(portero_client_open(argv[1], &clock_interface.id, NULL, &client)) &&
       portero_is_ok(clock_Now(client, &now));
  format.time = now.result;
  ok = ok && portero_is_ok(clock_Format(client, &format));
  if (ok)
    printf("%s tells: %s\n", portero_client_binding(client), format.text ? format.text : "no time");
  else
    (void)fprintf(stderr, "clock_client: %s\n", portero_client_error(client));
  portero_client_close(client);
  return ok ? 0 : 1;
}
