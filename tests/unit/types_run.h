/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of a type table, run forth and back: what the tests of values share. */
#ifndef PORTERO_TESTS_UNIT_TYPES_RUN_H
#define PORTERO_TESTS_UNIT_TYPES_RUN_H

#include "tests/support/types_samples.h"
#include "tests/unit/support.h"

#define IN     PORTERO_MEMBER_IN
#define OUT    PORTERO_MEMBER_OUT
#define UNIQUE PORTERO_TYPE_UNIQUE
#define FIELD  PORTERO_CODE_FIELD

/* The first operation of t, in one direction and encoding. */
struct types_run {
  const struct portero_types *t;
  enum portero_direction direction;
  enum types_encoding encoding;
};

/* *out_stub only when it could be written: free it with support_free(). */
portero_status types_run_encode(const struct types_run *run, const void *value,
                                struct portero_bytes *out_stub);
void *types_run_read(const struct types_run *run, struct portero_bytes stub,
                     struct portero_arena *arena, portero_status *out_status);
/* Reads stub; what was read is written again: *out_again. */
portero_status types_run_decode(const struct types_run *run, struct portero_bytes stub,
                                struct portero_bytes *out_again);
/* A support_decoder; ctx is a struct types_run. */
bool types_run_decodes(struct portero_bytes stub, void *ctx);

/* A builder with the commonest rows, for one operation. */
struct types_fixture {
  struct types_build b;
  struct portero_arena arena;
  struct types_run run;
  uint32_t u8, u16, u32;
};

int types_fixture_setup(void **state);
int types_fixture_teardown(void **state);
/* Makes the operation of params and checks the table. */
void types_fixture_ready(struct types_fixture *f, uint32_t params);

void types_assert_written(struct types_fixture *f, const void *value, const char *hex);
void types_assert_not_written(struct types_fixture *f, const void *value);
/* The value lives as long as the fixture; the stub, too. */
const void *types_assert_read(struct types_fixture *f, const char *hex);
void types_assert_not_read(struct types_fixture *f, const char *hex, enum portero_local reason);
/* Written, read and written again, in each encoding; prefixes are refused. */
void types_assert_round_trip(struct types_fixture *f, const void *value);

#define TYPES_TEST(name)                                                                           \
  cmocka_unit_test_setup_teardown(name, types_fixture_setup, types_fixture_teardown)

#endif
