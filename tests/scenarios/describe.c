/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include <portero/trailer.h>

#include "src/assoc/secure.h"

#include <stdlib.h>

static void describe_contexts(struct text *t, struct portero_context_iter iter)
{
  struct portero_context_view view;
  struct portero_syntax transfer;
  const char *before = " contexts=";

  while (portero_context_next(&iter, &view)) {
    const char *plus = "";
    text_add(t, "%s%u:", before, view.id);
    name_syntax_add(t, &view.abstract);
    text_add(t, ":");
    while (portero_context_transfer(&view, &transfer)) {
      text_add(t, "%s", plus);
      name_syntax_add(t, &transfer);
      plus = "+";
    }
    before = ",";
  }
}

/* Runs of the same result are written once, "reject:2:2*254". */
static void describe_results(struct text *t, struct portero_reader results)
{
  struct portero_context_result r, last;
  const char *before = " results=";
  unsigned run = 0;

  memset(&last, 0, sizeof last);
  while (portero_context_result_next(&results, &r)) {
    bool same = run && r.result == last.result && r.reason == last.reason &&
                portero_syntax_equal(&r.transfer, &last.transfer);
    run = same ? run + 1 : 1;
    last = r;
    if (same)
      continue;
    text_add(t, "%s", before);
    before = ",";
    if (r.result == PORTERO_RESULT_ACCEPTANCE) {
      text_add(t, "accept:");
      name_syntax_add(t, &r.transfer);
      continue;
    }
    if (r.result == PORTERO_RESULT_NEGOTIATE_ACK)
      text_add(t, "features:%d", r.reason);
    else
      text_add(t, "reject:%d:%d", r.result, r.reason);
    if (!portero_uuid_is_nil(&r.transfer.uuid))
      text_add(t, ":WITH-TRANSFER");
  }
  if (run > 1)
    text_add(t, "*%u", run);
}

/* vt=bitmask:BITS,pcontext:INTERFACE:TRANSFER,header2:CALL:CONTEXT:OPNUM, and the alignment before. */
static void describe_verification(struct text *t, const struct portero_verification *v)
{
  const char *before = " vt=";

  if (v->has_bitmask) {
    text_add(t, "%sbitmask:%u", before, v->bitmask);
    before = ",";
  }
  if (v->has_pcontext) {
    text_add(t, "%spcontext:", before);
    name_syntax_add(t, &v->interface);
    text_add(t, ":");
    name_syntax_add(t, &v->transfer);
    before = ",";
  }
  if (v->has_header2)
    text_add(t, "%sheader2:%u:%u:%u", before, v->header2.call_id, v->header2.context_id,
             v->header2.opnum);
}

static void describe_request(struct text *t, const struct portero_request *request)
{
  char uuid[PORTERO_UUID_TEXT_SIZE];
  struct portero_verification v;
  struct portero_bytes stub = request->stub;
  bool verifies = portero_is_ok(portero_verification_read(stub, &v, &stub.size));

  text_add(t, " context=%u opnum=%u hint=%u", request->context_id, request->opnum,
           request->alloc_hint);
  if (request->has_object)
    text_add(t, " object=%s", portero_uuid_text(&request->object, uuid));
  name_stub_add(t, stub);
  if (verifies)
    describe_verification(t, &v);
}

static void describe_body(struct text *t, const struct portero_pdu *pdu)
{
  switch (pdu->header.ptype) {
  case PORTERO_PTYPE_BIND:
  case PORTERO_PTYPE_ALTER_CONTEXT:
    text_add(t, " group=%u xmit=%u recv=%u", pdu->body.bind.assoc_group_id,
             pdu->body.bind.max_xmit_frag, pdu->body.bind.max_recv_frag);
    describe_contexts(t, pdu->body.bind.iter);
    return;
  case PORTERO_PTYPE_BIND_ACK:
  case PORTERO_PTYPE_ALTER_CONTEXT_RESP:
    text_add(t, " group=%u xmit=%u recv=%u", pdu->body.bind_ack.assoc_group_id,
             pdu->body.bind_ack.max_xmit_frag, pdu->body.bind_ack.max_recv_frag);
    text_add(t, " address=%.*s", (int)pdu->body.bind_ack.secondary_address.size,
             (const char *)pdu->body.bind_ack.secondary_address.data);
    describe_results(t, pdu->body.bind_ack.results_reader);
    return;
  case PORTERO_PTYPE_BIND_NAK:
    text_add(t, " reason=%u size=%zu", pdu->body.bind_nak.reason, pdu->whole.size);
    return;
  case PORTERO_PTYPE_REQUEST:
    describe_request(t, &pdu->body.request);
    return;
  case PORTERO_PTYPE_RESPONSE:
    text_add(t, " context=%u hint=%u", pdu->body.response.context_id,
             pdu->body.response.alloc_hint);
    name_stub_add(t, pdu->body.response.stub);
    return;
  case PORTERO_PTYPE_FAULT:
    text_add(t, " context=%u status=0x%x", pdu->body.fault.context_id, pdu->body.fault.status);
    return;
  default:
    return;
  }
}

static bool is_call(const struct portero_pdu *pdu)
{
  return pdu->header.ptype == PORTERO_PTYPE_REQUEST || pdu->header.ptype == PORTERO_PTYPE_RESPONSE;
}

/* Opens a protected stub in bytes, a copy of the PDU; pdu is read again. */
static const char *open_pdu(struct portero_pdu *pdu, uint8_t *bytes, struct peers *peers)
{
  size_t body = PORTERO_PDU_REQUEST_SIZE;
  struct secure_context c = {.type = pdu->auth.type, .level = pdu->auth.level, .done = true};

  if (pdu->header.ptype == PORTERO_PTYPE_REQUEST && pdu->body.request.has_object)
    body += 16;
  if (pdu->auth.context_id >= MAX_PEERS || !peers->peer[pdu->auth.context_id].security)
    return "unknown-context";
  c.security = peers->peer[pdu->auth.context_id].security;
  if (!portero_is_ok(secure_open_in_place(&c, pdu, bytes, body, peers->header_signing)))
    return "WRONG-SIGNATURE";
  return portero_is_ok(portero_pdu_read(pdu->whole, pdu)) ? NULL : "UNREADABLE";
}

static void describe_auth(struct text *t, const struct portero_pdu *pdu, const char *wrong)
{
  text_add(t, " auth=%s:%s:%u", name_of_type(pdu->auth.type), name_of_level(pdu->auth.level),
           pdu->auth.context_id);
  if (is_call(pdu))
    text_add(t, " pad=%u", pdu->auth.pad_length);
  if (wrong)
    text_add(t, " %s", wrong);
}

static void describe_read(struct text *t, struct portero_pdu *pdu, uint8_t *bytes,
                          struct peers *peers)
{
  const char *name = portero_ptype_name(pdu->header.ptype), *wrong = NULL;

  if (pdu->has_auth && peers)
    wrong = is_call(pdu) ? open_pdu(pdu, bytes, peers) : peers_take(peers, &pdu->auth);
  if (peers &&
      (pdu->header.ptype == PORTERO_PTYPE_BIND_ACK ||
       pdu->header.ptype == PORTERO_PTYPE_ALTER_CONTEXT_RESP) &&
      pdu->header.flags & PORTERO_PFC_SUPPORT_HEADER_SIGN)
    peers->header_signing = true;
  text_add(t, "%s call=%u", name ? name : "unknown-type", pdu->header.call_id);
  name_flags_add(t, pdu->header.ptype, pdu->header.flags);
  if (portero_pdu_is_big_endian(&pdu->header))
    text_add(t, " be");
  describe_body(t, pdu);
  if (pdu->has_auth)
    describe_auth(t, pdu, wrong);
  if (pdu->odd)
    text_add(t, " ODD-0x%x", pdu->odd);
}

void describe_pdu(struct text *t, struct portero_bytes whole, struct peers *peers)
{
  uint8_t *copy = malloc(whole.size);
  struct portero_pdu pdu;

  if (!copy)
    abort();
  memcpy(copy, whole.data, whole.size);
  if (portero_is_ok(portero_pdu_read(portero_bytes_make(copy, whole.size), &pdu)))
    describe_read(t, &pdu, copy, peers);
  else
    text_add(t, "UNREADABLE %zu bytes", whole.size);
  free(copy);
}
