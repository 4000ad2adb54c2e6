/* SPDX-License-Identifier: Apache-2.0 */
/* SPNEGO's two messages: what others send, what we write, and what is refused. */
#include <stdlib.h>

#include "src/auth/spnego_message.h"
#include "tests/unit/support.h"

/* By impacket: Kerberos by Microsoft's identifier and NTLM, with a token of four bytes. */
#define FROM_IMPACKET                                                                              \
  "602f06062b0601050502a0253023a019301706092a864882f712010202060a2b06010401823702020aa20604046162" \
  "6"                                                                                              \
  "364"
/* By Samba's ntlm_auth, as a client. */
#define FROM_SAMBA                                                                                 \
  "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a04284e544c4d5353500001000000"   \
  "0582086200000000280000000000000028000000060100000000000f"
/* The same as a server that speaks first. */
#define HINT                                                                                       \
  "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f6465"       \
  "66696e65645f696e5f5246433431373840706c656173655f69676e6f7265"
/* By impacket: accept-incomplete, NTLM, "answer". */
#define RESP "a11f301da0030a0101a10c060a2b06010401823702020aa2080406616e73776572"

static struct spnego_init init_of(const char *hex)
{
  struct portero_bytes bytes = support_hex(hex);
  struct spnego_init init;

  assert_true(portero_is_ok(spnego_init_read(bytes, &init)));
  support_free(bytes); /* the views are not looked at */
  return init;
}

static bool read_init(struct portero_bytes input, void *ctx)
{
  struct spnego_init init;

  (void)ctx;
  return portero_is_ok(spnego_init_read(input, &init));
}

static bool read_resp(struct portero_bytes input, void *ctx)
{
  struct spnego_resp resp;

  (void)ctx;
  return portero_is_ok(spnego_resp_read(input, &resp));
}

static bool accepts(support_decoder *decode, const char *hex)
{
  struct portero_bytes bytes = support_hex(hex);
  bool accepted = decode(bytes, NULL);

  support_free(bytes);
  return accepted;
}

static void test_init_of_others(void **state)
{
  struct portero_bytes bytes = support_hex(FROM_IMPACKET);
  struct spnego_init init;

  (void)state;
  assert_true(portero_is_ok(spnego_init_read(bytes, &init)));
  assert_int_equal(init.n_mechs, 2);
  assert_int_equal(init.mechs[0], SPNEGO_MECH_MS_KERBEROS);
  assert_int_equal(init.mechs[1], SPNEGO_MECH_NTLM);
  support_assert_hex(init.token, "61626364");
  support_assert_hex(init.list, "301706092a864882f712010202060a2b06010401823702020a");
  support_free(bytes);
  init = init_of(FROM_SAMBA);
  assert_int_equal(init.n_mechs, 1);
  assert_int_equal(init.token.size, 40);
  assert_int_equal(init_of(HINT).token.size, 0);
}

/* Without the frame; with reqFlags and a mechListMIC; with NEGOEX, which nobody here speaks. */
static void test_init_forms(void **state)
{
  (void)state;
  assert_int_equal(
      init_of("a0253023a019301706092a864882f712010202060a2b06010401823702020aa206040461626364")
          .n_mechs,
      2);
  assert_int_equal(
      init_of(
          "a026 3024 a00e300c060a2b06010401823702020a a1040302056a a2040402 6162 a3060404 01020304")
          .token.size,
      2);
  assert_int_equal(init_of("a010 300e a00c 300a 06082a864886f7120303").mechs[0], SPNEGO_MECH_OTHER);
}

static void test_init_refused(void **state)
{
  static const char *const wrong[] = {
      "",
      "a0023000",                                            /* no list */
      "a006 3004 a002 3000",                                 /* an empty list */
      "a012 3010 a00e300c060a2b06010401823702020a 00",       /* something behind the token */
      "a0123010a00e300c060a2b06010401823702020b a000",       /* fields in the wrong order */
      "a080 3010 a00e300c060a2b06010401823702020a 0000",     /* indefinite length */
      "a08112 3010 a00e300c060a2b06010401823702020a",        /* longer than need be */
      "a0840000 0012 3010 a00e300c060a2b06010401823702020a", /* the same */
      "a084ffffffff 3010 a00e300c060a2b06010401823702020a",  /* beyond the end */
      "a089010000000000000012 3010 a00e300c060a2b06010401823702020a", /* beyond a machine's word */
      "bf0012 3010 a00e300c060a2b06010401823702020a",                 /* a tag of two octets */
      "6019 06052b06010505 a0103010a00e300c060a2b06010401823702020a", /* another mechanism's frame */
      "a1123010a00e300c060a2b06010401823702020a",                     /* NegTokenResp */
      RESP,
  };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(accepts(read_init, wrong[i]));
}

/* SPNEGO_MECHS_LIMIT are read, one more is too many, and it is told from nonsense. */
static void test_list_limit(void **state)
{
  struct spnego_init init = {0};
  struct portero_writer w;
  uint8_t buffer[1024];

  (void)state;
  for (size_t i = 0; i < SPNEGO_MECHS_LIMIT; i++)
    init.mechs[init.n_mechs++] = SPNEGO_MECH_NTLM;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  spnego_init_write(&w, &init);
  assert_true(read_init(portero_writer_bytes(&w), NULL));
  {
    /* By hand: the writer knows no more than the limit either. */
    uint8_t list[2 + 12 * (SPNEGO_MECHS_LIMIT + 1)];
    struct portero_writer l;
    struct spnego_init out;

    portero_writer_reset(&w);
    portero_writer_init_fixed(&l, list, sizeof list);
    for (size_t i = 0; i <= SPNEGO_MECHS_LIMIT; i++)
      portero_write_bytes(&l, "\x06\x01\x2a", 3);
    portero_write_bytes(&w, "\xa0\x39\x30\x37\xa0\x35\x30\x33", 8);
    portero_write_bytes(&w, l.base, l.size);
    assert_int_equal(l.size, 0x33);
    assert_true(
        portero_is_local(spnego_init_read(portero_writer_bytes(&w), &out), PORTERO_LOCAL_LIMIT));
  }
}

static void test_token_limit(void **state)
{
  struct spnego_init init = {.mechs = {SPNEGO_MECH_NTLM}, .n_mechs = 1}, out;
  struct portero_writer w;
  uint8_t *token = calloc(1, SPNEGO_TOKEN_LIMIT);

  (void)state;
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  init.token = portero_bytes_make(token, SPNEGO_TOKEN_LIMIT - 100);
  spnego_init_write(&w, &init);
  assert_true(portero_is_ok(spnego_init_read(portero_writer_bytes(&w), &out)));
  assert_int_equal(out.token.size, init.token.size);
  portero_writer_reset(&w);
  init.token.size = SPNEGO_TOKEN_LIMIT;
  spnego_init_write(&w, &init);
  assert_true(
      portero_is_local(spnego_init_read(portero_writer_bytes(&w), &out), PORTERO_LOCAL_LIMIT));
  portero_writer_deinit(&w);
  free(token);
}

static void test_written_as_others(void **state)
{
  struct spnego_init init = {.mechs = {SPNEGO_MECH_MS_KERBEROS, SPNEGO_MECH_NTLM},
                             .n_mechs = 2,
                             .token = portero_bytes_make("abcd", 4)};
  struct spnego_resp resp = {.answer = SPNEGO_ACCEPT_INCOMPLETE,
                             .has_mech = true,
                             .mech = SPNEGO_MECH_NTLM,
                             .token = portero_bytes_make("answer", 6)};
  struct portero_writer w;
  uint8_t buffer[256];

  (void)state;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  spnego_init_write(&w, &init);
  support_assert_hex(portero_writer_bytes(&w), FROM_IMPACKET);
  init = (struct spnego_init){.mechs = {SPNEGO_MECH_NTLM}, .n_mechs = 1, .hints = true};
  portero_writer_reset(&w);
  spnego_init_write(&w, &init);
  support_assert_hex(portero_writer_bytes(&w), HINT);
  portero_writer_reset(&w);
  spnego_resp_write(&w, &resp);
  support_assert_hex(portero_writer_bytes(&w), RESP);
}

static void test_resp(void **state)
{
  struct portero_bytes bytes = support_hex(RESP);
  struct spnego_resp resp;

  (void)state;
  assert_true(portero_is_ok(spnego_resp_read(bytes, &resp)));
  assert_int_equal(resp.answer, SPNEGO_ACCEPT_INCOMPLETE);
  assert_true(resp.has_mech);
  assert_int_equal(resp.mech, SPNEGO_MECH_NTLM);
  support_assert_hex(resp.token, "616e73776572");
  assert_int_equal(resp.mic.size, 0);
  support_free(bytes);
  bytes = support_hex("a10c300aa2080406616e73776572");
  assert_true(portero_is_ok(spnego_resp_read(bytes, &resp)));
  assert_int_equal(resp.answer, SPNEGO_NO_ANSWER);
  assert_false(resp.has_mech);
  support_free(bytes);
  assert_true(accepts(read_resp, "a1023000"));
  assert_true(accepts(read_resp, "a1073005a0030a0103"));
  assert_false(accepts(read_resp, "a1073005a0030a0104"));     /* no such answer */
  assert_false(accepts(read_resp, "a1083006a0040a020001"));   /* of two octets */
  assert_false(accepts(read_resp, "a1063004a0020a00"));       /* of none */
  assert_false(accepts(read_resp, "a1073005a003020101"));     /* an INTEGER */
  assert_false(accepts(read_resp, "a1093007a0030a0100a000")); /* twice */
  assert_false(accepts(read_resp, FROM_SAMBA));
}

static void test_hostile(void **state)
{
  static const char *const inits[] = {FROM_IMPACKET, FROM_SAMBA, HINT};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    struct portero_bytes sample = support_hex(inits[i]);
    assert_int_equal(support_prefixes(sample, read_init, NULL), 0);
    assert_true(support_bit_flips(sample, read_init, NULL) < sample.size * 8);
    support_free(sample);
  }
  struct portero_bytes sample = support_hex(RESP);
  assert_int_equal(support_prefixes(sample, read_resp, NULL), 0);
  assert_true(support_bit_flips(sample, read_resp, NULL) < sample.size * 8);
  support_free(sample);
}

static void test_bare(void **state)
{
  struct portero_bytes kerberos = support_hex("600f 06092a864886f712010202 0100 6162");

  (void)state;
  assert_int_equal(spnego_bare_mech(portero_bytes_make("NTLMSSP\0\1", 9)), SPNEGO_MECH_NTLM);
  assert_int_equal(spnego_bare_mech(portero_bytes_make("NTLMSSP", 7)), SPNEGO_MECH_OTHER);
  assert_int_equal(spnego_bare_mech(kerberos), SPNEGO_MECH_KERBEROS);
  support_patch(kerberos, 12, "03");
  assert_int_equal(spnego_bare_mech(kerberos), SPNEGO_MECH_OTHER);
  assert_int_equal(spnego_bare_mech(portero_bytes_make("\x6e\x01x", 3)), SPNEGO_MECH_KERBEROS);
  assert_int_equal(spnego_bare_mech(portero_bytes_make("\x6e\x02x", 3)), SPNEGO_MECH_OTHER);
  assert_int_equal(spnego_bare_mech(portero_bytes_make(NULL, 0)), SPNEGO_MECH_OTHER);
  support_free(kerberos);
}

/* The AP-REQ inside its frame, and what is left alone. */
static void test_without_frame(void **state)
{
  static const char *const alone[] = {
      "6e0178",                                /* has no frame */
      "601006092a864886f7120102020200 6e0178", /* an AP-REP's identifier */
      "601006092a864886f7120102030100 6e0178", /* another mechanism */
      "600f06092a864886f7120102020100 6e0178", /* longer than its frame */
      "601006092a864886f7120102020100 6f0178", /* no AP-REQ inside */
      "4e544c4d53535000",
      "",
  };
  struct portero_bytes token = support_hex("601006092a864886f7120102020100 6e0178"), inside;

  (void)state;
  inside = spnego_without_frame(token);
  support_assert_hex(inside, "6e0178");
  support_free(token);
  for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
    token = support_hex(alone[i]);
    inside = spnego_without_frame(token);
    assert_ptr_equal(inside.data, token.data);
    assert_int_equal(inside.size, token.size);
    support_free(token);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_init_of_others), cmocka_unit_test(test_init_forms),
      cmocka_unit_test(test_init_refused),   cmocka_unit_test(test_list_limit),
      cmocka_unit_test(test_token_limit),    cmocka_unit_test(test_written_as_others),
      cmocka_unit_test(test_resp),           cmocka_unit_test(test_hostile),
      cmocka_unit_test(test_bare),           cmocka_unit_test(test_without_frame),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
