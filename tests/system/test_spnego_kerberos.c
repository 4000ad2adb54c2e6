/* SPDX-License-Identifier: Apache-2.0 */
/* SPNEGO around Kerberos and NTLM, both ends ours, with a KDC of the test's own: who gets which. */
#include <stdio.h>

#include "src/auth/spnego.h"
#include "tests/support/talk.h"
#include "tests/system/kerberos_ends.h"
#include "tests/unit/ntlm_ends.h"

#define TARGET   "host/one.kdc.test"
#define PASSWORD "secret" /* as in NTLM's accounts */

static struct ntlm_lab lab;
static struct portero_acceptor *ntlm, *kerberos;

static int begin(void **state)
{
  int failed = ends_setup(state);

  if (failed)
    return failed;
  if (!kdc_admin(&ends_kdc, "cpw -pw " PASSWORD " alice\n"))
    return -1;
  ntlm_lab_begin(&lab);
  ntlm = ntlm_lab_acceptor(&lab, 0);
  kerberos = ends_acceptor("one.keytab", NULL);
  return 0;
}

static int end(void **state)
{
  portero_acceptor_free(ntlm);
  portero_acceptor_free(kerberos);
  ntlm_lab_end(&lab);
  return ends_teardown(state);
}

/* What a server offers. */
enum serves {
  BOTH,
  NTLM_FIRST,
  KERBEROS_ALONE,
  NTLM_ALONE,
};

static struct portero_acceptor *server_of(enum serves serves)
{
  struct portero_acceptor *inner[2] = {kerberos, ntlm}, *spnego;
  size_t n = serves == BOTH || serves == NTLM_FIRST ? 2 : 1;

  if (serves == NTLM_FIRST || serves == NTLM_ALONE) {
    inner[0] = ntlm;
    inner[1] = kerberos;
  }
  assert_true(portero_is_ok(portero_acceptor_spnego_new(inner, n, &spnego)));
  return spnego;
}

/* NULL options: alice's tickets. */
static struct talk talk(enum serves serves, const struct portero_credentials_options *who,
                        const char *target, talk_change *change)
{
  struct portero_acceptor *server = server_of(serves);
  struct portero_login login = {.target = target};
  struct portero_security *initiator, *acceptor;
  struct talk t;

  if (who)
    assert_true(portero_is_ok(portero_credentials_new(who, &login.credentials)));
  assert_true(portero_is_ok(portero_login_begin(&login, "server", &initiator)));
  portero_credentials_free(login.credentials);
  assert_true(portero_is_ok(server->begin(server->ctx, PORTERO_LEVEL_PRIVACY, &acceptor)));
  talk_run(&t, initiator, acceptor, change, NULL);
  portero_acceptor_free(server);
  return t;
}

static void assert_session(struct talk *t, uint8_t type, const char *account, unsigned messages)
{
  const struct portero_identity *id;

  if (!talk_both_done(t))
    print_error("client: %s\nserver: %s\n", t->initiator.security->ops->why(t->initiator.security),
                t->acceptor.security->ops->why(t->acceptor.security));
  assert_true(talk_both_done(t));
  id = t->acceptor.security->ops->identity(t->acceptor.security);
  assert_int_equal(id->type, type);
  assert_string_equal(id->account, account);
  id = t->initiator.security->ops->identity(t->initiator.security);
  assert_int_equal(id->type, type);
  assert_int_equal(t->messages, messages);
  assert_true(talk_protects(t, PORTERO_LEVEL_PRIVACY));
  talk_free(t);
}

static const struct portero_credentials_options alice = {
    .user = "alice", .domain = KDC_REALM, .password = PASSWORD};

/* With tickets, and with a password and a realm. */
static void test_kerberos(void **state)
{
  struct talk t = talk(BOTH, NULL, TARGET, NULL);

  (void)state;
  assert_true(t.initiator.security->waits);
  assert_session(&t, PORTERO_AUTH_KERBEROS, "alice", 4);
  t = talk(BOTH, &alice, TARGET, NULL);
  assert_session(&t, PORTERO_AUTH_KERBEROS, "alice", 4);
  t = talk(KERBEROS_ALONE, &alice, TARGET, NULL);
  assert_session(&t, PORTERO_AUTH_KERBEROS, "alice", 4);
}

/* Messages with a mechListMIC. */
static unsigned mics;

static struct portero_bytes count_mics(struct portero_bytes message, unsigned n, void *ctx)
{
  struct spnego_resp resp;

  (void)ctx;
  if (n > 0 && portero_is_ok(spnego_resp_read(message, &resp)) && resp.mic.size > 0)
    mics++;
  return message;
}

/* Where nothing is signed afterwards servers sign no list either, and none is asked of them. */
static void test_levels(void **state)
{
  struct portero_acceptor *server = server_of(BOTH);

  (void)state;
  for (uint8_t level = PORTERO_LEVEL_CONNECT; level <= PORTERO_LEVEL_PRIVACY; level++) {
    struct portero_login login = {.target = TARGET, .level = level};
    struct portero_security *initiator, *acceptor;
    struct talk t;

    mics = 0;
    assert_true(portero_is_ok(portero_login_begin(&login, "server", &initiator)));
    assert_true(portero_is_ok(server->begin(server->ctx, level, &acceptor)));
    talk_run(&t, initiator, acceptor, count_mics, NULL);
    assert_true(talk_both_done(&t));
    assert_int_equal(t.messages, 4);
    assert_int_equal(mics, level == PORTERO_LEVEL_CONNECT ? 0 : 2);
    assert_true(level < PORTERO_LEVEL_PACKET || talk_protects(&t, level));
    talk_free(&t);
  }
  portero_acceptor_free(server);
}

/* A ticket cache can do nothing but Kerberos. */
static void test_nothing_in_common(void **state)
{
  struct talk t = talk(NTLM_ALONE, NULL, TARGET, NULL);

  (void)state;
  assert_false(t.initiator.done || t.acceptor.done);
  assert_true(talk_explains(&t.acceptor, "none of the client's mechanisms"));
  talk_free(&t);
}

/* No ticket: it ends there, and it says so. */
static void test_does_not_fall_back(void **state)
{
  struct talk t = talk(BOTH, &alice, "host/none.kdc.test", NULL);

  (void)state;
  assert_false(t.initiator.done || t.acceptor.done);
  assert_true(talk_explains(&t.initiator, "Kerberos inside SPNEGO"));
  assert_true(talk_explains(&t.initiator, "NTLM is not taken instead"));
  talk_free(&t);
}

/* Where it is allowed NTLM alone is offered. */
static void test_falls_back(void **state)
{
  const struct portero_credentials_options allowed = {.user = "alice",
                                                      .domain = KDC_REALM,
                                                      .password = PASSWORD,
                                                      .allow = PORTERO_ALLOW_NTLM_FALLBACK};
  struct talk t = talk(BOTH, &allowed, "host/none.kdc.test", NULL);

  (void)state;
  assert_true(talk_explains(&t.initiator, "Kerberos inside SPNEGO"));
  assert_true(talk_explains(&t.initiator, "went on with NTLM"));
  assert_session(&t, PORTERO_AUTH_NTLM, "Alice", 4);
  t = talk(BOTH, &allowed, "host/server.gone.test", NULL); /* a realm without a KDC */
  assert_session(&t, PORTERO_AUTH_NTLM, "Alice", 4);
  t = talk(BOTH, &allowed, "host/192.0.2.1", NULL); /* an address: not even asked */
  assert_false(talk_explains(&t.initiator, "Kerberos"));
  assert_session(&t, PORTERO_AUTH_NTLM, "Alice", 4);
  t = talk(KERBEROS_ALONE, &allowed, "host/none.kdc.test", NULL);
  assert_false(t.initiator.done || t.acceptor.done);
  talk_free(&t);
}

/* The server's choice is not the client's first: NTLM begins a round later. */
static void test_server_chooses(void **state)
{
  struct talk t = talk(NTLM_FIRST, &alice, TARGET, NULL);

  (void)state;
  assert_true(talk_explains(&t.initiator, "the server chose NTLM"));
  assert_session(&t, PORTERO_AUTH_NTLM, "Alice", 6);
  t = talk(NTLM_FIRST, NULL, TARGET, NULL); /* tickets alone: no choice */
  assert_session(&t, PORTERO_AUTH_KERBEROS, "alice", 4);
}

/* A ticket that the server cannot read ends it: NTLM is not tried instead. */
static void test_wrong_key(void **state)
{
  struct talk t = talk(BOTH, &alice, "host/two.kdc.test", NULL);

  (void)state;
  assert_false(t.initiator.done || t.acceptor.done);
  assert_int_equal(t.messages, 1);
  assert_true(talk_explains(&t.acceptor, "Kerberos inside SPNEGO"));
  talk_free(&t);
}

/* Kerberos is taken out of the list on its way. */
static struct portero_bytes downgrade(struct portero_bytes message, unsigned n, void *ctx)
{
  static uint8_t buffer[256];
  struct spnego_init init = {.mechs = {SPNEGO_MECH_NTLM}, .n_mechs = 1};
  struct portero_writer w;

  (void)ctx;
  if (n > 0)
    return message;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  spnego_init_write(&w, &init);
  return portero_writer_bytes(&w);
}

static void test_downgrade(void **state)
{
  struct talk t = talk(BOTH, &alice, TARGET, downgrade);

  (void)state;
  assert_false(t.initiator.done || t.acceptor.done);
  assert_true(talk_explains(&t.acceptor, "mechListMIC"));
  talk_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kerberos),          cmocka_unit_test(test_levels),
      cmocka_unit_test(test_nothing_in_common), cmocka_unit_test(test_does_not_fall_back),
      cmocka_unit_test(test_nothing_in_common), cmocka_unit_test(test_does_not_fall_back),
      cmocka_unit_test(test_falls_back),        cmocka_unit_test(test_server_chooses),
      cmocka_unit_test(test_wrong_key),         cmocka_unit_test(test_downgrade),
  };
  const char *missing = kdc_missing();

  if (missing) {
    (void)printf("SKIP: %s is not installed\n", missing);
    return 77;
  }
  return cmocka_run_group_tests(tests, begin, end);
}
