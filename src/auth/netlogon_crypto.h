/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of a secure channel: session keys, credentials, secrets inside messages.
 * [MS-NRPC] 3.1.4.3, 3.1.4.4
 */
#ifndef PORTERO_AUTH_NETLOGON_CRYPTO_H
#define PORTERO_AUTH_NETLOGON_CRYPTO_H

#include <portero/netlogon.h>

#define NETLOGON_KEY_SIZE        16u
#define NETLOGON_CREDENTIAL_SIZE 8u

/* [MS-NRPC] 3.1.4.2 */
#define NETLOGON_STRONG_KEYS 0x00004000u
#define NETLOGON_AES         0x01000000u
#define NETLOGON_SECURE_RPC  0x40000000u

/* A session key and the algorithms that go with it. */
struct netlogon_key {
  uint8_t bytes[NETLOGON_KEY_SIZE];
  bool aes; /* false: RC4, DES and MD5 */
};

/* From the NT hash of the shared password and both challenges. 3.1.4.3.1, 3.1.4.3.2 */
void netlogon_key_make(const uint8_t nt_hash[NETLOGON_KEY_SIZE],
                       const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                       const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE], bool aes,
                       struct netlogon_key *out_key);
/* What proves that one has the key. input may be the output. 3.1.4.4 */
void netlogon_credential(const struct netlogon_key *key,
                         const uint8_t input[NETLOGON_CREDENTIAL_SIZE],
                         uint8_t out_credential[NETLOGON_CREDENTIAL_SIZE]);
/* Adds to the low half, as little-endian numbers; a carry is lost. 3.1.4.5 */
void netlogon_credential_add(uint8_t credential[NETLOGON_CREDENTIAL_SIZE], uint32_t value);
/* In place, each time from the beginning of the cipher. */
void netlogon_encrypt(const struct netlogon_key *key, uint8_t *data, size_t size);
void netlogon_decrypt(const struct netlogon_key *key, uint8_t *data, size_t size);

#endif
