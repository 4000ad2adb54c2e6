/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/arena.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT   16u
#define CHUNK_BYTES 4096u

struct portero_arena_chunk {
  struct portero_arena_chunk *older;
  size_t size; /* of the whole block, header included */
};

#define HEADER_BYTES                                                                               \
  ((sizeof(struct portero_arena_chunk) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))

static void *malloc_take(void *ctx, size_t size)
{
  (void)ctx;
  return malloc(size);
}

static void malloc_give(void *ctx, void *block, size_t size)
{
  (void)ctx;
  (void)size;
  free(block);
}

static void *malloc_grow(void *ctx, void *block, size_t size, size_t larger)
{
  (void)ctx;
  (void)size;
  return realloc(block, larger);
}

const struct portero_mem portero_mem_malloc = {malloc_take, malloc_give, NULL, malloc_grow};

void *portero_mem_grow(const struct portero_mem *mem, void *block, size_t size, size_t larger)
{
  void *moved;

  if (block && mem->grow)
    return mem->grow(mem->ctx, block, size, larger);
  moved = portero_mem_take(mem, larger);
  if (!moved || !block)
    return moved;
  memcpy(moved, block, size);
  portero_mem_give(mem, block, size);
  return moved;
}

void portero_arena_init(struct portero_arena *a, const struct portero_mem *mem, size_t budget)
{
  memset(a, 0, sizeof *a);
  a->mem = mem;
  a->budget = budget;
  a->full_budget = budget;
}

static void arena_use(struct portero_arena *a, struct portero_arena_chunk *chunk)
{
  a->at = (uint8_t *)chunk + HEADER_BYTES;
  a->end = (uint8_t *)chunk + chunk->size;
}

static bool arena_add_chunk(struct portero_arena *a, size_t payload)
{
  struct portero_arena_chunk *chunk;
  size_t size = payload + HEADER_BYTES;

  if (size < CHUNK_BYTES)
    size = CHUNK_BYTES;
  chunk = portero_mem_take(a->mem, size);
  if (!chunk)
    return false;
  chunk->older = a->chunks;
  chunk->size = size;
  a->chunks = chunk;
  arena_use(a, chunk);
  return true;
}

void *portero_arena_alloc(struct portero_arena *a, size_t size)
{
  size_t need;
  void *block;

  if (size > a->budget || size > SIZE_MAX / 2)
    return NULL;
  need = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
  if ((size_t)(a->end - a->at) < need && !arena_add_chunk(a, need))
    return NULL;
  block = a->at;
  a->at += need;
  a->budget -= need < a->budget ? need : a->budget;
  return memset(block, 0, need);
}

void *portero_arena_array(struct portero_arena *a, size_t count, size_t size)
{
  size_t bytes;

  if (__builtin_mul_overflow(count, size, &bytes))
    return NULL;
  return portero_arena_alloc(a, bytes);
}

char *portero_arena_text(struct portero_arena *a, const char *text, size_t length)
{
  char *copy = length < SIZE_MAX ? portero_arena_alloc(a, length + 1) : NULL;

  if (copy && length)
    memcpy(copy, text, length);
  return copy;
}

void portero_arena_reset(struct portero_arena *a)
{
  struct portero_arena_chunk *keep = a->chunks;

  a->budget = a->full_budget;
  if (!keep)
    return;
  while (keep->older) {
    struct portero_arena_chunk *drop = keep;
    keep = keep->older;
    portero_mem_give(a->mem, drop, drop->size);
  }
  a->chunks = keep;
  arena_use(a, keep);
}

void portero_arena_deinit(struct portero_arena *a)
{
  while (a->chunks) {
    struct portero_arena_chunk *drop = a->chunks;
    a->chunks = drop->older;
    portero_mem_give(a->mem, drop, drop->size);
  }
  a->at = a->end = NULL;
  a->budget = 0;
}
