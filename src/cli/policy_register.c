/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy explain --register: what becomes of a made-up registration. */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/policy.h"
#include "src/config/policy_values.h"

#define GROUPS_MAX 256

/* An account of this host, or a number: one that is nobody has no groups. */
static bool owner_find(const char *text, struct portero_policy_registration *r,
                       uint32_t groups[GROUPS_MAX])
{
  const struct passwd *account = getpwnam(text);
  char *end;
  unsigned long uid = strtoul(text, &end, 10);
  int n = GROUPS_MAX;

  if (!account && (*text < '0' || *text > '9' || *end || uid >= UINT32_MAX))
    return false;
  account = account ? account : getpwuid((uid_t)uid);
  r->uid = account ? account->pw_uid : (uint32_t)uid;
  r->gid = account ? account->pw_gid : UINT32_MAX;
  if (account && getgrouplist(account->pw_name, account->pw_gid, groups, &n) >= 0) {
    r->groups = groups;
    r->n_groups = (size_t)n;
  }
  return true;
}

static int resolve(const struct policy_tool *t,
                   struct portero_policy_registration *out_registration,
                   uint32_t groups[GROUPS_MAX])
{
  const char *user = t->question.facts[FACT_USER];
  struct policy_question question = {.n_sids = 0};
  char message[POLICY_MESSAGE_SIZE];
  struct policy_asked asked;

  question.facts[FACT_INTERFACE] = t->question.facts[FACT_INTERFACE];
  question.facts[FACT_PROTSEQ] = t->question.facts[FACT_PROTSEQ];
  if (!policy_question_resolve(&question, &asked, message))
    return tool_usage(&t->tool, "--%s", message);
  memset(out_registration, 0, sizeof *out_registration);
  out_registration->interface = asked.call.interface;
  out_registration->protseq = asked.call.protseq;
  out_registration->endpoint = t->endpoint;
  out_registration->unit = t->unit;
  out_registration->is_remote = !user;
  if (user && !owner_find(user, out_registration, groups))
    return tool_usage(&t->tool, "--user \"%s\": expected an account of this host, or its number",
                      user);
  if (!user && t->unit)
    return tool_usage(&t->tool, "--unit: goes with --user, whom the unit runs as");
  return TOOL_GO_ON;
}

int policy_explain_registration(struct policy_tool *t, const char *path)
{
  struct portero_policy_registration registration;
  struct portero_policy *p = NULL;
  struct portero_verdict v;
  struct policy_file f;
  uint32_t groups[GROUPS_MAX];
  int exit_code = resolve(t, &registration, groups);

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  policy_file_init(&f, &portero_mem_malloc);
  exit_code = policy_open(t, path, &f, &p);
  if (exit_code == TOOL_GO_ON) {
    portero_policy_ask_registration(p, &registration, &v);
    policy_verdict_print(&v, t->tool.json);
    exit_code = v.action == PORTERO_ACTION_ALLOW ? EXIT_OK : EXIT_NEGATIVE;
  }
  portero_policy_free(p);
  policy_file_deinit(&f);
  return exit_code;
}
