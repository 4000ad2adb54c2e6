/* SPDX-License-Identifier: Apache-2.0 */
/* The management interface's generated stubs against Samba's answers and its marshalling of the same values. */
#include <stdio.h>
#include <stdlib.h>

#include "idl/mgmt.h"
#include "tests/support/stub_pass.h"
#include "tests/unit/support.h"

static void tell_if_ids(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_inq_if_ids *m = params;
  char uuid[PORTERO_UUID_TEXT_SIZE];

  (void)fprintf(text, m->if_id_vector ? "interfaces" : "none");
  for (uint32_t i = 0; m->if_id_vector && i < m->if_id_vector->count; i++) {
    const struct ms_types_interface_id *id = m->if_id_vector->ids[i];

    if (id)
      (void)fprintf(text, " %s/%d.%d", portero_uuid_text(&id->id, uuid), id->major, id->minor);
  }
  (void)fprintf(text, " status=%08x", m->status);
}

static void tell_stats_asked(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_inq_stats *m = params;

  (void)fprintf(text, "stats %u", m->count);
}

static void tell_stats(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_inq_stats *m = params;

  (void)fprintf(text, "statistics");
  for (uint32_t i = 0; i < m->count; i++)
    (void)fprintf(text, " %u", m->statistics[i]);
  (void)fprintf(text, " status=%08x", m->status);
}

static void tell_listening(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_is_server_listening *m = params;

  (void)fprintf(text, "listening=%u status=%08x", m->result, m->status);
}

static void tell_stopped(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_stop_server_listening *m = params;

  (void)fprintf(text, "status=%08x", m->status);
}

static void tell_name_asked(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_inq_princ_name *m = params;

  (void)fprintf(text, "name of %u in %u", m->authn_proto, m->princ_name_size);
}

static void given_name(void *params, uint32_t max)
{
  struct mgmt_rpc_mgmt_inq_princ_name *m = params;

  m->princ_name_size = max;
}

static void tell_name(FILE *text, const void *params)
{
  const struct mgmt_rpc_mgmt_inq_princ_name *m = params;

  (void)fprintf(text, "'%s' in %u status=%08x", m->princ_name, m->princ_name_size, m->status);
}

#define MESSAGE(name, op, direction, given, tell)                                                  \
  static const struct stub_message name = {&mgmt_stub, mgmt_rpc_mgmt_##op##_opnum,                 \
                                           PORTERO_DIRECTION_##direction, given, tell}
MESSAGE(if_ids, inq_if_ids, OUT, NULL, tell_if_ids);
MESSAGE(stats_request, inq_stats, IN, NULL, tell_stats_asked);
MESSAGE(stats_response, inq_stats, OUT, NULL, tell_stats);
MESSAGE(listening, is_server_listening, OUT, NULL, tell_listening);
MESSAGE(stopped, stop_server_listening, OUT, NULL, tell_stopped);
MESSAGE(name_request, inq_princ_name, IN, NULL, tell_name_asked);
MESSAGE(name_response, inq_princ_name, OUT, given_name, tell_name);

#define TWO_INTERFACES                                                                             \
  "interfaces e1af8308-5d1f-11c9-91a4-08002b14a0fa/3.0 afa8bd80-7d8a-11c9-bef4-08002b102989/1.0 "  \
  "status=00000000"

static const struct sample {
  const char *name;
  enum stub_encoding encoding;
  const struct stub_message *message;
  const char *hex, *text; /* "in N" in it: the room that was asked for */
  bool exact; /* ours are the same bytes */
} samples[] = {
    {"Samba's interfaces", STUB_LITTLE, &if_ids,
     "00000200020000000200000004000200080002000883afe11f5dc91191a408002b14a0fa0300000080bda8af8a7dc"
     "911bef408002b102989"
     "0100000000000000",
     TWO_INTERFACES, true},
    {"Samba's interfaces", STUB_NDR64, &if_ids,
     "000002000000000002000000000000000200000000000000040002000000000008000200000000000883afe11f5dc"
     "91191a408002b14a0fa"
     "0300000080bda8af8a7dc911bef408002b1029890100000000000000",
     TWO_INTERFACES, true},
    /* Samba writes an interface version as one 32-bit number; here it is two of 16 bits. */
    {"interfaces", STUB_BIG, &if_ids,
     "0002000000000002000000020002000400020008e1af83085d1f11c991a408002b14a0fa00030000afa8bd807d8a1"
     "1c9bef408002b102989"
     "0001000000000000",
     TWO_INTERFACES, true},
    {"no vector", STUB_LITTLE, &if_ids, "0000000005000000", "none status=00000005", true},
    {"a null pointer among them", STUB_LITTLE, &if_ids,
     "01000000020000000200000000000000020000000883afe11f5dc91191a408002b14a0fa0300000000000000",
     "interfaces e1af8308-5d1f-11c9-91a4-08002b14a0fa/3.0 status=00000000", false},
    {"impacket asks statistics", STUB_LITTLE, &stats_request, "04000000", "stats 4", true},
    {"Samba's statistics", STUB_LITTLE, &stats_response,
     "04000000040000000100000002000000030000000400000000000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"Samba's statistics", STUB_BIG, &stats_response,
     "00000004000000040000000100000002000000030000000400000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"statistics", STUB_NDR64, &stats_response,
     "040000000000000004000000000000000100000002000000030000000400000000000000",
     "statistics 1 2 3 4 status=00000000", true},
    {"Samba listens", STUB_LITTLE, &listening, "0000000001000000", "listening=1 status=00000000", true},
    {"Samba does not", STUB_LITTLE, &listening, "0500000000000000", "listening=0 status=00000005", true},
    {"refused to stop", STUB_LITTLE, &stopped, "05000000", "status=00000005", true},
    {"a name is asked", STUB_LITTLE, &name_request, "0a00000040000000", "name of 10 in 64", true},
    {"Samba's name", STUB_LITTLE, &name_response,
     "400000000000000011000000686f73742f73332e6c61622e746573740000000000000000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"Samba's name", STUB_NDR64, &name_response,
     "400000000000000000000000000000001100000000000000686f73742f73332e6c61622e746573740000000000000"
     "000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"Samba's name", STUB_BIG, &name_response,
     "000000400000000000000011686f73742f73332e6c61622e746573740000000000000000",
     "'host/s3.lab.test' in 64 status=00000000", true},
    {"no room for a name", STUB_LITTLE, &name_response, "000000000000000000000000d3060000",
     "'' in 0 status=000006d3", true},
};

#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* The room that was asked for: behind " in ". */
static uint32_t asked(const char *text)
{
  const char *in = strstr(text, "' in ");

  return in ? (uint32_t)strtoul(in + 5, NULL, 10) : 0;
}

static void samples_mean_what_they_say(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    const struct sample *s = &samples[i];
    struct portero_bytes stub = support_hex(s->hex);
    uint32_t max = asked(s->text);

    for (enum stub_encoding to = STUB_LITTLE; to < STUB_ENCODINGS; to++) {
      struct portero_ndr_writer w = stub_writer(to), w2 = stub_writer(to);
      char *first, *second;

      if (!portero_is_ok(stub_pass(s->message, s->encoding, max, stub, &w, &first)))
        fail_msg("%s, encoding %d", s->name, (int)s->encoding);
      assert_string_equal(first, s->text);
      if (s->exact && to == s->encoding)
        support_assert_bytes(portero_ndr_writer_stub(&w), stub);
      assert_true(portero_is_ok(
          stub_pass(s->message, to, max, portero_ndr_writer_stub(&w), &w2, &second)));
      assert_string_equal(second, s->text);
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
  struct portero_ndr_writer w = stub_writer(s->encoding);
  portero_status status = stub_pass(s->message, s->encoding, asked(s->text), stub, &w, NULL);

  if (portero_is_ok(status))
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
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
    const struct stub_message *message;
    const char *hex;
    enum portero_local want;
    uint32_t max; /* that was asked for */
  } rules[] = {
      {"4096 characters", &name_request, "0a00000000100000", PORTERO_LOCAL_NONE, 0},
      {"4097 characters", &name_request, "0a00000001100000", PORTERO_LOCAL_MALFORMED, 0},
      {"50 statistics", &stats_request, "32000000", PORTERO_LOCAL_NONE, 0},
      {"51 statistics", &stats_request, "33000000", PORTERO_LOCAL_MALFORMED, 0},
      {"one interface", &if_ids,
       "010000000100000001000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_NONE, 0},
      {"count and size differ", &if_ids,
       "010000000100000002000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"a huge count", &if_ids,
       "01000000ffffff3fffffff3f"
       "00000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"two numbers", &stats_response,
       "0200000002000000"
       "0100000002000000"
       "00000000",
       PORTERO_LOCAL_NONE, 0},
      {"two or three", &stats_response,
       "0300000002000000"
       "0100000002000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"a name that ends", &name_response,
       "030000000000000002000000"
       "61000000"
       "00000000",
       PORTERO_LOCAL_NONE, 3},
      {"one that does not", &name_response,
       "030000000000000002000000"
       "61610000"
       "00000000",
       PORTERO_LOCAL_MALFORMED, 3},
      {"longer than asked", &name_response,
       "010000000000000002000000"
       "61000000"
       "00000000",
       PORTERO_LOCAL_MALFORMED, 1},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct portero_bytes stub = support_hex(rules[i].hex);
    struct portero_ndr_writer w = stub_writer(STUB_LITTLE);
    portero_status status =
        stub_pass(rules[i].message, STUB_LITTLE, rules[i].max, stub, &w, NULL);

    if (status.code != rules[i].want)
      print_error("%s\n", rules[i].name);
    assert_int_equal(status.code, rules[i].want);
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

/* A client may offer no room, and then there is no terminator either. */
static void names_fit_their_room(void **state)
{
  static const struct {
    const char *name;
    uint32_t size;
    const char *hex; /* NULL: refused */
  } cases[] = {
      {"abcde", 6, "060000000000000006000000616263646500000000000000"},
      {"abcde", 5, NULL},
      {"", 1, "0100000000000000010000000000000000000000"},
      {NULL, 0, "00000000000000000000000000000000"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_ndr_writer w = stub_writer(STUB_LITTLE);
    const struct mgmt_rpc_mgmt_inq_princ_name m = {.princ_name = cases[i].name,
                                                   .princ_name_size = cases[i].size};

    stub_write(&name_response, &m, &w);
    assert_int_equal(portero_is_ok(portero_ndr_writer_finish(&w)), cases[i].hex != NULL);
    if (cases[i].hex)
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
      cmocka_unit_test(names_fit_their_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
