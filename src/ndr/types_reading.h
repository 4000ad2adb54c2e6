/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of reading a value: types_read_place.c and types_read.c. */
#ifndef PORTERO_NDR_TYPES_READING_H
#define PORTERO_NDR_TYPES_READING_H

#include "src/ndr/types_notes.h"

/* A struct or an array whose pointers are being followed. */
struct types_read_frame {
  uint32_t type;
  uint32_t depth;   /* pointers followed so far */
  uint64_t at, end; /* members or elements */
  uint8_t *memory;
  struct types_scope scope;
  const void *owner; /* of rows: the array of all of them */
  const struct types_note *cursor;
  bool is_part; /* of the same value in place as the frame below */
};

struct types_reading {
  const struct portero_types *t;
  struct portero_ndr_reader *r;
  bool ndr64;
  const char *what; /* name of the member being read */
  struct types_notes notes;
  uint32_t next_param, end_param;        /* members: the parameters that come behind this one */
  uint32_t maxima[TYPES_DIMENSIONS + 1]; /* hoisted counts that wait for their arrays */
  unsigned n_maxima, used_maxima;
  struct types_read_frame *frames;
  size_t n_frames, capacity;
  struct types_read_frame first[TYPES_FIRST_FRAMES];
};

static inline void types_read_refuse(struct types_reading *x)
{
  portero_ndr_reader_fail(x->r, PORTERO_LOCAL_MALFORMED, x->what);
}

static inline bool types_read_ok(const struct types_reading *x)
{
  return portero_ndr_reader_ok(x->r);
}

static inline const struct portero_wire *types_read_wire(const struct types_reading *x,
                                                         uint32_t type)
{
  return &x->t->layouts[type].wire[x->ndr64];
}

static inline void *types_load_pointer(const uint8_t *memory)
{
  void *p;

  memcpy(&p, memory, sizeof p);
  return p;
}

static inline void types_store_pointer(uint8_t *memory, const void *p)
{
  memcpy(memory, &p, sizeof p);
}

/* Where messages say that a failure is. */
static inline void types_read_name(struct types_reading *x, const struct portero_member *m)
{
  if (m->name)
    x->what = portero_types_text(x->t, m->name);
}

/* ---- in place ---- */

/* Memory that is the wire. */
bool types_read_is_plain(const struct types_reading *x, uint32_t type);
void types_read_plain(struct types_reading *x, uint8_t align, size_t size, uint8_t *memory);
/* Can so many elements be in what is left? Fails the reader when not. */
bool types_read_fits(struct types_reading *x, uint32_t type, uint32_t count);
/* What is in place, without and with the maximum counts in front of it. */
void types_read_body(struct types_reading *x, uint32_t type, uint8_t *memory,
                     const struct types_scope *scope);
void types_read_in_place(struct types_reading *x, uint32_t type, uint8_t *memory,
                         const struct types_scope *scope);

#endif
