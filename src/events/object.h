/* SPDX-License-Identifier: Apache-2.0 */
/* JSON objects, written member by member; members without a value are left out. */
#ifndef PORTERO_EVENTS_OBJECT_H
#define PORTERO_EVENTS_OBJECT_H

#include "src/events/text.h"

struct object {
  struct portero_writer *w;
  bool begun; /* a comma comes first */
};

void object_begin(struct object *o, struct portero_writer *w);
void object_end(struct object *o);
/* The key; the value is to follow. */
void object_key(struct object *o, const char *key);
/* An object inside; end it before going on with o. */
void object_inside(struct object *o, const char *key, struct object *out_inside);

void object_text(struct object *o, const char *key, const char *value); /* NULL and "": left out */
void object_number(struct object *o, const char *key, uint64_t value);
void object_number_if(struct object *o, const char *key, uint64_t value); /* 0: left out */
void object_uuid(struct object *o, const char *key, const struct portero_uuid *value);
void object_version(struct object *o, const char *key, const struct portero_syntax *value);
void object_status(struct object *o, const char *key, uint32_t value);
void object_seconds(struct object *o, const char *key, uint64_t nanoseconds);
void object_time(struct object *o, const char *key, uint64_t time, const char *zone);
void object_texts(struct object *o, const char *key, const char *const *values, size_t n);
/* A number that is a name: between quotes. */
void object_word(struct object *o, const char *key, uint64_t value);
/* Both members left out for local sockets. */
void object_end_of(struct object *o, const char *address, const char *port,
                   const struct portero_event_end *end);

#endif
