/* SPDX-License-Identifier: Apache-2.0 */
/* The declarations of types_samples.h: each starts the builder, gives the type of the parameters
 * and a value of it. */
#ifndef PORTERO_TESTS_SUPPORT_TYPES_MAKE_H
#define PORTERO_TESTS_SUPPORT_TYPES_MAKE_H

#include "tests/support/types_build.h"

uint32_t types_make_pad(struct types_build *b, const void **out_value);
uint32_t types_make_enums(struct types_build *b, const void **out_value);
uint32_t types_make_array(struct types_build *b, const void **out_value);
uint32_t types_make_varying(struct types_build *b, const void **out_value);
uint32_t types_make_strings(struct types_build *b, const void **out_value);
uint32_t types_make_nested(struct types_build *b, const void **out_value);
uint32_t types_make_pointers(struct types_build *b, const void **out_value);
uint32_t types_make_shares(struct types_build *b, const void **out_value);
uint32_t types_make_with_char(struct types_build *b, const void **out_value);
uint32_t types_make_with_hyper(struct types_build *b, const void **out_value);
uint32_t types_make_with_pointer(struct types_build *b, const void **out_value);
uint32_t types_make_with_nothing(struct types_build *b, const void **out_value);
uint32_t types_make_with_default(struct types_build *b, const void **out_value);
uint32_t types_make_ms_with_hyper(struct types_build *b, const void **out_value);
uint32_t types_make_ms_with_char(struct types_build *b, const void **out_value);
uint32_t types_make_ms_with_nothing(struct types_build *b, const void **out_value);
uint32_t types_make_ms_with_pointer(struct types_build *b, const void **out_value);
uint32_t types_make_ms_with_default(struct types_build *b, const void **out_value);
uint32_t types_make_tagged_array(struct types_build *b, const void **out_value);
uint32_t types_make_small(struct types_build *b, const void **out_value);
uint32_t types_make_list(struct types_build *b, const void **out_value);
uint32_t types_make_tail(struct types_build *b, const void **out_value);
uint32_t types_make_rows(struct types_build *b, const void **out_value);
uint32_t types_make_alias(struct types_build *b, const void **out_value);
uint32_t types_make_encapsulated(struct types_build *b, const void **out_value);
uint32_t types_make_word(struct types_build *b, const void **out_value);
uint32_t types_make_double(struct types_build *b, const void **out_value);
uint32_t types_make_query(struct types_build *b, const void **out_value);
uint32_t types_make_matrix(struct types_build *b, const void **out_value);
uint32_t types_make_pipe(struct types_build *b, const void **out_value);

#endif
