/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acceptor's end. It takes the first of its own mechanisms that the initiator offers. Peers that
 * leave SPNEGO out and send the mechanism's token alone are served with it, as Windows does.
 */
#include "src/auth/spnego.h"

#include <stdlib.h>

#include <portero/pdu.h>

#define NOT_FOUND SIZE_MAX

static portero_status refused(void)
{
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
}

/* What this leg answers with. */
struct reply {
  struct spnego_resp resp;
  struct portero_writer token;
  struct portero_writer mic;
};

static portero_status step_inner(struct spnego *s, struct portero_bytes token,
                                 struct portero_writer *out_token)
{
  if (s->inner[0].type == PORTERO_AUTH_KERBEROS)
    token = spnego_without_frame(token);
  return spnego_step_inner(s, token, out_token);
}

/* ---- the first leg ---- */

static uint8_t mech_for(uint8_t type)
{
  return type == PORTERO_AUTH_KERBEROS ? SPNEGO_MECH_MS_KERBEROS : SPNEGO_MECH_NTLM;
}

/* [MS-SPNG] 3.2.5.2: the initiator has nothing to say and wants to hear what there is. Once. */
static portero_status hint(struct spnego *s, struct portero_writer *out_token)
{
  struct spnego_init init = {.hints = true};

  if (s->hinted)
    return spnego_fail(s, refused(), "SPNEGO: the client offers no mechanism");
  s->hinted = true;
  for (size_t i = 0; i < s->n_inner; i++) {
    init.mechs[init.n_mechs++] = mech_for(s->inner[i].type);
    if (s->inner[i].type == PORTERO_AUTH_KERBEROS)
      init.mechs[init.n_mechs++] = SPNEGO_MECH_KERBEROS;
  }
  spnego_init_write(out_token, &init);
  return portero_ok();
}

/* Where in the list is the first mechanism of this type? */
static size_t place_of(const struct spnego_init *init, uint8_t type)
{
  for (size_t i = 0; i < init->n_mechs; i++)
    if (spnego_type_of(init->mechs[i]) == type)
      return i;
  return NOT_FOUND;
}

static portero_status choose(struct spnego *s, const struct spnego_init *init, size_t *out_place)
{
  for (size_t i = 0; i < s->n_inner; i++) {
    size_t place = place_of(init, s->inner[i].type);
    if (place == NOT_FOUND)
      continue;
    spnego_choose(s, i);
    s->preferred = place == 0;
    s->leg = SPNEGO_LEG_NEXT;
    *out_place = place;
    return portero_ok();
  }
  return spnego_fail(s, refused(), "SPNEGO: none of the client's mechanisms is served here");
}

static portero_status take_first_token(struct spnego *s, struct portero_bytes token,
                                       struct reply *reply)
{
  portero_status status;

  reply->resp.answer = s->preferred ? SPNEGO_ACCEPT_INCOMPLETE : SPNEGO_REQUEST_MIC;
  if (!s->preferred || token.size == 0)
    return portero_ok();
  status = step_inner(s, token, &reply->token);
  if (portero_is_ok(status) && s->inner_done)
    reply->resp.answer = SPNEGO_ACCEPT_COMPLETED;
  return status;
}

static portero_status first_leg(struct spnego *s, struct portero_bytes message, struct reply *reply)
{
  struct spnego_init init;
  size_t place = 0;
  portero_status status = spnego_init_read(message, &init);

  if (!portero_is_ok(status))
    return spnego_fail(s, refused(), "SPNEGO: the client's first token cannot be read");
  status = choose(s, &init, &place);
  if (!portero_is_ok(status))
    return status;
  reply->resp.has_mech = true;
  reply->resp.mech = init.mechs[place];
  status = spnego_keep_list(s, init.list);
  if (!portero_is_ok(status))
    return spnego_fail(s, status, "out of memory");
  return take_first_token(s, init.token, reply);
}

/* ---- the others ---- */

static portero_status go_on(struct spnego *s, const struct spnego_resp *resp, struct reply *reply)
{
  if (resp->answer == SPNEGO_REJECT)
    return spnego_fail(s, refused(), "SPNEGO: the client gave up");
  if (resp->has_mech && spnego_type_of(resp->mech) != s->inner[0].type)
    return spnego_fail(s, refused(), "SPNEGO: the client changed its mind about the mechanism");
  if (s->inner_done != (resp->token.size == 0))
    return spnego_fail(s, refused(), "SPNEGO: the client's token is missing, or one too many");
  return s->inner_done ? portero_ok() : step_inner(s, resp->token, &reply->token);
}

/* The mechanism is done. Are its signatures over the list exchanged, where they are due? Whoever has
 * not signed yet gets ours and one more leg to do so. */
static portero_status settle_mic(struct spnego *s, struct portero_bytes mic, struct reply *reply)
{
  bool due = !s->preferred || mic.size > 0 || s->made || spnego_mic_wanted(s);
  portero_status status = portero_ok();

  if (mic.size > 0)
    status = spnego_mic_check(s, mic);
  if (!portero_is_ok(status))
    return status;
  if (due && !s->checked && s->made)
    return spnego_fail(s, refused(),
                       "SPNEGO: the client did not sign the list of mechanisms (mechListMIC)");
  if (due && !s->made)
    status = spnego_mic_make(s, &reply->mic);
  reply->resp.answer = due && !s->checked ? SPNEGO_ACCEPT_INCOMPLETE : SPNEGO_ACCEPT_COMPLETED;
  return status;
}

static portero_status next_leg(struct spnego *s, struct portero_bytes message, struct reply *reply)
{
  struct spnego_resp resp;
  portero_status status = spnego_resp_read(message, &resp);

  if (!portero_is_ok(status))
    return spnego_fail(s, refused(), "SPNEGO: what the client sent cannot be read");
  reply->resp.answer = SPNEGO_ACCEPT_INCOMPLETE;
  status = go_on(s, &resp, reply);
  if (portero_is_ok(status) && s->inner_done)
    status = settle_mic(s, resp.mic, reply);
  return status;
}

static portero_status leg_in_spnego(struct spnego *s, struct portero_bytes token,
                                    struct portero_writer *out_token, bool *out_done)
{
  struct reply reply = {0};
  portero_status status;

  portero_writer_init(&reply.token, &portero_mem_malloc, SPNEGO_TOKEN_LIMIT);
  portero_writer_init(&reply.mic, &portero_mem_malloc, SPNEGO_TOKEN_LIMIT);
  status = s->leg == SPNEGO_LEG_FIRST ? first_leg(s, token, &reply) : next_leg(s, token, &reply);
  reply.resp.token = portero_writer_bytes(&reply.token);
  reply.resp.mic = portero_writer_bytes(&reply.mic);
  if (!portero_is_ok(status))
    reply.resp = (struct spnego_resp){.answer = SPNEGO_REJECT};
  spnego_resp_write(out_token, &reply.resp);
  portero_writer_deinit(&reply.token);
  portero_writer_deinit(&reply.mic);
  if (portero_is_ok(status))
    status = portero_writer_finish(out_token);
  if (portero_is_ok(status) && reply.resp.answer == SPNEGO_ACCEPT_COMPLETED)
    spnego_establish(s, out_done);
  return status;
}

/* ---- without SPNEGO ---- */

static bool goes_bare(struct spnego *s, struct portero_bytes token)
{
  uint8_t type = spnego_type_of((uint8_t)spnego_bare_mech(token));

  for (size_t i = 0; type != PORTERO_AUTH_NONE && i < s->n_inner; i++) {
    if (s->inner[i].type != type)
      continue;
    spnego_choose(s, i);
    s->leg = SPNEGO_LEG_BARE;
    return true;
  }
  return false;
}

static portero_status bare_leg(struct spnego *s, struct portero_bytes token,
                               struct portero_writer *out_token, bool *out_done)
{
  portero_status status = step_inner(s, token, out_token);

  if (portero_is_ok(status) && s->inner_done)
    spnego_establish(s, out_done);
  return status;
}

static portero_status acceptor_step(struct portero_security *security, struct portero_bytes token,
                                    struct portero_writer *out_token, bool *out_done)
{
  struct spnego *s = spnego_of(security);

  if (s->leg == SPNEGO_LEG_DONE)
    return portero_local(PORTERO_LOCAL_STATE);
  *out_done = false;
  if (s->leg == SPNEGO_LEG_BARE || (s->leg == SPNEGO_LEG_FIRST && goes_bare(s, token)))
    return bare_leg(s, token, out_token, out_done);
  if (s->leg == SPNEGO_LEG_FIRST && token.size == 0)
    return hint(s, out_token);
  return leg_in_spnego(s, token, out_token, out_done);
}

static const struct portero_security_ops acceptor_ops = {
    .type = PORTERO_AUTH_SPNEGO,
    .step = acceptor_step,
    .value_size = spnego_value_size,
    .protect = spnego_protect,
    .unprotect = spnego_unprotect,
    .identity = spnego_identity,
    .why = spnego_why,
    .free = spnego_free,
    .claimed = spnego_claimed,
};

portero_status spnego_acceptor_make(const struct spnego_inner *inner, size_t n_inner,
                                    struct portero_security **out_security)
{
  return spnego_make(&acceptor_ops, inner, n_inner, out_security);
}

/* ---- for servers ---- */

struct chooser {
  struct portero_acceptor acceptor; /* first */
  struct portero_acceptor *inner[SPNEGO_INNER_LIMIT];
  size_t n_inner;
};

static portero_status chooser_begin(void *ctx, uint8_t level,
                                    struct portero_security **out_security)
{
  const struct chooser *c = ctx;
  struct spnego_inner inner[SPNEGO_INNER_LIMIT];
  portero_status status = portero_ok();
  size_t n = 0;

  for (; n < c->n_inner; n++) {
    const struct portero_acceptor *a = c->inner[n];
    status = a->begin(a->ctx, level, &inner[n].security);
    if (!portero_is_ok(status))
      break;
    inner[n].type = a->type;
    inner[n].mic = a->type == PORTERO_AUTH_KERBEROS ? &kerberos_mic_ops : &ntlm_mic_ops;
  }
  if (portero_is_ok(status))
    return spnego_acceptor_make(inner, n, out_security);
  while (n-- > 0)
    inner[n].security->ops->free(inner[n].security);
  return status;
}

static void chooser_free(struct portero_acceptor *a)
{
  free(a);
}

static bool fits(struct portero_acceptor *const *inner, size_t n_inner)
{
  if (n_inner == 0 || n_inner > SPNEGO_INNER_LIMIT)
    return false;
  for (size_t i = 0; i < n_inner; i++)
    if (inner[i]->type != PORTERO_AUTH_NTLM && inner[i]->type != PORTERO_AUTH_KERBEROS)
      return false;
  return n_inner == 1 || inner[0]->type != inner[1]->type;
}

portero_status portero_acceptor_spnego_new(struct portero_acceptor *const *inner, size_t n_inner,
                                           struct portero_acceptor **out_acceptor)
{
  struct chooser *c;

  if (!fits(inner, n_inner))
    return portero_local(PORTERO_LOCAL_USAGE);
  c = calloc(1, sizeof *c);
  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memcpy(c->inner, inner, n_inner * sizeof *inner);
  c->n_inner = n_inner;
  c->acceptor = (struct portero_acceptor){
      .type = PORTERO_AUTH_SPNEGO, .begin = chooser_begin, .ctx = c, .free = chooser_free};
  *out_acceptor = &c->acceptor;
  return portero_ok();
}
