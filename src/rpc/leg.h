/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One leg of an authentication, at either end: a token goes in, the mechanism takes a step, a token
 * comes out. It holds all it needs itself, so that it may run on the thread pool while whoever began
 * it goes away.
 */
#ifndef PORTERO_RPC_LEG_H
#define PORTERO_RPC_LEG_H

#include <portero/security.h>

struct rpc_leg {
  struct portero_security *security; /* NULL: the machine has taken it over */
  bool first;                        /* the machine does not know the security context yet */
  bool done;
  portero_status status;
  struct portero_writer token; /* out */
  uint8_t *in;
  size_t in_size;
};

/* token is copied. A first leg takes security over, a further one holds it; nothing when it fails,
 * which is for want of memory. */
PORTERO_MUST_USE bool rpc_leg_init(struct rpc_leg *leg, struct portero_security *security,
                                   struct portero_bytes token, bool first, size_t limit);
void rpc_leg_deinit(struct rpc_leg *leg);
void rpc_leg_run(struct rpc_leg *leg);

#endif
