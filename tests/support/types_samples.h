/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarations, values of them and the bytes that Samba's and Wine's marshalling made for both;
 * pipes and rows as the specifications draw them.
 */
#ifndef PORTERO_TESTS_SUPPORT_TYPES_SAMPLES_H
#define PORTERO_TESTS_SUPPORT_TYPES_SAMPLES_H

#include "tests/support/types_build.h"

enum types_encoding {
  TYPES_LITTLE,
  TYPES_BIG,
  TYPES_NDR64,
  TYPES_ENCODINGS
};

struct types_sample {
  const char *name;
  uint32_t (*make)(struct types_build *b, const void **out_value); /* gives the parameters */
  const char *hex[TYPES_ENCODINGS];                                /* NULL: nobody's bytes */
  bool is_out;
  bool has_gap; /* NDR64: one byte behind a conformant struct, which may be missing */
};

extern const struct types_sample types_samples[];
extern const size_t types_n_samples;

/* The sample's table, checked, with one operation and one interface; its value. */
void types_sample_build(const struct types_sample *s, struct types_build *b,
                        struct portero_arena *arena, const void **out_value);

#endif
