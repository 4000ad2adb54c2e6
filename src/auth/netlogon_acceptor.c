/* SPDX-License-Identifier: Apache-2.0 */
/* The controller's end of security provider 68. [MS-NRPC] 3.3.4.1.2, 3.3.4.1.3 */
#include <stdio.h>
#include <stdlib.h>

#include <portero/auth.h>
#include <portero/pdu.h>

#include "src/auth/netlogon_security.h"

struct acceptor {
  struct portero_acceptor acceptor; /* first */
  portero_netlogon_find *find;
  void *user;
};

struct acceptance {
  struct netlogon_security common; /* first */
  const struct acceptor *acceptor;
  struct netlogon_names names;
  char account[NETLOGON_NAME_SIZE + 1]; /* the computer's name and $ */
  struct portero_identity identity;
};

static portero_status refuse(struct acceptance *a, const char *why)
{
  (void)netlogon_security_fail(&a->common, why);
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
}

/* Whom the caller calls itself; its key comes when it is known to have one. */
static void identify(struct acceptance *a)
{
  (void)snprintf(a->account, sizeof a->account, "%s$", a->names.computer);
  a->identity = (struct portero_identity){
      .type = PORTERO_AUTH_NETLOGON,
      .account = a->account,
      .domain = a->names.domain,
      .principal = "",
  };
}

static portero_status acceptance_step(struct portero_security *s, struct portero_bytes token,
                                      struct portero_writer *out_token, bool *out_done)
{
  struct acceptance *a = (struct acceptance *)(void *)s;
  struct netlogon_key key = {.aes = true};

  if (a->common.leg != NETLOGON_LEG_FIRST)
    return refuse(a, "a dialogue of the secure channel has one leg each way, and this was a third");
  if (!portero_is_ok(netlogon_negotiate_read(token, &a->names)) || !a->names.computer[0])
    return refuse(a, "the caller's first message does not say which computer it is");
  identify(a);
  if (!portero_is_ok(
          a->acceptor->find(a->acceptor->user, a->names.computer, a->names.domain, key.bytes)))
    return refuse(a, "no session key was agreed on with this computer: it has to begin with "
                     "ServerReqChallenge and ServerAuthenticate3");
  netlogon_session_start(&a->common.session, &key, false);
  explicit_bzero(&key, sizeof key);
  a->identity.session_key = portero_bytes_make(a->common.session.key.bytes, NETLOGON_KEY_SIZE);
  netlogon_response_write(out_token);
  a->common.leg = NETLOGON_LEG_DONE;
  *out_done = true;
  return portero_writer_finish(out_token);
}

static const struct portero_identity *acceptance_identity(const struct portero_security *s)
{
  const struct acceptance *a = (const struct acceptance *)(const void *)s;
  return a->common.leg == NETLOGON_LEG_DONE ? &a->identity : NULL;
}

static const struct portero_identity *acceptance_claimed(const struct portero_security *s)
{
  const struct acceptance *a = (const struct acceptance *)(const void *)s;
  return a->identity.account ? &a->identity : NULL;
}

static void acceptance_free(struct portero_security *s)
{
  explicit_bzero(s, sizeof(struct acceptance));
  free(s);
}

static const struct portero_security_ops acceptance_ops = {
    .type = PORTERO_AUTH_NETLOGON,
    .step = acceptance_step,
    .value_size = netlogon_security_value_size,
    .protect = netlogon_security_protect,
    .unprotect = netlogon_security_unprotect,
    .identity = acceptance_identity,
    .why = netlogon_security_why,
    .free = acceptance_free,
    .claimed = acceptance_claimed,
};

static portero_status acceptor_begin(void *ctx, uint8_t level,
                                     struct portero_security **out_security)
{
  struct acceptance *a;

  if (!netlogon_level_is_possible(level))
    return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  a = calloc(1, sizeof *a);
  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  a->acceptor = ctx;
  a->common.security.ops = &acceptance_ops;
  *out_security = &a->common.security;
  return portero_ok();
}

static void acceptor_free(struct portero_acceptor *a)
{
  free(a);
}

portero_status portero_acceptor_netlogon_new(portero_netlogon_find *find, void *user,
                                             struct portero_acceptor **out_acceptor)
{
  struct acceptor *a = calloc(1, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  a->acceptor = (struct portero_acceptor){PORTERO_AUTH_NETLOGON, acceptor_begin, a, acceptor_free};
  a->find = find;
  a->user = user;
  *out_acceptor = &a->acceptor;
  return portero_ok();
}
