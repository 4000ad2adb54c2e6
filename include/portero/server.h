/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers: interfaces with handlers, endpoints to listen on, registration with the local endpoint mapper.
 *
 *     struct portero_server *server;
 *     portero_server_new(NULL, &server);
 *     portero_server_add(server, &greeter_interface, NULL);
 *     portero_server_listen(server, "ncacn_ip_tcp:");     a dynamic port on all addresses
 *     portero_server_register(server, "Greeter");         tell the endpoint mapper; kept up by itself
 *     portero_server_run(server);                         until portero_server_stop()
 *
 * Everything up to run() is called from one thread. Functions that are safe elsewhere say so.
 * Several servers may live in one process; they share nothing.
 */
#ifndef PORTERO_SERVER_H
#define PORTERO_SERVER_H

#include <portero/assoc.h>
#include <portero/ndr.h>
#include <portero/tower.h>

PORTERO_BEGIN_DECLS

struct portero_book;   /* portero/sink.h */
struct portero_policy; /* portero/policy.h */
struct portero_server;
struct portero_call;

/*
 * Runs one operation: reads its arguments with portero_call_in(), writes its results with
 * portero_call_out(). OK sends what was written. CLASS_FAULT is sent as that fault; LOCAL_SHORT and
 * LOCAL_MALFORMED as RPC_X_BAD_STUB_DATA, and so are arguments that could not be read though the
 * handler returned OK; LOCAL_NO_MEMORY as nca_s_fault_remote_no_memory, LOCAL_CANCELLED as
 * nca_s_fault_cancel, any other failure as nca_s_fault_unspec. A handler that has called
 * portero_call_defer() returns OK and answers later with portero_call_finish().
 */
typedef portero_status portero_handler(struct portero_call *call);

#define PORTERO_OPERATION_BLOCKS 0x01u /* runs on the worker pool: it may wait */
#define PORTERO_OPERATION_DEFERS                                                                   \
  0x02u /* may answer later: its arguments are kept before the handler is asked */

struct portero_operation {
  const char *name;
  portero_handler
      *run; /* NULL: the opnum is not used on the wire; answered with nca_s_op_rng_error */
  uint32_t flags;
};

#define PORTERO_INTERFACE_NDR64    0x01u /* NDR64 is accepted beside NDR */
#define PORTERO_INTERFACE_LOCAL    0x02u /* only over local sockets; unknown to everyone else */
#define PORTERO_INTERFACE_UNLISTED 0x04u /* not registered with the endpoint mapper */
#define PORTERO_INTERFACE_SHARED_HANDLES                                                           \
  0x08u /* interfaces with this flag take each other's context handles */
#define PORTERO_INTERFACE_UNASKED                                                                  \
  0x10u /* policy is not asked: for a program's own control, which must not be locked out */

/* Static description of an interface; must outlive the servers that offer it. */
struct portero_interface {
  struct portero_syntax id;
  const char *name;
  const struct portero_operation *operations;
  uint16_t n_operations;
  uint8_t
      min_level; /* enum portero_auth_level; 0 is packet privacy: PORTERO_LEVEL_NONE has to be written out */
  uint32_t flags;
  size_t arena_budget; /* bytes one call may take from its arena; 0: 4 MiB */
};

/* Who is at the other end of a connection. Valid as long as the call. */
struct portero_peer {
  enum portero_protseq protseq;
  char address[64]; /* text without port; "local" for local sockets */
  uint16_t port;
  char local_address[64]; /* the address of ours that was reached */
  uint16_t local_port;
  bool is_loopback;     /* a local socket, or both addresses are this host's loopback */
  bool has_credentials; /* local sockets: pid, uid, gid of the peer when it connected */
  int32_t pid;
  uint32_t uid, gid;
};

/*
 * What one source address may have, or all of them together: docs/limits.md has the rules. The sources
 * are those of the network: local sockets are counted nowhere here; of them there may be as many
 * connections as the total has. An IPv6 source is its /64. 0: the default of
 * docs/limits.md, which is another for a source and for all; UINT32_MAX: any number.
 */
struct portero_server_limits {
  uint32_t connections;
  uint32_t connection_rate; /* new ones within a second */
  uint32_t half_open;       /* connections without an accepted bind */
  uint32_t anonymous_rate;  /* calls of callers without a name within a second */
  uint32_t contexts;        /* presentation contexts */
  uint32_t handles;         /* context handles */
  uint32_t failed_logins;   /* within a minute */
  uint64_t memory;          /* bytes: buffers, arguments and results. UINT64_MAX: any number */
};
/* Any number of everything: for tests, and where all callers are trusted. */
PORTERO_API extern const struct portero_server_limits portero_server_limits_none;

struct portero_server_options {
  unsigned threads; /* event loops; 0: 1. Loop 0 runs in the thread that calls run() */
  const char *
      mapper; /* local socket of the endpoint mapper; NULL: $PORTERO_SOCKET, then the compiled-in path */
  uint16_t port_low, port_high; /* dynamic endpoints; 0: 49152 to 65535 */
  uint32_t max_handles;         /* context handles of one association group; 0: 1024 */
  const struct portero_server_limits *source_limits; /* of one source address; NULL: the defaults */
  const struct portero_server_limits *total_limits;  /* of all; NULL: the defaults */
  struct portero_book *book; /* told of all that happens; outlives the server. NULL: nobody */
  uint32_t drain_timeout;    /* ms that stop() waits for calls in flight; 0: 5000 */
  bool allow_remote_stop; /* mgmt stop_server_listening is refused unless set. [C706] appendix Q */
  const struct portero_assoc_limits *limits; /* NULL: the defaults */
  /* Told of what goes wrong outside calls, e.g. a lost endpoint mapper: on loop 0, and by
   * portero_server_listen() when it fails; on any loop of a login that was refused, and why, and of
   * a source with too many of them. NULL: silent. */
  void (*notice)(void *user, const char *text);
  void *notice_user;
};

/* options may be NULL and are copied. */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_new(
    const struct portero_server_options *options, struct portero_server **out_server);
/*
 * Stops it when it was started with portero_server_start(), frees everything. Waits for handlers
 * that still run on the worker pool. Not from a handler. NULL is fine.
 */
PORTERO_API void portero_server_free(struct portero_server *s);

/* user is given to handlers through portero_call_user(). LOCAL_EXISTS: this interface is there already. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_add(struct portero_server *s, const struct portero_interface *iface, void *user);

/*
 * The least level of callers of an interface that was added, instead of the interface's own: 0 is
 * packet privacy. Before the server runs. LOCAL_USAGE: it was not added.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_set_level(
    struct portero_server *s, const struct portero_interface *iface, uint8_t min_level);

/*
 * Whether a call may be made, asked when its header is known, before its arguments are put
 * together; after the least level was checked. On the call's loop: must not wait.
 */
struct portero_access {
  const struct portero_interface *iface;
  uint16_t opnum;
  const struct portero_uuid *object; /* NULL: none */
  const struct portero_peer *peer;
  uint8_t level;                           /* what it is worth: NONE for callers without a name */
  const struct portero_identity *identity; /* NULL: nobody who has a name */
};
/* OK: it may. CLASS_FAULT: refused with that fault; anything else: with access denied. */
typedef portero_status portero_access_check(void *user, const struct portero_access *access);
/* Before the server runs. LOCAL_USAGE: the interface was not added. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_set_access(struct portero_server *s, const struct portero_interface *iface,
                          portero_access_check *check, void *user);

/*
 * Who may bind and call, and with what fault others are refused: takes policy over. Before the
 * server runs or while it does, from any thread: each loop goes over to it at its next turn, calls
 * that were begun go on as they were judged. NULL: no policy, as at first; the least levels and
 * access checks of the interfaces are asked besides. LOCAL_NO_MEMORY: nothing has changed, and
 * policy stays the caller's.
 */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_set_policy(struct portero_server *s, struct portero_policy *policy);

/*
 * Listens. binding: "ncacn_ip_tcp:host[port]" with an empty host for all addresses (IPv4 and IPv6) and
 * an empty port for a dynamic one; "ncalrpc:[name or /path]", with option mode=0600 for the
 * permissions of the socket file (0666 else). A name is in /run/portero, or for ordinary users in
 * $XDG_RUNTIME_DIR/portero. A socket file that nobody answers is replaced. May be called several times.
 * LOCAL_PORTS_EXHAUSTED when the dynamic range is full; CLASS_SYSTEM EADDRINUSE or EACCES as the system says.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_listen(struct portero_server *s,
                                                                  const char *binding);
/* Takes over a socket that listens already (systemd). */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_listen_fd(struct portero_server *s,
                                                                     int fd);
/* The i-th binding listened on, as a string binding with its real endpoint; NULL past the end. Lives as long as s. */
PORTERO_API const char *portero_server_binding(const struct portero_server *s, size_t i);

/*
 * Registers all listed interfaces on all endpoints with the local endpoint mapper, now and whenever
 * the mapper comes back. Needs run(). annotation: at most 63 bytes.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_register(struct portero_server *s,
                                                                    const char *annotation);
/* Is the registration in place at this moment? From any thread. */
PORTERO_API bool portero_server_registered(const struct portero_server *s);

/* Serves until stop(); OK after an orderly end. */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_run(struct portero_server *s);
/* Starts serving on threads of its own and returns; pair with portero_server_wait(). */
PORTERO_API PORTERO_MUST_USE portero_status portero_server_start(struct portero_server *s);
PORTERO_API portero_status portero_server_wait(struct portero_server *s);
/*
 * Stops listening, tells clients, lets calls in flight finish (drain_timeout), then ends run(). From
 * any thread or signal handler, before or after run() too, as long as s is there.
 */
PORTERO_API void portero_server_stop(struct portero_server *s);

/* SIGINT and SIGTERM stop the server while it runs: for programs that have no handlers of their own. */
PORTERO_API PORTERO_MUST_USE portero_status
portero_server_stop_on_signals(struct portero_server *s);
/* A notice for the options: prints "NAME: text" on standard error; notice_user is NAME, or NULL for
 * the name of the program. */
PORTERO_API void portero_notice_print(void *name, const char *text);

/* Counters of mgmt inq_stats: calls in, calls out, packets in, packets out. From any thread. */
PORTERO_API void portero_server_stats(const struct portero_server *s, uint32_t out_stats[4]);

/* Authentications, since the beginning. */
struct portero_auth_stats {
  uint64_t succeeded;   /* dialogues that came to a good end, also of callers without a name */
  uint64_t failed;      /* that were not believed */
  uint64_t refused;     /* not looked at: failed_logins of the source, or of all */
  uint64_t unavailable; /* mechanisms nobody has, or that could not be asked */
};
/* From any thread. */
PORTERO_API void portero_server_auth_stats(const struct portero_server *s,
                                           struct portero_auth_stats *out_stats);

/* One limit, as it stands at this moment. */
struct portero_limit_state {
  const char *name;   /* the key of portero.conf(5): "source-connections" */
  uint64_t limit;     /* UINT64_MAX: none */
  uint64_t now, most; /* in use; of a source: of the one that has most. most: since the beginning */
  uint64_t refused;   /* how often somebody met it */
};
/* Up to n of them, always in the same order; how many there are. From any thread. */
PORTERO_API size_t portero_server_limit_states(struct portero_server *s,
                                               struct portero_limit_state *out_states, size_t n);

/* ---- inside a handler (or later, for a deferred call), from the thread that runs it ---- */

PORTERO_API void *portero_call_user(const struct portero_call *call);
PORTERO_API struct portero_server *portero_call_server(const struct portero_call *call);
PORTERO_API struct portero_ndr_reader *portero_call_in(struct portero_call *call);
PORTERO_API struct portero_ndr_writer *portero_call_out(struct portero_call *call);
/* Lives until the call is answered. */
PORTERO_API struct portero_arena *portero_call_arena(struct portero_call *call);
PORTERO_API const struct portero_peer *portero_call_peer(const struct portero_call *call);
/*
 * Is gid the group, or one of the further groups, of the peer on a local socket when it connected?
 * On the call's loop. false for the network, and when the connection is gone.
 */
PORTERO_API bool portero_call_peer_in_group(const struct portero_call *call, uint32_t gid);
PORTERO_API const struct portero_uuid *
portero_call_object(const struct portero_call *call); /* NULL: none */
PORTERO_API uint16_t portero_call_opnum(const struct portero_call *call);
/* The association group of the caller: unlike any other that lives. Never 0. */
PORTERO_API uint32_t portero_call_group(const struct portero_call *call);
/* enum portero_auth_level; NONE for callers without a name, whatever protects their packets. */
PORTERO_API uint8_t portero_call_level(const struct portero_call *call);
/* Who calls; NULL: nobody who has a name. Lives as long as the call. */
PORTERO_API const struct portero_identity *portero_call_identity(const struct portero_call *call);
/* The client asked to cancel, or is gone. From any thread for a deferred or blocking call. */
PORTERO_API bool portero_call_cancelled(const struct portero_call *call);

/*
 * Keeps the call after the handler returns. Arguments stay readable, but views of them that were
 * taken before are gone (what is in the arena is not): defer first, then read. LOCAL_STATE: it is
 * deferred already.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_call_defer(struct portero_call *call);
/* Answers a deferred call, with what was written to portero_call_out(). From any thread, once; call is gone then. */
PORTERO_API void portero_call_finish(struct portero_call *call, portero_status status);

/* ---- context handles: [C706] 4.2.16.6, 20 bytes on the wire ---- */

/*
 * Called when the association group's last connection has closed, or after portero_handle_close();
 * in both cases when the last call that uses the handle has ended. On the group's loop, or on the
 * thread that finishes a call which has outlived its server.
 */
typedef void portero_rundown(void *state);

/*
 * Makes a handle for state, bound to the call's interface, association group, caller and kind
 * (any static address; tells one type of handle from another). LOCAL_LIMIT: too many in this group.
 */
PORTERO_API PORTERO_MUST_USE portero_status portero_handle_new(struct portero_call *call,
                                                               const void *kind, void *state,
                                                               portero_rundown *rundown,
                                                               struct portero_handle *out_handle);
/* The state behind a handle, or the fault nca_s_fault_context_mismatch. */
PORTERO_API PORTERO_MUST_USE portero_status portero_handle_find(struct portero_call *call,
                                                                const void *kind,
                                                                const struct portero_handle *handle,
                                                                void **out_state);
/* Forgets the handle and runs its rundown. Same fault when it is not valid. */
PORTERO_API PORTERO_MUST_USE portero_status portero_handle_close(
    struct portero_call *call, const void *kind, const struct portero_handle *handle);

PORTERO_END_DECLS

#endif
