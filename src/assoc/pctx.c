/* SPDX-License-Identifier: Apache-2.0 */
#include "src/assoc/pctx.h"

void pctx_init(struct pctx_table *t, const struct portero_mem *mem)
{
  memset(t, 0, sizeof *t);
  t->mem = mem;
}

void pctx_deinit(struct pctx_table *t)
{
  for (size_t i = 0; i < t->count; i++)
    portero_mem_give(t->mem, t->sorted[i], sizeof *t->sorted[i]);
  portero_mem_give(t->mem, t->sorted, t->capacity * sizeof(struct portero_pcontext *));
  pctx_init(t, t->mem);
}

/* Index of the first entry whose id is not below. */
static size_t lower_bound(const struct pctx_table *t, uint16_t id)
{
  size_t low = 0, high = t->count;

  while (low < high) {
    size_t middle = (low + high) / 2;
    if (t->sorted[middle]->id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct portero_pcontext *pctx_find(const struct pctx_table *t, uint16_t id)
{
  size_t at = lower_bound(t, id);

  return at < t->count && t->sorted[at]->id == id ? t->sorted[at] : NULL;
}

static bool pctx_grow(struct pctx_table *t)
{
  size_t capacity = t->capacity ? t->capacity * 2 : 2;
  struct portero_pcontext **sorted =
      portero_mem_take(t->mem, capacity * sizeof(struct portero_pcontext *));

  if (!sorted)
    return false;
  if (t->count)
    memcpy(sorted, t->sorted, t->count * sizeof(struct portero_pcontext *));
  portero_mem_give(t->mem, t->sorted, t->capacity * sizeof(struct portero_pcontext *));
  t->sorted = sorted;
  t->capacity = capacity;
  return true;
}

static struct portero_pcontext *pctx_insert(struct pctx_table *t, uint16_t id)
{
  size_t at = lower_bound(t, id);
  struct portero_pcontext *context;

  if (t->count == t->capacity && !pctx_grow(t))
    return NULL;
  context = portero_mem_take(t->mem, sizeof *context);
  if (!context)
    return NULL;
  memmove(&t->sorted[at + 1], &t->sorted[at], (t->count - at) * sizeof(struct portero_pcontext *));
  t->sorted[at] = context;
  t->count++;
  context->id = id;
  return context;
}

struct portero_pcontext *pctx_put(struct pctx_table *t, uint16_t id,
                                  const struct portero_syntax *abstract,
                                  const struct portero_syntax *transfer, const void *owner)
{
  struct portero_pcontext *context = pctx_find(t, id);

  if (!context)
    context = pctx_insert(t, id);
  if (!context)
    return NULL;
  context->abstract = *abstract;
  context->transfer = *transfer;
  context->ndr64 = portero_syntax_equal(transfer, &portero_syntax_ndr64);
  context->owner = owner;
  return context;
}
