/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the clock for the time. usage: clock_client BINDING, e.g. ncacn_ip_tcp:localhost */
#include <stdio.h>

#include "clock_stub.h"

int main(int argc, char **argv)
{
  struct portero_client *client = NULL;
  const char *text = NULL;
  int64_t time;
  int32_t result;
  bool ok;

  if (argc != 2) {
    (void)fprintf(stderr, "usage: clock_client BINDING\n");
    return 2;
  }
  ok = portero_is_ok(portero_client_open(argv[1], &clock_interface.id, NULL, &client)) &&
       portero_is_ok(clock_now(client, &time)) &&
       portero_is_ok(clock_format(client, time, &text, &result));
  if (ok)
    printf("%s tells: %s\n", portero_client_binding(client), text ? text : "no time");
  else
    (void)fprintf(stderr, "clock_client: %s\n", portero_client_error(client));
  portero_client_close(client);
  return ok ? 0 : 1;
}
