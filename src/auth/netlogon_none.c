/* SPDX-License-Identifier: Apache-2.0 */
/* The Netlogon secure channel in a build without nettle. */
#include <portero/netlogon.h>

#include "src/auth/mechanisms.h"

portero_status netlogon_initiator_new(struct portero_netlogon_channel *channel, uint8_t level,
                                      struct portero_security **out_security)
{
  (void)channel;
  (void)level;
  (void)out_security;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

portero_status portero_acceptor_netlogon_new(portero_netlogon_find *find, void *user,
                                             struct portero_acceptor **out_acceptor)
{
  (void)find;
  (void)user;
  (void)out_acceptor;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

bool portero_netlogon_challenge_is_random(const uint8_t challenge[8])
{
  (void)challenge;
  return false;
}

portero_status portero_netlogon_agree(const struct portero_netlogon_proof *proof,
                                      uint8_t out_key[16], uint8_t out_credential[8])
{
  (void)proof;
  (void)out_key;
  (void)out_credential;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}
