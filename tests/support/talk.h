/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends of an authentication dialogue, whatever the mechanism, and somebody between them who may
 * change what passes. Each message arrives in a heap block of exactly its size.
 */
#ifndef PORTERO_TESTS_SUPPORT_TALK_H
#define PORTERO_TESTS_SUPPORT_TALK_H

#include <portero/security.h>

#define TALK_MESSAGES_MAX 8u
#define TALK_TOKEN_MAX    70000u

struct talk_end {
  struct portero_security *security;
  portero_status status; /* of its last leg */
  bool done;
};

/* What becomes of message number n; 0 is the initiator's first. */
typedef struct portero_bytes talk_change(struct portero_bytes message, unsigned n, void *ctx);

struct talk {
  struct talk_end initiator, acceptor;
  unsigned messages;
  size_t sizes[TALK_MESSAGES_MAX];
};

/* Owns both. Runs until one end has failed or has nothing to say. */
void talk_run(struct talk *t, struct portero_security *initiator, struct portero_security *acceptor,
              talk_change *change, void *ctx);
void talk_free(struct talk *t);

/* One leg of one end; what it says replaces out. */
void talk_leg(struct talk_end *e, struct portero_bytes message, struct portero_writer *out);

static inline bool talk_both_done(const struct talk *t)
{
  return t->initiator.done && t->acceptor.done;
}
/* A PDU that one end protects reads the same at the other, both ways, and a changed one does not:
 * the last thing to ask of a dialogue. */
bool talk_protects(const struct talk *t, uint8_t level);
/* Does this end explain itself in these words? */
bool talk_explains(const struct talk_end *e, const char *part);

#endif
