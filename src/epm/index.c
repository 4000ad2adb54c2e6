/* SPDX-License-Identifier: Apache-2.0 */
#include "src/epm/index.h"

#define FIRST_BUCKETS 16u

static uint64_t mix(uint64_t hash, uint64_t value)
{
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

static uint64_t mix_uuid(uint64_t hash, const struct portero_uuid *u)
{
  uint64_t words[2];

  memcpy(words, u, sizeof words);
  return mix(mix(hash, words[0]), words[1]);
}

struct portero_uuid epm_owner_key(uint64_t owner)
{
  struct portero_uuid key = {0};

  memcpy(key.node, &owner, sizeof owner);
  return key;
}

/* ---- groups ---- */

static uint32_t group_bucket(const struct portero_epm_map *map, enum epm_kind kind,
                             const struct portero_uuid *key)
{
  return (uint32_t)(mix_uuid(mix(map->options.seed, kind), key) >> 32) & (map->group_buckets - 1);
}

struct epm_group *epm_group_find(const struct portero_epm_map *map, enum epm_kind kind,
                                 const struct portero_uuid *key)
{
  struct epm_group *group;

  if (!map->group_buckets)
    return NULL;
  group = map->groups[group_bucket(map, kind, key)];
  while (group && (group->list.kind != kind || !portero_uuid_equal(&group->key, key)))
    group = group->next;
  return group;
}

static void group_link(struct portero_epm_map *map, struct epm_group *group)
{
  uint32_t bucket = group_bucket(map, (enum epm_kind)group->list.kind, &group->key);

  group->next = map->groups[bucket];
  map->groups[bucket] = group;
}

/* A cleared table of buckets, or NULL. */
static void *buckets_new(const struct portero_mem *mem, uint32_t n, size_t size)
{
  void *buckets = portero_mem_take(mem, n * size);

  return buckets ? memset(buckets, 0, n * size) : NULL;
}

static bool groups_grow(struct portero_epm_map *map)
{
  struct epm_group **old = map->groups;
  uint32_t old_buckets = map->group_buckets;
  uint32_t buckets = old_buckets ? old_buckets * 2 : FIRST_BUCKETS;
  struct epm_group **groups = buckets_new(map->mem, buckets, sizeof(struct epm_group *));

  if (!groups)
    return false;
  map->groups = groups;
  map->group_buckets = buckets;
  for (uint32_t i = 0; i < old_buckets; i++) {
    while (old[i]) {
      struct epm_group *group = old[i];
      old[i] = group->next;
      group_link(map, group);
    }
  }
  portero_mem_give(map->mem, old, old_buckets * sizeof(struct epm_group *));
  return true;
}

static struct epm_group *group_new(struct portero_epm_map *map, enum epm_kind kind,
                                   const struct portero_uuid *key)
{
  struct epm_group *group;

  if (map->n_groups >= map->group_buckets && !groups_grow(map))
    return NULL;
  group = portero_mem_take(map->mem, sizeof *group);
  if (!group)
    return NULL;
  memset(group, 0, sizeof *group);
  group->key = *key;
  group->list.kind = (uint8_t)kind;
  group_link(map, group);
  map->n_groups++;
  return group;
}

struct epm_group *epm_group_obtain(struct portero_epm_map *map, enum epm_kind kind,
                                   const struct portero_uuid *key)
{
  struct epm_group *group = epm_group_find(map, kind, key);

  if (!group)
    group = group_new(map, kind, key);
  if (!group || epm_list_reserve(&group->list, map->mem))
    return group;
  epm_group_release(map, group);
  return NULL;
}

void epm_group_release(struct portero_epm_map *map, struct epm_group *group)
{
  struct epm_group **at;

  if (group->list.live > 0)
    return;
  at = &map->groups[group_bucket(map, (enum epm_kind)group->list.kind, &group->key)];
  while (*at != group)
    at = &(*at)->next;
  *at = group->next;
  map->n_groups--;
  epm_list_deinit(&group->list, map->mem);
  portero_mem_give(map->mem, group, sizeof *group);
}

/* ---- the table by key ---- */

uint64_t epm_key_hash(const struct portero_epm_map *map, const struct portero_uuid *object,
                      const struct portero_tower *tower)
{
  uint64_t hash = mix_uuid(mix_uuid(map->options.seed, &tower->interface.uuid), object);

  hash = mix(hash, (uint64_t)tower->interface.major << 48 | (uint64_t)tower->interface.minor << 32 |
                       (uint64_t)tower->protseq << 16 | tower->port);
  for (const char *c = tower->endpoint; *c; c++)
    hash = mix(hash, (uint8_t)*c);
  return hash;
}

bool epm_key_equal(const struct epm_node *node, const struct portero_uuid *object,
                   const struct portero_tower *tower)
{
  const struct portero_epm_entry *e = &node->entry;

  return portero_syntax_equal(&e->interface, &tower->interface) &&
         portero_uuid_equal(&e->object, object) && e->protseq == tower->protseq &&
         e->port == tower->port && strcmp(e->endpoint, tower->endpoint) == 0;
}

static uint32_t key_bucket(const struct portero_epm_map *map, uint64_t hash)
{
  return (uint32_t)(hash >> 32) & (map->key_buckets - 1);
}

struct epm_node *epm_key_chain(const struct portero_epm_map *map, uint64_t hash)
{
  return map->key_buckets ? map->keys[key_bucket(map, hash)] : NULL;
}

void epm_key_add(struct portero_epm_map *map, struct epm_node *node)
{
  struct epm_node **bucket = &map->keys[key_bucket(map, node->hash)];

  node->next = *bucket;
  *bucket = node;
}

bool epm_key_reserve(struct portero_epm_map *map)
{
  uint32_t old_buckets = map->key_buckets;
  uint32_t buckets = old_buckets ? old_buckets * 2 : FIRST_BUCKETS;
  struct epm_node **keys;

  if (map->all.live < old_buckets)
    return true;
  keys = buckets_new(map->mem, buckets, sizeof(struct epm_node *));
  if (!keys)
    return false;
  portero_mem_give(map->mem, map->keys, old_buckets * sizeof(struct epm_node *));
  map->keys = keys;
  map->key_buckets = buckets;
  for (uint32_t i = 0; i < map->all.used; i++) {
    struct epm_node *node = epm_list_at(&map->all, i);
    if (node)
      epm_key_add(map, node);
  }
  return true;
}

void epm_key_remove(struct portero_epm_map *map, const struct epm_node *node)
{
  struct epm_node **at = &map->keys[key_bucket(map, node->hash)];

  while (*at != node)
    at = &(*at)->next;
  *at = node->next;
}
