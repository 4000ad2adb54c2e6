/* SPDX-License-Identifier: Apache-2.0 */
/* Values through the tables: the samples' bytes, and what must not be written or read. */
#include "tests/unit/types_run.h"

static void run_sample(struct types_run *run, const struct types_sample *s, const void *value)
{
  struct portero_bytes stub, again;

  if (!portero_is_ok(types_run_encode(run, value, &stub)))
    fail_msg("%s: cannot be written", s->name);
  if (s->hex[run->encoding])
    support_assert_hex(stub, s->hex[run->encoding]);
  if (!portero_is_ok(types_run_decode(run, stub, &again)))
    fail_msg("%s: cannot be read", s->name);
  support_assert_bytes(again, stub);
  if (support_prefixes(stub, types_run_decodes, run) !=
      (s->has_gap && run->encoding == TYPES_NDR64 ? 1 : 0))
    fail_msg("%s: a prefix was accepted", s->name);
  (void)support_bit_flips(stub, types_run_decodes, run);
  support_free(again);
  support_free(stub);
}

static void test_samples(void **state)
{
  (void)state;
  for (size_t i = 0; i < types_n_samples; i++) {
    static struct types_build b;
    struct portero_arena arena;
    struct types_run run = {.t = &b.t};
    const void *value;

    portero_arena_init(&arena, &portero_mem_malloc, 1 << 20);
    types_sample_build(&types_samples[i], &b, &arena, &value);
    run.direction = types_samples[i].is_out ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN;
    for (run.encoding = TYPES_LITTLE; run.encoding < TYPES_ENCODINGS; run.encoding++)
      run_sample(&run, &types_samples[i], value);
    portero_arena_deinit(&arena);
  }
}

/* ---- single cases ---- */

/* An [out] array or text that the server left alone is zeros; one that goes in is an error. */
static void test_null(void **state)
{
  struct types_fixture *f = *state;
  static const struct {
    uint32_t n;
    const uint16_t *a;
    const char *s;
  } value = {2, NULL, NULL};
  uint32_t a = build_conformant(&f->b, f->u16, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s = build_string(&f->b, PORTERO_KIND_WCHAR);

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0},
                                      {"a", build_pointer(&f->b, PORTERO_TYPE_REF, a), IN | OUT, 0},
                                      {"s", s, IN | OUT, 0}));
  types_assert_not_written(f, &value);
  f->run.direction = PORTERO_DIRECTION_OUT;
  types_assert_written(f, &value, "02000000 00000000 01000000 00000000 01000000 0000");
}

/* The same inside a struct has no excuse; nor has a [ref] pointer to nothing. */
static void test_null_inside(void **state)
{
  struct types_fixture *f = *state;
  struct {
    uint32_t n;
    const uint8_t *a;
    const uint32_t *r;
  } value = {1, NULL, &(const uint32_t){7}};
  uint32_t a = build_conformant(&f->b, f->u8, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", f->u32, 0, 0},
                            {"a", build_pointer(&f->b, PORTERO_TYPE_REF, a), 0, 0},
                            {"r", build_pointer(&f->b, PORTERO_TYPE_REF, f->u32), 0, 0});

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, OUT, 0}));
  f->run.direction = PORTERO_DIRECTION_OUT;
  types_assert_not_written(f, &value);
  value.a = (const uint8_t *)"x";
  types_assert_written(f, &value, "01000000 00000200 04000200 01000000 78000000 07000000");
  value.r = NULL;
  types_assert_not_written(f, &value);
}

/* The member at which writing fails is told, also behind pointers; none is after a good start. */
static void test_what_cannot_be_written(void **state)
{
  struct types_fixture *f = *state;
  struct inner {
    uint32_t first;
    const uint32_t *needed;
  } inner = {1, NULL};
  const struct inner *value = &inner;
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"first", f->u32, 0, 0},
                            {"needed", build_pointer(&f->b, PORTERO_TYPE_REF, f->u32), 0, 0});
  struct portero_ndr_writer w;
  uint8_t buffer[64];

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS,
                                      {"outer", build_pointer(&f->b, UNIQUE, s), IN, 0}));
  portero_ndr_writer_init_fixed(&w, buffer, sizeof buffer, false, false);
  assert_null(w.what);
  portero_types_write_call(&f->b.t, &f->b.t.ops[0], PORTERO_DIRECTION_IN, &value, &w);
  assert_true(portero_is_local(portero_ndr_writer_finish(&w), PORTERO_LOCAL_USAGE));
  assert_string_equal(w.what, "needed");
  inner.needed = &inner.first;
  portero_ndr_writer_init_fixed(&w, buffer, sizeof buffer, false, false);
  portero_types_write_call(&f->b.t, &f->b.t.ops[0], PORTERO_DIRECTION_IN, &value, &w);
  assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
}

static void test_range(void **state)
{
  struct types_fixture *f = *state;
  struct {
    uint32_t n;
    const uint8_t *a;
  } value = {3, (const uint8_t *)"abc"};
  uint32_t n = build_type(
      &f->b,
      (struct portero_type){.kind = PORTERO_KIND_UINT32, .flags = PORTERO_TYPE_RANGE, .max = 4});
  uint32_t a = build_conformant(&f->b, f->u8, BUILD_CODE(&f->b, FIELD, 0));

  f->b.types[a].flags |= PORTERO_TYPE_RANGE;
  f->b.types[a].min = 2;
  f->b.types[a].max = 9;
  types_fixture_ready(f,
                      BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", n, IN, 0}, {"a", a, IN, 0}));
  types_assert_written(f, &value, "03000000 03000000 616263");
  (void)types_assert_read(f, "03000000 03000000 616263");
  value.n = 1;
  types_assert_not_written(f, &value);
  types_assert_not_read(f, "01000000 01000000 61", PORTERO_LOCAL_MALFORMED);
  value.n = 5;
  types_assert_not_written(f, &value);
  types_assert_not_read(f, "05000000 05000000 6162636465", PORTERO_LOCAL_MALFORMED);
}

/* Counts that disagree, before and behind the array, and more than there are bytes. */
static void test_counts(void **state)
{
  struct types_fixture *f = *state;
  uint32_t first = BUILD_CODE(&f->b, FIELD, 0), last = BUILD_CODE(&f->b, FIELD, 3);
  uint32_t a = build_conformant(&f->b, f->u8, first), b = build_conformant(&f->b, f->u8, last);

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u8, IN, 0},
                                      {"a", a, IN, 0}, {"b", b, IN, 0}, {"m", f->u8, IN, 0}));
  (void)types_assert_read(f, "01000000 01000000 61000000 01000000 6201");
  types_assert_not_read(f, "02000000 01000000 61000000 01000000 6201", PORTERO_LOCAL_MALFORMED);
  types_assert_not_read(f, "01000000 01000000 61000000 01000000 6202", PORTERO_LOCAL_MALFORMED);
  types_assert_not_read(f, "01000000 ffffff7f 61000000 01000000 6201", PORTERO_LOCAL_MALFORMED);
}

static void test_tags(void **state)
{
  struct types_fixture *f = *state;
  struct {
    uint32_t t;
    uint8_t u;
  } value = {2, 1};
  uint32_t u = BUILD_UNION(&f->b, 0, f->u16, {"a", f->u8, 0, 1});

  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"t", f->u32, IN, 0},
                      {"u", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)), IN, 0}));
  types_assert_not_written(f, &value);
  value.t = 0x10001;
  types_assert_not_written(f, &value);
  value.t = 1;
  types_assert_written(f, &value, "01000000 0100 01");
  types_assert_not_read(f, "02000000 0200 01", PORTERO_LOCAL_MALFORMED);
  types_assert_not_read(f, "02000000 0100 01", PORTERO_LOCAL_MALFORMED);
}

/* Bytes, and numbers in the host's order, are views of the stub when they are aligned. */
static void test_views(void **state)
{
  struct types_fixture *f = *state;
  uint32_t n = BUILD_CODE(&f->b, FIELD, 0);
  uint32_t bytes = build_conformant(&f->b, f->u8, n), words = build_conformant(&f->b, f->u32, n);
  const struct value {
    uint32_t n;
    const uint8_t *bytes;
    const uint32_t *words;
  } * value;
  struct portero_bytes stub = support_hex("01000000 01000000 61000000 01000000 07000000");
  struct portero_bytes swapped = support_hex("00000001 00000001 61000000 00000001 00000007");
  portero_status s;

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0},
                                      {"bytes", bytes, IN, 0}, {"words", words, IN, 0}));
  value = types_run_read(&f->run, stub, &f->arena, &s);
  assert_true(portero_is_ok(s));
  assert_ptr_equal(value->bytes, stub.data + 8);
  assert_int_equal(value->words[0], 7);
  f->run.encoding = TYPES_BIG;
  value = types_run_read(&f->run, swapped, &f->arena, &s);
  assert_true(portero_is_ok(s));
  assert_ptr_equal(value->bytes, swapped.data + 8);
  assert_int_equal(value->words[0], 7);
  support_free(stub);
  support_free(swapped);
}

/* NDR64 with and without the gap behind a conformant struct's elements: {u64 n; u8 d[n]}, u32. */
static void test_gap(void **state)
{
  struct types_fixture *f = *state;
  const struct value {
    struct {
      uint64_t n;
      const uint8_t *d;
    } s;
    uint32_t z;
  } * value;
  uint32_t u64 = build_scalar(&f->b, PORTERO_KIND_UINT64);
  uint32_t d = build_conformant(&f->b, f->u8, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", u64, 0, 0}, {"d", d, 0, 0});

  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}, {"z", f->u32, IN, 0}));
  f->run.encoding = TYPES_NDR64;
  value = types_assert_read(f, "0100000000000000 0100000000000000 6100000000000000 07000000");
  assert_int_equal(value->z, 7);
  types_assert_written(f, value, "0100000000000000 0100000000000000 6100000000000000 07000000");
  value = types_assert_read(f, "0100000000000000 0100000000000000 61000000 07000000");
  assert_int_equal(value->z, 7);
  types_assert_not_read(f, "0100000000000000 0100000000000000 61000000 070000",
                        PORTERO_LOCAL_SHORT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samples), TYPES_TEST(test_null),
      TYPES_TEST(test_null_inside),   TYPES_TEST(test_what_cannot_be_written),
      TYPES_TEST(test_range),         TYPES_TEST(test_counts),
      TYPES_TEST(test_tags),          TYPES_TEST(test_views),
      TYPES_TEST(test_gap),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
