/* SPDX-License-Identifier: Apache-2.0 */
/* Random values of any type that has a table, with counts and tags that fit. */
#ifndef PORTERO_TESTS_RANDOM_VALUE_H
#define PORTERO_TESTS_RANDOM_VALUE_H

#include <portero/types.h>

struct random_value {
  const struct portero_types *t;
  struct portero_arena *arena;
  uint64_t state;  /* of the generator: the same seed gives the same values */
  unsigned depth;  /* pointers become NULL below */
  unsigned budget; /* elements that may still be made */
};

/* params: zeroed memory of op->params; members of both directions are filled. false: memory is out. */
bool random_params(struct random_value *r, const struct portero_op *op, void *params);
uint32_t random_below(struct random_value *r, uint32_t bound);

#endif
