/* SPDX-License-Identifier: Apache-2.0 */
/* Generated stubs of the mapper's status interface: what is written is read again, anything else is refused. */
#include <stdio.h>

#include "idl/status.h"
#include "tests/support/stub_pass.h"
#include "tests/unit/support.h"

static const uint8_t tower_octets[] = {5, 0, 1, 2, 3, 4, 5};

static const struct status_entry entries[] = {
    {.serial = 1,
     .age = 0x100000000,
     .lookups = 7,
     .pid = 4711,
     .uid = 1000,
     .flags = status_HAS_CREDENTIALS,
     .annotation = "Greeter",
     .unit = "greeter.service",
     .tower = tower_octets,
     .tower_length = sizeof tower_octets},
    {.serial = UINT64_MAX,
     .flags = status_CONFIGURED,
     .object = {0x6f2c1a3e, 0x8d47, 0x4b59, {0x9a, 0x0e, 0x3c, 0x5b, 0x7d, 0x1e, 0x2f, 0x40}},
     .annotation = "",
     .unit = "",
     .tower = tower_octets,
     .tower_length = 1},
};

static void response_fill(struct mapper_status_List *out_m, uint32_t n)
{
  memset(out_m, 0, sizeof *out_m);
  for (uint32_t i = 0; i < status_COUNTERS; i++)
    out_m->counters[i] = (uint64_t)i << 32 | i;
  out_m->max_entries = 10;
  out_m->num_entries = n;
  out_m->entries = entries;
  out_m->result = 5;
}

static const struct stub_message request = {&mapper_status_stub, mapper_status_List_opnum,
                                            PORTERO_DIRECTION_IN, NULL, NULL};
static const struct stub_message response = {&mapper_status_stub, mapper_status_List_opnum,
                                             PORTERO_DIRECTION_OUT, NULL, NULL};

/* 10 entries were asked for. */
static portero_status response_read(struct portero_ndr_reader *r, struct mapper_status_List *out_m)
{
  memset(out_m, 0, sizeof *out_m);
  out_m->max_entries = 10;
  portero_stub_read_params(&mapper_status_stub, mapper_status_stub.ops, PORTERO_DIRECTION_OUT,
                           out_m, r);
  return portero_ndr_reader_finish(r);
}

/* A response as bytes; free the writer. */
static struct portero_ndr_writer response_bytes(enum stub_encoding encoding, uint32_t n)
{
  struct portero_ndr_writer w = stub_writer(encoding);
  struct mapper_status_List m;

  response_fill(&m, n);
  stub_write(&response, &m, &w);
  assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
  return w;
}

static void assert_same_entry(const struct status_entry *a, const struct status_entry *b)
{
  assert_int_equal(a->serial, b->serial);
  assert_int_equal(a->age, b->age);
  assert_int_equal(a->lookups, b->lookups);
  assert_int_equal(a->pid, b->pid);
  assert_int_equal(a->uid, b->uid);
  assert_int_equal(a->flags, b->flags);
  assert_true(portero_uuid_equal(&a->object, &b->object));
  assert_string_equal(a->annotation, b->annotation);
  assert_string_equal(a->unit, b->unit);
  support_assert_bytes(portero_bytes_make(a->tower, a->tower_length),
                       portero_bytes_make(b->tower, b->tower_length));
}

static void test_response_comes_back(void **state)
{
  (void)state;
  for (int encoding = 0; encoding < STUB_ENCODINGS; encoding++) {
    for (uint32_t n = 0; n <= 2; n++) {
      struct portero_ndr_writer w = response_bytes((enum stub_encoding)encoding, n);
      struct portero_ndr_reader r;
      struct portero_arena arena;
      struct mapper_status_List m;

      portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
      portero_ndr_reader_init(&r, portero_ndr_writer_stub(&w), &arena, encoding == STUB_NDR64,
                              encoding == STUB_BIG);
      assert_true(portero_is_ok(response_read(&r, &m)));
      assert_int_equal(m.counters[status_REFUSED_TAKEN], 0x800000008);
      assert_int_equal(m.result, 5);
      assert_int_equal(m.num_entries, n);
      for (uint32_t i = 0; i < n; i++)
        assert_same_entry(&m.entries[i], &entries[i]);
      portero_arena_deinit(&arena);
      portero_writer_deinit(&w.w);
    }
  }
}

/* [C706] 14: 8-octet alignment of hyper; [MS-RPCE] 2.2.5.3: sizes of 8 octets in STUB_NDR64. */
static void test_response_on_the_wire(void **state)
{
  static const char counters[] = "0000000000000000"
                                 "0100000001000000"
                                 "0200000002000000"
                                 "0300000003000000"
                                 "0400000004000000"
                                 "0500000005000000"
                                 "0600000006000000"
                                 "0700000007000000"
                                 "0800000008000000";
  char hex[512];
  struct portero_ndr_writer w = response_bytes(STUB_LITTLE, 0);

  (void)state;
  (void)snprintf(hex, sizeof hex, "%s%s", counters,
                 "00000000"
                 "0a000000"
                 "00000000"
                 "00000000"
                 "05000000");
  support_assert_hex(portero_ndr_writer_stub(&w), hex);
  portero_writer_deinit(&w.w);
  w = response_bytes(STUB_NDR64, 0);
  (void)snprintf(hex, sizeof hex, "%s%s", counters,
                 "0000000000000000"
                 "0a00000000000000"
                 "0000000000000000"
                 "0000000000000000"
                 "05000000");
  support_assert_hex(portero_ndr_writer_stub(&w), hex);
  portero_writer_deinit(&w.w);
}

static bool response_accepted(struct portero_bytes stub, void *ctx)
{
  enum stub_encoding encoding = *(const enum stub_encoding *)ctx;
  struct portero_ndr_reader r;
  struct portero_arena arena;
  struct mapper_status_List m;
  bool ok;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&r, stub, &arena, encoding == STUB_NDR64, encoding == STUB_BIG);
  ok = portero_is_ok(response_read(&r, &m));
  for (uint32_t i = 0; ok && i < m.num_entries; i++)
    ok = strlen(m.entries[i].annotation) + strlen(m.entries[i].unit) < stub.size &&
         (m.entries[i].tower_length == 0 || m.entries[i].tower[m.entries[i].tower_length - 1] < 6);
  portero_arena_deinit(&arena);
  return ok;
}

static void test_prefixes_and_flips(void **state)
{
  (void)state;
  for (int i = 0; i < STUB_ENCODINGS; i++) {
    enum stub_encoding encoding = (enum stub_encoding)i;
    struct portero_ndr_writer w = response_bytes(encoding, 2);

    assert_true(response_accepted(portero_ndr_writer_stub(&w), &encoding));
    assert_int_equal(support_prefixes(portero_ndr_writer_stub(&w), response_accepted, &encoding),
                     0);
    (void)support_bit_flips(portero_ndr_writer_stub(&w), response_accepted, &encoding);
    portero_writer_deinit(&w.w);
  }
}

static portero_status request_read(const char *hex, struct mapper_status_List *out_m)
{
  struct portero_bytes stub = support_hex(hex);
  struct portero_ndr_reader r;
  struct portero_arena arena;
  portero_status status;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 10);
  portero_ndr_reader_init(&r, stub, &arena, false, false);
  portero_stub_read_params(&mapper_status_stub, mapper_status_stub.ops, PORTERO_DIRECTION_IN, out_m,
                           &r);
  status = portero_ndr_reader_finish(&r);
  portero_arena_deinit(&arena);
  support_free(stub);
  return status;
}

static void test_request(void **state)
{
  const struct mapper_status_List asked = {.after = 0x0102030405060708,
                                           .max_entries = status_MAX_BATCH};
  struct portero_ndr_writer w = stub_writer(STUB_LITTLE);
  struct mapper_status_List m = {.after = 0};

  (void)state;
  stub_write(&request, &asked, &w);
  support_assert_hex(portero_ndr_writer_stub(&w), "0807060504030201"
                                                  "f4010000");
  portero_writer_deinit(&w.w);
  assert_true(portero_is_ok(request_read("0807060504030201"
                                         "f4010000",
                                         &m)));
  assert_int_equal(m.after, asked.after);
  assert_int_equal(m.max_entries, status_MAX_BATCH);
  /* one more than the IDL's range */
  assert_true(portero_is_local(request_read("0000000000000000"
                                            "f5010000",
                                            &m),
                               PORTERO_LOCAL_MALFORMED));
  assert_false(portero_is_ok(request_read("0807060504030201"
                                          "f40100",
                                          &m)));
}

/* A count is believed only where the bytes are there, and the three of them must agree. */
static void test_counts_that_lie(void **state)
{
  const size_t counters = status_COUNTERS * sizeof(uint64_t);
  static const struct {
    size_t at;
    const char *bytes;
  } lies[] = {
      {0, "01000000"},  /* count */
      {4, "00000000"},  /* max below what follows */
      {8, "01000000"},  /* an offset */
      {12, "0a000000"}, /* more elements than bytes */
      {12, "ffffff3f"},
  };
  enum stub_encoding encoding = STUB_LITTLE;

  (void)state;
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    struct portero_ndr_writer w = response_bytes(STUB_LITTLE, 2);
    struct portero_bytes block = support_copy(portero_ndr_writer_stub(&w));

    support_patch(block, counters + lies[i].at, lies[i].bytes);
    assert_false(response_accepted(block, &encoding));
    support_free(block);
    portero_writer_deinit(&w.w);
  }
}

/* ---- limits ---- */

static const struct status_limit limits[] = {
    {.name = "source-connections",
     .most_allowed = 1024,
     .now = 3,
     .most = 7,
     .refused = 1ull << 33},
    {.name = "garbage", .most_allowed = status_NO_LIMIT},
};
static const struct stub_message limits_response = {&mapper_status_stub, mapper_status_Limits_opnum,
                                                    PORTERO_DIRECTION_OUT, NULL, NULL};

static bool limits_accepted(struct portero_bytes stub, void *ctx)
{
  enum stub_encoding encoding = *(const enum stub_encoding *)ctx;
  struct mapper_status_Limits m = {.max_limits = status_MAX_LIMITS};
  struct portero_ndr_reader r;
  struct portero_arena arena;
  bool ok;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&r, stub, &arena, encoding == STUB_NDR64, encoding == STUB_BIG);
  portero_stub_read_params(&mapper_status_stub, &mapper_status_stub.ops[mapper_status_Limits_opnum],
                           PORTERO_DIRECTION_OUT, &m, &r);
  ok = portero_is_ok(portero_ndr_reader_finish(&r)) && m.num_limits == 2;
  for (uint32_t i = 0; ok && i < 2; i++)
    ok = strcmp(m.limits[i].name, limits[i].name) == 0 &&
         m.limits[i].most_allowed == limits[i].most_allowed && m.limits[i].now == limits[i].now &&
         m.limits[i].most == limits[i].most && m.limits[i].refused == limits[i].refused;
  portero_arena_deinit(&arena);
  return ok;
}

static void test_limits(void **state)
{
  struct mapper_status_Limits m = {
      .max_limits = status_MAX_LIMITS, .num_limits = 2, .limits = limits};

  (void)state;
  for (int i = 0; i < STUB_ENCODINGS; i++) {
    enum stub_encoding encoding = (enum stub_encoding)i;
    struct portero_ndr_writer w = stub_writer(encoding);

    stub_write(&limits_response, &m, &w);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
    assert_true(limits_accepted(portero_ndr_writer_stub(&w), &encoding));
    assert_int_equal(support_prefixes(portero_ndr_writer_stub(&w), limits_accepted, &encoding), 0);
    (void)support_bit_flips(portero_ndr_writer_stub(&w), limits_accepted, &encoding);
    portero_writer_deinit(&w.w);
  }
}

/* ---- the policy and the book ---- */

/* Every field is another: the mistake of one place shows. */
static const struct status_doorman door = {.file = "/etc/portero/policy.yaml",
                                           .failure = "line 3",
                                           .loaded = 1ull << 40,
                                           .failed = (1ull << 40) + 1,
                                           .calls = 10,
                                           .registrations = 20,
                                           .reservations = 30};
static const struct status_sink sinks[] = {
    {.name = "/var/log/portero/book.json", .told = 6, .written = 3, .lost = 2, .waiting = 1},
    {.name = "journal", .told = UINT64_MAX, .failing = 1},
};
static const struct stub_message door_response = {&mapper_status_stub, mapper_status_Doorman_opnum,
                                                  PORTERO_DIRECTION_OUT, NULL, NULL};
static const struct stub_message reload_response = {&mapper_status_stub, mapper_status_Reload_opnum,
                                                    PORTERO_DIRECTION_OUT, NULL, NULL};

static portero_status answer_read(struct portero_bytes stub, enum stub_encoding encoding,
                                  unsigned opnum, struct portero_arena *arena, void *out_m)
{
  struct portero_ndr_reader r;

  portero_arena_init(arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&r, stub, arena, encoding == STUB_NDR64, encoding == STUB_BIG);
  portero_stub_read_params(&mapper_status_stub, &mapper_status_stub.ops[opnum],
                           PORTERO_DIRECTION_OUT, out_m, &r);
  return portero_ndr_reader_finish(&r);
}

static bool same_door(const struct status_doorman *a, const struct status_doorman *b)
{
  return strcmp(a->file, b->file) == 0 && strcmp(a->failure, b->failure) == 0 &&
         a->loaded == b->loaded && a->failed == b->failed && a->calls == b->calls &&
         a->registrations == b->registrations && a->reservations == b->reservations;
}

static bool same_sink(const struct status_sink *a, const struct status_sink *b)
{
  return strcmp(a->name, b->name) == 0 && a->told == b->told && a->written == b->written &&
         a->lost == b->lost && a->waiting == b->waiting && a->failing == b->failing;
}

static bool door_accepted(struct portero_bytes stub, void *ctx)
{
  struct mapper_status_Doorman m = {.num_sinks = 0};
  struct portero_arena arena;
  bool ok = portero_is_ok(answer_read(stub, *(const enum stub_encoding *)ctx,
                                      mapper_status_Doorman_opnum, &arena, &m)) &&
            same_door(&m.state, &door) && m.num_sinks == 2;

  for (uint32_t i = 0; ok && i < 2; i++)
    ok = same_sink(&m.sinks[i], &sinks[i]);
  portero_arena_deinit(&arena);
  return ok;
}

static bool reload_accepted(struct portero_bytes stub, void *ctx)
{
  struct mapper_status_Reload m = {.message = NULL};
  struct portero_arena arena;
  bool ok = portero_is_ok(answer_read(stub, *(const enum stub_encoding *)ctx,
                                      mapper_status_Reload_opnum, &arena, &m)) &&
            m.result == status_REFUSED && m.message && strcmp(m.message, "it stays") == 0;

  portero_arena_deinit(&arena);
  return ok;
}

/* Taken whole, and no prefix of it; flipped bits are read without harm. */
static void assert_exact(const struct stub_message *message, const void *params,
                         bool (*accepted)(struct portero_bytes stub, void *ctx))
{
  for (int i = 0; i < STUB_ENCODINGS; i++) {
    enum stub_encoding encoding = (enum stub_encoding)i;
    struct portero_ndr_writer w = stub_writer(encoding);

    stub_write(message, params, &w);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
    assert_true(accepted(portero_ndr_writer_stub(&w), &encoding));
    assert_int_equal(support_prefixes(portero_ndr_writer_stub(&w), accepted, &encoding), 0);
    (void)support_bit_flips(portero_ndr_writer_stub(&w), accepted, &encoding);
    portero_writer_deinit(&w.w);
  }
}

static void test_doorman(void **state)
{
  const struct mapper_status_Doorman m = {.state = door, .num_sinks = 2, .sinks = sinks};

  (void)state;
  assert_exact(&door_response, &m, door_accepted);
}

static void test_reload(void **state)
{
  const struct mapper_status_Reload m = {.message = "it stays", .result = status_REFUSED};

  (void)state;
  assert_exact(&reload_response, &m, reload_accepted);
}

/* ---- logins ---- */

static const struct mapper_status_Logins logins = {.counters = {1, 1ull << 40, 3, 0}};
static const struct stub_message logins_response = {&mapper_status_stub, mapper_status_Logins_opnum,
                                                    PORTERO_DIRECTION_OUT, NULL, NULL};

static bool logins_accepted(struct portero_bytes stub, void *ctx)
{
  enum stub_encoding encoding = *(const enum stub_encoding *)ctx;
  struct mapper_status_Logins m = {.result = 0};
  struct portero_ndr_reader r;
  struct portero_arena arena;
  bool ok;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&r, stub, &arena, encoding == STUB_NDR64, encoding == STUB_BIG);
  portero_stub_read_params(&mapper_status_stub, &mapper_status_stub.ops[mapper_status_Logins_opnum],
                           PORTERO_DIRECTION_OUT, &m, &r);
  ok = portero_is_ok(portero_ndr_reader_finish(&r)) &&
       memcmp(m.counters, logins.counters, sizeof m.counters) == 0;
  portero_arena_deinit(&arena);
  return ok;
}

static void test_logins(void **state)
{
  (void)state;
  assert_exact(&logins_response, &logins, logins_accepted);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_response_comes_back),
      cmocka_unit_test(test_response_on_the_wire),
      cmocka_unit_test(test_prefixes_and_flips),
      cmocka_unit_test(test_request),
      cmocka_unit_test(test_counts_that_lie),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_logins),
      cmocka_unit_test(test_doorman),
      cmocka_unit_test(test_reload),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
