/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/book_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];
static struct portero_book *book;
static json_t *records;

bool lines_open(struct portero_book **out_book)
{
  const struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  const struct portero_sink_file file = {.path = path};
  int fd;

  (void)snprintf(path, sizeof path, "/tmp/portero-book-XXXXXX");
  fd = mkstemp(path);
  if (fd < 0 || close(fd) != 0 || !portero_is_ok(portero_book_new(NULL, &book)))
    return false;
  *out_book = book;
  return portero_is_ok(portero_book_add_file(book, &sink, &file));
}

void lines_close(void)
{
  json_decref(records);
  records = NULL;
  (void)unlink(path);
}

void lines_read(void)
{
  static char line[65536];
  FILE *in;

  assert_true(portero_is_ok(portero_book_flush(book, 10000)));
  json_decref(records);
  records = json_array();
  in = fopen(path, "r");
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) {
    json_error_t error;
    json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!record)
      fail_msg("%s: %s", error.text, line);
    assert_int_equal(json_array_append_new(records, record), 0);
  }
  assert_int_equal(fclose(in), 0);
}

void lines_wait(const char *event, size_t n)
{
  const struct timespec moment = {0, 1000000};

  lines_read();
  for (unsigned i = 0; lines_count(event, NULL, NULL) < n; i++) {
    if (i == 20000)
      fail_msg("there is no %s", event);
    (void)nanosleep(&moment, NULL);
    lines_read();
  }
}

bool lines_hold(const char *bytes, size_t size)
{
  static char all[1u << 20];
  FILE *in = fopen(path, "r");
  size_t n;

  assert_non_null(in);
  n = fread(all, 1, sizeof all, in);
  assert_int_equal(fclose(in), 0);
  return memmem(all, n, bytes, size) != NULL;
}

/* ---- records ---- */

size_t lines_total(void)
{
  return json_array_size(records);
}

const json_t *lines_at(size_t i)
{
  return json_array_get(records, i);
}

const char *lines_text(const json_t *record, const char *key)
{
  const char *value = json_string_value(json_object_get(record, key));

  return value ? value : "";
}

json_int_t lines_number(const json_t *record, const char *key)
{
  return json_integer_value(json_object_get(record, key));
}

size_t lines_count(const char *event, const char *key, const char *value)
{
  size_t n = 0;

  for (size_t i = 0; i < lines_total(); i++)
    n += strcmp(lines_text(lines_at(i), "event"), event) == 0 &&
         (!key || strcmp(lines_text(lines_at(i), key), value) == 0);
  return n;
}

const json_t *lines_nth(const char *event, size_t n)
{
  for (size_t i = 0; i < lines_total(); i++)
    if (strcmp(lines_text(lines_at(i), "event"), event) == 0 && n-- == 0)
      return lines_at(i);
  fail_msg("no such %s", event);
  return NULL;
}

void lines_has(const json_t *record, const char *key, const char *value)
{
  if (strcmp(lines_text(record, key), value) != 0)
    fail_msg("%s of %s is \"%s\", not \"%s\"", key, lines_text(record, "event"),
             lines_text(record, key), value);
}

void lines_has_tags(const json_t *record, const char *tags)
{
  const json_t *list = json_object_get(record, "tags");
  char all[256] = "";

  for (size_t i = 0; i < json_array_size(list); i++)
    (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "",
                   json_string_value(json_array_get(list, i)));
  assert_string_equal(all, tags);
}
