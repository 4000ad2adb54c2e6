/* SPDX-License-Identifier: Apache-2.0 */
/* String bindings, both ways, and towers told as bindings. */
#include "tests/unit/support.h"

#include <portero/tower.h>

#include <stdio.h>

#define OBJECT "00112233-4455-6677-8899-aabbccddeeff"

static const struct {
  const char *text;
  enum portero_protseq protseq;
  const char *host;
  const char *endpoint;
  const char *again; /* as we write it; NULL: the same */
} accepted[] = {
    {"ncacn_ip_tcp:", PORTERO_NCACN_IP_TCP, "", "", NULL},
    {"ncacn_ip_tcp:host", PORTERO_NCACN_IP_TCP, "host", "", NULL},
    {"ncacn_ip_tcp:host[135]", PORTERO_NCACN_IP_TCP, "host", "135", NULL},
    {"ncacn_ip_tcp:host[]", PORTERO_NCACN_IP_TCP, "host", "", "ncacn_ip_tcp:host"},
    {"ncacn_ip_tcp:[135]", PORTERO_NCACN_IP_TCP, "", "135", NULL},
    {"ncacn_ip_tcp:h[endpoint=135]", PORTERO_NCACN_IP_TCP, "h", "135", "ncacn_ip_tcp:h[135]"},
    {"ncacn_ip_tcp:h[Endpoint=135]", PORTERO_NCACN_IP_TCP, "h", "135", "ncacn_ip_tcp:h[135]"},
    {"ncacn_ip_tcp:10.0.0.1[49152]", PORTERO_NCACN_IP_TCP, "10.0.0.1", "49152", NULL},
    {"ncacn_ip_tcp:::1[135]", PORTERO_NCACN_IP_TCP, "::1", "135", NULL},
    {"ncacn_ip_tcp:[::1][135]", PORTERO_NCACN_IP_TCP, "::1", "135", "ncacn_ip_tcp:::1[135]"},
    {"ncacn_ip_tcp:[::1]", PORTERO_NCACN_IP_TCP, "::1", "", "ncacn_ip_tcp:::1"},
    {"ncacn_ip_tcp:[fe80::1%eth0.7][135]", PORTERO_NCACN_IP_TCP, "fe80::1%eth0.7", "135",
     "ncacn_ip_tcp:fe80::1%eth0.7[135]"},
    {"ncacn_ip_tcp:[::ffff:10.0.0.1]", PORTERO_NCACN_IP_TCP, "::ffff:10.0.0.1", "",
     "ncacn_ip_tcp:::ffff:10.0.0.1"},
    {"ncacn_ip_tcp:[endpoint=::1]", PORTERO_NCACN_IP_TCP, "", "::1", NULL},
    {"ncacn_np:host[\\pipe\\lsass]", PORTERO_NCACN_NP, "host", "\\pipe\\lsass", NULL},
    {"ncacn_np:host[\\\\pipe\\\\lsass]", PORTERO_NCACN_NP, "host", "\\pipe\\lsass",
     "ncacn_np:host[\\pipe\\lsass]"},
    {"ncacn_np:\\\\\\\\host[x]", PORTERO_NCACN_NP, "\\\\host", "x", "ncacn_np:\\\\\\host[x]"},
    {"ncalrpc:", PORTERO_NCALRPC, "", "", NULL},
    {"ncalrpc:[epmapper]", PORTERO_NCALRPC, "", "epmapper", NULL},
    {"ncalrpc:[a::b]", PORTERO_NCALRPC, "", "a::b", NULL},
    {"ncalrpc:[/run/portero/x.sock]", PORTERO_NCALRPC, "", "/run/portero/x.sock", NULL},
    {"ncacn_unix_stream:[/tmp/a]", PORTERO_NCACN_UNIX_STREAM, "", "/tmp/a", NULL},
    {"ncacn_http:h[593]", PORTERO_NCACN_HTTP, "h", "593", NULL},
    {"ncadg_ip_udp:h[135]", PORTERO_NCADG_IP_UDP, "h", "135", NULL},
    /* escapes */
    {"ncalrpc:[a\\]b\\[c\\,d\\\\]", PORTERO_NCALRPC, "", "a]b[c,d\\", NULL},
    {"ncalrpc:[endpoint\\=x]", PORTERO_NCALRPC, "", "endpoint=x", NULL},
    {"ncalrpc:[a\\\\\\,b]", PORTERO_NCALRPC, "", "a\\,b", NULL},
    {"ncacn_ip_tcp:a\\[b\\]", PORTERO_NCACN_IP_TCP, "a[b]", "", NULL},
};

static void parse_ok(const char *text, struct portero_binding *out_binding)
{
  size_t length = strlen(text) + 1;
  struct portero_bytes exact = support_copy(portero_bytes_make(text, length));
  portero_status status = portero_binding_parse((const char *)exact.data, out_binding, NULL);

  support_free(exact); /* a binding holds no borrowed text */
  if (!portero_is_ok(status))
    fail_msg("refused: %s", text);
}

static void what_is_accepted(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
    const char *expected = accepted[i].again ? accepted[i].again : accepted[i].text;
    struct portero_binding b;
    char text[256];

    parse_ok(accepted[i].text, &b);
    assert_int_equal(b.protseq, accepted[i].protseq);
    assert_string_equal(b.host, accepted[i].host);
    assert_string_equal(b.endpoint, accepted[i].endpoint);
    assert_int_equal(b.n_options, 0);
    assert_false(b.has_object);
    assert_int_equal(portero_binding_text(&b, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
    parse_ok(text, &b);
    assert_string_equal(b.host, accepted[i].host);
    assert_string_equal(b.endpoint, accepted[i].endpoint);
  }
}

static void objects(void **state)
{
  static const char text[] = OBJECT "@ncacn_ip_tcp:h[1]";
  struct portero_binding b;
  char again[128], uuid[PORTERO_UUID_TEXT_SIZE];

  (void)state;
  parse_ok(text, &b);
  assert_true(b.has_object);
  assert_string_equal(portero_uuid_text(&b.object, uuid), OBJECT);
  (void)portero_binding_text(&b, again, sizeof again);
  assert_string_equal(again, text);
  parse_ok("ncacn_ip_tcp:user@h[1]", &b); /* an at sign behind the colon is part of the host */
  assert_false(b.has_object);
  assert_string_equal(b.host, "user@h");
}

static void options(void **state)
{
  static const char text[] = "ncacn_ip_tcp:h[135,Security=Integrity,seal,empty=,e=a=b,x=\\,\\]]";
  struct portero_binding b;
  char again[128];

  (void)state;
  parse_ok(text, &b);
  assert_int_equal(b.n_options, 5);
  assert_string_equal(b.endpoint, "135");
  assert_string_equal(portero_binding_option(&b, "Security"), "Integrity");
  assert_string_equal(portero_binding_option(&b, "security"), "Integrity");
  assert_string_equal(portero_binding_option(&b, "seal"), "");
  assert_string_equal(portero_binding_option(&b, "empty"), "");
  assert_string_equal(portero_binding_option(&b, "e"), "a=b");
  assert_string_equal(portero_binding_option(&b, "x"), ",]");
  assert_null(portero_binding_option(&b, "Sec"));
  assert_null(portero_binding_option(&b, "sealed"));
  assert_null(portero_binding_option(&b, ""));
  (void)portero_binding_text(&b, again, sizeof again);
  assert_string_equal(again, text);
}

static void options_without_endpoint(void **state)
{
  struct portero_binding b;
  char again[128];

  (void)state;
  parse_ok("ncacn_ip_tcp:h[,seal]", &b);
  assert_string_equal(b.endpoint, "");
  assert_int_equal(b.n_options, 1);
  (void)portero_binding_text(&b, again, sizeof again);
  assert_string_equal(again, "ncacn_ip_tcp:h[,seal]");
  parse_ok("ncacn_ip_tcp:h[level=6]", &b); /* the first has a name: it is no endpoint */
  assert_string_equal(b.endpoint, "");
  assert_string_equal(portero_binding_option(&b, "level"), "6");
  (void)portero_binding_text(&b, again, sizeof again);
  assert_string_equal(again, "ncacn_ip_tcp:h[,level=6]");
  parse_ok("ncacn_ip_tcp:h[level=6,endpoint=99]", &b);
  assert_string_equal(b.endpoint, "99");
  assert_int_equal(b.n_options, 1);
}

static void assert_refused(const char *text, enum portero_local expected, size_t expected_at)
{
  struct portero_bytes exact = support_copy(portero_bytes_make(text, strlen(text) + 1));
  struct portero_binding b, before;
  size_t at = SIZE_MAX;
  portero_status status;

  memset(&b, 0x5a, sizeof b);
  memset(&before, 0x5a, sizeof before);
  status = portero_binding_parse((const char *)exact.data, &b, &at);
  support_free(exact);
  if (!portero_is_local(status, expected) || at != expected_at)
    fail_msg("%s: status %u/%u at %zu", text, status.klass, status.code, at);
  assert_memory_equal(&b, &before, sizeof b);
}

static void what_is_refused(void **state)
{
  (void)state;
  assert_refused("", PORTERO_LOCAL_MALFORMED, 0);
  assert_refused("host", PORTERO_LOCAL_MALFORMED, 4);
  assert_refused("host[135]", PORTERO_LOCAL_MALFORMED, 4);
  assert_refused("tcp:host", PORTERO_LOCAL_UNSUPPORTED, 0);
  assert_refused("ncacn_ip_tc:host", PORTERO_LOCAL_UNSUPPORTED, 0);
  assert_refused("ncacn_ip_tcpp:host", PORTERO_LOCAL_UNSUPPORTED, 0);
  assert_refused(":host", PORTERO_LOCAL_UNSUPPORTED, 0);
  assert_refused("ncacn_ip_tcp:h[135", PORTERO_LOCAL_MALFORMED, 18);
  assert_refused("ncacn_ip_tcp:h[135\\]", PORTERO_LOCAL_MALFORMED, 20);
  assert_refused("ncacn_ip_tcp:h]135[", PORTERO_LOCAL_MALFORMED, 14);
  assert_refused("ncacn_ip_tcp:h[135]x", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncacn_ip_tcp:h[135][136]", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncacn_ip_tcp:h[135,]", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncacn_ip_tcp:h[135,,a]", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncacn_ip_tcp:h[135,=a]", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncacn_ip_tcp:h[135,endpoint=136]", PORTERO_LOCAL_MALFORMED, 19);
  assert_refused("ncalrpc:[x,endpoint\\=z]", PORTERO_LOCAL_MALFORMED, 11);
  assert_refused("ncacn_ip_tcp:h[135,a,b=1,A=2]", PORTERO_LOCAL_MALFORMED, 25);
  assert_refused("ncacn_ip_tcp:h\n[135]", PORTERO_LOCAL_MALFORMED, 14);
  assert_refused("ncacn_ip_tcp:h[\x7f]", PORTERO_LOCAL_MALFORMED, 15);
  assert_refused("ncalrpc:[a][b]", PORTERO_LOCAL_MALFORMED, 11);
  assert_refused("ncacn_ip_tcp:[h][b]", PORTERO_LOCAL_MALFORMED, 16);
  assert_refused("x@ncacn_ip_tcp:h", PORTERO_LOCAL_MALFORMED, 0);
  assert_refused("00112233-4455-6677-8899-aabbccddeefg@ncacn_ip_tcp:h", PORTERO_LOCAL_MALFORMED, 0);
  assert_refused(OBJECT "0@ncacn_ip_tcp:h", PORTERO_LOCAL_MALFORMED, 0);
  assert_refused(OBJECT "@" OBJECT "@ncacn_ip_tcp:h", PORTERO_LOCAL_MALFORMED, 73);
}

/* A part of limit - 1 letters is the longest that is taken. */
static void assert_limit(const char *prefix, const char *suffix, size_t limit, size_t at)
{
  char letters[300], text[400];
  struct portero_binding b;

  memset(letters, 'a', sizeof letters);
  (void)snprintf(text, sizeof text, "%s%.*s%s", prefix, (int)limit - 1, letters, suffix);
  parse_ok(text, &b);
  (void)snprintf(text, sizeof text, "%s%.*s%s", prefix, (int)limit, letters, suffix);
  assert_refused(text, PORTERO_LOCAL_LIMIT, at);
}

static void what_is_too_long(void **state)
{
  (void)state;
  assert_limit("ncacn_ip_tcp:", "[1]", PORTERO_HOST_SIZE, 13 + PORTERO_HOST_SIZE - 1);
  assert_limit("ncacn_ip_tcp:[::", "]", PORTERO_HOST_SIZE - 2, 13);
  assert_limit("ncacn_ip_tcp:h[", "]", PORTERO_ENDPOINT_SIZE, 15);
  assert_limit("ncacn_ip_tcp:h[endpoint=", "]", PORTERO_ENDPOINT_SIZE, 15);
  assert_limit("ncacn_ip_tcp:h[1,", "]", PORTERO_OPTION_SIZE, 17);
  assert_limit("ncacn_ip_tcp:h[1,o=", "]", PORTERO_OPTION_SIZE - 2, 17);
  assert_refused("ncacn_ip_tcp:h[1,a,b,c,d,e,f,g,h,i]", PORTERO_LOCAL_LIMIT, 33);
}

static void text_is_cut_and_terminated(void **state)
{
  static const char whole[] = OBJECT "@ncacn_np:h[\\pipe\\x,seal]";
  struct portero_binding b;

  (void)state;
  parse_ok(whole, &b);
  assert_int_equal(portero_binding_text(&b, NULL, 0), sizeof whole - 1);
  for (size_t size = 1; size <= sizeof whole; size++) {
    char text[sizeof whole + 1];

    memset(text, '#', sizeof text);
    assert_int_equal(portero_binding_text(&b, text, size), sizeof whole - 1);
    assert_int_equal(strlen(text), size - 1);
    assert_memory_equal(text, whole, size - 1);
    assert_int_equal(text[size], '#');
  }
}

static void protseq_names(void **state)
{
  (void)state;
  for (unsigned i = 1; i <= PORTERO_NCACN_UNIX_STREAM; i++) {
    const char *name = portero_protseq_name((enum portero_protseq)i);
    assert_non_null(name);
    assert_int_equal(portero_protseq_find(name, strlen(name)), i);
    assert_int_equal(portero_protseq_find(name, strlen(name) - 1), PORTERO_PROTSEQ_UNKNOWN);
  }
  assert_null(portero_protseq_name(PORTERO_PROTSEQ_UNKNOWN));
  assert_int_equal(portero_protseq_find("", 0), PORTERO_PROTSEQ_UNKNOWN);
  assert_int_equal(portero_protseq_find("NCACN_IP_TCP", 12), PORTERO_PROTSEQ_UNKNOWN);
}

static void assert_from_tower(enum portero_protseq protseq, uint16_t port, const char *endpoint,
                              const char *expected)
{
  struct portero_binding b;
  struct portero_tower t;
  char text[128];

  memset(&t, 0, sizeof t);
  t.protseq = protseq;
  t.port = port;
  t.ipv4[0] = 10; /* not what the client asked: not used */
  (void)snprintf(t.endpoint, sizeof t.endpoint, "%s", endpoint);
  if (!expected) {
    assert_false(portero_binding_from_tower(&t, "asked", &b));
    return;
  }
  assert_true(portero_binding_from_tower(&t, "asked", &b));
  (void)portero_binding_text(&b, text, sizeof text);
  assert_string_equal(text, expected);
}

static void towers_as_bindings(void **state)
{
  char host[PORTERO_HOST_SIZE + 1];
  struct portero_binding b;
  struct portero_tower t;

  (void)state;
  assert_from_tower(PORTERO_NCACN_IP_TCP, 49664, "", "ncacn_ip_tcp:asked[49664]");
  assert_from_tower(PORTERO_NCACN_HTTP, 593, "", "ncacn_http:asked[593]");
  assert_from_tower(PORTERO_NCADG_IP_UDP, 135, "", "ncadg_ip_udp:asked[135]");
  assert_from_tower(PORTERO_NCACN_NP, 0, "\\pipe\\lsass", "ncacn_np:asked[\\pipe\\lsass]");
  assert_from_tower(PORTERO_NCALRPC, 0, "epmapper", "ncalrpc:[epmapper]");
  assert_from_tower(PORTERO_NCACN_UNIX_STREAM, 0, "/run/x", "ncacn_unix_stream:[/run/x]");
  assert_from_tower(PORTERO_NCACN_IP_TCP, 0, "", NULL);
  assert_from_tower(PORTERO_NCACN_NP, 0, "", NULL);
  assert_from_tower(PORTERO_PROTSEQ_UNKNOWN, 135, "x", NULL);
  memset(&t, 0, sizeof t);
  t.protseq = PORTERO_NCACN_IP_TCP;
  t.port = 1;
  memset(host, 'h', sizeof host);
  host[PORTERO_HOST_SIZE] = '\0';
  assert_false(portero_binding_from_tower(&t, host, &b));
  host[PORTERO_HOST_SIZE - 1] = '\0';
  assert_true(portero_binding_from_tower(&t, host, &b));
  assert_string_equal(b.host, host);
}

/* What is accepted is written again as something that means the same. */
static bool decode(struct portero_bytes input, void *ctx)
{
  struct portero_binding b, again;
  struct portero_bytes text;
  struct portero_writer w;
  char buffer[128], written[256], twice[256];
  portero_status status;

  (void)ctx;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  portero_write_bytes(&w, input.data, input.size);
  portero_write_u8(&w, 0);
  text = support_copy(portero_writer_bytes(&w));
  status = portero_binding_parse((const char *)text.data, &b, NULL);
  support_free(text);
  if (!portero_is_ok(status))
    return false;
  (void)portero_binding_text(&b, written, sizeof written);
  assert_true(portero_is_ok(portero_binding_parse(written, &again, NULL)));
  (void)portero_binding_text(&again, twice, sizeof twice);
  assert_string_equal(written, twice);
  return true;
}

static void prefixes_and_flips(void **state)
{
  static const char *const samples[] = {
      OBJECT "@ncacn_ip_tcp:[::1][135,a=b,c]",
      "ncacn_np:\\\\host[\\pipe\\x\\]y,e\\=z]",
      "ncalrpc:[endpoint=a::b,level=6]",
  };

  (void)state;
  for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
    struct portero_bytes text = portero_bytes_make(samples[i], strlen(samples[i]));

    assert_true(decode(text, NULL));
    assert_true(support_prefixes(text, decode, NULL) < text.size);
    assert_true(support_bit_flips(text, decode, NULL) < 8 * text.size);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_accepted),
      cmocka_unit_test(objects),
      cmocka_unit_test(options),
      cmocka_unit_test(options_without_endpoint),
      cmocka_unit_test(what_is_refused),
      cmocka_unit_test(what_is_too_long),
      cmocka_unit_test(text_is_cut_and_terminated),
      cmocka_unit_test(protseq_names),
      cmocka_unit_test(towers_as_bindings),
      cmocka_unit_test(prefixes_and_flips),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
