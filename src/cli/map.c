/* SPDX-License-Identifier: Apache-2.0 */
/* portero map: where a host offers an interface, as string bindings. */
#include <string.h>

#include "idl/epm.h"
#include "src/cli/endpoints.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero map [OPTION]... HOST INTERFACE\n"
    "\n"
    "Asks the endpoint mapper of HOST where INTERFACE is offered and prints string\n"
    "bindings, one a line. INTERFACE: UUID[:MAJOR[.MINOR]] or a known name.\n"
    "\n"
    "  --protseq NAME          only this transport: ncacn_ip_tcp, ncacn_np, ...\n"
    "  --object UUID           for this object\n" LOGIN_HELP_TEXT TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT;

enum {
  MAP_PROTSEQ = 1,
  MAP_OBJECT
};

static const struct option options[] = {
    {"protseq", required_argument, NULL, MAP_PROTSEQ},
    {"object", required_argument, NULL, MAP_OBJECT},
    LOGIN_OPTIONS,
    TOOL_OPTIONS,
};

struct question {
  struct endpoints_query query;
  bool versioned;
  enum portero_protseq protseq;
};

static const enum portero_protseq protseqs[] = {PORTERO_NCACN_IP_TCP, PORTERO_NCACN_NP,
                                                PORTERO_NCACN_HTTP, PORTERO_NCADG_IP_UDP,
                                                PORTERO_NCALRPC};

static int question_set(struct tool *t, struct question *q, int option)
{
  if (option == MAP_PROTSEQ) {
    q->protseq = portero_protseq_find(optarg, strlen(optarg));
    if (q->protseq == PORTERO_PROTSEQ_UNKNOWN)
      return tool_usage(t, "--protseq %s: unknown protocol sequence", optarg);
    return TOOL_GO_ON;
  }
  if (!portero_uuid_parse(optarg, &q->query.object))
    return tool_usage(t, "--object %s: expected a UUID", optarg);
  q->query.has_object = true;
  return TOOL_GO_ON;
}

/* ept_map wants a version. Without one the highest that is registered is looked for. */
static portero_status find_version(struct portero_client *c, struct question *q, bool *out_found)
{
  struct endpoints all = {.items = NULL};
  struct endpoints_query query = {.has_interface = true, .any_version = true};
  portero_status status;

  query.interface = q->query.interface;
  status = endpoints_lookup(c, "", &query, &all);
  *out_found = all.count > 0;
  q->query.interface.major = q->query.interface.minor = 0;
  for (size_t i = 0; i < all.count; i++) {
    const struct portero_syntax *s = &all.items[i].interface;
    if (s->major > q->query.interface.major ||
        (s->major == q->query.interface.major && s->minor > q->query.interface.minor))
      q->query.interface = *s;
  }
  endpoints_free(&all);
  return status;
}

/* Local sequences of another host are of no use here: they are asked for by name alone. */
static bool is_asked(const struct question *q, const char *host, enum portero_protseq protseq)
{
  if (q->protseq != PORTERO_PROTSEQ_UNKNOWN)
    return q->protseq == protseq;
  return protseq != PORTERO_NCALRPC || host[0] == '\0';
}

static portero_status map_all(struct portero_client *c, const char *host, struct question *q,
                              struct endpoints *found)
{
  portero_status status = portero_ok();
  bool known = true;

  if (!q->versioned)
    status = find_version(c, q, &known);
  for (size_t i = 0; known && i < sizeof protseqs / sizeof protseqs[0]; i++)
    if (portero_is_ok(status) && is_asked(q, host, protseqs[i]))
      status = endpoints_map(c, host, &q->query, protseqs[i], found);
  return status;
}

static bool is_repeated(const struct endpoints *e, size_t i)
{
  for (size_t k = 0; k < i; k++)
    if (strcmp(e->items[k].binding, e->items[i].binding) == 0)
      return true;
  return e->items[i].binding[0] == '\0';
}

static int map_show(const struct tool *t, const struct question *q, const struct endpoints *found)
{
  struct out_json j = {.stream = stdout};
  char version[16], uuid[PORTERO_UUID_TEXT_SIZE];
  size_t shown = 0;

  (void)snprintf(version, sizeof version, "%u.%u", (unsigned)q->query.interface.major,
                 (unsigned)q->query.interface.minor);
  if (t->json) {
    out_begin(&j, NULL, '{');
    out_uuid(&j, "uuid", &q->query.interface.uuid);
    out_text(&j, "version", version);
    out_text(&j, "name", tool_interface_name(&q->query.interface));
    out_begin(&j, "bindings", '[');
  }
  for (size_t i = 0; i < found->count; i++) {
    if (is_repeated(found, i))
      continue;
    shown++;
    if (t->json) {
      out_text(&j, NULL, found->items[i].binding);
    } else {
      (void)output_text(stdout, found->items[i].binding);
      (void)fputc('\n', stdout);
    }
  }
  if (t->json) {
    out_end(&j, ']');
    out_end(&j, '}');
  }
  if (shown == 0)
    complain(t->name, "no endpoint for %s %s is known there",
             portero_uuid_text(&q->query.interface.uuid, uuid),
             q->versioned ? version : "of any version");
  return shown ? EXIT_OK : EXIT_NEGATIVE;
}

static int map_ask(struct tool *t, struct question *q, const char *host)
{
  struct endpoints found = {.items = NULL};
  struct portero_binding b;
  struct portero_client *c;
  portero_status status;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  c = tool_open(t, &b, &epmapper_stub.id, &exit_code);
  if (!c)
    return exit_code;
  status = map_all(c, b.host, q, &found);
  if (portero_is_ok(status))
    exit_code = map_show(t, q, &found);
  else
    exit_code = tool_failure(t, c, status);
  portero_client_close(c);
  endpoints_free(&found);
  return exit_code;
}

int command_map(int argc, char **argv)
{
  struct question q = {.query = {.has_interface = true}};
  struct tool t;
  char message[256];
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "map");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = question_set(&t, &q, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 2, 2, "[OPTION]... HOST INTERFACE");
  if (exit_code == TOOL_GO_ON &&
      !interface_find(argv[optind + 1], &q.query.interface, &q.versioned, message, sizeof message))
    exit_code = tool_usage(&t, "%s", message);
  if (exit_code == TOOL_GO_ON)
    exit_code = map_ask(&t, &q, argv[optind]);
  tool_deinit(&t);
  return exit_code;
}
