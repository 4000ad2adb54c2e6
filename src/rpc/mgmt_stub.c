/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/mgmt_stub.h"

const struct portero_syntax portero_mgmt_interface = {
    {0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}}, 1, 0};

/* ---- inq_if_ids: a pointer to a conformant struct of pointers to rpc_if_id_t ---- */

void portero_mgmt_if_ids_response_write(struct portero_ndr_writer *w,
                                        const struct portero_mgmt_if_ids_response *m)
{
  portero_ndr_write_pointer(w, m->has_vector);
  if (m->has_vector) {
    portero_ndr_write_size(w, m->n_ids);
    portero_ndr_write_u32(w, m->n_ids);
    for (uint32_t i = 0; i < m->n_ids; i++)
      portero_ndr_write_pointer(w, true);
    for (uint32_t i = 0; i < m->n_ids; i++)
      portero_ndr_write_syntax(w, &m->ids[i]);
  }
  portero_ndr_write_u32(w, m->status);
}

static void if_id_vector_read(struct portero_ndr_reader *r, struct portero_mgmt_if_ids_response *m)
{
  uint32_t max = portero_ndr_read_count(r, portero_ndr_reader_word(r), "if_id");
  uint32_t count = portero_ndr_read_u32(r, "count");
  struct portero_syntax *ids;
  uint32_t present = 0;

  if (portero_ndr_reader_ok(r) && count != max)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "count");
  ids = portero_ndr_reader_alloc(r, max, sizeof *ids, "if_id");
  if (!ids)
    return;
  for (uint32_t i = 0; i < max; i++)
    present += portero_ndr_read_pointer(r, "if_id[]");
  for (uint32_t i = 0; i < present && portero_ndr_reader_ok(r); i++)
    ids[i] = portero_ndr_read_syntax(r, "if_id[]");
  m->ids = ids;
  m->n_ids = present;
}

portero_status portero_mgmt_if_ids_response_read(struct portero_ndr_reader *r,
                                                 struct portero_mgmt_if_ids_response *out_m)
{
  struct portero_mgmt_if_ids_response m = {0};
  portero_status status;

  m.has_vector = portero_ndr_read_pointer(r, "if_id_vector");
  if (m.has_vector)
    if_id_vector_read(r, &m);
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- one number: requests of inq_stats, responses of stop_server_listening ---- */

static portero_status number_read(struct portero_ndr_reader *r, const char *what,
                                  uint32_t *out_value)
{
  uint32_t value = portero_ndr_read_u32(r, what);
  portero_status status = portero_ndr_reader_finish(r);

  if (portero_is_ok(status))
    *out_value = value;
  return status;
}

void portero_mgmt_stop_response_write(struct portero_ndr_writer *w, uint32_t status)
{
  portero_ndr_write_u32(w, status);
}

portero_status portero_mgmt_stop_response_read(struct portero_ndr_reader *r, uint32_t *out_status)
{
  return number_read(r, "status", out_status);
}

/* ---- inq_stats: count, and an array of that size ---- */

void portero_mgmt_stats_request_write(struct portero_ndr_writer *w, uint32_t count)
{
  portero_ndr_write_u32(w, count);
}

portero_status portero_mgmt_stats_request_read(struct portero_ndr_reader *r, uint32_t *out_count)
{
  return number_read(r, "count", out_count);
}

void portero_mgmt_stats_response_write(struct portero_ndr_writer *w,
                                       const struct portero_mgmt_stats_response *m)
{
  portero_ndr_write_u32(w, m->n_values);
  portero_ndr_write_size(w, m->n_values);
  for (uint32_t i = 0; i < m->n_values; i++)
    portero_ndr_write_u32(w, m->values[i]);
  portero_ndr_write_u32(w, m->status);
}

portero_status portero_mgmt_stats_response_read(struct portero_ndr_reader *r,
                                                struct portero_mgmt_stats_response *out_m)
{
  struct portero_mgmt_stats_response m = {0};
  uint32_t count = portero_ndr_read_u32(r, "count");
  portero_status status;
  uint32_t *values;

  m.n_values = portero_ndr_read_count(r, 4, "statistics");
  if (portero_ndr_reader_ok(r) && count != m.n_values)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "statistics");
  values = portero_ndr_reader_alloc(r, m.n_values, sizeof *values, "statistics");
  for (uint32_t i = 0; values && i < m.n_values; i++)
    values[i] = portero_ndr_read_u32(r, "statistics[]");
  m.values = values;
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- is_server_listening: a status, and the boolean32 that the operation returns ---- */

void portero_mgmt_listening_response_write(struct portero_ndr_writer *w,
                                           const struct portero_mgmt_listening_response *m)
{
  portero_ndr_write_u32(w, m->status);
  portero_ndr_write_u32(w, m->listening);
}

portero_status portero_mgmt_listening_response_read(struct portero_ndr_reader *r,
                                                    struct portero_mgmt_listening_response *out_m)
{
  struct portero_mgmt_listening_response m;
  portero_status status;

  m.status = portero_ndr_read_u32(r, "status");
  m.listening = portero_ndr_read_u32(r, "result") != 0;
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

/* ---- inq_princ_name: a string in an array of the size that the client chose ---- */

void portero_mgmt_princ_name_request_write(struct portero_ndr_writer *w,
                                           const struct portero_mgmt_princ_name_request *m)
{
  portero_ndr_write_u32(w, m->authn_protocol);
  portero_ndr_write_u32(w, m->size);
}

portero_status portero_mgmt_princ_name_request_read(struct portero_ndr_reader *r,
                                                    struct portero_mgmt_princ_name_request *out_m)
{
  struct portero_mgmt_princ_name_request m;
  portero_status status;

  m.authn_protocol = portero_ndr_read_u32(r, "authn_proto");
  m.size = portero_ndr_read_u32(r, "princ_name_size");
  if (m.size > PORTERO_MGMT_MAX_PRINC_NAME)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "princ_name_size");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

void portero_mgmt_princ_name_response_write(struct portero_ndr_writer *w,
                                            const struct portero_mgmt_princ_name_response *m)
{
  uint32_t length = m->size > 0 ? (uint32_t)strnlen(m->name, m->size - 1) : 0;

  portero_ndr_write_size(w, m->size);
  portero_ndr_write_varying(w, m->size > 0 ? length + 1 : 0);
  portero_ndr_write_bytes(w, m->name, length);
  portero_ndr_write_bytes(w, "", m->size > 0);
  portero_ndr_write_u32(w, m->status);
}

/* A client that offers no room gets an array without even a terminator. */
static const char *princ_name_read(struct portero_ndr_reader *r, uint32_t max)
{
  if (max > 0)
    return portero_ndr_read_varying_string(r, max, "princ_name");
  (void)portero_ndr_read_varying(r, 0, 1, NULL, "princ_name");
  return "";
}

portero_status portero_mgmt_princ_name_response_read(struct portero_ndr_reader *r,
                                                     struct portero_mgmt_princ_name_response *out_m)
{
  struct portero_mgmt_princ_name_response m;
  portero_status status;

  m.size = portero_ndr_read_size(r, "princ_name");
  m.name = princ_name_read(r, m.size);
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}
