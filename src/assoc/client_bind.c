/* SPDX-License-Identifier: Apache-2.0 */
/* bind and alter_context at the client, and the dialogue of tokens. [MS-RPCE] 3.3.2.4.1, 3.3.2.5 */
#include "src/assoc/client_assoc.h"

#define MAX_CONTEXTS 255u

void client_bind_free(struct portero_client_assoc *a)
{
  portero_mem_give(client_mem(a), a->results, a->results_size);
  portero_mem_give(client_mem(a), a->token, a->token_size);
  client_pcontexts_give(a, &a->asked);
  a->results = NULL;
  a->token = NULL;
  a->results_size = a->token_size = a->n_results = 0;
  a->results_known = false;
}

void client_add_token(struct portero_writer *w, size_t start, const struct secure_context *c,
                      struct portero_bytes token)
{
  struct portero_sec_trailer trailer = {.type = c->type, .level = c->level, .context_id = c->id};

  portero_pdu_add_auth(w, start, start, 4, &trailer, token.size);
  if (!w->failed && token.size)
    memcpy(w->base + w->size - token.size, token.data, token.size);
}

uint8_t client_bind_flags(const struct portero_client_assoc *a, const struct secure_context *c)
{
  uint8_t flags = PORTERO_PFC_WHOLE | PORTERO_PFC_CONC_MPX;

  if (c && a->config->header_signing && c->level >= PORTERO_LEVEL_PACKET)
    flags |= PORTERO_PFC_SUPPORT_HEADER_SIGN;
  return flags;
}

/* The proposal on the wire: what the driver wants, and the features behind it in the first bind. */
static portero_status send_proposal(struct portero_client_assoc *a,
                                    const struct portero_context *contexts, uint8_t n_contexts,
                                    uint32_t group_id, struct portero_bytes token)
{
  uint8_t ptype = a->alter ? PORTERO_PTYPE_ALTER_CONTEXT : PORTERO_PTYPE_BIND;
  struct portero_pdu_header header =
      client_header(ptype, client_bind_flags(a, a->authenticating), a->bind_call_id);
  struct portero_writer *w = output_writer(&a->output);
  struct portero_bind bind;
  size_t start = w->size;

  memset(&bind, 0, sizeof bind);
  bind.max_xmit_frag = bind.max_recv_frag = a->config->limits.max_frag;
  bind.assoc_group_id = group_id;
  bind.n_contexts = n_contexts;
  bind.contexts = contexts;
  if (a->alter)
    portero_pdu_write_alter_context(w, &header, &bind);
  else
    portero_pdu_write_bind(w, &header, &bind);
  if (a->authenticating)
    client_add_token(w, start, a->authenticating, token);
  a->asked_since = a->bound ? MOMENT_UNDATED : a->now;
  a->state = CLIENT_BINDING;
  return client_commit(a, start);
}

static portero_status propose_with_features(struct portero_client_assoc *a,
                                            const struct portero_context *contexts,
                                            uint8_t n_contexts, uint32_t group_id,
                                            struct portero_bytes token)
{
  struct portero_syntax features = portero_syntax_from_features(a->config->features);
  struct portero_context all[MAX_CONTEXTS];

  memcpy(all, contexts, n_contexts * sizeof *contexts);
  all[n_contexts] = contexts[0];
  all[n_contexts].id = (uint16_t)(contexts[n_contexts - 1].id + 1);
  all[n_contexts].transfer = &features;
  all[n_contexts].n_transfer = 1;
  a->features_asked = true;
  a->n_proposed++;
  return send_proposal(a, all, (uint8_t)(n_contexts + 1), group_id, token);
}

/* Nothing was sent: the security context stays the caller's. */
static portero_status abandon_security(struct portero_client_assoc *a, portero_status status)
{
  if (a->authenticating)
    a->authenticating->security = NULL;
  a->authenticating = NULL;
  return status;
}

portero_status portero_client_assoc_bind(struct portero_client_assoc *a,
                                         const struct portero_context *contexts, uint8_t n_contexts,
                                         uint32_t group_id, struct portero_security *security,
                                         uint8_t level, struct portero_bytes token)
{
  portero_status status;

  if (a->state != CLIENT_UNBOUND && a->state != CLIENT_READY)
    return portero_local(PORTERO_LOCAL_STATE);
  if (n_contexts == 0 || n_contexts >= MAX_CONTEXTS || (security && token.size == 0))
    return portero_local(PORTERO_LOCAL_USAGE);
  status = client_take_security(a, security, level);
  if (!portero_is_ok(status))
    return status;
  client_bind_free(a);
  for (uint8_t i = 0; i < n_contexts; i++)
    if (!client_pcontext_put(a, &a->asked, contexts[n_contexts - 1 - i].id,
                             &contexts[n_contexts - 1 - i].abstract))
      return abandon_security(a, portero_local(PORTERO_LOCAL_NO_MEMORY));
  a->alter = a->proposed_alter = a->bound;
  a->leg_context = contexts[0];
  a->leg_transfer = contexts[0].transfer[0];
  a->bind_call_id = a->next_call_id++;
  a->features_asked = false;
  a->n_proposed = n_contexts;
  if (!a->alter && a->config->features)
    status = propose_with_features(a, contexts, n_contexts, group_id, token);
  else
    status = send_proposal(a, contexts, n_contexts, a->alter ? a->group_id : group_id, token);
  return portero_is_ok(status) ? status : abandon_security(a, status);
}

/* ---- the answer ---- */

static bool ack_results(struct portero_client_assoc *a, const struct portero_bind_ack *ack)
{
  struct portero_reader reader = ack->results_reader;

  if (a->results_known)
    return true; /* a further leg of the dialogue tells nothing new */
  a->results = portero_mem_take(client_mem(a), ack->n_results * sizeof *a->results);
  if (!a->results)
    return false;
  a->results_known = true;
  a->results_size = ack->n_results * sizeof *a->results;
  while (a->n_results < ack->n_results &&
         portero_context_result_next(&reader, &a->results[a->n_results]))
    a->n_results++;
  return true;
}

static void ack_settle(struct portero_client_assoc *a, const struct portero_pdu *pdu)
{
  const struct portero_bind_ack *ack = &pdu->body.bind_ack;
  const struct portero_context_result *last;

  if (pdu->header.flags & PORTERO_PFC_SUPPORT_HEADER_SIGN && a->config->header_signing)
    a->header_signing = true;
  if (a->bound)
    return;
  a->bound = true;
  a->group_id = ack->assoc_group_id;
  a->max_xmit = ack->max_recv_frag < a->config->limits.max_frag ? ack->max_recv_frag
                                                                : a->config->limits.max_frag;
  last = a->n_results ? &a->results[a->n_results - 1] : NULL;
  if (a->features_asked && last && last->result == PORTERO_RESULT_NEGOTIATE_ACK)
    a->features = last->reason;
}

bool client_tell_bound(struct portero_client_assoc *a, struct portero_bytes address,
                       struct portero_client_event *out_event)
{
  a->state = CLIENT_READY;
  a->asked_since = PORTERO_NEVER;
  out_event->kind = PORTERO_CLIENT_BOUND;
  out_event->u.bound.alter = a->proposed_alter;
  out_event->u.bound.group_id = a->group_id;
  out_event->u.bound.results = a->results;
  out_event->u.bound.n_results = a->n_results - (a->features_asked && a->n_results ? 1 : 0);
  out_event->u.bound.secondary_address = address;
  out_event->u.bound.features = a->features;
  return true;
}

bool client_on_ack(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                   struct portero_client_event *out_event)
{
  uint8_t expected = a->alter ? PORTERO_PTYPE_ALTER_CONTEXT_RESP : PORTERO_PTYPE_BIND_ACK;

  if (a->state != CLIENT_BINDING || pdu->header.ptype != expected ||
      pdu->header.call_id != a->bind_call_id) {
    client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL),
                 "an answer to a bind that was not asked");
    return false;
  }
  if (pdu->body.bind_ack.max_recv_frag < PORTERO_PDU_REQUEST_SIZE * 2 && !a->bound) {
    client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL),
                 "the server's fragments are too small to hold a request");
    return false;
  }
  if (!a->results_known && pdu->body.bind_ack.n_results != a->n_proposed) {
    client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL),
                 "more or fewer results than were asked for");
    return false;
  }
  if (!ack_results(a, &pdu->body.bind_ack)) {
    client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  client_pcontexts_agree(a);
  ack_settle(a, pdu);
  if (a->authenticating && !a->authenticating->done)
    return client_ask_step(a, pdu, out_event);
  return client_tell_bound(a, pdu->body.bind_ack.secondary_address, out_event);
}

bool client_on_nak(struct portero_client_assoc *a, const struct portero_pdu *pdu)
{
  if (a->state == CLIENT_BINDING && !a->alter)
    client_close(a, portero_status_make(PORTERO_CLASS_NAK, pdu->body.bind_nak.reason),
                 "the server refuses the bind");
  else
    client_close(a, portero_local(PORTERO_LOCAL_PROTOCOL), "a bind_nak without a bind");
  return false;
}

/* A further leg goes by alter_context, with one context that is agreed already. [MS-RPCE] 3.3.2.5.2 */
portero_status client_send_leg(struct portero_client_assoc *a, struct portero_bytes token)
{
  struct portero_context context = a->leg_context;

  context.transfer = &a->leg_transfer;
  context.n_transfer = 1;
  a->alter = true;
  a->bind_call_id = a->next_call_id++;
  return send_proposal(a, &context, 1, a->group_id, token);
}
