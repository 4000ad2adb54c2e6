/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/netlogon_session.h"

#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cfb.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

/* Places in a signature. With AES 24 octets without meaning follow. */
#define AT_SEQUENCE    8u
#define AT_CHECKSUM    16u
#define AT_CONFOUNDER  24u
#define HEAD_SIZE      8u
#define SEQUENCE_SIZE  8u
#define CHECKSUM_SIZE  8u
#define RESERVED_SIZE  24u
#define SEALING_MASK   0xf0u
#define FROM_INITIATOR 0x80u

static const uint8_t zeros[4];

void netlogon_session_start(struct netlogon_session *s, const struct netlogon_key *key,
                            bool is_client)
{
  s->key = *key;
  s->sealing_key = *key;
  for (size_t i = 0; i < NETLOGON_KEY_SIZE; i++)
    s->sealing_key.bytes[i] ^= SEALING_MASK;
  s->sequence = 0;
  s->is_client = is_client;
}

size_t netlogon_session_value_size(const struct netlogon_session *s, bool sealed)
{
  return AT_CONFOUNDER + (sealed ? NETLOGON_CONFOUNDER_SIZE : 0) + (s->key.aes ? RESERVED_SIZE : 0);
}

/* What a signature begins with. */
static void head(const struct netlogon_session *s, bool sealed, uint8_t out_head[HEAD_SIZE])
{
  uint16_t seal = s->key.aes ? 0x001a : 0x007a;

  portero_store_u16(out_head, false, s->key.aes ? 0x0013 : 0x0077);
  portero_store_u16(out_head + 2, false, sealed ? seal : 0xffff);
  portero_store_u16(out_head + 4, false, 0xffff);
  portero_store_u16(out_head + 6, false, 0);
}

static void sequence(const struct netlogon_session *s, bool from_client,
                     uint8_t out_sequence[SEQUENCE_SIZE])
{
  portero_store_u32(out_sequence, true, (uint32_t)s->sequence);
  portero_store_u32(out_sequence + 4, true, (uint32_t)(s->sequence >> 32));
  if (from_client)
    out_sequence[4] |= FROM_INITIATOR;
}

/* ---- with AES ---- */

static void sha2_checksum(const struct netlogon_session *s, const uint8_t *value,
                          struct portero_bytes confounder, struct portero_bytes message,
                          uint8_t out_checksum[CHECKSUM_SIZE])
{
  struct hmac_sha256_ctx hmac;

  hmac_sha256_set_key(&hmac, NETLOGON_KEY_SIZE, s->key.bytes);
  hmac_sha256_update(&hmac, HEAD_SIZE, value);
  hmac_sha256_update(&hmac, confounder.size, confounder.data);
  hmac_sha256_update(&hmac, message.size, message.data);
  hmac_sha256_digest(&hmac, CHECKSUM_SIZE, out_checksum);
}

typedef void cfb8(const void *ctx, nettle_cipher_func *f, size_t block_size, uint8_t *iv,
                  size_t length, uint8_t *dst, const uint8_t *src);

/* One run of the cipher over two pieces, from twice the half that is given. */
static void aes_crypt(const struct netlogon_key *key, cfb8 *crypt, const uint8_t half_iv[8],
                      uint8_t *first, size_t first_size, uint8_t *second, size_t second_size)
{
  nettle_cipher_func *encrypt = (nettle_cipher_func *)aes128_encrypt;
  uint8_t iv[AES_BLOCK_SIZE];
  struct aes128_ctx aes;

  memcpy(iv, half_iv, 8);
  memcpy(iv + 8, half_iv, 8);
  aes128_set_encrypt_key(&aes, key->bytes);
  crypt(&aes, encrypt, AES_BLOCK_SIZE, iv, first_size, first, first);
  crypt(&aes, encrypt, AES_BLOCK_SIZE, iv, second_size, second, second);
}

/* ---- with RC4 ---- */

static void md5_checksum(const struct netlogon_session *s, const uint8_t *value,
                         struct portero_bytes confounder, struct portero_bytes message,
                         uint8_t out_checksum[CHECKSUM_SIZE])
{
  struct hmac_md5_ctx hmac;
  struct md5_ctx md5;
  uint8_t digest[MD5_DIGEST_SIZE];

  md5_init(&md5);
  md5_update(&md5, sizeof zeros, zeros);
  md5_update(&md5, HEAD_SIZE, value);
  md5_update(&md5, confounder.size, confounder.data);
  md5_update(&md5, message.size, message.data);
  md5_digest(&md5, sizeof digest, digest);
  hmac_md5_set_key(&hmac, NETLOGON_KEY_SIZE, s->key.bytes);
  hmac_md5_update(&hmac, sizeof digest, digest);
  hmac_md5_digest(&hmac, CHECKSUM_SIZE, out_checksum);
}

/* A key for one piece, and the piece through the cipher that starts with it. */
static void rc4_crypt(const struct netlogon_key *key, const uint8_t salt[8], uint8_t *data,
                      size_t size)
{
  uint8_t derived[MD5_DIGEST_SIZE];
  struct hmac_md5_ctx hmac;
  struct arcfour_ctx rc4;

  hmac_md5_set_key(&hmac, NETLOGON_KEY_SIZE, key->bytes);
  hmac_md5_update(&hmac, sizeof zeros, zeros);
  hmac_md5_digest(&hmac, sizeof derived, derived);
  hmac_md5_set_key(&hmac, sizeof derived, derived);
  hmac_md5_update(&hmac, 8, salt);
  hmac_md5_digest(&hmac, sizeof derived, derived);
  arcfour_set_key(&rc4, sizeof derived, derived);
  arcfour_crypt(&rc4, size, data, data);
  explicit_bzero(derived, sizeof derived);
}

/* ---- either ---- */

static void checksum(const struct netlogon_session *s, const struct portero_protected_pdu *p,
                     const uint8_t *confounder, uint8_t out_checksum[CHECKSUM_SIZE])
{
  struct portero_bytes c =
      portero_bytes_make(confounder, confounder ? NETLOGON_CONFOUNDER_SIZE : 0);
  struct portero_bytes message = p->header_signing
                                     ? portero_bytes_make(p->pdu, p->size)
                                     : portero_bytes_make(p->pdu + p->data_at, p->data_size);

  if (s->key.aes)
    sha2_checksum(s, p->value, c, message, out_checksum);
  else
    md5_checksum(s, p->value, c, message, out_checksum);
}

static void crypt_sequence(const struct netlogon_session *s, cfb8 *crypt, uint8_t *value)
{
  if (s->key.aes)
    aes_crypt(&s->key, crypt, value + AT_CHECKSUM, value + AT_SEQUENCE, SEQUENCE_SIZE, NULL, 0);
  else
    rc4_crypt(&s->key, value + AT_CHECKSUM, value + AT_SEQUENCE, SEQUENCE_SIZE);
}

/* RC4 starts anew behind the confounder, unlike what 3.3.4.2.1 says: so do all peers. */
static void crypt_data(const struct netlogon_session *s, cfb8 *crypt, const uint8_t *number,
                       const struct portero_protected_pdu *p)
{
  uint8_t *confounder = p->value + AT_CONFOUNDER, *data = p->pdu + p->data_at;

  if (s->key.aes) {
    aes_crypt(&s->sealing_key, crypt, number, confounder, NETLOGON_CONFOUNDER_SIZE, data,
              p->data_size);
    return;
  }
  rc4_crypt(&s->sealing_key, number, confounder, NETLOGON_CONFOUNDER_SIZE);
  rc4_crypt(&s->sealing_key, number, data, p->data_size);
}

void netlogon_session_protect(struct netlogon_session *s, const struct portero_protected_pdu *p,
                              const uint8_t confounder[NETLOGON_CONFOUNDER_SIZE])
{
  bool sealed = p->level == PORTERO_LEVEL_PRIVACY;
  uint8_t number[SEQUENCE_SIZE];

  memset(p->value, 0, p->value_size);
  head(s, sealed, p->value);
  sequence(s, s->is_client, number);
  checksum(s, p, sealed ? confounder : NULL, p->value + AT_CHECKSUM);
  if (sealed) {
    memcpy(p->value + AT_CONFOUNDER, confounder, NETLOGON_CONFOUNDER_SIZE);
    crypt_data(s, cfb8_encrypt, number, p);
  }
  memcpy(p->value + AT_SEQUENCE, number, sizeof number);
  crypt_sequence(s, cfb8_encrypt, p->value);
  s->sequence++;
}

/* The flags mean nothing (3.3.4.2.2), but they are signed. */
static bool is_head(const struct netlogon_session *s, bool sealed, const uint8_t *value)
{
  uint8_t expected[HEAD_SIZE];

  head(s, sealed, expected);
  return memcmp(value, expected, HEAD_SIZE - 2) == 0;
}

bool netlogon_session_unprotect(struct netlogon_session *s, const struct portero_protected_pdu *p)
{
  bool sealed = p->level == PORTERO_LEVEL_PRIVACY;
  uint8_t number[SEQUENCE_SIZE], expected[CHECKSUM_SIZE];
  uint8_t *value = p->value;

  if (p->value_size < netlogon_session_value_size(s, sealed) ||
      p->value_size > netlogon_session_value_size(s, true) || !is_head(s, sealed, value))
    return false;
  sequence(s, !s->is_client, number);
  crypt_sequence(s, cfb8_decrypt, value);
  if (!memeql_sec(number, value + AT_SEQUENCE, sizeof number))
    return false;
  if (sealed)
    crypt_data(s, cfb8_decrypt, number, p);
  checksum(s, p, sealed ? value + AT_CONFOUNDER : NULL, expected);
  if (!memeql_sec(expected, value + AT_CHECKSUM, sizeof expected))
    return false;
  s->sequence++;
  return true;
}
