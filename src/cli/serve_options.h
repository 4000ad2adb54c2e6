/* SPDX-License-Identifier: Apache-2.0 */
/* What `portero serve` was told: options over the configuration file over the defaults. */
#ifndef PORTERO_CLI_SERVE_OPTIONS_H
#define PORTERO_CLI_SERVE_OPTIONS_H

#include "src/cli/privileges.h"
#include "src/config/config.h"
#include "src/mapper/mapper.h"

struct serve_options {
  struct config config;
  const char *file; /* that config was read from; NULL: none */
  char socket[256];
  char policy_file[4096]; /* absolute; empty: none */
  bool drop;              /* become account after binding */
  struct account account;
  uint32_t uids[CONFIG_LIST_MAX], gids[CONFIG_LIST_MAX];
  struct portero_assoc_limits limits;
  struct mapper_entry *entries;
};

/* -1: go on; else the exit code (help, --check, mistakes; said already). */
int serve_options_read(struct serve_options *o, int argc, char **argv);
void serve_options_deinit(struct serve_options *o);
/* The same as the mapper wants it; points into o. */
void serve_options_mapper(struct serve_options *o, struct mapper_options *out_options);

#endif
