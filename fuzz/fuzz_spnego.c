/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPNEGO: a dialogue between two real ends with somebody in the middle, who lets messages pass,
 * changes bytes in them, cuts them, keeps them for later, or sends his own.
 */
#include "fuzz/fuzz.h"

#include "src/auth/spnego.h"
#include "tests/support/security_mic.h"
#include "tests/support/security_test.h"

#define MESSAGES_MAX 10u

struct end {
  struct portero_security *security;
  struct portero_writer out;
  bool done, dead;
};

struct middle {
  struct portero_reader input;
  uint8_t message[4096];
  size_t size;
  uint8_t kept[4096];
  size_t kept_size;
};

static const uint8_t orders[4][2] = {{PORTERO_AUTH_KERBEROS, PORTERO_AUTH_NTLM},
                                     {PORTERO_AUTH_NTLM, PORTERO_AUTH_KERBEROS},
                                     {PORTERO_AUTH_NTLM, 0},
                                     {PORTERO_AUTH_KERBEROS, 0}};

static void begin(struct end *e, const uint8_t types[2], bool initiator, unsigned legs)
{
  struct spnego_inner inner[2];
  portero_status status;
  size_t n = 0;

  memset(e, 0, sizeof *e);
  for (; n < 2 && types[n]; n++) {
    struct security_test_options o = {.initiator = initiator, .type = types[n], .legs = legs};
    inner[n].type = types[n];
    inner[n].mic = &security_mic_ops;
    inner[n].security = security_test_new(&portero_mem_malloc, &o);
  }
  status = initiator ? spnego_initiator_make(inner, n, true, &e->security)
                     : spnego_acceptor_make(inner, n, &e->security);
  FUZZ_CHECK(portero_is_ok(status));
  portero_writer_init(&e->out, &portero_mem_malloc, SPNEGO_TOKEN_LIMIT);
}

static void end(struct end *e)
{
  e->security->ops->free(e->security);
  portero_writer_deinit(&e->out);
}

static void leg(struct end *e, const struct middle *m)
{
  struct portero_bytes token = portero_bytes_make(m->message, m->size);

  portero_writer_reset(&e->out);
  e->dead = !portero_is_ok(e->security->ops->step(e->security, token, &e->out, &e->done));
  FUZZ_CHECK(!e->dead || e->security->ops->why(e->security));
}

/* What passes by, and what becomes of it. */
static void pass(struct middle *m, const struct end *from)
{
  struct portero_bytes message = portero_writer_bytes(&from->out), own;

  m->size = message.size < sizeof m->message ? message.size : 0;
  memcpy(m->message, message.data ? message.data : m->kept, m->size);
  switch (portero_read_u8(&m->input, "what") % 8) {
  case 1:
    own = portero_read_bytes(&m->input, portero_read_u8(&m->input, "size"), "own");
    memcpy(m->message, own.data ? own.data : m->kept, own.size);
    m->size = own.size;
    return;
  case 2:
    m->message[portero_read_u16(&m->input, "at") % sizeof m->message] ^=
        portero_read_u8(&m->input, "bits");
    return;
  case 3:
    m->size = portero_read_u16(&m->input, "size") % (m->size + 1);
    return;
  case 4:
    memcpy(m->kept, m->message, m->size);
    m->kept_size = m->size;
    return;
  case 5:
    memcpy(m->message, m->kept, m->kept_size);
    m->size = m->kept_size;
    return;
  default:
    return;
  }
}

static bool knows_all(const struct spnego_init *init)
{
  return memchr(init->mechs, SPNEGO_MECH_OTHER, init->n_mechs) == NULL;
}

/* What is read is written again and reads the same, as far as the mechanisms are known. */
static void check_messages(struct portero_bytes bytes)
{
  struct portero_writer w;
  struct spnego_init init, init_again;
  struct spnego_resp resp, resp_again;

  portero_writer_init(&w, &portero_mem_malloc, 2 * SPNEGO_TOKEN_LIMIT);
  if (portero_is_ok(spnego_init_read(bytes, &init)) && knows_all(&init)) {
    spnego_init_write(&w, &init);
    FUZZ_CHECK(portero_is_ok(spnego_init_read(portero_writer_bytes(&w), &init_again)));
    FUZZ_CHECK(init.n_mechs == init_again.n_mechs && init.token.size == init_again.token.size &&
               memcmp(init.mechs, init_again.mechs, sizeof init.mechs) == 0);
  }
  portero_writer_reset(&w);
  if (portero_is_ok(spnego_resp_read(bytes, &resp))) {
    spnego_resp_write(&w, &resp);
    FUZZ_CHECK(portero_is_ok(spnego_resp_read(portero_writer_bytes(&w), &resp_again)));
    FUZZ_CHECK(resp.answer == resp_again.answer && resp.mech == resp_again.mech &&
               resp.token.size == resp_again.token.size && resp.mic.size == resp_again.mic.size);
  }
  portero_writer_deinit(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct middle m;
  struct end ends[2];
  unsigned how;

  check_messages(portero_bytes_make(data, size));
  memset(&m, 0, sizeof m);
  portero_reader_init(&m.input, portero_bytes_make(data, size), false);
  how = portero_read_u8(&m.input, "how");
  security_mic_wanted = (how & 0x10) != 0;
  begin(&ends[0], orders[how & 3], true, 2 + (how >> 5) % 3);
  begin(&ends[1], orders[how >> 2 & 3], false, 2 + (how >> 5) % 3);
  if (how & 0x80)
    pass(&m, &ends[1]); /* the first thing either hears is somebody else's */
  for (unsigned n = how >> 7; n < MESSAGES_MAX && !ends[n % 2].dead && !ends[n % 2].done; n++) {
    leg(&ends[n % 2], &m);
    pass(&m, &ends[n % 2]);
  }
  /* Whom the middle has brought to an end agree, and a second choice was signed for. */
  if (ends[0].done) {
    const struct spnego *i = spnego_of(ends[0].security);
    FUZZ_CHECK(i->preferred || i->checked);
    FUZZ_CHECK(!ends[1].done || i->inner[0].type == spnego_of(ends[1].security)->inner[0].type);
  }
  end(&ends[0]);
  end(&ends[1]);
  return 0;
}
