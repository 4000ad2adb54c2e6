/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, interfaces and operations of a policy. */
#include "src/config/policy_values.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include <portero/catalog.h>

#include "src/base/ip.h"
#include "src/config/similar.h"

#define MAPPED_BITS 96u

/* Decimal digits and nothing else. */
static bool number_parse(const char *text, size_t length, unsigned long most, unsigned *out_value)
{
  unsigned long value = 0;

  if (length == 0 || length > 5)
    return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    value = value * 10 + (unsigned long)(text[i] - '0');
  }
  if (value > most)
    return false;
  *out_value = (unsigned)value;
  return true;
}

/* ---- networks ---- */

static bool address_parse(const char *text, size_t length, uint8_t ip[16], bool *out_is_v4)
{
  char copy[INET6_ADDRSTRLEN];

  if (length >= sizeof copy)
    return false;
  memcpy(copy, text, length);
  copy[length] = 0;
  *out_is_v4 = inet_pton(AF_INET, copy, ip + 12) == 1;
  if (!*out_is_v4)
    return inet_pton(AF_INET6, copy, ip) == 1;
  memcpy(ip, ip_mapped, sizeof ip_mapped);
  return true;
}

static bool bits_behind(const struct portero_policy_network *n)
{
  for (unsigned i = n->prefix; i < 128; i++)
    if (n->ip[i / 8] & 0x80u >> i % 8)
      return true;
  return false;
}

/* An IPv6 network that holds the mapped IPv4 ones would let in more than it says. */
static bool holds_all_of_ipv4(const struct portero_policy_network *n)
{
  for (unsigned i = 0; i < n->prefix && i < MAPPED_BITS; i++)
    if ((n->ip[i / 8] ^ ip_mapped[i / 8]) & 0x80u >> i % 8)
      return false;
  return n->prefix < MAPPED_BITS;
}

static void network_expected(const struct portero_policy_network *n, policy_expected expected)
{
  struct portero_policy_network whole = *n;
  char text[POLICY_VALUE_SIZE];

  for (unsigned i = n->prefix; i < 128; i++)
    whole.ip[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
  (void)snprintf(expected, POLICY_EXPECTED_SIZE, "a network without bits behind its prefix: %s",
                 policy_network_text(&whole, text, sizeof text));
}

static bool network_word(const char *text, struct portero_policy_network *out_network)
{
  bool any = strcmp(text, "any") == 0;

  if (!any && strcmp(text, "local") != 0)
    return false;
  memset(out_network, 0, sizeof *out_network);
  out_network->prefix = any ? 0 : 128;
  return true;
}

bool policy_network_parse(const char *text, struct portero_policy_network *out_network,
                          policy_expected out_expected)
{
  struct portero_policy_network n = {.prefix = 128};
  size_t length = strcspn(text, "/");
  bool is_v4;
  unsigned bits;

  if (network_word(text, out_network))
    return true;
  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "an address or network such as 192.0.2.0/24 or 2001:db8::/32, local or any");
  if (!address_parse(text, length, n.ip, &is_v4))
    return false;
  if (text[length]) {
    if (!number_parse(text + length + 1, strlen(text + length + 1), is_v4 ? 32 : 128, &bits))
      return false;
    n.prefix = (uint8_t)(is_v4 ? MAPPED_BITS + bits : bits);
  }
  if (bits_behind(&n)) {
    network_expected(&n, out_expected);
    return false;
  }
  if (holds_all_of_ipv4(&n)) {
    (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                   "any for all addresses, or an IPv6 network that does not hold IPv4's, such as "
                   "2000::/3");
    return false;
  }
  *out_network = n;
  return true;
}

const char *policy_network_text(const struct portero_policy_network *n, char *text, size_t size)
{
  static const uint8_t zero[16];
  bool is_v4 = n->prefix >= MAPPED_BITS && ip_is_v4(n->ip);
  unsigned bits = is_v4 ? n->prefix - MAPPED_BITS : n->prefix;
  char address[INET6_ADDRSTRLEN] = "";

  (void)inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? n->ip + 12 : n->ip, address, sizeof address);
  if (n->prefix == 0)
    (void)snprintf(text, size, "any");
  else if (n->prefix == 128 && memcmp(n->ip, zero, sizeof zero) == 0)
    (void)snprintf(text, size, "local");
  else if (n->prefix == 128)
    (void)snprintf(text, size, "%s", address);
  else
    (void)snprintf(text, size, "%s/%u", address, bits);
  return text;
}

/* ---- interfaces ---- */

static bool version_parse(const char *text, struct portero_policy_interface *i,
                          policy_expected expected)
{
  size_t length = strcspn(text, ".");
  unsigned major, minor = 0;

  (void)snprintf(expected, POLICY_EXPECTED_SIZE,
                 "a version's major number behind the colon, as in drsuapi:4");
  if (!number_parse(text, length, UINT16_MAX, &major))
    return false;
  if (text[length] &&
      !number_parse(text + length + 1, strlen(text + length + 1), UINT16_MAX, &minor))
    return false;
  if (minor) {
    (void)snprintf(expected, POLICY_EXPECTED_SIZE,
                   "the major version alone, %u: the minor one does not decide", major);
    return false;
  }
  i->any_version = false;
  i->major = (uint16_t)major;
  return true;
}

static void interface_similar(const char *name, policy_expected expected)
{
  struct portero_catalog_entry entry;
  struct similar s;
  size_t used;

  similar_init(&s, name);
  for (size_t i = 0; portero_catalog_at(i, &entry); i++)
    similar_offer(&s, entry.name);
  used = strlen(expected);
  if (s.best)
    (void)snprintf(expected + used, POLICY_EXPECTED_SIZE - used, "; did you mean %s", s.best);
}

static bool interface_named(const char *name, struct portero_uuid *out_uuid,
                            policy_expected expected)
{
  struct portero_catalog_entry known[2];
  size_t n = portero_catalog_find(name, strlen(name), known, 2);
  char uuid[2][PORTERO_UUID_TEXT_SIZE];

  if (n == 1) {
    *out_uuid = known[0].syntax.uuid;
    return true;
  }
  if (n > 1)
    (void)snprintf(expected, POLICY_EXPECTED_SIZE,
                   "a UUID, because %zu interfaces have that name: %s, %s%s", n,
                   portero_uuid_text(&known[0].syntax.uuid, uuid[0]),
                   portero_uuid_text(&known[1].syntax.uuid, uuid[1]), n > 2 ? ", ..." : "");
  else
    interface_similar(name, expected);
  return false;
}

bool policy_interface_parse(const char *text, struct portero_policy_interface *out_interface,
                            policy_expected out_expected)
{
  struct portero_policy_interface i = {.any_version = true};
  size_t length = strcspn(text, ":");
  char name[128];

  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "a UUID or the name of a known interface, with :MAJOR where only that version is "
                 "meant");
  if (length == 0 || length >= sizeof name)
    return false;
  memcpy(name, text, length);
  name[length] = 0;
  if (!portero_uuid_parse(name, &i.uuid) && !interface_named(name, &i.uuid, out_expected))
    return false;
  if (text[length] && !version_parse(text + length + 1, &i, out_expected))
    return false;
  *out_interface = i;
  return true;
}

/* The name, where it leads back to the same interface. */
const char *policy_interface_text(const struct portero_policy_interface *i, char *text, size_t size)
{
  struct portero_syntax syntax = {.uuid = i->uuid};
  struct portero_catalog_entry known, found[2];
  char uuid[PORTERO_UUID_TEXT_SIZE];
  const char *name = portero_uuid_text(&i->uuid, uuid);

  if (portero_catalog_interface(&syntax, &known) && known.name &&
      portero_catalog_find(known.name, strlen(known.name), found, 2) == 1)
    name = known.name;
  if (i->any_version)
    (void)snprintf(text, size, "%s", name);
  else
    (void)snprintf(text, size, "%s:%u", name, i->major);
  return text;
}

/* ---- operations ---- */

static void operation_similar(const struct portero_uuid *interface, const char *name,
                              policy_expected expected)
{
  size_t used = strlen(expected);
  struct similar s;

  similar_init(&s, name);
  for (uint16_t i = 0; i < 512; i++)
    similar_offer(&s, portero_catalog_operation(interface, i));
  if (s.best)
    (void)snprintf(expected + used, POLICY_EXPECTED_SIZE - used, "; did you mean %s", s.best);
}

static bool operation_one(const struct portero_uuid *interface, const char *text, size_t length,
                          uint16_t *out_opnum)
{
  unsigned number;

  if (number_parse(text, length, UINT16_MAX, &number)) {
    *out_opnum = (uint16_t)number;
    return true;
  }
  return length > 0 && portero_catalog_find_operation(interface, text, length, out_opnum);
}

bool policy_operation_parse(const struct portero_uuid *interface, const char *text,
                            struct portero_policy_range *out_range, policy_expected out_expected)
{
  const struct portero_policy_interface i = {.uuid = *interface, .any_version = true};
  size_t length = strcspn(text, "-");
  struct portero_policy_range range;
  char name[POLICY_VALUE_SIZE];
  const char *last = text[length] ? text + length + 1 : text;

  (void)snprintf(out_expected, POLICY_EXPECTED_SIZE,
                 "an operation of %s: a number, a known name, or a range such as 0-5",
                 policy_interface_text(&i, name, sizeof name));
  if (!operation_one(interface, text, length, &range.low) ||
      !operation_one(interface, last, strlen(last), &range.high)) {
    operation_similar(interface, text, out_expected);
    return false;
  }
  if (range.low > range.high)
    return false;
  *out_range = range;
  return true;
}

const char *policy_operation_text(const struct portero_uuid *interface,
                                  const struct portero_policy_range *range, char *text, size_t size)
{
  const char *name = portero_catalog_operation(interface, range->low);
  uint16_t back;

  if (range->low != range->high)
    (void)snprintf(text, size, "%u-%u", range->low, range->high);
  else if (name && !strchr(name, '-') &&
           portero_catalog_find_operation(interface, name, strlen(name), &back) &&
           back == range->low)
    (void)snprintf(text, size, "%s", name);
  else
    (void)snprintf(text, size, "%u", range->low);
  return text;
}
