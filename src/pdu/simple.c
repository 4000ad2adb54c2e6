/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PDUs that are a header and perhaps a trailer: auth3, shutdown, co_cancel, orphaned.
 * [C706] 12.6.4.6, 12.6.4.8, 12.6.4.11, [MS-RPCE] 2.2.2.10
 */
#include "src/pdu/parts.h"

/* auth3 carries four bytes without meaning between its header and its trailer. */
#define AUTH3_FILLER 4u

portero_status pdu_simple_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                               struct portero_pdu *out_pdu)
{
  portero_status status = pdu_fixed_check(whole.size, h, PORTERO_PDU_HEADER_SIZE);
  struct portero_reader r;

  if (!portero_is_ok(status))
    return status;
  pdu_start(whole, h, out_pdu);
  memset(&out_pdu->body, 0, sizeof out_pdu->body);
  r = pdu_body_reader(out_pdu, pdu_trailer_read(out_pdu));
  if (h->ptype == PORTERO_PTYPE_AUTH3 && portero_reader_left(&r) >= AUTH3_FILLER)
    (void)portero_reader_take(&r, AUTH3_FILLER, "pad");
  pdu_leftover_check(out_pdu, &r);
  return portero_ok();
}

void portero_pdu_write_simple(struct portero_writer *w, const struct portero_pdu_header *h)
{
  size_t start = pdu_begin(w, h, h->ptype, h->flags);

  if (h->ptype == PORTERO_PTYPE_AUTH3)
    portero_write_zeros(w, AUTH3_FILLER);
  pdu_end(w, start);
}
