/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTLM's tokens. The first byte says who gets the rest: the acceptor as its last token, the
 * acceptor as both of its tokens (cut where the second byte says), or the initiator as its
 * challenge. Nobody is let in who did not know the password; what is read and written again is the
 * same.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "src/auth/mechanisms.h"
#include "src/auth/ntlm_acceptor.h"
#include "src/auth/ntlm_response.h"

static const struct ntlm_settings settings = {
    .computer = "HOST", .domain = "LAB", .anonymous = true, .allow = PORTERO_ALLOW_NTLMV1};

static portero_status feed(struct portero_security *s, struct portero_bytes token,
                           struct portero_writer *out_token, bool *out_done)
{
  portero_writer_reset(out_token);
  return s->ops->step(s, token, out_token, out_done);
}

static void check_result(struct portero_security *s, portero_status status, bool done)
{
  FUZZ_CHECK(portero_is_ok(status) == done);
  FUZZ_CHECK(!done || s->anonymous); /* there are no accounts */
  FUZZ_CHECK(done || s->ops->identity(s) == NULL);
  FUZZ_CHECK(done || s->ops->why(s) != NULL);
}

static void fuzz_acceptor(struct portero_bytes first, struct portero_bytes second)
{
  struct portero_security *s;
  struct portero_writer out;
  bool done = false;
  portero_status status;

  if (!portero_is_ok(ntlm_acceptor_begin(&settings, PORTERO_LEVEL_PRIVACY, &s)))
    return;
  portero_writer_init(&out, &portero_mem_malloc, 65536);
  status = feed(s, first, &out, &done);
  FUZZ_CHECK(!done);
  if (portero_is_ok(status)) {
    status = feed(s, second, &out, &done);
    check_result(s, status, done);
  }
  portero_writer_deinit(&out);
  s->ops->free(s);
}

static void fuzz_initiator(struct portero_bytes challenge)
{
  struct portero_credentials_options who = {
      .user = "LAB\\alice", .password = "secret", .allow = PORTERO_ALLOW_NTLMV1};
  struct auth_initiation i = {.target = "host/server", .level = PORTERO_LEVEL_PRIVACY};
  struct ntlm_authenticate m;
  struct portero_security *s;
  struct portero_writer out;
  bool done = false;
  portero_status status;

  if (!portero_is_ok(portero_credentials_new(&who, &i.credentials)))
    return;
  FUZZ_CHECK(portero_is_ok(ntlm_initiator_new(&i, &s)));
  portero_credentials_free(i.credentials);
  portero_writer_init(&out, &portero_mem_malloc, 65536);
  status = feed(s, portero_bytes_make(NULL, 0), &out, &done);
  FUZZ_CHECK(portero_is_ok(status) && !done);
  status = feed(s, challenge, &out, &done);
  FUZZ_CHECK(portero_is_ok(status) == done);
  FUZZ_CHECK(!done || portero_is_ok(ntlm_authenticate_read(portero_writer_bytes(&out), &m)));
  portero_writer_deinit(&out);
  s->ops->free(s);
}

/* Read, written, read again. */
static void fuzz_messages(struct portero_bytes message)
{
  struct ntlm_authenticate m, again;
  struct ntlm_challenge c, c_again;
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 8u << 16);
  if (portero_is_ok(ntlm_authenticate_read(message, &m))) {
    ntlm_authenticate_write(&w, &m);
    FUZZ_CHECK(portero_is_ok(portero_writer_finish(&w)));
    FUZZ_CHECK(portero_is_ok(ntlm_authenticate_read(portero_writer_bytes(&w), &again)));
    FUZZ_CHECK(again.flags == m.flags && again.user.size == m.user.size &&
               again.nt_response.size == m.nt_response.size);
    FUZZ_CHECK(!m.user.size || memcmp(again.user.data, m.user.data, m.user.size) == 0);
  }
  portero_writer_reset(&w);
  if (portero_is_ok(ntlm_challenge_read(message, &c))) {
    ntlm_challenge_write(&w, &c);
    FUZZ_CHECK(portero_is_ok(portero_writer_finish(&w)));
    FUZZ_CHECK(portero_is_ok(ntlm_challenge_read(portero_writer_bytes(&w), &c_again)));
    FUZZ_CHECK(c_again.flags == c.flags && c_again.target_info.size == c.target_info.size);
  }
  portero_writer_deinit(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint8_t negotiate[NTLM_NEGOTIATE_SIZE];
  struct portero_writer w;
  size_t cut;

  if (size < 2)
    return 0;
  portero_writer_init_fixed(&w, negotiate, sizeof negotiate);
  ntlm_negotiate_write(&w, ~0u);
  cut = 2 + (data[1] < size - 2 ? data[1] : size - 2);
  if (data[0] % 4 == 0)
    fuzz_acceptor(portero_writer_bytes(&w), portero_bytes_make(data + 2, size - 2));
  else if (data[0] % 4 == 1)
    fuzz_acceptor(portero_bytes_make(data + 2, cut - 2),
                  portero_bytes_make(data + cut, size - cut));
  else if (data[0] % 4 == 2)
    fuzz_initiator(portero_bytes_make(data + 2, size - 2));
  else
    fuzz_messages(portero_bytes_make(data + 2, size - 2));
  return 0;
}
