/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the policy is read again, the book opened anew. */
#ifndef PORTERO_CLI_SERVE_RELOAD_H
#define PORTERO_CLI_SERVE_RELOAD_H

#include "src/mapper/mapper.h"

/* For mapper_options: user is the path. */
mapper_policy_read serve_policy_read;
/* Before the server runs; its own end is the server's. */
PORTERO_MUST_USE portero_status serve_reload_on_hangup(struct mapper *m);

#endif
