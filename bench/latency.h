/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long calls took: counted in classes, 64 to each doubling, so that a class is at most 1.6 %
 * wide and no call costs memory.
 */
#ifndef PORTERO_BENCH_LATENCY_H
#define PORTERO_BENCH_LATENCY_H

#include <stdint.h>

#define LATENCY_FINE    64u
#define LATENCY_CLASSES (64u * LATENCY_FINE)

struct latency {
  uint64_t counts[LATENCY_CLASSES];
  uint64_t n;
  uint64_t max; /* ns */
};

void latency_reset(struct latency *l);
void latency_add(struct latency *l, uint64_t ns);
/* share: 0 to 1, 0.5 is the median. ns; 0 when nothing was counted. */
uint64_t latency_quantile(const struct latency *l, double share);

#endif
