/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/netlogon_security.h"

#include <sys/random.h>

bool netlogon_level_is_possible(uint8_t level)
{
  return level >= PORTERO_LEVEL_PACKET && level <= PORTERO_LEVEL_PRIVACY;
}

portero_status netlogon_security_fail(struct netlogon_security *n, const char *why)
{
  n->why = why;
  return portero_local(PORTERO_LOCAL_SECURITY);
}

size_t netlogon_security_value_size(const struct portero_security *s, uint8_t level,
                                    size_t data_size)
{
  (void)data_size;
  return netlogon_session_value_size(&netlogon_security_of_const(s)->session,
                                     level == PORTERO_LEVEL_PRIVACY);
}

portero_status netlogon_security_protect(struct portero_security *s,
                                         const struct portero_protected_pdu *p)
{
  struct netlogon_security *n = netlogon_security_of(s);
  uint8_t confounder[NETLOGON_CONFOUNDER_SIZE];

  if (n->leg != NETLOGON_LEG_DONE || !netlogon_level_is_possible(p->level) ||
      p->value_size != netlogon_security_value_size(s, p->level, p->data_size))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (getrandom(confounder, sizeof confounder, 0) != (ssize_t)sizeof confounder)
    return netlogon_security_fail(n, "the system gives no random numbers");
  netlogon_session_protect(&n->session, p, confounder);
  return portero_ok();
}

portero_status netlogon_security_unprotect(struct portero_security *s,
                                           const struct portero_protected_pdu *p)
{
  struct netlogon_security *n = netlogon_security_of(s);

  if (n->leg != NETLOGON_LEG_DONE || !netlogon_level_is_possible(p->level))
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (!netlogon_session_unprotect(&n->session, p))
    return netlogon_security_fail(
        n,
        "a signature of the secure channel does not fit: the other side has another session key, "
        "or the data was changed, lost or repeated on its way");
  return portero_ok();
}

const char *netlogon_security_why(const struct portero_security *s)
{
  return netlogon_security_of_const(s)->why;
}
