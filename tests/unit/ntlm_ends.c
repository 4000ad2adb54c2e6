/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ntlm_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <portero/utf16.h>

#include "src/auth/accounts.h"

#define TOKEN_LIMIT 70000u

/* ---- the lab ---- */

static void add(const struct ntlm_lab *lab, const char *name, bool disabled, const char *sid)
{
  struct account a;

  memset(&a, 0, sizeof a);
  (void)snprintf(a.name, sizeof a.name, "%s", name);
  a.disabled = disabled;
  assert_true(portero_is_ok(ntlm_nt_hash("secret", a.nt_hash)));
  if (sid) {
    assert_true(portero_sid_parse(sid, &a.sids[0]));
    assert_true(portero_sid_parse("S-1-5-32-545", &a.sids[1]));
    a.n_sids = 2;
  }
  assert_true(portero_is_ok(accounts_add(lab->path, &a, false)));
}

void ntlm_lab_begin(struct ntlm_lab *lab)
{
  (void)snprintf(lab->folder, sizeof lab->folder, "/tmp/portero-ntlm-XXXXXX");
  assert_non_null(mkdtemp(lab->folder));
  (void)snprintf(lab->path, sizeof lab->path, "%s/accounts", lab->folder);
  add(lab, "Alice", false, "S-1-5-21-1-2-3-1104");
  add(lab, "bob", true, NULL);
  add(lab, "Zo\xc3\xab", false, NULL);
}

void ntlm_lab_end(struct ntlm_lab *lab)
{
  char lock[128];

  (void)snprintf(lock, sizeof lock, "%s.lock", lab->path);
  (void)unlink(lock);
  (void)unlink(lab->path);
  assert_int_equal(rmdir(lab->folder), 0);
}

struct portero_acceptor *ntlm_lab_acceptor(const struct ntlm_lab *lab, unsigned allow)
{
  struct portero_ntlm_options options = {
      .accounts = lab->path, .computer = "HOST", .anonymous = true, .allow = allow};
  struct portero_acceptor *acceptor;

  assert_true(portero_is_ok(portero_acceptor_ntlm_new(&options, &acceptor)));
  return acceptor;
}

/* ---- both ends ---- */

/* In blocks of exactly their size. */
static portero_status step(struct portero_security *s, const struct portero_writer *token,
                           struct portero_writer *out_token, bool *out_done)
{
  struct portero_bytes in = support_copy(portero_writer_bytes(token));
  portero_status status = s->ops->step(s, in, out_token, out_done);

  support_free(in);
  return status;
}

static void begin(struct ntlm_ends *e, const struct ntlm_dialogue *d)
{
  memset(e, 0, sizeof *e);
  for (size_t i = 0; i < 3; i++)
    portero_writer_init(&e->tokens[i], &portero_mem_malloc, TOKEN_LIMIT);
  assert_true(portero_is_ok(d->acceptor->begin(
      d->acceptor->ctx, d->server_level ? d->server_level : PORTERO_LEVEL_PRIVACY, &e->server)));
}

static void begin_client(struct ntlm_ends *e, const struct ntlm_dialogue *d)
{
  struct portero_credentials *credentials;
  struct auth_initiation i;

  assert_true(portero_is_ok(portero_credentials_new(&d->who, &credentials)));
  i.credentials = credentials;
  i.target = d->target ? d->target : "host/server";
  i.level = d->client_level ? d->client_level : PORTERO_LEVEL_PRIVACY;
  assert_true(portero_is_ok(ntlm_initiator_new(&i, &e->client)));
  portero_credentials_free(credentials);
}

static void pass(const struct ntlm_dialogue *d, struct ntlm_ends *e, unsigned leg)
{
  if (d->tamper)
    d->tamper(d->ctx, leg, &e->tokens[leg]);
}

bool ntlm_ends_run(struct ntlm_ends *e, const struct ntlm_dialogue *d)
{
  struct portero_writer none;

  begin(e, d);
  begin_client(e, d);
  portero_writer_init_fixed(&none, NULL, 0);
  e->client_status = step(e->client, &none, &e->tokens[0], &e->client_done);
  assert_true(portero_is_ok(e->client_status) && !e->client_done);
  pass(d, e, 0);
  e->server_status = step(e->server, &e->tokens[0], &e->tokens[1], &e->server_done);
  if (!portero_is_ok(e->server_status))
    return false;
  assert_false(e->server_done);
  pass(d, e, 1);
  e->client_status = step(e->client, &e->tokens[1], &e->tokens[2], &e->client_done);
  if (!portero_is_ok(e->client_status))
    return false;
  assert_true(e->client_done);
  pass(d, e, 2);
  e->server_status = step(e->server, &e->tokens[2], &e->tokens[0], &e->server_done);
  assert_int_equal(portero_is_ok(e->server_status), e->server_done);
  return e->server_done;
}

void ntlm_ends_end(struct ntlm_ends *e)
{
  for (size_t i = 0; i < 3; i++)
    portero_writer_deinit(&e->tokens[i]);
  if (e->client)
    e->client->ops->free(e->client);
  e->server->ops->free(e->server);
}

static bool send_one(struct portero_security *from, struct portero_security *to)
{
  uint8_t pdu[64], plain[64], value[NTLM_SIGNATURE_SIZE];
  struct portero_protected_pdu p = {.pdu = pdu,
                                    .size = sizeof pdu,
                                    .data_at = 24,
                                    .data_size = 32,
                                    .value = value,
                                    .value_size = sizeof value,
                                    .level = PORTERO_LEVEL_PRIVACY,
                                    .header_signing = true};

  for (size_t i = 0; i < sizeof pdu; i++)
    plain[i] = pdu[i] = (uint8_t)i;
  if (!portero_is_ok(from->ops->protect(from, &p)))
    return false;
  assert_memory_equal(pdu, plain, 24);
  assert_memory_not_equal(pdu + 24, plain + 24, 32);
  return portero_is_ok(to->ops->unprotect(to, &p)) && memcmp(pdu, plain, sizeof pdu) == 0;
}

bool ntlm_ends_talk(struct ntlm_ends *e)
{
  return send_one(e->client, e->server) && send_one(e->server, e->client) &&
         send_one(e->client, e->server);
}

/* ---- by hand ---- */

static struct portero_bytes widen(const char *text, uint8_t *wide, size_t capacity)
{
  size_t size;

  text = text ? text : "";
  assert_true(
      portero_is_ok(portero_utf8_to_utf16(text, strlen(text), false, wide, capacity, &size)));
  return portero_bytes_make(wide, size);
}

/* What the server told of itself, as all clients repeat it. */
static void write_repeated(const struct ntlm_old_client *c, struct portero_bytes told,
                           struct portero_writer *w)
{
  struct portero_reader r;
  struct ntlm_av pair;

  portero_reader_init(&r, told, false);
  while (ntlm_av_next(&r, &pair)) {
    if (pair.id == c->forgets)
      continue;
    ntlm_av_write(w, pair.id, pair.value);
    if (pair.id == c->spoils)
      w->base[w->size - 1] ^= 1;
  }
}

static void write_blob(const struct ntlm_old_client *c, struct portero_bytes told,
                       struct portero_writer *w)
{
  static const uint8_t nonce[8] = {1, 2, 3, 4, 5, 6, 7, 8}, flag[4] = {NTLM_AV_FLAG_MIC};
  struct portero_writer pairs;
  uint8_t buffer[512];

  portero_writer_init_fixed(&pairs, buffer, sizeof buffer);
  write_repeated(c, told, &pairs);
  if (c->has_mic_flag)
    ntlm_av_write(&pairs, NTLM_AV_FLAGS, portero_bytes_make(flag, sizeof flag));
  if (c->bindings)
    ntlm_av_write(&pairs, NTLM_AV_CHANNEL_BINDINGS, portero_bytes_make(c->bindings, 16));
  ntlm_av_write(&pairs, NTLM_AV_EOL, portero_bytes_make(NULL, 0));
  ntlm_blob_write(w, ntlm_filetime_now() + (uint64_t)c->skew, nonce, portero_writer_bytes(&pairs));
}

static void respond(const struct ntlm_old_client *c, const struct ntlm_challenge *sent,
                    struct ntlm_authenticate *m, uint8_t lm[24], struct portero_writer *nt)
{
  const uint8_t *challenge = sent->challenge;
  uint8_t hash[16], key[16], mixed[8];

  assert_true(portero_is_ok(ntlm_nt_hash(c->password, hash)));
  if (c->lm_only) {
    ntlm_response_v1(hash, challenge, lm);
  } else if (c->v1) {
    memset(lm, 0, 24);
    memcpy(lm, "\1\2\3\4\5\6\7\10", 8);
    ntlm_mixed_challenge(challenge, lm, mixed);
    portero_write_zeros(nt, 24);
    ntlm_response_v1(hash, c->without_extended ? challenge : mixed, nt->base);
    if (c->without_extended)
      ntlm_response_v1(hash, challenge, lm);
  } else {
    portero_write_zeros(nt, 16);
    write_blob(c, sent->target_info, nt);
    ntlm_response_key(hash, m->user,
                      c->key_without_domain ? portero_bytes_make(NULL, 0) : m->domain, key);
    ntlm_proof(key, challenge, portero_bytes_make(nt->base + 16, nt->size - 16), nt->base);
  }
  m->lm_response = portero_bytes_make(lm, 24);
  m->nt_response = portero_writer_bytes(nt);
}

portero_status ntlm_old_client_run(struct ntlm_ends *e, const struct ntlm_old_client *c,
                                   const struct ntlm_dialogue *d)
{
  const uint32_t flags = NTLM_REQUIRED | NTLM_KEY_EXCH | NTLM_SIGN | NTLM_SEAL | NTLM_NTLM;
  uint8_t user[256], domain[256], lm[24], nt_buffer[768], key[16] = {0};
  struct ntlm_authenticate m;
  struct ntlm_challenge challenge;
  struct portero_writer nt;

  begin(e, d);
  ntlm_negotiate_write(&e->tokens[0], flags);
  pass(d, e, 0);
  e->server_status = step(e->server, &e->tokens[0], &e->tokens[1], &e->server_done);
  if (!portero_is_ok(e->server_status))
    return e->server_status;
  assert_true(portero_is_ok(ntlm_challenge_read(portero_writer_bytes(&e->tokens[1]), &challenge)));
  memset(&m, 0, sizeof m);
  m.flags = challenge.flags & ~c->without;
  m.user = widen(c->user, user, sizeof user);
  m.domain = widen(c->domain, domain, sizeof domain);
  m.workstation = portero_bytes_make("W\0S\0", 4);
  m.session_key = portero_bytes_make(key, sizeof key);
  portero_writer_init_fixed(&nt, nt_buffer, sizeof nt_buffer);
  respond(c, &challenge, &m, lm, &nt);
  ntlm_authenticate_write(&e->tokens[2], &m);
  pass(d, e, 2);
  e->server_status = step(e->server, &e->tokens[2], &e->tokens[0], &e->server_done);
  return e->server_status;
}
