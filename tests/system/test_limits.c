/* SPDX-License-Identifier: Apache-2.0 */
/* Each limit of a source and of all: who is let in, who is not, and what is counted. */
#include "tests/system/limits_ends.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static const struct portero_bytes nothing = {NULL, 0};

/* All but the named one are any number. */
#define LIMITS(field, figure)                                                                      \
  struct portero_server_limits limits = portero_server_limits_none;                                \
  limits.field = (figure)

static struct raw r[4], named, late;

static void close_all(struct raw *first, size_t n)
{
  for (size_t i = 0; i < n; i++)
    raw_close(&first[i]);
}

static void serves(struct raw *on)
{
  assert_int_equal(raw_call(on, LAB_NULL, nothing).size, 0);
}

/* ---- connections ---- */

static void connections_of_a_source(void **state)
{
  LIMITS(connections, 2);

  (void)state;
  limits_serve(1, &limits, NULL);
  limits_bound_from(&r[0], ANNE);
  limits_bound_from(&r[1], ANNE);
  limits_refused_from(ANNE);
  limits_bound_from(&r[2], BILL); /* has a count of his own */
  limits_check("source-connections", 2, 2, 1);
  limits_check("total-connections", 3, 3, 0);
  serves(&r[0]);
  raw_close(&r[0]);
  limits_in_at_last(&late, ANNE);
  raw_close(&late);
  close_all(&r[1], 2);
}

static void connections_of_all(void **state)
{
  LIMITS(connections, 2);
  struct raw local[2];

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_bound_from(&r[0], ANNE);
  limits_bound_from(&r[1], BILL);
  limits_refused_from(CARL);
  limits_check("total-connections", 2, 2, 1);
  for (int i = 0; i < 2; i++) { /* local sockets have their own, of the same figure */
    raw_connect(&local[i], limits_server, 1);
    raw_bind(&local[i], &lab_interface.id, 0);
  }
  raw_connect(&late, limits_server, 1);
  raw_expect_end(&late);
  raw_close(&late);
  limits_check("local-connections", 2, 2, 1);
  limits_check("total-connections", 2, 2, 1);
  close_all(local, 2);
  raw_close(&r[1]);
  limits_in_at_last(&late, CARL);
  raw_close(&late);
  raw_close(&r[0]);
}

/* Who has bound nothing for longest gives his place to whoever comes; who is bound keeps it. */
static void the_unbound_give_place(void **state)
{
  LIMITS(connections, 3);

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_named_from(&named, ANNE);
  limits_from(&r[0], BILL);
  limits_wait_now("total-half-open", 1);
  limits_from(&r[1], BILL);
  limits_wait_now("total-half-open", 2);
  limits_bound_from(&late, CARL);
  raw_expect_end(&r[0]);
  raw_bind(&r[1], &lab_interface.id, 0);
  limits_check("total-connections", 3, 3, 1);
  limits_refused_from(CARL);
  limits_from(&r[2], ANNE); /* nobody is half open whom one could close, even for a known source */
  raw_expect_end(&r[2]);
  limits_check("total-connections", 3, 3, 3);
  serves(&r[1]);
  serves(&late);
  serves(&named);
  close_all(r, 3);
  raw_close(&late);
  raw_close(&named);
}

/* Nor do the unbound ones of a source from which somebody with a name is connected. */
static void the_unbound_of_known_sources_stay(void **state)
{
  LIMITS(connections, 3);

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_named_from(&named, ANNE);
  limits_from(&r[0], ANNE);
  limits_wait_now("total-half-open", 1);
  limits_from(&r[1], BILL);
  limits_wait_now("total-half-open", 2);
  limits_bound_from(&late, CARL);
  raw_expect_end(&r[1]);
  raw_bind(&r[0], &lab_interface.id, 0);
  serves(&r[0]);
  close_all(r, 2);
  raw_close(&late);
  raw_close(&named);
}

static void begin_login_from(struct raw *on, const char *address)
{
  limits_from(on, address);
  limits_begin_login(on);
  raw_expect(on, PORTERO_PTYPE_BIND_ACK);
}

/* Whose authentication goes on stays for strangers; for a known source the newest of them goes. */
static void known_sources_get_in(void **state)
{
  LIMITS(connections, 3);

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_named_from(&named, ANNE);
  begin_login_from(&r[0], BILL);
  begin_login_from(&r[1], BILL);
  limits_check("total-half-open", 2, 2, 0);
  limits_refused_from(CARL);
  limits_bound_from(&late, ANNE);
  raw_expect_end(&r[1]);
  limits_check("total-connections", 3, 3, 2);
  limits_check("total-half-open", 1, 2, 0);
  serves(&named);
  close_all(r, 2);
  raw_close(&late);
  raw_close(&named);
}

static void over_two_loops(void **state)
{
  enum {
    TRIED = 20,
    ALLOWED = 7
  };
  LIMITS(connections, ALLOWED);
  struct raw *many = test_calloc(TRIED, sizeof *many);
  unsigned in = 0;

  (void)state;
  limits_serve(2, NULL, &limits);
  for (unsigned i = 0; i < TRIED; i++)
    limits_from(&many[i], ANNE);
  limits_wait_refused("total-connections", TRIED - ALLOWED);
  for (unsigned i = 0; i < TRIED; i++)
    in += recv(many[i].fd, many[i].bytes, 1, MSG_DONTWAIT) < 0;
  assert_true(in >= ALLOWED); /* an end may still be on its way */
  limits_check("total-connections", ALLOWED, ALLOWED, TRIED - ALLOWED);
  close_all(many, TRIED);
  test_free(many);
}

/* A connection that moves to its group's loop is counted once, and what it has goes with it. */
static void connections_that_move(void **state)
{
  enum {
    MANY = 24
  };
  LIMITS(connections, MANY + 1);
  struct raw *many = test_calloc(MANY, sizeof *many);

  (void)state;
  limits_serve(3, &limits, NULL);
  limits_bound_from(&r[0], ANNE);
  for (unsigned i = 0; i < MANY; i++) {
    limits_from(&many[i], ANNE);
    raw_bind(&many[i], &lab_interface.id, r[0].group);
  }
  limits_wait_now("source-connections", MANY + 1);
  limits_wait_now("total-connections", MANY + 1);
  limits_wait_now("source-contexts", MANY + 1);
  limits_wait_now("source-half-open", 0);
  for (unsigned i = 0; i < MANY; i++)
    serves(&many[i]);
  assert_int_equal(limits_state("source-connections").refused, 0);
  limits_refused_from(ANNE);
  close_all(many, MANY);
  raw_close(&r[0]);
  test_free(many);
}

/* ---- rates ---- */

/* How many of them are closed does not depend on the clock alone: each is either in or counted. */
static void rate_of_connections(struct portero_server_limits *source,
                                struct portero_server_limits *total, const char *name)
{
  enum {
    TRIED = 300
  };
  unsigned in = 0, out = 0;
  struct raw one;

  limits_serve(1, source, total);
  limits_named_from(&named, BILL);
  for (unsigned i = 0; i < TRIED; i++) {
    limits_from(&one, ANNE);
    raw_send(&one,
             portero_bytes_make("GET / HTTP/1.0\r\n\r\n", 18)); /* is answered with a bind_nak */
    if (recv(one.fd, one.bytes, 24, MSG_WAITALL) == 24)
      in++;
    else
      out++;
    raw_close(&one);
  }
  assert_int_equal(in + out, TRIED);
  assert_true(in >= 3);
  assert_true(out > 0);
  assert_int_equal(limits_state(name).refused, out);
  assert_int_equal(limits_state(name).most, 4);
  assert_int_equal(limits_state("garbage").refused, in);
  limits_bound_from(&late, BILL); /* another source, or one that is known */
  raw_close(&late);
  raw_close(&named);
}

static void connection_rate_of_a_source(void **state)
{
  LIMITS(connection_rate, 4);

  (void)state;
  rate_of_connections(&limits, NULL, "source-connection-rate");
}

static void connection_rate_of_all(void **state)
{
  LIMITS(connection_rate, 4);

  (void)state;
  rate_of_connections(NULL, &limits, "total-connection-rate");
}

/* Answers and faults of so many calls. */
static void count_calls(struct raw *on, unsigned n, unsigned *out_answers, unsigned *out_faults)
{
  *out_answers = *out_faults = 0;
  for (unsigned i = 0; i < n; i++) {
    (void)raw_request(on, LAB_NULL, nothing);
    raw_read(on);
    if (on->pdu.header.ptype == PORTERO_PTYPE_RESPONSE) {
      ++*out_answers;
      continue;
    }
    assert_int_equal(on->pdu.header.ptype, PORTERO_PTYPE_FAULT);
    assert_int_equal(on->pdu.body.fault.status, PORTERO_FAULT_TOO_BUSY);
    assert_true(on->pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
    ++*out_faults;
  }
}

static void rate_of_calls(struct portero_server_limits *source, struct portero_server_limits *total,
                          const char *name)
{
  enum {
    CALLS = 500
  };
  unsigned answers, faults;

  limits_serve(1, source, total);
  limits_named_from(&named, ANNE);
  limits_bound_from(&r[0], ANNE);
  count_calls(&r[0], CALLS, &answers, &faults);
  assert_true(answers >= 5);
  assert_true(faults > 0);
  assert_int_equal(limits_state(name).refused, faults);
  assert_int_equal(limits_state(name).most, 5);
  count_calls(&named, CALLS, &answers, &faults); /* has a name */
  assert_int_equal(faults, 0);
  raw_connect(&r[1], limits_server, 1); /* local ones are not counted */
  raw_bind(&r[1], &lab_interface.id, 0);
  count_calls(&r[1], CALLS, &answers, &faults);
  assert_int_equal(faults, 0);
}

static void anonymous_rate_of_a_source(void **state)
{
  LIMITS(anonymous_rate, 5);
  unsigned answers, faults;

  (void)state;
  rate_of_calls(&limits, NULL, "source-anonymous-rate");
  limits_bound_from(&r[2], BILL);
  count_calls(&r[2], 5, &answers, &faults);
  assert_int_equal(faults, 0);
  close_all(r, 3);
  raw_close(&named);
}

static void anonymous_rate_of_all(void **state)
{
  LIMITS(anonymous_rate, 5);

  (void)state;
  rate_of_calls(NULL, &limits, "total-anonymous-rate");
  close_all(r, 2);
  raw_close(&named);
}

/* ---- half open ---- */

static void half_open_of_a_source(void **state)
{
  LIMITS(half_open, 2);

  (void)state;
  limits_serve(1, &limits, NULL);
  limits_from(&r[0], ANNE);
  limits_from(&r[1], ANNE);
  limits_wait_now("source-half-open", 2);
  limits_refused_from(ANNE);
  limits_bound_from(&r[2], BILL);
  limits_check("source-half-open", 2, 2, 1);
  raw_bind(&r[0], &lab_interface.id, 0); /* is not any more */
  limits_from(&r[3], ANNE);
  raw_bind(&r[3], &lab_interface.id, 0);
  limits_check("source-half-open", 1, 2, 1);
  close_all(r, 4);
}

static void half_open_of_all(void **state)
{
  LIMITS(half_open, 2);

  (void)state;
  limits_serve(1, NULL, &limits);
  begin_login_from(&r[0], BILL);
  limits_from(&r[1], CARL);
  limits_wait_now("total-half-open", 2);
  limits_from(&r[2], BILL);
  raw_expect_end(&r[1]); /* the only one who has bound nothing */
  limits_wait_now("total-half-open", 2);
  limits_check("total-half-open", 2, 2, 1);
  begin_login_from(&r[3], CARL);
  raw_expect_end(&r[2]);
  limits_refused_from(BILL); /* both authenticate */
  limits_wait_now("total-half-open", 2);
  limits_check("total-half-open", 2, 2, 3);
  close_all(r, 4);
  limits_wait_now("total-half-open", 0);
}

/* ---- contexts ---- */

/* Adds context id; how it was answered. */
static struct portero_context_result proposed(struct raw *on, uint16_t id,
                                              const struct portero_syntax *iface)
{
  const struct portero_context context = {id, *iface, &portero_syntax_ndr, 1};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, RAW_PDU_MAX);
  raw_put_bind(&w, PORTERO_PTYPE_ALTER_CONTEXT, on->next_call++, on->group, &context, 1,
               PORTERO_PFC_WHOLE);
  raw_send(on, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(on, PORTERO_PTYPE_ALTER_CONTEXT_RESP);
  return raw_result(on, 0);
}

static void contexts(struct portero_server_limits *source, struct portero_server_limits *total,
                     const char *name)
{
  struct portero_syntax unknown = lab_interface.id;

  unknown.uuid.time_mid++;
  limits_serve(1, source, total);
  limits_bound_from(&r[0], ANNE);
  limits_bound_from(&r[1], ANNE);
  assert_int_equal(proposed(&r[0], 1, &unknown).reason, PORTERO_REASON_ABSTRACT_SYNTAX);
  limits_check(name, 2, 2, 0); /* what was rejected anyhow is not counted */
  assert_int_equal(proposed(&r[0], 0, &lab_interface.id).result, PORTERO_RESULT_ACCEPTANCE);
  limits_check(name, 2, 2, 0); /* it was there already */
  assert_int_equal(proposed(&r[0], 1, &lab_interface.id).result, PORTERO_RESULT_ACCEPTANCE);
  assert_int_equal(proposed(&r[0], 2, &lab_interface.id).result, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(raw_result(&r[0], 0).reason, PORTERO_REASON_LOCAL_LIMIT);
  limits_check(name, 3, 3, 1);
  assert_int_equal(proposed(&r[0], 1, &lab_interface.id).result, PORTERO_RESULT_ACCEPTANCE);
  limits_check(name, 3, 3, 1); /* it needs no room */
  r[0].context = 1;
  serves(&r[0]);
  raw_close(&r[1]);
  limits_wait_now(name, 2);
  assert_int_equal(proposed(&r[0], 2, &lab_interface.id).result, PORTERO_RESULT_ACCEPTANCE);
}

static void contexts_of_a_source(void **state)
{
  LIMITS(contexts, 3);

  (void)state;
  contexts(&limits, NULL, "source-contexts");
  limits_bound_from(&r[1], BILL);
  close_all(r, 2);
}

static void contexts_of_all(void **state)
{
  LIMITS(contexts, 3);

  (void)state;
  contexts(NULL, &limits, "total-contexts");
  limits_from(&r[1], BILL);
  raw_try_bind(&r[1], &lab_interface.id, 0);
  assert_int_equal(raw_result(&r[1], 0).reason, PORTERO_REASON_LOCAL_LIMIT);
  raw_connect(&r[2], limits_server, 1);
  raw_bind(&r[2], &lab_interface.id, 0);
  limits_check("total-contexts", 3, 3, 2);
  close_all(r, 3);
}

/* ---- handles ---- */

static void handles(struct portero_server_limits *source, struct portero_server_limits *total,
                    const char *name)
{
  struct portero_bytes handle;
  uint8_t first[20];

  limits_serve(1, source, total);
  limits_bound_from(&r[0], ANNE);
  limits_bound_from(&r[1], ANNE); /* a group of its own */
  handle = raw_call(&r[0], LAB_OPEN, nothing);
  memcpy(first, handle.data, sizeof first);
  (void)raw_call(&r[1], LAB_OPEN, nothing);
  assert_int_equal(raw_fault(&r[0], LAB_OPEN, nothing), PORTERO_FAULT_UNSPECIFIED);
  limits_check(name, 2, 2, 1);
  (void)raw_call(&r[0], LAB_CLOSE, portero_bytes_make(first, sizeof first));
  limits_wait_now(name, 1);
  (void)raw_call(&r[1], LAB_OPEN, nothing);
  assert_int_equal(raw_fault(&r[0], LAB_OPEN, nothing), PORTERO_FAULT_UNSPECIFIED);
  raw_close(&r[1]); /* with it go its handles */
  limits_wait_now(name, 0);
  (void)raw_call(&r[0], LAB_OPEN, nothing);
  limits_check(name, 1, 2, 2);
}

static void handles_of_a_source(void **state)
{
  LIMITS(handles, 2);

  (void)state;
  handles(&limits, NULL, "source-handles");
  (void)raw_call(&r[0], LAB_OPEN, nothing);
  limits_bound_from(&r[1], BILL);
  (void)raw_call(&r[1], LAB_OPEN, nothing);
  close_all(r, 2);
}

static void handles_of_all(void **state)
{
  LIMITS(handles, 2);

  (void)state;
  handles(NULL, &limits, "total-handles");
  limits_bound_from(&r[1], BILL);
  (void)raw_call(&r[1], LAB_OPEN, nothing);
  assert_int_equal(raw_fault(&r[1], LAB_OPEN, nothing), PORTERO_FAULT_UNSPECIFIED);
  raw_connect(&r[2], limits_server, 1);
  raw_bind(&r[2], &lab_interface.id, 0);
  (void)raw_call(&r[2], LAB_OPEN, nothing); /* local ones are not counted */
  limits_check("total-handles", 2, 2, 3);
  close_all(r, 3);
}

/* ---- logins ---- */

static unsigned login_from(const char *address)
{
  unsigned reason = 0;

  limits_from(&late, address);
  limits_login(&late);
  if (late.pdu.header.ptype == PORTERO_PTYPE_BIND_NAK)
    reason = late.pdu.body.bind_nak.reason;
  raw_close(&late);
  return reason;
}

static void failed_logins_of_a_source(void **state)
{
  LIMITS(failed_logins, 2);

  (void)state;
  limits_serve(1, &limits, NULL);
  limits_fail = true;
  for (int i = 0; i < 2; i++)
    assert_int_equal(login_from(ANNE), PORTERO_NAK_INVALID_CHECKSUM);
  limits_fail = false;
  assert_int_equal(login_from(ANNE), PORTERO_NAK_LOCAL_LIMIT);
  assert_int_equal(login_from(BILL), 0);
  limits_check("source-failed-logins", 2, 2, 1);
  limits_check("total-failed-logins", 2, 2, 0);
}

/* Who has failed may not try again; who has not, may. */
static void failed_logins_of_all(void **state)
{
  LIMITS(failed_logins, 3);

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_fail = true;
  for (int i = 0; i < 2; i++)
    assert_int_equal(login_from(ANNE), PORTERO_NAK_INVALID_CHECKSUM);
  assert_int_equal(login_from(BILL), PORTERO_NAK_INVALID_CHECKSUM);
  limits_fail = false;
  assert_int_equal(login_from(ANNE), PORTERO_NAK_LOCAL_LIMIT);
  assert_int_equal(login_from(BILL), PORTERO_NAK_LOCAL_LIMIT);
  assert_int_equal(login_from(CARL), 0);
  limits_fail = true;
  assert_int_equal(login_from(CARL), PORTERO_NAK_INVALID_CHECKSUM);
  assert_int_equal(login_from(CARL), PORTERO_NAK_LOCAL_LIMIT);
  limits_check("total-failed-logins", 4, 4, 3);
}

/* ---- what is no PDU, and times ---- */

static void garbage_costs_a_counter(void **state)
{
  static const char *const texts[] = {
      "GET / HTTP/1.0\r\nHost: example.net\r\n\r\n", "0123456789abcdef0123456789abcdef",
      "\x05\x00\x0b\x03\x10\x00\x00\x00\x08\x00\x00\x00yyyyyyyyyyyy"};
  size_t sizes[] = {strlen(texts[0]), strlen(texts[1]), 24};
  unsigned n = 0;

  (void)state;
  limits_serve(1, NULL, NULL);
  limits_bound_from(&r[0], BILL);
  serves(&r[0]);
  for (; n < 60; n++) {
    limits_from(&late, ANNE);
    raw_send(&late, portero_bytes_make(texts[n % 3], sizes[n % 3]));
    raw_expect(&late, PORTERO_PTYPE_BIND_NAK);
    raw_expect_end(&late);
    limits_wait_refused("garbage", n + 1);
    raw_close(&late);
  }
  limits_wait_now("total-connections", 1);
  limits_wait_now("total-half-open", 0);
  assert_int_equal(limits_state("garbage").limit, UINT64_MAX);
  serves(&r[0]);
  raw_close(&r[0]);
}

/* A stream that goes wrong later is no garbage. */
static void garbage_after_a_bind(void **state)
{
  (void)state;
  limits_serve(1, NULL, NULL);
  limits_bound_from(&r[0], ANNE);
  raw_send(&r[0], portero_bytes_make("0123456789abcdef", 16));
  raw_read(&r[0]);
  raw_expect_end(&r[0]);
  raw_close(&r[0]);
  limits_wait_now("total-connections", 0);
  assert_int_equal(limits_state("garbage").refused, 0);
}

/* The end of a connection that was shut takes what comes; one that was closed does not. */
static bool still_taken(const struct raw *of)
{
  for (int i = 0; i < 2; i++)
    if (send(of->fd, "x", 1, MSG_NOSIGNAL) < 0)
      return false;
  return true;
}

/* Whoever said nothing and was told nothing leaves his place at once. */
static void silence_leaves_no_trace(void **state)
{
  (void)state;
  limits_connection.first_pdu_timeout = 200;
  limits_connection.partial_timeout = 200;
  limits_serve(1, NULL, NULL);
  limits_from(&r[0], ANNE);
  raw_expect_end(&r[0]);
  assert_false(still_taken(&r[0]));
  limits_bound_from(&r[1], ANNE); /* was answered: may read it in peace */
  raw_send(&r[1], portero_bytes_make("\x05\x00\x00\x03\x10\x00\x00\x00\x20\x00", 10));
  raw_expect_end(&r[1]);
  assert_true(still_taken(&r[1]));
  close_all(r, 2);
}

static void times_are_counted(void **state)
{
  struct raw begun;

  (void)state;
  limits_connection.first_pdu_timeout = 200;
  limits_connection.partial_timeout = 200;
  limits_connection.auth_timeout = 200;
  limits_serve(1, NULL, NULL);
  limits_from(&r[0], ANNE); /* says nothing */
  raw_expect_end(&r[0]);
  limits_bound_from(&r[1], ANNE); /* says half of something */
  raw_send(&r[1], portero_bytes_make("\x05\x00\x00\x03\x10\x00\x00\x00\x20\x00", 10));
  raw_expect_end(&r[1]);
  limits_from(&begun, ANNE); /* begins a login, and no more */
  limits_begin_login(&begun);
  raw_expect(&begun, PORTERO_PTYPE_BIND_ACK);
  limits_wait_refused("auth-timeout", 1);
  raw_close(&begun);
  limits_bound_from(&r[2], ANNE); /* is fine */
  limits_wait_refused("first-pdu-timeout", 1);
  limits_wait_refused("partial-timeout", 1);
  assert_int_equal(limits_state("first-pdu-timeout").limit, 200);
  assert_int_equal(limits_state("bind-timeout").refused, 0);
  serves(&r[2]);
  close_all(r, 3);
}

static void a_bind_that_is_late(void **state)
{
  (void)state;
  limits_connection.first_pdu_timeout = 0;
  limits_connection.bind_timeout = 200;
  limits_serve(1, NULL, NULL);
  limits_from(&r[0], ANNE);
  raw_expect_end(&r[0]);
  limits_wait_refused("bind-timeout", 1);
  assert_int_equal(limits_state("first-pdu-timeout").limit, UINT64_MAX);
  assert_int_equal(limits_state("first-pdu-timeout").refused, 0);
  raw_close(&r[0]);
}

/* ---- what the book is told ---- */

/*
 * Some before, some after it was told; the server's end tells the rest. limits_end() counts. However
 * slow this host is, there are no more records than seconds, and one notice within a minute.
 */
static void every_refusal_is_told(void **state)
{
  LIMITS(connections, 1);
  time_t begun = time(NULL);

  (void)state;
  limits_serve(2, &limits, NULL);
  limits_bound_from(&r[0], ANNE);
  for (unsigned i = 0; i < 30; i++)
    limits_refused_from(ANNE);
  limits_wait_refused("source-connections", 30);
  raw_expect_silence(&r[0]);
  for (unsigned i = 0; i < 30; i++)
    limits_refused_from(ANNE);
  limits_wait_refused("source-connections", 60);
  assert_true(limits_records("source-connections") >= 1);
  assert_true(limits_records("source-connections") <= (unsigned)(time(NULL) - begun) + 2);
  raw_close(&r[0]);
  limits_wait_now("source-connections", 0);
  limits_end();
  assert_true(limits_notices >= 1);
  assert_true(limits_notices <= (unsigned)(time(NULL) - begun) / 60 + 1);
}

static void without_limits(void **state)
{
  struct portero_limit_state states[3];

  (void)state;
  limits_serve(1, NULL, NULL);
  assert_int_equal(limits_state("source-memory").limit, UINT64_MAX);
  assert_int_equal(limits_state("total-handles").limit, UINT64_MAX);
  memset(states, 0, sizeof states);
  assert_true(portero_server_limit_states(limits_server, states, 2) > 16);
  assert_non_null(states[1].name);
  assert_null(states[2].name);
  assert_true(portero_server_limit_states(limits_server, NULL, 0) > 16);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, limits_setup, limits_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(connections_of_a_source),
      TEST(connections_of_all),
      TEST(known_sources_get_in),
      TEST(over_two_loops),
      TEST(connections_that_move),
      TEST(connection_rate_of_a_source),
      TEST(connection_rate_of_all),
      TEST(anonymous_rate_of_a_source),
      TEST(anonymous_rate_of_all),
      TEST(half_open_of_a_source),
      TEST(half_open_of_all),
      TEST(the_unbound_give_place),
      TEST(the_unbound_of_known_sources_stay),
      TEST(contexts_of_a_source),
      TEST(contexts_of_all),
      TEST(handles_of_a_source),
      TEST(handles_of_all),
      TEST(failed_logins_of_a_source),
      TEST(failed_logins_of_all),
      TEST(garbage_costs_a_counter),
      TEST(garbage_after_a_bind),
      TEST(silence_leaves_no_trace),
      TEST(times_are_counted),
      TEST(a_bind_that_is_late),
      TEST(every_refusal_is_told),
      TEST(without_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
