/* SPDX-License-Identifier: Apache-2.0 */
/* bind and alter_context at the server. [C706] 12.6.4.3, 12.6.4.1; [MS-RPCE] 3.3.1.5.3, 3.3.1.5.6 */
#include "src/assoc/server_assoc.h"

#define MIN_NEGOTIATED_FRAG 2048u

void server_proposal_free(struct portero_server_assoc *a)
{
  struct proposal *p = a->proposal;

  if (!p)
    return;
  portero_mem_give(server_mem(a), p->asks, p->asks_size);
  portero_mem_give(server_mem(a), p->order, p->order_size);
  portero_mem_give(server_mem(a), p->results, p->results_size);
  portero_mem_give(server_mem(a), p->token, p->auth.value.size);
  portero_mem_give(server_mem(a), p, sizeof *p);
  a->proposal = NULL;
}

static void bind_refuse(struct portero_server_assoc *a, const struct portero_pdu_header *header,
                        enum portero_nak_reason reason, const char *what)
{
  if (header->ptype == PORTERO_PTYPE_BIND) {
    server_send_nak(a, header->call_id, reason);
    server_close(a, portero_status_make(PORTERO_CLASS_NAK, reason), what);
  } else {
    server_refuse(a, header->call_id, 0,
                  reason == PORTERO_NAK_AUTH_TYPE ? PORTERO_FAULT_ACCESS_DENIED
                                                  : PORTERO_FAULT_PROTOCOL,
                  PORTERO_PFC_DID_NOT_EXECUTE, what);
  }
  server_proposal_free(a);
}

/* Room for the questions: one block of asks with all their transfer syntaxes behind them. */
static bool proposal_reserve(struct portero_server_assoc *a, struct proposal *p,
                             const struct portero_bind *bind)
{
  struct portero_context_iter iter = bind->iter;
  struct portero_context_view view;
  size_t transfers = 0;

  while (portero_context_next(&iter, &view))
    transfers += view.n_transfer;
  p->n_contexts = bind->n_contexts;
  p->asks_size = p->n_contexts * sizeof(struct portero_context_ask) +
                 transfers * sizeof(struct portero_syntax);
  p->order_size = p->n_contexts * sizeof(uint16_t);
  p->asks = portero_mem_take(server_mem(a), p->asks_size);
  p->order = portero_mem_take(server_mem(a), p->order_size);
  return p->asks && p->order;
}

static bool features_of(const struct portero_context_view *view, uint64_t *out_features)
{
  struct portero_context_view copy = *view;
  struct portero_syntax first;

  return portero_context_transfer(&copy, &first) &&
         portero_syntax_is_features(&first, out_features);
}

static void ask_fill(struct portero_context_ask *ask, struct portero_context_view *view,
                     struct portero_syntax *at)
{
  memset(ask, 0, sizeof *ask);
  ask->id = view->id;
  ask->abstract = view->abstract;
  ask->transfer = at;
  while (portero_context_transfer(view, &at[ask->n_transfer]))
    ask->n_transfer++;
  ask->result = PORTERO_RESULT_PROVIDER_REJECTION;
  ask->reason = PORTERO_REASON_ABSTRACT_SYNTAX;
}

/* Splits the proposed contexts into questions for the driver and feature negotiation. */
static bool proposal_collect(struct proposal *p, const struct portero_bind *bind,
                             const char **out_what)
{
  struct portero_syntax *syntaxes = (struct portero_syntax *)(void *)(p->asks + p->n_contexts);
  struct portero_context_iter iter = bind->iter;
  struct portero_context_view view;
  bool features_seen = false;

  for (size_t i = 0; portero_context_next(&iter, &view); i++) {
    if (view.n_transfer == 0) {
      *out_what = "a presentation context without transfer syntaxes";
      return false;
    }
    if (features_of(&view, &p->features)) {
      if (features_seen) {
        *out_what = "bind-time features negotiated twice";
        return false;
      }
      features_seen = true;
      p->order[i] = ORDER_FEATURES;
      continue;
    }
    p->order[i] = (uint16_t)p->n_asks;
    ask_fill(&p->asks[p->n_asks], &view, syntaxes);
    syntaxes += view.n_transfer;
    p->n_asks++;
  }
  return true;
}

static bool proposal_take_auth(struct portero_server_assoc *a, struct proposal *p,
                               const struct portero_pdu *pdu)
{
  p->has_auth = pdu->has_auth;
  p->auth = pdu->auth;
  p->auth.value = portero_bytes_make(NULL, 0);
  if (!pdu->has_auth || pdu->auth.value.size == 0)
    return true;
  p->token = portero_mem_take(server_mem(a), pdu->auth.value.size);
  if (!p->token)
    return false;
  memcpy(p->token, pdu->auth.value.data, pdu->auth.value.size);
  p->auth.value = portero_bytes_make(p->token, pdu->auth.value.size);
  return true;
}

static struct proposal *proposal_new(struct portero_server_assoc *a, const struct portero_pdu *pdu)
{
  const struct portero_bind *bind = &pdu->body.bind;
  struct proposal *p = portero_mem_take(server_mem(a), sizeof *p);

  if (!p)
    return NULL;
  memset(p, 0, sizeof *p);
  p->header = pdu->header;
  p->alter = pdu->header.ptype == PORTERO_PTYPE_ALTER_CONTEXT;
  p->max_xmit_frag = bind->max_xmit_frag;
  p->max_recv_frag = bind->max_recv_frag;
  p->group_id = bind->assoc_group_id;
  a->proposal = p;
  if (proposal_reserve(a, p, bind) && proposal_take_auth(a, p, pdu))
    return p;
  server_proposal_free(a);
  return NULL;
}

bool server_keep_auth3(struct portero_server_assoc *a, const struct portero_pdu *pdu)
{
  struct proposal *p = portero_mem_take(server_mem(a), sizeof *p);

  if (!p)
    return false;
  memset(p, 0, sizeof *p);
  p->header = pdu->header;
  a->proposal = p;
  if (proposal_take_auth(a, p, pdu))
    return true;
  server_proposal_free(a);
  return false;
}

static void ask_bind(struct portero_server_assoc *a, struct portero_server_event *out_event)
{
  struct proposal *p = a->proposal;

  out_event->kind = PORTERO_SERVER_BIND;
  out_event->u.bind.alter = p->alter;
  out_event->u.bind.group_id = p->alter ? a->group_id : p->group_id;
  out_event->u.bind.call_id = p->header.call_id;
  out_event->u.bind.contexts = p->asks;
  out_event->u.bind.n_contexts = p->n_asks;
  out_event->u.bind.authenticated = p->has_auth;
  out_event->u.bind.auth_type = p->has_auth ? p->auth.type : PORTERO_AUTH_NONE;
  out_event->u.bind.auth_level = p->has_auth ? p->auth.level : PORTERO_LEVEL_NONE;
  server_set_state(a, SERVER_ASKED_BIND);
}

bool server_on_bind(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                    struct portero_server_event *out_event)
{
  const char *what = NULL;
  int nak;

  if (pdu->header.ptype == PORTERO_PTYPE_BIND && a->bound) {
    bind_refuse(a, &pdu->header, PORTERO_NAK_NOT_SPECIFIED, "a second bind");
    return false;
  }
  nak = server_auth_refusal(a, pdu);
  if (nak >= 0) {
    bind_refuse(a, &pdu->header, (enum portero_nak_reason)nak, "unfit authentication trailer");
    return false;
  }
  if (pdu->body.bind.n_contexts == 0) {
    bind_refuse(a, &pdu->header, PORTERO_NAK_NOT_SPECIFIED, "no presentation contexts");
    return false;
  }
  if (!proposal_new(a, pdu)) {
    bind_refuse(a, &pdu->header, PORTERO_NAK_LOCAL_LIMIT, "out of memory");
    return false;
  }
  if (!proposal_collect(a->proposal, &pdu->body.bind, &what)) {
    bind_refuse(a, &pdu->header, PORTERO_NAK_NOT_SPECIFIED, what);
    return false;
  }
  ask_bind(a, out_event);
  return true;
}

/* ---- the answer ---- */

static uint16_t negotiated_frag(uint16_t xmit, uint16_t receive, uint16_t most)
{
  uint16_t size = xmit < receive ? xmit : receive;

  if (size < MIN_NEGOTIATED_FRAG)
    size = MIN_NEGOTIATED_FRAG;
  if (size > most)
    size = most;
  return (uint16_t)(size & 0xfff8u);
}

static struct portero_context_result rejection(uint16_t result, uint16_t reason)
{
  struct portero_context_result r;

  memset(&r, 0, sizeof r);
  r.result = result;
  r.reason = reason;
  return r;
}

/*
 * May an id that is in use be proposed like this? With foreign syntaxes only it is rejected, not an
 * error; and so it is when it could be had again, but for what the driver says by now.
 */
static bool renews(const struct portero_pcontext *old, const struct portero_context_ask *ask,
                   bool accepted)
{
  if (!portero_syntax_equal(&old->abstract, &ask->abstract))
    return false;
  if (accepted)
    return portero_syntax_equal(&old->transfer, &ask->transfer[ask->chosen]);
  for (size_t i = 0; i < ask->n_transfer; i++)
    if (portero_syntax_equal(&ask->transfer[i], &old->transfer))
      return true;
  for (size_t i = 0; i < ask->n_transfer; i++)
    if (portero_syntax_equal(&ask->transfer[i], &portero_syntax_ndr) ||
        portero_syntax_equal(&ask->transfer[i], &portero_syntax_ndr64))
      return false;
  return true;
}

/*
 * What becomes of one proposed context. false: its id is taken by something else. Windows accepts one
 * context in each bind or alter_context; clients that offer NDR and NDR64 apart count on it.
 */
static bool settle_context(struct portero_server_assoc *a, const struct portero_context_ask *ask,
                           bool *accepted_one, struct portero_context_result *out_result)
{
  const struct portero_pcontext *old = pctx_find(&a->contexts, ask->id);
  bool accepted = ask->result == PORTERO_RESULT_ACCEPTANCE && ask->chosen < ask->n_transfer;

  *out_result = rejection(ask->result, ask->reason);
  if (old && !renews(old, ask, accepted))
    return false;
  if (!accepted)
    return true;
  if (*accepted_one) {
    *out_result = rejection(PORTERO_RESULT_PROVIDER_REJECTION, PORTERO_REASON_TRANSFER_SYNTAXES);
    return true;
  }
  if (!old && a->contexts.count >= a->config->limits.max_contexts) {
    *out_result = rejection(PORTERO_RESULT_PROVIDER_REJECTION, PORTERO_REASON_LOCAL_LIMIT);
    return true;
  }
  if (!old &&
      !pctx_put(&a->contexts, ask->id, &ask->abstract, &ask->transfer[ask->chosen], ask->owner)) {
    *out_result = rejection(PORTERO_RESULT_PROVIDER_REJECTION, PORTERO_REASON_LOCAL_LIMIT);
    return true;
  }
  *accepted_one = true;
  out_result->result = PORTERO_RESULT_ACCEPTANCE;
  out_result->reason = 0;
  out_result->transfer = ask->transfer[ask->chosen];
  return true;
}

static bool settle_contexts(struct portero_server_assoc *a, struct proposal *p)
{
  bool accepted_one = false;

  for (size_t i = 0; i < p->n_contexts; i++) {
    if (p->order[i] == ORDER_FEATURES) {
      a->features = (uint32_t)p->features & a->config->features;
      p->results[i] = rejection(PORTERO_RESULT_NEGOTIATE_ACK, (uint16_t)a->features);
      continue;
    }
    if (!settle_context(a, &p->asks[p->order[i]], &accepted_one, &p->results[i]))
      return false;
  }
  return true;
}

static void settle_connection(struct portero_server_assoc *a, const struct proposal *p,
                              uint32_t group_id)
{
  const struct portero_assoc_limits *limits = &a->config->limits;

  a->header_signing = a->header_signing || (a->config->header_signing &&
                                            (p->header.flags & PORTERO_PFC_SUPPORT_HEADER_SIGN));
  if (p->alter)
    return;
  a->bound = true;
  a->group_id = group_id;
  a->multiplexed = (p->header.flags & PORTERO_PFC_CONC_MPX) != 0;
  a->max_xmit = negotiated_frag(p->max_xmit_frag, p->max_recv_frag, limits->max_frag);
}

void portero_server_assoc_accept_bind(struct portero_server_assoc *a, uint32_t group_id)
{
  struct proposal *p = a->proposal;

  if (a->state != SERVER_ASKED_BIND)
    return;
  a->dated = false;
  p->results_size = p->n_contexts * sizeof(struct portero_context_result);
  p->results = portero_mem_take(server_mem(a), p->results_size);
  if (!p->results) {
    bind_refuse(a, &p->header, PORTERO_NAK_LOCAL_LIMIT, "out of memory");
    return;
  }
  if (!settle_contexts(a, p)) {
    bind_refuse(a, &p->header, PORTERO_NAK_NOT_SPECIFIED,
                "a context id is used twice for different things");
    return;
  }
  settle_connection(a, p, group_id);
  if (p->has_auth) {
    server_set_state(a, SERVER_ASKED_AUTH);
    return;
  }
  server_send_ack(a, portero_bytes_make(NULL, 0));
}

void portero_server_assoc_refuse_bind(struct portero_server_assoc *a,
                                      enum portero_nak_reason reason)
{
  if (a->state == SERVER_ASKED_BIND)
    bind_refuse(a, &a->proposal->header, reason, "refused");
}
