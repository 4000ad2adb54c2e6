/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/talk.h"

#include <stdlib.h>

#define PDU_SIZE   104u
#define DATA_AT    24u
#define DATA_SIZE  64u
#define VALUE_SIZE 256u

void talk_leg(struct talk_end *e, struct portero_bytes message, struct portero_writer *out)
{
  uint8_t *copy = malloc(message.size ? message.size : 1);

  if (!copy)
    abort();
  if (message.size)
    memcpy(copy, message.data, message.size);
  portero_writer_reset(out);
  e->status =
      e->security->ops->step(e->security, portero_bytes_make(copy, message.size), out, &e->done);
  free(copy);
}

void talk_run(struct talk *t, struct portero_security *initiator, struct portero_security *acceptor,
              talk_change *change, void *ctx)
{
  struct portero_bytes message = portero_bytes_make(NULL, 0);
  struct portero_writer out[2];

  memset(t, 0, sizeof *t);
  t->initiator.security = initiator;
  t->acceptor.security = acceptor;
  portero_writer_init(&out[0], &portero_mem_malloc, TALK_TOKEN_MAX);
  portero_writer_init(&out[1], &portero_mem_malloc, TALK_TOKEN_MAX);
  for (unsigned n = 0; n < TALK_MESSAGES_MAX; n++) {
    struct talk_end *e = n % 2 ? &t->acceptor : &t->initiator;
    talk_leg(e, message, &out[n % 2]);
    message = portero_writer_bytes(&out[n % 2]);
    if (!portero_is_ok(e->status) || message.size == 0)
      break;
    t->sizes[n] = message.size;
    t->messages = n + 1;
    if (change)
      message = change(message, n, ctx);
  }
  portero_writer_deinit(&out[0]);
  portero_writer_deinit(&out[1]);
}

void talk_free(struct talk *t)
{
  t->initiator.security->ops->free(t->initiator.security);
  t->acceptor.security->ops->free(t->acceptor.security);
}

struct pdu {
  uint8_t bytes[PDU_SIZE], value[VALUE_SIZE];
  struct portero_protected_pdu p;
};

static void pdu_make(struct pdu *d, const struct portero_security *from, uint8_t level)
{
  for (size_t i = 0; i < PDU_SIZE; i++)
    d->bytes[i] = (uint8_t)(i * 7);
  d->p = (struct portero_protected_pdu){.pdu = d->bytes,
                                        .size = PDU_SIZE,
                                        .data_at = DATA_AT,
                                        .data_size = DATA_SIZE,
                                        .value = d->value,
                                        .level = level,
                                        .header_signing = true};
  d->p.value_size = from->ops->value_size(from, level, DATA_SIZE);
}

static bool arrives(struct portero_security *from, struct portero_security *to, uint8_t level,
                    size_t spoil)
{
  struct pdu d, plain;

  pdu_make(&d, from, level);
  plain = d;
  if (d.p.value_size > VALUE_SIZE || !portero_is_ok(from->ops->protect(from, &d.p)))
    return false;
  if (level == PORTERO_LEVEL_PRIVACY &&
      memcmp(d.bytes + DATA_AT, plain.bytes + DATA_AT, DATA_SIZE) == 0)
    return false;
  if (spoil < PDU_SIZE)
    d.bytes[spoil] ^= 1;
  return portero_is_ok(to->ops->unprotect(to, &d.p)) && memcmp(d.bytes, plain.bytes, PDU_SIZE) == 0;
}

bool talk_protects(const struct talk *t, uint8_t level)
{
  struct portero_security *a = t->initiator.security, *b = t->acceptor.security;

  for (unsigned i = 0; i < 3; i++)
    if (!arrives(a, b, level, PDU_SIZE) || !arrives(b, a, level, PDU_SIZE))
      return false;
  return !arrives(a, b, level, DATA_AT + 5) && !arrives(b, a, level, 2);
}

bool talk_explains(const struct talk_end *e, const char *part)
{
  const char *why = e->security->ops->why ? e->security->ops->why(e->security) : NULL;

  return why && strstr(why, part);
}
