/* SPDX-License-Identifier: Apache-2.0 */
/* portero ping: does it answer, and how fast. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/cli/mgmt.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero ping [OPTION]... HOST [INTERFACE]\n"
    "\n"
    "Resolves, connects, binds and measures round trips: each asks the management\n"
    "interface whether the server listens. Without INTERFACE the endpoint mapper of\n"
    "HOST is asked, or the endpoint that HOST names.\n"
    "\n"
    "  -c, --count N           stop after N calls (default: 4; 0: go on until Ctrl-C)\n"
    "  -i, --interval SECONDS  wait between calls (default: 1)\n" LOGIN_HELP_TEXT TOOL_HELP_TEXT
    "\n" TOOL_EXIT_TEXT;

static const struct option options[] = {
    {"count", required_argument, NULL, 'c'},
    {"interval", required_argument, NULL, 'i'},
    LOGIN_OPTIONS,
    TOOL_OPTIONS,
};

struct ping {
  unsigned long count;
  uint32_t interval; /* ms */
  unsigned long sent, answered, listening;
  double opened, least, most, sum; /* ms */
};

static volatile sig_atomic_t stopped;

static void on_interrupt(int number)
{
  (void)number;
  stopped = 1;
}

static double now_ms(void)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1000.0 + (double)t.tv_nsec / 1e6;
}

static void ping_wait(uint32_t ms)
{
  struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

  if (!stopped)
    (void)nanosleep(&t, NULL); /* a signal ends it */
}

static int ping_set(struct tool *t, struct ping *p, int option)
{
  char *end;

  if (option == 'i') {
    if (strcmp(optarg, "0") == 0)
      p->interval = 0;
    else if (!tool_parse_seconds(optarg, &p->interval))
      return tool_usage(t, "--interval %s: expected seconds", optarg);
    return TOOL_GO_ON;
  }
  errno = 0;
  p->count = strtoul(optarg, &end, 10);
  if (errno || *end || !isdigit((unsigned char)*optarg))
    return tool_usage(t, "--count %s: expected a number", optarg);
  return TOOL_GO_ON;
}

static void ping_note(struct ping *p, double ms, bool listening)
{
  p->least = p->answered == 0 || ms < p->least ? ms : p->least;
  p->most = ms > p->most ? ms : p->most;
  p->sum += ms;
  p->answered++;
  p->listening += listening ? 1 : 0;
}

static portero_status ping_once(const struct tool *t, struct portero_client *c, struct ping *p)
{
  bool listening = false;
  double began = now_ms(), took;
  portero_status status;

  p->sent++;
  status = mgmt_listening(c, &listening);
  took = now_ms() - began;
  if (!portero_is_ok(status))
    return status;
  ping_note(p, took, listening);
  if (!t->json)
    (void)printf("%s: seq=%lu time=%.3f ms\n", listening ? "listening" : "not listening", p->sent,
                 took);
  (void)fflush(stdout);
  return status;
}

static void ping_sum_up(const struct tool *t, const struct portero_client *c, const struct ping *p,
                        portero_status status)
{
  double mean = p->answered ? p->sum / (double)p->answered : 0;
  struct out_json j = {.stream = stdout};

  if (!t->json) {
    (void)printf("%lu calls, %lu answered", p->sent, p->answered);
    if (p->answered)
      (void)printf(", min/avg/max %.3f/%.3f/%.3f ms", p->least, mean, p->most);
    (void)fputc('\n', stdout);
    return;
  }
  out_begin(&j, NULL, '{');
  out_text(&j, "binding", portero_client_binding(c));
  out_real(&j, "open_ms", p->opened);
  out_number(&j, "calls", p->sent);
  out_number(&j, "answered", p->answered);
  out_number(&j, "listening", p->listening);
  out_real(&j, "min_ms", p->least);
  out_real(&j, "avg_ms", mean);
  out_real(&j, "max_ms", p->most);
  if (!portero_is_ok(status))
    tool_error(&j, c, status);
  out_end(&j, '}');
}

static int ping_run(const struct tool *t, struct portero_client *c, struct ping *p)
{
  portero_status status;

  if (!t->json)
    (void)printf("%s: open after %.3f ms\n", portero_client_binding(c), p->opened);
  (void)fflush(stdout);
  status = portero_client_switch(c, &mgmt_stub.id);
  while (portero_is_ok(status) && !stopped) {
    status = ping_once(t, c, p);
    if (p->sent == p->count)
      break;
    if (portero_is_ok(status))
      ping_wait(p->interval);
  }
  ping_sum_up(t, c, p, status);
  if (!portero_is_ok(status))
    return tool_failure(t, c, status);
  return p->listening == p->answered ? EXIT_OK : EXIT_NEGATIVE;
}

static int ping_ask(struct tool *t, struct ping *p, const char *host, const char *interface)
{
  struct portero_syntax iface = mgmt_stub.id;
  struct portero_binding b;
  struct portero_client *c;
  char message[256];
  bool versioned = true;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  if (interface && !interface_find(interface, &iface, &versioned, message, sizeof message))
    return tool_usage(t, "%s", message);
  t->options.any_syntax = !versioned;
  p->opened = now_ms();
  c = tool_open(t, &b, &iface, &exit_code);
  p->opened = now_ms() - p->opened;
  if (!c)
    return exit_code;
  exit_code = ping_run(t, c, p);
  portero_client_close(c);
  return exit_code;
}

int command_ping(int argc, char **argv)
{
  const struct sigaction interrupt = {.sa_handler = on_interrupt};
  struct ping p = {.count = 4, .interval = 1000};
  struct tool t;
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "ping");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "c:i:", options, help, &exit_code)) != -1)
    exit_code = ping_set(&t, &p, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 1, 2, "[OPTION]... HOST [INTERFACE]");
  if (exit_code == TOOL_GO_ON) {
    (void)sigaction(SIGINT, &interrupt, NULL);
    exit_code = ping_ask(&t, &p, argv[optind], argv[optind + 1]);
  }
  tool_deinit(&t);
  return exit_code;
}
