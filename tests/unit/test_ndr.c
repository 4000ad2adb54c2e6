/* SPDX-License-Identifier: Apache-2.0 */
/* NDR primitives against bytes that Samba's and Wine's marshalling made for the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <portero/ndr.h>

enum encoding {
  LITTLE,
  BIG,
  NDR64
};

/* Reads and checks the values (when check is set) or writes them. */
typedef void read_sample(struct portero_ndr_reader *n, bool check);
typedef void write_sample(struct portero_ndr_writer *n);

struct sample {
  const char *name;
  enum encoding encoding;
  read_sample *read;
  write_sample *write;
  const char *hex;
};

/* Evaluates the condition always: it may read. */
static void check_that(bool check, bool condition)
{
  if (check)
    assert_true(condition);
}
#define CHECK(condition) check_that(check, condition)

/* struct {short a; hyper b; char c} between two bytes: alignment, and the gap of
 * NDR64. 14.2.2, 2.2.5.3.4.1 */
static void read_pad(struct portero_ndr_reader *n, bool check)
{
  CHECK(portero_ndr_read_u8(n, "p0") == 0x55);
  portero_ndr_read_align(n, 8, "s");
  uint16_t a = portero_ndr_read_u16(n, "a");
  uint64_t b = portero_ndr_read_u64(n, "b");
  uint16_t c = portero_ndr_read_u16(n, "c");
  portero_ndr_read_gap(n, 8, "s");
  uint8_t z = portero_ndr_read_u8(n, "z");
  CHECK(a == 1 && b == 0x1122334455667788 && c == 3 && z == 0x66);
}

static void write_pad(struct portero_ndr_writer *n)
{
  portero_ndr_write_u8(n, 0x55);
  portero_ndr_write_align(n, 8);
  portero_ndr_write_u16(n, 1);
  portero_ndr_write_u64(n, 0x1122334455667788);
  portero_ndr_write_u16(n, 3);
  portero_ndr_write_gap(n, 8);
  portero_ndr_write_u8(n, 0x66);
}

/* struct {enum16; v1_enum; enum16}, then one of each. 14.2.5, [MS-RPCE] 2.2.5.2 */
static void read_enums(struct portero_ndr_reader *n, bool check)
{
  portero_ndr_read_align(n, 4, "s");
  CHECK(portero_ndr_read_enum16(n, "e") == 1);
  CHECK(portero_ndr_read_u32(n, "v") == 9);
  CHECK(portero_ndr_read_enum16(n, "e") == 7);
  portero_ndr_read_gap(n, 4, "s");
  CHECK(portero_ndr_read_enum16(n, "e") == 7);
  CHECK(portero_ndr_read_u32(n, "v") == 9);
}

static void write_enums(struct portero_ndr_writer *n)
{
  portero_ndr_write_align(n, 4);
  portero_ndr_write_enum16(n, 1);
  portero_ndr_write_u32(n, 9);
  portero_ndr_write_enum16(n, 7);
  portero_ndr_write_gap(n, 4);
  portero_ndr_write_enum16(n, 7);
  portero_ndr_write_u32(n, 9);
}

/* A conformant array of shorts as a parameter. 14.3.3.1 */
static void read_conformant(struct portero_ndr_reader *n, bool check)
{
  uint8_t p0 = portero_ndr_read_u8(n, "p0");
  uint32_t size = portero_ndr_read_u32(n, "n");
  uint32_t count = portero_ndr_read_count(n, 2, "a");
  uint16_t a[3] = {0};
  for (uint32_t i = 0; i < count; i++) {
    uint16_t v = portero_ndr_read_u16(n, "a[]");
    if (i < 3)
      a[i] = v;
  }
  uint32_t z = portero_ndr_read_u32(n, "z");
  CHECK(p0 == 0x55 && size == 3 && count == 3 && a[0] == 1 && a[1] == 2 && a[2] == 3 && z == 7);
}

static void write_conformant(struct portero_ndr_writer *n)
{
  portero_ndr_write_u8(n, 0x55);
  portero_ndr_write_u32(n, 3);
  portero_ndr_write_size(n, 3);
  for (uint16_t i = 1; i <= 3; i++)
    portero_ndr_write_u16(n, i);
  portero_ndr_write_u32(n, 7);
}

/* A conformant varying array, two of four. 14.3.3.3 */
static void read_varying(struct portero_ndr_reader *n, bool check)
{
  uint32_t m = portero_ndr_read_u32(n, "m");
  uint32_t l = portero_ndr_read_u32(n, "l");
  uint32_t max = portero_ndr_read_size(n, "a");
  uint32_t count = portero_ndr_read_varying(n, max, 2, NULL, "a");
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++)
    sum = sum * 16 + portero_ndr_read_u16(n, "a[]");
  uint8_t z = portero_ndr_read_u8(n, "z");
  CHECK(m == 4 && l == 2 && max == 4 && count == 2 && sum == 0x12 && z == 0x66);
}

static void write_varying(struct portero_ndr_writer *n)
{
  portero_ndr_write_u32(n, 4);
  portero_ndr_write_u32(n, 2);
  portero_ndr_write_size(n, 4);
  portero_ndr_write_varying(n, 2);
  portero_ndr_write_u16(n, 1);
  portero_ndr_write_u16(n, 2);
  portero_ndr_write_u8(n, 0x66);
}

/* [string] char "abc", [string] wchar_t L"", a null pointer to a string. 14.3.4 */
static void read_strings(struct portero_ndr_reader *n, bool check)
{
  const char *s = portero_ndr_read_string(n, "s");
  const char *w = portero_ndr_read_wstring(n, "w");
  bool present = portero_ndr_read_pointer(n, "nul");
  CHECK(strcmp(s, "abc") == 0 && strcmp(w, "") == 0 && !present);
}

static void write_strings(struct portero_ndr_writer *n)
{
  portero_ndr_write_string(n, "abc");
  portero_ndr_write_wstring(n, "");
  portero_ndr_write_pointer(n, false);
}

/* struct {long *a, *b; short c}, long *u: identifiers in place, pointees behind the
 * struct. 14.3.12.3 */
static void read_deferral(struct portero_ndr_reader *n, bool check)
{
  portero_ndr_read_align(n, portero_ndr_reader_word(n), "s");
  bool a = portero_ndr_read_pointer(n, "a");
  bool b = portero_ndr_read_pointer(n, "b");
  uint16_t c = portero_ndr_read_u16(n, "c");
  portero_ndr_read_gap(n, 8, "s");
  CHECK(a && b && c == 0x1234);
  uint32_t sum = (a ? portero_ndr_read_u32(n, "*a") : 0) << 4;
  sum |= b ? portero_ndr_read_u32(n, "*b") : 0;
  CHECK(sum == 0xab);
  CHECK(portero_ndr_read_referent(n, "u") == 0x00020008);
  uint32_t u = portero_ndr_read_u32(n, "*u");
  uint8_t z = portero_ndr_read_u8(n, "z");
  CHECK(u == 0xc && z == 0x66);
}

static void write_deferral(struct portero_ndr_writer *n)
{
  portero_ndr_write_align(n, portero_ndr_writer_word(n));
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_u16(n, 0x1234);
  portero_ndr_write_gap(n, 8);
  portero_ndr_write_u32(n, 0xa);
  portero_ndr_write_u32(n, 0xb);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_u32(n, 0xc);
  portero_ndr_write_u8(n, 0x66);
}

/* __int3264 behind a char. [MS-RPCE] 2.2.4.1, 2.2.5.1 */
static void read_int3264(struct portero_ndr_reader *n, bool check)
{
  uint8_t c = portero_ndr_read_u8(n, "c");
  uint64_t x = portero_ndr_read_uint3264(n, "x");
  CHECK(c == 1 && x == 0x11223344);
}

static void write_int3264(struct portero_ndr_writer *n)
{
  portero_ndr_write_u8(n, 1);
  portero_ndr_write_uint3264(n, 0x11223344);
}

/* winreg OpenKey: a context handle, a counted string in UTF-16. 14.2.7 */
static void read_open_key(struct portero_ndr_reader *n, bool check)
{
  struct portero_handle h = portero_ndr_read_handle(n, "hKey");
  char text[PORTERO_UUID_TEXT_SIZE];
  CHECK(h.attributes == 0);
  CHECK(strcmp(portero_uuid_text(&h.uuid, text), "12345678-9abc-def0-0123-456789abcdef") == 0);
  portero_ndr_read_align(n, portero_ndr_reader_word(n), "lpSubKey");
  uint16_t length = portero_ndr_read_u16(n, "Length");
  uint16_t size = portero_ndr_read_u16(n, "MaximumLength");
  bool present = portero_ndr_read_pointer(n, "Buffer");
  CHECK(length == 18 && size == 18 && present);
  const char *name = present ? portero_ndr_read_wstring(n, "Buffer") : "";
  uint32_t options = portero_ndr_read_u32(n, "dwOptions");
  uint32_t access = portero_ndr_read_u32(n, "samDesired");
  CHECK(strcmp(name, "SOFTWARE") == 0 && options == 0 && access == 0x02000000);
}

static void write_open_key(struct portero_ndr_writer *n)
{
  struct portero_handle h = {0};
  assert_true(portero_uuid_parse("12345678-9abc-def0-0123-456789abcdef", &h.uuid));
  portero_ndr_write_handle(n, &h);
  portero_ndr_write_align(n, portero_ndr_writer_word(n));
  portero_ndr_write_u16(n, 18);
  portero_ndr_write_u16(n, 18);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_wstring(n, "SOFTWARE");
  portero_ndr_write_u32(n, 0);
  portero_ndr_write_u32(n, 0x02000000);
}

/* A union by value as a parameter: tag, arm; NDR64 aligns both to the largest
 * arm. 14.3.8, 2.2.5.3.4.4 */
static void read_union(struct portero_ndr_reader *n, bool check)
{
  uint16_t t = portero_ndr_read_u16(n, "t");
  portero_ndr_read_gap(n, 8, "u");
  uint16_t tag = portero_ndr_read_u16(n, "tag");
  portero_ndr_read_gap(n, 8, "u");
  uint8_t c = portero_ndr_read_u8(n, "c");
  uint8_t z = portero_ndr_read_u8(n, "z");
  CHECK(t == 1 && tag == 1 && c == 0x41 && z == 0x66);
}

static void write_union(struct portero_ndr_writer *n)
{
  portero_ndr_write_u16(n, 1);
  portero_ndr_write_gap(n, 8);
  portero_ndr_write_u16(n, 1);
  portero_ndr_write_gap(n, 8);
  portero_ndr_write_u8(n, 0x41);
  portero_ndr_write_u8(n, 0x66);
}

/* Pointers to a wide and a narrow string in an array of structs; the second narrow one is
 * empty. 14.3.12.3 */
static void read_string_array(struct portero_ndr_reader *n, bool check)
{
  bool wide[2] = {false}, narrow[2] = {false};
  uint32_t size = portero_ndr_read_u32(n, "n");
  uint32_t count = portero_ndr_read_count(n, 2 * portero_ndr_reader_word(n), "a");
  CHECK(size == 2 && count == 2);
  for (uint32_t i = 0; i < count && i < 2; i++) {
    wide[i] = portero_ndr_read_pointer(n, "w");
    narrow[i] = portero_ndr_read_pointer(n, "s");
  }
  for (uint32_t i = 0; i < 2; i++) {
    const char *w = wide[i] ? portero_ndr_read_wstring(n, "*w") : "none";
    const char *s = narrow[i] ? portero_ndr_read_string(n, "*s") : "none";
    CHECK(strcmp(w, i == 0 ? "A" : "none") == 0);
    CHECK(strcmp(s, i == 0 ? "bc" : "") == 0);
  }
}

static void write_string_array(struct portero_ndr_writer *n)
{
  portero_ndr_write_u32(n, 2);
  portero_ndr_write_size(n, 2);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_pointer(n, false);
  portero_ndr_write_pointer(n, true);
  portero_ndr_write_wstring(n, "A");
  portero_ndr_write_string(n, "bc");
  portero_ndr_write_string(n, "");
}

static const struct sample samples[] = {
    {"struct", LITTLE, read_pad, write_pad,
     "550000000000000001000000000000008877665544332211030066"},
    {"struct", BIG, read_pad, write_pad, "550000000000000000010000000000001122334455667788000366"},
    {"struct", NDR64, read_pad, write_pad,
     "550000000000000001000000000000008877665544332211030000000000000066"},
    {"enums", LITTLE, read_enums, write_enums, "01000000090000000700070009000000"},
    {"enums", NDR64, read_enums, write_enums, "0100000009000000070000000700000009000000"},
    {"conformant", LITTLE, read_conformant, write_conformant,
     "550000000300000003000000010002000300000007000000"},
    {"conformant", BIG, read_conformant, write_conformant,
     "550000000000000300000003000100020003000000000007"},
    {"conformant", NDR64, read_conformant, write_conformant,
     "55000000030000000300000000000000010002000300000007000000"},
    {"varying", BIG, read_varying, write_varying,
     "00000004000000020000000400000000000000020001000266"},
    {"varying", NDR64, read_varying, write_varying,
     "04000000020000000400000000000000000000000000000002000000000000000100020066"},
    {"strings", LITTLE, read_strings, write_strings,
     "040000000000000004000000616263000100000000000000010000000000000000000000"},
    {"strings", BIG, read_strings, write_strings,
     "000000040000000000000004616263000000000100000000000000010000000000000000"},
    {"deferral", LITTLE, read_deferral, write_deferral,
     "0000020004000200341200000a0000000b000000080002000c00000066"},
    {"deferral", BIG, read_deferral, write_deferral,
     "0002000000020004123400000000000a0000000b000200080000000c66"},
    {"deferral", NDR64, read_deferral, write_deferral,
     "0000020000000000040002000000000034120000000000000a0000000b00000008000200000000000c00000066"},
    {"int3264", LITTLE, read_int3264, write_int3264, "0100000044332211"},
    {"int3264", BIG, read_int3264, write_int3264, "0100000011223344"},
    {"int3264", NDR64, read_int3264, write_int3264, "01000000000000004433221100000000"},
    {"OpenKey", NDR64, read_open_key, write_open_key,
     "0000000078563412bc9af0de0123456789abcdef00000000120012000000000000000200000000000900000000000"
     "0"
     "000000000000000000090000000000000053004f00460054005700410052004500000000000000000000000002"},
    {"union", LITTLE, read_union, write_union, "010001004166"},
    {"union", BIG, read_union, write_union, "000100014166"},
    {"union", NDR64, read_union, write_union, "010000000000000001000000000000004166"},
    {"string array", LITTLE, read_string_array, write_string_array,
     "020000000200000000000200040002000000000008000200020000000000000002000000410000000300000000000"
     "000"
     "030000006263000001000000000000000100000000"},
    {"string array", NDR64, read_string_array, write_string_array,
     "020000000000000002000000000000000000020000000000040002000000000000000000000000000800020000000"
     "000"
     "020000000000000000000000000000000200000000000000410000000000000003000000000000000000000000000"
     "000"
     "0300000000000000626300000000000001000000000000000000000000000000010000000000000000"},
};

static uint8_t digit(char c)
{
  return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The bytes in a heap block of exactly their size, so that a sanitizer sees every read beyond it.
 */
static struct portero_bytes unhex(const char *hex)
{
  size_t size = strlen(hex) / 2;
  uint8_t *data = malloc(size ? size : 1);
  assert_non_null(data);
  for (size_t i = 0; i < size; i++)
    data[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return portero_bytes_make(data, size);
}

static void release(struct portero_bytes b)
{
  free((void *)(uintptr_t)b.data);
}

static portero_status run(struct portero_bytes stub, enum encoding encoding, read_sample *read,
                          bool check, size_t *out_left)
{
  struct portero_arena arena;
  struct portero_ndr_reader n;
  portero_status status;

  portero_arena_init(&arena, &portero_mem_malloc, 1 << 16);
  portero_ndr_reader_init(&n, stub, &arena, encoding == NDR64, encoding == BIG);
  read(&n, check);
  status = portero_ndr_reader_finish(&n);
  *out_left = portero_reader_left(&n.r);
  portero_arena_deinit(&arena);
  return status;
}

static void samples_are_read(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes stub = unhex(samples[i].hex);
    size_t left;

    assert_true(portero_is_ok(run(stub, samples[i].encoding, samples[i].read, true, &left)));
    assert_int_equal(left, 0);
    release(stub);
  }
}

static void samples_are_written(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes want = unhex(samples[i].hex);
    struct portero_ndr_writer n;

    portero_ndr_writer_init(&n, &portero_mem_malloc, 4096, samples[i].encoding == NDR64,
                            samples[i].encoding == BIG);
    /* What lies before the stub does not count for alignment. */
    portero_write_bytes(&n.w, "odd", 3);
    portero_ndr_writer_start(&n);
    samples[i].write(&n);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&n)));
    assert_int_equal(portero_ndr_writer_stub(&n).size, want.size);
    assert_memory_equal(portero_ndr_writer_stub(&n).data, want.data, want.size);
    portero_writer_deinit(&n.w);
    release(want);
  }
}

static void too_small_a_buffer_fails(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    size_t size = strlen(samples[i].hex) / 2;
    for (size_t room = 0; room <= size; room++) {
      uint8_t *buffer = malloc(room ? room : 1);
      struct portero_ndr_writer n;

      assert_non_null(buffer);
      portero_ndr_writer_init_fixed(&n, buffer, room, samples[i].encoding == NDR64,
                                    samples[i].encoding == BIG);
      samples[i].write(&n);
      assert_int_equal(portero_ndr_writer_finish(&n).code,
                       room == size ? PORTERO_LOCAL_NONE : PORTERO_LOCAL_LIMIT);
      free(buffer);
    }
  }
}

static void every_prefix_is_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes whole = unhex(samples[i].hex);
    for (size_t size = 0; size < whole.size; size++) {
      uint8_t *copy = malloc(size ? size : 1);
      portero_status status;
      size_t left;

      assert_non_null(copy);
      memcpy(copy, whole.data, size);
      status =
          run(portero_bytes_make(copy, size), samples[i].encoding, samples[i].read, false, &left);
      if (portero_is_ok(status))
        print_error("%s, %zu of %zu bytes\n", samples[i].name, size, whole.size);
      assert_false(portero_is_ok(status));
      free(copy);
    }
    release(whole);
  }
}

static void bit_flips_are_survived(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes stub = unhex(samples[i].hex);
    uint8_t *data = (uint8_t *)(uintptr_t)stub.data;
    for (size_t bit = 0; bit < stub.size * 8; bit++) {
      portero_status status;
      size_t left;

      data[bit / 8] ^= (uint8_t)(1u << bit % 8);
      status = run(stub, samples[i].encoding, samples[i].read, false, &left);
      assert_true(portero_is_ok(status) || status.klass == PORTERO_CLASS_LOCAL);
      data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    release(stub);
  }
}

/* ---- rejects: each beside something that passes ---- */

static void read_one_string(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_string(n, "s");
}
static void read_one_wstring(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_wstring(n, "w");
}
static void read_one_varying_string(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_varying_string(n, 4, "s");
}
static void read_one_varying_wstring(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_varying_wstring(n, 4, "w");
}
static void read_one_count(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_count(n, 4, "a");
}
static void read_one_size(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_size(n, "a");
}
static void read_one_enum(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_enum16(n, "e");
}
static void read_one_slice(struct portero_ndr_reader *n, bool check)
{
  uint32_t offset = 77;
  (void)check;
  (void)portero_ndr_read_varying(n, 4, 1, &offset, "a");
}
static void read_one_varying(struct portero_ndr_reader *n, bool check)
{
  (void)check;
  (void)portero_ndr_read_varying(n, 4, 1, NULL, "a");
}

static void malformed_is_told_from_short(void **state)
{
  static const struct {
    read_sample *read;
    enum encoding encoding;
    const char *hex;
    enum portero_local want;
  } cases[] = {
      {read_one_string, LITTLE, "030000000000000003000000616200", PORTERO_LOCAL_NONE},
      {read_one_string, LITTLE, "03000000000000000300000061",
       PORTERO_LOCAL_MALFORMED},                                                /* more than left */
      {read_one_string, LITTLE, "0300000000000000030000", PORTERO_LOCAL_SHORT}, /* in the header */
      {read_one_string, LITTLE, "030000000000000003000000616263",
       PORTERO_LOCAL_MALFORMED}, /* no terminator */
      {read_one_string, LITTLE, "030000000000000003000000610000",
       PORTERO_LOCAL_MALFORMED}, /* two */
      {read_one_string, LITTLE, "020000000000000003000000616200",
       PORTERO_LOCAL_MALFORMED}, /* actual over maximum */
      {read_one_string, LITTLE, "030000000100000002000000616200",
       PORTERO_LOCAL_MALFORMED}, /* an offset */
      {read_one_string, LITTLE, "030000000000000000000000616200",
       PORTERO_LOCAL_MALFORMED}, /* not even a terminator */
      {read_one_string, LITTLE, "ffffffff00000000ffffffff616200",
       PORTERO_LOCAL_MALFORMED}, /* huge */
      {read_one_varying_string, LITTLE, "0000000003000000616200", PORTERO_LOCAL_NONE},
      {read_one_varying_string, LITTLE, "00000000050000006162636400",
       PORTERO_LOCAL_MALFORMED}, /* over 4 */
      {read_one_varying_wstring, BIG, "000000000000000300e400630000", PORTERO_LOCAL_NONE},
      {read_one_varying_wstring, BIG, "0000000000000005006100620063006400650000",
       PORTERO_LOCAL_MALFORMED},
      {read_one_wstring, LITTLE, "0300000000000000030000003dd800de0000",
       PORTERO_LOCAL_NONE}, /* a pair */
      {read_one_wstring, LITTLE, "0300000000000000030000003dd861000000",
       PORTERO_LOCAL_MALFORMED}, /* high alone */
      {read_one_wstring, LITTLE, "03000000000000000300000000de3dd80000",
       PORTERO_LOCAL_MALFORMED}, /* wrong order */
      {read_one_wstring, LITTLE, "0200000000000000020000003dd80000",
       PORTERO_LOCAL_MALFORMED}, /* high at the end */
      {read_one_wstring, LITTLE, "03000000000000000300000061006200ff00",
       PORTERO_LOCAL_MALFORMED}, /* no terminator */
      {read_one_wstring, LITTLE, "030000000000000003000000610000000000",
       PORTERO_LOCAL_MALFORMED}, /* two */
      {read_one_count, LITTLE, "020000000000000000000000", PORTERO_LOCAL_NONE},
      {read_one_count, LITTLE, "030000000000000000000000", PORTERO_LOCAL_MALFORMED},
      {read_one_count, NDR64, "02000000000000000000000000000000", PORTERO_LOCAL_NONE},
      {read_one_count, NDR64, "02000000010000000000000000000000", PORTERO_LOCAL_MALFORMED},
      {read_one_size, NDR64, "ffffffff00000000", PORTERO_LOCAL_NONE},
      {read_one_size, NDR64, "ffffffff01000000", PORTERO_LOCAL_MALFORMED},
      {read_one_size, NDR64, "ffffffff000000", PORTERO_LOCAL_SHORT},
      {read_one_enum, NDR64, "ffff0000", PORTERO_LOCAL_NONE},
      {read_one_enum, NDR64, "ffff0100", PORTERO_LOCAL_MALFORMED},
      {read_one_varying, LITTLE, "000000000400000061626364", PORTERO_LOCAL_NONE},
      {read_one_varying, LITTLE, "010000000200000061626364", PORTERO_LOCAL_MALFORMED},
      {read_one_slice, LITTLE, "010000000300000061626364", PORTERO_LOCAL_NONE},
      {read_one_slice, LITTLE, "020000000300000061626364", PORTERO_LOCAL_MALFORMED},
      {read_one_slice, LITTLE, "ffffffff0300000061626364", PORTERO_LOCAL_MALFORMED},
      {read_one_size, BIG, "00000004", PORTERO_LOCAL_NONE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct portero_bytes stub = unhex(cases[i].hex);
    size_t left;
    portero_status status = run(stub, cases[i].encoding, cases[i].read, false, &left);

    if (status.code != cases[i].want)
      print_error("case %s\n", cases[i].hex);
    assert_int_equal(status.code, cases[i].want);
    release(stub);
  }
}

static void a_failure_sticks_and_is_located(void **state)
{
  static const uint8_t bytes[] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 7, 0, 0, 0};
  struct portero_ndr_reader n;
  (void)state;

  portero_ndr_reader_init(&n, portero_bytes_make(bytes, sizeof bytes), NULL, false, false);
  assert_int_equal(portero_ndr_read_u32(&n, "first"), 1);
  assert_int_equal(portero_ndr_read_count(&n, 1, "second"), 0);
  assert_int_equal(portero_ndr_read_u32(&n, "third"), 0);
  portero_ndr_reader_fail(&n, PORTERO_LOCAL_LIMIT, "fourth");
  assert_int_equal(portero_ndr_reader_finish(&n).code, PORTERO_LOCAL_MALFORMED);
  assert_string_equal(n.r.what, "second");
  assert_int_equal(n.r.at, 8);
}

static void ndr64_is_little_endian(void **state)
{
  static const uint8_t bytes[8] = {0};
  struct portero_ndr_reader n;
  struct portero_ndr_writer w;
  uint8_t out[8];
  (void)state;

  portero_ndr_reader_init(&n, portero_bytes_make(bytes, sizeof bytes), NULL, true, true);
  assert_int_equal(portero_ndr_reader_finish(&n).code, PORTERO_LOCAL_MALFORMED);
  portero_ndr_writer_init_fixed(&w, out, sizeof out, true, true);
  assert_int_equal(portero_ndr_writer_finish(&w).code, PORTERO_LOCAL_USAGE);
  portero_ndr_reader_init(&n, portero_bytes_make(bytes, sizeof bytes), NULL, true, false);
  assert_true(portero_is_ok(portero_ndr_reader_finish(&n)));
}

/* In a stub the version of an interface is two integers; in a PDU it is one. */
static void versions_are_two_integers(void **state)
{
  static const uint8_t big[4] = {0, 2, 0, 7};
  static const uint8_t little[4] = {2, 0, 7, 0};
  struct portero_syntax s = portero_syntax_ndr, again;
  (void)state;

  s.minor = 7;
  for (int big_endian = 0; big_endian < 2; big_endian++) {
    struct portero_ndr_reader n;
    struct portero_ndr_writer w;
    uint8_t out[20];
    portero_ndr_writer_init_fixed(&w, out, sizeof out, false, big_endian != 0);
    portero_ndr_write_syntax(&w, &s);
    assert_true(portero_is_ok(portero_ndr_writer_finish(&w)));
    assert_memory_equal(out + 16, big_endian ? big : little, 4);
    portero_ndr_reader_init(&n, portero_bytes_make(out, sizeof out), NULL, false, big_endian != 0);
    again = portero_ndr_read_syntax(&n, "s");
    assert_true(portero_is_ok(portero_ndr_reader_finish(&n)));
    assert_true(portero_syntax_equal(&again, &s));
  }
}

static void depth_is_limited(void **state)
{
  struct portero_ndr_reader n;
  (void)state;

  portero_ndr_reader_init(&n, portero_bytes_make("", 0), NULL, false, false);
  for (unsigned i = 0; i < PORTERO_NDR_DEPTH; i++)
    assert_true(portero_ndr_reader_enter(&n, "next"));
  portero_ndr_reader_leave(&n);
  assert_true(portero_ndr_reader_enter(&n, "next"));
  assert_false(portero_ndr_reader_enter(&n, "next"));
  assert_int_equal(portero_ndr_reader_finish(&n).code, PORTERO_LOCAL_LIMIT);
}

/* The budget holds the string of 15 bytes, or is one too small. */
static void the_arena_has_the_last_word(void **state)
{
  (void)state;
  for (size_t budget = 14; budget <= 15; budget++) {
    struct portero_bytes stub = unhex("0f000000000000000f0000006162636465666768696a6b6c6d6e00");
    struct portero_arena arena;
    struct portero_ndr_reader n;

    portero_arena_init(&arena, &portero_mem_malloc, budget);
    portero_ndr_reader_init(&n, stub, &arena, false, false);
    (void)portero_ndr_read_string(&n, "s");
    assert_int_equal(portero_ndr_reader_finish(&n).code,
                     budget == 14 ? PORTERO_LOCAL_LIMIT : PORTERO_LOCAL_NONE);
    portero_arena_deinit(&arena);
    release(stub);
  }
}

static void text_that_is_no_utf8_is_not_sent(void **state)
{
  static const struct {
    const char *text;
    enum portero_local want;
  } cases[] = {
      {"plain", PORTERO_LOCAL_NONE},
      {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", PORTERO_LOCAL_NONE},
      {"\xf4\x8f\xbf\xbf", PORTERO_LOCAL_NONE},
      {"\xf4\x90\x80\x80", PORTERO_LOCAL_USAGE}, /* over U+10FFFF */
      {"\xc0\x80", PORTERO_LOCAL_USAGE},         /* overlong */
      {"\xe0\x9f\xbf", PORTERO_LOCAL_USAGE},     /* overlong */
      {"\xf0\x8f\xbf\xbf", PORTERO_LOCAL_USAGE}, /* overlong */
      {"\xed\xa0\x80", PORTERO_LOCAL_USAGE},     /* a surrogate */
      {"\xe2\x82", PORTERO_LOCAL_USAGE},         /* cut */
      {"\xe2\x28\xac", PORTERO_LOCAL_USAGE},
      {"\x80", PORTERO_LOCAL_USAGE},
      {"\xff", PORTERO_LOCAL_USAGE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t buffer[64];
    struct portero_ndr_writer n;

    portero_ndr_writer_init_fixed(&n, buffer, sizeof buffer, false, false);
    portero_ndr_write_wstring(&n, cases[i].text);
    assert_int_equal(portero_ndr_writer_finish(&n).code, cases[i].want);
  }
}

/* Each length of UTF-8 survives the way to UTF-16 and back, in both byte orders; sizes are exact.
 */
static void utf16_round_trip(void **state)
{
  static const char text[] =
      "a\0\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
  (void)state;
  for (int big = 0; big < 2; big++) {
    uint8_t units[64];
    char back[64];
    size_t size = 0, length = 0;

    assert_true(portero_is_ok(
        portero_utf8_to_utf16(text, sizeof text - 1, big, units, sizeof units, &size)));
    assert_int_equal(size, 2 * (6 + 2 * 2));
    assert_int_equal(portero_utf8_to_utf16(text, sizeof text - 1, big, units, size - 1, &size).code,
                     PORTERO_LOCAL_LIMIT);
    assert_true(portero_is_ok(
        portero_utf16_to_utf8(portero_bytes_make(units, size), big, back, sizeof back, &length)));
    assert_int_equal(length, sizeof text - 1);
    assert_memory_equal(back, text, length);
    assert_int_equal(
        portero_utf16_to_utf8(portero_bytes_make(units, size), big, back, length - 1, &length).code,
        PORTERO_LOCAL_LIMIT);
    assert_int_equal(
        portero_utf16_to_utf8(portero_bytes_make(units, size - 1), big, NULL, 0, &length).code,
        PORTERO_LOCAL_MALFORMED);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(samples_are_read),
      cmocka_unit_test(samples_are_written),
      cmocka_unit_test(too_small_a_buffer_fails),
      cmocka_unit_test(every_prefix_is_refused),
      cmocka_unit_test(bit_flips_are_survived),
      cmocka_unit_test(malformed_is_told_from_short),
      cmocka_unit_test(a_failure_sticks_and_is_located),
      cmocka_unit_test(ndr64_is_little_endian),
      cmocka_unit_test(versions_are_two_integers),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(the_arena_has_the_last_word),
      cmocka_unit_test(text_that_is_no_utf8_is_not_sent),
      cmocka_unit_test(utf16_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
