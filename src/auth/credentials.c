/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "src/auth/credentials.h"

/* NULL stays NULL. false: memory is out. */
static bool copy(const char *text, char **out_copy)
{
  *out_copy = text ? strdup(text) : NULL;
  return !text || *out_copy;
}

static void wipe(char *text)
{
  if (text)
    explicit_bzero(text, strlen(text));
  free(text);
}

static portero_status check(const struct portero_credentials_options *o)
{
  bool secret = o->password || o->nt_hash || o->keytab;

  if ((o->password && o->nt_hash) || (o->keytab && (o->password || o->nt_hash)))
    return portero_local(PORTERO_LOCAL_USAGE);
  if (secret && !o->user)
    return portero_local(PORTERO_LOCAL_USAGE);
  if (o->anonymous && (secret || o->user || o->domain || o->ccache))
    return portero_local(PORTERO_LOCAL_USAGE);
  if (o->user && !*o->user)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  return portero_ok();
}

/* "DOMAIN\user" names its domain itself. */
static bool take_user(struct portero_credentials *c, const struct portero_credentials_options *o)
{
  const char *slash = o->user ? strchr(o->user, '\\') : NULL;

  if (!slash)
    return copy(o->user, &c->user) && copy(o->domain, &c->domain);
  c->domain = strndup(o->user, (size_t)(slash - o->user));
  return c->domain && copy(slash + 1, &c->user);
}

portero_status portero_credentials_new(const struct portero_credentials_options *options,
                                       struct portero_credentials **out_credentials)
{
  portero_status status = check(options);
  struct portero_credentials *c;

  if (!portero_is_ok(status))
    return status;
  c = calloc(1, sizeof *c);
  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  c->holders = 1;
  c->anonymous = options->anonymous;
  c->allow = options->allow;
  if (options->nt_hash) {
    memcpy(c->nt_hash, options->nt_hash, sizeof c->nt_hash);
    c->has_nt_hash = true;
  }
  if (!take_user(c, options) || !copy(options->password, &c->password) ||
      !copy(options->ccache, &c->ccache) || !copy(options->keytab, &c->keytab) ||
      !copy(options->workstation, &c->workstation)) {
    portero_credentials_free(c);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  *out_credentials = c;
  return portero_ok();
}

struct portero_credentials *portero_credentials_hold(struct portero_credentials *c)
{
  __atomic_add_fetch(&c->holders, 1, __ATOMIC_RELAXED);
  return c;
}

void portero_credentials_free(struct portero_credentials *c)
{
  if (!c || __atomic_sub_fetch(&c->holders, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  wipe(c->password);
  free(c->user);
  free(c->domain);
  free(c->ccache);
  free(c->keytab);
  free(c->workstation);
  explicit_bzero(c, sizeof *c);
  free(c);
}
