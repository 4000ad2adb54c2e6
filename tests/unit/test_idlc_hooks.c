/* SPDX-License-Identifier: Apache-2.0 */
/* Types of the program's own: when there are some, what C looks like then, and what is refused. */
#include "src/idlc/compile.h"
#include "src/idlc/emit.h"
#include "tests/support/idlc_text.h"
#include "tests/unit/support.h"

#include <string.h>

#define BUDGET (16u << 20)
#define HEAD   "[uuid(12345678-1234-5678-9abc-123456789abc), version(1.2), pointer_default(unique)] "
#define TIME   "typedef struct { unsigned long low, high; } TIME; "
#define BLOB                                                                                       \
  "typedef struct { long n; [size_is(n)] short a[]; } BLOB; typedef [unique] BLOB *wBSTR;"         \
  " typedef [wire_marshal(wBSTR)] wchar_t *BSTR; "

typedef void emit_output(const struct idlc_emit *e, struct portero_writer *w);

static char output[1 << 18];

struct compiled {
  struct idlc_text t;
  struct idlc_text_file files[4];
  struct idlc_program *p;
};

/* Files a.idl, b.idl, a.acf and b.acf, a form feed between them; hook: "", or NAME, or NAME=C; "*": all. */
static void begin(struct compiled *c, const char *idl, const char *hook)
{
  static const char *const paths[4] = {"a.idl", "b.idl", "a.acf", "b.acf"};
  static const char *const header = "own.h";
  char name[64];
  const char *equals = strchr(hook, '=');
  struct idlc_hook_option option = {.name = name, .local = equals ? equals + 1 : NULL};
  struct idlc_compile_options options = {.program = {.hooks = &option,
                                                     .n_hooks = *hook && *hook != '*',
                                                     .all_hooks = *hook == '*',
                                                     .includes = &header,
                                                     .n_includes = *hook != '\0'}};
  unsigned n = 0;

  memset(name, 0, sizeof name);
  memcpy(name, hook, equals ? (size_t)(equals - hook) : strlen(hook));
  while (idl && n < 4) {
    const char *end = strchr(idl, '\f');
    c->files[n] = (struct idlc_text_file){
        paths[n], portero_bytes_make(idl, end ? (size_t)(end - idl) : strlen(idl))};
    idl = end ? end + 1 : NULL;
    n++;
  }
  idlc_text_init(&c->t, &portero_mem_malloc, BUDGET, c->files, n);
  c->p = idlc_compile(&c->t.sources, "a.idl", &options);
}

static void compile(const char *idl, const char *hook, emit_output *emit)
{
  struct idlc_emit e = {.stem = "a"};
  struct portero_writer w;
  struct compiled c;

  begin(&c, idl, hook);
  if (!c.p)
    fail_msg("%s\n  %u: %s", idl, (unsigned)c.t.diagnostics[0].place.column,
             c.t.diagnostics[0].text);
  e.sources = &c.t.sources;
  e.program = c.p;
  portero_writer_init(&w, &portero_mem_malloc, sizeof output - 1);
  emit(&e, &w);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  memcpy(output, w.base, w.size);
  output[w.size] = '\0';
  portero_writer_deinit(&w);
  idlc_text_deinit(&c.t);
}

static void check_has(const char *text)
{
  if (!strstr(output, text))
    fail_msg("not there: %s\nin:\n%s", text, output);
}

static void check_has_not(const char *text)
{
  if (strstr(output, text))
    fail_msg("there: %s\nin:\n%s", text, output);
}

/* The first error, or with severity the first of that, and what stands at its place in a.idl. */
static void check_said(const char *idl, const char *hook, enum idlc_severity severity,
                       const char *text, const char *at)
{
  const struct idlc_diagnostic *d = NULL;
  struct compiled c;

  begin(&c, idl, hook);
  assert_true((c.p == NULL) == (severity == IDLC_ERROR));
  for (unsigned i = 0; i < c.t.n_diagnostics && !d; i++)
    d = c.t.diagnostics[i].severity == severity ? &c.t.diagnostics[i] : NULL;
  assert_non_null(d);
  assert_string_equal(d->text, text);
  if (at && strncmp(idl + d->place.column - 1, at, strlen(at)) != 0)
    fail_msg("%s\n  %u: %s", idl, (unsigned)d->place.column, d->text);
  idlc_text_deinit(&c.t);
}

/* ---- when ---- */

static void test_only_when_asked(void **state)
{
  static const char idl[] = HEAD "interface i { " BLOB "void o([in] BSTR s); }";

  (void)state;
  compile(idl, "", idlc_emit_header);
  check_has("struct i_o {\n  const struct a_BLOB *s; /* in */\n};");
  check_has_not("to_wire");
  check_has_not("own.h");
  compile(idl, "*", idlc_emit_header);
  check_has("#include \"own.h\"\n");
  check_has("struct i_o_wire {\n  const struct a_BLOB *s; /* in */\n};");
  check_has("struct i_o {\n  a_BSTR_local s; /* in */\n};");
  check_has("typedef BSTR a_BSTR_local;\ntypedef const struct a_BLOB *a_BSTR_wire;\n"
            "PORTERO_MUST_USE portero_status a_BSTR_to_wire(const a_BSTR_local *value,\n"
            "    struct portero_arena *arena, a_BSTR_wire *out_wire);\n"
            "PORTERO_MUST_USE portero_status a_BSTR_from_wire(const a_BSTR_wire *wire,\n"
            "    struct portero_arena *arena, a_BSTR_local *out_value);\n");
  compile(idl, "BSTR=const char *", idlc_emit_header);
  check_has("typedef const char *a_BSTR_local;\n");
  compile(idl, "BLOB=int", idlc_emit_header); /* another one: inside of what travels for a BSTR */
  check_has("typedef int a_BLOB_local;\n");
  check_has("const a_BLOB_local *s;");
}

static void test_configuration_file(void **state)
{
  (void)state;
  compile(HEAD "interface i { " TIME "void o([in] TIME *t); }\f\finterface i { include \"x.h\";"
               " typedef [represent_as(struct timespec, \"<time.h>\")] TIME; }",
          "", idlc_emit_header);
  check_has("#include \"x.h\"\n#include <time.h>\n");
  check_has("typedef struct timespec a_TIME_local;\ntypedef struct a_TIME a_TIME_wire;\n");
  check_has("struct i_o {\n  a_TIME_local t; /* in */\n};");
  compile(HEAD "interface i { " TIME "void o([in] TIME *t); }\f\finterface i {"
               " typedef [user_marshal(\"long double\")] TIME; }",
          "", idlc_emit_header);
  check_has("typedef long double a_TIME_local;\n");
  check_said(HEAD "interface i { void o(); }\f\finterface i { typedef [represent_as(x)] TIME; }",
             "", IDLC_ERROR, "'TIME' is no type", NULL);
  check_said("import \"b.idl\"; " HEAD "interface i { void o(); }\f" TIME
             "\finterface i { typedef [represent_as(x)] TIME; }",
             "", IDLC_ERROR, "'TIME' is a type of another file", NULL);
}

/* Another file's types are in its header; which are meant has to be said for both. */
static void test_imported(void **state)
{
  static const char idl[] =
      "import \"b.idl\"; " HEAD "interface i { typedef struct { TIME t; } S;"
      " void o([in] S *s, [in] X *x); }\f" TIME "typedef struct { TIME *t; } X;";

  (void)state;
  compile(idl, "TIME=time_t", idlc_emit_header);
  check_has("struct a_S_wire {\n  struct b_TIME t;\n};");
  check_has("struct a_S {\n  b_TIME_local t;\n};");
  check_has("struct i_o {\n  struct a_S s; /* in */\n  struct b_X x; /* in */\n};");
  check_has("struct b_X_wire x; /* in */\n");
  check_has_not("typedef");
  compile(idl, "TIME=time_t", idlc_emit_source);
  check_has("to_b_X(");
  check_said(idl, "TIEM", IDLC_WARNING, "there is no type 'TIEM' to hook", NULL);
}

/* The configuration file beside an imported file is about that one, for all who import it. */
static void test_imported_configuration(void **state)
{
  static const char idl[] = "import \"b.idl\"; " HEAD "interface i { void o([in] TIME *t); }\f" TIME
                            "\f\finterface j { include \"x.h\"; [async] p();"
                            " typedef [represent_as(time_t, \"t.h\")] TIME; }";

  (void)state;
  compile(idl, "", idlc_emit_header);
  check_has("struct i_o_wire {\n  struct b_TIME t; /* in */\n};");
  check_has("struct i_o {\n  b_TIME_local t; /* in */\n};");
  check_has_not("x.h");
  check_has_not("t.h");
  compile("import \"b.idl\"; " HEAD "interface i { void o([in] TIME *t); }\f" TIME "\f\f", "",
          idlc_emit_header);
  check_has("struct i_o {\n  struct b_TIME t; /* in */\n};");
  check_said("import \"b.idl\"; " HEAD "interface i { void o([in] TIME *t); }\f" TIME
             "\f\finterface {",
             "", IDLC_ERROR, "expected the name of the interface, found '{'", NULL);
}

/* ---- the program's type ---- */

static void test_local_types(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef [transmit_as(long)] struct { small s; } A;"
               " typedef [transmit_as(long)] struct tag { small s; } *B;"
               " typedef [transmit_as(long)] struct elsewhere C;"
               " typedef [transmit_as(long)] double D; typedef [transmit_as(long)] void *E;"
               " void o([in] A a, [in] B b, [in] C *c, [in] D d, [in] E e); }",
          "*", idlc_emit_header);
  check_has("typedef struct a_A a_A_local;\ntypedef int32_t a_A_wire;\n");
  check_has("typedef const struct a_tag *a_B_local;\n");
  check_has("typedef C a_C_local;\n");
  check_has("typedef D a_D_local;\n");
  check_has("typedef E a_E_local;\n");
  check_has(
      "struct i_o_wire {\n  int32_t a; /* in */\n  int32_t b; /* in */\n  int32_t c; /* in */\n"
      "  int32_t d; /* in */\n  int32_t e; /* in */\n};");
}

/* What travels for one type has no other types of the program's own in it. */
static void test_hooks_in_hooks(void **state)
{
  (void)state;
  compile(HEAD "interface i { " BLOB "typedef struct { BSTR b; } W; typedef [transmit_as(W)] int T;"
               " void o([in] T t, [in] W w); }",
          "*", idlc_emit_header);
  check_has("struct a_W_wire {\n  const struct a_BLOB *b;\n};");
  check_has("struct a_W {\n  a_BSTR_local b;\n};");
  check_has("typedef struct a_W_wire a_T_wire;\n");
  check_has("struct i_o {\n  a_T_local t; /* in */\n  struct a_W w; /* in */\n};");
  /* One that has such a type in it, and is one itself, before what has it in it. */
  compile(HEAD "interface i { " BLOB "typedef struct { V v; long n; } OUTER;"
               " typedef [transmit_as(long)] struct { BSTR b; } V; void o([in] OUTER *o); }",
          "*", idlc_emit_header);
  check_has("typedef struct a_V a_V_local;\ntypedef int32_t a_V_wire_;\n"); /* struct a_V_wire */
  assert_true(strstr(output, "struct a_V {\n  a_BSTR_local b;") <
              strstr(output, "struct a_OUTER {\n  a_V_local v;"));
}

/* ---- what converts ---- */

static void test_walks(void **state)
{
  (void)state;
  compile(HEAD
          "interface i { " TIME
          "typedef struct s { long n, k; [size_is(n), length_is(k)] TIME *many; TIME two[2];"
          " TIME **deep; struct s *next; long plain[3]; [switch_is(k)] union { [case(1)] TIME t;"
          " [case(2)] long l; [default] ; }; } S;"
          " void o([in] S *s, [out] TIME *t); void p([in] long n); }",
          "TIME=x", idlc_emit_source);
  check_has("  if (v->many && portero_stub_hook_enter(c)) {\n"
            "    size_t n1 = portero_stub_hook_count(c, I(v->k));\n"
            "    struct a_TIME *p1 = portero_stub_hook_new(c, n1, sizeof *p1);\n"
            "    for (size_t i1 = 0; p1 && i1 < n1; i1++) {\n"
            "      CONVERT(a_TIME_to_wire, &v->many[i1], &p1[i1])\n    }\n"
            "    w->many = p1;\n    portero_stub_hook_leave(c);\n  }\n");
  check_has("    CONVERT(a_TIME_to_wire, &v->two[i2], &w->two[i2])\n");
  check_has("      if ((*v->deep) && portero_stub_hook_enter(c)) {\n");
  check_has("      to_a_S(c, v->next, p5);\n");
  check_has("  memcpy(w->plain, v->plain, sizeof w->plain);\n");
  check_has(
      "  switch (I(v->k)) {\n  case 1:\n    CONVERT(a_TIME_to_wire, &v->t, &w->t)\n    break;\n"
      "  case 2:\n    w->l = v->l;\n    break;\n  default:\n    break;\n  }\n");
  check_has(
      "  if (which & PORTERO_MEMBER_OUT) {\n    CONVERT(a_TIME_from_wire, &v->t, &w->t)\n  }\n");
  check_has("    PORTERO_STUB_OP_HOOKED(i, o, o_wire, 0, 0),\n    PORTERO_STUB_OP(i, p, 1, 0),\n");
}

static void test_call_as(void **state)
{
  static const char idl[] = HEAD "interface i { [local] long F([in] long a, [out] hyper *b);"
                                 " [call_as(F)] long RemoteF([in] short a, [out] long *b); }";

  (void)state;
  compile(idl, "*", idlc_emit_header);
  check_has("struct i_F {\n  int32_t a; /* in */\n  int64_t b; /* out */\n"
            "  int32_t result; /* returned */\n};");
  check_has_not("i_F_opnum");
  compile(idl, "*", idlc_emit_rpc_header);
  check_has("PORTERO_STUB_CLIENT(i_RemoteF);\n"
            "/* The program's own: what it calls, made of the calls above. */\n"
            "PORTERO_STUB_CLIENT(i_F);\n");
  check_has("  PORTERO_STUB_HANDLER(i, RemoteF);\n};");
  compile(idl, "", idlc_emit_rpc_header);
  check_has_not("i_F)");
  check_said(HEAD "interface i { [local] void F([in] void *a); [call_as(F)] void R(); }", "*",
             IDLC_WARNING, "local operation 'F' gets no struct: void cannot travel", "F([in] void");
}

/* ---- what is refused, and what is not ---- */

static void accepts(const char *idl, const char *hook)
{
  compile(idl, hook, idlc_emit_header);
}

static void test_refused(void **state)
{
  (void)state;
  accepts(HEAD "interface i { typedef long N; void o([in] N n, [in, size_is(n)] long *a); }",
          "M=x");
  check_said(HEAD "interface i { typedef long N; void o([in] N n, [in, size_is(n)] long *a); }",
             "N=x", IDLC_ERROR, "'n' is no number here", "n)] long");
  accepts(HEAD "interface i { typedef [string] wchar_t *T; void o([in] T t); }", "T=x");
  check_said(HEAD "interface i { typedef wchar_t *T; void o([in, string] T t); }", "T=x",
             IDLC_ERROR, "[string] changes what travels for a type of the program's own", "t);");
  check_said(HEAD "interface i { typedef wchar_t T; void o([in, string] T *t); }", "T=x",
             IDLC_ERROR, "[string] changes what travels for a type of the program's own", "t);");
  accepts(HEAD "interface i { typedef long *T; void o([in] long n, [in, size_is(n)] T *t); }",
          "T=x");
  check_said(HEAD "interface i { typedef long *T; void o([in] long n, [in, size_is(n)] T t); }",
             "T=x", IDLC_ERROR, "a count changes what travels for a type of the program's own",
             "t);");
  accepts(HEAD "interface i { typedef struct { long a[4]; } T; void o([in] T *t); }", "T=x");
  check_said(HEAD "interface i { typedef long T[4]; void o([in] T t); }", "T=x", IDLC_ERROR,
             "an array cannot travel for a type of the program's own", "t);");
  accepts(HEAD "interface i { typedef long T; void o([in] pipe T p); }", "U=x");
  check_said(HEAD "interface i { typedef long T; typedef pipe T P; void o([in] P p); }", "T=x",
             IDLC_ERROR, "elements of a pipe cannot be of the program's own types", "pipe");
  check_said(HEAD "interface i { typedef long T; typedef struct { T t; } S; typedef pipe S P;"
                  " void o([in] P p); }",
             "T=x", IDLC_ERROR, "elements of a pipe cannot have the program's own types in them",
             "o([in]");
  check_said(HEAD "interface i { typedef [context_handle] void *T; void o([in] T t); }", "T=x",
             IDLC_ERROR, "the program cannot have a type of its own for a context handle", "t);");
  check_said(HEAD "interface i { typedef [switch_type(long)] union { [case(1)] long a; } T;"
                  " void o([in] long n, [in, switch_is(n)] T *t); }",
             "T=x", IDLC_ERROR,
             "a union without its tag cannot travel for a type of the program's own", "t);");
}

/* Every allocation may fail: then there is no program, and nothing worse. */
static void test_little_memory(void **state)
{
  static const char idl[] =
      HEAD "interface i { " TIME BLOB "typedef struct { TIME t; BSTR b; } S; long o([in] S *s);"
           " [local] void F(); [call_as(F)] void G(); }";
  struct idlc_text_file file = {"a.idl", portero_bytes_make(idl, sizeof idl - 1)};
  const struct idlc_hook_option hook = {"TIME", "x"};
  const struct idlc_compile_options options = {
      .program = {.hooks = &hook, .n_hooks = 1, .all_hooks = true}};
  bool done = false;

  (void)state;
  for (size_t budget = 0; !done && budget < BUDGET; budget += 499) {
    struct idlc_text t;

    idlc_text_init(&t, &portero_mem_malloc, budget, &file, 1);
    done = idlc_compile(&t.sources, "a.idl", &options) != NULL;
    assert_true(done || t.sources.out_of_memory || t.sources.errors > 0);
    idlc_text_deinit(&t);
  }
  assert_true(done);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_only_when_asked), cmocka_unit_test(test_configuration_file),
      cmocka_unit_test(test_imported),        cmocka_unit_test(test_imported_configuration),
      cmocka_unit_test(test_local_types),     cmocka_unit_test(test_hooks_in_hooks),
      cmocka_unit_test(test_walks),           cmocka_unit_test(test_call_as),
      cmocka_unit_test(test_refused),         cmocka_unit_test(test_little_memory),
  };

  return cmocka_run_group_tests_name("idlc_hooks", tests, NULL, NULL);
}
