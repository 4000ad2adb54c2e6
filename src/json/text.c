/* SPDX-License-Identifier: Apache-2.0 */
#include "src/json/text.h"

#include <stdio.h>

#include "src/json/values.h"

#define PRINT_FLAGS (JSON_INDENT(2) | JSON_ENCODE_ANY)
#define PARSE_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY)

static char *print(json_t *json)
{
  char *text = json ? json_dumps(json, PRINT_FLAGS) : NULL;

  json_decref(json);
  return text;
}

char *json_print_params(const struct portero_types *t, const struct portero_op *op,
                        enum portero_direction direction, const void *params)
{
  return print(json_of_params(t, op, direction, params));
}

char *json_print_value(const struct portero_types *t, uint32_t type, const void *value)
{
  return print(json_of_value(t, type, value));
}

static json_t *parse(const char *text, char *problem)
{
  json_error_t error;
  json_t *json = json_loads(text[0] ? text : "{}", PARSE_FLAGS, &error);

  if (!json)
    (void)snprintf(problem, JSON_TEXT_PROBLEM_SIZE, "line %d column %d: %s", error.line,
                   error.column, error.text);
  return json;
}

bool json_parse_params(const struct portero_types *t, const struct portero_op *op,
                       enum portero_direction direction, const char *text,
                       struct portero_arena *arena, void *params,
                       char problem[JSON_TEXT_PROBLEM_SIZE])
{
  json_t *json = parse(text, problem);
  bool read = json && json_to_params(t, op, direction, json, arena, params, problem);

  json_decref(json);
  return read;
}

bool json_parse_value(const struct portero_types *t, uint32_t type, const char *text,
                      struct portero_arena *arena, void *value,
                      char problem[JSON_TEXT_PROBLEM_SIZE])
{
  json_t *json = parse(text, problem);
  bool read = json && json_to_value(t, type, json, arena, value, problem);

  json_decref(json);
  return read;
}
