/* SPDX-License-Identifier: Apache-2.0 */
/* The changes: ept_insert, ept_delete, ept_mgmt_delete. [C706] appendix O */
#include <stdlib.h>
#include <string.h>

#include <portero/sink.h>

#include "src/mapper/change.h"
#include "src/rpc/door.h"
#include "src/rpc/epm.h"

/* What the caller is told as the operation's status. */
static uint32_t result_of(struct mapper *m, portero_status status)
{
  if (portero_is_ok(status))
    return 0;
  if (portero_is_local(status, PORTERO_LOCAL_EXISTS))
    mapper_count(&m->refused_taken);
  if (portero_is_local(status, PORTERO_LOCAL_NOT_FOUND))
    return PORTERO_EPT_NOT_REGISTERED;
  return PORTERO_EPT_CANT_PERFORM_OP;
}

static bool towers_read(struct portero_call *call, const struct epm_entry *entries, size_t n,
                        struct portero_tower **out_towers)
{
  struct portero_tower *towers = portero_arena_array(portero_call_arena(call), n, sizeof *towers);

  for (size_t i = 0; towers && i < n; i++)
    if (!entries[i].tower ||
        !portero_is_ok(portero_tower_read(epm_octets(entries[i].tower), &towers[i])))
      return false;
  *out_towers = towers;
  return towers != NULL;
}

/* What is told as the reason of a change that could not be made. */
static const char *reason_of(portero_status status)
{
  if (portero_is_local(status, PORTERO_LOCAL_EXISTS))
    return "another owner has this endpoint";
  if (portero_is_local(status, PORTERO_LOCAL_LIMIT))
    return "max-entries or max-entries-per-owner is reached";
  if (portero_is_local(status, PORTERO_LOCAL_USAGE))
    return "it cannot stand in the map";
  return "memory is out";
}

/* ---- ept_insert ---- */

struct insertion {
  struct portero_call *call;
  struct mapper *m;
  const struct epm_entry *entries;
  size_t n;
  struct portero_tower *towers;
  struct portero_verdict *verdicts; /* of each entry; used where a policy was asked */
  bool asked;
  bool trusted;       /* by the built-in rule */
  struct owner guest; /* who is behind a call that has no owner yet */
  struct owner *owner;
};

static void entry_of(const struct insertion *in, size_t i, struct roll_entry *out_entry)
{
  roll_entry_of(&in->towers[i], &in->entries[i].object, in->entries[i].annotation, out_entry);
  out_entry->verdict = in->asked ? &in->verdicts[i] : NULL;
}

/* One entry that was not taken. */
static void failure_tell(const struct insertion *in, size_t i, enum portero_outcome outcome,
                         uint32_t fault, const char *reason)
{
  struct roll_entry entry;
  struct portero_event e;

  if (!records_wanted(in->m))
    return;
  record_begin(in->call, in->owner, &e);
  e.outcome = outcome;
  e.status = fault;
  e.reason = reason;
  entry_of(in, i, &entry);
  if (outcome == PORTERO_OUTCOME_DENIED && in->verdicts[i].action == PORTERO_ACTION_ALLOW)
    entry.verdict = NULL; /* the built-in rule refused */
  record_entry(in->m, &e, &entry);
  if (outcome == PORTERO_OUTCOME_DENIED)
    record_alerts(in->m, &e, &entry);
}

/* The entries that are new, and the owner's old ones that they took the place of. */
static void insertion_tell(const struct insertion *in, const uint64_t *serials, uint64_t since,
                           struct roll *before)
{
  struct roll roll = {
      .entries = portero_arena_array(portero_call_arena(in->call), in->n, sizeof *roll.entries)};
  struct portero_event e;

  for (size_t i = 0; roll.entries && i < in->n; i++) {
    if (serials[i] < since)
      continue;
    entry_of(in, i, &roll.entries[roll.n]);
    roll.entries[roll.n++].serial = serials[i];
  }
  record_begin(in->call, in->owner, &e);
  records_registered(in->m, &e, &roll, since);
  record_begin(in->call, in->owner, &e);
  for (size_t i = 0; i < roll.n; i++)
    record_alerts(in->m, &e, &roll.entries[i]);
  record_begin(in->call, in->owner, &e);
  records_second_owner(in->m, &e, in->owner, &roll, since);
  roll_keep_gone(in->m, before);
  record_begin(in->call, in->owner, &e);
  e.reason = "replaced";
  records_unregistered(in->m, &e, before);
}

/* Every entry has to pass. */
static portero_status insertion_ask(struct insertion *in)
{
  portero_status status = portero_ok();

  for (size_t i = 0; i < in->n; i++) {
    status = ask_registration(in->m, in->owner, &in->towers[i], in->trusted, &in->verdicts[i],
                              &in->asked);
    if (portero_is_ok(status))
      continue;
    mapper_count(&in->m->refused_caller);
    failure_tell(in, i, PORTERO_OUTCOME_DENIED, status.code,
                 in->verdicts[i].action != PORTERO_ACTION_ALLOW
                     ? NULL /* the verdict and its rule say it */
                     : "this account may not register, and no rule lets it");
    return status;
  }
  return in->n > 0 || in->trusted ? status : portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
}

static portero_status insertion_apply(struct insertion *in, bool replace, uint32_t *out_result)
{
  struct mapper *m = in->m;
  bool told = records_wanted(m);
  struct change change = {.owner = in->owner->id,
                          .now = mapper_now(m),
                          .entries = in->entries,
                          .towers = in->towers,
                          .n = in->n,
                          .replace = replace};
  struct roll before = {NULL, 0};
  portero_status status;
  uint64_t since = 0;

  if (told) {
    change.serials =
        portero_arena_array(portero_call_arena(in->call), in->n, sizeof *change.serials);
    if (!change.serials)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    since = roll_serial(m);
    if (replace)
      roll_take(m, change.owner, 0, &before);
  }
  status = store_apply(&m->store, change_insert, &change);
  *out_result = result_of(m, status);
  if (!portero_is_ok(status) && in->n > 0)
    failure_tell(in, change.failed, PORTERO_OUTCOME_FAILED, 0, reason_of(status));
  else if (told)
    insertion_tell(in, change.serials, since, &before);
  roll_free(&before);
  return portero_ok();
}

/* Asked, made and told under one lock: a new policy comes before all of it or after. */
static portero_status insertion_make(struct insertion *in, bool replace, uint32_t *out_result)
{
  struct mapper *m = in->m;
  portero_status status;

  (void)pthread_mutex_lock(&m->door.lock);
  status = insertion_ask(in);
  if (portero_is_ok(status) && in->owner == &in->guest)
    status = owner_of(m, in->call, &in->owner);
  if (portero_is_ok(status))
    status = insertion_apply(in, replace, out_result);
  (void)pthread_mutex_unlock(&m->door.lock);
  return status;
}

/* fault 0: its caller may register, and is told as the operation's status. */
static void unreadable_tell(const struct insertion *in, uint32_t fault)
{
  struct portero_event e;

  if (!records_wanted(in->m))
    return;
  record_begin(in->call, in->owner, &e);
  e.outcome = fault ? PORTERO_OUTCOME_DENIED : PORTERO_OUTCOME_FAILED;
  e.status = fault;
  e.reason = "a tower that cannot be read";
  portero_book_tell(in->m->options.server.book, &e);
}

portero_status mapper_on_insert(struct portero_call *call, struct epmapper_ept_insert *args)
{
  struct mapper *m = portero_call_user(call);
  struct insertion in = {.call = call, .m = m, .entries = args->entries, .n = args->num_entries};
  portero_status status = portero_ok();

  if (in.n > EPM_MAX_ENTRIES)
    return portero_local(PORTERO_LOCAL_LIMIT);
  in.verdicts = portero_arena_array(portero_call_arena(call), in.n, sizeof *in.verdicts);
  if (!in.verdicts)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  in.trusted = guard_trusts(m, call);
  in.owner = owner_find(m, portero_call_group(call));
  if (!in.owner) {
    owner_look_up(call, &in.guest);
    in.owner = &in.guest;
  }
  if (towers_read(call, in.entries, in.n, &in.towers)) {
    status = insertion_make(&in, args->replace != 0, &args->status);
    if (portero_is_ok(status) && args->status == 0)
      mapper_count(&m->inserts);
  } else if (in.trusted) {
    args->status = PORTERO_EPT_CANT_PERFORM_OP;
    unreadable_tell(&in, 0);
  } else {
    mapper_count(&m->refused_caller);
    unreadable_tell(&in, PORTERO_FAULT_ACCESS_DENIED);
    status = portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  }
  owner_forget(&in.guest);
  return status;
}

/* ---- ept_delete ---- */

static void deletion_tell(struct portero_call *call, const struct owner *owner, struct roll *before)
{
  struct mapper *m = portero_call_user(call);
  struct portero_event e;

  if (!records_wanted(m))
    return;
  roll_keep_gone(m, before);
  record_begin(call, owner, &e);
  records_unregistered(m, &e, before);
}

portero_status mapper_on_delete(struct portero_call *call, struct epmapper_ept_delete *args)
{
  struct mapper *m = portero_call_user(call);
  struct change change = {.entries = args->entries, .n = args->num_entries};
  struct roll before = {NULL, 0};
  struct portero_tower *towers;
  struct owner *owner;
  portero_status status;

  if (change.n > EPM_MAX_ENTRIES)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (!towers_read(call, change.entries, change.n, &towers)) {
    args->status = PORTERO_EPT_CANT_PERFORM_OP;
    return portero_ok();
  }
  status = owner_of(m, call, &owner);
  if (!portero_is_ok(status))
    return status;
  change.owner = owner->id;
  change.towers = towers;
  if (records_wanted(m))
    roll_take(m, owner->id, 0, &before);
  args->status = result_of(m, store_apply(&m->store, change_delete, &change));
  if (args->status == 0)
    mapper_count(&m->deletes);
  deletion_tell(call, owner, &before);
  roll_free(&before);
  return portero_ok();
}

/* ---- ept_mgmt_delete: an administrator's broom; root alone, whoever owns the entry ---- */

struct broom {
  bool object_speced;
  struct portero_uuid object;
  struct portero_bytes octets;
};

static bool broom_takes(const void *ctx, const struct portero_epm_entry *entry)
{
  const struct broom *b = ctx;

  return entry->octets_size == b->octets.size &&
         memcmp(entry->octets, b->octets.data, b->octets.size) == 0 &&
         (!b->object_speced || portero_uuid_equal(&entry->object, &b->object));
}

static portero_status change_sweep(struct portero_epm_map *map, void *ctx)
{
  struct portero_epm_query query = {
      .inquiry = PORTERO_EPM_ALL, .visible = broom_takes, .visible_ctx = ctx};
  struct portero_epm_cursor cursor = {0, 0};
  struct portero_epm_entry *entry;
  size_t n = 0, swept = 0;
  bool more = true;

  while (more && portero_is_ok(portero_epm_lookup(map, &query, &cursor, &entry, 1, &n, &more)) &&
         n) {
    portero_epm_map_remove(map, entry);
    swept++;
  }
  return swept ? portero_ok() : portero_local(PORTERO_LOCAL_NOT_FOUND);
}

/* Each with the owner who has lost it. */
static void sweep_tell(struct mapper *m, struct roll *gone)
{
  struct portero_event e;
  struct owner owner;

  roll_keep_gone(m, gone);
  for (size_t i = 0; i < gone->n; i++) {
    struct roll one = {.entries = &gone->entries[i], .n = 1};
    memset(&e, 0, sizeof e);
    e.reason = "removed by an administrator";
    if (owner_describe(m, gone->entries[i].owner, &owner))
      record_owner(&e, &owner);
    records_unregistered(m, &e, &one);
  }
}

portero_status mapper_on_mgmt_delete(struct portero_call *call,
                                     struct epmapper_ept_mgmt_delete *args)
{
  struct roll gone = {NULL, 0};
  struct mapper *m = portero_call_user(call);
  struct broom broom = {.octets = epm_octets(args->tower)};

  if (!args->tower) {
    args->status = PORTERO_EPT_CANT_PERFORM_OP;
    return portero_ok();
  }
  broom.object_speced = args->object_speced != 0 && args->object != NULL;
  if (broom.object_speced)
    broom.object = *args->object;
  if (records_wanted(m))
    (void)roll_take_all(m, broom_takes, &broom, &gone);
  args->status = result_of(m, store_apply(&m->store, change_sweep, &broom));
  if (args->status == 0)
    mapper_count(&m->deletes);
  sweep_tell(m, &gone);
  roll_free(&gone);
  return portero_ok();
}
