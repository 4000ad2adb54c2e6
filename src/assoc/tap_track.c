/* SPDX-License-Identifier: Apache-2.0 */
/* What the tap must remember: proposed and accepted contexts, open calls and their fragments. */
#include "src/assoc/tap.h"

void tap_call_free(struct portero_tap *t, struct tap_call *call)
{
  if (!call)
    return;
  stub_buffer_free(&call->buffer, tap_mem(t));
  portero_mem_give(tap_mem(t), call, sizeof *call);
}

static void call_unlink(struct portero_tap *t, struct tap_call *call)
{
  struct tap_call **link = &t->first_call;

  while (*link && *link != call)
    link = &(*link)->next;
  if (*link) {
    *link = call->next;
    t->calls--;
  }
}

void tap_call_drop(struct portero_tap *t, struct tap_call *call)
{
  call_unlink(t, call);
  tap_call_free(t, call);
}

static struct tap_call *call_find(struct portero_tap *t, uint32_t call_id)
{
  struct tap_call *call = t->first_call;

  while (call && call->call_id != call_id)
    call = call->next;
  return call;
}

static void drop_oldest(struct portero_tap *t)
{
  struct tap_call *call = t->first_call;

  while (call && call->next)
    call = call->next;
  if (call && call->asked) /* servers pass over it while the request is arriving */
    tap_call_drop(t, call);
}

static struct tap_call *call_open(struct portero_tap *t, const struct portero_pdu *pdu)
{
  const struct portero_request *request = &pdu->body.request;
  struct tap_call *call = call_find(t, pdu->header.call_id);

  if (call) {
    t->odd = "a call id that is in use";
    tap_call_drop(t, call);
  }
  if (t->calls >= t->config->limits.max_calls)
    drop_oldest(t);
  call = portero_mem_take(tap_mem(t), sizeof *call);
  if (!call)
    return NULL;
  memset(call, 0, sizeof *call);
  call->call_id = pdu->header.call_id;
  call->context_id = request->context_id;
  call->opnum = request->opnum;
  call->has_object = request->has_object;
  call->object = request->object;
  call->next = t->first_call;
  t->first_call = call;
  t->calls++;
  return call;
}

/* ---- contexts ---- */

void tap_on_bind(struct portero_tap *t)
{
  struct portero_context_iter iter = t->pdu.body.bind.iter;
  size_t n = t->pdu.body.bind.n_contexts;
  struct portero_context_view view;

  portero_mem_give(tap_mem(t), t->proposed, t->n_proposed * sizeof *t->proposed);
  t->n_proposed = 0;
  t->proposed = n ? portero_mem_take(tap_mem(t), n * sizeof *t->proposed) : NULL;
  if (!t->proposed)
    return;
  t->proposed_call_id = t->pdu.header.call_id;
  t->n_proposed = n;
  memset(t->proposed, 0, n * sizeof *t->proposed);
  for (size_t i = 0; i < n && portero_context_next(&iter, &view); i++) {
    t->proposed[i].id = view.id;
    t->proposed[i].abstract = view.abstract;
  }
}

void tap_on_ack(struct portero_tap *t)
{
  struct portero_reader results = t->pdu.body.bind_ack.results_reader;
  struct portero_context_result result;

  if (t->pdu.header.call_id != t->proposed_call_id) {
    if (t->proposed)
      t->odd = "an answer to another bind";
    return;
  }
  for (size_t i = 0; i < t->n_proposed && portero_context_result_next(&results, &result); i++) {
    const struct tap_proposed *p = &t->proposed[i];
    if (result.result != PORTERO_RESULT_ACCEPTANCE)
      continue;
    if (t->contexts.count < t->config->limits.max_contexts || pctx_find(&t->contexts, p->id))
      (void)pctx_put(&t->contexts, p->id, &p->abstract, &result.transfer, NULL);
  }
}

/* ---- calls ---- */

static void describe_call(const struct portero_tap *t, const struct tap_call *call,
                          struct portero_tap_event *out_event)
{
  const struct portero_pcontext *context = pctx_find(&t->contexts, call->context_id);

  out_event->context_id = call->context_id;
  out_event->opnum = call->opnum;
  out_event->has_object = call->has_object;
  out_event->object = call->object;
  out_event->asked = call->asked ? call->when : 0;
  out_event->encrypted = out_event->auth_level == PORTERO_LEVEL_PRIVACY;
  out_event->known_context = context != NULL;
  if (!context)
    return;
  out_event->abstract = context->abstract;
  out_event->transfer = context->transfer;
  out_event->ndr64 = context->ndr64;
}

/* Adds this PDU's stub to the call's; true with the whole stub when it is the last. */
static bool gather(struct portero_tap *t, struct tap_call *call, struct portero_bytes stub,
                   struct portero_bytes *out_stub)
{
  uint8_t flags = t->pdu.header.flags;

  if (flags & PORTERO_PFC_FIRST_FRAG)
    call->buffer.size = 0;
  if ((flags & PORTERO_PFC_WHOLE) == PORTERO_PFC_WHOLE) {
    *out_stub = stub;
    return true;
  }
  if (!portero_is_ok(
          stub_buffer_append(&call->buffer, tap_mem(t), stub, t->config->limits.max_stub)))
    t->odd = "a call above the size limit: its stub is cut";
  *out_stub = portero_bytes_make(call->buffer.data, call->buffer.size);
  return (flags & PORTERO_PFC_LAST_FRAG) != 0;
}

bool tap_on_request(struct portero_tap *t, struct portero_tap_event *out_event)
{
  bool first = (t->pdu.header.flags & PORTERO_PFC_FIRST_FRAG) != 0;
  struct tap_call *call = first ? call_open(t, &t->pdu) : call_find(t, t->pdu.header.call_id);

  if (!call || call->asked) {
    t->odd = first ? "out of memory" : "a fragment that continues nothing";
    return false;
  }
  if (!gather(t, call, t->pdu.body.request.stub, &out_event->stub))
    return false;
  call->asked = true;
  call->when = t->now;
  out_event->kind = PORTERO_TAP_CALL;
  describe_call(t, call, out_event);
  if (t->pdu.header.flags & PORTERO_PFC_MAYBE) {
    call_unlink(t, call);
    t->told = call;
  }
  return true;
}

bool tap_on_response(struct portero_tap *t, struct portero_tap_event *out_event)
{
  const struct portero_response *response = &t->pdu.body.response;
  struct tap_call *call = call_find(t, t->pdu.header.call_id);
  bool first = (t->pdu.header.flags & PORTERO_PFC_FIRST_FRAG) != 0;

  out_event->kind = PORTERO_TAP_RESPONSE;
  if (!call) {
    out_event->context_id = response->context_id;
    out_event->stub = response->stub;
    t->odd = "an answer to a call that was not seen";
    return true;
  }
  if (first == call->answered)
    t->odd = "the fragments of an answer are out of order";
  if (first && !call->answered)
    call->buffer.size = 0;
  call->answered = true;
  if (!gather(t, call, response->stub, &out_event->stub))
    return false;
  describe_call(t, call, out_event);
  call_unlink(t, call);
  t->told = call;
  return true;
}

bool tap_on_fault(struct portero_tap *t, struct portero_tap_event *out_event)
{
  struct tap_call *call = call_find(t, t->pdu.header.call_id);

  out_event->status = t->pdu.body.fault.status;
  out_event->context_id = t->pdu.body.fault.context_id;
  out_event->kind = PORTERO_TAP_FAULT;
  if (!call)
    return true;
  describe_call(t, call, out_event);
  call_unlink(t, call);
  t->told = call;
  return true;
}

void tap_on_orphaned(struct portero_tap *t)
{
  struct tap_call *call = call_find(t, t->pdu.header.call_id);

  if (call && call->asked) /* servers pass over it while the request is arriving */
    tap_call_drop(t, call);
}
