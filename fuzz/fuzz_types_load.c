/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Type tables from anybody: the first byte picks the encoding and the direction, the next two are
 * the table's size, the rest is a stub. What a table that passes the check reads from the stub can
 * be written, and that reads and writes the same again.
 */
#include "fuzz/fuzz.h"

#include <portero/types.h>

#include <string.h>

#define ARENA_BUDGET (1u << 20)
#define STUB_LIMIT   (1u << 24) /* what was read is not much larger when it is written */
#define OPERATIONS   4u

struct how {
  const struct portero_types *t;
  const struct portero_op *op;
  enum portero_direction direction;
  bool ndr64, big_endian;
};

/* Reads the stub and writes it to w; true when it could be read. */
static bool pass(const struct how *how, struct portero_bytes stub, struct portero_ndr_writer *w)
{
  struct portero_arena arena;
  struct portero_ndr_reader r;
  void *value;
  bool done = false;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  value = portero_arena_alloc(&arena, how->t->layouts[how->op->params].size);
  portero_ndr_reader_init(&r, stub, &arena, how->ndr64, how->big_endian);
  portero_ndr_writer_init(w, &portero_mem_malloc, STUB_LIMIT, how->ndr64, how->big_endian);
  if (value) {
    portero_types_read_call(how->t, how->op, how->direction, false, value, &r);
    done = portero_is_ok(portero_ndr_reader_finish(&r));
  }
  if (done) {
    portero_types_write_call(how->t, how->op, how->direction, value, w);
    FUZZ_CHECK(portero_is_ok(portero_ndr_writer_finish(w)));
  }
  portero_arena_deinit(&arena);
  return done;
}

static void twice(const struct how *how, struct portero_bytes stub)
{
  struct portero_ndr_writer first, second;

  if (pass(how, stub, &first)) {
    struct portero_bytes written = portero_ndr_writer_stub(&first), again;

    FUZZ_CHECK(pass(how, written, &second));
    again = portero_ndr_writer_stub(&second);
    FUZZ_CHECK(again.size == written.size);
    FUZZ_CHECK(written.size == 0 || memcmp(again.data, written.data, written.size) == 0);
    portero_writer_deinit(&second.w);
  }
  portero_writer_deinit(&first.w);
}

/* The values of the other direction are not there: what can be inferred is. */
static void infer(const struct how *how, struct portero_bytes stub)
{
  struct portero_arena arena;
  struct portero_ndr_reader r;
  void *value;

  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  value = portero_arena_alloc(&arena, how->t->layouts[how->op->params].size);
  portero_ndr_reader_init(&r, stub, &arena, how->ndr64, how->big_endian);
  if (value)
    portero_types_read_call(how->t, how->op, how->direction, true, value, &r);
  portero_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_arena arena;
  struct portero_types t;
  struct portero_bytes stub;
  struct how how = {.t = &t};
  size_t table;

  if (size < 3)
    return 0;
  table = (size_t)data[1] | (size_t)data[2] << 8;
  if (size - 3 < table)
    return 0;
  how.ndr64 = data[0] & 1;
  how.big_endian = !how.ndr64 && (data[0] & 2);
  how.direction = data[0] & 4 ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN;
  stub = portero_bytes_make(data + 3 + table, size - 3 - table);
  portero_arena_init(&arena, &portero_mem_malloc, ARENA_BUDGET);
  if (portero_is_ok(portero_types_load(portero_bytes_make(data + 3, table), &arena, &t, NULL)))
    for (uint32_t i = 0; i < t.n_ops && i < OPERATIONS; i++) {
      how.op = &t.ops[i];
      twice(&how, stub);
      infer(&how, stub);
    }
  portero_arena_deinit(&arena);
  return 0;
}
