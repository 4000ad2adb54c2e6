/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <portero/auth.h>

#include "src/mapper/service.h"
#include "src/mapper/status_stub.h"
#include "src/rpc/epm_stub.h"

#define LOOKUP_BUDGET                                                                              \
  ((size_t)4 << 20) /* bytes one call may take: 500 entries with their towers are far below */

static const struct portero_operation epm_operations[PORTERO_EPT_OPNUMS] = {
    [PORTERO_EPT_INSERT] = {"ept_insert", mapper_on_insert, 0},
    [PORTERO_EPT_DELETE] = {"ept_delete", mapper_on_delete, 0},
    [PORTERO_EPT_LOOKUP] = {"ept_lookup", mapper_on_lookup, 0},
    [PORTERO_EPT_MAP] = {"ept_map", mapper_on_map, 0},
    [PORTERO_EPT_LOOKUP_HANDLE_FREE] = {"ept_lookup_handle_free", mapper_on_handle_free, 0},
    [PORTERO_EPT_INQ_OBJECT] = {"ept_inq_object", mapper_on_inq_object, 0},
    [PORTERO_EPT_MGMT_DELETE] = {"ept_mgmt_delete", mapper_on_mgmt_delete, 0},
};

const struct portero_interface mapper_epm_interface = {
    .id = {{0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 0},
    .name = "epmapper",
    .operations = epm_operations,
    .n_operations = PORTERO_EPT_OPNUMS,
    .min_level = PORTERO_LEVEL_NONE, /* clients ask before they know how to authenticate */
    .flags = PORTERO_INTERFACE_NDR64 | PORTERO_INTERFACE_UNLISTED,
    .arena_budget = LOOKUP_BUDGET,
};

static const struct portero_operation status_operations[] = {{"List", mapper_on_status, 0}};

const struct portero_interface mapper_status_interface = {
    .id = {{0x0c7d2f4e, 0x95b1, 0x4f0a, {0x8a, 0x3e, 0x6b, 0x9d, 0x1e, 0x2c, 0x3a, 0x45}}, 1, 0},
    .name = "portero-status",
    .operations = status_operations,
    .n_operations = 1,
    .min_level = PORTERO_LEVEL_NONE, /* the kernel says who is at the local socket */
    .flags = PORTERO_INTERFACE_LOCAL | PORTERO_INTERFACE_UNLISTED,
    .arena_budget = LOOKUP_BUDGET,
};

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

static portero_status mapper_start(struct mapper *m)
{
  const struct mapper_options *o = &m->options;
  struct portero_epm_options map_options = {
      .max_entries = o->max_entries, .max_per_owner = o->max_per_owner, .seed = o->seed};
  portero_status status = store_init(&m->store, &map_options, o->server.threads > 1);

  if (portero_is_ok(status))
    status = portero_server_new(&o->server, &m->server);
  if (portero_is_ok(status))
    status = portero_server_add(m->server, &mapper_epm_interface, m);
  if (portero_is_ok(status))
    status = portero_server_add(m->server, &mapper_status_interface, m);
  if (portero_is_ok(status))
    status = portero_server_accept(m->server, &portero_ntlm_anonymous);
  return portero_is_ok(status) ? announce_all(m) : status;
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
  free(m);
}

struct portero_server *mapper_server(struct mapper *m)
{
  return m->server;
}
