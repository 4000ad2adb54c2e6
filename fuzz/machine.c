/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/machine.h"

#include <string.h>

#define GOOD_SIGNATURE 0xa5u
#define VALUE_SIZE     16u

static void *machine_take(void *ctx, size_t size)
{
  struct machine *m = ctx;

  if (m->fail_in && --m->fail_in == 0)
    return NULL;
  m->in_use += size;
  return malloc(size);
}

static void machine_give(void *ctx, void *block, size_t size)
{
  struct machine *m = ctx;

  FUZZ_CHECK(m->in_use >= size);
  m->in_use -= size;
  free(block);
}

void machine_begin(struct machine *m, const uint8_t *data, size_t size)
{
  memset(m, 0, sizeof *m);
  m->n_choices = size ? data[0] : 0;
  if (m->n_choices > (size ? size - 1 : 0))
    m->n_choices = size ? size - 1 : 0;
  m->choices = size ? data + 1 : data;
  m->stream = size ? portero_bytes_make(data + 1 + m->n_choices, size - 1 - m->n_choices)
                   : portero_bytes_make(data, 0);
  m->mem.take = machine_take;
  m->mem.give = machine_give;
  m->mem.ctx = m;
  m->mem.grow = NULL;
  m->config.mem = &m->mem;
  m->config.limits = portero_assoc_limits_default;
  m->config.limits.max_stub = 20000;
  m->config.limits.max_output = 8192;
  m->config.limits.max_contexts = 4;
  m->config.limits.max_calls = 4;
  m->config.limits.max_security = 3;
  m->config.limits.max_token = 256;
  m->config.limits.idle_timeout = 100000;
  m->config.secondary_address = "135";
  m->config.features = PORTERO_FEATURE_SECURITY_MULTIPLEX | PORTERO_FEATURE_KEEP_ON_ORPHAN;
  m->config.header_signing = machine_choose(m, 2) == 0;
  m->fail_in = machine_choose(m, 256);
  m->config.in_place = size % 2;
}

void machine_end(struct machine *m)
{
  FUZZ_CHECK(m->in_use == 0);
}

unsigned machine_choose(struct machine *m, unsigned n)
{
  if (m->n_choices == 0)
    return 0;
  m->n_choices--;
  return *m->choices++ % n;
}

struct portero_bytes machine_chunk(struct machine *m)
{
  unsigned how = machine_choose(m, 8);
  size_t n = how == 0   ? m->stream.size
             : how == 1 ? 1
                        : (size_t)machine_choose(m, 256) * (how - 1) + 1;
  uint8_t *block;

  if (n > m->stream.size)
    n = m->stream.size;
  block = malloc(n ? n : 1);
  FUZZ_CHECK(block != NULL);
  memcpy(block, m->stream.data, n);
  m->stream.data += n;
  m->stream.size -= n;
  return portero_bytes_make(block, n);
}

void machine_chunk_free(struct portero_bytes chunk)
{
  void *block;

  memcpy(&block, &chunk.data, sizeof block); /* it came from malloc() as writable */
  free(block);
}

void machine_sends(struct machine *m, struct portero_bytes bytes)
{
  struct portero_pdu_header header;
  struct portero_pdu pdu;

  while (bytes.size) {
    size_t room = sizeof m->sent - m->n_sent, n = bytes.size < room ? bytes.size : room, at = 0;
    memcpy(m->sent + m->n_sent, bytes.data, n);
    m->n_sent += n;
    bytes.data += n;
    bytes.size -= n;
    while (m->n_sent - at >= PORTERO_PDU_HEADER_SIZE) {
      portero_pdu_header_read(m->sent + at, &header);
      FUZZ_CHECK(header.version == 5 && header.frag_length >= PORTERO_PDU_HEADER_SIZE);
      if (m->n_sent - at < header.frag_length)
        break;
      FUZZ_CHECK(portero_is_ok(
          portero_pdu_read(portero_bytes_make(m->sent + at, header.frag_length), &pdu)));
      FUZZ_CHECK(pdu.odd == 0);
      at += header.frag_length;
    }
    memmove(m->sent, m->sent + at, m->n_sent - at);
    m->n_sent -= at;
  }
}

/* ---- the mechanism ---- */

struct mechanism {
  struct portero_security security; /* first */
  struct portero_security_ops ops;
  struct machine *machine;
};

static struct machine *machine_of(struct portero_security *s)
{
  return ((struct mechanism *)(void *)s)->machine;
}

static portero_status mechanism_step(struct portero_security *s, struct portero_bytes token,
                                     struct portero_writer *out_token, bool *out_done)
{
  struct machine *m = machine_of(s);

  (void)token;
  portero_write_zeros(out_token, machine_choose(m, 64));
  *out_done = machine_choose(m, 3) != 0;
  return machine_choose(m, 8) == 7 ? portero_local(PORTERO_LOCAL_SECURITY)
                                   : portero_writer_finish(out_token);
}

static size_t mechanism_value_size(const struct portero_security *s, uint8_t level,
                                   size_t data_size)
{
  (void)s;
  (void)level;
  (void)data_size;
  return VALUE_SIZE;
}

static portero_status mechanism_protect(struct portero_security *s,
                                        const struct portero_protected_pdu *p)
{
  (void)s;
  FUZZ_CHECK(p->data_at + p->data_size + PORTERO_SEC_TRAILER_SIZE == p->size &&
             p->value == p->pdu + p->size);
  for (size_t i = 0; i < p->data_size; i++)
    p->pdu[p->data_at + i] ^= 0x5au;
  memset(p->value, GOOD_SIGNATURE, p->value_size);
  return portero_ok();
}

static portero_status mechanism_unprotect(struct portero_security *s,
                                          const struct portero_protected_pdu *p)
{
  (void)s;
  FUZZ_CHECK(p->data_at + p->data_size + PORTERO_SEC_TRAILER_SIZE == p->size &&
             p->value == p->pdu + p->size);
  for (size_t i = 0; i < p->data_size; i++)
    p->pdu[p->data_at + i] ^= 0x5au;
  return p->value_size && p->value[0] == GOOD_SIGNATURE ? portero_ok()
                                                        : portero_local(PORTERO_LOCAL_SECURITY);
}

static void mechanism_free(struct portero_security *s)
{
  machine_give(machine_of(s), s, sizeof(struct mechanism));
}

struct portero_security *machine_security(struct machine *m, uint8_t type)
{
  struct mechanism *x = machine_take(m, sizeof *x);

  if (!x)
    return NULL;
  memset(x, 0, sizeof *x);
  x->ops.type = type;
  x->ops.step = mechanism_step;
  x->ops.value_size = mechanism_value_size;
  x->ops.protect = mechanism_protect;
  x->ops.unprotect = mechanism_unprotect;
  x->ops.free = mechanism_free;
  x->security.ops = &x->ops;
  x->machine = m;
  return &x->security;
}
