/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and their answers at the client. [C706] 12.6.4.9, 12.6.4.10; [MS-RPCE] 3.3.2.4.1.5, 3.3.2.5 */
#include "src/assoc/client_assoc.h"

#define STUB_MULTIPLE    8u
#define SECURED_MULTIPLE 16u
#define OBJECT_SIZE      16u

void client_call_free(struct portero_client_assoc *a, struct client_call *call)
{
  stub_buffer_free(&call->buffer, client_mem(a));
  portero_mem_give(client_mem(a), call, sizeof *call);
}

static struct client_call *call_take(struct portero_client_assoc *a, uint32_t call_id)
{
  struct client_call **link = &a->first_call, *call;

  while (*link && (*link)->call_id != call_id)
    link = &(*link)->next;
  call = *link;
  if (!call)
    return NULL;
  *link = call->next;
  a->calls--;
  return call;
}

static struct client_call *call_find(struct portero_client_assoc *a, uint32_t call_id)
{
  struct client_call *call = a->first_call;

  while (call && call->call_id != call_id)
    call = call->next;
  return call;
}

/* ---- sending ---- */

/* At connect level it may be left out while there is one security context. [MS-RPCE] 3.3.1.5.4 */
static bool needs_trailer(const struct portero_client_assoc *a)
{
  return a->current && (a->current->level != PORTERO_LEVEL_CONNECT || a->secure.count > 1);
}

static portero_status send_fragment(struct portero_client_assoc *a,
                                    const struct portero_client_request *request, uint32_t call_id,
                                    struct portero_bytes stub, struct portero_bytes tail,
                                    uint32_t left, uint8_t flags)
{
  struct portero_pdu_header header = client_header(PORTERO_PTYPE_REQUEST, flags, call_id);
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size, body = PORTERO_PDU_REQUEST_SIZE + (request->object ? OBJECT_SIZE : 0);
  struct portero_request pdu;

  memset(&pdu, 0, sizeof pdu);
  if (request->big_endian)
    header.drep[0] = 0;
  if (request->maybe)
    header.flags |= PORTERO_PFC_MAYBE;
  pdu.alloc_hint = left;
  pdu.context_id = request->context_id;
  pdu.opnum = request->opnum;
  pdu.has_object = request->object != NULL;
  if (request->object)
    pdu.object = *request->object;
  pdu.stub = stub;
  portero_pdu_write_request(w, &header, &pdu);
  portero_write_bytes(w, tail.data, tail.size); /* counted by secure_close() */
  if (needs_trailer(a) &&
      !portero_is_ok(secure_close(a->current, w, start, start + body, a->header_signing)))
    w->failed = true;
  return client_commit(a, start);
}

static size_t trailer_room(const struct portero_client_assoc *a, size_t room)
{
  return needs_trailer(a) ? secure_overhead(a->current, room) + SECURED_MULTIPLE : 0;
}

static size_t fragment_room(const struct portero_client_assoc *a,
                            const struct portero_client_request *request)
{
  size_t room = a->max_xmit - PORTERO_PDU_REQUEST_SIZE,
         overhead = request->object ? OBJECT_SIZE : 0;

  if (!needs_trailer(a))
    return (room - overhead) & ~(size_t)(STUB_MULTIPLE - 1);
  overhead += secure_overhead(a->current, room);
  return room > overhead + SECURED_MULTIPLE ? (room - overhead) & ~(size_t)(SECURED_MULTIPLE - 1)
                                            : 0;
}

/* How much of the stub goes into the next fragment; the tail is to go whole with the last of it. */
static size_t fragment_share(size_t room, size_t stub, size_t tail)
{
  if (stub + tail <= room)
    return stub;
  return stub > room ? room : (stub / 2) & ~(size_t)(SECURED_MULTIPLE - 1);
}

static portero_status send_request(struct portero_client_assoc *a,
                                   const struct portero_client_request *request, uint32_t call_id)
{
  const struct portero_bytes none = {NULL, 0};
  size_t room = fragment_room(a, request), share;
  struct portero_bytes stub = request->stub, tail;
  uint8_t flags = PORTERO_PFC_FIRST_FRAG, verification[CLIENT_VERIFICATION_SIZE];
  portero_status status;

  if (room == 0)
    return portero_local(PORTERO_LOCAL_LIMIT);
  tail = client_verification(a, request, call_id, stub.size, verification);
  if (stub.size > room)
    output_expect(&a->output, stub.size + tail.size, stub.size / room + 2,
                  PORTERO_PDU_REQUEST_SIZE + OBJECT_SIZE + trailer_room(a, room));
  if (tail.size && tail.size + 2 * SECURED_MULTIPLE > room)
    return portero_local(PORTERO_LOCAL_LIMIT);
  while ((share = fragment_share(room, stub.size, tail.size)) < stub.size) {
    status = send_fragment(a, request, call_id, portero_bytes_make(stub.data, share), none,
                           (uint32_t)stub.size, flags);
    if (!portero_is_ok(status))
      return status;
    stub.data += share;
    stub.size -= share;
    flags = 0;
  }
  return send_fragment(a, request, call_id, stub, tail, (uint32_t)(stub.size + tail.size),
                       (uint8_t)(flags | PORTERO_PFC_LAST_FRAG));
}

portero_status portero_client_assoc_call(struct portero_client_assoc *a,
                                         const struct portero_client_request *request,
                                         uint32_t *out_call_id)
{
  struct client_call *call;
  portero_status status;

  if (a->state != CLIENT_READY || a->eof)
    return portero_local(PORTERO_LOCAL_STATE);
  if (a->calls >= a->config->limits.max_calls || request->stub.size > UINT32_MAX / 2)
    return portero_local(PORTERO_LOCAL_LIMIT);
  call = portero_mem_take(client_mem(a), sizeof *call);
  if (!call)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memset(call, 0, sizeof *call);
  call->call_id = a->next_call_id++;
  call->secure = a->current;
  status = send_request(a, request, call->call_id);
  if (!portero_is_ok(status)) {
    client_call_free(a, call);
    return status;
  }
  *out_call_id = call->call_id;
  if (request->maybe) {
    client_call_free(a, call);
    return portero_ok();
  }
  call->next = a->first_call;
  a->first_call = call;
  a->calls++;
  return portero_ok();
}

static void send_simple(struct portero_client_assoc *a, uint8_t ptype, uint32_t call_id)
{
  struct portero_pdu_header header = client_header(ptype, PORTERO_PFC_WHOLE, call_id);
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size;

  portero_pdu_write_simple(w, &header);
  (void)client_commit(a, start);
}

void portero_client_assoc_cancel(struct portero_client_assoc *a, uint32_t call_id)
{
  if (call_find(a, call_id))
    send_simple(a, PORTERO_PTYPE_CO_CANCEL, call_id);
}

void portero_client_assoc_orphan(struct portero_client_assoc *a, uint32_t call_id)
{
  struct client_call *call = call_take(a, call_id);

  if (!call)
    return;
  send_simple(a, PORTERO_PTYPE_ORPHANED, call_id);
  client_call_free(a, call);
}

/* ---- answers ---- */

/* The response with its stub readable, or the connection is closing. c: NULL where nothing protects it. */
static bool open_response(struct portero_client_assoc *a, struct secure_context *c,
                          const struct portero_pdu *pdu, struct portero_pdu *out_pdu)
{
  portero_status status = portero_ok();

  *out_pdu = *pdu;
  if (!c || c->level == PORTERO_LEVEL_CONNECT)
    return true;
  if (!pdu->has_auth || pdu->auth.type != c->type || pdu->auth.level != c->level ||
      pdu->auth.context_id != c->id)
    status = portero_local(PORTERO_LOCAL_SECURITY);
  else
    status = secure_open(&a->secure, c, pdu, PORTERO_PDU_RESPONSE_SIZE, a->header_signing,
                         a->config->in_place || frame_owns(&a->frame, pdu->whole), out_pdu);
  if (!portero_is_ok(status))
    client_close(a, status, "the server's answer is not protected as agreed");
  return portero_is_ok(status);
}

/* Nobody waits for it, but it counts: the other side's cipher and sequence number have gone on. */
static void pass_over(struct portero_client_assoc *a, const struct portero_pdu *pdu)
{
  struct portero_pdu opened;

  if (pdu->has_auth)
    (void)open_response(a, secure_find(&a->secure, pdu->auth.context_id), pdu, &opened);
}

static bool tell_response(struct client_call *call, const struct portero_pdu *pdu,
                          struct portero_bytes stub, struct portero_client_event *out_event)
{
  out_event->kind = PORTERO_CLIENT_RESPONSE;
  out_event->u.response.call_id = call->call_id;
  out_event->u.response.context_id = pdu->body.response.context_id;
  out_event->u.response.big_endian = portero_pdu_is_big_endian(&pdu->header);
  out_event->u.response.stub = stub;
  return true;
}

bool client_on_response(struct portero_client_assoc *a, const struct portero_pdu *raw,
                        struct portero_client_event *out_event)
{
  struct client_call *call = call_find(a, raw->header.call_id);
  bool first = (raw->header.flags & PORTERO_PFC_FIRST_FRAG) != 0,
       last = (raw->header.flags & PORTERO_PFC_LAST_FRAG) != 0;
  struct portero_pdu pdu;

  if (!call) { /* it was orphaned */
    pass_over(a, raw);
    return false;
  }
  if (first == call->started) {
    client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL),
                 "the fragments of an answer are out of order");
    return false;
  }
  if (!open_response(a, call->secure, raw, &pdu))
    return false;
  call->started = true;
  if (pdu.body.response.stub.size > a->config->limits.max_stub - call->buffer.size) {
    client_close(a, portero_local(PORTERO_LOCAL_LIMIT), "an answer above the size limit");
    return false;
  }
  if (first && last) {
    a->answered = call_take(a, call->call_id);
    return tell_response(call, &pdu, pdu.body.response.stub, out_event);
  }
  if (!portero_is_ok(stub_buffer_append(&call->buffer, client_mem(a), pdu.body.response.stub,
                                        a->config->limits.max_stub))) {
    client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  if (!last)
    return false;
  a->answered = call_take(a, call->call_id);
  return tell_response(call, &pdu, portero_bytes_make(call->buffer.data, call->buffer.size),
                       out_event);
}

bool client_on_fault(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                     struct portero_client_event *out_event)
{
  struct client_call *call = call_take(a, pdu->header.call_id);

  if (!call && a->state == CLIENT_BINDING && pdu->header.call_id == a->bind_call_id) {
    client_close(a, portero_fault_status(pdu->body.fault.status), "the server refuses the bind");
    return false;
  }
  if (!call)
    return false;
  client_call_free(a, call);
  out_event->kind = PORTERO_CLIENT_FAULT;
  out_event->u.fault.call_id = pdu->header.call_id;
  out_event->u.fault.status = pdu->body.fault.status;
  out_event->u.fault.did_not_execute = (pdu->header.flags & PORTERO_PFC_DID_NOT_EXECUTE) != 0;
  return true;
}
