/* SPDX-License-Identifier: Apache-2.0 */
#include "src/events/object.h"

void object_begin(struct object *o, struct portero_writer *w)
{
  o->w = w;
  o->begun = false;
  text_char(w, '{');
}

void object_end(struct object *o)
{
  text_char(o->w, '}');
}

void object_key(struct object *o, const char *key)
{
  if (o->begun)
    text_char(o->w, ',');
  o->begun = true;
  text_char(o->w, '"');
  text_raw(o->w, key);
  text_raw(o->w, "\":");
}

void object_inside(struct object *o, const char *key, struct object *out_inside)
{
  object_key(o, key);
  object_begin(out_inside, o->w);
}

void object_text(struct object *o, const char *key, const char *value)
{
  if (!value || !*value)
    return;
  object_key(o, key);
  text_json(o->w, value);
}

void object_number(struct object *o, const char *key, uint64_t value)
{
  object_key(o, key);
  text_number(o->w, value);
}

void object_number_if(struct object *o, const char *key, uint64_t value)
{
  if (value)
    object_number(o, key, value);
}

static void quoted_begin(struct object *o, const char *key)
{
  object_key(o, key);
  text_char(o->w, '"');
}

void object_uuid(struct object *o, const char *key, const struct portero_uuid *value)
{
  if (!value)
    return;
  quoted_begin(o, key);
  text_uuid(o->w, value);
  text_char(o->w, '"');
}

void object_version(struct object *o, const char *key, const struct portero_syntax *value)
{
  if (!value)
    return;
  quoted_begin(o, key);
  text_version(o->w, value);
  text_char(o->w, '"');
}

void object_status(struct object *o, const char *key, uint32_t value)
{
  if (!value)
    return;
  quoted_begin(o, key);
  text_hex32(o->w, value);
  text_char(o->w, '"');
}

void object_word(struct object *o, const char *key, uint64_t value)
{
  quoted_begin(o, key);
  text_number(o->w, value);
  text_char(o->w, '"');
}

void object_seconds(struct object *o, const char *key, uint64_t nanoseconds)
{
  object_key(o, key);
  text_seconds(o->w, nanoseconds);
}

void object_time(struct object *o, const char *key, uint64_t time, const char *zone)
{
  quoted_begin(o, key);
  text_time(o->w, time, 'T');
  text_raw(o->w, zone);
  text_char(o->w, '"');
}

void object_texts(struct object *o, const char *key, const char *const *values, size_t n)
{
  if (n == 0)
    return;
  object_key(o, key);
  text_char(o->w, '[');
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      text_char(o->w, ',');
    text_json(o->w, values[i]);
  }
  text_char(o->w, ']');
}

void object_end_of(struct object *o, const char *address, const char *port,
                   const struct portero_event_end *end)
{
  if (!text_has_address(end))
    return;
  quoted_begin(o, address);
  text_address(o->w, end->ip);
  text_char(o->w, '"');
  object_number(o, port, end->port);
}
