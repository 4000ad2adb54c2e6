/* SPDX-License-Identifier: Apache-2.0 */
/* The common header and the way from it to the family that reads the body. [C706] 12.6.3.1 */
#include "src/pdu/parts.h"

#define FRAG_LENGTH_AT 8u

void portero_pdu_header_read(const uint8_t bytes[PORTERO_PDU_HEADER_SIZE],
                             struct portero_pdu_header *out_header)
{
  bool big = (bytes[4] & 0xf0u) == 0;

  out_header->version = bytes[0];
  out_header->version_minor = bytes[1];
  out_header->ptype = bytes[2];
  out_header->flags = bytes[3];
  memcpy(out_header->drep, bytes + 4, sizeof out_header->drep);
  out_header->frag_length = portero_load_u16(bytes + FRAG_LENGTH_AT, big);
  out_header->auth_length = portero_load_u16(bytes + 10, big);
  out_header->call_id = portero_load_u32(bytes + 12, big);
}

static bool header_is_foreign(const struct portero_pdu_header *h)
{
  return h->version != 5 || h->version_minor > 1;
}

static bool ptype_is_known(uint8_t ptype)
{
  return ptype == PORTERO_PTYPE_REQUEST || ptype == PORTERO_PTYPE_RESPONSE ||
         ptype == PORTERO_PTYPE_FAULT ||
         (ptype >= PORTERO_PTYPE_BIND && ptype <= PORTERO_PTYPE_ORPHANED);
}

/* bind to shutdown always come in one piece; the others may not, or have no use for the flags. */
static bool ptype_is_whole(uint8_t ptype)
{
  return ptype >= PORTERO_PTYPE_BIND && ptype <= PORTERO_PTYPE_SHUTDOWN;
}

static uint32_t header_odd(const struct portero_pdu_header *h)
{
  uint32_t odd = 0;

  if (header_is_foreign(h))
    odd |= PORTERO_ODD_VERSION;
  if (!ptype_is_known(h->ptype))
    odd |= PORTERO_ODD_PTYPE;
  if ((h->drep[0] & 0xefu) | h->drep[1] | h->drep[2] | h->drep[3])
    odd |= PORTERO_ODD_DREP;
  if ((h->flags & 0x08u) ||
      (ptype_is_whole(h->ptype) && (h->flags & PORTERO_PFC_WHOLE) != PORTERO_PFC_WHOLE))
    odd |= PORTERO_ODD_FLAGS;
  return odd;
}

void pdu_start(struct portero_bytes whole, const struct portero_pdu_header *h,
               struct portero_pdu *out_pdu)
{
  out_pdu->header = *h;
  out_pdu->whole = whole;
  out_pdu->odd = header_odd(h);
  out_pdu->has_auth = false;
  memset(&out_pdu->auth, 0, sizeof out_pdu->auth);
}

static portero_status foreign_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                   struct portero_pdu *out_pdu)
{
  pdu_start(whole, h, out_pdu);
  memset(&out_pdu->body, 0, sizeof out_pdu->body);
  return portero_ok();
}

portero_status portero_pdu_read(struct portero_bytes whole, struct portero_pdu *out_pdu)
{
  struct portero_pdu_header h;

  if (whole.size < PORTERO_PDU_HEADER_SIZE)
    return portero_local(PORTERO_LOCAL_SHORT);
  portero_pdu_header_read(whole.data, &h);
  if (h.frag_length != whole.size)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  if (header_is_foreign(&h))
    return foreign_read(whole, &h, out_pdu);
  switch (h.ptype) {
  case PORTERO_PTYPE_REQUEST:
    return pdu_request_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_RESPONSE:
    return pdu_response_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_FAULT:
    return pdu_fault_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    return pdu_bind_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    return pdu_bind_ack_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_BIND_NAK:
    return pdu_bind_nak_read(whole, &h, out_pdu);
  case PORTERO_PTYPE_AUTH3:
  case PORTERO_PTYPE_SHUTDOWN:
  case PORTERO_PTYPE_CO_CANCEL:
  case PORTERO_PTYPE_ORPHANED:
    return pdu_simple_read(whole, &h, out_pdu);
  default:
    return foreign_read(whole, &h, out_pdu);
  }
}

size_t pdu_begin(struct portero_writer *w, const struct portero_pdu_header *h, uint8_t ptype,
                 uint8_t flags)
{
  size_t start = w->size;
  uint8_t *p;

  w->big_endian = portero_pdu_is_big_endian(h);
  p = portero_writer_reserve(w, PORTERO_PDU_HEADER_SIZE);
  if (!p)
    return start;
  p[0] = h->version;
  p[1] = h->version_minor;
  p[2] = ptype;
  p[3] = flags;
  memcpy(p + 4, h->drep, sizeof h->drep);
  memset(p + FRAG_LENGTH_AT, 0, 4);
  portero_store_u32(p + 12, w->big_endian, h->call_id);
  return start;
}

void pdu_end(struct portero_writer *w, size_t start)
{
  size_t length = w->size - start;

  if (length > UINT16_MAX) {
    w->failed = true;
    return;
  }
  portero_patch_u16(w, start + FRAG_LENGTH_AT, (uint16_t)length);
}
