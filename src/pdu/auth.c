/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security trailer, counted from the end of the PDU: padding, 8 bytes, the auth value.
 * [MS-RPCE] 2.2.2.11, 2.2.2.12
 */
#include "src/pdu/parts.h"

#define AUTH_LENGTH_AT 10u
/* Windows counts the padding of every PDU type from here, be it 16, 20 or 24 bytes into it. */
#define PAD_FLOOR 24u

portero_status pdu_fixed_check(size_t size, const struct portero_pdu_header *h, size_t body_end)
{
  if (size < body_end)
    return portero_local(PORTERO_LOCAL_SHORT);
  if (h->auth_length && size - body_end < (size_t)h->auth_length + PORTERO_SEC_TRAILER_SIZE)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  return portero_ok();
}

size_t pdu_trailer_read(struct portero_pdu *pdu)
{
  struct portero_sec_trailer *t = &pdu->auth;
  const uint8_t *p;

  if (pdu->header.auth_length == 0)
    return pdu->whole.size;
  t->at = pdu->whole.size - pdu->header.auth_length - PORTERO_SEC_TRAILER_SIZE;
  p = pdu->whole.data + t->at;
  t->type = p[0];
  t->level = p[1];
  t->pad_length = p[2];
  t->reserved = p[3];
  t->context_id = portero_load_u32(p + 4, portero_pdu_is_big_endian(&pdu->header));
  t->value = portero_bytes_make(p + PORTERO_SEC_TRAILER_SIZE, pdu->header.auth_length);
  pdu->has_auth = true;
  if (t->at & 3u)
    pdu->odd |= PORTERO_ODD_AUTH_ALIGN;
  if (t->reserved)
    pdu->odd |= PORTERO_ODD_AUTH_RESERVED;
  return t->at;
}

struct portero_bytes pdu_stub_read(struct portero_pdu *pdu, size_t body_end)
{
  size_t size = pdu_trailer_read(pdu) - body_end;

  if (pdu->auth.pad_length > size) {
    pdu->odd |= PORTERO_ODD_AUTH_PAD;
    size = 0;
  } else {
    size -= pdu->auth.pad_length;
  }
  return portero_bytes_make(pdu->whole.data + body_end, size);
}

struct portero_reader pdu_body_reader(const struct portero_pdu *pdu, size_t end)
{
  struct portero_reader r;

  portero_reader_init(&r, portero_bytes_make(pdu->whole.data, end),
                      portero_pdu_is_big_endian(&pdu->header));
  r.at = PORTERO_PDU_HEADER_SIZE;
  return r;
}

/* The answer to a last leg: a trailer without a token, which auth_length does not tell of. */
static bool pdu_is_answered_leg(const struct portero_pdu *pdu, const struct portero_reader *r)
{
  return !pdu->has_auth && portero_reader_left(r) == PORTERO_SEC_TRAILER_SIZE &&
         (pdu->header.ptype == PORTERO_PTYPE_BIND_ACK ||
          pdu->header.ptype == PORTERO_PTYPE_ALTER_CONTEXT_RESP);
}

void pdu_leftover_check(struct portero_pdu *pdu, const struct portero_reader *r)
{
  size_t room = r->size > PAD_FLOOR ? r->size - PAD_FLOOR : 0;

  if (pdu->auth.pad_length > room)
    pdu->odd |= PORTERO_ODD_AUTH_PAD;
  if (portero_reader_left(r) > pdu->auth.pad_length && !pdu_is_answered_leg(pdu, r))
    pdu->odd |= PORTERO_ODD_TRAILING;
}

/* [MS-RPCE] 2.2.2.11 wants the trailer 4-aligned at least, so align is 4, 8 or 16 in practice. */
void portero_pdu_add_auth(struct portero_writer *w, size_t start, size_t body_at, size_t align,
                          const struct portero_sec_trailer *trailer, size_t value_size)
{
  size_t pad = (align - ((w->size - body_at) & (align - 1))) & (align - 1);

  if (value_size > UINT16_MAX || pad > UINT8_MAX) {
    w->failed = true;
    return;
  }
  portero_write_zeros(w, pad);
  portero_write_u8(w, trailer->type);
  portero_write_u8(w, trailer->level);
  portero_write_u8(w, (uint8_t)pad);
  portero_write_u8(w, trailer->reserved);
  portero_write_u32(w, trailer->context_id);
  portero_write_zeros(w, value_size);
  portero_patch_u16(w, start + AUTH_LENGTH_AT, (uint16_t)value_size);
  pdu_end(w, start);
}
