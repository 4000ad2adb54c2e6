/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTLM against the examples of [MS-NLMP] 4.2: keys, responses, messages, sealed and signed data. The
 * three messages on hostile bytes. LM and the old session security are not there to be compared.
 */
#include <stdlib.h>

#include <portero/auth.h>
#include <portero/pdu.h>

#include "src/auth/ntlm_context.h"
#include "src/auth/ntlm_response.h"
#include "src/auth/ntlm_upper.h"
#include "tests/unit/support.h"

/* [MS-NLMP] 4.2.1 */
static const uint8_t server_challenge[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
static const uint8_t client_challenge[8] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};
static const uint8_t random_key[16] = {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                                       0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55};
static const uint8_t version_xp[8] = {0x05, 0x01, 0x28, 0x0a, 0, 0, 0, 0x0f};
static const uint8_t version_server[8] = {0x06, 0x00, 0x70, 0x17, 0, 0, 0, 0x0f};

#define USER       "5500730065007200"
#define DOMAIN     "44006f006d00610069006e00"
#define SERVER     "530065007200760065007200"
#define COMPUTER   "43004f004d0050005500540045005200"
#define SIGNATURE  "4e544c4d53535000"
#define ZEROS8     "0000000000000000"
#define AA8        "aaaaaaaaaaaaaaaa"
#define PAIRS      "02000c00" DOMAIN "01000c00" SERVER "00000000"
#define BLOB       "0101000000000000" ZEROS8 AA8 "00000000" PAIRS "00000000"
#define PROOF      "68cd0ab851e51c96aabc927bebef6a1c"
#define LMV2       "86c35097ac9cec102554764a57cccc19" AA8
#define V1         "67c43011f30298a2ad35ece64f16331c44bdbed927841f94"
#define LMV1       "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"
#define V1_MIXED   "7537f803ae367128ca458204bde7caf81e97ed2683267232"
#define KEY_V1     "518822b1b3f350c8958682ecbb3e3cb7"
#define KEY_V2     "c5dad2544fc9799094ce1ce90bc9d03e"
#define VERSION_XP "0501280a0000000f"

/* 4.2.2.3, 4.2.3.3, 4.2.4.3 */
static const char challenge_v1[] = SIGNATURE
    "020000000c000c0038000000338202e20123456789abcdef" ZEROS8 ZEROS8 "060070170000000f" SERVER;
static const char authenticate_v1[] = SIGNATURE
    "03000000180018006c00000018001800840000000c000c00480000000800080054000000"
    "100010005c000000100010009c000000358280e2" VERSION_XP DOMAIN USER COMPUTER LMV1 V1 KEY_V1;
static const char challenge_v1_mixed[] = SIGNATURE
    "020000000c000c003800000033820a820123456789abcdef" ZEROS8 ZEROS8 "060070170000000f" SERVER;
static const char authenticate_v1_mixed[] =
    SIGNATURE "03000000180018006c00000018001800840000000c000c00480000000800080054000000"
              "100010005c000000000000009c00000035820882" VERSION_XP DOMAIN USER COMPUTER AA8 ZEROS8
                  ZEROS8 V1_MIXED;
static const char challenge_v2[] =
    SIGNATURE "020000000c000c003800000033828ae20123456789abcdef" ZEROS8
              "2400240044000000060070170000000f" SERVER PAIRS;
static const char authenticate_v2[] =
    SIGNATURE "03000000180018006c00000054005400840000000c000c00480000000800080054000000"
              "100010005c00000010001000d8000000358288e2" VERSION_XP DOMAIN USER COMPUTER LMV2 PROOF
                  BLOB KEY_V2;

/* ---- keys and responses ---- */

#define assert_key(key, hex) support_assert_hex(portero_bytes_make(key, sizeof(key)), hex)

static void test_version_1(void **state)
{
  uint8_t hash[16], base[16], response[24], encrypted[16];

  (void)state;
  assert_true(portero_is_ok(ntlm_nt_hash("Password", hash)));
  assert_key(hash, "a4f49c406510bdcab6824ee7c30fd852");
  ntlm_base_key_v1(hash, base);
  assert_key(base, "d87262b0cde4b1cb7499becccdf10784");
  ntlm_response_v1(hash, server_challenge, response);
  assert_key(response, V1);
  ntlm_exchange(base, random_key, encrypted);
  assert_key(encrypted, KEY_V1);
}

static void test_version_1_extended(void **state)
{
  uint8_t hash[16], base[16], response[24], mixed[8], key[16];

  (void)state;
  assert_true(portero_is_ok(ntlm_nt_hash("Password", hash)));
  ntlm_base_key_v1(hash, base);
  ntlm_mixed_challenge(server_challenge, client_challenge, mixed);
  ntlm_response_v1(hash, mixed, response);
  assert_key(response, V1_MIXED);
  ntlm_exchange_key_v1(base, server_challenge, client_challenge, key);
  assert_key(key, "eb93429a8bd952f8b89c55b87f475edc");
}

static void response_key(uint8_t out_key[16])
{
  struct portero_bytes user = support_hex(USER), domain = support_hex(DOMAIN);
  uint8_t hash[16];

  assert_true(portero_is_ok(ntlm_nt_hash("Password", hash)));
  ntlm_response_key(hash, user, domain, out_key);
  support_free(user);
  support_free(domain);
}

static void test_version_2(void **state)
{
  struct portero_bytes pairs = support_hex(PAIRS);
  uint8_t key[16], lm[24], base[16], encrypted[16], nt[128];
  struct portero_writer w;

  (void)state;
  response_key(key);
  assert_key(key, "0c868a403bfd7a93a3001ef22ef02e3f");
  ntlm_lm_response(key, server_challenge, client_challenge, lm);
  assert_key(lm, LMV2);
  portero_writer_init_fixed(&w, nt, sizeof nt);
  portero_write_zeros(&w, 16);
  ntlm_blob_write(&w, 0, client_challenge, pairs);
  ntlm_proof(key, server_challenge, portero_bytes_make(nt + 16, w.size - 16), nt);
  support_assert_hex(portero_writer_bytes(&w), PROOF BLOB);
  ntlm_base_key(key, nt, base);
  assert_key(base, "8de40ccadbc14a82f15cb0ad0de95ca3");
  ntlm_exchange(base, random_key, encrypted);
  assert_key(encrypted, KEY_V2);
  ntlm_exchange(base, encrypted, encrypted);
  assert_memory_equal(encrypted, random_key, 16);
  support_free(pairs);
}

static void test_passwords(void **state)
{
  uint8_t hash[16], before[16] = {7};
  char *long_one = malloc(1026);

  (void)state;
  assert_true(portero_is_ok(ntlm_nt_hash("", hash)));
  assert_key(hash, "31d6cfe0d16ae931b73c59d7e0c089c0");
  assert_true(portero_is_ok(ntlm_nt_hash("p\xc3\xa4ss\xf0\x9f\x98\x80", hash)));
  assert_key(hash, "6595470c5638e22b494e1ab0029899ad");
  memcpy(hash, before, sizeof hash);
  assert_true(portero_is_local(ntlm_nt_hash("p\xc3", hash), PORTERO_LOCAL_MALFORMED));
  memset(long_one, 'x', 1025);
  long_one[1025] = 0;
  assert_true(portero_is_local(ntlm_nt_hash(long_one, hash), PORTERO_LOCAL_LIMIT));
  assert_memory_equal(hash, before, sizeof hash);
  free(long_one);
}

static void test_capitals(void **state)
{
  static const uint16_t pairs[][2] = {
      {'a', 'A'},     {'z', 'Z'},       {'1', '1'},       {'{', '{'},       {0xe9, 0xc9},
      {0xf7, 0xf7},   {0xff, 0x178},    {0xdf, 0xdf},     {0x151, 0x150},   {0x150, 0x150},
      {0x131, 0x131}, {0x3b1, 0x391},   {0x3ce, 0x38f},   {0x44f, 0x42f},   {0x451, 0x401},
      {0x586, 0x556}, {0x1ef9, 0x1ef8}, {0xff5a, 0xff3a}, {0xd83d, 0xd83d}, {0xffff, 0xffff}};

  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    assert_int_equal(ntlm_upper(pairs[i][0]), pairs[i][1]);
}

/* ---- messages ---- */

static void assert_view(struct portero_bytes view, const char *hex)
{
  support_assert_hex(view, hex);
}

static void check_authenticate(const char *hex, uint32_t flags, const char *lm, const char *nt,
                               const char *key)
{
  struct portero_bytes message = support_hex(hex);
  struct ntlm_authenticate m;
  uint8_t written[512];
  struct portero_writer w;

  assert_true(portero_is_ok(ntlm_authenticate_read(message, &m)));
  assert_int_equal(m.flags, flags);
  assert_view(m.domain, DOMAIN);
  assert_view(m.user, USER);
  assert_view(m.workstation, COMPUTER);
  assert_view(m.lm_response, lm);
  assert_view(m.nt_response, nt);
  assert_view(m.session_key, key);
  assert_memory_equal(m.version, version_xp, sizeof version_xp);
  assert_int_equal(m.mic.size, 0);
  portero_writer_init_fixed(&w, written, sizeof written);
  ntlm_authenticate_write(&w, &m);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  support_assert_bytes(portero_writer_bytes(&w), message);
  support_free(message);
}

static void test_authenticate_messages(void **state)
{
  (void)state;
  check_authenticate(authenticate_v1, 0xe2808235, LMV1, V1, KEY_V1);
  check_authenticate(authenticate_v1_mixed, 0x82088235, AA8 ZEROS8 ZEROS8, V1_MIXED, "");
  check_authenticate(authenticate_v2, 0xe2888235, LMV2, PROOF BLOB, KEY_V2);
}

static void check_challenge(const char *hex, uint32_t flags, const char *info)
{
  struct portero_bytes message = support_hex(hex);
  struct ntlm_challenge m;
  uint8_t written[256];
  struct portero_writer w;

  assert_true(portero_is_ok(ntlm_challenge_read(message, &m)));
  assert_int_equal(m.flags, flags);
  assert_memory_equal(m.challenge, server_challenge, 8);
  assert_view(m.target, SERVER);
  assert_view(m.target_info, info);
  memcpy(m.version, version_server, sizeof m.version);
  portero_writer_init_fixed(&w, written, sizeof written);
  ntlm_challenge_write(&w, &m);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  support_assert_bytes(portero_writer_bytes(&w), message);
  support_free(message);
}

static void test_challenge_messages(void **state)
{
  (void)state;
  check_challenge(challenge_v1, 0xe2028233, "");
  check_challenge(challenge_v1_mixed, 0x820a8233, "");
  check_challenge(challenge_v2, 0xe28a8233, PAIRS);
}

static void test_negotiate_message(void **state)
{
  uint8_t written[NTLM_NEGOTIATE_SIZE];
  struct portero_writer w;
  uint32_t flags = 0;

  (void)state;
  portero_writer_init_fixed(&w, written, sizeof written);
  ntlm_negotiate_write(&w, 0xa1b2c3d4);
  support_assert_hex(portero_writer_bytes(&w), SIGNATURE "01000000d4c3b2a1"
                                                         "0000000028000000"
                                                         "0000000028000000" ZEROS8);
  assert_true(portero_is_ok(ntlm_negotiate_read(portero_writer_bytes(&w), &flags)));
  assert_int_equal(flags, 0xa1b2c3d4);
}

/* A field can point anywhere inside the message, and what lies before the payload is no MIC. */
static void test_place_of_the_mic(void **state)
{
  struct ntlm_authenticate m, again;
  struct portero_writer w;
  uint8_t written[256];

  (void)state;
  memset(&m, 0, sizeof m);
  m.user = portero_bytes_make("U\0", 2);
  m.mic = portero_bytes_make(random_key, 16);
  portero_writer_init_fixed(&w, written, sizeof written);
  portero_write_u8(&w, 0xff); /* it need not be the first in its buffer */
  ntlm_authenticate_write(&w, &m);
  assert_true(
      portero_is_ok(ntlm_authenticate_read(portero_bytes_make(written + 1, w.size - 1), &again)));
  assert_int_equal(again.mic.size, 16);
  assert_ptr_equal(again.mic.data, written + 1 + NTLM_MIC_AT);
  assert_ptr_equal(again.user.data, written + 1 + NTLM_MIC_AT + 16);
  m.mic.size = 0;
  portero_writer_reset(&w);
  ntlm_authenticate_write(&w, &m);
  assert_true(portero_is_ok(ntlm_authenticate_read(portero_writer_bytes(&w), &again)));
  assert_int_equal(again.mic.size, 0);
}

static void test_target_info(void **state)
{
  struct portero_bytes pairs = support_hex("0600040002000000"
                                           "0700080001020304050607ff"
                                           "0a001000" PROOF "0600040000000000"
                                           "00000000"
                                           "ffff");
  struct ntlm_target_info info;

  (void)state;
  assert_true(portero_is_ok(ntlm_target_info_read(pairs, &info)));
  assert_true(info.has_flags && info.has_timestamp);
  assert_int_equal(info.flags, NTLM_AV_FLAG_MIC); /* the first counts */
  assert_true(info.timestamp == UINT64_C(0xff07060504030201));
  assert_view(info.channel_bindings, PROOF);
  support_free(pairs);
}

/* ---- hostile messages ---- */

static bool read_negotiate(struct portero_bytes input, void *ctx)
{
  uint32_t flags;

  (void)ctx;
  return portero_is_ok(ntlm_negotiate_read(input, &flags));
}

static bool read_challenge(struct portero_bytes input, void *ctx)
{
  struct ntlm_target_info info;
  struct ntlm_challenge m;

  (void)ctx;
  return portero_is_ok(ntlm_challenge_read(input, &m)) &&
         portero_is_ok(ntlm_target_info_read(m.target_info, &info));
}

static uint8_t touch(struct portero_bytes b)
{
  uint8_t sum = 0;

  for (size_t i = 0; i < b.size; i++)
    sum ^= b.data[i];
  return sum;
}

static bool read_authenticate(struct portero_bytes input, void *ctx)
{
  struct ntlm_target_info info;
  struct ntlm_authenticate m;
  uint64_t timestamp;
  volatile uint8_t all;

  (void)ctx;
  if (!portero_is_ok(ntlm_authenticate_read(input, &m)))
    return false;
  all = touch(m.lm_response) ^ touch(m.domain) ^ touch(m.user) ^ touch(m.workstation);
  (void)all;
  if (m.nt_response.size < 16)
    return true;
  return portero_is_ok(ntlm_blob_read(
      portero_bytes_make(m.nt_response.data + 16, m.nt_response.size - 16), &timestamp, &info));
}

static void test_hostile_messages(void **state)
{
  struct portero_bytes negotiate = support_hex(SIGNATURE "01000000"
                                                         "37820ae2");
  struct portero_bytes challenge = support_hex(challenge_v2);
  struct portero_bytes authenticate = support_hex(authenticate_v2);

  (void)state;
  assert_true(read_negotiate(negotiate, NULL));
  assert_true(read_challenge(challenge, NULL));
  assert_true(read_authenticate(authenticate, NULL));
  assert_false(read_negotiate(challenge, NULL));
  assert_false(read_challenge(authenticate, NULL));
  assert_false(read_authenticate(negotiate, NULL));
  assert_int_equal(support_prefixes(negotiate, read_negotiate, NULL), 0);
  assert_int_equal(support_prefixes(challenge, read_challenge, NULL), 0);
  assert_int_equal(support_prefixes(authenticate, read_authenticate, NULL), 0);
  assert_int_equal(support_bit_flips(negotiate, read_negotiate, NULL), 32); /* its flags */
  assert_true(support_bit_flips(challenge, read_challenge, NULL) < challenge.size * 8);
  assert_true(support_bit_flips(authenticate, read_authenticate, NULL) < authenticate.size * 8);
  support_free(negotiate);
  support_free(challenge);
  support_free(authenticate);
}

static bool read_pairs(struct portero_bytes input, void *ctx)
{
  struct ntlm_target_info info;

  (void)ctx;
  return portero_is_ok(ntlm_target_info_read(input, &info));
}

static void check_pairs(const char *hex, bool good)
{
  struct portero_bytes pairs = support_hex(hex);

  assert_int_equal(read_pairs(pairs, NULL), good);
  support_free(pairs);
}

static void test_hostile_pairs(void **state)
{
  struct portero_bytes pairs = support_hex("0100020041000600040002000000"
                                           "0a001000" PROOF "00000000");

  (void)state;
  assert_int_equal(support_prefixes(pairs, read_pairs, NULL), 0);
  (void)support_bit_flips(pairs, read_pairs, NULL);
  support_free(pairs);
  check_pairs("00000000", true);
  check_pairs("", false);                         /* no end */
  check_pairs("060003000200000000000000", false); /* flags of three bytes */
  check_pairs("0700040002000000"
              "00000000",
              false);
  check_pairs("0a00080002000000"
              "00000000"
              "00000000",
              false);
  check_pairs("ff00ffff"
              "00000000",
              false); /* longer than the list */
}

/* ---- sealing and signing ---- */

static struct portero_protected_pdu whole_of(uint8_t *data, size_t size, uint8_t *value)
{
  return (struct portero_protected_pdu){.pdu = data,
                                        .size = size,
                                        .data_at = 0,
                                        .data_size = size,
                                        .value = value,
                                        .value_size = NTLM_SIGNATURE_SIZE,
                                        .level = PORTERO_LEVEL_PRIVACY};
}

static void check_seal(const uint8_t key[16], uint32_t flags, const char *sealed,
                       const char *signature)
{
  uint8_t data[18] = {'P', 0, 'l', 0, 'a', 0, 'i', 0, 'n', 0, 't', 0, 'e', 0, 'x', 0, 't', 0};
  uint8_t plain[18], value[16];
  struct portero_protected_pdu p = whole_of(data, sizeof data, value);
  struct ntlm_session client, server;

  memcpy(plain, data, sizeof plain);
  ntlm_session_start(&client, key, flags, false);
  ntlm_session_start(&server, key, flags, true);
  ntlm_session_protect(&client, &p);
  support_assert_hex(portero_bytes_make(data, sizeof data), sealed);
  support_assert_hex(portero_bytes_make(value, sizeof value), signature);
  assert_true(ntlm_session_unprotect(&server, &p));
  assert_memory_equal(data, plain, sizeof plain);
}

/* "Plaintext" under 56 bits without key exchange (4.2.3.4), and under 128 with it (4.2.4.4). */
static void test_published_seals(void **state)
{
  struct portero_bytes key = support_hex("eb93429a8bd952f8b89c55b87f475edc");

  (void)state;
  check_seal(key.data, 0x820a8233, "a02372f6530273f3aa1eb90190ce5200c99d",
             "01000000ff2aeb52f681793a00000000");
  check_seal(random_key, 0xe28a8233, "54e50165bf1936dc996020c1811b0f06fb5f",
             "010000007fb38ec5c55d497600000000");
  support_free(key);
}

static void test_both_ends(void **state)
{
  uint8_t data[32] = {1, 2, 3}, plain[32], value[16];
  struct portero_protected_pdu p = whole_of(data, sizeof data, value);
  struct ntlm_session client, server;

  (void)state;
  memcpy(plain, data, sizeof plain);
  ntlm_session_start(&client, random_key, NTLM_KEY_EXCH | NTLM_128, false);
  ntlm_session_start(&server, random_key, NTLM_KEY_EXCH | NTLM_128, true);
  for (size_t i = 0; i < 3; i++) {
    ntlm_session_protect(&client, &p);
    assert_memory_not_equal(data, plain, sizeof data);
    assert_true(ntlm_session_unprotect(&server, &p));
    assert_memory_equal(data, plain, sizeof data);
  }
  ntlm_session_protect(&client, &p);
  data[5] ^= 1;
  assert_false(ntlm_session_unprotect(&server, &p));
  ntlm_session_protect(&server, &p);
  p.value_size = 15;
  assert_false(ntlm_session_unprotect(&client, &p));
}

/* Each message once, and in its turn. */
static void test_replay_and_reorder(void **state)
{
  uint8_t first[24] = "the first of two", second[24] = "the second of two", values[2][16];
  uint8_t again[24], sealed_second[24];
  struct portero_protected_pdu p = whole_of(first, sizeof first, values[0]);
  struct portero_protected_pdu q = whole_of(second, sizeof second, values[1]), r;
  struct ntlm_session client, server, late;

  (void)state;
  ntlm_session_start(&client, random_key, NTLM_KEY_EXCH | NTLM_128, false);
  ntlm_session_start(&server, random_key, NTLM_KEY_EXCH | NTLM_128, true);
  late = server;
  ntlm_session_protect(&client, &p);
  ntlm_session_protect(&client, &q);
  memcpy(again, first, sizeof again);
  memcpy(sealed_second, second, sizeof sealed_second);
  assert_false(ntlm_session_unprotect(&late, &q)); /* the second first */
  memcpy(second, sealed_second, sizeof second);
  assert_true(ntlm_session_unprotect(&server, &p));
  r = whole_of(again, sizeof again, values[0]);
  late = server;
  assert_false(ntlm_session_unprotect(&late, &r)); /* the first again */
  assert_true(ntlm_session_unprotect(&server, &q));
  assert_string_equal((char *)second, "the second of two");
}

static void test_signatures(void **state)
{
  const struct portero_bytes text = portero_bytes_make("mechanisms", 10);
  struct ntlm_session client, server;
  uint8_t signature[16];

  (void)state;
  ntlm_session_start(&client, random_key, NTLM_KEY_EXCH | NTLM_128, false);
  ntlm_session_start(&server, random_key, NTLM_KEY_EXCH | NTLM_128, true);
  ntlm_session_sign(&client, text, signature);
  assert_true(ntlm_session_check(&server, text, portero_bytes_make(signature, 16)));
  ntlm_session_sign(&client, text, signature);
  assert_false(ntlm_session_check(&server, portero_bytes_make("mechanismS", 10),
                                  portero_bytes_make(signature, 16)));
  ntlm_session_sign(&server, text, signature);
  assert_false(ntlm_session_check(&client, text, portero_bytes_make(signature, 15)));
  assert_true(ntlm_session_check(&client, text, portero_bytes_make(signature, 16)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_version_1),          cmocka_unit_test(test_version_1_extended),
      cmocka_unit_test(test_version_2),          cmocka_unit_test(test_passwords),
      cmocka_unit_test(test_capitals),           cmocka_unit_test(test_authenticate_messages),
      cmocka_unit_test(test_challenge_messages), cmocka_unit_test(test_negotiate_message),
      cmocka_unit_test(test_place_of_the_mic),   cmocka_unit_test(test_target_info),
      cmocka_unit_test(test_hostile_messages),   cmocka_unit_test(test_hostile_pairs),
      cmocka_unit_test(test_published_seals),    cmocka_unit_test(test_both_ends),
      cmocka_unit_test(test_replay_and_reorder), cmocka_unit_test(test_signatures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
