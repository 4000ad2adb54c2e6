/* SPDX-License-Identifier: Apache-2.0 */
/* What the visitors' book is told of connections, binds, logins, and of the server itself. */
#include <errno.h>
#include <unistd.h>

#include <portero/sink.h>

#include "src/net/random.h"
#include "src/rpc/door.h"

#define REASON_SIZE 192u

/* ---- connections ---- */

static void record_end(struct portero_event_end *end, const struct net_address *address)
{
  memcpy(end->ip, address->ip, sizeof end->ip);
  end->port = address->port;
}

void rpc_conn_record(const struct rpc_conn *c, enum portero_event_kind kind,
                     struct portero_event *out_event)
{
  memset(out_event, 0, sizeof *out_event);
  out_event->kind = kind;
  out_event->connection = c->visitor.id;
  out_event->protseq = (uint8_t)c->endpoint->protseq;
  if (c->net.ends.is_local)
    return;
  record_end(&out_event->source, &c->net.ends.remote);
  record_end(&out_event->destination, &c->net.ends.local);
}

/* From a random place on: unlike those of other servers, and of this one when it ran before. */
static uint64_t visitor_id(struct portero_server *s)
{
  uint64_t id = s->visitor_base + __atomic_add_fetch(&s->n_visitors, 1, __ATOMIC_RELAXED);

  return id ? id : s->visitor_base + __atomic_add_fetch(&s->n_visitors, 1, __ATOMIC_RELAXED);
}

void rpc_told_opened(struct rpc_conn *c)
{
  struct portero_event e;

  if (!rpc_conn_book(c))
    return;
  c->visitor.id = visitor_id(c->endpoint->server);
  c->visitor.since = uv_hrtime();
  rpc_conn_record(c, PORTERO_EVENT_OPENED, &e);
  if (c->net.ends.is_local && c->net.ends.has_credentials) {
    e.has_process = true;
    e.pid = c->net.ends.pid;
    e.uid = c->net.ends.uid;
    e.gid = c->net.ends.gid;
  }
  portero_book_tell(rpc_conn_book(c), &e);
}

void rpc_told_lost(struct rpc_conn *c, portero_status why, const char *what)
{
  struct rpc_visitor *v = &c->visitor;

  if (v->what)
    return;
  v->why = why;
  v->what = what;
  if (what || !(portero_is_ok(why) || portero_is_local(why, PORTERO_LOCAL_CLOSED)))
    return;
  if (rpc_conn_loop(c)->draining && !c->net.ended)
    v->what = "the server stops";
  else if (portero_is_ok(why))
    v->what = "the peer closed it";
}

void rpc_told_closed(struct rpc_conn *c)
{
  struct portero_event e;
  char text[REASON_SIZE];

  if (!c->visitor.id)
    return;
  rpc_conn_record(c, PORTERO_EVENT_CLOSED, &e);
  e.bytes_in = c->net.bytes_in;
  e.bytes_out = c->net.bytes_out;
  e.duration = uv_hrtime() - c->visitor.since;
  e.reason =
      c->visitor.what ? c->visitor.what : portero_status_text(c->visitor.why, text, sizeof text);
  portero_book_tell(rpc_conn_book(c), &e);
}

void rpc_told_moves(struct rpc_conn *c, struct rpc_move *move)
{
  move->visitor = c->visitor;
  c->visitor.id = 0;
}

void rpc_told_arrives(struct rpc_conn *c, struct rpc_move *move)
{
  c->visitor.id = move->visitor.id;
  c->visitor.since = move->visitor.since;
  move->visitor.id = 0;
}

void rpc_told_stranded(const struct rpc_move *move)
{
  struct portero_event e = {.kind = PORTERO_EVENT_CLOSED,
                            .connection = move->visitor.id,
                            .protseq = (uint8_t)move->endpoint->protseq,
                            .duration = uv_hrtime() - move->visitor.since,
                            .bytes_in = move->size,
                            .reason = "nobody takes it any more"};

  if (move->visitor.id)
    portero_book_tell(move->endpoint->server->options.book, &e);
}

/* ---- binds ---- */

static const char *reason_name(uint16_t reason)
{
  switch (reason) {
  case PORTERO_REASON_ABSTRACT_SYNTAX:
    return "no such interface here";
  case PORTERO_REASON_TRANSFER_SYNTAXES:
    return "no transfer syntax in common";
  case PORTERO_REASON_LOCAL_LIMIT:
    return "too many contexts";
  default:
    return NULL;
  }
}

/* Of several that could be accepted the machine takes the first one alone. */
static bool is_passed_over(const struct portero_server_event *event, size_t i)
{
  const struct portero_context_ask *asks = event->u.bind.contexts;
  bool passed = false;

  for (size_t j = 0; j < i && !passed; j++)
    passed = asks[j].result == PORTERO_RESULT_ACCEPTANCE;
  return passed && asks[i].result == PORTERO_RESULT_ACCEPTANCE;
}

static void told_context(struct rpc_conn *c, const struct portero_context_ask *ask, bool passed,
                         const char *reason, const struct rpc_said *said, struct portero_event *e)
{
  const struct rpc_offer *offer =
      rpc_server_find(c->endpoint->server, &ask->abstract, c->net.ends.is_local);
  struct rpc_said again;
  struct rpc_visit visit;

  if (!said) {
    again.asked = rpc_ask_bind(c, offer, &ask->abstract, true, &again.verdict);
    said = &again;
  }
  rpc_record_interface(e, &ask->abstract, offer ? offer->iface->name : NULL);
  if (said->asked) {
    rpc_visit_set_verdict(&visit, &said->verdict);
    rpc_record_verdict(e, &visit);
  }
  e->status = passed ? PORTERO_REASON_TRANSFER_SYNTAXES : ask->reason;
  e->reason = passed ? "another context of it is accepted" : reason_name(ask->reason);
  if (reason) { /* what was refused as a whole was not looked at */
    e->status = 0;
    e->reason = reason;
  }
  if (said->asked && said->verdict.action != PORTERO_ACTION_ALLOW)
    e->outcome = PORTERO_OUTCOME_DENIED;
  else if (reason || passed || ask->result != PORTERO_RESULT_ACCEPTANCE)
    e->outcome = PORTERO_OUTCOME_FAILED;
  else
    e->outcome = PORTERO_OUTCOME_ANSWERED;
  portero_book_tell(rpc_conn_book(c), e);
  if (said->asked)
    rpc_told_alerts(c, e, &said->verdict);
}

void rpc_told_bind(struct rpc_conn *c, const struct portero_server_event *event, size_t n,
                   const char *reason, const struct rpc_said *said)
{
  struct portero_event e;

  if (!rpc_conn_book(c))
    return;
  for (size_t i = 0; i < n; i++) {
    rpc_conn_record(c, PORTERO_EVENT_BIND, &e);
    e.call_id = event->u.bind.call_id;
    e.auth_type = event->u.bind.auth_type;
    e.auth_level = event->u.bind.auth_level;
    told_context(c, &event->u.bind.contexts[i], is_passed_over(event, i), reason,
                 said ? &said[i] : NULL, &e);
  }
}

/* ---- logins ---- */

static void record_claim(struct portero_event *e, const struct portero_security *security)
{
  const struct portero_identity *claimed =
      security->ops->claimed ? security->ops->claimed(security) : NULL;

  if (!claimed)
    return;
  e->account = claimed->account;
  e->domain = claimed->domain;
}

void rpc_told_login(struct rpc_conn *c, uint8_t type, uint8_t level,
                    const struct portero_security *security, enum portero_outcome outcome,
                    portero_status status)
{
  char sid[PORTERO_SID_TEXT], text[REASON_SIZE];
  struct portero_event e;

  if (!rpc_conn_book(c))
    return;
  rpc_conn_record(c, PORTERO_EVENT_AUTHENTICATION, &e);
  e.outcome = outcome;
  if (outcome == PORTERO_OUTCOME_ANSWERED)
    rpc_record_caller(&e, security, sid);
  e.auth_type = e.auth_type ? e.auth_type : type;
  e.auth_level = level;
  if (outcome == PORTERO_OUTCOME_FAILED && security) {
    e.reason = security->ops->why ? security->ops->why(security) : NULL;
    record_claim(&e, security);
  }
  if (!portero_is_ok(status) && (!e.reason || !*e.reason))
    e.reason = portero_status_text(status, text, sizeof text);
  portero_book_tell(rpc_conn_book(c), &e);
}

/* ---- alerts ---- */

void rpc_told_hit(struct rpc_conn *c, struct portero_event *alert)
{
  struct portero_server *s = c->endpoint->server;

  if (rpc_alerts_hit(s->alerts, alert, net_loop_now(c->net.loop)))
    rpc_mailbox_wake(s->loops[0].mailbox);
}

void rpc_told_alert(struct rpc_conn *c, const char *name)
{
  struct portero_event e;

  if (!rpc_conn_book(c))
    return;
  rpc_conn_record(c, PORTERO_EVENT_ALERT, &e);
  e.reason = name;
  rpc_told_hit(c, &e);
}

static void alerts_on_due(struct net_deadline *due)
{
  rpc_told_woken((struct rpc_loop *)(void *)((char *)due - offsetof(struct rpc_loop, alerts)));
}

void rpc_told_woken(struct rpc_loop *l)
{
  struct rpc_alerts *alerts = l->server->alerts;
  uint64_t next;

  if (l->index != 0 || !alerts || !rpc_alerts_wait(alerts))
    return;
  l->alerts.due = alerts_on_due;
  next = rpc_alerts_tell(alerts, net_loop_now(&l->net), false);
  if (next != NET_NEVER)
    net_loop_at(&l->net, &l->alerts, next);
}

/* ---- the server ---- */

void rpc_told_service(struct portero_server *s, enum portero_event_kind kind)
{
  struct portero_event e = {.kind = kind,
                            .has_process = true,
                            .pid = (int32_t)getpid(),
                            .uid = getuid(),
                            .gid = getgid(),
                            .program = program_invocation_short_name};

  if (!s->options.book)
    return;
  for (const struct rpc_endpoint *endpoint = s->endpoints; endpoint; endpoint = endpoint->next) {
    e.protseq = (uint8_t)endpoint->protseq;
    e.binding = endpoint->binding;
    portero_book_tell(s->options.book, &e);
  }
}
