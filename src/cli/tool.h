/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tools that ask a server have in common: their options, how a host is written, how a
 * failure is told.
 */
#ifndef PORTERO_CLI_TOOL_H
#define PORTERO_CLI_TOOL_H

#include <getopt.h>

#include <portero/client.h>

#include "src/cli/commands.h"
#include "src/cli/complaint.h"
#include "src/cli/interface_name.h"
#include "src/cli/login.h"
#include "src/cli/output.h"

#define TOOL_BINDING_SIZE 640u

struct trace;

struct tool {
  const char *name; /* of the command */
  struct portero_client_options options;
  bool json;
  struct portero_uuid object;
  struct trace *trace;
  struct login login;
};

enum {
  TOOL_TIMEOUT = 1000,
  TOOL_JSON,
  TOOL_TRACE,
  TOOL_MAPPER_PORT,
  TOOL_SOCKET,
  TOOL_HELP
};

/* clang-format off */
#define TOOL_OPTIONS                                        \
  {"timeout", required_argument, NULL, TOOL_TIMEOUT},       \
  {"json", no_argument, NULL, TOOL_JSON},                   \
  {"trace", no_argument, NULL, TOOL_TRACE},                 \
  {"mapper-port", required_argument, NULL, TOOL_MAPPER_PORT}, \
  {"socket", required_argument, NULL, TOOL_SOCKET},         \
  {"help", no_argument, NULL, TOOL_HELP},                   \
  {NULL, 0, NULL, 0}
/* clang-format on */

#define TOOL_HELP_TEXT                                                                             \
  "  --timeout SECONDS       for opening, and for each call (default: 10)\n"                       \
  "  --mapper-port PORT      where the endpoint mapper listens (default: 135)\n"                   \
  "  --socket PATH           local endpoint mapper, for ncalrpc (default:\n"                       \
  "                          $PORTERO_SOCKET, then /run/portero/epmapper.sock)\n"                  \
  "  --json                  for machines\n"                                                       \
  "  --trace                 show the PDUs as they pass, on standard error\n"                      \
  "  --help                  this text\n"

#define TOOL_EXIT_TEXT                                                                             \
  "Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 nobody answers,\n"                    \
  "4 the server refuses, 5 failure on this host.\n"

void tool_init(struct tool *t, const char *name);
void tool_deinit(struct tool *t);
/*
 * The next option that is the command's own, or -1 when there are no more. exit_code is set, and -1
 * given, when the command ends here: help was asked for, or an option is wrong.
 */
int tool_option(struct tool *t, int argc, char **argv, const char *short_options,
                const struct option *options, const char *help, int *out_exit);
/* No exit code yet. */
#define TOOL_GO_ON (-1)
/* argc - optind within [least, most]; tells and returns EXIT_USAGE otherwise, TOOL_GO_ON if fine. */
int tool_arguments(const struct tool *t, int argc, int least, int most, const char *usage);

/* Complaints go to standard error as "portero ls: ...". Returns EXIT_USAGE. */
int tool_usage(const struct tool *t, const char *format, ...) PORTERO_PRINTF(2, 3);

/* Name, address, host:port, [v6]:port or string binding. */
bool tool_host(const char *text, struct portero_binding *out_binding);
/* Tells what tool_host() takes; EXIT_USAGE. */
int tool_no_host(const struct tool *t, const char *text);
/* The local endpoint mapper's endpoint into b; TOOL_GO_ON, or the exit code. */
int tool_local_mapper(const struct tool *t, struct portero_binding *b);
/*
 * Opens; the management interface without an endpoint is the endpoint mapper's. On failure tells, closes and gives
 * NULL with *out_exit.
 */
struct portero_client *tool_open(struct tool *t, const struct portero_binding *b,
                                 const struct portero_syntax *iface, int *out_exit);
/* Says what c says of status, and gives the exit code. */
int tool_failure(const struct tool *t, const struct portero_client *c, portero_status status);
/* The same as "error" in an answer that is not complete. */
void tool_error(struct out_json *j, const struct portero_client *c, portero_status status);

/* [1, 65535] */
bool tool_parse_port(const char *text, uint16_t *out_port);
/* Seconds, with a fraction; out in milliseconds. */
bool tool_parse_seconds(const char *text, uint32_t *out_ms);
/* The name that the catalog has; NULL when it has none. */
const char *tool_interface_name(const struct portero_syntax *s);

#endif
