/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generated table (tools/mkcatalog). Strings are offsets into one pool, so that the whole table
 * is read-only, needs no relocation and is shared by all processes.
 */
#ifndef PORTERO_SRC_CATALOG_TABLE_H
#define PORTERO_SRC_CATALOG_TABLE_H

#include <stddef.h>

#include <portero/uuid.h>

/* Offset 0 of the pool is the empty string: not known. */
struct catalog_interface {
  struct portero_uuid uuid;
  uint16_t major;
  uint16_t minor;
  uint16_t version_known;
  uint16_t n_operations;
  uint32_t first_operation; /* index into the two operation arrays */
  uint32_t name;
  uint32_t document;
  uint32_t served_by;
};

struct catalog_name {
  uint32_t name;
  uint32_t interface; /* index into catalog_interfaces */
};

extern const char catalog_pool[];

/* By UUID. */
extern const struct catalog_interface catalog_interfaces[];
extern const size_t catalog_n_interfaces;

/* Each interface's operations side by side, by number. */
extern const uint16_t catalog_opnums[];
extern const uint32_t catalog_operations[];

/* By name in lower case, then by UUID; an interface is here under each of its names. */
extern const struct catalog_name catalog_names[];
extern const size_t catalog_n_names;

#endif
