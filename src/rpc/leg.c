/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/leg.h"

#include <stdlib.h>
#include <string.h>

bool rpc_leg_init(struct rpc_leg *leg, struct portero_security *security,
                  struct portero_bytes token, bool first, size_t limit)
{
  memset(leg, 0, sizeof *leg);
  leg->in = malloc(token.size + 1);
  if (!leg->in)
    return false;
  leg->in_size = token.size;
  if (token.size)
    memcpy(leg->in, token.data, token.size);
  leg->security = first ? security : portero_security_hold(security);
  leg->first = first;
  portero_writer_init(&leg->token, &portero_mem_malloc, limit);
  return true;
}

void rpc_leg_deinit(struct rpc_leg *leg)
{
  portero_security_release(leg->security);
  portero_writer_deinit(&leg->token);
  free(leg->in);
}

void rpc_leg_run(struct rpc_leg *leg)
{
  leg->status = leg->security->ops->step(leg->security, portero_bytes_make(leg->in, leg->in_size),
                                         &leg->token, &leg->done);
}
