/* SPDX-License-Identifier: Apache-2.0 */
#include "src/policy/networks.h"

#include <stdlib.h>

static struct networks_key key_of(const uint8_t ip[16])
{
  struct networks_key key;

  key.high = portero_load_u64(ip, true);
  key.low = portero_load_u64(ip + 8, true);
  return key;
}

/* The first bits of key, the rest zero. */
static struct networks_key masked(struct networks_key key, uint8_t bits)
{
  key.high &= bits == 0 ? 0 : bits >= 64 ? UINT64_MAX : UINT64_MAX << (64 - bits);
  key.low &= bits <= 64 ? 0 : bits >= 128 ? UINT64_MAX : UINT64_MAX << (128 - bits);
  return key;
}

static bool covers(struct networks_key network, uint8_t prefix, struct networks_key key)
{
  struct networks_key m = masked(key, prefix);

  return m.high == network.high && m.low == network.low;
}

struct networks_entry networks_entry(const struct portero_policy_network *network, uint32_t list)
{
  struct networks_entry e;

  e.prefix = network->prefix > 128 ? 128 : network->prefix;
  e.key = masked(key_of(network->ip), e.prefix);
  e.list = list;
  return e;
}

static int order(uint64_t a, uint64_t b)
{
  return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
  const struct networks_entry *x = a, *y = b;
  int c = order(x->key.high, y->key.high);

  c = c ? c : order(x->key.low, y->key.low);
  c = c ? c : order(x->prefix, y->prefix);
  return c ? c : order(x->list, y->list);
}

static bool same_network(const struct networks_entry *a, const struct networks_entry *b)
{
  return a->key.high == b->key.high && a->key.low == b->key.low && a->prefix == b->prefix;
}

bool networks_build(struct networks *n, struct portero_arena *arena, struct networks_entry *entries,
                    size_t n_entries)
{
  struct networks_key *keys = portero_arena_array(arena, n_entries, sizeof *keys);
  struct networks_node *nodes = portero_arena_array(arena, n_entries, sizeof *nodes);
  uint32_t *lists = portero_arena_array(arena, n_entries, sizeof *lists);
  uint32_t at = 0, around = NETWORKS_NONE;

  if (!keys || !nodes || !lists || n_entries >= NETWORKS_NONE)
    return false;
  if (n_entries > 0)
    qsort(entries, n_entries, sizeof *entries, compare);
  for (uint32_t i = 0; i < n_entries; i++) {
    const struct networks_entry *e = &entries[i];
    lists[i] = e->list;
    if (i > 0 && same_network(e, &entries[i - 1])) {
      nodes[at - 1].count++;
      continue;
    }
    while (around != NETWORKS_NONE && !covers(keys[around], nodes[around].prefix, e->key))
      around = nodes[around].wider;
    keys[at] = e->key;
    nodes[at].prefix = e->prefix;
    nodes[at].wider = around;
    nodes[at].first = i;
    nodes[at].count = 1;
    around = at++;
  }
  n->keys = keys;
  n->nodes = nodes;
  n->lists = lists;
  n->n_nodes = at;
  return true;
}

/*
 * The last node that begins at or before the address: whatever lies around the address also lies
 * around that node.
 */
uint32_t networks_find(const struct networks *n, const uint8_t ip[16])
{
  struct networks_key key = key_of(ip);
  uint32_t low = 0, high = n->n_nodes;

  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const struct networks_key *k = &n->keys[middle];
    if (k->high < key.high || (k->high == key.high && k->low <= key.low))
      low = middle + 1;
    else
      high = middle;
  }
  low = low == 0 ? NETWORKS_NONE : low - 1;
  while (low != NETWORKS_NONE && !covers(n->keys[low], n->nodes[low].prefix, key))
    low = n->nodes[low].wider;
  return low;
}

bool networks_in_list(const struct networks *n, uint32_t node, uint32_t list)
{
  for (; node != NETWORKS_NONE; node = n->nodes[node].wider)
    for (uint32_t i = 0; i < n->nodes[node].count; i++)
      if (n->lists[n->nodes[node].first + i] == list)
        return true;
  return false;
}
