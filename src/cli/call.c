/* SPDX-License-Identifier: Apache-2.0 */
/* portero call: one operation, with the bytes of its stub. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <portero/catalog.h>

#include "src/cli/tool.h"

static const char help[] =
    "usage: portero call [OPTION]... BINDING INTERFACE.OPERATION\n"
    "\n"
    "Calls one operation with a stub given in hex and shows the stub of the answer.\n"
    "BINDING: a string binding, or a host as for portero ls; without an endpoint the\n"
    "host's endpoint mapper is asked. INTERFACE: UUID[:MAJOR[.MINOR]] or a known\n"
    "name; OPERATION: a known name or a number.\n"
    "\n"
    "  --hex STUB              arguments as they go over the wire (default: none);\n"
    "                          spaces and colons between bytes are fine\n"
    "  --object UUID           object of the call\n"
    "  --ndr64                 the stub is NDR64; fail where the server has only NDR\n"
    "  --big-endian            the stub is big-endian\n" TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT "\n"
    "  portero call server mgmt.2\n"
    "  portero call 'ncacn_ip_tcp:server[49664]' \\\n"
    "    afa8bd80-7d8a-11c9-bef4-08002b102989.0\n";

enum {
  CALL_HEX = 1,
  CALL_OBJECT,
  CALL_NDR64,
  CALL_BIG_ENDIAN
};

static const struct option options[] = {
    {"hex", required_argument, NULL, CALL_HEX},
    {"object", required_argument, NULL, CALL_OBJECT},
    {"ndr64", no_argument, NULL, CALL_NDR64},
    {"big-endian", no_argument, NULL, CALL_BIG_ENDIAN},
    TOOL_OPTIONS,
};

struct operation {
  struct portero_syntax interface;
  bool versioned;
  uint16_t opnum;
  uint8_t *stub;
  size_t stub_size;
};

/* ---- arguments ---- */

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)tolower((unsigned char)c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_parse(const char *text, struct operation *o)
{
  uint8_t *bytes = malloc(strlen(text) / 2 + 1);
  size_t n = 0;

  free(o->stub);
  o->stub = bytes;
  o->stub_size = 0;
  while (bytes && *text) {
    if (isspace((unsigned char)*text) || *text == ':') {
      text++;
      continue;
    }
    int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0)
      return false;
    bytes[n++] = (uint8_t)(high << 4 | low);
    text += 2;
  }
  o->stub_size = n;
  return bytes != NULL;
}

static bool operation_number(const struct portero_uuid *interface, const char *text,
                             uint16_t *out_opnum)
{
  char *end;
  unsigned long number;

  if (!isdigit((unsigned char)*text))
    return portero_catalog_find_operation(interface, text, strlen(text), out_opnum);
  number = strtoul(text, &end, 0);
  if (*end || number > UINT16_MAX)
    return false;
  *out_opnum = (uint16_t)number;
  return true;
}

static int operation_parse(const struct tool *t, const char *text, struct operation *o)
{
  const char *dot = strrchr(text, '.');
  char interface[128], message[256];

  if (!dot || (size_t)(dot - text) >= sizeof interface)
    return tool_usage(t, "\"%s\": expected INTERFACE.OPERATION", text);
  memcpy(interface, text, (size_t)(dot - text));
  interface[dot - text] = '\0';
  if (!interface_find(interface, &o->interface, &o->versioned, message, sizeof message))
    return tool_usage(t, "%s", message);
  if (!operation_number(&o->interface.uuid, dot + 1, &o->opnum))
    return tool_usage(
        t, "\"%s\": no operation of that name is known; a number from 0 to 65535 will do", dot + 1);
  return TOOL_GO_ON;
}

static int call_set(struct tool *t, struct operation *o, int option)
{
  switch (option) {
  case CALL_HEX:
    if (hex_parse(optarg, o))
      return TOOL_GO_ON;
    return tool_usage(t, "--hex: expected pairs of hex digits");
  case CALL_OBJECT:
    if (!portero_uuid_parse(optarg, &t->object))
      return tool_usage(t, "--object %s: expected a UUID", optarg);
    t->options.object = &t->object;
    return TOOL_GO_ON;
  case CALL_NDR64:
    t->options.ndr64 = true;
    return TOOL_GO_ON;
  }
  t->options.big_endian = true;
  return TOOL_GO_ON;
}

/* ---- calling ---- */

static void show_answer(const struct tool *t, const struct portero_client *c,
                        const struct operation *o, struct portero_bytes stub)
{
  struct json j = {.stream = stdout};

  if (!t->json) {
    output_hex_dump(stdout, stub);
    if (stub.size == 0)
      (void)fputs("(the answer is empty)\n", stdout);
    return;
  }
  json_begin(&j, NULL, '{');
  json_text(&j, "binding", portero_client_binding(c));
  json_number(&j, "opnum", o->opnum);
  json_hex(&j, "stub", stub);
  json_end(&j, '}');
}

static void show_fault(const struct tool *t, const struct portero_client *c,
                       const struct operation *o, portero_status status)
{
  struct json j = {.stream = stdout};

  if (!t->json || status.klass != PORTERO_CLASS_FAULT)
    return;
  json_begin(&j, NULL, '{');
  json_text(&j, "binding", portero_client_binding(c));
  json_number(&j, "opnum", o->opnum);
  json_number(&j, "fault", status.code);
  json_text(&j, "fault_name", portero_code_name(status.code));
  json_end(&j, '}');
}

static int call_run(const struct tool *t, struct portero_client *c, const struct operation *o)
{
  struct portero_bytes stub;
  portero_status status;

  if (t->options.ndr64 &&
      !portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr64)) {
    (void)fprintf(stderr, "portero call: the server does not speak NDR64 on this interface\n");
    return EXIT_REFUSED;
  }
  status = portero_client_call_bytes(c, o->opnum, portero_bytes_make(o->stub, o->stub_size), &stub);
  if (portero_is_ok(status)) {
    show_answer(t, c, o, stub);
    return EXIT_OK;
  }
  show_fault(t, c, o, status);
  return tool_failure(t, c, status);
}

static int call_ask(struct tool *t, const struct operation *o, const char *host)
{
  struct portero_binding b;
  struct portero_client *c;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  if (t->options.ndr64 && t->options.big_endian)
    return tool_usage(t, "--ndr64 and --big-endian: NDR64 is always little-endian");
  t->options.any_syntax = !o->versioned;
  c = tool_open(t, &b, &o->interface, &exit_code);
  if (!c)
    return exit_code;
  exit_code = call_run(t, c, o);
  portero_client_close(c);
  return exit_code;
}

int command_call(int argc, char **argv)
{
  struct operation o = {.stub = NULL};
  struct tool t;
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "call");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = call_set(&t, &o, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 2, 2, "[OPTION]... BINDING INTERFACE.OPERATION");
  if (exit_code == TOOL_GO_ON)
    exit_code = operation_parse(&t, argv[optind + 1], &o);
  if (exit_code == TOOL_GO_ON)
    exit_code = call_ask(&t, &o, argv[optind]);
  tool_deinit(&t);
  free(o.stub);
  return exit_code;
}
