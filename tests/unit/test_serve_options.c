/* SPDX-License-Identifier: Apache-2.0 */
/* What `portero serve` takes from its command line and its file, and what it refuses with which words. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/commands.h"
#include "src/cli/serve_options.h"
#include "tests/unit/support.h"

#define ARGUMENTS_MAX 12

struct outcome {
  struct serve_options options;
  int code;
  char said[2048];
};

static char file_path[64];
static char *kept[1000];
static size_t n_kept;

/* Runs serve_options_read() with what it says caught. Free with serve_options_deinit(). */
static void read_options(struct outcome *out, const char *const *arguments)
{
  char *argv[ARGUMENTS_MAX + 1] = {strdup("serve")};
  FILE *caught = tmpfile();
  int argc = 1, out_fd = dup(STDOUT_FILENO), err_fd = dup(STDERR_FILENO);
  size_t n;

  for (; arguments[argc - 1]; argc++) {
    assert_true(argc < ARGUMENTS_MAX);
    argv[argc] = strdup(arguments[argc - 1]);
  }
  assert_non_null(caught);
  (void)fflush(stdout);
  (void)dup2(fileno(caught), STDOUT_FILENO);
  (void)dup2(fileno(caught), STDERR_FILENO);
  out->code = serve_options_read(&out->options, argc, argv);
  (void)fflush(stdout);
  (void)dup2(out_fd, STDOUT_FILENO);
  (void)dup2(err_fd, STDERR_FILENO);
  (void)close(out_fd);
  (void)close(err_fd);
  rewind(caught);
  n = fread(out->said, 1, sizeof out->said - 1, caught);
  out->said[n] = '\0';
  (void)fclose(caught);
  /* options point into arguments, as in a program: they are kept, where a leak checker sees them */
  for (int i = 0; i < argc; i++) {
    if (out->code >= 0) {
      free(argv[i]);
      continue;
    }
    assert_true(n_kept < sizeof kept / sizeof kept[0]);
    kept[n_kept++] = argv[i];
  }
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void accepts(struct outcome *out, const char *const *arguments)
{
  read_options(out, arguments);
  if (out->code != -1)
    fail_msg("refused with %d: %s", out->code, out->said);
}

static void ends(const char *const *arguments, int code, const char *words)
{
  struct outcome out;

  read_options(&out, arguments);
  if (out.code != code || !strstr(out.said, words))
    fail_msg("%s: ended with %d, saying: %s", arguments[0], out.code, out.said);
  serve_options_deinit(&out.options);
}

static void file_write(const char *text)
{
  int fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  (void)close(fd);
}

/* An empty file stands for none, so that the host's own does not matter. */
static int setup(void **state)
{
  (void)state;
  (void)snprintf(file_path, sizeof file_path, "/tmp/portero-serve-options-%ld", (long)getpid());
  (void)unsetenv("PORTERO_SOCKET");
  (void)setenv("XDG_RUNTIME_DIR", "/run/user/12", 1);
  file_write("");
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  return unlink(file_path);
}

static void test_addresses(void **state)
{
  struct outcome out;

  (void)state;
  accepts(&out, ARGUMENTS("--config", file_path, "--address", "127.0.0.1", "--address", "::1"));
  assert_int_equal(out.options.config.addresses.count, 2);
  serve_options_deinit(&out.options);
  accepts(&out, ARGUMENTS("--config", file_path, "--address", "fe80::1%lo"));
  serve_options_deinit(&out.options);
  file_write("mapper: {addresses: [127.0.0.5, 127.0.0.6]}\n");
  accepts(&out, ARGUMENTS("--config", file_path));
  assert_int_equal(out.options.config.addresses.count, 2);
  serve_options_deinit(&out.options);
  /* the command line takes the place of the file's list, it does not add to it */
  accepts(&out, ARGUMENTS("--config", file_path, "--address", "127.0.0.1"));
  assert_int_equal(out.options.config.addresses.count, 1);
  assert_string_equal(out.options.config.addresses.values[0], "127.0.0.1");
  serve_options_deinit(&out.options);
  file_write("");
}

static void test_bad_addresses(void **state)
{
  static const char *const bad[] = {"",
                                    "localhost",
                                    "127.0.0",
                                    "127.0.0.256",
                                    "::g",
                                    "127.0.0.1%lo",
                                    "[::1]",
                                    "::1]",
                                    "1.2.3.4[135]",
                                    "a b",
                                    "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222"};

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    ends(ARGUMENTS("--config", file_path, "--address", bad[i]), EXIT_USAGE,
         "is no IPv4 or IPv6 address");
}

static void test_numbers(void **state)
{
  struct outcome out;

  (void)state;
  accepts(&out, ARGUMENTS("--config", file_path, "--port", "65535", "--port-range", "1024-1024",
                          "--threads", "64"));
  assert_int_equal(out.options.config.port, 65535);
  assert_int_equal(out.options.config.threads, 64);
  serve_options_deinit(&out.options);
  ends(ARGUMENTS("--config", file_path, "--port", "0"), EXIT_USAGE,
       "--port 0: expected a number from 1 to 65535");
  ends(ARGUMENTS("--config", file_path, "--port", "65536"), EXIT_USAGE, "--port");
  ends(ARGUMENTS("--config", file_path, "--port", " 5"), EXIT_USAGE, "--port");
  ends(ARGUMENTS("--config", file_path, "--port", "+5"), EXIT_USAGE, "--port");
  ends(ARGUMENTS("--config", file_path, "--port-range", "9-8"), EXIT_USAGE, "two ports");
  ends(ARGUMENTS("--config", file_path, "--threads", "65"), EXIT_USAGE, "--threads");
  ends(ARGUMENTS("--config", file_path, "--threads", "0"), EXIT_USAGE, "--threads");
}

static void test_accounts(void **state)
{
  (void)state;
  file_write("mapper: {register-users: [no-such-account-here]}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root"), EXIT_USAGE,
       "register-users: there is no account 'no-such-account-here'");
  file_write("mapper: {register-groups: [no-such-group-here]}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root"), EXIT_USAGE,
       "register-groups: there is no group 'no-such-group-here'");
  file_write("mapper: {register-users: [root], register-groups: [root, 12]}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_OK, "is fine");
  file_write("");
  if (geteuid() != 0)
    return; /* the account to become is looked up by root alone */
  ends(ARGUMENTS("--config", file_path, "--user", "no-such-account-here"), EXIT_USAGE,
       "there is no account 'no-such-account-here'");
}

static void test_check(void **state)
{
  (void)state;
  ends(ARGUMENTS("--config", file_path, "--check", "--user", "root"), EXIT_OK,
       "the configuration is fine");
  ends(ARGUMENTS("--config", file_path, "--check", "--port", "x"), EXIT_USAGE, "--port x");
  ends(ARGUMENTS("--check", "--config", "/nonexistent/file"), EXIT_USAGE, "/nonexistent/file");
  file_write("mapper:\n  prot: 1\n");
  ends(ARGUMENTS("--check", "--config", file_path), EXIT_USAGE, ":2: mapper.prot");
  file_write("");
  ends(ARGUMENTS("--help"), EXIT_OK, "usage: portero serve");
  ends(ARGUMENTS("--unheard-of"), EXIT_USAGE, "unheard-of");
  ends(ARGUMENTS("--port"), EXIT_USAGE, "port");
  ends(ARGUMENTS("stray"), EXIT_USAGE, "unexpected argument 'stray'");
}

static void test_sockets(void **state)
{
  struct outcome out;
  char path[160];

  (void)state;
  memset(path, 'a', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  ends(ARGUMENTS("--config", file_path, "--socket", path), EXIT_USAGE, "too long");
  (void)setenv("PORTERO_SOCKET", "/tmp/by-environment", 1);
  accepts(&out, ARGUMENTS("--config", file_path));
  assert_string_equal(out.options.socket, "/tmp/by-environment");
  serve_options_deinit(&out.options);
  accepts(&out, ARGUMENTS("--config", file_path, "--socket", "/tmp/by-option"));
  assert_string_equal(out.options.socket, "/tmp/by-option");
  serve_options_deinit(&out.options);
  (void)unsetenv("PORTERO_SOCKET");
}

static void policy_write(const char *path)
{
  FILE *f = fopen(path, "we");

  assert_non_null(f);
  assert_true(fputs("default: {calls: allow, register: allow}\n", f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void test_policy_and_book(void **state)
{
  struct outcome out;
  char folder[64], file[96], text[512];

  (void)state;
  (void)snprintf(folder, sizeof folder, "/tmp/portero-serve-folder-%ld", (long)getpid());
  (void)snprintf(file, sizeof file, "%s/policy.yaml", folder);
  assert_int_equal(mkdir(folder, 0755), 0);
  file_write("book: [{output: stderr}]\npolicy: {file: /by/file}\n");
  accepts(&out, ARGUMENTS("--config", file_path, "--policy", "by-option", "--book", "/a", "--book",
                          "b", "--user", "root"));
  assert_int_equal(out.options.config.n_sinks, 3); /* beside the file's */
  assert_string_equal(out.options.config.sinks[2].file, "b");
  assert_int_equal(out.options.policy_file[0], '/'); /* wherever it is read again */
  assert_non_null(strstr(out.options.policy_file, "/by-option"));
  serve_options_deinit(&out.options);
  file_write("");
  accepts(&out, ARGUMENTS("--config", file_path, "--user", "root"));
  assert_string_equal(out.options.policy_file, "");
  serve_options_deinit(&out.options);
  ends(ARGUMENTS("--config", file_path, "--policy", ""), EXIT_USAGE, "--policy : expected a text");
  ends(ARGUMENTS("--config", file_path, "--book", ""), EXIT_USAGE, "--book: expected a file");
  file_write("metrics: {address: 127.0.0.1}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root"), EXIT_USAGE, "needs metrics.port");
  file_write("metrics: {port: 9135}\n");
  accepts(&out, ARGUMENTS("--config", file_path, "--user", "root"));
  serve_options_deinit(&out.options);

  /* What is named has to be of use. */
  (void)snprintf(text, sizeof text, "policy: {file: %s}\nbook:\n  - {file: %s/book.json}\n", file,
                 folder);
  file_write(text);
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_USAGE, file);
  policy_write(file);
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_OK, "is fine");
  (void)snprintf(text, sizeof text, "book:\n  - {file: %s/none/book.json}\n", folder);
  file_write(text);
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_USAGE, "book.file");
  (void)snprintf(text, sizeof text, "book:\n  - {file: %s}\n", folder);
  file_write(text);
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_USAGE, "book.file");
  file_write("");
  assert_int_equal(unlink(file), 0);
  assert_int_equal(rmdir(folder), 0);
}

#define ENDPOINT                                                                                   \
  "endpoints:\n  - interface: 12345678-1234-abcd-ef00-01234567cffb:1.0\n    binding: "

static void endpoint_refused(const char *rest, const char *words)
{
  char text[512];

  (void)snprintf(text, sizeof text, ENDPOINT "%s\n", rest);
  file_write(text);
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_USAGE, ":2: endpoints.");
  ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_USAGE, words);
}

static void test_endpoints(void **state)
{
  static const char *const good[] = {"ncacn_ip_tcp:[5000]",       "ncacn_ip_tcp:192.0.2.1[65535]",
                                     "ncacn_ip_tcp:localhost[1]", "ncalrpc:[/run/x]",
                                     "ncacn_np:[\\pipe\\x]",      "ncacn_ip_tcp:2001:db8::1[5000]"};
  char text[512];

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    (void)snprintf(text, sizeof text, ENDPOINT "'%s'\n", good[i]);
    file_write(text);
    ends(ARGUMENTS("--config", file_path, "--user", "root", "--check"), EXIT_OK, "is fine");
  }
  endpoint_refused("'ncacn_ip_tcp:'", "binding: expected a string binding with an endpoint");
  endpoint_refused("'nonsense:[5000]'", "binding: expected");
  endpoint_refused("'ncacn_ip_tcp:[0]'", "a port from 1 to 65535");
  endpoint_refused("'ncacn_ip_tcp:[65536]'", "a port from 1 to 65535");
  endpoint_refused("'ncacn_ip_tcp:[epmap]'", "a port from 1 to 65535");
  endpoint_refused("'ncacn_ip_tcp:server.example[5000]'", "as host an address or nothing");
  endpoint_refused("'ncacn_ip_tcp:[5000]'\n    object: x", "object: expected a UUID");
  endpoint_refused("'ncacn_ip_tcp:[5000]'\n    annotation: "
                   "0123456789012345678901234567890123456789012345678901234567890123",
                   "annotation: at most 63");
  file_write("endpoints:\n  - {interface: '12345678-1234:1.0', binding: 'ncacn_ip_tcp:[5000]'}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root"), EXIT_USAGE, "endpoints.interface");
  file_write(
      "mapper: {max-entries-per-owner: 1}\nendpoints:\n"
      "  - {interface: '12345678-1234-abcd-ef00-01234567cffb:1.0', binding: 'ncacn_ip_tcp:[1]'}\n"
      "  - {interface: '12345678-1234-abcd-ef00-01234567cffb:1.0', binding: 'ncacn_ip_tcp:[2]'}\n");
  ends(ARGUMENTS("--config", file_path, "--user", "root"), EXIT_USAGE,
       "max-entries-per-owner is 1");
  file_write("");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_addresses), cmocka_unit_test(test_bad_addresses),
      cmocka_unit_test(test_numbers),   cmocka_unit_test(test_accounts),
      cmocka_unit_test(test_check),     cmocka_unit_test(test_sockets),
      cmocka_unit_test(test_endpoints), cmocka_unit_test(test_policy_and_book),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
