/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler writes: C that people read, and how much of it. */
#include "src/idlc/compile.h"
#include "src/idlc/emit.h"
#include "tests/support/idlc_text.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <string.h>

#define BUDGET (16u << 20)
#define HEAD   "[uuid(12345678-1234-5678-9abc-123456789abc), version(1.2), pointer_default(unique)] "

typedef void emit_output(const struct idlc_emit *e, struct portero_writer *w);

static char output[1 << 20];

/* The output of a.idl, which may import b.idl: a form feed is between them. Its length. */
static size_t compile(const char *idl, emit_output *emit)
{
  const char *end = strchr(idl, '\f');
  struct idlc_text_file files[2] = {
      {"a.idl", portero_bytes_make(idl, end ? (size_t)(end - idl) : strlen(idl))},
      {"b.idl", portero_bytes_make(end ? end + 1 : "", end ? strlen(end + 1) : 0)}};
  struct idlc_emit e = {.stem = "a"};
  struct portero_writer w;
  struct idlc_text t;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, 2);
  e.sources = &t.sources;
  e.program = idlc_compile(&t.sources, "a.idl", NULL);
  if (!e.program)
    fail_msg("%s\n  %u: %s", idl, (unsigned)t.diagnostics[0].place.column, t.diagnostics[0].text);
  portero_writer_init(&w, &portero_mem_malloc, sizeof output - 1);
  emit(&e, &w);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  memcpy(output, w.base, w.size);
  output[w.size] = '\0';
  portero_writer_deinit(&w);
  idlc_text_deinit(&t);
  return strlen(output);
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

/* ---- STEM.h ---- */

static void test_members(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct s { small a; wchar_t b; [string] wchar_t *c;"
               " struct s *next; long d[2][3]; long *e[4]; double f; byte class;"
               " [size_is(a)] struct s **g; error_status_t h; __int3264 j; } s; }",
          idlc_emit_header);
  check_has("struct a_s {\n  int8_t a;\n  uint16_t b;\n  const char *c;\n  const struct a_s *next;\n"
            "  int32_t d[2][3];\n  const int32_t *e[4];\n  double f;\n  uint8_t class_;\n"
            "  const struct a_s *const *g;\n  uint32_t h;\n  int64_t j;\n};\n");
  check_has_not("typedef");
}

static void test_constants_and_enums(void **state)
{
  (void)state;
  compile(HEAD "interface i { const long A = -3; const unsigned long B = 0xffffffff;"
               " const hyper C = 0x100000000; const char *D = \"x\\\"y\";"
               " typedef enum { RED = -1, BLUE } colour; }",
          idlc_emit_header);
  check_has("#define a_A (-3)\n#define a_B 4294967295u\n#define a_C 4294967296ll\n"
            "#define a_D \"x\\\"y\"\n");
  check_has("enum a_colour {\n  a_RED = -1,\n  a_BLUE = 0,\n};\n");
}

static void test_containment_order(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct { inner x; } outer; typedef struct { long y; } inner; }",
          idlc_emit_header);
  assert_true(strstr(output, "struct a_inner {") < strstr(output, "struct a_outer {"));
}

static void test_imports_are_included(void **state)
{
  (void)state;
  compile("import \"b.idl\"; " HEAD "interface i { typedef struct { B b; } A; }"
          "\f" HEAD "interface j { typedef struct { long y; } B; }",
          idlc_emit_header);
  check_has("#include \"b.h\"\n");
  check_has("struct b_B b;");
  check_has_not("struct b_B {");
}

static void test_parameters(void **state)
{
  (void)state;
  compile(HEAD "interface i { long F([in] long a, [in, out] long *b, [out, string] wchar_t **c);"
               " void G([in] handle_t h); }",
          idlc_emit_header);
  check_has("struct i_F {\n  int32_t a; /* in */\n  int32_t b; /* in, out */\n"
            "  const char *c; /* out */\n  int32_t result; /* returned */\n};\n");
  check_has("struct i_G {\n  uint8_t unused_;\n};\n");
  check_has("enum i_opnum {\n  i_F_opnum = 0,\n  i_G_opnum = 1,\n};\n");
}

static void test_quotes(void **state)
{
  (void)state;
  compile("cpp_quote(\"#endif\") cpp_quote(\"#define M(a) \\\\\") cpp_quote(\"  \\\"a\\\"\")"
          " cpp_quote(\"typedef DWORD X;\") cpp_quote(\"#if 1\") cpp_quote(\"/* of\")"
          " cpp_quote(\"two lines */\") " HEAD "interface i { }",
          idlc_emit_header);
  check_has("ignored \"-Wundef\"\n#endif\n#define M(a) \\\n  \"a\"\n#ifdef PORTERO_IDL_QUOTES\n"
            "typedef DWORD X;\n#endif\n#if 1\n/* of\ntwo lines */\n#endif\n");
  compile("cpp_quote(\"#include <winuser.h>\") " HEAD "interface i { }", idlc_emit_header);
  check_has("\n#if __has_include(<winuser.h>)\n#include <winuser.h>\n#endif\n");
  compile(HEAD "interface i { }", idlc_emit_header);
  check_has_not("__has_include");
  check_has_not("-Wundef");
}

/* ---- STEM_wire.h ---- */

/* The preprocessor stops at what looks like a call and is none. */
static void test_quoted_conditions(void **state)
{
  (void)state;
  compile("cpp_quote(\"#if FAMILY(A | B) && OTHER (1)\") cpp_quote(\"#define X 1\")"
          " cpp_quote(\"#elif 2 > 1 // F(x)\") cpp_quote(\"#elif FAMILY(C)\") cpp_quote(\"#else\")"
          " cpp_quote(\"#define X 2\") cpp_quote(\"#endif\") cpp_quote(\"#if defined(X) && (X)\")"
          " cpp_quote(\"#if OPEN(1)\") " HEAD "interface i { }",
          idlc_emit_header);
  check_has("#undef PORTERO_IDL_IF\n#if defined(FAMILY) && defined(OTHER)\n"
            "#if FAMILY(A | B) && OTHER (1)\n#define PORTERO_IDL_IF\n#endif\n#endif\n"
            "#ifdef PORTERO_IDL_IF\n#define X 1\n#elif 2 > 1 // F(x)\n#else\n"
            "#undef PORTERO_IDL_IF\n#if defined(FAMILY)\n#if FAMILY(C)\n#define PORTERO_IDL_IF\n"
            "#endif\n#endif\n#ifdef PORTERO_IDL_IF\n#else\n#define X 2\n#endif\n#endif\n"
            "#if defined(X) && (X)\n#undef PORTERO_IDL_IF\n#if defined(OPEN)\n#if OPEN(1)\n"
            "#define PORTERO_IDL_IF\n#endif\n#endif\n#ifdef PORTERO_IDL_IF\n"
            "#endif\n#endif\n#ifdef __GNUC__\n");
}

static void test_runs(void **state)
{
  (void)state;
  compile(HEAD "interface i { void F([in] byte a, [in] long b, [in, unique] long *p, [in] short c,"
               " [in] long d); }",
          idlc_emit_wire);
  /* One check for what is of fixed size; behind a referent the position is not known. */
  check_has("IN(i_F)\n{\n  ROOMZ(1, W(12, 16)) V(v->a) V(v->b) R(v->p) TOV(v->p, 4) S(2, v->c)"
            " S(4, v->d)\n}\nOUT(i_F)\n{\n}\n");
}

static void test_fixed_structs(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct { long a; short b; short c; } plain;"
               " typedef struct { byte a; hyper b; [range(1, 9)] short c; } padded;"
               " void F([in] plain *p, [in] padded *q); }",
          idlc_emit_wire);
  check_has("FIXEDZ(a_padded, 8, W(18, 24))\n{\n  V(v->a) V(v->b) V(v->c) RG(v->c, 1, 9)"
            "\n}\n");
  check_has_not("a_plain");
  check_has("ROOMZ(1, W(26, 32)) V(v->p) A(v->q, a_padded)");
}

/* REST ends the run behind the first 4 bytes; what comes is at the next 8 in NDR64 all the same. */
static void test_a_run_that_begins_off_the_grid(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct { long n; [size_is(n)] byte d[]; } s;"
               " typedef struct { short x; s *p; } t; void F([in] long a, [in] t *b, [in] t *c); }",
          idlc_emit_wire);
  check_has("ROOMZ(1, W(8, 20)) PHASE(4) A(v->b, a_t) REF(v->b, a_t)");
  check_has_not("ROOMZ(1, W(8, 20)) A(");
}

static void test_arrays_are_checked_when_their_count_is_known(void **state)
{
  (void)state;
  compile(HEAD "interface i { void F([in, size_is(n)] byte *a, [in] long n, [in, size_is(n)] long *b);"
               " }",
          idlc_emit_wire);
  check_has("  LATE(k1)\n  LCOUNT(k1, c0, 1, I(v->n)) BULK(v->a, c0, 1) S(4, v->n)"
            " COUNT(c2, 4, I(v->n)) BULK(v->b, c2, 4)\n  LSAME(k1, I(v->n))\n");
}

static void test_expressions_cannot_overflow(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct { long n; hyper h; [size_is((n + 1) / 2)] long *a;"
               " [size_is(h + 1)] byte *b; [size_is(n ? 8 / n : 0)] byte *c; } s;"
               " void F([in] s *p); }",
          idlc_emit_wire);
  check_has("PBULK(v->a, 4, 4, (I(v->n) + 1) / 2)");
  check_has("PBULK(v->b, 1, 1, portero_stub_add(I(v->h), 1))");
  check_has("PBULK(v->c, 1, 1, I(v->n) ? portero_stub_div(8, I(v->n)) : 0)");
}

static void test_conformant_structs(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct { long n; [size_is(n)] byte d[]; } s;"
               " typedef struct { short x; s y; } t; void F([in] t *p); }",
          idlc_emit_wire);
  check_has("TAIL(a_s)\n{\n  ROOM(4, 4) V(v->n) SAME(c, I(v->n)) BULK(v->d, c, 1) GAP(W(1, 4))\n"
            "}\nONET(a_s, 1, I(v->n))\n");
  check_has("PARTT(v->y, a_s, c)");
  check_has("ONET(a_t, 1, I(v->y.n))\n");
}

static void test_recursion_is_declared_first(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef struct n { long v; struct n *next; } n; void F([in] n *p); }",
          idlc_emit_wire);
  check_has("PROTO(a_n)\nFIXEDZ(a_n, W(4, 8), W(8, 16))\n");
  check_has("REFS(a_n)\n{\n  TO(v->next, a_n)\n}\n");
}

static void test_unions(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef [switch_type(short)] union { [case(1, 2)] long l;"
               " [case(3)] long *p; [case(4)] ; } u; void F([in] short t, [in, switch_is(t)] u *x); }",
          idlc_emit_wire);
  check_has("UNION(a_u)\n{\n  TAG(*tag, int16_t, W(2, 8)) ALIGN(W(1, 8))\n  switch (*tag) {\n"
            "  case 1: case 2: { S(4, v->l) break; }\n  case 3: { ID(v->p) break; }\n");
  check_has("  case 4: break;\n  default: WRONG(*tag) }\n}\n");
  check_has("UREFS(a_u)\n{\n  switch (tag) {\n  case 3: { TOV(v->p, 4) break; } }\n}\n");
  check_has("S(2, v->t) UR(v->x, a_u, I(v->t))");
}

static void test_rare_things_are_left_to_the_table(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef pipe long p; void F([in] p x); void G([in] long y); }",
          idlc_emit_wire);
  check_has("/* Left to the type table: i_F */\n");
  check_has_not("IN(i_F)");
  check_has("IN(i_G)");
  compile(HEAD "interface i { typedef pipe long p; void F([in] p x); void G([in] long y); }",
          idlc_emit_source);
  check_has("    PORTERO_STUB_OP_BY_TABLE(i, F, 0, 0),\n    PORTERO_STUB_OP(i, G, 1, 0),\n");
}

/* ---- the rest ---- */

static void test_calls_and_handlers(void **state)
{
  static const char idl[] = HEAD "interface i { typedef [context_handle] void *H;"
                                 " long F([in] H h); void Used([in] long y); }";

  (void)state;
  compile(idl, idlc_emit_rpc_header);
  check_has("struct i_handlers {\n"
            "  PORTERO_STUB_HANDLER(i, F);\n");
  check_has("extern const char i_H_kind[];\n");
  check_has("\nPORTERO_STUB_CLIENT(i_Used);\n");
  compile(idl, idlc_emit_rpc_source);
  check_has("\nCALL(i, F, 0)\nCALL(i, Used, 1)\n\nOPERATIONS(i) {\n  ROW(i, F, 0)\n");
  check_has(".id = {{0x12345678, 0x1234, 0x5678, {0x9a, 0xbc, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc}}, "
            "1, 2},\n");
}

/* A kind for each typedef that says it is a context handle; aliases and pointers are the same one. */
static void test_kinds_of_handles(void **state)
{
  static const char idl[] =
      HEAD "interface i { typedef [context_handle] void *policy; typedef policy *ppolicy;"
           " typedef policy account; typedef [context_handle] struct lock *lock; typedef void *plain;"
           " void Open([out] ppolicy p, [out] lock *l); void Close([in, out] account *a);"
           " void Used([in, context_handle] plain h); void Bare([in, context_handle] void *h); }";

  (void)state;
  compile(idl, idlc_emit_rpc_header);
  check_has("extern const char i_policy_kind[];\nextern const char i_lock_kind[];\n"
            "extern const char i_plain_kind[];\nextern const char i_handle_kind[];\n");
  check_has_not("account_kind");
  check_has_not("ppolicy_kind");
  compile(idl, idlc_emit_rpc_source);
  check_has("const char i_lock_kind[] = \"i.lock\";\n");
}

static void test_json(void **state)
{
  (void)state;
  compile(HEAD "interface i { typedef enum { A = 1 } e; long F([in, range(0, 5)] long a,"
               " [out] e *b); }",
          idlc_emit_json);
  check_has("\"uuid\": \"12345678-1234-5678-9abc-123456789abc\", \"version\": \"1.2\"");
  check_has("{\"name\": \"a\", \"in\": true, \"out\": false, \"type\": {\"kind\": \"int32\", "
            "\"range\": [0, 5]}}");
  check_has("{\"name\": \"A\", \"value\": 1}");
}

/* Many operations of an ordinary kind: what is written for each, all files together. */
static void test_size(void **state)
{
  static emit_output *const outputs[] = {idlc_emit_header, idlc_emit_rpc_header, idlc_emit_wire,
                                         idlc_emit_source, idlc_emit_rpc_source};
  static char idl[64 << 10];
  size_t at, size = 0;
  unsigned ops = 60;

  (void)state;
  at = (size_t)snprintf(idl, sizeof idl,
                        HEAD "interface i { typedef [context_handle] void *H; typedef struct {"
                             " unsigned short Length; unsigned short MaximumLength;"
                             " [size_is(MaximumLength / 2), length_is(Length / 2)] wchar_t *Buffer;"
                             " } text;");
  for (unsigned i = 0; i < ops; i++)
    at += (size_t)snprintf(
        idl + at, sizeof idl - at,
        "typedef struct { unsigned long Count; [size_is(Count)] text *Names; } Names%u;"
        " unsigned long BaseRegOperation%u([in] H hKey, [in] text *lpSubKey, [in] unsigned long"
        " dwOptions, [in, out, unique] Names%u *lpNames, [out] H *phkResult, [in, out, unique,"
        " size_is(lpcbData ? *lpcbData : 0)] byte *lpData, [in, out, unique] unsigned long"
        " *lpcbData);",
        i, i, i);
  (void)snprintf(idl + at, sizeof idl - at, "}");
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
    size += compile(idl, outputs[i]);
  if (size > ops * (size_t)2048)
    fail_msg("%zu bytes for each operation", size / ops);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members),
      cmocka_unit_test(test_constants_and_enums),
      cmocka_unit_test(test_containment_order),
      cmocka_unit_test(test_imports_are_included),
      cmocka_unit_test(test_parameters),
      cmocka_unit_test(test_quotes),
      cmocka_unit_test(test_quoted_conditions),
      cmocka_unit_test(test_runs),
      cmocka_unit_test(test_a_run_that_begins_off_the_grid),
      cmocka_unit_test(test_fixed_structs),
      cmocka_unit_test(test_arrays_are_checked_when_their_count_is_known),
      cmocka_unit_test(test_expressions_cannot_overflow),
      cmocka_unit_test(test_conformant_structs),
      cmocka_unit_test(test_recursion_is_declared_first),
      cmocka_unit_test(test_unions),
      cmocka_unit_test(test_rare_things_are_left_to_the_table),
      cmocka_unit_test(test_calls_and_handlers),
      cmocka_unit_test(test_kinds_of_handles),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_size),
  };

  return cmocka_run_group_tests_name("idlc_emit", tests, NULL, NULL);
}
