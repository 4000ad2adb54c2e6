/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rewrite.h"

/* The most syntaxes that 65535 bytes can hold. */
#define MAX_SYNTAXES (65535 / 20)

static void rewrite_bind(struct portero_writer *w, const struct portero_pdu *pdu)
{
  static struct portero_syntax transfer[MAX_SYNTAXES];
  static struct portero_context contexts[255];
  struct portero_bind bind = pdu->body.bind;
  struct portero_context_view view;
  size_t used = 0;

  for (size_t n = 0; portero_context_next(&bind.iter, &view); n++) {
    contexts[n].id = view.id;
    contexts[n].abstract = view.abstract;
    contexts[n].n_transfer = view.n_transfer;
    contexts[n].transfer = transfer + used;
    while (portero_context_transfer(&view, &transfer[used]))
      used++;
  }
  bind.contexts = contexts;
  if (pdu->header.ptype == PORTERO_PTYPE_BIND)
    portero_pdu_write_bind(w, &pdu->header, &bind);
  else
    portero_pdu_write_alter_context(w, &pdu->header, &bind);
}

static void rewrite_bind_ack(struct portero_writer *w, const struct portero_pdu *pdu)
{
  struct portero_context_result results[255];
  struct portero_bind_ack ack = pdu->body.bind_ack;

  for (size_t n = 0; n < ack.n_results; n++)
    (void)portero_context_result_next(&ack.results_reader, &results[n]);
  ack.results = results;
  if (pdu->header.ptype == PORTERO_PTYPE_BIND_ACK)
    portero_pdu_write_bind_ack(w, &pdu->header, &ack);
  else
    portero_pdu_write_alter_context_resp(w, &pdu->header, &ack);
}

/* Writes all but the trailer; returns the size of what padding is counted from. */
static size_t rewrite_body(struct portero_writer *w, const struct portero_pdu *pdu)
{
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    rewrite_bind(w, pdu);
    return PORTERO_PDU_HEADER_SIZE;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    rewrite_bind_ack(w, pdu);
    return PORTERO_PDU_HEADER_SIZE;
  case PORTERO_PTYPE_BIND_NAK:
    portero_pdu_write_bind_nak(w, &pdu->header, pdu->body.bind_nak.reason);
    return PORTERO_PDU_HEADER_SIZE;
  case PORTERO_PTYPE_REQUEST:
    portero_pdu_write_request(w, &pdu->header, &pdu->body.request);
    return PORTERO_PDU_REQUEST_SIZE + (pdu->body.request.has_object ? 16u : 0u);
  case PORTERO_PTYPE_RESPONSE:
    portero_pdu_write_response(w, &pdu->header, &pdu->body.response);
    return PORTERO_PDU_RESPONSE_SIZE;
  case PORTERO_PTYPE_FAULT:
    portero_pdu_write_fault(w, &pdu->header, &pdu->body.fault);
    return PORTERO_PDU_FAULT_SIZE;
  default:
    portero_pdu_write_simple(w, &pdu->header);
    return PORTERO_PDU_HEADER_SIZE;
  }
}

void rewrite_pdu(struct portero_writer *w, const struct portero_pdu *pdu)
{
  size_t start = w->size;
  size_t stub_at = rewrite_body(w, pdu);
  size_t value_size = pdu->auth.value.size;

  if (!pdu->has_auth)
    return;
  portero_pdu_add_auth(w, start, start + stub_at, stub_at > PORTERO_PDU_HEADER_SIZE ? 16 : 4,
                       &pdu->auth, value_size);
  if (!w->failed)
    memcpy(w->base + w->size - value_size, pdu->auth.value.data, value_size);
}
