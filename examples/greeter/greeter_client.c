/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the greeter and calls it. usage: greeter_client BINDING NAME, e.g. ncacn_ip_tcp:localhost World */
#include <stdio.h>

#include "greeter_rpc.h"

int main(int argc, char **argv)
{
  struct greeter_Greet greet = {.name = argc > 2 ? argv[2] : "World"};
  struct greeter_Add add = {.a = 19, .b = 23};
  const char *host = argc > 1 ? argv[1] : "ncacn_ip_tcp:localhost";
  struct portero_client *client = NULL;
  bool ok = portero_is_ok(portero_client_open(host, &greeter_interface.id, NULL, &client)) &&
            portero_is_ok(greeter_Greet(client, &greet));

  if (ok)
    printf("%s says: %s\n", portero_client_binding(client), greet.greeting);
  ok = ok && portero_is_ok(greeter_Add(client, &add));
  if (ok)
    printf("19 + 23 = %d\n", (int)add.result);
  else
    (void)fprintf(stderr, "greeter_client: %s\n", portero_client_error(client));
  portero_client_close(client);
  return ok ? 0 : 1;
}
