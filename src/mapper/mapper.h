/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint mapper as a service: remote look-up on TCP 135, registration over a local socket.
 * [C706] 6.2, appendix O; [MS-RPCE] 2.2.1.2, 3.1.1.5.1.
 *
 * From the network it only answers questions: ept_lookup, ept_map, ept_lookup_handle_free,
 * ept_inq_object. ept_insert, ept_delete and ept_mgmt_delete are for processes of this host, over
 * the local socket, where the kernel says who they are. What a process registers lives as long as
 * its association (its last connection), so a service that dies is gone from the map at once.
 */
#ifndef PORTERO_MAPPER_MAPPER_H
#define PORTERO_MAPPER_MAPPER_H

#include <portero/auth.h>
#include <portero/policy.h>
#include <portero/server.h>

struct mapper;

struct mapper_entry { /* a service that was not built with Portero, announced by configuration */
  struct portero_syntax interface;
  struct portero_binding binding; /* object and endpoint included */
  const char *annotation;
};

/* Can it stand in the map? false: a port that is none, a host that is no address, a sequence without towers. */
bool mapper_entry_is_usable(const struct mapper_entry *entry);

/* A policy as it was read, with its figures for people. */
struct mapper_policy {
  struct portero_policy *policy;
  size_t n_calls, n_registrations, n_reservations;
};
#define MAPPER_MESSAGE_SIZE 768u
/* From any thread, one at a time. On failure *message tells why, and *out_policy is untouched. */
typedef portero_status mapper_policy_read(void *user, struct mapper_policy *out_policy,
                                          char *message, size_t size);

struct mapper_options {
  struct portero_server_options server;
  uint32_t max_entries;   /* 0: 200,000 */
  uint32_t max_per_owner; /* 0: 1,024 */
  bool own_is_shared; /* the mapper's own user is one that others have too: it may not register */
  /* Who may register besides root and the mapper's own user. */
  const uint32_t *uids;
  size_t n_uids;
  const uint32_t *gids;
  size_t n_gids;
  const char *policy_file; /* what it is called; NULL: there is no policy */
  mapper_policy_read *policy_read;
  void *policy_user;
  bool allow_remote_insert; /* for tests alone: anyone who reaches the port may register */
  /* How callers may authenticate; NULL: NTLM without a name, for those that insist. */
  struct portero_acceptor *const *acceptors;
  size_t n_acceptors;
  const struct mapper_entry *entries;
  size_t n_entries;
  uint64_t seed;              /* of the map's hashes: random, told to nobody */
  struct portero_uuid object; /* what ept_inq_object tells: random, not derived from seed */
};

/* options are copied, what they point to must live until mapper_free(). */
PORTERO_MUST_USE portero_status mapper_new(const struct mapper_options *options,
                                           struct mapper **out_mapper);
void mapper_free(struct mapper *m);
/*
 * Once, before the server runs and when the book has its sinks: reads the policy and registers the
 * configured entries. *message (size bytes) tells what came of it, and why it failed.
 */
PORTERO_MUST_USE portero_status mapper_open(struct mapper *m, char *message, size_t size);
/*
 * The policy is read again (one with a mistake: the old one stays) and the book opened anew;
 * *message tells what came of it. May wait; from any thread while the server is there. The book is
 * told that a signal asked for it.
 */
PORTERO_MUST_USE portero_status mapper_reload(struct mapper *m, char *message, size_t size);
/* Add listeners to it and run it. */
struct portero_server *mapper_server(struct mapper *m);

#endif
