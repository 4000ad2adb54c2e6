/* SPDX-License-Identifier: Apache-2.0 */
/* NTLM without a name: the session against [MS-NLMP] 4.2.4, the dialogue, and what it refuses. */
#include <portero/auth.h>
#include <portero/pdu.h>

#include "src/auth/ntlm_session.h"
#include "tests/unit/support.h"

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

/* [MS-NLMP] 4.2.4.4: "Plaintext" sealed under the key of 4.2.4.1.2. */
static void test_published_seal(void **state)
{
  uint8_t data[18] = {'P', 0, 'l', 0, 'a', 0, 'i', 0, 'n', 0, 't', 0, 'e', 0, 'x', 0, 't', 0},
          value[16];
  uint8_t key[NTLM_KEY_SIZE];
  struct portero_protected_pdu p = whole_of(data, sizeof data, value);
  struct ntlm_session s;

  (void)state;
  memset(key, 0x55, sizeof key);
  ntlm_session_start(&s, key, NTLM_KEY_EXCH, false);
  support_assert_hex(portero_bytes_make(s.sent.sign_key, 16), "4788dc861b4782f35d43fd98fe1a2d39");
  ntlm_session_protect(&s, &p);
  support_assert_hex(portero_bytes_make(data, sizeof data), "54e50165bf1936dc996020c1811b0f06fb5f");
  support_assert_hex(portero_bytes_make(value, sizeof value), "010000007fb38ec5c55d497600000000");
}

static void test_both_ends(void **state)
{
  uint8_t key[NTLM_KEY_SIZE] = {7}, data[32] = {1, 2, 3}, plain[32], value[16];
  struct portero_protected_pdu p = whole_of(data, sizeof data, value);
  struct ntlm_session client, server;

  (void)state;
  memcpy(plain, data, sizeof plain);
  ntlm_session_start(&client, key, NTLM_KEY_EXCH, false);
  ntlm_session_start(&server, key, NTLM_KEY_EXCH, true);
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

/* ---- the dialogue ---- */

struct message {
  uint8_t bytes[128];
  struct portero_writer w;
};

static void head(struct message *m, uint32_t type)
{
  portero_writer_init_fixed(&m->w, m->bytes, sizeof m->bytes);
  portero_write_bytes(&m->w, "NTLMSSP", 8);
  portero_write_u32(&m->w, type);
}

static struct portero_bytes negotiate(struct message *m, uint32_t flags)
{
  head(m, 1);
  portero_write_u32(&m->w, flags);
  portero_write_zeros(&m->w, 16);
  return portero_writer_bytes(&m->w);
}

static struct portero_bytes authenticate(struct message *m, uint32_t flags, uint16_t user_size,
                                         uint16_t nt_size)
{
  head(m, 3);
  for (size_t i = 0; i < 6; i++) {
    uint16_t size = i == 1 ? nt_size : i == 3 ? user_size : i == 5 ? NTLM_KEY_SIZE : 0;
    portero_write_u16(&m->w, size);
    portero_write_u16(&m->w, size);
    portero_write_u32(&m->w, 64);
  }
  portero_write_u32(&m->w, flags);
  portero_write_zeros(&m->w, 32);
  return portero_writer_bytes(&m->w);
}

#define FLAGS                                                                                      \
  (NTLM_UNICODE | NTLM_EXTENDED_SECURITY | NTLM_128 | NTLM_KEY_EXCH | NTLM_SIGN | NTLM_SEAL)

/* Runs both legs; true when a session stands. */
static bool dialogue(uint32_t flags1, uint32_t flags3, uint16_t user_size, uint16_t nt_size)
{
  struct portero_security *s;
  struct portero_writer out;
  struct message m;
  bool done = true;
  portero_status status;

  assert_true(portero_is_ok(portero_ntlm_anonymous.begin(NULL, PORTERO_LEVEL_PRIVACY, &s)));
  portero_writer_init(&out, &portero_mem_malloc, 4096);
  status = s->ops->step(s, negotiate(&m, flags1), &out, &done);
  if (portero_is_ok(status)) {
    assert_false(done);
    assert_memory_equal(out.base, "NTLMSSP", 8);
    status = s->ops->step(s, authenticate(&m, flags3, user_size, nt_size), &out, &done);
  }
  assert_true(!portero_is_ok(status) || (done && s->anonymous));
  if (!portero_is_ok(status))
    assert_int_equal(status.klass, PORTERO_CLASS_NAK);
  portero_writer_deinit(&out);
  s->ops->free(s);
  return portero_is_ok(status);
}

static void test_dialogue(void **state)
{
  (void)state;
  assert_true(dialogue(FLAGS, FLAGS, 0, 0));
  assert_false(dialogue(FLAGS & ~NTLM_EXTENDED_SECURITY, FLAGS, 0, 0));
  assert_false(dialogue(FLAGS & ~NTLM_128, FLAGS, 0, 0));
  assert_false(dialogue(FLAGS, FLAGS & ~NTLM_EXTENDED_SECURITY, 0, 0));
  assert_false(dialogue(FLAGS, FLAGS, 8, 0));   /* a name */
  assert_false(dialogue(FLAGS, FLAGS, 0, 24));  /* a response */
  assert_false(dialogue(FLAGS, FLAGS, 400, 0)); /* a name outside the message */
}

static bool read_negotiate(struct portero_bytes input, void *ctx)
{
  (void)ctx;
  uint32_t flags;
  return portero_is_ok(ntlm_negotiate_read(input, &flags));
}

static bool read_authenticate(struct portero_bytes input, void *ctx)
{
  (void)ctx;
  struct ntlm_authenticate m;
  return portero_is_ok(ntlm_authenticate_read(input, &m));
}

static void test_hostile_messages(void **state)
{
  struct message m;
  struct portero_bytes bytes = negotiate(&m, FLAGS);

  (void)state;
  assert_true(read_negotiate(bytes, NULL));
  assert_false(read_authenticate(bytes, NULL));
  assert_int_equal(support_prefixes(bytes, read_negotiate, NULL), bytes.size - 16);
  (void)support_bit_flips(bytes, read_negotiate, NULL);
  bytes = authenticate(&m, FLAGS, 0, 0);
  assert_true(read_authenticate(bytes, NULL));
  assert_false(read_negotiate(bytes, NULL));
  (void)support_prefixes(bytes, read_authenticate, NULL);
  assert_true(support_bit_flips(bytes, read_authenticate, NULL) < bytes.size * 8);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_seal),
      cmocka_unit_test(test_both_ends),
      cmocka_unit_test(test_dialogue),
      cmocka_unit_test(test_hostile_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
