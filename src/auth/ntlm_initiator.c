/* SPDX-License-Identifier: Apache-2.0 */
/* The client's end of NTLM: [MS-NLMP] 3.1.5.1. */
#include <stdlib.h>
#include <sys/random.h>

#include <portero/utf16.h>

#include "src/auth/credentials.h"
#include "src/auth/ntlm_context.h"
#include "src/auth/ntlm_response.h"

/*
 * Signing and sealing only where the level needs them: Samba expects signatures of whom it let sign,
 * at level connect too. Keys are only exchanged for that: [MS-NLMP] 3.1.5.1.2.
 */
#define ASKED                                                                                      \
  (NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_NTLM | NTLM_ALWAYS_SIGN | NTLM_EXTENDED_SECURITY |    \
   NTLM_TARGET_INFO | NTLM_128)

enum leg {
  LEG_NEGOTIATE,
  LEG_AUTHENTICATE,
  LEG_DONE,
};

struct initiator {
  struct ntlm_context common; /* first */
  enum leg leg;
  uint8_t level;
  struct portero_credentials *credentials; /* until the dialogue is over */
  char *target;
  uint32_t asked;
  uint8_t negotiate[NTLM_NEGOTIATE_SIZE]; /* as it was sent: the MIC covers it */
};

struct wide {
  uint8_t data[NTLM_NAME_SIZE];
  size_t size;
};

/* All that goes into one AUTHENTICATE message. */
struct reply {
  struct ntlm_challenge challenge;
  struct ntlm_target_info info;
  struct wide user, domain, workstation;
  uint8_t client_challenge[NTLM_CHALLENGE_SIZE];
  uint8_t lm_response[NTLM_RESPONSE_V1_SIZE];
  struct portero_writer nt_response;
  uint8_t exchange_key[NTLM_KEY_SIZE];
  uint8_t session_key[NTLM_KEY_SIZE];
  uint8_t encrypted_key[NTLM_KEY_SIZE];
  struct ntlm_authenticate message;
};

static struct initiator *initiator_of(struct portero_security *s)
{
  return (struct initiator *)(void *)s;
}

static struct portero_bytes bytes_of(const struct wide *w)
{
  return portero_bytes_make(w->data, w->size);
}

static portero_status widen(const char *text, struct wide *out_wide)
{
  return portero_utf8_to_utf16(text ? text : "", text ? strlen(text) : 0, false, out_wide->data,
                               sizeof out_wide->data, &out_wide->size);
}

static portero_status draw(void *bytes, size_t size)
{
  return getrandom(bytes, size, 0) == (ssize_t)size ? portero_ok()
                                                    : portero_local(PORTERO_LOCAL_SECURITY);
}

/* ---- the NT response ---- */

static portero_status hash_of(const struct portero_credentials *c, uint8_t out_hash[NTLM_KEY_SIZE])
{
  if (!c->has_nt_hash)
    return ntlm_nt_hash(c->password, out_hash);
  memcpy(out_hash, c->nt_hash, NTLM_KEY_SIZE);
  return portero_ok();
}

/*
 * The server's pairs, and what a client adds to them: [MS-NLMP] 3.1.5.1.2. There a MIC is only due
 * when the server told its time; but then whoever cuts the time out of the list on its way would be
 * rid of the MIC.
 */
static void write_pairs(const struct reply *r, const struct wide *target, struct portero_writer *w)
{
  static const uint8_t no_bindings[NTLM_CHANNEL_BINDING_SIZE];
  struct portero_reader pairs;
  struct ntlm_av pair;
  uint8_t flags[4];

  portero_reader_init(&pairs, r->challenge.target_info, false);
  while (ntlm_av_next(&pairs, &pair))
    if (pair.id != NTLM_AV_FLAGS && pair.id != NTLM_AV_CHANNEL_BINDINGS &&
        pair.id != NTLM_AV_TARGET_NAME)
      ntlm_av_write(w, pair.id, pair.value);
  portero_store_u32(flags, false, r->info.flags | NTLM_AV_FLAG_MIC);
  ntlm_av_write(w, NTLM_AV_FLAGS, portero_bytes_make(flags, sizeof flags));
  ntlm_av_write(w, NTLM_AV_CHANNEL_BINDINGS, portero_bytes_make(no_bindings, sizeof no_bindings));
  ntlm_av_write(w, NTLM_AV_TARGET_NAME, bytes_of(target));
  ntlm_av_write(w, NTLM_AV_EOL, portero_bytes_make(NULL, 0));
}

/* The proof goes in front of what it proves. Without the server's time there is an LM response. */
static portero_status respond_v2(const struct wide *target, const uint8_t hash[NTLM_KEY_SIZE],
                                 struct reply *r)
{
  uint64_t now = r->info.has_timestamp ? r->info.timestamp : ntlm_filetime_now();
  struct portero_writer pairs, *w = &r->nt_response;
  uint8_t key[NTLM_KEY_SIZE];
  portero_status status;

  portero_writer_init(&pairs, &portero_mem_malloc, NTLM_MESSAGE_LIMIT);
  write_pairs(r, target, &pairs);
  status = portero_writer_finish(&pairs);
  portero_write_zeros(w, NTLM_PROOF_SIZE);
  ntlm_blob_write(w, now, r->client_challenge, portero_writer_bytes(&pairs));
  portero_writer_deinit(&pairs);
  if (portero_is_ok(status))
    status = portero_writer_finish(w);
  if (!portero_is_ok(status))
    return status;
  ntlm_response_key(hash, bytes_of(&r->user), bytes_of(&r->domain), key);
  ntlm_proof(key, r->challenge.challenge,
             portero_bytes_make(w->base + NTLM_PROOF_SIZE, w->size - NTLM_PROOF_SIZE), w->base);
  ntlm_base_key(key, w->base, r->exchange_key);
  memset(r->lm_response, 0, sizeof r->lm_response);
  if (!r->info.has_timestamp)
    ntlm_lm_response(key, r->challenge.challenge, r->client_challenge, r->lm_response);
  explicit_bzero(key, sizeof key);
  return portero_ok();
}

/* [MS-NLMP] 3.3.1 with extended session security: the LM response is but the client's challenge. */
static portero_status respond_v1(const uint8_t hash[NTLM_KEY_SIZE], struct reply *r)
{
  uint8_t mixed[NTLM_CHALLENGE_SIZE], base[NTLM_KEY_SIZE];
  uint8_t *response = portero_writer_reserve(&r->nt_response, NTLM_RESPONSE_V1_SIZE);

  if (!response)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  ntlm_mixed_challenge(r->challenge.challenge, r->client_challenge, mixed);
  ntlm_response_v1(hash, mixed, response);
  memset(r->lm_response, 0, sizeof r->lm_response);
  memcpy(r->lm_response, r->client_challenge, sizeof r->client_challenge);
  ntlm_base_key_v1(hash, base);
  ntlm_exchange_key_v1(base, r->challenge.challenge, r->client_challenge, r->exchange_key);
  explicit_bzero(base, sizeof base);
  return portero_ok();
}

static portero_status respond(struct initiator *i, struct reply *r)
{
  uint8_t hash[NTLM_KEY_SIZE];
  portero_status status = hash_of(i->credentials, hash);
  struct wide target;

  if (portero_is_ok(status))
    status = widen(i->target, &target);
  if (portero_is_ok(status) && (r->challenge.flags & NTLM_TARGET_INFO))
    status = respond_v2(&target, hash, r);
  else if (portero_is_ok(status))
    status = respond_v1(hash, r);
  explicit_bzero(hash, sizeof hash);
  r->message.nt_response = portero_writer_bytes(&r->nt_response);
  r->message.lm_response = portero_bytes_make(r->lm_response, sizeof r->lm_response);
  if (r->challenge.flags & NTLM_TARGET_INFO)
    r->message.mic = portero_bytes_make(r->encrypted_key, NTLM_MIC_SIZE); /* room for it */
  return status;
}

/* No name, no response but a zero octet, a key of zeros: [MS-NLMP] 3.2.5.1.2. */
static void respond_anonymously(struct reply *r)
{
  memset(r->exchange_key, 0, sizeof r->exchange_key);
  r->lm_response[0] = 0;
  r->message.lm_response = portero_bytes_make(r->lm_response, 1);
  r->message.flags |= NTLM_ANONYMOUS;
}

/* ---- the message ---- */

static portero_status exchange_keys(struct reply *r)
{
  portero_status status = portero_ok();

  if (!(r->message.flags & NTLM_KEY_EXCH)) {
    memcpy(r->session_key, r->exchange_key, sizeof r->session_key);
    return status;
  }
  status = draw(r->session_key, sizeof r->session_key);
  ntlm_exchange(r->exchange_key, r->session_key, r->encrypted_key);
  r->message.session_key = portero_bytes_make(r->encrypted_key, sizeof r->encrypted_key);
  return status;
}

static portero_status write_reply(struct initiator *i, struct portero_bytes challenge,
                                  struct reply *r, struct portero_writer *out_token)
{
  size_t start = out_token->size;
  portero_status status = exchange_keys(r);

  if (!portero_is_ok(status))
    return status;
  ntlm_authenticate_write(out_token, &r->message);
  status = portero_writer_finish(out_token);
  if (!portero_is_ok(status))
    return status;
  if (r->message.mic.size)
    ntlm_mic(r->session_key, portero_bytes_make(i->negotiate, sizeof i->negotiate), challenge,
             portero_bytes_make(out_token->base + start, out_token->size - start),
             out_token->base + start + NTLM_MIC_AT);
  i->common.has_mic = r->message.mic.size > 0;
  ntlm_context_establish(&i->common, r->session_key, r->message.flags);
  return portero_ok();
}

static portero_status name_names(struct initiator *i, struct reply *r)
{
  char computer[NTLM_NETBIOS_SIZE];
  const char *workstation = i->credentials->workstation;
  portero_status status;

  ntlm_computer_name(computer);
  status = widen(workstation ? workstation : computer, &r->workstation);
  if (portero_is_ok(status))
    status = widen(i->credentials->user, &r->user);
  if (portero_is_ok(status))
    status = widen(i->credentials->domain, &r->domain);
  r->message.user = bytes_of(&r->user);
  r->message.domain = bytes_of(&r->domain);
  r->message.workstation = bytes_of(&r->workstation);
  return status;
}

/* ---- the legs ---- */

static portero_status step_negotiate(struct initiator *i, struct portero_bytes token,
                                     struct portero_writer *out_token)
{
  struct portero_writer w;

  if (token.size > 0)
    return portero_local(PORTERO_LOCAL_SECURITY);
  portero_writer_init_fixed(&w, i->negotiate, sizeof i->negotiate);
  ntlm_negotiate_write(&w, i->asked);
  portero_write_bytes(out_token, i->negotiate, sizeof i->negotiate);
  i->leg = LEG_AUTHENTICATE;
  return portero_writer_finish(out_token);
}

static portero_status check_challenge(struct initiator *i, const struct ntlm_challenge *m)
{
  uint32_t needed = NTLM_REQUIRED | ntlm_level_flags(i->level);

  if ((m->flags & needed) != needed) {
    ntlm_context_explain(&i->common,
                         "the server does not offer NTLM with 128 bits and extended session "
                         "security, or no %s (flags 0x%08x); nothing weaker is used",
                         i->level == PORTERO_LEVEL_PRIVACY ? "sealing" : "signing", m->flags);
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  if (i->credentials->anonymous || (m->flags & NTLM_TARGET_INFO) ||
      (i->credentials->allow & PORTERO_ALLOW_NTLMV1))
    return portero_ok();
  ntlm_context_explain(&i->common, "the server knows only version 1 of NTLM, which is not used "
                                   "unless it is allowed by name");
  return portero_local(PORTERO_LOCAL_SECURITY);
}

static portero_status answer(struct initiator *i, struct portero_bytes token, struct reply *r,
                             struct portero_writer *out_token)
{
  portero_status status;

  status = ntlm_challenge_read(token, &r->challenge);
  if (portero_is_ok(status) && (r->challenge.flags & NTLM_TARGET_INFO))
    status = ntlm_target_info_read(r->challenge.target_info, &r->info);
  if (!portero_is_ok(status)) {
    ntlm_context_explain(&i->common, "the server's challenge is no NTLM message");
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  status = check_challenge(i, &r->challenge);
  if (!portero_is_ok(status))
    return status;
  r->message.flags = r->challenge.flags & i->asked;
  status = draw(r->client_challenge, sizeof r->client_challenge);
  if (portero_is_ok(status))
    status = name_names(i, r);
  if (!portero_is_ok(status))
    return status;
  if (i->credentials->anonymous)
    respond_anonymously(r);
  else
    status = respond(i, r);
  return portero_is_ok(status) ? write_reply(i, token, r, out_token) : status;
}

static portero_status step_authenticate(struct initiator *i, struct portero_bytes token,
                                        struct portero_writer *out_token)
{
  struct reply r;
  portero_status status = portero_local(PORTERO_LOCAL_SECURITY);

  memset(&r, 0, sizeof r);
  portero_writer_init(&r.nt_response, &portero_mem_malloc, NTLM_MESSAGE_LIMIT);
  if (token.size <= NTLM_MESSAGE_LIMIT)
    status = answer(i, token, &r, out_token);
  portero_writer_deinit(&r.nt_response);
  explicit_bzero(&r, sizeof r);
  if (!portero_is_ok(status))
    return status;
  i->leg = LEG_DONE;
  portero_credentials_free(i->credentials);
  i->credentials = NULL;
  return portero_ok();
}

static portero_status initiator_step(struct portero_security *s, struct portero_bytes token,
                                     struct portero_writer *out_token, bool *out_done)
{
  struct initiator *i = initiator_of(s);
  portero_status status = portero_local(PORTERO_LOCAL_STATE);

  if (i->leg == LEG_NEGOTIATE)
    status = step_negotiate(i, token, out_token);
  else if (i->leg == LEG_AUTHENTICATE)
    status = step_authenticate(i, token, out_token);
  if (portero_is_ok(status))
    *out_done = i->leg == LEG_DONE;
  return status;
}

static void initiator_free(struct portero_security *s)
{
  struct initiator *i = initiator_of(s);

  portero_credentials_free(i->credentials);
  free(i->target);
  explicit_bzero(i, sizeof *i);
  free(i);
}

static const struct portero_security_ops initiator_ops = {
    .type = PORTERO_AUTH_NTLM,
    .step = initiator_step,
    .value_size = ntlm_value_size,
    .protect = ntlm_protect,
    .unprotect = ntlm_unprotect,
    .identity = ntlm_identity,
    .why = ntlm_why,
    .free = initiator_free,
};

/* A ticket cache or a keytab is nothing that NTLM could use. */
static bool is_usable(const struct portero_credentials *c)
{
  return c && (c->anonymous || (c->user && (c->password || c->has_nt_hash)));
}

portero_status ntlm_initiator_new(const struct auth_initiation *i,
                                  struct portero_security **out_security)
{
  struct initiator *n;

  if (!is_usable(i->credentials))
    return portero_local(PORTERO_LOCAL_USAGE);
  n = calloc(1, sizeof *n);
  if (!n)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  n->target = strdup(i->target);
  if (!n->target) {
    free(n);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  n->level = i->level;
  n->asked = ASKED | ntlm_level_flags(i->level);
  if (n->asked & NTLM_SIGN)
    n->asked |= NTLM_KEY_EXCH;
  n->credentials = portero_credentials_hold(i->credentials);
  n->common.security.ops = &initiator_ops;
  n->common.identity.account = n->common.identity.domain = n->common.identity.principal = "";
  *out_security = &n->common.security;
  return portero_ok();
}
