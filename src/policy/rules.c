/* SPDX-License-Identifier: Apache-2.0 */
#include "src/policy/rules.h"

#include <strings.h>

/* ---- who calls ---- */

static bool same_name(const char *a, const char *b, size_t size_of_b)
{
  return strncasecmp(a, b, size_of_b) == 0 && a[size_of_b] == 0;
}

/* "name", "DOMAIN\name" or "name@REALM" */
static bool account_is(const struct portero_identity *who, const char *wanted)
{
  const char *slash = strchr(wanted, '\\');

  if (strchr(wanted, '@'))
    return same_name(who->principal, wanted, strlen(wanted));
  if (!slash)
    return same_name(who->account, wanted, strlen(wanted));
  return same_name(who->domain, wanted, (size_t)(slash - wanted)) &&
         same_name(who->account, slash + 1, strlen(slash + 1));
}

static bool any_account(const struct portero_policy_rule *r, const struct portero_identity *who)
{
  for (size_t i = 0; who && i < r->accounts.count; i++)
    if (account_is(who, r->accounts.values[i]))
      return true;
  return false;
}

static bool any_sid(const struct portero_policy_rule *r, const struct portero_identity *who)
{
  for (size_t i = 0; who && i < r->sids.count; i++)
    for (size_t j = 0; j < who->n_sids; j++)
      if (portero_sid_equal(&r->sids.values[i], &who->sids[j]))
        return true;
  return false;
}

static uint32_t mechanism_of(const struct portero_identity *who)
{
  if (!who)
    return 1;
  switch (who->type) {
  case PORTERO_AUTH_NTLM:
    return 2;
  case PORTERO_AUTH_KERBEROS:
    return 4;
  case PORTERO_AUTH_NETLOGON:
    return 8;
  default:
    return 0;
  }
}

static const char *caller_mismatch(const struct portero_policy_rule *r,
                                   const struct portero_policy_call *call)
{
  if (call->level < r->least_level)
    return "level";
  if (r->below_level && call->level >= r->below_level)
    return "below-level";
  if (r->mechanisms && !(r->mechanisms & mechanism_of(call->identity)))
    return "mechanism";
  if (r->accounts.count && any_account(r, call->identity) == r->accounts.negate)
    return "user";
  if (r->sids.count && any_sid(r, call->identity) == r->sids.negate)
    return "sid";
  return NULL;
}

/* ---- what is called ---- */

static bool any_operation(const struct portero_policy_interface *i,
                          const struct portero_policy_call *call)
{
  for (size_t n = 0; n < i->n_operations; n++)
    if (call->has_opnum && call->opnum >= i->operations[n].low &&
        call->opnum <= i->operations[n].high)
      return true;
  return i->n_operations == 0;
}

static bool any_interface(const struct portero_policy_rule *r,
                          const struct portero_policy_call *call)
{
  for (size_t n = 0; n < r->interfaces.count; n++) {
    const struct portero_policy_interface *i = &r->interfaces.values[n];
    if (portero_uuid_equal(&i->uuid, &call->interface.uuid) &&
        (i->any_version || i->major == call->interface.major) && any_operation(i, call))
      return true;
  }
  return false;
}

static bool any_object(const struct portero_policy_rule *r, const struct portero_policy_call *call)
{
  for (size_t n = 0; call->object && n < r->objects.count; n++)
    if (portero_uuid_equal(&r->objects.values[n], call->object))
      return true;
  return false;
}

/* ---- when ---- */

static bool in_time(const struct portero_policy_rule *r, const struct portero_policy_call *call)
{
  if (r->from_minute < r->to_minute)
    return call->minute >= r->from_minute && call->minute < r->to_minute;
  return r->from_minute == r->to_minute || call->minute >= r->from_minute ||
         call->minute < r->to_minute;
}

/* What binds and calls have in common. */
static const char *place_mismatch(const struct portero_policy *p, const struct rule *rule,
                                  const struct portero_policy_call *call,
                                  const struct rule_places *places)
{
  const struct portero_policy_rule *r = &rule->is;

  if (r->sources.count &&
      networks_in_list(&p->networks, places->source, rule->sources) == r->sources.negate)
    return "source";
  if (r->destinations.count && networks_in_list(&p->networks, places->destination,
                                                rule->destinations) == r->destinations.negate)
    return "destination";
  if (r->protseqs && !(r->protseqs >> call->protseq & 1))
    return "protseq";
  if (r->weekdays && !(r->weekdays >> call->weekday & 1))
    return "weekdays";
  return in_time(r, call) ? NULL : "time";
}

const char *rule_call_mismatch(const struct portero_policy *p, const struct rule *rule,
                               const struct portero_policy_call *call,
                               const struct rule_places *places)
{
  const struct portero_policy_rule *r = &rule->is;
  const char *key;

  if (r->interfaces.count && any_interface(r, call) == r->interfaces.negate)
    return "interface";
  if (r->missing && !call->missing)
    return "missing";
  key = place_mismatch(p, rule, call, places);
  if (key)
    return key;
  if (r->objects.count && any_object(r, call) == r->objects.negate)
    return "object";
  return caller_mismatch(r, call);
}

/* ---- binds ---- */

static enum rule_match bind_interface(const struct portero_policy_rule *r,
                                      const struct portero_policy_call *call)
{
  enum rule_match match = r->interfaces.negate ? RULE_YES : RULE_NO;

  if (!r->interfaces.count)
    return RULE_YES;
  for (size_t n = 0; n < r->interfaces.count; n++) {
    const struct portero_policy_interface *i = &r->interfaces.values[n];
    if (!portero_uuid_equal(&i->uuid, &call->interface.uuid) ||
        (!i->any_version && i->major != call->interface.major))
      continue;
    if (i->n_operations == 0)
      return r->interfaces.negate ? RULE_NO : RULE_YES;
    match = RULE_MAYBE;
  }
  return match;
}

/* The first condition that only a call can tell. */
static const char *bind_unknown(const struct portero_policy_rule *r,
                                const struct portero_policy_call *call)
{
  if (r->missing && !call->missing)
    return "missing"; /* the interface is there, the operation may be not */
  if (r->objects.count)
    return "object";
  if (r->least_level > PORTERO_LEVEL_NONE)
    return "level";
  if (r->below_level)
    return "below-level";
  if (r->mechanisms)
    return "mechanism";
  if (r->accounts.count)
    return "user";
  if (r->sids.count)
    return "sid";
  return r->rate_window && !r->missing ? "rate" : NULL;
}

enum rule_match rule_bind_match(const struct portero_policy *p, const struct rule *rule,
                                const struct portero_policy_call *call,
                                const struct rule_places *places, const char **out_key)
{
  enum rule_match match = bind_interface(&rule->is, call);

  *out_key = "interface";
  if (match == RULE_NO)
    return RULE_NO;
  *out_key = place_mismatch(p, rule, call, places);
  if (*out_key)
    return RULE_NO;
  *out_key = match == RULE_MAYBE ? "interface" : bind_unknown(&rule->is, call);
  return *out_key ? RULE_MAYBE : RULE_YES;
}

/* ---- registrations ---- */

static bool any_number(const uint32_t *values, size_t count, uint32_t wanted)
{
  for (size_t i = 0; i < count; i++)
    if (values[i] == wanted)
      return true;
  return false;
}

static bool any_group(const uint32_t *gids, size_t count,
                      const struct portero_policy_registration *r)
{
  for (size_t i = 0; i < r->n_groups; i++)
    if (any_number(gids, count, r->groups[i]))
      return true;
  return any_number(gids, count, r->gid);
}

static bool any_text(const char *const *values, size_t count, const char *wanted)
{
  for (size_t i = 0; wanted && i < count; i++)
    if (strcmp(values[i], wanted) == 0)
      return true;
  return false;
}

bool rule_owner(const struct portero_policy_registration *r, const uint32_t *uids, size_t n_uids,
                const uint32_t *gids, size_t n_gids, const char *const *units, size_t n_units)
{
  return !r->is_remote && (any_number(uids, n_uids, r->uid) || any_group(gids, n_gids, r) ||
                           any_text(units, n_units, r->unit));
}

static bool registers_interface(const struct portero_policy_rule *rule,
                                const struct portero_policy_registration *r)
{
  for (size_t n = 0; n < rule->interfaces.count; n++) {
    const struct portero_policy_interface *i = &rule->interfaces.values[n];
    if (portero_uuid_equal(&i->uuid, &r->interface.uuid) &&
        (i->any_version || i->major == r->interface.major))
      return true;
  }
  return false;
}

/* A remote caller has no account on this host: no condition on one holds, negated or not. */
const char *rule_registration_mismatch(const struct rule *rule,
                                       const struct portero_policy_registration *r)
{
  const struct portero_policy_rule *is = &rule->is;

  if (is->interfaces.count && registers_interface(is, r) == is->interfaces.negate)
    return "interface";
  if (is->protseqs && !(is->protseqs >> r->protseq & 1))
    return "protseq";
  if (is->endpoints.count &&
      any_text(is->endpoints.values, is->endpoints.count, r->endpoint) == is->endpoints.negate)
    return "endpoint";
  if (r->is_remote && (is->uids.count || is->gids.count || is->units.count))
    return "remote";
  if (is->uids.count && any_number(is->uids.values, is->uids.count, r->uid) == is->uids.negate)
    return "user";
  if (is->gids.count && any_group(is->gids.values, is->gids.count, r) == is->gids.negate)
    return "group";
  if (is->units.count && any_text(is->units.values, is->units.count, r->unit) == is->units.negate)
    return "unit";
  return NULL;
}
