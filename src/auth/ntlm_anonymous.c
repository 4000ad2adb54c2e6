/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's end of NTLM for callers without a name. It knows no accounts: whoever sends one is
 * refused. The session key is made from zeros, as [MS-NLMP] 3.3.2 has it for anonymous callers, so
 * what it protects is protected against nobody who watched the exchange.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <portero/auth.h>
#include <portero/pdu.h>

#include "src/auth/ntlm_session.h"

#define OFFERED                                                                                    \
  (NTLM_UNICODE | NTLM_REQUEST_TARGET | NTLM_SIGN | NTLM_SEAL | NTLM_NTLM | NTLM_ALWAYS_SIGN |     \
   NTLM_EXTENDED_SECURITY | NTLM_TARGET_INFO | NTLM_128 | NTLM_KEY_EXCH)
#define REQUIRED (NTLM_UNICODE | NTLM_EXTENDED_SECURITY | NTLM_128)

enum leg {
  LEG_NEGOTIATE,
  LEG_AUTHENTICATE,
  LEG_DONE,
};

struct acceptor {
  struct portero_security security; /* first */
  enum leg leg;
  uint32_t flags;
  uint8_t challenge[NTLM_CHALLENGE_SIZE];
  struct ntlm_session session;
};

static struct acceptor *acceptor_of(struct portero_security *s)
{
  return (struct acceptor *)(void *)s;
}

static portero_status refused(void)
{
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
}

static portero_status step_negotiate(struct acceptor *a, struct portero_bytes token,
                                     struct portero_writer *out_token)
{
  uint32_t flags;

  if (!portero_is_ok(ntlm_negotiate_read(token, &flags)) || (flags & REQUIRED) != REQUIRED)
    return refused();
  a->flags = flags & OFFERED;
  ntlm_challenge_write(out_token, a->flags | NTLM_TARGET_TYPE_SERVER | NTLM_TARGET_INFO,
                       a->challenge, "PORTERO");
  a->leg = LEG_AUTHENTICATE;
  return portero_writer_finish(out_token);
}

/* [MS-NLMP] 3.2.5.1.2: no name, no NT response, and no LM response but a zero octet. */
static bool is_anonymous(const struct ntlm_authenticate *m)
{
  return m->user.size == 0 && m->nt_response.size == 0 &&
         (m->lm_response.size == 0 || (m->lm_response.size == 1 && m->lm_response.data[0] == 0));
}

static portero_status step_authenticate(struct acceptor *a, struct portero_bytes token)
{
  uint8_t key[NTLM_KEY_SIZE] = {0};
  struct ntlm_authenticate m;

  if (!portero_is_ok(ntlm_authenticate_read(token, &m)) || !is_anonymous(&m) ||
      (m.flags & REQUIRED) != REQUIRED)
    return refused(); /* some clients fall back to the old session security when they have no name */
  if (a->flags & m.flags & NTLM_KEY_EXCH) {
    if (m.session_key.size != NTLM_KEY_SIZE)
      return refused();
    ntlm_session_key(key, m.session_key.data, key);
  }
  ntlm_session_start(&a->session, key, a->flags & m.flags, true);
  explicit_bzero(key, sizeof key);
  a->leg = LEG_DONE;
  return portero_ok();
}

static portero_status acceptor_step(struct portero_security *s, struct portero_bytes token,
                                    struct portero_writer *out_token, bool *out_done)
{
  struct acceptor *a = acceptor_of(s);
  portero_status status = refused();

  if (a->leg == LEG_NEGOTIATE)
    status = step_negotiate(a, token, out_token);
  else if (a->leg == LEG_AUTHENTICATE)
    status = step_authenticate(a, token);
  *out_done = a->leg == LEG_DONE;
  return status;
}

static size_t acceptor_value_size(const struct portero_security *s, uint8_t level, size_t data_size)
{
  (void)s;
  (void)level;
  (void)data_size;
  return NTLM_SIGNATURE_SIZE;
}

static portero_status acceptor_protect(struct portero_security *s,
                                       const struct portero_protected_pdu *p)
{
  if (p->level == PORTERO_LEVEL_CONNECT) {
    memset(p->value, 0, p->value_size); /* a version and nothing else: nobody looks at it */
    p->value[0] = 1;
    return portero_ok();
  }
  ntlm_session_protect(&acceptor_of(s)->session, p);
  return portero_ok();
}

static portero_status acceptor_unprotect(struct portero_security *s,
                                         const struct portero_protected_pdu *p)
{
  return ntlm_session_unprotect(&acceptor_of(s)->session, p)
             ? portero_ok()
             : portero_local(PORTERO_LOCAL_SECURITY);
}

static void acceptor_free(struct portero_security *s)
{
  explicit_bzero(acceptor_of(s), sizeof(struct acceptor));
  free(s);
}

static const struct portero_security_ops acceptor_ops = {
    .type = PORTERO_AUTH_NTLM,
    .step = acceptor_step,
    .value_size = acceptor_value_size,
    .protect = acceptor_protect,
    .unprotect = acceptor_unprotect,
    .free = acceptor_free,
};

static portero_status anonymous_begin(void *ctx, uint8_t level,
                                      struct portero_security **out_security)
{
  struct acceptor *a = calloc(1, sizeof *a);

  (void)ctx;
  (void)level;
  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (getrandom(a->challenge, sizeof a->challenge, 0) != (ssize_t)sizeof a->challenge) {
    free(a);
    return portero_local(PORTERO_LOCAL_SECURITY);
  }
  a->security.ops = &acceptor_ops;
  a->security.anonymous = true;
  *out_security = &a->security;
  return portero_ok();
}

const struct portero_acceptor portero_ntlm_anonymous = {PORTERO_AUTH_NTLM, anonymous_begin, NULL,
                                                        NULL};
