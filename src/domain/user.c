/* SPDX-License-Identifier: Apache-2.0 */
#include "src/domain/user.h"

#include <stdlib.h>

#include <portero/utf16.h>

#define USE_FOR_DENY_ONLY 0x10u /* [MS-PAC] 2.2.1: nothing that could be granted to */

struct portero_netlogon_user {
  struct portero_identity identity;
  char *account, *domain;
  struct portero_sid *sids;
  uint8_t session_key[16];
};

/* In memory code units are the host's, on the wire and for the conversion they are little-endian. */
static bool text_of(const struct ms_types_unicode_string *s, char **out_text)
{
  struct portero_bytes units = portero_bytes_make(s->buffer, s->buffer ? s->length & ~1u : 0);
  bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  size_t length;
  char *text;

  if (!portero_is_ok(portero_utf16_to_utf8(units, big_endian, NULL, 0, &length)))
    return false;
  text = malloc(length + 1);
  if (!text)
    return false;
  if (!portero_is_ok(portero_utf16_to_utf8(units, big_endian, text, length, &length)) ||
      memchr(text, 0, length)) { /* or it would end there, and name somebody else */
    free(text);
    return false;
  }
  text[length] = 0;
  *out_text = text;
  return true;
}

static bool sid_of(const struct ms_types_sid *s, struct portero_sid *out_sid)
{
  struct portero_sid sid = {.revision = s->revision, .n_sub = s->sub_authority_count};

  if (s->revision != 1 || s->sub_authority_count > PORTERO_SID_AUTHORITIES)
    return false;
  for (size_t i = 0; i < sizeof s->authority.value; i++)
    sid.authority = sid.authority << 8 | s->authority.value[i];
  for (size_t i = 0; i < sid.n_sub; i++)
    sid.sub[i] = s->sub_authority[i];
  *out_sid = sid;
  return true;
}

static bool add_rid(struct portero_netlogon_user *u, const struct portero_sid *domain, uint32_t rid)
{
  return portero_sid_append(domain, rid, &u->sids[u->identity.n_sids++]);
}

/* The account's own, its primary group, the groups of its domain. */
static bool add_domain(struct portero_netlogon_user *u, const struct user_description *d)
{
  struct portero_sid domain;

  if (!d->domain_sid || !sid_of(d->domain_sid, &domain) || !add_rid(u, &domain, d->user_id) ||
      !add_rid(u, &domain, d->primary_group_id))
    return false;
  for (size_t i = 0; i < d->group_count; i++) {
    if (d->groups[i].rid == d->primary_group_id || (d->groups[i].attributes & USE_FOR_DENY_ONLY))
      continue;
    if (!add_rid(u, &domain, d->groups[i].rid))
      return false;
  }
  return true;
}

static bool add_others(struct portero_netlogon_user *u, const struct user_description *d)
{
  for (size_t i = 0; i < d->sid_count; i++) {
    const struct ms_types_sid *sid = d->extra_sids[i].value;
    if (!sid || !sid_of(sid, &u->sids[u->identity.n_sids]))
      return false;
    u->identity.n_sids += !(d->extra_sids[i].attributes & USE_FOR_DENY_ONLY);
  }
  return true;
}

static bool fill(struct portero_netlogon_user *u, const struct user_description *d,
                 const char *account)
{
  if ((d->group_count && !d->groups) || (d->sid_count && !d->extra_sids))
    return false;
  u->sids = calloc((size_t)d->group_count + d->sid_count + 2, sizeof *u->sids);
  if (!u->sids || !add_domain(u, d) || !add_others(u, d) || !text_of(d->account, &u->account) ||
      !text_of(d->domain, &u->domain))
    return false;
  if (!*u->account) {
    free(u->account);
    u->account = strdup(account);
  }
  memcpy(u->session_key, d->session_key, sizeof u->session_key);
  return u->account != NULL;
}

portero_status user_make(const struct user_description *d, const char *account,
                         struct portero_netlogon_user **out_user)
{
  struct portero_netlogon_user *u = calloc(1, sizeof *u);

  if (!u)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (!fill(u, d, account)) {
    portero_netlogon_user_free(u);
    return portero_local(PORTERO_LOCAL_MALFORMED);
  }
  u->identity.type = PORTERO_AUTH_NTLM;
  u->identity.account = u->account;
  u->identity.domain = u->domain;
  u->identity.principal = "";
  u->identity.sids = u->sids;
  u->identity.session_key = portero_bytes_make(u->session_key, sizeof u->session_key);
  *out_user = u;
  return portero_ok();
}

const struct portero_identity *
portero_netlogon_user_identity(const struct portero_netlogon_user *user)
{
  return &user->identity;
}

void portero_netlogon_user_free(struct portero_netlogon_user *user)
{
  if (!user)
    return;
  free(user->account);
  free(user->domain);
  free(user->sids);
  explicit_bzero(user, sizeof *user);
  free(user);
}
