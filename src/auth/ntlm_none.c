/* SPDX-License-Identifier: Apache-2.0 */
/* NTLM in a build without nettle: not recognized. */
#include <portero/auth.h>
#include <portero/pdu.h>

static portero_status none_begin(void *ctx, uint8_t level, struct portero_security **out_security)
{
  (void)ctx;
  (void)level;
  (void)out_security;
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_AUTH_TYPE);
}

const struct portero_acceptor portero_ntlm_anonymous = {PORTERO_AUTH_NTLM, none_begin, NULL, NULL};
