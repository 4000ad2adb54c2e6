/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPNEGO's dialogue around test mechanisms: who chooses what, when the list of mechanisms must be
 * signed, and what a hostile peer gets. Messages are changed on their way between two real ends.
 */
#include <stdlib.h>

#include <portero/pdu.h>

#include "src/auth/credentials.h"
#include "src/auth/spnego.h"
#include "tests/support/security_mic.h"
#include "tests/support/security_test.h"
#include "tests/support/talk.h"
#include "tests/unit/support.h"

/* ---- mechanisms ---- */

static struct spnego_inner inner_of(uint8_t type, bool initiator, unsigned legs, unsigned fail)
{
  struct security_test_options o = {.initiator = initiator,
                                    .type = type,
                                    .legs = legs,
                                    .fail = fail,
                                    .failure = portero_local(PORTERO_LOCAL_DENIED)};
  return (struct spnego_inner){type, &security_mic_ops, security_test_new(&portero_mem_malloc, &o)};
}

/* ---- two ends ---- */

enum {
  KERBEROS = PORTERO_AUTH_KERBEROS,
  NTLM = PORTERO_AUTH_NTLM
};

struct setup {
  uint8_t offers[2], serves[2]; /* types; 0: only one */
  unsigned legs;                /* 0: 3 */
  unsigned fail_first;          /* the token at which the initiator's first mechanism fails */
  unsigned fail_acceptor;       /* the acceptor's */
  talk_change *change;
  void *ctx;
};

static struct portero_security *make(const uint8_t types[2], bool initiator, unsigned legs,
                                     unsigned fail)
{
  struct spnego_inner inner[2];
  size_t n = 0;
  struct portero_security *s;

  for (; n < 2 && types[n]; n++)
    inner[n] = inner_of(types[n], initiator, legs, initiator && n > 0 ? 0 : fail);
  assert_true(portero_is_ok(initiator ? spnego_initiator_make(inner, n, true, &s)
                                      : spnego_acceptor_make(inner, n, &s)));
  return s;
}

static struct talk talk(const struct setup *setup)
{
  struct talk t;
  unsigned legs = setup->legs ? setup->legs : 3;

  security_mic_restarts = 0;
  talk_run(&t, make(setup->offers, true, legs, setup->fail_first),
           make(setup->serves, false, legs, setup->fail_acceptor), setup->change, setup->ctx);
  return t;
}

static bool protects(const struct talk *t)
{
  return talk_protects(t, PORTERO_LEVEL_PRIVACY);
}

static void assert_established(struct talk *t, unsigned messages, unsigned n_restarts)
{
  assert_true(portero_is_ok(t->initiator.status));
  assert_true(portero_is_ok(t->acceptor.status));
  assert_true(talk_both_done(t));
  assert_int_equal(t->messages, messages);
  assert_int_equal(security_mic_restarts, n_restarts);
  assert_true(protects(t));
}

static void assert_why(const struct talk_end *e, const char *part)
{
  assert_true(talk_explains(e, part));
}

/* ---- dialogues ---- */

/* NTLM without a MIC: nobody signs the list. */
static void test_first_choice(void **state)
{
  struct setup s = {.offers = {NTLM}, .serves = {NTLM, KERBEROS}};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 4, 0);
  talk_free(&t);
}

static void test_mic_wanted(void **state)
{
  struct setup s = {.offers = {NTLM}, .serves = {NTLM}};
  struct talk t;

  (void)state;
  security_mic_wanted = true;
  t = talk(&s);
  security_mic_wanted = false;
  assert_established(&t, 4, 2);
  talk_free(&t);
}

/* Kerberos with three legs, as DCE style has it: four messages, and signed where it is wanted. */
static void test_kerberos(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {KERBEROS, NTLM}};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 4, 0);
  talk_free(&t);
  security_mic_wanted = true;
  t = talk(&s);
  security_mic_wanted = false;
  assert_established(&t, 4, 2);
  talk_free(&t);
}

/* Two legs end in the acceptor's first reply, and leave no room for a mechListMIC. */
static void test_two_legs(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {KERBEROS, NTLM}, .legs = 2};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 2, 0);
  talk_free(&t);
}

/* The acceptor has the last word, and the first choice was taken: no signatures. */
static void test_four_legs(void **state)
{
  struct setup s = {.offers = {KERBEROS}, .serves = {KERBEROS}, .legs = 4};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 4, 0);
  talk_free(&t);
}

/* The acceptor wants another than the first: one more round, and the list is signed. */
static void test_second_choice(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {NTLM}};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 6, 2);
  assert_why(&t.initiator, "the server chose NTLM");
  talk_free(&t);
}

/* The acceptor's order counts. */
static void test_acceptor_prefers(void **state)
{
  struct setup s = {.offers = {NTLM, KERBEROS}, .serves = {KERBEROS, NTLM}};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 6, 2);
  assert_why(&t.initiator, "the server chose Kerberos");
  talk_free(&t);
}

static void test_nothing_in_common(void **state)
{
  struct setup s = {.offers = {KERBEROS}, .serves = {NTLM}};
  struct talk t = talk(&s);

  (void)state;
  assert_int_equal(t.acceptor.status.klass, PORTERO_CLASS_NAK);
  assert_false(t.acceptor.done);
  assert_why(&t.acceptor, "none of the client's mechanisms");
  talk_free(&t);
}

/* No ticket: NTLM alone is offered, and why() says so. */
static void test_falls_back(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {KERBEROS, NTLM}, .fail_first = 1};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 4, 0);
  assert_why(&t.initiator, "Kerberos inside SPNEGO");
  assert_why(&t.initiator, "went on with NTLM");
  talk_free(&t);
  s.offers[1] = 0; /* nothing to fall back to */
  t = talk(&s);
  assert_true(portero_is_local(t.initiator.status, PORTERO_LOCAL_DENIED));
  assert_int_equal(t.messages, 0);
  talk_free(&t);
}

/* What goes wrong later is not gone around. */
static void test_no_fallback_later(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {KERBEROS, NTLM}, .fail_first = 2};
  struct talk t = talk(&s);

  (void)state;
  assert_true(portero_is_local(t.initiator.status, PORTERO_LOCAL_DENIED));
  assert_false(t.initiator.done || t.acceptor.done);
  talk_free(&t);
  s.fail_first = 0;
  s.fail_acceptor = 3;
  t = talk(&s);
  assert_true(portero_is_local(t.acceptor.status, PORTERO_LOCAL_DENIED));
  assert_false(t.initiator.done || t.acceptor.done);
  talk_free(&t);
}

/* A refusal is told to the other side, which explains it. */
static void test_reject(void **state)
{
  struct portero_security *s = make((uint8_t[]){NTLM, 0}, true, 3, 0);
  struct portero_bytes reject = support_hex("a1073005a0030a0102");
  struct talk_end e = {.security = s};
  struct portero_writer out;

  (void)state;
  portero_writer_init(&out, &portero_mem_malloc, 4096);
  talk_leg(&e, portero_bytes_make(NULL, 0), &out);
  assert_true(portero_is_ok(e.status));
  talk_leg(&e, reject, &out);
  assert_true(portero_is_local(e.status, PORTERO_LOCAL_SECURITY));
  assert_why(&e, "refused");
  talk_leg(&e, reject, &out); /* it stays so */
  assert_true(portero_is_local(e.status, PORTERO_LOCAL_STATE));
  support_free(reject);
  portero_writer_deinit(&out);
  s->ops->free(s);
}

static void test_reject_is_sent(void **state)
{
  struct talk_end e = {.security = make((uint8_t[]){KERBEROS, 0}, false, 3, 0)};
  struct portero_bytes init =
      support_hex("604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d5353"
                  "5000010000000"
                  "582086200000000280000000000000028000000060100000000000f");
  struct portero_writer out;

  (void)state;
  portero_writer_init(&out, &portero_mem_malloc, 4096);
  talk_leg(&e, init, &out);
  assert_int_equal(e.status.klass, PORTERO_CLASS_NAK);
  support_assert_hex(portero_writer_bytes(&out), "a1073005a0030a0102");
  support_free(init);
  portero_writer_deinit(&out);
  e.security->ops->free(e.security);
}

/* The client has nothing to say at first. */
static void test_hint(void **state)
{
  struct talk_end e = {.security = make((uint8_t[]){KERBEROS, NTLM}, false, 3, 0)};
  struct portero_writer out;
  struct spnego_init init;

  (void)state;
  portero_writer_init(&out, &portero_mem_malloc, 4096);
  talk_leg(&e, portero_bytes_make(NULL, 0), &out);
  assert_true(portero_is_ok(e.status) && !e.done);
  assert_true(portero_is_ok(spnego_init_read(portero_writer_bytes(&out), &init)));
  assert_int_equal(init.n_mechs, 3);
  assert_int_equal(init.mechs[0], SPNEGO_MECH_MS_KERBEROS);
  assert_int_equal(init.mechs[2], SPNEGO_MECH_NTLM);
  talk_leg(&e, portero_bytes_make(NULL, 0), &out);
  assert_int_equal(e.status.klass, PORTERO_CLASS_NAK);
  portero_writer_deinit(&out);
  e.security->ops->free(e.security);
}

static void test_one_mechanism_of_a_type(void **state)
{
  struct spnego_inner inner[2] = {inner_of(NTLM, true, 3, 0), inner_of(NTLM, true, 3, 0)};
  struct portero_security *s = NULL;

  (void)state;
  assert_true(portero_is_local(spnego_initiator_make(inner, 2, true, &s), PORTERO_LOCAL_USAGE));
  inner[0] = inner_of(PORTERO_AUTH_NETLOGON, true, 3, 0);
  assert_true(portero_is_local(spnego_acceptor_make(inner, 1, &s), PORTERO_LOCAL_USAGE));
  assert_true(portero_is_local(spnego_acceptor_make(inner, 0, &s), PORTERO_LOCAL_USAGE));
  assert_null(s);
}

/* ---- hostile ---- */

/* Messages rewritten by what was read of them. */
static uint8_t rewritten[4096];

static struct portero_bytes write_init(const struct spnego_init *init)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, rewritten, sizeof rewritten);
  spnego_init_write(&w, init);
  return portero_writer_bytes(&w);
}

static struct portero_bytes write_resp(const struct spnego_resp *resp)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, rewritten, sizeof rewritten);
  spnego_resp_write(&w, resp);
  return portero_writer_bytes(&w);
}

/* Kerberos is taken out of the list, and NTLM begins with nothing. */
static struct portero_bytes downgrade(struct portero_bytes message, unsigned n, void *ctx)
{
  struct spnego_init init = {.mechs = {SPNEGO_MECH_NTLM}, .n_mechs = 1};

  (void)ctx;
  return n == 0 ? write_init(&init) : message;
}

static void test_downgrade(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {KERBEROS, NTLM}, .change = downgrade};
  struct talk t = talk(&s);

  (void)state;
  assert_false(t.initiator.done || t.acceptor.done);
  assert_why(&t.acceptor, "mechListMIC");
  talk_free(&t);
}

/* The same by somebody who takes our signatures out as well: message number ctx loses its MIC. */
static struct portero_bytes strip_mic(struct portero_bytes message, unsigned n, void *ctx)
{
  struct spnego_resp resp;

  if (n != *(const unsigned *)ctx)
    return message;
  assert_true(portero_is_ok(spnego_resp_read(message, &resp)));
  assert_true(resp.mic.size > 0);
  resp.mic.size = 0;
  return write_resp(&resp);
}

static struct portero_bytes spoil_mic(struct portero_bytes message, unsigned n, void *ctx)
{
  struct spnego_resp resp;
  struct portero_bytes out;

  if (n != *(const unsigned *)ctx)
    return message;
  assert_true(portero_is_ok(spnego_resp_read(message, &resp)));
  assert_true(resp.mic.size > 0);
  out = write_resp(&resp);
  rewritten[out.size - 1] ^= 0x80;
  return out;
}

/* Messages 4 and 5 carry the signatures when the second choice was taken. */
static void test_mic_missing_or_wrong(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {NTLM}};

  (void)state;
  for (unsigned n = 4; n <= 5; n++) {
    struct talk t;
    s.ctx = &n;
    s.change = strip_mic;
    t = talk(&s);
    assert_false(talk_both_done(&t));
    assert_false(n == 4 && (t.initiator.done || t.acceptor.done));
    talk_free(&t);
    s.change = spoil_mic;
    t = talk(&s);
    assert_false(talk_both_done(&t));
    assert_why(n == 4 ? &t.acceptor : &t.initiator, "mechListMIC");
    talk_free(&t);
  }
}

/* Who has not signed where it is due gets one more leg to do so, and no third. */
static void test_mic_late(void **state)
{
  struct talk_end e = {.security = make((uint8_t[]){NTLM, 0}, false, 3, 0)};
  struct talk_end i = {.security = make((uint8_t[]){NTLM, 0}, true, 3, 0)};
  struct portero_writer out[2];
  struct portero_bytes empty = support_hex("a1023000");
  unsigned third = 2;

  (void)state;
  security_mic_wanted = true;
  portero_writer_init(&out[0], &portero_mem_malloc, 4096);
  portero_writer_init(&out[1], &portero_mem_malloc, 4096);
  talk_leg(&i, portero_bytes_make(NULL, 0), &out[0]);
  talk_leg(&e, portero_writer_bytes(&out[0]), &out[1]);
  talk_leg(&i, portero_writer_bytes(&out[1]), &out[0]);
  talk_leg(&e, strip_mic(portero_writer_bytes(&out[0]), 2, &third), &out[1]);
  assert_true(portero_is_ok(e.status) && !e.done);
  talk_leg(&e, empty, &out[1]);
  assert_int_equal(e.status.klass, PORTERO_CLASS_NAK);
  assert_why(&e, "did not sign");
  security_mic_wanted = false;
  support_free(empty);
  portero_writer_deinit(&out[0]);
  portero_writer_deinit(&out[1]);
  e.security->ops->free(e.security);
  i.security->ops->free(i.security);
}

/* The acceptor names another mechanism in message ctx. */
static struct portero_bytes rename_mech(struct portero_bytes message, unsigned n, void *ctx)
{
  const struct spnego_resp *wanted = ctx;
  struct spnego_resp resp;

  if (n != 1)
    return message;
  assert_true(portero_is_ok(spnego_resp_read(message, &resp)));
  resp.has_mech = wanted->has_mech;
  resp.mech = wanted->mech;
  resp.answer = wanted->answer;
  if (wanted->token.data)
    resp.token = wanted->token;
  return write_resp(&resp);
}

static void test_server_lies(void **state)
{
  static const struct spnego_resp lies[] = {
      /* not offered */
      {.answer = SPNEGO_ACCEPT_INCOMPLETE, .has_mech = true, .mech = SPNEGO_MECH_KERBEROS},
      {.answer = SPNEGO_ACCEPT_COMPLETED, .has_mech = true, .mech = SPNEGO_MECH_KERBEROS},
      /* done before its time */
      {.answer = SPNEGO_ACCEPT_COMPLETED, .has_mech = true, .mech = SPNEGO_MECH_NTLM},
      {.answer = SPNEGO_ACCEPT_COMPLETED},
      {.answer = SPNEGO_REJECT},
  };

  (void)state;
  for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
    struct spnego_resp lie = lies[i];
    struct setup s = {.offers = {NTLM}, .serves = {NTLM}, .change = rename_mech, .ctx = &lie};
    struct talk t = talk(&s);
    assert_true(portero_is_local(t.initiator.status, PORTERO_LOCAL_SECURITY));
    assert_false(t.initiator.done || t.acceptor.done);
    talk_free(&t);
  }
}

/* An answer without the mechanism's name means the first; it may ask for signatures. */
static void test_server_says_little(void **state)
{
  struct spnego_resp little = {.answer = SPNEGO_ACCEPT_INCOMPLETE};
  struct setup s = {.offers = {NTLM}, .serves = {NTLM}, .change = rename_mech, .ctx = &little};
  struct talk t = talk(&s);

  (void)state;
  assert_established(&t, 4, 0);
  talk_free(&t);
  little.answer = SPNEGO_REQUEST_MIC;
  t = talk(&s);
  assert_established(&t, 4, 2);
  talk_free(&t);
}

/* Each message of the longest dialogue cut, and with each bit turned over. */
struct damage {
  unsigned at; /* the message */
  size_t size; /* cut to; or */
  size_t bit;  /* the bit that is turned over */
  bool cut;
};

static struct portero_bytes damage(struct portero_bytes message, unsigned n, void *ctx)
{
  const struct damage *d = ctx;

  if (n != d->at)
    return message;
  memcpy(rewritten, message.data, message.size);
  if (d->cut)
    return portero_bytes_make(rewritten, d->size);
  rewritten[d->bit / 8] ^= (uint8_t)(1u << d->bit % 8);
  return portero_bytes_make(rewritten, message.size);
}

/* Nothing that is cut leads anywhere, but an empty first message, which asks what there is. A flipped
 * bit in what is not signed may: both ends then agree all the same. */
static void test_damaged(void **state)
{
  struct damage d = {0};
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {NTLM}};
  struct talk whole = talk(&s), t;
  unsigned survived = 0, runs = 0;

  (void)state;
  s.change = damage;
  s.ctx = &d;
  for (d.at = 0; d.at < whole.messages; d.at++) {
    d.cut = true;
    for (d.size = 0; d.size < whole.sizes[d.at]; d.size++) {
      t = talk(&s);
      assert_false(talk_both_done(&t));
      talk_free(&t);
    }
    d.cut = false;
    for (d.bit = 0; d.bit < whole.sizes[d.at] * 8; d.bit++, runs++) {
      t = talk(&s);
      assert_true(!talk_both_done(&t) || protects(&t));
      survived += talk_both_done(&t);
      talk_free(&t);
    }
  }
  assert_true(survived < runs / 8); /* the test mechanism does not look at all of its tokens */
  talk_free(&whole);
}

/* A message that comes again, in place of the next one. */
static struct portero_bytes replay(struct portero_bytes message, unsigned n, void *ctx)
{
  static uint8_t kept[2][4096];
  static size_t sizes[2];
  unsigned at = *(const unsigned *)ctx;

  if (n == at)
    return portero_bytes_make(kept[n % 2], sizes[n % 2]);
  memcpy(kept[n % 2], message.data, message.size);
  sizes[n % 2] = message.size;
  return message;
}

static void test_replayed(void **state)
{
  struct setup s = {.offers = {KERBEROS, NTLM}, .serves = {NTLM}, .change = replay};

  (void)state;
  for (unsigned at = 2; at < 6; at++) {
    struct talk t;
    s.ctx = &at;
    t = talk(&s);
    assert_false(talk_both_done(&t));
    talk_free(&t);
  }
}

/* Before the end nothing is protected, and afterwards no token is taken. */
static void test_out_of_order(void **state)
{
  struct setup s = {.offers = {NTLM}, .serves = {NTLM}};
  struct talk_end e = {.security = make(s.serves, false, 3, 0)};
  struct portero_protected_pdu p = {.level = PORTERO_LEVEL_PRIVACY};
  struct portero_writer out;
  struct talk t;

  (void)state;
  assert_false(portero_is_ok(e.security->ops->protect(e.security, &p)));
  assert_false(portero_is_ok(e.security->ops->unprotect(e.security, &p)));
  assert_int_equal(e.security->ops->value_size(e.security, PORTERO_LEVEL_PRIVACY, 1), 0);
  assert_null(e.security->ops->identity(e.security));
  e.security->ops->free(e.security);
  t = talk(&s);
  assert_true(talk_both_done(&t));
  portero_writer_init(&out, &portero_mem_malloc, 4096);
  talk_leg(&t.acceptor, portero_bytes_make("x", 1), &out);
  assert_true(portero_is_local(t.acceptor.status, PORTERO_LOCAL_STATE));
  talk_leg(&t.initiator, portero_bytes_make("x", 1), &out);
  assert_true(portero_is_local(t.initiator.status, PORTERO_LOCAL_STATE));
  assert_true(protects(&t));
  portero_writer_deinit(&out);
  talk_free(&t);
}

/* ---- what is offered ---- */

static struct spnego_offer offer(const struct portero_credentials_options *o, const char *target)
{
  struct auth_initiation i = {.target = target, .level = PORTERO_LEVEL_PRIVACY};
  struct spnego_offer result;

  if (o)
    assert_true(portero_is_ok(portero_credentials_new(o, &i.credentials)));
  result = spnego_offer_for(&i);
  portero_credentials_free(i.credentials);
  return result;
}

static void test_offer(void **state)
{
  static const uint8_t hash[16] = {1};
  struct {
    struct portero_credentials_options options;
    const char *target;
    bool kerberos, ntlm;
  } cases[] = {
      {{.user = "alice@LAB.TEST", .password = "p"}, "host/dc1.lab.test", true, true},
      {{.user = "alice", .domain = "lab.test", .password = "p"}, "host/dc1", true, true},
      {{.user = "LAB\\alice", .password = "p"}, "host/dc1", false, true}, /* no realm */
      {{.user = "alice", .password = "p"}, "host/dc1", false, true},
      {{.user = "alice@LAB.TEST", .password = "p"}, "host/10.0.0.1", false, true},
      {{.user = "alice@LAB.TEST", .password = "p"}, "host/fe80::1%eth0", false, true},
      {{.user = "alice@LAB.TEST", .nt_hash = hash}, "host/dc1", false, true},
      {{.anonymous = true}, "host/dc1", false, true},
      {{.user = "alice@LAB.TEST", .keytab = "k"}, "host/dc1", true, false},
      {{.user = "alice@LAB.TEST"}, "host/dc1", true, false}, /* the ticket cache */
      {{.ccache = "MEMORY:x"}, "host/10.0.0.1", true, false},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct spnego_offer o = offer(&cases[i].options, cases[i].target);
    assert_int_equal(o.kerberos, cases[i].kerberos);
    assert_int_equal(o.ntlm, cases[i].ntlm);
  }
  assert_true(offer(NULL, "host/dc1").kerberos);
  assert_false(offer(NULL, "host/dc1").ntlm);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_choice),
      cmocka_unit_test(test_mic_wanted),
      cmocka_unit_test(test_kerberos),
      cmocka_unit_test(test_two_legs),
      cmocka_unit_test(test_four_legs),
      cmocka_unit_test(test_second_choice),
      cmocka_unit_test(test_acceptor_prefers),
      cmocka_unit_test(test_nothing_in_common),
      cmocka_unit_test(test_falls_back),
      cmocka_unit_test(test_no_fallback_later),
      cmocka_unit_test(test_reject),
      cmocka_unit_test(test_reject_is_sent),
      cmocka_unit_test(test_hint),
      cmocka_unit_test(test_one_mechanism_of_a_type),
      cmocka_unit_test(test_downgrade),
      cmocka_unit_test(test_mic_missing_or_wrong),
      cmocka_unit_test(test_mic_late),
      cmocka_unit_test(test_server_lies),
      cmocka_unit_test(test_server_says_little),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_replayed),
      cmocka_unit_test(test_out_of_order),
      cmocka_unit_test(test_offer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
