/* SPDX-License-Identifier: Apache-2.0 */
/* Building a policy: everything is copied into one arena, then indexed. */
#include <stdlib.h>

#include "src/policy/rules.h"

#define MAX_RULES    UINT32_C(1000000)
#define MAX_ENTRIES  UINT32_C(16000000)
#define ARENA_BUDGET ((size_t)4 << 30)

/* What building needs and the policy does not. */
struct build {
  struct portero_policy *p;
  struct portero_arena scratch;
  struct list { /* a list of networks: known by where the options have it */
    const struct portero_policy_network *values;
    size_t count;
  } * lists;
  uint32_t n_lists;
  uint32_t *known; /* list numbers plus 1, hashed by where the lists are */
  uint32_t known_mask;
  bool failed;
};

static void *copy(struct build *b, const void *values, size_t count, size_t size)
{
  void *block = portero_arena_array(&b->p->arena, count, size);

  b->failed = b->failed || !block;
  if (block && count > 0)
    memcpy(block, values, count * size);
  return block;
}

static const char *copy_text(struct build *b, const char *text)
{
  char *block = text ? portero_arena_text(&b->p->arena, text, strlen(text)) : NULL;

  b->failed = b->failed || (text && !block);
  return block;
}

static const char *const *copy_texts(struct build *b, const char *const *texts, size_t count)
{
  const char **block = portero_arena_array(&b->p->arena, count, sizeof *block);

  b->failed = b->failed || !block;
  for (size_t i = 0; block && i < count; i++)
    block[i] = copy_text(b, texts[i]);
  return block;
}

#define COPY(b, from, n) copy((b), (from), (n), sizeof *(from))

/* ---- rules ---- */

static void copy_interfaces(struct build *b, struct portero_policy_rule *r)
{
  struct portero_policy_interface *block = COPY(b, r->interfaces.values, r->interfaces.count);

  for (size_t i = 0; block && i < r->interfaces.count; i++)
    block[i].operations = COPY(b, block[i].operations, block[i].n_operations);
  r->interfaces.values = block;
}

/* The number of a list; those that rules share are one. */
static uint32_t list_of(struct build *b, const struct portero_policy_network *values, size_t count)
{
  uint64_t hash = (uint64_t)(uintptr_t)values * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t i = (uint32_t)(hash >> 32) & b->known_mask;

  if (count == 0)
    return NETWORKS_NONE;
  for (; b->known[i] > 0; i = (i + 1) & b->known_mask)
    if (b->lists[b->known[i] - 1].values == values && b->lists[b->known[i] - 1].count == count)
      return b->known[i] - 1;
  b->lists[b->n_lists].values = values;
  b->lists[b->n_lists].count = count;
  b->known[i] = ++b->n_lists;
  return b->n_lists - 1;
}

static void copy_rule(struct build *b, struct rule *to, const struct portero_policy_rule *from)
{
  struct portero_policy_rule *r = &to->is;

  *r = *from;
  to->sources = list_of(b, from->sources.values, from->sources.count);
  to->destinations = list_of(b, from->destinations.values, from->destinations.count);
  b->p->has_destinations = b->p->has_destinations || from->destinations.count;
  b->p->has_rates = b->p->has_rates || from->rate_window;
  r->sources.values = r->destinations.values = NULL; /* they are in the table */
  r->name = copy_text(b, from->name);
  r->tags = copy_texts(b, from->tags, from->n_tags);
  copy_interfaces(b, r);
  r->objects.values = COPY(b, from->objects.values, from->objects.count);
  r->sids.values = COPY(b, from->sids.values, from->sids.count);
  r->accounts.values = copy_texts(b, from->accounts.values, from->accounts.count);
  r->uids.values = COPY(b, from->uids.values, from->uids.count);
  r->gids.values = COPY(b, from->gids.values, from->gids.count);
  r->units.values = copy_texts(b, from->units.values, from->units.count);
  r->endpoints.values = copy_texts(b, from->endpoints.values, from->endpoints.count);
}

static struct rule *copy_rules(struct build *b, const struct portero_policy_rule *from, size_t n)
{
  struct rule *rules = portero_arena_array(&b->p->arena, n, sizeof *rules);

  b->failed = b->failed || !rules;
  for (size_t i = 0; i < n && !b->failed; i++)
    copy_rule(b, &rules[i], &from[i]);
  return rules;
}

static void copy_reservations(struct build *b, const struct portero_policy_options *o)
{
  struct portero_policy_reservation *block = COPY(b, o->reservations, o->n_reservations);

  for (size_t i = 0; block && i < o->n_reservations; i++) {
    block[i].name = copy_text(b, block[i].name);
    block[i].uids = COPY(b, block[i].uids, block[i].n_uids);
    block[i].gids = COPY(b, block[i].gids, block[i].n_gids);
    block[i].units = copy_texts(b, block[i].units, block[i].n_units);
  }
  b->p->reservations = block;
  b->p->n_reservations = (uint32_t)o->n_reservations;
}

/* ---- what they are found by ---- */

static void build_networks(struct build *b)
{
  struct networks_entry *entries;
  size_t n = 0;

  for (uint32_t i = 0; i < b->n_lists; i++)
    n += b->lists[i].count;
  entries = n <= MAX_ENTRIES ? portero_arena_array(&b->scratch, n, sizeof *entries) : NULL;
  if (!entries) {
    b->failed = true;
    return;
  }
  n = 0;
  for (uint32_t i = 0; i < b->n_lists; i++)
    for (size_t j = 0; j < b->lists[i].count; j++)
      entries[n++] = networks_entry(&b->lists[i].values[j], i);
  if (!networks_build(&b->p->networks, &b->p->arena, entries, n))
    b->failed = true;
}

/* A negated condition cannot be looked up by what it excludes. */
static size_t n_pairs(const struct portero_policy_rule *r)
{
  return r->interfaces.count && !r->interfaces.negate ? r->interfaces.count : 1;
}

static void add_pairs(struct index_pair *pairs, const struct rule *rule, uint32_t number)
{
  const struct portero_policy_rule *r = &rule->is;
  uint32_t list = r->sources.negate ? NETWORKS_NONE : rule->sources;
  bool named = r->interfaces.count && !r->interfaces.negate;

  for (size_t i = 0; i < n_pairs(r); i++) {
    pairs[i].key = index_key(named ? &r->interfaces.values[i].uuid : NULL, list);
    pairs[i].rule = number;
  }
}

static void build_index(struct build *b)
{
  struct index_pair *pairs;
  size_t n = 0;

  for (uint32_t i = 0; i < b->p->n_calls; i++)
    n += n_pairs(&b->p->calls[i].is);
  pairs = n <= MAX_ENTRIES ? portero_arena_array(&b->scratch, n, sizeof *pairs) : NULL;
  if (!pairs) {
    b->failed = true;
    return;
  }
  n = 0;
  for (uint32_t i = 0; i < b->p->n_calls; i++) {
    add_pairs(pairs + n, &b->p->calls[i], i);
    n += n_pairs(&b->p->calls[i].is);
  }
  if (!index_build(&b->p->index, &b->p->arena, pairs, n))
    b->failed = true;
}

/* ---- names ---- */

static int by_name(const void *a, const void *b)
{
  const char *const *x = a, *const *y = b;

  return strcmp(*x, *y);
}

static bool names_are_good(struct build *b, const struct portero_policy_rule *rules, size_t n)
{
  const char **names = portero_arena_array(&b->scratch, n, sizeof *names);

  if (!names)
    return true; /* memory is out: found again by the next allocation */
  for (size_t i = 0; i < n; i++) {
    if (!rules[i].name || !*rules[i].name)
      return false;
    names[i] = rules[i].name;
  }
  if (n > 1)
    qsort(names, n, sizeof *names, by_name);
  for (size_t i = 1; i < n; i++)
    if (strcmp(names[i - 1], names[i]) == 0)
      return false;
  return true;
}

static bool is_default(enum portero_action action)
{
  return action == PORTERO_ACTION_ALLOW || action == PORTERO_ACTION_DENY;
}

static portero_status check(struct build *b, const struct portero_policy_options *o)
{
  if (o->n_calls > MAX_RULES || o->n_registrations > MAX_RULES || o->n_reservations > MAX_RULES)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (!is_default(o->call_default) || !is_default(o->registration_default) ||
      !names_are_good(b, o->calls, o->n_calls) ||
      !names_are_good(b, o->registrations, o->n_registrations))
    return portero_local(PORTERO_LOCAL_USAGE);
  return portero_ok();
}

static bool make_room(struct build *b, const struct portero_policy_options *o)
{
  size_t most = 2 * (o->n_calls + o->n_registrations);
  uint32_t capacity = 16;

  while (capacity < 2 * most)
    capacity *= 2;
  b->lists = portero_arena_array(&b->scratch, most, sizeof *b->lists);
  b->known = portero_arena_array(&b->scratch, capacity, sizeof *b->known);
  b->known_mask = capacity - 1;
  return b->lists && b->known;
}

static void fill(struct build *b, const struct portero_policy_options *o)
{
  struct portero_policy *p = b->p;

  b->failed = !make_room(b, o);
  if (b->failed)
    return;
  p->call_default = o->call_default;
  p->registration_default = o->registration_default;
  p->calls = copy_rules(b, o->calls, o->n_calls);
  p->n_calls = (uint32_t)o->n_calls;
  p->registrations = copy_rules(b, o->registrations, o->n_registrations);
  p->n_registrations = (uint32_t)o->n_registrations;
  copy_reservations(b, o);
  if (!b->failed)
    build_networks(b);
  if (!b->failed)
    build_index(b);
}

portero_status portero_policy_new(const struct portero_mem *mem,
                                  const struct portero_policy_options *options,
                                  struct portero_policy **out_policy)
{
  struct portero_policy *p = portero_mem_take(mem, sizeof *p);
  struct build b = {.p = p};
  portero_status status;

  if (!p)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(p, 0, sizeof *p);
  p->mem = mem;
  portero_arena_init(&p->arena, mem, ARENA_BUDGET);
  portero_arena_init(&b.scratch, mem, ARENA_BUDGET);
  status = check(&b, options);
  if (portero_is_ok(status)) {
    fill(&b, options);
    status = b.failed ? portero_local(PORTERO_LOCAL_NO_MEMORY) : portero_ok();
  }
  portero_arena_deinit(&b.scratch);
  if (!portero_is_ok(status)) {
    portero_policy_free(p);
    return status;
  }
  *out_policy = p;
  return portero_ok();
}

bool portero_policy_has_rates(const struct portero_policy *p)
{
  return p->has_rates;
}

void portero_policy_free(struct portero_policy *p)
{
  if (!p)
    return;
  portero_arena_deinit(&p->arena);
  portero_mem_give(p->mem, p, sizeof *p);
}
