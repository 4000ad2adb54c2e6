/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: each type with what it takes and what it refuses, and where it says so. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "src/config/schema.h"
#include "tests/unit/support.h"

struct result {
  struct config config;
  portero_status status;
  char message[512];
};

static void read_text(struct result *r, const char *text)
{
  char path[64];
  int fd;

  (void)snprintf(path, sizeof path, "/tmp/portero-config-%ld", (long)getpid());
  fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  (void)close(fd);
  config_init(&r->config);
  r->message[0] = '\0';
  r->status = config_read(&r->config, path, r->message, sizeof r->message);
  (void)unlink(path);
}

static void accepts(struct result *r, const char *text)
{
  read_text(r, text);
  if (!portero_is_ok(r->status))
    print_error("%s\n", r->message);
  assert_true(portero_is_ok(r->status));
}

/* Refused, and the message has both parts: the line and what is wrong. */
static void refuses(const char *text, const char *line, const char *what)
{
  struct result r;

  read_text(&r, text);
  assert_false(portero_is_ok(r.status));
  if (!strstr(r.message, line) || !strstr(r.message, what))
    fail_msg("the message is: %s", r.message);
  config_deinit(&r.config);
}

static void test_defaults(void **state)
{
  struct config c;

  (void)state;
  config_init(&c);
  assert_int_equal(c.port, 135);
  assert_int_equal(c.port_range.low, 49152);
  assert_int_equal(c.port_range.high, 65535);
  assert_int_equal(c.addresses.count, 0);
  assert_false(c.allow_remote_insert);
  assert_string_equal(c.user, "portero");
  config_deinit(&c);
}

static void test_values(void **state)
{
  struct result r;

  (void)state;
  accepts(&r, "mapper:\n  addresses: [127.0.0.1, '::1']\n  port: 10135\n  port-range: 50000-50010\n"
              "  allow-remote-insert: yes\nlimits:\n  idle-timeout: 1000\n");
  assert_int_equal(r.config.addresses.count, 2);
  assert_string_equal(r.config.addresses.values[1], "::1");
  assert_int_equal(r.config.port, 10135);
  assert_int_equal(r.config.port_range.high, 50010);
  assert_true(r.config.allow_remote_insert);
  assert_int_equal(r.config.idle_timeout, 1000);
  config_deinit(&r.config);
  accepts(&r, "mapper: {addresses: 127.0.0.1}\n");
  assert_int_equal(r.config.addresses.count, 1);
  config_deinit(&r.config);
  accepts(&r, "# nothing but a comment\n");
  config_deinit(&r.config);
  accepts(&r, "mapper:\n# port: 1\nlimits:\nendpoints:\n"); /* sections with nothing in them */
  assert_int_equal(r.config.port, 135);
  config_deinit(&r.config);
  accepts(&r, "mapper: {port: 1}\nlimits: {max-calls: 2}\nmapper: {threads: 3}\n");
  assert_int_equal(r.config.threads, 3);
  config_deinit(&r.config);
}

static void test_endpoints(void **state)
{
  struct result r;

  (void)state;
  accepts(&r, "endpoints:\n  - interface: winreg\n    binding: ncacn_ip_tcp:[5000]\n"
              "  - {interface: svcctl, binding: 'ncacn_ip_tcp:[5001]', annotation: two}\n");
  assert_int_equal(r.config.n_endpoints, 2);
  assert_string_equal(r.config.endpoints[0].binding, "ncacn_ip_tcp:[5000]");
  assert_null(r.config.endpoints[0].annotation);
  assert_string_equal(r.config.endpoints[1].annotation, "two");
  config_deinit(&r.config);
}

static void test_refusals(void **state)
{
  (void)state;
  refuses("mapper:\n  prot: 135\n", ":2:", "did you mean mapper.port");
  refuses("mapper:\n  zebra-crossing: 135\n", ":2:", "no such key");
  refuses("mapper:\n  port: 65536\n", ":2:", "mapper.port");
  refuses("mapper:\n  port: -1\n", ":2:", "mapper.port");
  refuses("mapper:\n  port: many\n", ":2:", "a number");
  refuses("mapper:\n  port: [135, 136]\n", ":2:", "expected a value");
  refuses("mapper:\n\n  port-range: 500-400\n", ":3:", "two ports");
  refuses("mapper:\n  allow-remote-insert: maybe\n", ":2:", "true or false");
  refuses("mapper:\n  port: 'x\n", ":", "no YAML");
  refuses("- mapper\n", ":1:", "sections");
  refuses("endpoints:\n  - interface: winreg\n", ":2:", "needs interface and binding");
  refuses("endpoints:\n  - winreg\n", ":2:", "expected a section");
  refuses("endpoints:\n  interface: winreg\n", ":2:", "in a list");
  refuses("mapper:\n  port: 1\n  threads: 2\n  port: 3\n", ":4:", "mapper.port: stands here twice");
  refuses("mapper: {addresses: [a]}\nmapper: {addresses: [b]}\n", ":2:", "twice");
  refuses("endpoints:\n  - interface: a\n    interface: b\n    binding: c\n", ":3:", "twice");
  refuses("mapper: {port: 1}\n---\nmapper: {threads: 2}\n", ":3:", "one document");
  refuses("mapper:\n  addresses: [[a]]\n", ":2:", "expected a value");
  refuses("mapper:\n  port:\n", ":2:", "mapper.port");
  refuses("mapper: {addresses: [\"a\\0b\"]}\n", ":1:", "zero byte");
  refuses("map:\n", ":1:", "no such key");
  refuses("mapper: {port: {a: {b: {c: {d: {e: 1}}}}}}\n", ":1:", "nested");
}

static void test_missing_file(void **state)
{
  struct result r;

  (void)state;
  config_init(&r.config);
  r.status = config_read(&r.config, "/nonexistent/portero.conf", r.message, sizeof r.message);
  assert_int_equal(r.status.klass, PORTERO_CLASS_SYSTEM);
  assert_non_null(strstr(r.message, "/nonexistent/portero.conf"));
  config_deinit(&r.config);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),     cmocka_unit_test(test_values),
      cmocka_unit_test(test_endpoints),    cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_missing_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
