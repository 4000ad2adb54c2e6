/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a server's management interface, with a client that is bound to it. [C706] appendix Q */
#ifndef PORTERO_CLI_MGMT_H
#define PORTERO_CLI_MGMT_H

#include "idl/mgmt_rpc.h"

#define MGMT_STATISTICS 4u /* calls in, calls out, packets in, packets out */

/* Each fails as the call does, or with CLASS_RESULT; results live until the next call. */
/* Null pointers may be among the interfaces. */
PORTERO_MUST_USE portero_status mgmt_interfaces(struct portero_client *c,
                                                struct mgmt_interface_id_vector *out_vector);
PORTERO_MUST_USE portero_status mgmt_statistics(struct portero_client *c,
                                                struct mgmt_rpc_mgmt_inq_stats *out_stats);
PORTERO_MUST_USE portero_status mgmt_listening(struct portero_client *c, bool *out_listening);
PORTERO_MUST_USE portero_status mgmt_principal(struct portero_client *c, uint32_t authn,
                                               const char **out_name);

#endif
