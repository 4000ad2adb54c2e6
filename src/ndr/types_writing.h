/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of writing a value: types_write_place.c and types_write.c. */
#ifndef PORTERO_NDR_TYPES_WRITING_H
#define PORTERO_NDR_TYPES_WRITING_H

#include "src/ndr/types_inside.h"

struct types_write_scope {
  uint32_t type; /* the innermost struct; 0: none */
  const uint8_t *memory;
};

/* A struct or an array whose pointers are being followed. */
struct types_write_frame {
  uint32_t type;
  uint64_t at, end; /* members or elements */
  const uint8_t *memory;
  struct types_write_scope scope;
};

struct types_writing {
  const struct portero_types *t;
  struct portero_ndr_writer *w;
  bool ndr64;
  bool null_is_zeros; /* an [out] array or text without memory: a server that failed */
  struct types_write_frame *frames;
  size_t n_frames, capacity;
  struct types_write_frame first[TYPES_FIRST_FRAMES];
};

struct types_write_span {
  uint32_t from, count, max;
};

static inline void types_write_refuse(struct types_writing *x)
{
  portero_ndr_writer_fail(x->w, PORTERO_LOCAL_USAGE);
}

/* What is written next; a failure keeps the name it happened at. */
static inline void types_write_name(struct types_writing *x, const struct portero_member *m)
{
  if (!x->w->w.failed && *portero_types_text(x->t, m->name))
    x->w->what = portero_types_text(x->t, m->name);
}

static inline const struct portero_wire *types_write_wire(const struct types_writing *x,
                                                          uint32_t type)
{
  return &x->t->layouts[type].wire[x->ndr64];
}

static inline const void *types_load_const(const uint8_t *memory)
{
  const void *p;

  memcpy(&p, memory, sizeof p);
  return p;
}

static inline int64_t types_write_value(const struct types_writing *x, uint32_t code,
                                        const struct types_write_scope *scope)
{
  return portero_types_eval(x->t, code, scope->type, scope->memory);
}

/* The elements of one dimension that are sent. */
struct types_write_span types_write_span_of(struct types_writing *x,
                                            const struct portero_type *type,
                                            const struct types_write_scope *scope);
/* NULL: the value chooses none. */
const struct portero_member *types_write_arm(const struct types_writing *x,
                                             const struct portero_type *type,
                                             const struct types_write_scope *scope);
/* What is in place, without and with the maximum counts in front of it. */
void types_write_body(struct types_writing *x, uint32_t type, const uint8_t *memory,
                      const struct types_write_scope *scope);
void types_write_in_place(struct types_writing *x, uint32_t type, const uint8_t *memory,
                          const struct types_write_scope *scope);

#endif
