/* SPDX-License-Identifier: Apache-2.0 */
/* bind_ack and alter_context_resp. [C706] 12.6.4.4, 12.6.4.2, 12.6.3.1 (p_result_list_t) */
#include "src/pdu/parts.h"

#define RESULT_SIZE 24u

bool portero_context_result_next(struct portero_reader *results,
                                 struct portero_context_result *out_result)
{
  if (portero_reader_left(results) < RESULT_SIZE)
    return false;
  out_result->result = portero_read_u16(results, "result");
  out_result->reason = portero_read_u16(results, "reason");
  out_result->transfer = portero_read_syntax(results, "transfer_syntax");
  return true;
}

/* The length on the wire counts the terminator; an empty address may come without one. */
static struct portero_bytes address_read(struct portero_reader *r)
{
  uint16_t length = portero_read_u16(r, "sec_addr length");
  struct portero_bytes text = portero_read_bytes(r, length, "sec_addr");

  portero_read_align(r, 4, "pad");
  if (text.size > 0 && text.data[text.size - 1] == '\0')
    text.size--;
  return text;
}

portero_status pdu_bind_ack_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                                 struct portero_pdu *out_pdu)
{
  portero_status status = pdu_fixed_check(whole.size, h, PORTERO_PDU_HEADER_SIZE);
  struct portero_pdu pdu;
  struct portero_bind_ack *ack = &pdu.body.bind_ack;
  struct portero_reader r;

  if (!portero_is_ok(status))
    return status;
  memset(&pdu, 0, sizeof pdu);
  pdu_start(whole, h, &pdu);
  r = pdu_body_reader(&pdu, pdu_trailer_read(&pdu));
  ack->max_xmit_frag = portero_read_u16(&r, "max_xmit_frag");
  ack->max_recv_frag = portero_read_u16(&r, "max_recv_frag");
  ack->assoc_group_id = portero_read_u32(&r, "assoc_group_id");
  ack->secondary_address = address_read(&r);
  ack->n_results = portero_read_u8(&r, "n_results");
  if (portero_read_u8(&r, "reserved") | portero_read_u16(&r, "reserved2"))
    pdu.odd |= PORTERO_ODD_RESERVED;
  portero_reader_init(&ack->results_reader,
                      portero_read_bytes(&r, ack->n_results * RESULT_SIZE, "results"),
                      r.big_endian);
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  pdu_leftover_check(&pdu, &r);
  *out_pdu = pdu;
  return portero_ok();
}

/* No address at all is length 0, and padded all the same. */
static void address_write(struct portero_writer *w, size_t start, struct portero_bytes text)
{
  if (text.size >= UINT16_MAX) {
    w->failed = true;
    return;
  }
  portero_write_u16(w, (uint16_t)(text.size ? text.size + 1 : 0));
  portero_write_bytes(w, text.data, text.size);
  portero_write_zeros(w, text.size ? 1 : 0);
  portero_write_align(w, start, 4);
}

static void bind_ack_write(struct portero_writer *w, const struct portero_pdu_header *h,
                           uint8_t ptype, const struct portero_bind_ack *ack)
{
  size_t start = pdu_begin(w, h, ptype, h->flags);

  portero_write_u16(w, ack->max_xmit_frag);
  portero_write_u16(w, ack->max_recv_frag);
  portero_write_u32(w, ack->assoc_group_id);
  address_write(w, start, ack->secondary_address);
  portero_write_u8(w, ack->n_results);
  portero_write_zeros(w, 3);
  for (unsigned i = 0; i < ack->n_results; i++) {
    portero_write_u16(w, ack->results[i].result);
    portero_write_u16(w, ack->results[i].reason);
    portero_write_syntax(w, &ack->results[i].transfer);
  }
  pdu_end(w, start);
}

void portero_pdu_write_bind_ack(struct portero_writer *w, const struct portero_pdu_header *h,
                                const struct portero_bind_ack *ack)
{
  bind_ack_write(w, h, PORTERO_PTYPE_BIND_ACK, ack);
}

void portero_pdu_write_alter_context_resp(struct portero_writer *w,
                                          const struct portero_pdu_header *h,
                                          const struct portero_bind_ack *ack)
{
  bind_ack_write(w, h, PORTERO_PTYPE_ALTER_CONTEXT_RESP, ack);
}
