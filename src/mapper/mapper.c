/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/mapper/service.h"

#define LOOKUP_BUDGET                                                                              \
  ((size_t)4 << 20) /* bytes one call may take: 500 entries with their towers are far below */

static const struct epmapper_handlers epm_handlers = {
    .ept_insert = mapper_on_insert,
    .ept_delete = mapper_on_delete,
    .ept_lookup = mapper_on_lookup,
    .ept_map = mapper_on_map,
    .ept_lookup_handle_free = mapper_on_handle_free,
    .ept_inq_object = mapper_on_inq_object,
    .ept_mgmt_delete = mapper_on_mgmt_delete,
};
static const struct mapper_status_handlers status_handlers = {
    .List = mapper_on_status,
    .Doorman = mapper_on_doorman,
    .Reload = mapper_on_reload,
    .Limits = mapper_on_limits,
    .Logins = mapper_on_logins,
};

/* An operation that changes the map. */
static portero_status change_guarded(struct portero_call *call)
{
  portero_status status = mapper_may_change(portero_call_user(call), call);

  return portero_is_ok(status) ? epmapper_interface.operations[portero_call_opnum(call)].run(call)
                               : status;
}

static portero_status offer_epm(struct mapper *m)
{
  static const unsigned changes[] = {epmapper_ept_insert_opnum, epmapper_ept_delete_opnum,
                                     epmapper_ept_mgmt_delete_opnum};

  assert(epmapper_interface.n_operations == MAPPER_OPERATIONS);
  memcpy(m->epm_operations, epmapper_interface.operations, sizeof m->epm_operations);
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
    m->epm_operations[changes[i]].run = change_guarded;
  m->epm = epmapper_interface;
  m->epm.operations = m->epm_operations;
  m->epm.flags |= PORTERO_INTERFACE_UNLISTED;
  m->epm.arena_budget = LOOKUP_BUDGET;
  /* Clients ask before they know how to authenticate. */
  return portero_stub_offer(m->server, &m->epm, &epm_handlers, m, PORTERO_LEVEL_NONE);
}

static portero_status offer_status(struct mapper *m)
{
  assert(mapper_status_interface.n_operations == MAPPER_STATUS_OPERATIONS);
  memcpy(m->status_operations, mapper_status_interface.operations, sizeof m->status_operations);
  m->status_operations[mapper_status_Reload_opnum].flags |= PORTERO_OPERATION_BLOCKS;
  m->status = mapper_status_interface;
  m->status.operations = m->status_operations;
  m->status.name = "portero-status";
  m->status.flags =
      PORTERO_INTERFACE_LOCAL | PORTERO_INTERFACE_UNLISTED | PORTERO_INTERFACE_UNASKED;
  m->status.arena_budget = LOOKUP_BUDGET;
  /* The kernel says who is at the local socket. */
  return portero_stub_offer(m->server, &m->status, &status_handlers, m, PORTERO_LEVEL_NONE);
}

uint64_t mapper_now(const struct mapper *m)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (uint64_t)(now.tv_sec - m->started.tv_sec);
}

static portero_status announce_all(struct mapper *m)
{
  portero_status status = portero_ok();

  for (size_t i = 0; i < m->options.n_entries && portero_is_ok(status); i++)
    status = mapper_announce(m, &m->options.entries[i]);
  return status;
}

static portero_status accept_callers(struct mapper *m)
{
  portero_status status = portero_ok();

  if (!m->options.acceptors)
    return portero_server_accept(m->server, &portero_ntlm_anonymous);
  for (size_t i = 0; i < m->options.n_acceptors && portero_is_ok(status); i++)
    status = portero_server_accept(m->server, m->options.acceptors[i]);
  return status;
}

static portero_status mapper_start(struct mapper *m)
{
  const struct mapper_options *o = &m->options;
  struct portero_epm_options map_options = {
      .max_entries = o->max_entries, .max_per_owner = o->max_per_owner, .seed = o->seed};
  /* A new policy sweeps the map from another thread. */
  portero_status status =
      store_init(&m->store, &map_options, o->server.threads > 1 || o->policy_read);

  if (portero_is_ok(status))
    status = portero_server_new(&o->server, &m->server);
  if (portero_is_ok(status))
    status = offer_epm(m);
  if (portero_is_ok(status))
    status = offer_status(m);
  if (portero_is_ok(status))
    status = accept_callers(m);
  return status;
}

portero_status mapper_open(struct mapper *m, char *message, size_t size)
{
  static const struct door_asker asker = {"start", NULL};
  portero_status status = door_load(m, &asker, message, size);

  if (!portero_is_ok(status))
    return status;
  status = announce_all(m);
  if (!portero_is_ok(status))
    (void)portero_status_text(status, message, size);
  return status;
}

portero_status mapper_new(const struct mapper_options *options, struct mapper **out_mapper)
{
  struct mapper *m = calloc(1, sizeof *m);
  portero_status status;

  if (!m)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  m->options = *options;
  (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &m->started);
  (void)pthread_mutex_init(&m->owners_lock, NULL);
  door_init(m);
  m->object = options->object;
  status = mapper_start(m);
  if (!portero_is_ok(status)) {
    mapper_free(m);
    return status;
  }
  *out_mapper = m;
  return status;
}

/* The server first: its groups run down their owners, who still need the map. */
void mapper_free(struct mapper *m)
{
  if (!m)
    return;
  portero_server_free(m->server);
  store_deinit(&m->store);
  (void)pthread_mutex_destroy(&m->owners_lock);
  door_deinit(m);
  free(m);
}

struct portero_server *mapper_server(struct mapper *m)
{
  return m->server;
}
