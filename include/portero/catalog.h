/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of known interfaces and operations: what a UUID and an operation number are called, and
 * the other way round. A table, generated when the library is built from the facts in catalog/.
 *
 * The names are for people and for command lines. Nothing here says that a server offers an
 * interface or that an operation exists on it.
 *
 * Every string is static. All functions may be called from any thread.
 */
#ifndef PORTERO_CATALOG_H
#define PORTERO_CATALOG_H

#include <stddef.h>

#include <portero/uuid.h>

PORTERO_BEGIN_DECLS

struct portero_catalog_entry {
  struct portero_syntax syntax; /* version 0.0 when it is not known */
  bool version_known;
  const char *name;     /* "srvsvc"; where none was published, the file that serves it: "lsm.dll" */
  const char *document; /* the document that defines it, "[MS-SRVS]"; NULL when not known */
  const char *served_by; /* the program or library that serves it on Windows; NULL when not known */
  size_t n_operations;   /* how many of its operations have a name here */
};

/*
 * What is known of an interface. Its UUID decides, whatever the version: out gives the version
 * that the catalog knows. false, and *out_entry untouched, when the UUID is unknown.
 */
PORTERO_API bool portero_catalog_interface(const struct portero_syntax *syntax,
                                           struct portero_catalog_entry *out_entry);

/* The name of an operation, "NetrShareEnum"; NULL when it is not known. */
PORTERO_API const char *portero_catalog_operation(const struct portero_uuid *interface,
                                                  uint16_t opnum);

/*
 * The interfaces of that name, case ignored, other names in use ("winspool" for spoolss) included.
 * Returns how many there are and writes the first max of them, in the order of their UUIDs: 0 is
 * unknown, more than 1 is ambiguous. out_entries may be NULL when max is 0.
 */
PORTERO_API size_t portero_catalog_find(const char *name, size_t length,
                                        struct portero_catalog_entry *out_entries, size_t max);

/* The operation of that name, case ignored; false, and *out_opnum untouched, when there is none. */
PORTERO_API bool portero_catalog_find_operation(const struct portero_uuid *interface,
                                                const char *name, size_t length,
                                                uint16_t *out_opnum);

/* The whole table, in the order of the UUIDs as text: index from 0 to count - 1. */
PORTERO_API size_t portero_catalog_count(void);
/* false, and *out_entry untouched, when index is not below the count. */
PORTERO_API bool portero_catalog_at(size_t index, struct portero_catalog_entry *out_entry);

PORTERO_END_DECLS

#endif
