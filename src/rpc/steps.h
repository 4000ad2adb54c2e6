/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of logins that wait for others, and the line of those whose turn it is not yet. */
#ifndef PORTERO_RPC_STEPS_H
#define PORTERO_RPC_STEPS_H

#include "src/rpc/leg.h"
#include "src/rpc/rpc.h"

struct rpc_step {
  uv_work_t work;
  struct rpc_step *next; /* in line */
  struct rpc_loop *loop;
  struct rpc_conn *conn; /* NULL: gone */
  bool waiting;          /* in line */
  uint8_t type, level;   /* enum portero_auth_type, portero_auth_level */
  struct rpc_leg leg;
};

void rpc_steps_add(struct rpc_steps *line, struct rpc_step *step);
/* step stands in line. */
void rpc_steps_remove(struct rpc_steps *line, struct rpc_step *step);
/* May one more of this connection's source stand in line? */
bool rpc_steps_have_room(const struct rpc_steps *line, const struct rpc_conn *c);

#endif
