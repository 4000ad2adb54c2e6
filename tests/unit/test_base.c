/* SPDX-License-Identifier: Apache-2.0 */
/* Arena, reader, writer, UUIDs and status texts. */
#include "tests/unit/support.h"

#include <portero/arena.h>

/* ---- arena --------------------------------------------------------------------------------- */

static void arena_gives_zeroed_aligned_memory(void **state)
{
  struct portero_arena a;

  (void)state;
  portero_arena_init(&a, &portero_mem_malloc, 1 << 20);
  for (size_t size = 0; size < 300; size++) {
    uint8_t *block = portero_arena_alloc(&a, size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    for (size_t i = 0; i < size; i++)
      assert_int_equal(block[i], 0);
    memset(block, 0xaa, size);
  }
  portero_arena_deinit(&a);
}

static void arena_takes_nothing_before_it_is_asked(void **state)
{
  struct support_mem m;
  struct portero_arena a;

  (void)state;
  support_mem_init(&m, SIZE_MAX);
  portero_arena_init(&a, &m.mem, 1000);
  assert_int_equal(m.n_takes, 0);
  portero_arena_reset(&a);
  portero_arena_deinit(&a);
  assert_int_equal(m.n_takes, 0);
}

static void arena_keeps_to_its_budget(void **state)
{
  struct portero_arena a;

  (void)state;
  portero_arena_init(&a, &portero_mem_malloc, 100);
  assert_null(portero_arena_alloc(&a, 101));
  assert_non_null(portero_arena_alloc(&a, 64));
  assert_null(portero_arena_alloc(&a, 37));
  assert_non_null(portero_arena_alloc(&a, 36));
  assert_null(portero_arena_alloc(&a, 1));
  portero_arena_deinit(&a);
}

static void arena_refuses_products_that_wrap(void **state)
{
  struct portero_arena a;

  (void)state;
  portero_arena_init(&a, &portero_mem_malloc, SIZE_MAX);
  assert_null(portero_arena_array(&a, SIZE_MAX / 2, 3));
  assert_null(portero_arena_array(&a, (SIZE_MAX >> 4) + 2, 16));
  assert_null(portero_arena_alloc(&a, SIZE_MAX));
  assert_null(portero_arena_alloc(&a, SIZE_MAX - 15));
  assert_null(portero_arena_text(&a, "x", SIZE_MAX));
  assert_non_null(portero_arena_array(&a, 4, 16));
  assert_non_null(portero_arena_array(&a, 0, 16));
  portero_arena_deinit(&a);
}

static void arena_text_is_terminated(void **state)
{
  struct portero_arena a;
  char *text;

  (void)state;
  portero_arena_init(&a, &portero_mem_malloc, 1000);
  text = portero_arena_text(&a, "doorman", 4);
  assert_string_equal(text, "door");
  assert_string_equal(portero_arena_text(&a, NULL, 0), "");
  portero_arena_deinit(&a);
}

static void arena_reset_keeps_one_chunk(void **state)
{
  struct support_mem m;
  struct portero_arena a;
  size_t takes, one_chunk;

  (void)state;
  support_mem_init(&m, SIZE_MAX);
  portero_arena_init(&a, &m.mem, 1 << 20);
  assert_non_null(portero_arena_alloc(&a, 100));
  one_chunk = m.in_use;
  for (int i = 0; i < 10; i++)
    assert_non_null(portero_arena_alloc(&a, 4000));
  portero_arena_reset(&a);
  assert_int_equal(m.in_use, one_chunk);
  takes = m.n_takes;
  for (int i = 0; i < 1000; i++) {
    uint8_t *block = portero_arena_alloc(&a, 1000);
    assert_non_null(block);
    assert_int_equal(block[999], 0);
    block[999] = 1;
    portero_arena_reset(&a);
  }
  assert_int_equal(m.n_takes, takes);
  assert_non_null(portero_arena_alloc(&a, 1 << 20)); /* the whole budget is back */
  portero_arena_deinit(&a);
  assert_int_equal(m.in_use, 0);
}

static void arena_survives_failing_memory(void **state)
{
  (void)state;
  for (size_t fail_at = 0; fail_at < 4; fail_at++) {
    struct support_mem m;
    struct portero_arena a;
    size_t given = 0;

    support_mem_init(&m, fail_at);
    portero_arena_init(&a, &m.mem, 1 << 20);
    while (given < 10 && portero_arena_alloc(&a, 4096))
      given++;
    assert_int_equal(given, fail_at);
    portero_arena_deinit(&a);
    assert_int_equal(m.in_use, 0);
  }
}

/* ---- reader -------------------------------------------------------------------------------- */

static void reader_reads_both_byte_orders(void **state)
{
  struct portero_bytes in = support_hex("01 0203 04050607 08090a0b0c0d0e0f");
  struct portero_reader r;

  (void)state;
  portero_reader_init(&r, in, true);
  assert_int_equal(portero_read_u8(&r, "a"), 0x01);
  assert_int_equal(portero_read_u16(&r, "b"), 0x0203);
  assert_int_equal(portero_read_u32(&r, "c"), 0x04050607);
  assert_true(portero_read_u64(&r, "d") == 0x08090a0b0c0d0e0fu);
  assert_int_equal(portero_reader_left(&r), 0);
  assert_true(portero_is_ok(portero_reader_finish(&r)));
  portero_reader_init(&r, in, false);
  assert_int_equal(portero_read_u8(&r, "a"), 0x01);
  assert_int_equal(portero_read_u16(&r, "b"), 0x0302);
  assert_int_equal(portero_read_u32(&r, "c"), 0x07060504);
  assert_true(portero_read_u64(&r, "d") == 0x0f0e0d0c0b0a0908u);
  support_free(in);
}

static void reader_stays_failed(void **state)
{
  struct portero_bytes in = support_hex("ff ff ff ff ff ff");
  struct portero_reader r;

  (void)state;
  portero_reader_init(&r, in, false);
  assert_int_equal(portero_read_u16(&r, "first"), 0xffff);
  assert_int_equal(portero_read_u64(&r, "second"), 0);
  assert_true(r.failed);
  assert_string_equal(r.what, "second");
  assert_int_equal(r.at, 2);
  /* what would fit is not read either, and the first failure is the one remembered */
  assert_int_equal(portero_read_u8(&r, "third"), 0);
  assert_int_equal(portero_read_u16(&r, "third"), 0);
  assert_int_equal(portero_read_u32(&r, "third"), 0);
  assert_int_equal(portero_read_bytes(&r, 1, "third").size, 0);
  assert_null(portero_reader_take(&r, 0, "third"));
  assert_int_equal(portero_reader_left(&r), 0);
  assert_string_equal(r.what, "second");
  assert_true(portero_is_local(portero_reader_finish(&r), PORTERO_LOCAL_SHORT));
  support_free(in);
}

static void reader_bounds_are_exact(void **state)
{
  struct portero_bytes in = support_hex("01 02 03 04");
  struct portero_reader r;

  (void)state;
  for (size_t n = 0; n < 10; n++) {
    portero_reader_init(&r, in, false);
    assert_int_equal(portero_reader_take(&r, n, "n") != NULL, n <= 4);
    assert_int_equal(portero_reader_left(&r), n <= 4 ? 4 - n : 0);
  }
  portero_reader_init(&r, in, false);
  assert_null(portero_reader_take(&r, SIZE_MAX, "all"));
  support_free(in);
}

static void reader_aligns_from_its_start(void **state)
{
  struct portero_bytes in = support_hex("00 01 02 03 04 05 06 07 08");
  struct portero_reader r;

  (void)state;
  portero_reader_init(&r, in, false);
  portero_read_align(&r, 8, "pad");
  assert_int_equal(r.at, 0);
  (void)portero_read_u8(&r, "x");
  portero_read_align(&r, 4, "pad");
  assert_int_equal(r.at, 4);
  portero_read_align(&r, 4, "pad");
  assert_int_equal(r.at, 4);
  (void)portero_read_u8(&r, "x");
  portero_read_align(&r, 8, "pad");
  assert_int_equal(portero_read_u8(&r, "x"), 8);
  portero_read_align(&r, 2, "pad"); /* one byte is missing */
  assert_true(r.failed);
  support_free(in);
}

/* ---- writer -------------------------------------------------------------------------------- */

static void writer_undoes_reader(void **state)
{
  uint8_t buffer[64];

  (void)state;
  for (int big = 0; big < 2; big++) {
    struct portero_writer w;
    struct portero_reader r;
    struct portero_syntax s;

    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    w.big_endian = big != 0;
    portero_write_u8(&w, 0x12);
    portero_write_u16(&w, 0x3456);
    portero_write_u32(&w, 0x789abcde);
    portero_write_u64(&w, 0xf0123456789abcdeu);
    portero_write_syntax(&w, &portero_syntax_ndr64);
    assert_true(portero_is_ok(portero_writer_finish(&w)));
    portero_reader_init(&r, portero_writer_bytes(&w), big != 0);
    assert_int_equal(portero_read_u8(&r, "a"), 0x12);
    assert_int_equal(portero_read_u16(&r, "b"), 0x3456);
    assert_int_equal(portero_read_u32(&r, "c"), 0x789abcde);
    assert_true(portero_read_u64(&r, "d") == 0xf0123456789abcdeu);
    s = portero_read_syntax(&r, "e");
    assert_true(portero_syntax_equal(&s, &portero_syntax_ndr64));
    assert_int_equal(portero_reader_left(&r), 0);
  }
}

/* The version is one integer, so its halves change places with the byte order. */
static void syntax_version_is_one_integer(void **state)
{
  struct portero_syntax s = portero_syntax_ndr, again;
  uint8_t buffer[20];
  struct portero_writer w;
  struct portero_reader r;

  (void)state;
  s.minor = 7;
  for (int big = 0; big < 2; big++) {
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    w.big_endian = big != 0;
    portero_write_syntax(&w, &s);
    support_assert_hex(portero_bytes_make(buffer + 16, 4), big ? "00 07 00 02" : "02 00 07 00");
    portero_reader_init(&r, portero_writer_bytes(&w), big != 0);
    again = portero_read_syntax(&r, "s");
    assert_true(portero_syntax_equal(&again, &s));
  }
}

static void writer_fixed_buffer_is_a_limit(void **state)
{
  uint8_t buffer[6] = {9, 9, 9, 9, 9, 9};
  struct portero_writer w;

  (void)state;
  portero_writer_init_fixed(&w, buffer, 5);
  portero_write_u32(&w, 0x01020304);
  portero_write_u16(&w, 0x0506);
  assert_true(w.failed);
  portero_write_u8(&w, 7); /* would fit, but comes after the failure */
  assert_int_equal(w.size, 4);
  assert_int_equal(buffer[4], 9);
  assert_int_equal(buffer[5], 9);
  assert_int_equal(portero_writer_bytes(&w).size, 0);
  assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
  portero_writer_reset(&w);
  portero_write_zeros(&w, 5);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  assert_int_equal(portero_writer_bytes(&w).size, 5);
}

static void writer_grows_to_its_limit(void **state)
{
  struct support_mem m;
  struct portero_writer w;

  (void)state;
  support_mem_init(&m, SIZE_MAX);
  portero_writer_init(&w, &m.mem, 1000);
  for (unsigned i = 0; i < 1000; i++)
    portero_write_u8(&w, (uint8_t)(i % 251));
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  for (unsigned i = 0; i < 1000; i++)
    assert_int_equal(w.base[i], i % 251);
  portero_write_u8(&w, 0);
  assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
  portero_writer_deinit(&w);
  assert_int_equal(m.in_use, 0);
}

static void writer_survives_failing_memory(void **state)
{
  (void)state;
  for (size_t fail_at = 0; fail_at < 3; fail_at++) {
    struct support_mem m;
    struct portero_writer w;

    support_mem_init(&m, fail_at);
    portero_writer_init(&w, &m.mem, SIZE_MAX);
    for (int i = 0; i < 100 && !w.failed; i++)
      portero_write_zeros(&w, 64);
    assert_true(portero_is_local(portero_writer_finish(&w), PORTERO_LOCAL_LIMIT));
    portero_writer_deinit(&w);
    assert_int_equal(m.in_use, 0);
  }
}

static void writer_refuses_sizes_that_wrap(void **state)
{
  struct portero_writer w;

  (void)state;
  portero_writer_init(&w, &portero_mem_malloc, SIZE_MAX);
  portero_write_u32(&w, 1);
  assert_null(portero_writer_reserve(&w, SIZE_MAX - 2));
  assert_true(w.failed);
  portero_writer_deinit(&w);
}

static void writer_patches_only_what_was_written(void **state)
{
  uint8_t buffer[8] = {0};
  struct portero_writer w;

  (void)state;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_write_u32(&w, 0);
  portero_patch_u16(&w, 2, 0x0102);
  portero_patch_u16(&w, 3, 0x0304);
  portero_patch_u32(&w, 1, 0x05060708);
  support_assert_hex(portero_writer_bytes(&w), "00 00 02 01");
  portero_patch_u32(&w, 0, 0x05060708);
  support_assert_hex(portero_writer_bytes(&w), "08 07 06 05");
}

static void writer_aligns_from_an_origin(void **state)
{
  uint8_t buffer[16];
  struct portero_writer w;

  (void)state;
  memset(buffer, 0xee, sizeof buffer);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_write_u8(&w, 1);
  portero_write_align(&w, 1, 4);
  assert_int_equal(w.size, 1);
  portero_write_u8(&w, 2);
  portero_write_align(&w, 1, 4);
  support_assert_hex(portero_writer_bytes(&w), "01 02 00 00 00");
}

/* ---- UUIDs --------------------------------------------------------------------------------- */

static void uuid_text_and_back(void **state)
{
  static const char text[] = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";
  char again[PORTERO_UUID_TEXT_SIZE];
  struct portero_uuid u;

  (void)state;
  assert_true(portero_uuid_parse(text, &u));
  assert_int_equal(u.time_low, 0xe1af8308);
  assert_int_equal(u.time_mid, 0x5d1f);
  assert_int_equal(u.time_hi_and_version, 0x11c9);
  assert_int_equal(u.node[7], 0xfa);
  assert_string_equal(portero_uuid_text(&u, again), text);
  assert_true(portero_uuid_parse("E1AF8308-5D1F-11C9-91A4-08002B14A0FA", &u));
  assert_string_equal(portero_uuid_text(&u, again), text);
  assert_false(portero_uuid_is_nil(&u));
  assert_true(portero_uuid_parse("00000000-0000-0000-0000-000000000000", &u));
  assert_true(portero_uuid_is_nil(&u));
}

static void uuid_rejects(void **state)
{
  static const char *const wrong[] = {
      "",
      "e1af8308",
      "e1af8308-5d1f-11c9-91a4-08002b14a0f",
      "e1af8308-5d1f-11c9-91a4-08002b14a0fa0",
      "e1af8308-5d1f-11c9-91a4-08002b14a0fa ",
      " e1af8308-5d1f-11c9-91a4-08002b14a0fa",
      "{e1af8308-5d1f-11c9-91a4-08002b14a0fa}",
      "e1af83085d1f11c991a408002b14a0fa",
      "e1af8308-5d1f-11c9-91a408002b14a0fa",
      "e1af8308-5d1f-11c9-91a4-08002b14a0fg",
      "e1af8308_5d1f-11c9-91a4-08002b14a0fa",
      "-1af8308-5d1f-11c9-91a4-08002b14a0fa",
      "0xaf8308-5d1f-11c9-91a4-08002b14a0fa",
  };
  struct portero_uuid u, before;

  (void)state;
  memset(&u, 0x5a, sizeof u);
  before = u;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct portero_bytes exact = support_copy(portero_bytes_make(wrong[i], strlen(wrong[i]) + 1));
    assert_false(portero_uuid_parse((const char *)exact.data, &u));
    assert_true(portero_uuid_equal(&u, &before));
    support_free(exact);
  }
}

/* ---- status -------------------------------------------------------------------------------- */

static void status_texts(void **state)
{
  char text[160];

  (void)state;
  assert_string_equal(portero_status_text(portero_ok(), text, sizeof text), "success");
  assert_string_equal(
      portero_status_text(portero_fault_status(PORTERO_FAULT_OP_RANGE), text, sizeof text),
      "fault nca_s_op_rng_error (0x1c010002)");
  assert_string_equal(portero_status_text(portero_fault_status(0x12345678), text, sizeof text),
                      "fault 0x12345678");
  assert_string_equal(portero_status_text(portero_local(PORTERO_LOCAL_SHORT), text, sizeof text),
                      "the data ends before the field does");
  assert_string_equal(
      portero_status_text(portero_status_make(PORTERO_CLASS_NAK, 4), text, sizeof text),
      "bind refused: protocol version not supported (4)");
  assert_string_equal(
      portero_status_text(portero_status_make(PORTERO_CLASS_REJECTED, 2u << 16 | 1), text,
                          sizeof text),
      "presentation context refused: the server does not offer this interface (2/1)");
  assert_string_equal(
      portero_status_text(portero_status_make(PORTERO_CLASS_RESULT, PORTERO_EPT_NOT_REGISTERED),
                          text, sizeof text),
      "result ept_s_not_registered (0x16c9a0d6)");
}

/* Codes come from the wire: none may upset the printer. */
static void status_text_of_anything(void **state)
{
  static const uint32_t codes[] = {0, 1, 2, 10, 42, 0x7fffffff, 0x80000000, 0xffffffff};
  char text[160];

  (void)state;
  for (uint32_t klass = 0; klass < 10; klass++)
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
      portero_status s = {klass, codes[i]};
      assert_true(strlen(portero_status_text(s, text, sizeof text)) > 0);
    }
}

static void status_text_is_cut_and_terminated(void **state)
{
  const char whole[] = "fault nca_s_op_rng_error (0x1c010002)";

  (void)state;
  for (size_t size = 1; size < sizeof whole; size++) {
    struct portero_bytes exact = support_copy(portero_bytes_make(whole, size));
    char *text = (char *)(uintptr_t)exact.data;

    assert_ptr_equal(portero_status_text(portero_fault_status(PORTERO_FAULT_OP_RANGE), text, size),
                     text);
    assert_int_equal(strlen(text), size - 1);
    assert_memory_equal(text, whole, size - 1);
    support_free(exact);
  }
}

static void status_names_are_unique(void **state)
{
  (void)state;
  for (unsigned code = 1; code <= PORTERO_LOCAL_SECURITY; code++) {
    char a[160], b[160];
    portero_status_text(portero_status_make(PORTERO_CLASS_LOCAL, code), a, sizeof a);
    portero_status_text(portero_status_make(PORTERO_CLASS_LOCAL, code - 1), b, sizeof b);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, "unknown local error");
  }
  assert_string_equal(portero_code_name(0x1c00001a), "nca_s_fault_context_mismatch");
  assert_non_null(portero_code_hint(0x1c00001a));
  assert_null(portero_code_name(0x1234));
  assert_null(portero_code_hint(0x1234));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_gives_zeroed_aligned_memory),
      cmocka_unit_test(arena_takes_nothing_before_it_is_asked),
      cmocka_unit_test(arena_keeps_to_its_budget),
      cmocka_unit_test(arena_refuses_products_that_wrap),
      cmocka_unit_test(arena_text_is_terminated),
      cmocka_unit_test(arena_reset_keeps_one_chunk),
      cmocka_unit_test(arena_survives_failing_memory),
      cmocka_unit_test(reader_reads_both_byte_orders),
      cmocka_unit_test(reader_stays_failed),
      cmocka_unit_test(reader_bounds_are_exact),
      cmocka_unit_test(reader_aligns_from_its_start),
      cmocka_unit_test(writer_undoes_reader),
      cmocka_unit_test(syntax_version_is_one_integer),
      cmocka_unit_test(writer_fixed_buffer_is_a_limit),
      cmocka_unit_test(writer_grows_to_its_limit),
      cmocka_unit_test(writer_survives_failing_memory),
      cmocka_unit_test(writer_refuses_sizes_that_wrap),
      cmocka_unit_test(writer_patches_only_what_was_written),
      cmocka_unit_test(writer_aligns_from_an_origin),
      cmocka_unit_test(uuid_text_and_back),
      cmocka_unit_test(uuid_rejects),
      cmocka_unit_test(status_texts),
      cmocka_unit_test(status_text_of_anything),
      cmocka_unit_test(status_text_is_cut_and_terminated),
      cmocka_unit_test(status_names_are_unique),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
