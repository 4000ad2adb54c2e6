/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/door.h"

const struct portero_policy *rpc_call_policy(const struct portero_call *call)
{
  return call->loop->server->policy;
}

void rpc_call_event(const struct portero_call *call, enum portero_event_kind kind,
                    struct portero_event *out_event)
{
  memset(out_event, 0, sizeof *out_event);
  out_event->kind = kind;
  out_event->interface = &call->offer->iface->id;
}

portero_status portero_server_set_policy(struct portero_server *s, struct portero_policy *policy)
{
  portero_policy_free(s->policy);
  s->policy = policy;
  return portero_ok();
}

size_t portero_server_limit_states(struct portero_server *s, struct portero_limit_state *out_states,
                                   size_t n)
{
  (void)s;
  (void)out_states;
  (void)n;
  return 0;
}
