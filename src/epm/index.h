/* SPDX-License-Identifier: Apache-2.0 */
/* How the map finds things: groups by interface, object or owner, and a table by what may exist once. */
#ifndef PORTERO_SRC_EPM_INDEX_H
#define PORTERO_SRC_EPM_INDEX_H

#include "src/epm/list.h"
#include "src/epm/map.h"

/* What has something in common: an interface UUID, an object UUID, an owner. Exists while it has entries. */
struct epm_group {
  struct portero_uuid key; /* an owner's number in its first octets */
  struct epm_list list;
  uint32_t n_without_object;
  struct epm_group *next;
};

/* An entry and its places in the map, followed by octets and endpoint. */
struct epm_node {
  struct portero_epm_entry entry; /* first: a pointer to it is one to the node */
  struct epm_node *next;          /* in the bucket of the table by key */
  uint64_t hash;
  struct epm_group *groups[EPM_KINDS]; /* of EPM_KIND_ALL: unused */
  uint32_t slot[EPM_KINDS];
  uint32_t size;
};

struct portero_epm_map {
  const struct portero_mem *mem;
  struct portero_epm_options options;
  uint64_t next_serial;
  struct epm_list all;
  struct epm_group **groups;
  uint32_t n_groups, group_buckets; /* buckets: a power of two */
  struct epm_node **keys;
  uint32_t key_buckets;
};

struct portero_uuid epm_owner_key(uint64_t owner);

/* NULL when there is none. */
struct epm_group *epm_group_find(const struct portero_epm_map *map, enum epm_kind kind,
                                 const struct portero_uuid *key);
/* Makes it when there is none, and room for one more entry. NULL: no memory. */
struct epm_group *epm_group_obtain(struct portero_epm_map *map, enum epm_kind kind,
                                   const struct portero_uuid *key);
/* Frees the group when it has no entries. */
void epm_group_release(struct portero_epm_map *map, struct epm_group *group);

/* Of what may belong to one owner only: interface id, object, protocol sequence, endpoint without address. */
uint64_t epm_key_hash(const struct portero_epm_map *map, const struct portero_uuid *object,
                      const struct portero_tower *tower);
bool epm_key_equal(const struct epm_node *node, const struct portero_uuid *object,
                   const struct portero_tower *tower);
/* The chain in which nodes with this hash are. */
struct epm_node *epm_key_chain(const struct portero_epm_map *map, uint64_t hash);
/* Room for one more node in the table by key. */
bool epm_key_reserve(struct portero_epm_map *map);
void epm_key_add(struct portero_epm_map *map, struct epm_node *node);
void epm_key_remove(struct portero_epm_map *map, const struct epm_node *node);

#endif
