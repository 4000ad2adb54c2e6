/* SPDX-License-Identifier: Apache-2.0 */
/* SPNEGO in a build without libtasn1. */
#include "src/auth/mechanisms.h"

portero_status spnego_initiator_new(const struct auth_initiation *i,
                                    struct portero_security **out_security)
{
  (void)i;
  (void)out_security;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

portero_status portero_acceptor_spnego_new(struct portero_acceptor *const *inner, size_t n_inner,
                                           struct portero_acceptor **out_acceptor)
{
  (void)inner;
  (void)n_inner;
  (void)out_acceptor;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}
