/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STEP         32u
#define FINE_MAX     1024u
#define FINE_CLASSES (FINE_MAX / STEP)
#define COARSE_MAX   (128u << 10)
/*
 * Kept for each size: nothing under the address sanitizer, which should see every block come and
 * go.
 */
static const size_t kept_bytes = NET_POOL_KEEPS ? (size_t)256 << 10 : 0;

struct net_pool_block {
  struct net_pool_block *next;
};

static unsigned class_of(size_t size)
{
  unsigned class = FINE_CLASSES;
  size_t room = (size_t)FINE_MAX * 2;

  if (size <= FINE_MAX)
    return size ? (unsigned)((size - 1) / STEP) : 0;
  for (; room < size; room *= 2)
    class ++;
  return class;
}

static size_t class_size(unsigned class)
{
  return class < FINE_CLASSES ? (size_t)(class + 1) * STEP
                              : (size_t)FINE_MAX << (class - FINE_CLASSES + 1);
}

size_t net_pool_room(size_t size)
{
  return size > COARSE_MAX ? size : class_size(class_of(size));
}

static void *pool_take(void *ctx, size_t size)
{
  struct net_pool *p = ctx;
  struct net_pool_block *block;
  unsigned class;

  if (size > COARSE_MAX)
    return malloc(size);
  class = class_of(size);
  block = p->free[class];
  if (!block)
    return malloc(class_size(class));
  p->free[class] = block->next;
  p->n_free[class]--;
  return block;
}

static void pool_give(void *ctx, void *memory, size_t size)
{
  struct net_pool *p = ctx;
  struct net_pool_block *block = memory;
  unsigned class = size > COARSE_MAX ? 0 : class_of(size);

  if (size > COARSE_MAX || (p->n_free[class] + 1) * class_size(class) > kept_bytes) {
    free(memory);
    return;
  }
  block->next = p->free[class];
  p->free[class] = block;
  p->n_free[class]++;
}

static void *pool_grow(void *ctx, void *block, size_t size, size_t larger)
{
  void *moved;

  if (larger <= net_pool_room(size))
    return block;
  if (size > COARSE_MAX)
    return realloc(block, larger);
  moved = pool_take(ctx, larger);
  if (!moved)
    return NULL;
  memcpy(moved, block, size);
  pool_give(ctx, block, size);
  return moved;
}

void net_pool_init(struct net_pool *p)
{
  p->mem.take = pool_take;
  p->mem.give = pool_give;
  p->mem.ctx = p;
  p->mem.grow = pool_grow;
  for (unsigned i = 0; i < NET_POOL_CLASSES; i++) {
    p->free[i] = NULL;
    p->n_free[i] = 0;
  }
}

void net_pool_deinit(struct net_pool *p)
{
  for (unsigned i = 0; i < NET_POOL_CLASSES; i++) {
    while (p->free[i]) {
      struct net_pool_block *block = p->free[i];
      p->free[i] = block->next;
      free(block);
    }
    p->n_free[i] = 0;
  }
}
