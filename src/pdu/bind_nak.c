/* SPDX-License-Identifier: Apache-2.0 */
/* bind_nak. [C706] 12.6.4.5, 12.6.3.1 (p_rt_versions_supported_t), [MS-RPCE] 2.2.2.5 */
#include "src/pdu/parts.h"

portero_status pdu_bind_nak_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu)
{
  portero_status status = pdu_fixed_check(whole.size, h, PORTERO_PDU_HEADER_SIZE);
  struct portero_pdu pdu;
  struct portero_bind_nak *nak = &pdu.body.bind_nak;
  struct portero_reader r;

  if (!portero_is_ok(status))
    return status;
  memset(&pdu, 0, sizeof pdu);
  pdu_start(whole, h, &pdu);
  r = pdu_body_reader(&pdu, pdu_trailer_read(&pdu));
  nak->reason = portero_read_u16(&r, "provider_reject_reason");
  nak->n_versions = portero_read_u8(&r, "n_protocols");
  nak->versions = portero_read_bytes(&r, nak->n_versions * 2u, "p_protocols");
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  /* Some pad to 4 with zeros, some with whatever was there, some not at all. */
  if (portero_reader_left(&r) >= ((4 - (r.at & 3)) & 3))
    portero_read_align(&r, 4, "pad");
  pdu_leftover_check(&pdu, &r);
  *out_pdu = pdu;
  return portero_ok();
}

/* The 24-byte form by which MS-RPC servers are known: one version, 5.0, and padding to 4. */
void portero_pdu_write_bind_nak(struct portero_writer *w, const struct portero_pdu_header *h,
                                uint16_t reason)
{
  size_t start = pdu_begin(w, h, PORTERO_PTYPE_BIND_NAK, h->flags);

  portero_write_u16(w, reason);
  portero_write_u8(w, 1);
  portero_write_u8(w, 5);
  portero_write_u8(w, 0);
  portero_write_align(w, start, 4);
  pdu_end(w, start);
}
