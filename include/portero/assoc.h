/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection (the protocol calls it an association) as a machine without I/O.
 *
 * There are three: the server's end, the client's end, and a tap that watches both directions.
 * A machine takes bytes, gives events, takes answers, gives bytes. It opens no socket, reads no
 * clock, draws no random number and starts no thread: time comes in as a parameter (milliseconds
 * of any clock that does not go back), memory through struct portero_mem.
 *
 * A round of the server's end, whoever drives it:
 *
 *     portero_server_assoc_input(a, bytes, now);         the bytes are lent until next() says false
 *     while (portero_server_assoc_next(a, &event))       pull
 *       ... portero_server_assoc_respond(a, event.call, stub) ...   answer now, or later
 *     out = portero_server_assoc_output(a);              send, then
 *     portero_server_assoc_sent(a, n_sent);
 *
 * Input may be cut anywhere: the events are the same. Lent bytes that next() did not use (half a
 * PDU, or everything behind a question that waits for its answer) are kept by the machine, so the
 * driver's buffer is free again when next() has returned false. While wants_input() is false the
 * driver stops reading; a machine that is not drained never holds more than the last input.
 * What lies outside one connection is asked, not known: which interfaces exist, which group this
 * is, whether the caller may. A question (BIND, AUTH) stops the stream until it is answered;
 * calls do not: several may be in flight, answered in any order.
 *
 * A machine is used by one thread at a time and has no globals.
 */
#ifndef PORTERO_ASSOC_H
#define PORTERO_ASSOC_H

#include <portero/pdu.h>
#include <portero/security.h>

PORTERO_BEGIN_DECLS

/* Every limit has a safe default, portero_assoc_limits_default. Sizes in bytes, times in milliseconds. */
struct portero_assoc_limits {
  uint16_t max_frag;     /* offered and accepted fragment size; 5840 as Windows on TCP */
  uint32_t max_stub;     /* a reassembled request (server) or response (client); 4 MiB */
  uint32_t max_output;   /* queued output above which no input is taken; 32 KiB */
  uint16_t max_contexts; /* accepted presentation contexts of one connection; 1024 */
  uint16_t max_calls;    /* calls in flight; 256 */
  uint16_t max_security; /* security contexts; 64 */
  uint16_t max_token;    /* one authentication token; 32 KiB */
  uint32_t first_pdu_timeout; /* server: from the first moment to the first whole PDU; 10 s; 0: none */
  uint32_t bind_timeout; /* from the first moment to an accepted bind; 30 s */
  uint32_t
      auth_timeout; /* server: from a first token to the end of that dialogue, whoever is waited for; 30 s */
  uint32_t
      partial_timeout; /* half a PDU or half a request may wait so long for the rest, and output for a reader; 60 s */
  uint32_t idle_timeout; /* nothing in flight and nothing said; 0: no limit */
};
PORTERO_API extern const struct portero_assoc_limits portero_assoc_limits_default;

/* Shared by any number of machines; must outlive them. */
struct portero_assoc_config {
  const struct portero_mem *mem;
  struct portero_assoc_limits limits;
  const char
      *secondary_address; /* server: told in bind_ack: the port as text, or the pipe's name */
  uint32_t features;      /* PORTERO_FEATURE_* that are granted or asked for */
  bool header_signing;    /* server: grant it; client: ask for it */
  /* What is lent to input() may be changed: protected PDUs are opened where they lie, not in a copy. */
  bool in_place;
};

#define PORTERO_NEVER UINT64_MAX

/* An accepted presentation context. Lives as long as its machine; owner is the driver's own. */
struct portero_pcontext {
  uint16_t id;
  bool ndr64;
  struct portero_syntax abstract;
  struct portero_syntax transfer;
  const void *owner;
};

/* ------------------------------------------------------------------ the server's end */

struct portero_server_assoc;

/*
 * A call as the server's machine sees it. Belongs to the machine, from the first event that names
 * it until it is answered with respond(), fault() or drop(); stub only until next() is called again
 * or the call is answered, whichever is first, unless it was kept with portero_server_assoc_keep().
 */
struct portero_assoc_call {
  uint32_t call_id;
  uint16_t opnum;
  uint8_t flags; /* pfc_flags of the first fragment */
  uint8_t level; /* enum portero_auth_level */
  bool big_endian;
  bool cancelled; /* the client asked to cancel, or left */
  bool has_object;
  uint32_t fragments; /* that have come */
  uint32_t fault;     /* that the machine has answered itself with: ORPHAN comes for it; 0: none */
  struct portero_uuid object;
  const struct portero_pcontext *context;
  struct portero_security *security; /* NULL: unauthenticated */
  struct portero_bytes stub;
  void *user; /* the driver's own */
};

/* A proposed presentation context, and the place for the answer. */
struct portero_context_ask {
  uint16_t id;
  uint8_t n_transfer;
  struct portero_syntax abstract;
  const struct portero_syntax *transfer;
  /* The answer; preset to provider rejection, abstract syntax not supported. */
  uint16_t result; /* enum portero_result */
  uint16_t reason; /* enum portero_reason */
  uint8_t chosen;  /* index into transfer, when accepted */
  const void *owner;
};

enum portero_server_event_kind {
  PORTERO_SERVER_BIND, /* answer with accept_bind() or refuse_bind() */
  PORTERO_SERVER_AUTH, /* a token: run the step, answer with auth_done() */
  PORTERO_SERVER_CALL_BEGUN, /* first of several fragments: the header is known; fault() refuses it early */
  PORTERO_SERVER_CALL,   /* complete; a call of one fragment has no CALL_BEGUN */
  PORTERO_SERVER_CANCEL, /* the client asks to cancel this call; it must still be answered */
  PORTERO_SERVER_ORPHAN, /* nobody waits for this call any more; answer or drop it, nothing is sent */
  PORTERO_SERVER_REFUSED, /* a request that the machine has answered itself; nothing is left to do */
  PORTERO_SERVER_CLOSE, /* last event: send what is queued, then close; calls in flight are dropped */
};

struct portero_server_event {
  enum portero_server_event_kind kind;
  union {
    struct {
      bool alter;        /* alter_context: the group is settled already */
      uint32_t group_id; /* asked for; 0: a new one */
      uint32_t call_id;
      struct portero_context_ask *contexts; /* fill in the answers here */
      size_t n_contexts;
      bool authenticated; /* an AUTH event follows once this is accepted */
      uint8_t auth_type, auth_level;
    } bind;
    struct {
      uint8_t type;
      uint8_t level;
      uint32_t context_id;
      uint8_t ptype;                     /* bind, alter_context or auth3 */
      bool header_signing;               /* offered by the client */
      struct portero_security *security; /* NULL on the first leg */
      struct portero_bytes token;        /* until answered, or CLOSE */
    } auth;
    struct portero_assoc_call *call;
    struct {
      struct portero_assoc_call call; /* as its header has it; context NULL: unknown; until next() */
      uint16_t context_id;
      uint32_t status;  /* of the fault */
      const char *what; /* static text: what was wrong */
    } refused;
    struct {
      portero_status status; /* OK: the peer closed in good order */
      const char *what;      /* static text: what was wrong; NULL */
    } close;
  } u;
};

/* mem is this machine's own and outlives it; NULL: config's. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_assoc_new(const struct portero_assoc_config *config, const struct portero_mem *mem,
                         uint64_t now, struct portero_server_assoc **out_assoc);
/* Frees calls in flight and security contexts too. NULL is fine. */
PORTERO_API void portero_server_assoc_free(struct portero_server_assoc *a);

PORTERO_API void portero_server_assoc_input(struct portero_server_assoc *a,
                                            struct portero_bytes bytes, uint64_t now);
PORTERO_API bool portero_server_assoc_next(struct portero_server_assoc *a,
                                           struct portero_server_event *out_event);
PORTERO_API bool portero_server_assoc_wants_input(const struct portero_server_assoc *a);
/* The peer closed its side, or the transport failed: one CLOSE event follows. */
PORTERO_API void portero_server_assoc_eof(struct portero_server_assoc *a, portero_status why);

/* Queued output, contiguous; empty when there is none. Valid until the next call of any function here. */
PORTERO_API struct portero_bytes portero_server_assoc_output(struct portero_server_assoc *a);
PORTERO_API void portero_server_assoc_sent(struct portero_server_assoc *a, size_t n);

/* When tick() should be called at the latest; PORTERO_NEVER when nothing is waited for. */
PORTERO_API uint64_t portero_server_assoc_deadline(const struct portero_server_assoc *a);
PORTERO_API void portero_server_assoc_tick(struct portero_server_assoc *a, uint64_t now);

/* Answers to BIND. group_id must not be 0 for a bind; it is ignored for alter_context. */
PORTERO_API void portero_server_assoc_accept_bind(struct portero_server_assoc *a,
                                                  uint32_t group_id);
PORTERO_API void portero_server_assoc_refuse_bind(struct portero_server_assoc *a,
                                                  enum portero_nak_reason reason);
/*
 * Answer to AUTH. status OK: security (new, or the one of the event) is the machine's from now on,
 * done tells whether it is established, even when the connection has ended meanwhile. On failure the machine sends what fits ([MS-RPCE] 3.3.1.5.2);
 * a security that it does not own yet stays the caller's. Returns what came of it, for the record: the
 * machine refuses level call, an answer behind auth_timeout and an auth3 that would have to be answered,
 * however right the credentials were. A security that it took lives as long as it does.
 */
PORTERO_API portero_status portero_server_assoc_auth_done(struct portero_server_assoc *a,
                                                          portero_status status,
                                                          struct portero_security *security,
                                                          struct portero_bytes token, bool done);

/* Answers to calls. Each ends the call. Bytes are copied. OK, or LOCAL_LIMIT when the response is too large (a fault is sent). */
PORTERO_API portero_status portero_server_assoc_respond(struct portero_server_assoc *a,
                                                        struct portero_assoc_call *call,
                                                        struct portero_bytes stub);
/* executed: false sets DID_NOT_EXECUTE, for a call that was refused before dispatch. */
PORTERO_API void portero_server_assoc_fault(struct portero_server_assoc *a,
                                            struct portero_assoc_call *call, uint32_t status,
                                            bool executed);
/* The same, and the connection is closed after it has been sent, unless a security context protects it otherwise. */
PORTERO_API void portero_server_assoc_fault_close(struct portero_server_assoc *a,
                                                  struct portero_assoc_call *call, uint32_t status);
/* Ends a call without a word (maybe, orphaned). */
PORTERO_API void portero_server_assoc_drop(struct portero_server_assoc *a,
                                           struct portero_assoc_call *call);
/* Makes call->stub last until the call is answered. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_assoc_keep(struct portero_server_assoc *a, struct portero_assoc_call *call);

/* Asks the client to go away when it is idle: sends a shutdown PDU. [C706] 12.6.4.11 */
PORTERO_API void portero_server_assoc_shutdown(struct portero_server_assoc *a);

PORTERO_API uint32_t portero_server_assoc_group(const struct portero_server_assoc *a);
PORTERO_API size_t portero_server_assoc_calls(const struct portero_server_assoc *a);
/* Presentation contexts that were accepted. */
PORTERO_API size_t portero_server_assoc_contexts(const struct portero_server_assoc *a);
/* Is this one of them? A proposal of it adds none. */
PORTERO_API bool portero_server_assoc_has_context(const struct portero_server_assoc *a,
                                                  uint16_t id);
/* PDUs received and queued for sending since the beginning; they wrap. */
PORTERO_API void portero_server_assoc_pdus(const struct portero_server_assoc *a, uint32_t *out_in,
                                           uint32_t *out_out);

/* ------------------------------------------------------------------ the client's end */

struct portero_client_assoc;

enum portero_client_event_kind {
  PORTERO_CLIENT_BOUND,    /* a bind or alter_context was answered; see results */
  PORTERO_CLIENT_AUTH,     /* a token from the server: run the step, answer with auth_done() */
  PORTERO_CLIENT_RESPONSE, /* a call has its answer */
  PORTERO_CLIENT_FAULT,
  PORTERO_CLIENT_SHUTDOWN, /* the server asks to close when idle */
  PORTERO_CLIENT_CLOSE,    /* last event; calls in flight have no answer */
};

struct portero_client_event {
  enum portero_client_event_kind kind;
  union {
    struct {
      bool alter;
      uint32_t group_id;
      const struct portero_context_result *results; /* in the order proposed */
      size_t n_results;
      struct portero_bytes secondary_address;
      uint32_t features; /* granted */
    } bound;
    struct {
      struct portero_security *security;
      struct portero_bytes token;
    } auth;
    struct {
      uint32_t call_id;
      uint16_t context_id;
      bool big_endian;
      struct portero_bytes stub; /* until next() is called again */
    } response;
    struct {
      uint32_t call_id;
      uint32_t status;
      bool did_not_execute;
    } fault;
    struct {
      portero_status status; /* CLASS_NAK: the bind was refused */
      const char *what;
    } close;
  } u;
};

PORTERO_API PORTERO_MUST_USE portero_status
portero_client_assoc_new(const struct portero_assoc_config *config, uint64_t now,
                         struct portero_client_assoc **out_assoc);
PORTERO_API void portero_client_assoc_free(struct portero_client_assoc *a);
PORTERO_API void portero_client_assoc_input(struct portero_client_assoc *a,
                                            struct portero_bytes bytes, uint64_t now);
PORTERO_API bool portero_client_assoc_next(struct portero_client_assoc *a,
                                           struct portero_client_event *out_event);
PORTERO_API bool portero_client_assoc_wants_input(const struct portero_client_assoc *a);
PORTERO_API void portero_client_assoc_eof(struct portero_client_assoc *a, portero_status why);
PORTERO_API struct portero_bytes portero_client_assoc_output(struct portero_client_assoc *a);
PORTERO_API void portero_client_assoc_sent(struct portero_client_assoc *a, size_t n);
PORTERO_API uint64_t portero_client_assoc_deadline(const struct portero_client_assoc *a);
PORTERO_API void portero_client_assoc_tick(struct portero_client_assoc *a, uint64_t now);

/*
 * Proposes contexts: a bind the first time, an alter_context later. One may wait for its answer at
 * a time (LOCAL_STATE otherwise). contexts are copied. security NULL: no authentication; else its
 * first token is in token and the machine takes it over (on failure it stays the caller's). The feature context is added by the machine
 * when config asks for features. group_id 0: a new group.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_client_assoc_bind(struct portero_client_assoc *a, const struct portero_context *contexts,
                          uint8_t n_contexts, uint32_t group_id, struct portero_security *security,
                          uint8_t level, struct portero_bytes token);
/* done with an empty token: nothing is sent. Not done: goes by alter_context; a last leg of NTLM by auth3. */
PORTERO_API void portero_client_assoc_auth_done(struct portero_client_assoc *a,
                                                portero_status status, struct portero_bytes token,
                                                bool done);

/* The security context that protects new calls; NULL: none. Its identity is the server's. */
PORTERO_API struct portero_security *
portero_client_assoc_security(const struct portero_client_assoc *a, uint8_t *out_level);
/* The one whose dialogue goes on, or failed; NULL: none. Whoever runs its steps may ask it why(). */
PORTERO_API struct portero_security *
portero_client_assoc_authenticating(const struct portero_client_assoc *a);

struct portero_client_request {
  uint16_t context_id;
  uint16_t opnum;
  const struct portero_uuid *object; /* or NULL */
  struct portero_bytes stub;
  bool maybe;      /* no answer is wanted */
  bool big_endian; /* of the stub; headers follow */
};
/* Queues a call. LOCAL_STATE: not bound; LOCAL_LIMIT: too many in flight. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_client_assoc_call(struct portero_client_assoc *a,
                          const struct portero_client_request *request, uint32_t *out_call_id);
/* Sends co_cancel; the call still ends with a response or a fault. */
PORTERO_API void portero_client_assoc_cancel(struct portero_client_assoc *a, uint32_t call_id);
/* Sends orphaned; nothing more is heard of this call. */
PORTERO_API void portero_client_assoc_orphan(struct portero_client_assoc *a, uint32_t call_id);

/* ------------------------------------------------------------------ the tap */

/*
 * Watches both directions of a connection that others made, from the start or from the middle.
 * It refuses nothing: what it cannot follow is told as an oddity, and it goes on with the next PDU.
 */
struct portero_tap;

enum portero_tap_event_kind {
  PORTERO_TAP_BIND,     /* bind or alter_context */
  PORTERO_TAP_BIND_ACK, /* and alter_context_resp */
  PORTERO_TAP_BIND_NAK,
  PORTERO_TAP_AUTH3,
  PORTERO_TAP_CALL,     /* a complete request */
  PORTERO_TAP_RESPONSE, /* a complete response */
  PORTERO_TAP_FAULT,
  PORTERO_TAP_CANCEL,
  PORTERO_TAP_ORPHAN,
  PORTERO_TAP_SHUTDOWN,
  PORTERO_TAP_ODD,  /* one PDU that breaks a rule; the others follow */
  PORTERO_TAP_LOST, /* this direction is no MS-RPC, or its framing is gone: no more events from it */
};

struct portero_tap_event {
  enum portero_tap_event_kind kind;
  bool from_server;
  uint32_t call_id;
  const struct portero_pdu
      *pdu; /* the last PDU of what is told; NULL for LOST; until next() is called again */
  /* CALL, RESPONSE, FAULT: */
  uint16_t context_id;
  uint16_t opnum;
  bool known_context; /* abstract and transfer are known */
  bool encrypted;     /* the stub is sealed: its bytes mean nothing here */
  bool has_object;
  bool ndr64;
  uint8_t auth_type, auth_level;
  struct portero_syntax abstract;
  struct portero_syntax transfer;
  struct portero_uuid object;
  struct portero_bytes stub; /* reassembled; without padding */
  uint32_t status;           /* FAULT, and reason of BIND_NAK */
  const char *what;          /* ODD, LOST: static text */
  uint64_t asked;            /* RESPONSE, FAULT: when the request was complete; 0: not seen */
  uint64_t when;
};

PORTERO_API PORTERO_MUST_USE portero_status
portero_tap_new(const struct portero_assoc_config *config, struct portero_tap **out_tap);
PORTERO_API void portero_tap_free(struct portero_tap *t);
/* Bytes of one direction, in order. Lent until next() says false. */
PORTERO_API void portero_tap_input(struct portero_tap *t, bool from_server,
                                   struct portero_bytes bytes, uint64_t now);
PORTERO_API bool portero_tap_next(struct portero_tap *t, struct portero_tap_event *out_event);

PORTERO_END_DECLS

#endif
