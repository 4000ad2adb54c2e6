/* SPDX-License-Identifier: Apache-2.0 */
/* How interfaces are written on the command line and in files. */
#ifndef PORTERO_CLI_INTERFACE_NAME_H
#define PORTERO_CLI_INTERFACE_NAME_H

#include <portero/uuid.h>

/*
 * UUID or a name that the catalog knows, with :MAJOR[.MINOR] behind it (or ,MAJOR[.MINOR]).
 * *out_versioned: a version was written, or the catalog has one; else it is 1.0.
 * On failure message says why, when the text is a name that several interfaces have.
 */
bool interface_find(const char *text, struct portero_syntax *out_interface, bool *out_versioned,
                    char *message, size_t size);
/* The same for whoever takes the version as it comes. */
bool interface_parse(const char *text, struct portero_syntax *out_interface);

#endif
