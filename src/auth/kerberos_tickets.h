/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an initiator's tickets come from: the ticket cache, the default one or one that is named; or,
 * with a password or a keytab, a cache of its own in memory that nobody else sees, gone with it.
 */
#ifndef PORTERO_AUTH_KERBEROS_TICKETS_H
#define PORTERO_AUTH_KERBEROS_TICKETS_H

#include <gssapi/gssapi.h>
#include <krb5/krb5.h>

#include "src/auth/credentials.h"

/* All zero is fine: nothing is held. */
struct kerberos_tickets {
  gss_cred_id_t credential; /* GSS_C_NO_CREDENTIAL: the default cache */
  krb5_context krb5;        /* with cache, of tickets made from a keytab */
  krb5_ccache cache;
};

/* false: nothing in them is of use to Kerberos. */
PORTERO_MUST_USE bool kerberos_tickets_usable(const struct portero_credentials *c);
/* c: NULL is the default cache. May wait for the KDC. A GSSAPI status, *minor with it. */
OM_uint32 kerberos_tickets_open(struct kerberos_tickets *t, const struct portero_credentials *c,
                                OM_uint32 *minor);
void kerberos_tickets_deinit(struct kerberos_tickets *t);

#endif
