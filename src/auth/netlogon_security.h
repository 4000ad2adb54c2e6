/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of the security provider share: one leg each way, then signatures. */
#ifndef PORTERO_AUTH_NETLOGON_SECURITY_H
#define PORTERO_AUTH_NETLOGON_SECURITY_H

#include "src/auth/netlogon_message.h"
#include "src/auth/netlogon_session.h"

enum netlogon_leg {
  NETLOGON_LEG_FIRST,
  NETLOGON_LEG_ANSWER, /* an initiator waits for it */
  NETLOGON_LEG_DONE,
};

struct netlogon_security {
  struct portero_security security; /* first */
  enum netlogon_leg leg;
  struct netlogon_session session;
  const char *why;
};

static inline struct netlogon_security *netlogon_security_of(struct portero_security *s)
{
  return (struct netlogon_security *)(void *)s;
}
static inline const struct netlogon_security *
netlogon_security_of_const(const struct portero_security *s)
{
  return (const struct netlogon_security *)(const void *)s;
}

/* The provider signs or seals whatever it protects: there is no connect level. [MS-NRPC] 3.3 */
bool netlogon_level_is_possible(uint8_t level);
/* Keeps the reason, which is static text, and returns LOCAL_SECURITY. */
portero_status netlogon_security_fail(struct netlogon_security *n, const char *why);

size_t netlogon_security_value_size(const struct portero_security *s, uint8_t level,
                                    size_t data_size);
portero_status netlogon_security_protect(struct portero_security *s,
                                         const struct portero_protected_pdu *p);
portero_status netlogon_security_unprotect(struct portero_security *s,
                                           const struct portero_protected_pdu *p);
const char *netlogon_security_why(const struct portero_security *s);

#endif
