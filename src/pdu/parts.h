/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the PDU families share. Each family's reader gets a whole PDU whose header was read and
 * whose size is its frag_length; it touches *out_pdu only when it succeeds.
 */
#ifndef PORTERO_SRC_PDU_PARTS_H
#define PORTERO_SRC_PDU_PARTS_H

#include <portero/pdu.h>

/* Starts *out_pdu: header, bytes, the oddities of the header, no trailer. */
void pdu_start(struct portero_bytes whole, const struct portero_pdu_header *h,
               struct portero_pdu *out_pdu);

/* OK when a body of body_end - 16 bytes and the auth trailer both fit; SHORT or MALFORMED. */
portero_status pdu_fixed_check(size_t size, const struct portero_pdu_header *h, size_t body_end);

/* Reads the trailer, which is known to fit, and returns the offset where the body ends before it.
 */
size_t pdu_trailer_read(struct portero_pdu *pdu);

/* The stub that begins at body_end, without authentication padding; reads the trailer. */
struct portero_bytes pdu_stub_read(struct portero_pdu *pdu, size_t body_end);

/*
 * For bodies without stub: a reader over the PDU up to its trailer, standing behind the header, so
 * that alignment counts from the PDU's start; afterwards the oddities of what was left over.
 */
struct portero_reader pdu_body_reader(const struct portero_pdu *pdu, size_t end);
void pdu_leftover_check(struct portero_pdu *pdu, const struct portero_reader *r);

portero_status pdu_bind_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                             struct portero_pdu *out_pdu);
portero_status pdu_bind_ack_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu);
portero_status pdu_bind_nak_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu);
portero_status pdu_request_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                struct portero_pdu *out_pdu);
portero_status pdu_response_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu);
portero_status pdu_fault_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                              struct portero_pdu *out_pdu);
portero_status pdu_simple_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                               struct portero_pdu *out_pdu);

/* Writes a header of this type, sets w's byte order and returns the offset where the PDU began. */
size_t pdu_begin(struct portero_writer *w, const struct portero_pdu_header *h, uint8_t ptype,
                 uint8_t flags);
/* Fills in frag_length; the writer fails when it does not fit in 16 bits. */
void pdu_end(struct portero_writer *w, size_t start);

#endif
