/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/door_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <portero/auth.h>
#include <portero/sink.h>

#include "tests/support/security_test.h"

struct lab door_lab;
struct portero_server *door_server;
struct portero_book *door_book;
const char *door_caller;
portero_status door_failure, door_access;
unsigned door_asked;
bool door_control;

static char folder[64];

/* ---- memory that is counted ---- */

static size_t n_blocks, n_of_twin; /* of all policies of the server; of one that nobody uses */

static void *counted_take(void *ctx, size_t size)
{
  void *block = malloc(size);

  if (block)
    (void)__atomic_add_fetch((size_t *)ctx, 1, __ATOMIC_RELAXED);
  return block;
}

static void counted_give(void *ctx, void *block, size_t size)
{
  (void)size;
  if (block)
    (void)__atomic_sub_fetch((size_t *)ctx, 1, __ATOMIC_RELAXED);
  free(block);
}

static const struct portero_mem counted = {counted_take, counted_give, &n_blocks, NULL};
static const struct portero_mem counted_twin = {counted_take, counted_give, &n_of_twin, NULL};

size_t door_blocks(void)
{
  return __atomic_load_n(&n_blocks, __ATOMIC_RELAXED);
}

/* ---- mechanisms: the test's, or real ones where credentials are given ---- */

static portero_status make(bool initiator, uint8_t type, struct portero_security **out_security)
{
  struct security_test_options o = {.initiator = initiator,
                                    .type = type,
                                    .legs = security_test_legs(type),
                                    .account = initiator ? "server" : door_caller};

  if (!initiator && !portero_is_ok(door_failure)) {
    o.fail = 3;
    o.failure = door_failure;
    o.why = "the test said no";
  }
  *out_security = security_test_new(&portero_mem_malloc, &o);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

portero_status __real_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security);
portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security);
portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security)
{
  if (login->credentials)
    return __real_portero_login_begin(login, host, out_security);
  return make(true, login->type, out_security);
}

static portero_status accept_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  (void)level;
  return make(false, (uint8_t)(uintptr_t)ctx, out_security);
}

const struct portero_acceptor *door_acceptor;

static const struct portero_acceptor test_acceptor = {PORTERO_AUTH_NTLM, accept_begin,
                                                      (void *)PORTERO_AUTH_NTLM, NULL};

static portero_status check_access(void *user, const struct portero_access *access)
{
  (void)user;
  (void)access;
  (void)__atomic_add_fetch(&door_asked, 1, __ATOMIC_RELAXED);
  return door_access;
}

/* ---- the server ---- */

struct portero_interface door_control_interface;

int door_setup(void **state)
{
  (void)state;
  lab_init(&door_lab);
  (void)snprintf(folder, sizeof folder, "/tmp/portero-door-XXXXXX");
  door_book = NULL;
  door_acceptor = &test_acceptor;
  door_caller = "alice";
  door_failure = door_access = portero_ok();
  door_asked = 0;
  door_control = false;
  door_control_interface = lab_interface;
  door_control_interface.id.uuid.time_low ^= 0x100;
  door_control_interface.flags = PORTERO_INTERFACE_UNASKED;
  return mkdtemp(folder) ? 0 : -1;
}

int door_teardown(void **state)
{
  (void)state;
  portero_server_free(door_server);
  door_server = NULL;
  portero_book_free(door_book);
  lab_deinit(&door_lab);
  return rmdir(folder);
}

void door_prepare(unsigned threads)
{
  /* The test calls as often as it can, and without a name. */
  struct portero_server_limits limits = portero_server_limits_none;
  const struct portero_server_options options = {.threads = threads,
                                                 .source_limits = &limits,
                                                 .total_limits = &portero_server_limits_none,
                                                 .book = door_book};
  char local[128];

  limits.failed_logins = DOOR_FAILURES;
  (void)snprintf(local, sizeof local, "ncalrpc:[%s/socket]", folder);
  assert_true(portero_is_ok(portero_server_new(&options, &door_server)));
  assert_true(portero_is_ok(portero_server_add(door_server, &lab_interface, &door_lab)));
  assert_true(portero_is_ok(portero_server_add(door_server, &lab_other_interface, &door_lab)));
  if (door_control)
    assert_true(portero_is_ok(portero_server_add(door_server, &door_control_interface, &door_lab)));
  assert_true(
      portero_is_ok(portero_server_set_access(door_server, &lab_interface, check_access, NULL)));
  assert_true(portero_is_ok(portero_server_accept(door_server, door_acceptor)));
  assert_true(portero_is_ok(portero_server_listen(door_server, "ncacn_ip_tcp:127.0.21.1[]")));
  assert_true(portero_is_ok(portero_server_listen(door_server, local)));
}

static size_t blocks_of_last;

void door_policy(const struct portero_policy_rule *rules, size_t n, enum portero_action otherwise)
{
  const struct portero_policy_options options = {
      .calls = rules, .n_calls = n, .call_default = otherwise};
  struct portero_policy *policy;

  /* Old ones go meanwhile: how much one holds is seen on its twin. */
  assert_true(portero_is_ok(portero_policy_new(&counted_twin, &options, &policy)));
  blocks_of_last = n_of_twin;
  portero_policy_free(policy);
  assert_true(portero_is_ok(portero_policy_new(&counted, &options, &policy)));
  assert_true(portero_is_ok(portero_server_set_policy(door_server, policy)));
}

void door_turned(void)
{
  const struct timespec moment = {0, 1000000};

  for (unsigned i = 0; door_blocks() != blocks_of_last; i++) {
    if (i == 10000)
      fail_msg("an old policy is still held");
    (void)nanosleep(&moment, NULL);
  }
}

void door_serve(unsigned threads, const struct portero_policy_rule *rules, size_t n,
                enum portero_action otherwise)
{
  door_prepare(threads);
  door_policy(rules, n, otherwise);
  assert_true(portero_is_ok(portero_server_start(door_server)));
}

/* ---- clients ---- */

struct portero_policy_network door_network(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t bits)
{
  struct portero_policy_network n = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d},
                                     .prefix = (uint8_t)(96 + bits)};

  return n;
}

void door_bound(struct raw *r)
{
  raw_connect(r, door_server, 0);
  raw_bind(r, &lab_interface.id, 0);
}

void door_fragment(struct raw *r, uint32_t call_id, uint16_t opnum, uint8_t flags, const void *stub,
                   size_t size)
{
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, call_id, r->context, opnum, flags, portero_bytes_make(stub, size));
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  raw_send(r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
}

uint32_t door_call(const struct portero_client_options *options, uint16_t opnum)
{
  struct portero_ndr_reader *results;
  struct portero_client *c;
  portero_status status;

  status =
      portero_client_open(portero_server_binding(door_server, 0), &lab_interface.id, options, &c);
  if (!portero_is_ok(status))
    fail_msg("%s", portero_client_error(c));
  portero_ndr_write_u32(portero_client_in(c), 5);
  status = portero_client_call(c, opnum, &results);
  assert_true(portero_is_ok(status) || status.klass == PORTERO_CLASS_FAULT);
  portero_client_close(c);
  return portero_is_ok(status) ? 0 : status.code;
}
