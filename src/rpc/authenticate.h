/* SPDX-License-Identifier: Apache-2.0 */
/* The server's steps of an authentication, on the loop or on the pool. */
#ifndef PORTERO_RPC_AUTHENTICATE_H
#define PORTERO_RPC_AUTHENTICATE_H

#include "src/rpc/rpc.h"

/* Answers the machine's AUTH event, now or later. */
void rpc_authenticate(struct rpc_conn *c, const struct portero_server_event *event);
/* The connection is gone: nobody waits for a step that is still running. */
void rpc_authenticate_abandon(struct rpc_conn *c);

#endif
