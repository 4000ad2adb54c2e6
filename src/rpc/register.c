/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/rpc/client.h"

#define TOWER_SIZE    512u
#define BATCH         64u   /* entries in one call */
#define FIRST_RETRY   20u   /* ms */
#define SLOW_RETRY    200u  /* nobody there */
#define REFUSED_RETRY 2000u /* not taken */
#define TRY_TIME      2000u /* ms that one attempt may take */

enum registration_state {
  REGISTRATION_AWAY, /* waits for the next attempt */
  REGISTRATION_TRYING,
  REGISTRATION_HELD,
  REGISTRATION_STOPPED,
};

struct registration_entry {
  struct portero_uuid object;
  uint8_t octets[TOWER_SIZE];
  size_t size;
};

struct rpc_registration {
  uv_loop_t *loop;
  uv_timer_t timer;
  uv_fs_event_t watch;
  const struct rpc_registration_ops *ops;
  void *user;
  struct portero_client *client;
  enum registration_state state;
  unsigned n_handles;
  bool watching;
  bool lost;     /* that it is not registered has been said */
  uint32_t wait; /* ms before the next attempt */
  size_t n_told; /* entries that the mapper has taken */
  char path[CLIENT_SOCKET_SIZE];
  char annotation[epm_EPT_MAX_ANNOTATION_SIZE];
  char said[CLIENT_ERROR_SIZE];
  struct epmapper_ept_insert request;
  size_t n_entries;
  struct registration_entry entries[];
};

static void registration_try(struct rpc_registration *r);

/* Each thing is said once, however often it is found out. */
static void registration_say(struct rpc_registration *r, bool registered, bool refused,
                             const char *text)
{
  if (strcmp(text, r->said) == 0)
    return;
  (void)snprintf(r->said, sizeof r->said, "%s", text);
  r->ops->changed(r->user, registered, refused, r->said);
}

/* ---- waiting ---- */

static void registration_on_timer(uv_timer_t *timer)
{
  registration_try(timer->data);
}

static void registration_again(struct rpc_registration *r, uint32_t at_most)
{
  struct portero_client *client = r->client;

  r->state = REGISTRATION_AWAY;
  r->client = NULL;
  portero_client_close(client);
  if (r->wait > at_most)
    r->wait = at_most;
  (void)uv_timer_start(&r->timer, registration_on_timer, r->wait, 0);
  r->wait *= 2;
}

static void registration_on_directory(uv_fs_event_t *watch, const char *name, int events,
                                      int result)
{
  struct rpc_registration *r = watch->data;

  (void)name;
  (void)events;
  if (result < 0 || r->state != REGISTRATION_AWAY)
    return;
  r->wait = FIRST_RETRY;
  (void)uv_timer_start(&r->timer, registration_on_timer, 0, 0);
}

/* The directory may not be there yet: it is looked for before each attempt. */
static void registration_watch(struct rpc_registration *r)
{
  char directory[CLIENT_SOCKET_SIZE];
  char *slash;

  if (r->watching)
    return;
  memcpy(directory, r->path, sizeof directory);
  slash = strrchr(directory, '/');
  if (!slash || slash == directory)
    return;
  *slash = '\0';
  r->watching = uv_fs_event_start(&r->watch, registration_on_directory, directory, 0) == 0;
}

/* ---- one attempt ---- */

static void registration_insert(struct rpc_registration *r);

static void registration_held(struct rpc_registration *r)
{
  char text[CLIENT_ERROR_SIZE];

  r->state = REGISTRATION_HELD;
  r->lost = false;
  r->wait = FIRST_RETRY;
  (void)snprintf(text, sizeof text, "registered with the endpoint mapper at %s", r->path);
  registration_say(r, true, false, text);
}

static const char *registration_refusal(uint32_t result)
{
  if (result == PORTERO_FAULT_ACCESS_DENIED)
    return "this user may not register there (root may, and whom register-users in portero.conf "
           "names), or its policy denies it or reserves the interface for others";
  if (result == PORTERO_EPT_CANT_PERFORM_OP)
    return "another service holds this endpoint, or the map is full";
  return "its log may say more";
}

static void registration_refused(struct rpc_registration *r, portero_status status, uint32_t code)
{
  char text[CLIENT_ERROR_SIZE], reason[128];

  (void)snprintf(text, sizeof text, "the endpoint mapper at %s refuses the registration: %s: %s",
                 r->path, portero_status_text(status, reason, sizeof reason),
                 registration_refusal(code));
  registration_say(r, false, true, text);
  registration_again(r, REFUSED_RETRY);
}

static void registration_failed(struct rpc_registration *r, portero_status status)
{
  char text[CLIENT_ERROR_SIZE];

  if (status.klass == PORTERO_CLASS_FAULT) {
    registration_refused(r, status, status.code);
    return;
  }
  (void)snprintf(text, sizeof text, "not registered: %s", portero_client_error(r->client));
  if (!r->lost)
    registration_say(r, false, false, text);
  r->lost = true;
  registration_again(r, SLOW_RETRY);
}

static void registration_on_inserted(struct portero_client *client, void *user,
                                     portero_status status, void *params)
{
  const struct epmapper_ept_insert *answer = params;
  struct rpc_registration *r = user;

  (void)client;
  if (r->state != REGISTRATION_TRYING)
    return;
  if (portero_is_ok(status) && answer->status != 0)
    registration_refused(r, portero_status_make(PORTERO_CLASS_RESULT, answer->status),
                         answer->status);
  else if (!portero_is_ok(status))
    registration_failed(r, status);
  else if (r->n_told < r->n_entries)
    registration_insert(r);
  else
    registration_held(r);
}

static void registration_insert(struct rpc_registration *r)
{
  struct epm_entry entries[BATCH];
  struct epm_tower towers[BATCH];
  portero_status status;
  uint32_t n = 0;

  memset(&r->request, 0, sizeof r->request);
  for (; n < BATCH && r->n_told < r->n_entries; n++, r->n_told++) {
    const struct registration_entry *e = &r->entries[r->n_told];
    towers[n] = epm_tower_of(portero_bytes_make(e->octets, e->size));
    entries[n] = (struct epm_entry){e->object, &towers[n], r->annotation};
  }
  r->request.entries = entries;
  r->request.num_entries = n;
  status = portero_stub_send(r->client, &epmapper_stub, epmapper_ept_insert_opnum, &r->request,
                             registration_on_inserted, r);
  if (!portero_is_ok(status))
    registration_failed(r, status);
}

static void registration_on_lost(struct portero_client *client, void *user, portero_status status)
{
  struct rpc_registration *r = user;
  char text[CLIENT_ERROR_SIZE];

  (void)client;
  (void)status;
  if (r->state != REGISTRATION_HELD && r->state != REGISTRATION_TRYING)
    return;
  (void)snprintf(text, sizeof text,
                 "no longer registered: the endpoint mapper at %s closed the connection", r->path);
  r->lost = true;
  registration_say(r, false, false, text);
  registration_again(r, SLOW_RETRY);
}

static void registration_on_opened(struct portero_client *client, void *user, portero_status status)
{
  struct rpc_registration *r = user;

  if (r->state != REGISTRATION_TRYING)
    return;
  if (!portero_is_ok(status)) {
    registration_failed(r, status);
    return;
  }
  portero_client_on_close(client, registration_on_lost, r);
  r->n_told = 0;
  registration_insert(r);
}

static void registration_try(struct rpc_registration *r)
{
  struct portero_client_options options;
  struct portero_binding binding;
  char text[CLIENT_BINDING_SIZE];
  portero_status status;

  if (r->state != REGISTRATION_AWAY)
    return;
  memset(&options, 0, sizeof options);
  memset(&binding, 0, sizeof binding);
  options.timeout = TRY_TIME;
  binding.protseq = PORTERO_NCALRPC;
  memcpy(binding.endpoint, r->path, sizeof binding.endpoint);
  (void)portero_binding_text(&binding, text, sizeof text);
  registration_watch(r);
  r->state = REGISTRATION_TRYING;
  status = portero_client_start(r->loop, text, &epmapper_stub.id, &options, registration_on_opened,
                                r, &r->client);
  if (!portero_is_ok(status))
    registration_failed(r, status);
}

/* ---- life ---- */

static portero_status registration_fill(struct rpc_registration *r,
                                        const struct rpc_registration_item *items, size_t n_items)
{
  struct portero_writer w;
  size_t i;

  for (i = 0; i < n_items; i++) {
    struct registration_entry *e = &r->entries[i];
    portero_writer_init_fixed(&w, e->octets, sizeof e->octets);
    portero_tower_write(&w, &items[i].tower);
    if (!portero_is_ok(portero_writer_finish(&w)))
      return portero_local(PORTERO_LOCAL_USAGE);
    e->size = w.size;
    e->object = items[i].object;
  }
  r->n_entries = n_items;
  return portero_ok();
}

static portero_status registration_new(const char *mapper,
                                       const struct rpc_registration_item *items, size_t n_items,
                                       const char *annotation, struct rpc_registration **out_r)
{
  struct rpc_registration *r;
  portero_status status;

  if (!annotation)
    annotation = "";
  if (n_items == 0 || strlen(annotation) >= sizeof r->annotation)
    return portero_local(PORTERO_LOCAL_USAGE);
  r = calloc(1, sizeof *r + n_items * sizeof r->entries[0]);
  if (!r)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memcpy(r->annotation, annotation, strlen(annotation));
  status = client_mapper_path(mapper, r->path, sizeof r->path);
  if (portero_is_ok(status))
    status = registration_fill(r, items, n_items);
  if (!portero_is_ok(status)) {
    free(r);
    return status;
  }
  *out_r = r;
  return status;
}

portero_status rpc_registration_start(uv_loop_t *loop, const char *mapper,
                                      const struct rpc_registration_item *items, size_t n_items,
                                      const char *annotation,
                                      const struct rpc_registration_ops *ops, void *user,
                                      struct rpc_registration **out_registration)
{
  struct rpc_registration *r;
  portero_status status = registration_new(mapper, items, n_items, annotation, &r);

  if (!portero_is_ok(status))
    return status;
  r->loop = loop;
  r->ops = ops;
  r->user = user;
  r->wait = FIRST_RETRY;
  r->n_handles = 2;
  (void)uv_timer_init(loop, &r->timer);
  (void)uv_fs_event_init(loop, &r->watch);
  r->timer.data = r;
  r->watch.data = r;
  (void)uv_timer_start(&r->timer, registration_on_timer, 0, 0);
  *out_registration = r;
  return portero_ok();
}

static void registration_on_closed(uv_handle_t *handle)
{
  struct rpc_registration *r = handle->data;

  if (--r->n_handles > 0)
    return;
  r->ops->stopped(r->user);
  free(r);
}

void rpc_registration_stop(struct rpc_registration *r)
{
  if (r->state == REGISTRATION_STOPPED)
    return;
  r->state = REGISTRATION_STOPPED;
  portero_client_close(r->client);
  r->client = NULL;
  uv_close((uv_handle_t *)&r->timer, registration_on_closed);
  uv_close((uv_handle_t *)&r->watch, registration_on_closed);
}
