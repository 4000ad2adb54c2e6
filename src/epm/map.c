/* SPDX-License-Identifier: Apache-2.0 */
#include "src/epm/map.h"

#include "src/epm/index.h"

#define DEFAULT_MAX_ENTRIES   200000u
#define DEFAULT_MAX_PER_OWNER 1024u

/* An item that has passed the checks, with what is computed from it once. */
struct request {
  const struct portero_epm_item *item;
  uint64_t owner;
  uint64_t replace_before;
  uint64_t hash;
};

portero_status portero_epm_map_new(const struct portero_mem *mem,
                                   const struct portero_epm_options *options,
                                   struct portero_epm_map **out_map)
{
  struct portero_epm_map *map = portero_mem_take(mem, sizeof *map);

  if (!map)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(map, 0, sizeof *map);
  map->mem = mem;
  if (options)
    map->options = *options;
  if (!map->options.max_entries)
    map->options.max_entries = DEFAULT_MAX_ENTRIES;
  if (!map->options.max_per_owner)
    map->options.max_per_owner = DEFAULT_MAX_PER_OWNER;
  map->all.kind = EPM_KIND_ALL;
  map->next_serial = 1;
  *out_map = map;
  return portero_ok();
}

void portero_epm_map_free(struct portero_epm_map *map)
{
  struct epm_node *node;

  if (!map)
    return;
  while ((node = epm_list_last(&map->all)))
    portero_epm_map_remove(map, &node->entry);
  epm_list_deinit(&map->all, map->mem);
  portero_mem_give(map->mem, map->groups, map->group_buckets * sizeof(struct epm_group *));
  portero_mem_give(map->mem, map->keys, map->key_buckets * sizeof(struct epm_node *));
  portero_mem_give(map->mem, map, sizeof *map);
}

uint64_t portero_epm_map_serial(const struct portero_epm_map *map)
{
  return map->next_serial;
}

uint32_t portero_epm_map_count(const struct portero_epm_map *map)
{
  return map->all.live;
}

uint32_t portero_epm_map_owner_count(const struct portero_epm_map *map, uint64_t owner)
{
  struct portero_uuid key = epm_owner_key(owner);
  const struct epm_group *group = epm_group_find(map, EPM_KIND_OWNER, &key);

  return group ? group->list.live : 0;
}

/* ---- what there is already ---- */

static bool address_equal(const struct portero_epm_entry *e, const struct portero_tower *t)
{
  return memcmp(e->ipv4, t->ipv4, sizeof e->ipv4) == 0;
}

static bool address_is_any(const uint8_t ipv4[4])
{
  static const uint8_t any[4] = {0};

  return memcmp(ipv4, any, sizeof any) == 0;
}

/* Do both listen on one address? */
static bool addresses_overlap(const struct portero_epm_entry *e, const struct portero_tower *t)
{
  return address_equal(e, t) || address_is_any(e->ipv4) || address_is_any(t->ipv4);
}

static bool is_same_entry(const struct epm_node *node, const struct portero_epm_item *item)
{
  return address_equal(&node->entry, item->tower) &&
         portero_syntax_equal(&node->entry.transfer, &item->tower->transfer) &&
         epm_key_equal(node, &item->object, item->tower);
}

/* Does the interface, object and endpoint of the request belong to another owner? */
static bool is_taken(const struct portero_epm_map *map, const struct request *q)
{
  for (const struct epm_node *node = epm_key_chain(map, q->hash); node; node = node->next)
    if (node->hash == q->hash && node->entry.owner != q->owner &&
        addresses_overlap(&node->entry, q->item->tower) &&
        epm_key_equal(node, &q->item->object, q->item->tower))
      return true;
  return false;
}

static struct epm_node *find_own(const struct portero_epm_map *map, const struct request *q)
{
  struct epm_node *node = epm_key_chain(map, q->hash);

  while (node &&
         (node->hash != q->hash || node->entry.owner != q->owner || !is_same_entry(node, q->item)))
    node = node->next;
  return node;
}

/* ---- replacement ---- */

static bool is_replaced(const struct epm_node *node, const struct request *q)
{
  const struct portero_epm_entry *e = &node->entry;
  const struct portero_tower *t = q->item->tower;

  return portero_syntax_equal(&e->interface, &t->interface) &&
         portero_uuid_equal(&e->object, &q->item->object) && e->protseq == t->protseq &&
         !(address_equal(e, t) && epm_key_equal(node, &q->item->object, t));
}

/* Counts what the request replaces, and removes it when asked to. */
static uint32_t replace(struct portero_epm_map *map, const struct request *q, bool remove)
{
  struct portero_uuid key = epm_owner_key(q->owner);
  const struct epm_group *owner = epm_group_find(map, EPM_KIND_OWNER, &key);
  uint64_t after = 0;
  uint32_t found = 0;

  while (owner && q->replace_before) {
    uint32_t slot = epm_list_seek(&owner->list, after);
    struct epm_node *node = NULL;

    while (!node && slot < owner->list.used)
      node = epm_list_at(&owner->list, slot++);
    if (!node || node->entry.serial >= q->replace_before)
      break;
    after = node->entry.serial;
    if (!is_replaced(node, q))
      continue;
    found++;
    /* The new entry is there already: the owner's group stays. */
    if (remove)
      portero_epm_map_remove(map, &node->entry);
  }
  return found;
}

/* ---- insertion ---- */

static bool item_is_usable(const struct portero_epm_item *item)
{
  return item->tower && item->tower->protseq != PORTERO_PROTSEQ_UNKNOWN && item->octets.size > 0 &&
         item->octets.size <= PORTERO_EPM_TOWER_LIMIT &&
         strnlen(item->tower->endpoint, PORTERO_ENDPOINT_SIZE) < PORTERO_ENDPOINT_SIZE &&
         (!item->annotation || strlen(item->annotation) < PORTERO_EPM_ANNOTATION_SIZE);
}

static bool has_room(struct portero_epm_map *map, const struct request *q)
{
  uint32_t going = replace(map, q, false);

  return map->all.live - going < map->options.max_entries &&
         portero_epm_map_owner_count(map, q->owner) - going < map->options.max_per_owner;
}

static void entry_describe(struct portero_epm_entry *e, const struct portero_epm_item *item)
{
  const char *annotation = item->annotation ? item->annotation : "";

  memset(e->annotation, 0, sizeof e->annotation);
  memcpy(e->annotation, annotation, strlen(annotation));
  e->local_only = item->local_only;
}

static struct epm_node *node_new(const struct portero_mem *mem, const struct request *q,
                                 uint64_t now)
{
  const struct portero_tower *t = q->item->tower;
  size_t endpoint_size = strlen(t->endpoint) + 1;
  size_t size = sizeof(struct epm_node) + q->item->octets.size + endpoint_size;
  struct epm_node *node = portero_mem_take(mem, size);
  char *tail;

  if (!node)
    return NULL;
  memset(node, 0, sizeof *node);
  node->size = (uint32_t)size;
  node->hash = q->hash;
  tail = (char *)(node + 1);
  node->entry.endpoint = memcpy(tail, t->endpoint, endpoint_size);
  node->entry.octets = memcpy(tail + endpoint_size, q->item->octets.data, q->item->octets.size);
  node->entry.octets_size = (uint16_t)q->item->octets.size;
  node->entry.object = q->item->object;
  node->entry.interface = t->interface;
  node->entry.transfer = t->transfer;
  node->entry.protseq = (uint8_t)t->protseq;
  node->entry.port = t->port;
  memcpy(node->entry.ipv4, t->ipv4, sizeof node->entry.ipv4);
  node->entry.owner = q->owner;
  node->entry.registered_at = now;
  entry_describe(&node->entry, q->item);
  return node;
}

/* Room in every index that the node will be in; false leaves groups of its own to be released. */
static bool places_reserve(struct portero_epm_map *map, struct epm_node *node)
{
  struct portero_uuid owner = epm_owner_key(node->entry.owner);

  if (!epm_key_reserve(map) || !epm_list_reserve(&map->all, map->mem))
    return false;
  node->groups[EPM_KIND_INTERFACE] =
      epm_group_obtain(map, EPM_KIND_INTERFACE, &node->entry.interface.uuid);
  node->groups[EPM_KIND_OWNER] = epm_group_obtain(map, EPM_KIND_OWNER, &owner);
  if (!node->groups[EPM_KIND_INTERFACE] || !node->groups[EPM_KIND_OWNER])
    return false;
  if (portero_uuid_is_nil(&node->entry.object))
    return true;
  node->groups[EPM_KIND_OBJECT] = epm_group_obtain(map, EPM_KIND_OBJECT, &node->entry.object);
  return node->groups[EPM_KIND_OBJECT] != NULL;
}

static void groups_release(struct portero_epm_map *map, const struct epm_node *node)
{
  for (size_t kind = 0; kind < EPM_KINDS; kind++)
    if (node->groups[kind])
      epm_group_release(map, node->groups[kind]);
}

/* Cannot fail: the places are reserved. */
static void node_link(struct portero_epm_map *map, struct epm_node *node)
{
  node->entry.serial = map->next_serial++;
  epm_list_append(&map->all, node);
  epm_key_add(map, node);
  for (size_t kind = 0; kind < EPM_KINDS; kind++) {
    if (!node->groups[kind])
      continue;
    epm_list_append(&node->groups[kind]->list, node);
    node->groups[kind]->n_without_object += portero_uuid_is_nil(&node->entry.object);
  }
}

static portero_status insert_new(struct portero_epm_map *map, const struct request *q, uint64_t now,
                                 struct epm_node **out_node)
{
  struct epm_node *node;

  if (!has_room(map, q))
    return portero_local(PORTERO_LOCAL_LIMIT);
  node = node_new(map->mem, q, now);
  if (!node)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (!places_reserve(map, node)) {
    groups_release(map, node);
    portero_mem_give(map->mem, node, node->size);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  node_link(map, node);
  *out_node = node;
  return portero_ok();
}

portero_status portero_epm_map_insert(struct portero_epm_map *map, uint64_t owner,
                                      const struct portero_epm_item *item, uint64_t replace_before,
                                      uint64_t now, struct portero_epm_entry **out_entry)
{
  struct request q = {.item = item, .owner = owner, .replace_before = replace_before};
  struct epm_node *node;

  if (!item_is_usable(item))
    return portero_local(PORTERO_LOCAL_USAGE);
  q.hash = epm_key_hash(map, &item->object, item->tower);
  if (is_taken(map, &q))
    return portero_local(PORTERO_LOCAL_EXISTS);
  node = find_own(map, &q);
  if (node) {
    entry_describe(&node->entry, item);
  } else {
    portero_status status = insert_new(map, &q, now, &node);
    if (!portero_is_ok(status))
      return status;
  }
  (void)replace(map, &q, true);
  if (out_entry)
    *out_entry = &node->entry;
  return portero_ok();
}

/* ---- deletion ---- */

void portero_epm_map_remove(struct portero_epm_map *map, struct portero_epm_entry *entry)
{
  struct epm_node *node = (struct epm_node *)entry;

  epm_key_remove(map, node);
  epm_list_remove(&map->all, node);
  for (size_t kind = 0; kind < EPM_KINDS; kind++) {
    if (!node->groups[kind])
      continue;
    node->groups[kind]->n_without_object -= portero_uuid_is_nil(&entry->object);
    epm_list_remove(&node->groups[kind]->list, node);
  }
  groups_release(map, node);
  portero_mem_give(map->mem, node, node->size);
}

portero_status portero_epm_map_delete(struct portero_epm_map *map, uint64_t owner,
                                      const struct portero_epm_item *item)
{
  struct request q = {.item = item, .owner = owner};
  struct epm_node *node;
  bool foreign = false;

  if (!item->tower)
    return portero_local(PORTERO_LOCAL_USAGE);
  q.hash = epm_key_hash(map, &item->object, item->tower);
  node = find_own(map, &q);
  if (node) {
    portero_epm_map_remove(map, &node->entry);
    return portero_ok();
  }
  for (node = epm_key_chain(map, q.hash); node && !foreign; node = node->next)
    foreign = node->hash == q.hash && is_same_entry(node, item);
  return portero_local(foreign ? PORTERO_LOCAL_DENIED : PORTERO_LOCAL_NOT_FOUND);
}

uint32_t portero_epm_map_delete_since(struct portero_epm_map *map, uint64_t owner, uint64_t serial)
{
  struct portero_uuid key = epm_owner_key(owner);
  const struct epm_group *group = epm_group_find(map, EPM_KIND_OWNER, &key);
  uint32_t count = group ? group->list.live : 0, deleted = 0;

  while (deleted < count && epm_list_last(&group->list)->entry.serial >= serial) {
    portero_epm_map_remove(map, &epm_list_last(&group->list)->entry);
    deleted++;
  }
  return deleted;
}

uint32_t portero_epm_map_delete_owner(struct portero_epm_map *map, uint64_t owner)
{
  return portero_epm_map_delete_since(map, owner, 0);
}
