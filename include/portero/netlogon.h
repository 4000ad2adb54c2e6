/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secure channel of a domain member to a domain controller: the controller's part of the
 * agreement on its key. [MS-NRPC] 3.1.4.1
 */
#ifndef PORTERO_NETLOGON_H
#define PORTERO_NETLOGON_H

#include <portero/security.h>

PORTERO_BEGIN_DECLS

/*
 * A client challenge whose first five octets hold none that is there once only is no random number
 * but an attempt to guess the key's first octets: all zeros, as CVE-2020-1472 has it. [MS-NRPC] 3.1.4.1
 */
PORTERO_API bool portero_netlogon_challenge_is_random(const uint8_t challenge[8]);

/* What a client brings to ServerAuthenticate3, and what the server knows. */
struct portero_netlogon_proof {
  const uint8_t *nt_hash; /* 16 octets: of the machine account's password */
  uint8_t client_challenge[8], server_challenge[8];
  uint8_t client_credential[8];
  uint32_t flags; /* the client's */
};
/*
 * Whether the client knows the password: the session key for portero_acceptor_netlogon_new(), and
 * the credential to answer with. LOCAL_DENIED: the flags lack AES, or the challenge is not random;
 * LOCAL_SECURITY: it does not know the password. Answer both with NT_STATUS_ACCESS_DENIED, and
 * forget the challenges in any case: each serves one attempt.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_netlogon_agree(
    const struct portero_netlogon_proof *proof, uint8_t out_key[16], uint8_t out_credential[8]);

PORTERO_END_DECLS

#endif
