/* SPDX-License-Identifier: Apache-2.0 */
/* Who a controller says a user is: NETLOGON_VALIDATION_SAM_INFO2 and 4 as an identity. */
#ifndef PORTERO_DOMAIN_USER_H
#define PORTERO_DOMAIN_USER_H

#include <portero/netlogon.h>

#include "idl/netlogon.h"

/* What both have in common. Points into them. [MS-NRPC] 2.2.1.4.12, 2.2.1.4.13 */
struct user_description {
  const struct ms_types_unicode_string *account, *domain;
  const struct ms_types_sid *domain_sid;
  uint32_t user_id, primary_group_id, group_count, sid_count;
  const struct lsa_types_group_membership *groups;
  const struct netlogon_sid_and_attributes *extra_sids;
  uint8_t session_key[16]; /* plain */
};

/* LOCAL_MALFORMED: a name or a SID of it is none. account: when it names none. */
portero_status user_make(const struct user_description *d, const char *account,
                         struct portero_netlogon_user **out_user);

#endif
