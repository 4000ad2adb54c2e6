/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/epm_stub.h"

#include "src/rpc/ept_types.h"

const struct portero_syntax portero_ept_interface = {
    {0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 0};

/* A count on the wire must be the one that another field has told. */
static void check_equal(struct portero_ndr_reader *r, uint32_t told, uint32_t count,
                        const char *what)
{
  if (told != count)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, what);
}

static uint32_t batch_read(struct portero_ndr_reader *r, const char *what)
{
  uint32_t max = portero_ndr_read_u32(r, what);

  if (max > PORTERO_EPT_MAX_BATCH)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, what);
  return max;
}

/* ---- ept_insert, ept_delete ---- */

void portero_ept_delete_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_insert_request *m)
{
  portero_ndr_write_u32(w, m->n_entries);
  portero_ndr_write_size(w, m->n_entries);
  ept_entries_write(w, m->entries, m->n_entries);
}

void portero_ept_insert_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_insert_request *m)
{
  portero_ept_delete_request_write(w, m);
  portero_ndr_write_u32(w, m->replace);
}

static void entries_parameter_read(struct portero_ndr_reader *r,
                                   struct portero_ept_insert_request *m)
{
  uint32_t told = portero_ndr_read_u32(r, "num_ents");

  m->n_entries = portero_ndr_read_count(r, ept_entry_size(r), "entries");
  check_equal(r, told, m->n_entries, "entries");
  m->entries = ept_entries_read(r, m->n_entries);
}

static portero_status insert_finish(const struct portero_ndr_reader *r,
                                    const struct portero_ept_insert_request *m,
                                    struct portero_ept_insert_request *out_m)
{
  portero_status status = portero_ndr_reader_finish(r);

  if (portero_is_ok(status))
    *out_m = *m;
  return status;
}

portero_status portero_ept_delete_request_read(struct portero_ndr_reader *r,
                                               struct portero_ept_insert_request *out_m)
{
  struct portero_ept_insert_request m = {0};

  entries_parameter_read(r, &m);
  return insert_finish(r, &m, out_m);
}

portero_status portero_ept_insert_request_read(struct portero_ndr_reader *r,
                                               struct portero_ept_insert_request *out_m)
{
  struct portero_ept_insert_request m = {0};

  entries_parameter_read(r, &m);
  ept_tower_gap_read(r, 4);
  m.replace = portero_ndr_read_u32(r, "replace") != 0;
  return insert_finish(r, &m, out_m);
}

void portero_ept_status_write(struct portero_ndr_writer *w, uint32_t status)
{
  portero_ndr_write_u32(w, status);
}

portero_status portero_ept_status_read(struct portero_ndr_reader *r, uint32_t *out_status)
{
  uint32_t value = portero_ndr_read_u32(r, "status");
  portero_status status = portero_ndr_reader_finish(r);

  if (portero_is_ok(status))
    *out_status = value;
  return status;
}

/* ---- ept_lookup ---- */

void portero_ept_lookup_request_write(struct portero_ndr_writer *w,
                                      const struct portero_ept_lookup_request *m)
{
  portero_ndr_write_u32(w, m->inquiry);
  ept_object_write(w, m->has_object, &m->object);
  ept_parameter_pointer_write(w, m->has_interface);
  if (m->has_interface)
    portero_ndr_write_syntax(w, &m->interface);
  portero_ndr_write_u32(w, m->version_option);
  portero_ndr_write_handle(w, &m->handle);
  portero_ndr_write_u32(w, m->max_entries);
}

portero_status portero_ept_lookup_request_read(struct portero_ndr_reader *r,
                                               struct portero_ept_lookup_request *out_m)
{
  struct portero_ept_lookup_request m = {0};
  portero_status status;

  m.inquiry = portero_ndr_read_u32(r, "inquiry_type");
  m.has_object = ept_object_read(r, &m.object);
  m.has_interface = portero_ndr_read_pointer(r, "interface_id");
  if (m.has_interface)
    m.interface = portero_ndr_read_syntax(r, "interface_id");
  m.version_option = portero_ndr_read_u32(r, "vers_option");
  m.handle = portero_ndr_read_handle(r, "entry_handle");
  m.max_entries = batch_read(r, "max_ents");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

void portero_ept_lookup_response_write(struct portero_ndr_writer *w,
                                       const struct portero_ept_lookup_response *m)
{
  portero_ndr_write_handle(w, &m->handle);
  portero_ndr_write_u32(w, m->n_entries);
  portero_ndr_write_size(w, m->max_entries);
  portero_ndr_write_varying(w, m->n_entries);
  ept_entries_write(w, m->entries, m->n_entries);
  portero_ndr_write_u32(w, m->status);
}

portero_status portero_ept_lookup_response_read(struct portero_ndr_reader *r,
                                                struct portero_ept_lookup_response *out_m)
{
  struct portero_ept_lookup_response m = {0};
  portero_status status;
  uint32_t told;

  m.handle = portero_ndr_read_handle(r, "entry_handle");
  told = portero_ndr_read_u32(r, "num_ents");
  m.max_entries = portero_ndr_read_size(r, "entries");
  m.n_entries = portero_ndr_read_varying(r, m.max_entries, ept_entry_size(r), NULL, "entries");
  check_equal(r, told, m.n_entries, "entries");
  m.entries = ept_entries_read(r, m.n_entries);
  ept_tower_gap_read(r, 4);
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- ept_map ---- */

void portero_ept_map_request_write(struct portero_ndr_writer *w,
                                   const struct portero_ept_map_request *m)
{
  ept_object_write(w, m->has_object, &m->object);
  ept_tower_parameter_write(w, m->tower);
  portero_ndr_write_handle(w, &m->handle);
  portero_ndr_write_u32(w, m->max_towers);
}

portero_status portero_ept_map_request_read(struct portero_ndr_reader *r,
                                            struct portero_ept_map_request *out_m)
{
  struct portero_ept_map_request m = {0};
  portero_status status;

  m.has_object = ept_object_read(r, &m.object);
  m.tower = ept_tower_parameter_read(r);
  ept_tower_gap_read(r, 24);
  m.handle = portero_ndr_read_handle(r, "entry_handle");
  m.max_towers = batch_read(r, "max_towers");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

void portero_ept_map_response_write(struct portero_ndr_writer *w,
                                    const struct portero_ept_map_response *m)
{
  portero_ndr_write_handle(w, &m->handle);
  portero_ndr_write_u32(w, m->n_towers);
  portero_ndr_write_size(w, m->max_towers);
  portero_ndr_write_varying(w, m->n_towers);
  ept_towers_write(w, m->towers, m->n_towers);
  portero_ndr_write_u32(w, m->status);
}

portero_status portero_ept_map_response_read(struct portero_ndr_reader *r,
                                             struct portero_ept_map_response *out_m)
{
  struct portero_ept_map_response m = {0};
  portero_status status;
  uint32_t told;

  m.handle = portero_ndr_read_handle(r, "entry_handle");
  told = portero_ndr_read_u32(r, "num_towers");
  m.max_towers = portero_ndr_read_size(r, "towers");
  m.n_towers = portero_ndr_read_varying(r, m.max_towers, ept_tower_pointer_size(r), NULL, "towers");
  check_equal(r, told, m.n_towers, "towers");
  m.towers = ept_towers_read(r, m.n_towers);
  ept_tower_gap_read(r, 4);
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- ept_lookup_handle_free ---- */

void portero_ept_lookup_handle_free_request_write(struct portero_ndr_writer *w,
                                                  const struct portero_handle *handle)
{
  portero_ndr_write_handle(w, handle);
}

portero_status portero_ept_lookup_handle_free_request_read(struct portero_ndr_reader *r,
                                                           struct portero_handle *out_handle)
{
  struct portero_handle handle = portero_ndr_read_handle(r, "entry_handle");
  portero_status status = portero_ndr_reader_finish(r);

  if (portero_is_ok(status))
    *out_handle = handle;
  return status;
}

void portero_ept_lookup_handle_free_response_write(struct portero_ndr_writer *w,
                                                   const struct portero_ept_handle_response *m)
{
  portero_ndr_write_handle(w, &m->handle);
  portero_ndr_write_u32(w, m->status);
}

portero_status
portero_ept_lookup_handle_free_response_read(struct portero_ndr_reader *r,
                                             struct portero_ept_handle_response *out_m)
{
  struct portero_ept_handle_response m;
  portero_status status;

  m.handle = portero_ndr_read_handle(r, "entry_handle");
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- ept_inq_object ---- */

void portero_ept_inq_object_response_write(struct portero_ndr_writer *w,
                                           const struct portero_ept_inq_object_response *m)
{
  portero_ndr_write_uuid(w, &m->object);
  portero_ndr_write_u32(w, m->status);
}

portero_status portero_ept_inq_object_response_read(struct portero_ndr_reader *r,
                                                    struct portero_ept_inq_object_response *out_m)
{
  struct portero_ept_inq_object_response m;
  portero_status status;

  m.object = portero_ndr_read_uuid(r, "ept_object");
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- ept_mgmt_delete ---- */

void portero_ept_mgmt_delete_request_write(struct portero_ndr_writer *w,
                                           const struct portero_ept_mgmt_delete_request *m)
{
  portero_ndr_write_u32(w, m->object_speced);
  ept_object_write(w, m->has_object, &m->object);
  ept_tower_parameter_write(w, m->tower);
}

portero_status portero_ept_mgmt_delete_request_read(struct portero_ndr_reader *r,
                                                    struct portero_ept_mgmt_delete_request *out_m)
{
  struct portero_ept_mgmt_delete_request m = {0};
  portero_status status;

  m.object_speced = portero_ndr_read_u32(r, "object_speced") != 0;
  m.has_object = ept_object_read(r, &m.object);
  m.tower = ept_tower_parameter_read(r);
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}
