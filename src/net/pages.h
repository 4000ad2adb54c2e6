/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks, straight from the kernel. A block that grows is not copied, and what is free goes back
 * in pieces: malloc copies megabytes, and gives megabytes back, while every caller of the loop waits. Some
 * free blocks are kept for the next time, with the room that they had grown to. One thread only.
 */
#ifndef PORTERO_NET_PAGES_H
#define PORTERO_NET_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct net_region;

struct net_regions {
  struct net_region *first, *last;
};

struct net_pages {
  struct net_regions free;  /* what was given back last is the first to be used again */
  struct net_regions roomy; /* in use, with more room than they need */
  size_t n_spare;           /* bytes: free, and what the roomy ones do not need */
  /* More is free than is to be kept: call net_pages_tidy() now and then. NULL: it goes at once. */
  void (*untidy)(void *ctx);
  void *ctx;
};

/* What a block of this size takes: whole pages. */
size_t net_pages_room(size_t size);
void *net_pages_take(struct net_pages *p, size_t size);
/* As realloc() does: NULL leaves the block as it was. */
void *net_pages_grow(struct net_pages *p, void *block, size_t size, size_t larger);
void net_pages_give(struct net_pages *p, void *block);
/* Gives one piece back to the kernel. false: the rest may stay. */
bool net_pages_tidy(struct net_pages *p);
/* All blocks must have been given back. */
void net_pages_deinit(struct net_pages *p);

#endif
