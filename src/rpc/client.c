/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that wait: a client with a loop of its own, which turns while it is called. */
#include "src/rpc/client.h"

#include <pthread.h>
#include <stdlib.h>

#include "src/net/loop.h"

struct client_sync {
  struct net_loop net; /* first */
  uv_async_t wake;
  bool cancelled; /* atomic */
  bool waiting;
  portero_status status;
  struct portero_writer stub; /* the last answer */
  struct portero_ndr_reader results;
};

/* ---- life ---- */

static void sync_on_wake(uv_async_t *wake)
{
  struct portero_client *c = wake->data;

  if (c && __atomic_exchange_n(&c->sync->cancelled, false, __ATOMIC_ACQUIRE) && c->sync->waiting) {
    client_abandon_calls(c, portero_local(PORTERO_LOCAL_CANCELLED));
  }
}

static portero_status sync_new(struct client_sync **out_sync)
{
  struct client_sync *sync = calloc(1, sizeof *sync);
  portero_status status;

  if (!sync)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  status = net_loop_init(&sync->net);
  if (!portero_is_ok(status)) {
    free(sync);
    return status;
  }
  if (uv_async_init(&sync->net.uv, &sync->wake, sync_on_wake) < 0) {
    net_loop_deinit(&sync->net);
    free(sync);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  portero_writer_init(&sync->stub, &portero_mem_malloc, UINT32_MAX);
  *out_sync = sync;
  return portero_ok();
}

static void *sync_reap(void *arg)
{
  struct client_sync *sync = arg;

  net_loop_deinit(&sync->net);
  free(sync);
  return NULL;
}

/*
 * The look-up of a name may still be under way; the thread that does it cannot be stopped and needs
 * the loop, so what is left is put into the care of another thread.
 */
void client_sync_free(struct portero_client *c)
{
  struct client_sync *sync = c->sync;
  pthread_attr_t detached;
  pthread_t reaper;
  unsigned turns;

  sync->wake.data = NULL;
  uv_close((uv_handle_t *)&sync->wake, NULL);
  portero_writer_deinit(&sync->stub);
  for (turns = 0; turns < 3; turns++)
    (void)uv_run(&sync->net.uv, UV_RUN_NOWAIT);
  if (sync->net.uv.active_reqs.count == 0) {
    (void)sync_reap(sync);
    return;
  }
  (void)pthread_attr_init(&detached);
  (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  if (pthread_create(&reaper, &detached, sync_reap, sync) != 0)
    (void)sync_reap(sync);
  (void)pthread_attr_destroy(&detached);
}

/* Turns the loop until whoever waits has been answered. */
static portero_status sync_wait(struct portero_client *c)
{
  struct client_sync *sync = c->sync;

  while (sync->waiting)
    net_loop_run(&sync->net);
  return sync->status;
}

static void sync_finish(struct client_sync *sync, portero_status status)
{
  sync->status = status;
  sync->waiting = false;
  uv_stop(&sync->net.uv);
}

static void sync_begin(struct portero_client *c)
{
  struct client_sync *sync = c->sync;

  if (c->stage == CLIENT_READY)
    c->error[0] = '\0'; /* else it says why there is no connection */
  uv_update_time(&sync->net.uv);
  __atomic_store_n(&sync->cancelled, false, __ATOMIC_RELEASE);
  sync->waiting = true;
}

/* ---- opening ---- */

static void sync_on_opened(struct portero_client *c, void *user, portero_status status)
{
  (void)c;
  sync_finish(user, status);
}

portero_status portero_client_open(const char *binding, const struct portero_syntax *iface,
                                   const struct portero_client_options *options,
                                   struct portero_client **out_client)
{
  struct client_sync *sync;
  portero_status status;

  *out_client = NULL;
  status = sync_new(&sync);
  if (!portero_is_ok(status))
    return status;
  sync->waiting = true;
  status = portero_client_start(&sync->net.uv, binding, iface, options, sync_on_opened, sync,
                                out_client);
  if (!*out_client) {
    uv_close((uv_handle_t *)&sync->wake, NULL);
    (void)sync_reap(sync);
    return status;
  }
  (*out_client)->sync = sync;
  sync->wake.data = *out_client;
  return portero_is_ok(status) ? sync_wait(*out_client) : status;
}

/* ---- calling ---- */

static void sync_on_answered(struct portero_client *c, void *user, portero_status status,
                             struct portero_ndr_reader *results)
{
  struct client_sync *sync = user;

  portero_writer_reset(&sync->stub);
  if (portero_is_ok(status)) {
    portero_write_bytes(&sync->stub, results->r.base, results->r.size);
    status = portero_writer_finish(&sync->stub);
    portero_ndr_reader_init(&sync->results, portero_writer_bytes(&sync->stub), &c->arena,
                            results->ndr64, results->r.big_endian);
  }
  sync_finish(sync, status);
}

portero_status portero_client_call_bytes(struct portero_client *c, uint16_t opnum,
                                         struct portero_bytes stub, struct portero_bytes *out_stub)
{
  portero_status status;

  if (!c->sync)
    return portero_local(PORTERO_LOCAL_STATE);
  sync_begin(c);
  status = client_send_stub(c, opnum, stub, sync_on_answered, c->sync);
  if (portero_is_ok(status))
    status = sync_wait(c);
  c->sync->waiting = false;
  if (portero_is_ok(status))
    *out_stub = portero_writer_bytes(&c->sync->stub);
  return status;
}

portero_status portero_client_call(struct portero_client *c, uint16_t opnum,
                                   struct portero_ndr_reader **out_results)
{
  portero_status status = portero_ndr_writer_finish(&c->in);
  struct portero_bytes stub;

  if (!portero_is_ok(status)) {
    client_say(c, "opnum %u: the arguments cannot be written%s%s", (unsigned)opnum,
               c->in.what ? ": " : "", c->in.what ? c->in.what : "");
    return status;
  }
  status = portero_client_call_bytes(c, opnum, portero_ndr_writer_stub(&c->in), &stub);
  if (portero_is_ok(status))
    *out_results = &c->sync->results;
  return status;
}

static void sync_on_altered(struct portero_client *c, void *user, portero_status status)
{
  (void)c;
  sync_finish(user, status);
}

portero_status portero_client_switch(struct portero_client *c, const struct portero_syntax *iface)
{
  portero_status status;

  if (!c->sync)
    return portero_local(PORTERO_LOCAL_STATE);
  if (client_select(c, iface))
    return portero_ok();
  sync_begin(c);
  status = client_alter(c, iface, sync_on_altered, c->sync);
  if (portero_is_ok(status))
    status = sync_wait(c);
  c->sync->waiting = false;
  return status;
}

portero_status portero_client_login(struct portero_client *c, const struct portero_login *login)
{
  portero_status status;

  if (!c->sync)
    return portero_local(PORTERO_LOCAL_STATE);
  sync_begin(c);
  status = client_login_add(c, login, sync_on_altered, c->sync);
  if (portero_is_ok(status))
    status = sync_wait(c);
  c->sync->waiting = false;
  return status;
}

void portero_client_cancel(struct portero_client *c)
{
  if (!c->sync) {
    client_abandon_calls(c, portero_local(PORTERO_LOCAL_CANCELLED));
    return;
  }
  __atomic_store_n(&c->sync->cancelled, true, __ATOMIC_RELEASE);
  (void)uv_async_send(&c->sync->wake);
}
