/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/slab.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

struct free_block {
  struct free_block *next;
};

/* At the beginning of its memory, which is aligned to its size: so a block leads to its slab. */
struct net_slab {
  struct net_slab *prev, *next; /* while a block is free */
  struct free_block *free;      /* given back */
  size_t fresh; /* where the blocks begin that nobody has had: the kernel adds their pages later */
  size_t n_used;
};

#define FIRST ((sizeof(struct net_slab) + 63) & ~(size_t)63)

static void link_slab(struct net_slabs *s, struct net_slab *slab)
{
  slab->prev = NULL;
  slab->next = s->first;
  if (slab->next)
    slab->next->prev = slab;
  s->first = slab;
}

static void unlink_slab(struct net_slabs *s, struct net_slab *slab)
{
  if (slab->prev)
    slab->prev->next = slab->next;
  else
    s->first = slab->next;
  if (slab->next)
    slab->next->prev = slab->prev;
}

/* Twice as much is asked for, and what lies outside of the aligned half given back. */
static struct net_slab *map_slab(void)
{
  uint8_t *memory =
      mmap(NULL, 2 * NET_SLAB_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  size_t before;

  if (memory == MAP_FAILED)
    return NULL;
  before = NET_SLAB_SIZE - ((uintptr_t)memory & (NET_SLAB_SIZE - 1));
  (void)munmap(memory, before);
  if (before < NET_SLAB_SIZE)
    (void)munmap(memory + before + NET_SLAB_SIZE, NET_SLAB_SIZE - before);
  return (struct net_slab *)(void *)(memory + before);
}

static struct net_slab *add_slab(struct net_slabs *s)
{
  struct net_slab *slab = map_slab();

  if (!slab)
    return NULL;
  slab->free = NULL;
  slab->fresh = FIRST;
  slab->n_used = 0;
  link_slab(s, slab);
  return slab;
}

static bool is_full(const struct net_slabs *s, const struct net_slab *slab)
{
  return !slab->free && slab->fresh + s->block > NET_SLAB_SIZE;
}

void *net_slabs_take(struct net_slabs *s)
{
  struct net_slab *slab = s->first ? s->first : add_slab(s);
  struct free_block *block;

  if (!slab)
    return NULL;
  block = slab->free;
  if (block) {
    slab->free = block->next;
  } else {
    block = (struct free_block *)(void *)((uint8_t *)slab + slab->fresh);
    slab->fresh += s->block;
  }
  slab->n_used++;
  if (is_full(s, slab))
    unlink_slab(s, slab);
  return block;
}

void net_slabs_give(struct net_slabs *s, void *memory)
{
  struct net_slab *slab = (struct net_slab *)((uintptr_t)memory & ~(NET_SLAB_SIZE - 1));
  struct free_block *block = memory;

  if (is_full(s, slab))
    link_slab(s, slab);
  block->next = slab->free;
  slab->free = block;
  slab->n_used--;
  if (slab->n_used > 0 || (!slab->prev && !slab->next))
    return;
  unlink_slab(s, slab);
  (void)munmap(slab, NET_SLAB_SIZE);
}

void net_slabs_deinit(struct net_slabs *s)
{
  while (s->first) {
    struct net_slab *slab = s->first;
    s->first = slab->next;
    (void)munmap(slab, NET_SLAB_SIZE);
  }
}
