/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls, and whether the owner of the interface lets him. */
#include "src/rpc/door.h"

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

const struct portero_operation *rpc_operation_of(const struct portero_assoc_call *call)
{
  const struct rpc_offer *offer = call->context->owner;
  const struct portero_operation *op;

  if (call->opnum >= offer->iface->n_operations)
    return NULL;
  op = &offer->iface->operations[call->opnum];
  return op->run ? op : NULL;
}

/* Asks the interface's access check, if it has one. */
static portero_status check_access(struct rpc_conn *c, const struct portero_assoc_call *call)
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

static void refuse(struct rpc_judgement *j, enum rpc_judged what, uint32_t fault,
                   enum portero_outcome outcome, const char *reason)
{
  j->what = what;
  j->fault = fault;
  j->outcome = outcome;
  j->reason = reason;
}

/* true: it goes on. */
static bool judge_by_policy(struct rpc_conn *c, const struct portero_assoc_call *call,
                            struct rpc_judgement *j)
{
  j->asked = rpc_ask_call(c, call, &j->verdict);
  if (!j->asked || j->verdict.action == PORTERO_ACTION_ALLOW)
    return true;
  if (j->verdict.action == PORTERO_ACTION_DENY)
    refuse(j, RPC_FAULTS, j->verdict.fault, PORTERO_OUTCOME_DENIED, NULL);
  else
    refuse(j, RPC_DROPS, 0, PORTERO_OUTCOME_DENIED, NULL);
  return false;
}

static void judge(struct rpc_conn *c, const struct portero_assoc_call *call,
                  struct rpc_judgement *j)
{
  const struct rpc_offer *offer = call->context->owner;
  portero_status status;

  if (!rpc_limits_may_call(c, call)) {
    refuse(j, RPC_FAULTS, PORTERO_FAULT_TOO_BUSY, PORTERO_OUTCOME_DENIED,
           "too many calls of callers without a name");
    return;
  }
  if (rpc_call_worth(call) < offer->min_level) {
    refuse(j, RPC_FAULTS_AND_CLOSES, PORTERO_FAULT_ACCESS_DENIED, PORTERO_OUTCOME_DENIED,
           "below the interface's least level");
    return;
  }
  if (!judge_by_policy(c, call, j))
    return;
  if (!rpc_operation_of(call)) {
    refuse(j, RPC_FAULTS, PORTERO_FAULT_OP_RANGE, PORTERO_OUTCOME_FAULT, "no such operation");
    return;
  }
  status = check_access(c, call);
  if (!portero_is_ok(status))
    refuse(j, RPC_FAULTS,
           status.klass == PORTERO_CLASS_FAULT ? status.code : PORTERO_FAULT_ACCESS_DENIED,
           PORTERO_OUTCOME_DENIED, "the interface's access check");
}

const struct rpc_judgement *rpc_judge(struct rpc_conn *c, const struct portero_assoc_call *call)
{
  struct rpc_judgement *j = &rpc_conn_loop(c)->judgement;

  j->what = RPC_PASSES;
  j->outcome = PORTERO_OUTCOME_NONE;
  j->asked = false;
  judge(c, call, j);
  return j;
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
