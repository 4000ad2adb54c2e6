/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the records of the visitors' book have in common. */
#include <string.h>

#include <portero/catalog.h>
#include <portero/sink.h>

#include "src/rpc/call.h"

void rpc_record_caller(struct portero_event *e, const struct portero_security *security,
                       char sid[PORTERO_SID_TEXT])
{
  const struct portero_identity *identity = rpc_identity_of(security);

  if (!security)
    return;
  e->auth_type = identity && identity->type ? identity->type : security->ops->type;
  if (!identity)
    return;
  e->account = identity->account;
  e->domain = identity->domain;
  if (identity->n_sids > 0)
    e->sid = portero_sid_text(&identity->sids[0], sid);
}

void rpc_record_interface(struct portero_event *e, const struct portero_syntax *interface,
                          const char *name)
{
  struct portero_catalog_entry known;

  e->interface = interface;
  e->interface_name = portero_catalog_interface(interface, &known) ? known.name : name;
}

void rpc_record_operation(struct portero_event *e, const struct portero_interface *iface,
                          uint16_t opnum)
{
  rpc_record_interface(e, &iface->id, iface->name);
  e->has_opnum = true;
  e->opnum = opnum;
  e->operation = portero_catalog_operation(&iface->id.uuid, opnum);
  if (!e->operation && opnum < iface->n_operations)
    e->operation = iface->operations[opnum].name;
}

/* ---- what policy said ---- */

const char *rpc_action_name(enum portero_action action)
{
  static const char *const names[] = {
      [PORTERO_ACTION_ALLOW] = "allow",
      [PORTERO_ACTION_DENY] = "deny",
      [PORTERO_ACTION_DROP] = "drop",
      [PORTERO_ACTION_OBSERVE] = "observe",
  };

  return names[action];
}

static bool has_tag(const char *const *merged, size_t n_merged, const char *tag)
{
  for (size_t i = 0; i < n_merged; i++)
    if (strcmp(merged[i], tag) == 0)
      return true;
  return false;
}

static size_t merge(const char **merged, size_t n_merged, size_t most, const char *const *tags,
                    size_t n)
{
  for (size_t i = 0; i < n && n_merged < most; i++)
    if (!has_tag(merged, n_merged, tags[i]))
      merged[n_merged++] = tags[i];
  return n_merged;
}

size_t rpc_verdict_tags(const struct portero_verdict *v, const char **out_tags, size_t most)
{
  size_t n_merged = merge(out_tags, 0, most, v->tags, v->n_tags);

  for (size_t i = 0; i < v->n_observed; i++)
    n_merged = merge(out_tags, n_merged, most, v->observed[i].tags, v->observed[i].n_tags);
  return n_merged;
}

void rpc_visit_set_verdict(struct rpc_visit *visit, const struct portero_verdict *v)
{
  bool observed = v->n_observed > 0 && v->action == PORTERO_ACTION_ALLOW;

  visit->verdict = rpc_action_name(observed ? PORTERO_ACTION_OBSERVE : v->action);
  visit->rule = observed ? v->observed[0].rule : v->rule;
  visit->tags = v->n_observed > 0 ? NULL : v->tags;
  visit->n_tags =
      v->n_observed > 0 ? rpc_verdict_tags(v, visit->merged, RPC_VISIT_TAGS) : v->n_tags;
}

void rpc_record_verdict(struct portero_event *e, const struct rpc_visit *visit)
{
  e->verdict = visit->verdict;
  e->rule = visit->rule;
  e->tags = visit->tags ? visit->tags : visit->merged;
  e->n_tags = visit->n_tags;
}

void rpc_told_alerts(struct rpc_conn *c, struct portero_event *e, const struct portero_verdict *v)
{
  e->kind = PORTERO_EVENT_ALERT;
  for (size_t i = 0; i < v->n_observed; i++) {
    const struct portero_policy_observed *seen = &v->observed[i];
    if (!seen->alert)
      continue;
    e->verdict = rpc_action_name(PORTERO_ACTION_OBSERVE);
    e->rule = e->reason = seen->rule;
    e->tags = seen->tags;
    e->n_tags = seen->n_tags;
    rpc_told_hit(c, e);
  }
  if (!v->alert)
    return;
  e->verdict = rpc_action_name(v->action);
  e->rule = e->reason = v->rule;
  e->tags = v->tags;
  e->n_tags = v->n_tags;
  rpc_told_hit(c, e);
}
