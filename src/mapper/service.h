/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mapper from the inside:
 *   mapper.c    life, the interface's table, configured entries
 *   lookup.c    ept_lookup, ept_map, ept_lookup_handle_free, ept_inq_object
 *   register.c  ept_insert, ept_delete, ept_mgmt_delete, and who may
 *   owners.c    associations that hold registrations, and who is behind them
 *   origin.c    what may be told to whom, and at which address
 *   policy.c    the policy: read, read again, asked about registrations
 *   records.c   what the visitors' book is told of registrations
 *   status.c    the local status interface
 *   store.c     the map itself
 */
#ifndef PORTERO_MAPPER_SERVICE_H
#define PORTERO_MAPPER_SERVICE_H

#include "idl/epm_rpc.h"
#include "idl/status_rpc.h"
#include "src/mapper/mapper.h"
#include "src/mapper/store.h"

/* One association that registered something. */
struct owner {
  struct owner *next;
  struct mapper *mapper;
  uint64_t id; /* its association group */
  struct portero_peer peer;
  char unit[128]; /* systemd unit, or empty */
};

#define MAPPER_OPERATIONS        7u
#define MAPPER_STATUS_OPERATIONS 4u
#define OWNER_CONFIGURATION      0u /* entries of the configuration file */

/* The policy that the server goes by, and what is known of it. */
struct mapper_door {
  pthread_mutex_t reload;              /* one at a time */
  pthread_mutex_t lock;                /* of all below */
  const struct portero_policy *policy; /* the server's; NULL: none. Lives while lock is held */
  size_t n_calls, n_registrations, n_reservations;
  uint64_t loaded, failed; /* when, in seconds since 1970 */
  char failure
      [MAPPER_MESSAGE_SIZE]; /* why it was refused when it was last read; empty: it was not */
};

struct mapper {
  struct mapper_options options;
  struct mapper_door door;
  struct portero_server *server;
  struct portero_interface epm, status; /* as they are offered here */
  struct portero_operation epm_operations[MAPPER_OPERATIONS];
  struct portero_operation status_operations[MAPPER_STATUS_OPERATIONS];
  struct store store;
  struct portero_uuid object; /* that ept_inq_object tells */
  pthread_mutex_t owners_lock;
  struct owner *owners;
  atomic_ullong maps, lookups, inserts, deletes, refused_remote, refused_caller, refused_taken;
  struct timespec started;
};

/* lookup.c */
portero_status mapper_on_lookup(struct portero_call *call, struct epmapper_ept_lookup *args);
portero_status mapper_on_map(struct portero_call *call, struct epmapper_ept_map *args);
portero_status mapper_on_handle_free(struct portero_call *call,
                                     struct epmapper_ept_lookup_handle_free *args);
portero_status mapper_on_inq_object(struct portero_call *call,
                                    struct epmapper_ept_inq_object *args);
/* register.c */
/* May this caller change the map? Asked before a word of the request is read. */
portero_status mapper_may_change(struct mapper *m, const struct portero_call *call);
portero_status mapper_on_insert(struct portero_call *call, struct epmapper_ept_insert *args);
portero_status mapper_on_delete(struct portero_call *call, struct epmapper_ept_delete *args);
portero_status mapper_on_mgmt_delete(struct portero_call *call,
                                     struct epmapper_ept_mgmt_delete *args);
/* Registers one configured entry. */
portero_status mapper_announce(struct mapper *m, const struct mapper_entry *entry);
/* status.c */
portero_status mapper_on_status(struct portero_call *call, struct mapper_status_List *args);

portero_status mapper_on_doorman(struct portero_call *call, struct mapper_status_Doorman *args);
portero_status mapper_on_reload(struct portero_call *call, struct mapper_status_Reload *args);

/* status_limits.c */
portero_status mapper_on_limits(struct portero_call *call, struct mapper_status_Limits *args);

/* policy.c */
void door_init(struct mapper *m);
void door_deinit(struct mapper *m);
/* Reads the policy, if there is to be one, and goes over to it. */
portero_status door_load(struct mapper *m, char *message, size_t size);

/* owners.c: the owner behind this call's association, made when it is new. */
portero_status owner_of(struct mapper *m, struct portero_call *call, struct owner **out_owner);
/* Copies what is known of an owner; false when it is gone. */
bool owner_describe(struct mapper *m, uint64_t id, struct owner *out_owner);

/* origin.c */
struct origin {
  bool local;    /* asked over a local socket, or from this host's loopback */
  bool has_ipv4; /* the address that was reached can stand in a tower */
  uint8_t ipv4[4];
};
void origin_of(const struct portero_call *call, struct origin *out_origin);
/* portero_epm_visible; ctx is a struct origin. */
bool origin_visible(const void *ctx, const struct portero_epm_entry *entry);
/* The octets to tell: as registered, with the address that was reached where it listens on all. */
struct portero_bytes origin_tower(const struct origin *o, const struct portero_epm_entry *entry,
                                  struct portero_arena *arena);

static inline void mapper_count(atomic_ullong *counter)
{
  (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}
/* Seconds since the mapper started: the clock of registrations. */
uint64_t mapper_now(const struct mapper *m);

#endif
