/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of one size out of large pieces of memory, so that a piece goes back to the kernel as soon as
 * nobody uses a block of it: malloc keeps what thousands of connections had for as long as one of the last
 * of them stays. One thread only.
 */
#ifndef PORTERO_NET_SLAB_H
#define PORTERO_NET_SLAB_H

#include <stddef.h>

#define NET_SLAB_SIZE ((size_t)64 << 10)

struct net_slab;

struct net_slabs {
  struct net_slab *first; /* those with a free block */
  size_t block;           /* bytes of each; below a quarter of NET_SLAB_SIZE */
};

/* NULL: there is no memory. */
void *net_slabs_take(struct net_slabs *s);
void net_slabs_give(struct net_slabs *s, void *memory);
/* What is kept for the next time: all blocks must have been given back. */
void net_slabs_deinit(struct net_slabs *s);

#endif
