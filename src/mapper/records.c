/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the visitors' book is told of registrations: each entry that comes or goes, each interface
 * that gets its first or loses its last one, each second owner.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>
#include <portero/sink.h>

#include "src/mapper/service.h"
#include "src/rpc/door.h"

#define BATCH       64u
#define RECORD_TAGS 32u

bool records_wanted(const struct mapper *m)
{
  return m->options.server.book != NULL;
}

/* ---- rolls ---- */

void roll_entry_of(const struct portero_tower *tower, const struct portero_uuid *object,
                   const char *annotation, struct roll_entry *out_entry)
{
  struct portero_binding binding;
  char host[16];

  memset(out_entry, 0, sizeof *out_entry);
  out_entry->interface = tower->interface;
  out_entry->object = *object;
  out_entry->protseq = (uint8_t)tower->protseq;
  (void)snprintf(out_entry->annotation, sizeof out_entry->annotation, "%s",
                 annotation ? annotation : "");
  (void)snprintf(host, sizeof host, "%u.%u.%u.%u", tower->ipv4[0], tower->ipv4[1], tower->ipv4[2],
                 tower->ipv4[3]);
  if (portero_binding_from_tower(tower, strcmp(host, "0.0.0.0") == 0 ? "" : host, &binding))
    (void)portero_binding_text(&binding, out_entry->binding, sizeof out_entry->binding);
}

static bool roll_add(struct roll *roll, const struct portero_epm_entry *entry)
{
  struct portero_tower tower;
  struct roll_entry *more;

  if (roll->n % BATCH == 0) {
    more = reallocarray(roll->entries, roll->n + BATCH, sizeof *more);
    if (!more)
      return false;
    roll->entries = more;
  }
  if (!portero_is_ok(
          portero_tower_read(portero_bytes_make(entry->octets, entry->octets_size), &tower)))
    return true;
  roll_entry_of(&tower, &entry->object, entry->annotation, &roll->entries[roll->n]);
  roll->entries[roll->n].serial = entry->serial;
  roll->entries[roll->n++].owner = entry->owner;
  return true;
}

void roll_take(struct mapper *m, uint64_t owner, uint64_t since, struct roll *out_roll)
{
  struct portero_epm_cursor cursor = {.after = since ? since - 1 : 0};
  struct portero_epm_entry *found[BATCH];
  const struct portero_epm_map *map;
  unsigned ticket;
  size_t n;
  bool ok = true;

  memset(out_roll, 0, sizeof *out_roll);
  map = store_enter(&m->store, &ticket);
  do {
    n = portero_epm_map_owned(map, owner, &cursor, found, BATCH);
    for (size_t i = 0; i < n && ok; i++)
      ok = roll_add(out_roll, found[i]);
  } while (n == BATCH && ok);
  store_leave(&m->store, ticket);
}

bool roll_take_all(struct mapper *m, portero_epm_visible *wanted, const void *ctx,
                   struct roll *out_roll)
{
  struct portero_epm_query query = {
      .inquiry = PORTERO_EPM_ALL, .visible = wanted, .visible_ctx = ctx};
  struct portero_epm_cursor cursor = {0, 0};
  struct portero_epm_entry *found[BATCH];
  const struct portero_epm_map *map;
  unsigned ticket;
  bool more = true, ok = true;
  size_t n = 0;

  memset(out_roll, 0, sizeof *out_roll);
  map = store_enter(&m->store, &ticket);
  while (more && ok &&
         portero_is_ok(portero_epm_lookup(map, &query, &cursor, found, BATCH, &n, &more)))
    for (size_t i = 0; i < n && ok; i++)
      ok = roll_add(out_roll, found[i]);
  store_leave(&m->store, ticket);
  return ok;
}

void roll_keep_gone(struct mapper *m, struct roll *roll)
{
  const struct portero_epm_map *map;
  struct portero_epm_entry *found;
  unsigned ticket;
  size_t n = 0;

  map = store_enter(&m->store, &ticket);
  for (size_t i = 0; i < roll->n; i++) {
    struct portero_epm_cursor cursor = {.after = roll->entries[i].serial - 1};
    bool there = portero_epm_map_owned(map, roll->entries[i].owner, &cursor, &found, 1) == 1 &&
                 found->serial == roll->entries[i].serial;
    if (!there)
      roll->entries[n++] = roll->entries[i];
  }
  store_leave(&m->store, ticket);
  roll->n = n;
}

void roll_free(struct roll *roll)
{
  free(roll->entries);
  memset(roll, 0, sizeof *roll);
}

uint64_t roll_serial(struct mapper *m)
{
  unsigned ticket;
  uint64_t serial = portero_epm_map_serial(store_enter(&m->store, &ticket));

  store_leave(&m->store, ticket);
  return serial;
}

/* ---- records ---- */

void record_begin(const struct portero_call *call, const struct owner *owner,
                  struct portero_event *out_event)
{
  rpc_call_event(call, PORTERO_EVENT_REGISTERED, out_event);
  out_event->interface = NULL;
  out_event->interface_name = NULL;
  out_event->has_opnum = false;
  out_event->operation = NULL;
  out_event->verdict = out_event->rule = NULL; /* of the call: the entries have their own */
  out_event->n_tags = 0;
  out_event->object = NULL;
  record_owner(out_event, owner);
}

void record_owner(struct portero_event *e, const struct owner *owner)
{
  if (!owner || !owner->peer.has_credentials)
    return;
  e->has_process = true;
  e->pid = owner->peer.pid;
  e->uid = owner->peer.uid;
  e->gid = owner->peer.gid;
  e->program = owner->program[0] ? owner->program : NULL;
  e->unit = owner->unit[0] ? owner->unit : NULL;
}

/* Of what is allowed in the end, the first rule that observed it is told; the tags of all are. */
static void record_verdict(struct portero_event *e, const struct portero_verdict *v,
                           const char *merged[RECORD_TAGS])
{
  bool observed = v->n_observed > 0 && v->action == PORTERO_ACTION_ALLOW;

  e->verdict = rpc_action_name(observed ? PORTERO_ACTION_OBSERVE : v->action);
  e->rule = observed ? v->observed[0].rule : v->rule;
  e->tags = merged;
  e->n_tags = rpc_verdict_tags(v, merged, RECORD_TAGS);
}

static void entry_tell(struct mapper *m, const struct portero_event *like,
                       const struct roll_entry *entry)
{
  struct portero_event e = *like;
  struct portero_catalog_entry known;

  e.interface = &entry->interface;
  if (portero_catalog_interface(&entry->interface, &known))
    e.interface_name = known.name;
  if (!portero_uuid_is_nil(&entry->object))
    e.object = &entry->object;
  if (!e.binding)
    e.binding = entry->binding[0] ? entry->binding : NULL;
  if (!e.annotation)
    e.annotation = entry->annotation[0] ? entry->annotation : NULL;
  portero_book_tell(m->options.server.book, &e);
}

void record_entry(struct mapper *m, const struct portero_event *like,
                  const struct roll_entry *entry)
{
  const char *merged[RECORD_TAGS];
  struct portero_event e = *like;

  if (entry->verdict)
    record_verdict(&e, entry->verdict, merged);
  entry_tell(m, &e, entry);
}

static void alert_tell(struct mapper *m, const struct portero_event *like,
                       const struct roll_entry *entry, enum portero_action action,
                       const struct portero_policy_observed *rule)
{
  struct portero_event e = *like;

  e.kind = PORTERO_EVENT_ALERT;
  e.verdict = rpc_action_name(action);
  e.rule = e.reason = rule->rule;
  e.tags = rule->tags;
  e.n_tags = rule->n_tags;
  entry_tell(m, &e, entry);
}

void record_alerts(struct mapper *m, const struct portero_event *like,
                   const struct roll_entry *entry)
{
  const struct portero_verdict *v = entry->verdict;

  if (!v)
    return;
  for (size_t i = 0; i < v->n_observed; i++)
    if (v->observed[i].alert)
      alert_tell(m, like, entry, PORTERO_ACTION_OBSERVE, &v->observed[i]);
  if (v->alert) {
    const struct portero_policy_observed decided = {
        .rule = v->rule, .alert = true, .tags = v->tags, .n_tags = v->n_tags};
    alert_tell(m, like, entry, v->action, &decided);
  }
}

/* The same place in another transfer syntax follows at once. */
static bool is_twin(const struct roll *roll, size_t i)
{
  const struct roll_entry *a = &roll->entries[i - (i > 0)], *b = &roll->entries[i];

  return i > 0 && portero_syntax_equal(&a->interface, &b->interface) &&
         portero_uuid_equal(&a->object, &b->object) && strcmp(a->binding, b->binding) == 0;
}

static bool same_interface(const struct roll_entry *a, const struct roll_entry *b)
{
  return portero_uuid_equal(&a->interface.uuid, &b->interface.uuid) &&
         a->interface.major == b->interface.major;
}

/* Did an entry before this one speak of its interface? */
static bool is_again(const struct roll *roll, size_t i)
{
  for (size_t j = i; j > 0; j--)
    if (same_interface(&roll->entries[j - 1], &roll->entries[i]))
      return true;
  return false;
}

static void query_init(struct portero_epm_query *q, const struct roll_entry *entry)
{
  memset(q, 0, sizeof *q);
  q->inquiry = PORTERO_EPM_BY_INTERFACE;
  q->version = PORTERO_EPM_VERSION_MAJOR_ONLY;
  q->interface = entry->interface;
}

/* The serial of the oldest entry that serves this interface; 0: nobody does. */
static uint64_t oldest_of(struct mapper *m, const struct roll_entry *entry)
{
  struct portero_epm_cursor cursor = {0, 0};
  struct portero_epm_entry *found;
  struct portero_epm_query query;
  uint64_t serial = 0;
  unsigned ticket;
  bool more;
  size_t n = 0;

  query_init(&query, entry);
  if (portero_is_ok(portero_epm_lookup(store_enter(&m->store, &ticket), &query, &cursor, &found, 1,
                                       &n, &more)) &&
      n)
    serial = found->serial;
  store_leave(&m->store, ticket);
  return serial;
}

static void service_record(struct mapper *m, const struct portero_event *like,
                           enum portero_event_kind kind, const struct roll_entry *entry)
{
  struct roll_entry plain = *entry;
  struct portero_event e = *like;

  e.kind = kind;
  e.reason = NULL;
  e.outcome = PORTERO_OUTCOME_NONE;
  plain.verdict = NULL;
  record_entry(m, &e, &plain);
}

void records_registered(struct mapper *m, struct portero_event *e, const struct roll *roll,
                        uint64_t since)
{
  e->kind = PORTERO_EVENT_REGISTERED;
  for (size_t i = 0; i < roll->n; i++) {
    if (!is_twin(roll, i))
      record_entry(m, e, &roll->entries[i]);
    if (!is_again(roll, i) && oldest_of(m, &roll->entries[i]) >= since)
      service_record(m, e, PORTERO_EVENT_SERVICE_UP, &roll->entries[i]);
  }
}

void records_unregistered(struct mapper *m, struct portero_event *e, const struct roll *roll)
{
  e->kind = PORTERO_EVENT_UNREGISTERED;
  for (size_t i = 0; i < roll->n; i++) {
    if (!is_twin(roll, i))
      record_entry(m, e, &roll->entries[i]);
    if (!is_again(roll, i) && oldest_of(m, &roll->entries[i]) == 0)
      service_record(m, e, PORTERO_EVENT_SERVICE_DOWN, &roll->entries[i]);
  }
}

/* ---- a second owner ---- */

const char *owner_text(const struct owner *owner, char *text, size_t size)
{
  if (owner->id == OWNER_CONFIGURATION)
    (void)snprintf(text, size, "the configuration");
  else if (!owner->peer.has_credentials)
    (void)snprintf(text, size, "%s", owner->peer.address);
  else
    (void)snprintf(text, size, "uid %u%s%s%s%s", owner->peer.uid, owner->unit[0] ? ", " : "",
                   owner->unit, owner->program[0] ? ", " : "", owner->program);
  return text;
}

static bool is_another(const struct owner *a, const struct owner *b)
{
  return a->peer.has_credentials != b->peer.has_credentials || a->peer.uid != b->peer.uid ||
         strcmp(a->unit, b->unit) != 0;
}

/* The first owner of an entry before `since` who is somebody else; one who is the same himself and
 * had the interface already ends the search: it was told when he came. */
static bool first_owner(struct mapper *m, const struct owner *owner, const struct roll_entry *entry,
                        uint64_t since, struct owner *out_first)
{
  struct portero_epm_cursor cursor = {0, 0};
  struct portero_epm_entry *found[BATCH];
  struct portero_epm_query query;
  struct owner other;
  unsigned ticket;
  bool more = true, seen = false, own = false;
  size_t n = 0;
  const struct portero_epm_map *map = store_enter(&m->store, &ticket);

  query_init(&query, entry);
  query.version = PORTERO_EPM_VERSION_ALL;
  while (more && !own &&
         portero_is_ok(portero_epm_lookup(map, &query, &cursor, found, BATCH, &n, &more)))
    for (size_t i = 0; i < n && found[i]->serial < since; i++) {
      own = own || found[i]->owner == owner->id;
      memset(&other, 0, sizeof other);
      if (seen || found[i]->owner == owner->id ||
          (found[i]->owner != OWNER_CONFIGURATION && !owner_describe(m, found[i]->owner, &other)))
        continue;
      seen = is_another(owner, &other);
      *out_first = other;
    }
  store_leave(&m->store, ticket);
  return seen && !own;
}

void records_second_owner(struct mapper *m, const struct portero_event *like,
                          const struct owner *owner, const struct roll *roll, uint64_t since)
{
  struct portero_event e = *like;
  char first[512], second[512], text[1100];
  struct owner other;

  e.kind = PORTERO_EVENT_ALERT;
  e.reason = "second-owner";
  e.annotation = text;
  for (size_t i = 0; i < roll->n; i++) {
    if (is_again(roll, i) || !first_owner(m, owner, &roll->entries[i], since, &other))
      continue;
    (void)snprintf(text, sizeof text, "%s beside %s", owner_text(owner, second, sizeof second),
                   owner_text(&other, first, sizeof first));
    record_entry(m, &e, &roll->entries[i]);
  }
}
