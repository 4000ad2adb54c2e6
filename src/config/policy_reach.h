/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses a policy may allow any call over TCP from: what a packet filter can do of it. An
 * address is in the reach when some call from it could be allowed, so a filter made of the reach
 * refuses nobody whom the policy lets in; the policy decides the rest.
 */
#ifndef PORTERO_CONFIG_POLICY_REACH_H
#define PORTERO_CONFIG_POLICY_REACH_H

#include <portero/policy.h>

struct policy_reach {
  struct portero_policy_network *v4, *v6; /* sorted, none in another; IPv4 mapped */
  size_t n_v4, n_v6;
};

/* Lists live in the arena. false: memory is out. */
PORTERO_MUST_USE bool policy_reach_find(struct portero_arena *arena,
                                        const struct portero_policy_options *options,
                                        struct policy_reach *out_reach);

#endif
