/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a registration may be made: the built-in rule, and what policy says of each entry. */
#include <stdio.h>
#include <string.h>

#include "src/mapper/service.h"
#include "src/policy/rules.h"

static void question_of(const struct owner *owner, const struct portero_syntax *interface,
                        struct portero_policy_registration *out_question)
{
  const struct portero_peer *peer = &owner->peer;

  memset(out_question, 0, sizeof *out_question);
  out_question->interface = *interface;
  out_question->is_remote = !peer->has_credentials;
  out_question->uid = peer->has_credentials ? peer->uid : UINT32_MAX;
  out_question->gid = peer->has_credentials ? peer->gid : UINT32_MAX;
  out_question->groups = owner->groups;
  out_question->n_groups = owner->n_groups;
  out_question->unit = owner->unit[0] ? owner->unit : NULL;
}

portero_status ask_registration(struct mapper *m, const struct owner *owner,
                                const struct portero_tower *tower, bool trusted,
                                struct portero_verdict *out_verdict, bool *out_asked)
{
  const portero_status denied = portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  struct portero_policy_registration question;
  char port[8];

  memset(out_verdict, 0, sizeof *out_verdict);
  *out_asked = m->door.policy != NULL;
  if (!*out_asked)
    return trusted ? portero_ok() : denied;
  question_of(owner, &tower->interface, &question);
  (void)snprintf(port, sizeof port, "%u", (unsigned)tower->port);
  question.protseq = (uint8_t)tower->protseq;
  question.endpoint = tower->endpoint[0] ? tower->endpoint : port;
  portero_policy_ask_registration(m->door.policy, &question, out_verdict);
  if (out_verdict->action == PORTERO_ACTION_ALLOW)
    return trusted || out_verdict->rule ? portero_ok() : denied;
  return out_verdict->fault ? portero_fault_status(out_verdict->fault) : denied;
}

bool ask_is_reserved(const struct mapper *m, const struct portero_syntax *interface)
{
  const struct portero_policy *p = m->door.policy;

  for (uint32_t i = 0; p && i < p->n_reservations; i++)
    if (portero_uuid_equal(&p->reservations[i].uuid, &interface->uuid))
      return true;
  return false;
}

/* Reservations look at the interface alone, and come before all rules. */
bool ask_is_stranger(struct mapper *m, const struct owner *owner,
                     const struct portero_syntax *interface, struct portero_verdict *out_verdict)
{
  struct portero_policy_registration question;

  if (!ask_is_reserved(m, interface))
    return false;
  question_of(owner, interface, &question);
  portero_policy_ask_registration(m->door.policy, &question, out_verdict);
  return out_verdict->action != PORTERO_ACTION_ALLOW;
}
