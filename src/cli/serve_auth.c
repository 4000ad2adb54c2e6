/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/serve_auth.h"

#include <stdio.h>
#include <string.h>

static bool added(struct serve_auth *a, portero_status status, const char *what, const char *path)
{
  char text[128];

  if (portero_is_ok(status)) {
    a->n_acceptors++;
    return true;
  }
  (void)fprintf(stderr, "portero serve: %s: %s%s%s\n", what, path ? path : "", path ? ": " : "",
                portero_status_text(status, text, sizeof text));
  return false;
}

static bool add_ntlm(struct serve_auth *a, const struct config *c)
{
  struct portero_ntlm_options o;

  memset(&o, 0, sizeof o);
  o.accounts = c->accounts;
  o.winbind = c->winbind;
  o.anonymous = true;
  return added(a, portero_acceptor_ntlm_new(&o, &a->acceptors[a->n_acceptors]),
               c->accounts ? "auth.accounts" : "auth.winbind", c->accounts);
}

static bool add_kerberos(struct serve_auth *a, const struct config *c)
{
  struct portero_kerberos_options o;

  memset(&o, 0, sizeof o);
  o.keytab = c->keytab;
  return added(a, portero_acceptor_kerberos_new(&o, &a->acceptors[a->n_acceptors]), "auth.keytab",
               c->keytab);
}

static bool add_spnego(struct serve_auth *a)
{
  struct portero_acceptor *inner[SERVE_ACCEPTORS];
  size_t n = a->n_acceptors;

  for (size_t i = 0; i < n; i++) /* Kerberos first */
    inner[i] = a->acceptors[n - 1 - i];
  return added(a, portero_acceptor_spnego_new(inner, n, &a->acceptors[n]), "SPNEGO", NULL);
}

bool serve_auth_init(struct serve_auth *a, const struct config *c)
{
  bool good;

  memset(a, 0, sizeof *a);
  if (!c->accounts && !c->winbind && !c->keytab)
    return true;
  good = (!c->accounts && !c->winbind) || add_ntlm(a, c);
  good = (!c->keytab || add_kerberos(a, c)) && good; /* both are told */
  return good && add_spnego(a);
}

/* Those that others are made of last. */
void serve_auth_deinit(struct serve_auth *a)
{
  while (a->n_acceptors > 0)
    portero_acceptor_free(a->acceptors[--a->n_acceptors]);
}
