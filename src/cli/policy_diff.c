/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy diff: rules that came, went and changed; calls that would end otherwise. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/policy.h"
#include "src/config/policy_text.h"
#include "src/config/policy_values.h"

#define LINE_SIZE 2048u

/* The rules of one section, as pairs. */
struct side {
  struct policy_file file;
  struct portero_policy *policy;
};

struct diff {
  struct side old, new;
  struct out_json *json; /* NULL: lines of text */
  struct portero_arena arena;
  size_t differences;
};

struct entry {
  const char *name;
  struct policy_pair pairs[POLICY_PAIRS_MAX];
  size_t n_pairs;
};

enum section {
  SECTION_RESERVE,
  SECTION_REGISTER,
  SECTION_CALLS
};
static const char *const section_names[] = {"reserve", "register", "calls"};

static size_t section_count(const struct side *s, enum section section)
{
  const struct portero_policy_options *o = &s->file.options;

  return section == SECTION_RESERVE    ? o->n_reservations
         : section == SECTION_REGISTER ? o->n_registrations
                                       : o->n_calls;
}

static const char *entry_name(const struct side *s, enum section section, size_t i)
{
  const struct portero_policy_options *o = &s->file.options;

  return section == SECTION_RESERVE    ? o->reservations[i].name
         : section == SECTION_REGISTER ? o->registrations[i].name
                                       : o->calls[i].name;
}

static void entry_of(struct diff *d, const struct side *s, enum section section, size_t i,
                     struct entry *out_entry)
{
  const struct portero_policy_options *o = &s->file.options;

  out_entry->name = entry_name(s, section, i);
  if (section == SECTION_RESERVE)
    out_entry->n_pairs = policy_reservation_pairs(&d->arena, &o->reservations[i], out_entry->pairs);
  else
    out_entry->n_pairs = policy_rule_pairs(
        &d->arena, section == SECTION_REGISTER ? &o->registrations[i] : &o->calls[i],
        section == SECTION_REGISTER, out_entry->pairs);
}

static bool find(const struct side *s, enum section section, const char *name, size_t *out_at)
{
  for (size_t i = 0; i < section_count(s, section); i++)
    if (strcmp(entry_name(s, section, i), name) == 0) {
      *out_at = i;
      return true;
    }
  return false;
}

/* ---- what is told ---- */

static void tell(struct diff *d, const char *what, const char *section, const char *rule,
                 const char *key, const char *before, const char *after)
{
  d->differences++;
  if (!d->json) {
    (void)printf("%-8s %s %s", what, section, rule);
    if (*key)
      (void)printf(": %s: %s -> %s", key, before, after);
    (void)fputc('\n', stdout);
    return;
  }
  out_begin(d->json, NULL, '{');
  out_text(d->json, "what", what);
  out_text(d->json, "section", section);
  out_text(d->json, "rule", rule);
  if (*key) {
    out_text(d->json, "key", key);
    out_text(d->json, "old", before);
    out_text(d->json, "new", after);
  }
  out_end(d->json, '}');
}

static const char *value_of(const struct entry *e, const char *key)
{
  for (size_t i = 0; i < e->n_pairs; i++)
    if (strcmp(e->pairs[i].key, key) == 0)
      return e->pairs[i].value;
  return NULL;
}

static void compare(struct diff *d, enum section section, const struct entry *old,
                    const struct entry *new)
{
  for (size_t i = 0; i < old->n_pairs; i++) {
    const char *after = value_of(new, old->pairs[i].key);
    if (!after || strcmp(after, old->pairs[i].value) != 0)
      tell(d, "changed", section_names[section], old->name, old->pairs[i].key, old->pairs[i].value,
           after ? after : "-");
  }
  for (size_t i = 0; i < new->n_pairs; i++)
    if (!value_of(old, new->pairs[i].key))
      tell(d, "changed", section_names[section], old->name, new->pairs[i].key, "-",
           new->pairs[i].value);
}

/* Which of the rules that stay came last: an order that is kept has them ascending. */
static void diff_order(struct diff *d, enum section section)
{
  size_t highest = 0, at;
  const char *before = "";

  for (size_t i = 0; i < section_count(&d->new, section); i++) {
    const char *name = entry_name(&d->new, section, i);
    if (!find(&d->old, section, name, &at))
      continue;
    if (at < highest)
      tell(d, "moved", section_names[section], name, "behind", "-", before);
    else {
      highest = at;
      before = name;
    }
  }
}

static void diff_section(struct diff *d, enum section section)
{
  struct entry old, new;
  size_t at;

  for (size_t i = 0; i < section_count(&d->old, section); i++) {
    const char *name = entry_name(&d->old, section, i);
    if (!find(&d->new, section, name, &at)) {
      tell(d, "removed", section_names[section], name, "", "", "");
      continue;
    }
    entry_of(d, &d->old, section, i, &old);
    entry_of(d, &d->new, section, at, &new);
    compare(d, section, &old, &new);
    portero_arena_reset(&d->arena);
  }
  for (size_t i = 0; i < section_count(&d->new, section); i++)
    if (!find(&d->old, section, entry_name(&d->new, section, i), &at))
      tell(d, "added", section_names[section], entry_name(&d->new, section, i), "", "", "");
  if (section != SECTION_RESERVE)
    diff_order(d, section);
}

static void diff_default(struct diff *d, const char *key, enum portero_action old,
                         enum portero_action new)
{
  if (old != new)
    tell(d, "changed", "default", key, "action", policy_action_text(old), policy_action_text(new));
}

/* ---- calls ---- */

static bool diff_call(struct diff *d, const struct policy_question *q, const char *what,
                      char *message)
{
  struct portero_verdict old, new;
  char before[256], after[256];
  struct policy_asked asked;
  bool same;

  if (!policy_question_resolve(q, &asked, message))
    return false;
  if (!policy_ask(d->old.policy, &asked, &old) || !policy_ask(d->new.policy, &asked, &new)) {
    (void)snprintf(message, POLICY_MESSAGE_SIZE, "out of memory");
    return false;
  }
  same = old.action == new.action &&old.fault == new.fault;
  (void)policy_verdict_text(&old, before, sizeof before);
  (void)policy_verdict_text(&new, after, sizeof after);
  if (!same)
    tell(d, "call", "ends", what, "verdict", before, after);
  else if (!d->json)
    (void)printf("%-8s %s: %s\n", "same", what, after);
  return true;
}

/* "source=10.0.0.9 interface=drsuapi"; line is cut up. */
static bool line_question(char *line, struct policy_question *out_question, char *message)
{
  char *rest = NULL;

  memset(out_question, 0, sizeof *out_question);
  for (char *word = strtok_r(line, " \t\r\n", &rest); word;
       word = strtok_r(NULL, " \t\r\n", &rest)) {
    char *equals = strchr(word, '=');
    unsigned fact = equals ? policy_fact_find(word, (size_t)(equals - word)) : POLICY_FACTS;
    if (fact == POLICY_FACTS) {
      (void)snprintf(message, POLICY_MESSAGE_SIZE,
                     "\"%.128s\": expected a fact such as source=", word);
      return false;
    }
    if (fact == FACT_SID && out_question->n_sids < POLICY_SIDS_MAX)
      out_question->sids[out_question->n_sids++] = equals + 1;
    else
      out_question->facts[fact] = equals + 1;
  }
  return true;
}

static int diff_calls(struct policy_tool *t, struct diff *d)
{
  FILE *file = fopen(t->calls_path, "re");
  char line[LINE_SIZE], what[LINE_SIZE], message[POLICY_MESSAGE_SIZE] = "";
  struct policy_question question;
  unsigned number = 0;
  bool good = true;

  if (!file)
    return tool_usage(&t->tool, "%s cannot be read", t->calls_path);
  while (good && fgets(line, sizeof line, file)) {
    number++;
    line[strcspn(line, "\n")] = 0;
    (void)snprintf(what, sizeof what, "%s", line);
    if (line[strspn(line, " \t\r")] == 0 || line[0] == '#')
      continue;
    good = line_question(line, &question, message) && diff_call(d, &question, what, message);
  }
  (void)fclose(file);
  return good ? TOOL_GO_ON : tool_usage(&t->tool, "%s:%u: %s", t->calls_path, number, message);
}

static int diff_run(struct policy_tool *t, struct diff *d)
{
  const struct portero_policy_options *old = &d->old.file.options, *new = &d->new.file.options;
  char message[POLICY_MESSAGE_SIZE] = "";

  diff_default(d, "calls", old->call_default, new->call_default);
  diff_default(d, "register", old->registration_default, new->registration_default);
  diff_section(d, SECTION_RESERVE);
  diff_section(d, SECTION_REGISTER);
  diff_section(d, SECTION_CALLS);
  if (t->question.facts[FACT_INTERFACE] &&
      !diff_call(d, &t->question, "the call asked for", message))
    return tool_usage(&t->tool, "--%s", message);
  return t->calls_path ? diff_calls(t, d) : TOOL_GO_ON;
}

int policy_diff(struct policy_tool *t, const char *old_path, const char *new_path)
{
  struct out_json j = {.stream = stdout};
  struct diff d = {.json = t->tool.json ? &j : NULL};
  int exit_code;

  policy_file_init(&d.old.file, &portero_mem_malloc);
  policy_file_init(&d.new.file, &portero_mem_malloc);
  portero_arena_init(&d.arena, &portero_mem_malloc, SIZE_MAX / 2);
  exit_code = policy_open(t, old_path, &d.old.file, &d.old.policy);
  if (exit_code == TOOL_GO_ON)
    exit_code = policy_open(t, new_path, &d.new.file, &d.new.policy);
  if (exit_code == TOOL_GO_ON) {
    if (d.json)
      out_begin(&j, NULL, '[');
    exit_code = diff_run(t, &d);
    if (d.json)
      out_end(&j, ']');
  }
  if (exit_code == TOOL_GO_ON)
    exit_code = d.differences ? EXIT_NEGATIVE : EXIT_OK;
  portero_policy_free(d.old.policy);
  portero_policy_free(d.new.policy);
  policy_file_deinit(&d.old.file);
  policy_file_deinit(&d.new.file);
  portero_arena_deinit(&d.arena);
  return exit_code;
}
