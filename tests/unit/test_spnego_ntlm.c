/* SPDX-License-Identifier: Apache-2.0 */
/* NTLM inside SPNEGO, both ends ours: signatures over the list, sealing behind them, and refusals. */
#include "src/auth/spnego.h"
#include "tests/support/talk.h"
#include "tests/unit/ntlm_ends.h"

static struct ntlm_lab lab;
static struct portero_acceptor *ntlm, *spnego;

static int begin(void **state)
{
  (void)state;
  ntlm_lab_begin(&lab);
  ntlm = ntlm_lab_acceptor(&lab, 0);
  return portero_is_ok(portero_acceptor_spnego_new(&ntlm, 1, &spnego)) ? 0 : -1;
}

static int end(void **state)
{
  (void)state;
  portero_acceptor_free(spnego);
  portero_acceptor_free(ntlm);
  ntlm_lab_end(&lab);
  return 0;
}

static const struct portero_credentials_options alice = {.user = "alice", .password = "secret"};

static struct portero_security *initiator(uint8_t type,
                                          const struct portero_credentials_options *who)
{
  struct portero_login login = {.type = type};
  struct portero_security *s;

  assert_true(portero_is_ok(portero_credentials_new(who, &login.credentials)));
  assert_true(portero_is_ok(portero_login_begin(&login, "server", &s)));
  portero_credentials_free(login.credentials);
  return s;
}

static struct talk talk(uint8_t type, const struct portero_credentials_options *who,
                        talk_change *change, void *ctx)
{
  struct portero_security *acceptor;
  struct talk t;

  assert_true(portero_is_ok(spnego->begin(spnego->ctx, PORTERO_LEVEL_PRIVACY, &acceptor)));
  talk_run(&t, initiator(type, who), acceptor, change, ctx);
  return t;
}

static const struct portero_identity *caller(const struct talk *t)
{
  return t->acceptor.security->ops->identity(t->acceptor.security);
}

/* Counts messages with a mechListMIC. */
static struct portero_bytes count_mics(struct portero_bytes message, unsigned n, void *ctx)
{
  struct spnego_resp resp;
  unsigned *count = ctx;

  if (n > 0 && portero_is_ok(spnego_resp_read(message, &resp)) && resp.mic.size > 0)
    (*count)++;
  return message;
}

/* NTLM's own MIC asks for one around it. */
static void test_session(void **state)
{
  unsigned mics = 0;
  struct talk t = talk(PORTERO_AUTH_SPNEGO, &alice, count_mics, &mics);

  (void)state;
  assert_true(talk_both_done(&t));
  assert_int_equal(t.messages, 4);
  assert_int_equal(mics, 2);
  assert_int_equal(caller(&t)->type, PORTERO_AUTH_NTLM);
  assert_string_equal(caller(&t)->account, "Alice");
  assert_int_equal(caller(&t)->n_sids, 2);
  assert_false(t.acceptor.security->anonymous);
  assert_true(talk_protects(&t, PORTERO_LEVEL_PRIVACY));
  talk_free(&t);
  t = talk(PORTERO_AUTH_SPNEGO, &alice, NULL, NULL);
  assert_true(talk_protects(&t, PORTERO_LEVEL_INTEGRITY));
  talk_free(&t);
}

static void test_anonymous(void **state)
{
  struct portero_credentials_options nobody = {.anonymous = true};
  struct talk t = talk(PORTERO_AUTH_SPNEGO, &nobody, NULL, NULL);

  (void)state;
  assert_true(talk_both_done(&t));
  assert_true(t.acceptor.security->anonymous);
  assert_true(talk_protects(&t, PORTERO_LEVEL_PRIVACY));
  talk_free(&t);
}

/* Without SPNEGO around it, as Wine sends it. */
static void test_bare(void **state)
{
  struct talk t = talk(PORTERO_AUTH_NTLM, &alice, NULL, NULL);

  (void)state;
  assert_true(talk_both_done(&t));
  assert_int_equal(t.messages, 3);
  assert_string_equal(caller(&t)->account, "Alice");
  assert_true(talk_protects(&t, PORTERO_LEVEL_PRIVACY));
  talk_free(&t);
}

static void assert_refused(const struct portero_credentials_options *who)
{
  struct talk t = talk(PORTERO_AUTH_SPNEGO, who, NULL, NULL);

  assert_int_equal(t.acceptor.status.klass, PORTERO_CLASS_NAK);
  assert_false(t.initiator.done || t.acceptor.done);
  assert_true(talk_explains(&t.acceptor, "NTLM inside SPNEGO"));
  assert_null(caller(&t));
  talk_free(&t);
}

static void test_refused(void **state)
{
  struct portero_credentials_options who = {.user = "alice", .password = "wrong"};

  (void)state;
  assert_refused(&who);
  who = (struct portero_credentials_options){.user = "mallory", .password = "secret"};
  assert_refused(&who);
  who.user = "bob"; /* disabled */
  assert_refused(&who);
}

/* ---- hostile ---- */

struct damage {
  unsigned at;
  size_t bit, size;
  bool cut;
};
static uint8_t damaged[TALK_TOKEN_MAX];

static struct portero_bytes damage(struct portero_bytes message, unsigned n, void *ctx)
{
  const struct damage *d = ctx;

  if (n != d->at)
    return message;
  memcpy(damaged, message.data, message.size);
  if (d->cut)
    return portero_bytes_make(damaged, d->size < message.size ? d->size : message.size - 1);
  if (d->bit / 8 < message.size)
    damaged[d->bit / 8] ^= (uint8_t)(1u << d->bit % 8);
  return portero_bytes_make(damaged, message.size);
}

/*
 * NTLM signs its messages and the list is signed as well: hardly a bit can change, and none that
 * matters: an answer that asks for signatures, and the time and flags in the challenge's target
 * information, without which NTLM's client leaves its own signature out. What survives leaves both ends
 * with the same keys.
 */
static void test_damaged(void **state)
{
  struct talk whole = talk(PORTERO_AUTH_SPNEGO, &alice, NULL, NULL), t;
  struct damage d = {0};
  size_t survived = 0;

  (void)state;
  for (d.at = 0; d.at < whole.messages; d.at++) {
    d.cut = true;
    for (d.size = 0; d.size < whole.sizes[d.at]; d.size++) {
      t = talk(PORTERO_AUTH_SPNEGO, &alice, damage, &d);
      assert_false(talk_both_done(&t));
      talk_free(&t);
    }
    d.cut = false;
    for (d.bit = 0; d.bit < whole.sizes[d.at] * 8; d.bit++) {
      t = talk(PORTERO_AUTH_SPNEGO, &alice, damage, &d);
      assert_true(!talk_both_done(&t) || talk_protects(&t, PORTERO_LEVEL_PRIVACY));
      survived += talk_both_done(&t);
      talk_free(&t);
    }
  }
  assert_true(survived < 24);
  talk_free(&whole);
}

/* Another caller's last message in place of one's own. */
static struct portero_bytes swap_third(struct portero_bytes message, unsigned n, void *ctx)
{
  static uint8_t kept[TALK_TOKEN_MAX];
  static size_t size;
  const bool *replays = ctx;

  if (n != 2)
    return message;
  if (*replays)
    return portero_bytes_make(kept, size);
  memcpy(kept, message.data, message.size);
  size = message.size;
  return message;
}

static void test_replayed(void **state)
{
  bool replays = false;
  struct talk t = talk(PORTERO_AUTH_SPNEGO, &alice, swap_third, &replays);

  (void)state;
  assert_true(talk_both_done(&t));
  talk_free(&t);
  replays = true;
  t = talk(PORTERO_AUTH_SPNEGO, &alice, swap_third, &replays);
  assert_false(t.initiator.done || t.acceptor.done);
  talk_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session), cmocka_unit_test(test_anonymous),
      cmocka_unit_test(test_bare),    cmocka_unit_test(test_refused),
      cmocka_unit_test(test_damaged), cmocka_unit_test(test_replayed),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
