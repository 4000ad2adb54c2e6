/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call at the server. Pooled: its arena and its buffers serve the next call too.
 *
 *   handler returns   --> answered, back to the pool
 *   handler deferred  --> pending until portero_call_finish(): mail to the loop, answered there
 *   handler blocks    --> pending; runs on the worker pool; its end comes back to the loop
 *
 * A pending call owns what it reads, so that its connection may go before it. Its memory is
 * malloc'ed, because other threads work with it.
 */
#ifndef PORTERO_RPC_CALL_H
#define PORTERO_RPC_CALL_H

#include "src/rpc/rpc.h"

#define RPC_HELD_INLINE 4u

struct portero_call {
  struct portero_call *next;            /* in the pool or the mailbox */
  struct portero_call *before, *behind; /* pending calls of one connection */
  struct rpc_loop *loop;
  struct rpc_mailbox *mailbox;      /* held while pending */
  struct rpc_conn *conn;            /* NULL: gone */
  struct portero_assoc_call *assoc; /* NULL: gone */
  const struct rpc_offer *offer;
  struct rpc_group *group;           /* held while pending */
  struct portero_security *security; /* the same; NULL: not authenticated */
  struct portero_ndr_reader in;
  struct portero_ndr_writer out;
  struct portero_arena arena;
  struct rpc_account account; /* of arena, out and kept */
  struct portero_writer kept; /* the arguments of a pending call */
  struct rpc_handle **held;   /* context handles in use until the end of the call */
  size_t n_held, held_capacity;
  struct rpc_handle *held_inline[RPC_HELD_INLINE];
  struct portero_uuid object;
  portero_status result; /* of the handler */
  portero_status final;  /* of portero_call_finish() */
  uv_work_t work;
  uint16_t opnum;
  uint8_t level;
  bool has_object;
  bool pending;
  bool has_views; /* arguments that were read point into a buffer that is not the call's */
  bool deferred;  /* portero_call_finish() is to come */
  bool returned;  /* the handler has */
  bool finished;
  bool cancelled; /* atomic */
  bool has_peer;
  struct portero_peer peer;
  struct rpc_visit visit;     /* with a book only */
  char sid[PORTERO_SID_TEXT]; /* for records */
};

/* A call that is ready for its handler; NULL when memory is out. */
struct portero_call *rpc_call_begin(struct rpc_conn *c, struct portero_assoc_call *assoc,
                                    const struct rpc_offer *offer);
/* Makes it outlive the handler and the connection. */
portero_status rpc_call_pend(struct portero_call *call);
/*
 * Answers, if there is still somebody to answer, and ends the call. After a pending one:
 * rpc_loop_send().
 */
void rpc_call_complete(struct portero_call *call, portero_status status);
/* The pending call's handler has returned, or it was finished: on the loop. */
void rpc_call_returned(struct portero_call *call, portero_status status);
void rpc_call_finished(struct portero_call *call);
/* access.c */
/* The level, but a caller without a name is worth no more than one that did not authenticate. */
uint8_t rpc_call_worth(const struct portero_assoc_call *call);
/* NULL: nobody who has a name. */
const struct portero_identity *rpc_identity_of(const struct portero_security *security);
/* NULL: there is no such operation. */
const struct portero_operation *rpc_operation_of(const struct portero_assoc_call *call);

/*
 * What the header alone forbids, then policy, then the owner of the interface. Until the loop judges
 * the next call.
 */
const struct rpc_judgement *rpc_judge(struct rpc_conn *c, const struct portero_assoc_call *call);
/* The further groups of the peer on a local socket when it connected, malloc'ed; how many. On the loop. */
size_t rpc_call_groups(const struct portero_call *call, uint32_t **out_groups);
/* Is the process at the other end of a local socket still the one that connected? On the loop. */
bool rpc_call_peer_lives(const struct portero_call *call);
/* peer.c */
void rpc_peer_describe(const struct net_ends *ends, enum portero_protseq protseq,
                       struct portero_peer *out_peer);
/* call_handles.c: the handles that the call has used are given back. */
void rpc_call_give_handles(struct portero_call *call);
/* The connection is gone. */
void rpc_call_lose(struct portero_call *call);
/* The loop is gone too. */
void rpc_call_abandon(struct portero_call *call);
/* Gives back the memory of the pool. */
void rpc_calls_free(struct rpc_loop *l);

/* worker.c */
portero_status rpc_worker_start(struct portero_call *call);

#endif
