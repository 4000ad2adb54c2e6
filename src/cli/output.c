/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/output.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool output_colours(FILE *stream)
{
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

  return (!no || !*no) && isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

/* ---- text that others wrote ---- */

/* Length of the UTF-8 character at text, 0 when it is none or should not reach a terminal. */
static size_t text_character(const unsigned char *text)
{
  static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  size_t n = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : 4;
  uint32_t value = text[0];

  if (n == 1)
    return value >= 0x20 && value != 0x7f ? 1 : 0;
  if (text[0] < 0xc2 || text[0] > 0xf4)
    return 0;
  value = text[0] & (0xffu >> (n + 1));
  for (size_t i = 1; i < n; i++) {
    if (text[i] >> 6 != 2)
      return 0;
    value = value << 6 | (text[i] & 0x3fu);
  }
  if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
    return 0;
  return value < 0xa0 ? 0 : n; /* the C1 controls */
}

size_t output_text(FILE *stream, const char *text)
{
  size_t columns = 0, n;

  for (; *text; columns++) {
    n = text_character((const unsigned char *)text);
    if (n)
      (void)fwrite(text, 1, n, stream);
    else
      (void)fputc('?', stream);
    text += n ? n : 1;
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
  const unsigned char *at = (const unsigned char *)text;
  size_t n;

  (void)fputc('"', stream);
  while (*at) {
    n = text_character(at);
    if (*at == '"' || *at == '\\')
      (void)fprintf(stream, "\\%c", *at);
    else if (n)
      (void)fwrite(at, 1, n, stream);
    else if (*at < 0x80)
      (void)fprintf(stream, "\\u%04x", (unsigned)*at);
    else
      (void)fputs("\\ufffd", stream);
    at += n ? n : 1;
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
