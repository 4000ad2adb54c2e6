/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stubs of the endpoint mapper against what others sent: rpcclient, smbtorture and a Samba file
 * server on the wire, impacket and Samba's marshalling for NDR64 and big-endian.
 */
#include <stdio.h>
#include <stdlib.h>

#include "src/rpc/epm_stub.h"
#include "tests/unit/support.h"

enum encoding {
  LITTLE,
  BIG,
  NDR64
};

/* Reads one message, tells it as text, writes it again. False: the read failed with *out_status. */
typedef bool pass(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                  portero_status *out_status);

static void tell_uuid(FILE *text, bool present, const struct portero_uuid *u)
{
  char buffer[PORTERO_UUID_TEXT_SIZE];
  (void)fprintf(text, " %s", present ? portero_uuid_text(u, buffer) : "-");
}

static void tell_handle(FILE *text, const struct portero_handle *h)
{
  if (portero_uuid_is_nil(&h->uuid) && h->attributes == 0)
    (void)fprintf(text, " handle=0");
  else
    tell_uuid(text, true, &h->uuid);
}

static void tell_tower(FILE *text, struct portero_bytes tower)
{
  uint32_t sum = 0;
  for (size_t i = 0; i < tower.size; i++)
    sum = sum * 31 + tower.data[i];
  if (tower.data)
    (void)fprintf(text, " tower:%zu:%08x", tower.size, sum);
  else
    (void)fprintf(text, " no-tower");
}

static void tell_entries(FILE *text, const struct portero_ept_entry *entries, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    (void)fprintf(text, " {");
    tell_uuid(text, !portero_uuid_is_nil(&entries[i].object), &entries[i].object);
    tell_tower(text, entries[i].tower);
    (void)fprintf(text, " '%s' }", entries[i].annotation);
  }
}

static bool insert_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                           portero_status *out_status)
{
  struct portero_ept_insert_request m;
  *out_status = portero_ept_insert_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "insert replace=%d", m.replace);
  tell_entries(text, m.entries, m.n_entries);
  portero_ept_insert_request_write(w, &m);
  return true;
}

static bool delete_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                           portero_status *out_status)
{
  struct portero_ept_insert_request m;
  *out_status = portero_ept_delete_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "delete");
  tell_entries(text, m.entries, m.n_entries);
  portero_ept_delete_request_write(w, &m);
  return true;
}

static bool status_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                            portero_status *out_status)
{
  uint32_t value;
  *out_status = portero_ept_status_read(r, &value);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "status=%08x", value);
  portero_ept_status_write(w, value);
  return true;
}

static bool lookup_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                           portero_status *out_status)
{
  struct portero_ept_lookup_request m;
  *out_status = portero_ept_lookup_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "lookup %u", m.inquiry);
  tell_uuid(text, m.has_object, &m.object);
  tell_uuid(text, m.has_interface, &m.interface.uuid);
  (void)fprintf(text, " %u.%u option=%u", m.interface.major, m.interface.minor, m.version_option);
  tell_handle(text, &m.handle);
  (void)fprintf(text, " max=%u", m.max_entries);
  portero_ept_lookup_request_write(w, &m);
  return true;
}

static bool lookup_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                            portero_status *out_status)
{
  struct portero_ept_lookup_response m;
  *out_status = portero_ept_lookup_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "found");
  tell_handle(text, &m.handle);
  tell_entries(text, m.entries, m.n_entries);
  (void)fprintf(text, " of %u status=%08x", m.max_entries, m.status);
  portero_ept_lookup_response_write(w, &m);
  return true;
}

static bool map_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                        portero_status *out_status)
{
  struct portero_ept_map_request m;
  *out_status = portero_ept_map_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "map");
  tell_uuid(text, m.has_object, &m.object);
  tell_tower(text, m.tower);
  tell_handle(text, &m.handle);
  (void)fprintf(text, " max=%u", m.max_towers);
  portero_ept_map_request_write(w, &m);
  return true;
}

static bool map_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                         portero_status *out_status)
{
  struct portero_ept_map_response m;
  *out_status = portero_ept_map_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "mapped");
  tell_handle(text, &m.handle);
  for (uint32_t i = 0; i < m.n_towers; i++)
    tell_tower(text, m.towers[i]);
  (void)fprintf(text, " of %u status=%08x", m.max_towers, m.status);
  portero_ept_map_response_write(w, &m);
  return true;
}

static bool free_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                         portero_status *out_status)
{
  struct portero_handle h;
  *out_status = portero_ept_lookup_handle_free_request_read(r, &h);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "free");
  tell_handle(text, &h);
  portero_ept_lookup_handle_free_request_write(w, &h);
  return true;
}

static bool free_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w, FILE *text,
                          portero_status *out_status)
{
  struct portero_ept_handle_response m;
  *out_status = portero_ept_lookup_handle_free_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "freed");
  tell_handle(text, &m.handle);
  (void)fprintf(text, " status=%08x", m.status);
  portero_ept_lookup_handle_free_response_write(w, &m);
  return true;
}

static bool inq_object_response(struct portero_ndr_reader *r, struct portero_ndr_writer *w,
                                FILE *text, portero_status *out_status)
{
  struct portero_ept_inq_object_response m;
  *out_status = portero_ept_inq_object_response_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "object");
  tell_uuid(text, true, &m.object);
  (void)fprintf(text, " status=%08x", m.status);
  portero_ept_inq_object_response_write(w, &m);
  return true;
}

static bool mgmt_delete_request(struct portero_ndr_reader *r, struct portero_ndr_writer *w,
                                FILE *text, portero_status *out_status)
{
  struct portero_ept_mgmt_delete_request m;
  *out_status = portero_ept_mgmt_delete_request_read(r, &m);
  if (!portero_is_ok(*out_status))
    return false;
  (void)fprintf(text, "mgmt_delete %d", m.object_speced);
  tell_uuid(text, m.has_object, &m.object);
  tell_tower(text, m.tower);
  portero_ept_mgmt_delete_request_write(w, &m);
  return true;
}

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
  enum encoding encoding;
  pass *run;
  const char *hex, *text;
} samples[] = {
    {"smbtorture insert", LITTLE, insert_request,
     "010000000100000000000000000000000000000000000000010000000000000014000000736d62746f72747572652"
     "0656e64706f696e74"
     "004b0000004b000000" TOWER_LOCAL "0000000000",
     "insert replace=0 { - tower:75:LOCAL 'smbtorture endpoint' }"},
    {"Samba delete", LITTLE, delete_request,
     "010000000100000000000000000000000000000000000000010000000000000014000000736d62746f72747572652"
     "0656e64706f696e74"
     "004b0000004b000000" TOWER_LOCAL,
     "delete { - tower:75:LOCAL 'smbtorture endpoint' }"},
    {"rpcclient lookup", LITTLE, lookup_request,
     "000000000000000000000000"
     "00000000" HANDLE_0 "01000000",
     "lookup 0 - - 0.0 option=0 handle=0 max=1"},
    {"impacket lookup", LITTLE, lookup_request,
     "0100000000000000c343000081bb7a364498f135ad3298f0380010030200000002000000000000000000000000000"
     "00000000000000000"
     "00f4010000",
     "lookup 1 - 367abb81-9844-35f1-ad32-98f038001003 2.0 option=2 handle=0 max=500"},
    {"impacket lookup", NDR64, lookup_request,
     "01000000bfbfbfbf0000000000000000c2f800000000000081bb7a364498f135ad3298f0380010030200000002000"
     "00000000000000000"
     "00000000000000000000000000f4010000",
     "lookup 1 - 367abb81-9844-35f1-ad32-98f038001003 2.0 option=2 handle=0 max=500"},
    {"Samba's end of a lookup", LITTLE, lookup_response,
     "00000000835133ba0b982049a988a426c90341d2000000000a0000000000000000000000d6a0c916",
     "found ba335183-980b-4920-a988-a426c90341d2 of 10 status=16c9a0d6"},
    {"Samba's lookup", LITTLE, lookup_response,
     "00000000aaae244d48e9b14b9b3bbc8cb866e4fc01000000010000000000000001000000"
     "00000000000000000000000000000000"
     "010000000000000007000000"
     "6d647373766300"
     "00"
     "4c0000004c000000" TOWER_MDSSVC "00000000",
     "found 4d24aeaa-e948-4bb1-9b3b-bc8cb866e4fc { - tower:76:MDSSVC 'mdssvc' } of 1 "
     "status=00000000"},
    {"impacket lookup response", LITTLE, lookup_response,
     "00000000000102030405060708090a0b0c0d0e0f02000000020000000000000002000000111111111111111111111"
     "11111111111b42300"
     "0000000000070000006d647373766300ab11111111111111111111111111111111afd60000000000000100000000e"
     "eeeee540000005400"
     "0000" TOWER_NP "4b0000004b000000" TOWER_TCP "bf00000000",
     "found 03020100-0504-0706-0809-0a0b0c0d0e0f { 11111111-1111-1111-1111-111111111111 "
     "tower:84:NP 'mdssvc' } "
     "{ 11111111-1111-1111-1111-111111111111 tower:75:TCP '' } of 2 status=00000000"},
    {"impacket lookup response", NDR64, lookup_response,
     "00000000000102030405060708090a0b0c0d0e0f02000000020000000000000000000000000000000200000000000"
     "00011111111111111"
     "111111111111111111dea2000000000000000000000000000007000000000000006d647373766300ab11111111111"
     "11111111111111111"
     "1111dd010000000000000000000000000000010000000000000000eeeeeeeeeeeeee54000000000000005400000"
     "0" TOWER_NP "4b000000000000004b000000" TOWER_TCP "bf00000000",
     "found 03020100-0504-0706-0809-0a0b0c0d0e0f { 11111111-1111-1111-1111-111111111111 "
     "tower:84:NP 'mdssvc' } "
     "{ 11111111-1111-1111-1111-111111111111 tower:75:TCP '' } of 2 status=00000000"},
    {"smbtorture map", LITTLE, map_request,
     "010000000000000000000000000000000000000002000000"
     "4700000047000000" TOWER_NP_ASKED "00"
     "000000000aebefae39a3a1418e8a84de6c7997240a000000",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"Samba map", BIG, map_request,
     "00000001000000000000000000000000000000000000000200000047"
     "00000047" TOWER_NP_ASKED "00"
     "00000000aeefeb0aa33941a18e8a84de6c7997240000000a",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"Samba map", NDR64, map_request,
     "010000000000000000000000000000000000000000000000020000000000000047000000000000004700000"
     "0" TOWER_NP_ASKED "00"
     "00000000"
     "000000000aebefae39a3a1418e8a84de6c7997240a000000",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"the same without a gap", NDR64, map_request,
     "010000000000000000000000000000000000000000000000020000000000000047000000000000004700000"
     "0" TOWER_NP_ASKED "00"
     "000000000aebefae39a3a1418e8a84de6c7997240a000000",
     "map 00000000-0000-0000-0000-000000000000 tower:71:ASKED aeefeb0a-a339-41a1-8e8a-84de6c799724 "
     "max=10"},
    {"Samba's answer to map", LITTLE, map_response,
     HANDLE_0 "010000000a0000000000000001000000030000004b0000004b000000" TOWER_TCP "0000000000",
     "mapped handle=0 tower:75:TCP of 10 status=00000000"},
    {"Samba's refusal of map", LITTLE, map_response,
     HANDLE_0 "00000000010000000000000000000000d6a0c916", "mapped handle=0 of 1 status=16c9a0d6"},
    {"impacket map response", LITTLE, map_response,
     HANDLE_0 "020000000200000000000000020000004d2100000b4300005400000054000000" TOWER_NP
              "4b0000004b000000" TOWER_TCP "bf00000000",
     "mapped handle=0 tower:84:NP tower:75:TCP of 2 status=00000000"},
    {"impacket map response", NDR64, map_response,
     HANDLE_0 "0200000002000000000000000000000000000000020000000000000057300000000000003fd900000000"
              "00005400000000000000"
              "54000000" TOWER_NP "4b000000000000004b000000" TOWER_TCP "bf00000000",
     "mapped handle=0 tower:84:NP tower:75:TCP of 2 status=00000000"},
    {"smbtorture free", LITTLE, free_request, "00000000a5c17ee7f651e84992cb3b418a8bb060",
     "free e77ec1a5-51f6-49e8-92cb-3b418a8bb060"},
    {"Samba's answer to free", LITTLE, free_response,
     "00000000a5c17ee7f651e84992cb3b418a8bb06000000000",
     "freed e77ec1a5-51f6-49e8-92cb-3b418a8bb060 status=00000000"},
    {"object", BIG, inq_object_response, "e77ec1a551f649e892cb3b418a8bb06000000005",
     "object e77ec1a5-51f6-49e8-92cb-3b418a8bb060 status=00000005"},
    {"status", LITTLE, status_response, "05000000", "status=00000005"},
    {"Samba mgmt_delete", LITTLE, mgmt_delete_request,
     "010000000100000081bb7a364498f135ad3298f038001003020000004b0000004b000000" TOWER_LOCAL,
     "mgmt_delete 1 367abb81-9844-35f1-ad32-98f038001003 tower:75:LOCAL"},
    {"Samba mgmt_delete", BIG, mgmt_delete_request,
     "0000000100000001367abb81984435f1ad3298f038001003000000020000004b0000004b" TOWER_LOCAL,
     "mgmt_delete 1 367abb81-9844-35f1-ad32-98f038001003 tower:75:LOCAL"},
    {"Samba mgmt_delete", NDR64, mgmt_delete_request,
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

struct outcome {
  portero_status status;
  char *text;
  size_t left;
};

/* One pass over the stub; what is written goes to w. Free the text. */
static struct outcome pass_over(pass *run, enum encoding encoding, struct portero_bytes stub,
                                struct portero_ndr_writer *w)
{
  struct outcome o = {{0, 0}, NULL, 0};
  struct portero_arena arena;
  struct portero_ndr_reader r;
  size_t size;
  FILE *text = open_memstream(&o.text, &size);

  assert_non_null(text);
  portero_arena_init(&arena, &portero_mem_malloc, 1 << 20);
  portero_ndr_reader_init(&r, stub, &arena, encoding == NDR64, encoding == BIG);
  (void)run(&r, w, text, &o.status);
  o.left = portero_reader_left(&r.r);
  (void)fclose(text);
  portero_arena_deinit(&arena);
  return o;
}

static struct portero_ndr_writer writer_for(enum encoding encoding)
{
  struct portero_ndr_writer w;
  portero_ndr_writer_init(&w, &portero_mem_malloc, 1 << 20, encoding == NDR64, encoding == BIG);
  return w;
}

/* What others sent is understood; what is written from it says the same, in every encoding. */
static void samples_mean_what_they_say(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes stub = support_hex(samples[i].hex);
    char *want = expected(samples[i].text);

    for (enum encoding to = LITTLE; to <= NDR64; to++) {
      struct portero_ndr_writer w = writer_for(to), w2 = writer_for(to);
      struct outcome first = pass_over(samples[i].run, samples[i].encoding, stub, &w), second;

      if (!portero_is_ok(first.status))
        print_error("%s, encoding %d\n", samples[i].name, (int)samples[i].encoding);
      assert_true(portero_is_ok(first.status));
      assert_string_equal(first.text, want);
      assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
      second = pass_over(samples[i].run, to, portero_ndr_writer_stub(&w), &w2);
      assert_true(portero_is_ok(second.status));
      assert_string_equal(second.text, want);
      assert_true(second.left < 8);
      support_assert_bytes(portero_ndr_writer_stub(&w2), portero_ndr_writer_stub(&w));
      free(first.text);
      free(second.text);
      portero_writer_deinit(&w.w);
      portero_writer_deinit(&w2.w);
    }
    free(want);
    support_free(stub);
  }
}

/*
 * What is written is the bytes of Samba's, but for the referent identifiers of arrays, which are
 * MIDL's. Those of a request's parameters are not among them: see ept_parameter_pointer_write().
 */
static void requests_are_written_as_samba_writes_them(void **state)
{
  static const struct {
    size_t sample;
    const char *hex;
  } cases[] = {
      {0, "010000000100000000000000000000000000000000000000000002000000000014000000736d62746f727475"
          "726520656e64706f696e74"
          "004b0000004b000000" TOWER_LOCAL "0000000000"},
      {9, "010000000000000000000000000000000000000002000000"
          "4700000047000000" TOWER_NP_ASKED "00"
          "000000000aebefae39a3a1418e8a84de6c7997240a000000"},
      {11, "010000000000000000000000000000000000000000000000020000000000000047000000000000004700000"
           "0" TOWER_NP_ASKED "00"
           "00000000"
           "000000000aebefae39a3a1418e8a84de6c7997240a000000"},
      {13,
       HANDLE_0 "010000000a0000000000000001000000000002004b0000004b000000" TOWER_TCP "0000000000"},
      {23, "0100000000000000010000000000000081bb7a364498f135ad3298f03800100302000000000000004b00000"
           "0000000004b0000"
           "00" TOWER_LOCAL "00"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct sample *s = &samples[cases[i].sample];
    struct portero_bytes stub = support_hex(s->hex);
    struct portero_ndr_writer w = writer_for(s->encoding);
    struct outcome o = pass_over(s->run, s->encoding, stub, &w);

    support_assert_hex(portero_ndr_writer_stub(&w), cases[i].hex);
    free(o.text);
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

static bool accepts(struct portero_bytes stub, void *ctx)
{
  const struct sample *s = ctx;
  struct portero_ndr_writer w = writer_for(s->encoding);
  struct outcome o = pass_over(s->run, s->encoding, stub, &w);

  /* What was read can be written. */
  if (portero_is_ok(o.status))
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
  free(o.text);
  portero_writer_deinit(&w.w);
  return portero_is_ok(o.status);
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
  enum encoding encoding;
  pass *run;
  const char *hex;
  enum portero_local want;
};

static void rules_are_checked(void **state)
{
  static const struct rule rules[] = {
      {"max_ents 500", LITTLE, lookup_request, HANDLE_0 "00000000000000000000000000000000f4010000",
       PORTERO_LOCAL_NONE},
      {"max_ents 501", LITTLE, lookup_request, HANDLE_0 "00000000000000000000000000000000f5010000",
       PORTERO_LOCAL_MALFORMED},
      {"no tower", LITTLE, map_request, "0000000000000000" HANDLE_0 "f4010000", PORTERO_LOCAL_NONE},
      {"max_towers 501", LITTLE, map_request, "0000000000000000" HANDLE_0 "f5010000",
       PORTERO_LOCAL_MALFORMED},
      {"tower of 4", LITTLE, map_request,
       "00000000010000000400000004000000aabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_NONE},
      {"tower of 4 or 3", LITTLE, map_request,
       "00000000010000000400000003000000aabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_MALFORMED},
      {"a huge tower", LITTLE, map_request,
       "0000000001000000ffffff7fffffff7faabbccdd" HANDLE_0 "01000000", PORTERO_LOCAL_MALFORMED},
      {"a tower over 32 bits", NDR64, map_request,
       "0000000000000000010000000000000004000000010000000400000000000000" HANDLE_0 "01000000",
       PORTERO_LOCAL_MALFORMED},
      {"as many as told", LITTLE, map_response,
       HANDLE_0 "0100000001000000000000000100000000000000"
                "00000000",
       PORTERO_LOCAL_NONE},
      {"more than told", LITTLE, map_response,
       HANDLE_0 "0000000001000000000000000100000000000000"
                "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"more than asked", LITTLE, map_response,
       HANDLE_0 "0200000001000000000000000200000000000000"
                "0000000000000000",
       PORTERO_LOCAL_MALFORMED},
      {"an offset", LITTLE, map_response,
       HANDLE_0 "0100000002000000010000000100000000000000"
                "00000000",
       PORTERO_LOCAL_MALFORMED},
      {"none inserted", LITTLE, insert_request, "000000000000000000000000", PORTERO_LOCAL_NONE},
      {"array of another size", LITTLE, insert_request, "010000000000000000000000",
       PORTERO_LOCAL_MALFORMED},
      {"annotation of 64", LITTLE, delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "40000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "00",
       PORTERO_LOCAL_NONE},
      {"the same unterminated", LITTLE, delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "40000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "61",
       PORTERO_LOCAL_MALFORMED},
      {"annotation of 65", LITTLE, delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "41000000"
       "6161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616"
       "1616161616161616161"
       "6161616161616161"
       "0000",
       PORTERO_LOCAL_MALFORMED},
      {"no annotation at all", LITTLE, delete_request,
       "0100000001000000"
       "00000000000000000000000000000000"
       "00000000"
       "00000000"
       "00000000",
       PORTERO_LOCAL_NONE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    struct portero_bytes stub = support_hex(rules[i].hex);
    struct portero_ndr_writer w = writer_for(rules[i].encoding);
    struct outcome o = pass_over(rules[i].run, rules[i].encoding, stub, &w);

    if (o.status.code != rules[i].want)
      print_error("%s\n", rules[i].name);
    assert_int_equal(o.status.code, rules[i].want);
    free(o.text);
    portero_writer_deinit(&w.w);
    support_free(stub);
  }
}

/* twr_p_t is a full pointer: an identifier told twice is one tower, sent once. [C706] 14.3.10 */
static void one_identifier_is_one_tower(void **state)
{
  static const char *const hex =
      HANDLE_0 "0400000004000000000000000400000005000000070000000500000000000000"
               "0200000002000000aabb0000"
               "0100000001000000cc000000"
               "00000000";
  struct portero_bytes stub = support_hex(hex);
  struct portero_ept_map_response m;
  struct portero_arena arena;
  struct portero_ndr_reader r;
  (void)state;

  portero_arena_init(&arena, &portero_mem_malloc, 4096);
  portero_ndr_reader_init(&r, stub, &arena, false, false);
  assert_true(portero_is_ok(portero_ept_map_response_read(&r, &m)));
  assert_int_equal(m.n_towers, 4);
  support_assert_hex(m.towers[0], "aabb");
  support_assert_hex(m.towers[1], "cc");
  support_assert_hex(m.towers[2], "aabb");
  assert_null(m.towers[3].data);
  portero_arena_deinit(&arena);
  support_free(stub);
}

/* A stub of nothing but entries: more than the limit are refused before they are read. */
static void too_many_entries_are_refused(void **state)
{
  (void)state;
  for (uint32_t n = PORTERO_EPT_MAX_ENTRIES; n <= PORTERO_EPT_MAX_ENTRIES + 1; n++) {
    struct portero_ndr_writer w = writer_for(LITTLE), w2 = writer_for(LITTLE);
    struct portero_ept_entry *entries = calloc(n, sizeof *entries);
    struct portero_ept_insert_request m = {.entries = entries, .n_entries = n};
    struct portero_bytes stub;
    struct outcome o;

    assert_non_null(entries);
    portero_ept_insert_request_write(&w, &m);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
    stub = support_copy(portero_ndr_writer_stub(&w));
    o = pass_over(insert_request, LITTLE, stub, &w2);
    assert_int_equal(o.status.code,
                     n > PORTERO_EPT_MAX_ENTRIES ? PORTERO_LOCAL_LIMIT : PORTERO_LOCAL_NONE);
    free(o.text);
    free(entries);
    support_free(stub);
    portero_writer_deinit(&w.w);
    portero_writer_deinit(&w2.w);
  }
}

static void a_long_annotation_is_not_sent(void **state)
{
  char text[66];
  (void)state;
  memset(text, 'x', sizeof text);
  for (size_t length = 63; length <= 64; length++) {
    struct portero_ndr_writer w = writer_for(LITTLE);
    struct portero_ept_entry e = {.annotation = text};
    struct portero_ept_insert_request m = {.entries = &e, .n_entries = 1};

    text[length] = '\0';
    portero_ept_insert_request_write(&w, &m);
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
      cmocka_unit_test(prefixes_are_refused_and_flips_survived),
      cmocka_unit_test(rules_are_checked),
      cmocka_unit_test(one_identifier_is_one_tower),
      cmocka_unit_test(too_many_entries_are_refused),
      cmocka_unit_test(a_long_annotation_is_not_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
