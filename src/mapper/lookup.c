/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions: ept_lookup, ept_map, ept_lookup_handle_free, ept_inq_object.
 *
 * How a look-up ends differs between implementations, and clients rely on each way. Here: a batch
 * that is not full ends it, with status 0 and a null handle (impacket reads status before
 * entries). A full batch keeps a live handle, and the next one may bring nothing but
 * ept_s_not_registered and a null handle (rpcclient asks one by one and stops only there).
 */
#include <stdlib.h>
#include <string.h>

#include "src/mapper/service.h"
#include "src/rpc/epm.h"

/* What a handle stands for between two batches. */
struct inquiry {
  struct portero_epm_query query;
  struct portero_epm_map_query map_query;
  struct portero_epm_cursor cursor;
};

static const char lookup_kind, map_kind;

static bool handle_is_null(const struct portero_handle *handle)
{
  return portero_uuid_is_nil(&handle->uuid);
}

/* The inquiry a handle stands for; a new one for a null handle. */
static portero_status inquiry_resume(struct portero_call *call, const char *kind,
                                     const struct portero_handle *handle, struct inquiry *fresh,
                                     struct inquiry **out_inquiry)
{
  void *state;
  portero_status status;

  *out_inquiry = fresh;
  if (handle_is_null(handle))
    return portero_ok();
  status = portero_handle_find(call, kind, handle, &state);
  if (portero_is_ok(status))
    *out_inquiry = state;
  return status;
}

/* Keeps or ends the inquiry, and says so in handle. */
static portero_status inquiry_settle(struct portero_call *call, const char *kind,
                                     struct inquiry *inquiry, bool more,
                                     struct portero_handle *handle)
{
  bool is_new = handle_is_null(handle);
  struct inquiry *kept;
  portero_status status;

  if (!more && is_new)
    return portero_ok();
  if (!more) {
    status = portero_handle_close(call, kind, handle);
    memset(handle, 0, sizeof *handle);
    return status;
  }
  if (!is_new)
    return portero_ok();
  kept = malloc(sizeof *kept);
  if (!kept)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *kept = *inquiry;
  status = portero_handle_new(call, kind, kept, free, handle);
  if (!portero_is_ok(status))
    free(kept);
  return status;
}

static portero_status copy_entries(struct portero_call *call, const struct origin *origin,
                                   struct portero_epm_entry *const *found, size_t n,
                                   struct epm_entry *out_entries)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct epm_tower *towers = portero_arena_array(arena, n, sizeof *towers);

  for (size_t i = 0; towers && i < n; i++) {
    struct portero_bytes octets = origin_tower(origin, found[i], arena);

    towers[i] = epm_tower_of(octets);
    out_entries[i].object = found[i]->object;
    out_entries[i].tower = &towers[i];
    out_entries[i].annotation =
        portero_arena_text(arena, found[i]->annotation, strlen(found[i]->annotation));
    if (!octets.data || !out_entries[i].annotation)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    portero_epm_entry_hit(found[i]);
  }
  return towers ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

/* ---- ept_lookup ---- */

static void lookup_begin(const struct epmapper_ept_lookup *args, struct inquiry *out_inquiry)
{
  const struct ms_types_interface_id *id = args->interface_id;

  memset(out_inquiry, 0, sizeof *out_inquiry);
  out_inquiry->query.inquiry = args->inquiry_type;
  out_inquiry->query.version = args->version_option;
  if (id)
    out_inquiry->query.interface = (struct portero_syntax){id->id, id->major, id->minor};
  if (args->object)
    out_inquiry->query.object = *args->object;
}

static portero_status lookup_batch(struct mapper *m, struct portero_call *call,
                                   struct inquiry *inquiry, struct epmapper_ept_lookup *args,
                                   bool *out_more)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct portero_epm_entry **found =
      portero_arena_array(arena, args->max_entries, sizeof(struct portero_epm_entry *));
  struct epm_entry *entries = portero_arena_array(arena, args->max_entries, sizeof *entries);
  struct origin origin;
  portero_status status;
  unsigned ticket;
  size_t n = 0;

  if (!found || !entries)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  origin_of(call, &origin);
  inquiry->query.visible = origin_visible;
  inquiry->query.visible_ctx = &origin;
  status = portero_epm_lookup(store_enter(&m->store, &ticket), &inquiry->query, &inquiry->cursor,
                              found, args->max_entries, &n, out_more);
  if (portero_is_ok(status))
    status = copy_entries(call, &origin, found, n, entries);
  store_leave(&m->store, ticket);
  args->entries = entries;
  args->num_entries = (uint32_t)n;
  return status;
}

portero_status mapper_on_lookup(struct portero_call *call, struct epmapper_ept_lookup *args)
{
  struct mapper *m = portero_call_user(call);
  struct inquiry fresh, *inquiry;
  portero_status status;
  bool more = false;

  mapper_count(&m->lookups);
  lookup_begin(args, &fresh);
  status = inquiry_resume(call, &lookup_kind, &args->entry_handle, &fresh, &inquiry);
  if (!portero_is_ok(status))
    return status;
  status = lookup_batch(m, call, inquiry, args, &more);
  if (portero_is_local(status, PORTERO_LOCAL_USAGE))
    args->status = PORTERO_EPT_CANT_PERFORM_OP;
  else if (!portero_is_ok(status))
    return status;
  else if (args->num_entries == 0)
    args->status = PORTERO_EPT_NOT_REGISTERED;
  return inquiry_settle(call, &lookup_kind, inquiry, more, &args->entry_handle);
}

/* ---- ept_map ---- */

static bool map_begin(const struct epmapper_ept_map *args, struct inquiry *out_inquiry)
{
  struct portero_tower tower;

  memset(out_inquiry, 0, sizeof *out_inquiry);
  if (!args->map_tower || !portero_is_ok(portero_tower_read(epm_octets(args->map_tower), &tower)))
    return false;
  out_inquiry->map_query.interface = tower.interface;
  out_inquiry->map_query.transfer = tower.transfer;
  out_inquiry->map_query.protseq = tower.protseq;
  if (args->object)
    out_inquiry->map_query.object = *args->object;
  return true;
}

/* false: memory is out. */
static bool towers_tell(struct portero_call *call, const struct origin *origin,
                        struct portero_epm_entry *const *found, size_t n,
                        struct epmapper_ept_map *args)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct epm_tower *towers = portero_arena_array(arena, n, sizeof *towers);
  const struct epm_tower **pointers =
      portero_arena_array(arena, n, sizeof(const struct epm_tower *));

  if (!towers || !pointers)
    return false;
  for (size_t i = 0; i < n; i++) {
    towers[i] = epm_tower_of(origin_tower(origin, found[i], arena));
    if (!towers[i].octets)
      return false;
    pointers[i] = &towers[i];
    portero_epm_entry_hit(found[i]);
  }
  args->towers = pointers;
  args->num_towers = (uint32_t)n;
  return true;
}

/* One entry beyond the batch tells whether a handle is worth keeping. */
static portero_status map_batch(struct mapper *m, struct portero_call *call,
                                struct inquiry *inquiry, struct epmapper_ept_map *args,
                                bool *out_more)
{
  struct portero_epm_entry *peek,
      **found = portero_arena_array(portero_call_arena(call), args->max_towers,
                                    sizeof(struct portero_epm_entry *));
  const struct portero_epm_map *map;
  struct portero_epm_cursor ahead;
  struct origin origin;
  unsigned ticket;
  bool further, told;
  size_t n = 0;

  if (!found)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  origin_of(call, &origin);
  inquiry->map_query.visible = origin_visible;
  inquiry->map_query.visible_ctx = &origin;
  map = store_enter(&m->store, &ticket);
  portero_epm_map_find(map, &inquiry->map_query, &inquiry->cursor, found, args->max_towers, &n,
                       out_more);
  told = towers_tell(call, &origin, found, n, args);
  ahead = inquiry->cursor;
  if (*out_more) {
    size_t n_ahead = 0;
    portero_epm_map_find(map, &inquiry->map_query, &ahead, &peek, 1, &n_ahead, &further);
    *out_more = n_ahead > 0;
  }
  store_leave(&m->store, ticket);
  return told ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

portero_status mapper_on_map(struct portero_call *call, struct epmapper_ept_map *args)
{
  static const struct epm_tower *const none = NULL;
  struct mapper *m = portero_call_user(call);
  struct inquiry fresh, *inquiry;
  portero_status status;
  bool more = false, readable = map_begin(args, &fresh);

  mapper_count(&m->maps);
  args->towers = &none;
  status = inquiry_resume(call, &map_kind, &args->entry_handle, &fresh, &inquiry);
  if (portero_is_ok(status) && (readable || inquiry != &fresh))
    status = map_batch(m, call, inquiry, args, &more);
  if (!portero_is_ok(status))
    return status;
  if (args->num_towers == 0)
    args->status = PORTERO_EPT_NOT_REGISTERED;
  return inquiry_settle(call, &map_kind, inquiry, more, &args->entry_handle);
}

/* ---- the small ones ---- */

portero_status mapper_on_handle_free(struct portero_call *call,
                                     struct epmapper_ept_lookup_handle_free *args)
{
  portero_status status;

  if (!handle_is_null(&args->entry_handle)) {
    status = portero_handle_close(call, &lookup_kind, &args->entry_handle);
    if (!portero_is_ok(status))
      status = portero_handle_close(call, &map_kind, &args->entry_handle);
    if (!portero_is_ok(status))
      return status;
  }
  memset(&args->entry_handle, 0, sizeof args->entry_handle);
  return portero_ok();
}

portero_status mapper_on_inq_object(struct portero_call *call,
                                    struct epmapper_ept_inq_object *args)
{
  const struct mapper *m = portero_call_user(call);

  args->ept_object = m->object;
  return portero_ok();
}
