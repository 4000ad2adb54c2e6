/* SPDX-License-Identifier: Apache-2.0 */
/* Who may change the map at all: the built-in rule. */
#include <string.h>
#include <unistd.h>

#include <portero/sink.h>

#include "src/mapper/service.h"
#include "src/rpc/door.h"

static bool contains(const uint32_t *ids, size_t n, uint32_t id)
{
  for (size_t i = 0; i < n; i++)
    if (ids[i] == id)
      return true;
  return false;
}

static bool in_named_group(const struct mapper_options *o, const struct portero_call *call)
{
  for (size_t i = 0; i < o->n_gids; i++)
    if (portero_call_peer_in_group(call, o->gids[i]))
      return true;
  return false;
}

static bool may_register(const struct mapper_options *o, const struct portero_call *call)
{
  uint32_t uid = portero_call_peer(call)->uid;

  return uid == 0 || (uid == geteuid() && !o->own_is_shared) || contains(o->uids, o->n_uids, uid) ||
         in_named_group(o, call);
}

/*
 * The built-in rule. Only local sockets carry the kernel's word on who is calling. May register:
 * root, the mapper's own account unless others share it, and whom the configuration names.
 */
bool guard_trusts(struct mapper *m, const struct portero_call *call)
{
  return portero_call_peer(call)->has_credentials ? may_register(&m->options, call)
                                                  : m->options.allow_remote_insert;
}

/* A policy may let others register an interface; what they have they may take back. */
static bool is_for_policy(struct mapper *m, const struct portero_call *call)
{
  uint16_t opnum = portero_call_opnum(call);

  if (!m->options.policy_read || !portero_call_peer(call)->has_credentials)
    return false;
  return opnum == epmapper_ept_insert_opnum ||
         (opnum == epmapper_ept_delete_opnum && owner_find(m, portero_call_group(call)));
}

/* Nothing of the request has been read: who, and that is all. */
static void refusal_tell(struct mapper *m, const struct portero_call *call)
{
  bool is_local = portero_call_peer(call)->has_credentials;
  struct owner stranger;
  struct portero_event e;

  mapper_count(is_local ? &m->refused_caller : &m->refused_remote);
  if (!records_wanted(m))
    return;
  owner_look_up(call, &stranger);
  record_begin(call, &stranger, &e);
  e.outcome = PORTERO_OUTCOME_DENIED;
  e.status = PORTERO_FAULT_ACCESS_DENIED;
  e.reason = is_local ? "this account may not register" : "nobody registers from the network";
  portero_book_tell(m->options.server.book, &e);
  owner_forget(&stranger);
}

portero_status mapper_may_change(struct mapper *m, const struct portero_call *call)
{
  const struct portero_peer *peer = portero_call_peer(call);

  if (!guard_trusts(m, call) && !is_for_policy(m, call)) {
    refusal_tell(m, call);
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  }
  if (portero_call_opnum(call) == epmapper_ept_mgmt_delete_opnum && peer->has_credentials &&
      peer->uid != 0)
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  return portero_ok();
}
