/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the time on a dynamic port, or where it is told to. usage: clock_server [BINDING]... */
#include <stdio.h>
#include <time.h>

#include "clock_rpc.h"

#define MICROSECONDS 1000000

static portero_status now(struct portero_call *call, struct clock_Now *p)
{
  struct timespec t;

  (void)call;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  p->result = (int64_t)t.tv_sec * MICROSECONDS + t.tv_nsec / 1000;
  return portero_ok();
}

static portero_status format(struct portero_call *call, struct clock_Format *p)
{
  time_t seconds = (time_t)(p->time / MICROSECONDS);
  char text[64];
  struct tm utc;
  size_t length = 0;

  if (p->time >= 0 && gmtime_r(&seconds, &utc))
    length = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
  p->text = length ? portero_arena_text(portero_call_arena(call), text, length) : NULL;
  p->result = length ? 0 : 87; /* ERROR_INVALID_PARAMETER */
  return portero_ok();
}

static const struct clock_handlers handlers = {.Now = now, .Format = format};

static portero_status listen_on(struct portero_server *server, int count, char **bindings)
{
  portero_status status = portero_ok();

  if (count == 0)
    return portero_server_listen(server, "ncacn_ip_tcp:");
  for (int i = 0; portero_is_ok(status) && i < count; i++)
    status = portero_server_listen(server, bindings[i]);
  return status;
}

int main(int argc, char **argv)
{
  struct portero_server_options options = {.notice = portero_notice_print};
  struct portero_server *server = NULL;
  portero_status status = portero_server_new(&options, &server);
  const char *binding;
  char text[128];

  if (portero_is_ok(status))
    status = clock_serve(server, &handlers, NULL, PORTERO_LEVEL_NONE);
  if (portero_is_ok(status))
    status = listen_on(server, argc - 1, argv + 1);
  if (portero_is_ok(status))
    status = portero_server_register(server, "Clock example");
  if (portero_is_ok(status))
    status = portero_server_stop_on_signals(server);
  if (portero_is_ok(status)) {
    for (size_t i = 0; (binding = portero_server_binding(server, i)) != NULL; i++)
      printf("%s\n", binding);
    (void)fflush(stdout);
    status = portero_server_run(server);
  }
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "clock: %s\n", portero_status_text(status, text, sizeof text));
  portero_server_free(server);
  return portero_is_ok(status) ? 0 : 1;
}
