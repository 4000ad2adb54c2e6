/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy check, explain, import. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/policy.h"
#include "src/config/policy_text.h"
#include "src/config/policy_values.h"
#include "src/config/rpcfw.h"

/* ---- check ---- */

static int check_json(struct policy_tool *t, const char *path)
{
  struct out_json j = {.stream = stdout};
  char message[POLICY_MESSAGE_SIZE] = "";
  struct portero_policy *p = NULL;
  struct policy_file f;
  bool good;

  (void)t;
  policy_file_init(&f, &portero_mem_malloc);
  good = portero_is_ok(policy_file_read(&f, path, message, sizeof message));
  if (good)
    good = portero_is_ok(portero_policy_new(&portero_mem_malloc, &f.options, &p));
  out_begin(&j, NULL, '{');
  out_text(&j, "file", path);
  out_bool(&j, "good", good);
  if (!good)
    out_text(&j, "error", message);
  else {
    out_number(&j, "calls", f.options.n_calls);
    out_number(&j, "register", f.options.n_registrations);
    out_number(&j, "reserve", f.options.n_reservations);
  }
  out_begin(&j, "warnings", '[');
  for (const struct policy_warning *w = f.warnings; good && w; w = w->next) {
    out_begin(&j, NULL, '{');
    out_number(&j, "line", w->line);
    out_text(&j, "text", w->text);
    out_end(&j, '}');
  }
  out_end(&j, ']');
  out_end(&j, '}');
  portero_policy_free(p);
  policy_file_deinit(&f);
  return good ? EXIT_OK : EXIT_USAGE;
}

int policy_check(struct policy_tool *t, const char *path)
{
  struct portero_policy *p = NULL;
  struct policy_file f;
  int exit_code;

  if (t->tool.json)
    return check_json(t, path);
  policy_file_init(&f, &portero_mem_malloc);
  exit_code = policy_open(t, path, &f, &p);
  if (exit_code == TOOL_GO_ON) {
    for (const struct policy_warning *w = f.warnings; w; w = w->next)
      (void)printf("%s:%u: %s\n", path, w->line, w->text);
    (void)printf("the policy is fine: %zu rules for calls (else %s), %zu for registrations (else "
                 "%s), %zu reservations\n",
                 f.options.n_calls, policy_action_text(f.options.call_default),
                 f.options.n_registrations, policy_action_text(f.options.registration_default),
                 f.options.n_reservations);
    exit_code = EXIT_OK;
  }
  portero_policy_free(p);
  policy_file_deinit(&f);
  return exit_code;
}

/* ---- explain ---- */

struct explain {
  struct out_json *json; /* NULL: a table */
  const struct policy_file *file;
  const struct portero_policy_call *call;
  const struct portero_verdict *verdict;
  bool is_bind; /* a rule may decide though a condition is not known yet */
  struct portero_arena arena;
};

/* The interface is the one; so it is the operation that is another. */
static bool explain_is_operation(const struct explain *e, const struct portero_policy_rule *r)
{
  return r->interfaces.count == 1 && !r->interfaces.negate &&
         r->interfaces.values->n_operations > 0 &&
         portero_uuid_equal(&r->interfaces.values->uuid, &e->call->interface.uuid) &&
         (r->interfaces.values->any_version ||
          r->interfaces.values->major == e->call->interface.major);
}

/* What the rule says under that key, negated or not. */
static struct policy_pair explain_condition(struct explain *e, const char *rule, const char *key)
{
  struct policy_pair pairs[POLICY_PAIRS_MAX], none = {key, ""};
  size_t n = 0;

  for (size_t i = 0; i < e->file->options.n_calls; i++)
    if (strcmp(e->file->options.calls[i].name, rule) == 0) {
      n = policy_rule_pairs(&e->arena, &e->file->options.calls[i], false, pairs);
      if (strcmp(key, "interface") == 0 && explain_is_operation(e, &e->file->options.calls[i]))
        key = "operations";
    }
  for (size_t i = 0; i < n; i++) {
    bool negated = strncmp(pairs[i].key, "not-", 4) == 0;
    if (strcmp(pairs[i].key + (negated ? 4 : 0), key) == 0)
      return pairs[i];
  }
  return none;
}

static void explain_tell(void *user, const char *rule, uint32_t line, bool matches, const char *why)
{
  struct explain *e = user;
  bool decides = e->verdict->rule && strcmp(e->verdict->rule, rule) == 0;
  struct policy_pair pair = {"", ""};

  if (why && (e->is_bind || !decides))
    pair = explain_condition(e, rule, why);
  if (e->json) {
    out_begin(e->json, NULL, '{');
    out_text(e->json, "rule", rule);
    out_number(e->json, "line", line);
    out_bool(e->json, "matches", matches || decides);
    out_bool(e->json, "decides", decides);
    if (*pair.key) {
      out_text(e->json, decides ? "when" : "why_not", pair.key);
      out_text(e->json, "wanted", pair.value);
    }
    out_end(e->json, '}');
  } else {
    const char *how = decides ? "decides" : matches ? "observes" : "no";
    (void)printf("%6u  %-28s  %s", line, rule, how);
    if (*pair.key || *pair.value)
      (void)printf("%*s  %s%s%s%.160s%s", (int)(8 - strlen(how)), "",
                   decides && *pair.key ? "when " : "", pair.key,
                   *pair.key && *pair.value ? ": " : "", pair.value,
                   strlen(pair.value) > 160 ? "..." : "");
    (void)fputc('\n', stdout);
  }
  portero_arena_reset(&e->arena);
}

/* Those that only observe alert too. */
static bool any_alert(const struct portero_verdict *v)
{
  bool alert = v->alert;

  for (size_t i = 0; i < v->n_observed; i++)
    alert = alert || v->observed[i].alert;
  return alert;
}

static void explain_verdict(struct out_json *j, const struct portero_verdict *v)
{
  char fault[32];

  out_text(j, "verdict", policy_action_text(v->action));
  if (v->action == PORTERO_ACTION_DENY)
    out_text(j, "fault", policy_fault_text(v->fault, fault, sizeof fault));
  if (v->rule) {
    out_text(j, "rule", v->rule);
    out_number(j, "line", v->line);
  }
  out_bool(j, "alert", any_alert(v));
  out_begin(j, "tags", '[');
  for (size_t i = 0; i < v->n_tags; i++)
    out_text(j, NULL, v->tags[i]);
  out_end(j, ']');
  if (v->n_observed == 0)
    return;
  out_begin(j, "observed", '[');
  for (size_t i = 0; i < v->n_observed; i++)
    out_text(j, NULL, v->observed[i].rule);
  out_end(j, ']');
}

static void verdict_lines(const struct portero_verdict *v)
{
  char text[256];

  (void)printf("%s%s\n", policy_verdict_text(v, text, sizeof text), any_alert(v) ? ", alert" : "");
  for (size_t i = 0; i < v->n_tags; i++)
    (void)printf("%s%s%s", i ? " " : "tags ", v->tags[i], i + 1 == v->n_tags ? "\n" : "");
}

void policy_verdict_print(const struct portero_verdict *v, bool json)
{
  struct out_json j = {.stream = stdout};

  if (!json) {
    verdict_lines(v);
    return;
  }
  out_begin(&j, NULL, '{');
  explain_verdict(&j, v);
  out_end(&j, '}');
}

static void explain_print(const struct portero_policy *p, const struct policy_file *f,
                          const struct policy_asked *a, const struct portero_verdict *v, bool json)
{
  struct out_json j = {.stream = stdout};
  struct explain e = {.json = json ? &j : NULL,
                      .file = f,
                      .call = &a->call,
                      .verdict = v,
                      .is_bind = !a->call.has_opnum};

  portero_arena_init(&e.arena, &portero_mem_malloc, SIZE_MAX / 2);
  if (json) {
    out_begin(&j, NULL, '{');
    explain_verdict(&j, v);
    out_begin(&j, "rules", '[');
  } else {
    verdict_lines(v);
    (void)printf("\n  LINE  %-28s  %-8s  WHY NOT\n", "RULE", "MATCHES");
  }
  portero_policy_explain_call(p, &a->call, explain_tell, &e);
  if (json) {
    out_end(&j, ']');
    out_end(&j, '}');
  }
  portero_arena_deinit(&e.arena);
}

int policy_explain(struct policy_tool *t, const char *path)
{
  struct portero_policy *p = NULL;
  struct portero_verdict v;
  struct policy_asked asked;
  char message[POLICY_MESSAGE_SIZE];
  struct policy_file f;
  int exit_code;

  if (t->registration)
    return policy_explain_registration(t, path);
  if (!policy_question_resolve(&t->question, &asked, message))
    return tool_usage(&t->tool, "--%s", message);
  policy_file_init(&f, &portero_mem_malloc);
  exit_code = policy_open(t, path, &f, &p);
  if (exit_code == TOOL_GO_ON && !policy_ask(p, &asked, &v))
    exit_code = EXIT_LOCAL_FAILURE;
  if (exit_code == TOOL_GO_ON) {
    explain_print(p, &f, &asked, &v, t->tool.json);
    exit_code = v.action == PORTERO_ACTION_ALLOW ? EXIT_OK : EXIT_NEGATIVE;
  }
  portero_policy_free(p);
  policy_file_deinit(&f);
  return exit_code;
}

/* ---- import ---- */

static void remarks_told(const char *path, const struct rpcfw *f)
{
  for (const struct rpcfw_remark *r = f->remarks; r; r = r->next) {
    (void)fprintf(stderr, "%s:%u: %s: ", path, r->line, r->refused ? "refused" : "note");
    (void)output_text(stderr, r->text);
    (void)fputc('\n', stderr);
  }
}

static void import_json(const struct rpcfw *f, const char *policy)
{
  struct out_json j = {.stream = stdout};

  out_begin(&j, NULL, '{');
  out_number(&j, "lines", f->n_lines);
  out_number(&j, "rules", f->n_rules);
  out_number(&j, "refused", f->n_refused);
  out_begin(&j, "remarks", '[');
  for (const struct rpcfw_remark *r = f->remarks; r; r = r->next) {
    out_begin(&j, NULL, '{');
    out_number(&j, "line", r->line);
    out_bool(&j, "refused", r->refused);
    out_text(&j, "text", r->text);
    out_end(&j, '}');
  }
  out_end(&j, ']');
  if (policy)
    out_text(&j, "policy", policy);
  out_end(&j, '}');
}

static char *import_text(const struct rpcfw *f)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  bool good;

  if (!out)
    return NULL;
  (void)fputs("# Taken over from RPC Firewall. A call that no line is about was allowed there.\n",
              out);
  good = policy_write(out, &f->options);
  if (fclose(out) == 0 && good)
    return text;
  free(text);
  return NULL;
}

static int import_show(const struct policy_tool *t, const char *path, const struct rpcfw *f,
                       portero_status status)
{
  char *policy = portero_is_ok(status) ? import_text(f) : NULL;

  if (portero_is_ok(status) && !policy)
    return EXIT_LOCAL_FAILURE;
  if (t->tool.json)
    import_json(f, policy);
  else
    remarks_told(path, f);
  if (policy && !t->tool.json)
    (void)fputs(policy, stdout);
  if (!policy && !t->tool.json)
    (void)fprintf(stderr, "%zu line%s refused, and so is the file\n", f->n_refused,
                  f->n_refused == 1 ? " is" : "s are");
  free(policy);
  return portero_is_ok(status) ? EXIT_OK : EXIT_NEGATIVE;
}

int policy_import(struct policy_tool *t, const char *path)
{
  char message[POLICY_MESSAGE_SIZE];
  struct portero_bytes text;
  struct rpcfw f;
  int exit_code;

  if (!portero_is_ok(policy_read_whole(path, &text, message, sizeof message)))
    return tool_usage(&t->tool, "%s", message);
  rpcfw_init(&f, &portero_mem_malloc);
  exit_code = import_show(t, path, &f, rpcfw_read(&f, text));
  rpcfw_deinit(&f);
  policy_whole_free(&text);
  return exit_code;
}
