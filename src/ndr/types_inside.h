/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the type tables share. */
#ifndef PORTERO_NDR_TYPES_INSIDE_H
#define PORTERO_NDR_TYPES_INSIDE_H

#include <portero/types.h>

#define TYPES_NEST         48u  /* types in types by value */
#define TYPES_CHAIN        64u  /* from a struct to the next one: pointers, arrays, unions */
#define TYPES_DIMENSIONS   8u   /* of an array that is conformant or varying */
#define TYPES_CODE_BYTES   256u /* of one expression */
#define TYPES_SIZE_LIMIT   (256u << 20) /* of one value in memory, or on the wire while it is fixed */
#define TYPES_BASES        64u          /* interfaces that one inherits from */
#define TYPES_FIRST_FRAMES 16u          /* of the second walk, without memory from the arena */

/* LEB128, of at most ten bytes. False: cut off, or more than 64 bits. */
bool types_leb_unsigned(const uint8_t **at, const uint8_t *end, uint64_t *out_value);
bool types_leb_signed(const uint8_t **at, const uint8_t *end, int64_t *out_value);
void types_leb_write_unsigned(struct portero_writer *w, uint64_t value);
void types_leb_write_signed(struct portero_writer *w, int64_t value);

/* One instruction of an expression. */
struct types_code {
  enum portero_code code;
  int64_t constant; /* CONST */
  uint32_t field;   /* FIELD, DEREF, PRESENT */
};
/* The instruction at *at, which moves behind it. False: not a valid one. */
bool types_code_next(const struct portero_types *t, uint32_t *at, struct types_code *out_code);
/* How many values it takes from the stack; it puts one there. */
unsigned types_code_takes(enum portero_code code);
/* Three values at most, as the instruction combines them. */
int64_t types_code_apply(enum portero_code code, const int64_t *values);

bool types_is_number(uint8_t kind);     /* integers, characters, enums: may be in expressions */
bool types_is_scalar(uint8_t kind);     /* the same and floating point */
size_t types_number_size(uint8_t kind); /* in memory */

/* Is this a conformant array or text: a pointer in memory without a pointer type? */
static inline bool types_is_pointer_in_memory(const struct portero_type *type)
{
  return type->kind == PORTERO_KIND_STRING ||
         (type->kind == PORTERO_KIND_ARRAY && (type->flags & PORTERO_TYPE_CONFORMANT));
}
static inline bool types_is_varying(const struct portero_type *type)
{
  return type->kind == PORTERO_KIND_ARRAY && (type->flags & PORTERO_TYPE_VARYING);
}

/*
 * Is it counted or chosen by members of the struct around it? Such a value is never known again: who
 * points to it a second time may say another count.
 */
bool types_goes_by_scope(const struct portero_types *t, uint32_t type);

/* May a value of this type be all of a stub? */
static inline bool types_stands_alone(const struct portero_types *t, uint32_t type)
{
  return type != 0 && type < t->n_types && t->types[type].kind != PORTERO_KIND_UNION &&
         t->types[type].kind != PORTERO_KIND_PIPE && !(t->types[type].flags & PORTERO_TYPE_PARAMS);
}

/* The parts of portero_types_check(): what is wrong, or NULL. */
const char *types_check_shape(const struct portero_types *t);
/* layouts[] and offsets[] are zero before. levels: one byte of scratch for each type, zero. */
const char *types_check_layout(const struct portero_types *t, struct portero_layout *layouts,
                               uint32_t *offsets, uint8_t *levels);
/* Expressions, in each struct that they are used in. seen: a number for each type, zero. */
const char *types_check_scopes(const struct portero_types *t, const struct portero_layout *layouts,
                               uint32_t *seen);

#endif
