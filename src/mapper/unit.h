/* SPDX-License-Identifier: Apache-2.0 */
/* Which systemd unit a process of this host belongs to. */
#ifndef PORTERO_MAPPER_UNIT_H
#define PORTERO_MAPPER_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The unit of the system's manager that a line of /proc/PID/cgroup tells of: the first part of the
 * path that is no slice. What stands behind it is the unit's own affair: below user@1000.service an
 * account names its units as it likes. false: the line tells of none. cgroups(7), systemd.slice(5)
 */
bool unit_of_line(const char *line, char *out_unit, size_t size);

/* Empty: none, or it is not known. */
void unit_of_process(int32_t pid, char *out_unit, size_t size);

#endif
