/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to memory: what its parts share. */
#ifndef PORTERO_JSON_BUILD_H
#define PORTERO_JSON_BUILD_H

#include "src/json/values.h"

#define JSON_MAX_DEPTH 512u

/* Where in the document, for messages: a member's name, or an index. */
struct json_step {
  const char *name;
  size_t index;
};

struct json_build {
  const struct portero_types *t;
  struct portero_arena *arena;
  char *problem;
  struct json_step path[JSON_MAX_DEPTH];
  unsigned depth;
};

/* The struct whose members expressions mean. */
struct json_scope {
  uint32_t type;
  uint8_t *memory;
  const json_t *object; /* NULL: nothing was said */
  bool *given;          /* one for each member: said, or settled by an array or an arm */
};

/* false, always: for return. */
bool json_fail(struct json_build *b, const char *format, ...) PORTERO_PRINTF(2, 3);
bool json_enter(struct json_build *b, const char *name, size_t index);
void *json_alloc(struct json_build *b, size_t count, size_t size);

/* json_scalar.c: numbers, enums, reals, UUIDs and handles. false with *out_is_one false: not such a kind. */
bool json_is_scalar(uint8_t kind);
bool json_to_scalar(struct json_build *b, uint32_t type, const json_t *json, uint8_t *value);

/*
 * json_count.c: makes an expression say count, by setting its member unless that was given; then it
 * must say as much or more. *out_count is what it says in the end.
 */
bool json_settle_count(struct json_build *b, struct json_scope *s, uint32_t code, size_t count,
                       size_t *out_count);
/* Is all that an expression is made of known? */
bool json_is_settled(const struct json_build *b, const struct json_scope *s, uint32_t code);
bool json_settle_tag(struct json_build *b, struct json_scope *s, uint32_t code, int64_t tag);

#endif
