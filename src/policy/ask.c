/* SPDX-License-Identifier: Apache-2.0 */
/* The questions: first match decides. */
#include "src/policy/rates.h"
#include "src/policy/rules.h"

#define DEFAULT_FAULT PORTERO_FAULT_ACCESS_DENIED

static void verdict_default(struct portero_verdict *v, enum portero_action action)
{
  v->action = action;
  v->fault = action == PORTERO_ACTION_DENY ? DEFAULT_FAULT : 0;
  v->rule = NULL;
  v->line = 0;
  v->alert = false;
  v->tags = NULL;
  v->n_tags = 0;
  v->n_observed = 0;
}

static void verdict_rule(struct portero_verdict *v, const struct portero_policy_rule *r)
{
  v->action = r->action;
  v->fault = r->action != PORTERO_ACTION_DENY ? 0 : r->fault ? r->fault : DEFAULT_FAULT;
  v->rule = r->name;
  v->line = r->line;
  v->alert = r->alert;
  v->tags = r->tags;
  v->n_tags = r->n_tags;
}

/* Told, but the rules behind it decide. true: this one does. */
static bool verdict_take(struct portero_verdict *v, const struct portero_policy_rule *r)
{
  struct portero_policy_observed *seen;

  if (r->action != PORTERO_ACTION_OBSERVE) {
    verdict_rule(v, r);
    return true;
  }
  if (v->n_observed == PORTERO_POLICY_OBSERVED)
    return false;
  seen = &v->observed[v->n_observed++];
  seen->rule = r->name;
  seen->line = r->line;
  seen->alert = r->alert;
  seen->tags = r->tags;
  seen->n_tags = r->n_tags;
  return false;
}

static struct rule_places places_of(const struct portero_policy *p,
                                    const struct portero_policy_call *call)
{
  struct rule_places places;

  places.source = networks_find(&p->networks, call->source);
  places.destination =
      p->has_destinations ? networks_find(&p->networks, call->destination) : NETWORKS_NONE;
  return places;
}

/* Counted only when all else holds: a rate is of what the rule is about. */
static bool rate_holds(struct portero_policy_rates *rates, const struct portero_policy_rule *r,
                       uint32_t number, const struct portero_policy_call *call)
{
  if (!r->rate_window)
    return true;
  return rates && rates_count(rates, number, call->source, r->rate_window, call->now,
                              call->again ? 0 : 1) > r->rate;
}

/* The call that a rule is about may still come: enough to let the bind pass, for nothing else. */
static bool try_bind(const struct portero_policy *p, uint32_t number,
                     struct portero_policy_rates *rates, const struct portero_policy_call *call,
                     const struct rule_places *places, struct portero_verdict *v)
{
  const struct rule *rule = &p->calls[number];
  const char *key;
  enum rule_match match = rule_bind_match(p, rule, call, places, &key);

  if (match == RULE_YES) /* no call will come over what is missing: its rate is counted here */
    return rate_holds(rates, &rule->is, number, call) && verdict_take(v, &rule->is);
  if (match == RULE_NO || rule->is.action != PORTERO_ACTION_ALLOW)
    return false;
  v->action = PORTERO_ACTION_ALLOW;
  v->fault = 0;
  v->rule = rule->is.name;
  v->line = rule->is.line;
  return true;
}

static bool try_call(const struct portero_policy *p, uint32_t number,
                     struct portero_policy_rates *rates, const struct portero_policy_call *call,
                     const struct rule_places *places, struct portero_verdict *v)
{
  const struct rule *rule = &p->calls[number];

  if (!call->has_opnum)
    return try_bind(p, number, rates, call, places, v);
  return !rule_call_mismatch(p, rule, call, places) && rate_holds(rates, &rule->is, number, call) &&
         verdict_take(v, &rule->is);
}

void portero_policy_ask_call(const struct portero_policy *p, struct portero_policy_rates *rates,
                             const struct portero_policy_call *call,
                             struct portero_verdict *out_verdict)
{
  struct rule_places places = places_of(p, call);
  struct index_walk walk;
  uint32_t number;

  verdict_default(out_verdict, p->call_default);
  if (index_walk_begin(&walk, &p->index, &p->networks, &call->interface.uuid, places.source)) {
    while (index_walk_next(&walk, &number))
      if (try_call(p, number, rates, call, &places, out_verdict))
        return;
    return;
  }
  for (number = 0; number < p->n_calls; number++)
    if (try_call(p, number, rates, call, &places, out_verdict))
      return;
}

/* As the engine sees it: does the rule match, and what is against it or not known? */
static bool explain_one(const struct portero_policy *p, const struct rule *rule,
                        const struct portero_policy_call *call, const struct rule_places *places,
                        const char **out_why)
{
  enum rule_match match;

  if (!call->has_opnum) {
    match = rule_bind_match(p, rule, call, places, out_why);
    if (match == RULE_YES && rule->is.rate_window)
      *out_why = "rate";
    return (match == RULE_YES && !*out_why) ||
           (match == RULE_MAYBE && rule->is.action == PORTERO_ACTION_ALLOW);
  }
  *out_why = rule_call_mismatch(p, rule, call, places);
  if (!*out_why && rule->is.rate_window)
    *out_why = "rate";
  return !*out_why;
}

void portero_policy_explain_call(const struct portero_policy *p,
                                 const struct portero_policy_call *call,
                                 void (*tell)(void *user, const char *rule, uint32_t line,
                                              bool matches, const char *why),
                                 void *user)
{
  struct rule_places places = places_of(p, call);

  for (uint32_t i = 0; i < p->n_calls; i++) {
    const struct portero_policy_rule *r = &p->calls[i].is;
    const char *why;
    bool matches = explain_one(p, &p->calls[i], call, &places, &why);
    tell(user, r->name, r->line, matches, why);
    if (matches && r->action != PORTERO_ACTION_OBSERVE)
      return;
  }
}

/* ---- registrations ---- */

/* true: the interface is reserved, and the verdict says for whom. */
static bool try_reservations(const struct portero_policy *p,
                             const struct portero_policy_registration *r, struct portero_verdict *v)
{
  static const char *const tags[] = {"CVE-2025-49760"};

  for (uint32_t i = 0; i < p->n_reservations; i++) {
    const struct portero_policy_reservation *of = &p->reservations[i];
    if (!portero_uuid_equal(&of->uuid, &r->interface.uuid))
      continue;
    v->rule = of->name;
    v->line = of->line;
    v->action = PORTERO_ACTION_ALLOW;
    v->fault = 0;
    if (rule_owner(r, of->uids, of->n_uids, of->gids, of->n_gids, of->units, of->n_units))
      return true;
    v->action = PORTERO_ACTION_DENY;
    v->fault = DEFAULT_FAULT;
    v->alert = true;
    v->tags = tags;
    v->n_tags = 1;
    return true;
  }
  return false;
}

void portero_policy_ask_registration(const struct portero_policy *p,
                                     const struct portero_policy_registration *r,
                                     struct portero_verdict *out_verdict)
{
  verdict_default(out_verdict, p->registration_default);
  if (try_reservations(p, r, out_verdict))
    return;
  for (uint32_t i = 0; i < p->n_registrations; i++)
    if (!rule_registration_mismatch(&p->registrations[i], r) &&
        verdict_take(out_verdict, &p->registrations[i].is))
      return;
}
