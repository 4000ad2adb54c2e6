/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/pages.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD ((size_t)64) /* bytes before a block, so that it is aligned for everything */
#define KEPT                                                                                       \
  ((size_t)6 << 20) /* bytes: a request of the size that servers allow by default, and more */
#define PIECE  ((size_t)256 << 10) /* bytes that the kernel takes back within tens of microseconds */
#define COPIED ((size_t)256 << 10) /* bytes at most, when a block grows */
#define LOOKS  16u                 /* at free blocks, for one that is large enough */

/* At the beginning of its memory. */
struct net_region {
  struct net_region *prev, *next; /* free, or roomy */
  size_t room;                    /* bytes of all of it */
  size_t needed;                  /* of them; 0: free */
};

_Static_assert(sizeof(struct net_region) <= HEAD, "it fits before its block");

static struct net_region *region_of(void *block)
{
  return (struct net_region *)(void *)((uint8_t *)block - HEAD);
}

static void *block_of(struct net_region *r)
{
  return (uint8_t *)r + HEAD;
}

size_t net_pages_room(size_t size)
{
  size_t page = (size_t)getpagesize();

  return size > SIZE_MAX - HEAD - page ? SIZE_MAX : (size + HEAD + page - 1) & ~(page - 1);
}

static void add(struct net_regions *l, struct net_region *r)
{
  r->prev = NULL;
  r->next = l->first;
  *(r->next ? &r->next->prev : &l->last) = r;
  l->first = r;
}

static void take_out(struct net_regions *l, struct net_region *r)
{
  *(r->prev ? &r->prev->next : &l->first) = r->next;
  *(r->next ? &r->next->prev : &l->last) = r->prev;
}

/* Where it belongs by what is needed of it, which may be nothing. */
static void enter(struct net_pages *p, struct net_region *r, size_t needed)
{
  r->needed = needed;
  p->n_spare += r->room - needed;
  if (r->room > needed)
    add(needed ? &p->roomy : &p->free, r);
}

static void leave(struct net_pages *p, struct net_region *r)
{
  p->n_spare -= r->room - r->needed;
  if (r->room > r->needed)
    take_out(r->needed ? &p->roomy : &p->free, r);
}

static struct net_region *reuse(struct net_pages *p, size_t room)
{
  struct net_region *r = p->free.first;

  for (unsigned i = 1; i < LOOKS && r && r->room < room; i++)
    r = r->next;
  if (!r || r->room < room)
    return NULL;
  leave(p, r);
  enter(p, r, room);
  return r;
}

void *net_pages_take(struct net_pages *p, size_t size)
{
  size_t room = net_pages_room(size);
  struct net_region *r = reuse(p, room);

  if (r)
    return block_of(r);
  r = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (r == MAP_FAILED)
    return NULL;
  r->room = r->needed = room;
  return block_of(r);
}

/* Not every system can move pages. */
static struct net_region *move(struct net_region *r, size_t room)
{
#ifdef MREMAP_MAYMOVE
  void *moved = mremap(r, r->room, room, MREMAP_MAYMOVE);

  return moved == MAP_FAILED ? NULL : moved;
#else
  void *moved = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (moved == MAP_FAILED)
    return NULL;
  memcpy(moved, r, r->room);
  (void)munmap(r, r->room);
  return moved;
#endif
}

/* What is not much is copied into a block that is free already: its pages are there. */
void *net_pages_grow(struct net_pages *p, void *block, size_t size, size_t larger)
{
  struct net_region *r = region_of(block), *other;
  size_t room = net_pages_room(larger), needed = r->needed;

  other = r->room < room && size <= COPIED ? reuse(p, room) : NULL;
  if (other) {
    memcpy(block_of(other), block, size);
    net_pages_give(p, block);
    return block_of(other);
  }
  leave(p, r);
  if (r->room < room) {
    other = move(r, room);
    if (!other) {
      enter(p, r, needed);
      return NULL;
    }
    r = other;
    r->room = room;
  }
  enter(p, r, room);
  return block_of(r);
}

/* Of the one that has been spare for longest: the end of it, or all. Returns how much that was. */
static size_t unmap_some(struct net_pages *p, size_t most)
{
  struct net_regions *l = p->free.last ? &p->free : &p->roomy;
  struct net_region *r = l->last;
  size_t spare = r->room - r->needed, n = spare < most ? spare : most, room = r->room - n;

  p->n_spare -= n;
  if (n == spare)
    take_out(l, r);
  r->room = room;
  (void)munmap((uint8_t *)r + room, n);
  return n;
}

bool net_pages_tidy(struct net_pages *p)
{
  size_t left = PIECE;

  while (left > 0 && p->n_spare > KEPT)
    left -= unmap_some(p, left);
  return p->n_spare > KEPT;
}

void net_pages_give(struct net_pages *p, void *block)
{
  struct net_region *r = region_of(block);

  leave(p, r);
  enter(p, r, 0);
  if (p->n_spare <= KEPT)
    return;
  if (p->untidy)
    p->untidy(p->ctx);
  else
    while (net_pages_tidy(p))
      ;
}

void net_pages_deinit(struct net_pages *p)
{
  while (p->free.first)
    (void)unmap_some(p, SIZE_MAX);
}
