/* SPDX-License-Identifier: Apache-2.0 */
/* Stubs of the management interface against Samba's answers and its marshalling of the same values. */
#include <stdio.h>
#include <stdlib.h>

#include "src/rpc/mgmt_stub.h"
#include "tests/unit/support.h"

enum encoding {
  LITTLE,
  BIG,
  NDR64
};

/* Reads one message, tells it as text, writes it again. False: the read failed with *out_status. */
typedef bool pass(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                  portero_status *out_status);

static bool if_ids(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                   portero_status *out_status)
{
  struct portero_mgmt_if_ids_response m;
  char uuid[PORTERO_UUID_TEXT_SIZE];
  *out_status = portero_mgmt_if_ids_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, m.has_vector ? "interfaces" : "none");
  for (uint32_t i = 0; i < m.n_ids; i++)
    (void)fprintf(text, " %s/%u.%u", portero_uuid_text(&m.ids[i].uuid, uuid), m.ids[i].major,
                  m.ids[i].minor);
  (void)fprintf(text, " status=%08x", m.status);
  portero_mgmt_if_ids_response_write(w, &m);
  return true;
}

static bool stats_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                          portero_status *out_status)
{
  uint32_t count;
  *out_status = portero_mgmt_stats_request_read(r, &count);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "stats %u", count);
  portero_mgmt_stats_request_write(w, count);
  return true;
}

static bool stats_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                           portero_status *out_status)
{
  struct portero_mgmt_stats_response m;
  *out_status = portero_mgmt_stats_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "statistics");
  for (uint32_t i = 0; i < m.n_values; i++)
    (void)fprintf(text, " %u", m.values[i]);
  (void)fprintf(text, " status=%08x", m.status);
  portero_mgmt_stats_response_write(w, &m);
  return true;
}

static bool listening(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                      portero_status *out_status)
{
  struct portero_mgmt_listening_response m;
  *out_status = portero_mgmt_listening_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "listening=%d status=%08x", m.listening, m.status);
  portero_mgmt_listening_response_write(w, &m);
  return true;
}

static bool stopped(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                    portero_status *out_status)
{
  uint32_t value;
  *out_status = portero_mgmt_stop_response_read(r, &value);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "status=%08x", value);
  portero_mgmt_stop_response_write(w, value);
  return true;
}

static bool name_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                         portero_status *out_status)
{
  struct portero_mgmt_princ_name_request m;
  *out_status = portero_mgmt_princ_name_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "name of %u in %u", m.authn_protocol, m.size);
  portero_mgmt_princ_name_request_write(w, &m);
  return true;
}

static bool name_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                          portero_status *out_status)
{
  struct portero_mgmt_princ_name_response m;
  *out_status = portero_mgmt_princ_name_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "'%s' in %u status=%08x", m.name, m.size, m.status);
  portero_mgmt_princ_name_response_write(w, &m);
  return true;
}

#define TWO_INTERFACES                                                                             \
  "interfaces e1af8308-5d1f-11c9-91a4-08002b14a0fa/3.0 afa8bd80-7d8a-11c9-bef4-08002b102989/1.0 "  \
  "status=00000000"

static const struct sample {
  const char *name;
  enum encoding encoding;
  pass *run;
  const char *hex, *text;
  bool exact; /* ours are the same bytes */
} samples[] = {
    {"Samba's interfaces", LITTLE, if_ids,
     "00000200020000000200000004000200080002000883afe11f5dc91191a408002b14a0fa0300000080bda8af8a7dc"
     "911bef408002b102989"
     "0100000000000000",
     TWO_INTERFACES, true},
    {"Samba's interfaces", NDR64, if_ids,
     "000002000000000002000000000000000200000000000000040002000000000008000200000000000883afe11f5dc"
     "91191a408002b14a0fa"
     "0300000080bda8af8a7dc911bef408002b1029890100000000000000",
     TWO_INTERFACES, true},
    /* Samba writes an interface version as one 32-bit number; here it is two of 16 bits. */
    {"interfaces", BIG, if_ids,
     "0002000000000002000000020002000400020008e1af83085d1f11c991a408002b14a0fa00030000afa8bd807d8a1"
     "1c9bef408002b102989"
     "0001000000000000",
     TWO_INTERFACES, true},
    {"no vector", LITTLE, if_ids, "0000000005000000", "none status=00000005", true},
    {"a null pointer among them", LITTLE, if_ids,
     "01000000020000000200000000000000020000000883afe11f5dc91191a408002b14a0fa0300000000000000",
     "interfaces e1af8308-5d1f-11c9-91a4-08002b14a0fa/3.0 status=00000000", false},
    {"impacket asks statistics", LITTLE, stats_request, "04000000", "stats 4", true},
    {"Samba's statistics", LITTLE, stats_response,
     "04000000040000000100000002000000030000000400000000000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"Samba's statistics", BIG, stats_response,
     "00000004000000040000000100000002000000030000000400000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"statistics", NDR64, stats_response,
     "040000000000000004000000000000000100000002000000030000000400000000000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"Samba listens", LITTLE, listening, "0000000001000000", "listening=1 status=00000000", true},
    {"Samba does not", LITTLE, listening, "0500000000000000", "listening=0 status=00000005", true},
    {"refused to stop", LITTLE, stopped, "05000000", "status=00000005", true},
    {"a name is asked", LITTLE, name_request, "0a00000040000000", "name of 10 in 64", true},
    {"Samba's name", LITTLE, name_response,
     "400000000000000011000000686f73742f73332e6c61622e746573740000000000000000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"Samba's name", NDR64, name_response,
     "400000000000000000000000000000001100000000000000686f73742f73332e6c61622e746573740000000000000"
     "000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"Samba's name", BIG, name_response,
     "000000400000000000000011686f73742f73332e6c61622e746573740000000000000000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"no room for a name", LITTLE, name_response, "000000000000000000000000d3060000",
     "'' in 0 status=000006d3", true},
};

#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* One pass over the stub; what is written goes to w. Free the text. */
static portero_status pass_over(pass *run, enum encoding encoding, struct portero_bytes stub,
                                struct portero_ndr_writer *w, char **out_text)
{
  portero_status status;
  struct portero_arena arena;
  struct portero_ndr_reader r;
  size_t size;
  FILE *text = open_memstream(out_text, &size);

  assert_non_null(text);
  portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&r, stub, &arena, encoding == NDR64, encoding == BIG);
  (void)run(&r, w, text, &status);
  (void)fclose(text);
  portero_arena_deinit(&arena);
  return status;
}

static struct portero_ndr_writer writer_for(enum encoding encoding)
{
  struct portero_ndr_writer w;
  portero_ndr_writer_init(&w, &portero_mem_malloc, 1 << 16, encoding == NDR64, encoding == BIG);
  return w;
}

static void samples_mean_what_they_say(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes stub = support_hex(samples[i].hex);
    for (enum encoding to = LITTLE; to <= NDR64; to++) {
      struct portero_ndr_writer w = writer_for(to), w2 = writer_for(to);
      char *first, *second;

      if (!portero_is_ok(pass_over(samples[i].run, samples[i].encoding, stub, &w, &first)))
        fail_msg("%s, encoding %d", samples[i].name, (int)samples[i].encoding);
      assert_string_equal(first, samples[i].text);
      if (samples[i].exact && to == samples[i].encoding)
        support_assert_bytes(portero_ndr_writer_stub(&w), stub);
      assert_true(
          portero_is_ok(pass_over(samples[i].run, to, portero_ndr_writer_stub(&w), &w2, &second)));
      assert_string_equal(second, samples[i].text);
      free(first);
      free(second);
      portero_writer_deinit(&w.w);
      portero_writer_deinit(&w2.w);
    }
    support_free(stub);
  }
}

static bool accepts(struct portero_bytes stub, void *ctx)
{
  const struct sample *s = ctx;
  struct portero_ndr_writer w = writer_for(s->encoding);
  char *text;
  portero_status status = pass_over(s->run, s->encoding, stub, &w, &text);

  if (portero_is_ok(status))
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
  free(text);
  portero_writer_deinit(&w.w);
  return portero_is_ok(status);
}

static void prefixes_are_refused_and_flips_survived(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes stub = support_hex(samples[i].hex);
    struct sample s = samples[i];

    assert_int_equal(support_prefixes(stub, accepts, &s), 0);
    (void)support_bit_flips(stub, accepts, &s);
    support_free(stub);
  }
}

static void rules_are_checked(void **state)
{
  static const struct {
    const char *name;
    pass *run;
    const char *hex;
    enum portero_local want;
  } rules[] = {
      {"4096 characters", name_request, "0a00000000100000", PORTERO_LOCAL_NONE},
      {"4097 characters", name_request, "0a00000001100000", PORTERO_LOCAL_MALFORMED},
      {"one interface", if_ids,
       "010000000100000001000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_NONE},
      {"count and size differ", if_ids,
       "010000000100000002000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"a huge count", if_ids,
       "01000000ffffff3fffffff3f"
       "00000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"two numbers", stats_response,
       "0200000002000000"
       "0100000002000000"
       "00000000",
       PORTERO_LOCAL_NONE},
      {"two or three", stats_response,
       "0300000002000000"
       "0100000002000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"a name that ends", name_response,
       "030000000000000002000000"
       "61000000"
       "00000000",
       PORTERO_LOCAL_NONE},
      {"one that does not", name_response,
       "030000000000000002000000"
       "61610000"
       "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"longer than asked", name_response,
       "010000000000000002000000"
       "61000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct portero_bytes stub = support_hex(rules[i].hex);
    struct portero_ndr_writer w = writer_for(LITTLE);
    char *text;
    portero_status status = pass_over(rules[i].run, LITTLE, stub, &w, &text);

    if (status.code != rules[i].want)
      print_error("%s\n", rules[i].name);
    assert_int_equal(status.code, rules[i].want);
    free(text);
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

/* The client's array has the last word. */
static void a_long_name_is_cut(void **state)
{
  static const struct {
    uint32_t size;
    const char *hex;
  } cases[] = {
      {6, "060000000000000006000000"
          "616263646500"
          "0000"
          "00000000"},
      {5, "050000000000000005000000"
          "6162636400"
          "000000"
          "00000000"},
      {1, "010000000000000001000000"
          "00"
          "000000"
          "00000000"},
      {0, "000000000000000000000000"
          "00000000"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_ndr_writer w = writer_for(LITTLE);
    struct portero_mgmt_princ_name_response m = {.name = "abcde", .size = cases[i].size};

    portero_mgmt_princ_name_response_write(&w, &m);
    support_assert_hex(portero_ndr_writer_stub(&w), cases[i].hex);
    portero_writer_deinit(&w.w);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(samples_mean_what_they_say),
      cmocka_unit_test(prefixes_are_refused_and_flips_survived),
      cmocka_unit_test(rules_are_checked),
      cmocka_unit_test(a_long_name_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
