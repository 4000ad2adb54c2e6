/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to stubs. Each top-level value is written in place; then, depth by depth, what its
 * pointers point to: [C706] 14.3.12.3. That second walk keeps its own stack, so that a long list
 * costs memory where it branches and never the C stack.
 */
#include "src/ndr/types_writing.h"

#define OWN_BUDGET (64u << 20) /* of the stack and the full pointers, without the writer's arena */

/* ---- pointees ---- */

static void push(struct types_writing *x, struct types_write_frame frame)
{
  size_t capacity = x->capacity ? x->capacity * 2 : TYPES_FIRST_FRAMES;

  if (x->n_frames == x->capacity) {
    struct types_write_frame *larger =
        x->capacity ? portero_arena_array(x->w->arena, capacity, sizeof *larger) : x->first;

    if (!larger) {
      portero_ndr_writer_fail(x->w, PORTERO_LOCAL_LIMIT);
      return;
    }
    if (x->n_frames)
      memcpy(larger, x->frames, x->n_frames * sizeof *larger);
    x->frames = larger;
    x->capacity = capacity;
  }
  x->frames[x->n_frames++] = frame;
}

/* Writes what a pointer points to; false: nothing (more) to follow there. */
static bool write_pointee(struct types_writing *x, const struct portero_type *type,
                          uint32_t pointer, const uint8_t **memory,
                          const struct types_write_scope *scope)
{
  const void *pointee = types_load_const(*memory);

  if (!pointee || (type->flags & PORTERO_TYPE_IGNORE))
    return false;
  if ((type->flags & PORTERO_TYPE_FULL) && !types_goes_by_scope(x->t, type->of) &&
      !portero_ndr_write_full_begin(x->w, pointee, type->of))
    return false;
  if (!x->t->layouts[pointer].is_collapsed)
    *memory = pointee;
  types_write_in_place(x, type->of, *memory, scope);
  return !x->w->w.failed;
}

/* Follows what is at memory until it branches. */
static void follow(struct types_writing *x, uint32_t index, const uint8_t *memory,
                   const struct types_write_scope *scope)
{
  struct types_write_scope inner = {index, memory};
  struct types_write_span s;

  while (types_write_wire(x, index)->flags & PORTERO_WIRE_DEFERRED) {
    const struct portero_type *type = &x->t->types[index];

    switch (type->kind) {
    case PORTERO_KIND_STRUCT:
      inner = (struct types_write_scope){index, memory};
      push(x, (struct types_write_frame){index, 0, type->count, memory, inner});
      return;
    case PORTERO_KIND_ARRAY:
      s = types_write_span_of(x, type, scope);
      if (type->flags & PORTERO_TYPE_CONFORMANT)
        memory = types_load_const(memory);
      if (memory && s.count)
        push(x,
             (struct types_write_frame){index, s.from, (uint64_t)s.from + s.count, memory, *scope});
      return;
    case PORTERO_KIND_SWITCH:
      index = types_write_arm(x, type, scope)->type;
      break;
    default:
      if (!write_pointee(x, type, index, &memory, scope))
        return;
      index = type->of;
      break;
    }
  }
}

static void write_pointees(struct types_writing *x, uint32_t type, const uint8_t *memory,
                           const struct types_write_scope *scope)
{
  follow(x, type, memory, scope);
  while (x->n_frames > 0 && !x->w->w.failed) {
    struct types_write_frame *top = &x->frames[x->n_frames - 1];
    struct types_write_frame f = *top;
    const struct portero_type *t = &x->t->types[f.type];
    uint32_t part = t->of;
    size_t offset = (size_t)f.at * x->t->layouts[part].size;

    if (t->kind == PORTERO_KIND_STRUCT) {
      types_write_name(x, &x->t->members[t->first + f.at]);
      part = x->t->members[t->first + f.at].type;
      offset = x->t->offsets[t->first + f.at];
    }
    top->at++;
    if (top->at == top->end)
      x->n_frames--;
    follow(x, part, f.memory + offset, &f.scope);
  }
  x->n_frames = 0;
}

/* One top-level value with all that it points to. */
static void write_whole(struct types_writing *x, uint32_t type, const uint8_t *memory,
                        const struct types_write_scope *scope)
{
  types_write_in_place(x, type, memory, scope);
  if (!x->w->w.failed && (types_write_wire(x, type)->flags & PORTERO_WIRE_DEFERRED))
    write_pointees(x, type, memory, scope);
}

/* ---- parameters ---- */

/* [C706] 14.3.9, [MS-RPCE] 2.2.5.3.4.5: chunks, each with its count. */
static void write_pipe(struct types_writing *x, const struct portero_type *type,
                       const uint8_t *memory)
{
  const struct portero_pipe *pipe = (const struct portero_pipe *)(const void *)memory;
  const uint8_t *data = pipe->data;
  struct types_write_scope none = {0, NULL};

  if (pipe->count > INT32_MAX || (pipe->count && !data)) {
    types_write_refuse(x);
    return;
  }
  if (pipe->count) {
    portero_ndr_write_size(x->w, (uint32_t)pipe->count);
    for (size_t i = 0; i < pipe->count && !x->w->w.failed; i++)
      types_write_body(x, type->of, data + i * x->t->layouts[type->of].size, &none);
    if (x->ndr64)
      portero_ndr_write_u64(x->w, 0 - (uint64_t)pipe->count);
  }
  portero_ndr_write_size(x->w, 0);
  if (x->ndr64)
    portero_ndr_write_size(x->w, 0);
}

static void write_param(struct types_writing *x, const struct portero_member *m,
                        const uint8_t *memory, const struct types_write_scope *scope,
                        enum portero_direction direction)
{
  const struct portero_type *type = &x->t->types[m->type];
  uint32_t index = m->type;

  if (type->kind == PORTERO_KIND_POINTER && (type->flags & PORTERO_TYPE_REF)) {
    index = type->of;
    if (!x->t->layouts[m->type].is_collapsed)
      memory = types_load_const(memory);
  }
  if (!memory) {
    types_write_refuse(x);
    return;
  }
  x->null_is_zeros =
      direction == PORTERO_DIRECTION_OUT && types_is_pointer_in_memory(&x->t->types[index]);
  write_whole(x, index, memory, scope);
  x->null_is_zeros = false;
}

/* Pipes come last on the way in, first on the way out: data flows while the call is executed. */
static void write_params(struct types_writing *x, uint32_t params, const uint8_t *memory,
                         enum portero_direction direction)
{
  const struct portero_type *type = &x->t->types[params];
  struct types_write_scope scope = {params, memory};
  uint16_t wanted = direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT;
  bool pipes = direction == PORTERO_DIRECTION_OUT;

  for (unsigned pass = 0; pass < 2; pass++, pipes = !pipes)
    for (uint32_t i = type->first; i < type->first + type->count; i++) {
      const struct portero_member *m = &x->t->members[i];

      if (!(m->flags & wanted) || (x->t->types[m->type].kind == PORTERO_KIND_PIPE) != pipes)
        continue;
      types_write_name(x, m);
      if (pipes)
        write_pipe(x, &x->t->types[m->type], memory + x->t->offsets[i]);
      else
        write_param(x, m, memory + x->t->offsets[i], &scope, direction);
    }
}

/* Lends the writer an arena when it has none, for as long as one value takes. */
static bool lend_arena(struct portero_ndr_writer *w, struct portero_arena *own)
{
  portero_arena_init(own, w->w.mem ? w->w.mem : &portero_mem_malloc, OWN_BUDGET);
  if (w->arena)
    return false;
  w->arena = own;
  return true;
}

static void take_back(struct portero_ndr_writer *w, struct portero_arena *own, bool lent)
{
  if (lent) {
    w->arena = NULL;
    w->full = NULL;
  }
  portero_arena_deinit(own);
}

void portero_types_write_call(const struct portero_types *t, const struct portero_op *op,
                              enum portero_direction direction, const void *value,
                              struct portero_ndr_writer *w)
{
  struct types_writing x = {.t = t, .w = w, .ndr64 = w->ndr64};
  struct portero_arena own;
  bool lent = lend_arena(w, &own);

  if (direction == PORTERO_DIRECTION_OUT)
    portero_ndr_write_answer(w);
  write_params(&x, op->params, value, direction);
  take_back(w, &own, lent);
}

void portero_types_write(const struct portero_types *t, uint32_t type, const void *value,
                         struct portero_ndr_writer *w)
{
  struct types_writing x = {.t = t, .w = w, .ndr64 = w->ndr64};
  struct types_write_scope none = {0, NULL};
  struct portero_arena own;
  bool lent;

  if (!types_stands_alone(t, type)) {
    types_write_refuse(&x);
    return;
  }
  lent = lend_arena(w, &own);
  write_whole(&x, type, value, &none);
  take_back(w, &own, lent);
}
