/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/mini_mapper.h"

#include <stdlib.h>
#include <string.h>

#include "idl/epm_rpc.h"

#define OCTETS 256u

static void must(bool fine)
{
  if (!fine)
    abort();
}

static portero_status mini_insert(struct portero_call *call, struct epmapper_ept_insert *args)
{
  struct mini_mapper *m = portero_call_user(call);

  (void)pthread_mutex_lock(&m->lock);
  for (uint32_t i = 0; i < args->num_entries; i++) {
    const struct epm_tower *tower = args->entries[i].tower;
    const char *annotation = args->entries[i].annotation;

    must(tower != NULL);
    must(portero_is_ok(portero_tower_read(portero_bytes_make(tower->octets, tower->tower_length),
                                          &m->inserted)));
    must(strlen(annotation) < sizeof m->annotation);
    memcpy(m->annotation, annotation, strlen(annotation) + 1);
    m->n_inserted += m->result == 0;
  }
  args->status = m->result;
  (void)pthread_cond_broadcast(&m->changed);
  (void)pthread_mutex_unlock(&m->lock);
  return portero_ok();
}

static portero_status mini_map(struct portero_call *call, struct epmapper_ept_map *args)
{
  struct mini_mapper *m = portero_call_user(call);
  struct portero_arena *arena = portero_call_arena(call);
  struct epm_tower *towers = portero_arena_array(arena, MINI_TOWERS, sizeof *towers);
  const struct epm_tower **pointers =
      portero_arena_array(arena, MINI_TOWERS, sizeof(const struct epm_tower *));
  struct portero_writer w;

  must(towers != NULL && pointers != NULL);
  for (unsigned i = 0; i < m->n_towers && i < args->max_towers; i++) {
    void *octets = portero_arena_alloc(arena, OCTETS);
    must(octets != NULL);
    portero_writer_init_fixed(&w, octets, OCTETS);
    portero_tower_write(&w, &m->towers[i]);
    towers[i] = (struct epm_tower){(uint32_t)w.size, octets};
    pointers[i] = &towers[i];
    args->num_towers++;
  }
  args->towers = pointers;
  args->status = m->result;
  return portero_ok();
}

static const struct epmapper_handlers mini_handlers = {.ept_insert = mini_insert,
                                                       .ept_map = mini_map};

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
  m->epm = epmapper_interface;
  m->epm.flags = PORTERO_INTERFACE_UNLISTED;
  must(portero_is_ok(
      portero_stub_offer(m->server, &m->epm, &mini_handlers, m, PORTERO_LEVEL_NONE)));
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
