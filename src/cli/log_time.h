/* SPDX-License-Identifier: Apache-2.0 */
/* Times as the book has them, and as people ask for them. All in nanoseconds since 1970, UTC. */
#ifndef PORTERO_CLI_LOG_TIME_H
#define PORTERO_CLI_LOG_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [RFC3339] "2026-11-21T04:00:00.123456Z", with up to 9 decimals, Z or an offset; 1970 to 2500. */
bool log_time_read(const char *text, size_t size, uint64_t *out_time);
/*
 * The same, a date alone (its first moment), "today", "yesterday", or how long before now: "90s",
 * "10m", "2h", "3d", "1w". Days are those of UTC, as in the book.
 */
bool log_time_parse(const char *text, uint64_t now, uint64_t *out_time);

#endif
