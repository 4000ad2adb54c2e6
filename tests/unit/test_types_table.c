/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of type tables, and serialized values. */
#include "tests/support/types_samples.h"
#include "tests/unit/support.h"

#define ARENA_BUDGET (1u << 20)

/* A table and, when it loads, a stub to read with its first operation. */
struct attempt {
  struct portero_bytes stub;
  size_t loaded;
};

/* Reads and, what could be read, writes: nothing here may go wrong with any table. */
static void use(const struct portero_types *t, struct portero_bytes stub)
{
  for (unsigned i = 0; t->n_ops > 0 && i < 3; i++) {
    struct portero_arena arena;
    struct portero_ndr_reader r;
    struct portero_ndr_writer w;
    void *value;

    portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
    value = portero_arena_alloc(&arena, t->layouts[t->ops[0].params].size);
    portero_ndr_reader_init(&r, stub, &arena, i == TYPES_NDR64, i == TYPES_BIG);
    if (value)
      portero_types_read_call(t, &t->ops[0], PORTERO_DIRECTION_IN, false, value, &r);
    if (value && portero_is_ok(portero_ndr_reader_finish(&r))) {
      portero_ndr_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET, i == TYPES_NDR64,
                              i == TYPES_BIG);
      portero_types_write_call(t, &t->ops[0], PORTERO_DIRECTION_IN, value, &w);
      assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
      portero_writer_deinit(&w.w);
    }
    portero_arena_deinit(&arena);
  }
}

static bool load(struct portero_bytes table, void *ctx)
{
  struct attempt *a = ctx;
  struct portero_arena arena;
  struct portero_types t;
  const char *problem = NULL;
  bool done;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  done = portero_is_ok(portero_types_load(table, &arena, &t, &problem));
  if (done)
    use(&t, a->stub);
  else
    assert_non_null(problem);
  portero_arena_deinit(&arena);
  return done;
}

static struct portero_bytes save(const struct portero_types *t)
{
  struct portero_bytes table;
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET);
  portero_types_save(t, &w);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  table = support_copy(portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  return table;
}

/* Everything that a row says comes back. */
static void test_same(void **state)
{
  (void)state;
  for (size_t i = 0; i < types_n_samples; i++) {
    static struct types_build b;
    struct portero_arena arena;
    struct portero_types t;
    struct portero_bytes table, again;
    const void *value;

    portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
    types_sample_build(&types_samples[i], &b, &arena, &value);
    b.ops[0].flags = PORTERO_OP_IDEMPOTENT;
    table = save(&b.t);
    assert_true(portero_is_ok(portero_types_load(table, &arena, &t, NULL)));
    assert_int_equal(t.n_types, b.t.n_types);
    for (uint32_t n = 0; n < t.n_types; n++) {
      assert_int_equal(t.types[n].kind, b.types[n].kind);
      assert_int_equal(t.types[n].flags, b.types[n].flags);
      assert_int_equal(t.types[n].count, b.types[n].count);
      assert_int_equal(t.layouts[n].size, b.t.layouts[n].size);
    }
    for (uint32_t n = 0; n < t.n_members; n++)
      assert_int_equal(t.members[n].label, b.members[n].label);
    assert_int_equal(t.ops[0].flags, PORTERO_OP_IDEMPOTENT);
    assert_true(portero_syntax_equal(&t.ifaces[0].id, &b.ifaces[0].id));
    assert_string_equal(portero_types_text(&t, t.ifaces[0].name), "samples");
    again = save(&t);
    support_assert_bytes(again, table);
    support_free(again);
    support_free(table);
    portero_arena_deinit(&arena);
  }
}

/* Each damaged table is refused, or does no harm to who reads with it. */
static void test_damage(void **state)
{
  (void)state;
  for (size_t i = 0; i < types_n_samples; i++) {
    static struct types_build b;
    struct portero_arena arena;
    struct attempt a;
    struct portero_bytes table;
    struct portero_ndr_writer w;
    const void *value;

    portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
    types_sample_build(&types_samples[i], &b, &arena, &value);
    portero_ndr_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET, false, false);
    portero_types_write_call(&b.t, &b.ops[0], PORTERO_DIRECTION_IN, value, &w);
    a = (struct attempt){support_copy(portero_ndr_writer_stub(&w)), 0};
    table = save(&b.t);
    assert_true(load(table, &a));
    assert_int_equal(support_prefixes(table, load, &a), 0);
    (void)support_bit_flips(table, load, &a);
    support_free(table);
    support_free(a.stub);
    portero_writer_deinit(&w.w);
    portero_arena_deinit(&arena);
  }
}

static void test_header(void **state)
{
  static const struct {
    const char *hex, *problem;
  } cases[] = {
      {"", "not a type table of this version"},
      {"50545402 0101010000000000000000", "not a type table of this version"},
      {"50545401 01010100000000 00 00 0000 00", "the table is cut off, or goes on behind its end"},
      {"50545401 01010200000000 00 00 0000", "the table is cut off, or goes on behind its end"},
      {"50545401 010101ffffffff0f000000 00 00 0000",
       "the table is cut off, or goes on behind its end"},
      {"50545401 01010100000000 00 01 0000", "type 0 or expression 0 is something"},
      {"50545401 01010100000000 41 00 0000", "the strings are not terminated"},
  };
  struct portero_bytes good = support_hex("50545401 01010100000000 00 00 0000");
  struct portero_arena arena;
  struct portero_types t;

  (void)state;
  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  assert_true(portero_is_ok(portero_types_load(good, &arena, &t, NULL)));
  support_free(good);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_bytes bad = support_hex(cases[i].hex);
    const char *problem = NULL;

    assert_true(
        portero_is_local(portero_types_load(bad, &arena, &t, &problem), PORTERO_LOCAL_MALFORMED));
    assert_string_equal(problem, cases[i].problem);
    support_free(bad);
  }
  portero_arena_deinit(&arena);
}

/* Memory that gives out is no damage. */
static void test_memory(void **state)
{
  static struct types_build b;
  struct portero_bytes table;
  struct portero_arena arena;
  struct portero_types t;
  const void *value;
  bool done = false;

  (void)state;
  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  types_sample_build(&types_samples[0], &b, &arena, &value);
  table = save(&b.t);
  portero_arena_deinit(&arena);
  for (size_t budget = 0; budget < ARENA_BUDGET && !done; budget += 64) {
    portero_status s;

    portero_arena_init(&arena, &portero_mem_malloc, budget);
    s = portero_types_load(table, &arena, &t, NULL);
    done = portero_is_ok(s);
    assert_true(done || portero_is_local(s, PORTERO_LOCAL_NO_MEMORY));
    portero_arena_deinit(&arena);
  }
  assert_true(done);
  support_free(table);
}

/* ---- serialization ---- */

struct pair {
  uint8_t a;
  const uint32_t *b;
};

struct pickled {
  struct types_build b;
  struct portero_arena arena;
  uint32_t u32, pair;
};

static void pickled_init(struct pickled *p)
{
  static const struct portero_syntax id = {{0x04030201, 0x0605, 0x0807, {9}}, 1, 2};
  uint32_t u8;

  build_init(&p->b);
  p->u32 = build_scalar(&p->b, PORTERO_KIND_UINT32);
  u8 = build_scalar(&p->b, PORTERO_KIND_UINT8);
  p->pair = BUILD_STRUCT(&p->b, 0, {"a", u8, 0, 0},
                         {"b", build_pointer(&p->b, PORTERO_TYPE_UNIQUE, p->u32), 0, 0});
  build_iface(&p->b, "pairs", &id);
  portero_arena_init(&p->arena, &portero_mem_malloc, ARENA_BUDGET);
  assert_true(portero_is_ok(portero_types_check(&p->b.t, &p->arena, NULL)));
}

static const uint32_t seven = 7;
static const struct pair pair_value = {1, &seven};

static bool unpickle_pair(struct portero_bytes in, void *ctx)
{
  struct pickled *p = ctx;
  struct pair value;
  struct portero_arena arena;
  bool done;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  done = portero_is_ok(portero_types_unpickle(&p->b.t, p->pair, in, &arena, &value));
  if (done && value.b)
    done = value.a == pair_value.a && *value.b == *pair_value.b;
  portero_arena_deinit(&arena);
  return done;
}

static void test_pickle(void **state)
{
  static const struct {
    unsigned version;
    bool ndr64, big_endian;
    const char *hex;
  } cases[] = {
      {1, false, false, "01100800 cccccccc 10000000 00000000 01000000 00000200 07000000 00000000"},
      {1, false, true, "01000008 cccccccc 00000010 00000000 01000000 00020000 00000007 00000000"},
      {2, false, false,
       "02104000 cccccccc cccccccc cccccccc cccccccc cccccccc"
       "045d888aeb1cc9119fe808002b104860 02000000"
       "01020304 05060708 09000000 00000000 01000200"
       "10000000 00000000 00000000 00000000 01000000 00000200 07000000 00000000"},
      {2, true, false,
       "02104000 cccccccc cccccccc cccccccc cccccccc cccccccc"
       "33057171babe37498319b5dbef9ccc36 01000000"
       "01020304 05060708 09000000 00000000 01000200"
       "20000000 00000000 00000000 00000000"
       "01000000 00000000 00000200 00000000 07000000 00000000 00000000 00000000"},
  };
  struct pickled p;

  (void)state;
  pickled_init(&p);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_bytes bytes = support_hex(cases[i].hex);
    struct portero_writer w;

    portero_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET);
    assert_true(portero_is_ok(portero_types_pickle(&p.b.t, p.pair, &pair_value, cases[i].version,
                                                   cases[i].ndr64, cases[i].big_endian, &w)));
    support_assert_hex(portero_writer_bytes(&w), cases[i].hex);
    assert_true(unpickle_pair(bytes, &p));
    assert_int_equal(support_prefixes(bytes, unpickle_pair, &p), 0);
    (void)support_bit_flips(bytes, unpickle_pair, &p);
    portero_writer_deinit(&w);
    support_free(bytes);
  }
  portero_arena_deinit(&p.arena);
}

/* Version 1 has no private header for a primitive type, version 2 has one for everything. */
static void test_pickle_scalar(void **state)
{
  struct pickled p;
  struct portero_writer w;
  struct portero_bytes bytes;
  uint32_t value = 0;

  (void)state;
  pickled_init(&p);
  portero_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET);
  assert_true(portero_is_ok(portero_types_pickle(&p.b.t, p.u32, &seven, 1, false, false, &w)));
  support_assert_hex(portero_writer_bytes(&w), "01100800 cccccccc 07000000 00000000");
  bytes = support_copy(portero_writer_bytes(&w));
  assert_true(portero_is_ok(portero_types_unpickle(&p.b.t, p.u32, bytes, &p.arena, &value)));
  assert_int_equal(value, 7);
  support_free(bytes);
  portero_writer_reset(&w);
  assert_true(portero_is_ok(portero_types_pickle(&p.b.t, p.u32, &seven, 2, true, false, &w)));
  assert_int_equal(portero_writer_bytes(&w).size, 64 + 16 + 16);
  portero_writer_deinit(&w);
  portero_arena_deinit(&p.arena);
}

static void test_pickle_refused(void **state)
{
  static const char *const bad[] = {
      "03100800 cccccccc 10000000 00000000 01000000 00000200 07000000 00000000",
      "01200800 cccccccc 10000000 00000000 01000000 00000200 07000000 00000000",
      "01101000 cccccccc 10000000 00000000 01000000 00000200 07000000 00000000",
      "01100800 cccccccc 18000000 00000000 01000000 00000200 07000000 00000000",
      "01100800 cccccccc 08000000 00000000 01000000 00000200 07000000 00000000",
  };
  struct pickled p;
  struct portero_writer w;

  (void)state;
  pickled_init(&p);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct portero_bytes bytes = support_hex(bad[i]);

    assert_false(unpickle_pair(bytes, &p));
    support_free(bytes);
  }
  portero_writer_init(&w, &portero_mem_malloc, ARENA_BUDGET);
  for (unsigned version = 0; version < 4; version++)
    assert_true(portero_is_local(
        portero_types_pickle(&p.b.t, p.pair, &pair_value, version, version != 2, version == 2, &w),
        PORTERO_LOCAL_USAGE));
  assert_int_equal(w.size, 0);
  portero_writer_deinit(&w);
  portero_arena_deinit(&p.arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same),           cmocka_unit_test(test_damage),
      cmocka_unit_test(test_header),         cmocka_unit_test(test_memory),
      cmocka_unit_test(test_pickle),         cmocka_unit_test(test_pickle_scalar),
      cmocka_unit_test(test_pickle_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
