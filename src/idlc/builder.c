/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables while they grow: texts are kept once, and so are types that are the same. What was
 * added last can be taken back.
 */
#include "src/idlc/lower.h"

#include <string.h>

#define BUILDER_BUCKETS 1024u

static bool table_grow(struct idlc_builder *b, struct idlc_table *t, uint32_t n)
{
  uint32_t capacity = t->capacity ? t->capacity : 64;
  void *items;

  while (capacity - t->count < n) {
    if (capacity > UINT32_MAX / 4)
      return false;
    capacity *= 2;
  }
  items = portero_arena_array(b->arena, capacity, t->size);
  if (!items)
    return false;
  if (t->count)
    memcpy(items, t->items, (size_t)t->count * t->size);
  t->items = items;
  t->capacity = capacity;
  return true;
}

void *idlc_table_add(struct idlc_builder *b, struct idlc_table *t, uint32_t n)
{
  uint8_t *item;

  if ((!t->items || t->capacity - t->count < n) && !table_grow(b, t, n)) {
    b->out_of_memory = true;
    return NULL;
  }
  item = (uint8_t *)t->items + (size_t)t->count * t->size;
  memset(item, 0, (size_t)n * t->size);
  t->count += n;
  return item;
}

bool idlc_builder_init(struct idlc_builder *b, struct portero_arena *arena)
{
  memset(b, 0, sizeof *b);
  b->arena = arena;
  b->strings.size = 1;
  b->code.size = 1;
  b->types.size = sizeof(struct portero_type);
  b->type_info.size = sizeof(struct idlc_type_info);
  b->members.size = sizeof(struct portero_member);
  b->enumerators.size = sizeof(struct portero_enumerator);
  b->ops.size = sizeof(struct portero_op);
  b->op_info.size = sizeof(struct idlc_op_info);
  b->ifaces.size = sizeof(struct portero_iface);
  b->iface_info.size = sizeof(struct idlc_iface_info);
  b->string_next.size = sizeof(struct idlc_link);
  b->type_next.size = sizeof(uint32_t);
  b->string_heads = portero_arena_array(arena, BUILDER_BUCKETS, sizeof *b->string_heads);
  b->type_heads = portero_arena_array(arena, BUILDER_BUCKETS, sizeof *b->type_heads);
  if (!b->string_heads || !b->type_heads)
    return false;
  /* Index 0 is nothing, everywhere: no text, no expression, no type, no link. */
  return idlc_table_add(b, &b->strings, 1) && idlc_table_add(b, &b->code, 1) &&
         idlc_table_add(b, &b->types, 1) && idlc_table_add(b, &b->type_info, 1) &&
         idlc_table_add(b, &b->type_next, 1) && idlc_table_add(b, &b->string_next, 1);
}

static uint32_t builder_hash(const void *data, size_t size)
{
  const uint8_t *p = data;
  uint32_t h = 2166136261u;

  for (size_t i = 0; i < size; i++)
    h = (h ^ p[i]) * 16777619u;
  return h % BUILDER_BUCKETS;
}

uint32_t idlc_builder_text(struct idlc_builder *b, const char *text)
{
  size_t length = text ? strlen(text) : 0;
  uint32_t bucket, at;
  struct idlc_link *link;
  char *copy;

  if (!length || length > UINT32_MAX / 8)
    return 0;
  bucket = builder_hash(text, length);
  for (uint32_t i = b->string_heads[bucket]; i;
       i = ((struct idlc_link *)b->string_next.items)[i].next) {
    at = ((struct idlc_link *)b->string_next.items)[i].at;
    if (strcmp((const char *)b->strings.items + at, text) == 0)
      return at;
  }
  at = b->strings.count;
  copy = idlc_table_add(b, &b->strings, (uint32_t)length + 1);
  link = idlc_table_add(b, &b->string_next, 1);
  if (!copy || !link)
    return 0;
  memcpy(copy, text, length + 1);
  link->at = at;
  link->next = b->string_heads[bucket];
  b->string_heads[bucket] = b->string_next.count - 1;
  return at;
}

uint32_t idlc_builder_type(struct idlc_builder *b, const struct portero_type *type)
{
  struct portero_type *added = idlc_table_add(b, &b->types, 1);

  if (!added || !idlc_table_add(b, &b->type_info, 1) || !idlc_table_add(b, &b->type_next, 1))
    return IDLC_BAD;
  *added = *type;
  return b->types.count - 1;
}

/* What makes two types one; padding is not among it. */
static uint32_t builder_type_hash(const struct portero_type *t)
{
  const uint64_t key[] = {t->kind, t->flags, t->of, t->count, (uint64_t)t->min, (uint64_t)t->max};

  return builder_hash(key, sizeof key);
}

static bool builder_same(const struct portero_type *a, const struct portero_type *b)
{
  return a->kind == b->kind && a->flags == b->flags && a->of == b->of && a->count == b->count &&
         a->name == b->name && a->first == b->first && a->size == b->size &&
         a->length == b->length && a->offset == b->offset && a->min == b->min && a->max == b->max;
}

uint32_t idlc_builder_shared(struct idlc_builder *b, const struct portero_type *type)
{
  uint32_t bucket = builder_type_hash(type);
  uint32_t made;

  for (uint32_t i = b->type_heads[bucket]; i; i = ((uint32_t *)b->type_next.items)[i]) {
    if (builder_same(idlc_builder_at(b, i), type))
      return i;
  }
  made = idlc_builder_type(b, type);
  if (made == IDLC_BAD)
    return IDLC_BAD;
  ((uint32_t *)b->type_next.items)[made] = b->type_heads[bucket];
  b->type_heads[bucket] = made;
  return made;
}

struct portero_type *idlc_builder_at(struct idlc_builder *b, uint32_t type)
{
  return (struct portero_type *)b->types.items + type;
}

uint32_t idlc_builder_wire(struct idlc_builder *b, uint32_t type)
{
  const struct portero_type *t = idlc_builder_at(b, type);

  return t->kind == IDLC_KIND_HOOK ? t->of : type;
}

struct idlc_type_info *idlc_builder_info(struct idlc_builder *b, uint32_t type)
{
  return (struct idlc_type_info *)b->type_info.items + type;
}

struct idlc_mark idlc_builder_mark(const struct idlc_builder *b)
{
  struct idlc_mark mark = {b->code.count, b->types.count, b->members.count, b->enumerators.count};

  return mark;
}

void idlc_builder_rewind(struct idlc_builder *b, struct idlc_mark mark)
{
  for (uint32_t bucket = 0; bucket < BUILDER_BUCKETS; bucket++) {
    while (b->type_heads[bucket] >= mark.types)
      b->type_heads[bucket] = ((uint32_t *)b->type_next.items)[b->type_heads[bucket]];
  }
  b->code.count = mark.code;
  b->types.count = b->type_info.count = b->type_next.count = mark.types;
  b->members.count = mark.members;
  b->enumerators.count = mark.enumerators;
}
