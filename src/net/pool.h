/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one loop: free lists by size, so that steady work takes nothing from malloc. What a
 * burst has left behind is bounded (a quarter of a MiB for each size). One thread only.
 */
#ifndef PORTERO_NET_POOL_H
#define PORTERO_NET_POOL_H

#include <portero/arena.h>

/* The address sanitizer finds use after free only in blocks that are really freed. */
#ifdef __has_feature
#define NET_POOL_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define NET_POOL_SANITIZED 1
#else
#define NET_POOL_SANITIZED 0
#endif
#define NET_POOL_KEEPS (!NET_POOL_SANITIZED)

/* Steps of 32 bytes up to 1 KiB, then powers of two up to 128 KiB; larger blocks go to malloc. */
#define NET_POOL_CLASSES 39u

struct net_pool_block;

struct net_pool {
  struct portero_mem
      mem; /* hand this to whoever needs memory; its ctx is the pool: do not move it */
  struct net_pool_block *free[NET_POOL_CLASSES];
  uint32_t n_free[NET_POOL_CLASSES];
};

/* Bytes that a block of this size really takes. */
size_t net_pool_room(size_t size);
void net_pool_init(struct net_pool *p);
/* All blocks must have been given back. */
void net_pool_deinit(struct net_pool *p);

#endif
