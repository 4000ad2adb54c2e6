/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the service and calls it. usage: hello_client BINDING NAME, e.g. ncacn_ip_tcp:localhost World */
#include <stdio.h>

#include "hello_rpc.h"

int main(int argc, char **argv)
{
  struct hello_Hello call = {.name = argc > 2 ? argv[2] : "World"};
  const char *host = argc > 1 ? argv[1] : "ncacn_ip_tcp:localhost";
  struct portero_client *client = NULL;
  bool ok = portero_is_ok(portero_client_open(host, &hello_interface.id, NULL, &client)) &&
            portero_is_ok(hello_Hello(client, &call));

  (void)fprintf(ok ? stdout : stderr, "%s\n", ok ? call.answer : portero_client_error(client));
  portero_client_close(client);
  return ok ? 0 : 1;
}
