/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/limits_ends.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/security_test.h"

#define HERE      "ncacn_ip_tcp:127.0.22.10[]"
#define TRIES     2000 /* of 5 ms */
#define STATES    64u
#define LINE_SIZE 4096

struct lab limits_lab;
struct portero_server *limits_server;
bool limits_fail;
struct portero_assoc_limits limits_connection;
unsigned limits_notices;

static struct portero_book *book;
static char folder[64];

static const char *path(const char *name)
{
  static char text[96];

  (void)snprintf(text, sizeof text, "%s/%s", folder, name);
  return text;
}

/* ---- the server ---- */

static portero_status accept_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  struct security_test_options o = {.account = "alice", .type = (uint8_t)(uintptr_t)ctx};

  o.legs = security_test_legs(o.type);
  (void)level;
  if (limits_fail) {
    o.fail = 1;
    o.failure = portero_local(PORTERO_LOCAL_SECURITY);
  }
  *out_security = security_test_new(&portero_mem_malloc, &o);
  return *out_security ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

static const struct portero_acceptor acceptors[] = {
    {SECURITY_TEST_TYPE, accept_begin, (void *)SECURITY_TEST_TYPE, NULL},
    {PORTERO_AUTH_SPNEGO, accept_begin, (void *)PORTERO_AUTH_SPNEGO, NULL},
};

static void on_notice(void *user, const char *text)
{
  (void)user;
  if (strncmp(text, "limit ", 6) == 0)
    (void)__atomic_add_fetch(&limits_notices, 1, __ATOMIC_RELAXED);
}

int limits_setup(void **state)
{
  (void)state;
  (void)snprintf(folder, sizeof folder, "/tmp/portero-limits-XXXXXX");
  if (!mkdtemp(folder))
    return -1;
  lab_init(&limits_lab);
  limits_connection = portero_assoc_limits_default;
  limits_fail = false;
  limits_notices = 0;
  return 0;
}

void limits_serve(unsigned threads, const struct portero_server_limits *source,
                  const struct portero_server_limits *total)
{
  const struct portero_sink json = {.form = PORTERO_FORM_JSON,
                                    .filter = {.kinds = 1u << PORTERO_EVENT_LIMIT}};
  struct portero_server_options options = {
      .threads = threads,
      .notice = on_notice,
      .limits = &limits_connection,
      .source_limits = source ? source : &portero_server_limits_none,
      .total_limits = total ? total : &portero_server_limits_none};
  char local[128];

  assert_true(portero_is_ok(portero_book_new(NULL, &book)));
  assert_true(portero_is_ok(
      portero_book_add_file(book, &json, &(struct portero_sink_file){.path = path("book")})));
  options.book = book;
  (void)snprintf(local, sizeof local, "ncalrpc:[%s]", path("socket"));
  assert_true(portero_is_ok(portero_server_new(&options, &limits_server)));
  assert_true(portero_is_ok(portero_server_add(limits_server, &lab_interface, &limits_lab)));
  assert_true(portero_is_ok(portero_server_add(limits_server, &lab_other_interface, &limits_lab)));
  for (size_t i = 0; i < sizeof acceptors / sizeof acceptors[0]; i++)
    assert_true(portero_is_ok(portero_server_accept(limits_server, &acceptors[i])));
  assert_true(portero_is_ok(portero_server_listen(limits_server, HERE)));
  assert_true(portero_is_ok(portero_server_listen(limits_server, local)));
  assert_true(portero_is_ok(portero_server_start(limits_server)));
}

/* ---- figures ---- */

struct portero_limit_state limits_state(const char *name)
{
  struct portero_limit_state states[STATES];
  size_t n = portero_server_limit_states(limits_server, states, STATES);

  assert_true(n <= STATES);
  for (size_t i = 0; i < n; i++)
    if (strcmp(states[i].name, name) == 0)
      return states[i];
  fail_msg("there is no limit %s", name);
  return states[0];
}

void limits_wait_now(const char *name, uint64_t now)
{
  for (unsigned i = 0; limits_state(name).now != now; i++) {
    if (i == TRIES)
      fail_msg("%s: %" PRIu64 " in use, not %" PRIu64, name, limits_state(name).now, now);
    (void)usleep(5000);
  }
}

void limits_wait_refused(const char *name, uint64_t refused)
{
  for (unsigned i = 0; limits_state(name).refused != refused; i++) {
    if (i == TRIES)
      fail_msg("%s: %" PRIu64 " refused, not %" PRIu64, name, limits_state(name).refused, refused);
    (void)usleep(5000);
  }
}

void limits_check(const char *name, uint64_t now, uint64_t most, uint64_t refused)
{
  struct portero_limit_state found = limits_state(name);

  assert_int_equal(found.now, now);
  assert_int_equal(found.most, most);
  assert_int_equal(found.refused, refused);
}

/* ---- the book ---- */

/* The number behind "key": in a line; 0: it is not there. */
static uint64_t number_in(const char *line, const char *key)
{
  char mark[32];
  const char *at;

  (void)snprintf(mark, sizeof mark, "\"%s\":", key);
  at = strstr(line, mark);
  return at ? strtoull(at + strlen(mark), NULL, 10) : 0;
}

/* The sum of their counts. */
static uint64_t told(const char *name, unsigned *out_records)
{
  FILE *file = fopen(path("book"), "re");
  char line[LINE_SIZE], reason[96];
  uint64_t sum = 0;

  *out_records = 0;
  assert_non_null(file);
  (void)snprintf(reason, sizeof reason, "\"reason\":\"%s\"", name);
  while (fgets(line, sizeof line, file)) {
    assert_non_null(strstr(line, "\"event\":\"limit\""));
    assert_non_null(strstr(line, "\"outcome\":\"denied\""));
    if (!strstr(line, reason))
      continue;
    sum += number_in(line, "count");
    ++*out_records;
  }
  (void)fclose(file);
  return sum;
}

unsigned limits_records(const char *name)
{
  unsigned n;

  assert_true(portero_is_ok(portero_book_flush(book, 10000)));
  (void)told(name, &n);
  return n;
}

void limits_end(void)
{
  struct portero_limit_state states[STATES];
  unsigned records;
  size_t n = portero_server_limit_states(limits_server, states, STATES);

  portero_server_free(limits_server);
  limits_server = NULL;
  assert_true(portero_is_ok(portero_book_flush(book, 10000)));
  for (size_t i = 0; i < n; i++)
    if (told(states[i].name, &records) != states[i].refused)
      fail_msg("%s: %" PRIu64 " in the book, %" PRIu64 " refused", states[i].name,
               told(states[i].name, &records), states[i].refused);
  portero_book_free(book);
  book = NULL;
}

int limits_teardown(void **state)
{
  static const char *const amounts[] = {
      "source-connections", "source-half-open",  "source-contexts", "source-handles",
      "source-memory",      "total-connections", "total-half-open", "total-contexts",
      "total-handles",      "local-connections"};

  (void)state;
  if (limits_server) {
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
      limits_wait_now(amounts[i], 0);
    limits_end();
  }
  lab_deinit(&limits_lab);
  (void)unlink(path("book"));
  return rmdir(folder);
}

/* ---- clients ---- */

void limits_from(struct raw *r, const char *address)
{
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
  struct portero_binding b;

  memset(r, 0, sizeof *r);
  r->next_call = 1;
  assert_true(
      portero_is_ok(portero_binding_parse(portero_server_binding(limits_server, 0), &b, NULL)));
  to.sin_port = htons((uint16_t)atoi(b.endpoint));
  assert_int_equal(inet_pton(AF_INET, b.host, &to.sin_addr), 1);
  assert_int_equal(inet_pton(AF_INET, address, &from.sin_addr), 1);
  r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(r->fd, (struct sockaddr *)&from, sizeof from), 0);
  assert_int_equal(connect(r->fd, (struct sockaddr *)&to, sizeof to), 0);
}

void limits_bound_from(struct raw *r, const char *address)
{
  limits_from(r, address);
  raw_bind(r, &lab_interface.id, 0);
}

static void send_login(struct raw *r, uint8_t type, uint8_t legs)
{
  const uint8_t token[] = {'T', type, 1, legs, 0xa5, 0x5a, 0xc3, 0x3c};
  const struct portero_sec_trailer trailer = {.type = type, .level = PORTERO_LEVEL_CONNECT};
  const struct portero_context context = {
      .abstract = lab_interface.id, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, RAW_PDU_MAX);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, r->next_call++, 0, &context, 1,
               PORTERO_PFC_WHOLE | PORTERO_PFC_CONC_MPX);
  portero_pdu_add_auth(&w, 0, 0, 4, &trailer, sizeof token);
  memcpy(w.base + w.size - sizeof token, token, sizeof token);
  raw_send(r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
}

void limits_login(struct raw *r)
{
  send_login(r, SECURITY_TEST_TYPE, 2);
  raw_read(r);
}

void limits_begin_login(struct raw *r)
{
  send_login(r, PORTERO_AUTH_SPNEGO, 4);
}

void limits_named_from(struct raw *r, const char *address)
{
  limits_from(r, address);
  limits_login(r);
  assert_int_equal(r->pdu.header.ptype, PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(raw_result(r, 0).result, PORTERO_RESULT_ACCEPTANCE);
}

void limits_refused_from(const char *address)
{
  struct raw *r = test_malloc(sizeof *r);

  limits_from(r, address);
  raw_expect_end(r);
  raw_close(r);
  test_free(r);
}

static bool is_let_in(struct raw *r)
{
  const struct portero_context context = {
      .abstract = lab_interface.id, .transfer = &portero_syntax_ndr, .n_transfer = 1};
  struct pollfd p = {.fd = r->fd, .events = POLLIN};
  struct portero_writer w;
  uint8_t byte;

  portero_writer_init(&w, &portero_mem_malloc, RAW_PDU_MAX);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, &context, 1, PORTERO_PFC_WHOLE);
  (void)send(r->fd, w.base, w.size, MSG_NOSIGNAL);
  portero_writer_deinit(&w);
  assert_int_equal(poll(&p, 1, 10000), 1);
  return recv(r->fd, &byte, 1, MSG_PEEK) == 1;
}

void limits_in_at_last(struct raw *r, const char *address)
{
  for (unsigned i = 0; i < TRIES; i++) {
    limits_from(r, address);
    if (is_let_in(r)) {
      raw_expect(r, PORTERO_PTYPE_BIND_ACK);
      return;
    }
    raw_close(r);
    (void)usleep(5000);
  }
  fail_msg("%s is not let in", address);
}
