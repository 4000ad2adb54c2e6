/* SPDX-License-Identifier: Apache-2.0 */
/* The Netlogon secure channel: the dialogue between both ends, and its tokens. */
#include <stdio.h>

#include <portero/auth.h>

#include "src/auth/mechanisms.h"
#include "src/auth/netlogon_channel.h"
#include "src/auth/netlogon_session.h"
#include "tests/unit/support.h"

#define PDU_SIZE   56u
#define DATA_AT    24u
#define DATA_SIZE  24u
#define VALUE_MAX  56u
#define TOKEN_SIZE 1024u
#define KEY        "5a66d5f35e9147c959b5e24114ab6abf"

static void assert_hex(const uint8_t *data, size_t size, const char *hex)
{
  support_assert_hex(portero_bytes_make(data, size), hex);
}

struct pdu {
  uint8_t bytes[PDU_SIZE], value[VALUE_MAX];
  struct portero_protected_pdu p;
};

static bool is_plain(const struct pdu *m)
{
  for (size_t i = 0; i < PDU_SIZE; i++) {
    if (m->bytes[i] != (uint8_t)i)
      return false;
  }
  return true;
}

/* ---- both ends ---- */

struct ends {
  struct portero_netlogon_channel channel;
  struct portero_acceptor *acceptor;
  struct portero_security *client, *server;
  uint8_t server_key[16];
  char asked_computer[64], asked_domain[64];
};

static portero_status find(void *user, const char *computer, const char *domain,
                           uint8_t out_key[16])
{
  struct ends *e = user;

  (void)snprintf(e->asked_computer, sizeof e->asked_computer, "%s", computer);
  (void)snprintf(e->asked_domain, sizeof e->asked_domain, "%s", domain);
  if (strcmp(computer, "FILES") != 0)
    return portero_local(PORTERO_LOCAL_NOT_FOUND);
  memcpy(out_key, e->server_key, sizeof e->server_key);
  return portero_ok();
}

static void ends_init(struct ends *e, const char *computer)
{
  struct portero_bytes key;

  memset(e, 0, sizeof *e);
  pthread_mutex_init(&e->channel.lock, NULL);
  (void)snprintf(e->channel.names.computer, sizeof e->channel.names.computer, "%s", computer);
  (void)snprintf(e->channel.names.domain, sizeof e->channel.names.domain, "LAB");
  key = support_hex(KEY);
  memcpy(e->channel.key.bytes, key.data, key.size);
  support_free(key);
  e->channel.key.aes = true;
  e->channel.is_open = true;
  memcpy(e->server_key, e->channel.key.bytes, sizeof e->server_key);
  assert_true(portero_is_ok(portero_acceptor_netlogon_new(find, e, &e->acceptor)));
}

static void ends_begin(struct ends *e, uint8_t level)
{
  assert_true(portero_is_ok(netlogon_initiator_new(&e->channel, level, &e->client)));
  assert_true(portero_is_ok(e->acceptor->begin(e->acceptor->ctx, level, &e->server)));
  assert_int_equal(e->client->ops->type, PORTERO_AUTH_NETLOGON);
  assert_int_equal(e->server->ops->type, PORTERO_AUTH_NETLOGON);
}

static void ends_free(struct ends *e)
{
  if (e->client)
    e->client->ops->free(e->client);
  if (e->server)
    e->server->ops->free(e->server);
  portero_acceptor_free(e->acceptor);
  pthread_mutex_destroy(&e->channel.lock);
}

static portero_status step(struct portero_security *s, struct portero_bytes token,
                           struct portero_writer *w, bool *out_done)
{
  portero_writer_reset(w);
  return s->ops->step(s, token, w, out_done);
}

/* Both legs. */
static portero_status ends_meet(struct ends *e)
{
  uint8_t first[TOKEN_SIZE], second[TOKEN_SIZE];
  struct portero_bytes none = portero_bytes_make(NULL, 0);
  struct portero_writer a, b;
  bool done = true;
  portero_status status;

  portero_writer_init_fixed(&a, first, sizeof first);
  portero_writer_init_fixed(&b, second, sizeof second);
  assert_true(portero_is_ok(step(e->client, none, &a, &done)));
  assert_false(done);
  status = step(e->server, portero_writer_bytes(&a), &b, &done);
  if (!portero_is_ok(status))
    return status;
  assert_true(done);
  done = false;
  status = step(e->client, portero_writer_bytes(&b), &a, &done);
  assert_true(!portero_is_ok(status) || done);
  return status;
}

static bool pass(struct portero_security *from, struct portero_security *to, struct pdu *m,
                 uint8_t level, bool header_signing)
{
  for (size_t i = 0; i < PDU_SIZE; i++)
    m->bytes[i] = (uint8_t)i;
  m->p = (struct portero_protected_pdu){.pdu = m->bytes,
                                        .size = PDU_SIZE,
                                        .data_at = DATA_AT,
                                        .data_size = DATA_SIZE,
                                        .value = m->value,
                                        .level = level,
                                        .header_signing = header_signing};
  m->p.value_size = from->ops->value_size(from, level, DATA_SIZE);
  assert_true(m->p.value_size <= VALUE_MAX);
  assert_true(portero_is_ok(from->ops->protect(from, &m->p)));
  assert_int_equal(is_plain(m), level != PORTERO_LEVEL_PRIVACY);
  return portero_is_ok(to->ops->unprotect(to, &m->p)) && is_plain(m);
}

/* Fragments one way, then the other way, several times. */
static void check_traffic(uint8_t level, bool header_signing)
{
  struct ends e;
  struct pdu m;

  ends_init(&e, "FILES");
  ends_begin(&e, level);
  assert_true(portero_is_ok(ends_meet(&e)));
  for (size_t i = 0; i < 4; i++) {
    for (size_t k = 0; k <= i; k++)
      assert_true(pass(e.client, e.server, &m, level, header_signing));
    for (size_t k = 0; k < 3; k++)
      assert_true(pass(e.server, e.client, &m, level, header_signing));
  }
  ends_free(&e);
}

static void test_traffic(void **state)
{
  (void)state;
  for (uint8_t level = PORTERO_LEVEL_PACKET; level <= PORTERO_LEVEL_PRIVACY; level++) {
    check_traffic(level, true);
    check_traffic(level, false);
  }
}

static void test_identity(void **state)
{
  const struct portero_identity *identity;
  struct ends e;

  (void)state;
  ends_init(&e, "FILES");
  ends_begin(&e, PORTERO_LEVEL_PRIVACY);
  assert_null(e.server->ops->identity(e.server));
  assert_true(portero_is_ok(ends_meet(&e)));
  assert_string_equal(e.asked_computer, "FILES");
  assert_string_equal(e.asked_domain, "LAB");
  identity = e.server->ops->identity(e.server);
  assert_non_null(identity);
  assert_int_equal(identity->type, PORTERO_AUTH_NETLOGON);
  assert_string_equal(identity->account, "FILES$");
  assert_string_equal(identity->domain, "LAB");
  assert_string_equal(identity->principal, "");
  assert_false(identity->anonymous);
  assert_int_equal(identity->n_sids, 0);
  assert_hex(identity->session_key.data, identity->session_key.size, KEY);
  ends_free(&e);
}

static void test_levels(void **state)
{
  struct portero_security *s = NULL;
  struct ends e;

  (void)state;
  ends_init(&e, "FILES");
  for (unsigned level = 0; level < 256; level++) {
    if (level >= PORTERO_LEVEL_PACKET && level <= PORTERO_LEVEL_PRIVACY)
      continue;
    assert_true(portero_is_local(netlogon_initiator_new(&e.channel, (uint8_t)level, &s),
                                 PORTERO_LOCAL_USAGE));
    assert_int_equal(e.acceptor->begin(e.acceptor->ctx, (uint8_t)level, &s).klass,
                     PORTERO_CLASS_NAK);
    assert_null(s);
  }
  e.channel.is_open = false;
  assert_true(portero_is_local(netlogon_initiator_new(&e.channel, PORTERO_LEVEL_PRIVACY, &s),
                               PORTERO_LOCAL_STATE));
  assert_null(s);
  ends_free(&e);
}

static void test_unknown_computer(void **state)
{
  struct ends e;

  (void)state;
  ends_init(&e, "STRANGER");
  ends_begin(&e, PORTERO_LEVEL_PRIVACY);
  assert_int_equal(ends_meet(&e).klass, PORTERO_CLASS_NAK);
  assert_non_null(strstr(e.server->ops->why(e.server), "ServerAuthenticate3"));
  assert_null(e.server->ops->identity(e.server));
  assert_string_equal(e.server->ops->claimed(e.server)->account, "STRANGER$");
  ends_free(&e);
}

static void test_wrong_key(void **state)
{
  struct ends e;
  struct pdu m;

  (void)state;
  for (uint8_t level = PORTERO_LEVEL_PACKET; level <= PORTERO_LEVEL_PRIVACY; level++) {
    ends_init(&e, "FILES");
    e.server_key[15] ^= 0x80;
    ends_begin(&e, level);
    assert_true(portero_is_ok(ends_meet(&e)));
    assert_false(pass(e.client, e.server, &m, level, true));
    assert_non_null(strstr(e.server->ops->why(e.server), "another session key"));
    assert_false(pass(e.server, e.client, &m, level, true));
    ends_free(&e);
  }
}

/* Nothing is protected before the dialogue has ended; a third leg is one too many. */
static void test_order_of_legs(void **state)
{
  uint8_t response[12] = {1}, buffer[TOKEN_SIZE];
  struct portero_writer w;
  struct ends e;
  struct pdu m;
  bool done;

  (void)state;
  ends_init(&e, "FILES");
  ends_begin(&e, PORTERO_LEVEL_PRIVACY);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  m.p = (struct portero_protected_pdu){.pdu = m.bytes,
                                       .size = PDU_SIZE,
                                       .value = m.value,
                                       .value_size = VALUE_MAX,
                                       .level = PORTERO_LEVEL_PRIVACY};
  assert_false(portero_is_ok(e.client->ops->protect(e.client, &m.p)));
  assert_false(portero_is_ok(e.server->ops->unprotect(e.server, &m.p)));
  assert_false(
      portero_is_ok(step(e.server, portero_bytes_make(response, sizeof response), &w, &done)));
  e.server->ops->free(e.server);
  assert_true(portero_is_ok(e.acceptor->begin(e.acceptor->ctx, PORTERO_LEVEL_PRIVACY, &e.server)));
  assert_true(portero_is_ok(ends_meet(&e)));
  assert_false(
      portero_is_ok(step(e.client, portero_bytes_make(response, sizeof response), &w, &done)));
  assert_int_equal(step(e.server, portero_bytes_make(response, sizeof response), &w, &done).klass,
                   PORTERO_CLASS_NAK);
  m.p.level = PORTERO_LEVEL_CONNECT;
  assert_false(portero_is_ok(e.client->ops->protect(e.client, &m.p)));
  assert_false(portero_is_ok(e.server->ops->unprotect(e.server, &m.p)));
  m.p.level = PORTERO_LEVEL_PRIVACY;
  m.p.value_size = VALUE_MAX - 1;
  assert_false(portero_is_ok(e.client->ops->protect(e.client, &m.p)));
  ends_free(&e);
}

/* ---- tokens ---- */

static size_t token_of(const struct netlogon_names *names, uint8_t *buffer)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, buffer, TOKEN_SIZE);
  assert_true(portero_is_ok(netlogon_negotiate_write(&w, names)));
  return w.size;
}

static bool read_negotiate(struct portero_bytes input, void *ctx)
{
  struct netlogon_names names;

  (void)ctx;
  return portero_is_ok(netlogon_negotiate_read(input, &names));
}

static bool read_response(struct portero_bytes input, void *ctx)
{
  (void)ctx;
  return portero_is_ok(netlogon_response_read(input));
}

/* The example of [MS-NRPC] 3.3.4.1.1. */
static void test_published_token(void **state)
{
  static const char hex[] = "00000000 17000000 4e5444455600 4e41534b4f00"
                            "056e7464657604636f7270096d6963726f736f667403636f6d00 054e41534b4f00";
  struct portero_bytes token = support_hex(hex);
  uint8_t buffer[TOKEN_SIZE];
  struct netlogon_names names;

  (void)state;
  assert_true(portero_is_ok(netlogon_negotiate_read(token, &names)));
  assert_string_equal(names.domain, "NTDEV");
  assert_string_equal(names.computer, "NASKO");
  assert_string_equal(names.dns_domain, "ntdev.corp.microsoft.com");
  assert_string_equal(names.dns_computer, "");
  support_assert_hex(portero_bytes_make(buffer, token_of(&names, buffer)), hex);
  assert_int_equal(support_prefixes(token, read_negotiate, NULL), 0);
  assert_true(support_bit_flips(token, read_negotiate, NULL) < token.size * 8);
  support_free(token);
}

static void check_refused(const char *hex)
{
  struct portero_bytes token = support_hex(hex);
  struct netlogon_names names = {.computer = "untouched"};

  assert_false(portero_is_ok(netlogon_negotiate_read(token, &names)));
  assert_string_equal(names.computer, "untouched");
  support_free(token);
}

static void test_hostile_tokens(void **state)
{
  static uint8_t large[4096];

  (void)state;
  check_refused("01000000 00000000");             /* a response */
  check_refused("00000000 02000000 414243");      /* without its end */
  check_refused("00000000 10000000 04414200");    /* a label cut */
  check_refused("00000000 10000000 c00000");      /* a pointer */
  check_refused("00000000 10000000 03410042 00"); /* a NUL inside */
  check_refused("00000000 10000000 02c328 00");   /* no UTF-8 */
  memset(large, 'A', sizeof large);
  memcpy(large, "\0\0\0\0\2\0\0\0", 8);
  assert_false(read_negotiate(portero_bytes_make(large, sizeof large), NULL));
  for (size_t i = 8; i < sizeof large; i += 64)
    large[i] = 63;
  large[4] = 0x08;
  assert_false(read_negotiate(portero_bytes_make(large, sizeof large), NULL));
}

/* A code page nobody names: only what is ASCII is believed. UTF-8 stands beside it. */
static void test_foreign_names(void **state)
{
  struct netlogon_names names = {.computer = "M\xc3\x9cLLER", .domain = "LAB"}, again;
  struct portero_bytes oem = support_hex("00000000 03000000 4c414200 4ddc4c4c455200");
  uint8_t buffer[TOKEN_SIZE];
  size_t size = token_of(&names, buffer);

  (void)state;
  support_assert_hex(portero_bytes_make(buffer, size),
                     "00000000 11000000 4c414200 074dc39c4c4c455200");
  assert_true(portero_is_ok(netlogon_negotiate_read(portero_bytes_make(buffer, size), &again)));
  assert_string_equal(again.computer, names.computer);
  assert_true(portero_is_ok(netlogon_negotiate_read(oem, &again)));
  assert_string_equal(again.computer, "");
  assert_string_equal(again.domain, "LAB");
  support_free(oem);
}

static void test_long_names(void **state)
{
  struct netlogon_names names = {.computer = ""};
  uint8_t buffer[TOKEN_SIZE];
  struct portero_writer w;

  (void)state;
  memset(names.computer, 'a', 64);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  assert_true(portero_is_local(netlogon_negotiate_write(&w, &names), PORTERO_LOCAL_LIMIT));
  names.computer[63] = 0;
  portero_writer_reset(&w);
  assert_true(portero_is_ok(netlogon_negotiate_write(&w, &names)));
  (void)snprintf(names.dns_domain, sizeof names.dns_domain, "lab..test");
  portero_writer_reset(&w);
  assert_true(portero_is_local(netlogon_negotiate_write(&w, &names), PORTERO_LOCAL_LIMIT));
}

static void test_response(void **state)
{
  uint8_t buffer[32];
  struct portero_writer w;
  struct portero_bytes bytes;

  (void)state;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  netlogon_response_write(&w);
  bytes = portero_writer_bytes(&w);
  support_assert_hex(bytes, "010000000000000000000000");
  assert_true(read_response(bytes, NULL));
  assert_int_equal(support_prefixes(bytes, read_response, NULL), 0);
  assert_int_equal(support_bit_flips(bytes, read_response, NULL), 64); /* all but the type's */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_traffic),         cmocka_unit_test(test_identity),
      cmocka_unit_test(test_levels),          cmocka_unit_test(test_unknown_computer),
      cmocka_unit_test(test_wrong_key),       cmocka_unit_test(test_order_of_legs),
      cmocka_unit_test(test_published_token), cmocka_unit_test(test_hostile_tokens),
      cmocka_unit_test(test_foreign_names),   cmocka_unit_test(test_long_names),
      cmocka_unit_test(test_response),
  };
  return cmocka_run_group_tests_name("netlogon_ends", tests, NULL, NULL);
}
