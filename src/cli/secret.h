/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTERO_CLI_SECRET_H
#define PORTERO_CLI_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_SIZE 1024u

/*
 * Asks on the terminal, without echo, into secret[SECRET_SIZE]. false: there is no terminal, or it
 * was closed. Wipe it with explicit_bzero().
 */
bool secret_ask(const char *prompt, char *secret);

#endif
