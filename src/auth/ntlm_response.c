/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_response.h"

#include <assert.h>

#include <nettle/arcfour.h>
#include <nettle/des.h>
#include <nettle/hmac.h>
#include <nettle/md4.h>
#include <nettle/md5.h>

#include <portero/utf16.h>

#include "src/auth/ntlm_upper.h"

#define PASSWORD_SIZE 1024u /* bytes of UTF-8; Windows takes 256 characters */
#define BLOB_VERSION  1u

static void md4(const void *data, size_t size, uint8_t out_digest[NTLM_KEY_SIZE])
{
  struct md4_ctx ctx;

  md4_init(&ctx);
  md4_update(&ctx, size, data);
  md4_digest(&ctx, NTLM_KEY_SIZE, out_digest);
  explicit_bzero(&ctx, sizeof ctx); /* its block holds the end of what was hashed */
}

portero_status ntlm_nt_hash(const char *password, uint8_t out_hash[NTLM_KEY_SIZE])
{
  uint8_t units[2 * PASSWORD_SIZE];
  size_t size = 0;
  portero_status status =
      portero_utf8_to_utf16(password, strlen(password), false, units, sizeof units, &size);

  if (portero_is_ok(status))
    md4(units, size, out_hash);
  explicit_bzero(units, sizeof units);
  return status;
}

/* ---- version 2 ---- */

void ntlm_response_key(const uint8_t nt_hash[NTLM_KEY_SIZE], struct portero_bytes user,
                       struct portero_bytes domain, uint8_t out_key[NTLM_KEY_SIZE])
{
  struct hmac_md5_ctx hmac;
  uint8_t unit[2];

  hmac_md5_set_key(&hmac, NTLM_KEY_SIZE, nt_hash);
  for (size_t i = 0; i + 1 < user.size; i += 2) {
    portero_store_u16(unit, false, ntlm_upper(portero_load_u16(user.data + i, false)));
    hmac_md5_update(&hmac, sizeof unit, unit);
  }
  hmac_md5_update(&hmac, domain.size, domain.data);
  hmac_md5_digest(&hmac, NTLM_KEY_SIZE, out_key);
  explicit_bzero(&hmac, sizeof hmac);
}

void ntlm_proof(const uint8_t key[NTLM_KEY_SIZE], const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                struct portero_bytes blob, uint8_t out_proof[NTLM_PROOF_SIZE])
{
  struct hmac_md5_ctx hmac;

  hmac_md5_set_key(&hmac, NTLM_KEY_SIZE, key);
  hmac_md5_update(&hmac, NTLM_CHALLENGE_SIZE, challenge);
  hmac_md5_update(&hmac, blob.size, blob.data);
  hmac_md5_digest(&hmac, NTLM_PROOF_SIZE, out_proof);
  explicit_bzero(&hmac, sizeof hmac);
}

void ntlm_base_key(const uint8_t key[NTLM_KEY_SIZE], const uint8_t proof[NTLM_PROOF_SIZE],
                   uint8_t out_base[NTLM_KEY_SIZE])
{
  struct hmac_md5_ctx hmac;

  hmac_md5_set_key(&hmac, NTLM_KEY_SIZE, key);
  hmac_md5_update(&hmac, NTLM_PROOF_SIZE, proof);
  hmac_md5_digest(&hmac, NTLM_KEY_SIZE, out_base);
  explicit_bzero(&hmac, sizeof hmac);
}

void ntlm_blob_write(struct portero_writer *w, uint64_t timestamp,
                     const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                     struct portero_bytes pairs)
{
  portero_write_u8(w, BLOB_VERSION); /* RespType */
  portero_write_u8(w, BLOB_VERSION); /* HiRespType */
  portero_write_zeros(w, 6);
  portero_write_u64(w, timestamp);
  portero_write_bytes(w, client_challenge, NTLM_CHALLENGE_SIZE);
  portero_write_zeros(w, 4);
  portero_write_bytes(w, pairs.data, pairs.size);
  portero_write_zeros(w, 4); /* behind the list: [MS-NLMP] 3.3.2 */
}

portero_status ntlm_blob_read(struct portero_bytes blob, uint64_t *out_timestamp,
                              struct ntlm_target_info *out_info)
{
  struct portero_reader r;
  struct portero_bytes pairs;
  portero_status status;
  uint64_t timestamp;
  uint8_t version;

  portero_reader_init(&r, blob, false);
  version = portero_read_u8(&r, "RespType");
  (void)portero_reader_take(&r, 7, "HiRespType");
  timestamp = portero_read_u64(&r, "TimeStamp");
  (void)portero_reader_take(&r, NTLM_CHALLENGE_SIZE + 4, "ChallengeFromClient");
  pairs = portero_read_bytes(&r, portero_reader_left(&r), "AvPairs");
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  if (version != BLOB_VERSION)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  status = ntlm_target_info_read(pairs, out_info);
  if (portero_is_ok(status))
    *out_timestamp = timestamp;
  return status;
}

void ntlm_lm_response(const uint8_t key[NTLM_KEY_SIZE],
                      const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                      const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                      uint8_t out_response[NTLM_RESPONSE_V1_SIZE])
{
  ntlm_proof(key, challenge, portero_bytes_make(client_challenge, NTLM_CHALLENGE_SIZE),
             out_response);
  memcpy(out_response + NTLM_PROOF_SIZE, client_challenge, NTLM_CHALLENGE_SIZE);
}

/* ---- version 1 ---- */

/* 56 bits of key, an empty parity bit behind each seven. */
static void des_block(const uint8_t key[7], const uint8_t block[DES_BLOCK_SIZE],
                      uint8_t out_block[DES_BLOCK_SIZE])
{
  uint8_t spread[DES_KEY_SIZE];
  struct des_ctx des;
  unsigned carry = 0;

  for (unsigned i = 0; i < 7; i++) {
    spread[i] = (uint8_t)((carry | ((unsigned)key[i] >> i)) & 0xfeu);
    carry = (unsigned)key[i] << (7 - i);
  }
  spread[7] = (uint8_t)(carry & 0xfeu);
  (void)des_set_key(&des, spread); /* a weak key is used all the same */
  des_encrypt(&des, DES_BLOCK_SIZE, out_block, block);
  explicit_bzero(&des, sizeof des);
  explicit_bzero(spread, sizeof spread);
}

void ntlm_response_v1(const uint8_t nt_hash[NTLM_KEY_SIZE],
                      const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                      uint8_t out_response[NTLM_RESPONSE_V1_SIZE])
{
  uint8_t keys[21] = {0};

  memcpy(keys, nt_hash, NTLM_KEY_SIZE);
  for (size_t i = 0; i < 3; i++)
    des_block(keys + 7 * i, challenge, out_response + DES_BLOCK_SIZE * i);
  explicit_bzero(keys, sizeof keys);
}

void ntlm_mixed_challenge(const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                          const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                          uint8_t out_challenge[NTLM_CHALLENGE_SIZE])
{
  struct md5_ctx md5;

  md5_init(&md5);
  md5_update(&md5, NTLM_CHALLENGE_SIZE, challenge);
  md5_update(&md5, NTLM_CHALLENGE_SIZE, client_challenge);
  md5_digest(&md5, NTLM_CHALLENGE_SIZE, out_challenge);
}

void ntlm_base_key_v1(const uint8_t nt_hash[NTLM_KEY_SIZE], uint8_t out_base[NTLM_KEY_SIZE])
{
  md4(nt_hash, NTLM_KEY_SIZE, out_base);
}

void ntlm_exchange_key_v1(const uint8_t base[NTLM_KEY_SIZE],
                          const uint8_t challenge[NTLM_CHALLENGE_SIZE],
                          const uint8_t client_challenge[NTLM_CHALLENGE_SIZE],
                          uint8_t out_key[NTLM_KEY_SIZE])
{
  ntlm_proof(base, challenge, portero_bytes_make(client_challenge, NTLM_CHALLENGE_SIZE), out_key);
}

/* ---- both ---- */

void ntlm_exchange(const uint8_t exchange_key[NTLM_KEY_SIZE], const uint8_t key[NTLM_KEY_SIZE],
                   uint8_t out_key[NTLM_KEY_SIZE])
{
  struct arcfour_ctx cipher;

  arcfour_set_key(&cipher, NTLM_KEY_SIZE, exchange_key);
  arcfour_crypt(&cipher, NTLM_KEY_SIZE, out_key, key);
  explicit_bzero(&cipher, sizeof cipher);
}

void ntlm_mic(const uint8_t session_key[NTLM_KEY_SIZE], struct portero_bytes negotiate,
              struct portero_bytes challenge, struct portero_bytes authenticate,
              uint8_t out_mic[NTLM_MIC_SIZE])
{
  static const uint8_t zeros[NTLM_MIC_SIZE];
  const size_t rest_at = NTLM_MIC_AT + NTLM_MIC_SIZE;
  struct hmac_md5_ctx hmac;

  assert(authenticate.size >= rest_at);
  hmac_md5_set_key(&hmac, NTLM_KEY_SIZE, session_key);
  hmac_md5_update(&hmac, negotiate.size, negotiate.data);
  hmac_md5_update(&hmac, challenge.size, challenge.data);
  hmac_md5_update(&hmac, NTLM_MIC_AT, authenticate.data);
  hmac_md5_update(&hmac, sizeof zeros, zeros);
  hmac_md5_update(&hmac, authenticate.size - rest_at, authenticate.data + rest_at);
  hmac_md5_digest(&hmac, NTLM_MIC_SIZE, out_mic);
  explicit_bzero(&hmac, sizeof hmac);
}
