/* SPDX-License-Identifier: Apache-2.0 */
/* The acceptors that programs make, and the static one for callers without a name. */
#include <stdlib.h>

#include <portero/auth.h>

#include "src/auth/ntlm_acceptor.h"

struct ntlm_acceptor {
  struct portero_acceptor base; /* first: what the program holds */
  struct ntlm_settings settings;
  char *computer, *domain, *dns_computer, *dns_domain;
};

static portero_status begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  return ntlm_acceptor_begin(ctx, level, out_security);
}

static void ntlm_acceptor_free(struct portero_acceptor *base)
{
  struct ntlm_acceptor *a = (struct ntlm_acceptor *)(void *)base;

  accounts_free(a->settings.accounts);
  free(a->computer);
  free(a->domain);
  free(a->dns_computer);
  free(a->dns_domain);
  free(a);
}

static bool copy(const char *text, char **out_copy)
{
  *out_copy = text ? strdup(text) : NULL;
  return !text || *out_copy;
}

static bool take_names(struct ntlm_acceptor *a, const struct portero_ntlm_options *o)
{
  char own[NTLM_NETBIOS_SIZE];
  const char *computer = o->computer ? o->computer : own;

  ntlm_computer_name(own);
  return copy(computer, &a->computer) && copy(o->domain ? o->domain : computer, &a->domain) &&
         copy(o->dns_computer, &a->dns_computer) && copy(o->dns_domain, &a->dns_domain);
}

portero_status portero_acceptor_ntlm_new(const struct portero_ntlm_options *options,
                                         struct portero_acceptor **out_acceptor)
{
  struct ntlm_acceptor *a = calloc(1, sizeof *a);
  portero_status status = portero_ok();
  unsigned line;

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (!take_names(a, options))
    status = portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (portero_is_ok(status) && options->accounts)
    status = accounts_open(options->accounts, &a->settings.accounts, &line);
  if (!portero_is_ok(status)) {
    ntlm_acceptor_free(&a->base);
    return status;
  }
  a->settings.computer = a->computer;
  a->settings.domain = a->domain;
  a->settings.dns_computer = a->dns_computer;
  a->settings.dns_domain = a->dns_domain;
  a->settings.winbind = options->winbind;
  a->settings.anonymous = options->anonymous;
  a->settings.allow = options->allow;
  a->base.type = PORTERO_AUTH_NTLM;
  a->base.begin = begin;
  a->base.ctx = &a->settings;
  a->base.free = ntlm_acceptor_free;
  *out_acceptor = &a->base;
  return portero_ok();
}

static portero_status anonymous_begin(void *ctx, uint8_t level,
                                      struct portero_security **out_security)
{
  static const struct ntlm_settings settings = {
      .computer = "PORTERO", .domain = "PORTERO", .anonymous = true};

  (void)ctx;
  return ntlm_acceptor_begin(&settings, level, out_security);
}

const struct portero_acceptor portero_ntlm_anonymous = {PORTERO_AUTH_NTLM, anonymous_begin, NULL,
                                                        NULL};
