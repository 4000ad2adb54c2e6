/* SPDX-License-Identifier: Apache-2.0 */
/* The changes: ept_insert, ept_delete, ept_mgmt_delete, and who may make them. [C706] appendix O */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/mapper/service.h"
#include "src/rpc/epm.h"

static bool contains(const uint32_t *ids, size_t n, uint32_t id)
{
  for (size_t i = 0; i < n; i++)
    if (ids[i] == id)
      return true;
  return false;
}

static bool in_named_group(const struct mapper_options *o, const struct portero_call *call)
{
  for (size_t i = 0; i < o->n_gids; i++)
    if (portero_call_peer_in_group(call, o->gids[i]))
      return true;
  return false;
}

static bool may_register(const struct mapper_options *o, const struct portero_call *call)
{
  uint32_t uid = portero_call_peer(call)->uid;

  return uid == 0 || (uid == geteuid() && !o->own_is_shared) || contains(o->uids, o->n_uids, uid) ||
         in_named_group(o, call);
}

/*
 * Only local sockets carry the kernel's word on who is calling. May register: root, the mapper's own
 * account unless others share it, and whom the configuration names.
 */
portero_status mapper_may_change(struct mapper *m, const struct portero_call *call)
{
  const struct portero_peer *peer = portero_call_peer(call);

  if (!(peer->has_credentials ? may_register(&m->options, call) : m->options.allow_remote_insert)) {
    mapper_count(peer->has_credentials ? &m->refused_caller : &m->refused_remote);
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  }
  if (portero_call_opnum(call) == epmapper_ept_mgmt_delete_opnum && peer->has_credentials &&
      peer->uid != 0)
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  return portero_ok();
}

/* One request, as it is made on each side of the store. */
struct change {
  uint64_t owner;
  uint64_t now;
  const struct epm_entry *entries;
  const struct portero_tower *towers; /* the entries', parsed */
  size_t n;
  bool replace;
  bool local_only;
};

static void item_of(const struct change *c, size_t i, struct portero_epm_item *out_item)
{
  memset(out_item, 0, sizeof *out_item);
  out_item->object = c->entries[i].object;
  out_item->octets = epm_octets(c->entries[i].tower);
  out_item->tower = &c->towers[i];
  out_item->annotation = c->entries[i].annotation;
  out_item->local_only = c->local_only;
}

static portero_status insert_each(struct portero_epm_map *map, const struct change *c,
                                  uint64_t replace_before)
{
  struct portero_epm_item item;
  portero_status status = portero_ok();

  for (size_t i = 0; i < c->n && portero_is_ok(status); i++) {
    item_of(c, i, &item);
    status = portero_epm_map_insert(map, c->owner, &item, replace_before, c->now, NULL);
  }
  return status;
}

/* All or nothing: first every entry must find its place, then what they replace goes. */
static portero_status change_insert(struct portero_epm_map *map, void *ctx)
{
  const struct change *c = ctx;
  uint64_t before = portero_epm_map_serial(map);
  portero_status status = insert_each(map, c, 0);

  if (!portero_is_ok(status))
    (void)portero_epm_map_delete_since(map, c->owner, before);
  else if (c->replace)
    status = insert_each(map, c, before);
  return status;
}

static portero_status change_delete(struct portero_epm_map *map, void *ctx)
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

static bool towers_read(struct portero_call *call, const struct epm_entry *entries,
                        size_t n, struct portero_tower **out_towers)
{
  struct portero_tower *towers = portero_arena_array(portero_call_arena(call), n, sizeof *towers);

  for (size_t i = 0; towers && i < n; i++)
    if (!entries[i].tower ||
        !portero_is_ok(portero_tower_read(epm_octets(entries[i].tower), &towers[i])))
      return false;
  *out_towers = towers;
  return towers != NULL;
}

/* The request as a change of this caller's, made, and what the caller is told of it. */
static portero_status change_make(struct portero_call *call, const struct epm_entry *entries,
                                  uint32_t n, bool replace, store_change *make,
                                  uint32_t *out_result)
{
  struct mapper *m = portero_call_user(call);
  struct change change = {.now = mapper_now(m), .entries = entries, .n = n, .replace = replace};
  struct portero_tower *towers;
  struct owner *owner;
  portero_status status;

  if (n > EPM_MAX_ENTRIES)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (!towers_read(call, entries, n, &towers)) {
    *out_result = PORTERO_EPT_CANT_PERFORM_OP;
    return portero_ok();
  }
  status = owner_of(m, call, &owner);
  if (!portero_is_ok(status))
    return status;
  change.owner = owner->id;
  change.towers = towers;
  *out_result = result_of(m, store_apply(&m->store, make, &change));
  return portero_ok();
}

portero_status mapper_on_insert(struct portero_call *call, struct epmapper_ept_insert *args)
{
  struct mapper *m = portero_call_user(call);

  mapper_count(&m->inserts);
  return change_make(call, args->entries, args->num_entries, args->replace != 0, change_insert,
                     &args->status);
}

portero_status mapper_on_delete(struct portero_call *call, struct epmapper_ept_delete *args)
{
  struct mapper *m = portero_call_user(call);

  mapper_count(&m->deletes);
  return change_make(call, args->entries, args->num_entries, false, change_delete, &args->status);
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

portero_status mapper_on_mgmt_delete(struct portero_call *call,
                                     struct epmapper_ept_mgmt_delete *args)
{
  struct mapper *m = portero_call_user(call);
  struct broom broom = {.octets = epm_octets(args->tower)};

  if (!args->tower) {
    args->status = PORTERO_EPT_CANT_PERFORM_OP;
    return portero_ok();
  }
  mapper_count(&m->deletes);
  broom.object_speced = args->object_speced != 0 && args->object != NULL;
  if (broom.object_speced)
    broom.object = *args->object;
  args->status = result_of(m, store_apply(&m->store, change_sweep, &broom));
  return portero_ok();
}

/* ---- entries of the configuration ---- */

static bool is_local_host(const char *host)
{
  return strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

/* Names are not looked up: who answers for them may change while the map stays. */
static bool host_can_be_told(const char *host)
{
  struct in6_addr address;

  return *host == '\0' || is_local_host(host) || inet_pton(AF_INET, host, &address) == 1 ||
         inet_pton(AF_INET6, host, &address) == 1;
}

static bool announced_tower(const struct mapper_entry *e, struct portero_tower *out_tower)
{
  char *end;
  unsigned long port = strtoul(e->binding.endpoint, &end, 10);

  if (e->binding.protseq == PORTERO_PROTSEQ_UNKNOWN)
    return false;

  memset(out_tower, 0, sizeof *out_tower);
  out_tower->interface = e->interface;
  out_tower->transfer = portero_syntax_ndr;
  out_tower->protseq = e->binding.protseq;
  (void)inet_pton(AF_INET, e->binding.host, out_tower->ipv4);
  (void)snprintf(out_tower->endpoint, sizeof out_tower->endpoint, "%s", e->binding.endpoint);
  if (e->binding.protseq == PORTERO_NCACN_NP || e->binding.protseq == PORTERO_NCALRPC ||
      e->binding.protseq == PORTERO_NCACN_UNIX_STREAM)
    return true;
  out_tower->port = (uint16_t)port;
  return e->binding.endpoint[0] >= '0' && e->binding.endpoint[0] <= '9' && *end == '\0' &&
         port > 0 && port <= UINT16_MAX && host_can_be_told(e->binding.host);
}

bool mapper_entry_is_usable(const struct mapper_entry *entry)
{
  struct portero_tower tower;

  return announced_tower(entry, &tower);
}

portero_status mapper_announce(struct mapper *m, const struct mapper_entry *e)
{
  struct epm_entry entry = {.object = e->binding.object, .annotation = e->annotation};
  struct epm_tower octets;
  struct portero_tower tower;
  struct portero_writer w;
  struct change change;
  portero_status status = portero_local(PORTERO_LOCAL_USAGE);

  if (!announced_tower(e, &tower))
    return status;
  portero_writer_init(&w, &portero_mem_malloc, PORTERO_EPM_TOWER_LIMIT);
  portero_tower_write(&w, &tower);
  status = portero_writer_finish(&w);
  if (portero_is_ok(status)) {
    octets = epm_tower_of(portero_writer_bytes(&w));
    entry.tower = &octets;
    memset(&change, 0, sizeof change);
    change.owner = OWNER_CONFIGURATION;
    change.entries = &entry;
    change.towers = &tower;
    change.n = 1;
    change.local_only = is_local_host(e->binding.host);
    status = store_apply(&m->store, change_insert, &change);
  }
  portero_writer_deinit(&w);
  return status;
}
