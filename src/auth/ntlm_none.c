/* SPDX-License-Identifier: Apache-2.0 */
/* NTLM in a build without nettle: not recognized. */
#include <portero/pdu.h>

#include "src/auth/mechanisms.h"

static portero_status none_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  (void)ctx;
  (void)level;
  (void)out_security;
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_AUTH_TYPE);
}

const struct portero_acceptor portero_ntlm_anonymous = {PORTERO_AUTH_NTLM, none_begin, NULL, NULL};

portero_status ntlm_initiator_new(const struct auth_initiation *i,
                                  struct portero_security **out_security)
{
  (void)i;
  (void)out_security;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

portero_status portero_acceptor_ntlm_new(const struct portero_ntlm_options *options,
                                         struct portero_acceptor **out_acceptor)
{
  (void)options;
  (void)out_acceptor;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

const struct auth_mic_ops ntlm_mic_ops = {0};
