/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STEP         32u
#define FINE_MAX     1024u
#define FINE_CLASSES (FINE_MAX / STEP)
#define COARSE_MAX   (4u << 10)

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
  return size > COARSE_MAX ? net_pages_room(size) : class_size(class_of(size));
}

static void *pool_take(void *ctx, size_t size)
{
  struct net_pool *p = ctx;

  if (size > COARSE_MAX)
    return net_pages_take(&p->pages, size);
  return net_slabs_take(&p->slabs[class_of(size)]);
}

static void pool_give(void *ctx, void *memory, size_t size)
{
  struct net_pool *p = ctx;

  if (size > COARSE_MAX)
    net_pages_give(&p->pages, memory);
  else
    net_slabs_give(&p->slabs[class_of(size)], memory);
}

static void *pool_grow(void *ctx, void *block, size_t size, size_t larger)
{
  struct net_pool *p = ctx;
  void *moved;

  if (larger <= net_pool_room(size))
    return block;
  if (size > COARSE_MAX)
    return net_pages_grow(&p->pages, block, size, larger);
  moved = pool_take(p, larger);
  if (!moved)
    return NULL;
  memcpy(moved, block, size);
  pool_give(p, block, size);
  return moved;
}

/* ---- under the address sanitizer, which should see every block come and go ---- */

static void *bare_take(void *ctx, size_t size)
{
  (void)ctx;
  return malloc(net_pool_room(size));
}

static void bare_give(void *ctx, void *memory, size_t size)
{
  (void)ctx, (void)size;
  free(memory);
}

static void *bare_grow(void *ctx, void *block, size_t size, size_t larger)
{
  (void)ctx, (void)size;
  return realloc(block, net_pool_room(larger));
}

/* ---- life ---- */

void net_pool_init(struct net_pool *p)
{
  static const struct portero_mem kinds[] = {
      {.take = bare_take, .give = bare_give, .grow = bare_grow},
      {.take = pool_take, .give = pool_give, .grow = pool_grow},
  };

  memset(p, 0, sizeof *p);
  p->mem = kinds[NET_POOL_KEEPS];
  p->mem.ctx = p;
  for (unsigned i = 0; i < NET_POOL_CLASSES; i++)
    p->slabs[i].block = class_size(i);
}

void net_pool_deinit(struct net_pool *p)
{
  net_pages_deinit(&p->pages);
  for (unsigned i = 0; i < NET_POOL_CLASSES; i++)
    net_slabs_deinit(&p->slabs[i]);
}
