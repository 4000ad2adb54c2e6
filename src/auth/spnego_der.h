/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of DER as SPNEGO needs: elements with one-octet tags and definite lengths, read in place
 * and written head first. Lengths are libtasn1's. Strict: an indefinite length, one that is longer
 * than it need be, or one beyond the end fails the reader. [X.690] 8.1, 10.1
 */
#ifndef PORTERO_AUTH_SPNEGO_DER_H
#define PORTERO_AUTH_SPNEGO_DER_H

#include <portero/bytes.h>

#define DER_OCTET_STRING   0x04u
#define DER_OID            0x06u
#define DER_ENUMERATED     0x0au
#define DER_GENERAL_STRING 0x1bu
#define DER_SEQUENCE       0x30u
#define DER_APPLICATION_0  0x60u
#define DER_CONTEXT(n)     (0xa0u + (n))

/* Is there another element, and has it this tag? */
bool der_is(const struct portero_reader *r, uint8_t tag);
/* The content of the next element, which must have this tag; a view, empty after a failure. */
struct portero_bytes der_read(struct portero_reader *r, uint8_t tag, const char *what);
/* The same with a reader over the content. After a failure it has failed, too. */
struct portero_reader der_enter(struct portero_reader *r, uint8_t tag, const char *what);
/* The inner reader must have used up its content; its failure becomes the outer one's. */
void der_leave(struct portero_reader *r, const struct portero_reader *inner, const char *what);

/* Octets of an element with that much content. */
size_t der_size(size_t content);
void der_write_head(struct portero_writer *w, uint8_t tag, size_t content);
void der_write(struct portero_writer *w, uint8_t tag, struct portero_bytes content);

#endif
