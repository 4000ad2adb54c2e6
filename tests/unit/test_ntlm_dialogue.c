/* SPDX-License-Identifier: Apache-2.0 */
/* NTLM, client against server: who is let in, who is refused, and what each side says of it. */
#include <portero/auth.h>
#include <portero/pdu.h>

#include "tests/unit/ntlm_ends.h"

static struct ntlm_lab lab;
static struct portero_acceptor *acceptor;

static const struct portero_credentials_options alice = {.user = "HOST\\alice",
                                                         .password = "secret"};

/* ---- let in ---- */

static void check_alice(const char *user, const char *domain)
{
  struct ntlm_dialogue d = {.acceptor = acceptor};
  const struct portero_identity *who;
  struct ntlm_ends e;

  d.who.user = user;
  d.who.domain = domain;
  d.who.password = "secret";
  assert_true(ntlm_ends_run(&e, &d));
  assert_true(e.client_done && e.server_done);
  who = e.server->ops->identity(e.server);
  assert_non_null(who);
  assert_int_equal(who->type, PORTERO_AUTH_NTLM);
  assert_string_equal(who->account, "Alice"); /* as the file has it */
  assert_string_equal(who->domain, "HOST");
  assert_string_equal(who->principal, "");
  assert_int_equal(who->n_sids, 2);
  assert_int_equal(who->sids[0].sub[4], 1104);
  assert_int_equal(who->session_key.size, 16);
  support_assert_bytes(e.client->ops->identity(e.client)->session_key, who->session_key);
  assert_false(who->anonymous || e.server->anonymous || e.server->waits);
  assert_null(e.server->ops->why(e.server));
  assert_true(ntlm_ends_talk(&e));
  ntlm_ends_end(&e);
}

static void test_right_password(void **state)
{
  (void)state;
  check_alice("alice", NULL);
  check_alice("ALICE", "HOST");
  check_alice("ELSEWHERE\\aLiCe", NULL);
}

static void test_hash_and_other_letters(void **state)
{
  uint8_t hash[16];
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = {.user = "ZO\xc3\x8b", .nt_hash = hash}};
  struct ntlm_ends e;

  (void)state;
  assert_true(portero_is_ok(ntlm_nt_hash("secret", hash)));
  assert_true(ntlm_ends_run(&e, &d));
  assert_int_equal(e.server->ops->identity(e.server)->n_sids, 0);
  assert_true(ntlm_ends_talk(&e));
  ntlm_ends_end(&e);
  hash[3] ^= 4;
  assert_false(ntlm_ends_run(&e, &d));
  ntlm_ends_end(&e);
}

static void test_anonymous(void **state)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = {.anonymous = true}};
  struct portero_ntlm_options named = {.accounts = lab.path};
  struct portero_acceptor *strict;
  struct ntlm_ends e;

  (void)state;
  for (int i = 0; i < 2; i++) {
    assert_true(ntlm_ends_run(&e, &d));
    assert_true(e.server->anonymous && e.server->ops->identity(e.server)->anonymous);
    assert_string_equal(e.server->ops->identity(e.server)->account, "");
    assert_true(ntlm_ends_talk(&e));
    ntlm_ends_end(&e);
    d.acceptor = &portero_ntlm_anonymous;
  }
  assert_true(portero_is_ok(portero_acceptor_ntlm_new(&named, &strict)));
  d.acceptor = strict;
  assert_false(ntlm_ends_run(&e, &d));
  assert_non_null(strstr(e.server->ops->why(e.server), "without a name"));
  assert_null(e.server->ops->claimed(e.server));
  ntlm_ends_end(&e);
  portero_acceptor_free(strict);
}

static void test_levels(void **state)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = alice};
  struct ntlm_ends e;

  (void)state;
  for (uint8_t level = PORTERO_LEVEL_CONNECT; level <= PORTERO_LEVEL_PRIVACY; level++) {
    d.client_level = d.server_level = level;
    assert_true(ntlm_ends_run(&e, &d));
    assert_int_equal(e.client->ops->value_size(e.client, level, 7), 16);
    assert_int_equal(ntlm_mic_ops.wanted(e.client), level > PORTERO_LEVEL_CONNECT);
    assert_int_equal(ntlm_mic_ops.wanted(e.server), level > PORTERO_LEVEL_CONNECT);
    support_assert_bytes(e.client->ops->identity(e.client)->session_key,
                         e.server->ops->identity(e.server)->session_key);
    ntlm_ends_end(&e);
  }
  d.client_level = PORTERO_LEVEL_INTEGRITY; /* asks for no sealing, which the server needs */
  assert_false(ntlm_ends_run(&e, &d));
  assert_non_null(strstr(e.server->ops->why(e.server), "gave up protection"));
  ntlm_ends_end(&e);
}

static void test_connect_values(void **state)
{
  uint8_t data[8] = {1}, value[16];
  struct portero_protected_pdu p = {
      .pdu = data, .size = 8, .data_size = 8, .value = value, .value_size = 16, .level = 2};
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = alice};
  struct ntlm_ends e;

  (void)state;
  assert_true(ntlm_ends_run(&e, &d));
  assert_true(portero_is_ok(e.client->ops->protect(e.client, &p)));
  support_assert_hex(portero_bytes_make(value, 16), "01000000000000000000000000000000");
  assert_true(portero_is_ok(e.server->ops->unprotect(e.server, &p)));
  p.value_size = 15;
  assert_false(portero_is_ok(e.client->ops->protect(e.client, &p)));
  assert_false(portero_is_ok(e.server->ops->unprotect(e.server, &p)));
  assert_true(ntlm_ends_talk(&e)); /* they count for no sequence */
  ntlm_ends_end(&e);
}

/* ---- refused ---- */

static void check_refused(const struct portero_credentials_options *who, const char *why)
{
  const char *slash = strchr(who->user, '\\');
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = *who};
  struct ntlm_ends e;

  assert_false(ntlm_ends_run(&e, &d));
  assert_int_equal(e.server_status.klass, PORTERO_CLASS_NAK);
  assert_int_equal(e.server_status.code, PORTERO_NAK_INVALID_CHECKSUM);
  assert_null(e.server->ops->identity(e.server));
  assert_string_equal(e.server->ops->claimed(e.server)->account, slash ? slash + 1 : who->user);
  assert_string_equal(e.server->ops->claimed(e.server)->domain, slash ? "D" : "");
  assert_non_null(strstr(e.server->ops->why(e.server), why));
  assert_null(strstr(e.server->ops->why(e.server), "secret"));
  assert_false(ntlm_ends_talk(&e));
  ntlm_ends_end(&e);
}

static void test_refusals(void **state)
{
  (void)state;
  check_refused(&(struct portero_credentials_options){.user = "alice", .password = "Secret"},
                "wrong password for Alice");
  check_refused(&(struct portero_credentials_options){.user = "alice", .password = ""},
                "wrong password for Alice");
  check_refused(&(struct portero_credentials_options){.user = "D\\carol", .password = "secret"},
                "no account carol");
  check_refused(&(struct portero_credentials_options){.user = "bob", .password = "secret"},
                "bob is disabled");
  check_refused(&(struct portero_credentials_options){.user = "bob", .password = "other"},
                "wrong password for bob");
  check_refused(&(struct portero_credentials_options){.user = "a\tl\nice", .password = "x"},
                "no account a?l?ice");
}

static void test_unusable_credentials(void **state)
{
  static const struct portero_credentials_options cases[] = {
      {.user = NULL}, {.user = "alice"}, {.user = "alice", .ccache = "MEMORY:x"}};
  struct auth_initiation i = {.target = "host/x", .level = PORTERO_LEVEL_PRIVACY};
  struct portero_security *s = NULL;

  (void)state;
  for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
    assert_true(portero_is_ok(portero_credentials_new(&cases[n], &i.credentials)));
    assert_true(portero_is_local(ntlm_initiator_new(&i, &s), PORTERO_LOCAL_USAGE));
    portero_credentials_free(i.credentials);
  }
  i.credentials = NULL;
  assert_true(portero_is_local(ntlm_initiator_new(&i, &s), PORTERO_LOCAL_USAGE));
  assert_null(s);
}

static void test_acceptor_options(void **state)
{
  struct portero_ntlm_options options = {.accounts = "/nonexistent/accounts"};
  struct portero_acceptor *a = NULL;
  portero_status status = portero_acceptor_ntlm_new(&options, &a);

  (void)state;
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  assert_null(a);
  options.accounts = NULL;
  assert_true(portero_is_ok(portero_acceptor_ntlm_new(&options, &a))); /* lets nobody in */
  check_refused(&(struct portero_credentials_options){.user = "x", .password = "y"}, "no account");
  portero_acceptor_free(a);
  portero_acceptor_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_right_password),
      cmocka_unit_test(test_hash_and_other_letters),
      cmocka_unit_test(test_anonymous),
      cmocka_unit_test(test_levels),
      cmocka_unit_test(test_connect_values),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_unusable_credentials),
      cmocka_unit_test(test_acceptor_options),
  };
  int failed;

  ntlm_lab_begin(&lab);
  acceptor = ntlm_lab_acceptor(&lab, 0);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  portero_acceptor_free(acceptor);
  ntlm_lab_end(&lab);
  return failed;
}
