/* SPDX-License-Identifier: Apache-2.0 */
/* Type tables: what the check refuses, where the layout puts things, what expressions give. */
#include "tests/support/types_build.h"
#include "tests/unit/support.h"

#define UNIQUE PORTERO_TYPE_UNIQUE
#define FIELD  PORTERO_CODE_FIELD

struct fixture {
  struct types_build b;
  struct portero_arena arena;
  uint32_t u8, u16, u32, u64;
};

static int setup(void **state)
{
  static struct fixture f;

  build_init(&f.b);
  f.u8 = build_scalar(&f.b, PORTERO_KIND_UINT8);
  f.u16 = build_scalar(&f.b, PORTERO_KIND_UINT16);
  f.u32 = build_scalar(&f.b, PORTERO_KIND_UINT32);
  f.u64 = build_scalar(&f.b, PORTERO_KIND_UINT64);
  portero_arena_init(&f.arena, &portero_mem_malloc, 1 << 20);
  *state = &f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  portero_arena_deinit(&f->arena);
  return 0;
}

static void accept(struct fixture *f)
{
  const char *problem = NULL;
  portero_status s = portero_types_check(&f->b.t, &f->arena, &problem);

  if (!portero_is_ok(s))
    fail_msg("refused: %s", problem);
}

static void refuse(struct fixture *f, const char *expected)
{
  const char *problem = "";

  assert_true(
      portero_is_local(portero_types_check(&f->b.t, &f->arena, &problem), PORTERO_LOCAL_MALFORMED));
  assert_string_equal(problem, expected);
  assert_null(f->b.t.layouts);
}

static void assert_wire(const struct fixture *f, uint32_t type, bool ndr64, unsigned align,
                        unsigned size, unsigned flags)
{
  const struct portero_wire *w = &f->b.t.layouts[type].wire[ndr64];

  assert_int_equal(w->align, align);
  assert_int_equal(w->size, size);
  assert_int_equal(w->flags, flags);
}

/* {u8, u64, u16}: no padding behind it in NDR, a gap in NDR64, C's own in memory. */
static void test_struct(void **state)
{
  struct fixture *f = *state;
  struct sample {
    uint8_t a;
    uint64_t b;
    uint16_t c;
  };
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"a", f->u8, 0, 0}, {"b", f->u64, 0, 0}, {"c", f->u16, 0, 0});
  uint32_t even = BUILD_STRUCT(&f->b, 0, {"a", f->u16, 0, 0}, {"b", f->u16, 0, 0});
  uint32_t row = build_fixed(&f->b, s, 3), evens = build_fixed(&f->b, even, 3);
  uint32_t first;

  accept(f);
  first = f->b.types[s].first;
  assert_int_equal(f->b.t.layouts[s].size, sizeof(struct sample));
  assert_int_equal(f->b.t.offsets[first + 1], offsetof(struct sample, b));
  assert_int_equal(f->b.t.offsets[first + 2], offsetof(struct sample, c));
  assert_wire(f, s, false, 8, 18, PORTERO_WIRE_FIXED);
  assert_wire(f, s, true, 8, 24, PORTERO_WIRE_FIXED);
  assert_wire(f, row, false, 8, 24 + 24 + 18, PORTERO_WIRE_FIXED);
  assert_wire(f, row, true, 8, 72, PORTERO_WIRE_FIXED);
  assert_wire(f, evens, true, 2, 12, PORTERO_WIRE_FIXED | PORTERO_WIRE_PLAIN);
  assert_int_equal(f->b.t.layouts[s].wire[0].gap, 1);
  assert_int_equal(f->b.t.layouts[s].wire[1].gap, 8);
}

static void test_scalars(void **state)
{
  struct fixture *f = *state;
  uint32_t e16 = build_scalar(&f->b, PORTERO_KIND_ENUM16);
  uint32_t word = build_scalar(&f->b, PORTERO_KIND_INT3264);
  uint32_t uuid = build_scalar(&f->b, PORTERO_KIND_UUID);
  uint32_t handle = build_scalar(&f->b, PORTERO_KIND_HANDLE);
  uint32_t ranged = build_type(
      &f->b, (struct portero_type){.kind = PORTERO_KIND_UINT32, .flags = PORTERO_TYPE_RANGE});

  accept(f);
  assert_wire(f, e16, false, 2, 2, PORTERO_WIRE_FIXED);
  assert_wire(f, e16, true, 4, 4, PORTERO_WIRE_FIXED);
  assert_wire(f, word, false, 4, 4, PORTERO_WIRE_FIXED);
  assert_wire(f, word, true, 8, 8, PORTERO_WIRE_FIXED | PORTERO_WIRE_PLAIN);
  assert_wire(f, uuid, true, 4, 16, PORTERO_WIRE_FIXED | PORTERO_WIRE_PLAIN);
  assert_wire(f, handle, false, 4, 20, PORTERO_WIRE_FIXED | PORTERO_WIRE_PLAIN);
  assert_wire(f, ranged, false, 4, 4, PORTERO_WIRE_FIXED);
  assert_int_equal(f->b.t.layouts[handle].size, sizeof(struct portero_handle));
}

/* {u32 n; [size_is(n)] u16 *p; [size_is(n)] u8 tail[]} */
static void test_pointers(void **state)
{
  struct fixture *f = *state;
  uint32_t n = BUILD_CODE(&f->b, FIELD, 0);
  uint32_t array = build_conformant(&f->b, f->u16, n), tail = build_conformant(&f->b, f->u8, n);
  uint32_t p = build_pointer(&f->b, UNIQUE, array), scalar = build_pointer(&f->b, UNIQUE, f->u32);
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", f->u32, 0, 0}, {"p", p, 0, 0}, {"tail", tail, 0, 0});

  accept(f);
  assert_true(f->b.t.layouts[p].is_collapsed);
  assert_false(f->b.t.layouts[scalar].is_collapsed);
  assert_int_equal(f->b.t.layouts[tail].size, sizeof(void *));
  assert_wire(f, tail, false, 1, 0, PORTERO_WIRE_CONFORMANT);
  assert_wire(f, s, false, 4, 0, PORTERO_WIRE_CONFORMANT | PORTERO_WIRE_DEFERRED);
  assert_wire(f, s, true, 8, 0, PORTERO_WIRE_CONFORMANT | PORTERO_WIRE_DEFERRED);
  assert_int_equal(f->b.t.layouts[s].wire[0].min, 4 + 4 + 1);
}

static void test_union(void **state)
{
  struct fixture *f = *state;
  uint32_t plain = BUILD_UNION(&f->b, 0, f->u16, {"c", f->u8, 0, 1}, {"h", f->u64, 0, 2},
                               {"", 0, 0, 4}, {"s", f->u16, PORTERO_MEMBER_DEFAULT, 0});
  uint32_t ms =
      BUILD_UNION(&f->b, PORTERO_TYPE_MS_UNION, f->u16, {"c", f->u8, 0, 1}, {"h", f->u64, 0, 2});
  const struct portero_type *u = &f->b.types[plain];

  accept(f);
  assert_int_equal(f->b.t.layouts[plain].size, 8);
  assert_wire(f, plain, false, 8, 0, 0);
  assert_int_equal(f->b.t.layouts[plain].wire[0].arm, 1);
  assert_int_equal(f->b.t.layouts[plain].wire[1].arm, 8);
  assert_int_equal(f->b.t.layouts[plain].wire[0].min, 2);
  assert_int_equal(f->b.t.layouts[ms].wire[0].arm, 8);
  assert_int_equal(f->b.t.layouts[ms].wire[0].min, 3);
  assert_int_equal(portero_types_arm(&f->b.t, u, 2)->type, f->u64);
  assert_int_equal(portero_types_arm(&f->b.t, u, 4)->type, 0);
  assert_int_equal(portero_types_arm(&f->b.t, u, -7)->type, f->u16);
  assert_null(portero_types_arm(&f->b.t, &f->b.types[ms], 3));
}

static void test_eval(void **state)
{
  struct fixture *f = *state;
  struct {
    uint32_t n;
    const uint16_t *p;
  } scope = {5, &(uint16_t){9}};
  uint32_t half = BUILD_CODE(&f->b, FIELD, 0, PORTERO_CODE_CONST, 1, PORTERO_CODE_ADD,
                             PORTERO_CODE_CONST, 2, PORTERO_CODE_DIV);
  uint32_t there = BUILD_CODE(&f->b, PORTERO_CODE_PRESENT, 1, PORTERO_CODE_DEREF, 1,
                              PORTERO_CODE_CONST, 0x7f, PORTERO_CODE_COND);
  uint32_t none = BUILD_CODE(&f->b, FIELD, 0, PORTERO_CODE_CONST, 0, PORTERO_CODE_DIV);
  uint32_t p = build_pointer(&f->b, UNIQUE, f->u16);
  uint32_t a1 = build_conformant(&f->b, f->u8, half), a2 = build_conformant(&f->b, f->u8, there);
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", f->u32, 0, 0}, {"p", p, 0, 0},
                            {"a1", build_pointer(&f->b, UNIQUE, a1), 0, 0},
                            {"a2", build_pointer(&f->b, UNIQUE, a2), 0, 0});

  accept(f);
  assert_int_equal(portero_types_eval(&f->b.t, half, s, &scope), 3);
  assert_int_equal(portero_types_eval(&f->b.t, there, s, &scope), 9);
  assert_int_equal(portero_types_eval(&f->b.t, none, s, &scope), 0);
  assert_int_equal(portero_types_eval(&f->b.t, 0, s, &scope), 0);
  scope.p = NULL;
  assert_int_equal(portero_types_eval(&f->b.t, there, s, &scope), -1);
}

static void test_numbers(void **state)
{
  int8_t small = -3;
  uint32_t big = 0xffffffff;
  double d = 1e300, minus = -2.9;

  (void)state;
  assert_int_equal(portero_types_number(PORTERO_KIND_INT8, &small), -3);
  assert_int_equal(portero_types_number(PORTERO_KIND_UINT8, &small), 253);
  assert_int_equal(portero_types_number(PORTERO_KIND_UINT32, &big), 0xffffffff);
  assert_int_equal(portero_types_number(PORTERO_KIND_ENUM16, &big), -1);
  assert_true(portero_types_number(PORTERO_KIND_DOUBLE, &d) == INT64_MAX);
  assert_int_equal(portero_types_number(PORTERO_KIND_DOUBLE, &minus), -2);
  portero_types_set_number(PORTERO_KIND_DOUBLE, &d, -7);
  assert_true(d == -7.0);
  portero_types_set_number(PORTERO_KIND_UINT16, &big, 0x12345);
  assert_int_equal((uint16_t)big, 0x2345);
}

/* ---- what is refused ---- */

static void test_itself(void **state)
{
  struct fixture *f = *state;
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"a", f->u8, 0, 0}, {"next", f->u8, 0, 0});

  f->b.members[f->b.types[s].first + 1].type = s;
  refuse(f, "a type contains itself");
  f->b.members[f->b.types[s].first + 1].type = build_pointer(&f->b, UNIQUE, s);
  accept(f);
}

static void test_depth(void **state)
{
  struct fixture *f = *state;
  uint32_t s = f->u8;

  for (unsigned i = 0; i < 46; i++)
    s = BUILD_STRUCT(&f->b, 0, {"a", s, 0, 0});
  accept(f);
  f->b.t.layouts = NULL;
  for (unsigned i = 0; i < 4; i++)
    s = BUILD_STRUCT(&f->b, 0, {"a", s, 0, 0});
  refuse(f, "types are nested too deeply");
}

static void test_size(void **state)
{
  struct fixture *f = *state;
  uint32_t a = build_fixed(&f->b, f->u64, 1u << 20);

  build_fixed(&f->b, a, 1u << 20);
  refuse(f, "an array is too large");
}

static void test_place(void **state)
{
  struct fixture *f = *state;
  uint32_t n = BUILD_CODE(&f->b, FIELD, 0);
  uint32_t tail = build_conformant(&f->b, f->u8, n);
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"n", f->u8, 0, 0}, {"tail", tail, 0, 0}, {"z", f->u8, 0, 0});

  refuse(f, "what is conformant is not the last member");
  f->b.types[s].count = 2;
  accept(f);
  f->b.t.layouts = NULL;
  build_fixed(&f->b, s, 2);
  refuse(f, "an array of what is conformant itself");
}

static void test_codes(void **state)
{
  struct fixture *f = *state;
  uint32_t n = BUILD_CODE(&f->b, FIELD, 1);
  uint32_t a = build_pointer(&f->b, UNIQUE, build_conformant(&f->b, f->u8, n));

  BUILD_STRUCT(&f->b, 0, {"n", f->u8, 0, 0}, {"p", a, 0, 0});
  refuse(f, "an expression names a member that has no number");
  f->b.code[n + 1] = 2;
  refuse(f, "an expression names a member that has no number");
  f->b.code[n] = PORTERO_CODE_PRESENT;
  f->b.code[n + 1] = 1;
  accept(f);
  f->b.t.layouts = NULL;
  f->b.code[n] = PORTERO_CODES;
  refuse(f, "an expression is not complete");
  f->b.code[n] = PORTERO_CODE_ADD;
  refuse(f, "an expression lacks an operand");
  f->b.code[n] = PORTERO_CODE_END;
  refuse(f, "an expression has not one value");
  f->b.code[n] = FIELD;
  f->b.code[n + 1] = 0;
  f->b.t.n_code--;
  refuse(f, "an expression is not complete");
}

static void test_rows(void **state)
{
  struct fixture *f = *state;
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"a", f->u8, 0, 0});
  uint32_t p = build_pointer(&f->b, UNIQUE, s);

  f->b.members[0].flags = PORTERO_MEMBER_EMBED;
  refuse(f, "a member without a name has no members");
  f->b.members[0].flags = 0;
  f->b.types[p].of = f->b.t.n_types;
  refuse(f, "a type refers to what is not there");
  f->b.types[p].of = s;
  f->b.types[p].flags = UNIQUE | PORTERO_TYPE_FULL;
  refuse(f, "a pointer is not one of ref, unique and full");
  f->b.types[p].flags = UNIQUE | PORTERO_TYPE_RANGE;
  refuse(f, "a type has flags of another kind");
  f->b.types[p].flags = UNIQUE;
  f->b.types[s].count = 2;
  refuse(f, "a member is not there");
  f->b.types[s].count = 1;
  f->b.types[s].kind = PORTERO_KINDS;
  refuse(f, "a type of unknown kind");
  f->b.types[s].kind = PORTERO_KIND_STRUCT;
  f->b.members[0].name = f->b.t.n_strings;
  refuse(f, "a member refers to what is not there");
  f->b.members[0].name = 0;
  f->b.types[p].kind = PORTERO_KIND_STRUCT;
  f->b.types[p].flags = 0;
  f->b.types[p].of = 0;
  f->b.types[p].count = 1;
  refuse(f, "a member belongs to two types");
}

static void test_interfaces(void **state)
{
  struct fixture *f = *state;
  uint32_t params = BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"a", f->u8, PORTERO_MEMBER_IN, 0});
  struct portero_syntax id = {.major = 1};

  build_op(&f->b, "First", params);
  build_iface(&f->b, "one", &id);
  f->b.ifaces[1] = f->b.ifaces[0];
  f->b.ifaces[1].base = 1;
  f->b.ifaces[1].n_ops = 0;
  f->b.t.n_ifaces = 2;
  accept(f);
  assert_ptr_equal(portero_types_iface(&f->b.t, &id), &f->b.ifaces[0]);
  assert_ptr_equal(portero_types_iface_named(&f->b.t, "ONE"), &f->b.ifaces[0]);
  assert_ptr_equal(portero_types_op(&f->b.t, &f->b.ifaces[1], 0), &f->b.ops[0]);
  assert_ptr_equal(portero_types_op_named(&f->b.t, &f->b.ifaces[1], "first"), &f->b.ops[0]);
  assert_null(portero_types_op(&f->b.t, &f->b.ifaces[1], 1));
  f->b.t.layouts = NULL;
  f->b.ifaces[0].base = 2;
  refuse(f, "an interface inherits without end");
  f->b.ifaces[0].base = 0;
  f->b.ops[0].params = f->u8;
  refuse(f, "an operation has no parameters' struct");
  f->b.ops[0].params = params;
  f->b.members[f->b.types[params].first].flags = 0;
  refuse(f, "a parameter has no direction");
}

static void test_encapsulated(void **state)
{
  struct fixture *f = *state;
  uint32_t u = BUILD_UNION(&f->b, PORTERO_TYPE_NO_TAG, f->u16, {"c", f->u8, 0, 1});
  uint32_t by_tag = build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0));
  uint32_t s =
      BUILD_STRUCT(&f->b, PORTERO_TYPE_ENCAPSULATED, {"t", f->u16, 0, 0}, {"u", by_tag, 0, 0});

  accept(f);
  assert_int_equal(f->b.t.layouts[s].wire[1].gap, 1);
  f->b.t.layouts = NULL;
  f->b.types[s].flags = 0;
  refuse(f, "a union without tag stands alone");
  f->b.types[s].flags = PORTERO_TYPE_ENCAPSULATED;
  f->b.types[by_tag].size = BUILD_CODE(&f->b, PORTERO_CODE_CONST, 1);
  refuse(f, "an encapsulated union is not chosen by its tag");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_struct, setup, teardown),
      cmocka_unit_test_setup_teardown(test_scalars, setup, teardown),
      cmocka_unit_test_setup_teardown(test_pointers, setup, teardown),
      cmocka_unit_test_setup_teardown(test_union, setup, teardown),
      cmocka_unit_test_setup_teardown(test_eval, setup, teardown),
      cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
      cmocka_unit_test_setup_teardown(test_itself, setup, teardown),
      cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
      cmocka_unit_test_setup_teardown(test_size, setup, teardown),
      cmocka_unit_test_setup_teardown(test_place, setup, teardown),
      cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(test_interfaces, setup, teardown),
      cmocka_unit_test_setup_teardown(test_encapsulated, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
