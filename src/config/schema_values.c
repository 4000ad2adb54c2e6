/* SPDX-License-Identifier: Apache-2.0 */
/* The types of keys: what each takes, and how that is called. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>

#include "src/config/schema.h"

/* ---- words ---- */

#define WORD(name, text) text,
static const char *const outputs[] = {"stdout", "stderr"};
static const char *const syslogs[] = {"local", "udp", "tcp", "tls"};
static const char *const forms[] = {PORTERO_FORM_LIST(WORD)};
static const char *const kinds[] = {PORTERO_EVENT_LIST(WORD)};
static const char *const outcomes[] = {PORTERO_OUTCOME_LIST(WORD)};
#undef WORD

struct words {
  const char *const *values;
  size_t count;
};

static struct words words_of(const struct schema_key *key)
{
  static const struct words all[] = {
      [SCHEMA_OUTPUTS] = {outputs, sizeof outputs / sizeof outputs[0]},
      [SCHEMA_SYSLOGS] = {syslogs, sizeof syslogs / sizeof syslogs[0]},
      [SCHEMA_FORMS] = {forms, PORTERO_FORM_SYSLOG},
      [SCHEMA_KINDS] = {kinds, PORTERO_EVENT_KINDS},
      [SCHEMA_OUTCOMES] = {outcomes, PORTERO_OUTCOMES},
  };

  return all[key->low];
}

/* Its place from 0 on; the empty outcome is no word. */
static bool word_find(const struct schema_key *key, const char *text, uint32_t *out_place)
{
  struct words words = words_of(key);

  for (uint32_t i = 0; i < words.count; i++)
    if (*text && strcmp(words.values[i], text) == 0) {
      *out_place = i;
      return true;
    }
  return false;
}

static void words_tell(const struct schema_key *key, const char *before, const char *last,
                       char *text, size_t size)
{
  struct words words = words_of(key);
  size_t used = (size_t)snprintf(text, size, "%s", before);
  const char *between = "";

  for (size_t i = 0; i < words.count && used < size; i++) {
    if (!*words.values[i])
      continue;
    used += (size_t)snprintf(text + used, size - used, "%s%s", between, words.values[i]);
    between = i + 2 == words.count ? last : ", ";
  }
}

static bool word_set(const struct schema_key *key, const char *text, uint32_t *at,
                     char out_expected[SCHEMA_EXPECTED_SIZE])
{
  uint32_t place;

  words_tell(key, "", " or ", out_expected, SCHEMA_EXPECTED_SIZE);
  if (!word_find(key, text, &place))
    return false;
  *at = key->type == SCHEMA_WORDS ? *at | 1u << place : place + 1;
  return true;
}

/* ---- numbers ---- */

static bool size_parse(const char *text, uint64_t low, uint64_t high, uint64_t *out_value)
{
  char *end;
  unsigned long long value;

  errno = 0;
  value = strtoull(text, &end, 10);
  if (errno || *text < '0' || *text > '9' || *end || value < low || value > high)
    return false;
  *out_value = value;
  return true;
}

static bool number_set(const struct schema_key *key, const char *text, uint32_t *at,
                       char out_expected[SCHEMA_EXPECTED_SIZE])
{
  uint64_t value;

  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a number from %u to %u", key->low, key->high);
  if (!size_parse(text, key->low, key->high, &value))
    return false;
  *at = (uint32_t)value;
  return true;
}

static bool size_set(const struct schema_key *key, const char *text, uint64_t *at,
                     char out_expected[SCHEMA_EXPECTED_SIZE])
{
  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a number from %u on", key->low);
  return size_parse(text, key->low, INT64_MAX, at);
}

static const char no_limit[] = "none";

static bool limit_set(const struct schema_key *key, const char *text, uint32_t *at,
                      char out_expected[SCHEMA_EXPECTED_SIZE])
{
  uint64_t value = UINT32_MAX;

  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a number from %u to 4294967294, or none",
                 key->low);
  if (strcmp(text, no_limit) != 0 && !size_parse(text, key->low, UINT32_MAX - 1, &value))
    return false;
  *at = (uint32_t)value;
  return true;
}

static bool limit_size_set(const struct schema_key *key, const char *text, uint64_t *at,
                           char out_expected[SCHEMA_EXPECTED_SIZE])
{
  uint64_t value = UINT64_MAX;

  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a number from %u on, or none", key->low);
  if (strcmp(text, no_limit) != 0 && !size_parse(text, key->low, INT64_MAX, &value))
    return false;
  *at = value;
  return true;
}

static bool bool_parse(const char *text, bool *out_value)
{
  bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;

  if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
    return false;
  *out_value = yes;
  return true;
}

static bool range_parse(const char *text, struct config_range *out_range)
{
  unsigned low, high;
  char rest;

  if (sscanf(text, "%5u-%5u%c", &low, &high, &rest) != 2 || low == 0 || low > high || high > 65535)
    return false;
  out_range->low = (uint16_t)low;
  out_range->high = (uint16_t)high;
  return true;
}

/* ---- addresses, interfaces, lists ---- */

static bool is_loopback(const char *text)
{
  struct in6_addr six;
  struct in_addr four;

  if (inet_pton(AF_INET, text, &four) == 1)
    return ntohl(four.s_addr) >> 24 == 127;
  return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool list_add(struct config_list *list, const char *text)
{
  if (list->count == CONFIG_LIST_MAX)
    return false;
  list->values[list->count++] = text;
  return true;
}

static bool interface_add(struct config_uuids *list, const char *text, char *out_expected)
{
  struct portero_catalog_entry known;
  size_t n = portero_catalog_find(text, strlen(text), &known, 1);
  struct portero_uuid uuid;

  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE,
                 n > 1 ? "the UUID, because several interfaces have this name"
                       : "UUIDs or names of known interfaces, at most 64");
  if (n == 1)
    uuid = known.syntax.uuid;
  else if (!portero_uuid_parse(text, &uuid))
    return false;
  if (list->count == CONFIG_LIST_MAX)
    return false;
  list->values[list->count++] = uuid;
  return true;
}

static bool network_add(struct config_networks *list, const char *text)
{
  return list->count < CONFIG_LIST_MAX &&
         portero_is_ok(portero_sink_network_parse(text, &list->values[list->count])) &&
         ++list->count > 0;
}

/* ---- one value ---- */

static bool value_set(const struct schema_key *key, void *at, const char *text,
                      char out_expected[SCHEMA_EXPECTED_SIZE])
{
  switch (key->type) {
  case SCHEMA_TEXT:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a text");
    *(const char **)at = text;
    return *text != '\0';
  case SCHEMA_NUMBER:
    return number_set(key, text, at, out_expected);
  case SCHEMA_SIZE:
    return size_set(key, text, at, out_expected);
  case SCHEMA_LIMIT:
    return limit_set(key, text, at, out_expected);
  case SCHEMA_LIMIT_SIZE:
    return limit_size_set(key, text, at, out_expected);
  case SCHEMA_BOOL:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "true or false");
    return bool_parse(text, at);
  case SCHEMA_LIST:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "at most 64 values");
    return list_add(at, text);
  case SCHEMA_RANGE:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "two ports, as in 49152-65535");
    return range_parse(text, at);
  case SCHEMA_LOOPBACK:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a loopback address, as in 127.0.0.1");
    *(const char **)at = text;
    return is_loopback(text);
  case SCHEMA_WORD:
  case SCHEMA_WORDS:
    return word_set(key, text, at, out_expected);
  case SCHEMA_INTERFACES:
    return interface_add(at, text, out_expected);
  case SCHEMA_NETWORKS:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE,
                   "addresses or networks, as in 192.0.2.0/24, at most 64");
    return network_add(at, text);
  }
  return false;
}

bool schema_set(const struct schema_key *key, struct config *c, void *item, const char *text,
                char out_expected[SCHEMA_EXPECTED_SIZE])
{
  enum schema_place place = schema_place_of(key);
  char *base = place == SCHEMA_IN_CONFIG ? (char *)c : item;

  if (base)
    return value_set(key, base + key->offset, text, out_expected);
  (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "this in a list of %s",
                 place == SCHEMA_IN_SINK ? "sinks" : "endpoints");
  return false;
}

void schema_print_type(const struct schema_key *key, FILE *out)
{
  char text[SCHEMA_EXPECTED_SIZE] = "";

  switch (key->type) {
  case SCHEMA_TEXT:
    (void)fputs("text", out);
    break;
  case SCHEMA_NUMBER:
    (void)fprintf(out, "number, %u to %u", key->low, key->high);
    break;
  case SCHEMA_SIZE:
    (void)fprintf(out, "number, from %u on", key->low);
    break;
  case SCHEMA_LIMIT:
  case SCHEMA_LIMIT_SIZE:
    (void)fprintf(out, "number, from %u on, or none", key->low);
    break;
  case SCHEMA_BOOL:
    (void)fputs("true or false", out);
    break;
  case SCHEMA_LIST:
    (void)fputs("list", out);
    break;
  case SCHEMA_RANGE:
    (void)fputs("range", out);
    break;
  case SCHEMA_LOOPBACK:
    (void)fputs("address", out);
    break;
  case SCHEMA_WORD:
    words_tell(key, "", " or ", text, sizeof text);
    break;
  case SCHEMA_WORDS:
    words_tell(key, "list of ", ", ", text, sizeof text);
    break;
  case SCHEMA_INTERFACES:
    (void)fputs("list of interfaces", out);
    break;
  case SCHEMA_NETWORKS:
    (void)fputs("list of networks", out);
    break;
  }
  (void)fputs(text, out);
}
