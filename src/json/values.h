/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of type tables to and from JSON.
 *
 *   numbers            numbers; "0x1f" is read too; above INT64_MAX "18446744073709551615"
 *   enums              the enumerator's name, or a number
 *   uuid               "8-4-4-4-12"; a context handle the same, or {"attributes": 1, "uuid": ...}
 *   text               a string; arrays of wchar_t and of char too, when they are good text
 *   arrays of bytes    hex: "00ff10"
 *   pointers           null or what is pointed to; a pointer to a pointer is null or [x]
 *   structs            objects; unions: an object whose one member is the arm: {"level1": {...}}
 *   arrays, pipes      arrays
 *
 * Counts and tags may be left out when reading: they follow from the arrays and the arms. An array
 * that is shorter than its count says is filled up with zeros; a longer one is an error.
 */
#ifndef PORTERO_JSON_VALUES_H
#define PORTERO_JSON_VALUES_H

#include <jansson.h>

#include <portero/types.h>

#define JSON_PROBLEM_SIZE 320u

/* The members of params that travel in one direction; a new reference. NULL: memory is
 * out, or the value has no end (full pointers that go round). */
json_t *json_of_params(const struct portero_types *t, const struct portero_op *op,
                       enum portero_direction direction, const void *params);
/* A value of any type. scope: memory of the struct (type scope_type) that its expressions mean; may be NULL
 * for a type that has none. */
json_t *json_of_value(const struct portero_types *t, uint32_t type, const void *value);

/*
 * Fills params (zeroed memory of op->params) from an object; what is pointed to is in arena. false:
 * problem says what is wrong and where: "sub_key.buffer: expected text, found a number".
 */
bool json_to_params(const struct portero_types *t, const struct portero_op *op,
                    enum portero_direction direction, const json_t *json,
                    struct portero_arena *arena, void *params, char problem[JSON_PROBLEM_SIZE]);
bool json_to_value(const struct portero_types *t, uint32_t type, const json_t *json,
                   struct portero_arena *arena, void *value, char problem[JSON_PROBLEM_SIZE]);

#endif
