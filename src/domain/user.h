/* SPDX-License-Identifier: Apache-2.0 */
/* Who a controller says a user is: NETLOGON_VALIDATION_SAM_INFO4 as an identity. [MS-NRPC] 2.2.1.4.13 */
#ifndef PORTERO_DOMAIN_USER_H
#define PORTERO_DOMAIN_USER_H

#include <portero/netlogon.h>

#include "idl/netlogon.h"

/* LOCAL_MALFORMED: a name or a SID of it is none. account: when it names none. */
portero_status user_make(const struct netlogon_validation_sam_4 *info, const char *account,
                         struct portero_netlogon_user **out_user);

#endif
