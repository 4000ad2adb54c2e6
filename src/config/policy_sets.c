/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of values: as they stand in a rule, and named ones. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/config/policy_build.h"
#include "src/config/policy_values.h"
#include "src/config/similar.h"

bool policy_name_is_good(const char *text)
{
  size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

  return n > 0 && n <= 64 && !text[n];
}

/* ---- one value ---- */

static bool id_parse(const char *text, uint32_t *out_id)
{
  char *end;
  unsigned long id = strtoul(text, &end, 10);

  if (*text < '0' || *text > '9' || *end || id >= UINT32_MAX)
    return false;
  *out_id = (uint32_t)id;
  return true;
}

static bool user_parse(const char *text, uint32_t *out_uid, policy_expected expected)
{
  const struct passwd *account;

  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "an account of this host, or its number");
  if (id_parse(text, out_uid))
    return true;
  account = *text ? getpwnam(text) : NULL;
  if (account)
    *out_uid = account->pw_uid;
  return account != NULL;
}

static bool group_parse(const char *text, uint32_t *out_gid, policy_expected expected)
{
  const struct group *group;

  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "a group of this host, or its number");
  if (id_parse(text, out_gid))
    return true;
  group = *text ? getgrnam(text) : NULL;
  if (group)
    *out_gid = group->gr_gid;
  return group != NULL;
}

/* "name", "DOMAIN\name", "name@REALM": none of the parts empty, no sign of either twice. */
static bool account_is_good(const char *text)
{
  size_t name = strcspn(text, "\\@");

  if (name == 0)
    return false;
  return !text[name] || (text[name + 1] && !strpbrk(text + name + 1, "\\@"));
}

static bool text_parse(const char *text, enum policy_kind kind, const char **out_text,
                       policy_expected expected)
{
  static const char *const wanted[] = {
      [POLICY_ACCOUNTS] = "an account: name, DOMAIN\\name or name@REALM",
      [POLICY_UNITS] = "a systemd unit with its type, such as cups.service",
      [POLICY_ENDPOINTS] = "a port, pipe or path",
      [POLICY_TAGS] = "a word without blanks",
  };
  const char *dot = strrchr(text, '.');
  bool printable = *text != 0;

  for (const char *c = text; *c; c++)
    printable = printable && (unsigned char)*c > ' ' && *c != 0x7f;
  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "%s", wanted[kind]);
  *out_text = text;
  if (kind == POLICY_ACCOUNTS)
    return account_is_good(text);
  return printable && (kind != POLICY_UNITS || (dot && dot > text && dot[1]));
}

static bool sid_parse(const char *text, struct portero_sid *out_sid, policy_expected expected)
{
  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "a SID, such as S-1-5-32-544");
  return portero_sid_parse(text, out_sid);
}

static bool uuid_parse(const char *text, struct portero_uuid *out_uuid, policy_expected expected)
{
  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "a UUID");
  return portero_uuid_parse(text, out_uuid);
}

static size_t kind_size(enum policy_kind kind)
{
  static const size_t sizes[] = {
      [POLICY_ADDRESSES] = sizeof(struct portero_policy_network),
      [POLICY_INTERFACES] = sizeof(struct portero_policy_interface),
      [POLICY_ACCOUNTS] = sizeof(char *),
      [POLICY_SIDS] = sizeof(struct portero_sid),
      [POLICY_OBJECTS] = sizeof(struct portero_uuid),
      [POLICY_USERS] = sizeof(uint32_t),
      [POLICY_GROUPS] = sizeof(uint32_t),
      [POLICY_UNITS] = sizeof(char *),
      [POLICY_ENDPOINTS] = sizeof(char *),
      [POLICY_TAGS] = sizeof(char *),
      [POLICY_PROTSEQS] = sizeof(uint32_t),
      [POLICY_MECHANISMS] = sizeof(uint32_t),
      [POLICY_WEEKDAYS] = sizeof(uint32_t),
  };

  return sizes[kind];
}

static bool value_parse(const char *text, enum policy_kind kind, void *out_value,
                        policy_expected expected)
{
  if (kind == POLICY_ADDRESSES)
    return policy_network_parse(text, out_value, expected);
  if (kind == POLICY_INTERFACES)
    return policy_interface_parse(text, out_value, expected);
  if (kind == POLICY_SIDS)
    return sid_parse(text, out_value, expected);
  if (kind == POLICY_OBJECTS)
    return uuid_parse(text, out_value, expected);
  if (kind == POLICY_USERS)
    return user_parse(text, out_value, expected);
  if (kind == POLICY_GROUPS)
    return group_parse(text, out_value, expected);
  if (kind == POLICY_PROTSEQS)
    return policy_protseq_parse(text, out_value, expected);
  if (kind == POLICY_MECHANISMS)
    return policy_mechanism_parse(text, out_value, expected);
  if (kind == POLICY_WEEKDAYS)
    return policy_weekdays_parse(text, out_value, expected);
  return text_parse(text, kind, out_value, expected);
}

/* ---- sets ---- */

static bool is_reference(const struct policy_node *node, enum policy_kind kind)
{
  return kind < POLICY_SET_KINDS && node->type == POLICY_NODE_TEXT && node->text[0] == '$';
}

static struct policy_set *set_find(struct policy_build *b, const struct policy_node *node,
                                   enum policy_kind kind, const char *path)
{
  struct similar s;

  similar_init(&s, node->text + 1);
  for (struct policy_set *set = b->sets[kind]; set; set = set->next) {
    if (strcmp(set->name, node->text + 1) == 0) {
      set->used = true;
      return set;
    }
    similar_offer(&s, set->name);
  }
  (void)policy_complain(&b->reader, node->line, path,
                        "no set of %s called %s stands before this%s%s", policy_kind_text(kind),
                        node->text + 1, s.best ? "; did you mean $" : "", s.best ? s.best : "");
  return NULL;
}

/* ---- lists ---- */

/* {interface: ..., operations: ...} */
static bool collect_pair(struct policy_build *b, const struct policy_node *node, const char *path,
                         struct portero_policy_interface *out_interface)
{
  const struct policy_node *operations = NULL, *interface = NULL;
  struct policy_values values = {.count = 0};
  policy_expected expected;

  for (const struct policy_node *n = node->first; n; n = n->next) {
    bool is_interface = strcmp(n->key, "interface") == 0;
    if (!is_interface && strcmp(n->key, "operations") != 0)
      return policy_complain(&b->reader, n->line, path,
                             "%s: no such key; expected interface and operations", n->key);
    *(is_interface ? &interface : &operations) = n;
  }
  if (!interface || !operations || interface->type != POLICY_NODE_TEXT)
    return policy_complain(&b->reader, node->line, path,
                           "expected an interface, or {interface: NAME, operations: [...]}");
  if (!policy_interface_parse(interface->text, out_interface, expected))
    return policy_complain(&b->reader, interface->line, path, "\"%s\": expected %s",
                           interface->text, expected);
  values.values = out_interface;
  values.count = 1;
  if (!policy_operations(b, operations, path, &values))
    return false;
  *out_interface = *(const struct portero_policy_interface *)values.values;
  return true;
}

static bool collect_one(struct policy_build *b, const struct policy_node *node,
                        enum policy_kind kind, const char *path, void *out_value)
{
  policy_expected expected = "";

  if (node->type == POLICY_NODE_MAP && kind == POLICY_INTERFACES)
    return collect_pair(b, node, path, out_value);
  if (node->type != POLICY_NODE_TEXT)
    return policy_complain(&b->reader, node->line, path, "expected %s, here is a %s",
                           policy_kind_text(kind),
                           node->type == POLICY_NODE_LIST ? "list in a list" : "section");
  if (value_parse(node->text, kind, out_value, expected))
    return true;
  return policy_complain(&b->reader, node->line, path, "\"%s\": expected %s", node->text, expected);
}

/* How many values the nodes give, sets included; false after a complaint. */
static bool collect_count(struct policy_build *b, const struct policy_node *first,
                          const struct policy_node *end, enum policy_kind kind, const char *path,
                          size_t *out_count)
{
  size_t count = 0;

  for (const struct policy_node *n = first; n != end; n = n->next) {
    const struct policy_set *set = is_reference(n, kind) ? set_find(b, n, kind, path) : NULL;
    if (is_reference(n, kind) && !set)
      return false;
    count += set ? set->is.count : 1;
  }
  *out_count = count;
  return count > 0 || policy_complain(&b->reader, first ? first->line : 1, path, "an empty list");
}

bool policy_collect(struct policy_build *b, const struct policy_node *node, enum policy_kind kind,
                    const char *path, struct policy_values *out_values)
{
  bool list = node->type == POLICY_NODE_LIST;
  const struct policy_node *first = list ? node->first : node, *end = list ? NULL : node->next;
  size_t count, n = 0, size = kind_size(kind);
  uint8_t *values;

  if (!first)
    return policy_complain(&b->reader, node->line, path,
                           "an empty list; expected at least one of: %s", policy_kind_text(kind));
  if (!collect_count(b, first, end, kind, path, &count))
    return false;
  if (is_reference(first, kind) && first->next == end) {
    *out_values = set_find(b, first, kind, path)->is; /* shared: the engine indexes it once */
    return true;
  }
  values = portero_arena_array(b->reader.arena, count, size);
  if (!values)
    return policy_complain(&b->reader, node->line, path, "the file is too large");
  for (; first != end; first = first->next) {
    const struct policy_set *set =
        is_reference(first, kind) ? set_find(b, first, kind, path) : NULL;
    if (!set && !collect_one(b, first, kind, path, values + n * size))
      return false;
    if (set)
      memcpy(values + n * size, set->is.values, set->is.count * size);
    n += set ? set->is.count : 1;
  }
  out_values->values = values;
  out_values->count = count;
  out_values->negate = false;
  return true;
}

/* ---- operations ---- */

struct ranges {
  struct portero_policy_range *values; /* NULL: they are counted only */
  size_t count;
};

static bool ranges_add(struct policy_build *b, const struct policy_node *node, const char *path,
                       const struct portero_uuid *interface, struct ranges *to)
{
  struct portero_policy_range range;
  policy_expected expected;

  if (node->type != POLICY_NODE_TEXT)
    return policy_complain(&b->reader, node->line, path, "expected operations");
  if (!policy_operation_parse(interface, node->text, &range, expected))
    return policy_complain(&b->reader, node->line, path, "\"%s\": expected %s", node->text,
                           expected);
  if (to->values)
    to->values[to->count] = range;
  to->count++;
  return true;
}

/* What stands in a list, or alone. */
static bool ranges_add_all(struct policy_build *b, const struct policy_node *node, const char *path,
                           const struct portero_uuid *interface, bool with_sets, struct ranges *to)
{
  bool list = node->type == POLICY_NODE_LIST;
  const struct policy_node *n = list ? node->first : node, *end = list ? NULL : node->next;

  for (; n != end; n = n->next) {
    const struct policy_set *set = NULL;
    if (is_reference(n, POLICY_OPERATIONS) && with_sets) {
      set = set_find(b, n, POLICY_OPERATIONS, path);
      if (!set || !ranges_add_all(b, set->node, path, interface, false, to))
        return false;
    } else if (!ranges_add(b, n, path, interface, to)) {
      return false;
    }
  }
  return true;
}

static bool operations_of(struct policy_build *b, const struct policy_node *node, const char *path,
                          struct portero_policy_interface *interface)
{
  struct ranges ranges = {.values = NULL};

  if (!ranges_add_all(b, node, path, &interface->uuid, true, &ranges))
    return false;
  if (ranges.count == 0)
    return policy_complain(&b->reader, node->line, path,
                           "an empty list; expected at least one operation");
  ranges.values = portero_arena_array(b->reader.arena, ranges.count, sizeof *ranges.values);
  if (!ranges.values)
    return policy_complain(&b->reader, node->line, path, "the file is too large");
  ranges.count = 0;
  if (!ranges_add_all(b, node, path, &interface->uuid, true, &ranges))
    return false;
  interface->operations = ranges.values;
  interface->n_operations = ranges.count;
  return true;
}

bool policy_operations(struct policy_build *b, const struct policy_node *node, const char *path,
                       struct policy_values *interfaces)
{
  struct portero_policy_interface *copy =
      portero_arena_array(b->reader.arena, interfaces->count, sizeof *copy);

  if (!copy)
    return policy_complain(&b->reader, node->line, path, "the file is too large");
  if (interfaces->count)
    memcpy(copy, interfaces->values, interfaces->count * sizeof *copy);
  for (size_t i = 0; i < interfaces->count; i++) {
    if (copy[i].n_operations)
      return policy_complain(&b->reader, node->line, path,
                             "the interfaces of a set have operations of their own");
    if (!operations_of(b, node, path, &copy[i]))
      return false;
  }
  interfaces->values = copy;
  return true;
}

/* ---- the section ---- */

static bool set_add(struct policy_build *b, const struct policy_node *node, enum policy_kind kind)
{
  struct policy_set *set = portero_arena_alloc(b->reader.arena, sizeof *set);
  char path[POLICY_PATH_SIZE];

  (void)snprintf(path, sizeof path, "sets.%s", policy_kind_text(kind));
  if (kind == POLICY_SIDS)
    (void)snprintf(path, sizeof path, "sets.sids");
  if (!set)
    return policy_complain(&b->reader, node->line, path, "the file is too large");
  if (!policy_name_is_good(node->key))
    return policy_complain(&b->reader, node->line, path,
                           "a set's name is of letters, digits, dot, dash and underscore");
  set->name = node->key;
  set->line = node->line;
  set->node = node;
  if (kind == POLICY_OPERATIONS) {
    if (node->type == POLICY_NODE_MAP || (node->type == POLICY_NODE_LIST && !node->count))
      return policy_complain(&b->reader, node->line, path, "expected operations");
    set->is.count = 1;
  } else if (!policy_collect(b, node, kind, path, &set->is)) {
    return false;
  }
  if (b->last_set[kind])
    b->last_set[kind]->next = set;
  else
    b->sets[kind] = set;
  b->last_set[kind] = set;
  return true;
}

static bool read_kind(struct policy_build *b, const struct policy_node *kind)
{
  bool negated;
  const struct policy_key *key = policy_key_find("sets", kind->key, &negated);
  const char *similar = policy_key_similar("sets", kind->key);
  char path[POLICY_PATH_SIZE];

  (void)snprintf(path, sizeof path, "sets.%.64s", kind->key);
  if (!key)
    return policy_complain(&b->reader, kind->line, path, "no such key%s%s",
                           similar ? "; did you mean " : "", similar ? similar : "");
  if (kind->type == POLICY_NODE_TEXT && !kind->text[0])
    return true;
  if (kind->type != POLICY_NODE_MAP)
    return policy_complain(&b->reader, kind->line, path, "expected names with lists");
  for (const struct policy_node *n = kind->first; n; n = n->next)
    if (!set_add(b, n, key->kind))
      return false;
  return true;
}

bool policy_read_sets(struct policy_build *b, const struct policy_node *sets)
{
  if (sets->type != POLICY_NODE_MAP)
    return (sets->type == POLICY_NODE_TEXT && !sets->text[0]) ||
           policy_complain(&b->reader, sets->line, "sets", "expected a section");
  for (const struct policy_node *n = sets->first; n; n = n->next)
    if (!read_kind(b, n))
      return false;
  return true;
}

bool policy_warn_unused(struct policy_build *b)
{
  for (unsigned kind = 0; kind < POLICY_SET_KINDS; kind++)
    for (const struct policy_set *set = b->sets[kind]; set; set = set->next)
      if (!set->used && !policy_warn(b, set->line, "nothing uses the set $%s", set->name))
        return false;
  return true;
}
