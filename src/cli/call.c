/* SPDX-License-Identifier: Apache-2.0 */
/* portero call: operations, with JSON or with the bytes of the stub. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/hex.h"
#include "src/cli/operation_name.h"
#include "src/json/refer.h"

#define CALL_MEMORY    ((size_t)256 << 20)
#define CALL_MAX_WORDS 4096

static const char help[] =
    "usage: portero call [OPTION]... BINDING INTERFACE.OPERATION [ARGUMENTS]\n"
    "                    [OPERATION [ARGUMENTS]]...\n"
    "\n"
    "Calls an operation. ARGUMENTS is a JSON object of its [in] parameters, - to\n"
    "read it from standard input; the answer is JSON too. Counts and union tags may\n"
    "be left out: they follow from what is given. BINDING: a string binding, or a\n"
    "host as for portero ls; without an endpoint its endpoint mapper is asked.\n"
    "INTERFACE: UUID[:MAJOR[.MINOR]] or a known name; OPERATION: name or number.\n"
    "\n"
    "Further operations are called on the same connection, one after the other: what\n"
    "the first one opens is there for the next. In their arguments \"$.key\" means\n"
    "the answer's key before, \"$1.key\" the first answer's; \"$$\" is a dollar sign.\n"
    "\n"
    "  --types FILE            an IDL file, or a type table, that defines INTERFACE\n"
    "                          (default: the definitions that portero brings)\n"
    "  --hex STUB              bytes instead of JSON, as they go over the wire, and\n"
    "                          bytes back; spaces and colons between bytes are fine\n"
    "  --object UUID           object of the call\n"
    "  --ndr64                 in NDR64; fail where the server has only NDR\n"
    "  --big-endian            in big-endian\n" LOGIN_HELP_TEXT TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT "\n"
    "  portero call server mgmt.rpc_mgmt_is_server_listening\n"
    "  portero call server winreg.OpenLocalMachine '{\"desired_access\": 33554432}' \\\n"
    "    BaseRegGetVersion '{\"key\": \"$.key\"}'\n";

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
    LOGIN_OPTIONS,
    TOOL_OPTIONS,
};

/* One of the operations. */
struct step {
  uint16_t opnum;
  const struct portero_op *op; /* NULL: its types are not known */
  char *arguments;             /* JSON; NULL: none */
};

struct call {
  struct operation_name operation; /* the first one; the interface of all */
  struct step *steps;
  size_t n_steps;
  char **answers; /* of the steps that are done: JSON */
  size_t n_answers;
  const char *types_path;
  bool is_hex;
  uint8_t *stub;
  size_t stub_size;
  struct portero_arena arena;
  void *params; /* of the step that is being called */
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

/* A further operation of the same interface. */
static int step_find(const struct tool *t, struct call *c, const char *name, struct step *s)
{
  const struct type_operation *o = &c->operation.type;
  char *end;
  unsigned long number = strtoul(name, &end, 0);

  if (!c->operation.has_types)
    return tool_usage(t, "further operations need types: give a file with --types");
  s->op = end == name || *end ? portero_types_op_named(&o->types, o->iface, name)
          : number <= UINT16_MAX
              ? portero_types_op(&o->types, o->iface, (uint16_t)number)
              : NULL;
  if (!s->op)
    return tool_usage(t, "\"%s\": %s has no operation of that name", name,
                      portero_types_text(&o->types, o->iface->name));
  s->opnum = s->op->opnum;
  return TOOL_GO_ON;
}

/* words: INTERFACE.OPERATION, then arguments and operations in turn. */
static int call_find_steps(const struct tool *t, struct call *c, char **words, size_t n_words)
{
  int exit_code = operation_name_parse(t, words[0], c->types_path, &c->operation);

  c->steps = calloc((n_words + 1) / 2, sizeof *c->steps);
  c->answers = calloc((n_words + 1) / 2, sizeof *c->answers);
  if (!c->steps || !c->answers)
    return tool_usage(t, "no memory");
  c->n_steps = (n_words + 1) / 2;
  c->steps[0].opnum = c->operation.opnum;
  c->steps[0].op = c->operation.has_types ? c->operation.type.op : NULL;
  for (size_t i = 0; i < n_words && exit_code == TOOL_GO_ON; i++) {
    struct step *s = &c->steps[i / 2];
    if (i > 0 && i % 2 == 0)
      exit_code = step_find(t, c, words[i], s);
    if (i % 2 == 1 && !(s->arguments = text_or_input(words[i])))
      exit_code = tool_usage(t, "the arguments cannot be read");
  }
  return exit_code;
}

static int call_check(const struct tool *t, struct call *c, int argc, char **argv)
{
  int exit_code = call_find_steps(t, c, argv + optind + 1, (size_t)(argc - optind - 1));

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  if (t->options.ndr64 && t->options.big_endian)
    return tool_usage(t, "--ndr64 and --big-endian: NDR64 is always little-endian");
  if (c->is_hex && (c->n_steps > 1 || c->steps[0].arguments))
    return tool_usage(t, "--hex and JSON arguments: one of them");
  if (c->steps[0].arguments && !c->operation.has_types)
    return tool_usage(
        t, "the types of %s are not known: give a file with --types, or bytes with --hex",
        argv[optind + 1]);
  c->is_hex = c->is_hex || !c->operation.has_types;
  return TOOL_GO_ON;
}

/* JSON to memory, before anything of this operation is sent. */
static int call_make_params(const struct tool *t, struct call *c, const struct step *s)
{
  const struct type_operation *o = &c->operation.type;
  char problem[JSON_TEXT_PROBLEM_SIZE];
  char *text;
  bool parsed;

  portero_arena_reset(&c->arena);
  c->params = portero_arena_alloc(&c->arena, o->types.layouts[s->op->params].size);
  if (!c->params)
    return tool_usage(t, "no memory");
  text = json_refer(s->arguments ? s->arguments : "{}", c->answers, c->n_answers, problem);
  parsed = text && json_parse_params(&o->types, s->op, PORTERO_DIRECTION_IN, text, &c->arena,
                                     c->params, problem);
  free(text);
  return parsed ? TOOL_GO_ON
                : tool_usage(t, "%s.%s: %s", portero_types_text(&o->types, o->iface->name),
                             portero_types_text(&o->types, s->op->name), problem);
}

/* ---- what is shown ---- */

static void begin_answer(struct out_json *j, const struct portero_client *c, const struct step *s)
{
  out_begin(j, NULL, '{');
  out_text(j, "binding", portero_client_binding(c));
  out_number(j, "opnum", s->opnum);
}

static void show_bytes(const struct tool *t, const struct portero_client *c, const struct step *s,
                       struct portero_bytes stub)
{
  struct out_json j = {.stream = stdout};

  if (!t->json) {
    output_hex_dump(stdout, stub);
    if (stub.size == 0)
      (void)fputs("(the answer is empty)\n", stdout);
    return;
  }
  begin_answer(&j, c, s);
  out_hex(&j, "stub", stub);
  out_end(&j, '}');
}

static void show_fault(const struct tool *t, const struct portero_client *c, const struct step *s,
                       portero_status status)
{
  struct out_json j = {.stream = stdout};

  if (!t->json || status.klass != PORTERO_CLASS_FAULT)
    return;
  begin_answer(&j, c, s);
  out_number(&j, "fault", status.code);
  out_text(&j, "fault_name", portero_code_name(status.code));
  out_end(&j, '}');
}

/* A status among the results, by value or behind a pointer that is never null. */
static bool find_status(const struct call *call, uint32_t member, uint32_t *out_status)
{
  const struct portero_types *t = &call->operation.type.types;
  uint32_t type = t->members[member].type;
  const uint8_t *value = (const uint8_t *)call->params + t->offsets[member];

  if (!(t->members[member].flags & PORTERO_MEMBER_OUT))
    return false;
  if (t->types[type].kind == PORTERO_KIND_POINTER && t->layouts[type].is_collapsed)
    type = t->types[type].of;
  if (t->types[type].kind != PORTERO_KIND_ERROR)
    return false;
  memcpy(out_status, value, sizeof *out_status);
  return true;
}

/* What an operation says of itself: whatever is not 0 is a no. */
static int show_status(const struct call *call, const struct step *s)
{
  const struct portero_types *t = &call->operation.type.types;
  const struct portero_type *params = &t->types[s->op->params];
  int exit_code = EXIT_OK;
  uint32_t status;
  const char *name;

  for (uint32_t i = params->first; i < params->first + params->count; i++) {
    if (!find_status(call, i, &status) || status == 0)
      continue;
    name = portero_code_name(status);
    complain("call", "%s of %s is 0x%x%s%s", portero_types_text(t, t->members[i].name),
             portero_types_text(t, s->op->name), (unsigned)status, name ? ", " : "",
             name ? name : "");
    exit_code = EXIT_NEGATIVE;
  }
  return exit_code;
}

static int show_values(const struct tool *t, const struct portero_client *c, struct call *call,
                       const struct step *s)
{
  const struct type_operation *o = &call->operation.type;
  char *text = json_print_params(&o->types, s->op, PORTERO_DIRECTION_OUT, call->params);

  if (!text) {
    complain(t->name, "an answer without end, or no memory for it");
    return EXIT_LOCAL_FAILURE;
  }
  call->answers[call->n_answers++] = text;
  complaint_answered();
  if (t->json)
    (void)printf("{\"binding\": \"%s\", \"opnum\": %u, \"answer\": %s}\n",
                 portero_client_binding(c), (unsigned)s->opnum, text);
  else
    (void)printf("%s\n", text);
  (void)fflush(stdout); /* before what is said of it */
  return show_status(call, s);
}

/* ---- calling ---- */

static portero_status call_bytes(const struct tool *t, struct portero_client *c,
                                 const struct call *call, const struct step *s)
{
  struct portero_bytes stub;
  portero_status status = portero_client_call_bytes(
      c, s->opnum, portero_bytes_make(call->stub, call->stub_size), &stub);

  if (portero_is_ok(status))
    show_bytes(t, c, s, stub);
  return status;
}

static portero_status call_values(const struct tool *t, struct portero_client *c,
                                  struct call *call, const struct step *s, int *out_exit)
{
  const struct type_operation *o = &call->operation.type;
  struct portero_ndr_reader *results;
  portero_status status;

  portero_types_write_call(&o->types, s->op, PORTERO_DIRECTION_IN, call->params,
                           portero_client_in(c));
  status = portero_client_call(c, s->opnum, &results);
  if (!portero_is_ok(status))
    return status;
  portero_types_read_call(&o->types, s->op, PORTERO_DIRECTION_OUT, false, call->params, results);
  if (portero_is_ok(portero_ndr_reader_finish(results))) {
    *out_exit = show_values(t, c, call, s);
    return status;
  }
  complain(t->name,
           "the answer is not what the definition says, at byte %zu of %zu%s%s; "
           "--hex \"\" shows the bytes",
           results->r.at, results->r.size, results->r.what ? ": " : "",
           results->r.what ? results->r.what : "");
  *out_exit = EXIT_NEGATIVE;
  return status;
}

static int call_step(const struct tool *t, struct portero_client *c, struct call *call,
                     const struct step *s)
{
  int exit_code = EXIT_OK;
  portero_status status;

  complaint_next_answer();
  status = call->is_hex ? call_bytes(t, c, call, s) : call_values(t, c, call, s, &exit_code);

  if (portero_is_ok(status))
    return exit_code;
  show_fault(t, c, s, status);
  return tool_failure(t, c, status);
}

/* All in turn. A no does not end it: what was opened is still to be closed. */
static int call_run(const struct tool *t, struct portero_client *c, struct call *call)
{
  int exit_code = EXIT_OK, answer;

  if (t->options.ndr64 &&
      !portero_syntax_equal(portero_client_transfer(c), &portero_syntax_ndr64)) {
    (void)fprintf(stderr, "portero call: the server does not speak NDR64 on this interface\n");
    return EXIT_REFUSED;
  }
  for (size_t i = 0; i < call->n_steps; i++) {
    if (i > 0 && (answer = call_make_params(t, call, &call->steps[i])) != TOOL_GO_ON)
      return answer;
    answer = call_step(t, c, call, &call->steps[i]);
    exit_code = answer == EXIT_OK ? exit_code : answer;
    if (call->n_answers != i + 1)
      return exit_code;
  }
  return exit_code;
}

static int call_ask(struct tool *t, struct call *call, const char *host)
{
  struct portero_binding b;
  struct portero_client *c;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  if (!call->is_hex && (exit_code = call_make_params(t, call, &call->steps[0])) != TOOL_GO_ON)
    return exit_code;
  t->options.any_syntax = !call->operation.versioned;
  c = tool_open(t, &b, &call->operation.interface, &exit_code);
  if (!c)
    return exit_code;
  exit_code = call_run(t, c, call);
  portero_client_close(c);
  return exit_code;
}

static void call_deinit(struct call *c)
{
  for (size_t i = 0; i < c->n_steps; i++)
    free(c->steps[i].arguments);
  for (size_t i = 0; i < c->n_answers; i++)
    free(c->answers[i]);
  free(c->steps);
  free(c->answers);
  free(c->stub);
  operation_name_deinit(&c->operation);
  portero_arena_deinit(&c->arena);
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
    exit_code = tool_arguments(
        &t, argc, 2, CALL_MAX_WORDS,
        "[OPTION]... BINDING INTERFACE.OPERATION [ARGUMENTS] [OPERATION [ARGUMENTS]]...");
  if (exit_code == TOOL_GO_ON)
    exit_code = call_check(&t, &c, argc, argv);
  if (exit_code == TOOL_GO_ON)
    exit_code = call_ask(&t, &c, argv[optind]);
  tool_deinit(&t);
  call_deinit(&c);
  return exit_code;
}
