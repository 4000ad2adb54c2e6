/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/kerberos_tickets.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include "src/auth/kerberos.h"

#define MAX_PRINCIPAL 512u

bool kerberos_tickets_usable(const struct portero_credentials *c)
{
  return !c->anonymous && !c->has_nt_hash;
}

void kerberos_tickets_deinit(struct kerberos_tickets *t)
{
  OM_uint32 minor;

  (void)gss_release_cred(&minor, &t->credential);
  if (t->cache)
    (void)krb5_cc_destroy(t->krb5, t->cache);
  if (t->krb5)
    krb5_free_context(t->krb5);
  memset(t, 0, sizeof *t);
}

/* "LAB" is how NetBIOS calls the default realm LAB.TEST. */
static bool is_default_realm(const char *domain)
{
  size_t length = strlen(domain);
  bool same = false;
  krb5_context krb5;
  char *realm;

  if (krb5_init_context(&krb5) != 0)
    return false;
  if (krb5_get_default_realm(krb5, &realm) == 0) {
    same = strncasecmp(realm, domain, length) == 0 && realm[length] == '.';
    krb5_free_default_realm(krb5, realm);
  }
  krb5_free_context(krb5);
  return same;
}

/*
 * The principal of a user. A name with a realm is taken as it stands. A domain is the realm, in
 * capitals as realms are; a NetBIOS domain stands for the default realm when that begins with it.
 */
static bool principal_text(const struct portero_credentials *c, char *text, size_t size)
{
  int length;

  if (strchr(c->user, '@') || !c->domain || is_default_realm(c->domain))
    length = snprintf(text, size, "%s", c->user);
  else
    length = snprintf(text, size, "%s@%s", c->user, c->domain);
  if (length < 0 || (size_t)length >= size)
    return false;
  if (!strchr(c->user, '@'))
    for (char *at = text + strlen(c->user); *at; at++)
      *at = (char)toupper((unsigned char)*at);
  return true;
}

static OM_uint32 import_user(const struct portero_credentials *c, gss_name_t *out_name,
                             OM_uint32 *minor)
{
  char text[MAX_PRINCIPAL];
  gss_buffer_desc buffer;

  *out_name = GSS_C_NO_NAME;
  if (!c->user)
    return GSS_S_COMPLETE;
  if (!principal_text(c, text, sizeof text))
    return GSS_S_BAD_NAME;
  buffer = kerberos_buffer(text, strlen(text));
  return gss_import_name(minor, &buffer, GSS_KRB5_NT_PRINCIPAL_NAME, out_name);
}

static gss_OID_set_desc only_krb5(void)
{
  gss_OID_set_desc set = {1, gss_mech_krb5};
  return set;
}

static OM_uint32 from_password(struct kerberos_tickets *t, gss_name_t user, const char *password,
                               OM_uint32 *minor)
{
  gss_buffer_desc secret = kerberos_buffer(password, strlen(password));
  gss_OID_set_desc mechs = only_krb5();

  if (!*password) { /* an argument that the library takes for a mistake */
    *minor = (OM_uint32)KRB5KDC_ERR_PREAUTH_FAILED;
    return GSS_S_FAILURE;
  }
  return gss_acquire_cred_with_password(minor, user, &secret, GSS_C_INDEFINITE, &mechs,
                                        GSS_C_INITIATE, &t->credential, NULL, NULL);
}

static OM_uint32 from_store(struct kerberos_tickets *t, gss_name_t user,
                            gss_key_value_element_desc *elements, OM_uint32 count, OM_uint32 *minor)
{
  gss_key_value_set_desc store = {count, elements};
  gss_OID_set_desc mechs = only_krb5();

  return gss_acquire_cred_from(minor, user, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
                               count ? &store : NULL, &t->credential, NULL, NULL);
}

static OM_uint32 from_keytab(struct kerberos_tickets *t, gss_name_t user, const char *keytab,
                             OM_uint32 *minor)
{
  gss_key_value_element_desc elements[] = {{"client_keytab", keytab}, {"ccache", NULL}};
  krb5_error_code code = krb5_init_context(&t->krb5);
  char *cache = NULL;
  OM_uint32 major;

  if (code == 0)
    code = krb5_cc_new_unique(t->krb5, "MEMORY", NULL, &t->cache);
  if (code == 0)
    code = krb5_cc_get_full_name(t->krb5, t->cache, &cache);
  if (code != 0) {
    *minor = (OM_uint32)code;
    return GSS_S_FAILURE;
  }
  elements[1].value = cache;
  major = from_store(t, user, elements, 2, minor);
  krb5_free_string(t->krb5, cache);
  if (major != GSS_S_COMPLETE &&
      (*minor == (OM_uint32)KRB5_FCC_NOFILE || *minor == (OM_uint32)KRB5_CC_NOTFOUND))
    *minor =
        (OM_uint32)KRB5_KT_NOTFOUND; /* it looked in the cache, because the keytab had nothing */
  return major;
}

/*
 * Without this the library asks for signing and sealing in each context. Samba's servers take the
 * size of their signatures from what was asked for, not from the level, and fail at lower ones.
 */
static OM_uint32 only_what_is_asked(struct kerberos_tickets *t, OM_uint32 *minor)
{
  gss_buffer_desc none = GSS_C_EMPTY_BUFFER;

  return gss_set_cred_option(minor, &t->credential, GSS_KRB5_CRED_NO_CI_FLAGS_X, &none);
}

OM_uint32 kerberos_tickets_open(struct kerberos_tickets *t, const struct portero_credentials *c,
                                OM_uint32 *minor)
{
  gss_key_value_element_desc cache = {"ccache", c ? c->ccache : NULL};
  gss_name_t user = GSS_C_NO_NAME;
  OM_uint32 major, ignored;

  major = c ? import_user(c, &user, minor) : GSS_S_COMPLETE;
  if (major != GSS_S_COMPLETE)
    return major;
  if (c && c->password)
    major = from_password(t, user, c->password, minor);
  else if (c && c->keytab)
    major = from_keytab(t, user, c->keytab, minor);
  else
    major = from_store(t, user, &cache, cache.value ? 1 : 0, minor);
  (void)gss_release_name(&ignored, &user);
  return major == GSS_S_COMPLETE ? only_what_is_asked(t, minor) : major;
}
