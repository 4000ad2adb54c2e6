/* SPDX-License-Identifier: Apache-2.0 */
/* A whole server: a dynamic port, announced to the endpoint mapper. usage: greeter_server [BINDING] */
#include <signal.h>
#include <stdio.h>

#include "greeter_stub.h"

static struct portero_server *server;

static portero_status greet(struct portero_call *call, const char *name, const char **out_greeting,
                            int32_t *out_result)
{
  char text[256];
  int length = snprintf(text, sizeof text, "Hello, %.200s!", name);

  *out_greeting = portero_arena_text(portero_call_arena(call), text, (size_t)length);
  *out_result = 0;
  return portero_ok();
}

static portero_status add(struct portero_call *call, int32_t a, int32_t b, int32_t *out_result)
{
  (void)call;
  *out_result = (int32_t)((uint32_t)a + (uint32_t)b);
  return portero_ok();
}

static struct greeter_handlers handlers = {greet, add};

static void on_signal(int number)
{
  (void)number;
  portero_server_stop(server);
}

static void on_notice(void *user, const char *text)
{
  (void)user;
  (void)fprintf(stderr, "greeter: %s\n", text);
}

int main(int argc, char **argv)
{
  struct portero_server_options options = {.notice = on_notice};
  portero_status status = portero_server_new(&options, &server);
  char text[128];

  if (portero_is_ok(status))
    status = portero_server_add(server, &greeter_interface, &handlers);
  if (portero_is_ok(status))
    status = portero_server_listen(server, argc > 1 ? argv[1] : "ncacn_ip_tcp:");
  if (portero_is_ok(status))
    status = portero_server_register(server, "Greeter example");
  if (portero_is_ok(status)) {
    printf("%s\n", portero_server_binding(server, 0));
    (void)fflush(stdout);
    (void)signal(SIGINT, on_signal);
    (void)signal(SIGTERM, on_signal);
    status = portero_server_run(server);
  }
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "greeter: %s\n", portero_status_text(status, text, sizeof text));
  portero_server_free(server);
  return portero_is_ok(status) ? 0 : 1;
}
