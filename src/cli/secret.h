/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords as programs get them: never from the command line, which everybody may read. */
#ifndef PORTERO_CLI_SECRET_H
#define PORTERO_CLI_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_SIZE 1024u

enum secret_result {
  SECRET_OK,
  SECRET_CANCELLED,
  SECRET_NO_TERMINAL,
  SECRET_TOO_LONG,
  SECRET_FAILED, /* errno */
};

/* From the terminal, without echo. out_secret[SECRET_SIZE] is wiped unless it is OK. */
enum secret_result secret_ask(const char *prompt, char *out_secret);
/* The first line of standard input. */
enum secret_result secret_from_stdin(char *out_secret);
/* For a person. Static. */
const char *secret_result_text(enum secret_result result);

#endif
