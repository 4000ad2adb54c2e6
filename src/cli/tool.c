/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/tool.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>

#include "idl/mgmt.h"
#include "src/cli/trace.h"
#include "src/rpc/client.h"

#define DEFAULT_TIMEOUT 10000u /* ms */
#define MAX_SECONDS     86400.0

void tool_init(struct tool *t, const char *name)
{
  memset(t, 0, sizeof *t);
  t->name = name;
  t->login.tool = name;
  t->options.timeout = DEFAULT_TIMEOUT;
}

void tool_deinit(struct tool *t)
{
  trace_free(t->trace);
  t->trace = NULL;
  login_deinit(&t->login);
}

/* ---- complaints ---- */

int tool_usage(const struct tool *t, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  complain_va(t->name, format, args);
  va_end(args);
  return EXIT_USAGE;
}

int tool_failure(const struct tool *t, const struct portero_client *c, portero_status status)
{
  char text[128];
  const char *said = portero_client_error(c);

  complain(t->name, "%s", *said ? said : portero_status_text(status, text, sizeof text));
  return (int)exit_code_of(status);
}

void tool_error(struct out_json *j, const struct portero_client *c, portero_status status)
{
  char text[128];
  const char *said = portero_client_error(c);

  out_text(j, "error", *said ? said : portero_status_text(status, text, sizeof text));
}

/* ---- options ---- */

bool tool_parse_port(const char *text, uint16_t *out_port)
{
  char *end;
  unsigned long port;

  if (!isdigit((unsigned char)*text))
    return false;
  errno = 0;
  port = strtoul(text, &end, 10);
  if (errno || *end || port == 0 || port > UINT16_MAX)
    return false;
  *out_port = (uint16_t)port;
  return true;
}

bool tool_parse_seconds(const char *text, uint32_t *out_ms)
{
  char *end;
  double seconds;

  if (!isdigit((unsigned char)*text) && *text != '.')
    return false;
  seconds = strtod(text, &end);
  if (*end || end == text || !isfinite(seconds) || seconds < 0.001 || seconds > MAX_SECONDS)
    return false;
  *out_ms = (uint32_t)(seconds * 1000);
  return true;
}

static bool tool_common_option(struct tool *t, int option)
{
  if (login_is_option(option))
    return login_option(&t->login, option, optarg);
  switch (option) {
  case TOOL_TIMEOUT:
    if (tool_parse_seconds(optarg, &t->options.timeout))
      return true;
    (void)tool_usage(t, "--timeout %s: expected seconds, 0.001 to 86400", optarg);
    return false;
  case TOOL_MAPPER_PORT:
    if (tool_parse_port(optarg, &t->options.mapper_port))
      return true;
    (void)tool_usage(t, "--mapper-port %s: expected a port, 1 to 65535", optarg);
    return false;
  case TOOL_SOCKET:
    t->options.mapper = optarg;
    return true;
  case TOOL_JSON:
    t->json = true;
    return true;
  }
  if (!t->trace)
    t->trace = trace_new();
  if (!t->trace)
    return false;
  t->options.trace = trace_pdu;
  t->options.trace_user = t->trace;
  return true;
}

int tool_option(struct tool *t, int argc, char **argv, const char *short_options,
                const struct option *options, const char *help, int *out_exit)
{
  int option;

  *out_exit = TOOL_GO_ON;
  opterr = 0;
  while ((option = getopt_long(argc, argv, short_options, options, NULL)) != -1) {
    if (option == TOOL_HELP) {
      (void)fputs(help, stdout);
      *out_exit = EXIT_OK;
      return -1;
    }
    if (option == '?' || option == ':') {
      *out_exit =
          tool_usage(t, "%s: unknown option, or its value is missing; see portero %s --help",
                     argv[optind - 1], t->name);
      return -1;
    }
    if (option < TOOL_TIMEOUT)
      return option;
    if (!tool_common_option(t, option)) {
      *out_exit = EXIT_USAGE;
      return -1;
    }
  }
  return -1;
}

int tool_arguments(const struct tool *t, int argc, int least, int most, const char *usage)
{
  int n = argc - optind;

  if (n >= least && n <= most)
    return TOOL_GO_ON;
  return tool_usage(t, "usage: portero %s %s; see portero %s --help", t->name, usage, t->name);
}

/* ---- hosts ---- */

static bool host_is_name(const char *text, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isalnum((unsigned char)text[i]) && !strchr(".-_%:", text[i]))
      return false;
  return n > 0 && n < PORTERO_HOST_SIZE;
}

static bool host_set(struct portero_binding *b, const char *host, size_t n, const char *port)
{
  uint16_t number = 0;

  if (!host_is_name(host, n) || (port && !tool_parse_port(port, &number)))
    return false;
  memset(b, 0, sizeof *b);
  b->protseq = PORTERO_NCACN_IP_TCP;
  memcpy(b->host, host, n);
  if (port)
    (void)snprintf(b->endpoint, sizeof b->endpoint, "%u", (unsigned)number);
  return true;
}

bool tool_host(const char *text, struct portero_binding *out_binding)
{
  const char *colon = strrchr(text, ':'), *close = strchr(text, ']');

  if (portero_is_ok(portero_binding_parse(text, out_binding, NULL)))
    return true;
  if (*text == '[') {
    if (!close || (close[1] && close[1] != ':'))
      return false;
    return host_set(out_binding, text + 1, (size_t)(close - text - 1), close[1] ? close + 2 : NULL);
  }
  if (colon && strchr(text, ':') == colon)
    return host_set(out_binding, text, (size_t)(colon - text), colon + 1);
  return host_set(out_binding, text, strlen(text), NULL);
}

int tool_no_host(const struct tool *t, const char *text)
{
  return tool_usage(
      t,
      "\"%s\" is no host: name, address, host:port, [v6]:port or string binding, such "
      "as 'ncacn_ip_tcp:host[port]'",
      text);
}

int tool_local_mapper(const struct tool *t, struct portero_binding *b)
{
  if (portero_is_ok(client_mapper_path(t->options.mapper, b->endpoint, sizeof b->endpoint)))
    return TOOL_GO_ON;
  return tool_usage(t, "the path of the local socket is too long");
}

static int tool_at_mapper(const struct tool *t, struct portero_binding *b)
{
  unsigned port = t->options.mapper_port ? t->options.mapper_port : CLIENT_MAPPER_PORT;

  if (b->protseq != PORTERO_NCACN_IP_TCP)
    return tool_local_mapper(t, b);
  (void)snprintf(b->endpoint, sizeof b->endpoint, "%u", port);
  return TOOL_GO_ON;
}

struct portero_client *tool_open(struct tool *t, const struct portero_binding *b,
                                 const struct portero_syntax *iface, int *out_exit)
{
  struct portero_binding to = *b;
  char text[TOOL_BINDING_SIZE];
  struct portero_client *c;
  portero_status status;
  int code;

  *out_exit = TOOL_GO_ON;
  if (!to.endpoint[0] && portero_uuid_equal(&iface->uuid, &mgmt_stub.id.uuid))
    *out_exit = tool_at_mapper(t, &to);
  if (*out_exit != TOOL_GO_ON)
    return NULL;
  code = login_settle(&t->login, to.host, &t->options, &t->options.login);
  if (code) {
    *out_exit = code;
    return NULL;
  }
  (void)portero_binding_text(&to, text, sizeof text);
  output_progress("asking %s ...", text);
  status = portero_client_open(text, iface, &t->options, &c);
  output_progress_end();
  if (portero_is_ok(status))
    return c;
  *out_exit = tool_failure(t, c, status);
  portero_client_close(c);
  return NULL;
}

const char *tool_interface_name(const struct portero_syntax *s)
{
  struct portero_catalog_entry entry;

  return portero_catalog_interface(s, &entry) ? entry.name : NULL;
}
