/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/config/similar.h"

#define AT(member)          offsetof(struct config, member)
#define OF_ENDPOINT(member) offsetof(struct config_endpoint, member)

const struct schema_key schema_keys[] = {
    {"mapper.addresses", SCHEMA_LIST, AT(addresses), 0, 0, NULL,
     "addresses to listen on; without any: all, IPv4 and IPv6"},
    {"mapper.port", SCHEMA_NUMBER, AT(port), 1, 65535, "135", "TCP port of the endpoint mapper"},
    {"mapper.socket", SCHEMA_TEXT, AT(socket), 0, 0, NULL,
     "local socket for registration; without: /run/portero/epmapper.sock for root, else under "
     "$XDG_RUNTIME_DIR"},
    {"mapper.threads", SCHEMA_NUMBER, AT(threads), 1, 64, "1", "event loops"},
    {"mapper.port-range", SCHEMA_RANGE, AT(port_range), 0, 0, "49152-65535",
     "ports for dynamic endpoints that this process opens"},
    {"mapper.user", SCHEMA_TEXT, AT(user), 0, 0, "portero",
     "account to become after binding, when started as root"},
    {"mapper.register-users", SCHEMA_LIST, AT(register_users), 0, 0, NULL,
     "accounts that may register, besides root and the mapper's own (unless root became nobody)"},
    {"mapper.register-groups", SCHEMA_LIST, AT(register_groups), 0, 0, NULL,
     "groups whose members may register, by main or further group"},
    {"mapper.max-entries", SCHEMA_NUMBER, AT(max_entries), 1, 10000000, "200000",
     "entries in the map"},
    {"mapper.max-entries-per-owner", SCHEMA_NUMBER, AT(max_entries_per_owner), 1, 10000000, "1024",
     "entries one registering association may hold"},
    {"mapper.allow-remote-insert", SCHEMA_BOOL, AT(allow_remote_insert), 0, 0, "false",
     "let anyone on the network register: for tests in closed networks alone"},
    {"limits.max-connections", SCHEMA_NUMBER, AT(max_connections), 1, 1000000, "16384",
     "connections from the network, and as many on local sockets; a further one is closed at once"},
    {"limits.max-fragment", SCHEMA_NUMBER, AT(max_frag), 2048, 65528, "5840",
     "bytes of one fragment"},
    {"limits.max-request", SCHEMA_NUMBER, AT(max_request), 1024, 1u << 30, "4194304",
     "bytes of one request put together"},
    {"limits.max-output", SCHEMA_NUMBER, AT(max_output), 4096, 1u << 30, "262144",
     "bytes of answers a client may leave unread before its requests wait"},
    {"limits.max-contexts", SCHEMA_NUMBER, AT(max_contexts), 1, 65535, "1024",
     "presentation contexts of one connection"},
    {"limits.max-calls", SCHEMA_NUMBER, AT(max_calls), 1, 65535, "256",
     "calls in flight on one connection"},
    {"limits.bind-timeout", SCHEMA_NUMBER, AT(bind_timeout), 1, 86400000, "30000",
     "milliseconds from connecting to a complete bind"},
    {"limits.partial-timeout", SCHEMA_NUMBER, AT(partial_timeout), 1, 86400000, "60000",
     "milliseconds that half a PDU, half a request or an untaken answer may stand"},
    {"limits.idle-timeout", SCHEMA_NUMBER, AT(idle_timeout), 0, 86400000, "0",
     "milliseconds of silence before a connection from the network is closed; 0: no limit"},
    {"limits.drain-timeout", SCHEMA_NUMBER, AT(drain_timeout), 1, 86400000, "5000",
     "milliseconds that calls in flight get at the end"},
    {"auth.accounts", SCHEMA_TEXT, AT(accounts), 0, 0, NULL,
     "account file kept by portero-user(1): callers may authenticate by NTLM"},
    {"auth.winbind", SCHEMA_BOOL, AT(winbind), 0, 0, "false",
     "on a domain member: ask winbind for accounts that the file does not have"},
    {"auth.keytab", SCHEMA_TEXT, AT(keytab), 0, 0, NULL,
     "keys of this host's service principals: callers may authenticate by Kerberos"},
    {"endpoints.interface", SCHEMA_ENDPOINT, OF_ENDPOINT(interface), 0, 0, NULL,
     "UUID and version, as UUID:MAJOR.MINOR, or a known name"},
    {"endpoints.binding", SCHEMA_ENDPOINT, OF_ENDPOINT(binding), 0, 0, NULL,
     "string binding with an endpoint, e.g. ncacn_ip_tcp:[5000]"},
    {"endpoints.annotation", SCHEMA_ENDPOINT, OF_ENDPOINT(annotation), 0, 0, NULL,
     "text shown in listings, at most 63 bytes"},
    {"endpoints.object", SCHEMA_ENDPOINT, OF_ENDPOINT(object), 0, 0, NULL, "object UUID"},
};
const size_t schema_n_keys = sizeof schema_keys / sizeof schema_keys[0];

const struct schema_key *schema_find(const char *path)
{
  for (size_t i = 0; i < schema_n_keys; i++)
    if (strcmp(schema_keys[i].path, path) == 0)
      return &schema_keys[i];
  return NULL;
}

const struct schema_key *schema_similar(const char *path)
{
  struct similar s;

  similar_init(&s, path);
  for (size_t i = 0; i < schema_n_keys; i++)
    similar_offer(&s, schema_keys[i].path);
  return s.best ? schema_find(s.best) : NULL;
}

static bool number_parse(const char *text, uint32_t low, uint32_t high, uint32_t *out_value)
{
  char *end;
  unsigned long value;

  errno = 0;
  value = strtoul(text, &end, 10);
  if (errno || *text < '0' || *text > '9' || *end || value < low || value > high)
    return false;
  *out_value = (uint32_t)value;
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

static bool list_add(struct config_list *list, const char *text)
{
  if (list->count == CONFIG_LIST_MAX)
    return false;
  list->values[list->count++] = text;
  return true;
}

bool schema_set(const struct schema_key *key, struct config *c, struct config_endpoint *endpoint,
                const char *text, char out_expected[SCHEMA_EXPECTED_SIZE])
{
  void *at = (char *)c + key->offset;

  switch (key->type) {
  case SCHEMA_TEXT:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a text");
    *(const char **)at = text;
    return *text != '\0';
  case SCHEMA_NUMBER:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a number from %u to %u", key->low,
                   key->high);
    return number_parse(text, key->low, key->high, at);
  case SCHEMA_BOOL:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "true or false");
    return bool_parse(text, at);
  case SCHEMA_LIST:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "at most 64 values");
    return list_add(at, text);
  case SCHEMA_RANGE:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "two ports, as in 49152-65535");
    return range_parse(text, at);
  case SCHEMA_ENDPOINT:
    (void)snprintf(out_expected, SCHEMA_EXPECTED_SIZE, "a text, in a list of endpoints");
    if (endpoint)
      *(const char **)(void *)((char *)endpoint + key->offset) = text;
    return endpoint != NULL;
  }
  return false;
}
