/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initiator's end. Its rules are those of [RFC4178] 5 and what Windows and Samba make of them; a
 * mechanism that it did not offer is never taken, and a mechListMIC that is due is never done without.
 */
#include "src/auth/spnego.h"

#include <stdio.h>

static portero_status refused(void)
{
  return portero_local(PORTERO_LOCAL_SECURITY);
}

/* ---- the first leg ---- */

/* Kerberos by both of its names, as Windows offers it. */
static size_t mechs_of(const struct spnego *s, uint8_t mechs[SPNEGO_MECHS_LIMIT])
{
  size_t n = 0;

  for (size_t i = 0; i < s->n_inner; i++) {
    if (s->inner[i].type == PORTERO_AUTH_KERBEROS) {
      mechs[n++] = SPNEGO_MECH_MS_KERBEROS;
      mechs[n++] = SPNEGO_MECH_KERBEROS;
    } else {
      mechs[n++] = SPNEGO_MECH_NTLM;
    }
  }
  return n;
}

/*
 * The first mechanism's token. One that cannot give it ends the dialogue, unless falling back is
 * allowed: then it is not offered, and it is told why.
 */
static portero_status first_token(struct spnego *s, struct portero_writer *token)
{
  char because[SPNEGO_WHY_SIZE];
  size_t size;
  portero_status status = spnego_step_inner(s, portero_bytes_make(NULL, 0), token);

  if (portero_is_ok(status) || s->n_inner == 1)
    return status;
  if (!s->falls_back) {
    size = strlen(s->why);
    (void)snprintf(s->why + size, sizeof s->why - size,
                   "; NTLM is not taken instead: ask for it by name, if it is to be");
    return status;
  }
  memcpy(because, s->why, sizeof because);
  spnego_choose(s, 1);
  portero_writer_reset(token);
  status = spnego_step_inner(s, portero_bytes_make(NULL, 0), token);
  if (!portero_is_ok(status))
    return status;
  memcpy(s->why, because, sizeof because);
  size = strlen(s->why);
  (void)snprintf(s->why + size, sizeof s->why - size, "; went on with %s",
                 spnego_name_of(s->inner[0].type));
  return portero_ok();
}

static portero_status offer(struct spnego *s, struct portero_writer *token,
                            struct portero_writer *out_token)
{
  uint8_t list[64];
  struct spnego_init init = {0};
  struct portero_writer w;
  portero_status status = first_token(s, token);

  if (!portero_is_ok(status))
    return status;
  init.n_mechs = mechs_of(s, init.mechs);
  init.token = portero_writer_bytes(token);
  portero_writer_init_fixed(&w, list, sizeof list);
  spnego_list_write(&w, init.mechs, init.n_mechs);
  status = spnego_keep_list(s, portero_writer_bytes(&w));
  if (!portero_is_ok(status))
    return spnego_fail(s, status, "out of memory");
  spnego_init_write(out_token, &init);
  s->leg = SPNEGO_LEG_CHOICE;
  return portero_ok();
}

/* ---- what the acceptor says ---- */

/* Another mechanism than the first: it starts from the beginning. */
static portero_status change(struct spnego *s, const struct spnego_resp *resp)
{
  if (s->n_inner == 1 || s->inner[1].type != spnego_type_of(resp->mech))
    return spnego_fail(s, refused(), "SPNEGO: the server chose a mechanism that was not offered");
  if (resp->answer == SPNEGO_ACCEPT_COMPLETED || resp->token.size > 0)
    return spnego_fail(s, refused(),
                       "SPNEGO: the server goes on with a mechanism that has not begun");
  spnego_choose(s, 1);
  s->inner_done = false;
  s->preferred = false;
  (void)snprintf(s->why, sizeof s->why, "the server chose %s", spnego_name_of(s->inner[0].type));
  return portero_ok();
}

/* *out_begins: the mechanism inside starts only now. */
static portero_status hear_choice(struct spnego *s, const struct spnego_resp *resp,
                                  bool *out_begins)
{
  bool first = s->leg == SPNEGO_LEG_CHOICE;
  bool same = !resp->has_mech || spnego_type_of(resp->mech) == s->inner[0].type;

  *out_begins = first && !same;
  if (!first && resp->answer == SPNEGO_REQUEST_MIC)
    return spnego_fail(s, refused(), "SPNEGO: the server asks for a mechListMIC too late");
  if (!first && !same)
    return spnego_fail(s, refused(), "SPNEGO: the server changed its mind about the mechanism");
  if (!first)
    return portero_ok();
  s->leg = SPNEGO_LEG_NEXT;
  s->requested = resp->answer == SPNEGO_REQUEST_MIC;
  if (!same)
    return change(s, resp);
  spnego_choose(s, 0);
  return portero_ok();
}

static portero_status go_on(struct spnego *s, const struct spnego_resp *resp, bool begins,
                            struct portero_writer *token)
{
  if (s->inner_done && resp->token.size > 0)
    return spnego_fail(s, refused(), "SPNEGO: a token behind the last one");
  if (s->inner_done)
    return portero_ok();
  if (!begins && resp->token.size == 0)
    return spnego_fail(s, refused(), "SPNEGO: the server's token is missing");
  return spnego_step_inner(s, resp->token, token);
}

static bool is_due(const struct spnego *s)
{
  return !s->preferred || s->requested || s->checked || spnego_mic_wanted(s);
}

/* The acceptor is done; so must we be. */
static portero_status complete(struct spnego *s, const struct portero_writer *token, bool *out_done)
{
  if (!s->inner_done || token->size > 0)
    return spnego_fail(s, refused(), "SPNEGO: the server ended the dialogue before its end");
  if ((s->made || !s->preferred || s->requested) && !s->checked)
    return spnego_fail(s, refused(),
                       "SPNEGO: the server did not sign the list of mechanisms (mechListMIC)");
  spnego_establish(s, out_done);
  return portero_ok();
}

static portero_status answer(struct spnego *s, const struct portero_writer *token,
                             struct portero_writer *out_token)
{
  struct spnego_resp resp = {.answer = SPNEGO_NO_ANSWER, .token = portero_writer_bytes(token)};
  struct portero_writer mic;
  portero_status status = portero_ok();

  portero_writer_init(&mic, &portero_mem_malloc, SPNEGO_TOKEN_LIMIT);
  if (s->inner_done && !s->made && is_due(s))
    status = spnego_mic_make(s, &mic);
  resp.mic = portero_writer_bytes(&mic);
  if (portero_is_ok(status) && resp.token.size == 0 && resp.mic.size == 0)
    status = spnego_fail(s, refused(), "SPNEGO: the server waits for what was already said");
  if (portero_is_ok(status))
    spnego_resp_write(out_token, &resp);
  portero_writer_deinit(&mic);
  return status;
}

static const char *const rejected[2] = {
    "SPNEGO: the server refused the account; check its name, its password and both clocks",
    "SPNEGO: the server refused every mechanism that was offered, or the ticket in the first token",
};

static portero_status reply(struct spnego *s, struct portero_bytes message,
                            struct portero_writer *token, struct portero_writer *out_token,
                            bool *out_done)
{
  struct spnego_resp resp;
  bool begins = false;
  portero_status status = spnego_resp_read(message, &resp);

  if (!portero_is_ok(status))
    return spnego_fail(s, refused(), "SPNEGO: what the server sent cannot be read");
  if (resp.answer == SPNEGO_REJECT)
    return spnego_fail(s, refused(), "%s", rejected[s->leg == SPNEGO_LEG_CHOICE]);
  status = hear_choice(s, &resp, &begins);
  if (portero_is_ok(status))
    status = go_on(s, &resp, begins, token);
  if (portero_is_ok(status) && s->inner_done && resp.mic.size > 0)
    status = spnego_mic_check(s, resp.mic);
  if (!portero_is_ok(status))
    return status;
  if (resp.answer == SPNEGO_ACCEPT_COMPLETED)
    return complete(s, token, out_done);
  return answer(s, token, out_token);
}

static portero_status initiator_step(struct portero_security *security, struct portero_bytes token,
                                     struct portero_writer *out_token, bool *out_done)
{
  struct spnego *s = spnego_of(security);
  struct portero_writer inner;
  portero_status status;

  if (s->leg == SPNEGO_LEG_DONE)
    return portero_local(PORTERO_LOCAL_STATE);
  if (s->leg == SPNEGO_LEG_FIRST && token.size > 0)
    return spnego_fail(s, refused(), "SPNEGO: the server spoke first");
  *out_done = false;
  portero_writer_init(&inner, &portero_mem_malloc, SPNEGO_TOKEN_LIMIT);
  status = s->leg == SPNEGO_LEG_FIRST ? offer(s, &inner, out_token)
                                      : reply(s, token, &inner, out_token, out_done);
  portero_writer_deinit(&inner);
  return portero_is_ok(status) ? portero_writer_finish(out_token) : status;
}

static const struct portero_security_ops initiator_ops = {
    .type = PORTERO_AUTH_SPNEGO,
    .step = initiator_step,
    .value_size = spnego_value_size,
    .protect = spnego_protect,
    .unprotect = spnego_unprotect,
    .identity = spnego_identity,
    .why = spnego_why,
    .free = spnego_free,
};

portero_status spnego_initiator_make(const struct spnego_inner *inner, size_t n_inner,
                                     bool falls_back, struct portero_security **out_security)
{
  struct portero_security *security;
  portero_status status = spnego_make(&initiator_ops, inner, n_inner, &security);

  if (!portero_is_ok(status))
    return status;
  spnego_of(security)->preferred = true;
  spnego_of(security)->falls_back = falls_back;
  *out_security = security;
  return portero_ok();
}
