/* SPDX-License-Identifier: Apache-2.0 */
/* Memory to JSON. Only values that are consistent come here: read by the tables, or by JSON. */
#include "src/json/values.h"

#include <stdlib.h>

#include <portero/utf16.h>

/* Full pointers can go round, and say the same thing again and again. */
#define MAX_DEPTH (2 * PORTERO_NDR_DEPTH)
#define MAX_FULL  (1u << 17)

struct limits {
  unsigned depth, full;
  bool failed;
};

struct walk {
  struct limits *limits;
  const struct portero_types *t;
  uint32_t scope_type;
  const uint8_t *scope;
};

static json_t *value_json(const struct walk *w, uint32_t type, const uint8_t *value);

static const void *pointer_at(const uint8_t *value)
{
  const void *p;

  memcpy(&p, value, sizeof p);
  return p;
}

static size_t count_of(const struct walk *w, uint32_t code)
{
  int64_t n = portero_types_eval(w->t, code, w->scope_type, w->scope);

  return n > 0 ? (size_t)n : 0;
}

/* ---- scalars ---- */

static json_t *number_json(uint8_t kind, const uint8_t *value)
{
  int64_t n = portero_types_number(kind, value);
  char text[24];

  if (n >= 0 || (kind != PORTERO_KIND_UINT64 && kind != PORTERO_KIND_UINT3264))
    return json_integer(n);
  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)n);
  return json_string(text);
}

static json_t *enum_json(const struct portero_types *t, const struct portero_type *type,
                         const uint8_t *value)
{
  int64_t n = portero_types_number(type->kind, value);

  for (uint32_t i = 0; i < type->count; i++)
    if (t->enumerators[type->first + i].value == n)
      return json_string(portero_types_text(t, t->enumerators[type->first + i].name));
  return json_integer(n);
}

/* Neither infinity nor what is no number can be said in JSON. */
static json_t *real_json(uint8_t kind, const uint8_t *value)
{
  double real;
  float single;
  json_t *json;
  char text[32];

  memcpy(&single, value, sizeof single);
  real = (double)single;
  if (kind == PORTERO_KIND_DOUBLE)
    memcpy(&real, value, sizeof real);
  json = json_real(real);
  if (json)
    return json;
  (void)snprintf(text, sizeof text, "%g", real);
  return json_string(text);
}

static json_t *uuid_json(const uint8_t *value)
{
  char text[PORTERO_UUID_TEXT_SIZE];
  struct portero_uuid uuid;

  memcpy(&uuid, value, sizeof uuid);
  return json_string(portero_uuid_text(&uuid, text));
}

static json_t *handle_json(const uint8_t *value)
{
  struct portero_handle handle;
  json_t *json;

  memcpy(&handle, value, sizeof handle);
  if (handle.attributes == 0)
    return uuid_json((const uint8_t *)&handle.uuid);
  json = json_object();
  (void)json_object_set_new(json, "attributes", json_integer(handle.attributes));
  (void)json_object_set_new(json, "uuid", uuid_json((const uint8_t *)&handle.uuid));
  return json;
}

/* ---- arrays ---- */

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
  static const char digits[] = "0123456789abcdef";
  char *text = malloc(2 * count + 1);
  json_t *json;

  if (!text)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  json = json_stringn(text, 2 * count);
  free(text);
  return json;
}

/* NULL: it is no UTF-16. */
static json_t *wide_json(const uint8_t *units, size_t count)
{
  bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  struct portero_bytes in = portero_bytes_make(units, 2 * count);
  char *text = malloc(3 * count + 1);
  json_t *json = NULL;
  size_t length;

  if (text && portero_is_ok(portero_utf16_to_utf8(in, big, text, 3 * count, &length)))
    json = json_stringn(text, length);
  free(text);
  return json;
}

static json_t *elements_json(const struct walk *w, uint32_t of, const uint8_t *elements,
                             size_t count)
{
  size_t size = w->t->layouts[of].size;
  json_t *json = json_array();

  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(json, value_json(w, of, elements + i * size)) < 0)
      break;
  return json;
}

static json_t *run_json(const struct walk *w, uint32_t of, const uint8_t *elements, size_t count)
{
  json_t *text = NULL;

  switch (w->t->types[of].kind) {
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_UINT8:
    return hex_json(elements, count);
  case PORTERO_KIND_CHAR:
    text = json_stringn((const char *)elements, count);
    break;
  case PORTERO_KIND_WCHAR:
    text = wide_json(elements, count);
    break;
  }
  return text ? text : elements_json(w, of, elements, count);
}

static json_t *array_json(const struct walk *w, const struct portero_type *a, const uint8_t *value)
{
  bool inline_elements = !(a->flags & PORTERO_TYPE_CONFORMANT);
  const uint8_t *elements = inline_elements ? value : pointer_at(value);
  size_t count = inline_elements ? a->count : a->size ? count_of(w, a->size) : 0;

  if (a->flags & PORTERO_TYPE_VARYING && a->length) {
    size_t offset = a->offset ? count_of(w, a->offset) : 0, length = count_of(w, a->length);
    if (!inline_elements || offset + length < count)
      count = offset + length;
  }
  return elements ? run_json(w, a->of, elements, count) : json_array();
}

static json_t *string_json(const uint8_t *value)
{
  const char *text = pointer_at(value);
  json_t *json = json_string(text ? text : "");

  return json ? json : hex_json((const uint8_t *)text, strlen(text));
}

/* ---- what has members ---- */

static void members_json(const struct walk *w, const struct portero_type *s, uint16_t wanted,
                         json_t *into);

static json_t *struct_json(const struct walk *outer, uint32_t type, const uint8_t *value)
{
  const struct walk w = {outer->limits, outer->t, type, value};
  json_t *json = json_object();

  members_json(&w, &w.t->types[type], 0, json);
  return json;
}

static json_t *switch_json(const struct walk *w, const struct portero_type *s, const uint8_t *value)
{
  int64_t tag = portero_types_eval(w->t, s->size, w->scope_type, w->scope);
  const struct portero_member *arm = portero_types_arm(w->t, &w->t->types[s->of], tag);
  json_t *json = json_object();

  if (arm && arm->type)
    (void)json_object_set_new(json, portero_types_text(w->t, arm->name),
                              value_json(w, arm->type, value));
  return json;
}

static void members_json(const struct walk *w, const struct portero_type *s, uint16_t wanted,
                         json_t *into)
{
  for (uint32_t i = s->first; i < s->first + s->count; i++) {
    const struct portero_member *m = &w->t->members[i];
    json_t *json;
    if (wanted && !(m->flags & wanted))
      continue;
    json = value_json(w, m->type, w->scope + w->t->offsets[i]);
    if (m->flags & PORTERO_MEMBER_EMBED && json_is_object(json)) {
      (void)json_object_update(into, json);
      json_decref(json);
    } else {
      (void)json_object_set_new(into, portero_types_text(w->t, m->name), json);
    }
  }
}

static json_t *pointer_json(const struct walk *w, uint32_t type, const uint8_t *value)
{
  const struct portero_type *p = &w->t->types[type];
  const uint8_t *pointee = pointer_at(value);
  json_t *json;

  if (!pointee)
    return json_null();
  if (w->limits->depth == MAX_DEPTH ||
      ((p->flags & PORTERO_TYPE_FULL) && w->limits->full++ == MAX_FULL))
    w->limits->failed = true;
  if (w->limits->failed)
    return NULL;
  w->limits->depth++;
  json = value_json(w, p->of, w->t->layouts[type].is_collapsed ? value : pointee);
  w->limits->depth--;
  if (w->t->types[p->of].kind != PORTERO_KIND_POINTER)
    return json;
  return json_pack("[o]", json);
}

static json_t *pipe_json(const struct walk *w, const struct portero_type *p, const uint8_t *value)
{
  struct portero_pipe pipe;

  memcpy(&pipe, value, sizeof pipe);
  return run_json(w, p->of, pipe.data, pipe.count);
}

static json_t *value_json(const struct walk *w, uint32_t type, const uint8_t *value)
{
  const struct portero_type *t = &w->t->types[type];

  switch (t->kind) {
  case PORTERO_KIND_FLOAT:
  case PORTERO_KIND_DOUBLE:
    return real_json(t->kind, value);
  case PORTERO_KIND_ENUM16:
  case PORTERO_KIND_ENUM32:
    return enum_json(w->t, t, value);
  case PORTERO_KIND_UUID:
    return uuid_json(value);
  case PORTERO_KIND_HANDLE:
    return handle_json(value);
  case PORTERO_KIND_STRUCT:
    return struct_json(w, type, value);
  case PORTERO_KIND_SWITCH:
    return switch_json(w, t, value);
  case PORTERO_KIND_ARRAY:
    return array_json(w, t, value);
  case PORTERO_KIND_STRING:
    return string_json(value);
  case PORTERO_KIND_POINTER:
    return pointer_json(w, type, value);
  case PORTERO_KIND_PIPE:
    return pipe_json(w, t, value);
  case PORTERO_KIND_NONE:
  case PORTERO_KIND_UNION:
    return json_null();
  default:
    return number_json(t->kind, value);
  }
}

/* json, or NULL when it is not whole. */
static json_t *whole(const struct limits *limits, json_t *json)
{
  if (!limits->failed)
    return json;
  json_decref(json);
  return NULL;
}

json_t *json_of_value(const struct portero_types *t, uint32_t type, const void *value)
{
  struct limits limits = {0, 0, false};
  const struct walk w = {&limits, t, type, value};
  json_t *json = value_json(&w, type, value);

  return whole(&limits, json);
}

json_t *json_of_params(const struct portero_types *t, const struct portero_op *op,
                       enum portero_direction direction, const void *params)
{
  struct limits limits = {0, 0, false};
  const struct walk w = {&limits, t, op->params, params};
  json_t *json = json_object();

  members_json(&w, &t->types[op->params],
               direction == PORTERO_DIRECTION_IN ? PORTERO_MEMBER_IN : PORTERO_MEMBER_OUT, json);
  return whole(&limits, json);
}
