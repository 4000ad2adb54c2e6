/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/stub_buffer.h"

#define FIRST_CAPACITY 8192u

static bool buffer_reserve(struct stub_buffer *b, const struct portero_mem *mem, size_t need)
{
  size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
  uint8_t *data;

  if (need <= b->capacity)
    return true;
  while (capacity < need)
    capacity *= 2;
  data = portero_mem_grow(mem, b->data, b->capacity, capacity);
  if (!data)
    return false;
  b->data = data;
  b->capacity = capacity;
  return true;
}

portero_status stub_buffer_append(struct stub_buffer *b, const struct portero_mem *mem,
                                  struct portero_bytes bytes, size_t limit)
{
  if (bytes.size > limit || b->size > limit - bytes.size)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (!buffer_reserve(b, mem, b->size + bytes.size))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (bytes.size)
    memcpy(b->data + b->size, bytes.data, bytes.size);
  b->size += bytes.size;
  return portero_ok();
}

void stub_buffer_free(struct stub_buffer *b, const struct portero_mem *mem)
{
  portero_mem_give(mem, b->data, b->capacity);
  b->data = NULL;
  b->size = b->capacity = 0;
}
