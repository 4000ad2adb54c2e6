/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that wait, against servers in the same process and against peers that are none. */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HERE "127.0.27.2"

static struct lab lab;
static struct portero_server *server;
static char directory[64], socket_path[96], local_binding[128];

static const struct portero_bytes nothing = {NULL, 0};

static int setup(void **state)
{
  (void)state;
  lab_init(&lab);
  (void)snprintf(directory, sizeof directory,
                 "/tmp/portero-test-XX"
                 "XX"
                 "XX");
  if (!mkdtemp(directory))
    return -1;
  (void)snprintf(socket_path, sizeof socket_path, "%s/s", directory);
  (void)snprintf(local_binding, sizeof local_binding, "ncalrpc:[%s]", socket_path);
  if (!portero_is_ok(portero_server_new(NULL, &server)) ||
      !portero_is_ok(portero_server_add(server, &lab_interface, &lab)) ||
      !portero_is_ok(portero_server_add(server, &lab_other_interface, &lab)) ||
      !portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:" HERE "[]")) ||
      !portero_is_ok(portero_server_listen(server, local_binding)))
    return -1;
  return portero_is_ok(portero_server_start(server)) ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  portero_server_stop(server);
  if (!portero_is_ok(portero_server_wait(server)))
    return -1;
  portero_server_free(server);
  lab_deinit(&lab);
  return rmdir(directory);
}

static struct portero_client *opened(const struct portero_client_options *options)
{
  struct portero_client *c;
  portero_status status =
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, options, &c);

  if (!portero_is_ok(status))
    fail_msg("%s", portero_client_error(c));
  return c;
}

static uint32_t call_u32(struct portero_client *c, uint16_t opnum, uint32_t value)
{
  struct portero_ndr_reader *results;
  uint32_t answer;

  portero_ndr_write_u32(portero_client_in(c), value);
  if (!portero_is_ok(portero_client_call(c, opnum, &results)))
    fail_msg("%s", portero_client_error(c));
  answer = portero_ndr_read_u32(results, "answer");
  assert_true(portero_is_ok(portero_ndr_reader_finish(results)));
  return answer;
}

static portero_status call_status(struct portero_client *c, uint16_t opnum, uint32_t value)
{
  struct portero_ndr_reader *results;

  portero_ndr_write_u32(portero_client_in(c), value);
  return portero_client_call(c, opnum, &results);
}

static void assert_says(const struct portero_client *c, const char *part)
{
  if (!strstr(portero_client_error(c), part))
    fail_msg("\"%s\" has no \"%s\"", portero_client_error(c), part);
}

/* ---- what works ---- */

static void calls(void **state)
{
  struct portero_client *c = opened(NULL);

  (void)state;
  assert_string_equal(portero_client_binding(c), portero_server_binding(server, 0));
  assert_true(portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr));
  assert_int_not_equal(portero_client_group(c), 0);
  for (uint32_t i = 0; i < 100; i++)
    assert_int_equal(call_u32(c, LAB_NEGATE, i), ~i);
  portero_client_close(c);
  portero_client_close(NULL);
}

static void local_socket(void **state)
{
  struct portero_client *c;

  (void)state;
  assert_true(portero_is_ok(portero_client_open(local_binding, &lab_interface.id, NULL, &c)));
  assert_int_equal(call_u32(c, LAB_NEGATE, 7), ~7u);
  portero_client_close(c);
}

static void ndr64(void **state)
{
  const struct portero_client_options options = {.ndr64 = true};
  struct portero_client *c = opened(&options);

  (void)state;
  assert_true(portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr64));
  assert_int_equal(call_u32(c, LAB_NEGATE, 1), ~1u);
  /* The other interface has NDR alone. */
  assert_true(portero_is_ok(portero_client_switch(c, &lab_other_interface.id)));
  assert_true(portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr));
  assert_int_equal(call_u32(c, LAB_NEGATE, 1), ~1u);
  portero_client_close(c);
}

static void big_endian(void **state)
{
  const struct portero_client_options options = {.big_endian = true};
  struct portero_client *c = opened(&options);

  (void)state;
  assert_int_equal(call_u32(c, LAB_NEGATE, 0x01020304), ~0x01020304u);
  portero_client_close(c);
}

/* Both directions in many fragments. */
static void large(void **state)
{
  static uint8_t bytes[1 << 20];
  struct portero_client *c = opened(NULL);
  struct portero_bytes answer;
  uint32_t size = 1 << 20;

  (void)state;
  assert_true(portero_is_ok(
      portero_client_call_bytes(c, LAB_LENGTH, portero_bytes_make(bytes, sizeof bytes), &answer)));
  assert_int_equal(raw_get_u32(answer), sizeof bytes);
  assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_BLOB, raw_u32(&size), &answer)));
  assert_int_equal(answer.size, 1 << 20);
  portero_client_close(c);
}

static void larger_than_allowed(void **state)
{
  struct portero_assoc_limits limits = portero_assoc_limits_default;
  struct portero_client_options options = {.limits = &limits};
  struct portero_client *c;

  (void)state;
  limits.max_stub = 10000;
  c = opened(&options);
  assert_true(portero_is_local(call_status(c, LAB_BLOB, 20000), PORTERO_LOCAL_LIMIT));
  assert_says(c, "limit");
  assert_true(portero_is_local(call_status(c, LAB_NULL, 0), PORTERO_LOCAL_LIMIT)); /* it is over */
  portero_client_close(c);
}

static void switches(void **state)
{
  struct portero_syntax unknown = lab_interface.id;
  struct portero_client *c = opened(NULL);

  (void)state;
  unknown.uuid.time_low++;
  unknown.uuid.time_low++;
  unknown.uuid.time_low++;
  assert_true(portero_is_ok(portero_client_switch(c, &lab_other_interface.id)));
  assert_int_equal(call_u32(c, LAB_NEGATE, 2), ~2u);
  assert_int_equal(portero_client_switch(c, &unknown).klass, PORTERO_CLASS_REJECTED);
  assert_says(c, "does not offer interface");
  assert_int_equal(call_u32(c, LAB_NEGATE, 3), ~3u);
  assert_true(portero_is_ok(portero_client_switch(c, &lab_interface.id)));
  assert_int_equal(call_u32(c, LAB_NEGATE, 4), ~4u);
  portero_client_close(c);
}

static void handles_and_groups(void **state)
{
  struct portero_client *first = opened(NULL), *second, *stranger = opened(NULL);
  struct portero_client_options options = {.group_id = portero_client_group(first)};
  struct portero_ndr_reader *results;
  struct portero_handle handle;

  (void)state;
  (void)portero_client_in(first);
  assert_true(portero_is_ok(portero_client_call(first, LAB_OPEN, &results)));
  handle = portero_ndr_read_handle(results, "handle");
  second = opened(&options);
  assert_int_equal(portero_client_group(second), portero_client_group(first));
  portero_ndr_write_handle(portero_client_in(second), &handle);
  assert_true(portero_is_ok(portero_client_call(second, LAB_USE, &results)));
  portero_ndr_write_handle(portero_client_in(stranger), &handle);
  assert_true(portero_is_fault(portero_client_call(stranger, LAB_USE, &results),
                               PORTERO_FAULT_CONTEXT_MISMATCH));
  assert_says(stranger, "nca_s_fault_context_mismatch (0x1c00001a) from " HERE "[");
  assert_says(stranger, "opnum 6");
  portero_client_close(first);
  portero_client_close(second);
  portero_client_close(stranger);
}

struct seen {
  unsigned n[2];
  bool whole;
  uint8_t types[2][16];
};

static void see(void *user, bool sent, struct portero_bytes pdu)
{
  struct seen *seen = user;
  struct portero_pdu_header header;

  if (pdu.size < PORTERO_PDU_HEADER_SIZE) {
    seen->whole = false;
    return;
  }
  portero_pdu_header_read(pdu.data, &header);
  seen->whole = seen->whole && header.frag_length == pdu.size;
  if (seen->n[sent] < 16)
    seen->types[sent][seen->n[sent]] = header.ptype;
  seen->n[sent]++;
}

static void trace(void **state)
{
  struct seen seen = {.whole = true};
  const struct portero_client_options options = {.trace = see, .trace_user = &seen};
  struct portero_client *c = opened(&options);
  uint32_t size = 100000;
  struct portero_bytes answer;

  (void)state;
  assert_int_equal(seen.n[1], 1);
  assert_int_equal(seen.n[0], 1);
  assert_int_equal(seen.types[1][0], PORTERO_PTYPE_BIND);
  assert_int_equal(seen.types[0][0], PORTERO_PTYPE_BIND_ACK);
  assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_BLOB, raw_u32(&size), &answer)));
  assert_int_equal(seen.types[1][1], PORTERO_PTYPE_REQUEST);
  assert_int_equal(seen.n[1], 2);
  assert_in_range(seen.n[0], 1 + 100000 / 5840, 1 + 100000 / 5000 + 2);
  assert_true(seen.whole);
  portero_client_close(c);
}

/* ---- what the server refuses ---- */

static void faults(void **state)
{
  struct portero_client *c = opened(NULL);

  (void)state;
  assert_true(portero_is_fault(call_status(c, LAB_UNUSED, 0), PORTERO_FAULT_OP_RANGE));
  assert_says(c, "nca_s_op_rng_error (0x1c010002)");
  assert_true(portero_is_fault(call_status(c, LAB_FAIL, 0), PORTERO_FAULT_UNSPECIFIED));
  assert_true(portero_is_fault(call_status(c, LAB_OPERATIONS, 0), PORTERO_FAULT_OP_RANGE));
  assert_int_equal(call_u32(c, LAB_NEGATE, 1), ~1u); /* faults do not end the connection */
  portero_client_close(c);
}

static void other_interface(void **state)
{
  struct portero_syntax id = lab_interface.id;
  struct portero_client *c;
  portero_status status;

  (void)state;
  id.major++;
  status = portero_client_open(portero_server_binding(server, 0), &id, NULL, &c);
  assert_int_equal(status.klass, PORTERO_CLASS_REJECTED);
  assert_int_equal(status.code >> 16, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_says(c, "does not offer interface");
  assert_int_equal(call_status(c, LAB_NULL, 0).klass, PORTERO_CLASS_REJECTED);
  portero_client_close(c);
}

static void unknown_group(void **state)
{
  const struct portero_client_options options = {.group_id = 0x7fff1234};
  struct portero_client *c;
  portero_status status =
      portero_client_open(portero_server_binding(server, 0), &lab_interface.id, &options, &c);

  (void)state;
  assert_int_equal(status.klass, PORTERO_CLASS_NAK);
  assert_says(c, "refuses the bind");
  portero_client_close(c);
}

static void unwritable_arguments(void **state)
{
  struct portero_ndr_reader *results;
  struct portero_client *c = opened(NULL);

  (void)state;
  portero_ndr_write_wstring(portero_client_in(c), "\xff");
  assert_true(portero_is_local(portero_client_call(c, LAB_NULL, &results), PORTERO_LOCAL_USAGE));
  assert_int_equal(call_u32(c, LAB_NEGATE, 1), ~1u);
  portero_client_close(c);
}

/* ---- time ---- */

static void no_answer(void **state)
{
  const struct portero_client_options options = {.timeout = 150};
  struct portero_client *c = opened(&options);
  uint32_t argument;
  unsigned before = lab.n_waiting;

  (void)state;
  assert_true(portero_is_local(call_status(c, LAB_DEFER, 5), PORTERO_LOCAL_TIMEOUT));
  assert_says(c, "opnum 3: no answer within 0.15 s");
  assert_int_equal(call_u32(c, LAB_NEGATE, 9), ~9u); /* the connection goes on */
  lab_wait_deferred(&lab, before + 1);
  lab_finish(lab_take(&lab, before, &argument), 5); /* too late: nobody hears it */
  assert_int_equal(call_u32(c, LAB_NEGATE, 10), ~10u);
  portero_client_close(c);
}

static void *cancel_soon(void *client)
{
  lab_wait_deferred(&lab, 2);
  portero_client_cancel(client);
  return NULL;
}

static void cancelled(void **state)
{
  struct portero_client *c = opened(NULL);
  uint32_t argument;
  pthread_t other;

  (void)state;
  assert_int_equal(lab.n_waiting, 1);
  assert_int_equal(pthread_create(&other, NULL, cancel_soon, c), 0);
  assert_true(portero_is_local(call_status(c, LAB_DEFER, 5), PORTERO_LOCAL_CANCELLED));
  assert_int_equal(pthread_join(other, NULL), 0);
  assert_int_equal(call_u32(c, LAB_NEGATE, 11), ~11u);
  lab_finish(lab_take(&lab, 1, &argument), 5);
  portero_client_close(c);
}

/* ---- peers that are none ---- */

struct peer {
  int listener;
  uint16_t port;
  const char *says; /* NULL: nothing; "": closes */
  pthread_t thread;
};

static void *peer_run(void *arg)
{
  const struct peer *p = arg;
  char buffer[512];
  int fd = accept(p->listener, NULL, NULL);

  if (fd < 0)
    return NULL;
  while (recv(fd, buffer, sizeof buffer, 0) > 0) {
    if (p->says && *p->says)
      (void)send(fd, p->says, strlen(p->says), MSG_NOSIGNAL);
    if (p->says)
      break;
  }
  (void)close(fd);
  return NULL;
}

static void peer_start(struct peer *p, const char *says)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t size = sizeof at;

  p->says = says;
  p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(inet_pton(AF_INET, HERE, &at.sin_addr), 1);
  assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &size), 0);
  assert_int_equal(listen(p->listener, 1), 0);
  p->port = ntohs(at.sin_port);
  assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

static portero_status peer_open(const char *says, uint32_t timeout, const char *expected)
{
  const struct portero_client_options options = {.timeout = timeout};
  struct portero_client *c;
  char binding[64];
  portero_status status;
  struct peer p;

  peer_start(&p, says);
  (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:" HERE "[%u]", (unsigned)p.port);
  status = portero_client_open(binding, &lab_interface.id, &options, &c);
  assert_says(c, expected);
  portero_client_close(c);
  assert_int_equal(pthread_join(p.thread, NULL), 0);
  (void)close(p.listener);
  return status;
}

static void silent_peer(void **state)
{
  (void)state;
  assert_true(portero_is_local(peer_open(NULL, 150, "no answer to the bind within 0.15 s"),
                               PORTERO_LOCAL_TIMEOUT));
}

static void talking_peer(void **state)
{
  (void)state;
  assert_true(
      portero_is_local(peer_open("HTTP/1.1 400 Bad Request\r\n\r\n", 5000, "no MS-RPC server"),
                       PORTERO_LOCAL_VERSION));
}

static void closing_peer(void **state)
{
  (void)state;
  assert_true(portero_is_local(peer_open("", 5000, "closed the connection"), PORTERO_LOCAL_CLOSED));
}

static void nobody_there(void **state)
{
  struct portero_client *c;
  portero_status status;
  struct peer p;
  char binding[64];

  (void)state;
  peer_start(&p, ""); /* a port that was free a moment ago */
  (void)shutdown(p.listener, SHUT_RDWR);
  assert_int_equal(pthread_join(p.thread, NULL), 0);
  (void)close(p.listener);
  (void)snprintf(binding, sizeof binding, "ncacn_ip_tcp:" HERE "[%u]", (unsigned)p.port);
  status = portero_client_open(binding, &lab_interface.id, NULL, &c);
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  assert_int_equal(status.code, ECONNREFUSED);
  assert_says(c, "connection refused: nothing listens there");
  portero_client_close(c);
}

static void wrong_bindings(void **state)
{
  static const struct {
    const char *binding;
    enum portero_local reason;
  } cases[] = {
      {"", PORTERO_LOCAL_MALFORMED},
      {"ncacn_ip_tcp:x[", PORTERO_LOCAL_MALFORMED},
      {"ncacn_ip_tcp:" HERE "[x]", PORTERO_LOCAL_USAGE},
      {"ncacn_ip_tcp:" HERE "[0]", PORTERO_LOCAL_USAGE},
      {"ncacn_ip_tcp:" HERE "[65536]", PORTERO_LOCAL_USAGE},
      {"ncacn_np:x[\\pipe\\x]", PORTERO_LOCAL_UNSUPPORTED},
      {"ncacn_osi_dna:x[1]", PORTERO_LOCAL_UNSUPPORTED},
  };
  struct portero_client *c;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    portero_status status = portero_client_open(cases[i].binding, &lab_interface.id, NULL, &c);
    if (!portero_is_local(status, cases[i].reason))
      fail_msg("%s: class %u code %u", cases[i].binding, status.klass, status.code);
    assert_int_not_equal(portero_client_error(c)[0], '\0');
    portero_client_close(c);
  }
}

static void no_socket(void **state)
{
  char binding[128];
  struct portero_client *c;
  portero_status status;

  (void)state;
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s/none]", directory);
  status = portero_client_open(binding, &lab_interface.id, NULL, &c);
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  assert_int_equal(status.code, ENOENT);
  portero_client_close(c);
}

/* The server's last word ends the client's next call, not the process. */
static void server_goes(void **state)
{
  struct portero_server *other;
  struct portero_client *c;
  struct portero_bytes answer;

  (void)state;
  assert_true(portero_is_ok(portero_server_new(NULL, &other)));
  assert_true(portero_is_ok(portero_server_add(other, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(other, "ncacn_ip_tcp:" HERE "[]")));
  assert_true(portero_is_ok(portero_server_start(other)));
  assert_true(portero_is_ok(
      portero_client_open(portero_server_binding(other, 0), &lab_interface.id, NULL, &c)));
  portero_server_stop(other);
  assert_true(portero_is_ok(portero_server_wait(other)));
  portero_server_free(other);
  assert_false(portero_is_ok(portero_client_call_bytes(c, LAB_NULL, nothing, &answer)));
  assert_false(portero_is_ok(portero_client_call_bytes(c, LAB_NULL, nothing, &answer)));
  assert_int_not_equal(portero_client_error(c)[0], '\0');
  portero_client_close(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls),
      cmocka_unit_test(local_socket),
      cmocka_unit_test(ndr64),
      cmocka_unit_test(big_endian),
      cmocka_unit_test(large),
      cmocka_unit_test(larger_than_allowed),
      cmocka_unit_test(switches),
      cmocka_unit_test(handles_and_groups),
      cmocka_unit_test(trace),
      cmocka_unit_test(faults),
      cmocka_unit_test(other_interface),
      cmocka_unit_test(unknown_group),
      cmocka_unit_test(unwritable_arguments),
      cmocka_unit_test(no_answer),
      cmocka_unit_test(cancelled),
      cmocka_unit_test(silent_peer),
      cmocka_unit_test(talking_peer),
      cmocka_unit_test(closing_peer),
      cmocka_unit_test(nobody_there),
      cmocka_unit_test(wrong_bindings),
      cmocka_unit_test(no_socket),
      cmocka_unit_test(server_goes),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}
