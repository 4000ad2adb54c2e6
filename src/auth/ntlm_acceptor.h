/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTERO_AUTH_NTLM_ACCEPTOR_H
#define PORTERO_AUTH_NTLM_ACCEPTOR_H

#include "src/auth/ntlm_verify.h"

/* One caller's dialogue. settings must outlive it. */
portero_status ntlm_acceptor_begin(const struct ntlm_settings *settings, uint8_t level,
                                   struct portero_security **out_security);

#endif
