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

static void test_policy_and_metrics(void **state)
{
  struct result r;

  (void)state;
  accepts(&r, "policy: {file: /etc/portero/policy.yaml}\nmetrics: {address: '::1', port: 9135}\n");
  assert_string_equal(r.config.policy_file, "/etc/portero/policy.yaml");
  assert_string_equal(r.config.metrics_address, "::1");
  assert_int_equal(r.config.metrics_port, 9135);
  config_deinit(&r.config);
  accepts(&r, "policy:\nmetrics:\nbook:\n");
  assert_null(r.config.policy_file);
  assert_int_equal(r.config.metrics_port, 0);
  assert_int_equal(r.config.n_sinks, 0);
  config_deinit(&r.config);
  refuses("policy: {file: ''}\n", ":1:", "policy.file: expected a text");
  refuses("policy:\n  fiel: x\n", ":2:", "did you mean policy.file");
  refuses("policy: {file: [a]}\n", ":1:", "expected a value");
  refuses("policy: {file: a}\npolicy: {file: b}\n", ":2:", "twice");
  refuses("metrics: {address: 192.0.2.1}\n", ":1:", "a loopback address");
  refuses("metrics: {address: localhost}\n", ":1:", "a loopback address");
  refuses("metrics: {address: '::2'}\n", ":1:", "a loopback address");
  refuses("metrics: {port: 0}\n", ":1:", "from 1 to 65535");
  refuses("metrics:\n  prot: 1\n", ":2:", "did you mean metrics.port");
}

static void test_sink_file(void **state)
{
  struct result r;
  const struct config_sink *s;

  (void)state;
  accepts(&r,
          "book:\n  - file: /var/log/portero/book.json\n    form: eve\n    rotate-size: 100000000\n"
          "    rotate-age: 86400\n    keep: 3\n    dated: true\n    memory: 200000\n"
          "    kinds: [call, service-up]\n    outcomes: [denied, fault]\n    severity: 4\n"
          "    interfaces: [samr, e1af8308-5d1f-11c9-91a4-08002b14a0fa]\n"
          "    sources: [10.0.0.0/8, '2001:db8::1']\n  - {file: b}\n");
  assert_int_equal(r.config.n_sinks, 2);
  s = &r.config.sinks[0];
  assert_string_equal(s->file, "/var/log/portero/book.json");
  assert_int_equal(s->form - 1, PORTERO_FORM_EVE);
  assert_int_equal(s->rotate_size, 100000000);
  assert_int_equal(s->rotate_age, 86400);
  assert_int_equal(s->keep, 3);
  assert_true(s->dated);
  assert_int_equal(s->memory, 200000);
  assert_int_equal(s->kinds, 1u << PORTERO_EVENT_CALL | 1u << PORTERO_EVENT_SERVICE_UP);
  assert_int_equal(s->outcomes, 1u << PORTERO_OUTCOME_DENIED | 1u << PORTERO_OUTCOME_FAULT);
  assert_int_equal(s->severity, 4);
  assert_int_equal(s->interfaces.count, 2);
  assert_int_equal(s->interfaces.values[0].time_low, 0x12345778);
  assert_int_equal(s->interfaces.values[1].time_low, 0xe1af8308);
  assert_int_equal(s->sources.count, 2);
  assert_int_equal(s->sources.values[0].bits, 96 + 8);
  assert_int_equal(s->line, 2);
  s = &r.config.sinks[1]; /* nothing is left of the first */
  assert_string_equal(s->file, "b");
  assert_int_equal(s->form, 0);
  assert_int_equal(s->rotate_size, 0);
  assert_int_equal(s->keep, 10);
  assert_int_equal(s->memory, 16777216);
  assert_int_equal(s->kinds, 0);
  assert_int_equal(s->severity, 7);
  config_deinit(&r.config);
}

static void test_sink_ways(void **state)
{
  struct result r;

  (void)state;
  accepts(&r, "book:\n  - {output: stderr, form: text}\n  - {output: stdout}\n"
              "  - {syslog: local, path: /run/log, facility: 3}\n  - {syslog: udp, host: h}\n"
              "  - {syslog: tcp, host: h, port: 601}\n  - {syslog: tls, host: h, ca-file: /ca}\n"
              "  - journal: default\n  - journal: /run/x\n");
  assert_int_equal(r.config.n_sinks, 8);
  assert_int_equal(r.config.sinks[0].output, CONFIG_OUTPUT_STDERR);
  assert_int_equal(r.config.sinks[0].form - 1, PORTERO_FORM_TEXT);
  assert_int_equal(r.config.sinks[1].output, CONFIG_OUTPUT_STDOUT);
  assert_int_equal(r.config.sinks[2].syslog, CONFIG_SYSLOG_LOCAL);
  assert_string_equal(r.config.sinks[2].path, "/run/log");
  assert_int_equal(r.config.sinks[2].facility, 3);
  assert_int_equal(r.config.sinks[3].syslog, CONFIG_SYSLOG_UDP);
  assert_int_equal(r.config.sinks[3].facility, 10);
  assert_int_equal(r.config.sinks[4].port, 601);
  assert_int_equal(r.config.sinks[5].syslog, CONFIG_SYSLOG_TLS);
  assert_string_equal(r.config.sinks[5].ca_file, "/ca");
  assert_string_equal(r.config.sinks[7].journal, "/run/x");
  config_deinit(&r.config);
}

static void test_sink_refusals(void **state)
{
  static const char *const wrong[][2] = {
      {"form: json", "expected file, output, syslog or journal"},
      {"{}", "expected file, output, syslog or journal"},
      {"{file: a, output: stderr}", "here are several"},
      {"{journal: default, syslog: local}", "here are several"},
      {"{file: a, file: b}", "twice"},
      {"{file: a, form: yaml}", "expected json, ecs, eve, zeek, rpcfw, text or colour"},
      {"{file: a, form: syslog}", "expected json"},
      {"{file: a, form: [json, text]}", "expected a value"},
      {"{syslog: local, form: json}", "form goes with file and output"},
      {"{journal: default, form: json}", "form goes with file and output"},
      {"{output: stderr, rotate-size: 1}", "rotate-size goes with file"},
      {"{output: stderr, rotate-age: 1}", "rotate-age goes with file"},
      {"{output: stderr, keep: 1}", "keep goes with file"},
      {"{output: stderr, dated: true}", "dated goes with file"},
      {"{output: log}", "expected stdout or stderr"},
      {"{file: a, path: /x}", "path goes with syslog: local"},
      {"{syslog: udp, host: h, path: /x}", "path goes with syslog: local"},
      {"{syslog: local, host: h}", "host goes with syslog"},
      {"{syslog: local, port: 1}", "port goes with syslog"},
      {"{syslog: tcp, host: h, ca-file: /x}", "ca-file goes with syslog: tls"},
      {"{file: a, facility: 1}", "facility goes with syslog"},
      {"{syslog: udp}", "host is missing"},
      {"{syslog: tls}", "host is missing"},
      {"{syslog: rfc}", "expected local, udp, tcp or tls"},
      {"{syslog: udp, host: h, port: 0}", "from 1 to 65535"},
      {"{syslog: local, facility: 24}", "from 0 to 23"},
      {"{journal: here}", "default, or the path"},
      {"{file: ''}", "book.file: expected a text"},
      {"{file: a, rotate-size: -1}", "a number from 0 on"},
      {"{file: a, rotate-size: 10M}", "a number from 0 on"},
      {"{file: a, rotate-age: 99999999999999999999}", "a number from 0 on"},
      {"{file: a, keep: 0}", "from 1 to 10000"},
      {"{file: a, dated: maybe}", "true or false"},
      {"{file: a, memory: 131071}", "a number from 131072 on"},
      {"{file: a, kinds: [calls]}", "expected opened, closed, bind"},
      {"{file: a, kinds: ''}", "expected opened, closed, bind"},
      {"{file: a, outcomes: [bad]}", "expected answered, fault, denied, cancelled, unanswered or"},
      {"{file: a, outcomes: ['']}", "expected answered"},
      {"{file: a, severity: 1}", "from 2 to 7"}, /* no record is as urgent as that */
      {"{file: a, severity: 8}", "from 2 to 7"},
      {"{file: a, interfaces: [no-such-interface]}", "UUIDs or names of known interfaces"},
      {"{file: a, sources: [10.0.0.1/8]}", "addresses or networks"},
      {"{file: a, sources: [host.example]}", "addresses or networks"},
      {"{file: a, form: zeek, kinds: [bind]}", "form has no records of these kinds"},
      {"{file: a, form: eve, kinds: [request]}", "form has no records of these kinds"},
      {"{file: a, form: rpcfw, kinds: [call]}", "form has no records of these kinds"},
      {"{file: a, fromm: json}", "did you mean book.form"},
      {"a", "expected a section"},
  };
  char text[4096] = "book:\n";
  struct result r;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    (void)snprintf(text, sizeof text, "mapper: {port: 1}\nbook:\n  - %s\n", wrong[i][0]);
    refuses(text, ":3:", wrong[i][1]);
  }
  refuses("book: {file: a}\n", ":1:", "expected this in a list of sinks");
  refuses("book: a\n", ":1:", "book: expected keys below it, not a value");
  (void)snprintf(text, sizeof text, "book:\n");
  for (size_t i = 0; i < CONFIG_SINK_MAX; i++)
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "- file: f%zu\n", i);
  accepts(&r, text);
  assert_int_equal(r.config.n_sinks, CONFIG_SINK_MAX);
  config_deinit(&r.config);
  (void)snprintf(text + strlen(text), sizeof text - strlen(text), "- file: last\n");
  refuses(text, ":18:", "too many sinks");
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
      cmocka_unit_test(test_defaults),      cmocka_unit_test(test_values),
      cmocka_unit_test(test_endpoints),     cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_missing_file),  cmocka_unit_test(test_policy_and_metrics),
      cmocka_unit_test(test_sink_file),     cmocka_unit_test(test_sink_ways),
      cmocka_unit_test(test_sink_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
