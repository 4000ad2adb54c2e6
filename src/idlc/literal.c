/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/lexer.h"

#include <string.h>

static unsigned digit_value(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 99;
}

/* ---- numbers ---- */

struct number {
  const char *at, *end;
  bool overflow;
};

static uint64_t number_digits(struct number *n, unsigned base)
{
  uint64_t value = 0;

  for (; n->at < n->end && digit_value(*n->at) < base; n->at++)
    if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
        __builtin_add_overflow(value, (uint64_t)digit_value(*n->at), &value))
      n->overflow = true;
  return value;
}

/* U, L, UL, LL, and Microsoft's i64, ui64. */
static bool number_suffix(const struct number *n, bool *out_unsigned)
{
  static const char *const known[] = {"",   "l",   "ll",   "i64",  "i32", "u",
                                      "ul", "ull", "ui64", "ui32", "lu",  "llu"};
  size_t length = (size_t)(n->end - n->at);
  char low[5] = "";

  if (length >= sizeof low)
    return false;
  for (size_t i = 0; i < length; i++)
    low[i] = (char)(n->at[i] | 0x20);
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(low, known[i]) == 0) {
      *out_unsigned = i >= 5;
      return true;
    }
  }
  return false;
}

/* Digits, a point, digits, an exponent, f or l. */
static bool number_is_real(const char *at, const char *end)
{
  struct number n = {at, end, false};
  size_t digits;

  (void)number_digits(&n, 10);
  digits = (size_t)(n.at - at);
  if (n.at < end && *n.at == '.') {
    const char *from = ++n.at;
    (void)number_digits(&n, 10);
    digits += (size_t)(n.at - from);
  }
  if (n.at < end && (*n.at | 0x20) == 'e') {
    const char *from;
    n.at++;
    if (n.at < end && (*n.at == '+' || *n.at == '-'))
      n.at++;
    from = n.at;
    (void)number_digits(&n, 10);
    if (n.at == from)
      return false;
  }
  if (n.at < end && ((*n.at | 0x20) == 'f' || (*n.at | 0x20) == 'l'))
    n.at++;
  return digits && n.at == end;
}

static bool number_has(const struct lexer_token *t, const char *any)
{
  for (size_t i = 0; i < t->length; i++)
    if (strchr(any, t->text[i]))
      return true;
  return false;
}

void literal_number(struct idlc_sources *s, const struct lexer_token *t,
                    struct idlc_token *out_token)
{
  struct number n = {t->text, t->text + t->length, false};
  bool octal = t->length > 1 && t->text[0] == '0';
  bool hex = octal && (t->text[1] | 0x20) == 'x';
  unsigned base = hex ? 16 : octal ? 8 : 10;
  bool is_unsigned = false;
  uint64_t value;

  out_token->kind = IDLC_NUMBER;
  if (!hex && number_has(t, ".eE") && number_is_real(n.at, n.end)) {
    out_token->kind = IDLC_REAL;
    return;
  }
  n.at += hex ? 2 : 0;
  octal = n.at < n.end; /* now: there are digits to read */
  value = number_digits(&n, base);
  if (!octal || !number_suffix(&n, &is_unsigned)) {
    idlc_error(s, t->place, NULL, "'%.*s' is not a number", (int)(t->length < 60 ? t->length : 60),
               t->text);
    return;
  }
  if (n.overflow) {
    idlc_error(s, t->place, "the largest is 0xffffffffffffffff", "the number is too large");
    return;
  }
  out_token->value = value;
  out_token->is_unsigned = is_unsigned || value > INT64_MAX;
}

/* ---- quotes ---- */

void literal_inside(const struct lexer_token *t, const char **out_text, size_t *out_length)
{
  size_t begin = t->length && t->text[0] == 'L' ? 2 : 1;

  *out_text = t->text + begin;
  *out_length = t->length > begin ? t->length - begin - 1 : 0;
}

static unsigned escape_simple(char c)
{
  static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
  const char *at = c ? strchr(from, c) : NULL;

  return (uint8_t)(at ? to[at - from] : c);
}

/* One character; p moves behind it. */
static uint64_t char_read(const char **p, const char *end)
{
  uint64_t value = 0;
  const char *at = *p;

  if (at[0] != '\\' || end - at < 2) {
    *p = at + 1;
    return (uint8_t)at[0];
  }
  at++;
  if (digit_value(*at) < 8) {
    for (unsigned i = 0; i < 3 && at < end && digit_value(*at) < 8; i++)
      value = value << 3 | digit_value(*at++);
  } else if (*at == 'x') {
    for (at++; at < end && digit_value(*at) < 16; at++)
      value = (value << 4 | digit_value(*at)) & UINT32_MAX;
  } else {
    value = escape_simple(*at++);
  }
  *p = at;
  return value;
}

/* What UTF-8 means, for L'x'; 0 when it is not one character. */
static uint64_t char_wide(const char *p, size_t length)
{
  static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint64_t value;

  if (length < 2 || length > 4 || (uint8_t)p[0] < 0xc2)
    return 0;
  value = (uint8_t)p[0] & mask[length];
  for (size_t i = 1; i < length; i++) {
    if (((uint8_t)p[i] & 0xc0) != 0x80)
      return 0;
    value = value << 6 | ((uint8_t)p[i] & 0x3f);
  }
  return value;
}

uint64_t literal_char(struct idlc_sources *s, const struct lexer_token *t)
{
  const char *p, *end;
  size_t length;
  uint64_t value = 0;
  unsigned n = 0;

  literal_inside(t, &p, &length);
  if (t->text[0] == 'L' && char_wide(p, length))
    return char_wide(p, length);
  for (end = p + length; p < end; n++)
    value = value << 8 | char_read(&p, end);
  if (n == 0 || n > 4) {
    idlc_error(s, t->place, "text has double quotes",
               n ? "more than one character between quotes" : "no character between the quotes");
    return 0;
  }
  return value;
}
