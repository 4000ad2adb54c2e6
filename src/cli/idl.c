/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portero idl: interface definitions in, C and type tables out. Also built alone, before the
 * libraries: their own stubs come from it. So nothing of the runtime is used here.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cli/commands.h"
#include "src/cli/idl_files.h"
#include "src/idlc/compile.h"
#include "src/idlc/emit.h"

#define IDL_MAX_OPTIONS 64u
#define IDL_MEMORY      ((size_t)1 << 30)
#define IDL_OUTPUT      ((size_t)256 << 20)

static const char help[] =
    " [OPTION]... FILE.idl\n"
    "\n"
    "Compiles Microsoft interface definitions (MIDL) to C: types, client calls,\n"
    "server dispatch, and type tables.\n"
    "\n"
    "  -I DIR                  look for imports and includes here too;\n"
    "                          may be repeated\n"
    "  -D NAME[=VALUE]         define a macro for the preprocessor\n"
    "  -o DIR                  where outputs go (default: .)\n"
    "  --emit LIST             of c, h, tables, json (default: c,h)\n"
    "  --prefix [FILE:]PREFIX  of C names of types that FILE.idl defines\n"
    "                          (default: its name); without FILE: of the file\n"
    "                          that is compiled\n"
    "  --acf FILE              attribute configuration (default: FILE.acf, if there)\n"
    "  --hooks                 types of the program's own for all [transmit_as],\n"
    "                          [wire_marshal] and [call_as]\n"
    "  --hook NAME[=C-TYPE]    the same for one type, whatever its attributes;\n"
    "                          may be repeated\n"
    "  --include HEADER        the generated header includes this one;\n"
    "                          may be repeated\n"
    "  --depfile FILE          write what was read, for make and ninja\n"
    "  --help                  this text\n"
    "\n"
    "Exit status: 0 done, 1 the file has errors, 2 wrong usage, 5 failure on this\n"
    "host.\n"
    "\n";

static const char example[] = " -I /usr/share/portero/idl -o build greeter.idl\n";

enum {
  IDL_EMIT = 1,
  IDL_PREFIX,
  IDL_ACF,
  IDL_HOOKS,
  IDL_HOOK,
  IDL_INCLUDE,
  IDL_DEPFILE,
  IDL_HELP
};

static const struct option options[] = {
    {"emit", required_argument, NULL, IDL_EMIT},
    {"prefix", required_argument, NULL, IDL_PREFIX},
    {"acf", required_argument, NULL, IDL_ACF},
    {"depfile", required_argument, NULL, IDL_DEPFILE},
    {"hooks", no_argument, NULL, IDL_HOOKS},
    {"hook", required_argument, NULL, IDL_HOOK},
    {"include", required_argument, NULL, IDL_INCLUDE},
    {"help", no_argument, NULL, IDL_HELP},
    {NULL, 0, NULL, 0},
};

enum {
  EMIT_C = 1,
  EMIT_H = 2,
  EMIT_TABLES = 4,
  EMIT_JSON = 8
};

static const struct output {
  const char *suffix;
  unsigned group;
  void (*emit)(const struct idlc_emit *e, struct portero_writer *w);
} outputs[] = {
    {".h", EMIT_H, idlc_emit_header},         {"_rpc.h", EMIT_H, idlc_emit_rpc_header},
    {"_wire.h", EMIT_C, idlc_emit_wire},      {".c", EMIT_C, idlc_emit_source},
    {"_rpc.c", EMIT_C, idlc_emit_rpc_source}, {".ptt", EMIT_TABLES, idlc_emit_tables},
    {".json", EMIT_JSON, idlc_emit_json},
};

struct idl {
  const char *self; /* "portero idl", or "portero-idlc" for the compiler alone */
  const char *include_dirs[IDL_MAX_OPTIONS];
  unsigned n_include_dirs;
  struct idlc_define defines[IDL_MAX_OPTIONS];
  unsigned n_defines;
  struct idlc_prefix prefixes[IDL_MAX_OPTIONS];
  unsigned n_prefixes;
  struct idlc_hook_option hooks[IDL_MAX_OPTIONS];
  unsigned n_hooks;
  const char *headers[IDL_MAX_OPTIONS];
  unsigned n_headers;
  bool all_hooks;
  const char *folder, *acf, *depfile;
  unsigned emit;
  struct portero_arena arena;
};

PORTERO_PRINTF(2, 3) static int idl_usage(const struct idl *i, const char *format, ...)
{
  va_list args;

  (void)fprintf(stderr, "%s: ", i->self);
  va_start(args, format);
  (void)vfprintf(stderr, format, args);
  va_end(args);
  (void)fprintf(stderr, "\n%s --help tells the options.\n", i->self);
  return EXIT_USAGE;
}

/* ---- options ---- */

/* The parts of NAME=VALUE or FILE:PREFIX; false: memory is out. */
static bool idl_split(struct idl *i, const char *text, char mark, const char **out_left,
                      const char **out_right)
{
  const char *at = strchr(text, mark);

  *out_right = at ? at + 1 : NULL;
  *out_left = at ? portero_arena_text(&i->arena, text, (size_t)(at - text)) : text;
  return *out_left != NULL;
}

static int idl_set_define(struct idl *i, const char *text)
{
  struct idlc_define *d = &i->defines[i->n_defines];

  if (i->n_defines == IDL_MAX_OPTIONS || !idl_split(i, text, '=', &d->name, &d->value))
    return idl_usage(i, "-D %s: too many", text);
  if (!d->value)
    d->value = "1";
  i->n_defines++;
  return 0;
}

static int idl_set_prefix(struct idl *i, const char *text)
{
  struct idlc_prefix *p = &i->prefixes[i->n_prefixes];

  if (i->n_prefixes == IDL_MAX_OPTIONS || !idl_split(i, text, ':', &p->stem, &p->prefix))
    return idl_usage(i, "--prefix %s: too many", text);
  if (!p->prefix) {
    p->prefix = p->stem;
    p->stem = NULL;
  }
  i->n_prefixes++;
  return 0;
}

static int idl_set_emit(struct idl *i, const char *text)
{
  static const struct {
    const char *name;
    unsigned group;
  } groups[] = {{"c", EMIT_C}, {"h", EMIT_H}, {"tables", EMIT_TABLES}, {"json", EMIT_JSON}};

  i->emit = 0;
  while (*text) {
    size_t length = strcspn(text, ","), g;

    for (g = 0; g < sizeof groups / sizeof groups[0]; g++)
      if (strlen(groups[g].name) == length && strncmp(groups[g].name, text, length) == 0)
        break;
    if (g == sizeof groups / sizeof groups[0])
      return idl_usage(i, "--emit %s: expected a list of c, h, tables, json", text);
    i->emit |= groups[g].group;
    text += length + (text[length] == ',');
  }
  return i->emit ? 0 : idl_usage(i, "--emit: nothing to do");
}

static int idl_set_hook(struct idl *i, const char *text)
{
  struct idlc_hook_option *h = &i->hooks[i->n_hooks];

  if (i->n_hooks == IDL_MAX_OPTIONS || !idl_split(i, text, '=', &h->name, &h->local))
    return idl_usage(i, "--hook %s: too many", text);
  if (!h->name[0] || (h->local && !h->local[0]))
    return idl_usage(i, "--hook %s: expected NAME or NAME=C-TYPE", text);
  i->n_hooks++;
  return 0;
}

static int idl_set_header(struct idl *i, const char *name)
{
  if (i->n_headers == IDL_MAX_OPTIONS)
    return idl_usage(i, "--include %s: too many", name);
  i->headers[i->n_headers++] = name;
  return 0;
}

static int idl_set_include(struct idl *i, const char *folder)
{
  if (i->n_include_dirs == IDL_MAX_OPTIONS)
    return idl_usage(i, "-I %s: too many", folder);
  i->include_dirs[i->n_include_dirs++] = folder;
  return 0;
}

static int idl_set(struct idl *i, int option)
{
  switch (option) {
  case 'I':
    return idl_set_include(i, optarg);
  case 'D':
    return idl_set_define(i, optarg);
  case 'o':
    i->folder = optarg;
    return 0;
  case IDL_EMIT:
    return idl_set_emit(i, optarg);
  case IDL_PREFIX:
    return idl_set_prefix(i, optarg);
  case IDL_ACF:
    i->acf = optarg;
    return 0;
  case IDL_HOOKS:
    i->all_hooks = true;
    return 0;
  case IDL_HOOK:
    return idl_set_hook(i, optarg);
  case IDL_INCLUDE:
    return idl_set_header(i, optarg);
  case IDL_DEPFILE:
    i->depfile = optarg;
    return 0;
  default:
    return idl_usage(i, "no such option");
  }
}

/* ---- outputs ---- */

/* An output that did not change keeps its time, so that what depends on it is not built again. */
static bool idl_write_file(const char *path, struct portero_bytes text)
{
  FILE *f = fopen(path, "wb");
  bool written;

  if (!f)
    return false;
  written = text.size == 0 || fwrite(text.data, 1, text.size, f) == text.size;
  return fclose(f) == 0 && written;
}

static int idl_failed(const struct idl *i, const char *path)
{
  (void)fprintf(stderr, "%s: cannot write %s: %s\n", i->self, path, strerror(errno));
  return EXIT_LOCAL_FAILURE;
}

static int idl_output(const struct idl *i, const struct idlc_emit *e, const struct output *o)
{
  struct portero_writer w;
  char path[4096];
  bool whole, done = false;

  (void)snprintf(path, sizeof path, "%s/%s%s", i->folder, e->stem, o->suffix);
  portero_writer_init(&w, &portero_mem_malloc, IDL_OUTPUT);
  o->emit(e, &w);
  whole = portero_is_ok(portero_writer_finish(&w));
  if (whole)
    done = idl_write_file(path, portero_writer_bytes(&w));
  else
    errno = ENOMEM;
  portero_writer_deinit(&w);
  return done ? 0 : idl_failed(i, path);
}

static void idl_depfile_name(FILE *f, const char *name)
{
  for (; *name; name++) {
    if (*name == ' ' || *name == '#' || *name == '\\')
      (void)fputc('\\', f);
    if (*name == '$')
      (void)fputc('$', f);
    (void)fputc(*name, f);
  }
}

static int idl_depfile(const struct idl *i, const struct idlc_emit *e)
{
  FILE *f = fopen(i->depfile, "w");
  char path[4096];

  if (!f)
    return idl_failed(i, i->depfile);
  for (size_t o = 0; o < sizeof outputs / sizeof outputs[0]; o++) {
    if (!(outputs[o].group & i->emit))
      continue;
    (void)snprintf(path, sizeof path, "%s/%s%s ", i->folder, e->stem, outputs[o].suffix);
    idl_depfile_name(f, path);
  }
  (void)fputs(":", f);
  for (unsigned n = 1; n < e->sources->n_files; n++) {
    (void)fputs(" \\\n  ", f);
    idl_depfile_name(f, e->sources->files[n].path);
  }
  (void)fputc('\n', f);
  return fclose(f) == 0 ? 0 : idl_failed(i, i->depfile);
}

/* ---- compiling ---- */

static int idl_emit(const struct idl *i, const struct idlc_emit *e)
{
  int result = 0;

  for (size_t o = 0; result == 0 && o < sizeof outputs / sizeof outputs[0]; o++)
    if (outputs[o].group & i->emit)
      result = idl_output(i, e, &outputs[o]);
  if (result == 0 && i->depfile)
    result = idl_depfile(i, e);
  return result;
}

static int idl_count(const struct idl *i, const struct idlc_sources *s)
{
  if (s->out_of_memory)
    (void)fprintf(stderr, "%s: memory is out\n", i->self);
  if (s->errors)
    (void)fprintf(stderr, "%u error%s\n", s->errors, s->errors == 1 ? "" : "s");
  return s->out_of_memory ? EXIT_LOCAL_FAILURE : EXIT_NEGATIVE;
}

static int idl_compile(struct idl *i, const char *path)
{
  struct idlc_sources s = {.arena = &i->arena,
                           .loader = &idl_disk_loader,
                           .include_dirs = i->include_dirs,
                           .n_include_dirs = i->n_include_dirs,
                           .report = idl_report};
  const struct idlc_compile_options compile = {
      .parse = {.defines = i->defines, .n_defines = i->n_defines, .acf = i->acf},
      .program = {.prefixes = i->prefixes,
                  .n_prefixes = i->n_prefixes,
                  .all_hooks = i->all_hooks,
                  .hooks = i->hooks,
                  .n_hooks = i->n_hooks,
                  .includes = i->headers,
                  .n_includes = i->n_headers}};
  struct idlc_emit e = {.sources = &s};

  if (access(path, R_OK) < 0)
    return idl_usage(i, "%s: %s", path, strerror(errno));
  e.program = idlc_compile(&s, path, &compile);
  if (!e.program || s.errors || s.out_of_memory)
    return idl_count(i, &s);
  e.stem = s.files[e.program->main_file].stem;
  return idl_emit(i, &e);
}

/* Also built as a program of its own. */
static const char *idl_self(const char *name)
{
  const char *slash = strrchr(name, '/');

  name = slash ? slash + 1 : name;
  return strcmp(name, "idl") == 0 ? "portero idl" : name;
}

static int idl_run(struct idl *i, int argc, char **argv)
{
  int option, result = 0;

  while (result == 0 && (option = getopt_long(argc, argv, "I:D:o:", options, NULL)) != -1) {
    if (option == IDL_HELP) {
      (void)printf("usage: %s%s  %s%s", i->self, help, i->self, example);
      return EXIT_OK;
    }
    result = idl_set(i, option);
  }
  if (result == 0 && argc - optind != 1)
    result = idl_usage(i, "expected one FILE.idl");
  return result ? result : idl_compile(i, argv[optind]);
}

int command_idl(int argc, char **argv)
{
  struct idl i = {.self = idl_self(argv[0]), .folder = ".", .emit = EMIT_C | EMIT_H};
  int result;

  portero_arena_init(&i.arena, &portero_mem_malloc, IDL_MEMORY);
  result = idl_run(&i, argc, argv);
  portero_arena_deinit(&i.arena);
  return result;
}
