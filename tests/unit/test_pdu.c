/* SPDX-License-Identifier: Apache-2.0 */
/* Every PDU family: what is accepted, its reject twin, and that reading undoes writing. */
#include "tests/unit/rewrite.h"
#include "tests/unit/support.h"

#include <portero/pdu.h>

#include <stdio.h>

#define EPMAPPER "08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa 03 00 00 00"
#define NDR      "04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 00 00"
#define FEATURES "2c 1c b7 6c 12 98 40 45 03 00 00 00 00 00 00 00 01 00 00 00"

/* Little-endian samples. Lengths are checked by each accept test. */
static const char bind_hex[] = "05 00 0b 03 10 00 00 00 74 00 00 00 01 00 00 00"
                               "d0 16 d0 16 00 00 00 00 02 00 00 00"
                               "00 00 01 00" EPMAPPER NDR "01 00 01 00" EPMAPPER FEATURES;
static const char bind_auth_hex[] =
    "05 00 0b 07 10 00 00 00 58 00 08 00 07 00 00 00"
    "d0 16 d0 16 78 56 34 12 01 00 00 00"
    "00 00 01 00" EPMAPPER NDR "0a 05 00 00 2a 00 00 00 4e 54 4c 4d 53 53 50 00";
static const char bind_big_hex[] = "05 00 0b 03 00 00 00 00 00 48 00 00 00 00 00 09"
                                   "16 d0 16 d0 00 00 00 2a 01 00 00 00 00 05 01 00"
                                   "e1 af 83 08 5d 1f 11 c9 91 a4 08 00 2b 14 a0 fa 00 00 00 03"
                                   "8a 88 5d 04 1c eb 11 c9 9f e8 08 00 2b 10 48 60 00 00 00 02";
static const char ack_hex[] = "05 00 0c 03 10 00 00 00 54 00 00 00 01 00 00 00"
                              "d0 16 d0 16 78 56 34 12 04 00 31 33 35 00 00 00"
                              "02 00 00 00"
                              "00 00 00 00" NDR "03 00 03 00"
                              "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";
static const char alter_resp_hex[] = "05 00 0f 03 10 00 00 00 38 00 00 00 02 00 00 00"
                                     "d0 16 d0 16 78 56 34 12 00 00 00 00 01 00 00 00"
                                     "00 00 00 00" NDR;
static const char nak_hex[] = "05 00 0d 03 10 00 00 00 18 00 00 00 01 00 00 00"
                              "04 00 01 05 00 00 00 00";
static const char request_hex[] = "05 00 00 03 10 00 00 00 1c 00 00 00 05 00 00 00"
                                  "04 00 00 00 01 00 02 00 de ad be ef";
static const char request_object_hex[] = "05 00 00 83 10 00 00 00 2a 00 00 00 05 00 00 00"
                                         "02 00 00 00 01 00 02 00"
                                         "33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff ca fe";
static const char request_auth_hex[] =
    "05 00 00 03 10 00 00 00 34 00 04 00 05 00 00 00"
    "05 00 00 00 01 00 02 00 01 02 03 04 05 00 00 00"
    "00 00 00 00 00 00 00 00 0a 06 0b 00 01 00 00 00 aa bb cc dd";
static const char request_big_hex[] = "05 00 00 03 00 00 00 00 00 1a 00 00 00 00 00 05"
                                      "00 00 00 02 00 01 00 02 be ef";
static const char response_hex[] = "05 00 02 03 10 00 00 00 1c 00 00 00 05 00 00 00"
                                   "04 00 00 00 01 00 02 00 de ad be ef";
static const char fault_hex[] = "05 00 03 23 10 00 00 00 20 00 00 00 05 00 00 00"
                                "20 00 00 00 00 00 00 00 02 00 01 1c 00 00 00 00";
static const char fault_short_hex[] = "05 00 03 03 10 00 00 00 1c 00 00 00 05 00 00 00"
                                      "00 00 00 00 00 00 00 00 02 00 01 1c";
static const char auth3_hex[] = "05 00 10 03 10 00 00 00 20 00 04 00 05 00 00 00"
                                "00 00 00 00 0a 05 00 00 01 00 00 00 aa bb cc dd";
static const char shutdown_hex[] = "05 00 11 03 10 00 00 00 10 00 00 00 00 00 00 00";
static const char cancel_hex[] = "05 00 12 03 10 00 00 00 10 00 00 00 09 00 00 00";
static const char orphaned_hex[] = "05 00 13 03 10 00 00 00 10 00 00 00 09 00 00 00";

static const char *const samples[] = {
    bind_hex,           bind_auth_hex,    bind_big_hex, ack_hex,
    alter_resp_hex,     nak_hex,          request_hex,  request_big_hex,
    request_object_hex, request_auth_hex, response_hex, fault_hex,
    fault_short_hex,    auth3_hex,        shutdown_hex, cancel_hex,
    orphaned_hex,
};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

static const struct portero_syntax epmapper = {
    {0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 0};

/* Reads hex with patch over it at offset at ("" for none); the block is the caller's. */
static portero_status read_patched(const char *hex, size_t at, const char *patch,
                                   struct portero_bytes *out_block, struct portero_pdu *out_pdu)
{
  struct portero_bytes block = support_hex(hex);

  support_patch(block, at, patch);
  *out_block = block;
  return portero_pdu_read(block, out_pdu);
}

static struct portero_bytes read_ok(const char *hex, uint32_t odd, struct portero_pdu *out_pdu)
{
  struct portero_bytes block;

  assert_true(portero_is_ok(read_patched(hex, 0, "", &block, out_pdu)));
  assert_int_equal(out_pdu->odd, odd);
  assert_ptr_equal(out_pdu->whole.data, block.data);
  assert_int_equal(out_pdu->whole.size, block.size);
  return block;
}

static void assert_patched_odd(const char *hex, size_t at, const char *patch, uint32_t odd)
{
  struct portero_bytes block;
  struct portero_pdu pdu;

  assert_true(portero_is_ok(read_patched(hex, at, patch, &block, &pdu)));
  assert_int_equal(pdu.odd, odd);
  support_free(block);
}

/* A refused PDU leaves its output alone. */
static void assert_refused(const char *hex, size_t at, const char *patch,
                           enum portero_local expected)
{
  struct portero_bytes block;
  struct portero_pdu pdu, before;
  portero_status status;

  memset(&pdu, 0x5a, sizeof pdu);
  memset(&before, 0x5a, sizeof before);
  status = read_patched(hex, at, patch, &block, &pdu);
  assert_true(portero_is_local(status, expected));
  assert_memory_equal(&pdu, &before, sizeof pdu);
  support_free(block);
}

/* ---- writing again what was read ---------------------------------------------------------- */

static void rewriting_gives_the_same_bytes(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    uint8_t buffer[512];
    struct portero_writer w;
    struct portero_pdu pdu;
    struct portero_bytes block = read_ok(samples[i], 0, &pdu);

    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    rewrite_pdu(&w, &pdu);
    assert_true(portero_is_ok(portero_writer_finish(&w)));
    if (samples[i] == fault_short_hex)
      assert_int_equal(w.size, PORTERO_PDU_FAULT_SIZE); /* we always write the reserved word */
    else
      support_assert_bytes(portero_writer_bytes(&w), block);
    support_free(block);
  }
}

/* The fields survive the way through the other byte order and back. */
static void byte_order_changes_no_field(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    uint8_t there[512], back[512];
    struct portero_writer w;
    struct portero_pdu pdu, turned;
    struct portero_bytes block = read_ok(samples[i], 0, &pdu);

    pdu.header.drep[0] ^= PORTERO_DREP_LITTLE;
    portero_writer_init_fixed(&w, there, sizeof there);
    rewrite_pdu(&w, &pdu);
    assert_true(portero_is_ok(portero_pdu_read(portero_writer_bytes(&w), &turned)));
    assert_int_equal(turned.odd, 0);
    assert_int_equal(portero_pdu_is_big_endian(&turned.header),
                     portero_pdu_is_big_endian(&pdu.header));
    assert_int_equal(turned.header.call_id, pdu.header.call_id);
    turned.header.drep[0] ^= PORTERO_DREP_LITTLE;
    portero_writer_init_fixed(&w, back, sizeof back);
    rewrite_pdu(&w, &turned);
    if (samples[i] == fault_short_hex)
      support_assert_hex(portero_bytes_make(back + 16, 12), "00 00 00 00 00 00 00 00 02 00 01 1c");
    else
      support_assert_bytes(portero_writer_bytes(&w), block);
    support_free(block);
  }
}

/* ---- all prefixes, all bit flips ---------------------------------------------------------- */

/* Reads everything there is to read of an accepted PDU; views must lie inside it. */
static void assert_inside(const struct portero_pdu *pdu, struct portero_bytes part)
{
  if (part.size == 0)
    return;
  assert_true(part.data >= pdu->whole.data);
  assert_true(part.data + part.size <= pdu->whole.data + pdu->whole.size);
}

static void pdu_visit(struct portero_pdu *pdu)
{
  struct portero_context_view view;
  struct portero_context_result result;
  struct portero_syntax syntax;

  if (pdu->odd & (PORTERO_ODD_VERSION | PORTERO_ODD_PTYPE))
    return;
  if (pdu->has_auth)
    assert_inside(pdu, pdu->auth.value);
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    for (unsigned i = 0; i < pdu->body.bind.n_contexts; i++) {
      assert_true(portero_context_next(&pdu->body.bind.iter, &view));
      for (unsigned k = 0; k < view.n_transfer; k++)
        assert_true(portero_context_transfer(&view, &syntax));
      assert_false(portero_context_transfer(&view, &syntax));
    }
    assert_false(portero_context_next(&pdu->body.bind.iter, &view));
    break;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    assert_inside(pdu, pdu->body.bind_ack.secondary_address);
    for (unsigned i = 0; i < pdu->body.bind_ack.n_results; i++)
      assert_true(portero_context_result_next(&pdu->body.bind_ack.results_reader, &result));
    assert_false(portero_context_result_next(&pdu->body.bind_ack.results_reader, &result));
    break;
  case PORTERO_PTYPE_BIND_NAK:
    assert_int_equal(pdu->body.bind_nak.versions.size, 2 * pdu->body.bind_nak.n_versions);
    assert_inside(pdu, pdu->body.bind_nak.versions);
    break;
  case PORTERO_PTYPE_REQUEST:
    assert_inside(pdu, pdu->body.request.stub);
    break;
  case PORTERO_PTYPE_RESPONSE:
    assert_inside(pdu, pdu->body.response.stub);
    break;
  case PORTERO_PTYPE_FAULT:
    assert_inside(pdu, pdu->body.fault.stub);
    break;
  default:
    break;
  }
}

static bool decode(struct portero_bytes input, void *ctx)
{
  struct portero_pdu pdu;

  (void)ctx;
  if (!portero_is_ok(portero_pdu_read(input, &pdu)))
    return false;
  pdu_visit(&pdu);
  return true;
}

/* As decode, but frag_length is mended first, so that the bodies see short input too. */
static bool decode_mended(struct portero_bytes input, void *ctx)
{
  struct portero_bytes copy;
  unsigned mended;
  char length[5];
  bool accepted;

  if (input.size < PORTERO_PDU_HEADER_SIZE)
    return decode(input, ctx);
  copy = support_copy(input);
  mended = (unsigned)copy.size;
  if (copy.data[4] & 0xf0)
    mended = (mended & 0xff) << 8 | mended >> 8;
  (void)snprintf(length, sizeof length, "%04x", mended & 0xffff);
  support_patch(copy, 8, length);
  accepted = decode(copy, ctx);
  support_free(copy);
  return accepted;
}

static void prefixes_and_flips_stay_inside(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes block = support_hex(samples[i]);

    assert_true(decode(block, NULL));
    assert_int_equal(support_prefixes(block, decode, NULL), 0);
    (void)support_prefixes(block, decode_mended, NULL);
    /* The 16 bits of frag_length are always refused, and drep's that says how they are read. */
    assert_true(support_bit_flips(block, decode, NULL) < block.size * 8 - 16);
    (void)support_bit_flips(block, decode_mended, NULL);
    support_free(block);
  }
}

/* Every prefix of these is missing part of a field. */
static void cut_bodies_are_refused(void **state)
{
  static const char *const whole[] = {bind_hex, bind_big_hex, ack_hex, alter_resp_hex};

  (void)state;
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    struct portero_bytes block = support_hex(whole[i]);
    assert_int_equal(support_prefixes(block, decode_mended, NULL), 0);
    support_free(block);
  }
}

/* ---- the header ---------------------------------------------------------------------------- */

static void header_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(request_auth_hex, 0, &pdu);

  (void)state;
  assert_int_equal(pdu.header.version, 5);
  assert_int_equal(pdu.header.version_minor, 0);
  assert_int_equal(pdu.header.ptype, PORTERO_PTYPE_REQUEST);
  assert_int_equal(pdu.header.flags, PORTERO_PFC_WHOLE);
  assert_int_equal(pdu.header.drep[0], PORTERO_DREP_LITTLE);
  assert_int_equal(pdu.header.frag_length, block.size);
  assert_int_equal(pdu.header.auth_length, 4);
  assert_int_equal(pdu.header.call_id, 5);
  assert_false(portero_pdu_is_big_endian(&pdu.header));
  support_free(block);
}

static void header_length_must_be_the_size(void **state)
{
  (void)state;
  assert_refused(request_hex, 8, "1b 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(request_hex, 8, "1d 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(request_hex, 8, "00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused("05 00 00 03 10 00 00 00 0f 00 00 00 05 00 00", 0, "", PORTERO_LOCAL_SHORT);
  assert_refused("", 0, "", PORTERO_LOCAL_SHORT);
}

static void header_oddities(void **state)
{
  (void)state;
  assert_patched_odd(request_hex, 0, "05 01", 0);
  assert_patched_odd(request_hex, 0, "05 02", PORTERO_ODD_VERSION);
  assert_patched_odd(request_hex, 0, "04", PORTERO_ODD_VERSION);
  assert_patched_odd(request_hex, 4, "11", PORTERO_ODD_DREP);
  assert_patched_odd(request_hex, 4, "20", PORTERO_ODD_DREP);
  assert_patched_odd(request_hex, 5, "01", PORTERO_ODD_DREP);
  assert_patched_odd(request_hex, 7, "01", PORTERO_ODD_DREP);
  assert_patched_odd(request_hex, 3, "0b", PORTERO_ODD_FLAGS);
  assert_patched_odd(request_hex, 3, "00", 0); /* a middle fragment */
  assert_patched_odd(bind_hex, 3, "01", PORTERO_ODD_FLAGS);
  assert_patched_odd(cancel_hex, 3, "00", 0);
}

static void types_that_are_not_ours(void **state)
{
  static const char *const types[] = {"01", "04", "0a", "14", "ff"};

  (void)state;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    assert_patched_odd(request_hex, 2, types[i], PORTERO_ODD_PTYPE);
}

/* ---- bind and alter_context ---------------------------------------------------------------- */

static void bind_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(bind_hex, 0, &pdu);
  struct portero_bind *bind = &pdu.body.bind;
  struct portero_context_view view;
  struct portero_syntax transfer;
  uint64_t features = 0;

  (void)state;
  assert_int_equal(bind->max_xmit_frag, 5840);
  assert_int_equal(bind->max_recv_frag, 5840);
  assert_int_equal(bind->assoc_group_id, 0);
  assert_int_equal(bind->n_contexts, 2);
  assert_null(bind->contexts);
  assert_true(portero_context_next(&bind->iter, &view));
  assert_int_equal(view.id, 0);
  assert_int_equal(view.n_transfer, 1);
  assert_true(portero_syntax_equal(&view.abstract, &epmapper));
  assert_true(portero_context_transfer(&view, &transfer));
  assert_true(portero_syntax_equal(&transfer, &portero_syntax_ndr));
  assert_false(portero_context_transfer(&view, &transfer));
  assert_true(portero_context_next(&bind->iter, &view));
  assert_int_equal(view.id, 1);
  assert_true(portero_context_transfer(&view, &transfer));
  assert_true(portero_syntax_is_features(&transfer, &features));
  assert_int_equal(features, 3);
  assert_false(portero_context_next(&bind->iter, &view));
  support_free(block);
}

static void bind_in_big_endian(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(bind_big_hex, 0, &pdu);
  struct portero_context_view view;
  struct portero_syntax transfer;

  (void)state;
  assert_true(portero_pdu_is_big_endian(&pdu.header));
  assert_int_equal(pdu.header.call_id, 9);
  assert_int_equal(pdu.body.bind.assoc_group_id, 0x2a);
  assert_true(portero_context_next(&pdu.body.bind.iter, &view));
  assert_int_equal(view.id, 5);
  assert_true(portero_syntax_equal(&view.abstract, &epmapper));
  assert_true(portero_context_transfer(&view, &transfer));
  assert_true(portero_syntax_equal(&transfer, &portero_syntax_ndr));
  support_free(block);
}

static void bind_counts_that_do_not_fit(void **state)
{
  (void)state;
  assert_refused(bind_hex, 24, "03", PORTERO_LOCAL_SHORT); /* contexts */
  assert_refused(bind_hex, 24, "ff", PORTERO_LOCAL_SHORT);
  assert_refused(bind_hex, 30, "03", PORTERO_LOCAL_SHORT); /* transfer syntaxes */
  assert_refused(bind_hex, 74, "02", PORTERO_LOCAL_SHORT);
  assert_refused(bind_auth_hex, 30, "02", PORTERO_LOCAL_SHORT); /* into the trailer */
}

static void bind_oddities(void **state)
{
  (void)state;
  assert_patched_odd(bind_hex, 24, "01", PORTERO_ODD_TRAILING);
  assert_patched_odd(bind_hex, 24, "00", PORTERO_ODD_NO_CONTEXT | PORTERO_ODD_TRAILING);
  assert_patched_odd(bind_hex, 74, "00", PORTERO_ODD_NO_TRANSFER | PORTERO_ODD_TRAILING);
  assert_patched_odd(bind_hex, 25, "01", PORTERO_ODD_RESERVED);
  assert_patched_odd(bind_hex, 31, "01", PORTERO_ODD_RESERVED);
}

/* ---- bind_ack, alter_context_resp, bind_nak ------------------------------------------------ */

static void bind_ack_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(ack_hex, 0, &pdu);
  struct portero_bind_ack *ack = &pdu.body.bind_ack;
  struct portero_context_result result;

  (void)state;
  assert_int_equal(ack->assoc_group_id, 0x12345678);
  assert_int_equal(ack->secondary_address.size, 3);
  assert_memory_equal(ack->secondary_address.data, "135", 3);
  assert_int_equal(ack->n_results, 2);
  assert_true(portero_context_result_next(&ack->results_reader, &result));
  assert_int_equal(result.result, PORTERO_RESULT_ACCEPTANCE);
  assert_true(portero_syntax_equal(&result.transfer, &portero_syntax_ndr));
  assert_true(portero_context_result_next(&ack->results_reader, &result));
  assert_int_equal(result.result, PORTERO_RESULT_NEGOTIATE_ACK);
  assert_int_equal(result.reason, 3);
  assert_true(portero_uuid_is_nil(&result.transfer.uuid));
  assert_false(portero_context_result_next(&ack->results_reader, &result));
  support_free(block);
}

static void bind_ack_counts_that_do_not_fit(void **state)
{
  (void)state;
  assert_refused(ack_hex, 24, "ff ff", PORTERO_LOCAL_SHORT); /* address */
  assert_refused(ack_hex, 32, "03", PORTERO_LOCAL_SHORT);    /* results */
  assert_patched_odd(ack_hex, 32, "01", PORTERO_ODD_TRAILING);
}

/* Addresses of every length modulo 4, each way round. */
static void bind_ack_address_padding(void **state)
{
  static const char text[] = "\\PIPE\\lsass";
  static const struct portero_pdu_header h = {
      5, 0, 0, PORTERO_PFC_WHOLE, {PORTERO_DREP_LITTLE, 0, 0, 0}, 0, 0, 3};
  const struct portero_context_result result = {0, 0, portero_syntax_ndr};

  (void)state;
  for (size_t size = 0; size < sizeof text; size++) {
    uint8_t buffer[128];
    struct portero_writer w;
    struct portero_pdu pdu;
    struct portero_bind_ack ack = {4280,
                                   4280,
                                   7,
                                   portero_bytes_make(text, size),
                                   1,
                                   &result,
                                   {NULL, 0, 0, NULL, false, false}};

    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_pdu_write_bind_ack(&w, &h, &ack);
    assert_true(portero_is_ok(portero_pdu_read(portero_writer_bytes(&w), &pdu)));
    assert_int_equal(pdu.odd, 0);
    assert_int_equal(w.size % 4, 0);
    support_assert_bytes(pdu.body.bind_ack.secondary_address, ack.secondary_address);
    assert_int_equal(pdu.body.bind_ack.n_results, 1);
  }
}

static void bind_nak_is_24_bytes(void **state)
{
  static const struct portero_pdu_header h = {
      5, 0, 0, PORTERO_PFC_WHOLE, {PORTERO_DREP_LITTLE, 0, 0, 0}, 0, 0, 1};
  uint8_t buffer[64];
  struct portero_writer w;

  (void)state;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_pdu_write_bind_nak(&w, &h, PORTERO_NAK_PROTOCOL_VERSION);
  assert_int_equal(w.size, 24);
  support_assert_hex(portero_writer_bytes(&w), nak_hex);
}

static void bind_nak_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(nak_hex, 0, &pdu);

  (void)state;
  assert_int_equal(pdu.body.bind_nak.reason, PORTERO_NAK_PROTOCOL_VERSION);
  assert_int_equal(pdu.body.bind_nak.n_versions, 1);
  support_assert_hex(pdu.body.bind_nak.versions, "05 00");
  support_free(block);
  assert_patched_odd(nak_hex, 21, "de ad be", 0); /* padding is not looked at */
  /* without padding */
  block = read_ok("05 00 0d 03 10 00 00 00 15 00 00 00 01 00 00 00 04 00 01 05 00", 0, &pdu);
  support_free(block);
  assert_refused(nak_hex, 18, "03", PORTERO_LOCAL_SHORT);
  assert_patched_odd(nak_hex, 18, "00", PORTERO_ODD_TRAILING);
}

/* ---- request, response, fault -------------------------------------------------------------- */

static void request_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(request_hex, 0, &pdu);
  const struct portero_request *request = &pdu.body.request;

  (void)state;
  assert_int_equal(request->alloc_hint, 4);
  assert_int_equal(request->context_id, 1);
  assert_int_equal(request->opnum, 2);
  assert_false(request->has_object);
  assert_true(portero_uuid_is_nil(&request->object));
  support_assert_hex(request->stub, "de ad be ef");
  assert_false(pdu.has_auth);
  support_free(block);
  block = read_ok(request_big_hex, 0, &pdu);
  assert_int_equal(request->alloc_hint, 2);
  assert_int_equal(request->opnum, 2);
  support_assert_hex(request->stub, "be ef");
  support_free(block);
}

static void request_with_object(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(request_object_hex, 0, &pdu);
  char text[PORTERO_UUID_TEXT_SIZE];

  (void)state;
  assert_true(pdu.body.request.has_object);
  assert_string_equal(portero_uuid_text(&pdu.body.request.object, text),
                      "00112233-4455-6677-8899-aabbccddeeff");
  support_assert_hex(pdu.body.request.stub, "ca fe");
  support_free(block);
  assert_refused(request_hex, 3, "83", PORTERO_LOCAL_SHORT); /* the flag, but no room for it */
}

static void request_with_trailer(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(request_auth_hex, 0, &pdu);

  (void)state;
  assert_true(pdu.has_auth);
  assert_int_equal(pdu.auth.type, 10);
  assert_int_equal(pdu.auth.level, 6);
  assert_int_equal(pdu.auth.pad_length, 11);
  assert_int_equal(pdu.auth.context_id, 1);
  assert_int_equal(pdu.auth.at, 40);
  support_assert_hex(pdu.auth.value, "aa bb cc dd");
  support_assert_hex(pdu.body.request.stub, "01 02 03 04 05");
  support_free(block);
}

static void trailer_oddities(void **state)
{
  struct portero_bytes block;
  struct portero_pdu pdu;

  (void)state;
  assert_patched_odd(request_auth_hex, 42, "10", 0); /* padding may be all there is */
  assert_true(portero_is_ok(read_patched(request_auth_hex, 42, "11", &block, &pdu)));
  assert_int_equal(pdu.odd, PORTERO_ODD_AUTH_PAD);
  assert_int_equal(pdu.body.request.stub.size, 0);
  support_free(block);
  assert_patched_odd(request_auth_hex, 43, "01", PORTERO_ODD_AUTH_RESERVED);
  /* two bytes earlier the trailer begins in the padding, and its reserved octet is the level */
  assert_patched_odd(request_auth_hex, 10, "06",
                     PORTERO_ODD_AUTH_ALIGN | PORTERO_ODD_AUTH_RESERVED);
  /* In a bind the padding is counted from offset 24 on, as Windows does. */
  assert_patched_odd(bind_auth_hex, 74, "30", 0);
  assert_patched_odd(bind_auth_hex, 74, "31", PORTERO_ODD_AUTH_PAD);
}

static void trailers_that_do_not_fit(void **state)
{
  (void)state;
  /* from the first byte of the stub on: it fits, whatever it says */
  assert_patched_odd(request_auth_hex, 10, "14 00",
                     PORTERO_ODD_AUTH_PAD | PORTERO_ODD_AUTH_RESERVED);
  assert_refused(request_auth_hex, 10, "15 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(request_auth_hex, 10, "ff ff", PORTERO_LOCAL_MALFORMED);
  assert_refused(shutdown_hex, 10, "01 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(auth3_hex, 10, "09 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(bind_auth_hex, 10, "41 00", PORTERO_LOCAL_MALFORMED);
}

static void alloc_hint_is_only_odd(void **state)
{
  (void)state;
  assert_patched_odd(request_hex, 16, "00 00 00 00", 0);
  assert_patched_odd(request_hex, 16, "ff ff ff ff", 0);
  assert_patched_odd(request_hex, 16, "03 00 00 00", PORTERO_ODD_ALLOC_HINT);
  assert_patched_odd(response_hex, 16, "01 00 00 00", PORTERO_ODD_ALLOC_HINT);
}

static void response_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(response_hex, 0, &pdu);

  (void)state;
  assert_int_equal(pdu.body.response.context_id, 1);
  assert_int_equal(pdu.body.response.cancel_count, 2);
  support_assert_hex(pdu.body.response.stub, "de ad be ef");
  support_free(block);
  assert_patched_odd(response_hex, 23, "01", PORTERO_ODD_RESERVED);
}

static void fault_fields(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(fault_hex, 0, &pdu);

  (void)state;
  assert_int_equal(pdu.header.flags, PORTERO_PFC_WHOLE | PORTERO_PFC_DID_NOT_EXECUTE);
  assert_int_equal(pdu.body.fault.status, PORTERO_FAULT_OP_RANGE);
  assert_int_equal(pdu.body.fault.alloc_hint, 32);
  assert_int_equal(pdu.body.fault.stub.size, 0);
  support_free(block);
  block = read_ok(fault_short_hex, 0, &pdu);
  assert_int_equal(pdu.body.fault.status, PORTERO_FAULT_OP_RANGE);
  assert_int_equal(pdu.body.fault.reserved, 0);
  assert_int_equal(pdu.body.fault.stub.size, 0);
  support_free(block);
  assert_patched_odd(fault_hex, 28, "01", PORTERO_ODD_RESERVED);
  assert_refused("05 00 03 03 10 00 00 00 1b 00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 02 00 01",
                 0, "", PORTERO_LOCAL_SHORT);
}

/* ---- the rest ------------------------------------------------------------------------------ */

static void simple_oddities(void **state)
{
  struct portero_pdu pdu;
  struct portero_bytes block = read_ok(auth3_hex, 0, &pdu);

  (void)state;
  assert_true(pdu.has_auth);
  support_assert_hex(pdu.auth.value, "aa bb cc dd");
  support_free(block);
  assert_patched_odd(auth3_hex, 22, "01", PORTERO_ODD_AUTH_PAD);
  assert_patched_odd("05 00 11 03 10 00 00 00 11 00 00 00 00 00 00 00 00", 16, "",
                     PORTERO_ODD_TRAILING);
}

static void writers_respect_16_bits(void **state)
{
  static uint8_t stub[65536];
  static uint8_t buffer[2 * 65536];
  static const struct portero_pdu_header h = {
      5, 0, 0, PORTERO_PFC_WHOLE, {PORTERO_DREP_LITTLE, 0, 0, 0}, 0, 0, 3};
  const struct portero_sec_trailer trailer = {10, 6, 0, 0, 1, {NULL, 0}, 0};
  struct portero_request request;
  struct portero_writer w;

  (void)state;
  memset(&request, 0, sizeof request);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  request.stub = portero_bytes_make(stub, 65535 - PORTERO_PDU_REQUEST_SIZE);
  portero_pdu_write_request(&w, &h, &request);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  portero_pdu_add_auth(&w, 0, PORTERO_PDU_REQUEST_SIZE, 16, &trailer, 16);
  assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
  portero_writer_reset(&w);
  request.stub.size++;
  portero_pdu_write_request(&w, &h, &request);
  assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
  portero_writer_reset(&w);
  request.stub.size = 8;
  portero_pdu_write_request(&w, &h, &request);
  portero_pdu_add_auth(&w, 0, PORTERO_PDU_REQUEST_SIZE, 16, &trailer, 65536);
  assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
}

/* The answer to a last leg has a trailer without a token; other bytes behind an ack are odd. */
static void trailer_without_a_token(void **state)
{
  static const struct portero_pdu_header h = {
      5, 0, 0, PORTERO_PFC_WHOLE, {PORTERO_DREP_LITTLE, 0, 0, 0}, 0, 0, 3};
  const struct portero_sec_trailer trailer = {10, 6, 0, 0, 1, {NULL, 0}, 0};
  struct portero_bind_ack ack;
  struct portero_writer w;
  uint8_t buffer[256];
  struct portero_pdu pdu;

  (void)state;
  memset(&ack, 0, sizeof ack);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_pdu_write_alter_context_resp(&w, &h, &ack);
  portero_pdu_add_auth(&w, 0, 0, 4, &trailer, 0);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  assert_true(portero_is_ok(portero_pdu_read(portero_writer_bytes(&w), &pdu)));
  assert_false(pdu.has_auth);
  assert_int_equal(pdu.header.auth_length, 0);
  assert_int_equal(pdu.odd, 0);
  portero_write_zeros(&w, 1);
  portero_patch_u16(&w, 8, (uint16_t)w.size);
  assert_true(portero_is_ok(portero_pdu_read(portero_writer_bytes(&w), &pdu)));
  assert_int_equal(pdu.odd, PORTERO_ODD_TRAILING);
}

static void padding_counts_from_the_stub(void **state)
{
  static const struct portero_pdu_header h = {
      5, 0, 0, PORTERO_PFC_WHOLE, {PORTERO_DREP_LITTLE, 0, 0, 0}, 0, 0, 3};
  const struct portero_sec_trailer trailer = {10, 6, 99, 0, 0x2a, {NULL, 0}, 0};
  uint8_t buffer[256], stub[40];

  (void)state;
  memset(stub, 0xee, sizeof stub);
  for (size_t size = 0; size < sizeof stub; size++) {
    struct portero_response response;
    struct portero_writer w;
    struct portero_pdu pdu;

    memset(&response, 0, sizeof response);
    response.stub = portero_bytes_make(stub, size);
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_write_zeros(&w, 3); /* a PDU need not begin the buffer */
    portero_pdu_write_response(&w, &h, &response);
    portero_pdu_add_auth(&w, 3, 3 + PORTERO_PDU_RESPONSE_SIZE, 16, &trailer, 5);
    assert_true(portero_is_ok(portero_pdu_read(portero_bytes_make(buffer + 3, w.size - 3), &pdu)));
    assert_int_equal(pdu.odd, 0);
    assert_int_equal((pdu.auth.at - PORTERO_PDU_RESPONSE_SIZE) % 16, 0);
    assert_true(pdu.auth.pad_length < 16);
    assert_int_equal(pdu.auth.context_id, 0x2a);
    assert_int_equal(pdu.auth.value.size, 5);
    support_assert_bytes(pdu.body.response.stub, response.stub);
  }
}

static void names(void **state)
{
  (void)state;
  assert_string_equal(portero_ptype_name(PORTERO_PTYPE_REQUEST), "request");
  assert_string_equal(portero_ptype_name(PORTERO_PTYPE_BIND), "bind");
  assert_string_equal(portero_ptype_name(PORTERO_PTYPE_ALTER_CONTEXT_RESP), "alter_context_resp");
  assert_string_equal(portero_ptype_name(PORTERO_PTYPE_ORPHANED), "orphaned");
  assert_null(portero_ptype_name(20));
  assert_null(portero_ptype_name(255));
}

static void features(void **state)
{
  struct portero_syntax s = portero_syntax_from_features(0x0807060504030201u);
  char text[PORTERO_UUID_TEXT_SIZE];
  uint64_t bits = 42;

  (void)state;
  assert_string_equal(portero_uuid_text(&s.uuid, text), "6cb71c2c-9812-4540-0102-030405060708");
  assert_true(portero_syntax_is_features(&s, &bits));
  assert_true(bits == 0x0807060504030201u);
  bits = 42;
  s.major = 2;
  assert_false(portero_syntax_is_features(&s, &bits));
  assert_false(portero_syntax_is_features(&portero_syntax_ndr, &bits));
  assert_true(bits == 42);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rewriting_gives_the_same_bytes),
      cmocka_unit_test(byte_order_changes_no_field),
      cmocka_unit_test(prefixes_and_flips_stay_inside),
      cmocka_unit_test(cut_bodies_are_refused),
      cmocka_unit_test(header_fields),
      cmocka_unit_test(header_length_must_be_the_size),
      cmocka_unit_test(header_oddities),
      cmocka_unit_test(types_that_are_not_ours),
      cmocka_unit_test(bind_fields),
      cmocka_unit_test(bind_in_big_endian),
      cmocka_unit_test(bind_counts_that_do_not_fit),
      cmocka_unit_test(bind_oddities),
      cmocka_unit_test(bind_ack_fields),
      cmocka_unit_test(bind_ack_counts_that_do_not_fit),
      cmocka_unit_test(bind_ack_address_padding),
      cmocka_unit_test(bind_nak_is_24_bytes),
      cmocka_unit_test(bind_nak_fields),
      cmocka_unit_test(request_fields),
      cmocka_unit_test(request_with_object),
      cmocka_unit_test(request_with_trailer),
      cmocka_unit_test(trailer_oddities),
      cmocka_unit_test(trailers_that_do_not_fit),
      cmocka_unit_test(alloc_hint_is_only_odd),
      cmocka_unit_test(response_fields),
      cmocka_unit_test(fault_fields),
      cmocka_unit_test(simple_oddities),
      cmocka_unit_test(writers_respect_16_bits),
      cmocka_unit_test(trailer_without_a_token),
      cmocka_unit_test(padding_counts_from_the_stub),
      cmocka_unit_test(names),
      cmocka_unit_test(features),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
