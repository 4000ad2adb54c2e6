/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "src/net/random.h"
#include "src/rpc/rpc.h"

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
  while (b) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/*
 * A random start and a random stride without common divisor visit every port of the range once, in
 * an order that differs from server to server, without a table.
 */
portero_status rpc_ports_listen(const char *host, uint16_t low, uint16_t high, unsigned n,
                                int *out_fds)
{
  uint32_t count, at, stride;

  if (low == 0 || high < low)
    return portero_local(PORTERO_LOCAL_USAGE);
  count = (uint32_t)(high - low) + 1;
  at = net_random_below(count);
  do
    stride = 1 + net_random_below(count);
  while (common_divisor(stride, count) != 1);
  for (uint32_t tried = 0; tried < count; tried++, at = (at + stride) % count) {
    portero_status status = net_tcp_listen(host, (uint16_t)(low + at), n, out_fds);
    bool taken = status.klass == PORTERO_CLASS_SYSTEM &&
                 (status.code == EADDRINUSE || status.code == EACCES);
    if (!taken)
      return status;
  }
  return portero_local(PORTERO_LOCAL_PORTS_EXHAUSTED);
}
