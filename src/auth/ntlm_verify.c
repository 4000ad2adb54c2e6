/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/ntlm_verify.h"

#include <stdlib.h>
#include <strings.h>

#include <nettle/memops.h>

#include <portero/utf16.h>

#include "src/auth/ntlm_response.h"
#include "src/auth/winbind.h"

#define TEXT_SIZE (NTLM_NAME_SIZE / 2 * 3 + 1)
#define HOUR      (3600u * UINT64_C(10000000)) /* of a FILETIME */
#define LIFETIME  (NTLM_LIFETIME_HOURS * HOUR)

struct logon {
  const struct ntlm_settings *settings;
  const struct ntlm_authenticate *m;
  struct ntlm_context *c;
  bool v1;
  struct portero_bytes sent_pairs; /* the target information of our CHALLENGE */
  uint8_t server_challenge[NTLM_CHALLENGE_SIZE];
  uint8_t answered[NTLM_CHALLENGE_SIZE]; /* the challenge that the response answers */
  char user[TEXT_SIZE], domain[TEXT_SIZE], workstation[TEXT_SIZE];
};

static portero_status denied(void)
{
  return portero_local(PORTERO_LOCAL_DENIED);
}

/* ---- the shape of the response ---- */

static bool is_zero(const uint8_t *p, size_t size)
{
  uint8_t any = 0;

  for (size_t i = 0; i < size; i++)
    any |= p[i];
  return any == 0;
}

/* With extended session security the LM response is but the client's challenge. [MS-NLMP] 3.3.1 */
static portero_status check_v1(struct logon *l)
{
  const struct portero_bytes lm = l->m->lm_response;

  if (!(l->settings->allow & PORTERO_ALLOW_NTLMV1)) {
    ntlm_context_explain(l->c,
                         "%s\\%s from %s answered with version 1 of NTLM or LM, which are refused: "
                         "set LmCompatibilityLevel 3 or more there (Samba: client ntlmv2 auth)",
                         l->domain, l->user, l->workstation);
    return denied();
  }
  if (l->m->nt_response.size != NTLM_RESPONSE_V1_SIZE || lm.size != NTLM_RESPONSE_V1_SIZE ||
      !is_zero(lm.data + NTLM_CHALLENGE_SIZE, lm.size - NTLM_CHALLENGE_SIZE)) {
    ntlm_context_explain(l->c,
                         "%s\\%s from %s answered with LM, or without extended session "
                         "security",
                         l->domain, l->user, l->workstation);
    return denied();
  }
  ntlm_mixed_challenge(l->server_challenge, lm.data, l->answered);
  return portero_ok();
}

static portero_status check_time(struct logon *l, uint64_t timestamp)
{
  uint64_t now = ntlm_filetime_now(), skew = now > timestamp ? now - timestamp : timestamp - now;

  if (skew <= LIFETIME)
    return portero_ok();
  ntlm_context_explain(
      l->c, "the clock of %s is %llu hours %s: more than %u are not taken from %s\\%s",
      l->workstation, (unsigned long long)((skew + HOUR / 2) / HOUR),
      now > timestamp ? "behind" : "ahead", NTLM_LIFETIME_HOURS, l->domain, l->user);
  return denied();
}

/* There is no channel below RPC that could be bound to: who binds to one is not talking to us. */
static portero_status check_bindings(struct logon *l, struct portero_bytes bindings)
{
  if (bindings.size == 0 || is_zero(bindings.data, bindings.size))
    return portero_ok();
  ntlm_context_explain(l->c,
                       "the channel bindings of %s\\%s from %s are not those of this connection: "
                       "the response was made for another one, and relayed",
                       l->domain, l->user, l->workstation);
  return denied();
}

static bool repeats(struct portero_bytes pairs, const struct ntlm_av *sent)
{
  struct portero_reader r;
  struct ntlm_av pair;

  portero_reader_init(&r, pairs, false);
  while (ntlm_av_next(&r, &pair))
    if (pair.id == sent->id)
      return pair.value.size == sent->value.size &&
             (pair.value.size == 0 ||
              memcmp(pair.value.data, sent->value.data, pair.value.size) == 0);
  return false;
}

/*
 * The response covers the pairs that its maker was shown. Whoever takes the server's time out of the
 * CHALLENGE on its way, so that the client leaves out its MIC, is found out here.
 */
static portero_status check_repeated(struct logon *l, struct portero_bytes pairs)
{
  struct portero_reader r;
  struct ntlm_av sent;

  portero_reader_init(&r, l->sent_pairs, false);
  while (ntlm_av_next(&r, &sent))
    if (!repeats(pairs, &sent)) {
      ntlm_context_explain(l->c,
                           "the response of %s\\%s from %s does not repeat what this server told "
                           "of itself: that was changed on the way, or is another server's",
                           l->domain, l->user, l->workstation);
      return denied();
    }
  return portero_ok();
}

static portero_status check_v2(struct logon *l, bool *out_has_mic)
{
  const struct portero_bytes nt = l->m->nt_response;
  const size_t pairs_at = NTLM_PROOF_SIZE + NTLM_BLOB_PAIRS_AT;
  struct ntlm_target_info info;
  uint64_t timestamp;
  portero_status status;

  memset(&info, 0, sizeof info);
  status = ntlm_blob_read(portero_bytes_make(nt.data + NTLM_PROOF_SIZE, nt.size - NTLM_PROOF_SIZE),
                          &timestamp, &info);
  if (!portero_is_ok(status)) {
    ntlm_context_explain(l->c, "the response of %s\\%s from %s is malformed", l->domain, l->user,
                         l->workstation);
    return denied();
  }
  memcpy(l->answered, l->server_challenge, sizeof l->answered);
  status = check_time(l, timestamp);
  if (portero_is_ok(status))
    status = check_bindings(l, info.channel_bindings);
  if (portero_is_ok(status))
    status = check_repeated(l, portero_bytes_make(nt.data + pairs_at, nt.size - pairs_at));
  *out_has_mic = info.has_flags && (info.flags & NTLM_AV_FLAG_MIC);
  return status;
}

/* ---- the accounts file ---- */

/* 1: hash, with this domain, makes the response. The key is made in any case. */
static int matches(const struct logon *l, const uint8_t hash[NTLM_KEY_SIZE],
                   struct portero_bytes domain, uint8_t out_exchange_key[NTLM_KEY_SIZE])
{
  const struct portero_bytes nt = l->m->nt_response;
  uint8_t key[NTLM_KEY_SIZE], proof[NTLM_PROOF_SIZE];
  int same;

  ntlm_response_key(hash, l->m->user, domain, key);
  ntlm_proof(key, l->answered,
             portero_bytes_make(nt.data + NTLM_PROOF_SIZE, nt.size - NTLM_PROOF_SIZE), proof);
  same = memeql_sec(proof, nt.data, sizeof proof);
  ntlm_base_key(key, proof, out_exchange_key);
  explicit_bzero(key, sizeof key);
  return same;
}

static int matches_v1(const struct logon *l, const uint8_t hash[NTLM_KEY_SIZE],
                      uint8_t out_exchange_key[NTLM_KEY_SIZE])
{
  uint8_t response[NTLM_RESPONSE_V1_SIZE], base[NTLM_KEY_SIZE];
  int same;

  ntlm_response_v1(hash, l->answered, response);
  same = memeql_sec(response, l->m->nt_response.data, sizeof response);
  ntlm_base_key_v1(hash, base);
  ntlm_exchange_key_v1(base, l->server_challenge, l->m->lm_response.data, out_exchange_key);
  explicit_bzero(base, sizeof base);
  return same;
}

/* Some clients leave the domain out of the key though they name one: [MS-NLMP] 3.2.5.1.2. */
static int matches_any(const struct logon *l, const uint8_t hash[NTLM_KEY_SIZE],
                       uint8_t out_exchange_key[NTLM_KEY_SIZE])
{
  uint8_t without[NTLM_KEY_SIZE];
  int same, same_without;

  if (l->v1)
    return matches_v1(l, hash, out_exchange_key);
  same = matches(l, hash, l->m->domain, out_exchange_key);
  same_without = matches(l, hash, portero_bytes_make(NULL, 0), without);
  cnd_memcpy(same_without, out_exchange_key, without, sizeof without);
  explicit_bzero(without, sizeof without);
  return same | same_without;
}

static portero_status take_account(const struct logon *l, const struct account *a,
                                   struct ntlm_user *u)
{
  u->account = strdup(a->name);
  u->domain = strdup(l->settings->winbind ? l->settings->computer : l->settings->domain);
  u->sids = calloc(a->n_sids ? a->n_sids : 1, sizeof *u->sids);
  if (!u->account || !u->domain || !u->sids)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  memcpy(u->sids, a->sids, a->n_sids * sizeof *u->sids);
  u->n_sids = a->n_sids;
  return portero_ok();
}

/* An account that is not there is looked at like one that is, with a hash of zeros. */
static portero_status verify_account(const struct logon *l, const struct account *a, bool known,
                                     struct ntlm_user *u)
{
  int same = matches_any(l, a->nt_hash, u->exchange_key);

  if (known && same && !a->disabled)
    return take_account(l, a, u);
  if (!known)
    ntlm_context_explain(l->c, "no account %s is known here (asked for as %s\\%s from %s)", l->user,
                         l->domain, l->user, l->workstation);
  else if (!same)
    ntlm_context_explain(l->c, "wrong password for %s (as %s\\%s from %s)", a->name, l->domain,
                         l->user, l->workstation);
  else
    ntlm_context_explain(l->c, "the account %s is disabled (asked for from %s)", a->name,
                         l->workstation);
  return denied();
}

static const char *file_trouble(portero_status status, char *text, size_t size)
{
  if (portero_is_local(status, PORTERO_LOCAL_DENIED))
    return "its mode has to be 0600, its owner root or this server's user";
  if (portero_is_local(status, PORTERO_LOCAL_MALFORMED))
    return "a line of it is no account; portero user list tells which";
  return portero_status_text(status, text, size);
}

/* LOCAL_NOT_FOUND: winbind is to be asked. */
static portero_status verify_by_file(const struct logon *l, struct ntlm_user *u)
{
  portero_status status = portero_local(PORTERO_LOCAL_NOT_FOUND);
  struct account a;
  char text[64];
  bool known;

  memset(&a, 0, sizeof a);
  if (l->settings->accounts)
    status = accounts_find(l->settings->accounts, l->m->user, &a);
  known = portero_is_ok(status);
  if (!known && !portero_is_local(status, PORTERO_LOCAL_NOT_FOUND)) {
    ntlm_context_explain(l->c, "the accounts file cannot be used (%s), so %s\\%s is not known",
                         file_trouble(status, text, sizeof text), l->domain, l->user);
    return denied();
  }
  if (known || !l->settings->winbind)
    status = verify_account(l, &a, known, u);
  explicit_bzero(&a, sizeof a);
  return status;
}

/* ---- winbind ---- */

/* Of a member's domain, or of another: accounts of this host have its name, or none. */
static bool is_of_domain(const struct logon *l)
{
  return l->domain[0] && strcasecmp(l->domain, l->settings->computer) != 0;
}

static portero_status verify_by_winbind(const struct logon *l, struct ntlm_user *u)
{
  struct winbind_question q = {l->user, is_of_domain(l) ? l->domain : l->settings->domain,
                               l->workstation, l->answered, l->m->nt_response};
  char why[WINBIND_WHY_SIZE];
  struct winbind_answer a;
  portero_status status = winbind_ask(&q, why, &a);

  if (portero_is_local(status, PORTERO_LOCAL_NO_MEMORY))
    return status;
  if (!portero_is_ok(status)) {
    ntlm_context_explain(l->c, "winbind refuses %s\\%s from %s: %s", q.domain, l->user,
                         l->workstation, why);
    return denied();
  }
  u->account = a.account;
  u->domain = a.domain;
  u->sids = a.sids;
  u->n_sids = a.n_sids;
  memcpy(u->exchange_key, a.session_key, sizeof u->exchange_key);
  if (l->v1)
    ntlm_exchange_key_v1(a.session_key, l->server_challenge, l->m->lm_response.data,
                         u->exchange_key);
  explicit_bzero(&a, sizeof a);
  return portero_ok();
}

/* ---- all of it ---- */

static bool narrow(struct portero_bytes wide, char out_text[TEXT_SIZE])
{
  size_t length;

  if (!portero_is_ok(portero_utf16_to_utf8(wide, false, out_text, TEXT_SIZE - 1, &length)) ||
      memchr(out_text, 0, length))
    return false;
  out_text[length] = 0;
  return true;
}

static portero_status verify(struct logon *l, struct ntlm_user *u, bool *out_has_mic)
{
  portero_status status;

  if (!narrow(l->m->user, l->user) || !narrow(l->m->domain, l->domain) ||
      !narrow(l->m->workstation, l->workstation)) {
    ntlm_context_explain(l->c, "the names in the message are no UTF-16, or too long");
    return denied();
  }
  if (!l->workstation[0])
    memcpy(l->workstation, "a host without a name", sizeof "a host without a name");
  l->v1 = l->m->nt_response.size < NTLM_PROOF_SIZE + NTLM_BLOB_MIN;
  status = l->v1 ? check_v1(l) : check_v2(l, out_has_mic);
  if (!portero_is_ok(status))
    return status;
  status = portero_local(PORTERO_LOCAL_NOT_FOUND);
  if (!l->settings->winbind || !is_of_domain(l))
    status = verify_by_file(l, u);
  if (portero_is_local(status, PORTERO_LOCAL_NOT_FOUND))
    status = verify_by_winbind(l, u);
  return status;
}

portero_status ntlm_verify(const struct ntlm_settings *settings, const struct ntlm_challenge *sent,
                           const struct ntlm_authenticate *m, struct ntlm_context *c,
                           struct ntlm_user *out_user, bool *out_has_mic)
{
  struct logon l;
  struct ntlm_user u;
  bool has_mic = false;
  portero_status status;

  memset(&l, 0, sizeof l);
  memset(&u, 0, sizeof u);
  l.settings = settings;
  l.m = m;
  l.c = c;
  l.sent_pairs = sent->target_info;
  memcpy(l.server_challenge, sent->challenge, sizeof l.server_challenge);
  status = verify(&l, &u, &has_mic);
  if (!portero_is_ok(status)) {
    ntlm_user_free(&u);
    return status;
  }
  *out_user = u;
  *out_has_mic = has_mic;
  explicit_bzero(u.exchange_key, sizeof u.exchange_key);
  return portero_ok();
}

void ntlm_user_free(struct ntlm_user *u)
{
  free(u->account);
  free(u->domain);
  free(u->sids);
  explicit_bzero(u, sizeof *u);
}
