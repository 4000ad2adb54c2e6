/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mapper from the inside:
 *   mapper.c    life, the interface's table, configured entries
 *   lookup.c    ept_lookup, ept_map, ept_lookup_handle_free, ept_inq_object
 *   guard.c     who may change the map at all
 *   register.c  ept_insert, ept_delete, ept_mgmt_delete; change.c: the same in the map
 *   announce.c  entries of the configuration
 *   owners.c    associations that hold registrations, and who is behind them
 *   unit.c      the systemd unit of a process
 *   origin.c    what may be told to whom, and at which address
 *   policy.c    the policy: read, read again, asked about registrations
 *   sweep.c     entries that a new policy does not leave to whoever holds them
 *   ask.c       whether a registration may be made
 *   records.c   what the visitors' book is told of registrations
 *   status.c    the local status interface
 *   store.c     the map itself
 */
#ifndef PORTERO_MAPPER_SERVICE_H
#define PORTERO_MAPPER_SERVICE_H

#include <portero/event.h>

#include "idl/epm_rpc.h"
#include "idl/status_rpc.h"
#include "src/mapper/mapper.h"
#include "src/mapper/store.h"

/* One association that registered something. */
struct owner {
  struct owner *next; /* in its bucket */
  struct mapper *mapper;
  uint64_t id; /* its association group */
  struct portero_peer peer;
  uint32_t *groups; /* further ones of a local peer */
  size_t n_groups;
  char unit[256];    /* systemd unit, or empty */
  char program[256]; /* what it runs, or empty */
};

#define MAPPER_OPERATIONS        7u
#define MAPPER_STATUS_OPERATIONS 5u
#define OWNER_BUCKETS            1024u
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

/* Who wants the policy to be read: the record of it says so. */
struct door_asker {
  const char *how;           /* start, signal or command */
  const struct owner *owner; /* the process that called; NULL: none is known */
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
  struct owner *owners[OWNER_BUCKETS];
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
/* guard.c */
/* May this caller change the map? Asked before a word of the request is read. */
portero_status mapper_may_change(struct mapper *m, const struct portero_call *call);
/* Does the built-in rule let this caller register? */
bool guard_trusts(struct mapper *m, const struct portero_call *call);
/* register.c */
portero_status mapper_on_insert(struct portero_call *call, struct epmapper_ept_insert *args);
portero_status mapper_on_delete(struct portero_call *call, struct epmapper_ept_delete *args);
portero_status mapper_on_mgmt_delete(struct portero_call *call,
                                     struct epmapper_ept_mgmt_delete *args);
/* announce.c: registers one configured entry. */
portero_status mapper_announce(struct mapper *m, const struct mapper_entry *entry);
/* status.c */
portero_status mapper_on_status(struct portero_call *call, struct mapper_status_List *args);

portero_status mapper_on_doorman(struct portero_call *call, struct mapper_status_Doorman *args);
portero_status mapper_on_reload(struct portero_call *call, struct mapper_status_Reload *args);

/* status_limits.c */
portero_status mapper_on_limits(struct portero_call *call, struct mapper_status_Limits *args);
portero_status mapper_on_logins(struct portero_call *call, struct mapper_status_Logins *args);

/* policy.c */
void door_init(struct mapper *m);
void door_deinit(struct mapper *m);
/* Reads the policy, if there is to be one, and goes over to it. */
portero_status door_load(struct mapper *m, const struct door_asker *asker, char *message,
                         size_t size);
/* Again, while the server runs; the book is opened anew. */
portero_status door_reload(struct mapper *m, const struct door_asker *asker, char *message,
                           size_t size);

/* ask.c: with door.lock held, because the texts of a verdict live as long as its policy */
/*
 * May owner register what the tower says? trusted: the built-in rule allows him to register at all,
 * else the policy has to say so by a rule or a reservation of its own. OK, or the fault to answer
 * with; *out_asked: a policy was asked, and *out_verdict is what it said.
 */
portero_status ask_registration(struct mapper *m, const struct owner *owner,
                                const struct portero_tower *tower, bool trusted,
                                struct portero_verdict *out_verdict, bool *out_asked);
/* Is the interface reserved, for whomever? */
bool ask_is_reserved(const struct mapper *m, const struct portero_syntax *interface);
/* Is the interface reserved for others than this owner? */
bool ask_is_stranger(struct mapper *m, const struct owner *owner,
                     const struct portero_syntax *interface, struct portero_verdict *out_verdict);

/* sweep.c: with door.lock held. Removes what strangers hold of the interfaces that are reserved.
 * false: memory was out; some of it may be left, or be gone untold. */
bool sweep_strays(struct mapper *m);

/* records.c */
#define ROLL_BINDING_SIZE (PORTERO_HOST_SIZE + PORTERO_ENDPOINT_SIZE + 64u)
/* One entry, as records tell of it. */
struct roll_entry {
  uint64_t serial;
  uint64_t owner;
  struct portero_syntax interface;
  struct portero_uuid object;
  uint8_t protseq;
  const struct portero_verdict *verdict; /* of a policy that was asked about it; NULL: none */
  char binding[ROLL_BINDING_SIZE];
  char annotation[PORTERO_EPM_ANNOTATION_SIZE];
};
struct roll {
  struct roll_entry *entries;
  size_t n;
};

/* Is anybody told? Rolls are not worth their making otherwise. */
bool records_wanted(const struct mapper *m);
/* What owner has with this serial or a later one. Empty when memory is out. */
void roll_take(struct mapper *m, uint64_t owner, uint64_t since, struct roll *out_roll);
/* What a filter lets through, whoever owns it; false: memory is out, there may be more. */
bool roll_take_all(struct mapper *m, portero_epm_visible *wanted, const void *ctx,
                   struct roll *out_roll);
/* Only those stay that the map has no more. */
void roll_keep_gone(struct mapper *m, struct roll *roll);
void roll_free(struct roll *roll);
/* The serial that the next new entry gets. */
uint64_t roll_serial(struct mapper *m);
void roll_entry_of(const struct portero_tower *tower, const struct portero_uuid *object,
                   const char *annotation, struct roll_entry *out_entry);

/* REGISTERED, with whoever is behind the call. */
void record_begin(const struct portero_call *call, const struct owner *owner,
                  struct portero_event *out_event);
/* What a record borrows its texts from; owner NULL: nobody of this host. */
void record_owner(struct portero_event *e, const struct owner *owner);
/* One entry, with what policy said of it; the rest of the record is like's. */
void record_entry(struct mapper *m, const struct portero_event *like,
                  const struct roll_entry *entry);
/* An ALERT for each rule that asks for one. */
void record_alerts(struct mapper *m, const struct portero_event *like,
                   const struct roll_entry *entry);
/* REGISTERED and SERVICE_UP, or UNREGISTERED and SERVICE_DOWN, of each entry; a place in several
 * transfer syntaxes once. since: of REGISTERED, the first serial that is new. */
void records_registered(struct mapper *m, struct portero_event *e, const struct roll *roll,
                        uint64_t since);
void records_unregistered(struct mapper *m, struct portero_event *e, const struct roll *roll);
/* An ALERT when somebody else serves an interface of the roll already. */
void records_second_owner(struct mapper *m, const struct portero_event *like,
                          const struct owner *owner, const struct roll *roll, uint64_t since);
/* "uid 1000, cups.service, /usr/sbin/cupsd" */
const char *owner_text(const struct owner *owner, char *text, size_t size);

/* owners.c: the owner behind this call's association, made when it is new. */
portero_status owner_of(struct mapper *m, struct portero_call *call, struct owner **out_owner);
/* The same when it is there already; NULL: not. Lives while its association does, which the caller's call keeps. */
struct owner *owner_find(struct mapper *m, uint64_t id);
/* The same, with owners_lock held. */
struct owner *owner_locked(struct mapper *m, uint64_t id);
/* Who is behind a call that has no owner yet. Free with owner_forget(). */
void owner_look_up(const struct portero_call *call, struct owner *out_owner);
/* The same of a process, without its groups: nothing is to be freed. */
void owner_of_peer(const struct portero_peer *peer, struct owner *out_owner);
void owner_forget(struct owner *owner);
/* Copies what is known of an owner; false when it is gone. Groups are not copied. */
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
