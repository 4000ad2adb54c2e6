/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks an endpoint mapper again and again until it knows an interface: how long a service is away
 * when the mapper restarts.
 *
 * usage: find ADDRESS PORT UUID:VERSION SECONDS; prints the monotonic clock in ns when it was
 * found; status 1 when it was not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bench/calls.h"
#include "bench/sockets.h"
#include "idl/epm.h"

#define PAUSE 200000 /* ns between attempts */

static bool find_once(const char *address, uint16_t port, const struct calls_request *request)
{
  static uint8_t buffer[CALLS_BUFFER];
  int fd = bench_connect(address, port);
  struct portero_pdu pdu;
  bool found;

  if (fd < 0)
    return false;
  found = calls_bind(fd, &epmapper_stub.id, false) && calls_once(fd, request, buffer, &pdu) &&
          calls_map_found(&pdu);
  (void)close(fd);
  return found;
}

int main(int argc, char **argv)
{
  static const struct timespec pause = {.tv_nsec = PAUSE};
  struct calls_request request;
  struct portero_syntax iface;
  uint64_t end;
  uint16_t port;

  if (argc != 5) {
    (void)fprintf(stderr, "usage: find ADDRESS PORT UUID:VERSION SECONDS\n");
    return 2;
  }
  port = (uint16_t)bench_number("PORT", argv[2], 1, 65535);
  iface = calls_parse_interface(argv[3]);
  end = bench_now() + bench_number("SECONDS", argv[4], 1, 600) * 1000000000u;
  calls_request_make_map(&request, &iface, 0);
  while (!find_once(argv[1], port, &request)) {
    if (bench_now() > end)
      return 1;
    (void)nanosleep(&pause, NULL);
  }
  printf("%" PRIu64 "\n", bench_now());
  return 0;
}
