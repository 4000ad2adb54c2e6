/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/load_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/names.h"
#include "bench/sockets.h"
#include "idl/epm.h"

static const char help[] =
    "usage: load [OPTION]... ADDRESS PORT\n"
    "\n"
    "Calls one operation as fast as one thread can and says how often that was.\n"
    "\n"
    "  --connections N         (default 1)\n"
    "  --depth N               requests in flight on each connection (default 1)\n"
    "  --seconds S             how long, after a tenth of it to warm up (default 1)\n"
    "  --calls N               so many calls instead, without warming up\n"
    "  --interface UUID:VER    what to call (default: the null server's)\n"
    "  --opnum N               which operation (default 0)\n"
    "  --stub HEX              its arguments (default: none)\n"
    "  --map UUID:VER          call an endpoint mapper: where is this interface?\n"
    "  --vary N                ask for N interfaces in turn: UUID's first field and on\n"
    "  --echo                  the server is a plain echo: no bind, same bytes\n"
    "  --hold N                bind and call once on each of N connections, print\n"
    "                          \"bound N\", keep them until standard input ends\n"
    "  --json                  figures for programs\n"
    "  --help                  this text\n";

enum {
  OPTION_CONNECTIONS = 1,
  OPTION_DEPTH,
  OPTION_SECONDS,
  OPTION_CALLS,
  OPTION_INTERFACE,
  OPTION_OPNUM,
  OPTION_STUB,
  OPTION_MAP,
  OPTION_VARY,
  OPTION_ECHO,
  OPTION_HOLD,
  OPTION_JSON,
  OPTION_HELP
};

static const struct option options[] = {
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"calls", required_argument, NULL, OPTION_CALLS},
    {"interface", required_argument, NULL, OPTION_INTERFACE},
    {"opnum", required_argument, NULL, OPTION_OPNUM},
    {"stub", required_argument, NULL, OPTION_STUB},
    {"map", required_argument, NULL, OPTION_MAP},
    {"vary", required_argument, NULL, OPTION_VARY},
    {"echo", no_argument, NULL, OPTION_ECHO},
    {"hold", required_argument, NULL, OPTION_HOLD},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* What the request is made of, once all options are known. */
struct recipe {
  struct portero_syntax asked; /* of --map */
  uint8_t stub[CALLS_FRAGMENT];
  size_t stub_size;
  uint32_t vary;
  uint16_t opnum;
};

static uint64_t parse_seconds(const char *text)
{
  char *end = NULL;
  double seconds = strtod(text, &end);

  if (end == text || *end || !(seconds >= 0.001 && seconds <= 86400.0)) {
    (void)fprintf(stderr, "--seconds: expected a number from 0.001 to 86400\n");
    exit(2);
  }
  return (uint64_t)(seconds * 1e9);
}

static void parse_stub(struct recipe *r, const char *hex)
{
  size_t digits = strlen(hex);
  unsigned value;

  errno = 0;
  if (digits % 2 || digits / 2 > sizeof r->stub || strspn(hex, "0123456789abcdefABCDEF") != digits)
    bench_fail("--stub: expected pairs of hex digits, for one fragment");
  for (size_t i = 0; i < digits / 2; i++) {
    (void)sscanf(hex + 2 * i, "%2x", &value);
    r->stub[i] = (uint8_t)value;
  }
  r->stub_size = digits / 2;
}

static void set_number(struct load_options *o, struct recipe *r, int option)
{
  switch (option) {
  case OPTION_CONNECTIONS:
    o->connections = (uint32_t)bench_number("--connections", optarg, 1, 60000);
    break;
  case OPTION_DEPTH:
    o->depth = (uint32_t)bench_number("--depth", optarg, 1, 1024);
    break;
  case OPTION_CALLS:
    o->calls = bench_number("--calls", optarg, 1, UINT32_MAX);
    break;
  case OPTION_OPNUM:
    r->opnum = (uint16_t)bench_number("--opnum", optarg, 0, UINT16_MAX);
    break;
  case OPTION_VARY:
    r->vary = (uint32_t)bench_number("--vary", optarg, 1, UINT32_MAX);
    break;
  case OPTION_HOLD:
    o->hold = (uint32_t)bench_number("--hold", optarg, 1, 1000000);
    break;
  }
}

static void set(struct load_options *o, struct recipe *r, int option)
{
  switch (option) {
  case OPTION_SECONDS:
    o->duration = parse_seconds(optarg);
    return;
  case OPTION_INTERFACE:
    o->iface = calls_parse_interface(optarg);
    return;
  case OPTION_STUB:
    parse_stub(r, optarg);
    return;
  case OPTION_MAP:
    r->asked = calls_parse_interface(optarg);
    o->map = true;
    return;
  case OPTION_ECHO:
    o->echo = true;
    return;
  case OPTION_JSON:
    o->json = true;
    return;
  case OPTION_HELP:
    (void)fputs(help, stdout);
    exit(0);
  case '?':
    exit(2);
  }
  set_number(o, r, option);
}

static void make_request(struct load_options *o, const struct recipe *r)
{
  if (!o->map) {
    calls_request_make(&o->request, r->opnum, portero_bytes_make(r->stub, r->stub_size));
    return;
  }
  o->iface = epmapper_stub.id;
  calls_request_make_map(&o->request, &r->asked, r->vary);
}

void load_options_parse(struct load_options *out_options, int argc, char **argv)
{
  static const struct portero_syntax null_interface = BENCH_NULL_INTERFACE;
  struct load_options *o = out_options;
  static struct recipe r;
  int option;

  memset(o, 0, sizeof *o);
  o->connections = 1;
  o->depth = 1;
  o->duration = 1000000000u;
  o->iface = null_interface;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    set(o, &r, option);
  if (optind + 2 != argc) {
    (void)fprintf(stderr, "load: expected ADDRESS PORT; --help tells more\n");
    exit(2);
  }
  o->address = argv[optind];
  o->port = (uint16_t)bench_number("PORT", argv[optind + 1], 1, 65535);
  make_request(o, &r);
}
