/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unit tests share: samples written as hex, and the two drivers that every decoder is run
 * through. Inputs are handed over in heap blocks of exactly their size, so that a sanitizer or
 * valgrind sees the first byte read too far.
 */
#ifndef PORTERO_TESTS_UNIT_SUPPORT_H
#define PORTERO_TESTS_UNIT_SUPPORT_H

#include <portero/bytes.h>

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A heap block of exactly size bytes (of one byte, when size is 0). Free it with support_free(). */
struct portero_bytes support_copy(struct portero_bytes bytes);
/* The same from hex digits; blanks are skipped, anything else fails the test. */
struct portero_bytes support_hex(const char *hex);
void support_free(struct portero_bytes block);
/* Overwrites bytes of such a block, from offset at on. */
void support_patch(struct portero_bytes block, size_t at, const char *hex);

/* Fails the test, showing both sides, when bytes are not what hex says. */
void support_assert_hex(struct portero_bytes bytes, const char *hex);
void support_assert_bytes(struct portero_bytes bytes, struct portero_bytes expected);

/* A decoder under test: true when it accepted the input. The bytes are gone when it returns. */
typedef bool support_decoder(struct portero_bytes input, void *ctx);

/* Runs decode on every proper prefix of sample, the empty one included; returns how many it
 * accepted. */
size_t support_prefixes(struct portero_bytes sample, support_decoder *decode, void *ctx);
/* Runs decode on sample with each single bit turned over; returns how many it accepted. */
size_t support_bit_flips(struct portero_bytes sample, support_decoder *decode, void *ctx);

/* An allocator that fails: take number fail_at (counting from 0) and all later ones give NULL. */
struct support_mem {
  struct portero_mem mem; /* hand out &mem */
  size_t n_takes;
  size_t fail_at;
  size_t in_use; /* bytes taken and not given back */
};
void support_mem_init(struct support_mem *m, size_t fail_at);

#endif
