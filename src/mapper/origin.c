/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "src/mapper/service.h"

void origin_of(const struct portero_call *call, struct origin *out_origin)
{
  const struct portero_peer *peer = portero_call_peer(call);
  const char *text = peer->local_address;

  memset(out_origin, 0, sizeof *out_origin);
  out_origin->local = peer->protseq == PORTERO_NCALRPC || peer->is_loopback;
  if (strncmp(text, "::ffff:", 7) == 0)
    text += 7;
  out_origin->has_ipv4 = inet_pton(AF_INET, text, out_origin->ipv4) == 1;
}

bool origin_visible(const void *ctx, const struct portero_epm_entry *entry)
{
  const struct origin *o = ctx;

  return o->local || portero_epm_entry_reach(entry) == PORTERO_EPM_REACH_NETWORK;
}

/* [MS-RPCE] 2.2.1.2: a tower ends with its address floor: left side 0x09, right side four octets. */
static bool ends_with_any_address(const struct portero_epm_entry *entry)
{
  static const uint8_t any[] = {0x01, 0x00, 0x09, 0x04, 0x00, 0, 0, 0, 0};

  return entry->octets_size > sizeof any &&
         memcmp(entry->octets + entry->octets_size - sizeof any, any, sizeof any) == 0;
}

struct portero_bytes origin_tower(const struct origin *o, const struct portero_epm_entry *entry,
                                  struct portero_arena *arena)
{
  uint8_t *copy = portero_arena_alloc(arena, entry->octets_size);

  if (!copy)
    return portero_bytes_make(NULL, 0);
  memcpy(copy, entry->octets, entry->octets_size);
  if (o->has_ipv4 && ends_with_any_address(entry))
    memcpy(copy + entry->octets_size - sizeof o->ipv4, o->ipv4, sizeof o->ipv4);
  return portero_bytes_make(copy, entry->octets_size);
}
