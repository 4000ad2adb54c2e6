/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "bench/flood/flood.h"
#include "bench/sockets.h"

static void print_counts(const char *name, const struct flood_count *counts)
{
  printf(", \"%s\": {", name);
  for (size_t i = 0; i < FLOOD_CODES && counts[i].n; i++)
    printf("%s\"%" PRIu32 "\": %" PRIu64, i ? ", " : "", counts[i].code, counts[i].n);
  printf("}");
}

static void print_number(const char *name, uint64_t value)
{
  printf(", \"%s\": %" PRIu64, name, value);
}

static void report(const struct flood_options *o, const struct flood_result *r)
{
  double seconds = (double)r->busy / 1e9;

  printf("{\"mode\": \"%s\", \"sources\": %" PRIu32 ", \"seconds\": %.3f, \"rate\": %.1f",
         o->mode->name, o->sources, seconds, seconds > 0 ? (double)r->attempts / seconds : 0);
  print_number("attempts", r->attempts);
  print_number("failed", r->failed);
  print_number("connected", r->connected);
  print_number("bound", r->bound);
  print_number("closed_silent", r->closed_silent);
  print_number("closed_later", r->closed_later);
  print_number("closed_refused", r->closed_refused);
  print_number("closed_here", r->closed_here);
  print_number("open", r->open);
  print_number("most_open", r->most_open);
  print_number("calls", r->calls);
  print_number("answers", r->answers);
  print_number("sent", r->sent);
  print_number("received", r->received);
  print_counts("naks", r->naks);
  print_counts("faults", r->faults);
  print_counts("errors", r->errors);
  printf("}\n");
}

int main(int argc, char **argv)
{
  static struct flood_result result;
  struct flood_options options;

  flood_options_parse(&options, argc, argv);
  bench_take_descriptors();
  (void)setpriority(PRIO_PROCESS, 0, options.nice);
  flood_run(&options, &result);
  report(&options, &result);
  return 0;
}
