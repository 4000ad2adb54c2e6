/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/netlogon_crypto.h"

#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cfb.h>
#include <nettle/des.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

#define SHORT_KEY_SIZE 7u

static const uint8_t zeros[AES_BLOCK_SIZE];

static void aes_key(const uint8_t nt_hash[NETLOGON_KEY_SIZE],
                    const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                    const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE],
                    uint8_t out_key[NETLOGON_KEY_SIZE])
{
  struct hmac_sha256_ctx hmac;

  hmac_sha256_set_key(&hmac, NETLOGON_KEY_SIZE, nt_hash);
  hmac_sha256_update(&hmac, NETLOGON_CREDENTIAL_SIZE, client_challenge);
  hmac_sha256_update(&hmac, NETLOGON_CREDENTIAL_SIZE, server_challenge);
  hmac_sha256_digest(&hmac, NETLOGON_KEY_SIZE, out_key);
  explicit_bzero(&hmac, sizeof hmac);
}

static void strong_key(const uint8_t nt_hash[NETLOGON_KEY_SIZE],
                       const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                       const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE],
                       uint8_t out_key[NETLOGON_KEY_SIZE])
{
  struct hmac_md5_ctx hmac;
  struct md5_ctx md5;
  uint8_t digest[MD5_DIGEST_SIZE];

  md5_init(&md5);
  md5_update(&md5, 4, zeros);
  md5_update(&md5, NETLOGON_CREDENTIAL_SIZE, client_challenge);
  md5_update(&md5, NETLOGON_CREDENTIAL_SIZE, server_challenge);
  md5_digest(&md5, sizeof digest, digest);
  hmac_md5_set_key(&hmac, NETLOGON_KEY_SIZE, nt_hash);
  hmac_md5_update(&hmac, sizeof digest, digest);
  hmac_md5_digest(&hmac, NETLOGON_KEY_SIZE, out_key);
  explicit_bzero(&hmac, sizeof hmac);
}

void netlogon_key_make(const uint8_t nt_hash[NETLOGON_KEY_SIZE],
                       const uint8_t client_challenge[NETLOGON_CREDENTIAL_SIZE],
                       const uint8_t server_challenge[NETLOGON_CREDENTIAL_SIZE], bool aes,
                       struct netlogon_key *out_key)
{
  out_key->aes = aes;
  if (aes)
    aes_key(nt_hash, client_challenge, server_challenge, out_key->bytes);
  else
    strong_key(nt_hash, client_challenge, server_challenge, out_key->bytes);
}

/* 56 bits spread over eight octets, each with its lowest bit unused. 3.1.4.4.2, InitLMKey */
static void des_crypt(const uint8_t key[SHORT_KEY_SIZE], uint8_t data[NETLOGON_CREDENTIAL_SIZE])
{
  uint8_t spread[DES_KEY_SIZE];
  struct des_ctx des;
  uint64_t bits = 0;

  for (size_t i = 0; i < SHORT_KEY_SIZE; i++)
    bits = bits << 8 | key[i];
  for (size_t i = 0; i < DES_KEY_SIZE; i++)
    spread[i] = (uint8_t)(bits >> (49 - 7 * i) << 1 & 0xfe);
  (void)des_set_key(&des, spread); /* a weak key is used all the same: both sides have it */
  des_encrypt(&des, NETLOGON_CREDENTIAL_SIZE, data, data);
  explicit_bzero(spread, sizeof spread);
  explicit_bzero(&des, sizeof des);
}

void netlogon_credential(const struct netlogon_key *key,
                         const uint8_t input[NETLOGON_CREDENTIAL_SIZE],
                         uint8_t out_credential[NETLOGON_CREDENTIAL_SIZE])
{
  memmove(out_credential, input, NETLOGON_CREDENTIAL_SIZE);
  if (key->aes) {
    netlogon_encrypt(key, out_credential, NETLOGON_CREDENTIAL_SIZE);
    return;
  }
  des_crypt(key->bytes, out_credential);
  des_crypt(key->bytes + SHORT_KEY_SIZE, out_credential);
}

void netlogon_credential_add(uint8_t credential[NETLOGON_CREDENTIAL_SIZE], uint32_t value)
{
  portero_store_u32(credential, false, portero_load_u32(credential, false) + value);
}

typedef void cfb8(const void *ctx, nettle_cipher_func *f, size_t block_size, uint8_t *iv,
                  size_t length, uint8_t *dst, const uint8_t *src);

static void aes_crypt(const struct netlogon_key *key, cfb8 *crypt, uint8_t *data, size_t size)
{
  struct aes128_ctx aes;
  uint8_t iv[AES_BLOCK_SIZE] = {0};

  aes128_set_encrypt_key(&aes, key->bytes);
  crypt(&aes, (nettle_cipher_func *)aes128_encrypt, AES_BLOCK_SIZE, iv, size, data, data);
  explicit_bzero(&aes, sizeof aes);
}

static void rc4_crypt(const struct netlogon_key *key, uint8_t *data, size_t size)
{
  struct arcfour_ctx rc4;

  arcfour_set_key(&rc4, NETLOGON_KEY_SIZE, key->bytes);
  arcfour_crypt(&rc4, size, data, data);
  explicit_bzero(&rc4, sizeof rc4);
}

void netlogon_encrypt(const struct netlogon_key *key, uint8_t *data, size_t size)
{
  if (key->aes)
    aes_crypt(key, cfb8_encrypt, data, size);
  else
    rc4_crypt(key, data, size);
}

void netlogon_decrypt(const struct netlogon_key *key, uint8_t *data, size_t size)
{
  if (key->aes)
    aes_crypt(key, cfb8_decrypt, data, size);
  else
    rc4_crypt(key, data, size);
}
