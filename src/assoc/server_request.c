/* SPDX-License-Identifier: Apache-2.0 */
/* Requests at the server: fragments to calls, cancel, orphan. [C706] 9.5.5, 12.6.4.9; [MS-RPCE] 3.3.3.5.4 */
#include <portero/trailer.h>

#include "src/assoc/server_assoc.h"

#define FAULT_OTHER 1u /* Windows' answer to a verification trailer that cannot be read */

void server_call_free(struct portero_server_assoc *a, struct server_call *call)
{
  if (call->prev)
    call->prev->next = call->next;
  else
    a->first_call = call->next;
  if (call->next)
    call->next->prev = call->prev;
  if (a->assembling == call)
    a->assembling = NULL;
  stub_buffer_free(&call->buffer, server_mem(a));
  portero_mem_give(server_mem(a), call, sizeof *call);
}

static struct server_call *call_new(struct portero_server_assoc *a, const struct portero_pdu *pdu)
{
  struct server_call *call = portero_mem_take(server_mem(a), sizeof *call);
  const struct portero_request *request = &pdu->body.request;

  if (!call)
    return NULL;
  memset(call, 0, sizeof *call);
  call->pub.call_id = pdu->header.call_id;
  call->pub.opnum = request->opnum;
  call->pub.flags = pdu->header.flags;
  call->pub.fragments = 1;
  call->pub.big_endian = portero_pdu_is_big_endian(&pdu->header);
  call->pub.has_object = request->has_object;
  call->pub.object = request->object;
  memcpy(call->drep, pdu->header.drep, sizeof call->drep);
  call->next = a->first_call;
  if (call->next)
    call->next->prev = call;
  a->first_call = call;
  return call;
}

static struct server_call *call_find(const struct portero_server_assoc *a, uint32_t call_id)
{
  struct server_call *call = a->first_call;

  while (call && (call->pub.call_id != call_id || call->orphaned || call->discard))
    call = call->next;
  return call;
}

static void call_secure(struct server_call *call, struct secure_context *c, bool has_trailer)
{
  call->pub.level = c ? c->level : PORTERO_LEVEL_NONE;
  call->pub.security = c ? c->security : NULL;
  call->secure = has_trailer ? c : NULL;
}

static bool tell_call(struct portero_server_assoc *a, struct server_call *call,
                      enum portero_server_event_kind kind, struct portero_server_event *out_event)
{
  if (!call->told)
    a->calls++;
  call->told = true;
  out_event->kind = kind;
  out_event->u.call = &call->pub;
  return true;
}

/* The connection goes on; whoever keeps a book hears of it. */
static bool tell_refused(const struct portero_assoc_call *call, uint16_t context_id,
                         uint32_t status, const char *what, struct portero_server_event *out_event)
{
  out_event->kind = PORTERO_SERVER_REFUSED;
  out_event->u.refused.call = *call;
  out_event->u.refused.context_id = context_id;
  out_event->u.refused.status = status;
  out_event->u.refused.what = what;
  return true;
}

static bool header2_fits(const struct server_call *call, const struct portero_verification *v)
{
  return v->header2.ptype == PORTERO_PTYPE_REQUEST && v->header2.call_id == call->pub.call_id &&
         v->header2.context_id == call->pub.context->id && v->header2.opnum == call->pub.opnum &&
         memcmp(v->header2.drep, call->drep, sizeof call->drep) == 0;
}

/* What the trailer says must be what the connection knows. The fault to send; 0: all is well. */
static uint32_t verification_refusal(struct portero_server_assoc *a, struct server_call *call)
{
  const struct portero_pcontext *context = call->pub.context;
  struct portero_verification v;
  size_t stub_size;
  portero_status status = portero_verification_read(call->pub.stub, &v, &stub_size);

  if (portero_is_local(status, PORTERO_LOCAL_NOT_FOUND))
    return 0;
  if (portero_is_local(status, PORTERO_LOCAL_UNSUPPORTED))
    return PORTERO_FAULT_ACCESS_DENIED;
  if (!portero_is_ok(status))
    return FAULT_OTHER;
  if (v.has_pcontext && (!portero_syntax_equal(&v.interface, &context->abstract) ||
                         !portero_syntax_equal(&v.transfer, &context->transfer)))
    return PORTERO_FAULT_ACCESS_DENIED;
  if (v.has_header2 && !header2_fits(call, &v))
    return PORTERO_FAULT_ACCESS_DENIED;
  if (v.has_bitmask && (v.bitmask & 1u) && !a->header_signing && a->config->header_signing)
    return PORTERO_FAULT_ACCESS_DENIED;
  call->pub.stub.size = stub_size;
  return 0;
}

/* A call that the driver knows from its first fragment on is taken back from it. */
static bool verification_failed(struct portero_server_assoc *a, struct server_call *call,
                                uint32_t fault, struct portero_server_event *out_event)
{
  if (!call->told) {
    (void)tell_refused(&call->pub, call->pub.context->id, fault,
                       "its verification trailer does not fit", out_event);
    portero_server_assoc_fault(a, &call->pub, fault, false);
    return true;
  }
  server_send_fault(a, call->pub.call_id, call->pub.context->id, fault,
                    PORTERO_PFC_DID_NOT_EXECUTE);
  call->pub.fault = fault;
  call->pub.cancelled = true;
  call->orphaned = true;
  return tell_call(a, call, PORTERO_SERVER_ORPHAN, out_event);
}

static bool call_complete(struct portero_server_assoc *a, struct server_call *call,
                          struct portero_server_event *out_event)
{
  uint32_t fault;

  if (a->assembling == call)
    a->assembling = NULL;
  if (call->discard) {
    server_call_free(a, call);
    return false;
  }
  fault = call->secure ? verification_refusal(a, call) : 0;
  if (fault)
    return verification_failed(a, call, fault, out_event);
  return tell_call(a, call, PORTERO_SERVER_CALL, out_event);
}

static bool request_too_large(struct portero_server_assoc *a, uint32_t call_id, uint16_t context_id)
{
  server_refuse(a, call_id, context_id, PORTERO_FAULT_ACCESS_DENIED, 0,
                "a request above the size limit");
  return false;
}

/* Adds a fragment's stub to its call's. */
static bool gather(struct portero_server_assoc *a, struct server_call *call,
                   struct portero_bytes stub)
{
  uint16_t context_id = call->pub.context->id;
  portero_status status =
      stub_buffer_append(&call->buffer, server_mem(a), stub, a->config->limits.max_stub);

  call->pub.stub = portero_bytes_make(call->buffer.data, call->buffer.size);
  if (portero_is_local(status, PORTERO_LOCAL_LIMIT))
    return request_too_large(a, call->pub.call_id, context_id);
  if (!portero_is_ok(status))
    server_refuse(a, call->pub.call_id, context_id, PORTERO_FAULT_NO_MEMORY, 0, "out of memory");
  return portero_is_ok(status);
}

/* ---- the first fragment ---- */

/*
 * A request that breaks in between the fragments of another. Windows tells it on the call that was
 * broken into, unless several calls at a time were agreed: then on the one that breaks in.
 */
static void refuse_between(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                           const char *what)
{
  const struct portero_assoc_call *call = &a->assembling->pub;

  if (a->multiplexed && call->call_id != pdu->header.call_id)
    server_refuse(a, pdu->header.call_id, 0, PORTERO_FAULT_PROTOCOL, 0, what);
  else
    server_refuse(a, call->call_id, call->context ? call->context->id : 0, PORTERO_FAULT_PROTOCOL,
                  0, what);
}

static bool first_is_legal(struct portero_server_assoc *a, const struct portero_pdu *pdu)
{
  struct secure_context *secure;
  struct portero_pdu opened;
  const struct portero_pdu_header *header = &pdu->header;
  bool whole = (header->flags & PORTERO_PFC_LAST_FRAG) != 0;

  if (header->flags & PORTERO_PFC_PENDING_CANCEL) {
    server_refuse(a, header->call_id, 0, PORTERO_FAULT_NO_CALL_ACTIVE, PORTERO_PFC_DID_NOT_EXECUTE,
                  "a first fragment that is cancelled already");
    return false;
  }
  if (a->assembling && (!whole || !a->multiplexed)) {
    if (a->assembling->pub.call_id != header->call_id ||
        server_open_request(a, pdu, a->assembling, &secure, &opened))
      refuse_between(a, pdu, "a second request between fragments");
    return false;
  }
  if (a->calls && call_find(a, header->call_id)) {
    server_refuse(a, header->call_id, 0, PORTERO_FAULT_PROTOCOL, 0, "a call id that is in use");
    return false;
  }
  return true;
}

static const char unknown_context[] = "no such presentation context";

/* Its other fragments are passed over. */
static bool refuse_context(struct portero_server_assoc *a, struct server_call *call,
                           uint16_t context_id, struct portero_server_event *out_event)
{
  server_send_fault(a, call->pub.call_id, 0, PORTERO_FAULT_UNKNOWN_INTERFACE,
                    PORTERO_PFC_DID_NOT_EXECUTE);
  (void)tell_refused(&call->pub, context_id, PORTERO_FAULT_UNKNOWN_INTERFACE, unknown_context,
                     out_event);
  if (call->pub.flags & PORTERO_PFC_LAST_FRAG) {
    server_call_free(a, call);
    return true;
  }
  call->discard = true;
  a->assembling = call;
  return true;
}

static bool on_first(struct portero_server_assoc *a, const struct portero_pdu *raw,
                     struct portero_server_event *out_event)
{
  bool whole = (raw->header.flags & PORTERO_PFC_LAST_FRAG) != 0;
  struct secure_context *secure;
  struct portero_pdu pdu;
  struct server_call *call;

  if (!first_is_legal(a, raw) || !server_open_request(a, raw, NULL, &secure, &pdu))
    return false;
  if ((whole ? pdu.body.request.stub.size : pdu.body.request.alloc_hint) >
      a->config->limits.max_stub)
    return request_too_large(a, pdu.header.call_id, pdu.body.request.context_id);
  call = call_new(a, &pdu);
  if (!call) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  call_secure(call, secure, raw->has_auth);
  call->pub.context = pctx_find(&a->contexts, pdu.body.request.context_id);
  if (!call->pub.context && a->assembling) {
    server_refuse(a, call->pub.call_id, 0, PORTERO_FAULT_PROTOCOL, 0,
                  "a bad request between fragments");
    return false;
  }
  call->pub.stub = pdu.body.request.stub;
  if (!call->pub.context)
    return refuse_context(a, call, pdu.body.request.context_id, out_event);
  if (whole)
    return call_complete(a, call, out_event);
  a->assembling = call;
  return gather(a, call, pdu.body.request.stub) &&
         tell_call(a, call, PORTERO_SERVER_CALL_BEGUN, out_event);
}

/* ---- the fragments behind it ---- */

/* Context id, opnum and the trailer's fields of a later fragment mean nothing: the first one's count. */
static bool continues(const struct server_call *call, const struct portero_pdu *pdu)
{
  return call->pub.call_id == pdu->header.call_id &&
         memcmp(call->drep, pdu->header.drep, sizeof call->drep) == 0;
}

/* With several calls at a time Windows looks at such a fragment as at any request before it refuses it. */
static bool refuse_lone(struct portero_server_assoc *a, const struct portero_pdu *raw,
                        struct portero_server_event *out_event)
{
  uint16_t context_id = a->multiplexed ? raw->body.request.context_id : 0;
  const struct portero_assoc_call call = {.call_id = raw->header.call_id,
                                          .opnum = raw->body.request.opnum,
                                          .flags = raw->header.flags,
                                          .level = PORTERO_LEVEL_NONE,
                                          .fragments = 1,
                                          .stub = raw->body.request.stub};
  struct secure_context *secure;
  struct portero_pdu pdu;

  if (a->multiplexed && !pctx_find(&a->contexts, context_id)) {
    server_send_fault(a, raw->header.call_id, 0, PORTERO_FAULT_UNKNOWN_INTERFACE,
                      PORTERO_PFC_DID_NOT_EXECUTE);
    return tell_refused(&call, context_id, PORTERO_FAULT_UNKNOWN_INTERFACE, unknown_context,
                        out_event);
  }
  if (a->multiplexed && !server_open_request(a, raw, NULL, &secure, &pdu))
    return false;
  server_refuse(a, raw->header.call_id, context_id, PORTERO_FAULT_PROTOCOL, 0,
                "a fragment that continues nothing");
  return false;
}

static bool on_later(struct portero_server_assoc *a, const struct portero_pdu *raw,
                     struct portero_server_event *out_event)
{
  struct server_call *call = a->assembling;
  struct secure_context *secure;
  struct portero_pdu pdu;

  if (!call)
    return refuse_lone(a, raw, out_event);
  if (!continues(call, raw)) {
    refuse_between(a, raw, "a fragment of another call");
    return false;
  }
  if (!server_open_request(a, raw, call, &secure, &pdu))
    return false;
  call->pub.fragments++;
  if (raw->header.flags & PORTERO_PFC_PENDING_CANCEL)
    call->pub.cancelled = true;
  if (!call->discard && !gather(a, call, pdu.body.request.stub))
    return false;
  return (raw->header.flags & PORTERO_PFC_LAST_FRAG) && call_complete(a, call, out_event);
}

bool server_on_request(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                       struct portero_server_event *out_event)
{
  if (pdu->header.frag_length > a->config->limits.max_frag) {
    server_refuse(a, pdu->header.call_id, 0, PORTERO_FAULT_PROTOCOL, 0,
                  "a fragment above the size limit");
    return false;
  }
  return pdu->header.flags & PORTERO_PFC_FIRST_FRAG ? on_first(a, pdu, out_event)
                                                    : on_later(a, pdu, out_event);
}

bool server_must_wait(const struct portero_server_assoc *a)
{
  struct portero_pdu_header header;

  if (a->calls == 0 || (a->multiplexed && a->calls < a->config->limits.max_calls))
    return false;
  return frame_peek(&a->frame, &header) && header.ptype == PORTERO_PTYPE_REQUEST &&
         (header.flags & PORTERO_PFC_FIRST_FRAG) && !a->assembling;
}

/* ---- cancel and orphan: unknown calls are passed over in silence ---- */

bool server_on_cancel(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                      struct portero_server_event *out_event)
{
  struct server_call *call = call_find(a, pdu->header.call_id);

  if (!call || !call->told)
    return false;
  call->pub.cancelled = true;
  return tell_call(a, call, PORTERO_SERVER_CANCEL, out_event);
}

bool server_on_orphaned(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                        struct portero_server_event *out_event)
{
  struct server_call *call = call_find(a, pdu->header.call_id);

  if (!call || a->assembling == call)
    return false; /* Windows passes over an orphaned PDU while the request is still arriving */
  call->pub.cancelled = true;
  call->orphaned = true;
  return tell_call(a, call, PORTERO_SERVER_ORPHAN, out_event);
}
