/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and protected requests at the server. [MS-RPCE] 3.3.1.5.2, 3.3.1.5.4, 2.2.2.11 */
#include "src/assoc/server_assoc.h"

int server_auth_refusal(const struct portero_server_assoc *a, const struct portero_pdu *pdu)
{
  if (!pdu->has_auth)
    return -1;
  if (pdu->odd & PORTERO_ODD_AUTH_PAD)
    return PORTERO_NAK_PROTOCOL_VERSION;
  if (pdu->auth.level < PORTERO_LEVEL_CONNECT || pdu->auth.level > PORTERO_LEVEL_PRIVACY)
    return PORTERO_NAK_NOT_SPECIFIED;
  if (pdu->auth.type == PORTERO_AUTH_NONE)
    return PORTERO_NAK_AUTH_TYPE;
  if (pdu->auth.value.size > a->config->limits.max_token)
    return PORTERO_NAK_LOCAL_LIMIT;
  return -1;
}

/* Why this leg cannot go on; 0 when it can. */
static uint32_t leg_refusal(const struct portero_server_assoc *a, const struct secure_context *c,
                            const struct portero_sec_trailer *auth)
{
  if (!c)
    return a->secure.count >= a->config->limits.max_security ? PORTERO_FAULT_PROTOCOL : 0;
  if (c->type != auth->type)
    return PORTERO_FAULT_SEC_PKG_ERROR;
  if (c->done || c->invalid || c->level != auth->level)
    return PORTERO_FAULT_ACCESS_DENIED;
  return 0;
}

/* A dialogue that may not go on so poisons its security context, wherever it stood. */
static bool leg_refused(struct portero_server_assoc *a, struct secure_context *c, uint32_t fault,
                        struct portero_server_event *out_event)
{
  const struct portero_pdu_header *header = &a->proposal->header;

  if (c)
    c->invalid = true;
  if (header->ptype == PORTERO_PTYPE_AUTH3)
    fault = PORTERO_FAULT_PROTOCOL;
  server_refuse(a, header->call_id, 0, fault, PORTERO_PFC_DID_NOT_EXECUTE,
                "this authentication cannot go on");
  return portero_server_assoc_next(a, out_event);
}

bool server_ask_auth(struct portero_server_assoc *a, struct portero_server_event *out_event)
{
  struct proposal *p = a->proposal;
  struct secure_context *c = secure_find(&a->secure, p->auth.context_id);
  uint32_t fault = leg_refusal(a, c, &p->auth);

  if (fault)
    return leg_refused(a, c, fault, out_event);
  if (!c)
    c = secure_add(&a->secure, p->auth.context_id, p->auth.type, p->auth.level);
  if (!c) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return portero_server_assoc_next(a, out_event);
  }
  if (!p->alter && p->header.ptype == PORTERO_PTYPE_BIND)
    a->standard = c;
  if (a->auth_since == PORTERO_NEVER)
    a->auth_since = a->now; /* when the token came, however long the other answers took */
  a->auth_asked = c;
  out_event->kind = PORTERO_SERVER_AUTH;
  out_event->u.auth.type = p->auth.type;
  out_event->u.auth.level = p->auth.level;
  out_event->u.auth.context_id = p->auth.context_id;
  out_event->u.auth.ptype = p->header.ptype;
  out_event->u.auth.header_signing = (p->header.flags & PORTERO_PFC_SUPPORT_HEADER_SIGN) != 0;
  out_event->u.auth.security = c->security;
  out_event->u.auth.token = p->auth.value;
  return true;
}

/* [MS-RPCE] 2.2.2.5: who cannot be asked is no reason to disbelieve. */
static enum portero_nak_reason nak_of(portero_status status)
{
  if (status.klass == PORTERO_CLASS_NAK)
    return (enum portero_nak_reason)status.code;
  if (status.klass == PORTERO_CLASS_SYSTEM || portero_is_local(status, PORTERO_LOCAL_TIMEOUT) ||
      portero_is_local(status, PORTERO_LOCAL_NO_MEMORY) ||
      portero_is_local(status, PORTERO_LOCAL_CANCELLED))
    return PORTERO_NAK_TEMPORARY_CONGESTION;
  return PORTERO_NAK_INVALID_CHECKSUM;
}

static void leg_failed(struct portero_server_assoc *a, struct secure_context *c,
                       portero_status status)
{
  const struct portero_pdu_header *header = &a->proposal->header;

  c->invalid = true;
  if (header->ptype == PORTERO_PTYPE_BIND) {
    server_send_nak(a, header->call_id, nak_of(status));
    server_close(a, status, "authentication failed");
  } else if (header->ptype == PORTERO_PTYPE_ALTER_CONTEXT) {
    server_refuse(a, header->call_id, 0,
                  status.klass == PORTERO_CLASS_FAULT ? status.code : PORTERO_FAULT_ACCESS_DENIED,
                  PORTERO_PFC_DID_NOT_EXECUTE, "authentication failed");
  } else {
    server_set_state(a, SERVER_READY); /* auth3 is never answered: the next request is refused */
  }
  if (!a->auth_asked)
    server_proposal_free(a); /* else its token is still being looked at */
}

/* The driver's answer once more: level call is known to the mechanism, and yet never agreed on. */
static portero_status leg_verdict(const struct secure_context *c, portero_status status)
{
  /* Clients raise it to packet before they send it. */
  if (portero_is_ok(status) && c->level == PORTERO_LEVEL_CALL)
    return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  return status;
}

portero_status portero_server_assoc_auth_done(struct portero_server_assoc *a, portero_status status,
                                              struct portero_security *security,
                                              struct portero_bytes token, bool done)
{
  struct secure_context *c = a->auth_asked;

  if (c && portero_is_ok(status))
    c->security = security; /* the machine's to free, be it too late for the rest */
  a->auth_asked = NULL;
  if (a->state != SERVER_ASKED_AUTH || !c) {
    if (c)
      server_proposal_free(a);
    if (!portero_is_ok(status))
      return status;
    return portero_is_ok(a->close_status) ? portero_local(PORTERO_LOCAL_CLOSED) : a->close_status;
  }
  a->dated = false;
  status = leg_verdict(c, status);
  if (!portero_is_ok(status)) {
    leg_failed(a, c, status);
    return status;
  }
  c->done = done;
  if (done && c->level == PORTERO_LEVEL_CONNECT && !a->named)
    a->unnamed = c;
  if (done && !secure_unfinished(&a->secure))
    a->auth_since = PORTERO_NEVER;
  if (a->proposal->header.ptype != PORTERO_PTYPE_AUTH3) {
    server_send_ack(a, token);
    return portero_ok();
  }
  c->invalid = !done || token.size > 0; /* a token that nobody will get: this leg was no auth3 */
  server_proposal_free(a);
  server_set_state(a, SERVER_READY);
  if (done && c->invalid)
    return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  return portero_ok();
}

void server_auth_late(struct portero_server_assoc *a)
{
  struct secure_context *c = a->auth_asked;

  if (a->state == SERVER_ASKED_AUTH && c)
    leg_failed(a, c, portero_local(PORTERO_LOCAL_TIMEOUT));
  server_close(a, portero_local(PORTERO_LOCAL_TIMEOUT), "authentication took too long");
}

bool server_on_auth3(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                     struct portero_server_event *out_event)
{
  const struct secure_context *c =
      pdu->has_auth ? secure_find(&a->secure, pdu->auth.context_id) : NULL;

  if (pdu->header.frag_length > a->config->limits.max_frag || !c || c->done) {
    server_refuse(a, pdu->header.call_id, 0, PORTERO_FAULT_PROTOCOL,
                  c && c->done ? PORTERO_PFC_DID_NOT_EXECUTE : 0,
                  "an auth3 that nothing waits for");
    return false;
  }
  if (pdu->odd & PORTERO_ODD_AUTH_PAD) {
    server_refuse(a, pdu->header.call_id, 0, PORTERO_FAULT_NO_MEMORY, PORTERO_PFC_DID_NOT_EXECUTE,
                  "auth3 padding");
    return false;
  }
  if (!server_keep_auth3(a, pdu)) {
    server_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  server_set_state(a, SERVER_ASKED_AUTH);
  return server_ask_auth(a, out_event);
}

/* ---- requests ---- */

/* first: the call whose fragment this is, whose context counts; or NULL. */
static struct secure_context *request_refused(struct portero_server_assoc *a,
                                              const struct portero_pdu *pdu,
                                              const struct server_call *first, uint32_t status,
                                              uint8_t flags, const char *what)
{
  uint16_t context_id =
      first && first->pub.context ? first->pub.context->id : pdu->body.request.context_id;

  server_refuse(a, pdu->header.call_id, flags & PORTERO_PFC_DID_NOT_EXECUTE ? 0 : context_id,
                status, flags, what);
  return NULL;
}

/* Which security context a request with a trailer belongs to; NULL: refused. */
static struct secure_context *trailer_context(struct portero_server_assoc *a,
                                              const struct portero_pdu *pdu,
                                              const struct server_call *first)
{
  struct secure_context *c;

  if (a->secure.count == 0)
    return request_refused(a, pdu, first, PORTERO_FAULT_ACCESS_DENIED, 0,
                           "a protected request without authentication");
  if (first)
    return first->secure ? first->secure
                         : request_refused(a, pdu, first, PORTERO_FAULT_PROTOCOL, 0,
                                           "fragments differ in authentication");
  c = secure_find(&a->secure, pdu->auth.context_id);
  if (!c || c->type != pdu->auth.type || c->level != pdu->auth.level)
    return request_refused(a, pdu, first, PORTERO_FAULT_ACCESS_DENIED, 0,
                           "the trailer names no security context");
  if (c->invalid)
    return request_refused(a, pdu, first, PORTERO_FAULT_ACCESS_DENIED, 0, "authentication failed");
  if (!c->done)
    return request_refused(a, pdu, first, PORTERO_FAULT_PROTOCOL, PORTERO_PFC_DID_NOT_EXECUTE,
                           "authentication is not complete");
  return c;
}

/*
 * A request without a trailer belongs to the newest security context of connect level, until the
 * client has named one in a trailer; so Windows has it. From then on, or without such a one, it
 * belongs to that of the bind: fine where the bind had none, and at connect level as long as it is
 * the only one.
 */
static bool may_omit_trailer(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                             const struct server_call *first, struct secure_context **out_secure)
{
  struct secure_context *c = a->unnamed ? a->unnamed : a->standard;

  *out_secure = NULL;
  if (first && first->secure && first->secure->level >= PORTERO_LEVEL_PACKET)
    return request_refused(a, pdu, first, PORTERO_FAULT_PROTOCOL, 0,
                           "fragments differ in authentication") != NULL;
  if (first || !c)
    return true;
  if (c->invalid)
    return request_refused(a, pdu, first, PORTERO_FAULT_ACCESS_DENIED, 0,
                           "authentication failed") != NULL;
  if (!c->done)
    return request_refused(a, pdu, first, PORTERO_FAULT_PROTOCOL, PORTERO_PFC_DID_NOT_EXECUTE,
                           "authentication is not complete") != NULL;
  if ((a->secure.count > 1 && c != a->unnamed) || c->level >= PORTERO_LEVEL_PACKET)
    return request_refused(a, pdu, first, PORTERO_FAULT_PROTOCOL, 0,
                           "the authentication trailer is missing") != NULL;
  *out_secure = c;
  return true;
}

bool server_open_request(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                         struct server_call *first, struct secure_context **out_secure,
                         struct portero_pdu *out_pdu)
{
  size_t body_at = PORTERO_PDU_REQUEST_SIZE + (pdu->body.request.has_object ? 16u : 0u);
  struct secure_context *c;
  portero_status status;

  *out_pdu = *pdu;
  if (!pdu->has_auth)
    return may_omit_trailer(a, pdu, first, out_secure);
  c = trailer_context(a, pdu, first);
  if (!c)
    return false;
  status = secure_open(&a->secure, c, pdu, body_at, a->header_signing,
                       a->config->in_place || frame_owns(&a->frame, pdu->whole), out_pdu);
  if (portero_is_local(status, PORTERO_LOCAL_NO_MEMORY)) {
    server_close(a, status, NULL);
    return false;
  }
  if (!portero_is_ok(status))
    return request_refused(a, pdu, first, PORTERO_FAULT_SEC_PKG_ERROR, 0,
                           "the signature does not fit") != NULL;
  a->named = true;
  a->unnamed = NULL;
  *out_secure = c;
  return true;
}
