/* SPDX-License-Identifier: Apache-2.0 */
/* fault. [C706] 12.6.4.7, [MS-RPCE] 2.2.2.8 */
#include "src/pdu/parts.h"

/* Up to the status; some servers end here and leave out the reserved word. */
#define FAULT_STATUS_END 28u

/* What follows the status: nothing, or the reserved word and perhaps a stub. */
static void fault_rest_read(struct portero_pdu *pdu)
{
  struct portero_fault *fault = &pdu->body.fault;
  struct portero_bytes rest = pdu_stub_read(pdu, FAULT_STATUS_END);
  size_t word = PORTERO_PDU_FAULT_SIZE - FAULT_STATUS_END;

  fault->reserved = 0;
  if (rest.size >= word) {
    fault->reserved = portero_load_u32(rest.data, portero_pdu_is_big_endian(&pdu->header));
    rest = portero_bytes_make(rest.data + word, rest.size - word);
  } else if (rest.size > 0) {
    pdu->odd |= PORTERO_ODD_TRAILING;
    rest.size = 0;
  }
  fault->stub = rest;
}

portero_status pdu_fault_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                              struct portero_pdu *out_pdu)
{
  struct portero_fault *fault = &out_pdu->body.fault;
  portero_status status = pdu_fixed_check(whole.size, h, FAULT_STATUS_END);
  bool big = portero_pdu_is_big_endian(h);

  if (!portero_is_ok(status))
    return status;
  pdu_start(whole, h, out_pdu);
  fault->alloc_hint = portero_load_u32(whole.data + 16, big);
  fault->context_id = portero_load_u16(whole.data + 20, big);
  fault->cancel_count = whole.data[22];
  fault->fault_flags = whole.data[23];
  fault->status = portero_load_u32(whole.data + 24, big);
  fault_rest_read(out_pdu);
  if (fault->reserved)
    out_pdu->odd |= PORTERO_ODD_RESERVED;
  return portero_ok();
}

void portero_pdu_write_fault(struct portero_writer *w, const struct portero_pdu_header *h,
                             const struct portero_fault *fault)
{
  size_t start = pdu_begin(w, h, PORTERO_PTYPE_FAULT, h->flags);

  portero_write_u32(w, fault->alloc_hint);
  portero_write_u16(w, fault->context_id);
  portero_write_u8(w, fault->cancel_count);
  portero_write_u8(w, fault->fault_flags);
  portero_write_u32(w, fault->status);
  portero_write_u32(w, fault->reserved);
  portero_write_bytes(w, fault->stub.data, fault->stub.size);
  pdu_end(w, start);
}
