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
#include "src/rpc/epm_stub.h"

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
                                   struct portero_ept_entry *out_entries)
{
  struct portero_arena *arena = portero_call_arena(call);

  for (size_t i = 0; i < n; i++) {
    out_entries[i].object = found[i]->object;
    out_entries[i].tower = origin_tower(origin, found[i], arena);
    out_entries[i].annotation =
        portero_arena_text(arena, found[i]->annotation, strlen(found[i]->annotation));
    if (!out_entries[i].tower.data || !out_entries[i].annotation)
      return portero_local(PORTERO_LOCAL_NO_MEMORY);
    portero_epm_entry_hit(found[i]);
  }
  return portero_ok();
}

/* ---- ept_lookup ---- */

static void lookup_begin(const struct portero_ept_lookup_request *request,
                         struct inquiry *out_inquiry)
{
  memset(out_inquiry, 0, sizeof *out_inquiry);
  out_inquiry->query.inquiry = request->inquiry;
  out_inquiry->query.version = request->version_option;
  if (request->has_interface)
    out_inquiry->query.interface = request->interface;
  if (request->has_object)
    out_inquiry->query.object = request->object;
}

static portero_status lookup_batch(struct mapper *m, struct portero_call *call,
                                   struct inquiry *inquiry, uint32_t max,
                                   struct portero_ept_lookup_response *out_response, bool *out_more)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct portero_epm_entry **found =
      portero_arena_array(arena, max, sizeof(struct portero_epm_entry *));
  struct portero_ept_entry *entries = portero_arena_array(arena, max, sizeof *entries);
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
                              found, max, &n, out_more);
  if (portero_is_ok(status))
    status = copy_entries(call, &origin, found, n, entries);
  store_leave(&m->store, ticket);
  out_response->entries = entries;
  out_response->n_entries = (uint32_t)n;
  return status;
}

portero_status mapper_on_lookup(struct portero_call *call)
{
  struct mapper *m = portero_call_user(call);
  struct portero_ept_lookup_request request;
  struct portero_ept_lookup_response response;
  struct inquiry fresh, *inquiry;
  portero_status status = portero_ept_lookup_request_read(portero_call_in(call), &request);
  bool more = false;

  if (!portero_is_ok(status))
    return status;
  mapper_count(&m->lookups);
  memset(&response, 0, sizeof response);
  response.max_entries = request.max_entries;
  response.handle = request.handle;
  lookup_begin(&request, &fresh);
  status = inquiry_resume(call, &lookup_kind, &request.handle, &fresh, &inquiry);
  if (!portero_is_ok(status))
    return status;
  status = lookup_batch(m, call, inquiry, request.max_entries, &response, &more);
  if (portero_is_local(status, PORTERO_LOCAL_USAGE))
    response.status = PORTERO_EPT_CANT_PERFORM_OP;
  else if (!portero_is_ok(status))
    return status;
  else if (response.n_entries == 0)
    response.status = PORTERO_EPT_NOT_REGISTERED;
  status = inquiry_settle(call, &lookup_kind, inquiry, more, &response.handle);
  if (portero_is_ok(status))
    portero_ept_lookup_response_write(portero_call_out(call), &response);
  return status;
}

/* ---- ept_map ---- */

static bool map_begin(const struct portero_ept_map_request *request, struct inquiry *out_inquiry)
{
  struct portero_tower tower;

  memset(out_inquiry, 0, sizeof *out_inquiry);
  if (!request->tower.data || !portero_is_ok(portero_tower_read(request->tower, &tower)))
    return false;
  out_inquiry->map_query.interface = tower.interface;
  out_inquiry->map_query.transfer = tower.transfer;
  out_inquiry->map_query.protseq = tower.protseq;
  if (request->has_object)
    out_inquiry->map_query.object = request->object;
  return true;
}

/* One entry beyond the batch tells whether a handle is worth keeping. */
static portero_status map_batch(struct mapper *m, struct portero_call *call,
                                struct inquiry *inquiry, uint32_t max,
                                struct portero_ept_map_response *out_response, bool *out_more)
{
  struct portero_arena *arena = portero_call_arena(call);
  struct portero_epm_entry *peek,
      **found = portero_arena_array(arena, max, sizeof(struct portero_epm_entry *));
  struct portero_bytes *towers = portero_arena_array(arena, max, sizeof *towers);
  const struct portero_epm_map *map;
  struct portero_epm_cursor ahead;
  struct origin origin;
  unsigned ticket;
  bool further;
  size_t n = 0;

  if (!found || !towers)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  origin_of(call, &origin);
  inquiry->map_query.visible = origin_visible;
  inquiry->map_query.visible_ctx = &origin;
  map = store_enter(&m->store, &ticket);
  portero_epm_map_find(map, &inquiry->map_query, &inquiry->cursor, found, max, &n, out_more);
  for (size_t i = 0; i < n; i++) {
    towers[i] = origin_tower(&origin, found[i], arena);
    portero_epm_entry_hit(found[i]);
  }
  ahead = inquiry->cursor;
  if (*out_more) {
    size_t n_ahead = 0;
    portero_epm_map_find(map, &inquiry->map_query, &ahead, &peek, 1, &n_ahead, &further);
    *out_more = n_ahead > 0;
  }
  store_leave(&m->store, ticket);
  out_response->towers = towers;
  out_response->n_towers = (uint32_t)n;
  return n && !towers[n - 1].data ? portero_local(PORTERO_LOCAL_NO_MEMORY) : portero_ok();
}

portero_status mapper_on_map(struct portero_call *call)
{
  struct mapper *m = portero_call_user(call);
  struct portero_ept_map_request request;
  struct portero_ept_map_response response;
  struct inquiry fresh, *inquiry;
  portero_status status = portero_ept_map_request_read(portero_call_in(call), &request);
  bool more = false, readable;

  if (!portero_is_ok(status))
    return status;
  mapper_count(&m->maps);
  memset(&response, 0, sizeof response);
  response.max_towers = request.max_towers;
  response.handle = request.handle;
  readable = map_begin(&request, &fresh);
  status = inquiry_resume(call, &map_kind, &request.handle, &fresh, &inquiry);
  if (portero_is_ok(status) && (readable || inquiry != &fresh))
    status = map_batch(m, call, inquiry, request.max_towers, &response, &more);
  if (!portero_is_ok(status))
    return status;
  if (response.n_towers == 0)
    response.status = PORTERO_EPT_NOT_REGISTERED;
  status = inquiry_settle(call, &map_kind, inquiry, more, &response.handle);
  if (portero_is_ok(status))
    portero_ept_map_response_write(portero_call_out(call), &response);
  return status;
}

/* ---- the small ones ---- */

portero_status mapper_on_handle_free(struct portero_call *call)
{
  struct portero_ept_handle_response response;
  struct portero_handle handle;
  portero_status status =
      portero_ept_lookup_handle_free_request_read(portero_call_in(call), &handle);

  if (!portero_is_ok(status))
    return status;
  if (!handle_is_null(&handle)) {
    status = portero_handle_close(call, &lookup_kind, &handle);
    if (!portero_is_ok(status))
      status = portero_handle_close(call, &map_kind, &handle);
    if (!portero_is_ok(status))
      return status;
  }
  memset(&response, 0, sizeof response);
  portero_ept_lookup_handle_free_response_write(portero_call_out(call), &response);
  return portero_ok();
}

portero_status mapper_on_inq_object(struct portero_call *call)
{
  const struct mapper *m = portero_call_user(call);
  struct portero_ept_inq_object_response response = {.object = m->object};

  portero_ept_inq_object_response_write(portero_call_out(call), &response);
  return portero_ok();
}
