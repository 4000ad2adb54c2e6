/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler and the disk. */
#ifndef PORTERO_CLI_IDL_FILES_H
#define PORTERO_CLI_IDL_FILES_H

#include <portero/types.h>

#include "src/idlc/source.h"

extern const struct idlc_loader idl_disk_loader;

/* Prints a diagnostic on standard error. */
void idl_report(void *ctx, const struct idlc_sources *sources, const struct idlc_diagnostic *d);
/* The types of an IDL file, in arena; false: what is wrong has been told. */
bool idl_types(const char *path, struct portero_arena *arena, struct portero_types *out_types);

#endif
