/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `portero policy` share. */
#ifndef PORTERO_CLI_POLICY_H
#define PORTERO_CLI_POLICY_H

#include <portero/policy.h>

#include "src/cli/tool.h"
#include "src/config/policy_file.h"

/* A made-up call, as options or as a line of a file say it. */
enum policy_fact {
  FACT_SOURCE,
  FACT_DESTINATION,
  FACT_INTERFACE,
  FACT_OPERATION,
  FACT_OBJECT,
  FACT_PROTSEQ,
  FACT_LEVEL,
  FACT_MECHANISM,
  FACT_USER,
  FACT_SID,
  FACT_TIME,
  FACT_WEEKDAY,
  FACT_TIMES,
  FACT_MISSING,
};
#define POLICY_FACTS     (FACT_MISSING + 1)
#define POLICY_SIDS_MAX  32u
#define POLICY_PORTS_MAX 32u
#define POLICY_TEXT_SIZE 256u

struct policy_question {
  const char *facts[POLICY_FACTS];
  const char *sids[POLICY_SIDS_MAX];
  size_t n_sids;
};

/* The question as the engine takes it. Not to be copied: its parts point at each other. */
struct policy_asked {
  struct portero_policy_call call;
  struct portero_identity identity;
  struct portero_sid sids[POLICY_SIDS_MAX];
  struct portero_uuid object;
  char account[POLICY_TEXT_SIZE], domain[POLICY_TEXT_SIZE], principal[POLICY_TEXT_SIZE];
  unsigned times; /* how often in a row */
};

struct policy_ports {
  uint16_t low[POLICY_PORTS_MAX], high[POLICY_PORTS_MAX];
  unsigned count;
};

struct policy_tool {
  struct tool tool;
  struct policy_question question;
  const char *calls_path; /* --calls */
  bool registration;      /* --register: explain is about one */
  const char *endpoint, *unit;
  const char *format;
  struct policy_ports ports;
};

/* "source" ...; POLICY_FACTS: there is none of that name. */
unsigned policy_fact_find(const char *name, size_t length);
/* false with message (POLICY_MESSAGE_SIZE) when a fact is not what it should be. */
bool policy_question_resolve(const struct policy_question *q, struct policy_asked *out_asked,
                             char *message);
/* Asked asked->times times at one moment; the last verdict counts. false: memory is out. */
bool policy_ask(const struct portero_policy *p, const struct policy_asked *asked,
                struct portero_verdict *out_verdict);
/* "deny (access-denied) by dcsync, line 12" */
const char *policy_verdict_text(const struct portero_verdict *v, char *text, size_t size);

/* Reads and builds; EXIT_USAGE with the message told, or TOOL_GO_ON. p may be NULL. */
int policy_open(const struct policy_tool *t, const char *path, struct policy_file *f,
                struct portero_policy **out_policy);

/* The help of the subcommand that argv names; else that of all. */
const char *policy_help(int argc, char **argv);

/* The verdict alone: a line or two, or JSON. */
void policy_verdict_print(const struct portero_verdict *v, bool json);

int policy_check(struct policy_tool *t, const char *path);
int policy_explain(struct policy_tool *t, const char *path);
int policy_explain_registration(struct policy_tool *t, const char *path);
int policy_diff(struct policy_tool *t, const char *old_path, const char *new_path);
int policy_import(struct policy_tool *t, const char *path);
int policy_export(struct policy_tool *t, const char *path);
int policy_reload(struct policy_tool *t);

#endif
