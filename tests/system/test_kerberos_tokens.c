/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Kerberos: cut, changed, replayed, out of order; and what other people's ends say to ours. */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/system/kerberos_ends.h"

#define ONE   "host/one.kdc.test"
#define WHOLE SIZE_MAX

/* ---- tokens ---- */

struct target {
  struct portero_acceptor *one;
  size_t leg; /* whose token is changed */
};

static struct portero_security *at_leg(struct target *t, struct ends *e)
{
  ends_begin(e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), t->one, PORTERO_LEVEL_PRIVACY);
  assert_true(portero_is_ok(ends_run(e, t->leg)));
  return t->leg % 2 ? e->server : e->client;
}

/* Runs up to the leg, whose token is cut to size, or has a bit turned over; true: it was accepted. */
static bool changed(struct target *t, size_t index, bool cut, size_t *out_size)
{
  struct portero_bytes token;
  struct portero_security *s;
  struct ends e;
  bool accepted, done;

  s = at_leg(t, &e);
  token = support_copy(portero_writer_bytes(&e.tokens[t->leg - 1]));
  *out_size = token.size;
  if (cut && index != WHOLE)
    token.size = index < token.size ? index : token.size - 1;
  if (!cut && index / 8 < token.size) /* its numbers are longer or shorter each time */
    ((uint8_t *)(uintptr_t)token.data)[index / 8] ^= (uint8_t)(1u << index % 8);
  accepted = ends_feed(s, token, &done) && (cut || index / 8 < token.size);
  if (!accepted && token.size > 0 && (cut || index / 8 < token.size))
    assert_non_null(s->ops->why(s));
  if (accepted && t->leg == 3) /* what nobody signs may differ; who it is may not */
    assert_string_equal(s->ops->identity(s)->principal, "alice@KDC.TEST");
  support_free(token);
  ends_free(&e);
  return accepted;
}

static void no_token_of(size_t leg, size_t step, size_t tolerated)
{
  struct target t = {ends_acceptor("one.keytab", NULL), leg};
  size_t size = 1, n = 0;

  assert_true(changed(&t, WHOLE, true, &size)); /* the twin: as it is */
  for (size_t i = 0; i < size; i++)
    n += changed(&t, i, true, &size);
  assert_int_equal(n, 0);
  for (size_t bit = 0; bit < size * 8; bit += step)
    n += changed(&t, bit, false, &size);
  if (n > tolerated)
    print_error("leg %zu: %zu of %zu\n", leg, n, size * 8 / step);
  assert_in_range(n, 0, tolerated);
  portero_acceptor_free(t.one);
}

static void test_changed_ap_req(void **state)
{
  (void)state;
  no_token_of(1, 3, 128); /* the ticket's name, in clear, is nobody's to rely on */
}

static void test_changed_ap_rep(void **state)
{
  (void)state;
  no_token_of(2, 1, 8); /* the number of the cipher, which the library does not look at */
}

static void test_changed_third_leg(void **state)
{
  (void)state;
  no_token_of(3, 1, 8); /* the same */
}

static bool accepts(struct portero_security *s, const struct portero_writer *token)
{
  bool done;

  return ends_feed(s, portero_writer_bytes(token), &done);
}

/* An AP-REQ that is sent again is answered, but nobody gets further with it. */
static void test_replayed_dialogue(void **state)
{
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct portero_security *again;
  struct ends e;

  (void)state;
  ends_meet(&e, one, ONE, PORTERO_LEVEL_PRIVACY);
  assert_true(portero_is_ok(one->begin(one->ctx, PORTERO_LEVEL_PRIVACY, &again)));
  assert_true(accepts(again, &e.tokens[0]));
  assert_null(again->ops->identity(again));
  assert_false(accepts(again, &e.tokens[2]));
  assert_null(again->ops->identity(again));
  again->ops->free(again);
  ends_free(&e);
  portero_acceptor_free(one);
}

static void test_tokens_out_of_order(void **state)
{
  static const struct {
    size_t steps; /* that went well before */
    bool server;  /* who gets it */
    size_t token;
  } cases[] = {{2, true, 0}, {2, true, 1}, {2, false, 0}, {3, true, 0},
               {3, true, 1}, {4, true, 2}, {4, true, 0},  {4, false, 1}};
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);
  struct ends e;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ends_begin(&e, ends_initiator(NULL, ONE, PORTERO_LEVEL_PRIVACY), one, PORTERO_LEVEL_PRIVACY);
    assert_true(portero_is_ok(ends_run(&e, cases[i].steps)));
    assert_false(accepts(cases[i].server ? e.server : e.client, &e.tokens[cases[i].token]));
    ends_free(&e);
  }
  portero_acceptor_free(one);
}

static void test_first_tokens_that_are_none(void **state)
{
  static const char *const tokens[] = {
      "",
      "00",
      "6e",
      "6e00",
      "6e820000",
      "4e544c4d5353500001000000",
      "6000",
      "600606062b0601050502",
      "600b06092a864886f712010202",
      "604806062b0601050502a03e303ca00e300c060a2b06010401823702020a"};
  struct portero_acceptor *one = ends_acceptor("one.keytab", NULL);

  (void)state;
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
    struct portero_bytes token = support_hex(tokens[i]);
    struct portero_security *s;
    bool done;

    assert_true(portero_is_ok(one->begin(one->ctx, PORTERO_LEVEL_PRIVACY, &s)));
    assert_false(ends_feed(s, token, &done));
    assert_non_null(s->ops->why(s));
    s->ops->free(s);
    support_free(token);
  }
  portero_acceptor_free(one);
}

/* ---- other people's servers ---- */

static gss_cred_id_t key_of_one(void)
{
  char path[KDC_PATH];
  gss_key_value_element_desc keytab = {"keytab", kdc_path(&ends_kdc, "one.keytab", path)};
  gss_key_value_set_desc store = {1, &keytab};
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor;

  assert_int_equal(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_ACCEPT,
                                         &store, &credential, NULL, NULL),
                   GSS_S_COMPLETE);
  return credential;
}

/* What a server is asked for by its client at this level. */
static OM_uint32 asked_for(uint8_t level)
{
  struct portero_security *client = ends_initiator(NULL, ONE, level);
  gss_cred_id_t key = key_of_one(), delegated = GSS_C_NO_CREDENTIAL;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor, flags = 0;
  struct portero_writer w;
  bool done;

  portero_writer_init(&w, &portero_mem_malloc, (size_t)1 << 16);
  for (size_t i = 0; i < 2; i++) {
    gss_buffer_desc in;

    portero_writer_reset(&w);
    assert_true(portero_is_ok(
        client->ops->step(client, portero_bytes_make(out.value, out.length), &w, &done)));
    (void)gss_release_buffer(&minor, &out);
    in = (gss_buffer_desc){w.size, w.base};
    assert_int_equal(gss_accept_sec_context(&minor, &context, key, &in, NULL, NULL, NULL, &out,
                                            &flags, NULL, &delegated),
                     i == 0 ? GSS_S_CONTINUE_NEEDED : GSS_S_COMPLETE);
  }
  assert_ptr_equal(delegated, GSS_C_NO_CREDENTIAL);
  (void)gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  (void)gss_release_cred(&minor, &key);
  portero_writer_deinit(&w);
  client->ops->free(client);
  return flags;
}

/* What the level needs is asked for and no more: some servers go by that. Delegation never. */
static void test_what_is_asked_for(void **state)
{
  const OM_uint32 always =
      GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_DCE_STYLE;
  const OM_uint32 sign = always | GSS_C_INTEG_FLAG, seal = sign | GSS_C_CONF_FLAG;
  const OM_uint32 known = seal | GSS_C_DELEG_FLAG | GSS_C_ANON_FLAG;

  (void)state;
  assert_int_equal(asked_for(PORTERO_LEVEL_CONNECT) & known, always);
  assert_int_equal(asked_for(PORTERO_LEVEL_PACKET) & known, sign);
  assert_int_equal(asked_for(PORTERO_LEVEL_INTEGRITY) & known, sign);
  assert_int_equal(asked_for(PORTERO_LEVEL_PRIVACY) & known, seal);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_changed_ap_req),      cmocka_unit_test(test_changed_ap_rep),
      cmocka_unit_test(test_changed_third_leg),   cmocka_unit_test(test_replayed_dialogue),
      cmocka_unit_test(test_tokens_out_of_order), cmocka_unit_test(test_first_tokens_that_are_none),
      cmocka_unit_test(test_what_is_asked_for),
  };

  return ends_main(tests, sizeof tests / sizeof *tests);
}
