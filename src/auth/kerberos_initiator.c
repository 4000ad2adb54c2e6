/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of Kerberos. Nothing happens before the first step, which asks the KDC for what the
 * ticket cache does not have: it waits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "src/auth/kerberos.h"
#include "src/auth/kerberos_tickets.h"

#define MAX_TARGET 512u
#define ALWAYS     (GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_DCE_STYLE)

struct initiator {
  struct kerberos k; /* first */
  struct portero_credentials *credentials;
  struct kerberos_tickets tickets;
  gss_name_t service;
  char target[MAX_TARGET];
};

static struct initiator *initiator_of(struct portero_security *s)
{
  return (struct initiator *)(void *)s;
}

static void initiator_free(struct portero_security *s)
{
  struct initiator *i = initiator_of(s);
  OM_uint32 minor;

  kerberos_deinit(&i->k);
  kerberos_tickets_deinit(&i->tickets);
  (void)gss_release_name(&minor, &i->service);
  portero_credentials_free(i->credentials);
  free(i);
}

/* "host/dc1.lab.test" is host@dc1.lab.test to GSSAPI; with a realm it is a principal as it stands. */
static OM_uint32 import_target(struct initiator *i, OM_uint32 *minor)
{
  gss_buffer_desc name = kerberos_buffer(i->target, strlen(i->target));
  char *slash, text[MAX_TARGET];

  if (strchr(i->target, '@') || !strchr(i->target, '/'))
    return gss_import_name(minor, &name, GSS_KRB5_NT_PRINCIPAL_NAME, &i->service);
  memcpy(text, i->target, sizeof text);
  slash = strchr(text, '/');
  *slash = '@';
  name.value = text;
  return gss_import_name(minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &i->service);
}

static portero_status initiator_failed(struct initiator *i, OM_uint32 major, OM_uint32 minor)
{
  char subject[2 * MAX_TARGET];
  const char *user = i->credentials ? i->credentials->user : NULL;

  (void)snprintf(subject, sizeof subject, "%s%s%s", user ? user : "", user ? " to " : "",
                 i->target);
  return kerberos_failed(&i->k, subject, major, minor);
}

static portero_status prepare(struct initiator *i)
{
  OM_uint32 minor = 0, major = import_target(i, &minor);

  if (major == GSS_S_COMPLETE)
    major = kerberos_tickets_open(&i->tickets, i->credentials, &minor);
  if (major != GSS_S_COMPLETE)
    return initiator_failed(i, major, minor);
  i->k.state = KERBEROS_STARTED;
  return portero_ok();
}

/* Only what the level needs: see kerberos_tickets_open(). */
static OM_uint32 wanted(const struct initiator *i)
{
  if (i->k.level == PORTERO_LEVEL_CONNECT)
    return ALWAYS;
  return i->k.level == PORTERO_LEVEL_PRIVACY ? ALWAYS | GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG
                                             : ALWAYS | GSS_C_INTEG_FLAG;
}

static portero_status established(struct initiator *i, OM_uint32 flags)
{
  gss_name_t service = GSS_C_NO_NAME;
  portero_status status;
  OM_uint32 minor;

  if ((flags & wanted(i)) != wanted(i))
    return kerberos_refused(&i->k, "Kerberos: the library does not give the protection asked for");
  if (gss_inquire_context(&minor, i->k.context, NULL, &service, NULL, NULL, NULL, NULL, NULL) !=
      GSS_S_COMPLETE)
    return kerberos_refused(&i->k, "Kerberos: the library does not tell the service's name");
  status = kerberos_established(&i->k, service, flags);
  (void)gss_release_name(&minor, &service);
  return status;
}

static portero_status leg(struct initiator *i, struct portero_bytes token,
                          struct portero_writer *out_token, bool *out_done)
{
  gss_buffer_desc in = kerberos_buffer(token.data, token.size), out = GSS_C_EMPTY_BUFFER;
  OM_uint32 major, minor, flags = 0;
  portero_status status = portero_ok();

  major =
      gss_init_sec_context(&minor, i->tickets.credential, &i->k.context, i->service, gss_mech_krb5,
                           wanted(i), 0, GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, &out, &flags, NULL);
  if (major == GSS_S_COMPLETE)
    status = established(i, flags);
  else if (major != GSS_S_CONTINUE_NEEDED)
    status = initiator_failed(i, major, minor);
  kerberos_put_token(out_token, &out);
  if (!portero_is_ok(status))
    return status;
  *out_done = major == GSS_S_COMPLETE;
  return portero_writer_finish(out_token);
}

static portero_status initiator_step(struct portero_security *s, struct portero_bytes token,
                                     struct portero_writer *out_token, bool *out_done)
{
  struct initiator *i = initiator_of(s);
  portero_status status;

  if (i->k.state == KERBEROS_STARTED)
    return leg(i, token, out_token, out_done);
  if (i->k.state != KERBEROS_NEW || token.size != 0)
    return portero_local(PORTERO_LOCAL_STATE);
  status = prepare(i);
  return portero_is_ok(status) ? leg(i, token, out_token, out_done) : status;
}

static const struct portero_security_ops initiator_ops = {
    .type = PORTERO_AUTH_KERBEROS,
    .step = initiator_step,
    .value_size = kerberos_value_size,
    .protect = kerberos_protect,
    .unprotect = kerberos_unprotect,
    .identity = kerberos_identity,
    .why = kerberos_why,
    .free = initiator_free,
};

portero_status kerberos_initiator_new(const struct auth_initiation *i,
                                      struct portero_security **out_security)
{
  struct initiator *n;
  size_t length = strlen(i->target);

  if (length == 0 || (i->credentials && !kerberos_tickets_usable(i->credentials)))
    return portero_local(PORTERO_LOCAL_USAGE);
  if (length >= sizeof n->target)
    return portero_local(PORTERO_LOCAL_LIMIT);
  n = calloc(1, sizeof *n);
  if (!n)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  kerberos_init(&n->k, &initiator_ops, i->level, true);
  memcpy(n->target, i->target, length + 1);
  n->credentials = i->credentials ? portero_credentials_hold(i->credentials) : NULL;
  *out_security = &n->k.base;
  return portero_ok();
}
