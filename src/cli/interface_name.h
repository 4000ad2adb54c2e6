/* SPDX-License-Identifier: Apache-2.0 */
/* How interfaces are written on the command line and in files. */
#ifndef PORTERO_CLI_INTERFACE_NAME_H
#define PORTERO_CLI_INTERFACE_NAME_H

#include <portero/uuid.h>

/* UUID[:MAJOR[.MINOR]] (version 1.0 when it is left out), or a known name. */
bool interface_parse(const char *text, struct portero_syntax *out_interface);

#endif
