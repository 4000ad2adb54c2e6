/* SPDX-License-Identifier: Apache-2.0 */
/* One request to change the map, as it is made on each side of the store. */
#ifndef PORTERO_MAPPER_CHANGE_H
#define PORTERO_MAPPER_CHANGE_H

#include "src/mapper/service.h"

struct change {
  uint64_t owner;
  uint64_t now;
  const struct epm_entry *entries;
  const struct portero_tower *towers; /* the entries', parsed */
  size_t n;
  bool replace;
  bool local_only;
  /* What came of it, the same on each side. */
  uint64_t *serials; /* of insertion: each entry's place; NULL: not asked for */
  size_t failed;     /* the entry that was refused */
};

/* All or nothing. */
store_change change_insert;
/* As many as there are; the first failure is told. */
store_change change_delete;

#endif
