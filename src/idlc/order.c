/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last order of the types: the main file's in the order of the text, each after what it
 * contains. What is behind pointers may come later. What nobody needs is not there any more.
 */
#include "src/idlc/lower.h"

#include <string.h>

struct order_walk {
  struct idlc_lower *lo;
  uint32_t *places; /* new index of each type; 0: none yet */
  uint32_t *order;  /* the other way */
  uint8_t *seen;
  uint32_t count;
  uint32_t *later; /* seen behind pointers only, so far */
  uint32_t n_later;
  uint32_t *hooks; /* they come behind all others */
  uint32_t n_hooks;
};

static void order_visit(struct order_walk *walk, uint32_t type, unsigned depth);

static void order_later(struct order_walk *walk, uint32_t type)
{
  if (type && walk->seen[type] == 0) {
    walk->seen[type] = 1;
    walk->later[walk->n_later++] = type;
  }
}

static void order_children(struct order_walk *walk, uint32_t index, unsigned depth)
{
  struct idlc_builder *b = &walk->lo->b;
  const struct portero_type *type = idlc_builder_at(b, index);
  const struct portero_member *members = b->members.items;

  if (type->kind == IDLC_KIND_HOOK)
    walk->hooks[walk->n_hooks++] = index;
  order_visit(walk, idlc_builder_info(b, index)->same_as, depth);
  if (type->kind == PORTERO_KIND_POINTER)
    order_later(walk, type->of);
  else
    order_visit(walk, type->of, depth);
  if (type->kind != PORTERO_KIND_STRUCT && type->kind != PORTERO_KIND_UNION)
    return;
  for (uint32_t i = 0; i < type->count; i++)
    order_visit(walk, members[type->first + i].type, depth);
}

static void order_visit(struct order_walk *walk, uint32_t type, unsigned depth)
{
  if (!type || walk->seen[type] == 2 || depth > 4 * IDLC_MAX_DEPTH)
    return;
  walk->seen[type] = 2;
  order_children(walk, type, depth + 1);
  if (idlc_builder_at(&walk->lo->b, type)->kind == IDLC_KIND_HOOK)
    return;
  walk->places[type] = walk->count;
  walk->order[walk->count++] = type;
}

static void order_roots(struct order_walk *walk)
{
  struct idlc_lower *lo = walk->lo;
  const struct portero_op *ops = lo->b.ops.items;

  for (const struct idlc_body *body = lo->scope.first_body; body; body = body->after) {
    if (body->state == IDLC_STATE_DONE && body->file == lo->tree->main->file)
      order_visit(walk, body->type, 0);
  }
  for (uint32_t i = 0; i < lo->b.ops.count; i++)
    order_visit(walk, ops[i].params, 0);
  for (const struct idlc_hooked *hook = lo->hooks; hook; hook = hook->next)
    order_visit(walk, hook->node, 0);
  for (const struct idlc_local_op *op = lo->local_ops; op; op = op->next)
    order_visit(walk, op->params, 0);
  for (uint32_t i = 0; i < walk->n_later; i++)
    order_visit(walk, walk->later[i], 0);
}

static void order_hooks(struct order_walk *walk)
{
  for (uint32_t i = 0; i < walk->n_hooks; i++) {
    walk->places[walk->hooks[i]] = walk->count + i;
    walk->order[walk->count + i] = walk->hooks[i];
  }
}

static void order_apply(struct order_walk *walk, struct portero_type *types,
                        struct idlc_type_info *info)
{
  struct idlc_builder *b = &walk->lo->b;
  struct portero_member *members = b->members.items;
  struct portero_op *ops = b->ops.items;
  uint32_t count = walk->count + walk->n_hooks;

  for (uint32_t i = 1; i < count; i++) {
    types[i] = *idlc_builder_at(b, walk->order[i]);
    types[i].of = walk->places[types[i].of];
    info[i] = *idlc_builder_info(b, walk->order[i]);
    info[i].same_as = walk->places[info[i].same_as];
  }
  for (uint32_t i = 0; i < b->members.count; i++)
    members[i].type = walk->places[members[i].type];
  for (uint32_t i = 0; i < b->ops.count; i++)
    ops[i].params = walk->places[ops[i].params];
  for (struct idlc_hooked *hook = walk->lo->hooks; hook; hook = hook->next)
    hook->node = walk->places[hook->node];
  for (struct idlc_local_op *op = walk->lo->local_ops; op; op = op->next)
    op->params = walk->places[op->params];
  b->types.items = types;
  b->types.count = b->types.capacity = count;
  b->type_info.items = info;
  b->type_info.count = b->type_info.capacity = count;
}

bool idlc_order(struct idlc_lower *lo, uint32_t *out_hooks)
{
  uint32_t n = lo->b.types.count;
  struct order_walk walk = {.lo = lo, .count = 1};
  struct portero_type *types = portero_arena_array(lo->arena, n, sizeof *types);
  struct idlc_type_info *info = portero_arena_array(lo->arena, n, sizeof *info);

  walk.places = portero_arena_array(lo->arena, n, sizeof *walk.places);
  walk.order = portero_arena_array(lo->arena, n, sizeof *walk.order);
  walk.later = portero_arena_array(lo->arena, n, sizeof *walk.later);
  walk.hooks = portero_arena_array(lo->arena, n, sizeof *walk.hooks);
  walk.seen = portero_arena_alloc(lo->arena, n);
  if (!types || !info || !walk.places || !walk.order || !walk.later || !walk.hooks || !walk.seen)
    return false;
  order_roots(&walk);
  order_hooks(&walk);
  order_apply(&walk, types, info);
  *out_hooks = walk.n_hooks;
  return true;
}
