/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTERO_AUTH_NTLM_UPPER_H
#define PORTERO_AUTH_NTLM_UPPER_H

#include <stdint.h>

/*
 * The capital of one UTF-16 code unit as account names are compared and hashed: one unit to one, no
 * locale. Covers Latin, Greek, Cyrillic, Armenian and full-width letters; others stay as they are.
 */
uint16_t ntlm_upper(uint16_t unit);

#endif
