/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue of Kerberos: with what one proves oneself, who the other side is, and what goes wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "src/auth/mechanisms.h"
#include "tests/system/kerberos_ends.h"

#define ONE "host/one.kdc.test"
#define TWO "host/two.kdc.test"

static void assert_who(const struct portero_security *s, const char *principal, const char *account)
{
  const struct portero_identity *id = s->ops->identity(s);

  assert_non_null(id);
  assert_int_equal(id->type, PORTERO_AUTH_KERBEROS);
  assert_string_equal(id->principal, principal);
  assert_string_equal(id->account, account);
  assert_string_equal(id->domain, KDC_REALM);
  assert_false(id->anonymous);
  assert_false(s->anonymous);
  assert_true(id->session_key.size >= 16);
}

static void assert_same_key(const struct ends *e)
{
  struct portero_bytes ours = e->client->ops->identity(e->client)->session_key;

  support_assert_bytes(e->server->ops->identity(e->server)->session_key, ours);
}

/* ---- who is who ---- */

static void test_both_know_each_other(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;

  (void)state;
  ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
  assert_null(e.server->ops->identity(e.server));
  assert_null(e.client->ops->identity(e.client));
  assert_true(portero_is_ok(ends_run(&e, ENDS_STEPS)));
  assert_who(e.server, "alice@KDC.TEST", "alice");
  assert_who(e.client, ONE "@KDC.TEST", ONE);
  assert_same_key(&e);
  assert_null(e.server->ops->why(e.server));
  assert_int_equal(e.tokens[0].base[0], 0x6e); /* unframed: AP-REQ, AP-REP, AP-REP */
  assert_int_equal(e.tokens[1].base[0], 0x6f);
  assert_int_equal(e.tokens[2].base[0], 0x6f);
  ends_free(&e);
  portero_acceptor_free(one);
}

/* With these credentials alice gets through, or fails at the client's first step and says why. */
static void with(const struct portero_credentials_options *o, const char *why)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  portero_status status;

  ends_begin(&e, ends_initiator(o, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
  status = ends_run(&e, ENDS_STEPS);
  if (why) {
    assert_true(portero_is_local(status, PORTERO_LOCAL_SECURITY));
    ends_assert_why(e.client, why);
    assert_null(strstr(e.client->ops->why(e.client), "Kennwort"));
    assert_int_equal(e.tokens[0].size, 0);
  } else {
    if (!portero_is_ok(status))
      print_error("%s\n", e.client->ops->why(e.client));
    assert_true(portero_is_ok(status));
    assert_who(e.server, "alice@KDC.TEST", "alice");
  }
  ends_free(&e);
  portero_acceptor_free(one);
}

static void test_passwords(void **state)
{
  (void)state;
  with(&(struct portero_credentials_options){.user = "alice", .password = KDC_PASSWORD}, NULL);
  with(&(struct portero_credentials_options){.user = "alice@KDC.TEST", .password = KDC_PASSWORD},
       NULL);
  with(&(struct portero_credentials_options){.user = "KDC\\alice", .password = KDC_PASSWORD}, NULL);
  with(&(struct portero_credentials_options){.user = "alice",
                                             .domain = "kdc.test",
                                             .password = KDC_PASSWORD},
       NULL);
  with(&(struct portero_credentials_options){.user = "alice", .password = "Kennwort.2"},
       "password or the keytab's key is wrong");
  with(&(struct portero_credentials_options){.user = "alice", .password = ""},
       "password or the keytab's key is wrong");
  with(&(struct portero_credentials_options){.user = "nobody", .password = KDC_PASSWORD},
       "does not know this user");
  with(&(struct portero_credentials_options){.user = "expired", .password = KDC_PASSWORD},
       "password has expired");
  with(&(struct portero_credentials_options){.user = "locked", .password = KDC_PASSWORD},
       "locked or disabled");
  with(&(struct portero_credentials_options){.user = "OTHER\\alice", .password = KDC_PASSWORD},
       "no KDC of the realm");
  with(&(struct portero_credentials_options){.user = "alice@GONE.TEST", .password = KDC_PASSWORD},
       "no KDC of the realm");
}

static void test_keytabs(void **state)
{
  char path[KDC_PATH];
  struct portero_credentials_options o = {.user = "alice"};

  (void)state;
  o.keytab = kdc_path(&ends_kdc, "alice.keytab", path);
  with(&o, NULL);
  o.user = "bob";
  with(&o, "has no key for this user");
  o.user = "alice";
  o.keytab = "/nonexistent/keytab";
  with(&o, "the keytab");
}

static void test_ticket_caches(void **state)
{
  char path[KDC_PATH], none[KDC_PATH];
  struct portero_credentials_options o = {.ccache = kdc_path(&ends_kdc, "named.ccache", path)};

  (void)state;
  assert_true(kdc_kinit(&ends_kdc, "alice", o.ccache, NULL));
  with(&o, NULL);
  o.user = "alice";
  with(&o, NULL);
  o.user = "bob";
  with(&o, "no tickets of this user");
  o.user = NULL;
  o.ccache = kdc_path(&ends_kdc, "none.ccache", none);
  with(&o, "there is no ticket");
  assert_true(kdc_kinit(&ends_kdc, "alice", path, "5m"));
  o.ccache = path;
  ends_clock_ahead = 400;
  with(&o, "ticket has expired");
  ends_clock_ahead = 0;
}

/* Nothing is left in the user's own cache, and nothing in the environment is changed. */
static void test_nothing_is_left(void **state)
{
  char path[KDC_PATH], aside[KDC_PATH];

  (void)state;
  kdc_path(&ends_kdc, "default.ccache", path);
  kdc_path(&ends_kdc, "aside.ccache", aside);
  assert_int_equal(rename(path, aside), 0);
  with(&(struct portero_credentials_options){.user = "alice", .password = KDC_PASSWORD}, NULL);
  with(NULL, "there is no ticket");
  assert_int_equal(rename(aside, path), 0);
  assert_string_equal(getenv("KRB5CCNAME"), path);
}

static uint32_t initiated(const struct portero_credentials_options *o, const char *target)
{
  struct auth_initiation i = {.target = target, .level = PORTERO_LEVEL_PRIVACY};
  struct portero_security *s = NULL;
  portero_status status;

  assert_true(portero_is_ok(portero_credentials_new(o, &i.credentials)));
  status = kerberos_initiator_new(&i, &s);
  portero_credentials_free(i.credentials);
  if (portero_is_ok(status))
    s->ops->free(s);
  return status.code;
}

static void test_what_is_no_use(void **state)
{
  static const uint8_t hash[16] = {1};
  static char longest[513];

  (void)state;
  memset(longest, 'h', sizeof longest - 1);
  assert_int_equal(initiated(&(struct portero_credentials_options){.user = "a"}, ONE), 0);
  assert_int_equal(
      initiated(&(struct portero_credentials_options){.user = "a", .nt_hash = hash}, ONE),
      PORTERO_LOCAL_USAGE);
  assert_int_equal(initiated(&(struct portero_credentials_options){.anonymous = true}, ONE),
                   PORTERO_LOCAL_USAGE);
  assert_int_equal(initiated(&(struct portero_credentials_options){.user = "a"}, ""),
                   PORTERO_LOCAL_USAGE);
  assert_int_equal(initiated(&(struct portero_credentials_options){.user = "a"}, longest),
                   PORTERO_LOCAL_LIMIT);
}

/* ---- targets ---- */

static portero_status to(const char *target, struct portero_acceptor *acceptor, const char *client,
                         const char *server)
{
  portero_status status;
  struct ends e;

  ends_begin(&e, ends_initiator(NULL, target, PORTERO_LEVEL_INTEGRITY), acceptor,
             PORTERO_LEVEL_INTEGRITY);
  status = ends_run(&e, ENDS_STEPS);
  if (client)
    ends_assert_why(e.client, client);
  if (server)
    ends_assert_why(e.server, server);
  if (!client && !server && !portero_is_ok(status))
    print_error("client: %s\nserver: %s\n", e.client->ops->why(e.client),
                e.server->ops->why(e.server));
  ends_free(&e);
  return status;
}

static void test_targets(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);

  (void)state;
  assert_true(portero_is_ok(to(ONE, one, NULL, NULL)));
  assert_true(portero_is_ok(to(ONE "@KDC.TEST", one, NULL, NULL)));
  assert_true(portero_is_ok(to("host/ONE.KDC.TEST", one, NULL, NULL)));
  assert_true(portero_is_local(to("host/three.kdc.test", one, "no service of this name", NULL),
                               PORTERO_LOCAL_SECURITY));
  assert_true(portero_is_local(to("cifs/one.kdc.test", one, "cifs/one.kdc.test", NULL),
                               PORTERO_LOCAL_SECURITY));
  assert_true(portero_is_local(to("host/x.gone.test", one, "host/x.gone.test", NULL),
                               PORTERO_LOCAL_SECURITY));
  assert_true(portero_is_local(to("@", one, "", NULL), PORTERO_LOCAL_SECURITY));
  portero_acceptor_free(one);
}

/* ---- keytabs of servers ---- */

static void assert_nak(portero_status status)
{
  assert_int_equal(status.klass, PORTERO_CLASS_NAK);
  assert_int_equal(status.code, 9); /* [MS-RPCE] 2.2.2.5: invalid checksum */
}

static void test_two_servers_in_one_process(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct portero_acceptor *two = ends_acceptor("two.keytab", TWO "@KDC.TEST");

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    assert_true(portero_is_ok(to(ONE, one, NULL, NULL)));
    assert_true(portero_is_ok(to(TWO, two, NULL, NULL)));
    assert_nak(to(ONE, two, NULL, "no key for the service"));
    assert_nak(to(TWO, one, NULL, "no key for the service"));
  }
  portero_acceptor_free(one);
  portero_acceptor_free(two);
}

static void test_old_keys(void **state)
{
  struct portero_acceptor *stale = ends_acceptor("stale.keytab", NULL);

  (void)state;
  assert_nak(to(ONE, stale, NULL, "make the keytab anew"));
  portero_acceptor_free(stale);
}

static portero_status accepted(const char *keytab, const char *principal)
{
  struct portero_kerberos_options options = {keytab, principal};
  struct portero_acceptor *acceptor = NULL;
  portero_status status = portero_acceptor_kerberos_new(&options, &acceptor);

  portero_acceptor_free(acceptor);
  return status;
}

static void test_keytabs_that_are_none(void **state)
{
  char path[KDC_PATH];
  portero_status status = accepted("/nonexistent/keytab", NULL);

  (void)state;
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  kdc_path(&ends_kdc, "one.keytab", path);
  assert_true(portero_is_ok(accepted(path, NULL)));
  assert_true(portero_is_ok(accepted(path, ONE)));
  assert_true(portero_is_local(accepted(path, TWO), PORTERO_LOCAL_NOT_FOUND));
  assert_true(portero_is_local(accepted(NULL, NULL), PORTERO_LOCAL_NOT_FOUND));
  kdc_path(&ends_kdc, "kdc.conf", path);
  assert_true(portero_is_local(accepted(path, NULL), PORTERO_LOCAL_NOT_FOUND));
}

/* ---- clocks ---- */

static void test_clocks_that_differ(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  bool done;

  (void)state;
  for (long ahead = -600; ahead <= 600; ahead += 300) {
    bool fine = ahead > -300 && ahead < 300;

    ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
    assert_true(portero_is_ok(ends_run(&e, 1)));
    ends_clock_ahead = ahead + (ahead > 0 ? 5 : ahead < 0 ? -5 : 0);
    assert_int_equal(ends_feed(e.server, portero_writer_bytes(&e.tokens[0]), &done), fine);
    ends_clock_ahead = 0;
    if (!fine)
      ends_assert_why(e.server, "compare `date -u`");
    ends_free(&e);
  }
  portero_acceptor_free(one);
}

static void test_tickets_run_out(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;
  bool done;

  (void)state;
  ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
  assert_true(portero_is_ok(ends_run(&e, 1)));
  ends_clock_ahead = 24L * 3600;
  assert_false(ends_feed(e.server, portero_writer_bytes(&e.tokens[0]), &done));
  ends_clock_ahead = 0;
  ends_assert_why(e.server, "caller's ticket has expired");
  ends_free(&e);
  portero_acceptor_free(one);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_know_each_other),
      cmocka_unit_test(test_passwords),
      cmocka_unit_test(test_keytabs),
      cmocka_unit_test(test_ticket_caches),
      cmocka_unit_test(test_nothing_is_left),
      cmocka_unit_test(test_what_is_no_use),
      cmocka_unit_test(test_targets),
      cmocka_unit_test(test_two_servers_in_one_process),
      cmocka_unit_test(test_old_keys),
      cmocka_unit_test(test_keytabs_that_are_none),
      cmocka_unit_test(test_clocks_that_differ),
      cmocka_unit_test(test_tickets_run_out),
  };

  return ends_main(tests, sizeof tests / sizeof *tests);
}
