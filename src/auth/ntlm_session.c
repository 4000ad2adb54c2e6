/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_session.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

#define SIGNATURE_VERSION 1u
#define CHECKSUM_SIZE     8u

/* With their terminators: [MS-NLMP] 3.4.5.2, 3.4.5.3 */
static const char client_sign[] = "session key to client-to-server signing key magic constant";
static const char server_sign[] = "session key to server-to-client signing key magic constant";
static const char client_seal[] = "session key to client-to-server sealing key magic constant";
static const char server_seal[] = "session key to server-to-client sealing key magic constant";

static void derive(const uint8_t key[NTLM_KEY_SIZE], const char *constant,
                   uint8_t out_key[NTLM_KEY_SIZE])
{
  struct md5_ctx md5;

  md5_init(&md5);
  md5_update(&md5, NTLM_KEY_SIZE, key);
  md5_update(&md5, strlen(constant) + 1, (const uint8_t *)constant);
  md5_digest(&md5, NTLM_KEY_SIZE, out_key);
}

static void direction_start(struct ntlm_direction *d, const uint8_t key[NTLM_KEY_SIZE],
                            const char *sign, const char *seal)
{
  uint8_t seal_key[NTLM_KEY_SIZE];

  derive(key, sign, d->sign_key);
  derive(key, seal, seal_key);
  arcfour_set_key(&d->cipher, sizeof seal_key, seal_key);
  explicit_bzero(seal_key, sizeof seal_key);
  d->sequence = 0;
}

void ntlm_session_start(struct ntlm_session *s, const uint8_t key[NTLM_KEY_SIZE], uint32_t flags,
                        bool is_server)
{
  direction_start(is_server ? &s->received : &s->sent, key, client_sign, client_seal);
  direction_start(is_server ? &s->sent : &s->received, key, server_sign, server_seal);
  s->key_exchange = (flags & NTLM_KEY_EXCH) != 0;
}

void ntlm_session_key(const uint8_t exchange_key[NTLM_KEY_SIZE],
                      const uint8_t encrypted[NTLM_KEY_SIZE], uint8_t out_key[NTLM_KEY_SIZE])
{
  struct arcfour_ctx cipher;

  arcfour_set_key(&cipher, NTLM_KEY_SIZE, exchange_key);
  arcfour_crypt(&cipher, NTLM_KEY_SIZE, out_key, encrypted);
}

/* The signature over the plain text. The cipher must have been through the data before. */
static void sign(struct ntlm_direction *d, bool key_exchange, const uint8_t mac[CHECKSUM_SIZE],
                 uint8_t out_signature[NTLM_SIGNATURE_SIZE])
{
  uint8_t checksum[CHECKSUM_SIZE];

  memcpy(checksum, mac, sizeof checksum);
  if (key_exchange)
    arcfour_crypt(&d->cipher, sizeof checksum, checksum, checksum);
  portero_store_u32(out_signature, false, SIGNATURE_VERSION);
  memcpy(out_signature + 4, checksum, sizeof checksum);
  portero_store_u32(out_signature + 12, false, d->sequence++);
}

static void plain_mac(const struct ntlm_direction *d, const struct portero_protected_pdu *p,
                      uint8_t out_mac[CHECKSUM_SIZE])
{
  struct hmac_md5_ctx hmac;
  uint8_t sequence[4];

  portero_store_u32(sequence, false, d->sequence);
  hmac_md5_set_key(&hmac, sizeof d->sign_key, d->sign_key);
  hmac_md5_update(&hmac, sizeof sequence, sequence);
  hmac_md5_update(&hmac, p->size,
                  p->pdu); /* with and without header signing, as all peers have it */
  hmac_md5_digest(&hmac, CHECKSUM_SIZE, out_mac);
}

void ntlm_session_protect(struct ntlm_session *s, const struct portero_protected_pdu *p)
{
  uint8_t mac[CHECKSUM_SIZE], *data = p->pdu + p->data_at;

  plain_mac(&s->sent, p, mac);
  if (p->level == PORTERO_LEVEL_PRIVACY)
    arcfour_crypt(&s->sent.cipher, p->data_size, data, data);
  sign(&s->sent, s->key_exchange, mac, p->value);
}

bool ntlm_session_unprotect(struct ntlm_session *s, const struct portero_protected_pdu *p)
{
  uint8_t mac[CHECKSUM_SIZE], expected[NTLM_SIGNATURE_SIZE], *data = p->pdu + p->data_at;

  if (p->value_size != NTLM_SIGNATURE_SIZE)
    return false;
  if (p->level == PORTERO_LEVEL_PRIVACY)
    arcfour_crypt(&s->received.cipher, p->data_size, data, data);
  plain_mac(&s->received, p, mac);
  sign(&s->received, s->key_exchange, mac, expected);
  return memeql_sec(expected, p->value, sizeof expected);
}
