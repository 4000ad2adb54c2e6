/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy that comes while services are registered already: who holds an interface that it reserves
 * for others loses it, and an alert is told. An owner that has nothing left is disconnected, so that
 * it learns of it.
 */
#include <stdlib.h>
#include <string.h>

#include <portero/sink.h>

#include "src/mapper/service.h"
#include "src/rpc/rpc.h"

/* With owners_lock held. Reserved interfaces are few: the others have no owner looked for. */
static bool is_stray(const void *ctx, const struct portero_epm_entry *entry)
{
  struct mapper *const *m = ctx;
  const struct owner *owner =
      ask_is_reserved(*m, &entry->interface) ? owner_locked(*m, entry->owner) : NULL;
  struct portero_verdict verdict;

  return owner && ask_is_stranger(*m, owner, &entry->interface, &verdict);
}

static portero_status change_remove(struct portero_epm_map *map, void *ctx)
{
  const struct roll *roll = ctx;
  struct portero_epm_entry *found;

  for (size_t i = 0; i < roll->n; i++) {
    struct portero_epm_cursor cursor = {.after = roll->entries[i].serial - 1};
    if (portero_epm_map_owned(map, roll->entries[i].owner, &cursor, &found, 1) == 1 &&
        found->serial == roll->entries[i].serial)
      portero_epm_map_remove(map, found);
  }
  return portero_ok();
}

static void alert(struct mapper *m, const struct owner *owner, const struct roll_entry *entry)
{
  struct roll_entry judged = *entry;
  struct portero_verdict verdict;
  struct portero_event e;

  if (!ask_is_stranger(m, owner, &entry->interface, &verdict))
    return;
  judged.verdict = &verdict;
  memset(&e, 0, sizeof e);
  record_owner(&e, owner);
  record_alerts(m, &e, &judged);
}

/* The owners as they are now, told of; one that is gone has no entry any more either. */
static struct owner *owners_tell(struct mapper *m, const struct roll *roll)
{
  struct owner *owners = calloc(roll->n, sizeof *owners);

  for (size_t i = 0; i < roll->n; i++) {
    const struct owner *owner = owner_locked(m, roll->entries[i].owner);
    if (!owner)
      continue;
    if (i == 0 || roll->entries[i].owner != roll->entries[i - 1].owner ||
        !portero_uuid_equal(&roll->entries[i].interface.uuid, &roll->entries[i - 1].interface.uuid))
      alert(m, owner, &roll->entries[i]);
    if (owners)
      owners[i] = *owner;
  }
  return owners;
}

static void removal_tell(struct mapper *m, struct roll *roll, const struct owner *owners)
{
  struct portero_event e;
  size_t n;

  for (size_t i = 0; i < roll->n; i += n) {
    struct roll one = {.entries = &roll->entries[i]};
    for (n = 1; i + n < roll->n && roll->entries[i + n].owner == roll->entries[i].owner;)
      n++;
    one.n = n;
    memset(&e, 0, sizeof e);
    e.outcome = PORTERO_OUTCOME_DENIED;
    e.reason = "reserved for others by the policy that was loaded";
    record_owner(&e, &owners[i]);
    records_unregistered(m, &e, &one);
  }
}

/* Whoever has nothing left is told in the one way that there is; he may come again, and is judged. */
static void owners_evict(struct mapper *m, const struct roll *roll)
{
  struct portero_epm_entry *left;
  const struct portero_epm_map *map;
  unsigned ticket;
  size_t n;

  for (size_t i = 0; i < roll->n; i++) {
    struct portero_epm_cursor cursor = {0, 0};
    map = store_enter(&m->store, &ticket);
    n = portero_epm_map_owned(map, roll->entries[i].owner, &cursor, &left, 1);
    store_leave(&m->store, ticket);
    if (n == 0)
      rpc_server_evict(m->server, roll->entries[i].owner);
  }
}

bool sweep_strays(struct mapper *m)
{
  struct roll roll;
  struct owner *owners;
  bool all;

  (void)pthread_mutex_lock(&m->owners_lock);
  all = roll_take_all(m, is_stray, &m, &roll);
  owners = owners_tell(m, &roll);
  (void)pthread_mutex_unlock(&m->owners_lock);
  if (roll.n)
    all = portero_is_ok(store_apply(&m->store, change_remove, &roll)) && owners && all;
  if (owners)
    removal_tell(m, &roll, owners);
  owners_evict(m, &roll);
  free(owners);
  roll_free(&roll);
  return all;
}
