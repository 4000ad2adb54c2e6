/* SPDX-License-Identifier: Apache-2.0 */
/* portero log: the visitors' book on a terminal. */
#include "src/cli/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLLOW_LAST 10u

static const char help[] =
    "usage: portero log [OPTION]... [FILE]...\n"
    "\n"
    "Shows the visitors' book: files of the form json, \"-\" for standard input; by\n"
    "default $PORTERO_BOOK, then /var/log/portero/book.json.\n"
    "\n"
    "  -f, --follow            go on as records come, across rotation\n"
    "  -n, --lines N           the last N only (with -f: 10 unless --since or --all)\n"
    "  -a, --all               rotated files too, FILE.9 to FILE.1 before FILE\n"
    "      --summary           who, what, when at a glance\n"
    "\n"
    "Only records of (values with commas between: any of them):\n"
    "      --kind KIND         call, bind, auth, request, alert, limit, ...\n"
    "      --outcome OUTCOME   answered, fault, denied, cancelled, unanswered, failed\n"
    "      --verdict VERDICT   allow, deny, drop, observe\n"
    "      --rule NAME         of the policy\n"
    "      --tag TAG           T1003 has T1003.006 in it\n"
    "      --interface NAME    name or UUID, with :VERSION behind it\n"
    "      --operation NAME    name or number\n"
    "      --source NETWORK    address, or network such as 192.0.2.0/24\n"
    "      --account NAME      name, DOMAIN\\name or name@DOMAIN\n"
    "      --connection UID    C and 17 letters and digits\n"
    "      --severity N        this and more urgent: 2 to 7, alert, warning, ...\n"
    "      --since TIME        2026-11-21T04:00:00Z, 2026-11-21, today, yesterday,\n"
    "      --until TIME        or so long ago: 90s, 10m, 2h, 3d, 1w\n"
    "\n"
    "      --json              lines as they are; with --summary an object\n"
    "      --color WHEN        auto, always or never\n"
    "      --help              this text\n"
    "\n"
    "Exit status: 0 done, 1 no record matched, 2 wrong usage, 5 failure on this host.\n";

enum {
  OPTION_SUMMARY = 1,
  OPTION_COLOR,
  OPTION_FILTER /* and its number */
};

static const struct option options[] = {
    {"follow", no_argument, NULL, 'f'},
    {"lines", required_argument, NULL, 'n'},
    {"all", no_argument, NULL, 'a'},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"kind", required_argument, NULL, OPTION_FILTER + LOG_FILTER_KIND},
    {"outcome", required_argument, NULL, OPTION_FILTER + LOG_FILTER_OUTCOME},
    {"verdict", required_argument, NULL, OPTION_FILTER + LOG_FILTER_VERDICT},
    {"rule", required_argument, NULL, OPTION_FILTER + LOG_FILTER_RULE},
    {"tag", required_argument, NULL, OPTION_FILTER + LOG_FILTER_TAG},
    {"interface", required_argument, NULL, OPTION_FILTER + LOG_FILTER_INTERFACE},
    {"operation", required_argument, NULL, OPTION_FILTER + LOG_FILTER_OPERATION},
    {"source", required_argument, NULL, OPTION_FILTER + LOG_FILTER_SOURCE},
    {"account", required_argument, NULL, OPTION_FILTER + LOG_FILTER_ACCOUNT},
    {"since", required_argument, NULL, OPTION_FILTER + LOG_FILTER_SINCE},
    {"until", required_argument, NULL, OPTION_FILTER + LOG_FILTER_UNTIL},
    {"severity", required_argument, NULL, OPTION_FILTER + LOG_FILTER_SEVERITY},
    {"connection", required_argument, NULL, OPTION_FILTER + LOG_FILTER_CONNECTION},
    {"json", no_argument, NULL, TOOL_JSON},
    {"help", no_argument, NULL, TOOL_HELP},
    {NULL, 0, NULL, 0},
};

_Static_assert(OPTION_FILTER + LOG_FILTER_KEYS < 'a', "letters are options of their own");

static uint64_t now(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- options ---- */

static const char *option_name(int option)
{
  size_t i = 0;

  while (options[i].name && options[i].val != option)
    i++;
  return options[i].name ? options[i].name : "";
}

static int filter_set(struct log *l, int option)
{
  char message[LOG_FILTER_MESSAGE];
  bool ok = log_filter_add(&l->filter, (enum log_filter_key)(option - OPTION_FILTER), optarg, now(),
                           message);

  if (*message)
    complain(l->tool.name, "--%s: %s", option_name(option), message);
  return ok ? TOOL_GO_ON : EXIT_USAGE;
}

static int last_set(struct log *l)
{
  char *end;
  unsigned long n = strtoul(optarg, &end, 10);

  if (strspn(optarg, "0123456789") != strlen(optarg) || !*optarg || *end || n > LOG_LAST_MAX)
    return tool_usage(&l->tool, "-n: expected a number, 0 to %u", LOG_LAST_MAX);
  l->has_last = true;
  l->last = n;
  return TOOL_GO_ON;
}

static int color_set(struct log *l)
{
  if (strcmp(optarg, "always") == 0)
    l->colour = true;
  else if (strcmp(optarg, "never") == 0)
    l->colour = false;
  else if (strcmp(optarg, "auto") == 0)
    l->colour = output_colours(stdout);
  else
    return tool_usage(&l->tool, "--color: expected auto, always or never");
  return TOOL_GO_ON;
}

static int option_set(struct log *l, int option)
{
  switch (option) {
  case 'f':
    l->follow = true;
    return TOOL_GO_ON;
  case 'a':
    l->all = true;
    return TOOL_GO_ON;
  case 'n':
    return last_set(l);
  case OPTION_SUMMARY:
    l->summed = true;
    return TOOL_GO_ON;
  case OPTION_COLOR:
    return color_set(l);
  default:
    return filter_set(l, option);
  }
}

/* What cannot be had together, and what stands in for what was not said. */
static int settle(struct log *l, int argc, char **argv)
{
  static char named[] = LOG_DEFAULT_BOOK;
  static char *fallback[1];
  char *from_environment = getenv("PORTERO_BOOK");

  if (l->follow && l->summed)
    return tool_usage(&l->tool, "a summary has an end: --summary cannot be had with --follow");
  if (l->follow && l->filter.until)
    return tool_usage(&l->tool, "--until cannot be had with --follow");
  if (l->filter.until && l->filter.until <= l->filter.since)
    return tool_usage(&l->tool, "--until is not after --since: no record can match");
  if (l->follow && !l->has_last && !l->all && !l->filter.since) {
    l->has_last = true;
    l->last = FOLLOW_LAST;
  }
  l->paths = argv + optind;
  l->n_paths = (size_t)(argc - optind);
  if (l->n_paths > 0)
    return TOOL_GO_ON;
  l->is_default = !from_environment || !*from_environment;
  fallback[0] = l->is_default ? named : from_environment;
  l->paths = fallback;
  l->n_paths = 1;
  return TOOL_GO_ON;
}

int command_log(int argc, char **argv)
{
  struct log *l = calloc(1, sizeof *l);
  int option, exit_code = TOOL_GO_ON;

  if (!l)
    return EXIT_LOCAL_FAILURE;
  tool_init(&l->tool, "log");
  l->colour = output_colours(stdout);
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&l->tool, argc, argv, "fan:", options, help, &exit_code)) != -1)
    exit_code = option_set(l, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = settle(l, argc, argv);
  if (exit_code == TOOL_GO_ON)
    exit_code = log_run(l);
  log_filter_deinit(&l->filter);
  tool_deinit(&l->tool);
  free(l);
  return exit_code;
}
