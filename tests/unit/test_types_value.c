/* SPDX-License-Identifier: Apache-2.0 */
/* Values through the tables: the samples' bytes, and what must not be written or read. */
#include "tests/support/types_samples.h"
#include "tests/unit/support.h"

#define IN     PORTERO_MEMBER_IN
#define OUT    PORTERO_MEMBER_OUT
#define UNIQUE PORTERO_TYPE_UNIQUE
#define FIELD  PORTERO_CODE_FIELD

/* One operation, in one direction and encoding. */
struct run {
  const struct portero_types *t;
  enum portero_direction direction;
  enum types_encoding encoding;
};

static portero_status encode(const struct run *run, const void *value,
                             struct portero_bytes *out_stub)
{
  struct portero_ndr_writer w;
  portero_status s;

  portero_ndr_writer_init(&w, &portero_mem_malloc, 1 << 20, run->encoding == TYPES_NDR64,
                          run->encoding == TYPES_BIG);
  portero_types_write_call(run->t, &run->t->ops[0], run->direction, value, &w);
  s = portero_ndr_writer_finish(&w);
  if (portero_is_ok(s))
    *out_stub = support_copy(portero_ndr_writer_stub(&w));
  portero_writer_deinit(&w.w);
  return s;
}

static void *read_value(const struct run *run, struct portero_bytes stub,
                        struct portero_arena *arena, portero_status *out_status)
{
  uint32_t params = run->t->ops[0].params;
  void *value = portero_arena_alloc(arena, run->t->layouts[params].size);
  struct portero_ndr_reader r;

  assert_non_null(value);
  portero_ndr_reader_init(&r, stub, arena, run->encoding == TYPES_NDR64,
                          run->encoding == TYPES_BIG);
  portero_types_read_call(run->t, &run->t->ops[0], run->direction, false, value, &r);
  *out_status = portero_ndr_reader_finish(&r);
  return value;
}

/* Reads stub; what was read is written again: *out_again. */
static portero_status decode(const struct run *run, struct portero_bytes stub,
                             struct portero_bytes *out_again)
{
  struct portero_arena arena;
  portero_status s;
  void *value;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 20);
  value = read_value(run, stub, &arena, &s);
  if (portero_is_ok(s) && !portero_is_ok(encode(run, value, out_again)))
    fail_msg("what was read cannot be written");
  portero_arena_deinit(&arena);
  return s;
}

static bool decodes(struct portero_bytes stub, void *ctx)
{
  struct portero_bytes again;

  if (!portero_is_ok(decode(ctx, stub, &again)))
    return false;
  support_free(again);
  return true;
}

static void run_sample(struct run *run, const struct types_sample *s, const void *value)
{
  struct portero_bytes stub, again;

  if (!portero_is_ok(encode(run, value, &stub)))
    fail_msg("%s: cannot be written", s->name);
  if (s->hex[run->encoding])
    support_assert_hex(stub, s->hex[run->encoding]);
  if (!portero_is_ok(decode(run, stub, &again)))
    fail_msg("%s: cannot be read", s->name);
  support_assert_bytes(again, stub);
  if (support_prefixes(stub, decodes, run) != (s->has_gap && run->encoding == TYPES_NDR64 ? 1 : 0))
    fail_msg("%s: a prefix was accepted", s->name);
  (void)support_bit_flips(stub, decodes, run);
  support_free(again);
  support_free(stub);
}

static void test_samples(void **state)
{
  (void)state;
  for (size_t i = 0; i < types_n_samples; i++) {
    static struct types_build b;
    struct portero_arena arena;
    struct run run = {.t = &b.t};
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

struct fixture {
  struct types_build b;
  struct portero_arena arena;
  struct run run;
  uint32_t u8, u16, u32;
};

static int setup(void **state)
{
  static struct fixture f;

  build_init(&f.b);
  f.u8 = build_scalar(&f.b, PORTERO_KIND_UINT8);
  f.u16 = build_scalar(&f.b, PORTERO_KIND_UINT16);
  f.u32 = build_scalar(&f.b, PORTERO_KIND_UINT32);
  f.run = (struct run){.t = &f.b.t};
  portero_arena_init(&f.arena, &portero_mem_malloc, 1 << 22);
  *state = &f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  portero_arena_deinit(&f->arena);
  return 0;
}

static void ready(struct fixture *f, uint32_t params)
{
  const char *problem = NULL;

  build_op(&f->b, "Op", params);
  if (!portero_is_ok(portero_types_check(&f->b.t, &f->arena, &problem)))
    fail_msg("%s", problem);
}

static void assert_written(struct fixture *f, const void *value, const char *hex)
{
  struct portero_bytes stub;

  assert_true(portero_is_ok(encode(&f->run, value, &stub)));
  support_assert_hex(stub, hex);
  support_free(stub);
}

static void assert_not_written(struct fixture *f, const void *value)
{
  struct portero_bytes stub;

  assert_true(portero_is_local(encode(&f->run, value, &stub), PORTERO_LOCAL_USAGE));
}

/* The value lives as long as the fixture; the stub, too. */
static const void *assert_read(struct fixture *f, const char *hex)
{
  struct portero_bytes stub = support_hex(hex);
  uint8_t *kept = portero_arena_alloc(&f->arena, stub.size);
  portero_status s;
  void *value;

  memcpy(kept, stub.data, stub.size);
  value = read_value(&f->run, portero_bytes_make(kept, stub.size), &f->arena, &s);
  support_free(stub);
  assert_true(portero_is_ok(s));
  return value;
}

static void assert_not_read(struct fixture *f, const char *hex, enum portero_local reason)
{
  struct portero_bytes stub = support_hex(hex), again;

  assert_true(portero_is_local(decode(&f->run, stub, &again), reason));
  support_free(stub);
}

/* An [out] array or text that the server left alone is zeros; one that goes in is an error. */
static void test_null(void **state)
{
  struct fixture *f = *state;
  static const struct {
    uint32_t n;
    const uint16_t *a;
    const char *s;
  } value = {2, NULL, NULL};
  uint32_t a = build_conformant(&f->b, f->u16, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s = build_string(&f->b, PORTERO_KIND_WCHAR);

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0},
                        {"a", build_pointer(&f->b, PORTERO_TYPE_REF, a), IN | OUT, 0},
                        {"s", s, IN | OUT, 0}));
  assert_not_written(f, &value);
  f->run.direction = PORTERO_DIRECTION_OUT;
  assert_written(f, &value, "02000000 00000000 01000000 00000000 01000000 0000");
}

/* The same inside a struct has no excuse; nor has a [ref] pointer to nothing. */
static void test_null_inside(void **state)
{
  struct fixture *f = *state;
  struct {
    uint32_t n;
    const uint8_t *a;
    const uint32_t *r;
  } value = {1, NULL, &(const uint32_t){7}};
  uint32_t a = build_conformant(&f->b, f->u8, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", f->u32, 0, 0},
                            {"a", build_pointer(&f->b, PORTERO_TYPE_REF, a), 0, 0},
                            {"r", build_pointer(&f->b, PORTERO_TYPE_REF, f->u32), 0, 0});

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, OUT, 0}));
  f->run.direction = PORTERO_DIRECTION_OUT;
  assert_not_written(f, &value);
  value.a = (const uint8_t *)"x";
  assert_written(f, &value, "01000000 00000200 04000200 01000000 78000000 07000000");
  value.r = NULL;
  assert_not_written(f, &value);
}

static void test_range(void **state)
{
  struct fixture *f = *state;
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
  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", n, IN, 0}, {"a", a, IN, 0}));
  assert_written(f, &value, "03000000 03000000 616263");
  (void)assert_read(f, "03000000 03000000 616263");
  value.n = 1;
  assert_not_written(f, &value);
  assert_not_read(f, "01000000 01000000 61", PORTERO_LOCAL_MALFORMED);
  value.n = 5;
  assert_not_written(f, &value);
  assert_not_read(f, "05000000 05000000 6162636465", PORTERO_LOCAL_MALFORMED);
}

/* Counts that disagree, before and behind the array, and more than there are bytes. */
static void test_counts(void **state)
{
  struct fixture *f = *state;
  uint32_t first = BUILD_CODE(&f->b, FIELD, 0), last = BUILD_CODE(&f->b, FIELD, 3);
  uint32_t a = build_conformant(&f->b, f->u8, first), b = build_conformant(&f->b, f->u8, last);

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u8, IN, 0}, {"a", a, IN, 0},
                        {"b", b, IN, 0}, {"m", f->u8, IN, 0}));
  (void)assert_read(f, "01000000 01000000 61000000 01000000 6201");
  assert_not_read(f, "02000000 01000000 61000000 01000000 6201", PORTERO_LOCAL_MALFORMED);
  assert_not_read(f, "01000000 01000000 61000000 01000000 6202", PORTERO_LOCAL_MALFORMED);
  assert_not_read(f, "01000000 ffffff7f 61000000 01000000 6201", PORTERO_LOCAL_MALFORMED);
}

static void test_tags(void **state)
{
  struct fixture *f = *state;
  struct {
    uint32_t t;
    uint8_t u;
  } value = {2, 1};
  uint32_t u = BUILD_UNION(&f->b, 0, f->u16, {"a", f->u8, 0, 1});

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"t", f->u32, IN, 0},
                        {"u", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)), IN, 0}));
  assert_not_written(f, &value);
  value.t = 0x10001;
  assert_not_written(f, &value);
  value.t = 1;
  assert_written(f, &value, "01000000 0100 01");
  assert_not_read(f, "02000000 0200 01", PORTERO_LOCAL_MALFORMED);
  assert_not_read(f, "02000000 0100 01", PORTERO_LOCAL_MALFORMED);
}

/* Bytes, and numbers in the host's order, are views of the stub when they are aligned. */
static void test_views(void **state)
{
  struct fixture *f = *state;
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

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0}, {"bytes", bytes, IN, 0},
                        {"words", words, IN, 0}));
  value = read_value(&f->run, stub, &f->arena, &s);
  assert_true(portero_is_ok(s));
  assert_ptr_equal(value->bytes, stub.data + 8);
  assert_int_equal(value->words[0], 7);
  f->run.encoding = TYPES_BIG;
  value = read_value(&f->run, swapped, &f->arena, &s);
  assert_true(portero_is_ok(s));
  assert_ptr_equal(value->bytes, swapped.data + 8);
  assert_int_equal(value->words[0], 7);
  support_free(stub);
  support_free(swapped);
}

/* NDR64 with and without the gap behind a conformant struct's elements: {u64 n; u8 d[n]}, u32. */
static void test_gap(void **state)
{
  struct fixture *f = *state;
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

  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}, {"z", f->u32, IN, 0}));
  f->run.encoding = TYPES_NDR64;
  value = assert_read(f, "0100000000000000 0100000000000000 6100000000000000 07000000");
  assert_int_equal(value->z, 7);
  assert_written(f, value, "0100000000000000 0100000000000000 6100000000000000 07000000");
  value = assert_read(f, "0100000000000000 0100000000000000 61000000 07000000");
  assert_int_equal(value->z, 7);
  assert_not_read(f, "0100000000000000 0100000000000000 61000000 070000", PORTERO_LOCAL_SHORT);
}

/* ---- full pointers ---- */

struct ring {
  uint32_t v;
  const struct ring *next;
};

static void ready_ring(struct fixture *f)
{
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"v", f->u32, 0, 0}, {"next", f->u32, 0, 0});
  uint32_t p = build_pointer(&f->b, PORTERO_TYPE_FULL, s);
  uint32_t other = build_pointer(&f->b, PORTERO_TYPE_FULL, f->u32);

  f->b.members[f->b.types[s].first + 1].type = p;
  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"p", p, IN, 0}, {"q", other, IN, 0}));
}

static void test_ring(void **state)
{
  struct fixture *f = *state;
  static struct ring ring[2] = {{1, &ring[1]}, {2, &ring[0]}};
  const struct {
    const struct ring *p;
    const uint32_t *q;
  } value = {&ring[0], &ring[0].v}, *read;

  ready_ring(f);
  assert_written(f, &value, "01000000 01000000 02000000 02000000 01000000 03000000 01000000");
  read = assert_read(f, "01000000 01000000 02000000 02000000 01000000 03000000 01000000");
  assert_ptr_equal(read->p->next->next, read->p);
  assert_int_equal(read->p->next->v, 2);
  assert_not_read(f, "01000000 01000000 02000000 02000000 01000000 01000000 01000000",
                  PORTERO_LOCAL_MALFORMED);
}

/* ---- depth ---- */

struct cell {
  const struct cell *next;
  const uint32_t *v;
};

/* A list whose link comes first, so that each cell waits on the walk's stack. */
static void test_long_list(void **state)
{
  struct fixture *f = *state;
  static struct cell cells[PORTERO_NDR_DEPTH + 1];
  static const uint32_t seven = 7;
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"next", f->u32, 0, 0},
                            {"v", build_pointer(&f->b, UNIQUE, f->u32), 0, 0});
  struct portero_bytes stub, again;

  f->b.members[f->b.types[s].first].type = build_pointer(&f->b, UNIQUE, s);
  ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}));
  for (unsigned i = 0; i + 1 < PORTERO_NDR_DEPTH; i++)
    cells[i] = (struct cell){&cells[i + 1], &seven};
  cells[PORTERO_NDR_DEPTH - 1] = (struct cell){NULL, &seven};
  assert_true(portero_is_ok(encode(&f->run, cells, &stub)));
  assert_true(portero_is_ok(decode(&f->run, stub, &again)));
  support_assert_bytes(again, stub);
  support_free(again);
  support_free(stub);
  cells[PORTERO_NDR_DEPTH - 1].next = &cells[PORTERO_NDR_DEPTH];
  cells[PORTERO_NDR_DEPTH].v = &seven;
  assert_true(portero_is_ok(encode(&f->run, cells, &stub)));
  assert_true(portero_is_local(decode(&f->run, stub, &again), PORTERO_LOCAL_LIMIT));
  support_free(stub);
}

/* ---- a response without its request ---- */

static void test_infer(void **state)
{
  struct fixture *f = *state;
  struct value {
    uint32_t level;
    const uint32_t *size;
    const uint8_t *data;
    uint8_t u;
  } value;
  uint32_t u = BUILD_UNION(&f->b, 0, f->u16, {"a", f->u8, 0, 1}, {"b", f->u8, 0, 2});
  uint32_t data = build_conformant(&f->b, f->u8,
                                   BUILD_CODE(&f->b, PORTERO_CODE_PRESENT, 1, PORTERO_CODE_DEREF, 1,
                                              PORTERO_CODE_CONST, 0, PORTERO_CODE_COND,
                                              PORTERO_CODE_CONST, 2, PORTERO_CODE_MUL));
  struct portero_bytes stub = support_hex("02000000 6162 0200 07");
  struct portero_ndr_reader r;

  ready(f,
        BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"level", f->u32, IN, 0},
                     {"size", build_pointer(&f->b, UNIQUE, f->u32), IN, 0}, {"data", data, OUT, 0},
                     {"u", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)), OUT, 0}));
  for (unsigned infer = 0; infer < 2; infer++) {
    memset(&value, 0, sizeof value);
    portero_ndr_reader_init(&r, stub, &f->arena, false, false);
    portero_types_read_call(&f->b.t, &f->b.ops[0], PORTERO_DIRECTION_OUT, infer, &value, &r);
    assert_int_equal(portero_ndr_reader_ok(&r), infer);
  }
  assert_int_equal(value.level, 2);
  assert_int_equal(*value.size, 1);
  assert_int_equal(value.u, 7);
  support_free(stub);
}

static void test_invert(void **state)
{
  struct fixture *f = *state;
  struct value {
    uint32_t n;
    uint8_t m;
  } value = {0, 0};
  uint32_t half = BUILD_CODE(&f->b, FIELD, 0, PORTERO_CODE_CONST, 1, PORTERO_CODE_ADD,
                             PORTERO_CODE_CONST, 2, PORTERO_CODE_DIV);
  uint32_t less = BUILD_CODE(&f->b, PORTERO_CODE_CONST, 10, FIELD, 1, PORTERO_CODE_SUB);
  uint32_t both = BUILD_CODE(&f->b, FIELD, 0, FIELD, 1, PORTERO_CODE_ADD);
  uint32_t times = BUILD_CODE(&f->b, FIELD, 1, PORTERO_CODE_CONST, 4, PORTERO_CODE_MUL);
  uint32_t s = BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", f->u32, IN, 0}, {"m", f->u8, IN, 0});

  ready(f, s);
  assert_true(portero_types_invert(&f->b.t, half, s, &value, 3, &f->arena));
  assert_int_equal(value.n, 5);
  assert_true(portero_types_invert(&f->b.t, less, s, &value, 8, &f->arena));
  assert_int_equal(value.m, 2);
  assert_false(portero_types_invert(&f->b.t, both, s, &value, 9, &f->arena));
  assert_false(portero_types_invert(&f->b.t, times, s, &value, 6, &f->arena));
  assert_false(portero_types_invert(&f->b.t, times, s, &value, 4096, &f->arena));
  assert_int_equal(value.m, 2);
  assert_true(portero_types_invert(&f->b.t, times, s, &value, 12, &f->arena));
  assert_int_equal(value.m, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samples),
      cmocka_unit_test_setup_teardown(test_null, setup, teardown),
      cmocka_unit_test_setup_teardown(test_null_inside, setup, teardown),
      cmocka_unit_test_setup_teardown(test_range, setup, teardown),
      cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(test_tags, setup, teardown),
      cmocka_unit_test_setup_teardown(test_views, setup, teardown),
      cmocka_unit_test_setup_teardown(test_gap, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
      cmocka_unit_test_setup_teardown(test_long_list, setup, teardown),
      cmocka_unit_test_setup_teardown(test_infer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_invert, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
