/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the back end for STEM_wire.h. */
#ifndef PORTERO_IDLC_EMIT_WIRE_H
#define PORTERO_IDLC_EMIT_WIRE_H

#include "src/idlc/emit_inside.h"

enum emit_state {
  EMIT_NEW,
  EMIT_BUSY,
  EMIT_DECLARED, /* busy, and a prototype is out */
  EMIT_DONE
};

/* One file's worth. */
struct emit_wire {
  const struct idlc_emit *e;
  struct portero_writer *w;
  uint8_t *state; /* for each type: enum emit_state of its functions */
};

enum emit_pass {
  EMIT_IN_PLACE, /* a struct's or a union's members */
  EMIT_REFERENTS,
  EMIT_PARAMS /* both, parameter by parameter */
};

#define EMIT_LATE 32u

/* One function while it is put together. Words are separated by EMIT_GAP until lines are made. */
struct emit_function {
  struct emit_wire *x;
  enum emit_pass pass;
  bool is_out;    /* PARAMS */
  uint32_t scope; /* STRUCT that expressions are about; 0: none */
  struct portero_writer body, items;
  bool is_open;      /* a run is */
  unsigned start[2]; /* its alignment in each syntax */
  unsigned known[2]; /* position is known modulo this */
  unsigned position[2];
  uint64_t offset[2], leaves[2]; /* in the run: bytes so far, and without gaps */
  unsigned phase[2];             /* position where the run began */
  uint64_t counted[2], base[2];  /* where the words themselves are; base: the run's start to them */
  const char *single;            /* one word for a run of one usual value; NULL: there is none */
  uint32_t member;               /* index of the member at hand, in scope */
  unsigned n_names;              /* of locals */
  unsigned n_late;
  struct {
    unsigned name;
    uint32_t code;
  } late[EMIT_LATE];
};

#define EMIT_GAP '\x1f'

/* ---- emit_expr.c ---- */

/* An expression as C, over members of scope that are reached through path ("v->"). */
const char *emit_expr(const struct idlc_emit *e, uint32_t code, uint32_t scope, const char *path);
bool emit_expr_has_fields(const struct idlc_emit *e, uint32_t code);
bool emit_expr_has_deref(const struct idlc_emit *e, uint32_t code);
/* Is all that it asks for known in f, where its member's turn is? */
bool emit_expr_is_ready(const struct emit_function *f, uint32_t code);
/* printf into the arena of the compile; "" when memory is out. */
__attribute__((format(printf, 2, 3))) const char *emit_format(const struct idlc_emit *e,
                                                              const char *format, ...);

/* ---- emit_can.c ---- */

/* Is there direct code for this operation, or is it left to the table? */
bool emit_can_op(const struct idlc_emit *e, const struct portero_op *op);
/* Both syntaxes. */
bool emit_is_plain(const struct idlc_emit *e, uint32_t type);
bool emit_is_fixed(const struct idlc_emit *e, uint32_t type);
static inline bool emit_is_deferred(const struct idlc_emit *e, uint32_t type)
{
  return emit_layout(e, type)->wire[0].flags & PORTERO_WIRE_DEFERRED;
}
/* Is a union's choice made in the function of the struct around it? */
bool emit_is_inline(const struct idlc_emit *e, uint32_t choice);

/* ---- emit_run.c ---- */

void emit_begin(struct emit_function *f, struct emit_wire *x, enum emit_pass pass, uint32_t scope);
/* Writes the function with its head ("FIXED(...)") and forgets it. */
void emit_end(struct emit_function *f, const char *head);
/* Forgets it. */
void emit_drop(struct emit_function *f);
__attribute__((format(printf, 2, 3))) void emit_word(struct emit_function *f, const char *format,
                                                     ...);
/* The next word begins a line. */
void emit_line(struct emit_function *f);
/* "8", or "W(4, 8)" */
const char *emit_w(const struct idlc_emit *e, uint64_t ndr, uint64_t ndr64);
/* Ends the run; what follows may be anywhere. */
void emit_flush(struct emit_function *f);
void emit_anywhere(struct emit_function *f);
/* At a multiple of what each syntax wants. */
void emit_align(struct emit_function *f, unsigned ndr, unsigned ndr64, const char *word);
/* A value of fixed size; lvalue is C. */
void emit_item(struct emit_function *f, uint32_t type, const char *lvalue);
/* Gaps in what is of fixed size. */
bool emit_has_gaps(const struct idlc_emit *e, uint32_t type);

/* ---- emit_parts.c ---- */

/* A member in place, whatever it is. */
void emit_in_place(struct emit_function *f, uint32_t type, const char *lvalue);
/* What it points to. */
void emit_referents(struct emit_function *f, uint32_t type, const char *lvalue);
/* A parameter: in place and what it points to. */
void emit_param(struct emit_function *f, uint32_t type, const char *lvalue);
/* The parts of a union's function: tag is an int64_t, path stands before the arms' names. */
void emit_union_in_place(struct emit_function *f, uint32_t u, const char *tag, const char *path);
void emit_union_referents(struct emit_function *f, uint32_t u, const char *tag, const char *path);
/* A scope's expressions that had to wait. */
void emit_settle(struct emit_function *f);

/* ---- emit_types.c ---- */

/* Functions of a struct, a union, a pointer as an element: written before they are used. */
void emit_need_struct(struct emit_wire *x, uint32_t type);
void emit_need_union(struct emit_wire *x, uint32_t type);
/* The name of an element type that has functions: a tag, "enum16", "p12". */
const char *emit_need_element(struct emit_wire *x, uint32_t type);
void emit_op(struct emit_wire *x, const struct portero_op *op);

#endif
