/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mechanisms by which a server's callers may authenticate. A server accepts none until it is given
 * one: a bind that asks for another is refused with "authentication type not recognized".
 */
#ifndef PORTERO_AUTH_H
#define PORTERO_AUTH_H

#include <portero/security.h>

PORTERO_BEGIN_DECLS

/* Static; must outlive the servers that use it. */
struct portero_acceptor {
  uint8_t type; /* enum portero_auth_type */
  /* A new security context for one caller. May be called on any of the server's loops; must not wait. */
  portero_status (*begin)(void *ctx, uint8_t level, struct portero_security **out_security);
  void *ctx;
};

struct portero_server;
/* Before run(). LOCAL_EXISTS: a mechanism of this type is there already. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_accept(struct portero_server *s, const struct portero_acceptor *acceptor);

/*
 * NTLM without a name ([MS-NLMP] 3.2.5.1.2): for clients that insist on authenticating before they ask an
 * endpoint mapper. Such a caller counts as nobody: interfaces that demand a level refuse it.
 */
PORTERO_API extern const struct portero_acceptor portero_ntlm_anonymous;

PORTERO_END_DECLS

#endif
