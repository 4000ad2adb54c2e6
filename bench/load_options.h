/* SPDX-License-Identifier: Apache-2.0 */
/* The load client's command line. */
#ifndef PORTERO_BENCH_LOAD_OPTIONS_H
#define PORTERO_BENCH_LOAD_OPTIONS_H

#include "bench/calls.h"

struct load_options {
  const char *address;
  uint16_t port;
  uint32_t connections;
  uint32_t depth;
  uint64_t calls;    /* in all; 0: by time */
  uint64_t duration; /* ns, without the tenth of it that goes before */
  uint32_t hold;     /* idle connections instead of calls; 0: calls */
  bool echo;
  bool json;
  bool map;
  struct portero_syntax iface; /* to bind to */
  struct calls_request request;
};

/* Ends the program when the command line is wrong. */
void load_options_parse(struct load_options *out_options, int argc, char **argv);

#endif
