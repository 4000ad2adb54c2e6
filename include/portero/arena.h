/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory, passed in: an allocator with sized release, and an arena over it.
 *
 * An arena serves one call (or one compile, one look-up): everything in it dies together. It has
 * a byte budget, so that a count from the wire can never cost more than its owner allowed.
 * Neither is safe to use from two threads at once.
 */
#ifndef PORTERO_ARENA_H
#define PORTERO_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <portero/api.h>

PORTERO_BEGIN_DECLS

/*
 * take returns NULL when there is nothing to be had; give gets the size that was taken. grow may be
 * NULL; it makes a block larger, without a copy where it can, or returns NULL and leaves it as it is.
 */
struct portero_mem {
  void *(*take)(void *ctx, size_t size);
  void (*give)(void *ctx, void *block, size_t size);
  void *ctx;
  void *(*grow)(void *ctx, void *block, size_t size, size_t larger);
};

/* malloc, free and realloc. */
PORTERO_API extern const struct portero_mem portero_mem_malloc;

static inline void *portero_mem_take(const struct portero_mem *mem, size_t size)
{
  return mem->take(mem->ctx, size);
}
static inline void portero_mem_give(const struct portero_mem *mem, void *block, size_t size)
{
  if (block)
    mem->give(mem->ctx, block, size);
}

/* The block of size bytes with its contents, now of `larger` bytes; NULL: it stays as it is. block NULL: a new one. */
PORTERO_API void *portero_mem_grow(const struct portero_mem *mem, void *block, size_t size,
                                   size_t larger);

struct portero_arena_chunk;

struct portero_arena {
  const struct portero_mem *mem;
  struct portero_arena_chunk *chunks; /* newest first */
  uint8_t *at, *end;                  /* free part of the newest chunk */
  size_t budget;                      /* bytes that may still be handed out */
  size_t full_budget;
};

/* mem must outlive the arena. No memory is taken before the first allocation. */
PORTERO_API void portero_arena_init(struct portero_arena *a, const struct portero_mem *mem,
                                    size_t budget);
/* Zeroed memory aligned to 16, or NULL when memory or budget is out. size 0 gives a valid pointer. */
PORTERO_API PORTERO_MUST_USE void *portero_arena_alloc(struct portero_arena *a, size_t size);
/* The same for count objects; the product is checked. */
PORTERO_API PORTERO_MUST_USE void *portero_arena_array(struct portero_arena *a, size_t count,
                                                       size_t size);
PORTERO_API PORTERO_MUST_USE char *portero_arena_text(struct portero_arena *a, const char *text,
                                                      size_t length);
/* Forgets everything but keeps one chunk, so that steady work takes no memory. */
PORTERO_API void portero_arena_reset(struct portero_arena *a);
PORTERO_API void portero_arena_deinit(struct portero_arena *a);

PORTERO_END_DECLS

#endif
