/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of policy files. */
#ifndef PORTERO_CONFIG_POLICY_SCHEMA_H
#define PORTERO_CONFIG_POLICY_SCHEMA_H

#include <portero/policy.h>

enum policy_kind {
  /* lists of values, with sets */
  POLICY_ADDRESSES,
  POLICY_INTERFACES,
  POLICY_ACCOUNTS,
  POLICY_SIDS,
  POLICY_OPERATIONS,
  /* lists of values */
  POLICY_OBJECTS,
  POLICY_USERS,
  POLICY_GROUPS,
  POLICY_UNITS,
  POLICY_ENDPOINTS,
  POLICY_TAGS,
  /* bits */
  POLICY_PROTSEQS,
  POLICY_MECHANISMS,
  POLICY_WEEKDAYS,
  /* one value */
  POLICY_NAME,
  POLICY_LEVEL,
  POLICY_RATE,
  POLICY_TIME,
  POLICY_ACTION,
  POLICY_DEFAULT,
  POLICY_FAULT,
  POLICY_YES,
};
#define POLICY_SET_KINDS (POLICY_OPERATIONS + 1)

struct policy_key {
  const char *section, *name;
  enum policy_kind kind;
  bool negatable; /* not-NAME is a key too */
  size_t offset;  /* in struct portero_policy_rule, or what the section fills */
  const char *help;
};

#define POLICY_KEYS_MAX 64u
extern const struct policy_key policy_keys[];
extern const size_t policy_n_keys;

/* NULL: there is no such key in that section. *out_negated: it was written with not-. */
const struct policy_key *policy_key_find(const char *section, const char *name, bool *out_negated);
/* The key that looks most like it, as it is written; NULL when none does. */
const char *policy_key_similar(const char *section, const char *name);
/* What the kind takes, in words: "addresses, networks". */
const char *policy_kind_text(enum policy_kind kind);
bool policy_is_section(const char *name);

#endif
