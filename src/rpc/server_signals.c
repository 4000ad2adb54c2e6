/* SPDX-License-Identifier: Apache-2.0 */
/* What a small program wants of a server without writing it: an orderly end, and to see notices. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/rpc/rpc.h"

struct server_signals {
  struct rpc_companion companion; /* first */
  uv_signal_t watchers[2];
  unsigned open; /* handles that libuv still has */
};

static void on_signal(uv_signal_t *watcher, int number)
{
  struct server_signals *s = watcher->data;

  (void)number;
  portero_server_stop(s->companion.server);
}

static void signals_start(struct rpc_companion *c, struct uv_loop_s *loop)
{
  static const int numbers[2] = {SIGINT, SIGTERM};
  struct server_signals *s = (struct server_signals *)(void *)c;

  for (unsigned i = 0; i < 2; i++) {
    if (uv_signal_init(loop, &s->watchers[i]) < 0)
      return;
    s->watchers[i].data = s;
    s->open++;
    (void)uv_signal_start(&s->watchers[i], on_signal, numbers[i]);
  }
}

static void on_closed(uv_handle_t *handle)
{
  struct server_signals *s = handle->data;

  if (--s->open == 0)
    rpc_companion_stopped(&s->companion);
}

static void signals_stop(struct rpc_companion *c)
{
  struct server_signals *s = (struct server_signals *)(void *)c;
  unsigned open = s->open;

  if (open == 0)
    rpc_companion_stopped(c);
  for (unsigned i = 0; i < open; i++)
    uv_close((uv_handle_t *)&s->watchers[i], on_closed);
}

static void signals_free(struct rpc_companion *c)
{
  free(c);
}

portero_status portero_server_stop_on_signals(struct portero_server *s)
{
  struct server_signals *signals;

  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  signals = calloc(1, sizeof *signals);
  if (!signals)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  signals->companion.start = signals_start;
  signals->companion.stop = signals_stop;
  signals->companion.free = signals_free;
  rpc_companion_add(s, &signals->companion);
  return portero_ok();
}

void portero_notice_print(void *name, const char *text)
{
  (void)fprintf(stderr, "%s: %s\n", name ? (const char *)name : program_invocation_short_name,
                text);
}
