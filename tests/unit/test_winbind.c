/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTLM asking winbind. libwbclient's functions are the test's own: a domain LAB with one account,
 * alice, who is checked as a domain controller would. Who is asked about whom, and what of the
 * answer arrives.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <wbclient.h>

#include <portero/auth.h>
#include <portero/pdu.h>
#include <portero/utf16.h>

#include "tests/unit/ntlm_ends.h"

static struct ntlm_lab lab;
static struct portero_acceptor *acceptor;

/* ---- the winbind of this test ---- */

static struct {
  unsigned asked;
  char account[64], domain[64];
  uint32_t user_flags;
  bool absent, out_of_memory;
} winbind;

static struct wbcSidWithAttr sids[4] = {
    {.sid = {1, 5, {0, 0, 0, 0, 0, 5}, {21, 1, 2, 3, 1104}}},
    {.sid = {1, 200, {0, 0, 0, 0, 0, 5}, {1}}},                         /* no SID at all */
    {.sid = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 544}}, .attributes = 0x10}, /* to deny only */
    {.sid = {1, 2, {0, 0, 0, 0, 0, 5}, {32, 545}}, .attributes = 7},
};
static char name[] = "alice", domain[] = "LAB";
static struct wbcAuthUserInfo info = {
    .account_name = name, .domain_name = domain, .num_sids = 4, .sids = sids};
static char wrong_password[] = "NT_STATUS_WRONG_PASSWORD",
            no_such_user[] = "NT_STATUS_NO_SUCH_USER";
static struct wbcAuthErrorInfo error_info;

struct wbcContext *wbcCtxCreate(void)
{
  return winbind.out_of_memory ? NULL : (struct wbcContext *)&winbind;
}

void wbcCtxFree(struct wbcContext *ctx)
{
  (void)ctx;
}

void wbcFreeMemory(void *p)
{
  (void)p;
}

const char *wbcErrorString(wbcErr e)
{
  (void)e;
  return "WBC_ERR";
}

static bool check_response(const struct wbcAuthUserParams *p)
{
  const uint8_t *nt = p->password.response.nt_data;
  size_t size = p->password.response.nt_length, user_size, domain_size;
  uint8_t hash[16], key[16], expected[24], user[128], dom[128];

  assert_true(portero_is_ok(ntlm_nt_hash("secret", hash)));
  if (size == 24) {
    ntlm_response_v1(hash, p->password.response.challenge, expected);
    ntlm_base_key_v1(hash, info.user_session_key);
    return memcmp(expected, nt, 24) == 0;
  }
  assert_true(portero_is_ok(portero_utf8_to_utf16(p->account_name, strlen(p->account_name), false,
                                                  user, sizeof user, &user_size)));
  assert_true(portero_is_ok(portero_utf8_to_utf16(p->domain_name, strlen(p->domain_name), false,
                                                  dom, sizeof dom, &domain_size)));
  ntlm_response_key(hash, portero_bytes_make(user, user_size), portero_bytes_make(dom, domain_size),
                    key);
  ntlm_proof(key, p->password.response.challenge, portero_bytes_make(nt + 16, size - 16), expected);
  ntlm_base_key(key, expected, info.user_session_key);
  return memcmp(expected, nt, 16) == 0;
}

wbcErr wbcCtxAuthenticateUserEx(struct wbcContext *ctx, const struct wbcAuthUserParams *params,
                                struct wbcAuthUserInfo **out_info,
                                struct wbcAuthErrorInfo **out_error)
{
  (void)ctx;
  winbind.asked++;
  assert_int_equal(params->level, WBC_AUTH_USER_LEVEL_RESPONSE);
  assert_int_equal(params->password.response.lm_length, 0);
  (void)snprintf(winbind.account, sizeof winbind.account, "%s", params->account_name);
  (void)snprintf(winbind.domain, sizeof winbind.domain, "%s", params->domain_name);
  if (winbind.absent)
    return WBC_ERR_WINBIND_NOT_AVAILABLE;
  info.user_flags = winbind.user_flags;
  *out_info = &info;
  if (strcmp(params->account_name, "alice") == 0 && check_response(params))
    return WBC_ERR_SUCCESS;
  error_info.nt_string = strcmp(params->account_name, "alice") == 0 ? wrong_password : no_such_user;
  *out_info = NULL;
  *out_error = &error_info;
  return WBC_ERR_AUTH_ERROR;
}

/* ---- who is asked ---- */

static bool attempt(const char *user, const char *password, struct ntlm_ends *e)
{
  struct ntlm_dialogue d = {.acceptor = acceptor, .who = {.user = user, .password = password}};

  winbind.asked = 0;
  return ntlm_ends_run(e, &d);
}

static void test_domain_user(void **state)
{
  const struct portero_identity *who;
  struct ntlm_ends e;

  (void)state;
  assert_true(attempt("LAB\\alice", "secret", &e));
  assert_true(e.server->waits);
  assert_int_equal(winbind.asked, 1);
  who = e.server->ops->identity(e.server);
  assert_string_equal(who->account, "alice");
  assert_string_equal(who->domain, "LAB");
  assert_int_equal(who->n_sids, 2); /* not the one that is none, nor the one to deny only */
  assert_int_equal(who->sids[0].sub[4], 1104);
  assert_int_equal(who->sids[1].sub[1], 545);
  assert_true(who->sids[0].authority == 5);
  assert_true(ntlm_ends_talk(&e));
  ntlm_ends_end(&e);
}

/* Accounts of this host have its name, or none; what the file does not know goes on. */
static void test_who_is_asked(void **state)
{
  struct ntlm_ends e;

  (void)state;
  assert_true(attempt("HOST\\Alice", "secret", &e));
  assert_int_equal(winbind.asked, 0);
  assert_string_equal(e.server->ops->identity(e.server)->domain, "HOST");
  ntlm_ends_end(&e);
  assert_true(attempt("Alice", "secret", &e));
  assert_int_equal(winbind.asked, 0);
  ntlm_ends_end(&e);
  assert_false(attempt("bob", "secret", &e)); /* disabled here: nobody else is asked */
  assert_int_equal(winbind.asked, 0);
  ntlm_ends_end(&e);
  assert_false(attempt("carol", "secret", &e));
  assert_int_equal(winbind.asked, 1);
  assert_string_equal(winbind.account, "carol");
  assert_string_equal(winbind.domain, "LAB");
  ntlm_ends_end(&e);
  assert_false(attempt("OTHER\\alice", "wrong", &e));
  assert_int_equal(winbind.asked, 1);
  assert_string_equal(winbind.domain, "OTHER");
  ntlm_ends_end(&e);
}

static void check_refused(const char *user, const char *password, const char *why)
{
  struct ntlm_ends e;

  assert_false(attempt(user, password, &e));
  assert_int_equal(e.server_status.klass, PORTERO_CLASS_NAK);
  assert_int_equal(e.server_status.code, PORTERO_NAK_INVALID_CHECKSUM);
  assert_non_null(strstr(e.server->ops->why(e.server), why));
  ntlm_ends_end(&e);
}

static void test_refusals(void **state)
{
  struct ntlm_ends e;

  (void)state;
  check_refused("LAB\\alice", "wrong", "NT_STATUS_WRONG_PASSWORD");
  check_refused("LAB\\nobody", "secret", "NT_STATUS_NO_SUCH_USER");
  winbind.absent = true;
  check_refused("LAB\\alice", "secret", "is winbindd running");
  winbind.absent = false;
  winbind.user_flags = WBC_AUTH_USER_INFO_GUEST;
  check_refused("LAB\\alice", "secret", "guest");
  winbind.user_flags = 0;
  winbind.out_of_memory = true;
  assert_false(attempt("LAB\\alice", "secret", &e));
  assert_true(portero_is_local(e.server_status, PORTERO_LOCAL_NO_MEMORY));
  ntlm_ends_end(&e);
  winbind.out_of_memory = false;
}

/* winbind gets the challenge that was answered, which is not the one that was sent. */
static void test_version_1(void **state)
{
  struct portero_ntlm_options options = {
      .computer = "HOST", .domain = "LAB", .winbind = true, .allow = PORTERO_ALLOW_NTLMV1};
  struct ntlm_old_client old = {.user = "alice", .domain = "LAB", .password = "secret", .v1 = true};
  struct ntlm_dialogue d = {.acceptor = NULL};
  struct portero_acceptor *lenient;
  struct ntlm_ends e;

  (void)state;
  assert_true(portero_is_ok(portero_acceptor_ntlm_new(&options, &lenient)));
  d.acceptor = lenient;
  assert_true(portero_is_ok(ntlm_old_client_run(&e, &old, &d)));
  ntlm_ends_end(&e);
  old.password = "wrong";
  assert_false(portero_is_ok(ntlm_old_client_run(&e, &old, &d)));
  ntlm_ends_end(&e);
  portero_acceptor_free(lenient);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_domain_user),
      cmocka_unit_test(test_who_is_asked),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_version_1),
  };
  struct portero_ntlm_options options = {
      .computer = "HOST", .domain = "LAB", .winbind = true, .anonymous = true};
  int failed;

  ntlm_lab_begin(&lab);
  options.accounts = lab.path;
  if (!portero_is_ok(portero_acceptor_ntlm_new(&options, &acceptor)))
    return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  portero_acceptor_free(acceptor);
  ntlm_lab_end(&lab);
  return failed;
}
