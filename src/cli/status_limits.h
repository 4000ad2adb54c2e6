/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of portero status that show logins and limits. */
#ifndef PORTERO_CLI_STATUS_LIMITS_H
#define PORTERO_CLI_STATUS_LIMITS_H

#include "idl/status_rpc.h"
#include "src/cli/output.h"

/* Asks c for them and prints a table, or with j an array "limits". */
portero_status status_limits(struct portero_client *c, struct out_json *j);
/* The same for the counters of logins: a line, or an object "logins". */
portero_status status_logins(struct portero_client *c, struct out_json *j);

#endif
