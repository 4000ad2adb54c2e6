/* SPDX-License-Identifier: Apache-2.0 */
/* Towers of every protocol sequence, and what is no tower. */
#include "tests/unit/support.h"

#include <portero/tower.h>

#define FLOOR_EPMAPPER "13 00 0d 08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa 03 00 02 00 01 00"
#define FLOOR_NDR      "13 00 0d 04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 02 00 00 00"
#define FLOOR_CO       "01 00 0b 02 00 00 00"
#define FLOOR_IP       "01 00 09 04 00 7f 00 00 01"

static const char tcp_hex[] =
    "05 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 07 02 00 c0 01" FLOOR_IP;
/* As Wine sends it. */
static const char tcp_wine_hex[] =
    "05 00" FLOOR_EPMAPPER FLOOR_NDR "01 00 0b 00 00 01 00 07 02 00 c0 01" FLOOR_IP;
static const char np_hex[] = "05 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO
                             "01 00 0f 0e 00 5c 50 49 50 45 5c 65 70 6d 61 70 70 65 00"
                             "01 00 11 06 00 5c 5c 44 43 31 00";
static const char lrpc_hex[] =
    "04 00" FLOOR_EPMAPPER FLOOR_NDR "01 00 0c 02 00 00 00 01 00 10 06 00 65 70 6d 61 70 00";
static const char http_hex[] =
    "05 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 1f 02 00 02 51" FLOOR_IP;
static const char udp_hex[] =
    "05 00" FLOOR_EPMAPPER FLOOR_NDR "01 00 0a 02 00 00 00 01 00 08 02 00 00 87" FLOOR_IP;
static const char unix_hex[] =
    "04 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 20 08 00 2f 72 75 6e 2f 65 70 00";

static const char *const samples[] = {tcp_hex,  tcp_wine_hex, np_hex,  lrpc_hex,
                                      http_hex, udp_hex,      unix_hex};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

static const struct portero_syntax epmapper = {
    {0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 1};

static void read_ok(const char *hex, enum portero_protseq protseq, struct portero_tower *out_tower)
{
  struct portero_bytes block = support_hex(hex);

  assert_true(portero_is_ok(portero_tower_read(block, out_tower)));
  support_free(block); /* a tower holds no borrowed bytes */
  assert_int_equal(out_tower->protseq, protseq);
  assert_true(portero_syntax_equal(&out_tower->interface, &epmapper));
  assert_true(portero_syntax_equal(&out_tower->transfer, &portero_syntax_ndr));
}

/* A refused tower leaves the output alone. */
static void assert_refused(const char *hex, size_t at, const char *patch,
                           enum portero_local expected)
{
  struct portero_bytes block = support_hex(hex);
  struct portero_tower tower, before;

  support_patch(block, at, patch);
  memset(&tower, 0x5a, sizeof tower);
  memset(&before, 0x5a, sizeof before);
  assert_true(portero_is_local(portero_tower_read(block, &tower), expected));
  assert_memory_equal(&tower, &before, sizeof tower);
  support_free(block);
}

static void sequences_with_ports(void **state)
{
  static const uint8_t loopback[4] = {127, 0, 0, 1};
  struct portero_tower t;

  (void)state;
  read_ok(tcp_hex, PORTERO_NCACN_IP_TCP, &t);
  assert_int_equal(t.port, 0xc001);
  assert_memory_equal(t.ipv4, loopback, 4);
  assert_string_equal(t.endpoint, "");
  assert_string_equal(t.host, "");
  read_ok(http_hex, PORTERO_NCACN_HTTP, &t);
  assert_int_equal(t.port, 593);
  read_ok(udp_hex, PORTERO_NCADG_IP_UDP, &t);
  assert_int_equal(t.port, 135);
}

static void sequences_with_names(void **state)
{
  struct portero_tower t;

  (void)state;
  read_ok(np_hex, PORTERO_NCACN_NP, &t);
  assert_string_equal(t.endpoint, "\\PIPE\\epmappe");
  assert_string_equal(t.host, "\\\\DC1");
  assert_int_equal(t.port, 0);
  read_ok(lrpc_hex, PORTERO_NCALRPC, &t);
  assert_string_equal(t.endpoint, "epmap");
  read_ok(unix_hex, PORTERO_NCACN_UNIX_STREAM, &t);
  assert_string_equal(t.endpoint, "/run/ep");
}

static void the_empty_protocol_floor_of_wine(void **state)
{
  struct portero_bytes block = support_hex(tcp_wine_hex);
  struct portero_tower t;

  (void)state;
  assert_int_equal(block.size, 73);
  support_free(block);
  read_ok(tcp_wine_hex, PORTERO_NCACN_IP_TCP, &t);
  assert_int_equal(t.port, 0xc001);
}

static void what_we_write_for_tcp_is_75_bytes(void **state)
{
  uint8_t buffer[128];
  struct portero_tower t;
  struct portero_writer w;

  (void)state;
  memset(&t, 0, sizeof t);
  t.interface = epmapper;
  t.transfer = portero_syntax_ndr;
  t.protseq = PORTERO_NCACN_IP_TCP;
  t.port = 0xc001;
  t.ipv4[0] = 127;
  t.ipv4[3] = 1;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  w.big_endian = true; /* a tower is little-endian in any stub */
  portero_tower_write(&w, &t);
  assert_true(w.big_endian);
  assert_int_equal(w.size, 75);
  support_assert_hex(portero_writer_bytes(&w), tcp_hex);
}

static void rewriting_gives_the_same_bytes(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes block = support_hex(samples[i]);
    uint8_t buffer[512];
    struct portero_tower t;
    struct portero_writer w;

    assert_true(portero_is_ok(portero_tower_read(block, &t)));
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_tower_write(&w, &t);
    support_assert_hex(portero_writer_bytes(&w), samples[i] == tcp_wine_hex ? tcp_hex : samples[i]);
    support_free(block);
  }
}

/* Names of every length, up to the longest that fits. */
static void reading_undoes_writing(void **state)
{
  (void)state;
  for (size_t length = 0; length < PORTERO_ENDPOINT_SIZE; length++) {
    uint8_t buffer[512];
    struct portero_tower t, again;
    struct portero_writer w;

    memset(&t, 0, sizeof t);
    t.interface = epmapper;
    t.transfer = portero_syntax_ndr64;
    t.protseq = PORTERO_NCACN_NP;
    memset(t.endpoint, 'p', length);
    memset(t.host, 'h', 2 * length);
    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_tower_write(&w, &t);
    assert_true(portero_is_ok(portero_tower_read(portero_writer_bytes(&w), &again)));
    assert_string_equal(again.endpoint, t.endpoint);
    assert_string_equal(again.host, t.host);
    assert_true(portero_syntax_equal(&again.transfer, &portero_syntax_ndr64));
  }
}

static void writing_an_unknown_sequence_fails(void **state)
{
  uint8_t buffer[128];
  struct portero_tower t;
  struct portero_writer w;

  (void)state;
  memset(&t, 0, sizeof t);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_tower_write(&w, &t);
  assert_false(portero_is_ok(portero_writer_finish(&w)));
}

static void counts_and_sizes_that_lie(void **state)
{
  (void)state;
  assert_refused(tcp_hex, 0, "06 00", PORTERO_LOCAL_SHORT);
  assert_refused(tcp_hex, 0, "ff ff", PORTERO_LOCAL_SHORT);
  assert_refused(tcp_hex, 0, "04 00", PORTERO_LOCAL_MALFORMED); /* a floor is left over */
  assert_refused(tcp_hex, 0, "02 00", PORTERO_LOCAL_MALFORMED); /* no protocol */
  assert_refused(tcp_hex, 0, "00 00", PORTERO_LOCAL_MALFORMED);
  assert_refused(tcp_hex, 2, "12 00", PORTERO_LOCAL_SHORT); /* UUID floor */
  assert_refused("03 00 03 00 0d 08 83 02 00 01 00" FLOOR_NDR FLOOR_CO, 0, "",
                 PORTERO_LOCAL_MALFORMED);
  assert_refused("03 00" FLOOR_EPMAPPER "00 00 02 00 00 00" FLOOR_CO, 0, "",
                 PORTERO_LOCAL_MALFORMED);
  assert_refused(tcp_hex, 4, "0c", PORTERO_LOCAL_MALFORMED);
  assert_refused(tcp_hex, 23, "ff ff", PORTERO_LOCAL_SHORT);
  assert_refused(tcp_hex, 62, "01 00", PORTERO_LOCAL_SHORT); /* port: what follows shifts */
  assert_refused(tcp_hex, 69, "05 00", PORTERO_LOCAL_SHORT); /* address */
  assert_refused(tcp_hex, 69, "03 00", PORTERO_LOCAL_MALFORMED);
  assert_refused("05 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 07 03 00 00 87 00" FLOOR_IP, 0,
                 "", PORTERO_LOCAL_MALFORMED);
  assert_refused("05 00" FLOOR_EPMAPPER FLOOR_NDR "01 00 0b 01 00 00 01 00 07 02 00 c0 01" FLOOR_IP,
                 0, "", PORTERO_LOCAL_MALFORMED);
}

static void transports_that_are_not_ours(void **state)
{
  (void)state;
  assert_refused(tcp_hex, 61, "04", PORTERO_LOCAL_UNSUPPORTED); /* DECnet */
  assert_refused(tcp_hex, 54, "0a", PORTERO_LOCAL_UNSUPPORTED); /* datagrams over TCP */
  assert_refused("03 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO, 0, "", PORTERO_LOCAL_UNSUPPORTED);
  assert_refused("06 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 07 02 00 c0 01" FLOOR_IP FLOOR_IP,
                 0, "", PORTERO_LOCAL_UNSUPPORTED);
  assert_refused("05 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "02 00 07 00 02 00 c0 01" FLOOR_IP, 0,
                 "", PORTERO_LOCAL_UNSUPPORTED);
}

static void names_that_do_not_fit(void **state)
{
  static const char prefix[] = "04 00" FLOOR_EPMAPPER FLOOR_NDR FLOOR_CO "01 00 20";
  struct portero_bytes head = support_hex(prefix);
  uint8_t buffer[512];
  struct portero_tower t;

  (void)state;
  for (size_t length = 100; length < 120; length++) {
    struct portero_writer w;
    struct portero_bytes block;
    portero_status status;

    portero_writer_init_fixed(&w, buffer, sizeof buffer);
    portero_write_bytes(&w, head.data, head.size);
    portero_write_u16(&w, (uint16_t)length); /* without a terminator */
    for (size_t i = 0; i < length; i++)
      portero_write_u8(&w, 'x');
    block = support_copy(portero_writer_bytes(&w));
    status = portero_tower_read(block, &t);
    support_free(block);
    if (length < PORTERO_ENDPOINT_SIZE) {
      assert_true(portero_is_ok(status));
      assert_int_equal(strlen(t.endpoint), length);
    } else {
      assert_true(portero_is_local(status, PORTERO_LOCAL_LIMIT));
    }
  }
  support_free(head);
  /* text behind the terminator */
  assert_refused(unix_hex, 67, "00", PORTERO_LOCAL_MALFORMED);
}

static bool decode(struct portero_bytes input, void *ctx)
{
  struct portero_tower t;

  (void)ctx;
  if (!portero_is_ok(portero_tower_read(input, &t)))
    return false;
  assert_true(strnlen(t.endpoint, sizeof t.endpoint) < sizeof t.endpoint);
  assert_true(strnlen(t.host, sizeof t.host) < sizeof t.host);
  assert_non_null(portero_protseq_name(t.protseq));
  return true;
}

static void prefixes_and_flips(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    struct portero_bytes block = support_hex(samples[i]);

    assert_true(decode(block, NULL));
    assert_int_equal(support_prefixes(block, decode, NULL), 0);
    /* At least the UUIDs and versions may be anything; at least the sizes may not. */
    assert_true(support_bit_flips(block, decode, NULL) >= 40 * 8);
    assert_true(support_bit_flips(block, decode, NULL) < block.size * 8 - 5 * 32 + 16);
    support_free(block);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sequences_with_ports),
      cmocka_unit_test(sequences_with_names),
      cmocka_unit_test(the_empty_protocol_floor_of_wine),
      cmocka_unit_test(what_we_write_for_tcp_is_75_bytes),
      cmocka_unit_test(rewriting_gives_the_same_bytes),
      cmocka_unit_test(reading_undoes_writing),
      cmocka_unit_test(writing_an_unknown_sequence_fails),
      cmocka_unit_test(counts_and_sizes_that_lie),
      cmocka_unit_test(transports_that_are_not_ours),
      cmocka_unit_test(names_that_do_not_fit),
      cmocka_unit_test(prefixes_and_flips),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
