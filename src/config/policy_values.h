/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a policy as text: both ways. Readers give false with out_expected, what would fit in
 * words; writers always terminate.
 */
#ifndef PORTERO_CONFIG_POLICY_VALUES_H
#define PORTERO_CONFIG_POLICY_VALUES_H

#include <portero/policy.h>

#define POLICY_EXPECTED_SIZE 256u
#define POLICY_VALUE_SIZE    256u
typedef char policy_expected[POLICY_EXPECTED_SIZE];

/* "10.0.0.0/8", "2001:db8::1", "local", "any" */
bool policy_network_parse(const char *text, struct portero_policy_network *out_network,
                          policy_expected out_expected);
const char *policy_network_text(const struct portero_policy_network *n, char *text, size_t size);

/* UUID or name of the catalog, with :MAJOR behind it; operations are left empty. */
bool policy_interface_parse(const char *text, struct portero_policy_interface *out_interface,
                            policy_expected out_expected);
const char *policy_interface_text(const struct portero_policy_interface *i, char *text,
                                  size_t size);
/* Number, name, or a range of either: "3", "DRSGetNCChanges", "0-5". */
bool policy_operation_parse(const struct portero_uuid *interface, const char *text,
                            struct portero_policy_range *out_range, policy_expected out_expected);
const char *policy_operation_text(const struct portero_uuid *interface,
                                  const struct portero_policy_range *range, char *text,
                                  size_t size);

/* Words: level, mechanism, weekday, action, fault, protocol sequence. */
bool policy_level_parse(const char *text, uint8_t *out_level, policy_expected out_expected);
const char *policy_level_text(uint8_t level);
bool policy_protseq_parse(const char *text, uint32_t *out_bits, policy_expected out_expected);
bool policy_mechanism_parse(const char *text, uint32_t *out_bits, policy_expected out_expected);
const char *policy_mechanism_text(uint32_t bit);
/* "sat", "mon-fri" */
bool policy_weekdays_parse(const char *text, uint32_t *out_bits, policy_expected out_expected);
const char *policy_weekday_text(unsigned day);
bool policy_action_parse(const char *text, enum portero_action *out_action,
                         policy_expected out_expected);
const char *policy_action_text(enum portero_action action);
/* A name, or a number such as 0x5. */
bool policy_fault_parse(const char *text, uint32_t *out_fault, policy_expected out_expected);
const char *policy_fault_text(uint32_t fault, char *text, size_t size);

/* "20 in 120s", "5 in 2m" */
bool policy_rate_parse(const char *text, uint32_t *out_rate, uint32_t *out_window,
                       policy_expected out_expected);
/* "22:00-06:00"; 24:00 is the end of the day. */
bool policy_time_parse(const char *text, uint16_t *out_from, uint16_t *out_to,
                       policy_expected out_expected);

/* All that the bits of a key can say, for what is negated. */
#define POLICY_ALL_PROTSEQS   0x7eu
#define POLICY_ALL_MECHANISMS 0x0fu
#define POLICY_ALL_WEEKDAYS   0x7fu

#endif
