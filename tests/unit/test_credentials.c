/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from options and from files; SIDs as text; what a login may ask for. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "src/auth/credentials.h"
#include "src/auth/mechanisms.h"

static uint32_t made(const struct portero_credentials_options *options)
{
  struct portero_credentials *c = NULL;
  portero_status status = portero_credentials_new(options, &c);

  if (portero_is_ok(status))
    portero_credentials_free(c);
  else
    assert_null(c);
  return status.code;
}

static void users_bring_their_domain(void **state)
{
  struct portero_credentials_options o = {.user = "LAB\\alice", .domain = "OTHER", .password = "x"};
  struct portero_credentials *c;

  (void)state;
  assert_true(portero_is_ok(portero_credentials_new(&o, &c)));
  assert_string_equal(c->user, "alice");
  assert_string_equal(c->domain, "LAB");
  portero_credentials_free(portero_credentials_hold(c));
  portero_credentials_free(c);
  o.user = "alice@LAB.TEST";
  assert_true(portero_is_ok(portero_credentials_new(&o, &c)));
  assert_string_equal(c->user, "alice@LAB.TEST");
  assert_string_equal(c->domain, "OTHER");
  portero_credentials_free(c);
}

static void contradictions_are_refused(void **state)
{
  static const uint8_t hash[16] = {1};

  (void)state;
  assert_int_equal(made(&(struct portero_credentials_options){.user = "a", .password = "b"}), 0);
  assert_int_equal(made(&(struct portero_credentials_options){.anonymous = true}), 0);
  assert_int_equal(made(&(struct portero_credentials_options){.user = NULL}), 0);
  assert_int_equal(
      made(&(struct portero_credentials_options){.user = "a", .password = "b", .nt_hash = hash}),
      PORTERO_LOCAL_USAGE);
  assert_int_equal(made(&(struct portero_credentials_options){.password = "b"}),
                   PORTERO_LOCAL_USAGE);
  assert_int_equal(made(&(struct portero_credentials_options){.anonymous = true, .user = "a"}),
                   PORTERO_LOCAL_USAGE);
  assert_int_equal(made(&(struct portero_credentials_options){.user = ""}),
                   PORTERO_LOCAL_MALFORMED);
}

static portero_status from_text(const char *text, mode_t mode, struct portero_credentials **out)
{
  int fd = memfd_create("credentials", MFD_CLOEXEC);
  char path[64];
  portero_status status;

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  assert_int_equal(fchmod(fd, mode), 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  status = portero_credentials_from_file(path, out);
  close(fd);
  return status;
}

static void files_are_read(void **state)
{
  struct portero_credentials *c = NULL;

  (void)state;
  assert_true(portero_is_ok(from_text("# of the tests\nusername = alice\r\ndomain=LAB\n\n"
                                      "password = two words=\n",
                                      0600, &c)));
  assert_string_equal(c->user, "alice");
  assert_string_equal(c->domain, "LAB");
  assert_string_equal(c->password, "two words=");
  portero_credentials_free(c);
}

static void files_that_are_wrong_are_refused(void **state)
{
  struct portero_credentials *c = NULL;

  (void)state;
  assert_true(
      portero_is_local(from_text("username = a\npassword = b\n", 0640, &c), PORTERO_LOCAL_DENIED));
  assert_true(portero_is_local(from_text("username = a\npasswort = b\n", 0600, &c),
                               PORTERO_LOCAL_MALFORMED));
  assert_true(portero_is_local(from_text("password = b\n", 0600, &c), PORTERO_LOCAL_MALFORMED));
  assert_true(portero_is_local(from_text("username a\n", 0600, &c), PORTERO_LOCAL_MALFORMED));
  assert_int_equal(portero_credentials_from_file("/nonexistent/file", &c).klass,
                   PORTERO_CLASS_SYSTEM);
  assert_null(c);
}

static void logins_are_consistent(void **state)
{
  struct portero_security *s = NULL;

  (void)state;
  assert_true(portero_is_local(
      portero_login_begin(&(struct portero_login){.level = PORTERO_LEVEL_NONE}, "h", &s),
      PORTERO_LOCAL_USAGE));
  assert_true(portero_is_local(
      portero_login_begin(&(struct portero_login){.type = PORTERO_AUTH_NETLOGON}, "h", &s),
      PORTERO_LOCAL_USAGE));
  assert_true(portero_is_local(portero_login_begin(&(struct portero_login){.type = 99}, "h", &s),
                               PORTERO_LOCAL_UNSUPPORTED));
  assert_null(s);
}

static void sids_are_read_and_written(void **state)
{
  static const char *const texts[] = {"S-1-5-18", "S-1-5-21-1-2-4294967295-500", "S-1-0",
                                      "S-1-0x100000000000-7"};
  char text[PORTERO_SID_TEXT];
  struct portero_sid sid, other;

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    assert_true(portero_sid_parse(texts[i], &sid));
    assert_string_equal(portero_sid_text(&sid, text), texts[i]);
  }
  assert_true(portero_sid_parse("S-1-5-21", &sid));
  assert_true(portero_sid_append(&sid, 500, &other));
  assert_string_equal(portero_sid_text(&other, text), "S-1-5-21-500");
  assert_true(portero_sid_equal(&other, &other));
  assert_false(portero_sid_equal(&sid, &other));
}

static void what_is_no_sid_is_refused(void **state)
{
  static const char *const texts[] = {"",
                                      "S",
                                      "S-",
                                      "S-1",
                                      "S-1-",
                                      "S-2-5",
                                      "S-1-5-",
                                      "S-1-5-x",
                                      "S-1-5-4294967296",
                                      "S-1-5--1",
                                      "S-1-5- 1",
                                      "S-1-5-18 ",
                                      "T-1-5-18",
                                      "S-1-281474976710656",
                                      "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"};
  struct portero_sid sid;

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_false(portero_sid_parse(texts[i], &sid));
  assert_true(portero_sid_parse("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", &sid));
  assert_false(portero_sid_append(&sid, 1, &sid));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(users_bring_their_domain),
      cmocka_unit_test(contradictions_are_refused),
      cmocka_unit_test(files_are_read),
      cmocka_unit_test(files_that_are_wrong_are_refused),
      cmocka_unit_test(logins_are_consistent),
      cmocka_unit_test(sids_are_read_and_written),
      cmocka_unit_test(what_is_no_sid_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
