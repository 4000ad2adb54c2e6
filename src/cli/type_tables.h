/* SPDX-License-Identifier: Apache-2.0 */
/* The type tables that the program carries, and those that a user gives it. */
#ifndef PORTERO_CLI_TYPE_TABLES_H
#define PORTERO_CLI_TYPE_TABLES_H

#include <portero/types.h>

/* Generated from idl/ by tools/embed-tables; the last has no name. */
struct type_table {
  const char *name; /* of the file: "rrp" */
  const uint8_t *bytes;
  uint32_t size;
};
extern const struct type_table type_tables[];

struct type_operation {
  struct portero_types types;
  const struct portero_iface *iface;
  const struct portero_op *op;
};

/* Finds an interface in the tables that the program carries, op is NULL; false: none of them knows it. */
bool type_tables_find(const struct portero_uuid *interface, struct portero_arena *arena,
                      struct type_operation *out_operation);
/*
 * Types of a file: an IDL file, which is compiled, or a type table. false: message says why, unless
 * the compiler has told already.
 */
bool type_tables_load(const char *path, struct portero_arena *arena,
                      struct portero_types *out_types, char *message, size_t size);

#endif
