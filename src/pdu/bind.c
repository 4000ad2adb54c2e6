/* SPDX-License-Identifier: Apache-2.0 */
/* bind and alter_context. [C706] 12.6.4.3, 12.6.4.1, 12.6.3.1 (p_cont_list_t) */
#include "src/pdu/parts.h"

/* One context of the list, its transfer syntaxes left to be read; false when it does not fit. */
static bool context_take(struct portero_reader *r, struct portero_context_view *out_context,
                         uint8_t *out_reserved)
{
  const uint8_t *syntaxes;

  out_context->id = portero_read_u16(r, "p_cont_id");
  out_context->n_transfer = portero_read_u8(r, "n_transfer_syn");
  *out_reserved = portero_read_u8(r, "reserved");
  out_context->abstract = portero_read_syntax(r, "abstract_syntax");
  syntaxes = portero_reader_take(r, out_context->n_transfer * 20u, "transfer_syntaxes");
  if (!syntaxes)
    return false;
  portero_reader_init(&out_context->transfer,
                      portero_bytes_make(syntaxes, out_context->n_transfer * 20u), r->big_endian);
  return true;
}

bool portero_context_next(struct portero_context_iter *iter,
                          struct portero_context_view *out_context)
{
  struct portero_context_view view;
  uint8_t reserved;

  if (iter->left == 0 || !context_take(&iter->reader, &view, &reserved))
    return false;
  iter->left--;
  *out_context = view;
  return true;
}

bool portero_context_transfer(struct portero_context_view *context,
                              struct portero_syntax *out_transfer)
{
  if (portero_reader_left(&context->transfer) < 20)
    return false;
  *out_transfer = portero_read_syntax(&context->transfer, "transfer_syntax");
  return true;
}

/* Walks the list once, so that the iterators can never meet its end too early. */
static void contexts_check(struct portero_pdu *pdu, struct portero_reader *r)
{
  struct portero_context_view view;
  uint8_t reserved;

  for (unsigned i = 0; i < pdu->body.bind.n_contexts && context_take(r, &view, &reserved); i++) {
    if (view.n_transfer == 0)
      pdu->odd |= PORTERO_ODD_NO_TRANSFER;
    if (reserved)
      pdu->odd |= PORTERO_ODD_RESERVED;
  }
}

portero_status pdu_bind_read(struct portero_bytes whole, const struct portero_pdu_header *h,
                             struct portero_pdu *out_pdu)
{
  portero_status status = pdu_fixed_check(whole.size, h, PORTERO_PDU_HEADER_SIZE);
  struct portero_pdu pdu;
  struct portero_bind *bind = &pdu.body.bind;
  struct portero_reader r;

  if (!portero_is_ok(status))
    return status;
  memset(&pdu, 0, sizeof pdu);
  pdu_start(whole, h, &pdu);
  r = pdu_body_reader(&pdu, pdu_trailer_read(&pdu));
  bind->max_xmit_frag = portero_read_u16(&r, "max_xmit_frag");
  bind->max_recv_frag = portero_read_u16(&r, "max_recv_frag");
  bind->assoc_group_id = portero_read_u32(&r, "assoc_group_id");
  bind->n_contexts = portero_read_u8(&r, "n_context_elem");
  if (bind->n_contexts == 0)
    pdu.odd |= PORTERO_ODD_NO_CONTEXT;
  /* Without contexts some end here: the reserved octets belong to the list. */
  if ((bind->n_contexts || portero_reader_left(&r)) &&
      (portero_read_u8(&r, "reserved") | portero_read_u16(&r, "reserved2")))
    pdu.odd |= PORTERO_ODD_RESERVED;
  bind->iter.reader = r;
  bind->iter.left = bind->n_contexts;
  contexts_check(&pdu, &r);
  status = portero_reader_finish(&r);
  if (!portero_is_ok(status))
    return status;
  pdu_leftover_check(&pdu, &r);
  *out_pdu = pdu;
  return portero_ok();
}

static void context_write(struct portero_writer *w, const struct portero_context *context)
{
  portero_write_u16(w, context->id);
  portero_write_u8(w, context->n_transfer);
  portero_write_u8(w, 0);
  portero_write_syntax(w, &context->abstract);
  for (unsigned i = 0; i < context->n_transfer; i++)
    portero_write_syntax(w, &context->transfer[i]);
}

static void bind_write(struct portero_writer *w, const struct portero_pdu_header *h, uint8_t ptype,
                       const struct portero_bind *bind)
{
  size_t start = pdu_begin(w, h, ptype, h->flags);

  portero_write_u16(w, bind->max_xmit_frag);
  portero_write_u16(w, bind->max_recv_frag);
  portero_write_u32(w, bind->assoc_group_id);
  portero_write_u8(w, bind->n_contexts);
  portero_write_zeros(w, 3);
  for (unsigned i = 0; i < bind->n_contexts; i++)
    context_write(w, &bind->contexts[i]);
  pdu_end(w, start);
}

void portero_pdu_write_bind(struct portero_writer *w, const struct portero_pdu_header *h,
                            const struct portero_bind *bind)
{
  bind_write(w, h, PORTERO_PTYPE_BIND, bind);
}

void portero_pdu_write_alter_context(struct portero_writer *w, const struct portero_pdu_header *h,
                                     const struct portero_bind *bind)
{
  bind_write(w, h, PORTERO_PTYPE_ALTER_CONTEXT, bind);
}
