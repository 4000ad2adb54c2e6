/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include "tests/support/security_test.h"

#include <stdlib.h>

#define TOKEN_LIMIT 65536u

void peers_init(struct peers *p, bool initiator)
{
  memset(p, 0, sizeof *p);
  p->initiator = initiator;
  for (unsigned i = 0; i < MAX_PEERS; i++)
    portero_writer_init(&p->peer[i].token, &portero_mem_malloc, TOKEN_LIMIT);
}

void peers_free(struct peers *p)
{
  for (unsigned i = 0; i < MAX_PEERS; i++) {
    if (p->peer[i].security)
      p->peer[i].security->ops->free(p->peer[i].security);
    portero_writer_deinit(&p->peer[i].token);
  }
}

struct peer *peers_of(struct peers *p, const struct words *w, uint32_t id)
{
  if (id >= MAX_PEERS)
    words_wrong(w, "the scripted side has no such security context");
  return &p->peer[id];
}

static bool peer_make(struct peers *p, struct peer *peer, uint8_t type)
{
  struct security_test_options options = {.initiator = p->initiator,
                                          .type = type,
                                          .null = type == SECURITY_TEST_TYPE_NULL,
                                          .legs = security_test_legs(type)};

  if (options.legs == 0)
    return false;
  peer->security = security_test_new(&portero_mem_malloc, &options);
  if (!peer->security)
    abort();
  return true;
}

static const char *peer_step(struct peer *peer, struct portero_bytes token)
{
  bool done = false;

  portero_writer_reset(&peer->token);
  return portero_is_ok(peer->security->ops->step(peer->security, token, &peer->token, &done))
             ? NULL
             : "token-refused";
}

struct portero_bytes peers_token(struct peers *p, const struct words *w, uint32_t id, uint8_t type)
{
  struct peer *peer = peers_of(p, w, id);

  if (!peer->security) {
    if (!peer_make(p, peer, type))
      words_wrong(w, "the scripted side has no such mechanism: give value=");
    if (p->initiator && peer_step(peer, portero_bytes_make(NULL, 0)))
      words_wrong(w, "the mechanism makes no token");
  }
  return portero_writer_bytes(&peer->token);
}

const char *peers_take(struct peers *p, const struct portero_sec_trailer *trailer)
{
  struct peer *peer;

  if (trailer->context_id >= MAX_PEERS)
    return "unknown-context";
  peer = &p->peer[trailer->context_id];
  if (!peer->security && (p->initiator || !peer_make(p, peer, trailer->type)))
    return "unknown-context";
  return peer_step(peer, trailer->value);
}
