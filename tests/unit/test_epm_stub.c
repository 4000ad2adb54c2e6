/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint mapper's generated stubs against what others sent: rpcclient, smbtorture and a Samba
 * file server on the wire, impacket and Samba's marshalling for NDR64 and big-endian.
 */
#include <stdio.h>
#include <stdlib.h>

#include "src/rpc/epm.h"
#include "tests/support/stub_pass.h"
#include "tests/unit/support.h"

static void tell_uuid(FILE *text, const struct portero_uuid *u)
{
  char buffer[PORTERO_UUID_TEXT_SIZE];

  (void)fprintf(text, " %s", u ? portero_uuid_text(u, buffer) : "-");
}

static void tell_handle(FILE *text, const struct portero_handle *h)
{
  if (portero_uuid_is_nil(&h->uuid) && h->attributes == 0)
    (void)fprintf(text, " handle=0");
  else
    tell_uuid(text, &h->uuid);
}

static void tell_tower(FILE *text, const struct epm_tower *tower)
{
  uint32_t sum = 0;

  for (size_t i = 0; tower && i < tower->tower_length; i++)
    sum = sum * 31 + tower->octets[i];
  if (tower)
    (void)fprintf(text, " tower:%u:%08x", tower->tower_length, sum);
  else
    (void)fprintf(text, " no-tower");
}

static void tell_entries(FILE *text, const struct epm_entry *entries, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    (void)fprintf(text, " {");
    tell_uuid(text, portero_uuid_is_nil(&entries[i].object) ? NULL : &entries[i].object);
    tell_tower(text, entries[i].tower);
    (void)fprintf(text, " '%s' }", entries[i].annotation);
  }
}

static void tell_insert(FILE *text, const void *params)
{
  const struct epmapper_ept_insert *m = params;

  (void)fprintf(text, "insert replace=%u", m->replace);
  tell_entries(text, m->entries, m->num_entries);
}

static void tell_delete(FILE *text, const void *params)
{
  const struct epmapper_ept_delete *m = params;

  (void)fprintf(text, "delete");
  tell_entries(text, m->entries, m->num_entries);
}

static void tell_status(FILE *text, const void *params)
{
  const struct epmapper_ept_insert *m = params;

  (void)fprintf(text, "status=%08x", m->status);
}

static void tell_lookup(FILE *text, const void *params)
{
  const struct epmapper_ept_lookup *m = params;
  const struct ms_types_interface_id *id = m->interface_id;

  (void)fprintf(text, "lookup %u", m->inquiry_type);
  tell_uuid(text, m->object);
  tell_uuid(text, id ? &id->id : NULL);
  (void)fprintf(text, " %d.%d option=%u", id ? id->major : 0, id ? id->minor : 0,
                m->version_option);
  tell_handle(text, &m->entry_handle);
  (void)fprintf(text, " max=%u", m->max_entries);
}

static void given_lookup(void *params, uint32_t max)
{
  struct epmapper_ept_lookup *m = params;

  m->max_entries = max;
}

static void tell_found(FILE *text, const void *params)
{
  const struct epmapper_ept_lookup *m = params;

  (void)fprintf(text, "found");
  tell_handle(text, &m->entry_handle);
  tell_entries(text, m->entries, m->num_entries);
  (void)fprintf(text, " of %u status=%08x", m->max_entries, m->status);
}

static void tell_map(FILE *text, const void *params)
{
  const struct epmapper_ept_map *m = params;

  (void)fprintf(text, "map");
  tell_uuid(text, m->object);
  tell_tower(text, m->map_tower);
  tell_handle(text, &m->entry_handle);
  (void)fprintf(text, " max=%u", m->max_towers);
}

static void given_map(void *params, uint32_t max)
{
  struct epmapper_ept_map *m = params;

  m->max_towers = max;
}

static void tell_mapped(FILE *text, const void *params)
{
  const struct epmapper_ept_map *m = params;

  (void)fprintf(text, "mapped");
  tell_handle(text, &m->entry_handle);
  for (uint32_t i = 0; i < m->num_towers; i++)
    tell_tower(text, m->towers[i]);
  (void)fprintf(text, " of %u status=%08x", m->max_towers, m->status);
}

static void tell_free(FILE *text, const void *params)
{
  const struct epmapper_ept_lookup_handle_free *m = params;

  (void)fprintf(text, "free");
  tell_handle(text, &m->entry_handle);
}

static void tell_freed(FILE *text, const void *params)
{
  const struct epmapper_ept_lookup_handle_free *m = params;

  (void)fprintf(text, "freed");
  tell_handle(text, &m->entry_handle);
  (void)fprintf(text, " status=%08x", m->status);
}

static void tell_object(FILE *text, const void *params)
{
  const struct epmapper_ept_inq_object *m = params;

  (void)fprintf(text, "object");
  tell_uuid(text, &m->ept_object);
  (void)fprintf(text, " status=%08x", m->status);
}

static void tell_mgmt_delete(FILE *text, const void *params)
{
  const struct epmapper_ept_mgmt_delete *m = params;

  (void)fprintf(text, "mgmt_delete %u", m->object_speced);
  tell_uuid(text, m->object);
  tell_tower(text, m->tower);
}

#define MESSAGE(name, op, direction, given, tell)                                                  \
  static const struct stub_message name = {&epmapper_stub, epmapper_##op##_opnum,                  \
                                           PORTERO_DIRECTION_##direction, given, tell}
MESSAGE(insert_request, ept_insert, IN, NULL, tell_insert);
MESSAGE(status_response, ept_insert, OUT, NULL, tell_status);
MESSAGE(delete_request, ept_delete, IN, NULL, tell_delete);
MESSAGE(lookup_request, ept_lookup, IN, NULL, tell_lookup);
MESSAGE(lookup_response, ept_lookup, OUT, given_lookup, tell_found);
MESSAGE(map_request, ept_map, IN, NULL, tell_map);
MESSAGE(map_response, ept_map, OUT, given_map, tell_mapped);
MESSAGE(free_request, ept_lookup_handle_free, IN, NULL, tell_free);
MESSAGE(free_response, ept_lookup_handle_free, OUT, NULL, tell_freed);
MESSAGE(inq_object_response, ept_inq_object, OUT, NULL, tell_object);
MESSAGE(mgmt_delete_request, ept_mgmt_delete, IN, NULL, tell_mgmt_delete);

/* The stubs do not look into towers: this one has an octet too many. */
#define TOWER_NP                                                                                   \
  "050013000dfb855d8854c76240a0e76872ce0064f402000200000013000d045d888aeb1cc9119fe808002b10486002" \
  "00"                                                                                             \
  "0200000001000b0200000001000f0d005c706970655c6d64737376630001001101000000"
#define TOWER_TCP                                                                                  \
  "050013000d01d08c334422f131aaaa90003800100301000200000013000d045d888aeb1cc9119fe808002b10486002" \
  "00"                                                                                             \
  "0200000001000b020000000100070200c15c01000904007f00170b"
#define TOWER_LOCAL                                                                                \
  "040013000d0000000000000000000000000000000000000200000013000d045d888aeb1cc9119fe808002b10486002" \
  "00"                                                                                             \
  "0200000001000c020000000100100b00534d42544f525455524500"
#define TOWER_NP_ASKED                                                                             \
  "050013000d01d08c334422f131aaaa90003800100301000200000013000d045d888aeb1cc9119fe808002b10486002" \
  "00"                                                                                             \
  "0200000001000b0200000001000f010000010011010000"
#define TOWER_MDSSVC                                                                               \
  "040013000dfb855d8854c76240a0e76872ce0064f402000200000013000d045d888aeb1cc9119fe808002b10486002" \
  "00"                                                                                             \
  "0200000001000c020000000100100c00727063645f6d647373766300"
#define HANDLE_0 "0000000000000000000000000000000000000000"

static const struct sample {
  const char *name;
  enum stub_encoding encoding;
  const struct stub_message *message;
  const char *hex, *text; /* "of N" in it: what was asked for */
} samples[] = {
    {"smbtorture insert", STUB_LITTLE, &insert_request,
     "010000000100000000000000000000000000000000000000010000000000000014000000736d62746f72747572652"
     "0656e64706f696e74"
     "004b0000004b000000" TOWER_LOCAL "0000000000",
     "insert replace=0 { - tower:75:LOCAL 'smbtorture endpoint' }"},
    {"Samba delete", STUB_LITTLE, &delete_request,
     "010000000100000000000000000000000000000000000000010000000000000014000000736d62746f72747572652"
     "0656e64706f696e74"
     "004b0000004b000000" TOWER_LOCAL,
     "delete { - tower:75:LOCAL 'smbtorture endpoint' }"},
    {"rpcclient lookup", STUB_LITTLE, &lookup_request,
     "000000000000000000000000"
     "00000000" HANDLE_0 "01000000",
     "lookup 0 - - 0.0 option=0 handle=0 max=1"},
    {"impacket lookup", STUB_LITTLE, &lookup_request,
     "0100000000000000c343000081bb7a364498f135ad3298f0380010030200000002000000000000000000000000000"
     "00000000000000000"
     "00f4010000",
     "lookup 1 - 367abb81-9844-35f1-ad32-98f038001003 2.0 option=2 handle=0 max=500"},
    {"impacket lookup", STUB_NDR64, &lookup_request,
     "01000000bfbfbfbf0000000000000000c2f800000000000081bb7a364498f135ad3298f0380010030200000002000"
     "00000000000000000"
     "00000000000000000000000000f4010000",
     "lookup 1 - 367abb81-9844-35f1-ad32-98f038001003 2.0 option=2 handle=0 max=500"},
    {"Samba's end of a lookup", STUB_LITTLE, &lookup_response,
     "00000000835133ba0b982049a988a426c90341d2000000000a0000000000000000000000d6a0c916",
     "found ba335183-980b-4920-a988-a426c90341d2 of 10 status=16c9a0d6"},
    {"Samba's lookup", STUB_LITTLE, &lookup_response,
     "00000000aaae244d48e9b14b9b3bbc8cb866e4fc01000000010000000000000001000000"
     "00000000000000000000000000000000"
     "010000000000000007000000"
     "6d647373766300"
     "00"
     "4c0000004c000000" TOWER_MDSSVC "00000000",
     "found 4d24aeaa-e948-4bb1-9b3b-bc8cb866e4fc { - tower:76:MDSSVC 'mdssvc' } of 1 "
     "status=00000000"},
    {"impacket lookup response", STUB_LITTLE, &lookup_response,
     "00000000000102030405060708090a0b0c0d0e0f02000000020000000000000002000000111111111111111111111"
     "11111111111b42300"
     "0000000000070000006d647373766300ab11111111111111111111111111111111afd60000000000000100000000e"
     "eeeee540000005400"
     "0000" TOWER_NP "4b0000004b000000" TOWER_TCP "bf00000000",
     "found 03020100-0504-0706-0809-0a0b0c0d0e0f { 11111111-1111-1111-1111-111111111111 "
     "tower:84:NP 'mdssvc' } "
     "{ 11111111-1111-1111-1111-111111111111 tower:75:TCP '' } of 2 status=00000000"},
    {"impacket lookup response", STUB_NDR64, &lookup_response,
     "00000000000102030405060708090a0b0c0d0e0f02000000020000000000000000000000000000000200000000000"
     "00011111111111111"
     "111111111111111111dea2000000000000000000000000000007000000000000006d647373766300ab11111111111"
     "11111111111111111"
     "1111dd010000000000000000000000000000010000000000000000eeeeeeeeeeeeee54000000000000005400000"
     "0" TOWER_NP "4b000000000000004b000000" TOWER_TCP "bf00000000",
     "found 03020100-0504-0706-0809-0a0b0c0d0e0f { 11111111-1111-1111-1111-111111111111 "
     "tower:84:NP 'mdssvc' } "
     "{ 11111111-1111-1111-1111-111111111111 tower:75:TCP '' } of 2 status=00000000"},
    {"smbtorture map", STUB_LITTLE, &map_request,
     "010000000000000000000000000000000000000002000000"
     "4700000047000000" TOWER_NP_ASKED "00"
     "000000000aebefae39a3a1418e8a84de6c7997240a000000",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"Samba map", STUB_BIG, &map_request,
     "00000001000000000000000000000000000000000000000200000047"
     "00000047" TOWER_NP_ASKED "00"
     "00000000aeefeb0aa33941a18e8a84de6c7997240000000a",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"map", STUB_NDR64, &map_request,
     "010000000000000000000000000000000000000000000000020000000000000047000000000000004700000"
     "0" TOWER_NP_ASKED "00"
     "000000000aebefae39a3a1418e8a84de6c7997240a000000",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"Samba's answer to map", STUB_LITTLE, &map_response,
     HANDLE_0 "010000000a0000000000000001000000030000004b0000004b000000" TOWER_TCP "0000000000",
     "mapped handle=0 tower:75:TCP of 10 status=00000000"},
    {"Samba's refusal of map", STUB_LITTLE, &map_response,
     HANDLE_0 "00000000010000000000000000000000d6a0c916", "mapped handle=0 of 1 status=16c9a0d6"},
    {"impacket map response", STUB_LITTLE, &map_response,
     HANDLE_0 "020000000200000000000000020000004d2100000b4300005400000054000000" TOWER_NP
              "4b0000004b000000" TOWER_TCP "bf00000000",
     "mapped handle=0 tower:84:NP tower:75:TCP of 2 status=00000000"},
    {"impacket map response", STUB_NDR64, &map_response,
     HANDLE_0 "0200000002000000000000000000000000000000020000000000000057300000000000003fd900000000"
              "00005400000000000000"
              "54000000" TOWER_NP "4b000000000000004b000000" TOWER_TCP "bf00000000",
     "mapped handle=0 tower:84:NP tower:75:TCP of 2 status=00000000"},
    {"smbtorture free", STUB_LITTLE, &free_request, "00000000a5c17ee7f651e84992cb3b418a8bb060",
     "free e77ec1a5-51f6-49e8-92cb-3b418a8bb060"},
    {"Samba's answer to free", STUB_LITTLE, &free_response,
     "00000000a5c17ee7f651e84992cb3b418a8bb06000000000",
     "freed e77ec1a5-51f6-49e8-92cb-3b418a8bb060 status=00000000"},
    {"object", STUB_BIG, &inq_object_response, "e77ec1a551f649e892cb3b418a8bb06000000005",
     "object e77ec1a5-51f6-49e8-92cb-3b418a8bb060 status=00000005"},
    {"status", STUB_LITTLE, &status_response, "05000000", "status=00000005"},
    {"Samba mgmt_delete", STUB_LITTLE, &mgmt_delete_request,
     "010000000100000081bb7a364498f135ad3298f038001003020000004b0000004b000000" TOWER_LOCAL,
     "mgmt_delete 1 367abb81-9844-35f1-ad32-98f038001003 tower:75:LOCAL"},
    {"Samba mgmt_delete", STUB_BIG, &mgmt_delete_request,
     "0000000100000001367abb81984435f1ad3298f038001003000000020000004b0000004b" TOWER_LOCAL,
     "mgmt_delete 1 367abb81-9844-35f1-ad32-98f038001003 tower:75:LOCAL"},
    {"Samba mgmt_delete", STUB_NDR64, &mgmt_delete_request,
     "0100000000000000010000000000000081bb7a364498f135ad3298f03800100302000000000000004b00000000000"
     "0004b0000"
     "00" TOWER_LOCAL,
     "mgmt_delete 1 367abb81-9844-35f1-ad32-98f038001003 tower:75:LOCAL"},
};

#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* The expected text, with the towers' names in the place of their sums. */
static char *expected(const char *text)
{
  static const struct {
    const char *name, *hex;
  } towers[] = {{"LOCAL", TOWER_LOCAL},
                {"MDSSVC", TOWER_MDSSVC},
                {"NP", TOWER_NP},
                {"TCP", TOWER_TCP},
                {"ASKED", TOWER_NP_ASKED}};
  char *out = NULL;
  size_t size;
  FILE *f = open_memstream(&out, &size);

  assert_non_null(f);
  while (*text) {
    size_t plain = strcspn(text, "LMNTA");
    (void)fwrite(text, 1, plain, f);
    text += plain;
    for (size_t i = 0; i < sizeof towers / sizeof towers[0] && *text; i++) {
      struct portero_bytes octets;
      uint32_t sum = 0;
      if (strncmp(text, towers[i].name, strlen(towers[i].name)) != 0)
        continue;
      octets = support_hex(towers[i].hex);
      for (size_t k = 0; k < octets.size; k++)
        sum = sum * 31 + octets.data[k];
      (void)fprintf(f, "%08x", sum);
      support_free(octets);
      text += strlen(towers[i].name);
    }
  }
  (void)fclose(f);
  return out;
}

/* What was asked for: behind " of ". */
static uint32_t asked(const char *text)
{
  const char *of = strstr(text, " of ");

  return of ? (uint32_t)strtoul(of + 4, NULL, 10) : 0;
}

/* What others sent is understood; what is written from it says the same, in every encoding. */
static void samples_mean_what_they_say(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    const struct sample *s = &samples[i];
    struct portero_bytes stub = support_hex(s->hex);
    uint32_t max = asked(s->text);
    char *want = expected(s->text);

    for (enum stub_encoding to = STUB_LITTLE; to < STUB_ENCODINGS; to++) {
      struct portero_ndr_writer w = stub_writer(s->encoding), w2 = stub_writer(to);
      struct portero_ndr_writer w3 = stub_writer(to);
      char *first, *second;

      if (!portero_is_ok(stub_pass(s->message, s->encoding, max, stub, &w, &first)))
        fail_msg("%s, encoding %d", s->name, (int)s->encoding);
      assert_string_equal(first, want);
      assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
      assert_true(portero_is_ok(stub_pass(s->message, s->encoding, max, stub, &w2, NULL)));
      assert_true(portero_is_ok(
          stub_pass(s->message, to, max, portero_ndr_writer_stub(&w2), &w3, &second)));
      assert_string_equal(second, want);
      support_assert_bytes(portero_ndr_writer_stub(&w3), portero_ndr_writer_stub(&w2));
      free(first);
      free(second);
      portero_writer_deinit(&w.w);
      portero_writer_deinit(&w2.w);
      portero_writer_deinit(&w3.w);
    }
    free(want);
    support_free(stub);
  }
}

/* The same bytes as theirs: identifiers of full pointers count from 1 in requests. */
static void requests_are_written_as_samba_writes_them(void **state)
{
  static const char *const theirs[] = {"smbtorture insert", "Samba delete", "smbtorture map",
                                       "Samba map", "Samba mgmt_delete"};
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    const struct sample *s = &samples[i];
    struct portero_bytes stub = support_hex(s->hex), written;
    struct portero_ndr_writer w = stub_writer(s->encoding);
    bool wanted = false;

    for (size_t k = 0; k < sizeof theirs / sizeof theirs[0]; k++)
      wanted = wanted || strcmp(theirs[k], s->name) == 0;
    if (wanted) {
      assert_true(portero_is_ok(stub_pass(s->message, s->encoding, 0, stub, &w, NULL)));
      written = portero_ndr_writer_stub(&w);
      assert_true(written.size - stub.size < 4); /* the gap behind a tower at the end */
      support_assert_bytes(portero_bytes_make(written.data, stub.size), stub);
    }
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

/* One of an answer that was in the request would stand for what the request sent. */
static void answers_have_identifiers_of_their_own(void **state)
{
  static const struct epm_tower tower = {2, (const uint8_t *)"\xaa\xbb"};
  static const struct epm_tower *const towers[] = {&tower, NULL, &tower};
  const struct epmapper_ept_map m = {.max_towers = 3, .num_towers = 3, .towers = towers};
  struct portero_ndr_writer w = stub_writer(STUB_LITTLE);
  (void)state;

  stub_write(&map_response, &m, &w);
  support_assert_hex(portero_ndr_writer_stub(&w),
                     HANDLE_0 "03000000030000000000000003000000"
                              "000002000000000000000200"
                              "0200000002000000aabb000000000000");
  portero_writer_deinit(&w.w);
}

static bool accepts(struct portero_bytes stub, void *ctx)
{
  const struct sample *s = ctx;
  struct portero_ndr_writer w = stub_writer(s->encoding);
  portero_status status = stub_pass(s->message, s->encoding, asked(s->text), stub, &w, NULL);

  /* What was read can be written. */
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
    /* Most bits are content; those of counts and pointers are refused. */
    assert_true(support_bit_flips(stub, accepts, &s) < stub.size * 8 || stub.size <= 24);
    support_free(stub);
  }
}

/* ---- single rules ---- */

struct rule {
  const char *name;
  enum stub_encoding encoding;
  const struct stub_message *message;
  const char *hex;
  enum portero_local want;
  uint32_t max; /* that was asked for */
};

static void rules_are_checked(void **state)
{
  static const struct rule rules[] = {
      {"max_ents 500", STUB_LITTLE, &lookup_request, HANDLE_0 "00000000000000000000000000000000f4010000",
       PORTERO_LOCAL_NONE, 0},
      {"max_ents 501", STUB_LITTLE, &lookup_request, HANDLE_0 "00000000000000000000000000000000f5010000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"no tower", STUB_LITTLE, &map_request, "0000000000000000" HANDLE_0 "f4010000", PORTERO_LOCAL_NONE, 0},
      {"max_towers 501", STUB_LITTLE, &map_request, "0000000000000000" HANDLE_0 "f5010000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"tower of 4", STUB_LITTLE, &map_request,
       "00000000010000000400000004000000aabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_NONE, 0},
      {"tower of 4 or 3", STUB_LITTLE, &map_request,
       "00000000010000000400000003000000aabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_MALFORMED, 0},
      {"a huge tower", STUB_LITTLE, &map_request,
       "0000000001000000ffffff7fffffff7faabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_MALFORMED, 0},
      {"a tower over 32 bits", STUB_NDR64, &map_request,
       "0000000000000000010000000000000004000000010000000400000000000000" HANDLE_0 "01000000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"as many as told", STUB_LITTLE, &map_response,
       HANDLE_0 "0100000001000000000000000100000000000000"
                "00000000",
       PORTERO_LOCAL_NONE, 1},
      {"an array of another size than asked", STUB_LITTLE, &map_response,
       HANDLE_0 "0100000001000000000000000100000000000000"
                "00000000",
       PORTERO_LOCAL_MALFORMED, 2},
      {"more than told", STUB_LITTLE, &map_response,
       HANDLE_0 "0000000001000000000000000100000000000000"
                "00000000",
       PORTERO_LOCAL_MALFORMED, 1},
      {"more than asked", STUB_LITTLE, &map_response,
       HANDLE_0 "0200000001000000000000000200000000000000"
                "0000000000000000",
       PORTERO_LOCAL_MALFORMED, 1},
      {"an offset", STUB_LITTLE, &map_response,
       HANDLE_0 "0100000002000000010000000100000000000000"
                "00000000",
       PORTERO_LOCAL_MALFORMED, 2},
      {"none inserted", STUB_LITTLE, &insert_request, "000000000000000000000000", PORTERO_LOCAL_NONE, 0},
      {"array of another size", STUB_LITTLE, &insert_request, "010000000000000000000000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"annotation of 64", STUB_LITTLE, &delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "40000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "00",
       PORTERO_LOCAL_NONE, 0},
      {"the same unterminated", STUB_LITTLE, &delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "40000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "61",
       PORTERO_LOCAL_MALFORMED, 0},
      {"annotation of 65", STUB_LITTLE, &delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "41000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "0000",
       PORTERO_LOCAL_MALFORMED, 0},
      {"no annotation at all", STUB_LITTLE, &delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_NONE, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct portero_bytes stub = support_hex(rules[i].hex);
    struct portero_ndr_writer w = stub_writer(rules[i].encoding);
    portero_status status = stub_pass(rules[i].message, rules[i].encoding, rules[i].max, stub, &w,
                                      NULL);

    if (status.code != rules[i].want)
      print_error("%s\n", rules[i].name);
    assert_int_equal(status.code, rules[i].want);
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

/* tower * is a full pointer: an identifier told twice is one tower, sent once. [C706] 14.3.10 */
static void one_identifier_is_one_tower(void **state)
{
  static const char *const hex =
      HANDLE_0 "0400000004000000000000000400000005000000070000000500000000000000"
               "0200000002000000aabb0000"
               "0100000001000000cc000000"
               "00000000";
  struct portero_bytes stub = support_hex(hex);
  struct epmapper_ept_map m = {.max_towers = 4};
  struct portero_arena arena;
  struct portero_ndr_reader r;
  (void)state;

  portero_arena_init(&arena, &portero_mem_malloc, 4096);
  portero_ndr_reader_init(&r, stub, &arena, false, false);
  portero_stub_read_params(&epmapper_stub, &epmapper_stub.ops[epmapper_ept_map_opnum],
                           PORTERO_DIRECTION_OUT, &m, &r);
  assert_true(portero_is_ok(portero_ndr_reader_finish(&r)));
  assert_int_equal(m.num_towers, 4);
  support_assert_hex(epm_octets(m.towers[0]), "aabb");
  support_assert_hex(epm_octets(m.towers[1]), "cc");
  assert_ptr_equal(m.towers[2], m.towers[0]);
  assert_null(m.towers[3]);
  portero_arena_deinit(&arena);
  support_free(stub);
}

static void a_long_annotation_is_not_sent(void **state)
{
  char text[66];
  (void)state;
  memset(text, 'x', sizeof text);
  for (size_t length = 63; length <= 64; length++) {
    struct portero_ndr_writer w = stub_writer(STUB_LITTLE);
    const struct epm_entry e = {.annotation = text};
    const struct epmapper_ept_insert m = {.entries = &e, .num_entries = 1};

    text[length] = '\0';
    stub_write(&insert_request, &m, &w);
    assert_int_equal(portero_ndr_writer_finish(&w).code,
                     length == 63 ? PORTERO_LOCAL_NONE : PORTERO_LOCAL_USAGE);
    text[length] = 'x';
    portero_writer_deinit(&w.w);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(samples_mean_what_they_say),
      cmocka_unit_test(requests_are_written_as_samba_writes_them),
      cmocka_unit_test(answers_have_identifiers_of_their_own),
      cmocka_unit_test(prefixes_are_refused_and_flips_survived),
      cmocka_unit_test(rules_are_checked),
      cmocka_unit_test(one_identifier_is_one_tower),
      cmocka_unit_test(a_long_annotation_is_not_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
