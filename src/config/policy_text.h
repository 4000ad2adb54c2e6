/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as a policy file would say them: for comparing, explaining and writing. */
#ifndef PORTERO_CONFIG_POLICY_TEXT_H
#define PORTERO_CONFIG_POLICY_TEXT_H

#include <stdio.h>

#include <portero/policy.h>

/* One key of a rule; value is YAML's flow form, on one line. */
struct policy_pair {
  const char *key, *value;
};

#define POLICY_PAIRS_MAX 32u

/*
 * The keys that a rule has, in the schema's order, without sets: what they hold stands there
 * itself. Texts live in the arena. Returns how many; 0 when memory is out.
 */
size_t policy_rule_pairs(struct portero_arena *arena, const struct portero_policy_rule *rule,
                         bool is_registration, struct policy_pair out_pairs[POLICY_PAIRS_MAX]);
size_t policy_reservation_pairs(struct portero_arena *arena,
                                const struct portero_policy_reservation *reservation,
                                struct policy_pair out_pairs[POLICY_PAIRS_MAX]);
/* A whole file that reads back to the same options. false: memory is out. */
bool policy_write(FILE *out, const struct portero_policy_options *options);

#endif
