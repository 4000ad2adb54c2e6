/* SPDX-License-Identifier: Apache-2.0 */
/* A server of two operations: a dynamic port, announced to the endpoint mapper. usage: greeter_server [BINDING] */
#include <stdio.h>

#include "greeter_rpc.h"

static portero_status greet(struct portero_call *call, struct greeter_Greet *p)
{
  char text[256];
  int length = snprintf(text, sizeof text, "Hello, %.200s!", p->name);

  p->greeting = portero_arena_text(portero_call_arena(call), text, (size_t)length);
  return portero_ok();
}

static portero_status add(struct portero_call *call, struct greeter_Add *p)
{
  (void)call;
  p->result = (int32_t)((uint32_t)p->a + (uint32_t)p->b);
  return portero_ok();
}

static const struct greeter_handlers handlers = {.Greet = greet, .Add = add};

int main(int argc, char **argv)
{
  struct portero_server_options options = {.notice = portero_notice_print};
  struct portero_server *server = NULL;
  bool served =
      portero_is_ok(portero_server_new(&options, &server)) &&
      portero_is_ok(greeter_serve(server, &handlers, NULL, PORTERO_LEVEL_NONE)) &&
      portero_is_ok(portero_server_listen(server, argc > 1 ? argv[1] : "ncacn_ip_tcp:")) &&
      portero_is_ok(portero_server_register(server, "Greeter example")) &&
      portero_is_ok(portero_server_stop_on_signals(server)) &&
      printf("%s\n", portero_server_binding(server, 0)) > 0 && fflush(stdout) == 0 &&
      portero_is_ok(portero_server_run(server));

  portero_server_free(server);
  return served ? 0 : 1;
}
