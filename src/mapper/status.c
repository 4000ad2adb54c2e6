/* SPDX-License-Identifier: Apache-2.0 */
/* The status interface: for `portero status` on this host. */
#include <string.h>

#include "src/mapper/service.h"

/* Look-ups are counted on the side that readers had: the sum over both is the figure. */
static uint64_t hits_of(const struct store *s, const struct portero_epm_entry *entry)
{
  struct portero_epm_query query = {.inquiry = PORTERO_EPM_ALL};
  uint64_t sum = 0;

  for (unsigned i = 0; i < s->n_sides; i++) {
    struct portero_epm_cursor cursor = {.after = entry->serial - 1};
    struct portero_epm_entry *twin;
    bool more;
    size_t n = 0;
    if (portero_is_ok(portero_epm_lookup(s->sides[i], &query, &cursor, &twin, 1, &n, &more)) && n)
      sum += portero_epm_entry_lookups(twin);
  }
  return sum;
}

static bool entry_describe(struct mapper *m, struct portero_call *call,
                           const struct portero_epm_entry *entry, struct status_entry *out_entry)
{
  struct portero_arena *arena = portero_call_arena(call);
  uint8_t *tower = portero_arena_alloc(arena, entry->octets_size);
  struct owner owner;
  bool known = owner_describe(m, entry->owner, &owner);

  out_entry->serial = entry->serial;
  out_entry->age = mapper_now(m) - entry->registered_at;
  out_entry->lookups = hits_of(&m->store, entry);
  out_entry->object = entry->object;
  out_entry->flags = entry->owner == OWNER_CONFIGURATION ? status_CONFIGURED : 0;
  if (known && owner.peer.has_credentials) {
    out_entry->flags |= status_HAS_CREDENTIALS;
    out_entry->pid = (uint32_t)owner.peer.pid;
    out_entry->uid = owner.peer.uid;
  }
  out_entry->annotation = portero_arena_text(arena, entry->annotation, strlen(entry->annotation));
  out_entry->unit = known ? portero_arena_text(arena, owner.unit, strlen(owner.unit)) : "";
  out_entry->tower = tower;
  out_entry->tower_length = (uint32_t)entry->octets_size;
  if (tower)
    memcpy(tower, entry->octets, entry->octets_size);
  return tower && out_entry->annotation && out_entry->unit;
}

static void counters_fill(struct mapper *m, uint64_t *out_counters)
{
  out_counters[status_UPTIME] = mapper_now(m);
  out_counters[status_ENTRIES] = portero_epm_map_count(m->store.sides[0]);
  out_counters[status_MAPS] = atomic_load(&m->maps);
  out_counters[status_LOOKUPS] = atomic_load(&m->lookups);
  out_counters[status_INSERTS] = atomic_load(&m->inserts);
  out_counters[status_DELETES] = atomic_load(&m->deletes);
  out_counters[status_REFUSED_REMOTE] = atomic_load(&m->refused_remote);
  out_counters[status_REFUSED_CALLER] = atomic_load(&m->refused_caller);
  out_counters[status_REFUSED_TAKEN] = atomic_load(&m->refused_taken);
}

static portero_status entries_fill(struct mapper *m, struct portero_call *call,
                                   struct mapper_status_List *args)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct portero_epm_query query = {.inquiry = PORTERO_EPM_ALL};
  struct portero_epm_cursor cursor = {.after = args->after};
  struct portero_epm_entry **found =
      portero_arena_array(arena, args->max_entries, sizeof(struct portero_epm_entry *));
  struct status_entry *entries = portero_arena_array(arena, args->max_entries, sizeof *entries);
  size_t n = 0;
  bool more, ok = found && entries;

  if (ok && !portero_is_ok(portero_epm_lookup(m->store.sides[0], &query, &cursor, found,
                                              args->max_entries, &n, &more)))
    n = 0;
  for (size_t i = 0; ok && i < n; i++)
    ok = entry_describe(m, call, found[i], &entries[i]);
  args->entries = entries;
  args->num_entries = (uint32_t)n;
  return ok ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

portero_status mapper_on_status(struct portero_call *call, struct mapper_status_List *args)
{
  struct mapper *m = portero_call_user(call);
  portero_status status;

  store_hold(&m->store);
  counters_fill(m, args->counters);
  status = entries_fill(m, call, args);
  store_release(&m->store);
  return status;
}
