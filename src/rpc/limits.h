/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one source of the network may have, and all of them together: docs/limits.md has the rules.
 *   sources.c      the sources
 *   limits.c       what connections, contexts, handles, calls and logins take and give back
 *   limits_tell.c  how often each limit was met; the book, the notice and the live figures
 *   memory.c       bytes
 *   shed.c         when they are short, the newest strangers go
 *
 * Local sockets are counted for themselves and told from the rest by having no source. Everything
 * here is safe from any thread, unless it takes a connection: then it is for its loop.
 */
#ifndef PORTERO_RPC_LIMITS_H
#define PORTERO_RPC_LIMITS_H

#include <portero/assoc.h>
#include <portero/event.h>
#include <portero/server.h>

#include "src/net/deadline.h"
#include "src/rpc/memory.h"
#include "src/rpc/sources.h"

struct rpc_conn;
struct rpc_loop;
struct rpc_mailbox;

/* The first RPC_THINGS are a source's, the next the totals, in the order of enum rpc_thing. */
enum rpc_limit {
  RPC_LIMIT_SOURCE = 0,
  RPC_LIMIT_TOTAL = RPC_THINGS,
  RPC_LIMIT_LOCAL_CONNECTIONS = 2 * RPC_THINGS,
  RPC_LIMIT_GARBAGE, /* a first PDU that is none */
  RPC_LIMIT_FIRST_PDU,
  RPC_LIMIT_BIND,
  RPC_LIMIT_AUTH,
  RPC_LIMIT_PARTIAL, /* and idle */
  RPC_LIMITS
};

struct rpc_limit_state {
  uint64_t limit;               /* UINT64_MAX: none */
  uint64_t most;                /* atomic */
  uint64_t refused, untold;     /* under the lock, as all below */
  uint64_t told_at, noticed_at; /* ms; 0: never */
  uint64_t unnoticed;
  struct portero_event_end who; /* met it last */
};

struct rpc_limits {
  struct rpc_sources sources;
  uint64_t amounts[RPC_THINGS]; /* of all; atomic */
  uint64_t local_connections;   /* atomic */
  uint64_t promised;            /* bytes of connections that are being closed; atomic */
  struct rpc_window failed;     /* under the lock */
  struct rpc_limit_state states[RPC_LIMITS];
  pthread_mutex_t lock;
  bool armed;                /* loop 0 knows that there is something to tell; under the lock */
  bool pressed;              /* the loops know that memory is short; atomic */
  struct net_deadline due;   /* of loop 0: something is to be told then */
  struct rpc_loop *teller;   /* loop 0, for it */
  struct portero_book *book; /* NULL: none */
  void (*notice)(void *user, const char *text);
  void *notice_user;
  struct rpc_mailbox **mailboxes; /* of all loops, held */
  unsigned n_mailboxes;
  uint32_t holders; /* the server, and what may outlive it; atomic */
};

/* What one connection has of them. */
struct rpc_share {
  struct rpc_source *source; /* held; NULL: a local socket */
  bool counted, half_open, named, gave_place;
  uint16_t contexts;
  bool unbound; /* in the loop's list of those: */
  struct rpc_conn *older, *younger;
  size_t promised; /* bytes, when it is closed because memory is short */
  struct rpc_account account;
};

/* NULL: memory is out. The limits with zeros in options are the defaults. */
struct rpc_limits *rpc_limits_new(const struct portero_server_options *options,
                                  const struct portero_assoc_limits *connection);
/* One more loop can be told of news; in order, before it runs. */
void rpc_limits_join(struct rpc_limits *l, struct rpc_mailbox *m);
void rpc_limits_hold(struct rpc_limits *l);
void rpc_limits_release(struct rpc_limits *l);

/* ---- connections ---- */

/* A connection has come: false: it may not stay. */
bool rpc_limits_admit(struct rpc_conn *c);
/* One that was admitted goes to another loop: its source, held; NULL: a local one. */
struct rpc_source *rpc_limits_leave(struct rpc_conn *c);
/* And arrives. Takes source over. */
void rpc_limits_arrive(struct rpc_conn *c, struct rpc_source *source);
/* It ends, for this reason; and is gone. */
void rpc_limits_lost(struct rpc_conn *c, portero_status why);
/* It is closed so that another one may come. */
void rpc_limits_give_place(struct rpc_conn *c);
void rpc_limits_gone(struct rpc_conn *c);

/* Before accept_bind(): contexts that were accepted and are too many are accepted no more. */
void rpc_limits_contexts(struct rpc_conn *c, struct portero_context_ask *asks, size_t n);
/* After it. authenticating: it stays half open until rpc_limits_known(). */
void rpc_limits_bound(struct rpc_conn *c, bool authenticating);
/* A dialogue has come to a good end. */
void rpc_limits_known(struct rpc_conn *c, const struct portero_security *security);

/* One more call of somebody without a name; false: one too many. */
bool rpc_limits_may_call(struct rpc_conn *c, const struct portero_assoc_call *call);

/* ---- logins ---- */

/* May this connection's source try? */
bool rpc_limits_may_login(struct rpc_conn *c);
/* It has failed. true: the source may not try again within the minute, from now on. */
bool rpc_limits_failed_login(struct rpc_conn *c);

/* ---- context handles; source NULL: a local caller ---- */

bool rpc_limits_take_handle(struct rpc_limits *l, struct rpc_source *source);
void rpc_limits_give_handle(struct rpc_limits *l, struct rpc_source *source);

/* ---- inside ---- */

/* n more, unless that is above the limit. */
bool rpc_amount_add(uint64_t *amount, uint64_t n, struct rpc_limit_state *state);
void rpc_amount_force(uint64_t *amount, uint64_t n, struct rpc_limit_state *state);
void rpc_amount_sub(uint64_t *amount, uint64_t n);

/* limits_tell.c: somebody met this one: enum rpc_limit, or RPC_LIMIT_SOURCE or _TOTAL plus a thing. ip may be NULL. */
void rpc_limits_met(struct rpc_limits *l, unsigned limit, const uint8_t *ip, uint16_t port);
/* On loop 0, when it was woken. */
void rpc_limits_woken(struct rpc_limits *l, struct rpc_loop *loop);
/* The rest, at the end: no loop runs. */
void rpc_limits_tell_rest(struct rpc_limits *l);

/* shed.c: more memory was counted: wakes the loops when it is short. Any thread. */
void rpc_shed_press(struct rpc_limits *l);
/* On a loop, when it was woken. */
void rpc_shed(struct rpc_loop *loop);
/* A connection has left its loop's list. */
void rpc_shed_skip(const struct rpc_conn *c);
/*
 * Somebody has to go, so that c may come: of this loop's strangers the one that has waited longest
 * without a bind; the newest of those whose authentication goes on. What was full: a thing of all. false: there is none.
 */
bool rpc_shed_unbound(const struct rpc_conn *c, enum rpc_thing thing);
bool rpc_shed_half_open(const struct rpc_conn *c, enum rpc_thing thing);
/* Memory is so short that strangers go. */
bool rpc_memory_is_short(const struct rpc_limits *l);
/* Bytes above which none comes in, and who is there gets no more than a little; UINT64_MAX: there is no limit. */
uint64_t rpc_memory_for_strangers(const struct rpc_limits *l);
/* So short that none comes in. */
bool rpc_memory_is_out(const struct rpc_limits *l);

#endif
