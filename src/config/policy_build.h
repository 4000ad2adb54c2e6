/* SPDX-License-Identifier: Apache-2.0 */
/* From nodes to the engine's options: what the parts of the reader share. */
#ifndef PORTERO_CONFIG_POLICY_BUILD_H
#define PORTERO_CONFIG_POLICY_BUILD_H

#include "src/config/policy_file.h"
#include "src/config/policy_schema.h"
#include "src/config/policy_tree.h"

/* As all conditions of the engine's rules look. */
struct policy_values {
  const void *values;
  size_t count;
  bool negate;
};

/* A named list. Operations are kept as nodes: what they mean depends on the interface. */
struct policy_set {
  const char *name;
  uint32_t line;
  struct policy_values is;
  const struct policy_node *node;
  bool used;
  struct policy_set *next;
};

struct policy_build {
  struct policy_reader reader;
  struct policy_file *file;
  struct policy_set *sets[POLICY_SET_KINDS], *last_set[POLICY_SET_KINDS];
};

/* Names of rules and sets: letters, digits, dot, dash and underscore, at most 64. */
bool policy_name_is_good(const char *text);

/* Key as messages call it: "calls.not-source". */
#define POLICY_PATH_SIZE 160u

/* A scalar or a list becomes values of the kind. false after a complaint. */
bool policy_collect(struct policy_build *b, const struct policy_node *node, enum policy_kind kind,
                    const char *path, struct policy_values *out_values);
/* Interfaces that have no operations of their own get these. */
bool policy_operations(struct policy_build *b, const struct policy_node *node, const char *path,
                       struct policy_values *interfaces);
bool policy_read_sets(struct policy_build *b, const struct policy_node *sets);
/* Sets that nothing uses become warnings. */
bool policy_warn_unused(struct policy_build *b);

bool policy_read_rules(struct policy_build *b, const struct policy_node *list, const char *section,
                       const struct portero_policy_rule **out_rules, size_t *out_count);
bool policy_read_reservations(struct policy_build *b, const struct policy_node *list);
bool policy_warn(struct policy_build *b, uint32_t line, const char *format, ...)
    PORTERO_PRINTF(3, 4);

#endif
