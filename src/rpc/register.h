/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a set of endpoints registered with the local endpoint mapper: ept_insert over its local
 * socket. The mapper ties what it is told to the connection, so the connection stays open, and when
 * it ends (the mapper was restarted, say) everything is registered again: within milliseconds of
 * the mapper's socket being there, by watching its directory; by trying every fifth of a second
 * where it cannot be watched.
 */
#ifndef PORTERO_RPC_REGISTER_H
#define PORTERO_RPC_REGISTER_H

#include <uv.h>

#include <portero/tower.h>

#include "src/rpc/epm.h"

struct rpc_registration;

struct rpc_registration_item {
  struct portero_uuid object; /* nil: none */
  struct portero_tower tower;
};

struct rpc_registration_ops {
  /*
   * The state changed, or the reason why it is not reached did. text: a sentence for people.
   * refused: the mapper does not take the registration; it is tried again, more slowly.
   */
  void (*changed)(void *user, bool registered, bool refused, const char *text);
  /* The end of rpc_registration_stop(): the registration is freed when this returns. */
  void (*stopped)(void *user);
};

/* The tower of an endpoint, without interface; false when the binding names none. */
bool rpc_tower_from_binding(const struct portero_binding *b, struct portero_tower *out_tower);

/*
 * mapper: the socket's path; NULL: the usual place. annotation: at most 63 bytes (LOCAL_USAGE).
 * Everything is copied. The first attempt is made at once. ops must outlive it.
 */
PORTERO_MUST_USE portero_status rpc_registration_start(uv_loop_t *loop, const char *mapper,
                                                       const struct rpc_registration_item *items,
                                                       size_t n_items, const char *annotation,
                                                       const struct rpc_registration_ops *ops,
                                                       void *user,
                                                       struct rpc_registration **out_registration);
/* Takes the registration back by closing the connection. */
void rpc_registration_stop(struct rpc_registration *r);

#endif
