/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to memory. Scalars of a struct first: what is counted or chosen by them comes after. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <portero/utf16.h>

#include "src/json/build.h"

static bool to_value(struct json_build *b, struct json_scope *s, uint32_t type, const json_t *json,
                     uint8_t *value);
static bool check_names(struct json_build *b, const struct json_scope *s, uint16_t wanted);

/* ---- messages ---- */

static void path_text(const struct json_build *b, struct portero_writer *w)
{
  char index[24];

  for (unsigned i = 0; i < b->depth; i++) {
    const struct json_step *step = &b->path[i];
    (void)snprintf(index, sizeof index, "[%zu]", step->index);
    if (step->name && w->size)
      portero_write_u8(w, '.');
    portero_write_bytes(w, step->name ? step->name : index,
                        strlen(step->name ? step->name : index));
  }
}

bool json_fail(struct json_build *b, const char *format, ...)
{
  char path[128], text[160];
  struct portero_writer w;
  va_list args;

  portero_writer_init_fixed(&w, path, sizeof path - 1);
  path_text(b, &w);
  path[w.size] = '\0';
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  (void)snprintf(b->problem, JSON_PROBLEM_SIZE, "%s%s%s", path, path[0] ? ": " : "", text);
  return false;
}

bool json_enter(struct json_build *b, const char *name, size_t index)
{
  if (b->depth == JSON_MAX_DEPTH)
    return json_fail(b, "nested too deeply");
  b->path[b->depth++] = (struct json_step){name, index};
  return true;
}

void *json_alloc(struct json_build *b, size_t count, size_t size)
{
  void *block = portero_arena_array(b->arena, count, size);

  if (!block)
    (void)json_fail(b, "no memory for %zu elements", count);
  return block;
}

/* true, always. */
static bool leave(struct json_build *b)
{
  b->depth--;
  return true;
}

static void set_pointer(uint8_t *value, const void *p)
{
  memcpy(value, &p, sizeof p);
}

/* ---- arrays ---- */

/* What an array is made of, before it has a place. */
struct elements {
  const json_t *list; /* an array, or NULL: bytes are the elements */
  uint8_t *bytes;
  size_t count;
};

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_elements(struct json_build *b, const json_t *json, struct elements *e)
{
  const char *text = json_string_value(json);

  e->count = json_string_length(json) / 2;
  e->bytes = json_alloc(b, e->count, 1);
  if (!e->bytes)
    return false;
  for (size_t i = 0; i < e->count; i++) {
    int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return json_fail(b, "expected pairs of hex digits");
    e->bytes[i] = (uint8_t)(high << 4 | low);
  }
  return json_string_length(json) % 2 == 0 || json_fail(b, "expected pairs of hex digits");
}

static bool wide_elements(struct json_build *b, const json_t *json, struct elements *e)
{
  bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  size_t length = json_string_length(json), size;

  e->bytes = json_alloc(b, length, 2);
  if (!e->bytes || !portero_is_ok(portero_utf8_to_utf16(json_string_value(json), length, big,
                                                        e->bytes, 2 * length, &size)))
    return json_fail(b, "this is no text");
  e->count = size / 2;
  return true;
}

static bool find_elements(struct json_build *b, uint32_t of, const json_t *json, struct elements *e)
{
  uint8_t kind = b->t->types[of].kind;

  *e = (struct elements){.list = json, .count = json_array_size(json)};
  if (json_is_array(json))
    return true;
  e->list = NULL;
  if (json_is_string(json) && (kind == PORTERO_KIND_BYTE || kind == PORTERO_KIND_UINT8))
    return hex_elements(b, json, e);
  if (json_is_string(json) && kind == PORTERO_KIND_WCHAR)
    return wide_elements(b, json, e);
  if (!json_is_string(json) || kind != PORTERO_KIND_CHAR)
    return json_fail(b, "expected an array");
  e->count = json_string_length(json);
  e->bytes = (uint8_t *)portero_arena_text(b->arena, json_string_value(json), e->count);
  return e->bytes || json_fail(b, "no memory");
}

/* into has room for them and is zero. */
static bool fill(struct json_build *b, struct json_scope *s, uint32_t of, const struct elements *e,
                 uint8_t *into)
{
  size_t size = b->t->layouts[of].size;

  if (e->bytes && e->count)
    memcpy(into, e->bytes, e->count * size);
  for (size_t i = 0; e->list && i < e->count; i++) {
    if (!json_enter(b, NULL, i) || !to_value(b, s, of, json_array_get(e->list, i), into + i * size))
      return false;
    b->depth--;
  }
  return true;
}

/* How many elements there are to be: as many as were said, or as the counts say. */
static bool settle_array(struct json_build *b, struct json_scope *s, const struct portero_type *a,
                         size_t count, size_t *out_count)
{
  size_t max = count;

  *out_count = count;
  if (a->offset && !json_settle_count(b, s, a->offset, 0, out_count))
    return false;
  if (a->flags & PORTERO_TYPE_VARYING && a->length &&
      !json_settle_count(b, s, a->length, count, out_count))
    return false;
  if (a->size && !json_settle_count(b, s, a->size, *out_count, &max))
    return false;
  if (!(a->flags & PORTERO_TYPE_VARYING && a->length))
    *out_count = max;
  return true;
}

static bool to_array(struct json_build *b, struct json_scope *s, const struct portero_type *a,
                     const json_t *json, uint8_t *value)
{
  bool is_inline = !(a->flags & PORTERO_TYPE_CONFORMANT);
  struct elements e;
  uint8_t *into = value;
  size_t count;

  if (!find_elements(b, a->of, json, &e))
    return false;
  if (is_inline && e.count > a->count)
    return json_fail(b, "%zu elements, there is room for %u", e.count, (unsigned)a->count);
  if (!settle_array(b, s, a, e.count, &count))
    return false;
  if (!is_inline) {
    into = json_alloc(b, count, b->t->layouts[a->of].size);
    if (!into)
      return false;
    set_pointer(value, into);
  }
  return fill(b, s, a->of, &e, into);
}

static bool to_pipe(struct json_build *b, struct json_scope *s, const struct portero_type *p,
                    const json_t *json, uint8_t *value)
{
  struct portero_pipe pipe = {0, NULL};
  struct elements e;
  uint8_t *into;

  if (!find_elements(b, p->of, json, &e))
    return false;
  into = json_alloc(b, e.count, b->t->layouts[p->of].size);
  if (!into || !fill(b, s, p->of, &e, into))
    return false;
  pipe.count = e.count;
  pipe.data = into;
  memcpy(value, &pipe, sizeof pipe);
  return true;
}

static bool to_string(struct json_build *b, struct json_scope *s, const struct portero_type *type,
                      const json_t *json, uint8_t *value)
{
  size_t length = json_string_length(json), max;
  char *text;

  if (!json_is_string(json))
    return json_fail(b, "expected text");
  if (strlen(json_string_value(json)) != length)
    return json_fail(b, "this text ends at its first \\u0000");
  text = portero_arena_text(b->arena, json_string_value(json), length);
  if (!text)
    return json_fail(b, "no memory");
  if (type->size && !json_settle_count(b, s, type->size, length + 1, &max))
    return false;
  set_pointer(value, text);
  return true;
}

/* ---- pointers and unions ---- */

static bool to_pointer(struct json_build *b, struct json_scope *s, uint32_t type,
                       const json_t *json, uint8_t *value)
{
  const struct portero_type *p = &b->t->types[type];
  uint8_t *pointee;

  if (json_is_null(json))
    return true;
  if (b->t->types[p->of].kind == PORTERO_KIND_POINTER) {
    if (json_array_size(json) != 1)
      return json_fail(b, "expected null, or an array of the one that is pointed to");
    json = json_array_get(json, 0);
  }
  if (b->t->layouts[type].is_collapsed)
    return to_value(b, s, p->of, json, value);
  pointee = json_alloc(b, 1, b->t->layouts[p->of].size);
  if (!pointee)
    return false;
  set_pointer(value, pointee);
  return to_value(b, s, p->of, json, pointee);
}

static const char *arm_name(const struct json_build *b, const struct portero_member *arm)
{
  return portero_types_text(b->t, arm->name);
}

/* The arm from first on that the object names; NULL: none of them. */
static const struct portero_member *arm_said(const struct json_build *b,
                                             const struct portero_type *u, uint32_t first,
                                             const json_t *json)
{
  for (uint32_t i = first; i < u->first + u->count; i++) {
    const struct portero_member *arm = &b->t->members[i];
    if (arm->type && json_object_get(json, arm_name(b, arm)))
      return arm;
  }
  return NULL;
}

/* Several labels may have one arm; two arms cannot both be there. */
static bool one_arm_said(struct json_build *b, const struct portero_type *u,
                         const struct portero_member *said, const json_t *json)
{
  const struct portero_member *other = said;

  while (other && strcmp(arm_name(b, other), arm_name(b, said)) == 0)
    other = arm_said(b, u, (uint32_t)(other - b->t->members) + 1, json);
  return !other || json_fail(b, "\"%s\" and \"%s\" are arms of one union: one can be said",
                             arm_name(b, said), arm_name(b, other));
}

static bool to_switch(struct json_build *b, struct json_scope *s, const struct portero_type *type,
                      const json_t *json, uint8_t *value)
{
  const struct portero_type *u = &b->t->types[type->of];
  const struct portero_member *said = arm_said(b, u, u->first, json), *arm;
  const struct json_scope names = {type->of, value, json, NULL};

  if (json != s->object && !json_is_object(json))
    return json_fail(b, "expected an object, with the arm that is meant");
  if (json != s->object && !check_names(b, &names, 0))
    return false;
  if (said && !one_arm_said(b, u, said, json))
    return false;
  if (said && !(said->flags & PORTERO_MEMBER_DEFAULT) &&
      !json_settle_tag(b, s, type->size, said->label))
    return false;
  arm = portero_types_arm(b->t, u, portero_types_eval(b->t, type->size, s->type, s->memory));
  if (!said)
    return true; /* nothing, or the arm that has nothing: zeros */
  if (!arm || !arm->type || strcmp(arm_name(b, arm), arm_name(b, said)) != 0)
    return json_fail(b, "\"%s\" is given, but the tag says %s", arm_name(b, said),
                     arm && arm->type ? arm_name(b, arm) : "nothing");
  return json_enter(b, arm_name(b, arm), 0) &&
         to_value(b, s, arm->type, json_object_get(json, arm_name(b, arm)), value) &&
         leave(b);
}

/* A union that is not said is zeros: of the arm that the tag chooses, if there is such an arm. */
static bool check_unsaid_arm(struct json_build *b, const struct json_scope *s, uint32_t type)
{
  const struct portero_type *u = &b->t->types[b->t->types[type].of];
  int64_t tag = portero_types_eval(b->t, b->t->types[type].size, s->type, s->memory);

  return portero_types_arm(b->t, u, tag) ||
         json_fail(b, "the tag says %lld, and there is no such arm", (long long)tag);
}

/* ---- structs ---- */

/* [ref] to what can stand without being said: zeros. */
static bool fill_unsaid(struct json_build *b, uint32_t type, uint8_t *value)
{
  const struct portero_type *p = &b->t->types[type];
  uint8_t *pointee;

  if (p->kind != PORTERO_KIND_POINTER || !(p->flags & PORTERO_TYPE_REF) ||
      b->t->layouts[type].is_collapsed)
    return true;
  pointee = json_alloc(b, 1, b->t->layouts[p->of].size);
  if (!pointee)
    return false;
  set_pointer(value, pointee);
  return true;
}

static bool is_simple(const struct json_build *b, uint32_t type)
{
  const struct portero_type *t = &b->t->types[type];

  return json_is_scalar(t->kind) ||
         (t->kind == PORTERO_KIND_POINTER && json_is_scalar(b->t->types[t->of].kind));
}

static bool to_member(struct json_build *b, struct json_scope *s, uint32_t index)
{
  const struct portero_member *m = &b->t->members[b->t->types[s->type].first + index];
  uint8_t *value = s->memory + b->t->offsets[b->t->types[s->type].first + index];
  const char *name = portero_types_text(b->t, m->name);
  const json_t *json = json_object_get(s->object, name);

  if (m->flags & PORTERO_MEMBER_EMBED)
    return to_value(b, s, m->type, s->object, value);
  if (!json && b->t->types[m->type].kind == PORTERO_KIND_SWITCH)
    return json_enter(b, name, 0) && check_unsaid_arm(b, s, m->type) && leave(b);
  if (!json)
    return fill_unsaid(b, m->type, value);
  if (!json_enter(b, name, 0) || !to_value(b, s, m->type, json, value))
    return false;
  s->given[index] = true;
  b->depth--;
  return true;
}

static bool name_is_known(const struct json_build *b, uint32_t type, const char *name,
                          uint16_t wanted)
{
  const struct portero_type *t = &b->t->types[type];

  if (t->kind == PORTERO_KIND_SWITCH)
    t = &b->t->types[t->of];
  for (uint32_t i = t->first; i < t->first + t->count; i++) {
    const struct portero_member *m = &b->t->members[i];
    if (wanted && !(m->flags & wanted))
      continue;
    if ((m->flags & PORTERO_MEMBER_EMBED) && t->kind == PORTERO_KIND_STRUCT
            ? name_is_known(b, m->type, name, 0)
            : strcmp(portero_types_text(b->t, m->name), name) == 0)
      return true;
  }
  return false;
}

static bool check_names(struct json_build *b, const struct json_scope *s, uint16_t wanted)
{
  json_t *object = (json_t *)(uintptr_t)s->object; /* jansson walks no const object */
  const char *name;
  json_t *json;

  json_object_foreach(object, name, json)
  {
    if (!name_is_known(b, s->type, name, wanted))
      return json_fail(b, "there is no \"%.64s\" here", name);
  }
  return true;
}

/* Of a response: what the request's values have said is not worked out again. */
static void mark_known(const struct json_build *b, struct json_scope *s, uint16_t wanted)
{
  const struct portero_type *t = &b->t->types[s->type];

  for (uint32_t i = t->first; wanted && i < t->first + t->count; i++) {
    const uint8_t *memory = s->memory + b->t->offsets[i];
    size_t size = b->t->layouts[b->t->members[i].type].size;
    if (b->t->members[i].flags & wanted)
      continue;
    for (size_t at = 0; at < size; at++)
      s->given[i - t->first] |= memory[at] != 0;
  }
}

static bool to_members(struct json_build *b, uint32_t type, const json_t *json, uint16_t wanted,
                       uint8_t *memory)
{
  const struct portero_type *t = &b->t->types[type];
  struct json_scope s = {type, memory, json, json_alloc(b, t->count + 1u, sizeof(bool))};

  if (!s.given)
    return false;
  mark_known(b, &s, wanted);
  for (unsigned pass = 0; pass < 2; pass++)
    for (uint32_t i = 0; i < t->count; i++) {
      const struct portero_member *m = &b->t->members[t->first + i];
      if ((wanted && !(m->flags & wanted)) || is_simple(b, m->type) != (pass == 0))
        continue;
      if (!to_member(b, &s, i))
        return false;
    }
  return true;
}

static bool to_struct(struct json_build *b, uint32_t type, const json_t *json, uint16_t wanted,
                      bool is_embedded, uint8_t *value)
{
  const struct json_scope s = {type, value, json, NULL};

  if (!json_is_object(json))
    return json_fail(b, "expected an object");
  return (is_embedded || check_names(b, &s, wanted)) && to_members(b, type, json, wanted, value);
}

static bool to_value(struct json_build *b, struct json_scope *s, uint32_t type, const json_t *json,
                     uint8_t *value)
{
  const struct portero_type *t = &b->t->types[type];

  switch (t->kind) {
  case PORTERO_KIND_STRUCT:
    return to_struct(b, type, json, 0, json == s->object, value);
  case PORTERO_KIND_SWITCH:
    return to_switch(b, s, t, json, value);
  case PORTERO_KIND_ARRAY:
    return to_array(b, s, t, json, value);
  case PORTERO_KIND_STRING:
    return to_string(b, s, t, json, value);
  case PORTERO_KIND_POINTER:
    return to_pointer(b, s, type, json, value);
  case PORTERO_KIND_PIPE:
    return to_pipe(b, s, t, json, value);
  default:
    return json_to_scalar(b, type, json, value);
  }
}

/* ---- entry ---- */

static struct json_build *build_new(const struct portero_types *t, struct portero_arena *arena,
                                    char *problem)
{
  struct json_build *b = portero_arena_alloc(arena, sizeof *b);

  if (!b) {
    (void)snprintf(problem, JSON_PROBLEM_SIZE, "no memory");
    return NULL;
  }
  b->t = t;
  b->arena = arena;
  b->problem = problem;
  return b;
}

bool json_to_params(const struct portero_types *t, const struct portero_op *op,
                    enum portero_direction direction, const json_t *json,
                    struct portero_arena *arena, void *params, char problem[JSON_PROBLEM_SIZE])
{
  uint16_t wanted = direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT;
  struct json_build *b = build_new(t, arena, problem);

  return b && to_struct(b, op->params, json, wanted, false, params);
}

bool json_to_value(const struct portero_types *t, uint32_t type, const json_t *json,
                   struct portero_arena *arena, void *value, char problem[JSON_PROBLEM_SIZE])
{
  struct json_build *b = build_new(t, arena, problem);
  struct json_scope none = {type, value, NULL, NULL};

  return b && to_value(b, &none, type, json, value);
}
