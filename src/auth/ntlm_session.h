/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and sealing with an NTLM session key: extended session security, one cipher and one
 * sequence number for each direction. [MS-NLMP] 3.4
 */
#ifndef PORTERO_AUTH_NTLM_SESSION_H
#define PORTERO_AUTH_NTLM_SESSION_H

#include <nettle/arcfour.h>
#include <nettle/hmac.h>

#include <portero/security.h>

#include "src/auth/ntlm_message.h"

#define NTLM_SIGNATURE_SIZE 16u

struct ntlm_direction {
  struct hmac_md5_ctx mac; /* keyed; as it is before each message */
  struct arcfour_ctx cipher;
  uint32_t sequence;
};

struct ntlm_session {
  struct ntlm_direction sent, received;
  bool key_exchange; /* the checksum is encrypted too */
};

/* key: the exported session key. The length of the sealing key follows flags, 128 bits or less. */
void ntlm_session_start(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE], uint32_t flags,
                        bool is_server);
/* New ciphers under the same key; the sequence numbers go on. */
void ntlm_session_new_ciphers(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE],
                              uint32_t flags, bool is_server);

void ntlm_session_protect(struct ntlm_session *s, const struct portero_protected_pdu *p);
/* false: the signature does not fit. */
PORTERO_MUST_USE bool ntlm_session_unprotect(struct ntlm_session *s,
                                             const struct portero_protected_pdu *p);

/* GSS_GetMIC and GSS_VerifyMIC: nothing is sealed. */
void ntlm_session_sign(struct ntlm_session *s, struct portero_bytes text,
                       uint8_t out_signature[NTLM_SIGNATURE_SIZE]);
PORTERO_MUST_USE bool ntlm_session_check(struct ntlm_session *s, struct portero_bytes text,
                                         struct portero_bytes signature);

#endif
