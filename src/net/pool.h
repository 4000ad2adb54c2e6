/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one loop: slabs by size, pages for what is large. Steady work takes nothing from the
 * kernel. What is free goes back to it, but for some pages, a slab of each size, and the slabs of which a
 * block is in use. One thread only.
 */
#ifndef PORTERO_NET_POOL_H
#define PORTERO_NET_POOL_H

#include <portero/arena.h>

#include "src/net/pages.h"
#include "src/net/slab.h"

/* The address sanitizer finds use after free only in blocks that are really freed. */
#ifdef __has_feature
#define NET_POOL_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define NET_POOL_SANITIZED 1
#else
#define NET_POOL_SANITIZED 0
#endif
#define NET_POOL_KEEPS (!NET_POOL_SANITIZED)

/* Steps of 32 bytes up to 1 KiB, then 2 and 4 KiB; larger blocks are pages. */
#define NET_POOL_CLASSES 34u

struct net_pool {
  struct portero_mem
      mem; /* hand this to whoever needs memory; its ctx is the pool: do not move it */
  struct net_slabs slabs[NET_POOL_CLASSES];
  struct net_pages pages;
};

/* Bytes that a block of this size really takes. */
size_t net_pool_room(size_t size);
void net_pool_init(struct net_pool *p);
/* All blocks must have been given back. */
void net_pool_deinit(struct net_pool *p);

#endif
