/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lists of networks an address is in. All lists of a policy lie in one sorted table of
 * prefixes, each with its next wider one, so that an address costs one binary search however many
 * lists and prefixes there are.
 */
#ifndef PORTERO_POLICY_NETWORKS_H
#define PORTERO_POLICY_NETWORKS_H

#include <portero/policy.h>

#define NETWORKS_NONE UINT32_MAX

struct networks_key {
  uint64_t high, low;
};

struct networks_node {
  uint32_t wider;        /* the node around it; NETWORKS_NONE: none */
  uint32_t first, count; /* its lists, in lists[] */
  uint8_t prefix;
};

struct networks {
  const struct networks_key *keys; /* sorted; of equal ones the wider is first */
  const struct networks_node *nodes;
  const uint32_t *lists;
  uint32_t n_nodes;
};

/* One prefix of a list. */
struct networks_entry {
  struct networks_key key;
  uint32_t list;
  uint8_t prefix;
};

/* What an entry is made of: the bits behind the prefix do not count. */
struct networks_entry networks_entry(const struct portero_policy_network *network, uint32_t list);
/* Sorts entries. false: memory is out. */
PORTERO_MUST_USE bool networks_build(struct networks *n, struct portero_arena *arena,
                                     struct networks_entry *entries, size_t n_entries);
/* The narrowest node around an address, NETWORKS_NONE when there is none. */
uint32_t networks_find(const struct networks *n, const uint8_t ip[16]);
/* Is the node, or one around it, of that list? */
bool networks_in_list(const struct networks *n, uint32_t node, uint32_t list);

#endif
