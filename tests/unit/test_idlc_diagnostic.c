/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/idlc_files.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>

/* What is printed for an error at a place of text. */
static void shows(const char *text, uint32_t line, uint16_t column, const char *hint,
                  const char *printed)
{
  struct idlc_place place = {1, column, line};
  struct idlc_files f;

  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", text);
  assert_int_equal(idlc_open(&f.sources, "a.idl", 0), 1);
  idlc_error(&f.sources, place, hint, "bad %s", "thing");
  assert_string_equal(idlc_files_said(&f), printed);
  idlc_files_deinit(&f);
}

static void test_line(void **state)
{
  (void)state;
  shows("one\r\ntypedef int x\r\nthree", 2, 9, "add a ';'",
        "a.idl:2:9: error: bad thing\n"
        "    2 | typedef int x\n"
        "      |         ^~~\n"
        "      = hint: add a ';'\n");
  shows("a;b", 1, 2, NULL, "a.idl:1:2: error: bad thing\n    1 | a;b\n      |  ^\n");
  /* The end of a line, and of a file. */
  shows("ab\n", 1, 3, NULL, "a.idl:1:3: error: bad thing\n    1 | ab\n      |   ^\n");
  shows("ab\n", 2, 1, NULL, "a.idl:2:1: error: bad thing\n    2 | \n      | ^\n");
}

static void test_no_line(void **state)
{
  struct idlc_place nowhere = {0, 0, 0}, far = {7, 1, 1};
  struct idlc_files f;

  (void)state;
  shows("ab\n", 3, 1, NULL, "a.idl:3:1: error: bad thing\n");
  shows("ab\n", 1, 4, NULL, "a.idl:1:4: error: bad thing\n");
  shows("ab\n", 1, UINT16_MAX, NULL, "a.idl:1: error: bad thing\n");
  shows("ab\n", 0, 0, NULL, "a.idl: error: bad thing\n");
  shows("", 1, 2, NULL, "a.idl:1:2: error: bad thing\n");
  idlc_files_init(&f, NULL);
  idlc_warn(&f.sources, nowhere, NULL, "w");
  idlc_note(&f.sources, far, "n");
  assert_string_equal(idlc_files_said(&f), "warning: w\nnote: n\n");
  assert_int_equal(f.sources.warnings, 1);
  assert_int_equal(f.sources.errors, 0);
  idlc_files_deinit(&f);
}

static void test_columns(void **state)
{
  (void)state;
  shows("\tx\ty", 1, 4, NULL,
        "a.idl:1:4: error: bad thing\n    1 |         x       y\n      |                 ^\n");
  /* Two bytes and one column, three and two, a combining mark. */
  shows("\xc3\xa9 x", 1, 4, NULL, "a.idl:1:4: error: bad thing\n    1 | \xc3\xa9 x\n      |   ^\n");
  shows("\xe6\xbc\xa2 x", 1, 5, NULL,
        "a.idl:1:5: error: bad thing\n    1 | \xe6\xbc\xa2 x\n      |    ^\n");
  shows("e\xcc\x81 x", 1, 5, NULL,
        "a.idl:1:5: error: bad thing\n    1 | e\xcc\x81 x\n      |   ^\n");
  shows("\xef\xbb\xbfx y", 1, 3, NULL, "a.idl:1:3: error: bad thing\n    1 | x y\n      |   ^\n");
}

/* Nothing reaches a terminal that is not text. */
static void test_unsafe(void **state)
{
  struct idlc_place nowhere = {0, 0, 0};
  struct idlc_files f;

  (void)state;
  shows("\x1b[1m \xff \xe2\x80\xae\xed\xa0\x80 x", 1, 15, NULL,
        "a.idl:1:15: error: bad thing\n"
        "    1 | \xef\xbf\xbd[1m \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd x\n"
        "      |           ^\n");
  idlc_files_init(&f, NULL);
  idlc_error(&f.sources, nowhere, "a\x1b", "\x1b]0;t\x07");
  assert_string_equal(idlc_files_said(&f), "error: \xef\xbf\xbd]0;t\xef\xbf\xbd\n"
                                           "      = hint: a\xef\xbf\xbd\n");
  idlc_files_deinit(&f);
}

static void test_long_line(void **state)
{
  char line[301], want[512];

  (void)state;
  memset(line, '.', 300);
  line[300] = '\0';
  line[199] = '!';
  (void)snprintf(want, sizeof want,
                 "a.idl:1:200: error: bad thing\n    1 | ...%.60s!%.39s...\n      |    %60s^\n",
                 line, line, "");
  shows(line, 1, 200, NULL, want);
  line[4] = '!';
  (void)snprintf(want, sizeof want,
                 "a.idl:1:5: error: bad thing\n    1 | ....!%.95s...\n      |     ^\n", line + 5);
  shows(line, 1, 5, NULL, want);
}

static void test_colour(void **state)
{
  struct idlc_place place = {1, 1, 1};
  struct idlc_diagnostic d = {IDLC_WARNING, {1, 1, 1}, "w", NULL};
  struct portero_writer w;
  struct idlc_files f;
  char buffer[256] = "";

  (void)state;
  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", "x");
  assert_int_equal(idlc_open(&f.sources, "a.idl", 0), 1);
  d.place = place;
  portero_writer_init_fixed(&w, buffer, sizeof buffer - 1);
  idlc_print(&f.sources, &d, true, &w);
  assert_string_equal(buffer, "\x1b[1ma.idl:1:1: \x1b[1;35mwarning: \x1b[0mw\n"
                              "    1 | x\n      | \x1b[1;32m^\x1b[0m\n");
  idlc_files_deinit(&f);
}

static void test_too_many(void **state)
{
  struct idlc_place nowhere = {0, 0, 0};
  struct idlc_files f;

  (void)state;
  idlc_files_init(&f, NULL);
  for (unsigned i = 1; i < IDLC_MAX_ERRORS; i++)
    idlc_error(&f.sources, nowhere, NULL, "e");
  assert_false(idlc_hopeless(&f.sources));
  idlc_error(&f.sources, nowhere, NULL, "last");
  assert_true(idlc_hopeless(&f.sources));
  idlc_error(&f.sources, nowhere, NULL, "unseen");
  idlc_note(&f.sources, nowhere, "unseen");
  idlc_warn(&f.sources, nowhere, NULL, "unseen");
  assert_null(strstr(idlc_files_said(&f), "unseen"));
  assert_non_null(strstr(idlc_files_said(&f), "error: last\nnote: too many errors, giving up\n"));
  idlc_files_deinit(&f);
}

static void test_long_message(void **state)
{
  struct idlc_place nowhere = {0, 0, 0};
  struct support_mem mem;
  struct idlc_files f;
  char text[3000];

  (void)state;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  idlc_files_init(&f, NULL);
  idlc_error(&f.sources, nowhere, NULL, "%s", text);
  assert_true(strlen(idlc_files_said(&f)) < 1100);
  assert_non_null(strstr(idlc_files_said(&f), "xxx...\n"));
  idlc_files_deinit(&f);
  support_mem_init(&mem, 0);
  idlc_files_init(&f, &mem.mem);
  idlc_error(&f.sources, nowhere, NULL, "%s", text);
  assert_true(f.sources.out_of_memory);
  assert_string_equal(idlc_files_said(&f), "error: out of memory\n");
  idlc_files_deinit(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line),      cmocka_unit_test(test_no_line),
      cmocka_unit_test(test_columns),   cmocka_unit_test(test_unsafe),
      cmocka_unit_test(test_long_line), cmocka_unit_test(test_colour),
      cmocka_unit_test(test_too_many),  cmocka_unit_test(test_long_message),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
