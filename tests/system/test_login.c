/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that authenticate and servers that know who calls, with the test mechanism in place of real
 * ones: the linker sends portero_login_begin() here.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/auth.h>

#include "src/rpc/rpc.h"
#include "tests/support/security_test.h"

#define HERE     "ncacn_ip_tcp:127.0.76.1[]"
#define LARGE    65536u
#define SHORT_MS 200u
#define FAILURES 3u

/* A door in a step: whoever comes waits until it is opened. */
struct gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool open;
  unsigned entered, left;
};

static struct lab lab;
static struct portero_server *server;
static struct security_test_options initiator, acceptor;
static struct gate gate;
static unsigned n_asked, n_notices, n_refusals;
static char last_refusal[128];
static char last_account[32];
static uint8_t last_level;
static portero_status verdict;

/* ---- the gate ---- */

static void gate_pass(void *user)
{
  struct gate *g = user;

  (void)pthread_mutex_lock(&g->lock);
  g->entered++;
  (void)pthread_cond_broadcast(&g->changed);
  while (!g->open)
    (void)pthread_cond_wait(&g->changed, &g->lock);
  g->left++;
  (void)pthread_cond_broadcast(&g->changed);
  (void)pthread_mutex_unlock(&g->lock);
}

static void gate_wait_entered(struct gate *g, unsigned n)
{
  (void)pthread_mutex_lock(&g->lock);
  while (g->entered < n)
    (void)pthread_cond_wait(&g->changed, &g->lock);
  (void)pthread_mutex_unlock(&g->lock);
}

static unsigned gate_entered(struct gate *g)
{
  unsigned n;

  (void)pthread_mutex_lock(&g->lock);
  n = g->entered;
  (void)pthread_mutex_unlock(&g->lock);
  return n;
}

static void gate_open(struct gate *g)
{
  (void)pthread_mutex_lock(&g->lock);
  g->open = true;
  (void)pthread_cond_broadcast(&g->changed);
  while (g->left < g->entered)
    (void)pthread_cond_wait(&g->changed, &g->lock);
  (void)pthread_mutex_unlock(&g->lock);
}

/* ---- both ends ---- */

static portero_status make(const struct security_test_options *options, uint8_t type,
                           struct portero_security **out_security)
{
  struct security_test_options o = *options;

  o.type = type;
  o.legs = security_test_legs(type);
  *out_security = security_test_new(&portero_mem_malloc, &o);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security);
portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security)
{
  uint8_t type = login->type ? login->type : (uint8_t)PORTERO_AUTH_SPNEGO;

  if (!host[0] || login->level == PORTERO_LEVEL_NONE)
    return portero_local(PORTERO_LOCAL_USAGE);
  return make(&initiator, type, out_security);
}

static portero_status accept_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  (void)level;
  return make(&acceptor, (uint8_t)(uintptr_t)ctx, out_security);
}

static const struct portero_acceptor acceptors[] = {
    {PORTERO_AUTH_NTLM, accept_begin, (void *)PORTERO_AUTH_NTLM, NULL},
    {PORTERO_AUTH_SPNEGO, accept_begin, (void *)PORTERO_AUTH_SPNEGO, NULL},
    {PORTERO_AUTH_KERBEROS, accept_begin, (void *)PORTERO_AUTH_KERBEROS, NULL},
};

static portero_status check_access(void *user, const struct portero_access *access)
{
  (void)user;
  (void)__atomic_add_fetch(&n_asked, 1, __ATOMIC_RELAXED);
  (void)snprintf(last_account, sizeof last_account, "%s",
                 access->identity ? access->identity->account : "");
  last_level = access->level;
  return access->opnum == LAB_NEGATE ? verdict : portero_ok();
}

static void on_notice(void *user, const char *text)
{
  (void)user;
  if (strstr(text, "failed logins from 127."))
    (void)__atomic_add_fetch(&n_notices, 1, __ATOMIC_RELAXED);
  if (strncmp(text, "login from ", 11) == 0) {
    (void)snprintf(last_refusal, sizeof last_refusal, "%s", text);
    (void)__atomic_add_fetch(&n_refusals, 1, __ATOMIC_RELEASE);
  }
}

/* ---- one server for each test ---- */

static void serve(uint8_t min_level, uint32_t auth_timeout)
{
  struct portero_assoc_limits limits = portero_assoc_limits_default;
  const struct portero_server_limits source = {.failed_logins = FAILURES};
  struct portero_server_options options = {
      .limits = &limits, .source_limits = &source, .notice = on_notice};

  if (auth_timeout)
    limits.auth_timeout = auth_timeout;
  assert_true(portero_is_ok(portero_server_new(&options, &server)));
  assert_true(portero_is_ok(portero_server_add(server, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_add(server, &lab_other_interface, &lab)));
  assert_true(portero_is_ok(portero_server_set_level(server, &lab_interface, min_level)));
  assert_true(portero_is_ok(portero_server_set_access(server, &lab_interface, check_access, NULL)));
  for (size_t i = 0; i < sizeof acceptors / sizeof acceptors[0]; i++)
    assert_true(portero_is_ok(portero_server_accept(server, &acceptors[i])));
  assert_true(portero_is_ok(portero_server_listen(server, HERE)));
  assert_true(portero_is_ok(portero_server_start(server)));
}

static int setup(void **state)
{
  (void)state;
  lab_init(&lab);
  initiator = (struct security_test_options){.initiator = true, .account = "server"};
  acceptor = (struct security_test_options){.account = "alice"};
  gate = (struct gate){.open = false};
  (void)pthread_mutex_init(&gate.lock, NULL);
  (void)pthread_cond_init(&gate.changed, NULL);
  n_asked = n_notices = n_refusals = 0;
  verdict = portero_ok();
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gate_open(&gate);
  portero_server_free(server);
  server = NULL;
  lab_deinit(&lab);
  return 0;
}

static portero_status try_open(uint8_t type, uint8_t level, bool no_signing, uint32_t timeout,
                               struct portero_client **out_client)
{
  const struct portero_login login = {
      .type = type, .level = level, .no_header_signing = no_signing};
  const struct portero_client_options options = {.login = &login, .timeout = timeout};

  return portero_client_open(portero_server_binding(server, 0), &lab_interface.id, &options,
                             out_client);
}

static struct portero_client *opened(uint8_t type, uint8_t level, bool no_signing)
{
  struct portero_client *c;

  if (!portero_is_ok(try_open(type, level, no_signing, 0, &c)))
    fail_msg("%s", portero_client_error(c));
  return c;
}

static portero_status call(struct portero_client *c, uint16_t opnum, uint32_t value,
                           struct portero_ndr_reader **out_results)
{
  portero_ndr_write_u32(portero_client_in(c), value);
  return portero_client_call(c, opnum, out_results);
}

static void assert_calls(struct portero_client *c)
{
  struct portero_ndr_reader *results;

  if (!portero_is_ok(call(c, LAB_NEGATE, 5, &results)))
    fail_msg("%s", portero_client_error(c));
  assert_int_equal(portero_ndr_read_u32(results, "answer"), ~5u);
}

static void assert_says(const struct portero_client *c, const char *part)
{
  if (!strstr(portero_client_error(c), part))
    fail_msg("\"%s\" has no \"%s\"", portero_client_error(c), part);
}

/* ---- what works ---- */

static void assert_large(struct portero_client *c)
{
  uint8_t *bytes = test_calloc(1, LARGE);
  struct portero_bytes stub = portero_bytes_make(bytes, LARGE), answer;
  struct portero_ndr_reader *results;

  assert_true(portero_is_ok(call(c, LAB_BLOB, LARGE, &results)));
  assert_int_equal(portero_reader_left(&results->r), LARGE);
  assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_LENGTH, stub, &answer)));
  assert_int_equal(portero_load_u32(answer.data, false), LARGE);
  test_free(bytes);
}

static void every_level_and_dialogue(void **state)
{
  static const uint8_t types[] = {PORTERO_AUTH_NTLM, PORTERO_AUTH_SPNEGO, PORTERO_AUTH_KERBEROS};

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  for (size_t i = 0; i < sizeof types; i++)
    for (uint8_t level = PORTERO_LEVEL_CONNECT; level <= PORTERO_LEVEL_PRIVACY; level++) {
      struct portero_client *c = opened(types[i], level, (level & 1) != 0);
      uint8_t raised = level == PORTERO_LEVEL_CALL ? (uint8_t)PORTERO_LEVEL_PACKET : level;
      assert_calls(c);
      assert_string_equal(last_account, "alice");
      assert_int_equal(last_level, raised);
      assert_int_equal(portero_client_level(c), raised);
      assert_string_equal(portero_client_identity(c)->account, "server");
      assert_large(c);
      assert_true(portero_is_ok(portero_client_switch(c, &lab_other_interface.id)));
      assert_calls(c);
      portero_client_close(c);
    }
}

static void without_a_login(void **state)
{
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  assert_true(portero_is_ok(
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, NULL, &c)));
  assert_calls(c);
  assert_string_equal(last_account, "");
  assert_int_equal(last_level, PORTERO_LEVEL_NONE);
  assert_null(portero_client_identity(c));
  assert_int_equal(portero_client_level(c), PORTERO_LEVEL_NONE);
  portero_client_close(c);
}

static void one_more_security_context(void **state)
{
  const struct portero_login more = {.type = PORTERO_AUTH_SPNEGO, .level = PORTERO_LEVEL_PRIVACY};
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  c = opened(PORTERO_AUTH_NTLM, PORTERO_LEVEL_PACKET, false);
  assert_calls(c);
  acceptor.account = "bob";
  assert_true(portero_is_ok(portero_client_login(c, &more)));
  assert_calls(c);
  assert_string_equal(last_account, "bob");
  assert_int_equal(last_level, PORTERO_LEVEL_PRIVACY);
  assert_true(portero_is_ok(portero_client_switch(c, &lab_other_interface.id)));
  assert_calls(c);
  acceptor.fail = 1;
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  assert_true(portero_is_fault(portero_client_login(c, &more), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "refuses authentication with SPNEGO at level privacy");
  portero_client_close(c);
}

/* ---- who may ---- */

static void the_access_check(void **state)
{
  struct portero_ndr_reader *results;
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false);
  assert_large(c);
  assert_int_equal(__atomic_load_n(&n_asked, __ATOMIC_RELAXED), 2); /* once for all fragments */
  verdict = portero_local(PORTERO_LOCAL_DENIED);
  assert_true(portero_is_fault(call(c, LAB_NEGATE, 1, &results), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "this user may not do that there");
  verdict = portero_fault_status(0x6bb);
  assert_true(portero_is_fault(call(c, LAB_NEGATE, 1, &results), 0x6bb));
  verdict = portero_ok();
  assert_calls(c); /* the connection has stayed */
  portero_client_close(c);
}

static void the_least_level(void **state)
{
  struct portero_ndr_reader *results;
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_PRIVACY, 0);
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_CONNECT, false);
  assert_true(portero_is_fault(call(c, LAB_NEGATE, 1, &results), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "higher level");
  portero_client_close(c);
  assert_true(portero_is_ok(
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, NULL, &c)));
  assert_true(portero_is_fault(call(c, LAB_NEGATE, 1, &results), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "give a user");
  portero_client_close(c);
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_DEFAULT, false);
  assert_calls(c);
  portero_client_close(c);
}

static void defer_and_leave(void)
{
  struct portero_ndr_reader *results;
  struct portero_client *brief;

  assert_true(portero_is_ok(
      try_open(PORTERO_AUTH_NTLM, PORTERO_LEVEL_PRIVACY, false, SHORT_MS * 5, &brief)));
  assert_true(portero_is_local(call(brief, LAB_DEFER, 7, &results), PORTERO_LOCAL_TIMEOUT));
  portero_client_close(brief);
}

static void identity_outlives_the_connection(void **state)
{
  struct portero_call *deferred;
  struct portero_client *c;
  uint32_t argument;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false);
  defer_and_leave();
  lab_wait_deferred(&lab, 1);
  deferred = lab_take(&lab, 0, &argument);
  assert_calls(c);
  while (!portero_call_cancelled(deferred))
    assert_calls(c); /* until the server has seen that the other one went */
  assert_string_equal(portero_call_identity(deferred)->account, "alice");
  assert_int_equal(portero_call_identity(deferred)->session_key.size, 16);
  assert_int_equal(portero_call_level(deferred), PORTERO_LEVEL_PRIVACY);
  lab_finish(deferred, argument);
  portero_client_close(c);
}

static struct portero_client *joined(uint32_t group_id)
{
  const struct portero_login login = {.level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login, .group_id = group_id};
  struct portero_client *c;

  assert_true(portero_is_ok(
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, &options, &c)));
  return c;
}

static void handles_are_their_owners(void **state)
{
  struct portero_client *alice, *bob;
  struct portero_bytes handle, answer;
  uint8_t bytes[20];

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  alice = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false);
  assert_true(portero_is_ok(
      portero_client_call_bytes(alice, LAB_OPEN, portero_bytes_make(NULL, 0), &answer)));
  memcpy(bytes, answer.data, sizeof bytes);
  handle = portero_bytes_make(bytes, sizeof bytes);
  assert_true(portero_is_ok(portero_client_call_bytes(alice, LAB_USE, handle, &answer)));
  acceptor.account = "bob";
  bob = joined(portero_client_group(alice));
  assert_true(portero_is_fault(portero_client_call_bytes(bob, LAB_USE, handle, &answer),
                               PORTERO_FAULT_CONTEXT_MISMATCH));
  assert_true(portero_is_ok(portero_client_call_bytes(alice, LAB_USE, handle, &answer)));
  portero_client_close(bob);
  portero_client_close(alice);
}

/* ---- steps that wait ---- */

static void *open_thread(void *arg)
{
  struct portero_client **c = arg;
  (void)!portero_is_ok(try_open(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false, 0, c));
  return NULL;
}

static void a_waiting_step_stops_nobody_else(void **state)
{
  struct portero_client *other, *waiting = NULL;
  pthread_t thread;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  other = opened(PORTERO_AUTH_NTLM, PORTERO_LEVEL_PRIVACY, false);
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  acceptor.wait_user = &gate;
  assert_int_equal(pthread_create(&thread, NULL, open_thread, &waiting), 0);
  gate_wait_entered(&gate, 1);
  assert_calls(other);
  gate_open(&gate);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_calls(waiting);
  portero_client_close(waiting);
  portero_client_close(other);
}

static void the_server_waits_no_longer_than_it_said(void **state)
{
  struct portero_client *c;

  (void)state;
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  acceptor.wait_user = &gate;
  serve(PORTERO_LEVEL_NONE, SHORT_MS);
  assert_true(try_open(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false, 0, &c).klass ==
              PORTERO_CLASS_NAK);
  assert_says(c, "temporary congestion");
  assert_says(c, "cannot authenticate anybody just now");
  portero_client_close(c);
  gate_open(&gate); /* the answer that comes now is nobody's */
  acceptor.wait = NULL;
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false);
  assert_calls(c);
  portero_client_close(c);
}

struct attempt {
  pthread_t thread;
  struct portero_client *client;
  portero_status status;
};

static void *attempt(void *user)
{
  struct attempt *a = user;

  a->status = try_open(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false, 0, &a->client);
  return NULL;
}

/* Two on the pool, eight of one source in line; the others are sent away at once. */
static void few_steps_at_a_time(void **state)
{
  struct attempt attempts[RPC_STEPS_RUNNING + RPC_STEPS_OF_SOURCE + 3];
  unsigned n = sizeof attempts / sizeof attempts[0], n_opened = 0, n_refused = 0;

  (void)state;
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  acceptor.wait_user = &gate;
  serve(PORTERO_LEVEL_NONE, 20000);
  for (unsigned i = 0; i < n; i++)
    assert_int_equal(pthread_create(&attempts[i].thread, NULL, attempt, &attempts[i]), 0);
  for (struct portero_auth_stats stats = {0}; stats.unavailable < 3; usleep(1000))
    portero_server_auth_stats(server, &stats);
  gate_wait_entered(&gate, RPC_STEPS_RUNNING);
  assert_int_equal(gate_entered(&gate), RPC_STEPS_RUNNING);
  gate_open(&gate);
  for (unsigned i = 0; i < n; i++) {
    assert_int_equal(pthread_join(attempts[i].thread, NULL), 0);
    n_opened += portero_is_ok(attempts[i].status);
    n_refused += attempts[i].status.klass == PORTERO_CLASS_NAK &&
                 attempts[i].status.code == PORTERO_NAK_TEMPORARY_CONGESTION;
    portero_client_close(attempts[i].client);
  }
  assert_int_equal(n_opened, n - 3);
  assert_int_equal(n_refused, 3);
}

/* Who leaves while it stands in line is not waited for. */
static void the_line_forgets_who_left(void **state)
{
  struct attempt attempts[RPC_STEPS_RUNNING + 3];
  unsigned n = sizeof attempts / sizeof attempts[0];

  (void)state;
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  acceptor.wait_user = &gate;
  serve(PORTERO_LEVEL_NONE, SHORT_MS);
  for (unsigned i = 0; i < n; i++)
    assert_int_equal(pthread_create(&attempts[i].thread, NULL, attempt, &attempts[i]), 0);
  for (unsigned i = 0; i < n; i++) { /* the server's patience ends for all of them */
    assert_int_equal(pthread_join(attempts[i].thread, NULL), 0);
    assert_false(portero_is_ok(attempts[i].status));
    portero_client_close(attempts[i].client);
  }
  assert_int_equal(gate_entered(&gate), RPC_STEPS_RUNNING);
  gate_open(&gate);
}

static void a_server_stops_while_a_step_waits(void **state)
{
  struct portero_client *c;

  (void)state;
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  acceptor.wait_user = &gate;
  serve(PORTERO_LEVEL_NONE, 0);
  assert_true(
      portero_is_local(try_open(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false, SHORT_MS, &c),
                       PORTERO_LOCAL_TIMEOUT));
  portero_client_close(c);
  portero_server_stop(server);
}

static void a_client_waits_no_longer_than_it_said(void **state)
{
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  initiator.waits = true;
  c = opened(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false);
  assert_calls(c);
  portero_client_close(c);
  initiator.wait = gate_pass;
  initiator.wait_user = &gate;
  assert_true(
      portero_is_local(try_open(PORTERO_AUTH_SPNEGO, PORTERO_LEVEL_PRIVACY, false, SHORT_MS, &c),
                       PORTERO_LOCAL_TIMEOUT));
  assert_says(c, "authentication has not come to an end within 0.2 s");
  portero_client_close(c);
}

/* ---- what fails ---- */

static void what_the_mechanism_says(void **state)
{
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  initiator.why = "the clocks of this host and of the KDC differ";
  for (unsigned token = 1; token <= 3; token += 2) {
    initiator.fail = token;
    initiator.failure = portero_local(PORTERO_LOCAL_SECURITY);
    initiator.waits = token == 3;
    assert_true(portero_is_local(try_open(0, 0, false, 0, &c), PORTERO_LOCAL_SECURITY));
    assert_says(c, "authentication with SPNEGO failed: the clocks of this host");
    portero_client_close(c);
  }
}

static void what_the_server_says(void **state)
{
  struct portero_ndr_reader *results;
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  assert_int_equal(try_open(SECURITY_TEST_TYPE, 0, false, 0, &c).code, PORTERO_NAK_AUTH_TYPE);
  assert_says(c, "does not know this mechanism");
  portero_client_close(c);
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  acceptor.fail = 1;
  assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_INVALID_CHECKSUM);
  assert_says(c, "the server does not believe it");
  portero_client_close(c);
  acceptor.fail = 3;
  assert_true(portero_is_fault(try_open(0, 0, false, 0, &c), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "the user or the password is wrong");
  portero_client_close(c);
  c = opened(PORTERO_AUTH_NTLM, PORTERO_LEVEL_PRIVACY, false); /* auth3 has no answer */
  assert_true(portero_is_fault(call(c, LAB_NEGATE, 1, &results), PORTERO_FAULT_ACCESS_DENIED));
  assert_says(c, "the last leg of NTLM has no answer");
  portero_client_close(c);
}

/* The caller is told no more than that it failed; the server's log has the reason, on one line. */
static void what_the_log_says(void **state)
{
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  c = opened(0, 0, false);
  portero_client_close(c);
  assert_int_equal(__atomic_load_n(&n_refusals, __ATOMIC_ACQUIRE), 0);
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  acceptor.fail = 1;
  acceptor.why = "wrong password for alice (from \n\x1b[31mHERE)";
  assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_INVALID_CHECKSUM);
  assert_null(strstr(portero_client_error(c), "alice"));
  portero_client_close(c);
  assert_int_equal(__atomic_load_n(&n_refusals, __ATOMIC_ACQUIRE), 1);
  assert_string_equal(last_refusal, "login from 127.0.0.1 refused: wrong password for alice (from "
                                    "??[31mHERE)");
}

static void too_many_failed_logins(void **state)
{
  struct portero_auth_stats stats;
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  acceptor.fail = 1;
  for (unsigned i = 1; i < FAILURES; i++) {
    assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_INVALID_CHECKSUM);
    portero_client_close(c);
  }
  acceptor.fail = 0;
  c = opened(0, 0, false); /* still looked at */
  portero_client_close(c);
  acceptor.fail = 1;
  assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_INVALID_CHECKSUM);
  portero_client_close(c);
  acceptor.fail = 0;
  assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_LOCAL_LIMIT);
  assert_says(c, "too many logins");
  portero_client_close(c);
  portero_server_auth_stats(server, &stats);
  assert_int_equal(stats.succeeded, 1);
  assert_int_equal(stats.failed, FAILURES);
  assert_int_equal(stats.refused, 1);
  assert_int_equal(stats.unavailable, 0);
  assert_int_equal(__atomic_load_n(&n_notices, __ATOMIC_RELAXED), 1);
  assert_int_equal(__atomic_load_n(&n_refusals, __ATOMIC_ACQUIRE), FAILURES);
}

/* One leg of the test mechanism's dialogue by hand. */
static void put_leg(struct raw *r, enum portero_ptype ptype, uint8_t token, uint8_t n_legs)
{
  const uint8_t text[] = {'T', PORTERO_AUTH_SPNEGO, token, n_legs, 0xa5, 0x5a, 0xc3, 0x3c};
  const struct portero_sec_trailer trailer = {.type = PORTERO_AUTH_SPNEGO,
                                              .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_context context = {
      .abstract = lab_interface.id, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, RAW_PDU_MAX);
  raw_put_bind(&w, ptype, r->next_call++, r->group, &context, 1, PORTERO_PFC_WHOLE);
  portero_pdu_add_auth(&w, 0, 0, 4, &trailer, sizeof text);
  memcpy(w.base + w.size - sizeof text, text, sizeof text);
  raw_send(r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
}

/* Dialogues that were all begun before the first of them failed are no way around the limit. */
static void guesses_begun_in_time(void **state)
{
  struct raw *guesses = calloc(FAILURES + 1, sizeof *guesses);
  struct portero_auth_stats stats;

  (void)state;
  assert_non_null(guesses);
  serve(PORTERO_LEVEL_NONE, 0);
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  acceptor.fail = 3;
  for (size_t i = 0; i < FAILURES + 1; i++) {
    raw_connect(&guesses[i], server, 0);
    put_leg(&guesses[i], PORTERO_PTYPE_BIND, 1, 4);
    raw_expect(&guesses[i], PORTERO_PTYPE_BIND_ACK);
  }
  for (size_t i = 0; i < FAILURES + 1; i++) {
    put_leg(&guesses[i], PORTERO_PTYPE_ALTER_CONTEXT, 3, 4);
    raw_expect(&guesses[i], PORTERO_PTYPE_FAULT);
    assert_int_equal(guesses[i].pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
    raw_close(&guesses[i]);
  }
  free(guesses);
  portero_server_auth_stats(server, &stats);
  assert_int_equal(stats.failed, FAILURES);
  assert_int_equal(stats.refused, 1);
}

/* Nor are steps that wait side by side: what the last one brings is not told. */
static void guesses_made_at_once(void **state)
{
  struct raw *guesses = calloc(FAILURES + 1, sizeof *guesses);
  struct portero_auth_stats stats;
  struct gate last = {.open = false};

  (void)state;
  assert_non_null(guesses);
  (void)pthread_mutex_init(&last.lock, NULL);
  (void)pthread_cond_init(&last.changed, NULL);
  serve(PORTERO_LEVEL_NONE, 0);
  acceptor.failure = portero_local(PORTERO_LOCAL_SECURITY);
  acceptor.fail = 1;
  for (unsigned i = 0; i < FAILURES - 1; i++) {
    raw_connect(&guesses[i], server, 0);
    put_leg(&guesses[i], PORTERO_PTYPE_BIND, 1, 4);
    raw_expect(&guesses[i], PORTERO_PTYPE_BIND_NAK);
  }
  acceptor.waits = true;
  acceptor.wait = gate_pass;
  for (unsigned i = FAILURES - 1; i < FAILURES + 1; i++) { /* as many as run side by side */
    bool is_last = i == FAILURES;
    acceptor.wait_user = is_last ? &last : &gate;
    acceptor.fail = is_last ? 0 : 1;
    raw_connect(&guesses[i], server, 0);
    put_leg(&guesses[i], PORTERO_PTYPE_BIND, 1, 4);
    gate_wait_entered(is_last ? &last : &gate, 1);
  }
  gate_open(&gate);
  raw_expect(&guesses[FAILURES - 1], PORTERO_PTYPE_BIND_NAK);
  gate_open(&last);
  raw_expect(&guesses[FAILURES], PORTERO_PTYPE_BIND_NAK);
  assert_int_equal(guesses[FAILURES].pdu.body.bind_nak.reason, PORTERO_NAK_LOCAL_LIMIT);
  for (size_t i = 0; i < FAILURES + 1; i++)
    raw_close(&guesses[i]);
  free(guesses);
  portero_server_auth_stats(server, &stats);
  assert_int_equal(stats.failed, FAILURES);
  assert_int_equal(stats.refused, 1);
  (void)pthread_mutex_destroy(&last.lock);
  (void)pthread_cond_destroy(&last.changed);
}

/* That nobody can be asked is no failed login. */
static void a_directory_that_is_away(void **state)
{
  struct portero_auth_stats stats;
  struct portero_client *c;

  (void)state;
  serve(PORTERO_LEVEL_NONE, 0);
  acceptor.failure = portero_local(PORTERO_LOCAL_TIMEOUT);
  acceptor.fail = 1;
  for (unsigned i = 0; i < FAILURES + 1; i++) {
    assert_int_equal(try_open(0, 0, false, 0, &c).code, PORTERO_NAK_TEMPORARY_CONGESTION);
    portero_client_close(c);
  }
  portero_server_auth_stats(server, &stats);
  assert_int_equal(stats.failed, 0);
  assert_int_equal(stats.unavailable, FAILURES + 1);
  assert_int_equal(__atomic_load_n(&n_refusals, __ATOMIC_ACQUIRE), 1); /* once a minute */
  assert_non_null(strstr(last_refusal, "could not be checked"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(every_level_and_dialogue),
      TEST(without_a_login),
      TEST(one_more_security_context),
      TEST(the_access_check),
      TEST(the_least_level),
      TEST(identity_outlives_the_connection),
      TEST(handles_are_their_owners),
      TEST(a_waiting_step_stops_nobody_else),
      TEST(the_server_waits_no_longer_than_it_said),
      TEST(few_steps_at_a_time),
      TEST(the_line_forgets_who_left),
      TEST(a_server_stops_while_a_step_waits),
      TEST(a_client_waits_no_longer_than_it_said),
      TEST(what_the_mechanism_says),
      TEST(what_the_server_says),
      TEST(what_the_log_says),
      TEST(too_many_failed_logins),
      TEST(guesses_begun_in_time),
      TEST(guesses_made_at_once),
      TEST(a_directory_that_is_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
