/* SPDX-License-Identifier: Apache-2.0 */
/* Which mechanisms an initiator offers, by its credentials and its target; and their beginning. */
#include "src/auth/spnego.h"

#include <arpa/inet.h>

#include "src/auth/credentials.h"

#define ADDRESS_SIZE 64u

/* "service/10.0.0.1": tickets are for names. */
static bool is_address(const char *target)
{
  const char *slash = strchr(target, '/'), *host = slash ? slash + 1 : target;
  size_t size = strcspn(host, "%/"); /* a scope, or a realm's service behind it */
  char text[ADDRESS_SIZE];
  unsigned char address[sizeof(struct in6_addr)];

  if (size >= sizeof text)
    return false;
  memcpy(text, host, size);
  text[size] = '\0';
  return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool has_realm(const struct portero_credentials *c)
{
  return strchr(c->user, '@') || (c->domain && strchr(c->domain, '.'));
}

struct spnego_offer spnego_offer_for(const struct auth_initiation *i)
{
  const struct portero_credentials *c = i->credentials;
  struct spnego_offer offer;

  offer.ntlm = c && (c->anonymous || c->has_nt_hash || c->password);
  if (!offer.ntlm)
    offer.kerberos = true; /* a ticket cache or a keytab can do nothing else */
  else
    offer.kerberos = c->password && c->user && has_realm(c) && !is_address(i->target);
  return offer;
}

static portero_status add(struct spnego_inner *inner, size_t *n, uint8_t type,
                          const struct auth_initiation *i)
{
  bool kerberos = type == PORTERO_AUTH_KERBEROS;
  struct spnego_inner *next = &inner[*n];
  portero_status status = kerberos ? kerberos_initiator_new(i, &next->security)
                                   : ntlm_initiator_new(i, &next->security);

  if (!portero_is_ok(status))
    return status;
  next->type = type;
  next->mic = kerberos ? &kerberos_mic_ops : &ntlm_mic_ops;
  (*n)++;
  return status;
}

/* A mechanism that this build has not is not offered, as long as there is another. */
portero_status spnego_initiator_new(const struct auth_initiation *i,
                                    struct portero_security **out_security)
{
  struct spnego_offer offer = spnego_offer_for(i);
  struct spnego_inner inner[SPNEGO_INNER_LIMIT];
  portero_status status = portero_ok();
  size_t n = 0;

  if (offer.kerberos)
    status = add(inner, &n, PORTERO_AUTH_KERBEROS, i);
  if (offer.ntlm && (portero_is_ok(status) || portero_is_local(status, PORTERO_LOCAL_UNSUPPORTED)))
    status = add(inner, &n, PORTERO_AUTH_NTLM, i);
  if (!portero_is_ok(status) && n == 0)
    return status;
  return spnego_initiator_make(
      inner, n, i->credentials && i->credentials->allow & PORTERO_ALLOW_NTLM_FALLBACK,
      out_security);
}
