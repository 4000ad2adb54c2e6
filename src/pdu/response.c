/* SPDX-License-Identifier: Apache-2.0 */
/* response. [C706] 12.6.4.10 */
#include "src/pdu/parts.h"

/* The hot path of a client: one check for everything fixed, then loads. */
portero_status pdu_response_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu)
{
  struct portero_response *response = &out_pdu->body.response;
  portero_status status = pdu_fixed_check(whole.size, h, PORTERO_PDU_RESPONSE_SIZE);
  bool big = portero_pdu_is_big_endian(h);

  if (!portero_is_ok(status))
    return status;
  pdu_start(whole, h, out_pdu);
  response->alloc_hint = portero_load_u32(whole.data + 16, big);
  response->context_id = portero_load_u16(whole.data + 20, big);
  response->cancel_count = whole.data[22];
  response->reserved = whole.data[23];
  response->stub = pdu_stub_read(out_pdu, PORTERO_PDU_RESPONSE_SIZE);
  if (response->reserved)
    out_pdu->odd |= PORTERO_ODD_RESERVED;
  if (response->alloc_hint && response->alloc_hint < response->stub.size)
    out_pdu->odd |= PORTERO_ODD_ALLOC_HINT;
  return portero_ok();
}

void portero_pdu_write_response(struct portero_writer *w, const struct portero_pdu_header *h,
                                const struct portero_response *response)
{
  size_t start = pdu_begin(w, h, PORTERO_PTYPE_RESPONSE, h->flags);

  portero_write_u32(w, response->alloc_hint);
  portero_write_u16(w, response->context_id);
  portero_write_u8(w, response->cancel_count);
  portero_write_u8(w, response->reserved);
  portero_write_bytes(w, response->stub.data, response->stub.size);
  pdu_end(w, start);
}
