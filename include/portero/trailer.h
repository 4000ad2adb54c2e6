/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verification trailer that a client may put behind the stub of its last request fragment,
 * protecting what the signature alone does not. [MS-RPCE] 2.2.2.13.
 */
#ifndef PORTERO_TRAILER_H
#define PORTERO_TRAILER_H

#include <portero/pdu.h>

PORTERO_BEGIN_DECLS

struct portero_verification {
  bool has_bitmask;
  bool has_pcontext;
  bool has_header2;
  uint32_t bitmask; /* bit 0: the client supports header signing. 2.2.2.13.2 */
  struct portero_syntax interface, transfer; /* 2.2.2.13.4 */
  struct {                                   /* 2.2.2.13.3 */
    uint8_t ptype;
    uint8_t drep[4];
    uint32_t call_id;
    uint16_t context_id;
    uint16_t opnum;
  } header2;
};

/*
 * Looks for the signature in the last 1024 bytes of stub, on a 4-byte boundary.
 * OK with *out_stub_size the size of the stub before the trailer (and its alignment pad is part of
 * it); LOCAL_NOT_FOUND: no trailer, nothing written; LOCAL_UNSUPPORTED: an unknown command that
 * must be processed; LOCAL_MALFORMED / LOCAL_SHORT: the trailer is broken.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_verification_read(
    struct portero_bytes stub, struct portero_verification *out_trailer, size_t *out_stub_size);
/* Appends a trailer behind the stub that began at offset stub_at of w. */
PORTERO_API void portero_verification_write(struct portero_writer *w, size_t stub_at,
                                            const struct portero_verification *trailer);

PORTERO_END_DECLS

#endif
