/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as 16 bytes: IPv6, or IPv4 mapped into it. [RFC 4291] 2.5.5.2 */
#ifndef PORTERO_BASE_IP_H
#define PORTERO_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const uint8_t ip_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static inline bool ip_is_v4(const uint8_t ip[16])
{
  return memcmp(ip, ip_mapped, sizeof ip_mapped) == 0;
}

/* Who is counted as one source: an IPv4 address; a /64, of which whoever has one address has them all. */
static inline void ip_source(const uint8_t ip[16], uint8_t out_source[16])
{
  memset(out_source, 0, 16);
  memcpy(out_source, ip, ip_is_v4(ip) ? 16 : 8);
}

#endif
