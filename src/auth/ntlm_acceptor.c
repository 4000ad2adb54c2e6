/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's end of NTLM: [MS-NLMP] 3.2.5.1. A caller without a name is let in where that is
 * wanted; its key is made from zeros ([MS-NLMP] 3.3.2), so what it protects is protected against
 * nobody who watched the exchange.
 */
#include <stdlib.h>
#include <sys/random.h>

#include <nettle/memops.h>

#include <portero/pdu.h>
#include <portero/utf16.h>

#include "src/auth/ntlm_acceptor.h"
#include "src/auth/ntlm_response.h"

#define OFFERED                                                                                    \
  (NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_SEAL | NTLM_NTLM | NTLM_ALWAYS_SIGN |     \
   NTLM_EXTENDED_SECURITY | NTLM_TARGET_INFO | NTLM_128 | NTLM_KEY_EXCH)
#define CLAIM_SIZE      256u
#define NEGOTIATE_LIMIT 2048u /* two names of 255 characters and the fixed part */

enum leg {
  LEG_NEGOTIATE,
  LEG_AUTHENTICATE,
  LEG_DONE,
  LEG_FAILED,
};

struct acceptor {
  struct ntlm_context common; /* first */
  const struct ntlm_settings *settings;
  enum leg leg;
  uint8_t level;
  uint32_t offered;
  uint8_t challenge[NTLM_CHALLENGE_SIZE];
  struct portero_writer transcript; /* NEGOTIATE and CHALLENGE: the MIC covers them */
  size_t negotiate_size;
  struct ntlm_user user;
  char claimed[2][CLAIM_SIZE]; /* account and domain, as the other side wrote them */
};

static struct acceptor *acceptor_of(struct portero_security *s)
{
  return (struct acceptor *)(void *)s;
}

/* What the peer learns of any failure. */
static portero_status refused(void)
{
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
}

/* ---- NEGOTIATE and CHALLENGE ---- */

static void write_text_pair(struct portero_writer *w, uint16_t id, const char *text)
{
  uint8_t wide[NTLM_NAME_SIZE];
  size_t size;

  if (!text)
    return;
  if (portero_is_ok(portero_utf8_to_utf16(text, strlen(text), false, wide, sizeof wide, &size)))
    ntlm_av_write(w, id, portero_bytes_make(wide, size));
  else
    w->failed = true;
}

static void write_target_info(struct portero_writer *w, const struct ntlm_settings *s)
{
  uint8_t now[8];

  portero_store_u64(now, false, ntlm_filetime_now());
  write_text_pair(w, NTLM_AV_NETBIOS_DOMAIN, s->domain);
  write_text_pair(w, NTLM_AV_NETBIOS_COMPUTER, s->computer);
  write_text_pair(w, NTLM_AV_DNS_DOMAIN, s->dns_domain);
  write_text_pair(w, NTLM_AV_DNS_COMPUTER, s->dns_computer);
  ntlm_av_write(w, NTLM_AV_TIMESTAMP, portero_bytes_make(now, sizeof now));
  ntlm_av_write(w, NTLM_AV_EOL, portero_bytes_make(NULL, 0));
}

static bool is_member(const struct ntlm_settings *s)
{
  return strcmp(s->domain, s->computer) != 0;
}

static portero_status write_challenge(struct acceptor *a, struct portero_writer *w)
{
  struct portero_writer info;
  struct ntlm_challenge m;
  uint8_t target[NTLM_NAME_SIZE];
  portero_status status;

  memset(&m, 0, sizeof m);
  m.flags = a->offered | NTLM_TARGET_INFO |
            (is_member(a->settings) ? NTLM_TARGET_TYPE_DOMAIN : NTLM_TARGET_TYPE_SERVER);
  memcpy(m.challenge, a->challenge, sizeof m.challenge);
  status = portero_utf8_to_utf16(a->settings->domain, strlen(a->settings->domain), false, target,
                                 sizeof target, &m.target.size);
  if (!portero_is_ok(status))
    return status;
  m.target.data = target;
  portero_writer_init(&info, &portero_mem_malloc, NTLM_MESSAGE_LIMIT);
  write_target_info(&info, a->settings);
  status = portero_writer_finish(&info);
  m.target_info = portero_writer_bytes(&info);
  if (portero_is_ok(status))
    ntlm_challenge_write(w, &m);
  portero_writer_deinit(&info);
  return portero_is_ok(status) ? portero_writer_finish(w) : status;
}

static portero_status step_negotiate(struct acceptor *a, struct portero_bytes token,
                                     struct portero_writer *out_token)
{
  struct portero_writer *t = &a->transcript;
  uint32_t flags;
  portero_status status;

  if (token.size > NEGOTIATE_LIMIT || !portero_is_ok(ntlm_negotiate_read(token, &flags))) {
    ntlm_context_explain(&a->common, "the first message is no NTLM NEGOTIATE");
    return refused();
  }
  if ((flags & NTLM_REQUIRED) != NTLM_REQUIRED) {
    ntlm_context_explain(&a->common,
                         "the client does not offer NTLM with 128 bits and extended "
                         "session security (flags 0x%08x); nothing weaker is taken",
                         flags);
    return refused();
  }
  a->offered = flags & OFFERED;
  portero_write_bytes(t, token.data, token.size);
  a->negotiate_size = token.size;
  status = write_challenge(a, t);
  if (!portero_is_ok(status))
    return status;
  portero_write_bytes(out_token, t->base + a->negotiate_size, t->size - a->negotiate_size);
  a->leg = LEG_AUTHENTICATE;
  return portero_writer_finish(out_token);
}

/* ---- AUTHENTICATE ---- */

/* [MS-NLMP] 3.2.5.1.2: no name, no NT response, and no LM response but a zero octet. */
static bool is_anonymous(const struct ntlm_authenticate *m)
{
  return m->user.size == 0 && m->nt_response.size == 0 &&
         (m->lm_response.size == 0 || (m->lm_response.size == 1 && m->lm_response.data[0] == 0));
}

static portero_status check_flags(struct acceptor *a, const struct ntlm_authenticate *m)
{
  uint32_t needed = NTLM_REQUIRED | ntlm_level_flags(a->level);

  /* Samba's client asks for less when it has no name. It is let in, but signs nothing that we take. */
  if (is_anonymous(m))
    needed = a->level == PORTERO_LEVEL_PRIVACY ? NTLM_REQUIRED : 0;
  if ((m->flags & a->offered & needed) == needed)
    return portero_ok();
  ntlm_context_explain(&a->common,
                       "the client gave up protection that this level needs (flags "
                       "0x%08x of 0x%08x)",
                       m->flags, a->offered);
  return refused();
}

/* Where nothing is signed some clients send a key and some do not: [MS-NLMP] 3.2.5.1.2. */
static portero_status take_key(struct acceptor *a, const struct ntlm_authenticate *m,
                               uint8_t key[NTLM_KEY_SIZE])
{
  uint32_t flags = a->offered & m->flags;

  if (!(flags & NTLM_KEY_EXCH) || (m->session_key.size == 0 && !(flags & (NTLM_SIGN | NTLM_SEAL))))
    return portero_ok();
  if (m->session_key.size != NTLM_KEY_SIZE) {
    ntlm_context_explain(&a->common, "the client sent no session key though it said so");
    return refused();
  }
  ntlm_exchange(key, m->session_key.data, key);
  return portero_ok();
}

static portero_status check_mic(struct acceptor *a, struct portero_bytes token,
                                const struct ntlm_authenticate *m, const uint8_t *key)
{
  const struct portero_writer *t = &a->transcript;
  uint8_t mic[NTLM_MIC_SIZE];

  if (m->mic.size == NTLM_MIC_SIZE) {
    ntlm_mic(key, portero_bytes_make(t->base, a->negotiate_size),
             portero_bytes_make(t->base + a->negotiate_size, t->size - a->negotiate_size), token,
             mic);
    if (memeql_sec(mic, m->mic.data, sizeof mic))
      return portero_ok();
  }
  ntlm_context_explain(&a->common,
                       "the messages of %s\\%s were changed on the way: their "
                       "signature (MIC) does not fit",
                       a->user.domain, a->user.account);
  return refused();
}

static portero_status authenticate_anonymously(struct acceptor *a,
                                               const struct ntlm_authenticate *m,
                                               uint8_t key[NTLM_KEY_SIZE])
{
  if (!a->settings->anonymous) {
    ntlm_context_explain(&a->common, "a caller without a name is not let in here");
    return refused();
  }
  a->common.security.anonymous = a->common.identity.anonymous = true;
  memset(key, 0, NTLM_KEY_SIZE);
  return take_key(a, m, key);
}

static portero_status authenticate_user(struct acceptor *a, struct portero_bytes token,
                                        const struct ntlm_authenticate *m,
                                        uint8_t key[NTLM_KEY_SIZE])
{
  const struct portero_writer *t = &a->transcript;
  struct ntlm_challenge sent;
  portero_status status = ntlm_challenge_read(
      portero_bytes_make(t->base + a->negotiate_size, t->size - a->negotiate_size), &sent);

  if (portero_is_ok(status))
    status = ntlm_verify(a->settings, &sent, m, &a->common, &a->user, &a->common.has_mic);
  if (portero_is_local(status, PORTERO_LOCAL_DENIED))
    return refused();
  if (!portero_is_ok(status))
    return status;
  memcpy(key, a->user.exchange_key, NTLM_KEY_SIZE);
  status = take_key(a, m, key);
  if (portero_is_ok(status) && a->common.has_mic)
    status = check_mic(a, token, m, key);
  if (!portero_is_ok(status))
    return status;
  a->common.identity.account = a->user.account;
  a->common.identity.domain = a->user.domain;
  a->common.identity.sids = a->user.sids;
  a->common.identity.n_sids = a->user.n_sids;
  return portero_ok();
}

/* Who it will turn out to be if all is well; longer names stay empty. */
static const char *claim(char text[CLAIM_SIZE], struct portero_bytes name)
{
  size_t size = 0;

  if (!portero_is_ok(portero_utf16_to_utf8(name, false, text, CLAIM_SIZE - 1, &size)))
    size = 0;
  text[size] = '\0';
  return text;
}

static const struct portero_identity *acceptor_claimed(const struct portero_security *s)
{
  const struct acceptor *a = (const struct acceptor *)(const void *)s;

  return a->claimed[0][0] ? &a->common.identity : NULL;
}

static portero_status step_authenticate(struct acceptor *a, struct portero_bytes token)
{
  uint8_t key[NTLM_KEY_SIZE];
  struct ntlm_authenticate m;
  portero_status status;

  if (token.size > NTLM_MESSAGE_LIMIT || !portero_is_ok(ntlm_authenticate_read(token, &m))) {
    ntlm_context_explain(&a->common, "the last message is no NTLM AUTHENTICATE");
    return refused();
  }
  if (!is_anonymous(&m)) {
    a->common.identity.account = claim(a->claimed[0], m.user);
    a->common.identity.domain = claim(a->claimed[1], m.domain);
  }
  status = check_flags(a, &m);
  if (!portero_is_ok(status))
    return status;
  status = is_anonymous(&m) ? authenticate_anonymously(a, &m, key)
                            : authenticate_user(a, token, &m, key);
  if (portero_is_ok(status)) {
    ntlm_context_establish(&a->common, key, a->offered & m.flags);
    a->leg = LEG_DONE;
  }
  explicit_bzero(key, sizeof key);
  explicit_bzero(a->user.exchange_key, sizeof a->user.exchange_key);
  portero_writer_deinit(&a->transcript);
  return status;
}

static portero_status acceptor_step(struct portero_security *s, struct portero_bytes token,
                                    struct portero_writer *out_token, bool *out_done)
{
  struct acceptor *a = acceptor_of(s);
  portero_status status = portero_local(PORTERO_LOCAL_STATE);

  if (a->leg == LEG_NEGOTIATE)
    status = step_negotiate(a, token, out_token);
  else if (a->leg == LEG_AUTHENTICATE)
    status = step_authenticate(a, token);
  if (portero_is_ok(status))
    *out_done = a->leg == LEG_DONE;
  else
    a->leg = LEG_FAILED;
  return status;
}

static void acceptor_free(struct portero_security *s)
{
  struct acceptor *a = acceptor_of(s);

  portero_writer_deinit(&a->transcript);
  ntlm_user_free(&a->user);
  explicit_bzero(a, sizeof *a);
  free(a);
}

static const struct portero_security_ops acceptor_ops = {
    .type = PORTERO_AUTH_NTLM,
    .step = acceptor_step,
    .value_size = ntlm_value_size,
    .protect = ntlm_protect,
    .unprotect = ntlm_unprotect,
    .identity = ntlm_identity,
    .why = ntlm_why,
    .free = acceptor_free,
    .claimed = acceptor_claimed,
};

portero_status ntlm_acceptor_begin(const struct ntlm_settings *settings, uint8_t level,
                                   struct portero_security **out_security)
{
  struct acceptor *a = calloc(1, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (getrandom(a->challenge, sizeof a->challenge, 0) != (ssize_t)sizeof a->challenge) {
    free(a);
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  a->settings = settings;
  a->level = level;
  a->common.security.ops = &acceptor_ops;
  a->common.security.waits = settings->winbind;
  a->common.is_server = true;
  a->common.identity.account = a->common.identity.domain = a->common.identity.principal = "";
  portero_writer_init(&a->transcript, &portero_mem_malloc, NTLM_MESSAGE_LIMIT);
  *out_security = &a->common.security;
  return portero_ok();
}
