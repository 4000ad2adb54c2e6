/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/pages.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEPT  ((size_t)4 << 20)   /* bytes: a request of the size that servers allow by default */
#define PIECE ((size_t)256 << 10) /* bytes that the kernel takes back within tens of microseconds */

/* At its own beginning. */
struct net_free_block {
  struct net_free_block *next;
  size_t size;
};

size_t net_pages_room(size_t size)
{
  static size_t page;

  if (page == 0)
    page = (size_t)sysconf(_SC_PAGESIZE);
  return (size + page - 1) & ~(page - 1);
}

static void put(struct net_pages *p, void *memory, size_t room)
{
  struct net_free_block *block = memory;

  block->next = p->free;
  block->size = room;
  p->free = block;
  p->n_free += room;
}

/* The first free block that is large enough; what it has too much stays free. */
static void *reuse(struct net_pages *p, size_t room)
{
  struct net_free_block **at = &p->free, *block;

  while (*at && (*at)->size < room)
    at = &(*at)->next;
  block = *at;
  if (!block)
    return NULL;
  *at = block->next;
  p->n_free -= block->size;
  if (block->size > room)
    put(p, (uint8_t *)block + room, block->size - room);
  return block;
}

void *net_pages_take(struct net_pages *p, size_t size)
{
  size_t room = net_pages_room(size);
  void *block;

  if (room < size)
    return NULL;
  block = reuse(p, room);
  if (block)
    return block;
  block = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? NULL : block;
}

void *net_pages_grow(struct net_pages *p, void *block, size_t size, size_t larger)
{
  size_t room = net_pages_room(larger);
  void *moved;

  if (room < larger)
    return NULL;
#ifdef MREMAP_MAYMOVE
  (void)p;
  moved = mremap(block, net_pages_room(size), room, MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? NULL : moved;
#else
  moved = net_pages_take(p, larger);
  if (!moved)
    return NULL;
  memcpy(moved, block, size);
  net_pages_give(p, block, size);
  return moved;
#endif
}

bool net_pages_tidy(struct net_pages *p)
{
  struct net_free_block *block = p->free;

  if (p->n_free <= KEPT)
    return false;
  if (block->size > PIECE) {
    block->size -= PIECE;
    p->n_free -= PIECE;
    (void)munmap((uint8_t *)block + block->size, PIECE);
  } else {
    p->free = block->next;
    p->n_free -= block->size;
    (void)munmap(block, block->size);
  }
  return p->n_free > KEPT;
}

void net_pages_give(struct net_pages *p, void *block, size_t size)
{
  put(p, block, net_pages_room(size));
  if (p->n_free <= KEPT)
    return;
  if (p->untidy)
    p->untidy(p->ctx);
  else
    while (net_pages_tidy(p))
      ;
}

void net_pages_deinit(struct net_pages *p)
{
  while (p->free) {
    struct net_free_block *block = p->free;
    p->free = block->next;
    (void)munmap(block, block->size);
  }
  p->n_free = 0;
}
