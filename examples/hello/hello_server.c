/* SPDX-License-Identifier: Apache-2.0 */
/* A whole server: a dynamic port, announced to the endpoint mapper. usage: hello_server [BINDING] */
#include <stdio.h>

#include "hello_rpc.h"

static portero_status hello(struct portero_call *call, struct hello_Hello *p)
{
  char text[256];
  int length = snprintf(text, sizeof text, "Hello, %.200s!", p->name);

  p->answer = portero_arena_text(portero_call_arena(call), text, (size_t)length);
  return portero_ok();
}

static const struct hello_handlers handlers = {.Hello = hello};

int main(int argc, char **argv)
{
  struct portero_server_options options = {.notice = portero_notice_print};
  struct portero_server *server = NULL;
  bool served =
      portero_is_ok(portero_server_new(&options, &server)) &&
      portero_is_ok(hello_serve(server, &handlers, NULL, PORTERO_LEVEL_NONE)) &&
      portero_is_ok(portero_server_listen(server, argc > 1 ? argv[1] : "ncacn_ip_tcp:")) &&
      portero_is_ok(portero_server_register(server, "Hello example")) &&
      portero_is_ok(portero_server_stop_on_signals(server)) &&
      printf("%s\n", portero_server_binding(server, 0)) > 0 && fflush(stdout) == 0 &&
      portero_is_ok(portero_server_run(server));

  portero_server_free(server);
  return served ? 0 : 1;
}
