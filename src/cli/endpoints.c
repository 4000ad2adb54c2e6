/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/epm_rpc.h"
#include "src/cli/output.h"
#include "src/rpc/epm.h"

#define LOOKUP_BATCH 100u
#define MAP_BATCH    32u
#define MAX_ENTRIES  1000000u /* a mapper that never ends is not believed */
#define TOWER_SIZE   512u

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
  struct epmapper_ept_lookup_handle_free args = {.entry_handle = *h};

  if (handle_is_null(h))
    return;
  /* The mapper forgets it with the connection in any case. */
  if (!portero_is_ok(epmapper_ept_lookup_handle_free(c, &args)))
    return;
}

portero_status endpoints_lookup(struct portero_client *c, const char *host,
                                const struct endpoints_query *query,
                                struct endpoints *out_endpoints)
{
  const struct ms_types_interface_id interface = epm_interface_id(&query->interface);
  struct epmapper_ept_lookup args = {
      .inquiry_type = (query->has_interface ? epm_RPC_C_EP_MATCH_BY_IF : epm_RPC_C_EP_ALL_ELTS) |
                      (query->has_object ? epm_RPC_C_EP_MATCH_BY_OBJ : epm_RPC_C_EP_ALL_ELTS),
      .object = query->has_object ? &query->object : NULL,
      .interface_id = query->has_interface ? &interface : NULL,
      .version_option = query->any_version ? epm_RPC_C_VERS_ALL : epm_RPC_C_VERS_COMPATIBLE,
      .max_entries = LOOKUP_BATCH,
  };
  portero_status status;

  do {
    status = epmapper_ept_lookup(c, &args);
    for (uint32_t i = 0; portero_is_ok(status) && i < args.num_entries; i++)
      if (!endpoints_add(out_endpoints, host, epm_octets(args.entries[i].tower),
                         &args.entries[i].object, args.entries[i].annotation))
        status = portero_local(PORTERO_LOCAL_NO_MEMORY);
    if (!portero_is_ok(status))
      return status;
    output_progress("%zu endpoints ...", out_endpoints->count);
  } while (args.num_entries > 0 && args.status == 0 && !handle_is_null(&args.entry_handle) &&
           out_endpoints->count < MAX_ENTRIES);
  output_progress_end();
  handle_free(c, &args.entry_handle);
  return result_of(args.status);
}

portero_status endpoints_map(struct portero_client *c, const char *host,
                             const struct endpoints_query *query, enum portero_protseq protseq,
                             struct endpoints *endpoints)
{
  const struct portero_tower wanted = {
      .interface = query->interface, .transfer = portero_syntax_ndr, .protseq = protseq};
  struct epmapper_ept_map args = {.object = query->has_object ? &query->object : NULL,
                                  .max_towers = MAP_BATCH};
  struct epm_tower map_tower;
  struct portero_writer w;
  uint8_t octets[TOWER_SIZE];
  portero_status status;

  portero_writer_init_fixed(&w, octets, sizeof octets);
  portero_tower_write(&w, &wanted);
  map_tower = epm_tower_of(portero_writer_bytes(&w));
  args.map_tower = &map_tower;
  do {
    status = epmapper_ept_map(c, &args);
    for (uint32_t i = 0; portero_is_ok(status) && i < args.num_towers; i++)
      if (!endpoints_add(endpoints, host, epm_octets(args.towers[i]), &query->object, ""))
        status = portero_local(PORTERO_LOCAL_NO_MEMORY);
    if (!portero_is_ok(status))
      return status;
  } while (args.num_towers == MAP_BATCH && args.status == 0 &&
           !handle_is_null(&args.entry_handle) && endpoints->count < MAX_ENTRIES);
  handle_free(c, &args.entry_handle);
  return result_of(args.status);
}
