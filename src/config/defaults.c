/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "src/config/schema.h"

#define TEXT_BUDGET (16u << 20)

static void standards_set(struct config *c, enum schema_place place, void *item)
{
  char expected[SCHEMA_EXPECTED_SIZE];

  for (size_t i = 0; i < schema_n_keys; i++)
    if (schema_keys[i].standard && schema_place_of(&schema_keys[i]) == place)
      (void)schema_set(&schema_keys[i], c, item, schema_keys[i].standard, expected);
}

void config_init(struct config *c)
{
  memset(c, 0, sizeof *c);
  portero_arena_init(&c->arena, &portero_mem_malloc, TEXT_BUDGET);
  standards_set(c, SCHEMA_IN_CONFIG, NULL);
}

void config_deinit(struct config *c)
{
  portero_arena_deinit(&c->arena);
  c->endpoints = NULL;
  c->n_endpoints = 0;
  c->sinks = NULL;
  c->n_sinks = 0;
}

struct config_sink *config_sink_add(struct config *c)
{
  struct config_sink *sink;

  if (!c->sinks)
    c->sinks = portero_arena_array(&c->arena, CONFIG_SINK_MAX, sizeof *c->sinks);
  if (!c->sinks || c->n_sinks == CONFIG_SINK_MAX)
    return NULL;
  sink = &c->sinks[c->n_sinks++];
  memset(sink, 0, sizeof *sink);
  standards_set(c, SCHEMA_IN_SINK, sink);
  return sink;
}

void config_print_reference(FILE *out)
{
  for (size_t i = 0; i < schema_n_keys; i++) {
    const struct schema_key *key = &schema_keys[i];
    (void)fprintf(out, "%s\t", key->path);
    schema_print_type(key, out);
    if (key->standard)
      (void)fprintf(out, ", default %s", key->standard);
    (void)fprintf(out, "\t%s\n", key->help);
  }
}
