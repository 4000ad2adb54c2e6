/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Type tables made by hand: the tests of the interpreter do not depend on the compiler. Rows are
 * added one by one and refer to rows that are there; a full builder aborts.
 */
#ifndef PORTERO_TESTS_SUPPORT_TYPES_BUILD_H
#define PORTERO_TESTS_SUPPORT_TYPES_BUILD_H

#include <portero/types.h>

#define BUILD_ROWS  256u
#define BUILD_BYTES 4096u

struct types_build {
  struct portero_types t; /* points into what follows: do not copy a builder */
  char strings[BUILD_BYTES];
  uint8_t code[BUILD_BYTES];
  struct portero_type types[BUILD_ROWS];
  struct portero_member members[BUILD_ROWS];
  struct portero_enumerator enumerators[BUILD_ROWS];
  struct portero_op ops[BUILD_ROWS];
  struct portero_iface ifaces[BUILD_ROWS];
};

void build_init(struct types_build *b);
uint32_t build_name(struct types_build *b, const char *name);
/* Instructions with their operands, without END. */
uint32_t build_code(struct types_build *b, const uint8_t *code, size_t size);
uint32_t build_type(struct types_build *b, struct portero_type type);

/* One row of each kind. */
uint32_t build_scalar(struct types_build *b, enum portero_kind kind);
uint32_t build_pointer(struct types_build *b, unsigned flags, uint32_t of);
uint32_t build_fixed(struct types_build *b, uint32_t of, uint32_t count);
uint32_t build_conformant(struct types_build *b, uint32_t of, uint32_t size);
uint32_t build_string(struct types_build *b, enum portero_kind of); /* conformant */
uint32_t build_switch(struct types_build *b, uint32_t of, uint32_t choice);

struct build_member {
  const char *name;
  uint32_t type;
  unsigned flags;
  int64_t label;
};
/* A struct, the parameters of an operation, or (of: the tag) a union. */
uint32_t build_struct(struct types_build *b, unsigned flags, const struct build_member *members,
                      size_t n);
uint32_t build_union(struct types_build *b, unsigned flags, uint32_t tag,
                     const struct build_member *arms, size_t n);
/* An operation whose number is its place. */
const struct portero_op *build_op(struct types_build *b, const char *name, uint32_t params);
/* One interface with all operations so far. */
void build_iface(struct types_build *b, const char *name, const struct portero_syntax *id);

#define BUILD_CODE(b, ...)                                                                         \
  build_code(b, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define BUILD_STRUCT(b, flags, ...)                                                                \
  build_struct(b, flags, (const struct build_member[]){__VA_ARGS__},                               \
               sizeof((const struct build_member[]){__VA_ARGS__}) / sizeof(struct build_member))
#define BUILD_UNION(b, flags, tag, ...)                                                            \
  build_union(b, flags, tag, (const struct build_member[]){__VA_ARGS__},                           \
              sizeof((const struct build_member[]){__VA_ARGS__}) / sizeof(struct build_member))

#endif
