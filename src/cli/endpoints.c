/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/output.h"
#include "src/rpc/epm_stub.h"

#define LOOKUP_BATCH 100u
#define MAP_BATCH    32u
#define MAX_ENTRIES  1000000u /* a mapper that never ends is not believed */
#define TOWER_SIZE   512u

enum {
  BY_NOTHING = 0,
  BY_INTERFACE = 1,
  BY_OBJECT = 2,
  BY_BOTH = 3
};
enum {
  VERSION_ALL = 1,
  VERSION_COMPATIBLE = 2
};

static struct endpoint *endpoints_more(struct endpoints *e)
{
  if (e->count == e->capacity) {
    size_t capacity = e->capacity ? 2 * e->capacity : 64;
    struct endpoint *items = realloc(e->items, capacity * sizeof *items);
    if (!items)
      return NULL;
    e->items = items;
    e->capacity = capacity;
  }
  memset(&e->items[e->count], 0, sizeof e->items[0]);
  return &e->items[e->count];
}

void endpoints_free(struct endpoints *e)
{
  free(e->items);
  memset(e, 0, sizeof *e);
}

/* false: no memory. */
static bool endpoints_add(struct endpoints *e, const char *host, struct portero_bytes octets,
                          const struct portero_uuid *object, const char *annotation)
{
  struct endpoint *item = endpoints_more(e);
  struct portero_binding binding;
  struct portero_tower tower;

  if (!item)
    return false;
  if (!octets.data || !portero_is_ok(portero_tower_read(octets, &tower))) {
    e->unreadable++;
    return true;
  }
  item->interface = tower.interface;
  item->transfer = tower.transfer;
  item->protseq = tower.protseq;
  item->object = *object;
  (void)snprintf(item->annotation, sizeof item->annotation, "%s", annotation);
  if (portero_binding_from_tower(&tower, host, &binding)) {
    memcpy(item->endpoint, binding.endpoint, sizeof item->endpoint);
    (void)portero_binding_text(&binding, item->binding, sizeof item->binding);
  }
  e->count++;
  return true;
}

static bool handle_is_null(const struct portero_handle *h)
{
  return h->attributes == 0 && portero_uuid_is_nil(&h->uuid);
}

static portero_status result_of(uint32_t result)
{
  if (result == 0 || result == PORTERO_EPT_NOT_REGISTERED)
    return portero_ok();
  return portero_status_make(PORTERO_CLASS_RESULT, result);
}

static void handle_free(struct portero_client *c, const struct portero_handle *h)
{
  struct portero_ndr_reader *results;

  if (handle_is_null(h))
    return;
  portero_ept_lookup_handle_free_request_write(portero_client_in(c), h);
  /* The mapper forgets it with the connection in any case. */
  if (!portero_is_ok(portero_client_call(c, PORTERO_EPT_LOOKUP_HANDLE_FREE, &results)))
    return;
}

/* ---- ept_lookup ---- */

static portero_status lookup_batch(struct portero_client *c,
                                   const struct portero_ept_lookup_request *m,
                                   struct portero_ept_lookup_response *out_m)
{
  struct portero_ndr_reader *results;
  portero_status status;

  portero_ept_lookup_request_write(portero_client_in(c), m);
  status = portero_client_call(c, PORTERO_EPT_LOOKUP, &results);
  return portero_is_ok(status) ? portero_ept_lookup_response_read(results, out_m) : status;
}

portero_status endpoints_lookup(struct portero_client *c, const char *host,
                                const struct endpoints_query *query,
                                struct endpoints *out_endpoints)
{
  struct portero_ept_lookup_request m;
  struct portero_ept_lookup_response batch;
  portero_status status;

  memset(&m, 0, sizeof m);
  m.inquiry = (query->has_interface ? BY_INTERFACE : BY_NOTHING) |
              (query->has_object ? (uint32_t)BY_OBJECT : 0);
  m.version_option = query->any_version ? VERSION_ALL : VERSION_COMPATIBLE;
  m.has_interface = query->has_interface;
  m.interface = query->interface;
  m.has_object = query->has_object;
  m.object = query->object;
  m.max_entries = LOOKUP_BATCH;
  do {
    status = lookup_batch(c, &m, &batch);
    for (uint32_t i = 0; portero_is_ok(status) && i < batch.n_entries; i++)
      if (!endpoints_add(out_endpoints, host, batch.entries[i].tower, &batch.entries[i].object,
                         batch.entries[i].annotation))
        status = portero_local(PORTERO_LOCAL_NO_MEMORY);
    if (!portero_is_ok(status))
      return status;
    output_progress("%zu endpoints ...", out_endpoints->count);
    m.handle = batch.handle;
  } while (batch.n_entries > 0 && batch.status == 0 && !handle_is_null(&m.handle) &&
           out_endpoints->count < MAX_ENTRIES);
  output_progress_end();
  handle_free(c, &m.handle);
  return result_of(batch.status);
}

/* ---- ept_map ---- */

static portero_status map_batch(struct portero_client *c, const struct portero_ept_map_request *m,
                                struct portero_ept_map_response *out_m)
{
  struct portero_ndr_reader *results;
  portero_status status;

  portero_ept_map_request_write(portero_client_in(c), m);
  status = portero_client_call(c, PORTERO_EPT_MAP, &results);
  return portero_is_ok(status) ? portero_ept_map_response_read(results, out_m) : status;
}

portero_status endpoints_map(struct portero_client *c, const char *host,
                             const struct endpoints_query *query, enum portero_protseq protseq,
                             struct endpoints *endpoints)
{
  struct portero_ept_map_request m;
  struct portero_ept_map_response batch;
  struct portero_tower tower;
  struct portero_writer w;
  uint8_t octets[TOWER_SIZE];
  portero_status status;

  memset(&m, 0, sizeof m);
  memset(&tower, 0, sizeof tower);
  tower.interface = query->interface;
  tower.transfer = portero_syntax_ndr;
  tower.protseq = protseq;
  portero_writer_init_fixed(&w, octets, sizeof octets);
  portero_tower_write(&w, &tower);
  m.tower = portero_writer_bytes(&w);
  m.has_object = query->has_object;
  m.object = query->object;
  m.max_towers = MAP_BATCH;
  do {
    status = map_batch(c, &m, &batch);
    for (uint32_t i = 0; portero_is_ok(status) && i < batch.n_towers; i++)
      if (!endpoints_add(endpoints, host, batch.towers[i], &query->object, ""))
        status = portero_local(PORTERO_LOCAL_NO_MEMORY);
    if (!portero_is_ok(status))
      return status;
    m.handle = batch.handle;
  } while (batch.n_towers == MAP_BATCH && batch.status == 0 && !handle_is_null(&m.handle) &&
           endpoints->count < MAX_ENTRIES);
  handle_free(c, &m.handle);
  return result_of(batch.status);
}
