/* SPDX-License-Identifier: Apache-2.0 */
/* Which mechanism a login means. */
#include <stdio.h>

#include "src/auth/mechanisms.h"

#define TARGET_SIZE 512u

static bool is_consistent(const struct portero_login *login, uint8_t type, uint8_t level)
{
  if (level < PORTERO_LEVEL_CONNECT || level > PORTERO_LEVEL_PRIVACY)
    return false;
  return type == PORTERO_AUTH_NETLOGON ? login->netlogon && !login->credentials : !login->netlogon;
}

portero_status portero_login_begin(const struct portero_login *login, const char *host,
                                   struct portero_security **out_security)
{
  uint8_t type = login->type ? login->type : (uint8_t)PORTERO_AUTH_SPNEGO;
  uint8_t level = login->level ? login->level : (uint8_t)PORTERO_LEVEL_PRIVACY;
  struct auth_initiation i;
  char target[TARGET_SIZE];

  if (!is_consistent(login, type, level))
    return portero_local(PORTERO_LOCAL_USAGE);
  if (!login->target && (size_t)snprintf(target, sizeof target, "host/%s", host) >= sizeof target)
    return portero_local(PORTERO_LOCAL_LIMIT);
  i.credentials = login->credentials;
  i.target = login->target ? login->target : target;
  i.level = level == PORTERO_LEVEL_CALL ? (uint8_t)PORTERO_LEVEL_PACKET : level;
  switch (type) {
  case PORTERO_AUTH_SPNEGO:
    return spnego_initiator_new(&i, out_security);
  case PORTERO_AUTH_NTLM:
    return ntlm_initiator_new(&i, out_security);
  case PORTERO_AUTH_KERBEROS:
    return kerberos_initiator_new(&i, out_security);
  case PORTERO_AUTH_NETLOGON:
    return netlogon_initiator_new(login->netlogon, i.level, out_security);
  default:
    return portero_local(PORTERO_LOCAL_UNSUPPORTED);
  }
}

void portero_acceptor_free(struct portero_acceptor *a)
{
  if (a && a->free)
    a->free(a);
}
