/* SPDX-License-Identifier: Apache-2.0 */
#include "src/epm/list.h"

#include <assert.h>

#include "src/epm/index.h"

#define MARKS_KEPT 8u

/* A slot is a node's address, which is even, or a removed one's serial behind a set bit. */
_Static_assert(_Alignof(struct epm_node) > 1, "a node's address is even");

static uint64_t mark_of(uint64_t serial)
{
  return serial << 1 | 1;
}

static bool is_mark(uint64_t slot)
{
  return slot & 1;
}

struct epm_node *epm_list_at(const struct epm_list *list, uint32_t slot)
{
  uint64_t value = list->slots[slot];

  return is_mark(value) ? NULL : (struct epm_node *)(uintptr_t)value;
}

static uint64_t serial_at(const struct epm_list *list, uint32_t slot)
{
  const struct epm_node *node = epm_list_at(list, slot);

  return node ? node->entry.serial : list->slots[slot] >> 1;
}

static void list_sweep(struct epm_list *list)
{
  uint32_t kept = 0;

  for (uint32_t i = 0; i < list->used; i++) {
    struct epm_node *node = epm_list_at(list, i);
    if (!node)
      continue;
    list->slots[kept] = list->slots[i];
    node->slot[list->kind] = kept++;
  }
  list->used = kept;
}

static void list_give(struct epm_list *list, const struct portero_mem *mem)
{
  if (list->slots != list->few)
    portero_mem_give(mem, list->slots, list->capacity * sizeof *list->slots);
}

bool epm_list_reserve(struct epm_list *list, const struct portero_mem *mem)
{
  uint32_t capacity = list->capacity * 2;
  uint64_t *slots;

  if (list->used < list->capacity)
    return true;
  if (list->capacity == 0) {
    list->slots = list->few;
    list->capacity = EPM_FEW;
    return true;
  }
  if (list->live < list->used / 2) {
    list_sweep(list);
    return true;
  }
  slots = portero_mem_take(mem, capacity * sizeof *slots);
  if (!slots)
    return false;
  memcpy(slots, list->slots, list->used * sizeof *slots);
  list_give(list, mem);
  list->slots = slots;
  list->capacity = capacity;
  return true;
}

void epm_list_append(struct epm_list *list, struct epm_node *node)
{
  assert(list->used < list->capacity);
  node->slot[list->kind] = list->used;
  list->slots[list->used++] = (uint64_t)(uintptr_t)node;
  list->live++;
}

void epm_list_remove(struct epm_list *list, const struct epm_node *node)
{
  list->slots[node->slot[list->kind]] = mark_of(node->entry.serial);
  list->live--;
  while (list->used > 0 && is_mark(list->slots[list->used - 1]))
    list->used--;
  if (list->used - list->live > list->live + MARKS_KEPT)
    list_sweep(list);
}

void epm_list_deinit(struct epm_list *list, const struct portero_mem *mem)
{
  list_give(list, mem);
  list->slots = NULL;
  list->used = list->capacity = list->live = 0;
}

uint32_t epm_list_seek(const struct epm_list *list, uint64_t after)
{
  uint32_t low = 0;
  uint32_t high = list->used;

  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (serial_at(list, middle) <= after)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct epm_node *epm_list_last(const struct epm_list *list)
{
  return list->used ? epm_list_at(list, list->used - 1) : NULL;
}
