/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the benchmark says: a bind, and a request whose bytes are made once. */
#ifndef PORTERO_BENCH_CALLS_H
#define PORTERO_BENCH_CALLS_H

#include <portero/pdu.h>

#define CALLS_BUFFER    65536u /* no PDU is larger */
#define CALLS_CALL_ID   12u    /* where a PDU's call_id is */
#define CALLS_FRAGMENT  5840u
#define CALLS_FRAG_SIZE 8u /* where its length is */

/* A request of one fragment. Call ids are patched in, and so is what varies. */
struct calls_request {
  uint8_t bytes[CALLS_FRAGMENT];
  size_t size;
  size_t vary_at; /* a u32 of the stub: vary_from and on */
  uint32_t vary_from;
  uint32_t vary; /* so many different ones; 0: none, the stub is always the same */
};

/* Ends the program when the stub is too long. */
void calls_request_make(struct calls_request *out_request, uint16_t opnum,
                        struct portero_bytes stub);
/* ept_map for TCP; the first field of the UUID takes vary values. */
void calls_request_make_map(struct calls_request *out_request, const struct portero_syntax *iface,
                            uint32_t vary);
/* Writes the request with this call id, of calls_request.size bytes. */
void calls_request_write(const struct calls_request *r, uint32_t call_id, uint8_t *out_bytes);

/* Reads one PDU from a blocking socket. False: the connection ended, or what came is no PDU. */
bool calls_read(int fd, uint8_t buffer[CALLS_BUFFER], struct portero_pdu *out_pdu);
/* Binds to iface in NDR. False: refused, or the connection ended. */
bool calls_bind(int fd, const struct portero_syntax *iface, bool multiplex);
/* One call, waiting for its answer of one fragment. False: no answer. */
bool calls_once(int fd, const struct calls_request *r, uint8_t buffer[CALLS_BUFFER],
                struct portero_pdu *out_pdu);
/* Is this an answer of ept_map with a tower in it? */
bool calls_map_found(const struct portero_pdu *pdu);

/* The same, and where the first of them leads. */
bool calls_map_port(const struct portero_pdu *pdu, uint16_t *out_port);

/* UUID:MAJOR.MINOR; ends the program otherwise. */
struct portero_syntax calls_parse_interface(const char *text);

#endif
