/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_json.h"

#include <string.h>

#include "src/events/text.h"

#define DEPTH_MAX 16u
#define DECIMALS  9

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static void blanks(struct log_json *j)
{
  while (j->at < j->end && is_blank(*j->at))
    j->at++;
}

static bool mark(struct log_json *j, char c)
{
  blanks(j);
  if (j->at == j->end || *j->at != c)
    return false;
  j->at++;
  return true;
}

bool log_json_begin(struct log_json *j, bool *out_more)
{
  if (!mark(j, '{'))
    return false;
  *out_more = !mark(j, '}');
  return true;
}

bool log_json_begin_array(struct log_json *j, bool *out_more)
{
  if (!mark(j, '['))
    return false;
  *out_more = !mark(j, ']');
  return true;
}

bool log_json_next(struct log_json *j, char close, bool *out_more)
{
  *out_more = mark(j, ',');
  return *out_more || mark(j, close);
}

bool log_json_at_end(struct log_json *j)
{
  blanks(j);
  return j->at == j->end;
}

/* ---- texts ---- */

static bool hex4(struct log_json *j, uint32_t *out_value)
{
  uint32_t value = 0;

  if (j->end - j->at < 4)
    return false;
  for (unsigned i = 0; i < 4; i++, j->at++) {
    char c = *j->at, low = (char)(c | 0x20);
    if (c >= '0' && c <= '9')
      value = value << 4 | (uint32_t)(c - '0');
    else if (low >= 'a' && low <= 'f')
      value = value << 4 | (uint32_t)(low - 'a' + 10);
    else
      return false;
  }
  *out_value = value;
  return true;
}

/* Behind "\u": a character of one or two UTF-16 units; neither NUL nor half a pair. */
static bool unicode(struct log_json *j, uint32_t *out_character)
{
  uint32_t high, low;

  if (!hex4(j, &high) || high == 0 || (high >= 0xdc00 && high < 0xe000))
    return false;
  *out_character = high;
  if (high < 0xd800 || high >= 0xe000)
    return true;
  if (j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u')
    return false;
  j->at += 2;
  if (!hex4(j, &low) || low < 0xdc00 || low >= 0xe000)
    return false;
  *out_character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

static char *put_utf8(char *to, uint32_t c)
{
  if (c < 0x80) {
    *to++ = (char)c;
    return to;
  }
  if (c < 0x800) {
    *to++ = (char)(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    *to++ = (char)(0xe0 | c >> 12);
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
  } else {
    *to++ = (char)(0xf0 | c >> 18);
    *to++ = (char)(0x80 | (c >> 12 & 0x3f));
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
  }
  *to++ = (char)(0x80 | (c & 0x3f));
  return to;
}

/* Behind the backslash. */
static bool escaped(struct log_json *j, uint32_t *out_character)
{
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  const char *letter;

  if (j->at == j->end)
    return false;
  if (*j->at == 'u') {
    j->at++;
    return unicode(j, out_character);
  }
  letter = memchr(letters, *j->at, sizeof letters - 1);
  if (!letter)
    return false;
  j->at++;
  *out_character = (uint32_t)meant[letter - letters];
  return true;
}

/* A character of more than one byte that may stand in a line; how many bytes, or 0. */
static size_t wide(const struct log_json *j)
{
  size_t left = (size_t)(j->end - j->at), size = 0;
  char bytes[5] = "";
  uint32_t c;

  memcpy(bytes, j->at, left < 4 ? left : 4);
  c = text_next(bytes, &size);
  return c < 0xa0 || (c == 0xfffd && size == 1) ? 0 : size;
}

static bool is_plain(char c)
{
  return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

bool log_json_text(struct log_json *j, const char **out_text)
{
  char *to = j->texts;
  uint32_t c;
  size_t n;

  if (!mark(j, '"'))
    return false;
  for (;;) {
    while (j->at < j->end && is_plain(*j->at))
      *to++ = *j->at++;
    if (j->at == j->end)
      return false;
    if (*j->at == '"')
      break;
    if (*j->at == '\\') {
      j->at++;
      if (!escaped(j, &c))
        return false;
      to = put_utf8(to, c);
      continue;
    }
    n = wide(j);
    if (n == 0)
      return false;
    memcpy(to, j->at, n);
    to += n;
    j->at += n;
  }
  j->at++;
  *to = 0;
  *out_text = j->texts;
  j->texts = to + 1;
  return true;
}

bool log_json_key(struct log_json *j, const char **out_name, size_t *out_size)
{
  char *texts = j->texts;
  const char *from, *ignored;

  blanks(j);
  from = j->at + 1;
  if (!log_json_text(j, &ignored))
    return false;
  j->texts = texts;
  *out_name = from;
  *out_size = (size_t)(j->at - 1 - from);
  return mark(j, ':');
}

/* ---- numbers ---- */

static size_t count_digits(const struct log_json *j)
{
  size_t n = 0;

  while (j->at + n < j->end && j->at[n] >= '0' && j->at[n] <= '9')
    n++;
  return n;
}

/* A number has ended, and is not one of JSON's other kinds. */
static bool number_ends(const struct log_json *j)
{
  return j->at == j->end || (!memchr(".eE+-", *j->at, 5) && count_digits(j) == 0);
}

static bool whole(struct log_json *j, uint64_t *out_value)
{
  size_t n = count_digits(j);
  uint64_t value = 0;

  if (n == 0 || (n > 1 && *j->at == '0'))
    return false;
  for (; n > 0; n--, j->at++)
    if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
        __builtin_add_overflow(value, (uint64_t)(*j->at - '0'), &value))
      return false;
  *out_value = value;
  return true;
}

bool log_json_number(struct log_json *j, uint64_t most, uint64_t *out_value)
{
  uint64_t value;

  blanks(j);
  if (!whole(j, &value) || value > most || !number_ends(j))
    return false;
  *out_value = value;
  return true;
}

/* Two digits at most. */
static bool exponent(struct log_json *j, int *out_exponent)
{
  bool negative;
  size_t n;

  *out_exponent = 0;
  if (j->at == j->end || (*j->at != 'e' && *j->at != 'E'))
    return true;
  j->at++;
  negative = j->at < j->end && *j->at == '-';
  if (j->at < j->end && (*j->at == '-' || *j->at == '+'))
    j->at++;
  n = count_digits(j);
  if (n == 0 || n > 2)
    return false;
  for (; n > 0; n--, j->at++)
    *out_exponent = 10 * *out_exponent + (*j->at - '0');
  *out_exponent = negative ? -*out_exponent : *out_exponent;
  return true;
}

bool log_json_seconds(struct log_json *j, uint64_t *out_nanoseconds)
{
  uint64_t value;
  int shift = DECIMALS, power;
  size_t n;

  blanks(j);
  if (!whole(j, &value))
    return false;
  if (j->at < j->end && *j->at == '.') {
    j->at++;
    n = count_digits(j);
    if (n == 0 || n > DECIMALS)
      return false;
    shift -= (int)n;
    for (; n > 0; n--, j->at++)
      if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
          __builtin_add_overflow(value, (uint64_t)(*j->at - '0'), &value))
        return false;
  }
  if (!exponent(j, &power) || !number_ends(j))
    return false;
  for (shift += power; shift > 0 && value > 0; shift--)
    if (__builtin_mul_overflow(value, UINT64_C(10), &value))
      return false;
  for (; shift < 0 && value > 0; shift++)
    value /= 10;
  *out_nanoseconds = value;
  return true;
}

/* ---- what is not known ---- */

static bool skip_word(struct log_json *j)
{
  static const char *const words[] = {"true", "false", "null"};

  for (size_t i = 0; i < 3; i++) {
    size_t n = strlen(words[i]);
    if ((size_t)(j->end - j->at) >= n && memcmp(j->at, words[i], n) == 0) {
      j->at += n;
      return true;
    }
  }
  return false;
}

static bool skip_number(struct log_json *j)
{
  size_t n;
  int power;

  if (*j->at == '-')
    j->at++;
  n = count_digits(j);
  if (n == 0 || (n > 1 && *j->at == '0'))
    return false;
  j->at += n;
  if (j->at < j->end && *j->at == '.') {
    j->at++;
    n = count_digits(j);
    if (n == 0)
      return false;
    j->at += n;
  }
  return exponent(j, &power);
}

static bool skip_value(struct log_json *j, unsigned depth)
{
  char *texts = j->texts;
  const char *ignored;
  size_t size;
  bool more, members;

  blanks(j);
  if (j->at == j->end || depth == DEPTH_MAX)
    return false;
  if (*j->at == '"') {
    if (!log_json_text(j, &ignored))
      return false;
    j->texts = texts;
    return true;
  }
  members = *j->at == '{';
  if (!members && *j->at != '[')
    return skip_word(j) || skip_number(j);
  if (members ? !log_json_begin(j, &more) : !log_json_begin_array(j, &more))
    return false;
  while (more)
    if ((members && !log_json_key(j, &ignored, &size)) || !skip_value(j, depth + 1) ||
        !log_json_next(j, members ? '}' : ']', &more))
      return false;
  return true;
}

bool log_json_skip(struct log_json *j)
{
  return skip_value(j, 0);
}
