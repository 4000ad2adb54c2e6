/* SPDX-License-Identifier: Apache-2.0 */
/* portero serve --check: can what the configuration names be used? */
#ifndef PORTERO_CLI_SERVE_CHECK_H
#define PORTERO_CLI_SERVE_CHECK_H

#include "src/cli/serve_options.h"

/*
 * Policy, accounts, keys, files of the book: each is looked at as the account that the mapper
 * becomes. false: told on standard error what cannot be used, all of it.
 */
bool serve_check(struct serve_options *o);

#endif
