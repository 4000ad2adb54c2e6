/* SPDX-License-Identifier: Apache-2.0 */
/* Which process listens on a TCP port of this host, for an error message. Linux: /proc. */
#ifndef PORTERO_CLI_PORT_OWNER_H
#define PORTERO_CLI_PORT_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Who keeps this address (NULL: any) and port from being listened on.
 * Writes "smbd (pid 1234)" into text; false when it cannot be found out (another user's process, say).
 */
bool port_owner(const char *address, uint16_t port, char *text, size_t size);

#endif
