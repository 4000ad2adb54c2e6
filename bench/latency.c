/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/latency.h"

#include <string.h>

#define FINE_BITS 6u /* of LATENCY_FINE */

static unsigned latency_class(uint64_t ns)
{
  unsigned shift;

  if (ns < LATENCY_FINE)
    return (unsigned)ns;
  shift = 63u - (unsigned)__builtin_clzll(ns) - FINE_BITS;
  return (shift + 1) * LATENCY_FINE + (unsigned)((ns >> shift) - LATENCY_FINE);
}

/* The smallest of the class. */
static uint64_t latency_value(unsigned class)
{
  unsigned shift;

  if (class < LATENCY_FINE)
    return class;
  shift = class / LATENCY_FINE - 1;
  return (uint64_t)(LATENCY_FINE + class % LATENCY_FINE) << shift;
}

void latency_reset(struct latency *l)
{
  memset(l, 0, sizeof *l);
}

void latency_add(struct latency *l, uint64_t ns)
{
  l->counts[latency_class(ns)]++;
  l->n++;
  if (ns > l->max)
    l->max = ns;
}

uint64_t latency_quantile(const struct latency *l, double share)
{
  uint64_t rank = (uint64_t)((double)l->n * share), seen = 0;

  for (unsigned i = 0; i < LATENCY_CLASSES; i++) {
    seen += l->counts[i];
    if (seen > rank)
      return latency_value(i);
  }
  return l->max;
}
