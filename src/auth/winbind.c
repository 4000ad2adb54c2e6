/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/winbind.h"

#include <stdio.h>
#include <stdlib.h>

#include <wbclient.h>

#define USE_FOR_DENY_ONLY 0x10u /* [MS-PAC] 2.2.1: nothing that could be granted to */

/* A response is at most as long as a message: the length fits. The library does not write to it. */
static void fill(const struct winbind_question *q, uint8_t *nt_response,
                 struct wbcAuthUserParams *out_params)
{
  memset(out_params, 0, sizeof *out_params);
  out_params->account_name = q->account;
  out_params->domain_name = q->domain;
  out_params->workstation_name = q->workstation;
  out_params->level = WBC_AUTH_USER_LEVEL_RESPONSE;
  out_params->parameter_control =
      WBC_MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT | WBC_MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT;
  memcpy(out_params->password.response.challenge, q->challenge,
         sizeof out_params->password.response.challenge);
  out_params->password.response.nt_data = nt_response;
  out_params->password.response.nt_length = (uint32_t)q->nt_response.size;
}

static bool take_sid(const struct wbcDomainSid *from, struct portero_sid *out_sid)
{
  memset(out_sid, 0, sizeof *out_sid);
  if (from->num_auths > PORTERO_SID_AUTHORITIES)
    return false;
  out_sid->revision = from->sid_rev_num;
  out_sid->n_sub = from->num_auths;
  for (size_t i = 0; i < sizeof from->id_auth; i++)
    out_sid->authority = out_sid->authority << 8 | from->id_auth[i];
  memcpy(out_sid->sub, from->sub_auths, from->num_auths * sizeof out_sid->sub[0]);
  return true;
}

static void answer_free(struct winbind_answer *a)
{
  free(a->account);
  free(a->domain);
  free(a->sids);
  explicit_bzero(a, sizeof *a);
}

static portero_status take_info(const struct wbcAuthUserInfo *info,
                                const struct winbind_question *q, struct winbind_answer *out_answer)
{
  struct winbind_answer a = {NULL, NULL, NULL, 0, {0}};

  a.account = strdup(info->account_name ? info->account_name : q->account);
  a.domain = strdup(info->domain_name ? info->domain_name : q->domain);
  a.sids = calloc(info->num_sids ? info->num_sids : 1, sizeof *a.sids);
  if (!a.account || !a.domain || !a.sids) {
    answer_free(&a);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  for (uint32_t i = 0; i < info->num_sids; i++)
    if (!(info->sids[i].attributes & USE_FOR_DENY_ONLY) &&
        take_sid(&info->sids[i].sid, &a.sids[a.n_sids]))
      a.n_sids++;
  memcpy(a.session_key, info->user_session_key, sizeof a.session_key);
  *out_answer = a;
  explicit_bzero(&a, sizeof a);
  return portero_ok();
}

static portero_status refused(wbcErr result, const struct wbcAuthErrorInfo *error, char *why)
{
  if (result == WBC_ERR_NO_MEMORY)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (result == WBC_ERR_WINBIND_NOT_AVAILABLE) {
    (void)snprintf(why, WINBIND_WHY_SIZE,
                   "winbind does not answer: is winbindd running, and may "
                   "this program use its privileged pipe?");
    return portero_local(PORTERO_LOCAL_UNSUPPORTED);
  }
  (void)snprintf(why, WINBIND_WHY_SIZE, "%s",
                 error && error->nt_string ? error->nt_string : wbcErrorString(result));
  return portero_local(PORTERO_LOCAL_DENIED);
}

static portero_status ask(struct wbcContext *ctx, const struct wbcAuthUserParams *params,
                          const struct winbind_question *q, char *why,
                          struct winbind_answer *out_answer)
{
  struct wbcAuthErrorInfo *error = NULL;
  struct wbcAuthUserInfo *info = NULL;
  wbcErr result = wbcCtxAuthenticateUserEx(ctx, params, &info, &error);
  portero_status status;

  if (result != WBC_ERR_SUCCESS || !info) {
    status = refused(result, error, why);
  } else if (info->user_flags & WBC_AUTH_USER_INFO_GUEST) {
    (void)snprintf(why, WINBIND_WHY_SIZE, "only as a guest");
    status = portero_local(PORTERO_LOCAL_DENIED);
  } else {
    status = take_info(info, q, out_answer);
  }
  if (info)
    explicit_bzero(info->user_session_key, sizeof info->user_session_key);
  wbcFreeMemory(info);
  wbcFreeMemory(error);
  return status;
}

/* A context of its own for each question: the library's common one is not for threads. */
portero_status winbind_ask(const struct winbind_question *q, char *why,
                           struct winbind_answer *out_answer)
{
  struct wbcContext *ctx = wbcCtxCreate();
  uint8_t *nt_response = malloc(q->nt_response.size ? q->nt_response.size : 1);
  struct wbcAuthUserParams params;
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (ctx && nt_response) {
    memcpy(nt_response, q->nt_response.data, q->nt_response.size);
    fill(q, nt_response, &params);
    status = ask(ctx, &params, q, why, out_answer);
  }
  free(nt_response);
  wbcCtxFree(ctx);
  return status;
}
