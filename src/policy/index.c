/* SPDX-License-Identifier: Apache-2.0 */
#include "src/policy/index.h"

#include <stdlib.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
  hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

/* Two pairs with one key only give candidates that do not match: no harm but time. */
uint64_t index_key(const struct portero_uuid *interface, uint32_t list)
{
  uint64_t words[2] = {0, 0};

  if (interface)
    memcpy(words, interface, sizeof words);
  return mix(mix(mix(interface ? 1 : 2, words[0]), words[1]), list);
}

static int compare(const void *a, const void *b)
{
  const struct index_pair *x = a, *y = b;

  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static struct index_slot *slot_for(struct index_slot *slots, uint32_t mask, uint64_t key)
{
  uint32_t i = (uint32_t)(key >> 32) & mask;

  while (slots[i].count > 0 && slots[i].key != key)
    i = (i + 1) & mask;
  return &slots[i];
}

bool index_build(struct index *x, struct portero_arena *arena, struct index_pair *pairs,
                 size_t n_pairs)
{
  uint32_t *rules = portero_arena_array(arena, n_pairs, sizeof *rules);
  struct index_slot *slots;
  uint32_t capacity = 16, n = 0;

  if (!rules || n_pairs > UINT32_MAX / 4)
    return false;
  while (capacity < 2 * n_pairs)
    capacity *= 2;
  slots = portero_arena_array(arena, capacity, sizeof *slots);
  if (!slots)
    return false;
  if (n_pairs > 0)
    qsort(pairs, n_pairs, sizeof *pairs, compare);
  for (size_t i = 0; i < n_pairs; i++) {
    struct index_slot *slot;
    if (i > 0 && compare(&pairs[i], &pairs[i - 1]) == 0)
      continue;
    slot = slot_for(slots, capacity - 1, pairs[i].key);
    if (slot->count == 0) {
      slot->key = pairs[i].key;
      slot->first = n;
    }
    slot->count++;
    rules[n++] = pairs[i].rule;
  }
  x->slots = slots;
  x->rules = rules;
  x->mask = capacity - 1;
  return true;
}

static bool walk_add(struct index_walk *w, const struct index *x, uint64_t key)
{
  uint32_t i = (uint32_t)(key >> 32) & x->mask;

  while (x->slots[i].count > 0 && x->slots[i].key != key)
    i = (i + 1) & x->mask;
  if (x->slots[i].count == 0)
    return true;
  if (w->n_lists == INDEX_MAX_LISTS)
    return false;
  w->lists[w->n_lists].at = x->rules + x->slots[i].first;
  w->lists[w->n_lists].end = w->lists[w->n_lists].at + x->slots[i].count;
  w->n_lists++;
  return true;
}

static bool walk_add_both(struct index_walk *w, const struct index *x,
                          const struct portero_uuid *interface, uint32_t list)
{
  return walk_add(w, x, index_key(interface, list)) && walk_add(w, x, index_key(NULL, list));
}

bool index_walk_begin(struct index_walk *w, const struct index *x, const struct networks *networks,
                      const struct portero_uuid *interface, uint32_t node)
{
  w->n_lists = 0;
  if (!walk_add_both(w, x, interface, NETWORKS_NONE))
    return false;
  for (; node != NETWORKS_NONE; node = networks->nodes[node].wider)
    for (uint32_t i = 0; i < networks->nodes[node].count; i++)
      if (!walk_add_both(w, x, interface, networks->lists[networks->nodes[node].first + i]))
        return false;
  return true;
}

/* A rule stands in one list at most, unless a source is in its list twice over: then the second is
 * skipped with the first. */
bool index_walk_next(struct index_walk *w, uint32_t *out_rule)
{
  uint32_t least = UINT32_MAX;

  for (unsigned i = 0; i < w->n_lists; i++)
    if (w->lists[i].at < w->lists[i].end && *w->lists[i].at < least)
      least = *w->lists[i].at;
  if (least == UINT32_MAX)
    return false;
  for (unsigned i = 0; i < w->n_lists; i++)
    if (w->lists[i].at < w->lists[i].end && *w->lists[i].at == least)
      w->lists[i].at++;
  *out_rule = least;
  return true;
}
