/* SPDX-License-Identifier: Apache-2.0 */
/* Who the other side of a Kerberos context is: its principal, and what its ticket says of it. */
#include <stdlib.h>

#include <portero/utf16.h>

#include "src/auth/kerberos.h"
#include "src/auth/kerberos_pac.h"

#define LOGON_INFO "urn:mspac:logon-info"
/* [RFC8062] 3: of any realm; the library knows only the one without. */
#define ANONYMOUS "WELLKNOWN/ANONYMOUS"

/* Behind the @ that no backslash escapes; NULL: no realm. */
static const char *realm_of(const char *principal)
{
  for (const char *p = principal; *p; p++) {
    if (*p == '@')
      return p + 1;
    if (*p == '\\' && p[1])
      p++;
  }
  return NULL;
}

static bool is_text(const gss_buffer_desc *name)
{
  size_t size;

  return !memchr(name->value, 0, name->length) &&
         portero_is_ok(portero_utf8_to_utf16(name->value, name->length, false, NULL, 0, &size));
}

/* Principal, account and domain from the name in the ticket. */
static bool take_name(struct kerberos *k, gss_name_t peer)
{
  struct portero_identity *id = &k->identity;
  gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
  gss_OID type = GSS_C_NO_OID;
  OM_uint32 minor;
  const char *realm;

  if (gss_display_name(&minor, peer, &name, &type) != GSS_S_COMPLETE)
    return false;
  id->principal = name.length > 0 && is_text(&name)
                      ? portero_arena_text(&k->arena, name.value, name.length)
                      : NULL;
  (void)gss_release_buffer(&minor, &name);
  if (!id->principal)
    return false;
  realm = realm_of(id->principal);
  id->domain = realm ? realm : "";
  id->account =
      portero_arena_text(&k->arena, id->principal,
                         realm ? (size_t)(realm - id->principal) - 1 : strlen(id->principal));
  id->anonymous = (type && gss_oid_equal(type, GSS_C_NT_ANONYMOUS)) ||
                  (id->account && strcmp(id->account, ANONYMOUS) == 0);
  k->base.anonymous = id->anonymous;
  return id->account != NULL;
}

static bool take_session_key(struct kerberos *k)
{
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor;
  uint8_t *key;

  if (gss_inquire_sec_context_by_oid(&minor, k->context, GSS_C_INQ_SSPI_SESSION_KEY, &set) !=
      GSS_S_COMPLETE)
    return false;
  key = set->count > 0 ? portero_arena_alloc(&k->arena, set->elements[0].length) : NULL;
  if (key) {
    memcpy(key, set->elements[0].value, set->elements[0].length);
    k->identity.session_key = portero_bytes_make(key, set->elements[0].length);
    explicit_bzero(set->elements[0].value, set->elements[0].length);
  }
  (void)gss_release_buffer_set(&minor, &set);
  return key != NULL;
}

/* A ticket need not have logon information; what it has must be right. */
static bool take_logon(struct kerberos *k, gss_name_t peer)
{
  gss_buffer_desc attribute = kerberos_buffer(LOGON_INFO, strlen(LOGON_INFO));
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
  int authenticated = 0, complete = 0, more = -1;
  struct kerberos_logon logon = {.n_sids = 0};
  OM_uint32 minor, major;
  bool fine = true;

  major = gss_get_name_attribute(&minor, peer, &attribute, &authenticated, &complete, &value,
                                 &shown, &more);
  if (major == GSS_S_COMPLETE && authenticated)
    fine = portero_is_ok(
        kerberos_pac_read(portero_bytes_make(value.value, value.length), &k->arena, &logon));
  (void)gss_release_buffer(&minor, &value);
  (void)gss_release_buffer(&minor, &shown);
  if (!fine || logon.n_sids == 0)
    return fine;
  k->identity.account = logon.account;
  k->identity.domain = logon.domain;
  k->identity.sids = logon.sids;
  k->identity.n_sids = logon.n_sids;
  return true;
}

portero_status kerberos_identify(struct kerberos *k, gss_name_t peer)
{
  k->identity.type = PORTERO_AUTH_KERBEROS;
  if (!take_name(k, peer))
    return kerberos_refused(k, "Kerberos: the other side's name is no text");
  if (!take_session_key(k))
    return kerberos_refused(k, "Kerberos: the library does not tell the session key");
  if (!k->initiator && !take_logon(k, peer))
    return kerberos_refused(k, "Kerberos: the logon information (PAC) in the caller's ticket is "
                               "malformed or has too many groups; look at what its KDC puts there");
  return portero_ok();
}
