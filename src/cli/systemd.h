/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets from systemd, and word to it; does nothing in a build without libsystemd. */
#ifndef PORTERO_CLI_SYSTEMD_H
#define PORTERO_CLI_SYSTEMD_H

/* Number of sockets handed over by socket activation; they are descriptors 3, 4, ... */
int systemd_sockets(void);
#define SYSTEMD_FIRST_SOCKET 3
/* "READY=1\nSTATUS=..." as in sd_notify(3). */
void systemd_notify(const char *state);

#endif
