/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/steps.h"

#include <string.h>

void rpc_steps_add(struct rpc_steps *line, struct rpc_step *step)
{
  if (line->last)
    line->last->next = step;
  else
    line->first = step;
  line->last = step;
  line->n_waiting++;
  step->waiting = true;
}

void rpc_steps_remove(struct rpc_steps *line, struct rpc_step *step)
{
  struct rpc_step *before = NULL;

  for (struct rpc_step *s = line->first; s != step; s = s->next)
    before = s;
  if (before)
    before->next = step->next;
  else
    line->first = step->next;
  if (line->last == step)
    line->last = before;
  line->n_waiting--;
  step->waiting = false;
}

bool rpc_steps_have_room(const struct rpc_steps *line, const struct rpc_conn *c)
{
  unsigned of_source = 0;

  for (const struct rpc_step *s = line->first; s; s = s->next)
    of_source += s->conn->share.source == c->share.source;
  return line->n_waiting < RPC_STEPS_WAITING && of_source < RPC_STEPS_OF_SOURCE;
}
