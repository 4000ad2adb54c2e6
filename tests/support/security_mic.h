/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mechListMIC for any security context with the test mechanism's 16-byte auth values: that of a
 * PDU which is the text. Counts what SPNEGO asks of it.
 */
#ifndef PORTERO_TESTS_SUPPORT_SECURITY_MIC_H
#define PORTERO_TESTS_SUPPORT_SECURITY_MIC_H

#include "src/auth/mechanisms.h"

extern const struct auth_mic_ops security_mic_ops;
extern unsigned security_mic_restarts; /* how often either end was told to start anew */
extern bool security_mic_wanted;       /* what both ends say when asked */

#endif
