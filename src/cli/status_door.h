/* SPDX-License-Identifier: Apache-2.0 */
/* What `portero status` says of the policy and of the book. */
#ifndef PORTERO_CLI_STATUS_DOOR_H
#define PORTERO_CLI_STATUS_DOOR_H

#include "src/cli/tool.h"

/* Asks c and shows it, into j where the output is JSON. A mapper that does not know is none to blame. */
portero_status status_door_show(const struct tool *t, struct out_json *j, struct portero_client *c);

#endif
