/* SPDX-License-Identifier: Apache-2.0 */
/* Full pointers: a hash table from identifiers (reading) or addresses (writing) to pointees. */
#include <portero/ndr.h>

#define FIRST_SLOTS 16u

struct entry {
  uint64_t key; /* 0: free */
  uint32_t type;
  uint32_t id;
  const void *pointee;
  bool is_sent;
};

struct portero_ndr_full {
  struct entry *slots;
  size_t n_slots; /* a power of two, at most half of it used */
  size_t used;
};

static size_t slot_of(const struct portero_ndr_full *f, uint64_t key)
{
  return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (f->n_slots - 1);
}

/* The entry of key (and type, unless any_type will do), or a free one. */
static struct entry *find(const struct portero_ndr_full *f, uint64_t key, uint32_t type,
                          bool any_type)
{
  size_t i = slot_of(f, key);

  while (f->slots[i].key != 0 &&
         (f->slots[i].key != key || (!any_type && f->slots[i].type != type)))
    i = (i + 1) & (f->n_slots - 1);
  return &f->slots[i];
}

static bool grow(struct portero_ndr_full *f, struct portero_arena *arena)
{
  struct portero_ndr_full larger = {NULL, f->n_slots ? f->n_slots * 2 : FIRST_SLOTS, f->used};

  larger.slots = portero_arena_array(arena, larger.n_slots, sizeof *larger.slots);
  if (!larger.slots)
    return false;
  for (size_t i = 0; i < f->n_slots; i++)
    if (f->slots[i].key != 0)
      *find(&larger, f->slots[i].key, f->slots[i].type, false) = f->slots[i];
  *f = larger;
  return true;
}

/* Room for one more; false: no memory. */
static bool ready(struct portero_ndr_full **full, struct portero_arena *arena)
{
  if (!*full)
    *full = portero_arena_alloc(arena, sizeof **full);
  if (!*full)
    return false;
  return (*full)->used * 2 < (*full)->n_slots || grow(*full, arena);
}

bool portero_ndr_read_full_begin(struct portero_ndr_reader *n, uint64_t id, uint32_t type,
                                 const void **out_pointee, const char *what)
{
  const struct entry *e = n->full ? find(n->full, id, type, true) : NULL;

  if (!e || e->key == 0)
    return true;
  *out_pointee = e->type == type ? e->pointee : NULL;
  if (e->type != type)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return false;
}

void portero_ndr_read_full_at(struct portero_ndr_reader *n, uint64_t id, uint32_t type,
                              const void *pointee, const char *what)
{
  struct entry *e;

  if (!n->arena || !ready(&n->full, n->arena)) {
    portero_ndr_reader_fail(n, PORTERO_LOCAL_LIMIT, what);
    return;
  }
  e = find(n->full, id, type, true);
  if (e->key == 0)
    n->full->used++;
  *e = (struct entry){id, type, 0, pointee, false};
}

/* NULL (and failed) without memory. */
static struct entry *entry_of(struct portero_ndr_writer *n, const void *pointee, uint32_t type)
{
  struct entry *e;

  if (!ready(&n->full, n->arena)) {
    portero_ndr_writer_fail(n, PORTERO_LOCAL_LIMIT);
    return NULL;
  }
  e = find(n->full, (uintptr_t)pointee, type, false);
  if (e->key == 0) {
    n->full->used++;
    *e = (struct entry){(uintptr_t)pointee, type, ++n->next_full, pointee, false};
  }
  return e;
}

uint32_t portero_ndr_full_id(struct portero_ndr_writer *n, const void *pointee, uint32_t type)
{
  const struct entry *e;

  if (!pointee)
    return 0;
  if (!n->arena)
    return ++n->next_full;
  e = entry_of(n, pointee, type);
  return e ? e->id : 0;
}

void portero_ndr_write_full(struct portero_ndr_writer *n, const void *pointee, uint32_t type)
{
  portero_ndr_write_size(n, portero_ndr_full_id(n, pointee, type));
}

bool portero_ndr_write_full_begin(struct portero_ndr_writer *n, const void *pointee, uint32_t type)
{
  struct entry *e = n->arena ? entry_of(n, pointee, type) : NULL;
  bool first = !e || !e->is_sent;

  if (e)
    e->is_sent = true;
  return first;
}
