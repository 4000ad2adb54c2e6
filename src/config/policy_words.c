/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy says in words, and numbers with units. */
#include <stdio.h>
#include <stdlib.h>

#include <portero/status.h>
#include <portero/tower.h>

#include "src/config/policy_values.h"

#define COUNT(a)   (sizeof(a) / sizeof *(a))
#define DAY        1440u /* minutes */
#define LONGEST_MS 86400000u

struct word {
  const char *text;
  uint32_t value;
};

static const struct word levels[] = {
    {"none", PORTERO_LEVEL_NONE},       {"connect", PORTERO_LEVEL_CONNECT},
    {"packet", PORTERO_LEVEL_PACKET},   {"integrity", PORTERO_LEVEL_INTEGRITY},
    {"privacy", PORTERO_LEVEL_PRIVACY},
};
static const struct word mechanisms[] = {
    {"none", 1},
    {"ntlm", 2},
    {"kerberos", 4},
    {"netlogon", 8},
};
static const struct word days[] = {
    {"mon", 0}, {"tue", 1}, {"wed", 2}, {"thu", 3}, {"fri", 4}, {"sat", 5}, {"sun", 6},
};
static const struct word actions[] = {
    {"allow", PORTERO_ACTION_ALLOW},
    {"deny", PORTERO_ACTION_DENY},
    {"drop", PORTERO_ACTION_DROP},
    {"observe", PORTERO_ACTION_OBSERVE},
};
static const struct word faults[] = {
    {"access-denied", PORTERO_FAULT_ACCESS_DENIED},
    {"unknown-interface", PORTERO_FAULT_UNKNOWN_INTERFACE},
    {"operation-range", PORTERO_FAULT_OP_RANGE},
    {"server-too-busy", PORTERO_FAULT_SERVER_TOO_BUSY},
    {"call-failed", PORTERO_FAULT_CALL_FAILED},
};

static void words_expected(const struct word *words, size_t n, policy_expected expected)
{
  size_t used = 0;

  for (size_t i = 0; i < n; i++)
    used += (size_t)snprintf(expected + used, POLICY_EXPECTED_SIZE - used, "%s%s",
                             i == 0       ? ""
                             : i + 1 == n ? " or "
                                          : ", ",
                             words[i].text);
}

static bool words_find(const struct word *words, size_t n, const char *text, size_t length,
                       policy_expected expected, uint32_t *out_value)
{
  words_expected(words, n, expected);
  for (size_t i = 0; i < n; i++)
    if (strncmp(words[i].text, text, length) == 0 && words[i].text[length] == 0) {
      *out_value = words[i].value;
      return true;
    }
  return false;
}

static const char *words_text(const struct word *words, size_t n, uint32_t value)
{
  for (size_t i = 0; i < n; i++)
    if (words[i].value == value)
      return words[i].text;
  return NULL;
}

bool policy_level_parse(const char *text, uint8_t *out_level, policy_expected out_expected)
{
  uint32_t value;

  if (!words_find(levels, COUNT(levels), text, strlen(text), out_expected, &value))
    return false;
  *out_level = (uint8_t)value;
  return true;
}

const char *policy_level_text(uint8_t level)
{
  return words_text(levels, COUNT(levels), level);
}

bool policy_protseq_parse(const char *text, uint32_t *out_bits, policy_expected out_expected)
{
  enum portero_protseq protseq = portero_protseq_find(text, strlen(text));

  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "ncacn_ip_tcp, ncacn_np, ncalrpc, ncacn_http, ncadg_ip_udp or ncacn_unix_stream");
  if (protseq == PORTERO_PROTSEQ_UNKNOWN)
    return false;
  *out_bits = UINT32_C(1) << protseq;
  return true;
}

bool policy_mechanism_parse(const char *text, uint32_t *out_bits, policy_expected out_expected)
{
  return words_find(mechanisms, COUNT(mechanisms), text, strlen(text), out_expected, out_bits);
}

const char *policy_mechanism_text(uint32_t bit)
{
  return words_text(mechanisms, COUNT(mechanisms), bit);
}

bool policy_weekdays_parse(const char *text, uint32_t *out_bits, policy_expected out_expected)
{
  size_t length = strcspn(text, "-");
  const char *last = text[length] ? text + length + 1 : text;
  uint32_t from, to, bits = 0;

  if (!words_find(days, COUNT(days), text, length, out_expected, &from) ||
      !words_find(days, COUNT(days), last, strlen(last), out_expected, &to))
    return false;
  for (uint32_t day = from;; day = (day + 1) % 7) {
    bits |= UINT32_C(1) << day;
    if (day == to)
      break;
  }
  *out_bits = bits;
  return true;
}

const char *policy_weekday_text(unsigned day)
{
  return words_text(days, COUNT(days), day);
}

bool policy_action_parse(const char *text, enum portero_action *out_action,
                         policy_expected out_expected)
{
  uint32_t value;

  if (!words_find(actions, COUNT(actions), text, strlen(text), out_expected, &value))
    return false;
  *out_action = (enum portero_action)value;
  return true;
}

const char *policy_action_text(enum portero_action action)
{
  return words_text(actions, COUNT(actions), action);
}

bool policy_fault_parse(const char *text, uint32_t *out_fault, policy_expected out_expected)
{
  size_t used;
  char *end;
  unsigned long number;

  if (words_find(faults, COUNT(faults), text, strlen(text), out_expected, out_fault))
    return true;
  used = strlen(out_expected);
  (void)snprintf(out_expected + used, POLICY_EXPECTED_SIZE - used, ", or a number such as 0x%08x",
                 PORTERO_FAULT_UNSPECIFIED);
  if (*text < '0' || *text > '9')
    return false;
  number = strtoul(text, &end, 0);
  if (*end || number == 0 || number > UINT32_MAX)
    return false;
  *out_fault = (uint32_t)number;
  return true;
}

const char *policy_fault_text(uint32_t fault, char *text, size_t size)
{
  const char *word = words_text(faults, COUNT(faults), fault);

  if (word)
    (void)snprintf(text, size, "%s", word);
  else
    (void)snprintf(text, size, "0x%08x", fault);
  return text;
}

bool policy_rate_parse(const char *text, uint32_t *out_rate, uint32_t *out_window,
                       policy_expected out_expected)
{
  static const struct word units[] = {{"s", 1000}, {"m", 60000}, {"h", 3600000}};
  unsigned long rate, length;
  uint32_t unit = 0;
  int read = 0;

  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "calls and a time of at most 24h, such as 20 in 120s or 5 in 2m");
  if (strspn(text, "0123456789 insmh") != strlen(text) ||
      sscanf(text, "%7lu in %5lu%n", &rate, &length, &read) != 2)
    return false;
  for (size_t i = 0; i < COUNT(units); i++)
    if (strcmp(text + read, units[i].text) == 0)
      unit = units[i].value;
  if (!unit || rate == 0 || length == 0 || length > LONGEST_MS / unit)
    return false;
  *out_rate = (uint32_t)rate;
  *out_window = (uint32_t)length * unit;
  return true;
}

static bool minute_parse(const char *text, size_t length, uint16_t *out_minute)
{
  unsigned hour, minute;

  if (length != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 ||
      strspn(text + 3, "0123456789") != 2)
    return false;
  hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
  minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
  if (minute > 59 || hour * 60 + minute > DAY)
    return false;
  *out_minute = (uint16_t)(hour * 60 + minute);
  return true;
}

bool policy_time_parse(const char *text, uint16_t *out_from, uint16_t *out_to,
                       policy_expected out_expected)
{
  size_t length = strcspn(text, "-");
  uint16_t from, to;

  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "two times of day that differ, as in 22:00-06:00");
  if (!text[length] || !minute_parse(text, length, &from) ||
      !minute_parse(text + length + 1, strlen(text + length + 1), &to) || from == to || from == DAY)
    return false;
  *out_from = from;
  *out_to = to;
  return true;
}
