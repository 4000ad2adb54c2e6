/* SPDX-License-Identifier: Apache-2.0 */
#include "src/mapper/status_stub.h"

#include <string.h>

#define ENTRY_WIRE_MIN 64u /* the flat part of an entry, at least */

const struct portero_syntax mapper_status_syntax = {
    {0x0c7d2f4e, 0x95b1, 0x4f0a, {0x8a, 0x3e, 0x6b, 0x9d, 0x1e, 0x2c, 0x3a, 0x45}}, 1, 0};

void status_request_write(struct portero_ndr_writer *w, const struct status_request *m)
{
  portero_ndr_write_u64(w, m->after);
  portero_ndr_write_u32(w, m->max);
}

portero_status status_request_read(struct portero_ndr_reader *r, struct status_request *out_m)
{
  struct status_request m;
  portero_status status;

  m.after = portero_ndr_read_u64(r, "after");
  m.max = portero_ndr_read_u32(r, "max");
  if (m.max > STATUS_BATCH_MAX)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "max");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}

static void entry_write(struct portero_ndr_writer *w, const struct status_entry *e)
{
  portero_ndr_write_align(w, 8);
  portero_ndr_write_u64(w, e->serial);
  portero_ndr_write_u64(w, e->age);
  portero_ndr_write_u64(w, e->lookups);
  portero_ndr_write_u32(w, e->pid);
  portero_ndr_write_u32(w, e->uid);
  portero_ndr_write_u32(w, e->flags);
  portero_ndr_write_uuid(w, &e->object);
  portero_ndr_write_pointer(w, true);
  portero_ndr_write_pointer(w, true);
  portero_ndr_write_u32(w, (uint32_t)e->tower.size);
  portero_ndr_write_pointer(w, true);
  portero_ndr_write_gap(w, 8);
}

static void entry_write_pointees(struct portero_ndr_writer *w, const struct status_entry *e)
{
  portero_ndr_write_string(w, e->annotation);
  portero_ndr_write_string(w, e->unit);
  portero_ndr_write_size(w, (uint32_t)e->tower.size);
  portero_ndr_write_bytes(w, e->tower.data, e->tower.size);
}

void status_response_write(struct portero_ndr_writer *w, const struct status_response *m)
{
  for (size_t i = 0; i < STATUS_COUNTERS; i++)
    portero_ndr_write_u64(w, m->counters[i]);
  portero_ndr_write_u32(w, m->n_entries);
  portero_ndr_write_size(w, m->max);
  portero_ndr_write_varying(w, m->n_entries);
  for (uint32_t i = 0; i < m->n_entries; i++)
    entry_write(w, &m->entries[i]);
  for (uint32_t i = 0; i < m->n_entries; i++)
    entry_write_pointees(w, &m->entries[i]);
  portero_ndr_write_u32(w, m->status);
}

static void pointer_expect(struct portero_ndr_reader *r, const char *what)
{
  if (!portero_ndr_read_pointer(r, what))
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, what);
}

static void entry_read(struct portero_ndr_reader *r, struct status_entry *out_entry)
{
  portero_ndr_read_align(r, 8, "entry");
  out_entry->serial = portero_ndr_read_u64(r, "serial");
  out_entry->age = portero_ndr_read_u64(r, "age");
  out_entry->lookups = portero_ndr_read_u64(r, "lookups");
  out_entry->pid = portero_ndr_read_u32(r, "pid");
  out_entry->uid = portero_ndr_read_u32(r, "uid");
  out_entry->flags = portero_ndr_read_u32(r, "flags");
  out_entry->object = portero_ndr_read_uuid(r, "object");
  pointer_expect(r, "annotation");
  pointer_expect(r, "unit");
  out_entry->tower.size = portero_ndr_read_u32(r, "tower_size");
  pointer_expect(r, "tower");
  portero_ndr_read_gap(r, 8, "entry");
}

static void entry_read_pointees(struct portero_ndr_reader *r, struct status_entry *entry)
{
  uint32_t size;

  entry->annotation = portero_ndr_read_string(r, "annotation");
  entry->unit = portero_ndr_read_string(r, "unit");
  size = portero_ndr_read_count(r, 1, "tower");
  if (size != entry->tower.size)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "tower_size");
  entry->tower = portero_ndr_read_bytes(r, size, "tower");
}

portero_status status_response_read(struct portero_ndr_reader *r, struct status_response *out_m)
{
  struct status_response m;
  struct status_entry *entries;
  portero_status status;
  uint32_t actual;

  for (size_t i = 0; i < STATUS_COUNTERS; i++)
    m.counters[i] = portero_ndr_read_u64(r, "counters");
  m.n_entries = portero_ndr_read_u32(r, "count");
  m.max = portero_ndr_read_size(r, "max");
  actual = portero_ndr_read_varying(r, m.max, ENTRY_WIRE_MIN, NULL, "entries");
  if (actual != m.n_entries)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "count");
  entries = portero_ndr_reader_alloc(r, actual, sizeof *entries, "entries");
  for (uint32_t i = 0; entries && i < actual; i++)
    entry_read(r, &entries[i]);
  for (uint32_t i = 0; entries && i < actual; i++)
    entry_read_pointees(r, &entries[i]);
  m.entries = entries;
  m.status = portero_ndr_read_u32(r, "status");
  status = portero_ndr_reader_finish(r);
  if (portero_is_ok(status))
    *out_m = m;
  return status;
}
