/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls, and whether the owner of the interface lets him. */
#include "src/rpc/call.h"

uint8_t rpc_call_worth(const struct portero_assoc_call *call)
{
  return call->security && call->security->anonymous ? (uint8_t)PORTERO_LEVEL_NONE : call->level;
}

const struct portero_identity *rpc_identity_of(const struct portero_security *security)
{
  const struct portero_identity *identity;

  if (!security || security->anonymous || !security->ops->identity)
    return NULL;
  identity = security->ops->identity(security);
  return identity && !identity->anonymous ? identity : NULL;
}

portero_status rpc_access(struct rpc_conn *c, const struct portero_assoc_call *call)
{
  const struct rpc_offer *offer = call->context->owner;
  struct portero_access access;
  struct portero_peer peer;

  if (!offer->access)
    return portero_ok();
  rpc_peer_describe(&c->net.ends, c->endpoint->protseq, &peer);
  memset(&access, 0, sizeof access);
  access.iface = offer->iface;
  access.opnum = call->opnum;
  access.object = call->has_object ? &call->object : NULL;
  access.peer = &peer;
  access.level = rpc_call_worth(call);
  access.identity = rpc_identity_of(call->security);
  return offer->access(offer->access_user, &access);
}

const struct portero_identity *portero_call_identity(const struct portero_call *call)
{
  return rpc_identity_of(call->security);
}

portero_status portero_server_set_access(struct portero_server *s,
                                         const struct portero_interface *iface,
                                         portero_access_check *check, void *user)
{
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  for (struct rpc_offer *offer = s->offers; offer; offer = offer->next)
    if (offer->iface == iface) {
      offer->access = check;
      offer->access_user = user;
      return portero_ok();
    }
  return portero_local(PORTERO_LOCAL_USAGE);
}
