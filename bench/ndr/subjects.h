/* SPDX-License-Identifier: Apache-2.0 */
/* How the marshalling bench measures: the same for all subjects. */
#ifndef PORTERO_BENCH_NDR_SUBJECTS_H
#define PORTERO_BENCH_NDR_SUBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ELEMENTS 1000u
#define BENCH_BYTES    65536u
#define BENCH_GROUPS   20u
#define BENCH_SIDS     4u

static inline double bench_now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Calls step until seconds have passed; prints nanoseconds for one call. */
static inline void bench_measure(void (*step)(void), double seconds)
{
  double start = bench_now(), end;
  unsigned long steps = 0;

  do {
    for (unsigned i = 0; i < 64; i++)
      step();
    steps += 64;
    end = bench_now();
  } while (end - start < seconds);
  printf("%.2f\n", (end - start) * 1e9 / (double)steps);
}

static inline void bench_print_hex(const uint8_t *bytes, size_t size)
{
  for (size_t i = 0; i < size; i++)
    printf("%02x", bytes[i]);
  putchar('\n');
}

#endif
