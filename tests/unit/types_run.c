/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/types_run.h"

portero_status types_run_encode(const struct types_run *run, const void *value,
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

void *types_run_read(const struct types_run *run, struct portero_bytes stub,
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

portero_status types_run_decode(const struct types_run *run, struct portero_bytes stub,
                                struct portero_bytes *out_again)
{
  struct portero_arena arena;
  portero_status s;
  void *value;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 20);
  value = types_run_read(run, stub, &arena, &s);
  if (portero_is_ok(s) && !portero_is_ok(types_run_encode(run, value, out_again)))
    fail_msg("what was read cannot be written");
  portero_arena_deinit(&arena);
  return s;
}

bool types_run_decodes(struct portero_bytes stub, void *ctx)
{
  struct portero_bytes again;

  if (!portero_is_ok(types_run_decode(ctx, stub, &again)))
    return false;
  support_free(again);
  return true;
}

int types_fixture_setup(void **state)
{
  static struct types_fixture f;

  build_init(&f.b);
  f.u8 = build_scalar(&f.b, PORTERO_KIND_UINT8);
  f.u16 = build_scalar(&f.b, PORTERO_KIND_UINT16);
  f.u32 = build_scalar(&f.b, PORTERO_KIND_UINT32);
  f.run = (struct types_run){.t = &f.b.t};
  portero_arena_init(&f.arena, &portero_mem_malloc, 1 << 22);
  *state = &f;
  return 0;
}

int types_fixture_teardown(void **state)
{
  struct types_fixture *f = *state;

  portero_arena_deinit(&f->arena);
  return 0;
}

void types_fixture_ready(struct types_fixture *f, uint32_t params)
{
  const char *problem = NULL;

  build_op(&f->b, "Op", params);
  if (!portero_is_ok(portero_types_check(&f->b.t, &f->arena, &problem)))
    fail_msg("%s", problem);
}

void types_assert_written(struct types_fixture *f, const void *value, const char *hex)
{
  struct portero_bytes stub;

  assert_true(portero_is_ok(types_run_encode(&f->run, value, &stub)));
  support_assert_hex(stub, hex);
  support_free(stub);
}

void types_assert_not_written(struct types_fixture *f, const void *value)
{
  struct portero_bytes stub;

  assert_true(portero_is_local(types_run_encode(&f->run, value, &stub), PORTERO_LOCAL_USAGE));
}

const void *types_assert_read(struct types_fixture *f, const char *hex)
{
  struct portero_bytes stub = support_hex(hex);
  uint8_t *kept = portero_arena_alloc(&f->arena, stub.size);
  portero_status s;
  void *value;

  memcpy(kept, stub.data, stub.size);
  value = types_run_read(&f->run, portero_bytes_make(kept, stub.size), &f->arena, &s);
  support_free(stub);
  assert_true(portero_is_ok(s));
  return value;
}

void types_assert_not_read(struct types_fixture *f, const char *hex, enum portero_local reason)
{
  struct portero_bytes stub = support_hex(hex), again;

  assert_true(portero_is_local(types_run_decode(&f->run, stub, &again), reason));
  support_free(stub);
}

void types_assert_round_trip(struct types_fixture *f, const void *value)
{
  for (f->run.encoding = TYPES_LITTLE; f->run.encoding < TYPES_ENCODINGS; f->run.encoding++) {
    struct portero_bytes stub, again;

    assert_true(portero_is_ok(types_run_encode(&f->run, value, &stub)));
    assert_true(portero_is_ok(types_run_decode(&f->run, stub, &again)));
    support_assert_bytes(again, stub);
    assert_int_equal(support_prefixes(stub, types_run_decodes, &f->run), 0);
    (void)support_bit_flips(stub, types_run_decodes, &f->run);
    support_free(again);
    support_free(stub);
  }
}
