/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_session.h"

#include <nettle/md5.h>
#include <nettle/memops.h>

#define SIGNATURE_VERSION 1u
#define CHECKSUM_SIZE     8u

/* With their terminators: [MS-NLMP] 3.4.5.2, 3.4.5.3 */
static const char client_sign[] = "session key to client-to-server signing key magic constant";
static const char server_sign[] = "session key to server-to-client signing key magic constant";
static const char client_seal[] = "session key to client-to-server sealing key magic constant";
static const char server_seal[] = "session key to server-to-client sealing key magic constant";

static void derive(const uint8_t *key, size_t size, const char *constant,
                   uint8_t out_key[NTLM_KEY_SIZE])
{
  struct md5_ctx md5;

  md5_init(&md5);
  md5_update(&md5, size, key);
  md5_update(&md5, strlen(constant) + 1, (const uint8_t *)constant);
  md5_digest(&md5, NTLM_KEY_SIZE, out_key);
  explicit_bzero(&md5, sizeof md5); /* its block holds the key */
}

/* [MS-NLMP] 3.4.5.3 */
static size_t seal_key_size(uint32_t flags)
{
  if (flags & NTLM_128)
    return NTLM_KEY_SIZE;
  return flags & NTLM_56 ? 7 : 5;
}

static void new_cipher(struct ntlm_direction *d, const uint8_t key[NTLM_KEY_SIZE], uint32_t flags,
                       const char *seal)
{
  uint8_t seal_key[NTLM_KEY_SIZE];

  derive(key, seal_key_size(flags), seal, seal_key);
  arcfour_set_key(&d->cipher, sizeof seal_key, seal_key);
  explicit_bzero(seal_key, sizeof seal_key);
}

static void new_mac(struct ntlm_direction *d, const uint8_t key[NTLM_KEY_SIZE], const char *sign)
{
  uint8_t sign_key[NTLM_KEY_SIZE];

  derive(key, NTLM_KEY_SIZE, sign, sign_key);
  hmac_md5_set_key(&d->mac, sizeof sign_key, sign_key);
  explicit_bzero(sign_key, sizeof sign_key);
  d->sequence = 0;
}

void ntlm_session_new_ciphers(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE],
                              uint32_t flags, bool is_server)
{
  new_cipher(is_server ? &s->received : &s->sent, key, flags, client_seal);
  new_cipher(is_server ? &s->sent : &s->received, key, flags, server_seal);
  s->key_exchange = (flags & NTLM_KEY_EXCH) != 0;
}

void ntlm_session_start(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE], uint32_t flags,
                        bool is_server)
{
  ntlm_session_new_ciphers(s, key, flags, is_server);
  new_mac(is_server ? &s->received : &s->sent, key, client_sign);
  new_mac(is_server ? &s->sent : &s->received, key, server_sign);
}

/* Over the plain text. The digest leaves the context keyed for the next message. */
static void checksum(struct ntlm_direction *d, struct portero_bytes text,
                     uint8_t out_checksum[CHECKSUM_SIZE])
{
  uint8_t sequence[4];

  portero_store_u32(sequence, false, d->sequence);
  hmac_md5_update(&d->mac, sizeof sequence, sequence);
  hmac_md5_update(&d->mac, text.size, text.data);
  hmac_md5_digest(&d->mac, CHECKSUM_SIZE, out_checksum);
}

/* The cipher must have been through the data before. */
static void assemble(struct ntlm_direction *d, bool key_exchange, uint8_t sum[CHECKSUM_SIZE],
                     uint8_t out_signature[NTLM_SIGNATURE_SIZE])
{
  if (key_exchange)
    arcfour_crypt(&d->cipher, CHECKSUM_SIZE, sum, sum);
  portero_store_u32(out_signature, false, SIGNATURE_VERSION);
  memcpy(out_signature + 4, sum, CHECKSUM_SIZE);
  portero_store_u32(out_signature + 12, false, d->sequence++);
}

void ntlm_session_protect(struct ntlm_session *s, const struct portero_protected_pdu *p)
{
  uint8_t sum[CHECKSUM_SIZE], *data = p->pdu + p->data_at;

  /* The whole PDU, with and without header signing, as all peers have it. */
  checksum(&s->sent, portero_bytes_make(p->pdu, p->size), sum);
  if (p->level == PORTERO_LEVEL_PRIVACY)
    arcfour_crypt(&s->sent.cipher, p->data_size, data, data);
  assemble(&s->sent, s->key_exchange, sum, p->value);
}

bool ntlm_session_unprotect(struct ntlm_session *s, const struct portero_protected_pdu *p)
{
  uint8_t *data = p->pdu + p->data_at;

  if (p->value_size != NTLM_SIGNATURE_SIZE)
    return false;
  if (p->level == PORTERO_LEVEL_PRIVACY)
    arcfour_crypt(&s->received.cipher, p->data_size, data, data);
  return ntlm_session_check(s, portero_bytes_make(p->pdu, p->size),
                            portero_bytes_make(p->value, p->value_size));
}

void ntlm_session_sign(struct ntlm_session *s, struct portero_bytes text,
                       uint8_t out_signature[NTLM_SIGNATURE_SIZE])
{
  uint8_t sum[CHECKSUM_SIZE];

  checksum(&s->sent, text, sum);
  assemble(&s->sent, s->key_exchange, sum, out_signature);
}

bool ntlm_session_check(struct ntlm_session *s, struct portero_bytes text,
                        struct portero_bytes signature)
{
  uint8_t sum[CHECKSUM_SIZE], expected[NTLM_SIGNATURE_SIZE];

  if (signature.size != NTLM_SIGNATURE_SIZE)
    return false;
  checksum(&s->received, text, sum);
  assemble(&s->received, s->key_exchange, sum, expected);
  return memeql_sec(expected, signature.data, sizeof expected);
}
