/* SPDX-License-Identifier: Apache-2.0 */
/* Stubs with types of the program's own, byte by byte: every encoding, and bytes that are broken. */
#include "tests/system/forms_ends.h"
#include "tests/unit/support.h"

#include <string.h>

#define ENCODINGS 3u /* NDR, NDR64, NDR in the other byte order */
#define BUDGET    ((size_t)1 << 20)

struct sample {
  const struct portero_stub_op *op;
  enum portero_direction direction;
  unsigned encoding;
};

static void read_sample(const struct sample *s, struct portero_bytes bytes, void *params,
                        struct portero_arena *arena, struct portero_ndr_reader *r)
{
  portero_ndr_reader_init(r, bytes, arena, s->encoding == 1, s->encoding == 2);
  portero_stub_read_params(&forms_stub, s->op, s->direction, params, r);
}

/* What can be read can be written, unless a conversion does not want to: never anything worse. */
static bool decode(struct portero_bytes bytes, void *ctx)
{
  struct sample *s = ctx;
  struct portero_ndr_writer w;
  struct portero_ndr_reader r;
  struct portero_arena arena;
  portero_status status;
  void *params;

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, s->encoding == 1, s->encoding == 2);
  params = portero_arena_alloc(&arena, s->op->size);
  assert_non_null(params);
  read_sample(s, bytes, params, &arena, &r);
  status = portero_ndr_reader_finish(&r);
  if (portero_is_ok(status)) {
    portero_stub_write_params(&forms_stub, s->op, s->direction, params, &arena, &w);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)) ||
                portero_is_fault(portero_ndr_writer_finish(&w), STUBBORN) ||
                portero_is_local(portero_ndr_writer_finish(&w), PORTERO_LOCAL_USAGE));
  }
  portero_writer_deinit(&w.w);
  portero_arena_deinit(&arena);
  return portero_is_ok(status);
}

static void check_sample(uint16_t opnum, enum portero_direction direction, const void *params,
                         unsigned encoding)
{
  struct sample s = {&forms_stub.ops[opnum], direction, encoding};
  struct portero_ndr_writer w;
  struct portero_arena arena;
  struct portero_bytes bytes;
  size_t good;

  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, encoding == 1, encoding == 2);
  portero_stub_write_params(&forms_stub, s.op, direction, params, &arena, &w);
  assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
  bytes = portero_ndr_writer_stub(&w);
  assert_true(decode(bytes, &s));
  assert_int_equal(support_prefixes(bytes, decode, &s), 0);
  good = support_bit_flips(bytes, decode, &s);
  assert_true(good > 0 && good < 8 * bytes.size);
  portero_writer_deinit(&w.w);
  portero_arena_deinit(&arena);
}

#define MOMENT  ((struct timespec){1700000000, 123456700})
#define ANOTHER ((struct timespec){-11000000000, 0})

static const struct forms_EVENT events[2] = {
    {.at = {5, 0}, .text = "x", .kind = 1, .until = {1700000000, 100}},
    {.text = NULL, .kind = 2, .who = "y\xc3\xa4"}};

static void broken_bytes(void **state)
{
  const struct timespec moments[2] = {MOMENT, ANOTHER};
  const struct forms_COLOUR colour = {1, 2, 3};
  const char *const names[2] = {"eins", NULL};
  const struct forms_NODE last = {2.5, NULL}, first = {1.5, &last};
  const struct forms_TREE leaves[2] = {{.here = 1}, {.here = 2}};
  const struct forms_Keep keep = {.album = {.count = 2,
                                            .used = 1,
                                            .events = events,
                                            .names = names,
                                            .times = moments,
                                            .first = &moments[1],
                                            .colour = &colour,
                                            .other = names}};
  const struct forms_Walk walk = {.list = &first, .tree = {.count = 2, .children = leaves}};
  const struct forms_Choose choose = {
      .which = 2, .in_choice = {.album = &keep.album}, .tagged = {2, {.text = "text"}}};

  const struct timespec *const table[2] = {moments, moments};
  const struct forms_Odd odd = {.rows = 2,
                                .columns = 2,
                                .table = table,
                                .odd = {.from = 1,
                                        .n = 3,
                                        .alias = &moments[1],
                                        .pair = &moments,
                                        .inner = "in",
                                        .tagged = {1, {.time = MOMENT}},
                                        .last = {.many = (const struct timespec[3]){MOMENT}}}};

  (void)state;
  for (unsigned e = 0; e < ENCODINGS; e++) {
    check_sample(forms_Odd_opnum, PORTERO_DIRECTION_IN, &odd, e);
    check_sample(forms_Keep_opnum, PORTERO_DIRECTION_IN, &keep, e);
    check_sample(forms_Keep_opnum, PORTERO_DIRECTION_OUT, &keep, e);
    check_sample(forms_Walk_opnum, PORTERO_DIRECTION_IN, &walk, e);
    check_sample(forms_Choose_opnum, PORTERO_DIRECTION_IN, &choose, e);
  }
}

static void assert_time(const struct timespec *a, struct timespec b)
{
  assert_int_equal(a->tv_sec, b.tv_sec);
  assert_int_equal(a->tv_nsec, b.tv_nsec);
}

static void results(void **state)
{
  const struct forms_Many out = {.found = 2, .events = events};

  (void)state;
  for (unsigned e = 0; e < ENCODINGS; e++) {
    struct sample s = {&forms_stub.ops[forms_Many_opnum], PORTERO_DIRECTION_OUT, e};
    struct forms_Many in = {.count = 7, .found = 0};
    struct portero_ndr_writer w;
    struct portero_ndr_reader r;
    struct portero_arena arena;

    portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
    portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, e == 1, e == 2);
    portero_stub_write_params(&forms_stub, s.op, s.direction, &out, &arena, &w);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
    read_sample(&s, portero_ndr_writer_stub(&w), &in, &arena, &r);
    assert_true(portero_is_ok(portero_ndr_reader_finish(&r)));
    assert_int_equal(in.count, 7); /* what was sent stays as it is */
    assert_int_equal(in.found, 2);
    assert_time(&in.events[0].until, (struct timespec){1700000000, 100});
    assert_string_equal(in.events[0].text, "x");
    assert_null(in.events[1].text);
    assert_string_equal(in.events[1].who, "y\xc3\xa4");
    portero_writer_deinit(&w.w);
    portero_arena_deinit(&arena);
  }
}

/* What a conversion takes is the call's: within its budget, or refused. */
static void no_memory(void **state)
{
  const struct forms_Many out = {.found = 2, .events = events};
  struct sample s = {&forms_stub.ops[forms_Many_opnum], PORTERO_DIRECTION_OUT, 0};
  struct portero_ndr_writer w;
  size_t refused = 0;
  bool read = false;

  (void)state;
  for (size_t budget = 0; budget < 4096 && !read; budget += 16) {
    struct forms_Many in = {.found = 0};
    struct portero_ndr_reader r;
    struct portero_arena arena, small;

    portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
    portero_arena_init(&small, &portero_mem_malloc, budget);
    portero_ndr_writer_init(&w, &portero_mem_malloc, BUDGET, false, false);
    portero_stub_write_params(&forms_stub, s.op, s.direction, &out, &arena, &w);
    read_sample(&s, portero_ndr_writer_stub(&w), &in, &small, &r);
    read = portero_is_ok(portero_ndr_reader_finish(&r));
    refused += portero_is_local(portero_ndr_reader_finish(&r), PORTERO_LOCAL_LIMIT);
    assert_true(read || refused == budget / 16 + 1);
    portero_writer_deinit(&w.w);
    portero_arena_deinit(&small);
    portero_arena_deinit(&arena);
  }
  assert_true(read && refused > 4);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results),
      cmocka_unit_test(broken_bytes),
      cmocka_unit_test(no_memory),
  };

  return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
