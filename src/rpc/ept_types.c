/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/ept_types.h"

/* ---- twr_t: maximum count, tower_length, octets ---- */

void ept_tower_pointer_write(struct portero_ndr_writer *w, struct portero_bytes tower)
{
  portero_ndr_write_pointer(w, tower.data != NULL);
}

void ept_tower_write(struct portero_ndr_writer *w, struct portero_bytes tower)
{
  if (tower.size > UINT32_MAX) {
    portero_ndr_writer_fail(w, PORTERO_LOCAL_LIMIT);
    return;
  }
  portero_ndr_write_size(w, (uint32_t)tower.size);
  portero_ndr_write_u32(w, (uint32_t)tower.size);
  portero_ndr_write_bytes(w, tower.data, tower.size);
  portero_ndr_write_gap(w, 8);
}

void ept_tower_gap_read(struct portero_ndr_reader *r, size_t rest)
{
  portero_ndr_read_align(r, 4, "tower");
  if (r->ndr64 && portero_reader_left(&r->r) >= rest + 4)
    portero_ndr_read_align(r, 8, "tower");
}

static struct portero_bytes tower_read(struct portero_ndr_reader *r)
{
  uint32_t max = portero_ndr_read_count(r, 1, "tower");
  uint32_t length = portero_ndr_read_u32(r, "tower_length");

  if (portero_ndr_reader_ok(r) && length != max)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "tower_length");
  return portero_ndr_read_bytes(r, portero_ndr_reader_ok(r) ? length : 0, "tower_octet_string");
}

void ept_parameter_pointer_write(struct portero_ndr_writer *w, bool present)
{
  portero_ndr_write_size(w, present ? ++w->next_referent : 0);
}

void ept_tower_parameter_write(struct portero_ndr_writer *w, struct portero_bytes tower)
{
  ept_parameter_pointer_write(w, tower.data != NULL);
  if (tower.data)
    ept_tower_write(w, tower);
}

struct portero_bytes ept_tower_parameter_read(struct portero_ndr_reader *r)
{
  if (!portero_ndr_read_pointer(r, "tower"))
    return portero_bytes_make(NULL, 0);
  return tower_read(r);
}

/* ---- deferred towers ---- */

/*
 * twr_p_t is a full pointer: an identifier that was there before stands for the same tower, which
 * is sent once. [C706] 14.3.10. Identifiers usually grow, so that looking back is rare.
 */
static uint32_t same_before(const uint64_t *ids, uint32_t i)
{
  uint32_t j = 0;

  while (j < i && ids[j] != ids[i])
    j++;
  return j;
}

static void pointees_read(struct portero_ndr_reader *r, const uint64_t *ids, uint32_t n,
                          struct portero_bytes *towers)
{
  uint64_t highest = 0;

  for (uint32_t i = 0; i < n && portero_ndr_reader_ok(r); i++) {
    uint32_t before = i;

    if (ids[i] == 0)
      continue;
    if (ids[i] <= highest)
      before = same_before(ids, i);
    else
      highest = ids[i];
    towers[i] = before < i ? towers[before] : tower_read(r);
  }
}

/* Room for n identifiers; NULL (and failed) when n is over the limit. */
static uint64_t *ids_alloc(struct portero_ndr_reader *r, uint32_t n)
{
  if (n > PORTERO_EPT_MAX_ENTRIES)
    portero_ndr_reader_fail(r, PORTERO_LOCAL_LIMIT, "num_ents");
  return portero_ndr_reader_alloc(r, n, sizeof(uint64_t), "num_ents");
}

size_t ept_tower_pointer_size(const struct portero_ndr_reader *r)
{
  return portero_ndr_reader_word(r);
}

void ept_towers_write(struct portero_ndr_writer *w, const struct portero_bytes *towers, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    ept_tower_pointer_write(w, towers[i]);
  for (uint32_t i = 0; i < n; i++)
    if (towers[i].data)
      ept_tower_write(w, towers[i]);
}

const struct portero_bytes *ept_towers_read(struct portero_ndr_reader *r, uint32_t n)
{
  uint64_t *ids = ids_alloc(r, n);
  struct portero_bytes *towers = portero_ndr_reader_alloc(r, n, sizeof *towers, "towers");

  if (!ids || !towers)
    return NULL;
  for (uint32_t i = 0; i < n; i++)
    ids[i] = portero_ndr_read_referent(r, "towers[]");
  pointees_read(r, ids, n, towers);
  return towers;
}

/* ---- ept_entry_t: object, tower, annotation as a varying string ---- */

size_t ept_entry_size(const struct portero_ndr_reader *r)
{
  return 16 + 3 * portero_ndr_reader_word(r);
}

static void entry_write(struct portero_ndr_writer *w, const struct portero_ept_entry *e)
{
  const char *annotation = e->annotation ? e->annotation : "";

  if (strlen(annotation) >= PORTERO_EPT_ANNOTATION_SIZE)
    portero_ndr_writer_fail(w, PORTERO_LOCAL_USAGE);
  portero_ndr_write_align(w, portero_ndr_writer_word(w));
  portero_ndr_write_uuid(w, &e->object);
  ept_tower_pointer_write(w, e->tower);
  portero_ndr_write_varying_string(w, annotation);
  portero_ndr_write_gap(w, 8);
}

/*
 * Up to the terminator, whatever follows; an empty array is an empty annotation. Mappers send the
 * length of the text, or the whole array.
 */
static const char *annotation_read(struct portero_ndr_reader *r)
{
  uint32_t actual = portero_ndr_read_varying(r, PORTERO_EPT_ANNOTATION_SIZE, 1, NULL, "annotation");
  struct portero_bytes chars = portero_ndr_read_bytes(r, actual, "annotation");
  size_t length = actual > 0 ? strnlen((const char *)chars.data, actual) : 0;
  char *text;

  if (length >= PORTERO_EPT_ANNOTATION_SIZE) {
    portero_ndr_reader_fail(r, PORTERO_LOCAL_MALFORMED, "annotation");
    return "";
  }
  text = portero_ndr_reader_alloc(r, length + 1, 1, "annotation");
  if (text && length)
    memcpy(text, chars.data, length);
  return text ? text : "";
}

void ept_entries_write(struct portero_ndr_writer *w, const struct portero_ept_entry *entries,
                       uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    entry_write(w, &entries[i]);
  for (uint32_t i = 0; i < n; i++)
    if (entries[i].tower.data)
      ept_tower_write(w, entries[i].tower);
}

const struct portero_ept_entry *ept_entries_read(struct portero_ndr_reader *r, uint32_t n)
{
  uint64_t *ids = ids_alloc(r, n);
  struct portero_ept_entry *entries = portero_ndr_reader_alloc(r, n, sizeof *entries, "entries");
  struct portero_bytes *towers = portero_ndr_reader_alloc(r, n, sizeof *towers, "entries");

  if (!ids || !entries || !towers)
    return NULL;
  for (uint32_t i = 0; i < n && portero_ndr_reader_ok(r); i++) {
    portero_ndr_read_align(r, portero_ndr_reader_word(r), "entries[]");
    entries[i].object = portero_ndr_read_uuid(r, "entries[].object");
    ids[i] = portero_ndr_read_referent(r, "entries[].tower");
    entries[i].annotation = annotation_read(r);
    portero_ndr_read_gap(r, 8, "entries[]");
  }
  pointees_read(r, ids, n, towers);
  for (uint32_t i = 0; i < n; i++)
    entries[i].tower = towers[i];
  return entries;
}

/* ---- uuid_p_t ---- */

void ept_object_write(struct portero_ndr_writer *w, bool present, const struct portero_uuid *object)
{
  ept_parameter_pointer_write(w, present);
  if (present)
    portero_ndr_write_uuid(w, object);
}

bool ept_object_read(struct portero_ndr_reader *r, struct portero_uuid *out_object)
{
  if (!portero_ndr_read_pointer(r, "object"))
    return false;
  *out_object = portero_ndr_read_uuid(r, "object");
  return true;
}
