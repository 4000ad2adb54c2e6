/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as nodes that know their lines. Anchors, aliases and keys that stand twice are mistakes. */
#ifndef PORTERO_CONFIG_POLICY_TREE_H
#define PORTERO_CONFIG_POLICY_TREE_H

#include <portero/arena.h>
#include <portero/bytes.h>

enum policy_node_type {
  POLICY_NODE_TEXT,
  POLICY_NODE_LIST,
  POLICY_NODE_MAP
};

struct policy_node {
  enum policy_node_type type;
  uint32_t line;                           /* 1 is the first */
  const char *key;                         /* of the map that it stands in; NULL elsewhere */
  const char *text;                        /* TEXT */
  struct policy_node *first, *last, *next; /* LIST, MAP: what is in it */
  uint32_t count;
};

/* Where a reader keeps what it makes, and its first complaint. */
struct policy_reader {
  struct portero_arena *arena;
  const char *path;
  char *message;
  size_t message_size;
  bool complained;
};

/* The first complaint is kept: "path:line: key: text". Gives false. */
bool policy_complain(struct policy_reader *r, uint32_t line, const char *key, const char *format,
                     ...) PORTERO_PRINTF(4, 5);
/* NULL after a complaint. A document without anything is an empty map. */
struct policy_node *policy_tree_read(struct policy_reader *r, struct portero_bytes text);

#endif
