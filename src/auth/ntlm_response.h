/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a password to the responses and the keys. [MS-NLMP] 3.3, 3.4.5.1. Names are UTF-16 as they
 * are on the wire. What comes out is secret unless it is a response.
 */
#ifndef PORTERO_AUTH_NTLM_RESPONSE_H
#define PORTERO_AUTH_NTLM_RESPONSE_H

#include "src/auth/ntlm_message.h"

#define NTLM_RESPONSE_V1_SIZE 24u
#define NTLM_PROOF_SIZE       16u
#define NTLM_BLOB_MIN         32u /* NTLMv2_CLIENT_CHALLENGE with an empty list */
#define NTLM_BLOB_PAIRS_AT    28u

/* NTOWFv1: the NT hash. LOCAL_MALFORMED: no UTF-8; LOCAL_LIMIT: longer than any password. */
PORTERO_MUST_USE portero_status ntlm_nt_hash(const char *password, uint8_t out_hash[NTLM_KEY_SIZE]);

/* ---- version 2 ---- */

/* NTOWFv2, which is LMOWFv2 as well. user counts in capitals, domain as it is. */
void ntlm_response_key(const uint8_t nt_hash[NTLM_KEY_SIZE], struct portero_bytes user,
                       struct portero_bytes domain, uint8_t out_key[NTLM_KEY_SIZE]);
/* NTProofStr: the first bytes of the NT response; blob is the rest of it. */
void ntlm_proof(const uint8_t key[NTLM_KEY_SIZE], const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                struct portero_bytes blob, uint8_t out_proof[NTLM_PROOF_SIZE]);
/* SessionBaseKey, which with version 2 is the key exchange key too. */
void ntlm_base_key(const uint8_t key[NTLM_KEY_SIZE], const uint8_t proof[NTLM_PROOF_SIZE],
                   uint8_t out_base[NTLM_KEY_SIZE]);
/* NTLMv2_CLIENT_CHALLENGE: [MS-NLMP] 2.2.2.7; pairs with their end. */
void ntlm_blob_write(struct portero_writer *w, uint64_t timestamp,
                     const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                     struct portero_bytes pairs);

/* LOCAL_SHORT, or LOCAL_MALFORMED when it is of another version. */
PORTERO_MUST_USE portero_status ntlm_blob_read(struct portero_bytes blob, uint64_t *out_timestamp,
                                               struct ntlm_target_info *out_info);
/* The LM response of version 2. */
void ntlm_lm_response(const uint8_t key[NTLM_KEY_SIZE],
                      const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                      const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                      uint8_t out_response[NTLM_RESPONSE_V1_SIZE]);

/* ---- version 1 ---- */

/* DESL: under the NT hash. */
void ntlm_response_v1(const uint8_t nt_hash[NTLM_KEY_SIZE],
                      const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                      uint8_t out_response[NTLM_RESPONSE_V1_SIZE]);
/* What is answered with extended session security in place of the server's challenge. */
void ntlm_mixed_challenge(const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                          const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                          uint8_t out_challenge[NTLM_CHALLENGE_SIZE]);
void ntlm_base_key_v1(const uint8_t nt_hash[NTLM_KEY_SIZE], uint8_t out_base[NTLM_KEY_SIZE]);
/* KXKEY with extended session security. */
void ntlm_exchange_key_v1(const uint8_t base[NTLM_KEY_SIZE],
                          const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                          const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                          uint8_t out_key[NTLM_KEY_SIZE]);

/* ---- both ---- */

/* RC4K: the random session key under the key exchange key, and back. */
void ntlm_exchange(const uint8_t exchange_key[NTLM_KEY_SIZE], const uint8_t key[NTLM_KEY_SIZE],
                   uint8_t out_key[NTLM_KEY_SIZE]);
/* Over all three messages; what lies in the MIC's own place counts as zeros. authenticate must
 * reach behind it. */
void ntlm_mic(const uint8_t session_key[NTLM_KEY_SIZE], struct portero_bytes negotiate,
              struct portero_bytes challenge, struct portero_bytes authenticate,
              uint8_t out_mic[NTLM_MIC_SIZE]);

#endif
