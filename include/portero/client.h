/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients: find a service, connect, call.
 *
 *     struct portero_client *client;
 *     portero_client_open("ncacn_ip_tcp:host", &greeter_interface.id, NULL, &client);
 *     struct portero_ndr_writer *in = portero_client_in(client);
 *     ... write the arguments ...
 *     portero_client_call(client, 0, &out);               waits; out reads the results
 *     portero_client_close(client);
 *
 * A binding without endpoint is resolved through the endpoint mapper of its host.
 * A client is used by one thread at a time. When a function fails, portero_client_error() says what
 * happened, with what, and what to try; the text lives until the next call on that client.
 */
#ifndef PORTERO_CLIENT_H
#define PORTERO_CLIENT_H

#include <portero/assoc.h>
#include <portero/credentials.h>
#include <portero/ndr.h>
#include <portero/tower.h>

PORTERO_BEGIN_DECLS

struct portero_client;
struct uv_loop_s; /* libuv's loop */

/* Watches PDUs pass: whole PDUs, both directions. Called on the client's thread. */
typedef void portero_trace(void *user, bool sent, struct portero_bytes pdu);

struct portero_client_options {
  uint32_t timeout;     /* ms for opening, and for each call; 0: 30 s */
  uint16_t mapper_port; /* where the host's endpoint mapper listens; 0: 135 */
  const char *mapper;   /* local sequences: the endpoint mapper's socket; NULL: as for servers */
  bool ndr64;           /* offer NDR64 beside NDR */
  bool any_syntax;      /* do not resolve or check a version of iface: take what the mapper gives */
  bool big_endian;      /* arguments are written big-endian, in NDR only */
  uint32_t group_id;    /* join this association group; 0: a new one */
  const struct portero_uuid *object; /* sent with every call; NULL: the binding's, or none */
  const struct portero_login
      *login; /* NULL: no authentication; the endpoint mapper is asked without */
  portero_trace *trace;
  void *trace_user;
  const struct portero_assoc_limits *limits; /* NULL: the defaults */
};

/*
 * Resolves, connects, binds. On failure *out_client is still set (unless memory is out) so that
 * portero_client_error() can be asked; close it in any case.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_client_open(
    const char *binding, const struct portero_syntax *iface,
    const struct portero_client_options *options, struct portero_client **out_client);
/*
 * NULL is fine. Calls in flight, and an opening under way, are told LOCAL_CANCELLED before it
 * returns; after that nothing is told. A client on a loop of the caller's frees itself when that
 * loop has turned.
 */
PORTERO_API void portero_client_close(struct portero_client *c);
PORTERO_API const char *portero_client_error(const struct portero_client *c);

/* Empties and returns the writer for the next call's arguments, in the transfer syntax agreed. */
PORTERO_API struct portero_ndr_writer *portero_client_in(struct portero_client *c);
/*
 * Calls with what was written since portero_client_in(); waits. On success *out_results reads the
 * answer, from memory that lives until the next call. CLASS_FAULT: the server's fault.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_client_call(
    struct portero_client *c, uint16_t opnum, struct portero_ndr_reader **out_results);
/* The same with a stub given and taken as bytes. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_client_call_bytes(struct portero_client *c, uint16_t opnum, struct portero_bytes stub,
                          struct portero_bytes *out_stub);
/*
 * A further interface on the same connection (alter_context); later calls go to it. When it is
 * refused (CLASS_REJECTED) the client goes on with the one it had.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_client_switch(struct portero_client *c, const struct portero_syntax *iface);
/*
 * One more security context on the same connection; later calls go under its protection. When it
 * is refused the connection has ended. header signing is a matter of the whole connection: what
 * login says of it does not count. LOCAL_STATE: on a loop of the caller's.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_client_login(struct portero_client *c,
                                                                 const struct portero_login *login);
/* Who the server is, by the mechanism in use; NULL: not authenticated, or the mechanism cannot say. */
PORTERO_API const struct portero_identity *portero_client_identity(const struct portero_client *c);
/* enum portero_auth_level: how calls are protected. */
PORTERO_API uint8_t portero_client_level(const struct portero_client *c);
/*
 * Ends calls with LOCAL_CANCELLED: co_cancel is sent, then orphaned, as when a call's time is over.
 * From any thread: the call that waits. On a loop of the caller's, by its thread: all in flight.
 */
PORTERO_API void portero_client_cancel(struct portero_client *c);

/* The string binding that was reached. */
PORTERO_API const char *portero_client_binding(const struct portero_client *c);
PORTERO_API uint32_t portero_client_group(const struct portero_client *c);
PORTERO_API const struct portero_syntax *portero_client_transfer(const struct portero_client *c);

/*
 * ---- asynchronous, on a loop of the caller's ----
 *
 * All of it by the loop's thread. Calls that wait (call, call_bytes, switch) answer LOCAL_STATE
 * here. A program that has such a loop ignores SIGPIPE: a peer may go away between two writes.
 */

typedef void portero_client_opened(struct portero_client *c, void *user, portero_status status);
/* results: until the callback returns. */
typedef void portero_client_answered(struct portero_client *c, void *user, portero_status status,
                                     struct portero_ndr_reader *results);
typedef void portero_client_closed(struct portero_client *c, void *user, portero_status status);

/*
 * As portero_client_open(), but returns at once; opened is called on the loop, once. When this
 * fails (the binding is no binding, memory is out) opened is not called; *out_client as above.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_client_start(
    struct uv_loop_s *loop, const char *binding, const struct portero_syntax *iface,
    const struct portero_client_options *options, portero_client_opened *opened, void *user,
    struct portero_client **out_client);
/* Several may be in flight. The arguments are what was written since portero_client_in(). */
PORTERO_API PORTERO_MUST_USE portero_status portero_client_send(struct portero_client *c,
                                                                uint16_t opnum,
                                                                portero_client_answered *answered,
                                                                void *user);
/* Told when the connection ends by itself (not through close). NULL: nobody. */
PORTERO_API void portero_client_on_close(struct portero_client *c, portero_client_closed *closed,
                                         void *user);

PORTERO_END_DECLS

#endif
