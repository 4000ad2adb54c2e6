/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and sealing with the key of a secure channel. [MS-NRPC] 3.3.4.2
 * One sequence number serves both directions: each PDU, whoever sent it, takes the next one, and a
 * bit says who sent it. So a connection protected like this carries one call at a time.
 */
#ifndef PORTERO_AUTH_NETLOGON_SESSION_H
#define PORTERO_AUTH_NETLOGON_SESSION_H

#include <portero/security.h>

#include "src/auth/netlogon_crypto.h"

#define NETLOGON_CONFOUNDER_SIZE 8u

struct netlogon_session {
  struct netlogon_key key;
  struct netlogon_key sealing_key;
  uint64_t sequence;
  bool is_client;
};

void netlogon_session_start(struct netlogon_session *s, const struct netlogon_key *key,
                            bool is_client);
/* Of a signature: NL_AUTH_SIGNATURE, or NL_AUTH_SHA2_SIGNATURE with AES. 2.2.1.3.2, 2.2.1.3.3 */
size_t netlogon_session_value_size(const struct netlogon_session *s, bool sealed);
/* Sealed at PORTERO_LEVEL_PRIVACY, with the confounder, which must be random. */
void netlogon_session_protect(struct netlogon_session *s, const struct portero_protected_pdu *p,
                              const uint8_t confounder[NETLOGON_CONFOUNDER_SIZE]);
/* false: the signature does not fit. */
PORTERO_MUST_USE bool netlogon_session_unprotect(struct netlogon_session *s,
                                                 const struct portero_protected_pdu *p);

#endif
