/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection-oriented PDU: bytes to fields and back. [C706] 12.6, [MS-RPCE] 2.2.2.
 *
 * Reading is strict about memory and lenient about meaning: it fails only when the bytes cannot
 * be what the header says, and otherwise returns the fields with a set of oddities. Whether an
 * oddity is refused (a server) or only told (a sensor) is the caller's decision.
 * Everything read is a view into the PDU's bytes and lives as long as they do.
 * Not checked here: the order of PDUs, call ids, contexts, signatures.
 */
#ifndef PORTERO_PDU_H
#define PORTERO_PDU_H

#include <portero/bytes.h>

PORTERO_BEGIN_DECLS

enum portero_ptype {
  PORTERO_PTYPE_REQUEST = 0,
  PORTERO_PTYPE_PING = 1, /* 1, 4 to 10: connectionless only */
  PORTERO_PTYPE_RESPONSE = 2,
  PORTERO_PTYPE_FAULT = 3,
  PORTERO_PTYPE_BIND = 11,
  PORTERO_PTYPE_BIND_ACK = 12,
  PORTERO_PTYPE_BIND_NAK = 13,
  PORTERO_PTYPE_ALTER_CONTEXT = 14,
  PORTERO_PTYPE_ALTER_CONTEXT_RESP = 15,
  PORTERO_PTYPE_AUTH3 = 16,
  PORTERO_PTYPE_SHUTDOWN = 17,
  PORTERO_PTYPE_CO_CANCEL = 18,
  PORTERO_PTYPE_ORPHANED = 19,
};

/* pfc_flags. Bit 0x04 has two meanings: [MS-RPCE] 2.2.2.3. */
#define PORTERO_PFC_FIRST_FRAG          0x01u
#define PORTERO_PFC_LAST_FRAG           0x02u
#define PORTERO_PFC_PENDING_CANCEL      0x04u /* request, response, fault, co_cancel, orphaned */
#define PORTERO_PFC_SUPPORT_HEADER_SIGN 0x04u /* bind, bind_ack, alter_context(_resp), auth3 */
#define PORTERO_PFC_CONC_MPX            0x10u
#define PORTERO_PFC_DID_NOT_EXECUTE     0x20u
#define PORTERO_PFC_MAYBE               0x40u
#define PORTERO_PFC_OBJECT_UUID         0x80u
#define PORTERO_PFC_WHOLE               (PORTERO_PFC_FIRST_FRAG | PORTERO_PFC_LAST_FRAG)

#define PORTERO_PDU_HEADER_SIZE   16u
#define PORTERO_PDU_REQUEST_SIZE  24u /* header and fixed body, without object UUID */
#define PORTERO_PDU_RESPONSE_SIZE 24u
#define PORTERO_PDU_FAULT_SIZE    32u
#define PORTERO_SEC_TRAILER_SIZE  8u
#define PORTERO_DREP_LITTLE       0x10u /* drep[0]: little-endian, ASCII */

struct portero_pdu_header {
  uint8_t version; /* 5 */
  uint8_t version_minor;
  uint8_t ptype; /* enum portero_ptype, or anything */
  uint8_t flags;
  uint8_t drep[4];
  uint16_t frag_length; /* of the whole PDU */
  uint16_t auth_length; /* of the auth value alone, without the 8 bytes of the trailer */
  uint32_t call_id;
};

/* Integer byte order of this PDU. */
static inline bool portero_pdu_is_big_endian(const struct portero_pdu_header *h)
{
  return (h->drep[0] & 0xf0u) == 0;
}

/* [MS-RPCE] 2.2.2.11; found from the end of the PDU. */
struct portero_sec_trailer {
  uint8_t type;
  uint8_t level;
  uint8_t pad_length;
  uint8_t reserved;
  uint32_t context_id;
  struct portero_bytes value;
  size_t at; /* offset of the trailer in the PDU */
};

/* What was odd though readable; a set. */
enum portero_odd {
  PORTERO_ODD_VERSION = 1u << 0, /* not 5.0 or 5.1 */
  PORTERO_ODD_PTYPE = 1u << 1,   /* not a connection-oriented PDU type */
  PORTERO_ODD_DREP =
      1u << 2, /* neither byte order, not ASCII, not IEEE floats, or reserved octets set */
  PORTERO_ODD_FLAGS =
      1u << 3, /* undefined flag 0x08, or bind to shutdown (11 to 17) not marked first and last */
  PORTERO_ODD_AUTH_PAD = 1u << 4,   /* pad_length larger than the stub; without stub: than the bytes
                                       from offset 24 to the trailer */
  PORTERO_ODD_AUTH_ALIGN = 1u << 5, /* trailer not 4-aligned */
  PORTERO_ODD_AUTH_RESERVED = 1u << 6, /* reserved octet set */
  PORTERO_ODD_TRAILING = 1u << 7,      /* bytes after the last field of a body without stub */
  PORTERO_ODD_NO_CONTEXT = 1u << 8,    /* bind or alter_context without presentation contexts */
  PORTERO_ODD_NO_TRANSFER = 1u << 9,   /* a presentation context without transfer syntaxes */
  PORTERO_ODD_RESERVED = 1u << 10,     /* a reserved field that is not zero */
  PORTERO_ODD_ALLOC_HINT =
      1u << 11, /* alloc_hint smaller than this fragment's stub, and not zero */
};

/* A presentation context as it is written. */
struct portero_context {
  uint16_t id;
  struct portero_syntax abstract;
  const struct portero_syntax *transfer;
  uint8_t n_transfer;
};

/* Iterates over the presentation contexts of a bind that was read. */
struct portero_context_iter {
  struct portero_reader reader;
  unsigned left;
};
/* One context as read: its transfer syntaxes are pulled with portero_context_transfer(). */
struct portero_context_view {
  uint16_t id;
  uint8_t n_transfer;
  struct portero_syntax abstract;
  struct portero_reader transfer;
};

struct portero_bind { /* and alter_context: [C706] 12.6.4.3, 12.6.4.1 */
  uint16_t max_xmit_frag;
  uint16_t max_recv_frag;
  uint32_t assoc_group_id;
  uint8_t n_contexts;
  const struct portero_context *contexts; /* written; NULL after reading */
  struct portero_context_iter iter;       /* read */
};

enum portero_result { /* p_cont_def_result_t, [MS-RPCE] 2.2.2.4 */
  PORTERO_RESULT_ACCEPTANCE = 0,
  PORTERO_RESULT_USER_REJECTION = 1,
  PORTERO_RESULT_PROVIDER_REJECTION = 2,
  PORTERO_RESULT_NEGOTIATE_ACK = 3,
};
enum portero_reason { /* p_provider_reason_t */
  PORTERO_REASON_NOT_SPECIFIED = 0,
  PORTERO_REASON_ABSTRACT_SYNTAX = 1,
  PORTERO_REASON_TRANSFER_SYNTAXES = 2,
  PORTERO_REASON_LOCAL_LIMIT = 3,
};

struct portero_context_result {
  uint16_t result;
  uint16_t reason; /* for NEGOTIATE_ACK: the features granted */
  struct portero_syntax transfer;
};

struct portero_bind_ack { /* and alter_context_resp: [C706] 12.6.4.4, 12.6.4.2 */
  uint16_t max_xmit_frag;
  uint16_t max_recv_frag;
  uint32_t assoc_group_id;
  struct portero_bytes secondary_address; /* text without its terminator */
  uint8_t n_results;
  const struct portero_context_result *results; /* written; NULL after reading */
  struct portero_reader results_reader;         /* read, with portero_context_result_next() */
};

enum portero_nak_reason { /* [C706] 12.6.3.1, [MS-RPCE] 2.2.2.5 */
  PORTERO_NAK_NOT_SPECIFIED = 0,
  PORTERO_NAK_TEMPORARY_CONGESTION = 1,
  PORTERO_NAK_LOCAL_LIMIT = 2,
  PORTERO_NAK_PROTOCOL_VERSION = 4,
  PORTERO_NAK_AUTH_TYPE = 8,
  PORTERO_NAK_INVALID_CHECKSUM = 9,
};

struct portero_bind_nak { /* [C706] 12.6.4.5 */
  uint16_t reason;
  uint8_t n_versions;
  struct portero_bytes versions; /* pairs major, minor; written: always 5.0 */
};

struct portero_request { /* [C706] 12.6.4.9 */
  uint32_t alloc_hint;
  uint16_t context_id;
  uint16_t opnum;
  bool has_object;
  struct portero_uuid object;
  struct portero_bytes stub; /* read: without authentication padding */
};

struct portero_response { /* [C706] 12.6.4.10 */
  uint32_t alloc_hint;
  uint16_t context_id;
  uint8_t cancel_count;
  uint8_t reserved;
  struct portero_bytes stub;
};

struct portero_fault { /* [C706] 12.6.4.7, [MS-RPCE] 2.2.2.8 */
  uint32_t alloc_hint;
  uint16_t context_id;
  uint8_t cancel_count;
  uint8_t fault_flags; /* 1: extended error information in stub */
  uint32_t status;
  uint32_t reserved;
  struct portero_bytes stub;
};

struct portero_pdu {
  struct portero_pdu_header header;
  struct portero_bytes whole;
  uint32_t odd; /* enum portero_odd */
  bool has_auth;
  struct portero_sec_trailer auth;
  union {
    struct portero_bind bind;
    struct portero_bind_ack bind_ack;
    struct portero_bind_nak bind_nak;
    struct portero_request request;
    struct portero_response response;
    struct portero_fault fault;
  } body; /* by header.ptype; auth3, shutdown, co_cancel and orphaned have none */
};

/*
 * The 16 bytes of a header. frag_length is in the PDU's own byte order and may be anything: a
 * caller that frames a stream refuses one below 16 before it waits for more bytes.
 */
PORTERO_API void portero_pdu_header_read(const uint8_t bytes[PORTERO_PDU_HEADER_SIZE],
                                         struct portero_pdu_header *out_header);

/*
 * Reads one whole PDU; whole.size must equal its frag_length.
 * OK; LOCAL_SHORT: a field does not fit; LOCAL_MALFORMED: lengths contradict each other, or the
 * auth trailer does not fit in the PDU. An unknown ptype is OK with PORTERO_ODD_PTYPE and no body.
 * A foreign protocol version is OK with PORTERO_ODD_VERSION and no body.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_pdu_read(struct portero_bytes whole,
                                                             struct portero_pdu *out_pdu);

/* false at the end. The iterator is a value: copy it to go through twice. */
PORTERO_API bool portero_context_next(struct portero_context_iter *iter,
                                      struct portero_context_view *out_context);
PORTERO_API bool portero_context_transfer(struct portero_context_view *context,
                                          struct portero_syntax *out_transfer);
PORTERO_API bool portero_context_result_next(struct portero_reader *results,
                                             struct portero_context_result *out_result);

/*
 * Writers. Each appends one PDU without authentication to w (whose byte order they set from
 * header->drep); frag_length and ptype are filled in by them, other header fields are the
 * caller's, but for PORTERO_PFC_OBJECT_UUID, which follows request->has_object. The writer fails
 * when the PDU is larger than 65535 bytes. A PDU starts at w->size at entry. Add a trailer with
 * portero_pdu_add_auth().
 */
PORTERO_API void portero_pdu_write_bind(struct portero_writer *w,
                                        const struct portero_pdu_header *h,
                                        const struct portero_bind *bind);
PORTERO_API void portero_pdu_write_alter_context(struct portero_writer *w,
                                                 const struct portero_pdu_header *h,
                                                 const struct portero_bind *bind);
PORTERO_API void portero_pdu_write_bind_ack(struct portero_writer *w,
                                            const struct portero_pdu_header *h,
                                            const struct portero_bind_ack *ack);
PORTERO_API void portero_pdu_write_alter_context_resp(struct portero_writer *w,
                                                      const struct portero_pdu_header *h,
                                                      const struct portero_bind_ack *ack);
PORTERO_API void portero_pdu_write_bind_nak(struct portero_writer *w,
                                            const struct portero_pdu_header *h, uint16_t reason);
PORTERO_API void portero_pdu_write_request(struct portero_writer *w,
                                           const struct portero_pdu_header *h,
                                           const struct portero_request *request);
PORTERO_API void portero_pdu_write_response(struct portero_writer *w,
                                            const struct portero_pdu_header *h,
                                            const struct portero_response *response);
PORTERO_API void portero_pdu_write_fault(struct portero_writer *w,
                                         const struct portero_pdu_header *h,
                                         const struct portero_fault *fault);
/* auth3 (with its 4 ignored bytes), shutdown, co_cancel, orphaned: the ptype in header says which.
 */
PORTERO_API void portero_pdu_write_simple(struct portero_writer *w,
                                          const struct portero_pdu_header *h);

/*
 * Pads the PDU that begins at offset start of w to a multiple of align counted from body_at (an
 * offset in w: the start of the stub for request and response, [MS-RPCE] 2.2.2.11), appends the
 * trailer with value_size bytes for the auth value (zeroed, at w->size - value_size) and mends
 * frag_length and auth_length. trailer->pad_length, value and at are ignored. With value_size 0 there
 * is a trailer that auth_length does not tell of: only the answers to a last leg are sent so.
 */
PORTERO_API void portero_pdu_add_auth(struct portero_writer *w, size_t start, size_t body_at,
                                      size_t align, const struct portero_sec_trailer *trailer,
                                      size_t value_size);

/* "bind_ack"; "ptype 42" style names are not made: NULL when unknown. Static. */
PORTERO_API const char *portero_ptype_name(uint8_t ptype);

/*
 * Bind-time feature negotiation rides in a transfer syntax whose UUID carries a bit mask.
 * [MS-RPCE] 2.2.2.14, 3.3.1.5.3.
 */
#define PORTERO_FEATURE_SECURITY_MULTIPLEX 0x01u
#define PORTERO_FEATURE_KEEP_ON_ORPHAN     0x02u
PORTERO_API bool portero_syntax_is_features(const struct portero_syntax *s, uint64_t *out_features);
PORTERO_API struct portero_syntax portero_syntax_from_features(uint64_t features);

PORTERO_END_DECLS

#endif
