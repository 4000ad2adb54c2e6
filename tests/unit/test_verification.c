/* SPDX-License-Identifier: Apache-2.0 */
/* The verification trailer behind a stub. */
#include "tests/unit/support.h"

#include <portero/trailer.h>

#define SIGNATURE "8a e3 13 71 02 f4 36 71"
#define BITMASK   "01 00 04 00 01 00 00 00"
#define PCONTEXT                                                                                   \
  "02 00 28 00 08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa 03 00 00 00"                        \
  "04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 00 00"
#define HEADER2_VALUE "00 00 00 00 10 00 00 00 07 00 00 00 01 00 02 00"
#define HEADER2_LAST  "03 40 10 00" HEADER2_VALUE
#define STUB          "de ad be ef"

static const char all_hex[] = STUB SIGNATURE BITMASK PCONTEXT HEADER2_LAST;
static const char bitmask_hex[] = SIGNATURE "01 40 04 00 01 00 00 00";

static portero_status read_hex(const char *hex, struct portero_verification *out_trailer,
                               size_t *out_stub_size)
{
  struct portero_bytes block = support_hex(hex);
  portero_status status = portero_verification_read(block, out_trailer, out_stub_size);

  support_free(block); /* a trailer holds no borrowed bytes */
  return status;
}

static void assert_refused(const char *hex, enum portero_local expected)
{
  struct portero_verification v, before;
  size_t stub_size = 4711;

  memset(&v, 0x5a, sizeof v);
  memset(&before, 0x5a, sizeof before);
  assert_true(portero_is_local(read_hex(hex, &v, &stub_size), expected));
  assert_memory_equal(&v, &before, sizeof v);
  assert_int_equal(stub_size, 4711);
}

static void all_commands(void **state)
{
  static const uint8_t drep[4] = {0x10, 0, 0, 0};
  struct portero_verification v;
  size_t stub_size = 0;

  (void)state;
  assert_true(portero_is_ok(read_hex(all_hex, &v, &stub_size)));
  assert_int_equal(stub_size, 4);
  assert_true(v.has_bitmask && v.has_pcontext && v.has_header2);
  assert_int_equal(v.bitmask, 1);
  assert_int_equal(v.interface.uuid.time_low, 0xe1af8308);
  assert_int_equal(v.interface.major, 3);
  assert_true(portero_syntax_equal(&v.transfer, &portero_syntax_ndr));
  assert_int_equal(v.header2.ptype, PORTERO_PTYPE_REQUEST);
  assert_memory_equal(v.header2.drep, drep, 4);
  assert_int_equal(v.header2.call_id, 7);
  assert_int_equal(v.header2.context_id, 1);
  assert_int_equal(v.header2.opnum, 2);
}

static void one_command(void **state)
{
  struct portero_verification v;
  size_t stub_size = 99;

  (void)state;
  assert_true(portero_is_ok(read_hex(bitmask_hex, &v, &stub_size)));
  assert_int_equal(stub_size, 0);
  assert_true(v.has_bitmask);
  assert_false(v.has_pcontext || v.has_header2);
  assert_true(portero_is_ok(read_hex(STUB SIGNATURE "00 40 00 00", &v, &stub_size)));
  assert_int_equal(stub_size, 4);
  assert_false(v.has_bitmask || v.has_pcontext || v.has_header2);
}

static void no_trailer(void **state)
{
  (void)state;
  assert_refused("", PORTERO_LOCAL_NOT_FOUND);
  assert_refused(STUB, PORTERO_LOCAL_NOT_FOUND);
  assert_refused("8a e3 13 71 02 f4 36", PORTERO_LOCAL_NOT_FOUND);
  assert_refused("8a e3 13 71 02 f4 36 72 01 40 04 00 01 00 00 00", PORTERO_LOCAL_NOT_FOUND);
  /* not on a 4-byte boundary */
  assert_refused("00 00" SIGNATURE "01 40 04 00 01 00 00 00", PORTERO_LOCAL_NOT_FOUND);
}

static void unknown_commands(void **state)
{
  struct portero_verification v;
  size_t stub_size;

  (void)state;
  assert_true(portero_is_ok(
      read_hex(STUB SIGNATURE "07 00 04 00 aa bb cc dd" HEADER2_LAST, &v, &stub_size)));
  assert_true(v.has_header2);
  assert_refused(STUB SIGNATURE "07 80 04 00 aa bb cc dd" HEADER2_LAST, PORTERO_LOCAL_UNSUPPORTED);
  assert_refused(STUB SIGNATURE "07 c0 00 00", PORTERO_LOCAL_UNSUPPORTED);
  /* a known one may be marked so as well */
  assert_true(portero_is_ok(read_hex(STUB SIGNATURE "03 c0 10 00" HEADER2_VALUE, &v, &stub_size)));
  assert_true(v.has_header2);
}

static void broken_trailers(void **state)
{
  (void)state;
  assert_refused(STUB SIGNATURE, PORTERO_LOCAL_SHORT);
  assert_refused(STUB SIGNATURE BITMASK, PORTERO_LOCAL_SHORT); /* no end */
  assert_refused(STUB SIGNATURE "01 40 05 00 01 00 00 00", PORTERO_LOCAL_SHORT);
  assert_refused(STUB SIGNATURE "01 40 ff ff 01 00 00 00", PORTERO_LOCAL_SHORT);
  assert_refused(STUB SIGNATURE "01 40 03 00 01 00 00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(STUB SIGNATURE "02 40 04 00 01 00 00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(STUB SIGNATURE "03 40 04 00 01 00 00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(STUB SIGNATURE BITMASK "01 40 04 00 01 00 00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(STUB SIGNATURE "03 00 10 00" HEADER2_VALUE HEADER2_LAST, PORTERO_LOCAL_MALFORMED);
}

static void the_last_signature_counts(void **state)
{
  struct portero_verification v;
  size_t stub_size;

  (void)state;
  assert_true(portero_is_ok(
      read_hex(SIGNATURE "ff ff ff ff" SIGNATURE "01 40 04 00 01 00 00 00", &v, &stub_size)));
  assert_int_equal(stub_size, 12);
}

/* Found when it begins in the last 1024 bytes, and only then. */
static void the_search_has_a_limit(void **state)
{
  struct portero_bytes trailer = support_hex(bitmask_hex);
  uint8_t buffer[4096];

  (void)state;
  for (size_t behind = 0; behind <= 2048; behind += 4) {
    struct portero_verification v;
    struct portero_writer w;
    struct portero_bytes block;
    size_t stub_size = 0;
    portero_status status;

    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_write_zeros(&w, 64);
    portero_write_bytes(&w, trailer.data, trailer.size);
    portero_write_zeros(&w, behind);
    block = support_copy(portero_writer_bytes(&w));
    status = portero_verification_read(block, &v, &stub_size);
    support_free(block);
    if (trailer.size + behind <= 1024)
      assert_true(portero_is_ok(status) && stub_size == 64);
    else
      assert_true(portero_is_local(status, PORTERO_LOCAL_NOT_FOUND));
  }
  support_free(trailer);
}

/* Every set of commands, behind stubs of every length modulo 4, in either byte order. */
static void reading_undoes_writing(void **state)
{
  struct portero_verification v;
  size_t stub_size;

  (void)state;
  assert_true(portero_is_ok(read_hex(all_hex, &v, &stub_size)));
  for (unsigned i = 0; i < 8 * 8 * 2; i++) {
    struct portero_verification out = v, again;
    size_t stub = i / 8 % 8;
    uint8_t buffer[256];
    struct portero_writer w;

    out.has_bitmask = (i & 1) != 0;
    out.has_pcontext = (i & 2) != 0;
    out.has_header2 = (i & 4) != 0;
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    w.big_endian = i >= 64;
    portero_write_zeros(&w, 3 + stub); /* the stub begins at 3 */
    portero_verification_write(&w, 3, &out);
    assert_int_equal(w.big_endian, i >= 64);
    assert_true(portero_is_ok(portero_verification_read(
        portero_bytes_make(buffer + 3, portero_writer_bytes(&w).size - 3), &again, &stub_size)));
    assert_int_equal(stub_size, (stub + 3) / 4 * 4);
    assert_int_equal(again.has_bitmask, out.has_bitmask);
    assert_int_equal(again.has_pcontext, out.has_pcontext);
    assert_int_equal(again.has_header2, out.has_header2);
    assert_int_equal(again.bitmask, out.has_bitmask ? out.bitmask : 0);
    assert_int_equal(again.header2.call_id, out.has_header2 ? out.header2.call_id : 0);
    assert_int_equal(again.transfer.major, out.has_pcontext ? out.transfer.major : 0);
  }
}

static void rewriting_gives_the_same_bytes(void **state)
{
  static const char *const samples[] = {all_hex, bitmask_hex, STUB SIGNATURE BITMASK HEADER2_LAST};

  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes block = support_hex(samples[i]);
    struct portero_verification v;
    uint8_t buffer[256];
    struct portero_writer w;
    size_t stub_size;

    assert_true(portero_is_ok(portero_verification_read(block, &v, &stub_size)));
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_write_bytes(&w, block.data, stub_size);
    portero_verification_write(&w, 0, &v);
    support_assert_bytes(portero_writer_bytes(&w), block);
    support_free(block);
  }
}

static bool decode(struct portero_bytes input, void *ctx)
{
  struct portero_verification v;
  size_t stub_size;

  (void)ctx;
  if (!portero_is_ok(portero_verification_read(input, &v, &stub_size)))
    return false;
  assert_true(stub_size + 12 <= input.size);
  assert_int_equal(stub_size % 4, 0);
  return true;
}

static void prefixes_and_flips(void **state)
{
  struct portero_bytes block = support_hex(all_hex);

  (void)state;
  assert_true(decode(block, NULL));
  assert_int_equal(support_prefixes(block, decode, NULL), 0);
  assert_true(support_bit_flips(block, decode, NULL) >= (4 + 4 + 40 + 16) * 8);
  assert_true(support_bit_flips(block, decode, NULL) <= (block.size - 8) * 8);
  support_free(block);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_commands),
      cmocka_unit_test(one_command),
      cmocka_unit_test(no_trailer),
      cmocka_unit_test(unknown_commands),
      cmocka_unit_test(broken_trailers),
      cmocka_unit_test(the_last_signature_counts),
      cmocka_unit_test(the_search_has_a_limit),
      cmocka_unit_test(reading_undoes_writing),
      cmocka_unit_test(rewriting_gives_the_same_bytes),
      cmocka_unit_test(prefixes_and_flips),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
