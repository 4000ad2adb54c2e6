/* SPDX-License-Identifier: Apache-2.0 */
/* portero decode: the bytes of a captured stub, as JSON; and JSON as bytes. */
#include <stdlib.h>
#include <string.h>

#include "src/cli/hex.h"
#include "src/cli/operation_name.h"
#include "src/json/text.h"

#define DECODE_MEMORY ((size_t)256 << 20)

static const char help[] =
    "usage: portero decode [OPTION]... INTERFACE.OPERATION STUB\n"
    "\n"
    "Shows the parameters in a stub, e.g. one from a capture, as JSON. STUB is hex, -\n"
    "reads it from standard input. Nothing is sent.\n"
    "\n"
    "  --response              STUB is an answer (default: a request)\n"
    "  --request STUB          the request of that answer, for what depends on it;\n"
    "                          without it counts and tags are taken from the answer\n"
    "  --encode                the other way: STUB is JSON, hex is shown\n"
    "  --ndr64                 STUB is NDR64\n"
    "  --big-endian            STUB is big-endian\n"
    "  --types FILE            an IDL file, or a type table, that defines INTERFACE\n"
    "                          (default: the definitions that portero brings)\n"
    "  --help                  this text\n"
    "\n"
    "Exit status: 0 done, 1 STUB is not what the definition says, 2 wrong usage,\n"
    "5 failure on this host.\n"
    "\n"
    "  portero decode winreg.BaseRegCloseKey 00000000...\n";

enum {
  DECODE_RESPONSE = 1,
  DECODE_REQUEST,
  DECODE_ENCODE,
  DECODE_NDR64,
  DECODE_BIG_ENDIAN,
  DECODE_TYPES
};

static const struct option options[] = {
    {"response", no_argument, NULL, DECODE_RESPONSE},
    {"request", required_argument, NULL, DECODE_REQUEST},
    {"encode", no_argument, NULL, DECODE_ENCODE},
    {"ndr64", no_argument, NULL, DECODE_NDR64},
    {"big-endian", no_argument, NULL, DECODE_BIG_ENDIAN},
    {"types", required_argument, NULL, DECODE_TYPES},
    {"help", no_argument, NULL, TOOL_HELP},
    {NULL, 0, NULL, 0},
};

struct decode {
  struct tool tool;
  struct operation_name operation;
  enum portero_direction direction;
  const char *request, *types_path;
  bool encode, ndr64, big_endian;
  char *text; /* STUB, or JSON */
  struct portero_arena arena;
  void *params;
};

static int decode_set(struct decode *d, int option)
{
  switch (option) {
  case DECODE_RESPONSE:
    d->direction = PORTERO_DIRECTION_OUT;
    return TOOL_GO_ON;
  case DECODE_REQUEST:
    d->request = optarg;
    return TOOL_GO_ON;
  case DECODE_ENCODE:
    d->encode = true;
    return TOOL_GO_ON;
  case DECODE_NDR64:
    d->ndr64 = true;
    return TOOL_GO_ON;
  case DECODE_BIG_ENDIAN:
    d->big_endian = true;
    return TOOL_GO_ON;
  }
  d->types_path = optarg;
  return TOOL_GO_ON;
}

static int decode_check(struct decode *d, char **argv)
{
  const struct tool *t = &d->tool;
  int exit_code = operation_name_parse(t, argv[optind], d->types_path, &d->operation);
  const struct type_operation *o = &d->operation.type;

  if (exit_code != TOOL_GO_ON)
    return exit_code;
  if (!d->operation.has_types)
    return tool_usage(t, "the types of %s are not known: give a file with --types", argv[optind]);
  if (d->ndr64 && d->big_endian)
    return tool_usage(t, "--ndr64 and --big-endian: NDR64 is always little-endian");
  if (d->request && d->direction == PORTERO_DIRECTION_IN)
    return tool_usage(t, "--request goes with --response");
  d->text = text_or_input(argv[optind + 1]);
  d->params = portero_arena_alloc(&d->arena, o->types.layouts[o->op->params].size);
  if (d->text && d->params)
    return TOOL_GO_ON;
  return tool_usage(t, "%s cannot be read", argv[optind + 1]);
}

/* ---- bytes to JSON ---- */

static int decode_bytes(struct decode *d, const char *hex, enum portero_direction direction,
                        bool infer)
{
  const struct type_operation *o = &d->operation.type;
  struct portero_ndr_reader r;
  uint8_t *bytes, *copy;
  size_t size;

  if (!hex_parse(hex, &bytes, &size))
    return tool_usage(&d->tool, "expected pairs of hex digits");
  copy = portero_arena_alloc(&d->arena, size);
  if (copy && size)
    memcpy(copy, bytes, size);
  free(bytes);
  portero_ndr_reader_init(&r, portero_bytes_make(copy, copy ? size : 0), &d->arena, d->ndr64,
                          d->big_endian);
  portero_types_read_call(&o->types, o->op, direction, infer, d->params, &r);
  if (!portero_is_ok(portero_ndr_reader_finish(&r))) {
    complain(d->tool.name, "not what the definition says, at byte %zu of %zu%s%s", r.r.at, size,
             r.r.what ? ": " : "", r.r.what ? r.r.what : "");
    return EXIT_NEGATIVE;
  }
  if (portero_reader_left(&r.r))
    complain(d->tool.name, "%zu bytes are left over", portero_reader_left(&r.r));
  return TOOL_GO_ON;
}

static int decode_show(const struct decode *d)
{
  const struct type_operation *o = &d->operation.type;
  char *text = json_print_params(&o->types, o->op, d->direction, d->params);

  if (!text) {
    complain(d->tool.name, "a value without end, or no memory");
    return EXIT_LOCAL_FAILURE;
  }
  (void)printf("%s\n", text);
  free(text);
  return EXIT_OK;
}

static int decode_run(struct decode *d)
{
  int exit_code = TOOL_GO_ON;

  if (d->request)
    exit_code = decode_bytes(d, d->request, PORTERO_DIRECTION_IN, false);
  if (exit_code == TOOL_GO_ON)
    exit_code = decode_bytes(d, d->text, d->direction,
                             d->direction == PORTERO_DIRECTION_OUT && !d->request);
  return exit_code == TOOL_GO_ON ? decode_show(d) : exit_code;
}

/* ---- JSON to bytes ---- */

static int encode_run(struct decode *d)
{
  const struct type_operation *o = &d->operation.type;
  char problem[JSON_TEXT_PROBLEM_SIZE];
  struct portero_ndr_writer w;
  struct portero_bytes stub;
  int exit_code = EXIT_OK;

  if (!json_parse_params(&o->types, o->op, d->direction, d->text, &d->arena, d->params, problem))
    return tool_usage(&d->tool, "%s", problem);
  portero_ndr_writer_init(&w, &portero_mem_malloc, DECODE_MEMORY, d->ndr64, d->big_endian);
  portero_types_write_call(&o->types, o->op, d->direction, d->params, &w);
  stub = portero_ndr_writer_stub(&w);
  if (portero_is_ok(portero_ndr_writer_finish(&w))) {
    for (size_t i = 0; i < stub.size; i++)
      (void)printf("%02x", stub.data[i]);
    (void)putchar('\n');
  } else {
    complain(d->tool.name, "these values have no form on the wire");
    exit_code = EXIT_NEGATIVE;
  }
  portero_writer_deinit(&w.w);
  return exit_code;
}

int command_decode(int argc, char **argv)
{
  struct decode d = {.text = NULL};
  int option, exit_code = TOOL_GO_ON;

  tool_init(&d.tool, "decode");
  portero_arena_init(&d.arena, &portero_mem_malloc, DECODE_MEMORY);
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&d.tool, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = decode_set(&d, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&d.tool, argc, 2, 2, "[OPTION]... INTERFACE.OPERATION STUB");
  if (exit_code == TOOL_GO_ON)
    exit_code = decode_check(&d, argv);
  if (exit_code == TOOL_GO_ON)
    exit_code = d.encode ? encode_run(&d) : decode_run(&d);
  tool_deinit(&d.tool);
  operation_name_deinit(&d.operation);
  portero_arena_deinit(&d.arena);
  free(d.text);
  return exit_code;
}
