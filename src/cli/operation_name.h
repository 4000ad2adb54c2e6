/* SPDX-License-Identifier: Apache-2.0 */
/* INTERFACE.OPERATION as it is written on the command line, and the types that are known of it. */
#ifndef PORTERO_CLI_OPERATION_NAME_H
#define PORTERO_CLI_OPERATION_NAME_H

#include "src/cli/tool.h"
#include "src/cli/type_tables.h"

struct operation_name {
  struct portero_syntax interface;
  bool versioned;
  uint16_t opnum;
  bool has_types;
  struct type_operation type; /* has_types */
  struct portero_arena arena; /* of the types */
};

/*
 * text: "winreg.BaseRegOpenKey", "UUID:1.0.15". types_path: a file with types, or NULL: those that
 * the program carries. TOOL_GO_ON, or the exit code (told). deinit in any case.
 */
int operation_name_parse(const struct tool *t, const char *text, const char *types_path,
                         struct operation_name *out_name);
void operation_name_deinit(struct operation_name *name);

#endif
