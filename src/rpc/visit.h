/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the visitors' book is told by the runtime: told.c of connections, binds, logins and the server
 * itself, visit.c of calls. Everything here happens on the connection's loop. Without a book nothing
 * does.
 *
 *   a call's header    rpc_visit_judged(): REQUEST, and ALERT for each rule that asks for one
 *   refused            rpc_visit_refused(): CALL
 *   more fragments     rpc_visit_keep(); with the last one rpc_visit_resume(), or rpc_visit_forget()
 *                      and rpc_visit_judged() once more when there is another policy
 *   a handler          rpc_visit_enter(); rpc_visit_hold() when the call outlives its event
 *   its end            rpc_visit_answered() or rpc_visit_lost(): CALL; rpc_visit_leave()
 */
#ifndef PORTERO_RPC_VISIT_H
#define PORTERO_RPC_VISIT_H

#include <portero/event.h>
#include <portero/policy.h>
#include <portero/server.h>

struct portero_assoc_call;
struct portero_book;
struct portero_server_event;
struct rpc_conn;
struct rpc_loop;
struct rpc_move;
struct rpc_rules;

/* Techniques of all the rules that one call met: further ones are left out. */
#define RPC_VISIT_TAGS 16u

/* One call: who came, since when, and what policy said. */
struct rpc_visit {
  uint64_t connection, since; /* ns of uv_hrtime() */
  struct portero_event_end source, destination;
  uint8_t protseq;
  uint32_t call_id, fragments;
  const char *verdict; /* NULL: policy was not asked */
  const char *rule;
  const char *const *tags; /* of one rule; NULL: of several, merged */
  size_t n_tags;
  struct rpc_rules *rules; /* held: whose the texts are; NULL: of the policy of this turn */
  const char *merged[RPC_VISIT_TAGS];
};

/* What becomes of a call whose header is known. */
struct rpc_judgement {
  enum rpc_judged {
    RPC_PASSES,
    RPC_FAULTS,
    RPC_FAULTS_AND_CLOSES,
    RPC_DROPS, /* the connection, without a word */
  } what;
  uint32_t fault;
  enum portero_outcome outcome;
  const char *reason;
  bool asked; /* policy was, and said: */
  struct portero_verdict verdict;
};

/* One connection. */
struct rpc_visitor {
  uint64_t id; /* in all its records, whatever loop it is on; 0: it is not told of */
  uint64_t since;
  portero_status why; /* it ended */
  const char *what;
};

/* ---- told.c ---- */

/* Everything that can be said of a connection; texts live as long as it does. */
void rpc_conn_record(const struct rpc_conn *c, enum portero_event_kind kind,
                     struct portero_event *out_event);
void rpc_told_opened(struct rpc_conn *c);
/* It ends, unless it was said before why; and is gone. */
void rpc_told_lost(struct rpc_conn *c, portero_status why, const char *what);
void rpc_told_closed(struct rpc_conn *c);
/* The connection goes on as another one, on another loop; nobody takes it there. */
void rpc_told_moves(struct rpc_conn *c, struct rpc_move *move);
void rpc_told_arrives(struct rpc_conn *c, struct rpc_move *move);
void rpc_told_stranded(const struct rpc_move *move);
/* What policy said of one context of a bind, if it was asked. */
struct rpc_said {
  bool asked;
  struct portero_verdict verdict;
};
/*
 * The first n contexts of a bind have their answers; reason, when all have the same; NULL. said: what
 * policy said of each; NULL: it is asked again, as it may where it counts nothing.
 */
void rpc_told_bind(struct rpc_conn *c, const struct portero_server_event *event, size_t n,
                   const char *reason, const struct rpc_said *said);
/* A dialogue has ended; security may be NULL. */
void rpc_told_login(struct rpc_conn *c, uint8_t type, uint8_t level,
                    const struct portero_security *security, enum portero_outcome outcome,
                    portero_status status);
/* Somebody should look at this caller. */
void rpc_told_alert(struct rpc_conn *c, const char *name);
/* The same with a record that is filled in; it is told at once or counted with others. */
void rpc_told_hit(struct rpc_conn *c, struct portero_event *alert);
/* On a loop, when it was woken: tells the alerts that wait and are due. */
void rpc_told_woken(struct rpc_loop *l);
/* The server begins to run, or ends: one record for each binding. */
void rpc_told_service(struct portero_server *s, enum portero_event_kind kind);

/* ---- record.c: parts of records ---- */

/* The account behind a security context; texts live as long as it and sid. */
void rpc_record_caller(struct portero_event *e, const struct portero_security *security,
                       char sid[PORTERO_SID_TEXT]);
/* With its name in the catalog; without, name. */
void rpc_record_interface(struct portero_event *e, const struct portero_syntax *interface,
                          const char *name);
/* The operation of an offered interface. */
void rpc_record_operation(struct portero_event *e, const struct portero_interface *iface,
                          uint16_t opnum);
/* "allow", "deny", "drop", "observe". */
const char *rpc_action_name(enum portero_action action);
/* The tags of all rules that matched, each once, as far as there is room; returns how many. */
size_t rpc_verdict_tags(const struct portero_verdict *v, const char **out_tags, size_t most);
/* What policy said, with the tags of all rules that matched; "observe" where they only observed. */
void rpc_visit_set_verdict(struct rpc_visit *visit, const struct portero_verdict *v);
void rpc_record_verdict(struct portero_event *e, const struct rpc_visit *visit);
/* Turns e into an ALERT for each rule that asks for one, and tells it. */
void rpc_told_alerts(struct rpc_conn *c, struct portero_event *e, const struct portero_verdict *v);

/* ---- visit.c ---- */

void rpc_visit_judged(struct rpc_conn *c, const struct portero_assoc_call *call,
                      const struct rpc_judgement *judgement);
void rpc_visit_refused(struct rpc_conn *c, const struct portero_assoc_call *call,
                       enum portero_outcome outcome, uint32_t status, const char *reason);
/* A call of several fragments has passed; false: memory is out. */
bool rpc_visit_keep(struct rpc_conn *c, const struct portero_assoc_call *call);
void rpc_visit_resume(struct rpc_conn *c);
/* The same, when the call is judged again. */
void rpc_visit_forget(struct rpc_conn *c);
/* It ends before its last fragment has come; nothing, when there is no such call. status 0: unanswered. */
void rpc_visit_broken(struct rpc_conn *c, enum portero_outcome outcome, uint32_t status,
                      const char *reason);
/* The machine has answered a request itself: CALL, without a REQUEST before it. */
void rpc_visit_unheard(struct rpc_conn *c, const struct portero_server_event *event);

void rpc_visit_enter(struct portero_call *call);
void rpc_visit_hold(struct portero_call *call);
/* fault 0: answered. pdus_out: what the machine had queued before. */
void rpc_visit_answered(struct portero_call *call, uint32_t fault, uint32_t pdus_out);
/* The connection is gone before the answer. */
void rpc_visit_lost(struct portero_call *call);
void rpc_visit_leave(struct portero_call *call);

#endif
