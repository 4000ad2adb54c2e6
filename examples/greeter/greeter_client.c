/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the greeter and calls it. usage: greeter_client BINDING NAME, e.g. ncacn_ip_tcp:localhost World */
#include <stdio.h>

#include "greeter_stub.h"

int main(int argc, char **argv)
{
  struct portero_client *client = NULL;
  const char *greeting = NULL;
  int32_t result = 0, sum = 0;
  bool ok;

  if (argc != 3) {
    (void)fprintf(stderr, "usage: greeter_client BINDING NAME\n");
    return 2;
  }
  ok = portero_is_ok(portero_client_open(argv[1], &greeter_interface.id, NULL, &client)) &&
       portero_is_ok(greeter_greet(client, argv[2], &greeting, &result));
  if (ok)
    printf("%s says: %s\n", portero_client_binding(client), greeting ? greeting : "(nothing)");
  ok = ok && portero_is_ok(greeter_add(client, 19, 23, &sum));
  if (ok)
    printf("19 + 23 = %d\n", (int)sum);
  else
    (void)fprintf(stderr, "greeter_client: %s\n", portero_client_error(client));
  portero_client_close(client);
  return ok ? 0 : 1;
}
