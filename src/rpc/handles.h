/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context handles of one association group. [C706] 4.2.16.6, 6.1.6; [MS-RPCE] 3.3.1.4.1.
 *
 * A handle is valid for the interface, the caller and the kind that it was made for, and for
 * nobody else: everything that does not fit is one answer, "no such handle". State that a call is
 * using is not run down under its feet: the rundown waits for the last user.
 * Safe from any thread, because handlers on the worker pool use handles too.
 */
#ifndef PORTERO_RPC_HANDLES_H
#define PORTERO_RPC_HANDLES_H

#include <pthread.h>

#include <portero/server.h>

/* Whose handle it is. */
struct rpc_handle_owner {
  const struct portero_interface *iface;
  uint8_t level; /* of the call that made it; later calls need at least this */
  bool has_uid;
  uint32_t uid;
  const char *domain, *account; /* NULL: nobody who has a name; copied with the handle */
};

/* With whom a handle is counted; told when it ends. */
struct rpc_handle_toll {
  struct rpc_limits *limits;
  struct rpc_source *source; /* NULL: it is not counted */
};

struct rpc_handle;
struct rpc_limits;
struct rpc_source;

struct rpc_handles {
  pthread_mutex_t lock;
  struct rpc_handle **buckets; /* NULL while there is none */
  size_t n_buckets, count, limit;
  size_t scanned; /* buckets that rundown has emptied */
  bool down;      /* run down: nothing is added any more */
};

void rpc_handles_init(struct rpc_handles *t, size_t limit);
/* All handles must have been run down and given back. */
void rpc_handles_deinit(struct rpc_handles *t);

/* toll is taken already. LOCAL_LIMIT, LOCAL_NO_MEMORY, LOCAL_CLOSED after run_down; state and toll stay
 * the caller's then. */
portero_status rpc_handles_add(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                               const struct rpc_handle_toll *toll,
                               const void *kind, void *state, portero_rundown *rundown,
                               const struct portero_uuid *uuid);
/* The handle, in use until given back; NULL when there is none for this owner and kind. */
struct rpc_handle *rpc_handles_take(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                                    const void *kind, const struct portero_uuid *uuid);
void *rpc_handle_state(const struct rpc_handle *h);
/* Nobody finds it any more. Once. false: somebody else was first. */
bool rpc_handles_forget(struct rpc_handles *t, struct rpc_handle *h);
/* Ends one use; runs it down when it is forgotten and this was the last. */
void rpc_handles_give(struct rpc_handles *t, struct rpc_handle *h);
/* The group is gone: forgets all, runs down what is not in use. */
void rpc_handles_run_down(struct rpc_handles *t);

#endif
