/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces that the benchmark makes up. */
#ifndef PORTERO_BENCH_NAMES_H
#define PORTERO_BENCH_NAMES_H

#include <portero/uuid.h>

/* 2b6f0d11-7c52-4e0a-9a51-6d0c35c1f7e8 version 1.0: one operation, which does nothing. */
#define BENCH_NULL_INTERFACE                                                                       \
  {                                                                                                \
    {0x2b6f0d11, 0x7c52, 0x4e0a, {0x9a, 0x51, 0x6d, 0x0c, 0x35, 0xc1, 0xf7, 0xe8}}, 1, 0           \
  }

/* What fills the map: the number is the first field, 00000000-5a1d-4c3b-8f20-41c7d86b9e35 and on. */
#define BENCH_FILLED_INTERFACE                                                                     \
  {                                                                                                \
    {0, 0x5a1d, 0x4c3b, {0x8f, 0x20, 0x41, 0xc7, 0xd8, 0x6b, 0x9e, 0x35}}, 1, 0                    \
  }

#endif
