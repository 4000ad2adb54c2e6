/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint map as every loop sees it: readers never wait, changes are seen by all at once.
 *
 * There are two equal maps ("left-right"). Readers look at one; a change is made to the other, the
 * two are swapped, the last reader of the old one is waited for, and the change is made there too.
 * The map is deterministic, so both stay equal. A change waits for readers, for microseconds: a
 * look-up never blocks between store_enter() and store_leave(). With a single loop nobody reads
 * while something changes, and one map does.
 */
#ifndef PORTERO_MAPPER_STORE_H
#define PORTERO_MAPPER_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "src/epm/map.h"

struct store {
  struct portero_epm_map *sides[2];
  unsigned n_sides;
  atomic_uint side;       /* that readers take */
  atomic_uint generation; /* index of the counter that readers use */
  _Alignas(64) atomic_uint readers[2];
  _Alignas(64) pthread_mutex_t change; /* one change at a time */
};

/* One change; called once per side, with the same arguments. */
typedef portero_status store_change(struct portero_epm_map *map, void *ctx);

/* store_deinit() follows in any case. */
portero_status store_init(struct store *s, const struct portero_epm_options *options, bool shared);
void store_deinit(struct store *s);

/* A map to read until store_leave(), which gets the ticket. Any thread. */
const struct portero_epm_map *store_enter(struct store *s, unsigned *out_ticket);
void store_leave(struct store *s, unsigned ticket);

/*
 * Applies change to every side, also when it is refused: both must have seen the same. It must be
 * deterministic; running out of memory between the two ends the process.
 */
portero_status store_apply(struct store *s, store_change *change, void *ctx);

/* Both sides at once, with changes held up: for totals. */
void store_hold(struct store *s);
void store_release(struct store *s);

#endif
