/* SPDX-License-Identifier: Apache-2.0 */
#include "src/mapper/change.h"

#include <string.h>

#include "src/rpc/epm.h"

static void item_of(const struct change *c, size_t i, struct portero_epm_item *out_item)
{
  memset(out_item, 0, sizeof *out_item);
  out_item->object = c->entries[i].object;
  out_item->octets = epm_octets(c->entries[i].tower);
  out_item->tower = &c->towers[i];
  out_item->annotation = c->entries[i].annotation;
  out_item->local_only = c->local_only;
}

static portero_status insert_each(struct portero_epm_map *map, struct change *c,
                                  uint64_t replace_before)
{
  struct portero_epm_entry *entry;
  struct portero_epm_item item;
  portero_status status;

  for (size_t i = 0; i < c->n; i++) {
    item_of(c, i, &item);
    status = portero_epm_map_insert(map, c->owner, &item, replace_before, c->now, &entry);
    c->failed = i;
    if (!portero_is_ok(status))
      return status;
    if (c->serials)
      c->serials[i] = entry->serial;
  }
  return portero_ok();
}

/* All or nothing: first every entry must find its place, then what they replace goes. */
portero_status change_insert(struct portero_epm_map *map, void *ctx)
{
  struct change *c = ctx;
  uint64_t before = portero_epm_map_serial(map);
  portero_status status = insert_each(map, c, 0);

  if (!portero_is_ok(status))
    (void)portero_epm_map_delete_since(map, c->owner, before);
  else if (c->replace)
    status = insert_each(map, c, before);
  return status;
}

portero_status change_delete(struct portero_epm_map *map, void *ctx)
{
  const struct change *c = ctx;
  portero_status status = portero_ok(), one;
  struct portero_epm_item item;

  for (size_t i = 0; i < c->n; i++) {
    item_of(c, i, &item);
    one = portero_epm_map_delete(map, c->owner, &item);
    if (portero_is_ok(status))
      status = one;
  }
  return status;
}
