/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTLM with peers that lie and with tokens changed on their way: every token cut at every length,
 * every bit of it turned over, legs repeated, in the wrong order, too long; old and weak responses.
 */
#include <portero/auth.h>
#include <portero/pdu.h>

#include "tests/unit/ntlm_ends.h"

#define HOUR ((int64_t)3600 * 10000000)

static struct ntlm_lab lab;
static struct portero_acceptor *acceptor, *lenient;

static const struct portero_credentials_options alice = {
    .user = "HOST\\alice", .password = "secret", .workstation = "STATION"};

/* ---- changed on the way ---- */

struct change {
  unsigned leg;
  size_t at; /* the bit that is turned over, or where the token is cut */
  bool cut;
  size_t size; /* of the token as it was */
};

static void apply(void *ctx, unsigned leg, struct portero_writer *token)
{
  struct change *c = ctx;

  if (leg != c->leg)
    return;
  c->size = token->size;
  if (c->cut)
    token->size = c->at;
  else
    token->base[c->at / 8] ^= (uint8_t)(1u << (c->at % 8));
}

static bool survives(struct change *c, const struct portero_credentials_options *who)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = *who, .tamper = apply, .ctx = c};
  struct ntlm_ends e;
  bool stands = ntlm_ends_run(&e, &d), failed = !portero_is_ok(e.client_status);

  /* Who fails says why, and says it in the words of the contract. */
  if (!stands && failed)
    assert_true(portero_is_local(e.client_status, PORTERO_LOCAL_SECURITY));
  else if (!stands)
    assert_int_equal(e.server_status.klass, PORTERO_CLASS_NAK);
  if (!stands)
    assert_non_null(failed ? e.client->ops->why(e.client) : e.server->ops->why(e.server));
  ntlm_ends_end(&e);
  return stands;
}

/* The MIC covers all three messages: nothing at all may change. */
static void test_every_bit(void **state)
{
  struct change c = {.size = 1};

  (void)state;
  for (c.leg = 0; c.leg < 3; c.leg++) {
    c.size = 1;
    for (c.at = 0; c.at < c.size * 8; c.at++)
      if (survives(&c, &alice))
        fail_msg("bit %zu of token %u", c.at, c.leg);
    assert_true(c.size > 30);
  }
}

static void test_every_length(void **state)
{
  struct change c = {.cut = true};

  (void)state;
  for (c.leg = 0; c.leg < 3; c.leg++) {
    c.size = 1;
    for (c.at = 0; c.at < c.size; c.at++)
      if (survives(&c, &alice))
        fail_msg("token %u cut to %zu bytes", c.leg, c.at);
  }
}

/* A caller without a name has no key that could protect the messages: whatever changes, he stays
 * nobody. */
static void test_every_bit_of_nobody(void **state)
{
  const struct portero_credentials_options nobody = {.anonymous = true};
  struct change c = {.size = 1};

  (void)state;
  for (c.leg = 0; c.leg < 3; c.leg++) {
    c.size = 1;
    for (c.at = 0; c.at < c.size * 8; c.at++) {
      struct ntlm_dialogue d = {.acceptor = acceptor, .who = nobody, .tamper = apply, .ctx = &c};
      struct ntlm_ends e;
      if (ntlm_ends_run(&e, &d))
        assert_true(e.server->anonymous);
      ntlm_ends_end(&e);
    }
  }
}

/*
 * An old client sends no MIC. Then what may change, without making the caller anybody else, is what
 * neither the response covers nor anybody reads.
 */
static bool is_unprotected(size_t byte, const uint8_t *token)
{
  const size_t user_at = portero_load_u32(token + 40, false);
  const size_t user_end = user_at + portero_load_u16(token + 36, false);

  if (byte >= 12 && byte < 60 && (byte - 12) % 8 >= 2 && (byte - 12) % 8 < 4)
    return true; /* allocated lengths: nobody reads them */
  if (byte >= 12 && byte < 20)
    return true; /* where the LM response is: version 2 does without */
  if (byte >= 44 && byte < 52)
    return true; /* where the workstation's name is: only told */
  if (byte >= 52 && byte < 60)
    return true; /* where the session key is: another one, which nothing fits afterwards */
  if (byte >= 60 && byte < 72)
    return true; /* flags that are not needed; the version */
  if (byte >= user_at && byte < user_end)
    return true; /* names are compared without regard to case */
  return byte >= portero_load_u32(token + 48, false); /* workstation, LM response; session key */
}

static void check_old_bit(struct change *c)
{
  const struct ntlm_old_client old = {.user = "alice", .domain = "HOST", .password = "secret"};
  struct ntlm_dialogue d = {.acceptor = acceptor, .tamper = apply, .ctx = c};
  struct ntlm_ends e;

  if (portero_is_ok(ntlm_old_client_run(&e, &old, &d))) {
    const uint8_t *token = e.tokens[2].base;
    size_t nt_at = portero_load_u32(token + 24, false), byte = c->at / 8;
    assert_string_equal(e.server->ops->identity(e.server)->account, "Alice");
    if ((byte >= nt_at && byte < nt_at + portero_load_u16(token + 20, false)) ||
        !is_unprotected(byte, token))
      fail_msg("bit %zu", c->at);
  }
  ntlm_ends_end(&e);
}

static void test_every_bit_of_an_old_client(void **state)
{
  struct change c = {.leg = 2, .size = 1};

  (void)state;
  for (c.at = 0; c.at < c.size * 8; c.at++)
    check_old_bit(&c);
}

/* ---- in the wrong order ---- */

static portero_status feed(struct portero_security *s, const struct portero_writer *token)
{
  struct portero_bytes in = support_copy(portero_writer_bytes(token));
  struct portero_writer out;
  bool done = false;
  portero_status status;

  portero_writer_init(&out, &portero_mem_malloc, 65536);
  status = s->ops->step(s, in, &out, &done);
  portero_writer_deinit(&out);
  support_free(in);
  return status;
}

static struct portero_security *new_server(void)
{
  struct portero_security *s;

  assert_true(portero_is_ok(acceptor->begin(acceptor->ctx, PORTERO_LEVEL_PRIVACY, &s)));
  return s;
}

static void test_order(void **state)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = alice};
  struct portero_writer kept;
  struct portero_security *s;
  struct ntlm_ends e;

  (void)state;
  assert_true(ntlm_ends_run(&e, &d));
  assert_true(portero_is_local(feed(e.server, &e.tokens[2]), PORTERO_LOCAL_STATE)); /* once more */
  assert_true(portero_is_local(feed(e.client, &e.tokens[1]), PORTERO_LOCAL_STATE));
  assert_true(ntlm_ends_talk(&e));
  s = new_server();
  assert_false(portero_is_ok(feed(s, &e.tokens[2]))); /* the last leg first */
  s->ops->free(s);
  s = new_server();
  assert_false(portero_is_ok(feed(s, &e.tokens[1]))); /* a challenge to a server */
  s->ops->free(s);
  portero_writer_init(&kept, &portero_mem_malloc, 4096);
  ntlm_negotiate_write(&kept, NTLM_REQUIRED | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH);
  s = new_server();
  assert_true(portero_is_ok(feed(s, &kept)));
  assert_false(portero_is_ok(feed(s, &kept))); /* the first leg twice */
  assert_true(portero_is_local(feed(s, &e.tokens[2]), PORTERO_LOCAL_STATE)); /* no way back */
  s->ops->free(s);
  s = new_server();
  assert_true(portero_is_ok(feed(s, &kept)));
  assert_false(portero_is_ok(feed(s, &e.tokens[2])));         /* an answer to another challenge */
  assert_non_null(strstr(s->ops->why(s), "does not repeat")); /* that one had another time in it */
  s->ops->free(s);
  portero_writer_deinit(&kept);
  ntlm_ends_end(&e);
}

static void test_too_long(void **state)
{
  struct portero_writer token;
  struct portero_security *s = new_server();

  (void)state;
  portero_writer_init(&token, &portero_mem_malloc, 70000);
  ntlm_negotiate_write(&token, NTLM_REQUIRED | NTLM_SIGN | NTLM_SEAL);
  portero_write_zeros(&token, 2048);
  assert_false(portero_is_ok(feed(s, &token)));
  s->ops->free(s);
  s = new_server();
  token.size = 1024; /* long names are borne */
  assert_true(portero_is_ok(feed(s, &token)));
  portero_writer_reset(&token);
  ntlm_authenticate_write(&token, &(struct ntlm_authenticate){.flags = ~0u});
  portero_write_zeros(&token, NTLM_MESSAGE_LIMIT);
  assert_false(portero_is_ok(feed(s, &token)));
  s->ops->free(s);
  portero_writer_deinit(&token);
}

static void test_names_too_long(void **state)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = alice};
  char name[300];
  struct ntlm_ends e;

  (void)state;
  memset(name, 'n', sizeof name - 1);
  name[255] = 0;
  d.who.user = name;
  assert_false(ntlm_ends_run(&e, &d));
  assert_non_null(strstr(e.server->ops->why(e.server), "no account nnn"));
  ntlm_ends_end(&e);
  name[255] = 'n';
  name[299] = 0;
  assert_false(ntlm_ends_run(&e, &d));
  assert_true(portero_is_local(e.client_status, PORTERO_LOCAL_LIMIT));
  ntlm_ends_end(&e);
}

/* ---- old and weak ---- */

static void check_old(const struct portero_acceptor *a, const struct ntlm_old_client *c,
                      const char *why)
{
  struct ntlm_dialogue d = {.acceptor = a};
  struct ntlm_ends e;
  portero_status status = ntlm_old_client_run(&e, c, &d);

  if (why) {
    assert_int_equal(status.klass, PORTERO_CLASS_NAK);
    if (!strstr(e.server->ops->why(e.server), why))
      fail_msg("%s: %s", why, e.server->ops->why(e.server));
  } else {
    assert_true(portero_is_ok(status) && e.server_done);
    assert_string_equal(e.server->ops->identity(e.server)->account, "Alice");
  }
  ntlm_ends_end(&e);
}

#define OLD .user = "alice", .domain = "D", .password = "secret"

static void test_version_1(void **state)
{
  (void)state;
  check_old(acceptor, &(struct ntlm_old_client){OLD, .v1 = true}, "version 1");
  check_old(lenient, &(struct ntlm_old_client){OLD, .v1 = true}, NULL);
  check_old(lenient, &(struct ntlm_old_client){OLD, .v1 = true, .without_extended = true},
            "without extended session security");
  check_old(acceptor, &(struct ntlm_old_client){OLD, .lm_only = true}, "LM");
  check_old(lenient, &(struct ntlm_old_client){OLD, .lm_only = true}, "LM");
  check_old(lenient, &(struct ntlm_old_client){.user = "alice", .password = "other", .v1 = true},
            "wrong password");
  check_old(lenient, &(struct ntlm_old_client){.user = "bob", .password = "secret", .v1 = true},
            "disabled");
  check_old(lenient, &(struct ntlm_old_client){.user = "x", .password = "secret", .v1 = true},
            "no account");
}

static void test_version_2_of_old_clients(void **state)
{
  static const uint8_t none[16], some[16] = {[9] = 1};

  (void)state;
  check_old(acceptor, &(struct ntlm_old_client){OLD}, NULL);
  check_old(acceptor, &(struct ntlm_old_client){OLD, .key_without_domain = true}, NULL);
  check_old(acceptor, &(struct ntlm_old_client){OLD, .has_mic_flag = true}, "MIC");
  check_old(acceptor, &(struct ntlm_old_client){OLD, .bindings = none}, NULL);
  check_old(acceptor, &(struct ntlm_old_client){OLD, .bindings = some}, "channel bindings");
  check_old(acceptor, &(struct ntlm_old_client){OLD, .skew = 35 * HOUR}, NULL);
  check_old(acceptor, &(struct ntlm_old_client){OLD, .skew = -35 * HOUR}, NULL);
  check_old(acceptor, &(struct ntlm_old_client){OLD, .skew = 37 * HOUR}, "37 hours ahead");
  check_old(acceptor, &(struct ntlm_old_client){OLD, .skew = -38 * HOUR}, "38 hours behind");
}

/* Old clients sign nothing: whoever changes the CHALLENGE on its way is found out by the response. */
static void test_what_the_server_told(void **state)
{
  static const uint16_t told[] = {NTLM_AV_NETBIOS_COMPUTER, NTLM_AV_NETBIOS_DOMAIN,
                                  NTLM_AV_TIMESTAMP};

  (void)state;
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    check_old(acceptor, &(struct ntlm_old_client){OLD, .forgets = told[i]}, "does not repeat");
    check_old(acceptor, &(struct ntlm_old_client){OLD, .spoils = told[i]}, "does not repeat");
  }
  check_old(acceptor, &(struct ntlm_old_client){OLD, .forgets = NTLM_AV_TARGET_NAME}, NULL);
}

static void test_flags_given_up(void **state)
{
  static const uint32_t needed[] = {NTLM_UNICODE, NTLM_EXTENDED_SECURITY, NTLM_128, NTLM_SIGN,
                                    NTLM_SEAL};

  (void)state;
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
    check_old(acceptor, &(struct ntlm_old_client){OLD, .without = needed[i]}, "gave up protection");
  check_old(acceptor, &(struct ntlm_old_client){OLD, .without = NTLM_KEY_EXCH}, NULL);
}

/* ---- servers that lie to our client ---- */

struct old_server {
  uint32_t flags;
  bool has_time;
};

static portero_status challenge_client(struct portero_security *client, const struct old_server *s,
                                       struct portero_writer *out_token)
{
  static const uint8_t now[8] = {0, 0, 0, 0, 1, 2, 0xdc, 1};
  uint8_t buffer[64];
  struct ntlm_challenge m = {.flags = s->flags};
  struct portero_writer token, pairs;
  bool done = false;
  portero_status status;

  portero_writer_init(&token, &portero_mem_malloc, 4096);
  status = client->ops->step(client, portero_bytes_make(NULL, 0), &token, &done);
  assert_true(portero_is_ok(status));
  portero_writer_reset(&token);
  portero_writer_init_fixed(&pairs, buffer, sizeof buffer);
  if (s->has_time)
    ntlm_av_write(&pairs, NTLM_AV_TIMESTAMP, portero_bytes_make(now, sizeof now));
  ntlm_av_write(&pairs, NTLM_AV_EOL, portero_bytes_make(NULL, 0));
  m.target_info = portero_writer_bytes(&pairs);
  ntlm_challenge_write(&token, &m);
  status = client->ops->step(client, portero_writer_bytes(&token), out_token, &done);
  assert_int_equal(done, portero_is_ok(status));
  portero_writer_deinit(&token);
  return status;
}

static portero_status ask_client(unsigned allow, const struct old_server *server,
                                 struct ntlm_authenticate *out_message, const char *why)
{
  static uint8_t block[1024];
  struct portero_credentials_options who = alice;
  struct auth_initiation i = {.target = "host/x", .level = PORTERO_LEVEL_PRIVACY};
  struct portero_security *client;
  struct portero_writer out;
  portero_status status;

  who.allow = allow;
  assert_true(portero_is_ok(portero_credentials_new(&who, &i.credentials)));
  assert_true(portero_is_ok(ntlm_initiator_new(&i, &client)));
  portero_writer_init_fixed(&out, block, sizeof block);
  status = challenge_client(client, server, &out);
  if (why)
    assert_non_null(strstr(client->ops->why(client), why));
  else
    assert_true(portero_is_ok(ntlm_authenticate_read(portero_writer_bytes(&out), out_message)));
  client->ops->free(client);
  portero_credentials_free(i.credentials);
  return status;
}

#define GOOD (NTLM_REQUIRED | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH | NTLM_TARGET_INFO)

static void test_weak_servers(void **state)
{
  static const uint32_t needed[] = {NTLM_UNICODE, NTLM_EXTENDED_SECURITY, NTLM_128, NTLM_SIGN,
                                    NTLM_SEAL};
  struct old_server server = {.flags = GOOD, .has_time = true};
  struct ntlm_authenticate m;

  (void)state;
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    server.flags = GOOD & ~needed[i];
    (void)ask_client(PORTERO_ALLOW_NTLMV1, &server, &m, "does not offer");
  }
  server.flags = GOOD & ~NTLM_TARGET_INFO;
  assert_true(portero_is_local(ask_client(0, &server, &m, "version 1"), PORTERO_LOCAL_SECURITY));
}

/* The LM response: zeros when the server told its time, else made; with version 1 a challenge. */
static void test_lm_responses(void **state)
{
  struct old_server server = {.flags = GOOD, .has_time = true};
  struct ntlm_authenticate m;
  uint8_t zeros[24] = {0};

  (void)state;
  assert_true(portero_is_ok(ask_client(0, &server, &m, NULL)));
  support_assert_bytes(m.lm_response, portero_bytes_make(zeros, 24));
  assert_int_equal(m.mic.size, 16);
  assert_memory_not_equal(m.mic.data, zeros, 16);
  server.has_time = false;
  assert_true(portero_is_ok(ask_client(0, &server, &m, NULL)));
  assert_int_equal(m.lm_response.size, 24);
  assert_memory_not_equal(m.lm_response.data, zeros, 16);
  assert_memory_equal(m.lm_response.data + 16, m.nt_response.data + 16 + 16, 8);
  assert_int_equal(m.mic.size, 16);
  server.flags = GOOD & ~NTLM_TARGET_INFO;
  assert_true(portero_is_ok(ask_client(PORTERO_ALLOW_NTLMV1, &server, &m, NULL)));
  assert_int_equal(m.nt_response.size, 24);
  assert_memory_equal(m.lm_response.data + 8, zeros, 16);
  assert_int_equal(m.mic.size, 0);
}

/* What the client adds to the server's pairs. */
static void test_pairs_of_the_client(void **state)
{
  struct old_server server = {.flags = GOOD, .has_time = true};
  struct ntlm_authenticate m;
  struct portero_reader r;
  struct ntlm_av pair;
  unsigned seen = 0;

  (void)state;
  assert_true(portero_is_ok(ask_client(0, &server, &m, NULL)));
  portero_reader_init(&r,
                      portero_bytes_make(m.nt_response.data + 16 + NTLM_BLOB_PAIRS_AT,
                                         m.nt_response.size - 16 - NTLM_BLOB_PAIRS_AT),
                      false);
  while (ntlm_av_next(&r, &pair)) {
    seen |= 1u << pair.id;
    if (pair.id == NTLM_AV_FLAGS)
      support_assert_hex(pair.value, "02000000");
    if (pair.id == NTLM_AV_CHANNEL_BINDINGS)
      support_assert_hex(pair.value, "00000000000000000000000000000000");
    if (pair.id == NTLM_AV_TARGET_NAME)
      support_assert_hex(pair.value, "68006f00730074002f007800");
  }
  assert_int_equal(portero_reader_left(&r), 4); /* the zeros behind the list */
  assert_int_equal(seen, 1u << NTLM_AV_FLAGS | 1u << NTLM_AV_CHANNEL_BINDINGS |
                             1u << NTLM_AV_TARGET_NAME | 1u << NTLM_AV_TIMESTAMP);
}

/* ---- the mechListMIC ---- */

static void test_mech_list_mic(void **state)
{
  const struct portero_bytes text = portero_bytes_make("list", 4);
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = alice};
  struct portero_writer mic;
  uint8_t buffer[64];
  struct ntlm_ends e;

  (void)state;
  assert_true(ntlm_ends_run(&e, &d));
  assert_true(ntlm_mic_ops.wanted(e.client) && ntlm_mic_ops.wanted(e.server));
  portero_writer_init_fixed(&mic, buffer, sizeof buffer);
  assert_true(portero_is_ok(ntlm_mic_ops.make(e.client, text, &mic)));
  assert_true(portero_is_ok(ntlm_mic_ops.check(e.server, text, portero_writer_bytes(&mic))));
  portero_writer_reset(&mic);
  assert_true(portero_is_ok(ntlm_mic_ops.make(e.server, text, &mic)));
  assert_true(portero_is_ok(ntlm_mic_ops.check(e.client, text, portero_writer_bytes(&mic))));
  ntlm_mic_ops.restart(e.client);
  assert_false(ntlm_ends_talk(&e)); /* one end alone */
  ntlm_ends_end(&e);
  assert_true(ntlm_ends_run(&e, &d));
  ntlm_mic_ops.restart(e.client);
  ntlm_mic_ops.restart(e.server);
  assert_true(ntlm_ends_talk(&e));
  portero_writer_reset(&mic);
  assert_true(portero_is_ok(ntlm_mic_ops.make(e.client, text, &mic)));
  mic.base[7] ^= 1;
  assert_false(portero_is_ok(ntlm_mic_ops.check(e.server, text, portero_writer_bytes(&mic))));
  assert_non_null(strstr(e.server->ops->why(e.server), "mechanisms"));
  ntlm_ends_end(&e);
}

static void test_mic_before_the_end(void **state)
{
  struct portero_security *s = new_server();
  struct portero_writer mic;
  uint8_t buffer[64] = {0};

  (void)state;
  portero_writer_init_fixed(&mic, buffer, sizeof buffer);
  assert_false(ntlm_mic_ops.wanted(s));
  ntlm_mic_ops.restart(s);
  assert_false(portero_is_ok(ntlm_mic_ops.make(s, portero_bytes_make("x", 1), &mic)));
  assert_false(portero_is_ok(
      ntlm_mic_ops.check(s, portero_bytes_make("x", 1), portero_bytes_make(buffer, 16))));
  s->ops->free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_bit),
      cmocka_unit_test(test_every_length),
      cmocka_unit_test(test_every_bit_of_nobody),
      cmocka_unit_test(test_every_bit_of_an_old_client),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_names_too_long),
      cmocka_unit_test(test_version_1),
      cmocka_unit_test(test_version_2_of_old_clients),
      cmocka_unit_test(test_what_the_server_told),
      cmocka_unit_test(test_flags_given_up),
      cmocka_unit_test(test_weak_servers),
      cmocka_unit_test(test_lm_responses),
      cmocka_unit_test(test_pairs_of_the_client),
      cmocka_unit_test(test_mech_list_mic),
      cmocka_unit_test(test_mic_before_the_end),
  };
  int failed;

  ntlm_lab_begin(&lab);
  acceptor = ntlm_lab_acceptor(&lab, 0);
  lenient = ntlm_lab_acceptor(&lab, PORTERO_ALLOW_NTLMV1);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  portero_acceptor_free(acceptor);
  portero_acceptor_free(lenient);
  ntlm_lab_end(&lab);
  return failed;
}
