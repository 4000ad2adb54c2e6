/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What takes no bytes has limits: zeros for an array that a handler left NULL, rows without
 * elements. The same ones in generated code and in the type table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"

#define BUDGET ((size_t)16 << 20)

enum how {
  BY_CODE,
  BY_TABLE,
  HOWS
};

/* One operation, one way. */
struct way {
  enum how how;
  enum portero_direction direction;
  bool ndr64, big_endian;
  uint16_t opnum;
  struct portero_types types;
  const struct portero_op *op;
  struct portero_arena arena;
};

static void way_open(struct way *w)
{
  portero_arena_init(&w->arena, &portero_mem_malloc, BUDGET);
  assert_true(portero_is_ok(portero_types_load(
      portero_bytes_make(golden_stub.table, golden_stub.table_size), &w->arena, &w->types, NULL)));
  w->op = portero_types_op(&w->types, portero_types_iface(&w->types, &golden_stub.id), w->opnum);
  assert_non_null(w->op);
}

/* The stub's bytes in n: give them back. */
static portero_status way_write(struct way *w, const void *params, struct portero_ndr_writer *n)
{
  portero_ndr_writer_init(n, &portero_mem_malloc, (size_t)64 << 20, w->ndr64, w->big_endian);
  if (w->how == BY_TABLE)
    portero_types_write_call(&w->types, w->op, w->direction, params, n);
  else
    portero_stub_write_params(&golden_stub, &golden_stub.ops[w->opnum], w->direction, params,
                              &w->arena, n);
  return portero_ndr_writer_finish(n);
}

static portero_status way_read(struct way *w, struct portero_bytes stub, void *params)
{
  struct portero_ndr_reader r;

  portero_ndr_reader_init(&r, stub, &w->arena, w->ndr64, w->big_endian);
  if (w->how == BY_TABLE)
    portero_types_read_call(&w->types, w->op, w->direction, false, params, &r);
  else
    portero_stub_read_params(&golden_stub, &golden_stub.ops[w->opnum], w->direction, params, &r);
  return portero_ndr_reader_finish(&r);
}

/* Little-endian NDR, NDR64, big-endian NDR; each both ways. */
static void each_way(uint16_t opnum, enum portero_direction direction, void (*check)(struct way *w))
{
  for (unsigned syntax = 0; syntax < 3; syntax++)
    for (enum how how = BY_CODE; how < HOWS; how++) {
      struct way w = {.how = how,
                      .direction = direction,
                      .opnum = opnum,
                      .ndr64 = syntax == 1,
                      .big_endian = syntax == 2};

      way_open(&w);
      check(&w);
      portero_arena_deinit(&w.arena);
    }
}

/* So many bytes in front of the elements, all zeros but the count. */
static void check_zeros(struct way *w, const void *params, size_t size)
{
  struct portero_ndr_writer n;
  struct portero_bytes stub;

  assert_true(portero_is_ok(way_write(w, params, &n)));
  stub = portero_ndr_writer_stub(&n);
  assert_int_equal(stub.size, (w->ndr64 ? 8 : 4) + size);
  for (size_t i = stub.size - size; i < stub.size; i++)
    assert_int_equal(stub.data[i], 0);
  portero_writer_deinit(&n.w);
}

static void check_refused(struct way *w, const void *params)
{
  struct portero_ndr_writer n;

  assert_true(portero_is_local(way_write(w, params, &n), PORTERO_LOCAL_LIMIT));
  assert_int_equal(portero_ndr_writer_stub(&n).size, 0);
  portero_writer_deinit(&n.w);
}

static void check_numbers(struct way *w)
{
  struct golden_null_numbers p = {.n = PORTERO_NDR_ZEROS / 2, .a = NULL};
  static const uint16_t there[PORTERO_NDR_ZEROS];

  check_zeros(w, &p, PORTERO_NDR_ZEROS);
  p.n++;
  check_refused(w, &p);
  p.n = UINT32_MAX;
  check_refused(w, &p);
  p.n = PORTERO_NDR_ZEROS; /* what is there is no matter of this limit */
  p.a = there;
  check_zeros(w, &p, (size_t)2 * PORTERO_NDR_ZEROS);
}

static void check_structs(struct way *w)
{
  struct golden_null_structs p = {.n = PORTERO_NDR_ZEROS / 8, .a = NULL};

  check_zeros(w, &p, PORTERO_NDR_ZEROS);
  p.n++;
  check_refused(w, &p);
  p.n = UINT32_MAX;
  check_refused(w, &p);
}

static void test_zeros(void **state)
{
  (void)state;
  each_way(golden_null_numbers_opnum, PORTERO_DIRECTION_OUT, check_numbers);
  each_way(golden_null_structs_opnum, PORTERO_DIRECTION_OUT, check_structs);
}

static void check_rows(struct way *w)
{
  static const uint16_t *const rows[PORTERO_NDR_ROWS + 1];
  struct golden_two_dimensions p = {.m = PORTERO_NDR_ROWS, .n = 0, .a = rows}, *again;
  struct portero_ndr_writer n;
  uint8_t *stub;
  size_t size;

  again = portero_arena_alloc(&w->arena, sizeof *again);
  assert_non_null(again);
  assert_true(portero_is_ok(way_write(w, &p, &n)));
  size = portero_ndr_writer_stub(&n).size;
  stub = (uint8_t *)(uintptr_t)portero_ndr_writer_stub(&n).data;
  assert_true(portero_is_ok(way_read(w, portero_bytes_make(stub, size), again)));
  assert_int_equal(again->m, PORTERO_NDR_ROWS);
  assert_non_null(again->a);
  stub[w->big_endian ? 7 : 4]++; /* m, and the count of rows */
  stub[w->ndr64 ? 16 : w->big_endian ? 15 : 12]++;
  assert_true(
      portero_is_local(way_read(w, portero_bytes_make(stub, size), again), PORTERO_LOCAL_LIMIT));
  portero_writer_deinit(&n.w);
  p.m++;
  check_refused(w, &p);
}

static void test_rows(void **state)
{
  (void)state;
  each_way(golden_two_dimensions_opnum, PORTERO_DIRECTION_IN, check_rows);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zeros),
      cmocka_unit_test(test_rows),
  };

  return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
