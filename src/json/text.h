/* SPDX-License-Identifier: Apache-2.0 */
/* Values of type tables to and from JSON text; see src/json/values.h for what they look like. */
#ifndef PORTERO_JSON_TEXT_H
#define PORTERO_JSON_TEXT_H

#include <portero/types.h>

#define JSON_TEXT_PROBLEM_SIZE 320u

/* malloc'ed text, indented, without a line feed behind; NULL: memory is out. */
char *json_print_params(const struct portero_types *t, const struct portero_op *op,
                        enum portero_direction direction, const void *params);
char *json_print_value(const struct portero_types *t, uint32_t type, const void *value);
/*
 * params: zeroed memory of op->params; what it points to is in arena. Empty text is {}. false: problem says
 * what is wrong, and where: "line 1 column 7: ..." or "sub_key.buffer: expected text".
 */
bool json_parse_params(const struct portero_types *t, const struct portero_op *op,
                       enum portero_direction direction, const char *text,
                       struct portero_arena *arena, void *params,
                       char problem[JSON_TEXT_PROBLEM_SIZE]);
bool json_parse_value(const struct portero_types *t, uint32_t type, const char *text,
                      struct portero_arena *arena, void *value,
                      char problem[JSON_TEXT_PROBLEM_SIZE]);

#endif
