/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_time.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)
#define DAY    UINT64_C(86400)

struct clock_text {
  const char *at, *end;
};

static bool digits(struct clock_text *c, unsigned n, unsigned most, unsigned *out_value)
{
  unsigned value = 0;

  if ((size_t)(c->end - c->at) < n)
    return false;
  for (; n > 0; n--, c->at++) {
    if (*c->at < '0' || *c->at > '9')
      return false;
    value = 10 * value + (unsigned)(*c->at - '0');
  }
  *out_value = value;
  return value <= most;
}

static bool mark(struct clock_text *c, char one, char other)
{
  if (c->at == c->end || (*c->at != one && *c->at != other))
    return false;
  c->at++;
  return true;
}

/* ---- dates ---- */

static unsigned days_of(unsigned year, unsigned month)
{
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

  return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* Days from 1970 to the first of March of year, and from there by months of 153 days in five. */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
  unsigned of_march = month > 2 ? month - 3 : month + 9, y = month > 2 ? year : year - 1;

  return (uint64_t)365 * y + y / 4 - y / 100 + y / 400 + (153 * of_march + 2) / 5 + day - 1 -
         719468;
}

static bool date(struct clock_text *c, uint64_t *out_seconds)
{
  unsigned year, month, day;

  if (!digits(c, 4, 2500, &year) || !mark(c, '-', '-') || !digits(c, 2, 12, &month) ||
      !mark(c, '-', '-') || !digits(c, 2, 31, &day))
    return false;
  if (year < 1970 || month == 0 || day == 0 || day > days_of(year, month))
    return false;
  *out_seconds = days_since_1970(year, month, day) * DAY;
  return true;
}

/* ---- times ---- */

static bool decimals(struct clock_text *c, uint64_t *out_nanoseconds)
{
  uint64_t value = 0, unit = SECOND;
  unsigned digit;

  *out_nanoseconds = 0;
  if (!mark(c, '.', '.'))
    return true;
  while (unit > 1 && digits(c, 1, 9, &digit)) {
    unit /= 10;
    value += digit * unit;
  }
  *out_nanoseconds = value;
  return unit < SECOND;
}

/* East of UTC; how many seconds the clock there is ahead. */
static bool zone(struct clock_text *c, int64_t *out_ahead)
{
  unsigned hours, minutes;
  bool west = c->at < c->end && *c->at == '-';

  *out_ahead = 0;
  if (mark(c, 'Z', 'z'))
    return true;
  if (!mark(c, '+', '-') || !digits(c, 2, 23, &hours) || !mark(c, ':', ':') ||
      !digits(c, 2, 59, &minutes))
    return false;
  *out_ahead = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

bool log_time_read(const char *text, size_t size, uint64_t *out_time)
{
  struct clock_text c = {text, text + size};
  unsigned hour, minute, second;
  uint64_t seconds, rest;
  int64_t ahead;

  if (!date(&c, &seconds) || (!mark(&c, 'T', 't') && !mark(&c, ' ', ' ')) ||
      !digits(&c, 2, 23, &hour) || !mark(&c, ':', ':') || !digits(&c, 2, 59, &minute) ||
      !mark(&c, ':', ':') || !digits(&c, 2, 60, &second) || !decimals(&c, &rest) ||
      !zone(&c, &ahead) || c.at != c.end)
    return false;
  seconds += hour * 3600 + minute * 60 + second;
  if (ahead > (int64_t)seconds)
    return false;
  *out_time = (uint64_t)((int64_t)seconds - ahead) * SECOND + rest;
  return true;
}

/* ---- as people say it ---- */

static uint64_t unit_of(char letter)
{
  static const struct {
    char letter;
    uint32_t seconds;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};

  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (units[i].letter == letter)
      return units[i].seconds * SECOND;
  return 0;
}

static bool ago(const char *text, uint64_t now, uint64_t *out_time)
{
  uint64_t value = 0, unit;
  size_t n = strspn(text, "0123456789");

  if (n == 0 || n > 9 || !text[n] || text[n + 1])
    return false;
  for (size_t i = 0; i < n; i++)
    value = 10 * value + (uint64_t)(text[i] - '0');
  unit = unit_of(text[n]);
  if (unit == 0)
    return false;
  *out_time = value > now / unit ? 0 : now - value * unit;
  return true;
}

bool log_time_parse(const char *text, uint64_t now, uint64_t *out_time)
{
  struct clock_text c = {text, text + strlen(text)};
  uint64_t midnight = now - now % (DAY * SECOND), seconds;

  if (strcmp(text, "today") == 0) {
    *out_time = midnight;
    return true;
  }
  if (strcmp(text, "yesterday") == 0) {
    *out_time = midnight - DAY * SECOND;
    return true;
  }
  if (date(&c, &seconds) && c.at == c.end) {
    *out_time = seconds * SECOND;
    return true;
  }
  return log_time_read(text, strlen(text), out_time) || ago(text, now, out_time);
}
