/* SPDX-License-Identifier: Apache-2.0 */
/* The member's end of the secure channel against a small domain controller, honest and otherwise. */
#include "src/auth/netlogon_crypto.h"
#include "tests/system/mini_controller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HERE              "127.0.75.20"
#define NT_ACCESS_DENIED  0xc0000022u
#define NT_NO_ACCOUNT     0xc000018bu
#define NT_NO_SUCH_USER   0xc0000064u
#define NT_WRONG_PASSWORD 0xc000006au

static struct mini_controller controller;

static int setup(void **state)
{
  (void)state;
  controller_start(&controller, HERE, 0);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  controller_stop(&controller);
  return 0;
}

static struct portero_netlogon_options options_of(void)
{
  return (struct portero_netlogon_options){
      .server = HERE,
      .computer = "FILES",
      .domain = "LAB",
      .password = CONTROLLER_PASSWORD,
      .mapper_port = controller_mapper_port(&controller),
      .timeout = 10000,
  };
}

static struct portero_netlogon_channel *opened(const struct portero_netlogon_options *o)
{
  struct portero_netlogon_channel *c = NULL;

  if (!portero_is_ok(portero_netlogon_open(o, &c)))
    fail_msg("%s", portero_netlogon_error(c));
  return c;
}

static portero_status refused(const struct portero_netlogon_options *o, const char *says)
{
  struct portero_netlogon_channel *c = NULL;
  portero_status status = portero_netlogon_open(o, &c);

  assert_false(portero_is_ok(status));
  assert_non_null(c);
  if (!strstr(portero_netlogon_error(c), says))
    fail_msg("\"%s\" has no \"%s\"", portero_netlogon_error(c), says);
  portero_netlogon_close(c);
  return status;
}

static bool is_result(portero_status status, uint32_t code)
{
  return status.klass == PORTERO_CLASS_RESULT && status.code == code;
}

/* ---- the agreement ---- */

static void agrees(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);

  (void)state;
  assert_int_equal(portero_netlogon_rid(c), CONTROLLER_RID);
  assert_int_equal(portero_netlogon_flags(c), 0x612fffff);
  assert_int_equal(controller.n_agreements, 1);
  portero_netlogon_close(c);
  portero_netlogon_close(NULL);
}

static void agrees_by_hash(void **state)
{
  static const uint8_t hash[16] = {0xca, 0x72, 0x79, 0x79, 0x67, 0x3d, 0x3c, 0xf6,
                                   0x66, 0xf5, 0xca, 0xdc, 0x13, 0x99, 0xc0, 0x48};
  struct portero_netlogon_options o = options_of();

  (void)state;
  o.password = NULL;
  o.nt_hash = hash;
  portero_netlogon_close(opened(&o));
}

static void refuses(void **state)
{
  struct portero_netlogon_options o = options_of();

  (void)state;
  o.password = "Machine-Secret-2";
  assert_true(is_result(refused(&o, "NT_STATUS_ACCESS_DENIED"), NT_ACCESS_DENIED));
  o = options_of();
  o.computer = "STRANGER";
  assert_true(is_result(refused(&o, "STRANGER$"), NT_NO_ACCOUNT));
}

static void wants_what_it_needs(void **state)
{
  static const uint8_t hash[16];
  struct portero_netlogon_options o = options_of();

  (void)state;
  o.nt_hash = hash;
  assert_true(portero_is_local(refused(&o, "either"), PORTERO_LOCAL_USAGE));
  o.nt_hash = NULL;
  o.password = NULL;
  assert_true(portero_is_local(refused(&o, "either"), PORTERO_LOCAL_USAGE));
  o.password = "\xff";
  assert_true(portero_is_local(refused(&o, "UTF-8"), PORTERO_LOCAL_USAGE));
  o = options_of();
  o.computer = NULL;
  assert_true(portero_is_local(refused(&o, "names"), PORTERO_LOCAL_USAGE));
  o = options_of();
  o.domain = "";
  assert_true(portero_is_local(refused(&o, "names"), PORTERO_LOCAL_USAGE));
  o = options_of();
  o.mapper_port = 1;
  assert_int_equal(refused(&o, HERE).klass, PORTERO_CLASS_SYSTEM);
}

static void sees_through_an_impostor(void **state)
{
  struct portero_netlogon_options o = options_of();

  (void)state;
  controller.is_impostor = true;
  assert_true(portero_is_local(refused(&o, "does not know"), PORTERO_LOCAL_SECURITY));
}

/* It needs no password to send back our own challenge, and our own credential for its answer. */
static void sees_through_a_mirror(void **state)
{
  struct portero_netlogon_options o = options_of();

  (void)state;
  controller.reflects = true;
  assert_true(portero_is_local(refused(&o, "without the machine"), PORTERO_LOCAL_SECURITY));
  controller.turns =
      0x40; /* the cipher takes octet after octet: what it makes of the last is known */
  assert_true(portero_is_local(refused(&o, "without the machine"), PORTERO_LOCAL_SECURITY));
  controller.reflects = false;
  controller.turns = 0;
  controller.sends_zeros = true;
  assert_true(portero_is_local(refused(&o, "without the machine"), PORTERO_LOCAL_SECURITY));
}

/* Somebody on the way turns off flags in the answer, which nothing protects. */
static void takes_nothing_weaker(void **state)
{
  struct portero_netlogon_options o = options_of();

  (void)state;
  controller.takes_off = NETLOGON_AES;
  assert_true(portero_is_local(refused(&o, "weaker"), PORTERO_LOCAL_DENIED));
  o.allow = PORTERO_ALLOW_NETLOGON_RC4; /* the key was made for AES: no reason to go on without */
  assert_true(portero_is_local(refused(&o, "weaker"), PORTERO_LOCAL_DENIED));
  controller.takes_off = NETLOGON_SECURE_RPC;
  assert_true(portero_is_local(refused(&o, "weaker"), PORTERO_LOCAL_DENIED));
  controller.takes_off = NETLOGON_STRONG_KEYS;
  assert_true(portero_is_local(refused(&o, "weaker"), PORTERO_LOCAL_DENIED));
}

static void takes_rc4_when_told(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c;

  (void)state;
  controller.lacks_aes = true;
  assert_true(portero_is_local(refused(&o, "RC4"), PORTERO_LOCAL_DENIED));
  o.allow = PORTERO_ALLOW_NETLOGON_RC4;
  c = opened(&o);
  assert_int_equal(portero_netlogon_flags(c), 0x602fffff);
  portero_netlogon_close(c);
  o.password = "Machine-Secret-2";
  assert_true(is_result(refused(&o, "NT_STATUS_ACCESS_DENIED"), NT_ACCESS_DENIED));
}

/* What the controller would compute, from what it keeps. */
static void authenticators(void **state)
{
  struct portero_netlogon_authenticator sent, returned = {{0}, 0};
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);
  struct netlogon_key key = {.aes = true};
  uint8_t stored[8], expected[8], secret[16] = "a secret";

  (void)state;
  memcpy(key.bytes, controller.key, sizeof key.bytes);
  memcpy(stored, controller.credential, sizeof stored);
  for (size_t i = 0; i < 3; i++) {
    portero_netlogon_authenticate(c, &sent);
    netlogon_credential_add(stored, sent.timestamp);
    netlogon_credential(&key, stored, expected);
    assert_memory_equal(sent.credential, expected, sizeof expected);
    netlogon_credential_add(stored, 1);
    netlogon_credential(&key, stored, returned.credential);
    assert_true(portero_netlogon_verify(c, &returned));
  }
  portero_netlogon_authenticate(c, &sent);
  assert_false(portero_netlogon_verify(c, &returned)); /* the last one again */
  portero_netlogon_encrypt(c, secret, sizeof secret);
  assert_memory_not_equal(secret, "a secret", 8);
  netlogon_decrypt(&key, secret, sizeof secret);
  assert_memory_equal(secret, "a secret", 8);
  netlogon_encrypt(&key, secret, sizeof secret);
  portero_netlogon_decrypt(c, secret, sizeof secret);
  assert_memory_equal(secret, "a secret", 8);
  portero_netlogon_close(c);
}

/* ---- logons ---- */

static struct portero_netlogon_attempt logon_of(const char *account)
{
  struct portero_netlogon_attempt l = {
      .account = account,
      .domain = "LAB",
      .workstation = "DESK",
      .nt_response = portero_bytes_make(controller_response, sizeof controller_response),
  };

  memcpy(l.challenge, controller_challenge, sizeof l.challenge);
  return l;
}

static void assert_sid(const struct portero_sid *sid, const char *expected)
{
  char text[PORTERO_SID_TEXT];
  assert_string_equal(portero_sid_text(sid, text), expected);
}

static void assert_alice(struct portero_netlogon_channel *c)
{
  struct portero_netlogon_attempt l = logon_of("alice");
  const struct portero_identity *identity;
  struct portero_netlogon_user *user = NULL;

  if (!portero_is_ok(portero_netlogon_logon(c, &l, &user)))
    fail_msg("%s", portero_netlogon_error(c));
  identity = portero_netlogon_user_identity(user);
  assert_string_equal(identity->account, "alice");
  assert_string_equal(identity->domain, "LAB");
  assert_false(identity->anonymous);
  assert_int_equal(identity->n_sids, 4);
  assert_sid(&identity->sids[0], "S-1-5-21-1-2-3-1105");
  assert_sid(&identity->sids[1], "S-1-5-21-1-2-3-513");
  assert_sid(&identity->sids[2], "S-1-5-21-1-2-3-1200");
  assert_sid(&identity->sids[3], "S-1-5-18-1");
  assert_int_equal(identity->session_key.size, 16);
  for (size_t i = 0; i < 16; i++)
    assert_int_equal(identity->session_key.data[i], 0x40 + i);
  portero_netlogon_user_free(user);
}

static portero_status not_alice(struct portero_netlogon_channel *c,
                                const struct portero_netlogon_attempt *l)
{
  struct portero_netlogon_user *user = NULL;
  portero_status status = portero_netlogon_logon(c, l, &user);

  assert_false(portero_is_ok(status));
  assert_null(user);
  return status;
}

static void check_logons(uint8_t level, uint8_t seen)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_attempt l = logon_of("alice");
  struct portero_netlogon_channel *c;

  o.level = level;
  c = opened(&o);
  assert_alice(c);
  assert_int_equal(controller.logon_level, seen);
  l.challenge[0] ^= 1;
  assert_true(is_result(not_alice(c, &l), NT_WRONG_PASSWORD));
  l = logon_of("alice");
  l.nt_response.size--;
  assert_true(is_result(not_alice(c, &l), NT_WRONG_PASSWORD));
  l = logon_of("bob");
  assert_true(is_result(not_alice(c, &l), NT_NO_SUCH_USER));
  assert_non_null(strstr(portero_netlogon_error(c), "NT_STATUS_NO_SUCH_USER"));
  l = logon_of(NULL);
  assert_true(is_result(not_alice(c, &l), NT_NO_SUCH_USER));
  assert_alice(c);
  assert_int_equal(controller.n_logons, 6);
  assert_int_equal(controller.n_agreements, 1);
  portero_netlogon_close(c);
}

static void logons(void **state)
{
  (void)state;
  check_logons(0, PORTERO_LEVEL_PRIVACY);
}

static void logons_signed(void **state)
{
  (void)state;
  check_logons(PORTERO_LEVEL_INTEGRITY, PORTERO_LEVEL_INTEGRITY);
}

static void logons_need_protection(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_attempt l = logon_of("alice");
  struct portero_netlogon_channel *c;

  (void)state;
  for (uint8_t level = PORTERO_LEVEL_NONE; level <= PORTERO_LEVEL_CONNECT; level++) {
    o.level = level;
    c = opened(&o);
    assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_USAGE));
    portero_netlogon_close(c);
  }
  assert_int_equal(controller.n_logons, 0);
}

static void logons_with_bad_names(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);
  struct portero_netlogon_attempt l = logon_of("al\xc3ice");
  static uint8_t large[70000];

  (void)state;
  assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_USAGE));
  l = logon_of("alice");
  l.nt_response = portero_bytes_make(large, sizeof large);
  assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_USAGE));
  assert_alice(c);
  portero_netlogon_close(c);
}

/* Every fragment takes a number of its own. */
static void logons_in_fragments(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);
  struct portero_netlogon_attempt l = logon_of("alice");
  static uint8_t large[20000];

  (void)state;
  l.nt_response = portero_bytes_make(large, sizeof large);
  for (size_t i = 0; i < 3; i++) {
    assert_true(is_result(not_alice(c, &l), NT_WRONG_PASSWORD));
    assert_alice(c);
  }
  assert_int_equal(controller.n_agreements, 1);
  portero_netlogon_close(c);
}

#define THREADS  4u
#define ATTEMPTS 10u

static void *many_logons(void *channel)
{
  struct portero_netlogon_attempt l = logon_of("alice");
  struct portero_netlogon_user *user;
  uintptr_t good = 0;

  for (size_t i = 0; i < ATTEMPTS; i++) {
    if (!portero_is_ok(portero_netlogon_logon(channel, &l, &user)))
      continue;
    good++;
    portero_netlogon_user_free(user);
  }
  return (void *)good;
}

static void logons_of_several_threads(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);
  pthread_t threads[THREADS];
  void *good;

  (void)state;
  for (size_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, many_logons, c), 0);
  for (size_t i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], &good), 0);
    assert_int_equal((uintptr_t)good, ATTEMPTS);
  }
  assert_int_equal(controller.n_agreements, 1);
  portero_netlogon_close(c);
}

static void a_controller_started_anew(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);

  (void)state;
  assert_alice(c);
  controller_restart(&controller);
  assert_alice(c);
  assert_int_equal(controller.n_agreements, 2);
  assert_int_equal(controller.n_logons, 2);
  controller_restart(&controller);
  controller_restart(&controller);
  assert_alice(c);
  assert_int_equal(controller.n_agreements, 3);
  portero_netlogon_close(c);
}

/* Two programs of one computer: the controller keeps the key of the last. */
static void another_key_in_between(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);

  (void)state;
  controller_change_key(&controller);
  assert_alice(c);
  assert_int_equal(controller.n_agreements, 2);
  assert_int_equal(controller.n_logons, 1);
  portero_netlogon_close(c);
}

static void descriptions_that_are_none(void **state)
{
  struct portero_netlogon_options o = options_of();
  struct portero_netlogon_channel *c = opened(&o);
  struct portero_netlogon_attempt l = logon_of("alice");

  (void)state;
  controller.spoils_sids = true;
  assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_MALFORMED));
  controller.says_nobody = true;
  assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_PROTOCOL));
  controller.says_nobody = controller.spoils_sids = false;
  controller.spoils_name = true;
  assert_true(portero_is_local(not_alice(c, &l), PORTERO_LOCAL_MALFORMED));
  controller.spoils_name = false;
  assert_alice(c);
  portero_netlogon_close(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(agrees, setup, teardown),
      cmocka_unit_test_setup_teardown(agrees_by_hash, setup, teardown),
      cmocka_unit_test_setup_teardown(refuses, setup, teardown),
      cmocka_unit_test_setup_teardown(wants_what_it_needs, setup, teardown),
      cmocka_unit_test_setup_teardown(sees_through_an_impostor, setup, teardown),
      cmocka_unit_test_setup_teardown(sees_through_a_mirror, setup, teardown),
      cmocka_unit_test_setup_teardown(takes_nothing_weaker, setup, teardown),
      cmocka_unit_test_setup_teardown(takes_rc4_when_told, setup, teardown),
      cmocka_unit_test_setup_teardown(authenticators, setup, teardown),
      cmocka_unit_test_setup_teardown(logons, setup, teardown),
      cmocka_unit_test_setup_teardown(logons_signed, setup, teardown),
      cmocka_unit_test_setup_teardown(logons_need_protection, setup, teardown),
      cmocka_unit_test_setup_teardown(logons_with_bad_names, setup, teardown),
      cmocka_unit_test_setup_teardown(logons_in_fragments, setup, teardown),
      cmocka_unit_test_setup_teardown(logons_of_several_threads, setup, teardown),
      cmocka_unit_test_setup_teardown(a_controller_started_anew, setup, teardown),
      cmocka_unit_test_setup_teardown(another_key_in_between, setup, teardown),
      cmocka_unit_test_setup_teardown(descriptions_that_are_none, setup, teardown),
  };
  return cmocka_run_group_tests_name("netlogon_channel", tests, NULL, NULL);
}
