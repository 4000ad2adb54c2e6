/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue of tokens at the client. [MS-RPCE] 3.3.2.4.1.1, 3.3.2.5.2 */
#include "src/assoc/client_assoc.h"

portero_status client_take_security(struct portero_client_assoc *a,
                                    struct portero_security *security, uint8_t level)
{
  struct secure_context *c;

  a->authenticating = NULL;
  if (!security)
    return portero_ok();
  if (a->secure.count >= a->config->limits.max_security)
    return portero_local(PORTERO_LOCAL_LIMIT);
  c = secure_add(&a->secure, (uint32_t)a->secure.count, security->ops->type,
                 level == PORTERO_LEVEL_CALL ? PORTERO_LEVEL_PACKET : level);
  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  c->security = security;
  a->authenticating = c;
  return portero_ok();
}

/* What is agreed on is what was asked for: no weaker level, no other mechanism. */
static bool trailer_fits(const struct secure_context *c, const struct portero_pdu *pdu)
{
  return pdu->has_auth && pdu->auth.type == c->type && pdu->auth.level == c->level &&
         pdu->auth.context_id == c->id;
}

bool client_ask_step(struct portero_client_assoc *a, const struct portero_pdu *pdu,
                     struct portero_client_event *out_event)
{
  size_t size = pdu->has_auth ? pdu->auth.value.size : 0;

  if (!trailer_fits(a->authenticating, pdu)) {
    client_close(a, portero_local(PORTERO_LOCAL_SECURITY),
                 pdu->has_auth
                     ? "the server answers for another security context, mechanism or level"
                     : "the server does not answer the authentication");
    return false;
  }
  if (size > a->config->limits.max_token) {
    client_close(a, portero_local(PORTERO_LOCAL_LIMIT), "the server's token is too large");
    return false;
  }
  portero_mem_give(client_mem(a), a->token, a->token_size);
  a->token_size = size;
  a->token = size ? portero_mem_take(client_mem(a), size) : NULL;
  if (size && !a->token) {
    a->token_size = 0;
    client_close(a, portero_local(PORTERO_LOCAL_NO_MEMORY), NULL);
    return false;
  }
  if (size)
    memcpy(a->token, pdu->auth.value.data, size);
  a->state = CLIENT_ASKED_AUTH;
  a->asked_since = PORTERO_NEVER;
  out_event->kind = PORTERO_CLIENT_AUTH;
  out_event->u.auth.security = a->authenticating->security;
  out_event->u.auth.token = portero_bytes_make(a->token, size);
  return true;
}

static portero_status send_auth3(struct portero_client_assoc *a, struct portero_bytes token)
{
  struct portero_pdu_header header =
      client_header(PORTERO_PTYPE_AUTH3, client_bind_flags(a, a->authenticating), a->bind_call_id);
  struct portero_writer *w = output_writer(&a->output);
  size_t start = w->size;

  portero_pdu_write_simple(w, &header);
  client_add_token(w, start, a->authenticating, token);
  return client_commit(a, start);
}

void portero_client_assoc_auth_done(struct portero_client_assoc *a, portero_status status,
                                    struct portero_bytes token, bool done)
{
  if (a->state != CLIENT_ASKED_AUTH)
    return;
  if (!portero_is_ok(status)) {
    client_close(a, status, "authentication failed");
    return;
  }
  a->dated = false;
  a->authenticating->done = done;
  if (done)
    a->current = a->authenticating;
  if (token.size == 0 && !done) {
    client_close(a, portero_local(PORTERO_LOCAL_SECURITY),
                 "the mechanism has nothing to say and is not done");
    return;
  }
  if (token.size == 0 || (done && a->authenticating->security->ops->type == PORTERO_AUTH_NTLM)) {
    if (token.size && !portero_is_ok(send_auth3(a, token)))
      return;
    a->bound_untold = true;
    a->state = CLIENT_READY;
    return;
  }
  (void)client_send_leg(a, token);
}

struct portero_security *portero_client_assoc_security(const struct portero_client_assoc *a,
                                                       uint8_t *out_level)
{
  if (!a->current)
    return NULL;
  *out_level = a->current->level;
  return a->current->security;
}

struct portero_security *portero_client_assoc_authenticating(const struct portero_client_assoc *a)
{
  return a->authenticating ? a->authenticating->security : NULL;
}
