/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/policy_tree.h"

#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 6u

struct tree {
  struct policy_reader *reader;
  yaml_parser_t parser;
};

static uint32_t line_of(const yaml_mark_t *mark)
{
  return (uint32_t)mark->line + 1;
}

static bool tree_next(struct tree *t, yaml_event_t *out_event)
{
  if (yaml_parser_parse(&t->parser, out_event))
    return true;
  return policy_complain(t->reader, line_of(&t->parser.problem_mark), "", "this is no YAML: %s",
                         t->parser.problem ? t->parser.problem : "unreadable");
}

static struct policy_node *tree_node(struct tree *t, enum policy_node_type type, uint32_t line)
{
  struct policy_node *node = portero_arena_alloc(t->reader->arena, sizeof *node);

  if (!node) {
    (void)policy_complain(t->reader, line, "", "the file is too large");
    return NULL;
  }
  node->type = type;
  node->line = line;
  return node;
}

static void node_add(struct policy_node *to, struct policy_node *node)
{
  if (to->last)
    to->last->next = node;
  else
    to->first = node;
  to->last = node;
  to->count++;
}

/* A text of the event in the arena; NULL after a complaint. */
static const char *tree_text(struct tree *t, const yaml_event_t *event)
{
  const char *value = (const char *)event->data.scalar.value;
  size_t length = event->data.scalar.length;
  uint32_t line = line_of(&event->start_mark);
  const char *text;

  if (memchr(value, 0, length)) {
    (void)policy_complain(t->reader, line, "", "a text with a zero byte");
    return NULL;
  }
  text = portero_arena_text(t->reader->arena, value, length);
  if (!text)
    (void)policy_complain(t->reader, line, "", "the file is too large");
  return text;
}

static bool is_there(const struct policy_node *map, const char *key)
{
  for (const struct policy_node *n = map->first; n; n = n->next)
    if (strcmp(n->key, key) == 0)
      return true;
  return false;
}

static const char *tree_key(struct tree *t, const struct policy_node *map,
                            const yaml_event_t *event)
{
  const char *key;

  if (event->type != YAML_SCALAR_EVENT) {
    (void)policy_complain(t->reader, line_of(&event->start_mark), "", "expected a key");
    return NULL;
  }
  key = tree_text(t, event);
  if (!key || !is_there(map, key))
    return key;
  (void)policy_complain(t->reader, line_of(&event->start_mark), key, "stands here twice");
  return NULL;
}

static struct policy_node *tree_value(struct tree *t, const yaml_event_t *event, unsigned depth);

/* What is in a list or a map, up to its end. */
static bool tree_fill(struct tree *t, struct policy_node *node, yaml_event_type_t end,
                      unsigned depth)
{
  struct policy_node *inner;
  const char *key = NULL;
  yaml_event_t event;
  bool over;

  for (;;) {
    if (!tree_next(t, &event))
      return false;
    over = event.type == end;
    if (!over && node->type == POLICY_NODE_MAP && !key) {
      key = tree_key(t, node, &event);
      yaml_event_delete(&event);
      if (!key)
        return false;
      continue;
    }
    inner = over ? NULL : tree_value(t, &event, depth + 1);
    yaml_event_delete(&event);
    if (!inner)
      return over;
    inner->key = key;
    key = NULL;
    node_add(node, inner);
  }
}

static struct policy_node *tree_value(struct tree *t, const yaml_event_t *event, unsigned depth)
{
  uint32_t line = line_of(&event->start_mark);
  bool list = event->type == YAML_SEQUENCE_START_EVENT, filled;
  struct policy_node *node;

  if (event->type == YAML_ALIAS_EVENT) {
    (void)policy_complain(t->reader, line, "", "an alias: give it a name in sets instead");
    return NULL;
  }
  if (depth > DEPTH_MAX) {
    (void)policy_complain(t->reader, line, "", "nested too deep");
    return NULL;
  }
  if (event->type == YAML_SCALAR_EVENT) {
    node = tree_node(t, POLICY_NODE_TEXT, line);
    if (node)
      node->text = tree_text(t, event);
    return node && node->text ? node : NULL;
  }
  node = tree_node(t, list ? POLICY_NODE_LIST : POLICY_NODE_MAP, line);
  filled =
      node && tree_fill(t, node, list ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT, depth);
  return filled ? node : NULL;
}

/* One document that is a map; or nothing at all. */
static struct policy_node *tree_document(struct tree *t)
{
  struct policy_node *root = NULL;
  yaml_event_t event;
  bool over = false, good = true;

  while (good && !over) {
    if (!tree_next(t, &event))
      return NULL;
    over = event.type == YAML_STREAM_END_EVENT;
    if (event.type == YAML_MAPPING_START_EVENT && root)
      good = policy_complain(t->reader, line_of(&event.start_mark), "",
                             "expected one document, here is another");
    else if (event.type == YAML_MAPPING_START_EVENT)
      good = (root = tree_value(t, &event, 0)) != NULL;
    else if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT ||
             (event.type == YAML_SCALAR_EVENT && event.data.scalar.length > 0))
      good = policy_complain(t->reader, line_of(&event.start_mark), "",
                             "expected sections such as calls:");
    yaml_event_delete(&event);
  }
  if (!good)
    return NULL;
  return root ? root : tree_node(t, POLICY_NODE_MAP, 1);
}

struct policy_node *policy_tree_read(struct policy_reader *r, struct portero_bytes text)
{
  struct tree t = {.reader = r};
  struct policy_node *root;

  if (!yaml_parser_initialize(&t.parser)) {
    (void)policy_complain(r, 1, "", "out of memory");
    return NULL;
  }
  yaml_parser_set_input_string(&t.parser, text.data ? text.data : (const uint8_t *)"", text.size);
  root = tree_document(&t);
  yaml_parser_delete(&t.parser);
  return root;
}
