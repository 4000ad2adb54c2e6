/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include <krb5.h>
#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cfb.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#define SEQUENCE_SIZE   4u
#define TOKEN_HEADER    16u /* [RFC4121] 4.2.6.2 */
#define CONFOUNDER_SIZE 8u
#define USAGE_SEAL      24 /* [RFC4121] 2 */

static const uint8_t key[16] = "sixteen octets.";

static size_t whole(size_t data_size)
{
  return HEADER_SIZE + data_size + TRAILER_SIZE;
}

static bool nothing_to_begin(void)
{
  return true;
}

static void nothing_to_end(void)
{
}

/* ---- NTLM: HMAC-MD5 over the PDU, RC4 over the data ---- */

static struct arcfour_ctx rc4[2];
static struct hmac_md5_ctx md5[2];

static bool ntlm_begin(void)
{
  for (size_t i = 0; i < 2; i++) {
    arcfour_set_key(&rc4[i], sizeof key, key);
    hmac_md5_set_key(&md5[i], sizeof key, key);
  }
  return true;
}

static void ntlm_mac(size_t at, const uint8_t *pdu, size_t data_size, uint8_t mac[8])
{
  hmac_md5_update(&md5[at], SEQUENCE_SIZE, pdu);
  hmac_md5_update(&md5[at], whole(data_size), pdu);
  hmac_md5_digest(&md5[at], 8, mac);
  arcfour_crypt(&rc4[at], 8, mac, mac);
}

static bool ntlm_run(uint8_t *pdu, size_t data_size)
{
  uint8_t mac[8], again[8], *data = pdu + HEADER_SIZE;

  hmac_md5_update(&md5[0], SEQUENCE_SIZE, pdu);
  hmac_md5_update(&md5[0], whole(data_size), pdu);
  hmac_md5_digest(&md5[0], sizeof mac, mac);
  arcfour_crypt(&rc4[0], data_size, data, data);
  arcfour_crypt(&rc4[0], sizeof mac, mac, mac);
  arcfour_crypt(&rc4[1], data_size, data, data);
  ntlm_mac(1, pdu, data_size, again);
  return memeql_sec(mac, again, sizeof mac);
}

const struct cipher cipher_ntlm = {ntlm_begin, ntlm_run, nothing_to_end};

/* ---- Netlogon: HMAC-SHA256 over the PDU, AES-CFB8 over the data ---- */

static void sha_mac(const uint8_t *pdu, size_t data_size, const uint8_t *confounder, uint8_t mac[8])
{
  struct hmac_sha256_ctx sha;

  hmac_sha256_set_key(&sha, sizeof key, key);
  hmac_sha256_update(&sha, CONFOUNDER_SIZE, confounder);
  hmac_sha256_update(&sha, whole(data_size), pdu);
  hmac_sha256_digest(&sha, 8, mac);
}

static bool netlogon_run(uint8_t *pdu, size_t data_size)
{
  uint8_t iv[AES_BLOCK_SIZE] = {1}, again_iv[AES_BLOCK_SIZE] = {1}, mac[8], again[8];
  uint8_t confounder[CONFOUNDER_SIZE] = {2}, *data = pdu + HEADER_SIZE;
  nettle_cipher_func *encrypt = (nettle_cipher_func *)aes128_encrypt;
  struct aes128_ctx aes;

  aes128_set_encrypt_key(&aes, key);
  sha_mac(pdu, data_size, confounder, mac);
  cfb8_encrypt(&aes, encrypt, AES_BLOCK_SIZE, iv, sizeof confounder, confounder, confounder);
  cfb8_encrypt(&aes, encrypt, AES_BLOCK_SIZE, iv, data_size, data, data);
  aes128_set_encrypt_key(&aes, key);
  cfb8_decrypt(&aes, encrypt, AES_BLOCK_SIZE, again_iv, sizeof confounder, confounder, confounder);
  cfb8_decrypt(&aes, encrypt, AES_BLOCK_SIZE, again_iv, data_size, data, data);
  sha_mac(pdu, data_size, confounder, again);
  return memeql_sec(mac, again, sizeof mac);
}

const struct cipher cipher_netlogon = {nothing_to_begin, netlogon_run, nothing_to_end};

/* ---- Kerberos: the library's own AES256-CTS with HMAC-SHA1, with what [RFC4121] 4.2.4 puts in ---- */

static krb5_context context;
static krb5_key aes;

static bool kerberos_begin(void)
{
  krb5_keyblock block;
  bool made;

  if (krb5_init_context(&context) != 0)
    return false;
  if (krb5_c_make_random_key(context, ENCTYPE_AES256_CTS_HMAC_SHA1_96, &block) != 0)
    return false;
  made = krb5_k_create_key(context, &block, &aes) == 0;
  krb5_free_keyblock_contents(context, &block);
  return made;
}

static void piece(krb5_crypto_iov *iov, krb5_cryptotype type, uint8_t *data, size_t size)
{
  iov->flags = type;
  iov->data.magic = KV5M_DATA;
  iov->data.data = (char *)data;
  iov->data.length = (unsigned)size;
}

static bool kerberos_run(uint8_t *pdu, size_t data_size)
{
  uint8_t confounder[16], header[TOKEN_HEADER] = {5, 4}, checksum[12];
  krb5_crypto_iov iov[6];

  piece(&iov[0], KRB5_CRYPTO_TYPE_HEADER, confounder, sizeof confounder);
  piece(&iov[1], KRB5_CRYPTO_TYPE_SIGN_ONLY, pdu, HEADER_SIZE);
  piece(&iov[2], KRB5_CRYPTO_TYPE_DATA, pdu + HEADER_SIZE, data_size);
  piece(&iov[3], KRB5_CRYPTO_TYPE_SIGN_ONLY, pdu + HEADER_SIZE + data_size, TRAILER_SIZE);
  piece(&iov[4], KRB5_CRYPTO_TYPE_DATA, header, sizeof header);
  piece(&iov[5], KRB5_CRYPTO_TYPE_TRAILER, checksum, sizeof checksum);
  return krb5_k_encrypt_iov(context, aes, USAGE_SEAL, NULL, iov, 6) == 0 &&
         krb5_k_decrypt_iov(context, aes, USAGE_SEAL, NULL, iov, 6) == 0;
}

static void kerberos_end(void)
{
  krb5_k_free_key(context, aes);
  krb5_free_context(context);
}

const struct cipher cipher_kerberos = {kerberos_begin, kerberos_run, kerberos_end};
