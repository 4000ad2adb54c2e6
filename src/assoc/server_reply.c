/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the server's machine sends. */
#include "src/assoc/server_assoc.h"

#define FAULT_ALLOC_HINT 32u /* as Windows sends it: the size of a fault PDU */
#define STUB_MULTIPLE    8u  /* all fragments but the last: [C706] 12.6.2 */
#define SECURED_MULTIPLE 16u

struct portero_pdu_header server_header(uint8_t flags, uint32_t call_id)
{
  struct portero_pdu_header header;

  memset(&header, 0, sizeof header);
  header.version = 5;
  header.flags = flags;
  header.drep[0] = PORTERO_DREP_LITTLE;
  header.call_id = call_id;
  return header;
}

/* Ends one append; a failure to queue is a failure of the connection. */
static void reply_commit(struct portero_server_assoc *a, size_t start)
{
  if (!output_commit(&a->output, start))
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), "no memory for output");
}

void server_send_nak(struct portero_server_assoc *a, uint32_t call_id,
                     enum portero_nak_reason reason)
{
  struct portero_pdu_header header = server_header(PORTERO_PFC_WHOLE, call_id);
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size;

  portero_pdu_write_bind_nak(w, &header, (uint16_t)reason);
  reply_commit(a, start);
}

void server_send_fault(struct portero_server_assoc *a, uint32_t call_id, uint16_t context_id,
                       uint32_t status, uint8_t flags)
{
  struct portero_pdu_header header = server_header((uint8_t)(PORTERO_PFC_WHOLE | flags), call_id);
  struct portero_fault fault;
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size;

  memset(&fault, 0, sizeof fault);
  fault.alloc_hint = FAULT_ALLOC_HINT;
  fault.context_id = context_id;
  fault.status = status;
  portero_pdu_write_fault(w, &header, &fault);
  reply_commit(a, start);
}

void server_refuse(struct portero_server_assoc *a, uint32_t call_id, uint16_t context_id,
                   uint32_t status, uint8_t flags, const char *what)
{
  server_send_fault(a, call_id, context_id, status, flags);
  server_close(a, portero_fault_status(status), what);
}

/* ---- bind_ack ---- */

static void ack_fill(const struct portero_server_assoc *a, struct portero_bind_ack *out_ack)
{
  const struct proposal *p = a->proposal;
  const char *address = a->config->secondary_address;

  memset(out_ack, 0, sizeof *out_ack);
  out_ack->max_xmit_frag = out_ack->max_recv_frag = a->max_xmit;
  out_ack->assoc_group_id = a->group_id;
  if (!p->alter && address)
    out_ack->secondary_address = portero_bytes_make(address, strlen(address));
  out_ack->n_results = p->n_contexts;
  out_ack->results = p->results;
}

static uint8_t ack_flags(const struct portero_server_assoc *a)
{
  uint8_t asked = a->proposal->header.flags, flags = PORTERO_PFC_WHOLE;

  if (!a->proposal->alter && (asked & PORTERO_PFC_CONC_MPX))
    flags |= PORTERO_PFC_CONC_MPX;
  if (a->header_signing && (asked & PORTERO_PFC_SUPPORT_HEADER_SIGN))
    flags |= PORTERO_PFC_SUPPORT_HEADER_SIGN;
  return flags;
}

/* Windows answers a last leg with a trailer too, though there is no token to carry. */
static void ack_add_token(struct portero_server_assoc *a, struct portero_writer *w, size_t start,
                          struct portero_bytes token)
{
  struct portero_sec_trailer trailer = a->proposal->auth;

  trailer.reserved = 0;
  portero_pdu_add_auth(w, start, start, 4, &trailer, token.size);
  if (!w->failed && token.size)
    memcpy(w->base + w->size - token.size, token.data, token.size);
}

void server_send_ack(struct portero_server_assoc *a, struct portero_bytes token)
{
  struct portero_pdu_header header = server_header(ack_flags(a), a->proposal->header.call_id);
  struct portero_writer *w = output_writer(&a->output);
  struct portero_bind_ack ack;
  size_t start = w->size;

  ack_fill(a, &ack);
  if (a->proposal->alter)
    portero_pdu_write_alter_context_resp(w, &header, &ack);
  else
    portero_pdu_write_bind_ack(w, &header, &ack);
  if (a->proposal->has_auth)
    ack_add_token(a, w, start, token);
  server_proposal_free(a);
  server_set_state(a, SERVER_READY);
  reply_commit(a, start);
}

/* ---- answers to calls ---- */

static struct server_call *call_of(struct portero_assoc_call *call)
{
  return (struct server_call *)(void *)call;
}

static bool call_is_mute(const struct portero_server_assoc *a, const struct server_call *call)
{
  return call->orphaned || (call->pub.flags & PORTERO_PFC_MAYBE) || a->state == SERVER_CLOSED ||
         a->state == SERVER_CLOSING;
}

static void call_end(struct portero_server_assoc *a, struct server_call *call)
{
  if (call->told)
    a->calls--;
  call->told = false;
  a->dated = false;
  a->active = server_moment(a);
  if (a->assembling == call) {
    call->discard = true;
    stub_buffer_free(&call->buffer, server_mem(a));
    return;
  }
  server_call_free(a, call);
}

/* What protects its answer: at connect level nothing does, even where the request has a trailer. */
static struct secure_context *call_shield(const struct server_call *call)
{
  return call->secure && call->secure->level >= PORTERO_LEVEL_PACKET ? call->secure : NULL;
}

static size_t fragment_room(const struct portero_server_assoc *a, const struct server_call *call)
{
  size_t room = a->max_xmit - PORTERO_PDU_RESPONSE_SIZE;

  if (!call_shield(call))
    return room & ~(size_t)(STUB_MULTIPLE - 1);
  return (room - secure_overhead(call->secure, room)) & ~(size_t)(SECURED_MULTIPLE - 1);
}

static bool response_fragment(struct portero_server_assoc *a, const struct server_call *call,
                              struct portero_bytes stub, uint32_t left, uint8_t flags)
{
  struct portero_pdu_header header = server_header(flags, call->pub.call_id);
  struct portero_response response;
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size;
  portero_status status = portero_ok();

  memset(&response, 0, sizeof response);
  response.alloc_hint = left;
  response.context_id = call->pub.context->id & 0xffu; /* Windows tells eight bits */
  response.stub = stub;
  portero_pdu_write_response(w, &header, &response);
  if (call_shield(call))
    status =
        secure_close(call->secure, w, start, start + PORTERO_PDU_RESPONSE_SIZE, a->header_signing);
  if (!portero_is_ok(status))
    w->failed = true;
  return output_commit(&a->output, start);
}

static bool response_fragments(struct portero_server_assoc *a, const struct server_call *call,
                               struct portero_bytes stub)
{
  size_t room = fragment_room(a, call), overhead = PORTERO_PDU_RESPONSE_SIZE;
  uint8_t first = PORTERO_PFC_FIRST_FRAG;

  if (call_shield(call))
    overhead += secure_overhead(call->secure, room) + SECURED_MULTIPLE;
  if (stub.size > room)
    output_expect(&a->output, stub.size, stub.size / room + 1, overhead);
  while (stub.size > room) {
    if (!response_fragment(a, call, portero_bytes_make(stub.data, room), (uint32_t)stub.size,
                           first))
      return false;
    first = 0;
    stub.data += room;
    stub.size -= room;
  }
  return response_fragment(a, call, stub, (uint32_t)stub.size,
                           (uint8_t)(first | PORTERO_PFC_LAST_FRAG));
}

portero_status portero_server_assoc_respond(struct portero_server_assoc *a,
                                            struct portero_assoc_call *pub,
                                            struct portero_bytes stub)
{
  struct server_call *call = call_of(pub);

  if (call_is_mute(a, call)) {
    call_end(a, call);
    return portero_ok();
  }
  if (stub.size > OUTPUT_LIMIT / 2) {
    portero_server_assoc_fault(a, pub, PORTERO_FAULT_NO_MEMORY, true);
    return portero_local(PORTERO_LOCAL_LIMIT);
  }
  if (!response_fragments(a, call, stub)) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), "no memory for a response");
    call_end(a, call);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  call_end(a, call);
  return portero_ok();
}

void portero_server_assoc_fault(struct portero_server_assoc *a, struct portero_assoc_call *pub,
                                uint32_t status, bool executed)
{
  struct server_call *call = call_of(pub);

  if (!call_is_mute(a, call))
    server_send_fault(a, pub->call_id, pub->context->id, status,
                      executed ? 0 : PORTERO_PFC_DID_NOT_EXECUTE);
  call_end(a, call);
}

void portero_server_assoc_fault_close(struct portero_server_assoc *a,
                                      struct portero_assoc_call *pub, uint32_t status)
{
  struct server_call *call = call_of(pub);

  if (secure_protects(&a->secure)) {
    portero_server_assoc_fault(a, pub, status, true);
    return;
  }
  if (!call_is_mute(a, call))
    server_refuse(a, pub->call_id, pub->context->id, status, 0, "refused");
  call_end(a, call);
}

void portero_server_assoc_drop(struct portero_server_assoc *a, struct portero_assoc_call *pub)
{
  call_end(a, call_of(pub));
}

portero_status portero_server_assoc_keep(struct portero_server_assoc *a,
                                         struct portero_assoc_call *pub)
{
  struct server_call *call = call_of(pub);
  portero_status status;

  if (call->buffer.data || pub->stub.size == 0)
    return portero_ok();
  status = stub_buffer_append(&call->buffer, server_mem(a), pub->stub, SIZE_MAX / 2);
  if (portero_is_ok(status))
    pub->stub = portero_bytes_make(call->buffer.data, call->buffer.size);
  return status;
}
