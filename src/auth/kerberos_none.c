/* SPDX-License-Identifier: Apache-2.0 */
/* Kerberos in a build without MIT GSSAPI. */
#include "src/auth/mechanisms.h"

portero_status kerberos_initiator_new(const struct auth_initiation *i,
                                      struct portero_security **out_security)
{
  (void)i;
  (void)out_security;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

portero_status portero_acceptor_kerberos_new(const struct portero_kerberos_options *options,
                                             struct portero_acceptor **out_acceptor)
{
  (void)options;
  (void)out_acceptor;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

const struct auth_mic_ops kerberos_mic_ops = {0};
