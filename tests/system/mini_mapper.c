/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/mini_mapper.h"

#include <stdlib.h>
#include <string.h>

#include "src/rpc/epm_stub.h"

#define OCTETS 256u

static void must(bool fine)
{
  if (!fine)
    abort();
}

static portero_status mini_insert(struct portero_call *call)
{
  struct mini_mapper *m = portero_call_user(call);
  struct portero_ept_insert_request request;
  portero_status status = portero_ept_insert_request_read(portero_call_in(call), &request);

  if (!portero_is_ok(status))
    return status;
  (void)pthread_mutex_lock(&m->lock);
  for (uint32_t i = 0; i < request.n_entries; i++) {
    status = portero_tower_read(request.entries[i].tower, &m->inserted);
    must(portero_is_ok(status));
    must(strlen(request.entries[i].annotation) < sizeof m->annotation);
    memcpy(m->annotation, request.entries[i].annotation, strlen(request.entries[i].annotation) + 1);
    m->n_inserted += m->result == 0;
  }
  portero_ept_status_write(portero_call_out(call), m->result);
  (void)pthread_cond_broadcast(&m->changed);
  (void)pthread_mutex_unlock(&m->lock);
  return portero_ok();
}

static portero_status mini_map(struct portero_call *call)
{
  struct mini_mapper *m = portero_call_user(call);
  static const struct portero_bytes none = {NULL, 0};
  struct portero_ept_map_response response = {.towers = &none, .status = m->result};
  struct portero_ept_map_request request;
  struct portero_bytes *towers;
  struct portero_writer w;
  portero_status status = portero_ept_map_request_read(portero_call_in(call), &request);

  if (!portero_is_ok(status))
    return status;
  towers = portero_arena_array(portero_call_arena(call), MINI_TOWERS, sizeof *towers);
  for (unsigned i = 0; i < m->n_towers && i < request.max_towers; i++) {
    void *octets = portero_arena_alloc(portero_call_arena(call), OCTETS);
    must(octets != NULL && towers != NULL);
    portero_writer_init_fixed(&w, octets, OCTETS);
    portero_tower_write(&w, &m->towers[i]);
    towers[i] = portero_writer_bytes(&w);
    response.n_towers++;
  }
  response.towers = towers;
  response.max_towers = request.max_towers;
  portero_ept_map_response_write(portero_call_out(call), &response);
  return portero_ok();
}

static const struct portero_operation mini_operations[] = {
    [PORTERO_EPT_INSERT] = {"ept_insert", mini_insert, 0},
    [PORTERO_EPT_DELETE] = {NULL, NULL, 0},
    [PORTERO_EPT_LOOKUP] = {NULL, NULL, 0},
    [PORTERO_EPT_MAP] = {"ept_map", mini_map, 0},
};

static const struct portero_interface mini_interface = {
    .id = {{0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 0},
    .name = "epmapper",
    .operations = mini_operations,
    .n_operations = sizeof mini_operations / sizeof mini_operations[0],
    .min_level = PORTERO_LEVEL_NONE,
    .flags = PORTERO_INTERFACE_UNLISTED,
};

void mini_init(struct mini_mapper *m)
{
  memset(m, 0, sizeof *m);
  (void)pthread_mutex_init(&m->lock, NULL);
  (void)pthread_cond_init(&m->changed, NULL);
}

void mini_deinit(struct mini_mapper *m)
{
  (void)pthread_mutex_destroy(&m->lock);
  (void)pthread_cond_destroy(&m->changed);
}

void mini_start(struct mini_mapper *m, const char *binding)
{
  must(portero_is_ok(portero_server_new(NULL, &m->server)));
  must(portero_is_ok(portero_server_add(m->server, &mini_interface, m)));
  must(portero_is_ok(portero_server_listen(m->server, binding)));
  must(portero_is_ok(portero_server_start(m->server)));
}

void mini_stop(struct mini_mapper *m)
{
  portero_server_stop(m->server);
  must(portero_is_ok(portero_server_wait(m->server)));
  portero_server_free(m->server);
  m->server = NULL;
}

void mini_add(struct mini_mapper *m, const struct portero_syntax *iface, uint16_t port)
{
  struct portero_tower *tower = &m->towers[m->n_towers++];

  must(m->n_towers <= MINI_TOWERS);
  memset(tower, 0, sizeof *tower);
  tower->interface = *iface;
  tower->transfer = portero_syntax_ndr;
  tower->protseq = PORTERO_NCACN_IP_TCP;
  tower->port = port;
}

void mini_wait_inserted(struct mini_mapper *m, unsigned n)
{
  (void)pthread_mutex_lock(&m->lock);
  while (m->n_inserted < n)
    (void)pthread_cond_wait(&m->changed, &m->lock);
  (void)pthread_mutex_unlock(&m->lock);
}
