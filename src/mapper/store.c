/* SPDX-License-Identifier: Apache-2.0 */
#include "src/mapper/store.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

portero_status store_init(struct store *s, const struct portero_epm_options *options, bool shared)
{
  portero_status status;

  memset(s, 0, sizeof *s);
  (void)pthread_mutex_init(&s->change, NULL);
  s->n_sides = shared ? 2 : 1;
  for (unsigned i = 0; i < s->n_sides; i++) {
    status = portero_epm_map_new(&portero_mem_malloc, options, &s->sides[i]);
    if (!portero_is_ok(status))
      return status;
  }
  return portero_ok();
}

void store_deinit(struct store *s)
{
  portero_epm_map_free(s->sides[0]);
  portero_epm_map_free(s->sides[1]);
  (void)pthread_mutex_destroy(&s->change);
  s->sides[0] = s->sides[1] = NULL;
}

const struct portero_epm_map *store_enter(struct store *s, unsigned *out_ticket)
{
  unsigned ticket = atomic_load(&s->generation);

  atomic_fetch_add(&s->readers[ticket], 1);
  *out_ticket = ticket;
  return s->sides[atomic_load(&s->side)];
}

void store_leave(struct store *s, unsigned ticket)
{
  atomic_fetch_sub(&s->readers[ticket], 1);
}

static void wait_for_readers(struct store *s, unsigned generation)
{
  while (atomic_load(&s->readers[generation]) != 0)
    (void)sched_yield();
}

/* After this nobody reads the side that was current before. */
static void swap_sides(struct store *s)
{
  unsigned old = atomic_load(&s->generation), fresh = 1 - old;

  atomic_store(&s->side, 1 - atomic_load(&s->side));
  wait_for_readers(s, fresh);
  atomic_store(&s->generation, fresh);
  wait_for_readers(s, old);
}

portero_status store_apply(struct store *s, store_change *change, void *ctx)
{
  portero_status status;

  (void)pthread_mutex_lock(&s->change);
  if (s->n_sides == 1) {
    status = change(s->sides[0], ctx);
  } else {
    unsigned hidden = 1 - atomic_load(&s->side);
    status = change(s->sides[hidden], ctx);
    swap_sides(s);
    if (change(s->sides[1 - hidden], ctx).code != status.code)
      abort(); /* out of memory half way: two different maps must not be served */
  }
  (void)pthread_mutex_unlock(&s->change);
  return status;
}

void store_hold(struct store *s)
{
  (void)pthread_mutex_lock(&s->change);
}

void store_release(struct store *s)
{
  (void)pthread_mutex_unlock(&s->change);
}
