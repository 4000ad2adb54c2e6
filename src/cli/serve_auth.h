/* SPDX-License-Identifier: Apache-2.0 */
/* How callers of `portero serve` may authenticate. */
#ifndef PORTERO_CLI_SERVE_AUTH_H
#define PORTERO_CLI_SERVE_AUTH_H

#include <portero/auth.h>

#include "src/config/config.h"

#define SERVE_ACCEPTORS 3u

struct serve_auth {
  struct portero_acceptor *acceptors[SERVE_ACCEPTORS]; /* NTLM, Kerberos, then SPNEGO of both */
  size_t n_acceptors;
};

/* What the configuration asks for; nothing: none. false: told why on standard error. */
bool serve_auth_init(struct serve_auth *a, const struct config *c);
void serve_auth_deinit(struct serve_auth *a);

#endif
