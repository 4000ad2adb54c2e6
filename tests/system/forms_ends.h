/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: stubs of forms.idl, what its conversions refuse, and a server. */
#ifndef PORTERO_TESTS_SYSTEM_FORMS_ENDS_H
#define PORTERO_TESTS_SYSTEM_FORMS_ENDS_H

#include "forms_rpc.h"

/* Text "!..." does not want to leave, "?..." not to arrive: faults. */
#define STUBBORN 0x000000a0u
#define UNWANTED 0x000000a1u

extern const struct forms_handlers forms_server;
/* Waits for the thread that answered the last Slow. */
void forms_server_join(void);

#endif
