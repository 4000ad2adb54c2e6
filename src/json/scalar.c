/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "src/json/build.h"

bool json_is_scalar(uint8_t kind)
{
  return kind >= PORTERO_KIND_INT8 && kind <= PORTERO_KIND_HANDLE;
}

/* ---- numbers ---- */

struct bounds {
  int64_t low;
  uint64_t high;
};

static struct bounds bounds_of(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_INT8:
    return (struct bounds){INT8_MIN, INT8_MAX};
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return (struct bounds){0, UINT8_MAX};
  case PORTERO_KIND_INT16:
    return (struct bounds){INT16_MIN, INT16_MAX};
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
  case PORTERO_KIND_ENUM16:
    return (struct bounds){0, UINT16_MAX};
  case PORTERO_KIND_INT32:
    return (struct bounds){INT32_MIN, INT32_MAX};
  case PORTERO_KIND_UINT32:
  case PORTERO_KIND_ERROR:
    return (struct bounds){0, UINT32_MAX};
  case PORTERO_KIND_ENUM32:
    return (struct bounds){INT32_MIN, UINT32_MAX};
  case PORTERO_KIND_INT64:
  case PORTERO_KIND_INT3264:
    return (struct bounds){INT64_MIN, INT64_MAX};
  default:
    return (struct bounds){0, UINT64_MAX};
  }
}

/* What [range] leaves of it. */
static struct bounds narrowed(struct bounds in, const struct portero_type *type)
{
  if (!(type->flags & PORTERO_TYPE_RANGE))
    return in;
  if (type->min > in.low)
    in.low = type->min;
  if (type->max >= 0 && (uint64_t)type->max < in.high)
    in.high = (uint64_t)type->max;
  return in;
}

static bool within(struct bounds in, bool negative, uint64_t n)
{
  if (negative)
    return in.low < 0 && n <= (uint64_t)INT64_MAX + 1 && n <= 0 - (uint64_t)in.low;
  return n <= in.high;
}

/* "123", "0x1f", "-5": magnitude and sign. */
static bool text_number(const char *text, bool *out_negative, uint64_t *out_n)
{
  char *end;

  *out_negative = *text == '-';
  text += *out_negative;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *out_n = strtoull(text, &end, 0);
  return errno == 0 && *end == '\0';
}

static bool any_number(const json_t *json, bool *out_negative, uint64_t *out_n)
{
  if (json_is_string(json))
    return text_number(json_string_value(json), out_negative, out_n);
  if (json_is_boolean(json)) {
    *out_negative = false;
    *out_n = json_is_true(json);
    return true;
  }
  if (!json_is_integer(json))
    return false;
  *out_negative = json_integer_value(json) < 0;
  *out_n = (uint64_t)json_integer_value(json);
  if (*out_negative)
    *out_n = 0 - *out_n;
  return true;
}

static bool to_number(struct json_build *b, const struct portero_type *type, const json_t *json,
                      uint8_t *value)
{
  struct bounds in = narrowed(bounds_of(type->kind), type);
  bool negative;
  uint64_t n;

  if (!any_number(json, &negative, &n))
    return json_fail(b, "expected a number");
  if (!within(in, negative, n))
    return json_fail(b, "expected a number from %lld to %llu", (long long)in.low,
                     (unsigned long long)in.high);
  portero_types_set_number(type->kind, value, (int64_t)(negative ? 0 - n : n));
  return true;
}

static bool to_enum(struct json_build *b, const struct portero_type *type, const json_t *json,
                    uint8_t *value)
{
  const char *name = json_string_value(json);

  for (uint32_t i = 0; name && i < type->count; i++) {
    const struct portero_enumerator *e = &b->t->enumerators[type->first + i];
    if (strcmp(portero_types_text(b->t, e->name), name) == 0) {
      portero_types_set_number(type->kind, value, e->value);
      return true;
    }
  }
  if (name && (*name < '0' || *name > '9') && *name != '-')
    return json_fail(b, "there is no \"%.64s\" in this enum", name);
  return to_number(b, type, json, value);
}

static bool to_real(struct json_build *b, uint8_t kind, const json_t *json, uint8_t *value)
{
  char *end = NULL;
  double real =
      json_is_string(json) ? strtod(json_string_value(json), &end) : json_number_value(json);
  float single = (float)real;

  if (!json_is_number(json) && (!end || end == json_string_value(json) || *end))
    return json_fail(b, "expected a number");
  if (kind == PORTERO_KIND_FLOAT)
    memcpy(value, &single, sizeof single);
  else
    memcpy(value, &real, sizeof real);
  return true;
}

/* ---- identifiers ---- */

static bool to_uuid(struct json_build *b, const json_t *json, uint8_t *value)
{
  struct portero_uuid uuid;

  if (!json_is_string(json) || !portero_uuid_parse(json_string_value(json), &uuid))
    return json_fail(b, "expected a UUID, e.g. \"12345778-1234-abcd-ef00-0123456789ac\"");
  memcpy(value, &uuid, sizeof uuid);
  return true;
}

static bool to_handle(struct json_build *b, const json_t *json, uint8_t *value)
{
  const json_t *attributes = json_object_get(json, "attributes");
  struct portero_handle handle = {.attributes = 0};

  if (attributes && (!json_is_integer(attributes) || json_integer_value(attributes) < 0 ||
                     json_integer_value(attributes) > UINT32_MAX))
    return json_fail(b, "attributes: expected a number from 0 to %lu", (unsigned long)UINT32_MAX);
  if (attributes)
    handle.attributes = (uint32_t)json_integer_value(attributes);
  if (json_is_object(json))
    json = json_object_get(json, "uuid");
  if (!json_is_null(json) && !to_uuid(b, json, (uint8_t *)&handle.uuid))
    return false;
  memcpy(value, &handle, sizeof handle);
  return true;
}

bool json_to_scalar(struct json_build *b, uint32_t type, const json_t *json, uint8_t *value)
{
  const struct portero_type *t = &b->t->types[type];

  switch (t->kind) {
  case PORTERO_KIND_FLOAT:
  case PORTERO_KIND_DOUBLE:
    return to_real(b, t->kind, json, value);
  case PORTERO_KIND_ENUM16:
  case PORTERO_KIND_ENUM32:
    return to_enum(b, t, json, value);
  case PORTERO_KIND_UUID:
    return to_uuid(b, json, value);
  case PORTERO_KIND_HANDLE:
    return to_handle(b, json, value);
  default:
    return to_number(b, t, json, value);
  }
}
