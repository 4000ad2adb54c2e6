/* SPDX-License-Identifier: Apache-2.0 */
/* portero info: what a server says of itself through its management interface. */
#include <portero/catalog.h>

#include "src/cli/mgmt.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero info [OPTION]... BINDING [INTERFACE]\n"
    "\n"
    "Asks the management interface of a server: which interfaces it offers, whether\n"
    "it listens, its statistics and principal names. BINDING: a string binding, or a\n"
    "host as for portero ls; without an endpoint the host's endpoint mapper itself is\n"
    "asked, or, with INTERFACE, the server that offers it.\n"
    "\n" LOGIN_HELP_TEXT TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT;

static const struct option options[] = {LOGIN_OPTIONS, TOOL_OPTIONS};

static const struct authn {
  uint32_t service;
  const char *name;
} authns[] = {{9, "SPNEGO"}, {10, "NTLM"}, {16, "Kerberos"}, {68, "Netlogon"}};

/* Shows either form: a line for people, a member for machines. */
struct view {
  const struct tool *tool;
  struct portero_client *client;
  struct out_json j;
  portero_status status; /* of what every server answers: interfaces and listening */
};

static void view_failure(const struct view *v, struct out_json *j, const char *what,
                         portero_status status)
{
  char text[128];

  (void)portero_status_text(status, text, sizeof text);
  if (v->tool->json)
    out_text(j, what, NULL);
  else
    (void)printf("%-12s %s\n", what, text);
}

static void view_interface(struct view *v, const struct portero_syntax *s, bool first)
{
  struct portero_catalog_entry known;
  bool is_known = portero_catalog_interface(s, &known);
  char uuid[PORTERO_UUID_TEXT_SIZE], version[16];

  (void)snprintf(version, sizeof version, "%u.%u", (unsigned)s->major, (unsigned)s->minor);
  (void)portero_uuid_text(&s->uuid, uuid);
  if (v->tool->json) {
    out_begin(&v->j, NULL, '{');
    out_text(&v->j, "uuid", uuid);
    out_text(&v->j, "version", version);
    out_text(&v->j, "name", is_known ? known.name : NULL);
    out_text(&v->j, "document", is_known ? known.document : NULL);
    out_end(&v->j, '}');
    return;
  }
  (void)printf("%-12s %s v%s", first ? "interfaces" : "", uuid, version);
  if (is_known)
    (void)printf("  %s", known.name);
  (void)fputc('\n', stdout);
}

static void view_interfaces(struct view *v)
{
  struct mgmt_interface_id_vector vector;
  portero_status status = mgmt_interfaces(v->client, &vector);
  bool first = true;

  if (!portero_is_ok(status)) {
    v->status = status;
    view_failure(v, &v->j, "interfaces", status);
    return;
  }
  if (v->tool->json)
    out_begin(&v->j, "interfaces", '[');
  for (uint32_t i = 0; i < vector.count; i++) {
    const struct ms_types_interface_id *id = vector.ids[i];

    if (!id)
      continue;
    view_interface(v, &(struct portero_syntax){id->id, id->major, id->minor}, first);
    first = false;
  }
  if (v->tool->json)
    out_end(&v->j, ']');
  else if (first)
    (void)printf("%-12s none\n", "interfaces");
}

static bool view_listening(struct view *v)
{
  bool listening = false;
  portero_status status = mgmt_listening(v->client, &listening);

  if (!portero_is_ok(status)) {
    v->status = status;
    view_failure(v, &v->j, "listening", status);
  } else if (v->tool->json) {
    out_bool(&v->j, "listening", listening);
  } else {
    (void)printf("%-12s %s\n", "listening", listening ? "yes" : "no");
  }
  return listening || !portero_is_ok(status);
}

static void view_statistics(struct view *v)
{
  static const char *const names[MGMT_STATISTICS] = {"calls_in", "calls_out", "packets_in",
                                                        "packets_out"};
  struct mgmt_rpc_mgmt_inq_stats m;
  portero_status status = mgmt_statistics(v->client, &m);

  if (!portero_is_ok(status)) {
    view_failure(v, &v->j, "statistics", status);
    return;
  }
  if (v->tool->json) {
    out_begin(&v->j, "statistics", '{');
    for (uint32_t i = 0; i < m.count && i < MGMT_STATISTICS; i++)
      out_number(&v->j, names[i], m.statistics[i]);
    out_end(&v->j, '}');
  } else if (m.count >= MGMT_STATISTICS) {
    (void)printf("%-12s %u calls in, %u out; %u packets in, %u out\n", "statistics",
                 (unsigned)m.statistics[0], (unsigned)m.statistics[1], (unsigned)m.statistics[2],
                 (unsigned)m.statistics[3]);
  }
}

static void view_principals(struct view *v)
{
  bool shown = false;

  if (v->tool->json)
    out_begin(&v->j, "principals", '{');
  for (size_t i = 0; i < sizeof authns / sizeof authns[0]; i++) {
    const char *name = "";
    if (!portero_is_ok(mgmt_principal(v->client, authns[i].service, &name)) || !*name)
      continue; /* the usual way to say that there is none */
    if (v->tool->json) {
      out_text(&v->j, authns[i].name, name);
      continue;
    }
    (void)printf("%-12s %s: ", shown ? "" : "principal", authns[i].name);
    (void)output_text(stdout, name);
    (void)fputc('\n', stdout);
    shown = true;
  }
  if (v->tool->json)
    out_end(&v->j, '}');
  else if (!shown)
    (void)printf("%-12s none\n", "principal");
}

static int info_show(const struct tool *t, struct portero_client *c)
{
  struct view v = {.tool = t, .client = c, .j = {.stream = stdout}};
  char text[128];
  bool listening;

  if (t->json) {
    out_begin(&v.j, NULL, '{');
    out_text(&v.j, "binding", portero_client_binding(c));
  } else {
    (void)printf("%-12s %s\n", "binding", portero_client_binding(c));
  }
  listening = view_listening(&v);
  view_interfaces(&v);
  view_statistics(&v);
  view_principals(&v);
  if (t->json && !portero_is_ok(v.status))
    out_text(&v.j, "error", portero_status_text(v.status, text, sizeof text));
  if (t->json)
    out_end(&v.j, '}');
  if (!portero_is_ok(v.status))
    return (int)exit_code_of(v.status); /* it has been told in its place */
  return listening ? EXIT_OK : EXIT_NEGATIVE;
}

static int info_ask(struct tool *t, const char *host, const char *interface)
{
  struct portero_syntax iface = mgmt_stub.id;
  struct portero_binding b;
  struct portero_client *c;
  portero_status status;
  char message[256];
  bool versioned = true;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  if (interface && !interface_find(interface, &iface, &versioned, message, sizeof message))
    return tool_usage(t, "%s", message);
  t->options.any_syntax = !versioned;
  c = tool_open(t, &b, &iface, &exit_code);
  if (!c)
    return exit_code;
  status = portero_client_switch(c, &mgmt_stub.id);
  exit_code = portero_is_ok(status) ? info_show(t, c) : tool_failure(t, c, status);
  portero_client_close(c);
  return exit_code;
}

int command_info(int argc, char **argv)
{
  struct tool t;
  int exit_code;

  tool_init(&t, "info");
  (void)tool_option(&t, argc, argv, "", options, help, &exit_code);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 1, 2, "[OPTION]... BINDING [INTERFACE]");
  if (exit_code == TOOL_GO_ON)
    exit_code = info_ask(&t, argv[optind], argv[optind + 1]);
  tool_deinit(&t);
  return exit_code;
}
