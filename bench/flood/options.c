/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/flood/flood.h"
#include "bench/sockets.h"

static const char help[] =
    "usage: flood [OPTION]... MODE ADDRESS PORT\n"
    "\n"
    "Floods an endpoint mapper on a loopback address, from many of 127.26.0.0/16, until\n"
    "all attempts are made and over, or standard input ends, and prints what came of it\n"
    "as JSON. Each connection of MODE:\n"
    "\n";

static const char help_options[] =
    "\n"
    "  --sources N     addresses to come from (default 1000, at most 60000)\n"
    "  --attempts N    connections tried (default 1000)\n"
    "  --rate N        of them in a second (default 0: as many as it takes)\n"
    "  --open N        at a time, besides those that are held (default 256)\n"
    "  --hold N        held at most: for one more the oldest is closed (default 10000)\n"
    "  --calls N       on each connection, where the mode repeats (default 1000)\n"
    "  --call-rate N   of all connections, in a second (default 0: any)\n"
    "  --seconds N     the end in any case (default 60)\n"
    "  --stay          until then what is held is held\n"
    "  --nice N        (default 19)\n";

enum {
  OPTION_SOURCES = 1,
  OPTION_ATTEMPTS,
  OPTION_RATE,
  OPTION_OPEN,
  OPTION_HOLD,
  OPTION_CALLS,
  OPTION_CALL_RATE,
  OPTION_SECONDS,
  OPTION_STAY,
  OPTION_NICE,
  OPTION_HELP
};

static const struct option options[] = {
    {"sources", required_argument, NULL, OPTION_SOURCES},
    {"attempts", required_argument, NULL, OPTION_ATTEMPTS},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"open", required_argument, NULL, OPTION_OPEN},
    {"hold", required_argument, NULL, OPTION_HOLD},
    {"calls", required_argument, NULL, OPTION_CALLS},
    {"call-rate", required_argument, NULL, OPTION_CALL_RATE},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"stay", no_argument, NULL, OPTION_STAY},
    {"nice", required_argument, NULL, OPTION_NICE},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void print_help(void)
{
  const struct flood_mode *m;

  (void)fputs(help, stdout);
  for (size_t i = 0; (m = flood_mode_at(i)) != NULL; i++)
    (void)printf("  %-15s %s\n", m->name, m->what);
  (void)fputs(help_options, stdout);
  exit(0);
}

static void set(struct flood_options *o, int option)
{
  switch (option) {
  case OPTION_SOURCES:
    o->sources = (uint32_t)bench_number("--sources", optarg, 1, 60000);
    return;
  case OPTION_ATTEMPTS:
    o->attempts = (uint32_t)bench_number("--attempts", optarg, 1, 10000000);
    return;
  case OPTION_RATE:
    o->rate = (uint32_t)bench_number("--rate", optarg, 0, 1000000);
    return;
  case OPTION_OPEN:
    o->open = (uint32_t)bench_number("--open", optarg, 1, 60000);
    return;
  case OPTION_HOLD:
    o->hold = (uint32_t)bench_number("--hold", optarg, 1, 60000);
    return;
  case OPTION_CALLS:
    o->calls = (uint32_t)bench_number("--calls", optarg, 1, UINT32_MAX);
    return;
  case OPTION_CALL_RATE:
    o->call_rate = (uint32_t)bench_number("--call-rate", optarg, 0, 1000000);
    return;
  case OPTION_SECONDS:
    o->duration = bench_number("--seconds", optarg, 1, 3600) * 1000000000u;
    return;
  case OPTION_STAY:
    o->stay = true;
    return;
  case OPTION_NICE:
    o->nice = (int)bench_number("--nice", optarg, 0, 19);
    return;
  case OPTION_HELP:
    print_help();
    return;
  default:
    exit(2);
  }
}

/* A flood is for this host alone. */
static bool is_loopback(const struct in_addr *address)
{
  return ntohl(address->s_addr) >> 24 == 127;
}

void flood_options_parse(struct flood_options *out_options, int argc, char **argv)
{
  struct flood_options o = {.sources = 1000,
                            .attempts = 1000,
                            .open = 256,
                            .hold = 10000,
                            .calls = 1000,
                            .duration = UINT64_C(60000000000),
                            .nice = 19};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    set(&o, option);
  if (optind + 3 != argc) {
    (void)fprintf(stderr, "usage: flood [OPTION]... MODE ADDRESS PORT\n");
    exit(2);
  }
  errno = 0;
  o.mode = flood_mode_find(argv[optind]);
  if (!o.mode)
    bench_fail("there is no such mode: --help lists them");
  o.to.sin_family = AF_INET;
  o.to.sin_port = htons((uint16_t)bench_number("PORT", argv[optind + 2], 1, 65535));
  if (inet_pton(AF_INET, argv[optind + 1], &o.to.sin_addr) != 1 || !is_loopback(&o.to.sin_addr))
    bench_fail("expected an address of 127.0.0.0/8");
  *out_options = o;
}
