/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/security_test.h"

#define KEY_FROM_INITIATOR 0x9e3779b97f4a7c15u
#define KEY_FROM_ACCEPTOR  0xc2b2ae3d27d4eb4fu
#define MULTIPLIER         0x100000001b3u
#define TOKEN_SIZE         8u

struct test_security {
  struct portero_security base; /* first: the machine holds a pointer to it */
  struct portero_security_ops ops;
  const struct portero_mem *mem;
  struct security_test_options options;
  unsigned token; /* the last one read or made */
  bool done;
  uint32_t sent, received; /* sequence numbers */
  struct portero_identity identity;
};

static struct test_security *test_of(struct portero_security *s)
{
  return (struct test_security *)(void *)s;
}

static void test_free(struct portero_security *s)
{
  struct test_security *t = test_of(s);
  portero_mem_give(t->mem, t, sizeof *t);
}

/* ---- the dialogue: tokens 1, 2, ... legs, the odd ones made by the initiator ---- */

static portero_status read_token(struct test_security *t, struct portero_bytes token)
{
  const uint8_t *p = token.data;

  if (t->options.initiator && t->token == 0)
    return token.size == 0 ? portero_ok() : portero_local(PORTERO_LOCAL_SECURITY);
  t->token++;
  if (t->options.fail == t->token)
    return t->options.failure;
  if (token.size != TOKEN_SIZE || p[0] != 'T' || p[1] != t->options.type || p[2] != t->token ||
      p[3] != t->options.legs)
    return portero_local(PORTERO_LOCAL_SECURITY);
  return portero_ok();
}

static portero_status make_token(struct test_security *t, struct portero_writer *out_token)
{
  t->token++;
  if (t->options.fail == t->token)
    return t->options.failure;
  portero_write_u8(out_token, 'T');
  portero_write_u8(out_token, t->options.type);
  portero_write_u8(out_token, (uint8_t)t->token);
  portero_write_u8(out_token, (uint8_t)t->options.legs);
  portero_write_bytes(out_token, "\xa5\x5a\xc3\x3c", 4);
  return portero_writer_finish(out_token);
}

static portero_status test_step(struct portero_security *s, struct portero_bytes token,
                                struct portero_writer *out_token, bool *out_done)
{
  struct test_security *t = test_of(s);
  portero_status status;

  if (t->options.wait)
    t->options.wait(t->options.wait_user);
  if (t->done)
    return portero_local(PORTERO_LOCAL_STATE);
  status = read_token(t, token);
  if (portero_is_ok(status) && t->token < t->options.legs)
    status = make_token(t, out_token);
  if (!portero_is_ok(status))
    return status;
  t->done = t->token == t->options.legs;
  *out_done = t->done;
  return portero_ok();
}

/* ---- protection ---- */

static uint64_t mix(uint64_t state, uint8_t byte)
{
  state = (state ^ byte) * MULTIPLIER;
  return state ^ (state >> 29);
}

static uint64_t start_of(bool from_initiator, uint32_t sequence)
{
  uint64_t state = from_initiator ? KEY_FROM_INITIATOR : KEY_FROM_ACCEPTOR;
  for (unsigned i = 0; i < 4; i++)
    state = mix(state, (uint8_t)(sequence >> (8 * i)));
  return state;
}

static uint64_t checksum(const struct portero_protected_pdu *p, uint64_t state)
{
  const uint8_t *at = p->header_signing ? p->pdu : p->pdu + p->data_at;
  size_t size = p->header_signing ? p->size : p->data_size;

  for (size_t i = 0; i < size; i++)
    state = mix(state, at[i]);
  return mix(mix(state, p->header_signing), p->level);
}

static void seal(const struct portero_protected_pdu *p, uint64_t state)
{
  for (size_t i = 0; i < p->data_size; i++) {
    state = mix(state, 0x5c);
    p->pdu[p->data_at + i] ^= (uint8_t)(state >> 24);
  }
}

static void connect_value(uint8_t *value)
{
  memset(value, 0, SECURITY_TEST_VALUE_SIZE);
  value[0] = 1;
}

static void signature(const struct portero_protected_pdu *p, bool from_initiator, uint32_t sequence,
                      uint8_t value[SECURITY_TEST_VALUE_SIZE])
{
  memcpy(value, "SIGN", 4);
  portero_store_u64(value + 4, false, checksum(p, start_of(from_initiator, sequence)));
  portero_store_u32(value + 12, false, sequence);
}

static portero_status test_protect(struct portero_security *s,
                                   const struct portero_protected_pdu *p)
{
  struct test_security *t = test_of(s);

  if (p->value_size != SECURITY_TEST_VALUE_SIZE || !t->done)
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (p->level == PORTERO_LEVEL_CONNECT) {
    connect_value(p->value);
    return portero_ok();
  }
  signature(p, t->options.initiator, t->sent, p->value);
  if (p->level == PORTERO_LEVEL_PRIVACY)
    seal(p, start_of(t->options.initiator, t->sent));
  t->sent++;
  return portero_ok();
}

static portero_status test_unprotect(struct portero_security *s,
                                     const struct portero_protected_pdu *p)
{
  struct test_security *t = test_of(s);
  uint8_t expected[SECURITY_TEST_VALUE_SIZE];

  if (p->value_size != SECURITY_TEST_VALUE_SIZE || !t->done)
    return portero_local(PORTERO_LOCAL_SECURITY);
  if (p->level == PORTERO_LEVEL_CONNECT)
    return portero_ok();
  if (p->level == PORTERO_LEVEL_PRIVACY)
    seal(p, start_of(!t->options.initiator, t->received));
  signature(p, !t->options.initiator, t->received, expected);
  if (memcmp(expected, p->value, sizeof expected) != 0)
    return portero_local(PORTERO_LOCAL_SECURITY);
  t->received++;
  return portero_ok();
}

static size_t test_value_size(const struct portero_security *s, uint8_t level, size_t data_size)
{
  (void)s;
  (void)level;
  (void)data_size;
  return SECURITY_TEST_VALUE_SIZE;
}

static const struct portero_identity *test_identity(const struct portero_security *s)
{
  const struct test_security *t = (const struct test_security *)(const void *)s;

  return t->options.account ? &t->identity : NULL;
}

static const char *test_why(const struct portero_security *s)
{
  return ((const struct test_security *)(const void *)s)->options.why;
}

/* ---- null ---- */

static portero_status null_protect(struct portero_security *s,
                                   const struct portero_protected_pdu *p)
{
  (void)s;
  return p->value_size == 0 ? portero_ok() : portero_local(PORTERO_LOCAL_SECURITY);
}

static size_t null_value_size(const struct portero_security *s, uint8_t level, size_t data_size)
{
  (void)s;
  (void)level;
  (void)data_size;
  return 0;
}

static const struct portero_security_ops test_ops = {
    .step = test_step,
    .value_size = test_value_size,
    .protect = test_protect,
    .unprotect = test_unprotect,
    .identity = test_identity,
    .why = test_why,
    .free = test_free,
};
static const struct portero_security_ops null_ops = {
    .step = test_step,
    .value_size = null_value_size,
    .protect = null_protect,
    .unprotect = null_protect,
    .free = test_free,
};

unsigned security_test_legs(uint8_t type)
{
  switch (type) {
  case SECURITY_TEST_TYPE:
  case SECURITY_TEST_TYPE_NULL:
    return 2;
  case PORTERO_AUTH_NTLM:
    return 3;
  case PORTERO_AUTH_KERBEROS:
    return 3;
  case PORTERO_AUTH_SPNEGO:
    return 4;
  default:
    return 0;
  }
}

struct portero_security *security_test_new(const struct portero_mem *mem,
                                           const struct security_test_options *options)
{
  struct test_security *t = portero_mem_take(mem, sizeof *t);

  if (!t)
    return NULL;
  memset(t, 0, sizeof *t);
  t->mem = mem;
  t->options = *options;
  if (options->null) {
    t->options.type = SECURITY_TEST_TYPE_NULL;
    t->options.legs = 2;
  }
  if (t->options.type == 0)
    t->options.type = options->legs == 3 ? PORTERO_AUTH_NTLM : SECURITY_TEST_TYPE;
  t->ops = options->null ? null_ops : test_ops;
  t->ops.type = t->options.type;
  t->base.ops = &t->ops;
  t->base.waits = options->waits;
  t->identity.type = t->options.type;
  t->identity.account = options->account;
  t->identity.domain = "TEST";
  t->identity.session_key = portero_bytes_make("0123456789abcdef", 16);
  return &t->base;
}
