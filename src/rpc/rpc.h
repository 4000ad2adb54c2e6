/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server from the inside; one concern per file:
 *   server.c    life of a server: options, interfaces, run, stop
 *   loops.c     one event loop with what belongs to it; mail from other threads
 *   drain.c     the orderly end of a loop
 *   evict.c     the end of an association group at our wish
 *   endpoint.c  listening, accepting, moving a connection to its group's loop
 *   ports.c     dynamic ports
 *   dispatch.c  the machine's events: binds, calls
 *   call.c      one call, from the handler's side
 *   worker.c    handlers that may block
 *   authenticate.c   callers prove who they are
 *   access.c    who calls, and whether he may
 *   door.c      the policy, asked of binds and calls
 *   visit.c, told.c, record.c   what the visitors' book is told
 *   alerts.c    alerts, each source's of one name once in a while
 *   groups.c, handles.c   association groups and their context handles
 *   limits.c ...   what a source may have, and all of them: see limits.h
 *   mgmt.c      the management interface
 *
 * What happens on a loop is done by its thread alone, without locks. Other threads leave their
 * news in the loop's mailbox.
 */
#ifndef PORTERO_RPC_RPC_H
#define PORTERO_RPC_RPC_H

#include <pthread.h>

#include <portero/auth.h>
#include <portero/server.h>

#include "src/net/conn.h"
#include "src/net/listener.h"
#include "src/rpc/alerts.h"
#include "src/rpc/groups.h"
#include "src/rpc/limits.h"
#include "src/rpc/visit.h"

#define RPC_MAX_ACCEPTORS 8u

struct rpc_begun;
struct rpc_conn;
struct rpc_endpoint;
struct rpc_rules;
struct rpc_step;

/* An interface that a server offers. A presentation context's owner is one of these. */
struct rpc_offer {
  struct rpc_offer *next;
  const struct portero_interface *iface;
  void *user;
  const void *handlers;         /* of generated code */
  uint8_t min_level;            /* enum portero_auth_level, never DEFAULT */
  portero_access_check *access; /* NULL: whoever has the level */
  void *access_user;
};

/* A connection on its way to the loop of its group. */
struct rpc_move {
  struct rpc_move *next;
  struct rpc_endpoint *endpoint;
  struct rpc_source *source; /* held; NULL: a local socket */
  int fd;
  uint8_t *bytes; /* malloc'ed */
  size_t size;
  struct rpc_visitor visitor;
};

/* An association group that is to end. */
struct rpc_eviction {
  struct rpc_eviction *next;
  uint64_t group;
};

/* How other threads reach a loop. It outlives the loop while calls are held elsewhere. */
struct rpc_mailbox {
  pthread_mutex_t lock;
  uv_async_t *wake; /* NULL: the loop is gone */
  bool takes_moves;
  struct portero_call *finished;
  struct rpc_move *moves;
  struct rpc_eviction *evictions;
  uint32_t holders; /* atomic */
};

/* Written by the loop's thread alone, read by any. */
struct rpc_counters {
  uint32_t calls_in, calls_out;
};

/* Steps of logins on the pool, and those whose turn it is not yet, in order. */
struct rpc_steps {
  struct rpc_step *first, *last;
  unsigned n_running, n_waiting;
};

/* The pool has four threads and other work: that many steps of one loop are on it at a time. */
#define RPC_STEPS_RUNNING 2u
/* Further ones wait, for one source and for all together. */
#define RPC_STEPS_OF_SOURCE 8u
#define RPC_STEPS_WAITING   256u

/* Memory is short: how far the loop has come with closing its newest strangers. */
struct rpc_shedding {
  enum {
    RPC_SHED_IDLE,
    RPC_SHED_WORKS,
    RPC_SHED_RESTS
  } state;
  unsigned step;
  struct net_conn *at;     /* the next to look at; NULL: the step is over */
  struct net_conn *newest; /* of those that were there when it was the turn of the half-open ones */
  struct net_deadline due; /* while it rests */
};

struct rpc_loop {
  struct net_loop net; /* first */
  struct portero_server *server;
  unsigned index;
  uv_async_t wake;
  struct rpc_mailbox *mailbox;
  struct rpc_groups groups;
  struct portero_call *idle_calls;
  size_t n_idle_calls;
  size_t n_pending; /* calls that outlive their handler, or run on the pool */
  size_t n_works;   /* of them, on the pool */
  struct rpc_steps steps;
  size_t n_companions;
  struct rpc_conn *answered; /* connections with answers that are still to be sent */
  struct rpc_counters counters;
  struct rpc_rules *rules; /* the policy that it goes by; NULL: none */
  uint64_t policy_turn;    /* how often it went over to another one */
  uint64_t minute_ends;    /* in the loop's time: then the clock is looked at again */
  uint16_t minute;         /* of the local day */
  uint8_t weekday;         /* 0: Monday */
  struct rpc_visit visit;  /* of the call that this event is about; with a book only */
  struct rpc_judgement judgement;
  struct net_deadline drain;
  struct rpc_shedding shedding;
  struct rpc_conn *oldest_unbound, *youngest_unbound; /* of the network, in the order in which they came */
  struct net_deadline alerts; /* of loop 0: some wait to be told */
  bool draining, overdue;
  uv_thread_t thread;
};

struct rpc_listener {
  struct net_listener net; /* first */
  struct rpc_endpoint *endpoint;
  struct rpc_loop *loop;
  struct net_deadline retry; /* a connection waits for memory */
  struct portero_assoc_config config;
};

struct rpc_endpoint {
  struct rpc_endpoint *next;
  struct portero_server *server;
  enum portero_protseq protseq;
  char binding[PORTERO_HOST_SIZE + PORTERO_ENDPOINT_SIZE + 32]; /* string binding */
  char secondary[PORTERO_ENDPOINT_SIZE];
  struct net_socket_file file;     /* local sockets that we made */
  struct rpc_listener listeners[]; /* one for each loop */
};

struct rpc_conn {
  struct net_conn net; /* first */
  struct rpc_endpoint *endpoint;
  struct rpc_group *group;    /* once bound */
  struct portero_call *calls; /* pending ones */
  struct rpc_step *step;      /* of an authentication, on the pool */
  struct rpc_begun *begun;    /* the call whose fragments are coming; with a book only */
  uint64_t begun_turn;        /* the loop's policy_turn when its first one came */
  struct rpc_visitor visitor;
  struct rpc_conn *next_answered;
  bool answered; /* in the loop's list */
  struct rpc_share share;
};

/*
 * Something that lives on loop 0 beside the connections, e.g. the registration with the endpoint
 * mapper. stop() begins its end; when it has closed all its handles it tells rpc_companion_stopped().
 */
struct rpc_companion {
  struct rpc_companion *next;
  struct portero_server *server; /* set by rpc_companion_add() */
  void (*start)(struct rpc_companion *c, struct uv_loop_s *loop);
  void (*stop)(struct rpc_companion *c);
  void (*free)(struct rpc_companion *c);
};

enum rpc_server_state {
  RPC_SERVER_NEW,
  RPC_SERVER_RUNNING,
  RPC_SERVER_ENDED,
};

struct portero_server {
  struct portero_server_options options; /* without zeros: the defaults are filled in */
  struct portero_assoc_limits limits;
  char *mapper; /* options.mapper, ours */
  struct rpc_loop *loops;
  unsigned n_loops;
  struct rpc_offer *offers;
  struct portero_interface mgmt; /* offered with every server */
  const struct portero_acceptor *acceptors[RPC_MAX_ACCEPTORS];
  size_t n_acceptors;
  struct rpc_endpoint *endpoints, **last_endpoint;
  struct rpc_companion *companions;
  enum rpc_server_state state;
  bool stopping; /* atomic */
  pthread_mutex_t rules_lock;
  struct rpc_rules *rules; /* the policy; NULL: none. Under the lock */
  uint64_t visitor_base;   /* of the numbers of connections */
  uint64_t n_visitors;     /* atomic */
  struct rpc_limits *limiter;
  struct rpc_alerts *alerts;      /* NULL: there is no book */
  struct portero_auth_stats auth; /* atomic */
  uint64_t unavailable_told;      /* ms, atomic: when the log last heard of such a login */
  uv_thread_t thread;             /* portero_server_start() */
  bool has_thread;
  portero_status result;
};

/* NULL: no such mechanism. */
const struct portero_acceptor *rpc_server_acceptor(const struct portero_server *s, uint8_t type);

#define RPC_DEFAULT_HANDLES 1024u
#define RPC_DEFAULT_BUDGET  ((size_t)4 << 20)

/* server.c */
/* Before run(). The companion is freed with the server. */
void rpc_companion_add(struct portero_server *s, struct rpc_companion *c);
/* On loop 0, once after stop(). */
void rpc_companion_stopped(struct rpc_companion *c);
/* Tells the options' notice, when there is one. */
void rpc_notice(struct portero_server *s, const char *text);
bool rpc_server_is_stopping(const struct portero_server *s);
/* What a peer may see: uuid and major equal, our minor at least as high. [C706] 6.2.2 */
const struct rpc_offer *rpc_server_find(const struct portero_server *s,
                                        const struct portero_syntax *id, bool is_local);

/* loops.c */
portero_status rpc_loop_init(struct rpc_loop *l, struct portero_server *s, unsigned index);
void rpc_loop_deinit(struct rpc_loop *l);
/* false: the loop takes none any more. */
bool rpc_mailbox_move(struct rpc_mailbox *m, struct rpc_move *move);
/* false: the loop is gone. */
bool rpc_mailbox_finish(struct rpc_mailbox *m, struct portero_call *call);
/* The loop's turn comes, if it is still there. */
void rpc_mailbox_wake(struct rpc_mailbox *m);
void rpc_mailbox_hold(struct rpc_mailbox *m);
void rpc_mailbox_release(struct rpc_mailbox *m);

/*
 * Sends what was answered outside the connections' own events: mark each connection, then send once
 * for all of its answers.
 */
void rpc_loop_mark(struct rpc_loop *l, struct rpc_conn *c);
/* The connection goes: a call that was answered within its own event has marked it, and nobody sent. */
void rpc_loop_unmark(struct rpc_loop *l, struct rpc_conn *c);
void rpc_loop_send(struct rpc_loop *l);

/* evict.c: closes the connections of an association group, soon. Any thread. A group that is gone is
 * fine; without memory nothing happens. */
void rpc_server_evict(struct portero_server *s, uint64_t group);
/* On the loop's thread; l NULL: forgets them. Frees them. */
void rpc_loop_evict(struct rpc_loop *l, struct rpc_eviction *evictions);

/* drain.c */
void rpc_loop_drain(struct rpc_loop *l);
/*
 * A connection has nothing in flight any more, or something else has ended: go on with the end, if
 * there is one.
 */
void rpc_drain_conn(struct rpc_conn *c);
void rpc_drain_check(struct rpc_loop *l);

/* endpoint.c */
void rpc_endpoint_close(struct rpc_endpoint *e, const struct rpc_loop *l);
void rpc_endpoint_free(struct rpc_endpoint *e);
/* Sends the connection to another loop; false: it cannot be moved. */
bool rpc_conn_move(struct rpc_conn *c, unsigned loop);
/* A moved connection arrives. Takes move over. */
void rpc_conn_arrive(struct rpc_loop *l, struct rpc_move *move);
/* Nobody takes it. */
void rpc_move_free(struct rpc_move *move);
static inline struct rpc_loop *rpc_conn_loop(const struct rpc_conn *c)
{
  return (struct rpc_loop *)(void *)c->net.loop;
}

/* NULL: there is none. */
static inline struct portero_book *rpc_conn_book(const struct rpc_conn *c)
{
  return c->endpoint->server->options.book;
}

/* ports.c */
/*
 * As net_tcp_listen(), on a free port of [low, high], each tried once in random order.
 * LOCAL_PORTS_EXHAUSTED.
 */
portero_status rpc_ports_listen(const char *host, uint16_t low, uint16_t high, unsigned n,
                                int *out_fds);

/* dispatch.c */
void rpc_conn_event(struct net_conn *c, const struct portero_server_event *event);
void rpc_conn_lost(struct net_conn *c, portero_status why, const char *what);

/* mgmt.c */
PORTERO_MUST_USE portero_status rpc_mgmt_offer(struct portero_server *s);

#endif
