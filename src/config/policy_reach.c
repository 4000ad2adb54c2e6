/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's own engine decides, over a copy of the rules that only knows sources: where a
 * verdict can change from one address to the next is where a network begins or ends.
 */
#include "src/config/policy_reach.h"

#include <stdlib.h>

#include <portero/tower.h>

struct address {
  uint8_t ip[16];
};

struct range {
  struct address low, high;
};

struct reach {
  struct portero_arena *arena;
  struct portero_policy_rule *rules;
  size_t n_rules;
  struct address *edges; /* first addresses of what is decided alike */
  size_t n_edges;
  struct range *ranges; /* allowed */
  size_t n_ranges;
};

static const struct address first_v4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
static const struct address behind_v4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}};
static const struct address last_of_all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static int compare(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(struct address));
}

static struct address last_in(const struct portero_policy_network *n)
{
  struct address last;

  memcpy(last.ip, n->ip, sizeof last.ip);
  for (unsigned i = n->prefix; i < 128; i++)
    last.ip[i / 8] |= (uint8_t)(0x80u >> i % 8);
  return last;
}

/* false: there is none behind the last. */
static bool step(struct address *a, bool up)
{
  for (unsigned i = 16; i-- > 0;) {
    a->ip[i] = (uint8_t)(up ? a->ip[i] + 1 : a->ip[i] - 1);
    if (a->ip[i] != (up ? 0 : 0xff))
      return true;
  }
  return false;
}

/* ---- rules that know sources alone ---- */

static bool has_further_conditions(const struct portero_policy_rule *r)
{
  return r->destinations.count || r->interfaces.count || r->objects.count || r->sids.count ||
         r->accounts.count || r->mechanisms || r->below_level || r->least_level || r->rate_window ||
         r->from_minute != r->to_minute || r->weekdays || r->missing;
}

static bool is_about_tcp(const struct portero_policy_rule *r)
{
  return !r->protseqs || r->protseqs >> PORTERO_NCACN_IP_TCP & 1;
}

/* What refuses some calls only does not keep an address out. */
static bool counts(const struct portero_policy_rule *r)
{
  if (r->action == PORTERO_ACTION_OBSERVE || !is_about_tcp(r))
    return false;
  return r->action == PORTERO_ACTION_ALLOW || !has_further_conditions(r);
}

static bool reach_rules(struct reach *x, const struct portero_policy_options *o)
{
  x->rules = portero_arena_array(x->arena, o->n_calls, sizeof *x->rules);
  if (!x->rules)
    return false;
  for (size_t i = 0; i < o->n_calls; i++) {
    struct portero_policy_rule *to = &x->rules[x->n_rules];
    if (!counts(&o->calls[i]))
      continue;
    memset(to, 0, sizeof *to);
    to->name = o->calls[i].name;
    to->action = o->calls[i].action;
    to->sources.values = o->calls[i].sources.values;
    to->sources.count = o->calls[i].sources.count;
    to->sources.negate = o->calls[i].sources.negate;
    x->n_rules++;
  }
  return true;
}

/* ---- edges ---- */

static bool reach_edges(struct reach *x)
{
  size_t most = 3;

  for (size_t i = 0; i < x->n_rules; i++)
    most += 2 * x->rules[i].sources.count;
  x->edges = portero_arena_array(x->arena, most, sizeof *x->edges);
  if (!x->edges)
    return false;
  x->n_edges = 1; /* the first of all */
  x->edges[x->n_edges++] = first_v4;
  x->edges[x->n_edges++] = behind_v4;
  for (size_t i = 0; i < x->n_rules; i++)
    for (size_t n = 0; n < x->rules[i].sources.count; n++) {
      const struct portero_policy_network *network = &x->rules[i].sources.values[n];
      struct address behind = last_in(network);
      memcpy(x->edges[x->n_edges++].ip, network->ip, sizeof network->ip);
      if (step(&behind, true))
        x->edges[x->n_edges++] = behind;
    }
  qsort(x->edges, x->n_edges, sizeof *x->edges, compare);
  return true;
}

static bool is_allowed(const struct portero_policy *p, const struct address *a)
{
  struct portero_policy_call call = {.protseq = PORTERO_NCACN_IP_TCP};
  struct portero_verdict verdict;

  memcpy(call.source, a->ip, sizeof call.source);
  portero_policy_ask_call(p, NULL, &call, &verdict);
  return verdict.action == PORTERO_ACTION_ALLOW;
}

/* Neighbours become one, but IPv4 stays apart from IPv6. */
static void range_add(struct reach *x, const struct address *low, const struct address *high)
{
  struct range *last = x->n_ranges ? &x->ranges[x->n_ranges - 1] : NULL;
  struct address behind = last ? last->high : *low;

  if (last && step(&behind, true) && compare(&behind, low) == 0 && compare(low, &first_v4) != 0 &&
      compare(low, &behind_v4) != 0) {
    last->high = *high;
    return;
  }
  x->ranges[x->n_ranges].low = *low;
  x->ranges[x->n_ranges++].high = *high;
}

static void reach_ranges(struct reach *x, const struct portero_policy *p)
{
  static const struct address local; /* of local sockets: no filter sees it */

  for (size_t i = 0; i < x->n_edges; i++) {
    struct address high = i + 1 < x->n_edges ? x->edges[i + 1] : last_of_all;
    if (i + 1 < x->n_edges && compare(&x->edges[i], &high) == 0)
      continue;
    if (i + 1 < x->n_edges)
      (void)step(&high, false);
    if (compare(&high, &local) != 0 && is_allowed(p, &x->edges[i]))
      range_add(x, &x->edges[i], &high);
  }
}

static bool is_v4(const struct range *r)
{
  return compare(&r->low, &first_v4) >= 0 && compare(&r->low, &behind_v4) < 0;
}

/* IPv6 on both sides of the place where IPv4 lies is one range, and so is it with :: before ::1. */
static void join_v6(struct reach *x)
{
  struct address below = first_v4, one = {{0}};
  struct range *before = NULL, *behind = NULL;

  (void)step(&below, false);
  (void)step(&one, true);
  for (size_t i = 0; i < x->n_ranges; i++) {
    if (compare(&x->ranges[i].high, &below) == 0)
      before = &x->ranges[i];
    if (compare(&x->ranges[i].low, &behind_v4) == 0)
      behind = &x->ranges[i];
    if (compare(&x->ranges[i].low, &one) == 0 && compare(&x->ranges[i].high, &one) != 0)
      memset(x->ranges[i].low.ip, 0, sizeof one.ip);
  }
  if (!before || !behind)
    return;
  before->high = behind->high;
  behind->high = behind->low;
  (void)step(&behind->high, false); /* empty */
}

/* ---- networks ---- */

/* The widest network that begins at low and does not go beyond high. */
static struct portero_policy_network widest(const struct address *low, const struct address *high,
                                            uint8_t least)
{
  struct portero_policy_network n = {.prefix = 128};
  struct address last;

  memcpy(n.ip, low->ip, sizeof n.ip);
  while (n.prefix > least) {
    unsigned bit = n.prefix - 1u;
    if (n.ip[bit / 8] & 0x80u >> bit % 8)
      break;
    n.prefix--;
    last = last_in(&n);
    if (compare(&last, high) > 0) {
      n.prefix++;
      break;
    }
  }
  return n;
}

static size_t cut(const struct range *r, struct portero_policy_network *out_networks)
{
  uint8_t least = is_v4(r) ? 96 : 0;
  struct address low = r->low, last;
  size_t n = 0;

  while (compare(&low, &r->high) <= 0) {
    struct portero_policy_network network = widest(&low, &r->high, least);
    if (out_networks)
      out_networks[n] = network;
    n++;
    last = last_in(&network);
    low = last;
    if (!step(&low, true))
      break;
  }
  return n;
}

static bool networks_of(struct reach *x, bool v4, struct portero_policy_network **out_networks,
                        size_t *out_count)
{
  struct portero_policy_network *networks;
  size_t n = 0;

  for (size_t i = 0; i < x->n_ranges; i++)
    n += is_v4(&x->ranges[i]) == v4 ? cut(&x->ranges[i], NULL) : 0;
  networks = portero_arena_array(x->arena, n, sizeof *networks);
  if (!networks)
    return false;
  n = 0;
  for (size_t i = 0; i < x->n_ranges; i++)
    if (is_v4(&x->ranges[i]) == v4)
      n += cut(&x->ranges[i], networks + n);
  *out_networks = networks;
  *out_count = n;
  return true;
}

bool policy_reach_find(struct portero_arena *arena, const struct portero_policy_options *options,
                       struct policy_reach *out_reach)
{
  struct reach x = {.arena = arena};
  struct portero_policy_options o = {.call_default = options->call_default};
  struct portero_policy *p;

  if (!reach_rules(&x, options) || !reach_edges(&x))
    return false;
  x.ranges = portero_arena_array(arena, x.n_edges, sizeof *x.ranges);
  o.calls = x.rules;
  o.n_calls = x.n_rules;
  if (!x.ranges || !portero_is_ok(portero_policy_new(&portero_mem_malloc, &o, &p)))
    return false;
  reach_ranges(&x, p);
  portero_policy_free(p);
  join_v6(&x);
  return networks_of(&x, true, &out_reach->v4, &out_reach->n_v4) &&
         networks_of(&x, false, &out_reach->v6, &out_reach->n_v6);
}
