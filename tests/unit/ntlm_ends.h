/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of an NTLM dialogue, and a client made by hand for what ours does not do. */
#ifndef PORTERO_TESTS_UNIT_NTLM_ENDS_H
#define PORTERO_TESTS_UNIT_NTLM_ENDS_H

#include "src/auth/mechanisms.h"
#include "src/auth/ntlm_context.h"
#include "src/auth/ntlm_response.h"
#include "tests/unit/support.h"

/* A folder with an accounts file: Alice ("secret"), bob (disabled, "secret"), Zoe with umlaut
 * ("secret"). */
struct ntlm_lab {
  char folder[64], path[96];
};
void ntlm_lab_begin(struct ntlm_lab *lab);
void ntlm_lab_end(struct ntlm_lab *lab);

/* The acceptor that most tests use: its accounts, computer "HOST", anonymous callers too. */
struct portero_acceptor *ntlm_lab_acceptor(const struct ntlm_lab *lab, unsigned allow);

struct ntlm_ends {
  struct portero_security *client, *server;
  struct portero_writer tokens[3];
  portero_status client_status, server_status; /* of the last leg each made */
  bool client_done, server_done;
};

/* Changes token number leg (0 to 2) on its way. */
typedef void ntlm_tamper(void *ctx, unsigned leg, struct portero_writer *token);

struct ntlm_dialogue {
  const struct portero_acceptor *acceptor;
  struct portero_credentials_options who;
  const char *target;   /* NULL: "host/server" */
  uint8_t client_level; /* 0: PRIVACY */
  uint8_t server_level; /* 0: PRIVACY */
  ntlm_tamper *tamper;  /* NULL: none */
  void *ctx;
};

/* All three legs, as far as they get; true when both ends stand. To be ended in any case. */
bool ntlm_ends_run(struct ntlm_ends *e, const struct ntlm_dialogue *d);
void ntlm_ends_end(struct ntlm_ends *e);
/* A sealed PDU each way arrives. */
bool ntlm_ends_talk(struct ntlm_ends *e);

/* ---- a client made by hand ---- */

struct ntlm_old_client {
  const char *user, *domain, *password; /* NULL: empty */
  bool v1, lm_only, without_extended;   /* kinds of response */
  bool key_without_domain;              /* [MS-NLMP] 3.2.5.1.2 has servers bear it */
  int64_t skew;                         /* of its clock, 100 ns */
  const uint8_t *bindings;              /* 16 bytes of channel bindings; NULL: none */
  bool has_mic_flag;                    /* though there is no MIC */
  uint32_t without;                     /* flags left out of AUTHENTICATE */
  uint16_t forgets, spoils;             /* pairs of the CHALLENGE: enum ntlm_av_id */
};

/* NEGOTIATE, read the CHALLENGE, AUTHENTICATE without a MIC: what the server says in the end. */
portero_status ntlm_old_client_run(struct ntlm_ends *e, const struct ntlm_old_client *c,
                                   const struct ntlm_dialogue *d);

#endif
