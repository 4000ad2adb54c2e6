/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader has met on the wire and cannot yet hold against the value: counts and tags whose
 * expressions are about members that come later, or that are behind pointers. Kept in order, found
 * again when the pointers of the same value are followed, and judged in the end.
 */
#ifndef PORTERO_NDR_TYPES_NOTES_H
#define PORTERO_NDR_TYPES_NOTES_H

#include "src/ndr/types_inside.h"

struct types_scope {
  uint32_t type;  /* the innermost struct; 0: none */
  uint32_t ready; /* so many of its members have been read */
  uint8_t *memory;
};

struct types_note {
  struct types_note *next;
  const uint32_t *code; /* in the row of its type: tells size, length and offset apart */
  uint32_t type;        /* struct */
  uint8_t *scope;
  const void *owner; /* memory of the array or union */
  int64_t value;
};

struct types_notes {
  const struct portero_types *t;
  uint16_t direction; /* of the parameters being read: PORTERO_MEMBER_ */
  bool infer;
  struct types_note *first, *last;
};

/* Can the expression be computed now, and never change? The answer is the same in both walks. */
bool types_notes_settled(const struct types_notes *n, uint32_t code,
                         const struct types_scope *scope);
/*
 * The wire says that code is value for the array or union at owner: compares, or makes a note.
 * Fails the reader (malformed) when they differ.
 */
void types_notes_expect(struct types_notes *n, struct portero_ndr_reader *r, const uint32_t *code,
                        const struct types_scope *scope, const void *owner, int64_t value,
                        const char *what);
/*
 * What the wire said, in the second walk; *cursor is the last note that was used (NULL: none) and
 * moves on.
 */
int64_t types_notes_recall(const struct types_notes *n, struct portero_ndr_reader *r,
                           const uint32_t *code, const struct types_scope *scope, const void *owner,
                           const struct types_note **cursor, const char *what);
/* Everything has been read: sets members that are not on the wire when infer is set, compares. */
void types_notes_judge(const struct types_notes *n, struct portero_ndr_reader *r);

#endif
