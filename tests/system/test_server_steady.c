/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls and connections cost: no allocation for a call, little memory for an idle connection.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <portero/auth.h>
#include <portero/policy.h>
#include <portero/sink.h>

#include "src/net/pool.h"
#include "tests/support/security_test.h"

#define GROWING_ROUNDS 4u
#define IDLE           3000u
#define IDLE_MAX       2048u /* bytes for each */

static const struct portero_bytes nothing = {NULL, 0};

/* The linker sends every call of the libraries' and the test's own code here: --wrap. */
static unsigned n_allocations;
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t n, size_t size);

static void count_allocation(void)
{
  (void)__atomic_add_fetch(&n_allocations, 1, __ATOMIC_RELAXED);
}

void *__wrap_malloc(size_t size)
{
  count_allocation();
  return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
  count_allocation();
  return __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
  count_allocation();
  return __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t n, size_t size)
{
  count_allocation();
  return __real_reallocarray(block, n, size);
}

static struct lab lab;
static const struct portero_acceptor acceptor;
static struct portero_server *server;
static struct portero_book *book; /* NULL: none */

static int setup(void **state)
{
  const struct portero_server_options options = {.source_limits = &portero_server_limits_none,
                                                 .total_limits = &portero_server_limits_none,
                                                 .book = book};

  (void)state;
  lab_init(&lab);
  return portero_is_ok(portero_server_new(&options, &server)) &&
                 portero_is_ok(portero_server_add(server, &lab_interface, &lab)) &&
                 portero_is_ok(portero_server_accept(server, &acceptor)) &&
                 portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.6[]")) &&
                 portero_is_ok(portero_server_start(server))
             ? 0
             : -1;
}

static int teardown(void **state)
{
  (void)state;
  portero_server_free(server);
  portero_book_free(book);
  book = NULL;
  lab_deinit(&lab);
  return 0;
}

/* The same with all that a doorman has: rules that count and that only look on, and a book. */
static int setup_door(void **state)
{
  static const char *const tags[] = {"T1", "T2"}, *const names[] = {"mallory"};
  const struct portero_policy_rule rules[] = {
      {.name = "watch", .action = PORTERO_ACTION_OBSERVE, .tags = tags, .n_tags = 2, .alert = true},
      {.name = "not-him", .action = PORTERO_ACTION_DENY, .accounts = {names, 1, false}},
      {.name = "often", .action = PORTERO_ACTION_DENY, .rate = 1u << 30, .rate_window = 60000}};
  const struct portero_policy_options options = {.calls = rules, .n_calls = 3};
  const struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  const struct portero_sink_file file = {.path = "/dev/null"};
  struct portero_policy *policy;

  return portero_is_ok(portero_book_new(NULL, &book)) &&
                 portero_is_ok(portero_book_add_file(book, &sink, &file)) && setup(state) == 0 &&
                 portero_is_ok(portero_policy_new(&portero_mem_malloc, &options, &policy)) &&
                 portero_is_ok(portero_server_set_policy(server, policy))
             ? 0
             : -1;
}

static unsigned allocations(void)
{
  return __atomic_load_n(&n_allocations, __ATOMIC_RELAXED);
}

/* Bytes made before, so that the client's side allocates nothing either. */
static void exchange(struct raw *r, const struct portero_writer *w, unsigned answers)
{
  raw_send(r, portero_writer_bytes(w));
  for (unsigned i = 0; i < answers; i++)
    raw_expect(r, PORTERO_PTYPE_RESPONSE);
}

static void no_allocation_for_a_call(void **state)
{
  uint32_t value = 6, size = 4000;
  struct portero_writer w;
  unsigned before;
  struct raw r;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 1u << 16);
  for (uint32_t id = 10; id < 18; id++) {
    raw_put_request(&w, id, 0, LAB_NULL, PORTERO_PFC_WHOLE, nothing);
    raw_put_request(&w, id + 10, 0, LAB_NEGATE, PORTERO_PFC_WHOLE, raw_u32(&value));
    raw_put_request(&w, id + 20, 0, LAB_BLOB, PORTERO_PFC_WHOLE,
                    raw_u32(&size)); /* uses the arena */
  }
  for (int i = 0; i < 20; i++)
    exchange(&r, &w, 24);
  before = allocations();
  for (int i = 0; i < 200; i++)
    exchange(&r, &w, 24);
  assert_int_equal(allocations() - before, 0);
  portero_writer_deinit(&w);
  assert_true(allocations() > 0); /* they are counted at all */
  raw_close(&r);
}

/* Deferred calls come from the pool too, and so does what they keep. */
static void no_allocation_for_a_deferred_call(void **state)
{
  uint32_t value = 6;
  struct portero_writer w;
  unsigned before = 0;
  struct raw r;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, 10, 0, LAB_DEFER, PORTERO_PFC_WHOLE, raw_u32(&value));
  for (unsigned i = 0; i < LAB_WAITING; i++) {
    if (i == 16)
      before = allocations();
    raw_send(&r, portero_writer_bytes(&w));
    lab_wait_deferred(&lab, i + 1);
    lab_finish(lab_take(&lab, i, &value), value);
    raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  }
  assert_int_equal(allocations() - before, 0);
  portero_writer_deinit(&w);
  raw_close(&r);
}

static void no_allocation_for_a_call_of_fragments(void **state)
{
  uint64_t half = 6;
  struct portero_bytes stub = portero_bytes_make(&half, sizeof half);
  struct portero_writer w;
  unsigned before = 0;
  struct raw r;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  raw_connect(&r, server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, 10, 0, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, stub);
  raw_put_request(&w, 10, 0, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, stub);
  for (unsigned i = 0; i < 100; i++) {
    if (i == 20)
      before = allocations();
    exchange(&r, &w, 1);
  }
  assert_int_equal(allocations() - before, 0);
  portero_writer_deinit(&w);
  raw_close(&r);
}

/* ---- protected calls, with the test mechanism ---- */

portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security);
portero_status __wrap_portero_login_begin(const struct portero_login *login, const char *host,
                                          struct portero_security **out_security)
{
  const struct security_test_options options = {
      .initiator = true, .type = PORTERO_AUTH_SPNEGO, .legs = 4};

  (void)login;
  (void)host;
  *out_security = security_test_new(&portero_mem_malloc, &options);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

static portero_status accept_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  const struct security_test_options options = {.type = PORTERO_AUTH_SPNEGO, .legs = 4};

  (void)ctx;
  (void)level;
  *out_security = security_test_new(&portero_mem_malloc, &options);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

static const struct portero_acceptor acceptor = {PORTERO_AUTH_SPNEGO, accept_begin, NULL, NULL};

/* A small call, 64 KiB there and 64 KiB back, at both ends. */
static void sealed_calls(struct portero_client *c, struct portero_bytes large, unsigned n)
{
  uint32_t size = 65536;
  struct portero_bytes answer;

  for (unsigned i = 0; i < n; i++) {
    assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_NULL, nothing, &answer)));
    assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_LENGTH, large, &answer)));
    assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_BLOB, raw_u32(&size), &answer)));
    assert_int_equal(answer.size, size);
  }
}

static void no_allocation_for_a_sealed_call(void **state)
{
  const struct portero_login login = {.level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};
  struct portero_bytes large;
  struct portero_client *c;
  unsigned before, grown = 0;
  uint8_t *bytes;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  bytes = test_calloc(1, 65536);
  large = portero_bytes_make(bytes, 65536);
  assert_true(portero_is_ok(
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, &options, &c)));
  sealed_calls(c, large, 20);
  /* A buffer may still grow when the other end is late: then it is steady from there on. */
  for (unsigned i = 0; i < GROWING_ROUNDS; i++) {
    before = allocations();
    sealed_calls(c, large, 100);
    grown = allocations() - before;
    if (grown == 0)
      break;
  }
  assert_int_equal(grown, 0);
  portero_client_close(c);
  test_free(bytes);
}

static size_t bytes_in_use(void)
{
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void idle_connections_are_small(void **state)
{
  struct rlimit limit;
  size_t before, each;
  struct raw *r;
  int *fds;
  unsigned n = IDLE;

  (void)state;
  if (!NET_POOL_KEEPS)
    skip();
  if (bytes_in_use() == 0) /* a sanitizer's malloc keeps no account */
    skip();
  r = test_malloc(sizeof *r);
  fds = test_malloc(IDLE * sizeof *fds);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < 2 * n + 64)
    n = (unsigned)(limit.rlim_cur - 64) / 2;
  raw_connect(r, server, 0);
  raw_bind(r, &lab_interface.id, 0);
  (void)raw_call(r, LAB_NULL, nothing);
  raw_close(r);
  before = bytes_in_use();
  for (unsigned i = 0; i < n; i++) {
    raw_connect(r, server, 0);
    raw_bind(r, &lab_interface.id, 0);
    assert_int_equal(raw_call(r, LAB_NULL, nothing).size, 0);
    fds[i] = r->fd;
  }
  each = (bytes_in_use() - before) / n;
  print_message("%u idle connections: %zu bytes each\n", n, each);
  for (unsigned i = 0; i < n; i++)
    (void)close(fds[i]);
  assert_true(each > 0);
  assert_true(each <= IDLE_MAX);
  test_free(fds);
  test_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_DOOR(name)                                                                            \
  {                                                                                                \
#name " (policy, book)", name, setup_door, teardown, NULL                                      \
  }

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(no_allocation_for_a_call),
      TEST(no_allocation_for_a_deferred_call),
      TEST(no_allocation_for_a_sealed_call),
      TEST(no_allocation_for_a_call_of_fragments),
      TEST(idle_connections_are_small),
      TEST_DOOR(no_allocation_for_a_call),
      TEST_DOOR(no_allocation_for_a_deferred_call),
      TEST_DOOR(no_allocation_for_a_sealed_call),
      TEST_DOOR(no_allocation_for_a_call_of_fragments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
