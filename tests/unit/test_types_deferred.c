/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers and what depends on them: late counts and tags, aliases, depth, what can be inferred. */
#include "tests/unit/types_run.h"

/* ---- counts and tags that come too late ---- */

struct late {
  union {
    const uint32_t *p;
    const char *s;
  } u;
  const uint32_t *q;
  uint16_t t;
};

/* Unions before their tags, in an array before its count: each is remembered until its pointers
 * are followed. */
static void test_late_tags(void **state)
{
  struct types_fixture *f = *state;
  static const uint32_t a = 1, b = 2, c = 3;
  static const struct late rows[4] = {
      {{.p = &a}, &b, 1}, {{.s = "text"}, NULL, 2}, {{.p = NULL}, &c, 3}, {{.p = &c}, &a, 1}};
  const struct {
    const struct late *rows;
    uint32_t n;
  } value = {rows, 4};
  uint32_t p = build_pointer(&f->b, UNIQUE, f->u32);
  uint32_t text = build_pointer(&f->b, UNIQUE, build_string(&f->b, PORTERO_KIND_WCHAR));
  uint32_t u = BUILD_UNION(&f->b, 0, f->u16, {"p", p, 0, 1}, {"s", text, 0, 2}, {"", 0, 0, 3});
  uint32_t row =
      BUILD_STRUCT(&f->b, 0, {"u", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 2)), 0, 0},
                   {"q", p, 0, 0}, {"t", f->u16, 0, 0});

  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS,
                      {"rows", build_conformant(&f->b, row, BUILD_CODE(&f->b, FIELD, 1)), IN, 0},
                      {"n", f->u32, IN, 0}));
  types_assert_round_trip(f, &value);
}

/* Rows of pointers, with offsets and lengths of both dimensions behind them. */
static void test_late_rows(void **state)
{
  struct types_fixture *f = *state;
  static const uint32_t a = 1, b = 2, c = 3;
  static const uint32_t *const first[3] = {NULL, &a, &b}, *const second[3] = {NULL, NULL, &c};
  static const uint32_t *const *const rows[2] = {first, second};
  const struct {
    const uint32_t *const *const *rows;
    uint16_t m, n, from, length;
  } value = {rows, 2, 5, 1, 2};
  uint32_t inner =
      build_conformant(&f->b, build_pointer(&f->b, UNIQUE, f->u32), BUILD_CODE(&f->b, FIELD, 2));
  uint32_t outer = build_conformant(&f->b, inner, BUILD_CODE(&f->b, FIELD, 1));

  f->b.types[inner].flags |= PORTERO_TYPE_VARYING;
  f->b.types[outer].flags |= PORTERO_TYPE_VARYING;
  f->b.types[inner].offset = BUILD_CODE(&f->b, FIELD, 3);
  f->b.types[inner].length = BUILD_CODE(&f->b, FIELD, 4);
  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"rows", outer, IN, 0},
                                      {"m", f->u16, IN, 0}, {"n", f->u16, IN, 0},
                                      {"from", f->u16, IN, 0}, {"length", f->u16, IN, 0}));
  types_assert_round_trip(f, &value);
}

/* A fixed array of pointers of which a part is sent, its length behind a pointer behind it. */
static void test_late_length(void **state)
{
  struct types_fixture *f = *state;
  static const uint32_t a = 1, two = 2;
  const struct {
    struct {
      const uint32_t *p[4];
      const uint32_t *length;
    } s;
  } value = {{{&a, NULL, NULL, NULL}, &two}};
  uint32_t p = build_pointer(&f->b, UNIQUE, f->u32), array = build_fixed(&f->b, p, 4), s;

  f->b.types[array].flags |= PORTERO_TYPE_VARYING;
  f->b.types[array].length = BUILD_CODE(&f->b, PORTERO_CODE_DEREF, 1);
  s = BUILD_STRUCT(&f->b, 0, {"p", array, 0, 0}, {"length", p, 0, 0});
  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}));
  types_assert_round_trip(f, &value);
  f->run.encoding = TYPES_LITTLE;
  types_assert_written(f, &value, "00000000 02000000 00000200 00000000 04000200 01000000 02000000");
  types_assert_not_read(f, "00000000 02000000 00000200 00000000 04000200 01000000 01000000",
                        PORTERO_LOCAL_MALFORMED);
}

/* ---- full pointers ---- */

struct ring {
  uint32_t v;
  const struct ring *next;
};

static void ready_ring(struct types_fixture *f)
{
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"v", f->u32, 0, 0}, {"next", f->u32, 0, 0});
  uint32_t p = build_pointer(&f->b, PORTERO_TYPE_FULL, s);
  uint32_t other = build_pointer(&f->b, PORTERO_TYPE_FULL, f->u32);

  f->b.members[f->b.types[s].first + 1].type = p;
  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"p", p, IN, 0}, {"q", other, IN, 0}));
}

static void test_ring(void **state)
{
  struct types_fixture *f = *state;
  static struct ring ring[2] = {{1, &ring[1]}, {2, &ring[0]}};
  const struct {
    const struct ring *p;
    const uint32_t *q;
  } value = {&ring[0], &ring[0].v}, *read;

  ready_ring(f);
  types_assert_written(f, &value, "01000000 01000000 02000000 02000000 01000000 03000000 01000000");
  read = types_assert_read(f, "01000000 01000000 02000000 02000000 01000000 03000000 01000000");
  assert_ptr_equal(read->p->next->next, read->p);
  assert_int_equal(read->p->next->v, 2);
  types_assert_not_read(f, "01000000 01000000 02000000 02000000 01000000 01000000 01000000",
                        PORTERO_LOCAL_MALFORMED);
}

/* Two rows that share what they point to, and each says how many there are. */
static void test_shared_array(void **state)
{
  struct types_fixture *f = *state;
  static const uint32_t numbers[2] = {7, 8};
  const struct row {
    uint32_t n;
    const uint32_t *p;
  } value[2] = {{1, numbers}, {2, numbers}};
  uint32_t array = build_conformant(&f->b, f->u32, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t p = build_pointer(&f->b, PORTERO_TYPE_FULL, array);
  uint32_t row = BUILD_STRUCT(&f->b, 0, {"n", f->u32, 0, 0}, {"p", p, 0, 0});

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS,
                                      {"rows", build_fixed(&f->b, row, 2), IN, 0}));
  types_assert_round_trip(f, value);
  f->run.encoding = TYPES_LITTLE;
  types_assert_not_read(f, "01000000 01000000 00100000 01000000 01000000 07000000",
                        PORTERO_LOCAL_MALFORMED);
  types_assert_not_read(f, "01000000 01000000 01000000 01000000 01000000 07000000",
                        PORTERO_LOCAL_MALFORMED);
}

/* The same with a union that each of them chooses. */
static void test_shared_union(void **state)
{
  struct types_fixture *f = *state;
  uint32_t text = build_string(&f->b, PORTERO_KIND_CHAR);
  uint32_t u = BUILD_UNION(&f->b, 0, f->u32, {"number", f->u32, 0, 1},
                           {"text", build_pointer(&f->b, UNIQUE, text), 0, 2});
  uint32_t p = build_pointer(&f->b, PORTERO_TYPE_FULL,
                             build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)));
  uint32_t row = BUILD_STRUCT(&f->b, 0, {"tag", f->u32, 0, 0}, {"p", p, 0, 0});

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS,
                                      {"rows", build_fixed(&f->b, row, 2), IN, 0}));
  f->run.encoding = TYPES_LITTLE;
  types_assert_read(f, "01000000 01000000 01000000 02000000 01000000 44332211 01000000 44332211");
  types_assert_not_read(f, "01000000 01000000 02000000 01000000 01000000 44332211",
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
  struct types_fixture *f = *state;
  static struct cell cells[PORTERO_NDR_DEPTH + 1];
  static const uint32_t seven = 7;
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"next", f->u32, 0, 0},
                            {"v", build_pointer(&f->b, UNIQUE, f->u32), 0, 0});
  struct portero_bytes stub, again;

  f->b.members[f->b.types[s].first].type = build_pointer(&f->b, UNIQUE, s);
  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"s", s, IN, 0}));
  for (unsigned i = 0; i + 1 < PORTERO_NDR_DEPTH; i++)
    cells[i] = (struct cell){&cells[i + 1], &seven};
  cells[PORTERO_NDR_DEPTH - 1] = (struct cell){NULL, &seven};
  assert_true(portero_is_ok(types_run_encode(&f->run, cells, &stub)));
  assert_true(portero_is_ok(types_run_decode(&f->run, stub, &again)));
  support_assert_bytes(again, stub);
  support_free(again);
  support_free(stub);
  cells[PORTERO_NDR_DEPTH - 1].next = &cells[PORTERO_NDR_DEPTH];
  cells[PORTERO_NDR_DEPTH].v = &seven;
  assert_true(portero_is_ok(types_run_encode(&f->run, cells, &stub)));
  assert_true(portero_is_local(types_run_decode(&f->run, stub, &again), PORTERO_LOCAL_LIMIT));
  support_free(stub);
}

/* ---- a response without its request ---- */

static void test_infer(void **state)
{
  struct types_fixture *f = *state;
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

  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"level", f->u32, IN, 0},
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
  struct types_fixture *f = *state;
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

  types_fixture_ready(f, s);
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
      TYPES_TEST(test_late_tags), TYPES_TEST(test_late_rows), TYPES_TEST(test_late_length),
      TYPES_TEST(test_ring),      TYPES_TEST(test_long_list), TYPES_TEST(test_infer),
      TYPES_TEST(test_invert),   TYPES_TEST(test_shared_array), TYPES_TEST(test_shared_union),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
