/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <stdlib.h>

static uint8_t *block_take(size_t size)
{
  uint8_t *block = malloc(size ? size : 1);

  if (!block)
    fail_msg("out of memory");
  return block;
}

struct portero_bytes support_copy(struct portero_bytes bytes)
{
  uint8_t *block = block_take(bytes.size);

  if (bytes.size)
    memcpy(block, bytes.data, bytes.size);
  return portero_bytes_make(block, bytes.size);
}

static int digit_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

struct portero_bytes support_hex(const char *hex)
{
  uint8_t *scratch = block_take(strlen(hex));
  struct portero_bytes exact;
  size_t digits = 0;

  for (; *hex; hex++) {
    int value = digit_value(*hex);
    if (*hex == ' ' || *hex == '\n')
      continue;
    if (value < 0)
      fail_msg("not a hex digit: %c", *hex);
    if (digits % 2 == 0)
      scratch[digits / 2] = (uint8_t)(value << 4);
    else
      scratch[digits / 2] = (uint8_t)(scratch[digits / 2] | value);
    digits++;
  }
  if (digits % 2)
    fail_msg("odd number of hex digits");
  exact = support_copy(portero_bytes_make(scratch, digits / 2));
  free(scratch);
  return exact;
}

/* Blocks are ours to write to; tests see them as read-only. */
static uint8_t *block_writable(struct portero_bytes block)
{
  union {
    const uint8_t *held;
    uint8_t *owned;
  } u;

  u.held = block.data;
  return u.owned;
}

void support_free(struct portero_bytes block)
{
  free(block_writable(block));
}

void support_patch(struct portero_bytes block, size_t at, const char *hex)
{
  struct portero_bytes patch = support_hex(hex);

  assert_true(at + patch.size <= block.size);
  if (patch.size)
    memcpy(block_writable(block) + at, patch.data, patch.size);
  support_free(patch);
}

void support_assert_bytes(struct portero_bytes bytes, struct portero_bytes expected)
{
  assert_int_equal(bytes.size, expected.size);
  if (expected.size)
    assert_memory_equal(bytes.data, expected.data, expected.size);
}

void support_assert_hex(struct portero_bytes bytes, const char *hex)
{
  struct portero_bytes expected = support_hex(hex);

  support_assert_bytes(bytes, expected);
  support_free(expected);
}

size_t support_prefixes(struct portero_bytes sample, support_decoder *decode, void *ctx)
{
  size_t accepted = 0;

  for (size_t size = 0; size < sample.size; size++) {
    struct portero_bytes input = support_copy(portero_bytes_make(sample.data, size));
    accepted += decode(input, ctx);
    support_free(input);
  }
  return accepted;
}

size_t support_bit_flips(struct portero_bytes sample, support_decoder *decode, void *ctx)
{
  size_t accepted = 0;

  for (size_t bit = 0; bit < sample.size * 8; bit++) {
    uint8_t *block = block_take(sample.size);
    memcpy(block, sample.data, sample.size);
    block[bit / 8] = (uint8_t)(block[bit / 8] ^ 1u << bit % 8);
    accepted += decode(portero_bytes_make(block, sample.size), ctx);
    free(block);
  }
  return accepted;
}

static void *failing_take(void *ctx, size_t size)
{
  struct support_mem *m = ctx;
  void *block = m->n_takes++ < m->fail_at ? malloc(size) : NULL;

  if (block)
    m->in_use += size;
  return block;
}

static void failing_give(void *ctx, void *block, size_t size)
{
  struct support_mem *m = ctx;

  assert_true(m->in_use >= size);
  m->in_use -= size;
  free(block);
}

void support_mem_init(struct support_mem *m, size_t fail_at)
{
  m->mem.take = failing_take;
  m->mem.give = failing_give;
  m->mem.ctx = m;
  m->mem.grow = NULL;
  m->n_takes = 0;
  m->fail_at = fail_at;
  m->in_use = 0;
}
