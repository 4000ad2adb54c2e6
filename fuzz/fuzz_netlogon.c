/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and signatures of a Netlogon secure channel. A name that is read is read again from what
 * was written; a signature that is taken is the one that the other side makes; what one side
 * protects the other side takes.
 *
 * An input is one octet of choices and a token, or a signature and a PDU behind it.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "src/auth/netlogon_message.h"
#include "src/auth/netlogon_session.h"

#define TOKEN_SIZE 2048u
#define VALUE_SIZE 56u
#define TRAILER    8u
#define HEADER     24u

enum choice {
  CHOICE_TOKEN = 0x01,
  CHOICE_RC4 = 0x02,
  CHOICE_SEAL = 0x04,
  CHOICE_HEADER = 0x08,
};

static void tokens(struct portero_bytes token)
{
  struct netlogon_names names, again;
  uint8_t buffer[TOKEN_SIZE];
  struct portero_writer w;

  if (portero_is_ok(netlogon_response_read(token)))
    FUZZ_CHECK(token.size >= 12 && token.data[0] == 1);
  if (!portero_is_ok(netlogon_negotiate_read(token, &names)))
    return;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  if (!portero_is_ok(netlogon_negotiate_write(&w, &names)))
    return; /* a computer of several labels, or of too many octets for one */
  FUZZ_CHECK(portero_is_ok(netlogon_negotiate_read(portero_writer_bytes(&w), &again)));
  FUZZ_CHECK(strcmp(names.computer, again.computer) == 0);
  FUZZ_CHECK(strcmp(names.domain, again.domain) == 0);
  FUZZ_CHECK(strcmp(names.dns_domain, again.dns_domain) == 0);
  FUZZ_CHECK(strcmp(names.dns_computer, again.dns_computer) == 0);
}

/* The PDU that p describes was taken; its confounder and data are plain now. */
static void remake(const struct netlogon_key *key, struct portero_protected_pdu *p,
                   const uint8_t *signature, const uint8_t *sealed)
{
  size_t counts = p->level == PORTERO_LEVEL_PRIVACY ? 32 : 24;
  struct netlogon_session client;
  uint8_t confounder[NETLOGON_CONFOUNDER_SIZE];

  memcpy(confounder, p->value + 24, sizeof confounder);
  netlogon_session_start(&client, key, true);
  p->value_size = netlogon_session_value_size(&client, p->level == PORTERO_LEVEL_PRIVACY);
  netlogon_session_protect(&client, p, confounder);
  FUZZ_CHECK(memcmp(p->value, signature, 6) == 0);
  if (memcmp(p->value + 6, signature + 6, 2) != 0)
    return; /* flags: they mean nothing, but count */
  FUZZ_CHECK(memcmp(p->value, signature, counts) == 0);
  FUZZ_CHECK(memcmp(p->pdu, sealed, p->size) == 0);
}

static void there_and_back(const struct netlogon_key *key, struct portero_protected_pdu *p)
{
  static const uint8_t confounder[NETLOGON_CONFOUNDER_SIZE] = {1, 2, 3};
  struct netlogon_session client, server;
  uint8_t *plain = malloc(p->size);

  FUZZ_CHECK(plain);
  memcpy(plain, p->pdu, p->size);
  netlogon_session_start(&client, key, true);
  netlogon_session_start(&server, key, false);
  p->value_size = netlogon_session_value_size(&client, p->level == PORTERO_LEVEL_PRIVACY);
  netlogon_session_protect(&client, p, confounder);
  FUZZ_CHECK(netlogon_session_unprotect(&server, p));
  FUZZ_CHECK(memcmp(plain, p->pdu, p->size) == 0);
  free(plain);
}

static void signatures(uint8_t choice, const uint8_t *data, size_t size)
{
  struct netlogon_key key = {.bytes = {0x5a, 0x66, 0xd5, 0xf3, 0x5e, 0x91, 0x47, 0xc9, 0x59, 0xb5,
                                       0xe2, 0x41, 0x14, 0xab, 0x6a, 0xbf},
                             .aes = !(choice & CHOICE_RC4)};
  struct portero_protected_pdu p = {.level = choice & CHOICE_SEAL ? PORTERO_LEVEL_PRIVACY
                                                                  : PORTERO_LEVEL_INTEGRITY,
                                    .header_signing = choice & CHOICE_HEADER};
  struct netlogon_session server;
  uint8_t value[VALUE_SIZE];

  if (size < VALUE_SIZE + HEADER + TRAILER)
    return;
  memcpy(value, data, VALUE_SIZE);
  p.size = size - VALUE_SIZE;
  p.data_at = HEADER;
  p.data_size = p.size - HEADER - TRAILER;
  p.value = value;
  p.pdu = malloc(p.size);
  FUZZ_CHECK(p.pdu);
  memcpy(p.pdu, data + VALUE_SIZE, p.size);
  netlogon_session_start(&server, &key, false);
  p.value_size = netlogon_session_value_size(&server, choice & CHOICE_SEAL);
  if (netlogon_session_unprotect(&server, &p))
    remake(&key, &p, data, data + VALUE_SIZE);
  there_and_back(&key, &p);
  free(p.pdu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  if (data[0] & CHOICE_TOKEN)
    tokens(portero_bytes_make(data + 1, size - 1));
  else
    signatures(data[0], data + 1, size - 1);
  return 0;
}
