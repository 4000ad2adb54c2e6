/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where random numbers come from: the kernel. Safe from any thread. */
#ifndef PORTERO_NET_RANDOM_H
#define PORTERO_NET_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <portero/uuid.h>

/*
 * Fills size bytes. Does not fail once the system has booted; ends the process where there is no
 * source at all.
 */
void net_random(void *bytes, size_t size);
/* Uniform in [0, bound); bound > 0. */
uint32_t net_random_below(uint32_t bound);
/* Version 4. */
struct portero_uuid net_random_uuid(void);

#endif
