/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's machine from the inside; one concern per file:
 *   server.c          life, input, the table of legal PDUs, events, time
 *   server_bind.c     bind and alter_context: contexts, features, group
 *   server_auth.c     tokens in bind, alter_context and auth3; unprotecting requests
 *   server_request.c  requests, fragments, cancel, orphan
 *   server_reply.c    everything that is sent
 */
#ifndef PORTERO_ASSOC_SERVER_ASSOC_H
#define PORTERO_ASSOC_SERVER_ASSOC_H

#include "src/assoc/frame.h"
#include "src/assoc/output.h"
#include "src/assoc/pctx.h"
#include "src/assoc/secure.h"
#include "src/assoc/stub_buffer.h"

enum server_state {
  SERVER_WAIT_BIND,  /* nothing but a bind is understood */
  SERVER_ASKED_BIND, /* a bind or alter_context waits for its answer */
  SERVER_ASKED_AUTH, /* a token waits for its answer */
  SERVER_READY,
  SERVER_CLOSING, /* the CLOSE event is still to be told */
  SERVER_CLOSED,
};

struct server_call {
  struct portero_assoc_call pub; /* first: the driver holds a pointer to it */
  struct server_call *prev, *next;
  struct stub_buffer buffer;     /* fragments so far, or what keep() saved */
  struct secure_context *secure; /* that its trailers name; NULL: it has none */
  uint8_t drep[4];
  bool told;     /* the driver knows it */
  bool discard;  /* answered early: swallow the rest of its fragments */
  bool orphaned; /* nothing is sent for it */
};

/* A bind or alter_context between its arrival and its answer. */
struct proposal {
  struct portero_pdu_header header;
  bool alter;
  bool has_auth;
  struct portero_sec_trailer auth; /* value: a copy in token */
  uint8_t *token;
  struct portero_context_ask *asks; /* one block with the transfer syntaxes behind it */
  size_t n_asks, asks_size;
  uint16_t *order; /* ask index per proposed context, or ORDER_FEATURES */
  uint8_t n_contexts;
  uint64_t features;
  uint16_t max_xmit_frag, max_recv_frag;
  uint32_t group_id;
  struct portero_context_result *results; /* n_contexts, once accepted */
  size_t results_size, order_size;
};

#define ORDER_FEATURES UINT16_MAX

struct portero_server_assoc {
  const struct portero_assoc_config *config;
  const struct portero_mem *mem;
  enum server_state state;
  bool bound;
  bool multiplexed;    /* PFC_CONC_MPX was agreed */
  bool header_signing; /* agreed, for the whole connection */
  bool eof;
  bool shutdown_sent;
  uint16_t max_xmit;
  uint32_t group_id;
  uint32_t features;
  uint32_t pdus_in;
  uint32_t calls; /* in flight: told and not answered */
  struct frame frame;
  struct output output;
  struct pctx_table contexts;
  struct secure_table secure;
  struct server_call *first_call;
  struct server_call *assembling; /* the one request whose fragments are arriving */
  struct proposal *proposal;
  struct secure_context *auth_asked; /* whose token is being looked at */
  struct secure_context *standard;   /* begun by the bind: requests without a trailer are its, */
  struct secure_context *unnamed;    /* but for this one of connect level, the newest, */
  bool named;                        /* until a trailer has named any */
  portero_status close_status;
  const char *close_what;
  uint64_t now, started, active;
  uint64_t partial_since, output_since; /* PORTERO_NEVER: nothing is waited for */
  uint64_t auth_since;                  /* the same: a dialogue of tokens goes on */
  bool dated;                           /* now was told after the driver's last answer */
};

static inline const struct portero_mem *server_mem(const struct portero_server_assoc *a)
{
  return a->mem;
}

/* server.c */
/* Now, or undated when an answer came some time after the clock was told. */
uint64_t server_moment(const struct portero_server_assoc *a);
void server_set_state(struct portero_server_assoc *a, enum server_state state);
/* Stops reading; a CLOSE event is told next. Keeps the first reason. */
void server_close(struct portero_server_assoc *a, portero_status status, const char *what);

/* server_bind.c: true when out_event was filled */
bool server_on_bind(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                    struct portero_server_event *out_event);
void server_proposal_free(struct portero_server_assoc *a);
/* Remembers an auth3 while its token is looked at; false when memory is out. */
bool server_keep_auth3(struct portero_server_assoc *a, const struct portero_pdu *pdu);
/* Sends the bind_ack or alter_context_resp that the proposal has earned, with a token when there is one. */
void server_send_ack(struct portero_server_assoc *a, struct portero_bytes token);

/* server_auth.c */
bool server_on_auth3(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                     struct portero_server_event *out_event);
/* Looks at the trailer of a proposal; true: an AUTH event was filled, false: nothing to ask, or refused already. */
bool server_ask_auth(struct portero_server_assoc *a, struct portero_server_event *out_event);
/* The time for an authentication is over. */
void server_auth_late(struct portero_server_assoc *a);
/* Is this trailer fit for a bind? PORTERO_NAK_* or -1. */
int server_auth_refusal(const struct portero_server_assoc *a, const struct portero_pdu *pdu);
/*
 * Settles which security context protects this request and opens it. On failure a fault was queued
 * and the connection is closing. *out_pdu is the request with its stub readable.
 */
bool server_open_request(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                         struct server_call *first, struct secure_context **out_secure,
                         struct portero_pdu *out_pdu);

/* server_request.c */
bool server_on_request(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                       struct portero_server_event *out_event);
bool server_on_cancel(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                      struct portero_server_event *out_event);
bool server_on_orphaned(struct portero_server_assoc *a, const struct portero_pdu *pdu,
                        struct portero_server_event *out_event);
/* A request may not be read yet: one is being worked on and the client did not ask for concurrency. */
bool server_must_wait(const struct portero_server_assoc *a);
void server_call_free(struct portero_server_assoc *a, struct server_call *call);

/* server_reply.c */
void server_send_nak(struct portero_server_assoc *a, uint32_t call_id,
                     enum portero_nak_reason reason);
void server_send_fault(struct portero_server_assoc *a, uint32_t call_id, uint16_t context_id,
                       uint32_t status, uint8_t flags);
/* A fault for a break of the protocol, then close. context_id is 0 unless the fault is about one call's doings. */
void server_refuse(struct portero_server_assoc *a, uint32_t call_id, uint16_t context_id,
                   uint32_t status, uint8_t flags, const char *what);
struct portero_pdu_header server_header(uint8_t flags, uint32_t call_id);

#endif
