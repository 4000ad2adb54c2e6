/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/sink.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define ANYTHING UINT32_MAX

static bool copy_of(const void *from, size_t n, size_t size, void *out_copy)
{
  void *copy = NULL;

  if (n > 0) {
    copy = calloc(n, size);
    if (!copy)
      return false;
    memcpy(copy, from, n * size);
  }
  memcpy(out_copy, &copy, sizeof copy);
  return true;
}

bool filter_copy(struct sink *s, const struct portero_sink_filter *filter)
{
  s->kinds = (filter->kinds ? filter->kinds : ANYTHING) & form_kinds(s->form);
  s->outcomes = filter->outcomes ? filter->outcomes : ANYTHING;
  s->severity = filter->severity ? filter->severity : UINT8_MAX;
  if (!copy_of(filter->interfaces, filter->n_interfaces, sizeof *filter->interfaces,
               &s->interfaces) ||
      !copy_of(filter->sources, filter->n_sources, sizeof *filter->sources, &s->sources))
    return false;
  s->n_interfaces = filter->n_interfaces;
  s->n_sources = filter->n_sources;
  for (size_t i = 0; i < s->n_sources; i++)
    if (s->sources[i].bits > 128)
      s->sources[i].bits = 128;
  return true;
}

static bool network_has(const struct portero_sink_network *network, const uint8_t ip[16])
{
  unsigned whole = network->bits / 8, rest = network->bits % 8;

  if (memcmp(network->ip, ip, whole) != 0)
    return false;
  return rest == 0 || ((network->ip[whole] ^ ip[whole]) >> (8 - rest)) == 0;
}

static bool interface_wanted(const struct sink *s, const struct portero_event *e)
{
  for (size_t i = 0; e->interface && i < s->n_interfaces; i++)
    if (portero_uuid_equal(&s->interfaces[i], &e->interface->uuid))
      return true;
  return s->n_interfaces == 0;
}

static bool is_local(const struct portero_event *e)
{
  static const uint8_t none[16];

  return memcmp(e->source.ip, none, sizeof none) == 0;
}

static bool source_wanted(const struct sink *s, const struct portero_event *e)
{
  if (s->n_sources == 0)
    return s->form != PORTERO_FORM_EVE || !is_local(e);
  if (is_local(e))
    return false;
  for (size_t i = 0; i < s->n_sources; i++)
    if (network_has(&s->sources[i], e->source.ip))
      return true;
  return false;
}

bool sink_wants(const struct sink *s, const struct portero_event *e)
{
  if ((unsigned)e->kind >= PORTERO_EVENT_KINDS || !(s->kinds >> e->kind & 1))
    return false;
  if ((unsigned)e->outcome >= PORTERO_OUTCOMES || !(s->outcomes >> e->outcome & 1))
    return false;
  if (s->severity != UINT8_MAX && portero_event_severity(e) > s->severity)
    return false;
  if (s->form == PORTERO_FORM_RPCFW && !e->interface)
    return false;
  return interface_wanted(s, e) && source_wanted(s, e);
}

static bool address_parse(const char *text, struct portero_sink_network *out_network,
                          unsigned *out_before)
{
  struct in_addr four;

  memset(out_network, 0, sizeof *out_network);
  if (inet_pton(AF_INET, text, &four) == 1) {
    out_network->ip[10] = out_network->ip[11] = 0xff;
    memcpy(out_network->ip + 12, &four, sizeof four);
    *out_before = 96;
    return true;
  }
  *out_before = 0;
  return inet_pton(AF_INET6, text, out_network->ip) == 1;
}

/* Decimal, at most three digits, nothing else. */
static bool bits_parse(const char *text, unsigned most, unsigned *out_bits)
{
  unsigned value = 0;
  size_t length = strlen(text);

  if (length == 0 || length > 3)
    return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9')
      return false;
    value = 10 * value + (unsigned)(*text - '0');
  }
  *out_bits = value;
  return value <= most;
}

portero_status portero_sink_network_parse(const char *text,
                                          struct portero_sink_network *out_network)
{
  const char *slash = strchr(text, '/');
  size_t length = slash ? (size_t)(slash - text) : strlen(text);
  struct portero_sink_network network;
  unsigned before, bits;
  char address[INET6_ADDRSTRLEN];

  if (length >= sizeof address)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  memcpy(address, text, length);
  address[length] = 0;
  if (!address_parse(address, &network, &before))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  bits = 128 - before;
  if (slash && !bits_parse(slash + 1, bits, &bits))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  network.bits = (uint8_t)(before + bits);
  for (unsigned i = network.bits; i < 128; i++)
    if (network.ip[i / 8] >> (7 - i % 8) & 1)
      return portero_local(PORTERO_LOCAL_MALFORMED);
  *out_network = network;
  return portero_ok();
}
