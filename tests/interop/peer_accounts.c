/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What everybody asks a domain controller: its accounts, the names behind them, its shares. Answers
 * as a small domain would, out of constants.
 */
#include "peer_controller.h"

#include <string.h>
#include <uchar.h>

#include "lsarpc_rpc.h"
#include "samr_rpc.h"
#include "srvs_rpc.h"

#define NO_SUCH_DOMAIN    0xc00000dfu /* STATUS_NO_SUCH_DOMAIN */
#define NONE_MAPPED       0xc0000073u /* STATUS_NONE_MAPPED */
#define INVALID_PARAMETER 0xc000000du /* STATUS_INVALID_PARAMETER */
#define NAME_NOT_FOUND    0xc0000034u /* STATUS_OBJECT_NAME_NOT_FOUND */
#define UNKNOWN_LEVEL     124u        /* ERROR_INVALID_LEVEL */

#define TEXT(literal)                                                                              \
  {                                                                                                \
    sizeof u##literal - 2, sizeof u##literal - 2, u##literal                                       \
  }

static const uint32_t sub_authorities[] = {21, 1001, 1002, 1003};
static const struct ms_types_sid domain_sid = {
    .revision = 1,
    .sub_authority_count = 4,
    .authority = {{0, 0, 0, 0, 0, 5}},
    .sub_authority = sub_authorities,
};
static const struct ms_types_unicode_string domain_name = TEXT("PORTEROTEST");
static const struct samr_rid_enumeration users[] = {
    {500, TEXT("Administrator")},
    {501, TEXT("Guest")},
    {1103, TEXT("carol")},
};

#define USERS (sizeof users / sizeof *users)

static bool same_text(const struct ms_types_unicode_string *a,
                      const struct ms_types_unicode_string *b)
{
  return a->length == b->length && memcmp(a->buffer, b->buffer, a->length) == 0;
}

/* ---- the account manager ---- */

static const struct samr_rid_enumeration domains[] = {{0, TEXT("PORTEROTEST")}};
static const struct samr_enumeration_buffer all_domains = {1, domains};
static const struct samr_enumeration_buffer all_users = {USERS, users};

static portero_status samr_connect2(struct portero_call *call, struct samr_SamrConnect2 *p)
{
  return peer_handle_open(call, samr_samr_handle_kind, &p->server);
}

static portero_status samr_connect4(struct portero_call *call, struct samr_SamrConnect4 *p)
{
  return peer_handle_open(call, samr_samr_handle_kind, &p->server);
}

static portero_status samr_connect5(struct portero_call *call, struct samr_SamrConnect5 *p)
{
  p->out_version = 1;
  p->out_revision.v1.revision = 3;
  return peer_handle_open(call, samr_samr_handle_kind, &p->server);
}

static portero_status samr_close(struct portero_call *call, struct samr_SamrCloseHandle *p)
{
  return peer_handle_close(call, samr_samr_handle_kind, &p->object);
}

static portero_status samr_list_domains(struct portero_call *call,
                                        struct samr_SamrEnumerateDomainsInSamServer *p)
{
  portero_status status = peer_handle_check(call, samr_samr_handle_kind, &p->server);

  if (!portero_is_ok(status))
    return status;
  p->buffer = &all_domains;
  p->count = all_domains.count;
  return status;
}

static portero_status samr_find_domain(struct portero_call *call,
                                       struct samr_SamrLookupDomainInSamServer *p)
{
  portero_status status = peer_handle_check(call, samr_samr_handle_kind, &p->server);

  if (!portero_is_ok(status))
    return status;
  if (same_text(&p->name, &domain_name))
    p->domain_id = &domain_sid;
  else
    p->result = NO_SUCH_DOMAIN;
  return status;
}

static portero_status samr_open_domain(struct portero_call *call, struct samr_SamrOpenDomain *p)
{
  portero_status status = peer_handle_check(call, samr_samr_handle_kind, &p->server);

  return portero_is_ok(status) ? peer_handle_open(call, samr_samr_handle_kind, &p->domain) : status;
}

static portero_status samr_list_users(struct portero_call *call,
                                      struct samr_SamrEnumerateUsersInDomain *p)
{
  portero_status status = peer_handle_check(call, samr_samr_handle_kind, &p->domain);

  if (!portero_is_ok(status))
    return status;
  p->buffer = &all_users;
  p->count = all_users.count;
  return status;
}

static const struct samr_handlers samr_handlers = {
    .SamrConnect2 = samr_connect2,
    .SamrConnect4 = samr_connect4,
    .SamrConnect5 = samr_connect5,
    .SamrCloseHandle = samr_close,
    .SamrEnumerateDomainsInSamServer = samr_list_domains,
    .SamrLookupDomainInSamServer = samr_find_domain,
    .SamrOpenDomain = samr_open_domain,
    .SamrEnumerateUsersInDomain = samr_list_users,
};

/* ---- the local security authority ---- */

static const union lsarpc_policy_info account_domain = {
    .account_domain = {.domain_name = TEXT("PORTEROTEST"), .domain_sid = &domain_sid}};
static const union lsarpc_policy_info dns_domain = {
    .dns_domain = {.name = TEXT("PORTEROTEST"),
                   .dns_domain_name = TEXT("porterotest.example"),
                   .dns_forest_name = TEXT("porterotest.example"),
                   .domain_sid = &domain_sid}};
static const struct lsarpc_trust_information trusts[] = {{TEXT("PORTEROTEST"), &domain_sid}};
static const struct lsarpc_referenced_domain_list known_domains = {1, trusts, 32};

static portero_status lsa_open(struct portero_call *call, struct lsarpc_LsarOpenPolicy *p)
{
  return peer_handle_open(call, lsarpc_lsa_handle_kind, &p->policy);
}

static portero_status lsa_open2(struct portero_call *call, struct lsarpc_LsarOpenPolicy2 *p)
{
  return peer_handle_open(call, lsarpc_lsa_handle_kind, &p->policy);
}

static portero_status lsa_close(struct portero_call *call, struct lsarpc_LsarClose *p)
{
  return peer_handle_close(call, lsarpc_lsa_handle_kind, &p->object);
}

static uint32_t lsa_tell(enum lsarpc_policy_information_class which,
                         const union lsarpc_policy_info **out_info)
{
  if (which == lsarpc_PolicyAccountDomainInformation ||
      which == lsarpc_PolicyPrimaryDomainInformation)
    *out_info = &account_domain; /* the same members: a name and its SID */
  else if (which == lsarpc_PolicyDnsDomainInformation)
    *out_info = &dns_domain;
  else
    return INVALID_PARAMETER;
  return 0;
}

static portero_status lsa_query(struct portero_call *call,
                                struct lsarpc_LsarQueryInformationPolicy *p)
{
  portero_status status = peer_handle_check(call, lsarpc_lsa_handle_kind, &p->policy);

  if (portero_is_ok(status))
    p->result = lsa_tell(p->information_class, &p->info);
  return status;
}

static portero_status lsa_query2(struct portero_call *call,
                                 struct lsarpc_LsarQueryInformationPolicy2 *p)
{
  portero_status status = peer_handle_check(call, lsarpc_lsa_handle_kind, &p->policy);

  if (portero_is_ok(status))
    p->result = lsa_tell(p->information_class, &p->info);
  return status;
}

static struct lsarpc_translated_sid lsa_translate(const struct ms_types_unicode_string *name)
{
  for (size_t i = 0; i < USERS; i++)
    if (same_text(name, &users[i].name))
      return (struct lsarpc_translated_sid){lsa_types_SidTypeUser, users[i].rid, 0};
  return (struct lsarpc_translated_sid){lsa_types_SidTypeUnknown, 0, -1};
}

static portero_status lsa_look_up(struct portero_call *call, struct lsarpc_LsarLookupNames *p)
{
  portero_status status = peer_handle_check(call, lsarpc_lsa_handle_kind, &p->policy);
  struct lsarpc_translated_sid *sids =
      portero_arena_array(portero_call_arena(call), p->count, sizeof *sids);

  if (!portero_is_ok(status) || (!sids && p->count > 0))
    return portero_is_ok(status) ? portero_local(PORTERO_LOCAL_NO_MEMORY) : status;
  p->mapped_count = 0;
  for (uint32_t i = 0; i < p->count; i++) {
    sids[i] = lsa_translate(&p->names[i]);
    p->mapped_count += sids[i].domain_index == 0;
  }
  p->domains = &known_domains;
  p->sids.count = p->count;
  p->sids.sids = sids;
  p->result = p->mapped_count ? 0 : NONE_MAPPED;
  return status;
}

static portero_status lsa_retrieve(struct portero_call *call,
                                   struct lsarpc_LsarRetrievePrivateData *p)
{
  portero_status status = peer_handle_check(call, lsarpc_lsa_handle_kind, &p->policy);

  p->data = NULL;
  p->result = NAME_NOT_FOUND;
  return status;
}

static const struct lsarpc_handlers lsa_handlers = {
    .LsarOpenPolicy = lsa_open,
    .LsarOpenPolicy2 = lsa_open2,
    .LsarClose = lsa_close,
    .LsarQueryInformationPolicy = lsa_query,
    .LsarQueryInformationPolicy2 = lsa_query2,
    .LsarLookupNames = lsa_look_up,
    .LsarRetrievePrivateData = lsa_retrieve,
};

/* ---- the server service ---- */

static const struct srvs_server_info_101 about = {
    .platform_id = 500, /* NT */
    .name = "PEER",
    .version_major = 6,
    .version_minor = 1,
    .type = 0x0000102b, /* workstation, server, controller, time source, NT */
    .comment = "stands in for a domain controller",
};
static const struct srvs_share_info_1 shares[] = {
    {"netlogon", 0, "scripts"},
    {"IPC$", 0x80000003, "pipes"},
};
static const struct srvs_share_list_1 all_shares = {sizeof shares / sizeof *shares, shares};

static portero_status srv_about(struct portero_call *call, struct srvsvc_NetrServerGetInfo *p)
{
  (void)call;
  if (p->level == 101)
    p->info.level_101 = &about;
  else
    p->result = UNKNOWN_LEVEL;
  return portero_ok();
}

static portero_status srv_shares(struct portero_call *call, struct srvsvc_NetrShareEnum *p)
{
  (void)call;
  if (p->info.level == 1) {
    p->info.shares.level_1 = &all_shares;
    p->total = all_shares.count;
  } else {
    p->result = UNKNOWN_LEVEL;
  }
  return portero_ok();
}

static const struct srvsvc_handlers srv_handlers = {
    .NetrServerGetInfo = srv_about,
    .NetrShareEnum = srv_shares,
};

portero_status peer_accounts_offer(struct portero_server *server, uint8_t min_level)
{
  portero_status status = samr_serve(server, &samr_handlers, NULL, min_level);

  if (portero_is_ok(status))
    status = lsarpc_serve(server, &lsa_handlers, NULL, min_level);
  if (portero_is_ok(status))
    status = srvsvc_serve(server, &srv_handlers, NULL, min_level);
  return status;
}
