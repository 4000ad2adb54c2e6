/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stubs to values: in place first, then the pointees, as types_write.c writes them. Until its
 * pointee has been read, a pointer's memory holds the referent identifier.
 */
#include "src/ndr/types_reading.h"

/* ---- pointees ---- */

static void push(struct types_reading *x, struct types_read_frame frame)
{
  size_t capacity = x->capacity ? x->capacity * 2 : TYPES_FIRST_FRAMES;

  if (x->n_frames == x->capacity) {
    struct types_read_frame *larger =
        x->capacity ? portero_ndr_reader_alloc(x->r, capacity, sizeof *larger, x->what) : x->first;

    if (!larger)
      return;
    if (x->n_frames)
      memcpy(larger, x->frames, x->n_frames * sizeof *larger);
    x->frames = larger;
    x->capacity = capacity;
  }
  x->frames[x->n_frames++] = frame;
}

/* Where the walk is: a value, and what its surroundings know. */
struct spot {
  uint32_t type;
  uint32_t depth;
  uint8_t *memory;
  struct types_scope scope;
  const void *owner; /* rows of an array have notes in common; NULL: not a row */
  const struct types_note *cursor;
  bool is_part;
};

/* Reads what a pointer points to and goes there; false: nothing to follow. */
static bool read_pointee(struct types_reading *x, struct spot *at)
{
  const struct portero_type *type = &x->t->types[at->type];
  bool collapsed = x->t->layouts[at->type].is_collapsed;
  uint64_t id = (uintptr_t)types_load_pointer(at->memory);
  const void *known = NULL;
  uint8_t *pointee = at->memory;

  if (id == 0)
    return false;
  if ((type->flags & PORTERO_TYPE_FULL) &&
      !portero_ndr_read_full_begin(x->r, id, type->of, &known, x->what)) {
    types_store_pointer(at->memory, known);
    if (types_goes_by_scope(x->t, type->of))
      types_read_refuse(x);
    return false;
  }
  if (at->depth >= x->r->depth) {
    portero_ndr_reader_fail(x->r, PORTERO_LOCAL_LIMIT, x->what);
    return false;
  }
  if (!collapsed) {
    pointee = portero_ndr_reader_alloc(x->r, 1, x->t->layouts[type->of].size, x->what);
    types_store_pointer(at->memory, pointee);
    if (!pointee)
      return false;
  }
  at->cursor = x->notes.last;
  at->owner = NULL;
  at->is_part = false;
  at->scope.ready = x->t->types[at->scope.type].flags & PORTERO_TYPE_PARAMS
                        ? at->scope.ready
                        : x->t->types[at->scope.type].count;
  types_read_in_place(x, type->of, pointee, &at->scope);
  if ((type->flags & PORTERO_TYPE_FULL) && types_read_ok(x))
    portero_ndr_read_full_at(x->r, id, type->of, types_load_pointer(at->memory), x->what);
  at->type = type->of;
  at->memory = pointee;
  at->depth++;
  return types_read_ok(x);
}

static int64_t recall(struct types_reading *x, struct spot *at, const uint32_t *code)
{
  bool rows = at->owner || x->t->types[x->t->types[at->type].of].kind == PORTERO_KIND_ARRAY;
  const struct types_note *cursor = at->cursor;
  int64_t value = types_notes_recall(&x->notes, x->r, code, &at->scope,
                                     at->owner ? at->owner : at->memory, &cursor, x->what);

  if (!rows)
    at->cursor = cursor;
  return value;
}

/* An array's elements as they were read. */
static void push_array(struct types_reading *x, struct spot *at, const struct portero_type *type)
{
  const void *owner = at->owner ? at->owner : at->memory;
  int64_t from = 0, count = type->count;
  uint8_t *data = at->memory;

  if (type->flags & PORTERO_TYPE_CONFORMANT) {
    count = recall(x, at, &type->size);
    data = types_load_pointer(at->memory);
  }
  if (type->offset)
    from = recall(x, at, &type->offset);
  if (type->length)
    count = recall(x, at, &type->length);
  else
    count -= from;
  if (types_read_ok(x) && count > 0)
    push(x, (struct types_read_frame){at->type, at->depth, (uint64_t)from, (uint64_t)(from + count),
                                      data, at->scope, owner, at->cursor, at->is_part});
}

/* Follows what is there until it branches; at->cursor has moved on behind a part. */
static void follow(struct types_reading *x, struct spot *at)
{
  while (types_read_ok(x) && (types_read_wire(x, at->type)->flags & PORTERO_WIRE_DEFERRED)) {
    const struct portero_type *type = &x->t->types[at->type];
    const struct portero_member *arm;

    switch (type->kind) {
    case PORTERO_KIND_STRUCT:
      push(x, (struct types_read_frame){at->type,
                                        at->depth,
                                        0,
                                        type->count,
                                        at->memory,
                                        {at->type, 0, at->memory},
                                        NULL,
                                        at->cursor,
                                        at->is_part});
      return;
    case PORTERO_KIND_ARRAY:
      push_array(x, at, type);
      return;
    case PORTERO_KIND_SWITCH:
      arm = portero_types_arm(x->t, &x->t->types[type->of], recall(x, at, &type->size));
      if (!arm || !arm->type)
        return;
      at->type = arm->type;
      break;
    default:
      if (!read_pointee(x, at))
        return;
      break;
    }
  }
}

/* The next part of the frame on top; the frame goes when it was the last. */
static struct spot next_part(struct types_reading *x)
{
  struct types_read_frame *f = &x->frames[x->n_frames - 1];
  const struct portero_type *type = &x->t->types[f->type];
  struct spot at = {type->of, f->depth, f->memory, f->scope, NULL, f->cursor, true};

  if (type->kind == PORTERO_KIND_STRUCT) {
    uint32_t i = type->first + (uint32_t)f->at;

    at.type = x->t->members[i].type;
    at.memory += x->t->offsets[i];
    at.scope.ready = (uint32_t)f->at;
    types_read_name(x, &x->t->members[i]);
  } else {
    at.memory += f->at * x->t->layouts[type->of].size;
  }
  if (x->t->types[at.type].kind == PORTERO_KIND_ARRAY && type->kind == PORTERO_KIND_ARRAY) {
    at.owner = f->owner;
    at.is_part = false;
  }
  f->at++;
  if (f->at == f->end) {
    at.is_part = at.is_part && f->is_part;
    x->n_frames--;
  }
  return at;
}

/* A finished part's notes are behind: the frame below goes on from there. */
static void pass_cursor(struct types_reading *x, size_t below, const struct spot *at)
{
  if (at->is_part && below > 0 && x->n_frames == below)
    x->frames[below - 1].cursor = at->cursor;
}

static void read_pointees(struct types_reading *x, uint32_t type, uint8_t *memory,
                          const struct types_scope *scope, const struct types_note *cursor)
{
  struct spot at = {type, 0, memory, *scope, NULL, cursor, false};

  follow(x, &at);
  while (x->n_frames > 0 && types_read_ok(x)) {
    size_t below;

    at = next_part(x);
    below = x->n_frames;
    follow(x, &at);
    pass_cursor(x, below, &at);
  }
  x->n_frames = 0;
}

/* One top-level value with all that it points to. */
static void read_whole(struct types_reading *x, uint32_t type, uint8_t *memory,
                       const struct types_scope *scope)
{
  const struct types_note *cursor = x->notes.last;

  types_read_in_place(x, type, memory, scope);
  if (types_read_ok(x) && (types_read_wire(x, type)->flags & PORTERO_WIRE_DEFERRED))
    read_pointees(x, type, memory, scope, cursor);
}

/* ---- parameters ---- */

/* Room for count more elements. */
static bool pipe_grow(struct types_reading *x, struct portero_pipe *pipe, size_t *capacity,
                      uint32_t count, size_t size)
{
  size_t need = pipe->count + count;
  uint8_t *larger;

  if (need <= *capacity)
    return true;
  if (need < *capacity * 2)
    need = *capacity * 2;
  larger = portero_ndr_reader_alloc(x->r, need, size, x->what);
  if (!larger)
    return false;
  if (pipe->count)
    memcpy(larger, pipe->data, pipe->count * size);
  pipe->data = larger;
  *capacity = need;
  return true;
}

/* The elements of one chunk, into room that is there. */
static void read_chunk(struct types_reading *x, uint32_t type, uint8_t *memory, uint32_t count)
{
  const struct types_scope none = {0, 0, NULL};
  size_t size = x->t->layouts[type].size;

  if (types_read_is_plain(x, type)) {
    types_read_plain(x, types_read_wire(x, type)->align, count * size, memory);
    return;
  }
  for (uint32_t i = 0; i < count && types_read_ok(x); i++)
    types_read_body(x, type, memory + i * size, &none);
}

/* [C706] 14.3.9, [MS-RPCE] 2.2.5.3.4.5 */
static void read_pipe(struct types_reading *x, const struct portero_type *type, uint8_t *memory)
{
  struct portero_pipe pipe = {0, ""};
  size_t size = x->t->layouts[type->of].size, capacity = 0;
  uint32_t count;

  while ((count = portero_ndr_read_size(x->r, x->what)) != 0 && types_read_ok(x)) {
    if ((x->ndr64 && count > INT32_MAX) || !types_read_fits(x, type->of, count) ||
        !pipe_grow(x, &pipe, &capacity, count, size))
      break;
    read_chunk(x, type->of, (uint8_t *)(uintptr_t)pipe.data + pipe.count * size, count);
    pipe.count += count;
    if (x->ndr64 && portero_ndr_read_u64(x->r, x->what) != 0 - (uint64_t)count)
      types_read_refuse(x);
  }
  if (x->ndr64 && types_read_ok(x) && portero_ndr_read_u64(x->r, x->what) != 0)
    types_read_refuse(x);
  if (count != 0)
    types_read_refuse(x);
  memcpy(memory, &pipe, sizeof pipe);
}

static void read_param(struct types_reading *x, const struct portero_member *m, uint8_t *memory,
                       const struct types_scope *scope)
{
  const struct portero_type *type = &x->t->types[m->type];

  if (type->kind == PORTERO_KIND_POINTER && (type->flags & PORTERO_TYPE_REF)) {
    types_store_pointer(memory, (const void *)(uintptr_t)1);
    read_pointees(x, m->type, memory, scope, x->notes.last);
    return;
  }
  read_whole(x, m->type, memory, scope);
}

static void read_params(struct types_reading *x, uint32_t params, uint8_t *memory)
{
  const struct portero_type *type = &x->t->types[params];
  struct types_scope scope = {params, 0, memory};
  bool pipes = x->notes.direction == PORTERO_MEMBER_OUT;

  x->end_param = type->first + type->count;
  for (unsigned pass = 0; pass < 2; pass++, pipes = !pipes)
    for (scope.ready = 0; scope.ready < type->count && types_read_ok(x); scope.ready++) {
      uint32_t i = type->first + scope.ready;
      const struct portero_member *m = &x->t->members[i];

      if (!(m->flags & x->notes.direction) ||
          (x->t->types[m->type].kind == PORTERO_KIND_PIPE) != pipes)
        continue;
      types_read_name(x, m);
      x->next_param = i + 1;
      if (pipes)
        read_pipe(x, &x->t->types[m->type], memory + x->t->offsets[i]);
      else
        read_param(x, m, memory + x->t->offsets[i], &scope);
    }
}

static void reading_init(struct types_reading *x, const struct portero_types *t,
                         struct portero_ndr_reader *r)
{
  *x = (struct types_reading){.t = t, .r = r, .ndr64 = r->ndr64, .what = "value"};
  x->notes.t = t;
}

void portero_types_read_call(const struct portero_types *t, const struct portero_op *op,
                             enum portero_direction direction, bool infer, void *value,
                             struct portero_ndr_reader *r)
{
  struct types_reading x;

  reading_init(&x, t, r);
  x.notes.direction = direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT;
  x.notes.infer = infer;
  read_params(&x, op->params, value);
  types_notes_judge(&x.notes, r);
}

void portero_types_read(const struct portero_types *t, uint32_t type, void *value,
                        struct portero_ndr_reader *r)
{
  const struct types_scope none = {0, 0, NULL};
  struct types_reading x;

  reading_init(&x, t, r);
  if (!types_stands_alone(t, type)) {
    portero_ndr_reader_fail(r, PORTERO_LOCAL_USAGE, "type");
    return;
  }
  read_whole(&x, type, value, &none);
  types_notes_judge(&x.notes, r);
}
