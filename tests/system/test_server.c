/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers as such: where they listen, whom they let in, which interfaces they show, how they end.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct portero_syntax mgmt_id = {
    {0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}}, 1, 0};
static const struct portero_bytes nothing = {NULL, 0};

static struct lab lab;
static char directory[64];

static int setup(void **state)
{
  (void)state;
  lab_init(&lab);
  (void)snprintf(directory, sizeof directory,
                 "/tmp/portero-test-XX"
                 "XX"
                 "XX");
  return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  lab_deinit(&lab);
  return rmdir(directory);
}

static struct portero_server *server_with(const struct portero_server_options *options,
                                          const char *binding)
{
  struct portero_server *s;

  assert_true(portero_is_ok(portero_server_new(options, &s)));
  assert_true(portero_is_ok(portero_server_add(s, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(s, binding)));
  return s;
}

static void server_go(struct portero_server *s)
{
  assert_true(portero_is_ok(portero_server_start(s)));
}

static void server_end(struct portero_server *s)
{
  portero_server_stop(s);
  assert_true(portero_is_ok(portero_server_wait(s)));
  portero_server_free(s);
}

static void several_servers(void **state)
{
  struct portero_server *s[3];
  struct raw r[3];

  (void)state;
  for (int i = 0; i < 3; i++) {
    s[i] = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
    server_go(s[i]);
  }
  for (int i = 0; i < 3; i++) {
    raw_connect(&r[i], s[i], 0);
    raw_bind(&r[i], &lab_interface.id, 0);
  }
  for (int i = 2; i >= 0; i--) {
    uint32_t value = (uint32_t)i;
    assert_int_equal(raw_get_u32(raw_call(&r[i], LAB_NEGATE, raw_u32(&value))), ~value);
  }
  server_end(s[1]);
  raw_expect(&r[1], PORTERO_PTYPE_SHUTDOWN);
  raw_expect_end(&r[1]);
  assert_int_equal(raw_call(&r[0], LAB_NULL, nothing).size, 0);
  assert_int_equal(raw_call(&r[2], LAB_NULL, nothing).size, 0);
  server_end(s[0]);
  server_end(s[2]);
  for (int i = 0; i < 3; i++)
    raw_close(&r[i]);
}

static void never_run(void **state)
{
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");

  (void)state;
  portero_server_free(s);
  assert_true(portero_is_ok(portero_server_new(NULL, &s)));
  portero_server_stop(s);
  assert_true(portero_is_ok(portero_server_run(s))); /* asked to end before it began */
  assert_true(portero_is_local(portero_server_run(s), PORTERO_LOCAL_STATE));
  portero_server_free(s);
  portero_server_free(NULL);
}

static void wrong_bindings(void **state)
{
  static const struct {
    const char *binding;
    enum portero_local reason;
  } cases[] = {
      {"", PORTERO_LOCAL_MALFORMED},
      {"ncacn_ip_tcp:127.0.26.1[notaport]", PORTERO_LOCAL_MALFORMED},
      {"ncacn_ip_tcp:127.0.26.1[65536]", PORTERO_LOCAL_MALFORMED},
      {"ncacn_ip_tcp:127.0.26.1[0]", PORTERO_LOCAL_MALFORMED},
      {"ncacn_np:[\\\\pipe\\\\x]", PORTERO_LOCAL_UNSUPPORTED},
      {"ncalrpc:[]", PORTERO_LOCAL_MALFORMED},
      {"ncalrpc:[a/b]", PORTERO_LOCAL_MALFORMED},
      {"ncalrpc:[/tmp/x,mode=9]", PORTERO_LOCAL_MALFORMED},
      {"ncalrpc:[/tmp/x,mode=7777]", PORTERO_LOCAL_MALFORMED},
  };
  struct portero_server *s;

  (void)state;
  assert_true(portero_is_ok(portero_server_new(NULL, &s)));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    portero_status status = portero_server_listen(s, cases[i].binding);
    if (!portero_is_local(status, cases[i].reason))
      fail_msg("%s: class %u code %u", cases[i].binding, status.klass, status.code);
  }
  assert_int_equal(portero_server_listen(s, "ncacn_ip_tcp:192.0.2.1[]").code, EADDRNOTAVAIL);
  assert_null(portero_server_binding(s, 0));
  portero_server_free(s);
}

static void interface_twice(void **state)
{
  struct portero_interface second = lab_interface;
  struct portero_server *s;

  (void)state;
  second.id.minor++;
  assert_true(portero_is_ok(portero_server_new(NULL, &s)));
  assert_true(portero_is_ok(portero_server_add(s, &lab_interface, &lab)));
  assert_true(portero_is_local(portero_server_add(s, &second, &lab), PORTERO_LOCAL_EXISTS));
  second.id.major++;
  assert_true(portero_is_ok(portero_server_add(s, &second, &lab)));
  portero_server_free(s);
}

static void port_is_taken(void **state)
{
  struct portero_server *first = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]"), *second;
  struct portero_server_options many = {.threads = 3};

  (void)state;
  assert_true(portero_is_ok(portero_server_new(&many, &second)));
  assert_int_equal(portero_server_listen(second, portero_server_binding(first, 0)).code,
                   EADDRINUSE);
  portero_server_free(first);
  portero_server_free(second);
}

/*
 * Sockets of several loops share a port; a second server with several loops still may not join in.
 */
static void shared_port_is_not_joined(void **state)
{
  struct portero_server_options many = {.threads = 3};
  struct portero_server *first = server_with(&many, "ncacn_ip_tcp:127.0.26.1[]"), *second;

  (void)state;
  assert_true(portero_is_ok(portero_server_new(&many, &second)));
  assert_int_equal(portero_server_listen(second, portero_server_binding(first, 0)).code,
                   EADDRINUSE);
  portero_server_free(first);
  portero_server_free(second);
}

static void ports_run_out(void **state)
{
  struct portero_server_options options = {.port_low = 50100, .port_high = 50103};
  struct portero_server *s;

  (void)state;
  assert_true(portero_is_ok(portero_server_new(&options, &s)));
  for (int i = 0; i < 4; i++)
    assert_true(portero_is_ok(portero_server_listen(s, "ncacn_ip_tcp:127.0.26.7[]")));
  assert_true(portero_is_local(portero_server_listen(s, "ncacn_ip_tcp:127.0.26.7[]"),
                               PORTERO_LOCAL_PORTS_EXHAUSTED));
  for (size_t i = 0; i < 4; i++) {
    struct portero_binding b;
    assert_true(portero_is_ok(portero_binding_parse(portero_server_binding(s, i), &b, NULL)));
    assert_in_range(atoi(b.endpoint), 50100, 50103);
  }
  assert_null(portero_server_binding(s, 4));
  portero_server_free(s);
}

static void all_addresses(void **state)
{
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:");
  struct portero_binding b;
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_in four = {.sin_family = AF_INET};
  int fd;

  (void)state;
  assert_true(portero_is_ok(portero_binding_parse(portero_server_binding(s, 0), &b, NULL)));
  assert_string_equal(b.host, "");
  six.sin6_port = four.sin_port = htons((uint16_t)atoi(b.endpoint));
  assert_int_equal(inet_pton(AF_INET, "127.0.26.9", &four.sin_addr), 1);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&four, sizeof four), 0);
  (void)close(fd);
  fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd >= 0)
    assert_int_equal(connect(fd, (struct sockaddr *)&six, sizeof six), 0);
  (void)close(fd);
  portero_server_free(s);
}

static void inherited_socket(void **state)
{
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct portero_server_options two = {.threads = 2};
  struct portero_server *s;
  struct raw r;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  (void)state;
  assert_int_equal(inet_pton(AF_INET, "127.0.26.1", &address.sin_addr), 1);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(fd, 5), 0);
  assert_true(portero_is_ok(portero_server_new(&two, &s)));
  assert_true(portero_is_local(portero_server_wait(s), PORTERO_LOCAL_STATE));
  assert_true(portero_is_ok(portero_server_add(s, &lab_interface, &lab)));
  assert_int_equal(portero_server_listen_fd(s, -1).code, EBADF);
  assert_true(portero_is_ok(portero_server_listen_fd(s, fd)));
  server_go(s);
  assert_true(portero_is_local(portero_server_start(s), PORTERO_LOCAL_STATE));
  assert_true(portero_is_local(portero_server_run(s), PORTERO_LOCAL_STATE));
  assert_true(
      portero_is_local(portero_server_listen(s, "ncacn_ip_tcp:127.0.26.1[]"), PORTERO_LOCAL_STATE));
  assert_true(
      portero_is_local(portero_server_add(s, &lab_other_interface, &lab), PORTERO_LOCAL_STATE));
  for (int i = 0; i < 8; i++) {
    raw_connect(&r, s, 0);
    raw_bind(&r, &lab_interface.id, 0);
    assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
    raw_close(&r);
  }
  server_end(s);
}

static void local_socket(void **state)
{
  char binding[128], path[96];
  struct portero_server *s, *second;
  struct stat file;
  struct raw r;

  (void)state;
  (void)snprintf(path, sizeof path, "%s/lab", directory);
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s,mode=0600]", path);
  s = server_with(NULL, binding);
  assert_int_equal(stat(path, &file), 0);
  assert_int_equal(file.st_mode & 0777, 0600);
  server_go(s);
  assert_true(portero_is_ok(portero_server_new(NULL, &second)));
  assert_int_equal(portero_server_listen(second, binding).code,
                   EADDRINUSE); /* somebody answers there */
  portero_server_free(second);
  assert_int_equal(stat(path, &file), 0);
  raw_connect(&r, s, 0);
  raw_bind(&r, &lab_interface.id, 0);
  assert_memory_equal(r.pdu.body.bind_ack.secondary_address.data, path, strlen(path));
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  raw_close(&r);
  server_end(s);
  assert_int_equal(stat(path, &file), -1);
}

static void stale_socket_is_replaced(void **state)
{
  char binding[128], path[96], kept[96];
  struct portero_server *first, *second;

  (void)state;
  (void)snprintf(path, sizeof path, "%s/stale", directory);
  (void)snprintf(kept, sizeof kept, "%s/kept", directory);
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s]", path);
  first = server_with(NULL, binding);
  /* As after kill -9: nobody listens, the file is there. */
  assert_int_equal(link(path, kept), 0);
  portero_server_free(first);
  assert_int_equal(rename(kept, path), 0);
  second = server_with(NULL, binding);
  portero_server_free(second);
}

static void local_interfaces(void **state)
{
  char binding[128];
  struct portero_server *s;
  struct raw tcp, local;
  struct portero_bytes ids_tcp, ids_local;

  (void)state;
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s/lab]", directory);
  s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
  assert_true(portero_is_ok(portero_server_add(s, &lab_local_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(s, binding)));
  server_go(s);
  raw_connect(&tcp, s, 0);
  raw_try_bind(&tcp, &lab_local_interface.id, 0);
  assert_int_equal(raw_result(&tcp, 0).result, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(raw_result(&tcp, 0).reason, PORTERO_REASON_ABSTRACT_SYNTAX);
  raw_close(&tcp);
  raw_connect(&local, s, 1);
  raw_bind(&local, &lab_local_interface.id, 0);
  raw_close(&local);
  /* Nor does the management interface tell of it. */
  raw_connect(&tcp, s, 0);
  raw_bind(&tcp, &mgmt_id, 0);
  ids_tcp = raw_call(&tcp, 0, nothing);
  assert_int_equal(portero_load_u32(ids_tcp.data + 8, false), 2);
  raw_connect(&local, s, 1);
  raw_bind(&local, &mgmt_id, 0);
  ids_local = raw_call(&local, 0, nothing);
  assert_int_equal(portero_load_u32(ids_local.data + 8, false), 3);
  raw_close(&local);
  raw_close(&tcp);
  server_end(s);
}

static void versions(void **state)
{
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
  struct portero_syntax id = lab_interface.id;
  struct raw r;

  (void)state;
  server_go(s);
  id.minor = 0; /* an older client */
  raw_connect(&r, s, 0);
  raw_bind(&r, &id, 0);
  raw_close(&r);
  id.minor = (uint16_t)(lab_interface.id.minor + 1);
  raw_connect(&r, s, 0);
  raw_try_bind(&r, &id, 0);
  assert_int_equal(raw_result(&r, 0).reason, PORTERO_REASON_ABSTRACT_SYNTAX);
  raw_close(&r);
  id.minor = 0;
  id.major++;
  raw_connect(&r, s, 0);
  raw_try_bind(&r, &id, 0);
  assert_int_equal(raw_result(&r, 0).reason, PORTERO_REASON_ABSTRACT_SYNTAX);
  raw_close(&r);
  server_end(s);
}

static void bind_with(struct raw *r, const struct portero_syntax *iface,
                      const struct portero_syntax *transfer, uint8_t n)
{
  struct portero_context context = {0, *iface, transfer, n};
  uint8_t buffer[1024];
  struct portero_writer w;

  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, &context, 1, PORTERO_PFC_WHOLE);
  raw_send(r, portero_writer_bytes(&w));
  raw_expect(r, PORTERO_PTYPE_BIND_ACK);
}

static void transfer_syntaxes(void **state)
{
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
  const struct portero_syntax both[2] = {portero_syntax_ndr, portero_syntax_ndr64};
  struct portero_syntax unknown = portero_syntax_ndr;
  struct portero_context_result result;
  struct raw r;

  (void)state;
  assert_true(portero_is_ok(portero_server_add(s, &lab_other_interface, &lab)));
  server_go(s);
  raw_connect(&r, s, 0);
  bind_with(&r, &lab_interface.id, both, 2);
  result = raw_result(&r, 0);
  assert_true(portero_syntax_equal(&result.transfer, &portero_syntax_ndr64));
  raw_close(&r);
  raw_connect(&r, s, 0);
  bind_with(&r, &lab_other_interface.id, both, 2); /* has no NDR64 */
  result = raw_result(&r, 0);
  assert_true(portero_syntax_equal(&result.transfer, &portero_syntax_ndr));
  raw_close(&r);
  raw_connect(&r, s, 0);
  bind_with(&r, &lab_other_interface.id, &both[1], 1);
  assert_int_equal(raw_result(&r, 0).reason, PORTERO_REASON_TRANSFER_SYNTAXES);
  raw_close(&r);
  unknown.uuid.time_low++;
  raw_connect(&r, s, 0);
  bind_with(&r, &lab_interface.id, &unknown, 1);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(raw_result(&r, 0).reason, PORTERO_REASON_TRANSFER_SYNTAXES);
  raw_close(&r);
  server_end(s);
}

static void connection_limit(void **state)
{
  const struct portero_server_limits total = {.connections = 3};
  struct portero_server_options options = {.total_limits = &total};
  struct portero_server *s = server_with(&options, "ncacn_ip_tcp:127.0.26.1[]");
  struct raw r[3], late;

  (void)state;
  server_go(s);
  for (int i = 0; i < 3; i++) {
    raw_connect(&r[i], s, 0);
    raw_bind(&r[i], &lab_interface.id, 0);
  }
  raw_connect(&late, s, 0);
  raw_expect_end(&late);
  raw_close(&late);
  assert_int_equal(raw_call(&r[2], LAB_NULL, nothing).size, 0);
  raw_send(&r[0], portero_bytes_make("0123456789abcdef", 16)); /* garbage: the server closes it */
  raw_read(&r[0]);
  raw_expect_end(&r[0]);
  raw_close(&r[0]);
  /* Its place is free once the server has seen the end of it: the next but some get in. */
  for (int tries = 0; tries < 100; tries++) {
    raw_connect(&late, s, 0);
    if (recv(late.fd, late.bytes, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && usleep(10000) == 0 &&
        recv(late.fd, late.bytes, 1, MSG_DONTWAIT | MSG_PEEK) < 0)
      break;
    raw_close(&late);
  }
  raw_bind(&late, &lab_interface.id, 0);
  raw_close(&late);
  raw_close(&r[1]);
  raw_close(&r[2]);
  server_end(s);
}

/* Out of descriptors: the visitor is turned away, and the listener lives on. */
static void no_descriptors(void **state)
{
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
  struct rlimit limit, low;
  struct raw r, late;

  (void)state;
  server_go(s);
  raw_connect(&r, s, 0);
  raw_bind(&r, &lab_interface.id, 0);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  low = limit;
  low.rlim_cur = (rlim_t)socket(AF_INET, SOCK_STREAM, 0); /* the lowest free one */
  (void)close((int)low.rlim_cur++);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  for (int i = 0; i < 5; i++) {
    raw_connect(&late, s, 0);
    raw_expect_end(&late);
    raw_close(&late);
  }
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  raw_connect(&late, s, 0);
  raw_bind(&late, &lab_interface.id, 0);
  raw_close(&late);
  raw_close(&r);
  server_end(s);
}

static void management(void **state)
{
  struct portero_server_options allowed = {.allow_remote_stop = true};
  struct portero_server *s = server_with(NULL, "ncacn_ip_tcp:127.0.26.1[]");
  uint32_t count = 4, princ[2] = {10, 64}, stats[4];
  struct portero_bytes answer;
  struct raw r;

  (void)state;
  server_go(s);
  raw_connect(&r, s, 0);
  raw_bind(&r, &mgmt_id, 0);
  assert_int_equal(raw_call(&r, 0, nothing).size, 4 + 4 + 4 + 2 * 4 + 2 * 20 + 4);
  answer = raw_call(&r, 1, raw_u32(&count));
  assert_int_equal(answer.size, 4 + 4 + 16 + 4);
  assert_int_equal(portero_load_u32(answer.data + 8, false), 2); /* this one is the second call */
  assert_int_equal(portero_load_u32(answer.data + 12, false), 1);
  count = 1;
  assert_int_equal(raw_call(&r, 1, raw_u32(&count)).size, 4 + 4 + 4 + 4);
  answer = raw_call(&r, 2, nothing);
  assert_int_equal(answer.size, 8);
  assert_int_equal(portero_load_u32(answer.data + 4, false), 1);
  assert_int_equal(raw_get_u32(raw_call(&r, 3, nothing)), PORTERO_FAULT_ACCESS_DENIED);
  answer = raw_call(&r, 4, portero_bytes_make(princ, sizeof princ));
  assert_int_equal(raw_get_u32(answer), 64);
  assert_int_equal(raw_fault(&r, 1, nothing), PORTERO_FAULT_BAD_STUB_DATA);
  assert_int_equal(raw_fault(&r, 5, nothing), PORTERO_FAULT_OP_RANGE);
  portero_server_stats(s, stats);
  assert_int_equal(stats[0], 8);
  assert_int_equal(stats[1], 6);
  assert_int_equal(stats[2], 9); /* the bind too */
  assert_int_equal(stats[3], 9);
  raw_close(&r);
  server_end(s);
  s = server_with(&allowed, "ncacn_ip_tcp:127.0.26.1[]");
  server_go(s);
  raw_connect(&r, s, 0);
  raw_bind(&r, &mgmt_id, 0);
  assert_int_equal(raw_get_u32(raw_call(&r, 3, nothing)), 0);
  assert_true(portero_is_ok(portero_server_wait(s))); /* it has ended by itself */
  raw_close(&r);
  portero_server_free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(several_servers),
      cmocka_unit_test(never_run),
      cmocka_unit_test(wrong_bindings),
      cmocka_unit_test(interface_twice),
      cmocka_unit_test(port_is_taken),
      cmocka_unit_test(shared_port_is_not_joined),
      cmocka_unit_test(ports_run_out),
      cmocka_unit_test(all_addresses),
      cmocka_unit_test(inherited_socket),
      cmocka_unit_test(local_socket),
      cmocka_unit_test(stale_socket_is_replaced),
      cmocka_unit_test(local_interfaces),
      cmocka_unit_test(versions),
      cmocka_unit_test(transfer_syntaxes),
      cmocka_unit_test(connection_limit),
      cmocka_unit_test(no_descriptors),
      cmocka_unit_test(management),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
