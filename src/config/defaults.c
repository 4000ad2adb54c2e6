/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "src/config/schema.h"

#define TEXT_BUDGET (16u << 20)

void config_init(struct config *c)
{
  char expected[SCHEMA_EXPECTED_SIZE];

  memset(c, 0, sizeof *c);
  portero_arena_init(&c->arena, &portero_mem_malloc, TEXT_BUDGET);
  for (size_t i = 0; i < schema_n_keys; i++)
    if (schema_keys[i].standard)
      (void)schema_set(&schema_keys[i], c, NULL, schema_keys[i].standard, expected);
}

void config_deinit(struct config *c)
{
  portero_arena_deinit(&c->arena);
  c->endpoints = NULL;
  c->n_endpoints = 0;
}

void config_print_reference(FILE *out)
{
  static const char *const types[] = {"text", "number", "true or false", "list", "range", "text"};

  for (size_t i = 0; i < schema_n_keys; i++) {
    const struct schema_key *key = &schema_keys[i];
    (void)fprintf(out, "%s\t%s", key->path, types[key->type]);
    if (key->type == SCHEMA_NUMBER)
      (void)fprintf(out, ", %u to %u", key->low, key->high);
    if (key->standard)
      (void)fprintf(out, ", default %s", key->standard);
    (void)fprintf(out, "\t%s\n", key->help);
  }
}
