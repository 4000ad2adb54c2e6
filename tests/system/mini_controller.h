/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of a domain controller as a member's secure channel needs, in the test's own process: one
 * machine account, FILES in the domain LAB, and one user, alice. It can be told to behave badly.
 */
#ifndef PORTERO_TESTS_SYSTEM_MINI_CONTROLLER_H
#define PORTERO_TESTS_SYSTEM_MINI_CONTROLLER_H

#include <pthread.h>

#include <portero/auth.h>
#include <portero/netlogon.h>

#include "tests/system/mini_mapper.h"

#define CONTROLLER_PASSWORD "Machine-Secret-1"
#define CONTROLLER_RID      1103u

struct mini_controller {
  struct mini_mapper mapper;
  const struct portero_server_options *options;
  struct portero_server *server;
  struct portero_acceptor *acceptor;
  pthread_mutex_t lock;

  /* how it behaves; set while nobody calls */
  bool lacks_aes;     /* an old one: knows strong keys with RC4 */
  bool is_impostor;   /* does not know the password */
  bool reflects;      /* the same, and sends back what it was sent */
  uint8_t turns;      /* bits in the last octet of what it sends back */
  bool sends_zeros;   /* for a challenge */
  uint32_t takes_off; /* flags it does not grant */
  bool spoils_sids;   /* describes users with a SID that is none */
  bool spoils_name;   /* with a name that has an end in the middle */
  bool says_nobody;   /* accepts users without describing them */

  /* what it has seen */
  uint8_t challenges[16]; /* the client's, its own */
  uint8_t key[16];
  bool has_key;
  uint8_t credential[8]; /* the client's, and what its authenticators have made of it */
  uint32_t granted;      /* flags */
  unsigned n_agreements, n_logons;
  uint8_t logon_level; /* of the last logon */
};

/* mapper_port: where its endpoint mapper listens; 0: anywhere. */
void controller_start(struct mini_controller *m, const char *address, uint16_t mapper_port);
/* The same; options of its server must live until controller_stop(). */
void controller_start_with(struct mini_controller *m, const char *address, uint16_t mapper_port,
                           const struct portero_server_options *options);
void controller_stop(struct mini_controller *m);
/* Ends all connections and forgets the key, as when it was started anew. */
void controller_restart(struct mini_controller *m);
/* Somebody else agrees on another key for the same computer. */
void controller_change_key(struct mini_controller *m);
/* Where to ask: the port of its endpoint mapper. */
uint16_t controller_mapper_port(const struct mini_controller *m);

/* What alice answers to the challenge; another answer is a wrong password. */
extern const uint8_t controller_challenge[8];
extern const uint8_t controller_response[24];

#endif
