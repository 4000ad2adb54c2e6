/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from the machine's events: which interfaces there are, which group this is, who
 * runs the call.
 */
#include "src/rpc/authenticate.h"
#include "src/rpc/door.h"

static struct rpc_conn *conn_of(struct net_conn *net)
{
  return (struct rpc_conn *)(void *)net;
}

/* ---- bind ---- */

/* NDR64 where both sides have it, else NDR. -1: nothing in common. [MS-RPCE] 3.3.1.5.6 */
static int choose_transfer(const struct portero_context_ask *ask, bool ndr64)
{
  int chosen = -1;

  for (int i = 0; i < ask->n_transfer; i++) {
    if (ndr64 && portero_syntax_equal(&ask->transfer[i], &portero_syntax_ndr64))
      return i;
    if (chosen < 0 && portero_syntax_equal(&ask->transfer[i], &portero_syntax_ndr))
      chosen = i;
  }
  return chosen;
}

static void answer_context(const struct rpc_offer *offer, struct portero_context_ask *ask)
{
  int chosen;

  if (!offer)
    return; /* the preset answer says so */
  chosen = choose_transfer(ask, (offer->iface->flags & PORTERO_INTERFACE_NDR64) != 0);
  if (chosen < 0) {
    ask->reason = PORTERO_REASON_TRANSFER_SYNTAXES;
    return;
  }
  ask->result = PORTERO_RESULT_ACCEPTANCE;
  ask->reason = PORTERO_REASON_NOT_SPECIFIED;
  ask->chosen = (uint8_t)chosen;
  ask->owner = offer;
}

/* Closes without a word. */
static void drop(struct rpc_conn *c)
{
  c->visitor.what = "dropped by policy";
  net_conn_abort(&c->net);
}

/*
 * What policy refuses looks the same whether it is there or not. false: the connection is
 * to be dropped.
 */
static bool judge_context(struct rpc_conn *c, struct portero_context_ask *ask,
                          struct rpc_said *out_said)
{
  const struct rpc_offer *offer =
      rpc_server_find(c->endpoint->server, &ask->abstract, c->net.ends.is_local);

  out_said->asked = rpc_ask_bind(c, offer, &ask->abstract, false, &out_said->verdict);
  if (!out_said->asked || out_said->verdict.action == PORTERO_ACTION_ALLOW) {
    answer_context(offer, ask);
    return true;
  }
  ask->reason = PORTERO_REASON_NOT_SPECIFIED; /* in the book too, when nobody is answered */
  return out_said->verdict.action == PORTERO_ACTION_DENY;
}

/* How many contexts were judged; the last one of them may be a reason to drop the connection. */
static size_t judge_contexts(struct rpc_conn *c, const struct portero_server_event *event,
                             struct rpc_said *said, bool *out_dropped)
{
  size_t n = event->u.bind.n_contexts;
  struct rpc_said one;

  for (size_t i = 0; i < n; i++)
    if (!judge_context(c, &event->u.bind.contexts[i], said ? &said[i] : &one)) {
      *out_dropped = true;
      return i + 1;
    }
  *out_dropped = false;
  return n;
}

/*
 * Where rates are counted what was said is kept for the record: others may have been counted since.
 * NULL: there is no need, or memory is out.
 */
static struct rpc_said *room_for_said(const struct rpc_conn *c, size_t n)
{
  const struct rpc_rules *rules = rpc_conn_loop(c)->rules;

  if (!c->endpoint->server->options.book || !rules || !rules->rates || n == 0)
    return NULL;
  return portero_mem_take(&rpc_conn_loop(c)->net.pool.mem, n * sizeof(struct rpc_said));
}

static void answer_bind(struct rpc_conn *c, const struct portero_server_event *event)
{
  struct portero_context_ask *contexts = event->u.bind.contexts;
  size_t n = event->u.bind.n_contexts, n_judged;
  struct rpc_said *said = room_for_said(c, n);
  bool dropped;

  n_judged = judge_contexts(c, event, said, &dropped);
  if (!dropped)
    rpc_limits_contexts(c, contexts, n);
  rpc_told_bind(c, event, n_judged, NULL, said);
  portero_mem_give(&rpc_conn_loop(c)->net.pool.mem, said, n * sizeof(struct rpc_said));
  if (dropped) {
    drop(c);
    return;
  }
  portero_server_assoc_accept_bind(c->net.assoc, c->group->id);
  rpc_limits_bound(c, event->u.bind.authenticated);
}

/* The group asked for, or a new one. NULL: there is no such group. */
static struct rpc_group *choose_group(struct rpc_conn *c, uint32_t asked)
{
  struct rpc_groups *groups = &rpc_conn_loop(c)->groups;

  if (asked)
    return rpc_groups_join(groups, asked, c->endpoint, &c->net.ends);
  return rpc_groups_new(groups, c->endpoint, &c->net.ends);
}

static bool group_is_elsewhere(const struct rpc_conn *c, uint32_t group_id)
{
  unsigned loop = rpc_group_loop(group_id);

  return group_id && loop != rpc_conn_loop(c)->index && loop < c->endpoint->server->n_loops;
}

static void on_bind(struct rpc_conn *c, const struct portero_server_event *event)
{
  struct portero_server_assoc *a = c->net.assoc;
  bool first = !event->u.bind.alter;

  if (first && group_is_elsewhere(c, event->u.bind.group_id)) {
    if (!rpc_conn_move(c, rpc_group_loop(event->u.bind.group_id)))
      portero_server_assoc_refuse_bind(a, PORTERO_NAK_TEMPORARY_CONGESTION);
    return;
  }
  net_conn_forget_early(&c->net);
  if (first)
    c->group = choose_group(c, event->u.bind.group_id);
  if (!c->group) {
    rpc_told_bind(c, event, event->u.bind.n_contexts, "no such association group", NULL);
    portero_server_assoc_refuse_bind(a, PORTERO_NAK_NOT_SPECIFIED);
    return;
  }
  answer_bind(c, event);
}

/* ---- calls ---- */

/* true: answered with a fault, or the connection is gone. */
static bool refuse_early(struct rpc_conn *c, struct portero_assoc_call *call)
{
  const struct rpc_judgement *j = rpc_judge(c, call);

  rpc_visit_judged(c, call, j);
  if (j->what == RPC_PASSES)
    return false;
  rpc_visit_refused(c, call, j->outcome, j->fault, j->reason);
  if (j->what == RPC_FAULTS)
    portero_server_assoc_fault(c->net.assoc, call, j->fault, false);
  else if (j->what == RPC_FAULTS_AND_CLOSES)
    portero_server_assoc_fault_close(c->net.assoc, call, j->fault);
  else
    drop(c);
  return true;
}

static void refuse_for_memory(struct rpc_conn *c, struct portero_assoc_call *call)
{
  rpc_visit_refused(c, call, PORTERO_OUTCOME_FAULT, PORTERO_FAULT_NO_MEMORY, NULL);
  portero_server_assoc_fault(c->net.assoc, call, PORTERO_FAULT_NO_MEMORY, false);
}

static void on_begun(struct rpc_conn *c, struct portero_assoc_call *call)
{
  if (refuse_early(c, call))
    net_count(&rpc_conn_loop(c)->counters.calls_in, 1);
  else if (!rpc_visit_keep(c, call))
    refuse_for_memory(c, call);
  c->begun_turn = rpc_conn_loop(c)->policy_turn;
}

/*
 * A call of several fragments was judged when its first one came, and whoever sends them slowly would
 * keep the policy of that time: with the last one it is judged again when there is another policy.
 */
static bool is_judged(struct rpc_conn *c, const struct portero_assoc_call *call)
{
  if (call->flags & PORTERO_PFC_LAST_FRAG)
    return false;
  if (c->begun_turn == rpc_conn_loop(c)->policy_turn) {
    rpc_visit_resume(c);
    return true;
  }
  rpc_visit_forget(c);
  return false;
}

static void on_call(struct rpc_conn *c, struct portero_assoc_call *assoc)
{
  const struct rpc_offer *offer = assoc->context->owner;
  struct rpc_loop *l = rpc_conn_loop(c);
  const struct portero_operation *op;
  struct portero_call *call;
  portero_status status;

  net_count(&l->counters.calls_in, 1);
  if (!is_judged(c, assoc) && refuse_early(c, assoc))
    return;
  call = rpc_call_begin(c, assoc, offer);
  if (!call) {
    refuse_for_memory(c, assoc);
    return;
  }
  rpc_visit_enter(call);
  op = rpc_operation_of(assoc);
  if (op->flags & PORTERO_OPERATION_BLOCKS) {
    status = rpc_worker_start(call);
    if (portero_is_ok(status))
      return;
    rpc_call_complete(call, status);
    rpc_loop_send(l);
    return;
  }
  if (op->flags & PORTERO_OPERATION_DEFERS)
    status = rpc_call_pend(call);
  else
    status = portero_ok();
  if (portero_is_ok(status))
    status = op->run(call);
  rpc_call_returned(call, status);
}

/*
 * A call that runs is told. One that no handler has yet is over; the machine has taken it back because
 * it was not what its header said.
 */
static void on_cancel(struct rpc_conn *c, struct portero_assoc_call *assoc, bool orphaned)
{
  struct portero_call *call = assoc->user;

  if (call) {
    __atomic_store_n(&call->cancelled, true, __ATOMIC_RELAXED);
    return;
  }
  if (!orphaned)
    return;
  rpc_visit_broken(c, PORTERO_OUTCOME_DENIED, assoc->fault,
                   "its verification trailer does not fit");
  portero_server_assoc_drop(c->net.assoc, assoc);
}

void rpc_conn_event(struct net_conn *net, const struct portero_server_event *event)
{
  struct rpc_conn *c = conn_of(net);

  switch (event->kind) {
  case PORTERO_SERVER_CALL:
    on_call(c, event->u.call);
    return;
  case PORTERO_SERVER_CALL_BEGUN:
    on_begun(c, event->u.call);
    return;
  case PORTERO_SERVER_BIND:
    on_bind(c, event);
    return;
  case PORTERO_SERVER_AUTH:
    rpc_authenticate(c, event);
    return;
  case PORTERO_SERVER_CANCEL:
    on_cancel(c, event->u.call, false);
    return;
  case PORTERO_SERVER_ORPHAN:
    on_cancel(c, event->u.call, true);
    return;
  case PORTERO_SERVER_REFUSED:
    rpc_visit_unheard(c, event);
    return;
  case PORTERO_SERVER_CLOSE:
    return; /* comes as rpc_conn_lost() */
  }
}

void rpc_conn_lost(struct net_conn *net, portero_status why, const char *what)
{
  struct rpc_conn *c = conn_of(net);

  rpc_limits_lost(c, why);
  rpc_told_lost(c, why, what);
  rpc_authenticate_abandon(c);
  rpc_visit_broken(c, PORTERO_OUTCOME_UNANSWERED, 0, NULL);
  while (c->calls)
    rpc_call_lose(c->calls);
  rpc_loop_unmark(rpc_conn_loop(c), c);
  rpc_groups_leave(&rpc_conn_loop(c)->groups, c->group);
  c->group = NULL;
}
