/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts file: its lines, its mode, changes, and who reads it meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <portero/utf16.h>

#include "src/auth/accounts.h"
#include "tests/unit/support.h"

#define HASH    "8846f7eaee8fb117ad06bdd830b7586c"
#define SERVICE 54321u /* nobody has this */

static char folder[64], path[96];

/* ---- lines ---- */

static void check_line(const char *line, bool good)
{
  struct account a;
  portero_status status = account_parse(line, &a);

  if (portero_is_ok(status) != good ||
      (!good && !portero_is_local(status, PORTERO_LOCAL_MALFORMED)))
    fail_msg("%s", line);
}

static void test_lines(void **state)
{
  struct account a;
  uint8_t text[256];
  struct portero_writer w;

  (void)state;
  assert_true(portero_is_ok(account_parse(
      "al ice:8846F7eaee8fb117ad06bdd830b7586c:S-1-5-21-7,S-1-5-32-545:disabled", &a)));
  assert_string_equal(a.name, "al ice");
  support_assert_hex(portero_bytes_make(a.nt_hash, 16), HASH);
  assert_int_equal(a.n_sids, 2);
  assert_int_equal(a.sids[1].sub[1], 545);
  assert_true(a.disabled);
  portero_writer_init_fixed(&w, text, sizeof text);
  account_write(&w, &a);
  portero_write_u8(&w, 0);
  assert_string_equal((char *)text, "al ice:" HASH ":S-1-5-21-7,S-1-5-32-545:disabled\n");
  assert_true(portero_is_ok(account_parse("bob:" HASH "::disabled", &a)));
  assert_true(a.disabled && a.n_sids == 0);
  portero_writer_reset(&w);
  account_write(&w, &a);
  portero_write_u8(&w, 0);
  assert_string_equal((char *)text, "bob:" HASH "::disabled\n");
  assert_true(portero_is_local(account_parse("# comment", &a), PORTERO_LOCAL_NOT_FOUND));
  assert_true(portero_is_local(account_parse("", &a), PORTERO_LOCAL_NOT_FOUND));
}

static void test_wrong_lines(void **state)
{
  static char long_one[ACCOUNTS_LINE_SIZE + 8];

  (void)state;
  check_line("alice:" HASH, true);
  check_line("alice", false);
  check_line("alice:", false);
  check_line(":" HASH, false);
  check_line("alice:" HASH "0", false);
  check_line("alice:8846f7eaee8fb117ad06bdd830b7586g", false);
  check_line("alice:" HASH ":S-1-5-", false);
  check_line("alice:" HASH ":S-1-5-21,", true);
  check_line("alice:" HASH ":S-1-5-21,x", false);
  check_line("alice:" HASH "::off", false);
  check_line("alice:" HASH ":::", false);
  check_line("al/ice:" HASH, false);
  check_line("al\\ice:" HASH, false);
  check_line("al\tice:" HASH, false);
  check_line(" alice:" HASH, false);
  check_line("al\xffice:" HASH, false);
  memset(long_one, 'a', ACCOUNT_NAME_SIZE);
  memcpy(long_one + ACCOUNT_NAME_SIZE - 1, ":" HASH, sizeof ":" HASH);
  check_line(long_one, true);
  long_one[ACCOUNT_NAME_SIZE - 1] = 'a';
  memcpy(long_one + ACCOUNT_NAME_SIZE, ":" HASH, sizeof ":" HASH);
  check_line(long_one, false);
  memset(long_one, 'a', ACCOUNTS_LINE_SIZE + 7);
  check_line(long_one, false);
}

/* ---- the file ---- */

static void write_file(const char *text, mode_t mode)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(fchmod(fd, mode), 0);
  close(fd);
}

static void assert_file(const char *text)
{
  char found[1024];
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, found, sizeof found - 1);
  struct stat st;

  assert_true(n >= 0);
  found[n] = 0;
  assert_string_equal(found, text);
  assert_int_equal(fstat(fd, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  close(fd);
}

static struct account account_of(const char *name)
{
  struct account a;

  memset(&a, 0, sizeof a);
  (void)snprintf(a.name, sizeof a.name, "%s", name);
  memset(a.nt_hash, 0x11, sizeof a.nt_hash);
  return a;
}

static portero_status find(struct accounts *file, const char *name, struct account *out_account)
{
  uint8_t wide[512];
  size_t size;

  assert_true(
      portero_is_ok(portero_utf8_to_utf16(name, strlen(name), false, wide, sizeof wide, &size)));
  return accounts_find(file, portero_bytes_make(wide, size), out_account);
}

static bool knows(struct accounts *file, const char *name)
{
  struct account a;

  return portero_is_ok(find(file, name, &a));
}

static portero_status try_open(unsigned *out_line)
{
  struct accounts *file;
  portero_status status = accounts_open(path, &file, out_line);

  if (portero_is_ok(status))
    accounts_free(file);
  return status;
}

static void test_look_up(void **state)
{
  struct accounts *file;
  struct account a;
  unsigned line;

  (void)state;
  write_file("# head\nzoe:" HASH "\n\nAlice:" HASH ":S-1-5-7\n\xc3\x89mile:" HASH, 0600);
  assert_true(portero_is_ok(accounts_open(path, &file, &line)));
  assert_true(portero_is_ok(find(file, "aLICE", &a)));
  assert_string_equal(a.name, "Alice");
  assert_int_equal(a.n_sids, 1);
  assert_true(knows(file, "ZOE") && knows(file, "\xc3\xa9mile"));
  assert_false(knows(file, "alic") || knows(file, "alicea") || knows(file, "head"));
  assert_false(knows(file, ""));
  accounts_free(file);
  accounts_free(NULL);
}

static void test_modes(void **state)
{
  unsigned line;

  (void)state;
  for (mode_t bit = 01; bit < 0200; bit <<= 1) {
    write_file("alice:" HASH "\n", 0600 | bit);
    assert_true(portero_is_local(try_open(&line), PORTERO_LOCAL_DENIED));
    assert_true(portero_is_local(accounts_add(path, &(struct account){.name = "x"}, true),
                                 PORTERO_LOCAL_DENIED));
  }
  write_file("", 0400);
  assert_true(portero_is_ok(try_open(&line)));
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_false(portero_is_ok(try_open(&line)));
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0); /* does not hang */
  assert_true(portero_is_local(try_open(&line), PORTERO_LOCAL_DENIED));
  assert_int_equal(unlink(path), 0);
  assert_int_equal(try_open(&line).code, ENOENT);
}

/* Root keeps a service's file for it, which stays the service's; its own servers do not believe it. */
static void test_owners(void **state)
{
  struct account a = account_of("carol");
  struct stat st;
  unsigned line;

  (void)state;
  if (geteuid() != 0)
    skip();
  write_file("alice:" HASH "\n", 0600);
  assert_int_equal(chown(path, SERVICE, SERVICE), 0);
  assert_true(portero_is_local(try_open(&line), PORTERO_LOCAL_DENIED));
  assert_true(portero_is_ok(accounts_add(path, &a, false)));
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_uid, SERVICE);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(chmod(path, 0640), 0);
  assert_true(portero_is_local(accounts_remove(path, "carol"), PORTERO_LOCAL_DENIED));
  assert_int_equal(chmod(path, 0600), 0);
  assert_int_equal(seteuid(SERVICE + 1), 0);
  assert_false(portero_is_ok(accounts_remove(path, "carol")));
  assert_int_equal(seteuid(0), 0);
  assert_true(portero_is_ok(accounts_remove(path, "carol")));
  assert_int_equal(unlink(path), 0);
}

static void test_malformed_files(void **state)
{
  unsigned line = 0;

  (void)state;
  write_file("a:" HASH "\nb:" HASH "\nc\n", 0600);
  assert_true(portero_is_local(try_open(&line), PORTERO_LOCAL_MALFORMED));
  assert_int_equal(line, 3);
  write_file("bob:" HASH "\nBOB:" HASH "\n", 0600); /* which of the two? */
  assert_true(portero_is_local(try_open(&line), PORTERO_LOCAL_MALFORMED));
}

/* What changes counts at once; what is broken lets nobody in until it is mended. */
static void test_read_again(void **state)
{
  struct account a = account_of("carol");
  struct accounts *file;
  unsigned line;

  (void)state;
  write_file("alice:" HASH "\n", 0600);
  assert_true(portero_is_ok(accounts_open(path, &file, &line)));
  assert_false(knows(file, "carol"));
  assert_true(portero_is_ok(accounts_add(path, &a, false)));
  assert_true(knows(file, "carol") && knows(file, "alice"));
  assert_true(portero_is_ok(accounts_remove(path, "ALICE")));
  assert_false(knows(file, "alice"));
  assert_int_equal(chmod(path, 0640), 0);
  assert_true(portero_is_local(find(file, "carol", &a), PORTERO_LOCAL_DENIED));
  assert_int_equal(chmod(path, 0600), 0);
  assert_true(knows(file, "carol"));
  write_file("carol:zz\n", 0600);
  assert_true(portero_is_local(find(file, "carol", &a), PORTERO_LOCAL_MALFORMED));
  assert_int_equal(unlink(path), 0);
  assert_int_equal(find(file, "carol", &a).code, ENOENT);
  write_file("carol:" HASH "\n", 0600);
  assert_true(knows(file, "carol"));
  accounts_free(file);
}

static void test_changes(void **state)
{
  struct account a = account_of("alice");

  (void)state;
  (void)unlink(path);
  assert_int_equal(accounts_remove(path, "alice").code, PORTERO_LOCAL_NOT_FOUND);
  assert_true(portero_is_ok(accounts_add(path, &a, false)));
  assert_file("alice:11111111111111111111111111111111\n");
  write_file("# kept\n\nzoe:" HASH "\n# last", 0600);
  assert_true(portero_is_ok(accounts_add(path, &a, false)));
  assert_file("# kept\n\nzoe:" HASH "\n# last\nalice:11111111111111111111111111111111\n");
  assert_true(portero_is_local(accounts_add(path, &a, false), PORTERO_LOCAL_EXISTS));
  (void)snprintf(a.name, sizeof a.name, "ZOE");
  a.disabled = true;
  assert_true(portero_is_local(accounts_add(path, &a, false), PORTERO_LOCAL_EXISTS));
  assert_true(portero_is_ok(accounts_add(path, &a, true)));
  assert_file("# kept\n\nZOE:11111111111111111111111111111111::disabled\n# last\n"
              "alice:11111111111111111111111111111111\n");
  assert_true(portero_is_ok(accounts_remove(path, "Alice")));
  assert_true(portero_is_local(accounts_remove(path, "Alice"), PORTERO_LOCAL_NOT_FOUND));
  assert_file("# kept\n\nZOE:11111111111111111111111111111111::disabled\n# last\n");
  (void)snprintf(a.name, sizeof a.name, "a:b");
  assert_true(portero_is_local(accounts_add(path, &a, true), PORTERO_LOCAL_MALFORMED));
}

/* ---- many at once ---- */

#define WRITERS  4u
#define ACCOUNTS 8u

static void *add_some(void *arg)
{
  unsigned who = *(const unsigned *)arg;
  char name[32];

  for (unsigned i = 0; i < ACCOUNTS; i++) {
    struct account a;
    (void)snprintf(name, sizeof name, "user-%u-%u", who, i);
    a = account_of(name);
    if (!portero_is_ok(accounts_add(path, &a, false)))
      return arg;
  }
  return NULL;
}

static void test_writers_and_a_reader(void **state)
{
  unsigned numbers[WRITERS], line;
  pthread_t writers[WRITERS];
  struct accounts *file;
  char name[32];

  (void)state;
  write_file("alice:" HASH "\n", 0600);
  assert_true(portero_is_ok(accounts_open(path, &file, &line)));
  for (unsigned i = 0; i < WRITERS; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&writers[i], NULL, add_some, &numbers[i]), 0);
  }
  for (unsigned i = 0; i < 100; i++)
    assert_true(knows(file, "alice")); /* never half a file */
  for (unsigned i = 0; i < WRITERS; i++) {
    void *failed;
    assert_int_equal(pthread_join(writers[i], &failed), 0);
    assert_null(failed);
  }
  for (unsigned i = 0; i < WRITERS * ACCOUNTS; i++) {
    (void)snprintf(name, sizeof name, "USER-%u-%u", i / ACCOUNTS, i % ACCOUNTS);
    assert_true(knows(file, name)); /* none was lost */
  }
  accounts_free(file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_wrong_lines),
      cmocka_unit_test(test_look_up),
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_owners),
      cmocka_unit_test(test_malformed_files),
      cmocka_unit_test(test_read_again),
      cmocka_unit_test(test_changes),
      cmocka_unit_test(test_writers_and_a_reader),
  };
  char lock[128];
  int failed;

  (void)snprintf(folder, sizeof folder, "/tmp/portero-accounts-XXXXXX");
  if (!mkdtemp(folder))
    return 1;
  (void)snprintf(path, sizeof path, "%s/accounts", folder);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  (void)snprintf(lock, sizeof lock, "%s.lock", path);
  (void)unlink(lock);
  (void)unlink(path);
  return failed || rmdir(folder) != 0;
}
