/* SPDX-License-Identifier: Apache-2.0 */
/* What the visitors' book is told of calls. */
#include <portero/sink.h>

#include "src/rpc/door.h"

/* A visit behind its first fragment, until the last one has come. */
struct rpc_begun {
  struct rpc_visit visit;
  const struct portero_assoc_call *call; /* the machine's */
};

/* Those of the tags that are there. */
static void visit_copy(struct rpc_visit *to, const struct rpc_visit *from)
{
  size_t n_merged = from->tags ? 0 : from->n_tags;

  memcpy(to, from, offsetof(struct rpc_visit, merged) + n_merged * sizeof from->merged[0]);
}

static void visit_record(const struct rpc_visit *visit, enum portero_event_kind kind,
                         struct portero_event *out_event)
{
  memset(out_event, 0, sizeof *out_event);
  out_event->kind = kind;
  out_event->connection = visit->connection;
  out_event->source = visit->source;
  out_event->destination = visit->destination;
  out_event->protseq = visit->protseq;
}

/* ---- before a handler has it ---- */

static void assoc_record(const struct rpc_visit *visit, const struct portero_assoc_call *call,
                         enum portero_event_kind kind, char sid[PORTERO_SID_TEXT],
                         struct portero_event *out_event)
{
  const struct rpc_offer *offer = call->context->owner;

  visit_record(visit, kind, out_event);
  rpc_record_operation(out_event, offer->iface, call->opnum);
  rpc_record_caller(out_event, call->security, sid);
  rpc_record_verdict(out_event, visit);
  out_event->object = call->has_object ? &call->object : NULL;
  out_event->call_id = call->call_id;
  out_event->auth_level = rpc_call_worth(call);
}

static void visit_begin(struct rpc_visit *visit, const struct rpc_conn *c)
{
  struct portero_event e;

  rpc_conn_record(c, PORTERO_EVENT_REQUEST, &e);
  visit->connection = e.connection;
  visit->since = uv_hrtime();
  visit->source = e.source;
  visit->destination = e.destination;
  visit->protseq = e.protseq;
  visit->verdict = visit->rule = NULL;
  visit->tags = NULL;
  visit->n_tags = 0;
  visit->rules = NULL;
}

static void tell_request(struct portero_book *book, struct rpc_conn *c,
                         const struct portero_assoc_call *call,
                         const struct rpc_judgement *judgement)
{
  struct rpc_visit *visit = &rpc_conn_loop(c)->visit;
  char sid[PORTERO_SID_TEXT];
  struct portero_event e;

  visit_begin(visit, c);
  if (judgement->asked)
    rpc_visit_set_verdict(visit, &judgement->verdict);
  assoc_record(visit, call, PORTERO_EVENT_REQUEST, sid, &e);
  if (judgement->outcome == PORTERO_OUTCOME_DENIED)
    e.outcome = PORTERO_OUTCOME_DENIED;
  portero_book_tell(book, &e);
  if (judgement->asked)
    rpc_told_alerts(c, &e, &judgement->verdict);
}

/* Records are large: whoever has no book does not even make room for one. */
void rpc_visit_judged(struct rpc_conn *c, const struct portero_assoc_call *call,
                      const struct rpc_judgement *judgement)
{
  struct portero_book *book = rpc_conn_book(c);

  if (book)
    tell_request(book, c, call, judgement);
}

static void tell_end(struct rpc_conn *c, const struct rpc_visit *visit,
                     const struct portero_assoc_call *call, enum portero_outcome outcome,
                     uint32_t status, const char *reason)
{
  char sid[PORTERO_SID_TEXT];
  struct portero_event e;

  assoc_record(visit, call, PORTERO_EVENT_CALL, sid, &e);
  e.outcome = outcome;
  e.status = status;
  e.reason = reason;
  e.fragments = call->fragments;
  e.fragments_out = status ? 1 : 0;
  e.bytes_in = call->stub.size;
  e.duration = uv_hrtime() - visit->since;
  portero_book_tell(rpc_conn_book(c), &e);
}

void rpc_visit_refused(struct rpc_conn *c, const struct portero_assoc_call *call,
                       enum portero_outcome outcome, uint32_t status, const char *reason)
{
  struct rpc_visit *visit = &rpc_conn_loop(c)->visit;

  if (!rpc_conn_book(c))
    return;
  tell_end(c, visit, call, outcome, status, reason);
  rpc_rules_release(visit->rules);
  visit->rules = NULL;
}

bool rpc_visit_keep(struct rpc_conn *c, const struct portero_assoc_call *call)
{
  struct rpc_loop *l = rpc_conn_loop(c);

  if (!rpc_conn_book(c))
    return true;
  c->begun = portero_mem_take(&l->net.pool.mem, sizeof *c->begun);
  if (!c->begun)
    return false;
  visit_copy(&c->begun->visit, &l->visit);
  c->begun->visit.rules = l->rules;
  c->begun->call = call;
  rpc_rules_hold(l->rules);
  return true;
}

static void begun_free(struct rpc_conn *c)
{
  portero_mem_give(&rpc_conn_loop(c)->net.pool.mem, c->begun, sizeof *c->begun);
  c->begun = NULL;
}

void rpc_visit_resume(struct rpc_conn *c)
{
  if (!c->begun)
    return;
  visit_copy(&rpc_conn_loop(c)->visit, &c->begun->visit);
  begun_free(c);
}

void rpc_visit_forget(struct rpc_conn *c)
{
  if (!c->begun)
    return;
  rpc_rules_release(c->begun->visit.rules);
  begun_free(c);
}

void rpc_visit_broken(struct rpc_conn *c, enum portero_outcome outcome, uint32_t status,
                      const char *reason)
{
  struct rpc_begun *begun = c->begun;

  if (!begun)
    return;
  tell_end(c, &begun->visit, begun->call, outcome, status, reason);
  rpc_rules_release(begun->visit.rules);
  begun_free(c);
}

static void tell_unheard(struct rpc_conn *c, const struct portero_server_event *event)
{
  const struct portero_assoc_call *call = &event->u.refused.call;
  const struct rpc_offer *offer = call->context ? call->context->owner : NULL;
  char sid[PORTERO_SID_TEXT];
  struct portero_event e;

  rpc_conn_record(c, PORTERO_EVENT_CALL, &e);
  e.has_opnum = true;
  e.opnum = call->opnum;
  if (offer)
    rpc_record_operation(&e, offer->iface, call->opnum);
  rpc_record_caller(&e, call->security, sid);
  e.object = call->has_object ? &call->object : NULL;
  e.call_id = call->call_id;
  e.auth_level = rpc_call_worth(call);
  e.outcome = offer ? PORTERO_OUTCOME_DENIED : PORTERO_OUTCOME_FAULT;
  e.status = event->u.refused.status;
  e.reason = event->u.refused.what;
  e.fragments = call->fragments;
  e.fragments_out = 1;
  e.bytes_in = call->stub.size;
  portero_book_tell(rpc_conn_book(c), &e);
}

void rpc_visit_unheard(struct rpc_conn *c, const struct portero_server_event *event)
{
  if (rpc_conn_book(c))
    tell_unheard(c, event);
}

/* ---- with a handler ---- */

void rpc_visit_enter(struct portero_call *call)
{
  if (!call->loop->server->options.book)
    return;
  visit_copy(&call->visit, &call->loop->visit);
  call->visit.call_id = call->assoc->call_id;
  call->visit.fragments = call->assoc->fragments;
}

void rpc_visit_hold(struct portero_call *call)
{
  if (call->visit.rules || !call->loop->server->options.book)
    return;
  call->visit.rules = call->loop->rules;
  rpc_rules_hold(call->visit.rules);
}

void rpc_visit_leave(struct portero_call *call)
{
  rpc_rules_release(call->visit.rules);
  call->visit.rules = NULL;
}

const struct portero_policy *rpc_call_policy(const struct portero_call *call)
{
  return call->loop->rules ? call->loop->rules->policy : NULL;
}

void rpc_call_event(const struct portero_call *call, enum portero_event_kind kind,
                    struct portero_event *out_event)
{
  struct portero_call *own = (struct portero_call *)(uintptr_t)call; /* its text of the SID */

  visit_record(&call->visit, kind, out_event);
  rpc_record_operation(out_event, call->offer->iface, call->opnum);
  rpc_record_caller(out_event, call->security, own->sid);
  rpc_record_verdict(out_event, &call->visit);
  out_event->object = call->has_object ? &call->object : NULL;
  out_event->call_id = call->visit.call_id;
  out_event->auth_level = call->level;
}

static void call_record_end(const struct portero_call *call, struct portero_event *out_event)
{
  rpc_call_event(call, PORTERO_EVENT_CALL, out_event);
  out_event->fragments = call->visit.fragments;
  out_event->bytes_in = call->in.r.size;
  out_event->duration = uv_hrtime() - call->visit.since;
}

/* What the caller saw of it. */
static enum portero_outcome outcome_of(const struct portero_call *call, uint32_t fault,
                                       uint32_t fragments_out)
{
  bool cancelled = portero_call_cancelled(call);

  if (cancelled && (fragments_out == 0 || fault == PORTERO_FAULT_CANCELLED))
    return PORTERO_OUTCOME_CANCELLED;
  if (fragments_out == 0)
    return PORTERO_OUTCOME_UNANSWERED;
  return fault ? PORTERO_OUTCOME_FAULT : PORTERO_OUTCOME_ANSWERED;
}

static void tell_answer(struct portero_call *call, uint32_t fault, uint32_t pdus_out)
{
  uint32_t pdus_in, pdus_now;
  struct portero_event e;

  portero_server_assoc_pdus(call->conn->net.assoc, &pdus_in, &pdus_now);
  call_record_end(call, &e);
  e.fragments_out = pdus_now - pdus_out;
  e.outcome = outcome_of(call, fault, e.fragments_out);
  e.status = fault;
  e.bytes_out =
      e.outcome == PORTERO_OUTCOME_ANSWERED ? portero_ndr_writer_stub(&call->out).size : 0;
  portero_book_tell(rpc_conn_book(call->conn), &e);
}

void rpc_visit_answered(struct portero_call *call, uint32_t fault, uint32_t pdus_out)
{
  if (rpc_conn_book(call->conn))
    tell_answer(call, fault, pdus_out);
}

void rpc_visit_lost(struct portero_call *call)
{
  struct portero_event e;

  if (!rpc_conn_book(call->conn))
    return;
  call_record_end(call, &e);
  e.outcome = portero_call_cancelled(call) ? PORTERO_OUTCOME_CANCELLED : PORTERO_OUTCOME_UNANSWERED;
  portero_book_tell(rpc_conn_book(call->conn), &e);
}
