/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/policy_schema.h"

#include <stdio.h>
#include <string.h>

#include "src/config/policy_file.h"
#include "src/config/similar.h"

#define RULE(member)  offsetof(struct portero_policy_rule, member)
#define OWNER(member) offsetof(struct portero_policy_reservation, member)
#define WHOLE(member) offsetof(struct portero_policy_options, member)

const struct policy_key policy_keys[] = {
    {"default", "calls", POLICY_DEFAULT, false, WHOLE(call_default),
     "what becomes of a call that no rule decides; has to be written"},
    {"default", "register", POLICY_DEFAULT, false, WHOLE(registration_default),
     "what becomes of a registration that no rule decides; has to be written"},

    {"sets", "addresses", POLICY_ADDRESSES, false, 0, "named lists for source and destination"},
    {"sets", "interfaces", POLICY_INTERFACES, false, 0,
     "named lists for interface, with operations where some are meant only"},
    {"sets", "operations", POLICY_OPERATIONS, false, 0, "named lists for operations"},
    {"sets", "accounts", POLICY_ACCOUNTS, false, 0, "named lists for user"},
    {"sets", "sids", POLICY_SIDS, false, 0, "named lists for sid"},

    {"reserve", "name", POLICY_NAME, false, OWNER(name),
     "what the book calls it; without: reserve- and the interface"},
    {"reserve", "interface", POLICY_INTERFACES, false, 0,
     "which interfaces nobody else may register"},
    {"reserve", "users", POLICY_USERS, false, OWNER(uids), "accounts of this host that own it"},
    {"reserve", "groups", POLICY_GROUPS, false, OWNER(gids), "groups whose members own it"},
    {"reserve", "units", POLICY_UNITS, false, OWNER(units),
     "systemd units that own it, of the system's manager"},

    {"register", "name", POLICY_NAME, false, RULE(name), "what the book calls the rule"},
    {"register", "interface", POLICY_INTERFACES, true, RULE(interfaces), "which interface"},
    {"register", "protseq", POLICY_PROTSEQS, true, RULE(protseqs),
     "protocol sequence of the endpoint"},
    {"register", "endpoint", POLICY_ENDPOINTS, true, RULE(endpoints),
     "the endpoint: port, pipe or path"},
    {"register", "user", POLICY_USERS, true, RULE(uids), "account of this host that registers"},
    {"register", "group", POLICY_GROUPS, true, RULE(gids), "group of that account"},
    {"register", "unit", POLICY_UNITS, true, RULE(units),
     "systemd unit that registers, of the system's manager"},
    {"register", "action", POLICY_ACTION, false, RULE(action),
     "what becomes of it; has to be written"},
    {"register", "alert", POLICY_YES, false, RULE(alert), "raise an alert"},
    {"register", "tags", POLICY_TAGS, false, RULE(tags), "words for the record, such as T1557"},

    {"calls", "name", POLICY_NAME, false, RULE(name), "what the book calls the rule"},
    {"calls", "source", POLICY_ADDRESSES, true, RULE(sources), "where the caller is"},
    {"calls", "destination", POLICY_ADDRESSES, true, RULE(destinations),
     "the address that was called"},
    {"calls", "interface", POLICY_INTERFACES, true, RULE(interfaces),
     "what is called, or bound to"},
    {"calls", "operations", POLICY_OPERATIONS, false, 0,
     "which operations of interface; without: all, and binds"},
    {"calls", "missing", POLICY_YES, false, RULE(missing),
     "only interfaces and operations that are not offered: somebody looks around"},
    {"calls", "object", POLICY_OBJECTS, true, RULE(objects), "object UUID of the call"},
    {"calls", "protseq", POLICY_PROTSEQS, true, RULE(protseqs), "protocol sequence of the call"},
    {"calls", "level", POLICY_LEVEL, false, RULE(least_level), "authentication level, at least"},
    {"calls", "below-level", POLICY_LEVEL, false, RULE(below_level),
     "authentication level, below this"},
    {"calls", "mechanism", POLICY_MECHANISMS, true, RULE(mechanisms),
     "how the caller authenticated"},
    {"calls", "user", POLICY_ACCOUNTS, true, RULE(accounts), "who calls"},
    {"calls", "sid", POLICY_SIDS, true, RULE(sids), "SID of the caller or of a group"},
    {"calls", "rate", POLICY_RATE, false, RULE(rate),
     "more than so many such calls from one source in that time"},
    {"calls", "time", POLICY_TIME, false, RULE(from_minute), "time of the local day"},
    {"calls", "weekdays", POLICY_WEEKDAYS, true, RULE(weekdays), "day of the local week"},
    {"calls", "action", POLICY_ACTION, false, RULE(action),
     "what becomes of it; has to be written"},
    {"calls", "fault", POLICY_FAULT, false, RULE(fault),
     "what a denied caller is told; without: access-denied"},
    {"calls", "alert", POLICY_YES, false, RULE(alert), "raise an alert"},
    {"calls", "tags", POLICY_TAGS, false, RULE(tags), "words for the record, such as T1003.006"},
};
const size_t policy_n_keys = sizeof policy_keys / sizeof policy_keys[0];
_Static_assert(sizeof policy_keys / sizeof policy_keys[0] <= POLICY_KEYS_MAX, "keys are counted");

static bool in_section(const struct policy_key *key, const char *section)
{
  return strcmp(key->section, section) == 0;
}

const struct policy_key *policy_key_find(const char *section, const char *name, bool *out_negated)
{
  bool negated = strncmp(name, "not-", 4) == 0;
  const char *bare = negated ? name + 4 : name;

  for (size_t i = 0; i < policy_n_keys; i++)
    if (in_section(&policy_keys[i], section) && strcmp(policy_keys[i].name, bare) == 0 &&
        (!negated || policy_keys[i].negatable)) {
      *out_negated = negated;
      return &policy_keys[i];
    }
  return NULL;
}

const char *policy_key_similar(const char *section, const char *name)
{
  struct similar s;

  similar_init(&s, name);
  for (size_t i = 0; i < policy_n_keys; i++)
    if (!*section || in_section(&policy_keys[i], section))
      similar_offer(&s, *section ? policy_keys[i].name : policy_keys[i].section);
  return s.best;
}

bool policy_is_section(const char *name)
{
  for (size_t i = 0; i < policy_n_keys; i++)
    if (in_section(&policy_keys[i], name))
      return true;
  return false;
}

const char *policy_kind_text(enum policy_kind kind)
{
  static const char *const texts[] = {
      [POLICY_ADDRESSES] = "addresses",
      [POLICY_INTERFACES] = "interfaces",
      [POLICY_ACCOUNTS] = "accounts",
      [POLICY_SIDS] = "SIDs",
      [POLICY_OPERATIONS] = "operations",
      [POLICY_OBJECTS] = "UUIDs",
      [POLICY_USERS] = "users",
      [POLICY_GROUPS] = "groups",
      [POLICY_UNITS] = "units",
      [POLICY_ENDPOINTS] = "texts",
      [POLICY_TAGS] = "words",
      [POLICY_PROTSEQS] = "protocol sequences",
      [POLICY_MECHANISMS] = "mechanisms",
      [POLICY_WEEKDAYS] = "days",
      [POLICY_NAME] = "name",
      [POLICY_LEVEL] = "level",
      [POLICY_RATE] = "N in TIME",
      [POLICY_TIME] = "HH:MM-HH:MM",
      [POLICY_ACTION] = "allow, deny, drop or observe",
      [POLICY_DEFAULT] = "allow or deny",
      [POLICY_FAULT] = "fault",
      [POLICY_YES] = "true or false",
  };

  return texts[kind];
}

void policy_print_reference(FILE *out)
{
  for (size_t i = 0; i < policy_n_keys; i++) {
    const struct policy_key *key = &policy_keys[i];

    (void)fprintf(out, "%s.%s\t%s", key->section, key->name, policy_kind_text(key->kind));
    if (key->negatable)
      (void)fprintf(out, "; also not-%s", key->name);
    (void)fprintf(out, "\t%s\n", key->help);
  }
}
