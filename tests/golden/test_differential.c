/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated code and type table against each other, for every operation of an interface: random
 * values give the same bytes, bytes the same values, broken bytes the same verdict.
 * usage: test_differential INTERFACE [ROUNDS]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/random_value.h"
#include "tests/golden/stubs.h"

#define MAX_STUB ((size_t)1 << 20)
#define BUDGET   ((size_t)64 << 20)
#define FLIPS    96u /* bits of a stub that are flipped, spread evenly */
#define PREFIXES 64u

static const struct portero_stub *stub; /* the interface that is looked at */
static unsigned rounds = 12;
static struct portero_types types;
static struct portero_arena table_arena, arena;
static struct portero_writer pool[3];

enum how {
  BY_TABLE,
  BY_CODE
};

struct way {
  const struct portero_stub_op *op;
  const struct portero_op *table_op;
  enum portero_direction direction;
  bool ndr64, big_endian;
};

static const char *way_text(const struct way *w)
{
  static char text[160];

  (void)snprintf(text, sizeof text, "%s.%s %s %s%s", stub->name, w->op->name,
                 w->direction == PORTERO_DIRECTION_IN ? "in" : "out", w->ndr64 ? "NDR64" : "NDR",
                 w->big_endian ? " big-endian" : "");
  return text;
}

/* ---- one step ---- */

/* The stub in pool[slot]; empty and false when the value cannot be written. */
static bool write_stub(const struct way *w, enum how how, const void *params, unsigned slot,
                       struct portero_bytes *out_stub)
{
  struct portero_ndr_writer n;

  portero_writer_reset(&pool[slot]);
  portero_ndr_writer_init(&n, &portero_mem_malloc, MAX_STUB, w->ndr64, w->big_endian);
  if (how == BY_TABLE)
    portero_types_write_call(&types, w->table_op, w->direction, params, &n);
  else
    portero_stub_write_params(stub, w->op, w->direction, params, &arena, &n);
  *out_stub = portero_ndr_writer_stub(&n);
  portero_write_bytes(&pool[slot], out_stub->data, out_stub->size);
  *out_stub = portero_writer_bytes(&pool[slot]);
  bool written = portero_is_ok(portero_ndr_writer_finish(&n));
  portero_writer_deinit(&n.w);
  return written;
}

/* What was read, or NULL. given: the parameters of the other direction. */
static void *read_stub(const struct way *w, enum how how, struct portero_bytes bytes,
                       const void *given)
{
  const struct portero_type *s = &types.types[w->table_op->params];
  uint16_t mine = w->direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT;
  uint8_t *params = portero_arena_alloc(&arena, w->op->size);
  struct portero_ndr_reader r;

  assert_non_null(params);
  for (uint32_t i = s->first; given && i < s->first + s->count; i++)
    if (!(types.members[i].flags & mine) ||
        (w->direction == PORTERO_DIRECTION_OUT && types.members[i].flags & PORTERO_MEMBER_IN))
      memcpy(params + types.offsets[i], (const uint8_t *)given + types.offsets[i],
             types.layouts[types.members[i].type].size);
  portero_ndr_reader_init(&r, bytes, &arena, w->ndr64, w->big_endian);
  if (how == BY_TABLE)
    portero_types_read_call(&types, w->table_op, w->direction, false, params, &r);
  else
    portero_stub_read_params(stub, w->op, w->direction, params, &r);
  return portero_is_ok(portero_ndr_reader_finish(&r)) ? params : NULL;
}

static void print_bytes(const char *what, struct portero_bytes b)
{
  print_message("  %s ", what);
  for (size_t i = 0; i < b.size && i < 400; i++)
    print_message("%02x", b.data[i]);
  print_message("\n");
}

static bool same(struct portero_bytes a, struct portero_bytes b)
{
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Both read it alike: refused by both, or the same value, as its bytes by the table show. */
static void check_verdict(const struct way *w, struct portero_bytes bytes, const void *given,
                          const char *what)
{
  const void *by_table = read_stub(w, BY_TABLE, bytes, given);
  const void *by_code = read_stub(w, BY_CODE, bytes, given);
  struct portero_bytes a, b;
  bool wrote_a, wrote_b;

  if (!by_table != !by_code) {
    print_bytes("stub", bytes);
    fail_msg("%s: %s: accepted by %s alone", way_text(w), what, by_table ? "the table" : "code");
  }
  if (!by_table)
    return;
  wrote_a = write_stub(w, BY_TABLE, by_table, 1, &a);
  wrote_b = write_stub(w, BY_TABLE, by_code, 2, &b);
  if (wrote_a != wrote_b || !same(a, b)) {
    print_bytes("stub ", bytes);
    print_bytes("table", a);
    print_bytes("code ", b);
    fail_msg("%s: %s: different values", way_text(w), what);
  }
}

/* In memory of its own size, so that a read past the end is seen. */
static void check_broken(const struct way *w, struct portero_bytes stub_bytes, size_t size,
                         size_t bit, const void *given, const char *what)
{
  uint8_t *exact = malloc(size ? size : 1);

  assert_non_null(exact);
  if (size)
    memcpy(exact, stub_bytes.data, size);
  if (bit < 8 * size)
    exact[bit / 8] ^= (uint8_t)(1u << bit % 8);
  check_verdict(w, portero_bytes_make(exact, size), given, what);
  free(exact);
}

/* ---- one way of one operation ---- */

static void check_value(const struct way *w, const void *params)
{
  struct portero_bytes a, b;
  bool by_table = write_stub(w, BY_TABLE, params, 0, &a);
  bool by_code = write_stub(w, BY_CODE, params, 1, &b);
  size_t step;

  if (by_table != by_code || (by_table && !same(a, b))) {
    print_bytes("table", a);
    print_bytes("code ", b);
    fail_msg("%s: different bytes", way_text(w));
  }
  if (!by_table)
    return;
  if (!read_stub(w, BY_TABLE, a, params)) {
    print_bytes("stub", a);
    fail_msg("%s: its own bytes are refused", way_text(w));
  }
  (void)write_stub(w, BY_TABLE, read_stub(w, BY_TABLE, a, params), 1, &b);
  if (!same(a, b)) {
    print_bytes("before", a);
    print_bytes("after ", b);
    fail_msg("%s: another value when it is read again", way_text(w));
  }
  check_verdict(w, a, params, "whole");
  step = a.size / PREFIXES + 1;
  for (size_t n = 0; n < a.size; n += step)
    check_broken(w, a, n, SIZE_MAX, params, "prefix");
  step = 8 * a.size / FLIPS + 1;
  for (size_t bit = random_below(&(struct random_value){.state = a.size * 77 + 1}, (uint32_t)step);
       bit < 8 * a.size; bit += step)
    check_broken(w, a, a.size, bit, params, "bit flip");
}

static unsigned written, refused;

static void check_op(const struct portero_stub_op *op, const struct portero_op *table_op)
{
  for (unsigned round = 0; round < rounds; round++) {
    struct random_value r = {
        .t = &types, .arena = &arena, .state = (op->opnum * 131u + round) * 2654435761u + 1};
    void *params = portero_arena_alloc(&arena, op->size);
    struct portero_bytes bytes;
    assert_non_null(params);
    if (!random_params(&r, table_op, params))
      fail_msg("%s: no random value", op->name);
    for (unsigned n = 0; n < 6; n++) {
      struct way w = {op, table_op, n % 2 ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN,
                      n / 2 == 1, n / 2 == 2};
      if (write_stub(&w, BY_TABLE, params, 0, &bytes))
        written++;
      else
        refused++;
      check_value(&w, params);
    }
    portero_arena_reset(&arena);
  }
}

static void agree_on_every_operation(void **state)
{
  const struct portero_iface *iface;

  stub = *state;
  assert_true(portero_is_ok(portero_types_load(portero_bytes_make(stub->table, stub->table_size),
                                               &table_arena, &types, NULL)));
  iface = portero_types_iface(&types, &stub->id);
  assert_non_null(iface);
  written = refused = 0;
  for (uint32_t i = 0; i < stub->n_ops; i++) {
    const struct portero_op *table_op = portero_types_op(&types, iface, stub->ops[i].opnum);
    if (stub->ops[i].flags & PORTERO_OP_RESERVED)
      continue;
    assert_non_null(table_op);
    assert_int_equal(types.layouts[table_op->params].size, stub->ops[i].size);
    check_op(&stub->ops[i], table_op);
  }
  print_message("%s: %u values written, %u have no form\n", stub->name, written, refused);
  /* A generator that makes nothing of use would let everything pass. */
  assert_true(written >= refused);
}

static int set_up(void **state)
{
  (void)state;
  portero_arena_init(&table_arena, &portero_mem_malloc, BUDGET);
  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  for (size_t i = 0; i < 3; i++)
    portero_writer_init(&pool[i], &portero_mem_malloc, MAX_STUB);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (size_t i = 0; i < 3; i++)
    portero_writer_deinit(&pool[i]);
  portero_arena_deinit(&arena);
  portero_arena_deinit(&table_arena);
  return 0;
}

#define MAX_INTERFACES 64u

int main(int argc, char **argv)
{
  struct CMUnitTest tests[MAX_INTERFACES];
  size_t n = 0;

  for (const struct listed_stub *s = listed_stubs; argc > 1 && s->file && n < MAX_INTERFACES; s++)
    if (strcmp(s->file, argv[1]) == 0)
      tests[n++] = (struct CMUnitTest){.name = s->stub->name,
                                       .test_func = agree_on_every_operation,
                                       .initial_state = (void *)(uintptr_t)s->stub};
  if (n == 0) {
    (void)fprintf(stderr, "usage: test_differential IDL [ROUNDS]   e.g. rrp\n");
    return 2;
  }
  if (argc > 2)
    rounds = (unsigned)strtoul(argv[2], NULL, 10);
  return _cmocka_run_group_tests("differential", tests, n, set_up, tear_down);
}
