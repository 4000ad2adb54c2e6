/* SPDX-License-Identifier: Apache-2.0 */
/* What a real server tells the visitors' book of logins; nothing that is secret or forged is there. */
#include "tests/system/door_lines.h"

#include <string.h>

#include <portero/sink.h>

#include "tests/support/security_test.h"
#include "tests/unit/ntlm_ends.h"

static portero_status open_as(const struct portero_login *login)
{
  const struct portero_client_options options = {.login = login};
  struct portero_client *c;
  portero_status status =
      portero_client_open(portero_server_binding(door_server, 0), &lab_interface.id, &options, &c);

  portero_client_close(c);
  return status;
}

static void logins_are_told(void **state)
{
  struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  door_failure = portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  (void)open_as(&login);
  door_failure = portero_ok();
  login.type = PORTERO_AUTH_KERBEROS; /* it has no such mechanism */
  assert_false(portero_is_ok(open_as(&login)));
  door_lines_end();
  assert_int_equal(lines_count("auth", NULL, NULL), 3);
  lines_has(lines_nth("auth", 0), "outcome", "answered");
  lines_has(lines_nth("auth", 0), "account", "alice");
  lines_has(lines_nth("auth", 0), "auth", "ntlm");
  lines_has(lines_nth("auth", 0), "level", "privacy");
  lines_has(lines_nth("call", 0), "account", "alice");
  lines_has(lines_nth("call", 0), "auth", "ntlm");
  lines_has(lines_nth("call", 0), "level", "privacy");
  lines_has(lines_nth("bind", 0), "auth", "ntlm");
  lines_has(lines_nth("auth", 1), "outcome", "failed");
  lines_has(lines_nth("auth", 1), "reason", "the test said no");
  lines_has(lines_nth("auth", 2), "outcome", "failed");
  lines_has(lines_nth("auth", 2), "auth", "krb5");
}

/* The mechanism is content with a login of one leg, of any level; returns what answers the bind. */
static uint8_t bind_with_one_leg(uint8_t level)
{
  const uint8_t token[] = {'T', SECURITY_TEST_TYPE, 1, 2, 0xa5, 0x5a, 0xc3, 0x3c};
  const struct portero_sec_trailer trailer = {.type = SECURITY_TEST_TYPE, .level = level};
  const struct portero_context context = {0, lab_interface.id, &portero_syntax_ndr, 1};
  struct portero_writer w;
  uint8_t answer;
  struct raw r;

  raw_connect(&r, door_server, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 5, 0, &context, 1, PORTERO_PFC_WHOLE);
  portero_pdu_add_auth(&w, 0, 0, 4, &trailer, sizeof token);
  memcpy(w.base + w.size - sizeof token, token, sizeof token);
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_read(&r);
  answer = r.pdu.header.ptype;
  raw_close(&r);
  return answer;
}

static portero_status one_leg_begin(void *ctx, uint8_t level,
                                    struct portero_security **out_security)
{
  const struct security_test_options o = {.type = SECURITY_TEST_TYPE,
                                          .legs = security_test_legs(SECURITY_TEST_TYPE),
                                          .account = "alice"};

  (void)ctx;
  (void)level;
  *out_security = security_test_new(&portero_mem_malloc, &o);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

/* The machine has the last word: level call is refused, however right the credentials were. */
static void level_call_is_no_login(void **state)
{
  static const struct portero_acceptor acceptor = {SECURITY_TEST_TYPE, one_leg_begin, NULL, NULL};
  struct portero_auth_stats stats;

  (void)state;
  door_acceptor = &acceptor;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_int_equal(bind_with_one_leg(PORTERO_LEVEL_PACKET), PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(bind_with_one_leg(PORTERO_LEVEL_CALL), PORTERO_PTYPE_BIND_NAK);
  portero_server_auth_stats(door_server, &stats);
  door_lines_end();
  assert_int_equal(stats.succeeded, 1);
  assert_int_equal(stats.failed, 1);
  assert_int_equal(lines_count("auth", NULL, NULL), 2);
  lines_has(lines_nth("auth", 0), "outcome", "answered");
  lines_has(lines_nth("auth", 0), "account", "alice");
  lines_has(lines_nth("auth", 1), "outcome", "failed");
  lines_has(lines_nth("auth", 1), "level", "call");
}

static void too_many_failed_logins_are_an_alert(void **state)
{
  const struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};

  (void)state;
  door_failure = portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  for (unsigned i = 0; i < DOOR_FAILURES; i++)
    (void)open_as(&login);
  lines_wait("auth", DOOR_FAILURES);
  door_failure = portero_ok(); /* it would be well now, and is not looked at */
  assert_false(portero_is_ok(open_as(&login)));
  door_lines_end();
  assert_int_equal(lines_count("auth", "outcome", "failed"), DOOR_FAILURES);
  assert_int_equal(lines_count("auth", "outcome", "denied"), 1);
  assert_int_equal(lines_count("alert", NULL, NULL), 1);
  lines_has(lines_nth("alert", 0), "reason", "failed-logins");
  lines_has(lines_nth("alert", 0), "source", "127.0.0.1");
}

/* A real login: its password is nowhere, and a name cannot make a line of its own. */
static void nothing_secret_and_nothing_forged(void **state)
{
  static const char hostile[] = "mallory\"}\n{\"event\":\"alert\",\"reason\":\"forged\"}";
  static const char wide[] = "s\0e\0c\0r\0e\0t";
  struct portero_credentials_options who = {.user = "alice", .password = "secret"};
  struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};
  struct portero_acceptor *acceptor;
  uint8_t hash[16];
  struct ntlm_lab lab;

  (void)state;
  ntlm_lab_begin(&lab);
  acceptor = ntlm_lab_acceptor(&lab, 0);
  door_acceptor = acceptor;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  portero_credentials_free(login.credentials);
  who.password = "guessed-wrong";
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  (void)open_as(&login);
  portero_credentials_free(login.credentials);
  who.user = hostile;
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  (void)open_as(&login);
  portero_credentials_free(login.credentials);
  door_lines_end(); /* every line is one object */
  portero_acceptor_free(acceptor);
  ntlm_lab_end(&lab);
  assert_int_equal(lines_count("auth", NULL, NULL), 3);
  lines_has(lines_nth("auth", 0), "outcome", "answered");
  assert_int_equal(strcasecmp(lines_text(lines_nth("auth", 0), "account"), "alice"), 0);
  lines_has(lines_nth("auth", 1), "outcome", "failed");
  lines_has(lines_nth("auth", 1), "account", "alice");
  assert_true(strlen(lines_text(lines_nth("auth", 1), "reason")) > 0);
  lines_has(lines_nth("auth", 2), "account", hostile);
  assert_int_equal(lines_count("alert", NULL, NULL), 0);
  assert_true(portero_is_ok(ntlm_nt_hash("secret", hash)));
  assert_false(lines_hold("secret", 6));
  assert_false(lines_hold(wide, sizeof wide));
  assert_false(lines_hold("guessed", 7));
  assert_false(lines_hold((const char *)hash, sizeof hash));
  assert_true(lines_hold("alice", 5)); /* it would be found */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_lines_setup, door_lines_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(logins_are_told),
      TEST(level_call_is_no_login),
      TEST(too_many_failed_logins_are_an_alert),
      TEST(nothing_secret_and_nothing_forged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
