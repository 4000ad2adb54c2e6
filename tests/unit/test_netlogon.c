/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Netlogon secure channel: keys, credentials and signatures against published values and values
 * computed independently; forgeries of all kinds.
 */
#include "src/auth/netlogon_session.h"
#include "tests/unit/support.h"

#define PDU_SIZE  56u
#define DATA_AT   24u
#define DATA_SIZE 24u
#define VALUE_MAX 56u

static void bytes_from(const char *hex, uint8_t *out, size_t size)
{
  struct portero_bytes b = support_hex(hex);
  assert_int_equal(b.size, size);
  memcpy(out, b.data, size);
  support_free(b);
}

static void assert_hex(const uint8_t *data, size_t size, const char *hex)
{
  support_assert_hex(portero_bytes_make(data, size), hex);
}

/* ---- keys and credentials ---- */

/* [MS-NRPC] 4.2; and an AES key made from the same, computed elsewhere. */
static void test_published_key(void **state)
{
  uint8_t nt[16], client[8], server[8];
  struct netlogon_key key;

  (void)state;
  bytes_from("31a590170a351fd51148b2a10af2c305", nt, sizeof nt);
  bytes_from("3a0390a46d0c3d4f", client, sizeof client);
  bytes_from("0c4c13d16041c860", server, sizeof server);
  netlogon_key_make(nt, client, server, false, &key);
  assert_hex(key.bytes, 16, "eefe8f40007a2eeb6843d0d30a5be2e3");
  netlogon_key_make(nt, client, server, true, &key);
  assert_hex(key.bytes, 16, "fdc7815fdbdbb1a6a08d0fda749edb18");
}

/* The password "Machine-Secret-1"; values computed with another implementation. */
static struct netlogon_key key_of(bool aes)
{
  uint8_t nt[16], client[8], server[8];
  struct netlogon_key key;

  bytes_from("ca727979673d3cf666f5cadc1399c048", nt, sizeof nt);
  bytes_from("0123456789abcdef", client, sizeof client);
  bytes_from("fedcba9876543210", server, sizeof server);
  netlogon_key_make(nt, client, server, aes, &key);
  return key;
}

static void check_key(bool aes, const char *key_hex, const char *client_hex, const char *server_hex,
                      const char *secret_hex)
{
  struct netlogon_key key = key_of(aes);
  uint8_t challenge[8], credential[8], secret[16];

  assert_hex(key.bytes, 16, key_hex);
  bytes_from("0123456789abcdef", challenge, sizeof challenge);
  netlogon_credential(&key, challenge, credential);
  assert_hex(credential, 8, client_hex);
  bytes_from("fedcba9876543210", challenge, sizeof challenge);
  netlogon_credential(&key, challenge, challenge);
  assert_hex(challenge, 8, server_hex);
  for (size_t i = 0; i < sizeof secret; i++)
    secret[i] = (uint8_t)i;
  netlogon_encrypt(&key, secret, sizeof secret);
  assert_hex(secret, 16, secret_hex);
  netlogon_decrypt(&key, secret, sizeof secret);
  assert_hex(secret, 16, "000102030405060708090a0b0c0d0e0f");
}

static void test_credentials(void **state)
{
  (void)state;
  check_key(true, "5a66d5f35e9147c959b5e24114ab6abf", "29ebfd3f65b885b9", "d61cc9542348b3ea",
            "28b42033ec87aa1b4741877e8e6d34a4");
  check_key(false, "a6577be40c6578a24473bedbbe81f880", "d20b9f5d9c8ccc4b", "258469040063603d",
            "f1b4aa8a9269eda244288196a46f700c");
}

static void test_addition(void **state)
{
  uint8_t credential[8] = {0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4};

  (void)state;
  netlogon_credential_add(credential, 2);
  assert_hex(credential, 8, "0100000001020304");
  netlogon_credential_add(credential, 0x10);
  assert_hex(credential, 8, "1100000001020304");
}

/* ---- the controller's part ---- */

static struct portero_netlogon_proof proof_of(const uint8_t nt[16])
{
  struct portero_netlogon_proof p = {.nt_hash = nt, .flags = NETLOGON_AES};
  struct netlogon_key key = key_of(true);

  bytes_from("0123456789abcdef", p.client_challenge, 8);
  bytes_from("fedcba9876543210", p.server_challenge, 8);
  netlogon_credential(&key, p.client_challenge, p.client_credential);
  return p;
}

static void test_agreement(void **state)
{
  uint8_t nt[16], key[16] = {0}, credential[8] = {0};
  struct portero_netlogon_proof p, other;

  (void)state;
  bytes_from("ca727979673d3cf666f5cadc1399c048", nt, sizeof nt);
  p = proof_of(nt);
  for (size_t bit = 0; bit < 64; bit++) {
    other = p;
    other.client_credential[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_true(
        portero_is_local(portero_netlogon_agree(&other, key, credential), PORTERO_LOCAL_SECURITY));
  }
  other = p;
  other.flags = ~NETLOGON_AES;
  assert_true(
      portero_is_local(portero_netlogon_agree(&other, key, credential), PORTERO_LOCAL_DENIED));
  other = p;
  other.server_challenge[7] ^= 1;
  assert_true(
      portero_is_local(portero_netlogon_agree(&other, key, credential), PORTERO_LOCAL_SECURITY));
  assert_hex(key, 16, "00000000000000000000000000000000"); /* nothing told so far */
  assert_hex(credential, 8, "0000000000000000");
  assert_true(portero_is_ok(portero_netlogon_agree(&p, key, credential)));
  assert_hex(key, 16, "5a66d5f35e9147c959b5e24114ab6abf");
  assert_hex(credential, 8, "d61cc9542348b3ea");
  nt[3] ^= 4;
  assert_true(
      portero_is_local(portero_netlogon_agree(&p, key, credential), PORTERO_LOCAL_SECURITY));
}

static bool is_random(const char *hex)
{
  uint8_t challenge[8];
  bytes_from(hex, challenge, sizeof challenge);
  return portero_netlogon_challenge_is_random(challenge);
}

/* CVE-2020-1472: zeros all over are right for one key in 256. */
static void test_challenges(void **state)
{
  uint8_t nt[16], key[16], credential[8];
  struct portero_netlogon_proof p;
  unsigned guessed = 0;

  (void)state;
  assert_true(is_random("0123456789abcdef"));
  assert_true(is_random("0000000001000000"));
  assert_false(is_random("0000000000000000"));
  assert_false(is_random("0000000000abcdef"));
  assert_false(is_random("5555555555010203"));
  assert_false(is_random("0101020202abcdef"));
  memset(nt, 0x17, sizeof nt);
  for (unsigned i = 0; i < 2048; i++) {
    struct netlogon_key k;
    uint8_t zeros[8] = {0};
    p = (struct portero_netlogon_proof){.nt_hash = nt, .flags = NETLOGON_AES};
    portero_store_u32(p.server_challenge, false, i);
    netlogon_key_make(nt, p.client_challenge, p.server_challenge, true, &k);
    netlogon_credential(&k, zeros, zeros);
    guessed += memcmp(zeros, p.client_credential, 8) == 0;
    assert_true(
        portero_is_local(portero_netlogon_agree(&p, key, credential), PORTERO_LOCAL_DENIED));
  }
  assert_true(guessed > 0); /* the attempts would have got through */
}

/* ---- signatures ---- */

struct pdu {
  uint8_t bytes[PDU_SIZE], value[VALUE_MAX];
  struct portero_protected_pdu p;
};

static void pdu_make(struct pdu *m, const struct netlogon_session *s, uint8_t level,
                     bool header_signing)
{
  for (size_t i = 0; i < PDU_SIZE; i++)
    m->bytes[i] = (uint8_t)i;
  m->p = (struct portero_protected_pdu){
      .pdu = m->bytes,
      .size = PDU_SIZE,
      .data_at = DATA_AT,
      .data_size = DATA_SIZE,
      .value = m->value,
      .value_size = netlogon_session_value_size(s, level == PORTERO_LEVEL_PRIVACY),
      .level = level,
      .header_signing = header_signing,
  };
}

static bool is_plain(const struct pdu *m)
{
  for (size_t i = 0; i < PDU_SIZE; i++) {
    if (m->bytes[i] != (uint8_t)i)
      return false;
  }
  return true;
}

static void check_vector(bool aes, uint8_t level, bool header_signing, const char *value_hex,
                         const char *data_hex)
{
  struct netlogon_session client, server;
  struct netlogon_key key = key_of(aes);
  uint8_t confounder[8];
  struct pdu m;

  netlogon_session_start(&client, &key, true);
  netlogon_session_start(&server, &key, false);
  bytes_from("c0ffee0123456789", confounder, sizeof confounder);
  pdu_make(&m, &client, level, header_signing);
  netlogon_session_protect(&client, &m.p, confounder);
  assert_hex(m.value, m.p.value_size, value_hex);
  assert_hex(m.bytes + DATA_AT, DATA_SIZE, data_hex);
  assert_true(netlogon_session_unprotect(&server, &m.p));
  assert_true(is_plain(&m));
}

#define PLAIN_DATA "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
#define AES_DATA   "c654c4c31c80060b752f846f5b1b374cd91870a630f2feb4"
#define RC4_DATA   "76fc49c5afc561e95ef40b213cbc7e1fefbe81ee1dd51b28"
#define RESERVED   "000000000000000000000000000000000000000000000000"

static void test_signatures(void **state)
{
  (void)state;
  check_vector(true, PORTERO_LEVEL_PRIVACY, true,
               "13001a00ffff0000ef75aedba49d84c804e852685cb058af1f70faa669afd4de" RESERVED,
               AES_DATA);
  check_vector(true, PORTERO_LEVEL_PRIVACY, false,
               "13001a00ffff0000feabdbefde5c2f541ce37bcceb2ce8771f70faa669afd4de" RESERVED,
               AES_DATA);
  check_vector(true, PORTERO_LEVEL_INTEGRITY, true,
               "1300ffffffff000054d87426bb87f44e602b952b9d819b17" RESERVED, PLAIN_DATA);
  check_vector(true, PORTERO_LEVEL_PACKET, false,
               "1300ffffffff00008a54d04895cf2d759b32c9ee6d3044eb" RESERVED, PLAIN_DATA);
  check_vector(false, PORTERO_LEVEL_PRIVACY, true,
               "77007a00ffff00008f15710584f35be61e9a9f9e778ce2c0ae1abddf909d187f", RC4_DATA);
  check_vector(false, PORTERO_LEVEL_PRIVACY, false,
               "77007a00ffff0000e95465164a4bfa060c1cd057f5414488ae1abddf909d187f", RC4_DATA);
  check_vector(false, PORTERO_LEVEL_PACKET, true,
               "7700ffffffff000001f809b9e9db2610927c2c351d589efd", PLAIN_DATA);
  check_vector(false, PORTERO_LEVEL_INTEGRITY, false,
               "7700ffffffff000074540ea4d5b551f0acaaad18c636905c", PLAIN_DATA);
}

/* ---- forgery ---- */

/* Runs one protected PDU, damaged by the caller, through a server that stands at its beginning. */
static bool is_taken(bool aes, const struct pdu *m)
{
  struct netlogon_key key = key_of(aes);
  struct netlogon_session server;
  struct portero_bytes whole, value;
  struct portero_protected_pdu p = m->p;
  bool taken;

  netlogon_session_start(&server, &key, false);
  whole = support_copy(portero_bytes_make(m->bytes, PDU_SIZE));
  value = support_copy(portero_bytes_make(m->value, p.value_size));
  p.pdu = (uint8_t *)(uintptr_t)whole.data;
  p.value = (uint8_t *)(uintptr_t)value.data;
  taken = netlogon_session_unprotect(&server, &p);
  assert_int_equal(server.sequence, taken);
  support_free(whole);
  support_free(value);
  return taken;
}

static struct pdu protected_pdu(bool aes, uint8_t level, bool header_signing)
{
  static const uint8_t confounder[8] = {9, 8, 7, 6, 5, 4, 3, 2};
  struct netlogon_key key = key_of(aes);
  struct netlogon_session client;
  struct pdu m;

  netlogon_session_start(&client, &key, true);
  pdu_make(&m, &client, level, header_signing);
  netlogon_session_protect(&client, &m.p, confounder);
  return m;
}

/* Which octets of a signature count: 32 when sealed, 24 when signed; behind them nothing is said. */
static void check_flips(bool aes, uint8_t level, bool header_signing)
{
  struct pdu m = protected_pdu(aes, level, header_signing);
  size_t counts = level == PORTERO_LEVEL_PRIVACY ? 32 : 24;

  m.p.pdu = m.bytes;
  m.p.value = m.value;
  assert_true(is_taken(aes, &m));
  for (size_t bit = 0; bit < m.p.value_size * 8; bit++) {
    m.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_equal(is_taken(aes, &m), bit / 8 >= counts);
    m.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  for (size_t bit = 0; bit < (size_t)PDU_SIZE * 8; bit++) {
    size_t at = bit / 8;
    m.bytes[at] ^= (uint8_t)(1u << bit % 8);
    assert_int_equal(is_taken(aes, &m),
                     !header_signing && (at < DATA_AT || at >= DATA_AT + DATA_SIZE));
    m.bytes[at] ^= (uint8_t)(1u << bit % 8);
  }
  for (size_t size = 0; size < counts + (aes ? 24 : 0); size++) {
    m.p.value_size = size;
    assert_false(is_taken(aes, &m));
  }
}

static void test_flips(void **state)
{
  (void)state;
  for (unsigned aes = 0; aes < 2; aes++) {
    for (uint8_t level = PORTERO_LEVEL_PACKET; level <= PORTERO_LEVEL_PRIVACY; level++) {
      check_flips(aes, level, true);
      check_flips(aes, level, false);
    }
  }
}

/* A signature alone does not pass for a seal, nor the other way round. */
static void test_levels_do_not_mix(void **state)
{
  struct pdu m = protected_pdu(true, PORTERO_LEVEL_PRIVACY, true);

  (void)state;
  m.p.level = PORTERO_LEVEL_INTEGRITY;
  assert_false(is_taken(true, &m));
  m = protected_pdu(true, PORTERO_LEVEL_INTEGRITY, true);
  m.p.level = PORTERO_LEVEL_PRIVACY;
  m.p.value_size = VALUE_MAX;
  memset(m.value + 48, 0, 8);
  assert_false(is_taken(true, &m));
  m = protected_pdu(true, PORTERO_LEVEL_INTEGRITY, true); /* some peers fill the place up */
  m.p.value_size = VALUE_MAX;
  memset(m.value + 48, 0, 8);
  assert_true(is_taken(true, &m));
}

static void check_order(bool aes)
{
  static const uint8_t confounder[8] = {1};
  struct netlogon_key key = key_of(aes);
  struct netlogon_session client, server, other;
  struct pdu first, second, saved;

  netlogon_session_start(&client, &key, true);
  netlogon_session_start(&server, &key, false);
  netlogon_session_start(&other, &key, true);
  pdu_make(&first, &client, PORTERO_LEVEL_PRIVACY, true);
  netlogon_session_protect(&client, &first.p, confounder);
  pdu_make(&second, &client, PORTERO_LEVEL_PRIVACY, true);
  netlogon_session_protect(&client, &second.p, confounder);
  saved = second;
  assert_false(netlogon_session_unprotect(&server, &second.p)); /* before the first */
  second = saved;
  second.p.pdu = second.bytes;
  second.p.value = second.value;
  saved = first;
  assert_true(netlogon_session_unprotect(&server, &first.p));
  first = saved;
  first.p.pdu = first.bytes;
  first.p.value = first.value;
  assert_false(netlogon_session_unprotect(&server, &first.p)); /* again */
  first = saved;
  first.p.pdu = first.bytes;
  first.p.value = first.value;
  assert_false(netlogon_session_unprotect(&other, &first.p)); /* back where it came from */
  assert_true(netlogon_session_unprotect(&server, &second.p));
}

static void test_order(void **state)
{
  (void)state;
  check_order(true);
  check_order(false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_key), cmocka_unit_test(test_credentials),
      cmocka_unit_test(test_addition),      cmocka_unit_test(test_agreement),
      cmocka_unit_test(test_challenges),    cmocka_unit_test(test_signatures),
      cmocka_unit_test(test_flips),         cmocka_unit_test(test_levels_do_not_mix),
      cmocka_unit_test(test_order),
  };
  return cmocka_run_group_tests_name("netlogon", tests, NULL, NULL);
}
