/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/output.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/cli/complaint.h"
#include "src/events/text.h"

bool output_colours(FILE *stream)
{
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

  return (!no || !*no) && isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

/* ---- text that others wrote ---- */

/* What is no UTF-8: text_next() takes a byte at a time of it. */
static bool is_broken(uint32_t c, size_t size)
{
  return size == 1 && c >= 0x80;
}

size_t output_text(FILE *stream, const char *text)
{
  size_t columns = 0, n;

  for (; *text; text += n, columns++) {
    uint32_t c = text_next(text, &n);
    if (text_is_unsafe(c) || is_broken(c, n))
      (void)fputc('?', stream);
    else
      (void)fwrite(text, 1, n, stream);
  }
  return columns;
}

size_t output_styled(FILE *stream, const char *style, const char *text)
{
  bool colours = output_colours(stream);
  size_t columns;

  if (colours)
    (void)fprintf(stream, "\033[%sm", style);
  columns = output_text(stream, text);
  if (colours)
    (void)fputs("\033[0m", stream);
  return columns;
}

static void dump_line(FILE *stream, size_t at, const uint8_t *bytes, size_t n)
{
  (void)fprintf(stream, "%08zx ", at);
  for (size_t i = 0; i < 16; i++) {
    if (i == 8)
      (void)fputc(' ', stream);
    if (i < n)
      (void)fprintf(stream, " %02x", (unsigned)bytes[i]);
    else
      (void)fputs("   ", stream);
  }
  (void)fputs("  |", stream);
  for (size_t i = 0; i < n; i++)
    (void)fputc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', stream);
  (void)fputs("|\n", stream);
}

void output_hex_dump(FILE *stream, struct portero_bytes bytes)
{
  for (size_t at = 0; at < bytes.size; at += 16)
    dump_line(stream, at, bytes.data + at, bytes.size - at < 16 ? bytes.size - at : 16);
}

/* ---- progress ---- */

static bool progress_shown;

void output_progress(const char *format, ...)
{
  va_list args;

  if (!isatty(STDERR_FILENO))
    return;
  (void)fputs("\r\033[K", stderr);
  va_start(args, format);
  (void)vfprintf(stderr, format, args);
  va_end(args);
  (void)fflush(stderr);
  progress_shown = true;
}

void output_progress_end(void)
{
  if (progress_shown)
    (void)fputs("\r\033[K", stderr);
  progress_shown = false;
}

/* ---- JSON ---- */

static void json_string(FILE *stream, const char *text)
{
  size_t n;

  (void)fputc('"', stream);
  for (; *text; text += n) {
    uint32_t c = text_next(text, &n);
    if (c == '"' || c == '\\')
      (void)fprintf(stream, "\\%c", (int)c);
    else if (text_is_unsafe(c) || is_broken(c, n))
      (void)fprintf(stream, "\\u%04x", (unsigned)c);
    else
      (void)fwrite(text, 1, n, stream);
  }
  (void)fputc('"', stream);
}

static void json_key(struct out_json *j, const char *key)
{
  if (j->filled)
    (void)fputc(',', j->stream);
  if (j->depth)
    (void)fprintf(j->stream, "\n%*s", (int)(2 * j->depth), "");
  if (key) {
    json_string(j->stream, key);
    (void)fputs(": ", j->stream);
  }
  j->filled = true;
}

void out_begin(struct out_json *j, const char *key, char bracket)
{
  if (j->stream == stdout)
    complaint_answered();
  json_key(j, key);
  (void)fputc(bracket, j->stream);
  j->depth++;
  j->filled = false;
}

void out_end(struct out_json *j, char bracket)
{
  j->depth--;
  if (j->filled)
    (void)fprintf(j->stream, "\n%*s", (int)(2 * j->depth), "");
  (void)fputc(bracket, j->stream);
  j->filled = true;
  if (j->depth == 0)
    (void)fputc('\n', j->stream);
}

void out_text(struct out_json *j, const char *key, const char *value)
{
  json_key(j, key);
  if (value)
    json_string(j->stream, value);
  else
    (void)fputs("null", j->stream);
}

void out_number(struct out_json *j, const char *key, uint64_t value)
{
  json_key(j, key);
  (void)fprintf(j->stream, "%llu", (unsigned long long)value);
}

void out_real(struct out_json *j, const char *key, double value)
{
  json_key(j, key);
  (void)fprintf(j->stream, "%.3f", value);
}

void out_bool(struct out_json *j, const char *key, bool value)
{
  json_key(j, key);
  (void)fputs(value ? "true" : "false", j->stream);
}

void out_hex(struct out_json *j, const char *key, struct portero_bytes value)
{
  json_key(j, key);
  (void)fputc('"', j->stream);
  for (size_t i = 0; i < value.size; i++)
    (void)fprintf(j->stream, "%02x", (unsigned)value.data[i]);
  (void)fputc('"', j->stream);
}

void out_uuid(struct out_json *j, const char *key, const struct portero_uuid *value)
{
  char text[PORTERO_UUID_TEXT_SIZE];

  out_text(j, key, portero_uuid_text(value, text));
}
