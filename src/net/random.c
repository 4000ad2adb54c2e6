/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void net_random(void *bytes, size_t size)
{
  uint8_t *at = bytes;

  while (size > 0) {
    ssize_t n = getrandom(at, size, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      abort(); /* guessable identifiers would be worse than no service */
    at += n;
    size -= (size_t)n;
  }
}

uint32_t net_random_below(uint32_t bound)
{
  uint32_t value, unfair = (UINT32_MAX - bound + 1) % bound;

  do
    net_random(&value, sizeof value);
  while (value < unfair);
  return value % bound;
}

struct portero_uuid net_random_uuid(void)
{
  struct portero_uuid u;

  net_random(&u, sizeof u);
  u.time_hi_and_version = (uint16_t)((u.time_hi_and_version & 0x0fffu) | 0x4000u);
  u.node[0] = (uint8_t)((u.node[0] & 0x3fu) | 0x80u);
  return u;
}
