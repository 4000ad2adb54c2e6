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
  controller_start(&controller, HERE);
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(agrees, setup, teardown),
      cmocka_unit_test_setup_teardown(agrees_by_hash, setup, teardown),
      cmocka_unit_test_setup_teardown(refuses, setup, teardown),
      cmocka_unit_test_setup_teardown(wants_what_it_needs, setup, teardown),
      cmocka_unit_test_setup_teardown(sees_through_an_impostor, setup, teardown),
      cmocka_unit_test_setup_teardown(takes_nothing_weaker, setup, teardown),
      cmocka_unit_test_setup_teardown(takes_rc4_when_told, setup, teardown),
      cmocka_unit_test_setup_teardown(authenticators, setup, teardown),
  };
  return cmocka_run_group_tests_name("netlogon_channel", tests, NULL, NULL);
}
