/* SPDX-License-Identifier: Apache-2.0 */
/* portero policy: who may register and who may call, before a server goes by it. */
#include "src/cli/policy.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_USAGE "check|explain|diff|import|export FILE..., or reload"

enum {
  OPTION_CALLS = POLICY_FACTS + 1,
  OPTION_FORMAT,
  OPTION_PORT,
  OPTION_REGISTER,
  OPTION_ENDPOINT,
  OPTION_UNIT
};

/* A fact's option is its number plus 1. */
static const struct option options[] = {
    {"source", required_argument, NULL, FACT_SOURCE + 1},
    {"destination", required_argument, NULL, FACT_DESTINATION + 1},
    {"interface", required_argument, NULL, FACT_INTERFACE + 1},
    {"operation", required_argument, NULL, FACT_OPERATION + 1},
    {"object", required_argument, NULL, FACT_OBJECT + 1},
    {"protseq", required_argument, NULL, FACT_PROTSEQ + 1},
    {"level", required_argument, NULL, FACT_LEVEL + 1},
    {"mechanism", required_argument, NULL, FACT_MECHANISM + 1},
    {"user", required_argument, NULL, FACT_USER + 1},
    {"sid", required_argument, NULL, FACT_SID + 1},
    {"time", required_argument, NULL, FACT_TIME + 1},
    {"weekday", required_argument, NULL, FACT_WEEKDAY + 1},
    {"times", required_argument, NULL, FACT_TIMES + 1},
    {"missing", no_argument, NULL, FACT_MISSING + 1},
    {"calls", required_argument, NULL, OPTION_CALLS},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"port", required_argument, NULL, OPTION_PORT},
    {"register", no_argument, NULL, OPTION_REGISTER},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"unit", required_argument, NULL, OPTION_UNIT},
    {"socket", required_argument, NULL, TOOL_SOCKET},
    {"timeout", required_argument, NULL, TOOL_TIMEOUT},
    {"json", no_argument, NULL, TOOL_JSON},
    {"help", no_argument, NULL, TOOL_HELP},
    {NULL, 0, NULL, 0},
};

static int port_add(struct policy_tool *t, const char *text)
{
  struct policy_ports *p = &t->ports;
  unsigned low, high;
  char rest;
  int n = sscanf(text, "%5u-%5u%c", &low, &high, &rest);

  if (n == 1 && sscanf(text, "%5u%c", &low, &rest) == 1)
    high = low;
  else if (n != 2)
    low = high = 0;
  if (low == 0 || low > high || high > 65535 || p->count == POLICY_PORTS_MAX)
    return tool_usage(&t->tool, "--port %s: expected a port or LOW-HIGH, at most %u of them", text,
                      POLICY_PORTS_MAX);
  p->low[p->count] = (uint16_t)low;
  p->high[p->count++] = (uint16_t)high;
  return TOOL_GO_ON;
}

static int policy_set(struct policy_tool *t, int option)
{
  struct policy_question *q = &t->question;

  if (option == OPTION_CALLS)
    t->calls_path = optarg;
  else if (option == OPTION_FORMAT)
    t->format = optarg;
  else if (option == OPTION_REGISTER)
    t->registration = true;
  else if (option == OPTION_ENDPOINT)
    t->endpoint = optarg;
  else if (option == OPTION_UNIT)
    t->unit = optarg;
  else if (option == OPTION_PORT)
    return port_add(t, optarg);
  else if (option == FACT_SID + 1 && q->n_sids == POLICY_SIDS_MAX)
    return tool_usage(&t->tool, "--sid: at most %u", POLICY_SIDS_MAX);
  else if (option == FACT_SID + 1)
    q->sids[q->n_sids++] = optarg;
  else
    q->facts[option - 1] = optarg ? optarg : "yes";
  return TOOL_GO_ON;
}

int policy_open(const struct policy_tool *t, const char *path, struct policy_file *f,
                struct portero_policy **out_policy)
{
  char message[POLICY_MESSAGE_SIZE] = "";
  portero_status status;

  status = policy_file_read(f, path, message, sizeof message);
  if (portero_is_ok(status) && out_policy) {
    status = portero_policy_new(&portero_mem_malloc, &f->options, out_policy);
    if (!portero_is_ok(status))
      (void)portero_status_text(status, message, sizeof message);
  }
  if (portero_is_ok(status))
    return TOOL_GO_ON;
  complain(t->tool.name, "%s", message);
  return EXIT_USAGE;
}

static int policy_run(struct policy_tool *t, int argc, char **argv)
{
  static const struct {
    const char *name;
    int n_files;
    int (*run)(struct policy_tool *t, const char *path);
  } verbs[] = {
      {"check", 1, policy_check},   {"explain", 1, policy_explain}, {"diff", 2, NULL},
      {"import", 1, policy_import}, {"export", 1, policy_export},
  };
  int exit_code = tool_arguments(&t->tool, argc, 1, 3, POLICY_USAGE);

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  if (strcmp(argv[optind], "reload") == 0) {
    exit_code = tool_arguments(&t->tool, argc, 1, 1, "reload [--socket PATH]");
    return exit_code == TOOL_GO_ON ? policy_reload(t) : exit_code;
  }
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
    if (strcmp(verbs[i].name, argv[optind]) != 0)
      continue;
    exit_code =
        tool_arguments(&t->tool, argc, verbs[i].n_files + 1, verbs[i].n_files + 1, POLICY_USAGE);
    if (exit_code != TOOL_GO_ON)
      return exit_code;
    return verbs[i].run ? verbs[i].run(t, argv[optind + 1])
                        : policy_diff(t, argv[optind + 1], argv[optind + 2]);
  }
  return tool_usage(&t->tool, "\"%s\": expected check, explain, diff, import, export or reload",
                    argv[optind]);
}

int command_policy(int argc, char **argv)
{
  const char *help = policy_help(argc, argv);
  struct policy_tool t = {.calls_path = NULL};
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t.tool, "policy");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t.tool, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = policy_set(&t, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = policy_run(&t, argc, argv);
  tool_deinit(&t.tool);
  return exit_code;
}
