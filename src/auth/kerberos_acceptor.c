/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's end of Kerberos, with a keytab of its own. The keytab is read for each caller, so
 * that a new key counts at once; hence the steps wait.
 *
 * There is no replay cache: it would be a file that all callers wait for. It is not needed either,
 * because only DCE style is accepted, whose third leg proves that the caller has the session key of this
 * very dialogue: an AP-REQ that is sent again gets no further than the second leg.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/auth/kerberos.h"

#define AP_REQ_TAG 0x6eu /* [RFC4120] 5.5.1: APPLICATION 14 */
#define FRAME_TAG  0x60u /* [RFC2743] 3.1 */

struct service {
  struct portero_acceptor base; /* first */
  gss_cred_id_t credential;     /* of all its callers: the library locks it */
  char *name;                   /* what messages call it */
};

struct acceptor {
  struct kerberos k; /* first */
  const struct service *service;
};

static struct acceptor *acceptor_of(struct portero_security *s)
{
  return (struct acceptor *)(void *)s;
}

static void acceptor_free(struct portero_security *s)
{
  kerberos_deinit(kerberos_of(s));
  free(s);
}

/* The library reads tokens of other mechanisms too. */
static bool is_kerberos(struct portero_bytes token)
{
  return token.size > 0 && (token.data[0] == AP_REQ_TAG || token.data[0] == FRAME_TAG);
}

static portero_status leg(struct acceptor *a, struct portero_bytes token,
                          struct portero_writer *out_token, bool *out_done)
{
  gss_buffer_desc in = kerberos_buffer(token.data, token.size), out = GSS_C_EMPTY_BUFFER;
  OM_uint32 major, minor, ignored, flags = 0;
  portero_status status = portero_ok();
  gss_name_t peer = GSS_C_NO_NAME;

  major = gss_accept_sec_context(&minor, &a->k.context, a->service->credential, &in,
                                 GSS_C_NO_CHANNEL_BINDINGS, &peer, NULL, &out, &flags, NULL, NULL);
  a->k.state = KERBEROS_STARTED;
  if (major == GSS_S_COMPLETE)
    status = kerberos_established(&a->k, peer, flags);
  else if (major != GSS_S_CONTINUE_NEEDED)
    status = kerberos_failed(&a->k, a->service->name, major, minor);
  (void)gss_release_name(&ignored, &peer);
  kerberos_put_token(out_token, &out);
  if (!portero_is_ok(status))
    return status;
  *out_done = major == GSS_S_COMPLETE;
  return portero_writer_finish(out_token);
}

static portero_status acceptor_step(struct portero_security *s, struct portero_bytes token,
                                    struct portero_writer *out_token, bool *out_done)
{
  struct acceptor *a = acceptor_of(s);

  if (a->k.state != KERBEROS_NEW && a->k.state != KERBEROS_STARTED)
    return portero_local(PORTERO_LOCAL_STATE);
  if (a->k.state == KERBEROS_NEW && !is_kerberos(token))
    return kerberos_refused(&a->k, "Kerberos: the caller's first token is no AP-REQ");
  return leg(a, token, out_token, out_done);
}

static const struct portero_security_ops acceptor_ops = {
    .type = PORTERO_AUTH_KERBEROS,
    .step = acceptor_step,
    .value_size = kerberos_value_size,
    .protect = kerberos_protect,
    .unprotect = kerberos_unprotect,
    .identity = kerberos_identity,
    .why = kerberos_why,
    .free = acceptor_free,
};

static portero_status service_begin(void *ctx, uint8_t level,
                                    struct portero_security **out_security)
{
  struct acceptor *a = calloc(1, sizeof *a);

  if (!a)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  kerberos_init(&a->k, &acceptor_ops, level, false);
  a->service = ctx;
  *out_security = &a->k.base;
  return portero_ok();
}

static void service_free(struct portero_acceptor *acceptor)
{
  struct service *s = (struct service *)(void *)acceptor;
  OM_uint32 minor;

  (void)gss_release_cred(&minor, &s->credential);
  free(s->name);
  free(s);
}

/* Files that cannot be read are told by their errno; the library has one error for all of it. */
static portero_status check_file(const char *keytab)
{
  const char *path = strncmp(keytab, "FILE:", 5) == 0 ? keytab + 5 : keytab;

  if (path == keytab && *path != '/' && strchr(path, ':'))
    return portero_ok();
  return access(path, R_OK) == 0 ? portero_ok()
                                 : portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
}

static OM_uint32 acquire(struct service *s, const struct portero_kerberos_options *o,
                         OM_uint32 *minor)
{
  gss_key_value_element_desc elements[] = {{"rcache", "none:"}, {"keytab", o->keytab}};
  gss_key_value_set_desc store = {o->keytab ? 2 : 1, elements};
  gss_OID_set_desc mechs = {1, gss_mech_krb5};
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 major = GSS_S_COMPLETE, ignored;

  if (o->principal) {
    gss_buffer_desc text = kerberos_buffer(o->principal, strlen(o->principal));
    major = gss_import_name(minor, &text, GSS_KRB5_NT_PRINCIPAL_NAME, &name);
  }
  if (major == GSS_S_COMPLETE)
    major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT, &store,
                                  &s->credential, NULL, NULL);
  (void)gss_release_name(&ignored, &name);
  return major;
}

portero_status portero_acceptor_kerberos_new(const struct portero_kerberos_options *options,
                                             struct portero_acceptor **out_acceptor)
{
  const char *name = options->principal ? options->principal : options->keytab;
  portero_status status = options->keytab ? check_file(options->keytab) : portero_ok();
  struct service *s;
  OM_uint32 minor;

  if (!portero_is_ok(status))
    return status;
  s = calloc(1, sizeof *s);
  if (!s)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  s->name = strdup(name ? name : "the default keytab");
  if (!s->name || acquire(s, options, &minor) != GSS_S_COMPLETE) {
    status = portero_local(s->name ? PORTERO_LOCAL_NOT_FOUND : PORTERO_LOCAL_NO_MEMORY);
    service_free(&s->base);
    return status;
  }
  s->base = (struct portero_acceptor){PORTERO_AUTH_KERBEROS, service_begin, s, service_free};
  *out_acceptor = &s->base;
  return portero_ok();
}
