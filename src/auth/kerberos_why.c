/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/kerberos_why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5/krb5.h>

/* Of the library's GSSAPI part; no header has them. */
#define KG_CCACHE_NOMATCH 39756032u
#define KG_KEYTAB_NOMATCH 39756033u
#define KG_TGT_MISSING    39756034u
#define KG_EMPTY_CCACHE   39756044u

enum side {
  BOTH,
  CLIENT,
  SERVER,
};

/* An error's code, on which side it means this, the cause, the next step. */
struct reason {
  uint32_t code;
  enum side side;
  const char *cause, *step;
};

#define CLOCKS                                                                                     \
  "the clocks of this host, the other one and the KDC differ by more than 5 minutes",              \
      "compare `date -u` on each of them and let NTP set them"
#define NO_TICKET "there is no ticket", "run kinit, or give a user with a password or a keytab"
#define NO_KDC                                                                                     \
  "no KDC of the realm can be found or answers",                                                   \
      "look at [realms] in krb5.conf or the DNS records _kerberos._udp and _kerberos._tcp, at "    \
      "port "                                                                                      \
      "88 on the way there, and whether the realm is written in capitals"
#define CIPHERS                                                                                    \
  "client, service and KDC have no cipher in common",                                              \
      "set the account's password anew so that it gets AES keys, and make its keytab anew"
#define NOT_OURS                                                                                   \
  "the keytab has no key for the service that the caller's ticket names",                          \
      "compare `klist -k` of the keytab with the name that clients use, and add that name"
#define STALE_KEY                                                                                  \
  "the keytab's key is not the one that the ticket was made with: the service's password has "     \
  "changed",                                                                                       \
      "make the keytab anew (`kvno` and `klist -k` show both key numbers); clients may hold old "  \
      "tickets until they run klist purge or kdestroy"

static const struct reason reasons[] = {
    {(uint32_t)KRB5KRB_AP_ERR_SKEW, BOTH, CLOCKS},
    {(uint32_t)KRB5_KDCREP_SKEW, BOTH, CLOCKS},
    {(uint32_t)KRB5KRB_AP_ERR_TKT_NYV, BOTH, CLOCKS},
    {(uint32_t)KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, BOTH, "the KDC does not know this user",
     "look at the spelling of user and realm (realms are in capitals)"},
    {(uint32_t)KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, BOTH, "the KDC knows no service of this name",
     "call the host by its full name, not by an address or an alias, or register the name (setspn, "
     "samba-tool spn add, kadmin addprinc)"},
    {(uint32_t)KRB5KDC_ERR_PREAUTH_FAILED, BOTH, "the password or the keytab's key is wrong",
     "try the same with kinit"},
    {(uint32_t)KRB5KRB_AP_ERR_BAD_INTEGRITY, CLIENT,
     "the password is wrong, or the server has another key than the KDC",
     "try the same with kinit; then look at the server's keytab"},
    {(uint32_t)KRB5KDC_ERR_KEY_EXP, BOTH, "the password has expired", "change it (kpasswd)"},
    {(uint32_t)KRB5KDC_ERR_NAME_EXP, BOTH, "the account has expired", "ask its administrator"},
    {(uint32_t)KRB5KDC_ERR_CLIENT_REVOKED, BOTH, "the account is locked or disabled",
     "ask its administrator"},
    {(uint32_t)KRB5KDC_ERR_POLICY, BOTH, "the KDC's policy forbids it", "ask its administrator"},
    {(uint32_t)KRB5KRB_AP_ERR_TKT_EXPIRED, CLIENT, "the ticket has expired", "run kinit"},
    {(uint32_t)KRB5KRB_AP_ERR_TKT_EXPIRED, SERVER, "the caller's ticket has expired",
     "the caller runs kinit; else compare the clocks of both hosts"},
    {(uint32_t)KRB5_FCC_NOFILE, CLIENT, NO_TICKET},
    {(uint32_t)KRB5_CC_NOTFOUND, CLIENT, NO_TICKET},
    {KG_EMPTY_CCACHE, CLIENT, NO_TICKET},
    {KG_TGT_MISSING, CLIENT, NO_TICKET},
    {KG_CCACHE_NOMATCH, CLIENT, "the ticket cache has no tickets of this user",
     "run kinit for this user, or give a password or a keytab"},
    {(uint32_t)KRB5_KDC_UNREACH, BOTH, NO_KDC},
    {(uint32_t)KRB5_REALM_UNKNOWN, BOTH, NO_KDC},
    {(uint32_t)KRB5_REALM_CANT_RESOLVE, BOTH, NO_KDC},
    {(uint32_t)KRB5_CONFIG_NODEFREALM, BOTH, "krb5.conf names no default realm",
     "give the user as name@REALM, or set default_realm"},
    {(uint32_t)KRB5KDC_ERR_ETYPE_NOSUPP, BOTH, CIPHERS},
    {(uint32_t)KRB5_PROG_ETYPE_NOSUPP, BOTH, CIPHERS},
    {(uint32_t)KRB5_NOPERM_ETYPE, BOTH, CIPHERS},
    {(uint32_t)KRB5_CC_NOT_KTYPE, CLIENT, CIPHERS},
    {(uint32_t)KRB5_KT_NOTFOUND, CLIENT, "the keytab is not there or has no key for this user",
     "look at it with `klist -k`"},
    {KG_KEYTAB_NOMATCH, CLIENT, "the keytab has no key for this user",
     "look at it with `klist -k`"},
    {(uint32_t)KRB5_KT_NOTFOUND, SERVER, NOT_OURS},
    {KG_KEYTAB_NOMATCH, SERVER, NOT_OURS},
    {(uint32_t)KRB5KRB_AP_ERR_NOKEY, SERVER, NOT_OURS},
    {(uint32_t)KRB5KRB_AP_WRONG_PRINC, SERVER, NOT_OURS},
    {(uint32_t)KRB5KRB_AP_ERR_NOT_US, SERVER, NOT_OURS},
    {(uint32_t)KRB5_KT_KVNONOTFOUND, SERVER, STALE_KEY},
    {(uint32_t)KRB5KRB_AP_ERR_BADKEYVER, SERVER, STALE_KEY},
    {(uint32_t)KRB5KRB_AP_ERR_BAD_INTEGRITY, SERVER, STALE_KEY},
    {(uint32_t)KRB5KRB_AP_ERR_MODIFIED, BOTH, STALE_KEY},
    {ENOENT, BOTH, "the keytab or ticket cache is not there", "look at its path"},
    {EACCES, BOTH, "the keytab or ticket cache cannot be read",
     "give the user that this program runs as the right to"},
};

#define INTEGRITY                                                                                  \
  "the signature does not fit: the data was changed on the way, or both sides do not agree on "    \
  "header signing or the level",                                                                   \
      "try another level and without header signing; else look at what stands between both"
#define ORDER                                                                                      \
  "it came twice or out of order", "look at what stands between both: it may be an attack"

/* What GSSAPI itself says, where the mechanism says nothing. Supplementary bits first. */
static const struct reason by_major[] = {
    {GSS_S_DUPLICATE_TOKEN, BOTH, ORDER},
    {GSS_S_OLD_TOKEN, BOTH, ORDER},
    {GSS_S_UNSEQ_TOKEN, BOTH, ORDER},
    {GSS_S_GAP_TOKEN, BOTH, ORDER},
    {GSS_S_BAD_SIG, BOTH, INTEGRITY},
    {GSS_S_CREDENTIALS_EXPIRED, BOTH, "the ticket has expired", "run kinit"},
    {GSS_S_CONTEXT_EXPIRED, BOTH, "the ticket has expired", "connect again with a new one"},
    {GSS_S_DEFECTIVE_TOKEN, BOTH, "the other side sent what is no Kerberos token",
     "look at what it speaks"},
    {GSS_S_BAD_NAME, BOTH, "the name is none", "write it as name@REALM or service/host"},
};

static const struct reason *find(const struct reason *rows, size_t count, bool initiator,
                                 uint32_t code)
{
  for (size_t i = 0; i < count; i++)
    if (rows[i].code == code && rows[i].side != (initiator ? SERVER : CLIENT))
      return &rows[i];
  return NULL;
}

static const struct reason *reason_of(bool initiator, uint32_t major, uint32_t minor)
{
  const struct reason *r = find(reasons, sizeof reasons / sizeof *reasons, initiator, minor);

  for (size_t i = 0; !r && i < sizeof by_major / sizeof *by_major; i++)
    if (GSS_ERROR(by_major[i].code) ? GSS_ERROR(major) == by_major[i].code
                                    : (GSS_SUPPLEMENTARY_INFO(major) & by_major[i].code) != 0)
      r = &by_major[i];
  return r;
}

/* What the library says, of the mechanism where it says something, else of GSSAPI. */
static void library_text(uint32_t major, uint32_t minor, char *text, size_t size)
{
  OM_uint32 more = 0, ignored;
  gss_buffer_desc said = GSS_C_EMPTY_BUFFER;

  (void)gss_display_status(&ignored, minor ? minor : major,
                           minor ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, gss_mech_krb5, &more, &said);
  (void)snprintf(text, size, "%.*s", (int)said.length, said.value ? (const char *)said.value : "");
  (void)gss_release_buffer(&ignored, &said);
}

void kerberos_explain(bool initiator, const char *subject, uint32_t major, uint32_t minor,
                      char *text, size_t size)
{
  const struct reason *r = reason_of(initiator, major, minor);
  char said[200];

  library_text(major, minor, said, sizeof said);
  if (r)
    (void)snprintf(text, size, "Kerberos, %s: %s; %s (%s)", subject, r->cause, r->step, said);
  else
    (void)snprintf(text, size, "Kerberos, %s: %s (error %u/%u)", subject, said, major >> 16, minor);
  for (char *p = text; *p; p++) /* names and words of the peer or a KDC may be in it */
    if ((unsigned char)*p < ' ' || *p == 0x7f)
      *p = '?';
}
