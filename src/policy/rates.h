/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a source came, for rules with a rate; an IPv6 source is its /64. A fixed number of counters in sets of a few; when a
 * set is full the one that was quiet the longest gives way, so that a flood of sources costs no
 * memory. A window begins with the first call after the last one has ended.
 */
#ifndef PORTERO_POLICY_RATES_H
#define PORTERO_POLICY_RATES_H

#include <portero/policy.h>

/* more (0: none) calls of this source under this rule; returns how many there were in the window. */
uint32_t rates_count(struct portero_policy_rates *rates, uint32_t rule, const uint8_t source[16],
                     uint32_t window, uint64_t now, uint32_t more);

#endif
