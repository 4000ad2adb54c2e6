/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and sealing with an NTLM session key: extended session security, 128 bits, one cipher and
 * one sequence number for each direction. [MS-NLMP] 3.4
 */
#ifndef PORTERO_AUTH_NTLM_SESSION_H
#define PORTERO_AUTH_NTLM_SESSION_H

#include <nettle/arcfour.h>

#include <portero/security.h>

#include "src/auth/ntlm_message.h"

#define NTLM_SIGNATURE_SIZE 16u

struct ntlm_direction {
  uint8_t sign_key[NTLM_KEY_SIZE];
  struct arcfour_ctx cipher;
  uint32_t sequence;
};

struct ntlm_session {
  struct ntlm_direction sent, received;
  bool key_exchange; /* the checksum is encrypted too */
};

void ntlm_session_start(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE], uint32_t flags,
                        bool is_server);
/* The session key a client sent under the key exchange key. [MS-NLMP] 3.2.5.1.2 */
void ntlm_session_key(const uint8_t exchange_key[NTLM_KEY_SIZE],
                      const uint8_t encrypted[NTLM_KEY_SIZE], uint8_t out_key[NTLM_KEY_SIZE]);
void ntlm_session_protect(struct ntlm_session *s, const struct portero_protected_pdu *p);
/* false: the signature does not fit. */
PORTERO_MUST_USE bool ntlm_session_unprotect(struct ntlm_session *s,
                                             const struct portero_protected_pdu *p);

#endif
