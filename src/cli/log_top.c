/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_top.h"

#include <stdlib.h>
#include <string.h>

bool log_top_init(struct log_top *t, size_t capacity, size_t extra_size)
{
  memset(t, 0, sizeof *t);
  t->capacity = capacity;
  t->extra_size = extra_size;
  for (t->n_chains = 1; t->n_chains < capacity; t->n_chains *= 2)
    continue;
  t->entries = calloc(capacity, sizeof *t->entries);
  t->heap = calloc(capacity, sizeof *t->heap);
  t->chains = calloc(t->n_chains, sizeof *t->chains);
  t->extra = calloc(capacity, extra_size ? extra_size : 1);
  return t->entries && t->heap && t->chains && t->extra;
}

void log_top_deinit(struct log_top *t)
{
  free(t->entries);
  free(t->heap);
  free(t->chains);
  free(t->extra);
  memset(t, 0, sizeof *t);
}

/* FNV-1a. Names that collide on purpose make chains of at most the table's size. */
static uint64_t hash_of(const char *name, size_t size)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return hash ^ hash >> 32;
}

/* ---- the heap ---- */

static void heap_put(struct log_top *t, size_t place, uint32_t index)
{
  t->heap[place] = index;
  t->entries[index].place = (uint32_t)place;
}

static uint64_t heap_count(const struct log_top *t, size_t place)
{
  return t->entries[t->heap[place]].count;
}

/* The count at place has grown. */
static void heap_sink(struct log_top *t, size_t place)
{
  uint32_t index = t->heap[place];

  for (;;) {
    size_t below = 2 * place + 1;
    if (below + 1 < t->n && heap_count(t, below + 1) < heap_count(t, below))
      below++;
    if (below >= t->n || heap_count(t, below) >= t->entries[index].count)
      break;
    heap_put(t, place, t->heap[below]);
    place = below;
  }
  heap_put(t, place, index);
}

/* A new count at the end. */
static void heap_rise(struct log_top *t, size_t place)
{
  uint32_t index = t->heap[place];

  for (; place > 0 && heap_count(t, (place - 1) / 2) > t->entries[index].count;
       place = (place - 1) / 2)
    heap_put(t, place, t->heap[(place - 1) / 2]);
  heap_put(t, place, index);
}

/* ---- the chains ---- */

static uint32_t *chain_of(struct log_top *t, uint64_t hash)
{
  return &t->chains[hash & (t->n_chains - 1)];
}

static struct log_top_entry *find(struct log_top *t, const char *name, size_t size, uint64_t hash)
{
  for (uint32_t at = *chain_of(t, hash); at; at = t->entries[at - 1].next) {
    struct log_top_entry *e = &t->entries[at - 1];
    if (e->hash == hash && memcmp(e->name, name, size) == 0 && e->name[size] == 0)
      return e;
  }
  return NULL;
}

static void unlink_entry(struct log_top *t, const struct log_top_entry *e)
{
  uint32_t index = (uint32_t)(e - t->entries) + 1;
  uint32_t *at = chain_of(t, e->hash);

  while (*at != index)
    at = &t->entries[*at - 1].next;
  *at = e->next;
}

/* A free entry, or that of the smallest count; its count is where the new one starts. */
static struct log_top_entry *make_room(struct log_top *t)
{
  struct log_top_entry *e;

  if (t->n < t->capacity) {
    e = &t->entries[t->n];
    e->count = 0;
    heap_put(t, t->n, (uint32_t)t->n);
    t->n++;
    heap_rise(t, e->place);
    e->error = 0;
    return e;
  }
  e = &t->entries[t->heap[0]];
  unlink_entry(t, e);
  t->displaced++;
  e->error = e->count;
  return e;
}

static void *extra_of(const struct log_top *t, const struct log_top_entry *e)
{
  return t->extra + (size_t)(e - t->entries) * t->extra_size;
}

void *log_top_add(struct log_top *t, const char *name, uint64_t by)
{
  size_t size = strnlen(name, LOG_TOP_NAME - 1);
  uint64_t hash = hash_of(name, size);
  struct log_top_entry *e = find(t, name, size, hash);

  if (!e) {
    e = make_room(t);
    memcpy(e->name, name, size);
    e->name[size] = 0;
    e->hash = hash;
    e->next = *chain_of(t, hash);
    *chain_of(t, hash) = (uint32_t)(e - t->entries) + 1;
    memset(extra_of(t, e), 0, t->extra_size);
  }
  if (__builtin_add_overflow(e->count, by, &e->count))
    e->count = UINT64_MAX;
  heap_sink(t, e->place);
  return extra_of(t, e);
}

const void *log_top_extra(const struct log_top *t, const struct log_top_entry *entry)
{
  return extra_of(t, entry);
}

/* ---- the greatest ---- */

static uint64_t value_count(const struct log_top_entry *entry, const void *extra)
{
  (void)extra;
  return entry->count;
}

size_t log_top_greatest(const struct log_top *t, const struct log_top_entry **out_entries, size_t n)
{
  return log_top_select(t, value_count, out_entries, n);
}

size_t log_top_select(const struct log_top *t,
                      uint64_t (*value)(const struct log_top_entry *entry, const void *extra),
                      const struct log_top_entry **out_entries, size_t n)
{
  size_t found = 0;

  for (size_t i = 0; i < t->n; i++) {
    const struct log_top_entry *e = &t->entries[i];
    uint64_t mine = value(e, extra_of(t, e));
    size_t at = found;
    for (; mine && at > 0; at--) {
      const struct log_top_entry *other = out_entries[at - 1];
      uint64_t its = value(other, extra_of(t, other));
      if (its > mine || (its == mine && strcmp(other->name, e->name) <= 0))
        break;
      if (at < n)
        out_entries[at] = other;
    }
    if (mine && at < n) {
      out_entries[at] = e;
      found += found < n;
    }
  }
  return found;
}
