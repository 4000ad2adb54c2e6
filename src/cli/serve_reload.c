/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/serve_reload.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/cli/systemd.h"
#include "src/config/policy_file.h"
#include "src/rpc/rpc.h"

portero_status serve_policy_read(void *user, struct mapper_policy *out_policy, char *message,
                                 size_t size)
{
  const char *path = user;
  struct policy_file f;
  portero_status status;

  policy_file_init(&f, &portero_mem_malloc);
  status = policy_file_read_regular(&f, path, message, size);
  if (portero_is_ok(status)) {
    status = portero_policy_new(&portero_mem_malloc, &f.options, &out_policy->policy);
    if (!portero_is_ok(status))
      (void)portero_status_text(status, message, size);
  }
  if (portero_is_ok(status)) {
    out_policy->n_calls = f.options.n_calls;
    out_policy->n_registrations = f.options.n_registrations;
    out_policy->n_reservations = f.options.n_reservations;
  }
  policy_file_deinit(&f);
  return status;
}

/* ---- SIGHUP ---- */

/* The signal is taken on loop 0, the reading is done on the pool: a large policy takes its time. */
struct hangup {
  struct rpc_companion companion; /* first */
  struct mapper *mapper;
  uv_signal_t watcher;
  uv_work_t work;
  bool open, working, again, ending;
  portero_status result;
  char message[MAPPER_MESSAGE_SIZE];
};

static void begin(struct hangup *h);

static void tell_systemd(void)
{
  struct timespec now;
  char text[64];

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  (void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
  systemd_notify(text);
}

static void end_when_done(struct hangup *h)
{
  if (h->ending && !h->open && !h->working)
    rpc_companion_stopped(&h->companion);
}

static void work_run(uv_work_t *work)
{
  struct hangup *h = work->data;

  h->result = mapper_reload(h->mapper, h->message, sizeof h->message);
}

static void work_done(uv_work_t *work, int cancelled)
{
  struct hangup *h = work->data;

  (void)cancelled;
  h->working = false;
  (void)fprintf(stderr, "portero: SIGHUP: %s%s\n", h->message,
                portero_is_ok(h->result) ? "" : "; the old policy stays");
  systemd_notify("READY=1");
  if (h->again && !h->ending)
    begin(h);
  end_when_done(h);
}

/* A signal that comes while the files are read may tell of a change that was missed. */
static void begin(struct hangup *h)
{
  h->again = h->working;
  if (h->working)
    return;
  h->work.data = h;
  h->working = uv_queue_work(h->watcher.loop, &h->work, work_run, work_done) == 0;
  if (h->working)
    tell_systemd();
}

static void on_hangup(uv_signal_t *watcher, int number)
{
  (void)number;
  begin(watcher->data);
}

static void hangup_start(struct rpc_companion *c, struct uv_loop_s *loop)
{
  struct hangup *h = (struct hangup *)(void *)c;

  if (uv_signal_init(loop, &h->watcher) < 0)
    return;
  h->watcher.data = h;
  h->open = true;
  (void)uv_signal_start(&h->watcher, on_hangup, SIGHUP);
}

static void on_closed(uv_handle_t *handle)
{
  struct hangup *h = handle->data;

  h->open = false;
  end_when_done(h);
}

static void hangup_stop(struct rpc_companion *c)
{
  struct hangup *h = (struct hangup *)(void *)c;

  h->ending = true;
  if (h->open)
    uv_close((uv_handle_t *)&h->watcher, on_closed);
  else
    end_when_done(h);
}

static void hangup_free(struct rpc_companion *c)
{
  free(c);
}

portero_status serve_reload_on_hangup(struct mapper *m)
{
  struct hangup *h = calloc(1, sizeof *h);

  if (!h)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  h->mapper = m;
  h->companion.start = hangup_start;
  h->companion.stop = hangup_stop;
  h->companion.free = hangup_free;
  rpc_companion_add(mapper_server(m), &h->companion);
  return portero_ok();
}
