/* SPDX-License-Identifier: Apache-2.0 */
#include "src/epm/index.h"

/* An entry that a look-up is after. */
typedef bool epm_matcher(const void *query, uint8_t tier, const struct portero_epm_entry *entry);

static const struct epm_list no_entries = {.kind = EPM_KIND_ALL};

enum portero_epm_reach portero_epm_entry_reach(const struct portero_epm_entry *entry)
{
  bool has_address = entry->protseq == PORTERO_NCACN_IP_TCP ||
                     entry->protseq == PORTERO_NCADG_IP_UDP || entry->protseq == PORTERO_NCACN_HTTP;

  if (entry->protseq == PORTERO_NCALRPC || entry->protseq == PORTERO_NCACN_UNIX_STREAM)
    return PORTERO_EPM_REACH_LOCAL;
  if (entry->local_only || (has_address && entry->ipv4[0] == 127))
    return PORTERO_EPM_REACH_LOOPBACK;
  return PORTERO_EPM_REACH_NETWORK;
}

/* An entry is several lines of the cache, and in a large map none is there: asked for all at once. */
static void fetch_ahead(const struct epm_node *node)
{
  __builtin_prefetch(&node->entry.serial);
  __builtin_prefetch(&node->entry.octets);
  __builtin_prefetch(node + 1); /* the octets themselves */
}

/* Up to max matching entries behind the cursor, which moves to the last of them. */
static size_t collect(const struct epm_list *list, epm_matcher *matches, const void *query,
                      struct portero_epm_cursor *cursor, struct portero_epm_entry **out_entries,
                      size_t max)
{
  size_t count = 0;

  for (uint32_t slot = epm_list_seek(list, cursor->after); slot < list->used && count < max;
       slot++) {
    struct epm_node *node = epm_list_at(list, slot);
    if (node)
      fetch_ahead(node);
    if (!node || !matches(query, cursor->tier, &node->entry))
      continue;
    out_entries[count++] = &node->entry;
    cursor->after = node->entry.serial;
  }
  return count;
}

static const struct epm_list *list_of(const struct portero_epm_map *map, enum epm_kind kind,
                                      const struct portero_uuid *key)
{
  const struct epm_group *group = epm_group_find(map, kind, key);

  return group ? &group->list : &no_entries;
}

static const struct epm_list *shorter(const struct epm_list *a, const struct epm_list *b)
{
  return a->live < b->live ? a : b;
}

/* ---- ept_lookup ---- */

static bool version_matches(const struct portero_syntax *have, const struct portero_syntax *asked,
                            uint32_t option)
{
  switch ((enum portero_epm_version)option) {
  case PORTERO_EPM_VERSION_ALL:
    return true;
  case PORTERO_EPM_VERSION_COMPATIBLE:
    return have->major == asked->major && have->minor >= asked->minor;
  case PORTERO_EPM_VERSION_EXACT:
    return have->major == asked->major && have->minor == asked->minor;
  case PORTERO_EPM_VERSION_MAJOR_ONLY:
    return have->major == asked->major;
  case PORTERO_EPM_VERSION_UP_TO:
    return have->major < asked->major ||
           (have->major == asked->major && have->minor <= asked->minor);
  }
  return false;
}

static bool asks_interface(const struct portero_epm_query *q)
{
  return q->inquiry == PORTERO_EPM_BY_INTERFACE || q->inquiry == PORTERO_EPM_BY_BOTH;
}

static bool asks_object(const struct portero_epm_query *q)
{
  return q->inquiry == PORTERO_EPM_BY_OBJECT || q->inquiry == PORTERO_EPM_BY_BOTH;
}

static bool lookup_matches(const void *query, uint8_t tier, const struct portero_epm_entry *e)
{
  const struct portero_epm_query *q = query;

  (void)tier;
  if (asks_interface(q) && (!portero_uuid_equal(&e->interface.uuid, &q->interface.uuid) ||
                            !version_matches(&e->interface, &q->interface, q->version)))
    return false;
  if (asks_object(q) && !portero_uuid_equal(&e->object, &q->object))
    return false;
  return !q->visible || q->visible(q->visible_ctx, e);
}

/* The shortest list that has everything the query is after. */
static const struct epm_list *lookup_list(const struct portero_epm_map *map,
                                          const struct portero_epm_query *q)
{
  const struct epm_list *list = &map->all;

  if (asks_interface(q))
    list = list_of(map, EPM_KIND_INTERFACE, &q->interface.uuid);
  if (asks_object(q) && !portero_uuid_is_nil(&q->object))
    list = shorter(list_of(map, EPM_KIND_OBJECT, &q->object), list);
  return list;
}

static bool query_is_valid(const struct portero_epm_query *q)
{
  return q->inquiry <= PORTERO_EPM_BY_BOTH &&
         (!asks_interface(q) ||
          (q->version >= PORTERO_EPM_VERSION_ALL && q->version <= PORTERO_EPM_VERSION_UP_TO));
}

portero_status portero_epm_lookup(const struct portero_epm_map *map,
                                  const struct portero_epm_query *query,
                                  struct portero_epm_cursor *cursor,
                                  struct portero_epm_entry **out_entries, size_t max,
                                  size_t *out_count, bool *out_more)
{
  if (!query_is_valid(query))
    return portero_local(PORTERO_LOCAL_USAGE);
  *out_count = collect(lookup_list(map, query), lookup_matches, query, cursor, out_entries, max);
  *out_more = *out_count == max && max > 0;
  return portero_ok();
}

static bool any_matches(const void *query, uint8_t tier, const struct portero_epm_entry *entry)
{
  (void)query;
  (void)tier;
  (void)entry;
  return true;
}

size_t portero_epm_map_owned(const struct portero_epm_map *map, uint64_t owner,
                             struct portero_epm_cursor *cursor,
                             struct portero_epm_entry **out_entries, size_t max)
{
  struct portero_uuid key = epm_owner_key(owner);

  return collect(list_of(map, EPM_KIND_OWNER, &key), any_matches, NULL, cursor, out_entries, max);
}

/* ---- ept_map ---- */

enum map_tier {
  MAP_TIER_UNKNOWN,
  MAP_TIER_ASKED,   /* the asked object */
  MAP_TIER_WITHOUT, /* no object */
  MAP_TIER_ANY,
};

static bool map_matches(const void *query, uint8_t tier, const struct portero_epm_entry *e)
{
  const struct portero_epm_map_query *q = query;

  if (!portero_uuid_equal(&e->interface.uuid, &q->interface.uuid) ||
      e->interface.major != q->interface.major || e->interface.minor < q->interface.minor ||
      e->protseq != q->protseq || !portero_syntax_equal(&e->transfer, &q->transfer))
    return false;
  if (tier == MAP_TIER_ASKED && !portero_uuid_equal(&e->object, &q->object))
    return false;
  if (tier == MAP_TIER_WITHOUT && !portero_uuid_is_nil(&e->object))
    return false;
  return !q->visible || q->visible(q->visible_ctx, e);
}

static const struct epm_list *map_list(const struct portero_epm_map *map,
                                       const struct portero_epm_map_query *q, enum map_tier tier)
{
  const struct epm_group *group = epm_group_find(map, EPM_KIND_INTERFACE, &q->interface.uuid);

  if (!group || (tier == MAP_TIER_WITHOUT && group->n_without_object == 0))
    return &no_entries;
  if (tier == MAP_TIER_ASKED)
    return shorter(list_of(map, EPM_KIND_OBJECT, &q->object), &group->list);
  return &group->list;
}

static bool tier_has_entries(const struct portero_epm_map *map,
                             const struct portero_epm_map_query *q, enum map_tier tier)
{
  struct portero_epm_cursor probe = {.tier = (uint8_t)tier};
  struct portero_epm_entry *entry;

  return collect(map_list(map, q, tier), map_matches, q, &probe, &entry, 1) == 1;
}

static enum map_tier map_tier(const struct portero_epm_map *map,
                              const struct portero_epm_map_query *q)
{
  bool asks = !portero_uuid_is_nil(&q->object);

  if (asks && tier_has_entries(map, q, MAP_TIER_ASKED))
    return MAP_TIER_ASKED;
  if (asks || tier_has_entries(map, q, MAP_TIER_WITHOUT))
    return MAP_TIER_WITHOUT;
  return MAP_TIER_ANY;
}

void portero_epm_map_find(const struct portero_epm_map *map,
                          const struct portero_epm_map_query *query,
                          struct portero_epm_cursor *cursor, struct portero_epm_entry **out_entries,
                          size_t max, size_t *out_count, bool *out_more)
{
  if (cursor->tier == MAP_TIER_UNKNOWN)
    cursor->tier = (uint8_t)map_tier(map, query);
  *out_count = collect(map_list(map, query, (enum map_tier)cursor->tier), map_matches, query,
                       cursor, out_entries, max);
  *out_more = *out_count == max && max > 0;
}
