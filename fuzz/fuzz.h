/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is fuzz_NAME.c with LLVMFuzzerTestOneInput(), a line in
 * meson.build and a corpus in corpus/NAME/. Built with -Dfuzz=true it is linked with libFuzzer,
 * otherwise with replay.c, which runs it over its corpus as a test.
 */
#ifndef PORTERO_FUZZ_FUZZ_H
#define PORTERO_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: what must hold for every input. */
#define FUZZ_CHECK(condition)                                                                      \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

#endif
