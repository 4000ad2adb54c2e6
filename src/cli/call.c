/* SPDX-License-Identifier: Apache-2.0 */
/* portero call: one operation, with JSON or with the bytes of its stub. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/hex.h"
#include "src/cli/operation_name.h"
#include "src/json/text.h"

#define CALL_MEMORY ((size_t)256 << 20)

static const char help[] =
    "usage: portero call [OPTION]... BINDING INTERFACE.OPERATION [ARGUMENTS]\n"
    "\n"
    "Calls one operation. ARGUMENTS is a JSON object of its [in] parameters, - to\n"
    "read it from standard input; the answer is JSON too. Counts and union tags may\n"
    "be left out: they follow from what is given. BINDING: a string binding, or a\n"
    "host as for portero ls; without an endpoint its endpoint mapper is asked.\n"
    "INTERFACE: UUID[:MAJOR[.MINOR]] or a known name; OPERATION: name or number.\n"
    "\n"
    "  --types FILE            an IDL file, or a type table, that defines INTERFACE\n"
    "                          (default: the definitions that portero brings)\n"
    "  --hex STUB              bytes instead of JSON, as they go over the wire, and\n"
    "                          bytes back; spaces and colons between bytes are fine\n"
    "  --object UUID           object of the call\n"
    "  --ndr64                 in NDR64; fail where the server has only NDR\n"
    "  --big-endian            in big-endian\n" TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT "\n"
    "  portero call server mgmt.rpc__mgmt_is_server_listening\n"
    "  portero call server winreg.OpenLocalMachine '{\"desired\": 33554432}'\n";

enum {
  CALL_HEX = 1,
  CALL_TYPES,
  CALL_OBJECT,
  CALL_NDR64,
  CALL_BIG_ENDIAN
};

static const struct option options[] = {
    {"hex", required_argument, NULL, CALL_HEX},
    {"types", required_argument, NULL, CALL_TYPES},
    {"object", required_argument, NULL, CALL_OBJECT},
    {"ndr64", no_argument, NULL, CALL_NDR64},
    {"big-endian", no_argument, NULL, CALL_BIG_ENDIAN},
    TOOL_OPTIONS,
};

struct call {
  struct operation_name operation;
  const char *types_path;
  char *arguments; /* JSON; NULL: none */
  bool is_hex;
  uint8_t *stub;
  size_t stub_size;
  struct portero_arena arena;
  void *params;
};

/* ---- arguments ---- */

static int call_set(struct tool *t, struct call *c, int option)
{
  switch (option) {
  case CALL_HEX:
    free(c->stub);
    c->stub = NULL;
    c->is_hex = true;
    if (hex_parse(optarg, &c->stub, &c->stub_size))
      return TOOL_GO_ON;
    return tool_usage(t, "--hex: expected pairs of hex digits");
  case CALL_TYPES:
    c->types_path = optarg;
    return TOOL_GO_ON;
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

static int call_check(const struct tool *t, struct call *c, int argc, char **argv)
{
  int exit_code = operation_name_parse(t, argv[optind + 1], c->types_path, &c->operation);

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  if (t->options.ndr64 && t->options.big_endian)
    return tool_usage(t, "--ndr64 and --big-endian: NDR64 is always little-endian");
  if (argc - optind == 3 && c->is_hex)
    return tool_usage(t, "--hex and JSON arguments: one of them");
  if (argc - optind == 3)
    c->arguments = text_or_input(argv[optind + 2]);
  if (argc - optind == 3 && !c->arguments)
    return tool_usage(t, "the arguments cannot be read");
  if (c->arguments && !c->operation.has_types)
    return tool_usage(
        t, "the types of %s are not known: give a file with --types, or bytes with --hex",
        argv[optind + 1]);
  c->is_hex = c->is_hex || !c->operation.has_types;
  return TOOL_GO_ON;
}

/* JSON to memory, before anything is sent. */
static int call_make_params(const struct tool *t, struct call *c)
{
  const struct type_operation *o = &c->operation.type;
  char problem[JSON_TEXT_PROBLEM_SIZE];

  c->params = portero_arena_alloc(&c->arena, o->types.layouts[o->op->params].size);
  if (!c->params)
    return tool_usage(t, "no memory");
  if (json_parse_params(&o->types, o->op, PORTERO_DIRECTION_IN, c->arguments ? c->arguments : "{}",
                        &c->arena, c->params, problem))
    return TOOL_GO_ON;
  return tool_usage(t, "%s.%s: %s", portero_types_text(&o->types, o->iface->name),
                    portero_types_text(&o->types, o->op->name), problem);
}

/* ---- what is shown ---- */

static void begin_answer(struct out_json *j, const struct portero_client *c,
                         const struct call *call)
{
  out_begin(j, NULL, '{');
  out_text(j, "binding", portero_client_binding(c));
  out_number(j, "opnum", call->operation.opnum);
}

static void show_bytes(const struct tool *t, const struct portero_client *c,
                       const struct call *call, struct portero_bytes stub)
{
  struct out_json j = {.stream = stdout};

  if (!t->json) {
    output_hex_dump(stdout, stub);
    if (stub.size == 0)
      (void)fputs("(the answer is empty)\n", stdout);
    return;
  }
  begin_answer(&j, c, call);
  out_hex(&j, "stub", stub);
  out_end(&j, '}');
}

static void show_fault(const struct tool *t, const struct portero_client *c,
                       const struct call *call, portero_status status)
{
  struct out_json j = {.stream = stdout};

  if (!t->json || status.klass != PORTERO_CLASS_FAULT)
    return;
  begin_answer(&j, c, call);
  out_number(&j, "fault", status.code);
  out_text(&j, "fault_name", portero_code_name(status.code));
  out_end(&j, '}');
}

/* An operation's own status, where it says no. */
static void show_result(const struct call *call)
{
  const struct portero_types *t = &call->operation.type.types;
  const struct portero_type *s = &t->types[call->operation.type.op->params];
  uint32_t last = s->first + s->count - 1;
  uint8_t kind;
  int64_t result;

  if (s->count == 0 || !(t->members[last].flags & PORTERO_MEMBER_RESULT))
    return;
  kind = t->types[t->members[last].type].kind;
  if (kind != PORTERO_KIND_UINT32 && kind != PORTERO_KIND_INT32 && kind != PORTERO_KIND_ERROR)
    return;
  result = portero_types_number(kind, (const uint8_t *)call->params + t->offsets[last]);
  if (result != 0 && portero_code_name((uint32_t)result))
    (void)fprintf(stderr, "portero call: the result 0x%x is %s\n", (unsigned)result,
                  portero_code_name((uint32_t)result));
}

static int show_values(const struct tool *t, const struct portero_client *c,
                       const struct call *call)
{
  const struct type_operation *o = &call->operation.type;
  char *text = json_print_params(&o->types, o->op, PORTERO_DIRECTION_OUT, call->params);

  if (!text) {
    (void)fprintf(stderr, "portero call: no memory for the answer\n");
    return EXIT_LOCAL_FAILURE;
  }
  if (t->json)
    (void)printf("{\"binding\": \"%s\", \"opnum\": %u, \"answer\": %s}\n",
                 portero_client_binding(c), (unsigned)call->operation.opnum, text);
  else
    (void)printf("%s\n", text);
  free(text);
  show_result(call);
  return EXIT_OK;
}

/* ---- calling ---- */

static portero_status call_bytes(const struct tool *t, struct portero_client *c,
                                 const struct call *call)
{
  struct portero_bytes stub;
  portero_status status = portero_client_call_bytes(
      c, call->operation.opnum, portero_bytes_make(call->stub, call->stub_size), &stub);

  if (portero_is_ok(status))
    show_bytes(t, c, call, stub);
  return status;
}

static portero_status call_values(const struct tool *t, struct portero_client *c,
                                  const struct call *call, int *out_exit)
{
  const struct type_operation *o = &call->operation.type;
  struct portero_ndr_reader *results;
  portero_status status;

  portero_types_write_call(&o->types, o->op, PORTERO_DIRECTION_IN, call->params,
                           portero_client_in(c));
  status = portero_client_call(c, call->operation.opnum, &results);
  if (!portero_is_ok(status))
    return status;
  portero_types_read_call(&o->types, o->op, PORTERO_DIRECTION_OUT, false, call->params, results);
  if (portero_is_ok(portero_ndr_reader_finish(results))) {
    *out_exit = show_values(t, c, call);
    return status;
  }
  (void)fprintf(stderr,
                "portero call: the answer is not what the definition says, at byte %zu of %zu%s%s; "
                "--hex \"\" shows the bytes\n",
                results->r.at, results->r.size, results->r.what ? ": " : "",
                results->r.what ? results->r.what : "");
  *out_exit = EXIT_NEGATIVE;
  return status;
}

static int call_run(const struct tool *t, struct portero_client *c, const struct call *call)
{
  int exit_code = EXIT_OK;
  portero_status status;

  if (t->options.ndr64 &&
      !portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr64)) {
    (void)fprintf(stderr, "portero call: the server does not speak NDR64 on this interface\n");
    return EXIT_REFUSED;
  }
  status = call->is_hex ? call_bytes(t, c, call) : call_values(t, c, call, &exit_code);
  if (portero_is_ok(status))
    return exit_code;
  show_fault(t, c, call, status);
  return tool_failure(t, c, status);
}

static int call_ask(struct tool *t, struct call *call, const char *host)
{
  struct portero_binding b;
  struct portero_client *c;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  if (!call->is_hex && (exit_code = call_make_params(t, call)) != TOOL_GO_ON)
    return exit_code;
  t->options.any_syntax = !call->operation.versioned;
  c = tool_open(t, &b, &call->operation.interface, &exit_code);
  if (!c)
    return exit_code;
  exit_code = call_run(t, c, call);
  portero_client_close(c);
  return exit_code;
}

int command_call(int argc, char **argv)
{
  struct call c = {.stub = NULL};
  struct tool t;
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "call");
  portero_arena_init(&c.arena, &portero_mem_malloc, CALL_MEMORY);
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = call_set(&t, &c, option);
  if (exit_code == TOOL_GO_ON)
    exit_code =
        tool_arguments(&t, argc, 2, 3, "[OPTION]... BINDING INTERFACE.OPERATION [ARGUMENTS]");
  if (exit_code == TOOL_GO_ON)
    exit_code = call_check(&t, &c, argc, argv);
  if (exit_code == TOOL_GO_ON)
    exit_code = call_ask(&t, &c, argv[optind]);
  tool_deinit(&t);
  operation_name_deinit(&c.operation);
  portero_arena_deinit(&c.arena);
  free(c.arguments);
  free(c.stub);
  return exit_code;
}
