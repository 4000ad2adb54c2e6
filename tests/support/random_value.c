/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/random_value.h"

#define MAX_DEPTH 6u

/* The struct whose members expressions mean. settled: one for each member, not to be changed any more. */
struct scope {
  uint32_t type;
  uint8_t *memory;
  bool *settled;
};

static bool value(struct random_value *r, struct scope *s, uint32_t type, uint8_t *memory);

/* ---- numbers ---- */

static uint64_t next(struct random_value *r)
{
  r->state ^= r->state << 13;
  r->state ^= r->state >> 7;
  r->state ^= r->state << 17;
  return r->state;
}

uint32_t random_below(struct random_value *r, uint32_t bound)
{
  return (uint32_t)((next(r) >> 11) % bound);
}

/* Edges are where mistakes are. */
static int64_t number(struct random_value *r)
{
  static const int64_t edges[] = {0, 1, -1, 127, 128, 255, 32767, 65535, INT32_MAX, INT32_MIN};

  if (random_below(r, 4) == 0)
    return edges[random_below(r, sizeof edges / sizeof edges[0])];
  return (int64_t)next(r);
}

static int64_t within(struct random_value *r, const struct portero_type *t)
{
  uint64_t span = (uint64_t)t->max - (uint64_t)t->min;

  return t->min + (int64_t)(span == UINT64_MAX ? next(r) : next(r) % (span + 1));
}

static void scalar(struct random_value *r, const struct portero_type *t, uint8_t *memory)
{
  int64_t n = t->flags & PORTERO_TYPE_RANGE ? within(r, t) : number(r);

  if (t->kind == PORTERO_KIND_ENUM16)
    n = t->count ? r->t->enumerators[t->first + random_below(r, t->count)].value : n & 0xffff;
  if (t->kind == PORTERO_KIND_INT3264 && !(t->flags & PORTERO_TYPE_RANGE))
    n = (int32_t)n; /* what NDR can carry */
  if (t->kind == PORTERO_KIND_UINT3264 && !(t->flags & PORTERO_TYPE_RANGE))
    n = (int64_t)((uint64_t)n & UINT32_MAX);
  portero_types_set_number(t->kind, memory, n);
}

static void real(struct random_value *r, uint8_t kind, uint8_t *memory)
{
  double d = (double)random_below(r, 1000) / 8;
  float f = (float)d;

  if (kind == PORTERO_KIND_FLOAT)
    memcpy(memory, &f, sizeof f);
  else
    memcpy(memory, &d, sizeof d);
}

static void blob(struct random_value *r, uint8_t *memory, size_t size)
{
  for (size_t i = 0; i < size; i++)
    memory[i] = (uint8_t)next(r);
}

/* ---- counts and tags ---- */

typedef bool per_member(struct random_value *r, struct scope *s, uint32_t index);

/* For each member that an expression is made of, until one says false. */
static bool each_member(struct random_value *r, uint32_t code, struct scope *s, per_member *visit)
{
  const uint8_t *p = r->t->code + code;

  while (*p != PORTERO_CODE_END) {
    uint8_t op = *p++;
    uint32_t index = 0;
    unsigned shift = 0;
    if (op > PORTERO_CODE_PRESENT)
      continue;
    do {
      index |= shift < 32 ? (uint32_t)(*p & 0x7f) << shift : 0;
      shift += 7;
    } while (*p++ & 0x80);
    if (op != PORTERO_CODE_CONST && !visit(r, s, index))
      return false;
  }
  return true;
}

static bool is_settled(struct random_value *r, struct scope *s, uint32_t index)
{
  (void)r;
  return s->settled[index];
}

static bool mark_settled(struct random_value *r, struct scope *s, uint32_t index)
{
  (void)r;
  s->settled[index] = true;
  return true;
}

/* Small numbers where an expression cannot be turned round: whatever it says then is small, too. */
static bool make_small(struct random_value *r, struct scope *s, uint32_t index)
{
  const struct portero_type *scope = &r->t->types[s->type];
  uint32_t member = scope->first + index;
  const struct portero_type *t = &r->t->types[r->t->members[member].type];
  uint8_t *memory = s->memory + r->t->offsets[member];

  if (t->kind == PORTERO_KIND_POINTER) {
    const uint8_t *slot = memory;
    memcpy(&memory, slot, sizeof(uint8_t *));
    t = &r->t->types[t->of];
  }
  if (memory && t->kind <= PORTERO_KIND_ENUM32)
    portero_types_set_number(t->kind, memory, random_below(r, 5));
  return true;
}

/* Makes the expression say wanted if that can be; gives what it says. */
static int64_t settle(struct random_value *r, struct scope *s, uint32_t code, int64_t wanted)
{
  if (!each_member(r, code, s, is_settled)) {
    if (!portero_types_invert(r->t, code, s->type, s->memory, wanted, r->arena))
      (void)each_member(r, code, s, make_small);
    (void)each_member(r, code, s, mark_settled);
  }
  return portero_types_eval(r->t, code, s->type, s->memory);
}

static uint32_t wanted_count(struct random_value *r, const struct portero_type *a)
{
  uint32_t n = random_below(r, 5);

  if (r->budget < 8)
    n = 0;
  if (a->flags & PORTERO_TYPE_RANGE && n < a->min)
    n = (uint32_t)a->min;
  if (a->flags & PORTERO_TYPE_RANGE && n > a->max)
    n = (uint32_t)a->max;
  return n;
}

static void *elements_new(struct random_value *r, size_t count, size_t size)
{
  if (count > 100000)
    return NULL;
  r->budget -= count < r->budget ? (unsigned)count : r->budget;
  return portero_arena_array(r->arena, count, size);
}

/* ---- what is made of others ---- */

static bool elements(struct random_value *r, struct scope *s, uint32_t of, size_t count,
                     uint8_t *memory)
{
  size_t size = r->t->layouts[of].size;

  for (size_t i = 0; i < count; i++)
    if (!value(r, s, of, memory + i * size))
      return false;
  return true;
}

static bool array(struct random_value *r, struct scope *s, const struct portero_type *a,
                  uint8_t *memory)
{
  int64_t count = a->flags & PORTERO_TYPE_CONFORMANT ? wanted_count(r, a) : (int64_t)a->count;
  int64_t length = count;
  void *made;

  if (a->flags & PORTERO_TYPE_VARYING && a->length)
    length = settle(r, s, a->length, random_below(r, (uint32_t)count + 1));
  if (a->offset)
    length += settle(r, s, a->offset, 0);
  if (a->flags & PORTERO_TYPE_CONFORMANT && a->size)
    count = settle(r, s, a->size, count > length ? count : length);
  if (!(a->flags & PORTERO_TYPE_CONFORMANT))
    return elements(r, s, a->of, (size_t)(length < count && length > 0 ? length : count), memory);
  if (!(a->flags & PORTERO_TYPE_VARYING && a->length))
    length = count;
  if (length < 0)
    return true;
  made = elements_new(r, (size_t)length, r->t->layouts[a->of].size);
  memcpy(memory, &made, sizeof made);
  return made && elements(r, s, a->of, (size_t)length, made);
}

static bool string(struct random_value *r, struct scope *s, const struct portero_type *t,
                   uint8_t *memory)
{
  static const char *const samples[] = {"",           "a", "abc", "caf\xc3\xa9", "\xe2\x82\xac",
                                        "longer text"};
  bool wide = r->t->types[t->of].kind == PORTERO_KIND_WCHAR;
  const char *text = samples[random_below(r, wide ? 6 : 3)];
  size_t units = strlen(text) + 1;

  if (!(t->flags & PORTERO_TYPE_CONFORMANT) && units > t->count)
    text = "";
  if (t->flags & PORTERO_TYPE_RANGE && ((int64_t)units > t->max || (int64_t)units < t->min))
    text = t->min > 1 ? "abc" : "";
  if (t->size && settle(r, s, t->size, (int64_t)units) < (int64_t)units)
    text = "";
  memcpy(memory, &text, sizeof text);
  return true;
}

static bool pointer(struct random_value *r, struct scope *s, uint32_t type, uint8_t *memory)
{
  const struct portero_type *p = &r->t->types[type];
  void *pointee;
  bool made;

  if (p->flags & PORTERO_TYPE_IGNORE)
    return true;
  if (!(p->flags & PORTERO_TYPE_REF) && (r->depth >= MAX_DEPTH || random_below(r, 4) == 0))
    return true;
  if (r->depth > 4 * MAX_DEPTH)
    return false;
  r->depth++;
  if (r->t->layouts[type].is_collapsed) {
    made = value(r, s, p->of, memory);
  } else {
    pointee = elements_new(r, 1, r->t->layouts[p->of].size);
    memcpy(memory, &pointee, sizeof pointee);
    made = pointee && value(r, s, p->of, pointee);
  }
  r->depth--;
  return made;
}

static bool choice(struct random_value *r, struct scope *s, const struct portero_type *type,
                   uint8_t *memory)
{
  const struct portero_type *u = &r->t->types[type->of];
  const struct portero_member *arm = &r->t->members[u->first];
  int64_t tag;

  if (u->count == 0)
    return true;
  arm += random_below(r, u->count);
  tag = settle(r, s, type->size, arm->flags & PORTERO_MEMBER_DEFAULT ? 77 : arm->label);
  arm = portero_types_arm(r->t, u, tag);
  return !arm || !arm->type || value(r, s, arm->type, memory);
}

static bool pipe(struct random_value *r, struct scope *s, const struct portero_type *p,
                 uint8_t *memory)
{
  struct portero_pipe made = {random_below(r, 4), NULL};
  void *data = elements_new(r, made.count, r->t->layouts[p->of].size);

  made.data = data;
  memcpy(memory, &made, sizeof made);
  return data && elements(r, s, p->of, made.count, data);
}

static bool is_simple(const struct random_value *r, uint32_t type)
{
  return r->t->types[type].kind < PORTERO_KIND_STRUCT;
}

/* Numbers first, then what is counted by them: those are then as they have to be. */
static bool members(struct random_value *r, uint32_t type, uint8_t *memory)
{
  const struct portero_type *t = &r->t->types[type];
  struct scope s = {type, memory, portero_arena_array(r->arena, t->count + 1u, sizeof(bool))};

  if (!s.settled)
    return false;
  for (unsigned pass = 0; pass < 2; pass++)
    for (uint32_t i = 0; i < t->count; i++) {
      const struct portero_member *m = &r->t->members[t->first + i];
      if (is_simple(r, m->type) != (pass == 0))
        continue;
      if (m->type && !s.settled[i] && !value(r, &s, m->type, memory + r->t->offsets[t->first + i]))
        return false;
    }
  return true;
}

static bool value(struct random_value *r, struct scope *s, uint32_t type, uint8_t *memory)
{
  const struct portero_type *t = &r->t->types[type];

  switch (t->kind) {
  case PORTERO_KIND_FLOAT:
  case PORTERO_KIND_DOUBLE:
    real(r, t->kind, memory);
    return true;
  case PORTERO_KIND_UUID:
  case PORTERO_KIND_HANDLE:
    blob(r, memory, r->t->layouts[type].size);
    return true;
  case PORTERO_KIND_STRUCT:
    return members(r, type, memory);
  case PORTERO_KIND_SWITCH:
    return choice(r, s, t, memory);
  case PORTERO_KIND_ARRAY:
    return array(r, s, t, memory);
  case PORTERO_KIND_STRING:
    return string(r, s, t, memory);
  case PORTERO_KIND_POINTER:
    return pointer(r, s, type, memory);
  case PORTERO_KIND_PIPE:
    return pipe(r, s, t, memory);
  default:
    scalar(r, t, memory);
    return true;
  }
}

bool random_params(struct random_value *r, const struct portero_op *op, void *params)
{
  r->depth = 0;
  r->budget = 200;
  return members(r, op->params, params);
}
