/* SPDX-License-Identifier: Apache-2.0 */
/* Built without jansson: there is no JSON. */
#include <stdio.h>

#include "src/json/refer.h"

char *json_print_params(const struct portero_types *t, const struct portero_op *op,
                        enum portero_direction direction, const void *params)
{
  (void)t;
  (void)op;
  (void)direction;
  (void)params;
  return NULL;
}

char *json_print_value(const struct portero_types *t, uint32_t type, const void *value)
{
  (void)t;
  (void)type;
  (void)value;
  return NULL;
}

static bool none(char *problem)
{
  (void)snprintf(problem, JSON_TEXT_PROBLEM_SIZE, "portero was built without JSON");
  return false;
}

bool json_parse_params(const struct portero_types *t, const struct portero_op *op,
                       enum portero_direction direction, const char *text,
                       struct portero_arena *arena, void *params,
                       char problem[JSON_TEXT_PROBLEM_SIZE])
{
  (void)t;
  (void)op;
  (void)direction;
  (void)text;
  (void)arena;
  (void)params;
  return none(problem);
}

bool json_parse_value(const struct portero_types *t, uint32_t type, const char *text,
                      struct portero_arena *arena, void *value,
                      char problem[JSON_TEXT_PROBLEM_SIZE])
{
  (void)t;
  (void)type;
  (void)text;
  (void)arena;
  (void)value;
  return none(problem);
}

char *json_refer(const char *text, char *const *answers, size_t count,
                 char problem[JSON_TEXT_PROBLEM_SIZE])
{
  (void)text;
  (void)answers;
  (void)count;
  (void)none(problem);
  return NULL;
}
