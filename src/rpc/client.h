/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client from the inside; one concern per file:
 *   client_async.c    life of a client, calls, what the machine tells
 *   client_open.c     from a string binding to an agreed presentation context
 *   client_resolve.c  asking an endpoint mapper
 *   client_login.c    steps of authentication, on the loop or on libuv's thread pool
 *   client_io.c       the stream and the timer
 *   client_trace.c    cutting what passes into PDUs for those who watch
 *   client_error.c, client_auth_error.c   failures in words
 *   client.c          calls that wait, on a loop of their own
 *
 * Everything happens on one loop, by its thread. A client's memory goes when it was closed and its
 * last handle has been closed by the loop.
 */
#ifndef PORTERO_RPC_CLIENT_H
#define PORTERO_RPC_CLIENT_H

#include <portero/rpc_stub.h>

#include "idl/epm.h"
#include "src/net/address.h"
#include "src/net/connect.h"
#include "src/net/pool.h"

#define CLIENT_TIMEOUT      30000u /* ms */
#define CLIENT_MAPPER_PORT  135u
#define CLIENT_TARGETS      8u
#define CLIENT_INTERFACES   8u
#define CLIENT_ERROR_SIZE   1024u
#define CLIENT_WHY_SIZE     384u
#define CLIENT_BINDING_SIZE (PORTERO_HOST_SIZE + PORTERO_ENDPOINT_SIZE + 96u)
#define CLIENT_SOCKET_SIZE  PORTERO_ENDPOINT_SIZE

enum client_stage {
  CLIENT_NEW,
  CLIENT_RESOLVING, /* the endpoint mapper is being asked */
  CLIENT_CONNECTING,
  CLIENT_BINDING,
  CLIENT_READY,
  CLIENT_LOST,   /* the connection ended, or was never made */
  CLIENT_CLOSED, /* by its owner; nothing is told any more */
};

/* A place where the interface may be found. */
struct client_target {
  char endpoint[PORTERO_ENDPOINT_SIZE];
  struct portero_syntax iface;
};

/* An interface that was agreed on this connection. */
struct client_interface {
  struct portero_syntax id;
  struct portero_syntax transfer;
  uint16_t context_id;
  bool ndr64;
};

struct client_call {
  struct client_call *next; /* behind this one */
  portero_client_answered *answered;
  void *user;
  uint64_t deadline;
  uint32_t call_id;
  uint16_t opnum;
  bool ndr64;
};

/* PDUs of one direction, for trace. */
struct client_cutter {
  struct portero_writer held;
  bool lost; /* no PDUs: told as they come */
};

struct client_step;

typedef void client_altered(struct portero_client *c, void *user, portero_status status);

struct portero_client {
  uv_timer_t timer;
  uv_loop_t *loop;
  struct net_pool pool;
  unsigned n_handles; /* open or closing */
  enum client_stage stage;
  bool busy; /* events are being pulled: output waits for the end of it */

  /* what was asked for */
  struct portero_client_options options;
  struct portero_assoc_limits limits;
  struct portero_uuid object;
  bool has_object;
  char mapper[CLIENT_SOCKET_SIZE];
  bool mapper_too_long;
  struct portero_binding binding;
  struct portero_syntax iface;
  portero_client_opened *opened;
  void *opened_user;
  portero_client_closed *closed;
  void *closed_user;

  /* opening */
  uint64_t open_deadline;
  struct portero_client *asking; /* the endpoint mapper */
  struct net_connect *connecting;
  struct client_step *step; /* that is running on the thread pool */
  union {
    struct epmapper_ept_map map;
    struct epmapper_ept_lookup lookup;
  } question;
  struct client_target targets[CLIENT_TARGETS];
  unsigned n_targets, n_tried;

  /* the connection */
  uv_stream_t *stream;
  uv_os_fd_t fd;   /* the stream's */
  uint8_t *buffer; /* lent to reads */
  struct portero_assoc_config config;
  struct portero_client_assoc *assoc;
  bool reading, writing, ending;
  uint64_t timer_at;
  char reached[CLIENT_BINDING_SIZE];
  char where[PORTERO_HOST_SIZE + PORTERO_ENDPOINT_SIZE + 4]; /* host[endpoint], for messages */
  uint32_t group_id;
  struct client_cutter sent, received;

  /* interfaces and calls */
  struct client_interface known[CLIENT_INTERFACES];
  unsigned n_known, current;
  uint16_t next_context_id;
  struct portero_syntax altering;
  client_altered *altered;
  void *altered_user;
  bool adding_login; /* the alter_context that goes on is for a further security context */
  struct client_call *first_call, **last_call;
  struct portero_ndr_writer in;
  struct portero_arena arena; /* what results are read into */

  struct client_sync *sync; /* NULL: driven by its owner's loop */
  portero_status status;    /* of the end */

  /* authentication */
  uint8_t auth_type, auth_level; /* that is wanted, or in use; 0: none */
  bool proven;                   /* a call was answered under its protection */
  uint64_t step_deadline;
  char why[CLIENT_WHY_SIZE]; /* the mechanism's words on what went wrong */
  char error[CLIENT_ERROR_SIZE];
};

/* client_async.c */
/* Opening failed, or the connection ended: tells whoever waits. error has been set. */
void client_end(struct portero_client *c, portero_status status);
/* Calls with a stub that lies anywhere. */
portero_status client_send_stub(struct portero_client *c, uint16_t opnum, struct portero_bytes stub,
                                portero_client_answered *answered, void *user);
void client_event(struct portero_client *c, const struct portero_client_event *event);
/* Deadlines that have passed. */
void client_expire(struct portero_client *c, uint64_t now);
uint64_t client_next_deadline(const struct portero_client *c);
/* Ends all calls in flight; those waiting hear status. */
void client_fail_calls(struct portero_client *c, portero_status status);
/* The same, telling the server to leave them. */
void client_abandon_calls(struct portero_client *c, portero_status status);
/* Agrees on a further interface; altered is called on the loop, unless this fails. */
portero_status client_alter(struct portero_client *c, const struct portero_syntax *iface,
                            client_altered *altered, void *user);
/* Makes the agreed interface the one that calls go to; false: it is not known here. */
bool client_select(struct portero_client *c, const struct portero_syntax *iface);
portero_status client_new(uv_loop_t *loop, const struct portero_client_options *options,
                          struct portero_client **out_client);

/* client_open.c */
portero_status client_begin(struct portero_client *c, const char *binding,
                            const struct portero_syntax *iface);
/* Goes on to the next target; why: how the last one failed (error has been set). */
void client_connect_next(struct portero_client *c, portero_status why);
portero_status client_connect_target(struct portero_client *c);
/* Contexts for one interface, the transfer syntax we like best first; returns how many. */
unsigned client_propose(const struct portero_client *c, const struct portero_syntax *iface,
                        struct portero_context out_contexts[2]);
/* Takes the answer to a proposal: the interface is the current one, or error says why not. */
bool client_accepted(struct portero_client *c, const struct portero_syntax *iface,
                     const struct portero_client_event *event, portero_status *out_status);
void client_bound(struct portero_client *c, const struct portero_client_event *event);
/* Stops whatever opening is under way. */
void client_stop_opening(struct portero_client *c);

/* Binds, under the protection of security if that is not NULL; takes it over when this succeeds. */
portero_status client_bind(struct portero_client *c, struct portero_security *security,
                           struct portero_bytes token);

/* client_login.c */
/* Makes the initiator and its first token, then client_bind(): now or later. */
portero_status client_login_begin(struct portero_client *c, const struct portero_login *login);
/* The server's token. */
void client_login_go_on(struct portero_client *c, const struct portero_client_event *event);
/* Nothing waits for the step that is running any more. */
void client_login_abandon(struct portero_client *c);
/* What the mechanism of the dialogue that failed has to say. */
void client_login_ask_why(struct portero_client *c, const struct portero_security *security);
/* One more security context; altered is called on the loop, unless this fails. */
portero_status client_login_add(struct portero_client *c, const struct portero_login *login,
                                client_altered *altered, void *user);

/* client_resolve.c */
portero_status client_resolve(struct portero_client *c);
/* Where the local endpoint mapper listens: wanted, else $PORTERO_SOCKET, else the usual places. */
portero_status client_mapper_path(const char *wanted, char *out_path, size_t size);

/* client_io.c */
void client_attach(struct portero_client *c, uv_stream_t *stream);
void client_detach(struct portero_client *c);
/* Pulls events, sends output, sets reading and the timer. */
void client_pump(struct portero_client *c);
void client_arm(struct portero_client *c);
void client_handle_closed(struct portero_client *c);

/* client_trace.c */
void client_cut(struct portero_client *c, bool sent, struct portero_bytes bytes);
void client_cutters_deinit(struct portero_client *c);

/* client_error.c */
void client_say(struct portero_client *c, const char *format, ...) PORTERO_PRINTF(2, 3);
/* what: the system's or the machine's words; may be NULL. */
void client_say_connect(struct portero_client *c, portero_status status, const char *what);
void client_say_end(struct portero_client *c, portero_status status, const char *what);
void client_say_rejected(struct portero_client *c, const struct portero_syntax *iface,
                         const struct portero_context_result *result);
void client_say_call(struct portero_client *c, portero_status status, uint16_t opnum);
void client_say_open_timeout(struct portero_client *c);

/* client_auth_error.c: the same where authentication has to do with it */
void client_say_login(struct portero_client *c, portero_status status);
/* true: it was said. */
bool client_say_auth_end(struct portero_client *c, portero_status status, const char *what);
/* What to try after this fault; NULL: nothing that has to do with authentication. */
const char *client_auth_hint(const struct portero_client *c, uint32_t fault);

/* client.c */
void client_sync_free(struct portero_client *c);

#endif
