/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a server's management interface, with a client that is bound to it. [C706] appendix Q */
#ifndef PORTERO_CLI_MGMT_H
#define PORTERO_CLI_MGMT_H

#include <portero/client.h>

#include "src/rpc/mgmt_stub.h"

/* Each fails as the call does, or with CLASS_RESULT; results live until the next call. */
PORTERO_MUST_USE portero_status mgmt_interfaces(struct portero_client *c,
                                                struct portero_mgmt_if_ids_response *out_m);
PORTERO_MUST_USE portero_status mgmt_statistics(struct portero_client *c,
                                                struct portero_mgmt_stats_response *out_m);
PORTERO_MUST_USE portero_status mgmt_listening(struct portero_client *c, bool *out_listening);
PORTERO_MUST_USE portero_status mgmt_principal(struct portero_client *c, uint32_t authn,
                                               const char **out_name);

#endif
