/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules may match a call: those that name its interface, or none, and a list of networks that
 * its source is in, or none. Under each such pair stand the numbers of its rules, ascending.
 */
#ifndef PORTERO_POLICY_INDEX_H
#define PORTERO_POLICY_INDEX_H

#include "src/policy/networks.h"

#define INDEX_MAX_LISTS 32u

/* What a rule is found under. */
struct index_pair {
  uint64_t key;
  uint32_t rule;
};

struct index_slot {
  uint64_t key;
  uint32_t first, count; /* count 0: empty */
};

struct index {
  const struct index_slot *slots;
  const uint32_t *rules;
  uint32_t mask;
};

/* The candidates of one call, in the order of the rules. */
struct index_walk {
  struct {
    const uint32_t *at, *end;
  } lists[INDEX_MAX_LISTS];
  unsigned n_lists;
};

/* NULL: whatever the interface. list NETWORKS_NONE: whatever the source. */
uint64_t index_key(const struct portero_uuid *interface, uint32_t list);
/* Sorts pairs. false: memory is out. */
PORTERO_MUST_USE bool index_build(struct index *x, struct portero_arena *arena,
                                  struct index_pair *pairs, size_t n_pairs);
/* false: the source is in too many lists; all rules are candidates then. */
bool index_walk_begin(struct index_walk *w, const struct index *x, const struct networks *networks,
                      const struct portero_uuid *interface, uint32_t node);
bool index_walk_next(struct index_walk *w, uint32_t *out_rule);

#endif
