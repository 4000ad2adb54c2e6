/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security contexts of one connection, each under its auth_context_id, and the protection of
 * single PDUs with them. [MS-RPCE] 2.2.2.11, 3.3.1.5.4
 */
#ifndef PORTERO_ASSOC_SECURE_H
#define PORTERO_ASSOC_SECURE_H

#include <portero/assoc.h>

struct secure_context {
  struct secure_context *next;
  struct portero_security *security; /* owned; NULL until the first step is done */
  uint32_t id;
  uint8_t type;
  uint8_t level;
  bool done;
  bool invalid;      /* a step failed: nothing may be done with it any more */
  bool bitmask_told; /* client: in a verification trailer */
};

struct secure_table {
  const struct portero_mem *mem;
  struct secure_context *first;
  size_t count;
  uint8_t *opened; /* the PDU that was opened last */
  size_t opened_size;
};

void secure_init(struct secure_table *t, const struct portero_mem *mem);
void secure_deinit(struct secure_table *t);
struct secure_context *secure_find(const struct secure_table *t, uint32_t id);
/* Is there a dialogue that has not come to its end? A failed one never does. */
bool secure_unfinished(const struct secure_table *t);
/* Is there a finished one that signs? */
bool secure_protects(const struct secure_table *t);
/* NULL when memory is out. */
struct secure_context *secure_add(struct secure_table *t, uint32_t id, uint8_t type, uint8_t level);

/* Checks one PDU and opens it in bytes, which hold the same PDU as pdu. LOCAL_SECURITY. */
portero_status secure_open_in_place(struct secure_context *c, const struct portero_pdu *pdu,
                                    uint8_t *bytes, size_t body_at, bool header_signing);
/*
 * The same where it lies when it is ours to change, else in a copy. *out_pdu is the same PDU with its
 * stub readable; its views live until the next PDU is opened. LOCAL_SECURITY, LOCAL_NO_MEMORY.
 */
portero_status secure_open(struct secure_table *t, struct secure_context *c,
                           const struct portero_pdu *pdu, size_t body_at, bool header_signing,
                           bool ours, struct portero_pdu *out_pdu);
/*
 * Closes the PDU that w holds from offset start to its end: padding, trailer, signature, seal.
 * body_at: offset in w of its stub.
 */
portero_status secure_close(struct secure_context *c, struct portero_writer *w, size_t start,
                            size_t body_at, bool header_signing);
/* Bytes that secure_close() adds at most to a stub that is a multiple of 16. */
size_t secure_overhead(const struct secure_context *c, size_t stub_size);

#endif
