/* SPDX-License-Identifier: Apache-2.0 */
/* The policy from the inside, and one rule held against one call. */
#ifndef PORTERO_POLICY_RULES_H
#define PORTERO_POLICY_RULES_H

#include "src/policy/index.h"

struct rule {
  struct portero_policy_rule is;  /* its pointers lead into the policy's arena */
  uint32_t sources, destinations; /* lists; NETWORKS_NONE: any */
};

struct portero_policy {
  const struct portero_mem *mem;
  struct portero_arena arena;
  struct rule *calls, *registrations;
  uint32_t n_calls, n_registrations;
  struct portero_policy_reservation *reservations;
  uint32_t n_reservations;
  enum portero_action call_default, registration_default;
  struct networks networks;
  struct index index; /* of calls */
  bool has_destinations, has_rates;
};

/* Where the ends of a call lie in the table of networks. */
struct rule_places {
  uint32_t source, destination;
};

/*
 * The key of the first condition that does not hold, as configuration files call it; NULL when all
 * do. Rates are not looked at.
 */
const char *rule_call_mismatch(const struct portero_policy *p, const struct rule *rule,
                               const struct portero_policy_call *call,
                               const struct rule_places *places);

enum rule_match {
  RULE_NO,
  RULE_MAYBE, /* what decides comes with the call */
  RULE_YES,
};
/* The same for a bind. *out_key: the condition that does not hold or is not known yet; NULL: none. */
enum rule_match rule_bind_match(const struct portero_policy *p, const struct rule *rule,
                                const struct portero_policy_call *call,
                                const struct rule_places *places, const char **out_key);
const char *rule_registration_mismatch(const struct rule *rule,
                                       const struct portero_policy_registration *r);
/* Does one of the owners named stand behind a registration? */
bool rule_owner(const struct portero_policy_registration *r, const uint32_t *uids, size_t n_uids,
                const uint32_t *gids, size_t n_gids, const char *const *units, size_t n_units);

#endif
