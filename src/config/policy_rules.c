/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and reservations: a section's keys into the engine's structs. */
#include <stdio.h>
#include <string.h>

#include "src/config/policy_build.h"
#include "src/config/policy_values.h"

/* What policy_values stands for. */
#define LIKE_VALUES(member)                                                                        \
  (offsetof(struct portero_policy_rule, member.count) -                                            \
           offsetof(struct portero_policy_rule, member.values) ==                                  \
       offsetof(struct policy_values, count) &&                                                    \
   offsetof(struct portero_policy_rule, member.negate) -                                           \
           offsetof(struct portero_policy_rule, member.values) ==                                  \
       offsetof(struct policy_values, negate))
_Static_assert(LIKE_VALUES(sources) && LIKE_VALUES(interfaces) && LIKE_VALUES(accounts) &&
                   LIKE_VALUES(endpoints),
               "conditions look alike");

struct rule_reader {
  struct policy_build *build;
  const char *section;
  struct portero_policy_rule *rule;
  const struct policy_node *operations;
  bool seen[POLICY_KEYS_MAX];
  bool has_action;
};

static const char *path_of(const struct rule_reader *r, const char *key,
                           char path[POLICY_PATH_SIZE])
{
  (void)snprintf(path, POLICY_PATH_SIZE, "%s.%.80s", r->section, key);
  return path;
}

static bool rule_complain(struct rule_reader *r, const struct policy_node *node, const char *what,
                          const char *more)
{
  char path[POLICY_PATH_SIZE];

  return policy_complain(&r->build->reader, node->line, path_of(r, node->key, path), "%s%s", what,
                         more);
}

/* ---- values ---- */

static bool set_bits(struct rule_reader *r, const struct policy_node *node,
                     const struct policy_key *key, bool negated)
{
  uint32_t all = key->kind == POLICY_PROTSEQS     ? POLICY_ALL_PROTSEQS
                 : key->kind == POLICY_MECHANISMS ? POLICY_ALL_MECHANISMS
                                                  : POLICY_ALL_WEEKDAYS;
  struct policy_values values = {.count = 0};
  char path[POLICY_PATH_SIZE];
  uint32_t bits = 0;

  if (!policy_collect(r->build, node, key->kind, path_of(r, node->key, path), &values))
    return false;
  for (size_t i = 0; i < values.count; i++)
    bits |= ((const uint32_t *)values.values)[i];
  bits = negated ? all & ~bits : bits;
  if (bits == 0)
    return rule_complain(r, node, "leaves nothing that could match", "");
  if (key->kind == POLICY_WEEKDAYS)
    r->rule->weekdays = (uint8_t)bits;
  else if (key->kind == POLICY_PROTSEQS)
    r->rule->protseqs = bits;
  else
    r->rule->mechanisms = bits;
  return true;
}

static bool set_values(struct rule_reader *r, const struct policy_node *node,
                       const struct policy_key *key, bool negated)
{
  struct policy_values values = {.count = 0};
  char path[POLICY_PATH_SIZE];

  if (!policy_collect(r->build, node, key->kind, path_of(r, node->key, path), &values))
    return false;
  if (key->kind == POLICY_TAGS) {
    r->rule->tags = values.values;
    r->rule->n_tags = values.count;
    return true;
  }
  values.negate = negated;
  memcpy((char *)r->rule + key->offset, &values.values, sizeof values.values);
  memcpy((char *)r->rule + key->offset + offsetof(struct policy_values, count), &values.count,
         sizeof values.count);
  memcpy((char *)r->rule + key->offset + offsetof(struct policy_values, negate), &values.negate,
         sizeof values.negate);
  return true;
}

static bool yes_parse(const char *text, bool *out_yes, policy_expected expected)
{
  bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;

  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "true or false");
  if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
    return false;
  *out_yes = yes;
  return true;
}

static bool parse_one(struct rule_reader *r, const struct policy_key *key, const char *text,
                      policy_expected expected)
{
  struct portero_policy_rule *rule = r->rule;
  void *at = (char *)rule + key->offset;

  switch ((unsigned)key->kind) {
  case POLICY_NAME:
    (void)snprintf(expected, POLICY_EXPECTED_SIZE,
                   "a name of letters, digits, dot, dash and underscore");
    rule->name = text;
    return policy_name_is_good(text);
  case POLICY_LEVEL:
    return policy_level_parse(text, at, expected);
  case POLICY_RATE:
    return policy_rate_parse(text, &rule->rate, &rule->rate_window, expected);
  case POLICY_TIME:
    return policy_time_parse(text, &rule->from_minute, &rule->to_minute, expected);
  case POLICY_ACTION:
    r->has_action = true;
    return policy_action_parse(text, &rule->action, expected);
  case POLICY_FAULT:
    return policy_fault_parse(text, &rule->fault, expected);
  }
  return yes_parse(text, at, expected);
}

static bool set_one(struct rule_reader *r, const struct policy_node *node,
                    const struct policy_key *key)
{
  policy_expected expected = "";
  char path[POLICY_PATH_SIZE];

  if (node->type != POLICY_NODE_TEXT)
    return rule_complain(r, node, "expected ", policy_kind_text(key->kind));
  if (parse_one(r, key, node->text, expected))
    return true;
  return policy_complain(&r->build->reader, node->line, path_of(r, node->key, path),
                         "\"%s\": expected %s", node->text, expected);
}

/* ---- a rule ---- */

static bool set_key(struct rule_reader *r, const struct policy_node *node)
{
  bool negated;
  const struct policy_key *key = policy_key_find(r->section, node->key, &negated);
  const char *similar;

  if (!key) {
    similar = policy_key_similar(r->section, node->key);
    return rule_complain(r, node, similar ? "no such key; did you mean " : "no such key",
                         similar ? similar : "");
  }
  if (r->seen[key - policy_keys])
    return rule_complain(r, node, "stands beside its opposite; write two rules", "");
  r->seen[key - policy_keys] = true;
  if (key->kind == POLICY_OPERATIONS) {
    r->operations = node;
    return true;
  }
  if (key->kind >= POLICY_PROTSEQS && key->kind <= POLICY_WEEKDAYS)
    return set_bits(r, node, key, negated);
  if (key->kind < POLICY_PROTSEQS)
    return set_values(r, node, key, negated);
  return set_one(r, node, key);
}

static bool rule_operations(struct rule_reader *r)
{
  struct portero_policy_rule *rule = r->rule;
  struct policy_values values = {.values = rule->interfaces.values,
                                 .count = rule->interfaces.count};
  char path[POLICY_PATH_SIZE];

  if (!r->operations)
    return true;
  if (!rule->interfaces.count)
    return rule_complain(r, r->operations, "of which interface? give the rule one", "");
  if (!policy_operations(r->build, r->operations, path_of(r, "operations", path), &values))
    return false;
  rule->interfaces.values = values.values;
  return true;
}

static bool rule_check(struct rule_reader *r, const struct policy_node *node)
{
  struct portero_policy_rule *rule = r->rule;
  struct policy_reader *reader = &r->build->reader;

  if (!rule->name)
    return policy_complain(reader, node->line, r->section, "a rule needs a name");
  if (!r->has_action)
    return policy_complain(reader, node->line, r->section,
                           "the rule %s needs an action: allow, deny, drop or observe", rule->name);
  if (rule->fault && rule->action != PORTERO_ACTION_DENY)
    return policy_complain(reader, node->line, r->section,
                           "the rule %s has a fault, but its action is not deny", rule->name);
  if (rule->below_level && rule->least_level >= rule->below_level)
    return policy_complain(reader, node->line, r->section,
                           "the rule %s can never match: level is not below below-level",
                           rule->name);
  if (rule->below_level == PORTERO_LEVEL_NONE)
    return policy_complain(reader, node->line, r->section,
                           "the rule %s can never match: nothing is below none", rule->name);
  return true;
}

static bool rule_read(struct policy_build *b, const struct policy_node *node, const char *section,
                      struct portero_policy_rule *rule)
{
  struct rule_reader r = {.build = b, .section = section, .rule = rule};

  if (node->type != POLICY_NODE_MAP)
    return policy_complain(&b->reader, node->line, section,
                           "expected a rule, such as - {name: a, action: deny}");
  rule->line = node->line;
  for (const struct policy_node *n = node->first; n; n = n->next)
    if (!set_key(&r, n))
      return false;
  return rule_operations(&r) && rule_check(&r, node);
}

static bool is_empty(const struct policy_node *node)
{
  return node->type == POLICY_NODE_TEXT && !node->text[0];
}

/* ---- lists of rules ---- */

static bool always_decides(const struct portero_policy_rule *r)
{
  return r->action != PORTERO_ACTION_OBSERVE && !r->sources.count && !r->destinations.count &&
         !r->interfaces.count && !r->objects.count && !r->sids.count && !r->accounts.count &&
         !r->protseqs && !r->mechanisms && !r->below_level && !r->least_level && !r->rate_window &&
         !r->missing &&
         r->from_minute == r->to_minute && !r->weekdays && !r->uids.count && !r->gids.count &&
         !r->units.count && !r->endpoints.count;
}

static const struct portero_policy_rule *rule_named(const struct portero_policy_rule *rules,
                                                    size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (strcmp(rules[i].name, name) == 0)
      return &rules[i];
  return NULL;
}

/* Behind a rule that matches everything no other is asked. */
static bool warn_unreachable(struct policy_build *b, const struct portero_policy_rule *rules,
                             size_t n)
{
  for (size_t i = 0; i + 1 < n; i++)
    if (always_decides(&rules[i]))
      return policy_warn(b, rules[i + 1].line, "no call comes this far: the rule %s decides all",
                         rules[i].name);
  return true;
}

bool policy_read_rules(struct policy_build *b, const struct policy_node *list, const char *section,
                       const struct portero_policy_rule **out_rules, size_t *out_count)
{
  struct portero_policy_rule *rules;
  const struct portero_policy_rule *twin;
  size_t i = 0;

  if (is_empty(list))
    return true;
  if (list->type != POLICY_NODE_LIST)
    return policy_complain(&b->reader, list->line, section, "expected a list of rules");
  rules = portero_arena_array(b->reader.arena, list->count, sizeof *rules);
  if (!rules)
    return policy_complain(&b->reader, list->line, section, "the file is too large");
  for (const struct policy_node *n = list->first; n; n = n->next, i++) {
    if (!rule_read(b, n, section, &rules[i]))
      return false;
    twin = rule_named(rules, i, rules[i].name);
    if (twin)
      return policy_complain(&b->reader, n->line, section,
                             "a rule called %s stands in line %u already", twin->name, twin->line);
  }
  *out_rules = rules;
  *out_count = list->count;
  return warn_unreachable(b, rules, list->count);
}

/* ---- reservations ---- */

static bool owner_key(struct policy_build *b, const struct policy_node *node,
                      struct portero_policy_reservation *to, struct policy_values *interfaces)
{
  bool negated;
  const struct policy_key *key = policy_key_find("reserve", node->key, &negated);
  const char *similar = policy_key_similar("reserve", node->key);
  struct policy_values values = {.count = 0};
  char path[POLICY_PATH_SIZE];

  (void)snprintf(path, sizeof path, "reserve.%.80s", node->key);
  if (!key)
    return policy_complain(&b->reader, node->line, path, "no such key%s%s",
                           similar ? "; did you mean " : "", similar ? similar : "");
  if (key->kind == POLICY_NAME) {
    to->name = node->text;
    return (node->type == POLICY_NODE_TEXT && policy_name_is_good(node->text)) ||
           policy_complain(&b->reader, node->line, path,
                           "expected a name of letters, digits, dot, dash and underscore");
  }
  if (!policy_collect(b, node, key->kind, path, &values))
    return false;
  if (key->kind == POLICY_INTERFACES) {
    *interfaces = values;
  } else if (key->kind == POLICY_USERS) {
    to->uids = values.values;
    to->n_uids = values.count;
  } else if (key->kind == POLICY_GROUPS) {
    to->gids = values.values;
    to->n_gids = values.count;
  } else {
    to->units = values.values;
    to->n_units = values.count;
  }
  return true;
}

static const char *owner_name(struct policy_build *b, const char *given, size_t n_interfaces,
                              const struct portero_policy_interface *interface)
{
  char text[POLICY_VALUE_SIZE], name[POLICY_VALUE_SIZE + 80];
  struct portero_policy_interface plain = *interface;

  plain.any_version = true;
  if (given && n_interfaces == 1)
    return given;
  (void)snprintf(name, sizeof name, "%s-%s", given ? given : "reserve",
                 policy_interface_text(&plain, text, sizeof text));
  return portero_arena_text(b->reader.arena, name, strlen(name));
}

/* How many reservations an item of the list gives: one for each interface. */
static bool owner_read(struct policy_build *b, const struct policy_node *node,
                       struct portero_policy_reservation *to, struct policy_values *out_interfaces)
{
  out_interfaces->count = 0;
  to->line = node->line;
  if (node->type != POLICY_NODE_MAP)
    return policy_complain(&b->reader, node->line, "reserve",
                           "expected an interface and its owners");
  for (const struct policy_node *n = node->first; n; n = n->next)
    if (!owner_key(b, n, to, out_interfaces))
      return false;
  if (!out_interfaces->count)
    return policy_complain(&b->reader, node->line, "reserve", "which interface? none is given");
  if (to->n_uids + to->n_gids + to->n_units == 0)
    return policy_complain(&b->reader, node->line, "reserve",
                           "for whom? expected users, groups or units");
  for (size_t i = 0; i < out_interfaces->count; i++) {
    const struct portero_policy_interface *interface = out_interfaces->values;
    if (!interface[i].any_version || interface[i].n_operations)
      return policy_complain(&b->reader, node->line, "reserve",
                             "an interface is reserved in all its versions and as a whole");
  }
  return true;
}

static bool owner_is_second(const struct portero_policy_reservation *all, size_t n)
{
  for (size_t i = 0; i + 1 < n; i++)
    if (portero_uuid_equal(&all[i].uuid, &all[n - 1].uuid))
      return true;
  return false;
}

bool policy_read_reservations(struct policy_build *b, const struct policy_node *list)
{
  struct portero_policy_options *o = &b->file->options;
  struct portero_policy_reservation *all = NULL, *grown, one;
  struct policy_values interfaces;
  size_t n = 0;

  if (is_empty(list))
    return true;
  if (list->type != POLICY_NODE_LIST)
    return policy_complain(&b->reader, list->line, "reserve", "expected a list");
  for (const struct policy_node *item = list->first; item; item = item->next) {
    memset(&one, 0, sizeof one);
    if (!owner_read(b, item, &one, &interfaces))
      return false;
    grown = portero_arena_array(b->reader.arena, n + interfaces.count, sizeof *grown);
    if (!grown)
      return policy_complain(&b->reader, item->line, "reserve", "the file is too large");
    if (n)
      memcpy(grown, all, n * sizeof *grown);
    all = grown;
    for (size_t i = 0; i < interfaces.count; i++) {
      const struct portero_policy_interface *interface = interfaces.values;
      all[n] = one;
      all[n].uuid = interface[i].uuid;
      all[n].name = owner_name(b, one.name, interfaces.count, &interface[i]);
      n++;
      if (!all[n - 1].name || owner_is_second(all, n))
        return policy_complain(&b->reader, item->line, "reserve", "%s is reserved already",
                               all[n - 1].name ? all[n - 1].name : "");
    }
  }
  o->reservations = all;
  o->n_reservations = n;
  return true;
}
