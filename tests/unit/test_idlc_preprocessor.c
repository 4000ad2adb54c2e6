/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/idlc_files.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>

static void reads(const char *text, const char *tokens)
{
  struct idlc_files f;
  char *got;

  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", text);
  got = idlc_files_tokens(&f, "a.idl", NULL, 0);
  assert_string_equal(idlc_files_said(&f), "");
  assert_string_equal(got, tokens);
  free(got);
  idlc_files_deinit(&f);
}

/* error is a part of what is said. */
static void refuses(const char *text, const char *error)
{
  struct idlc_files f;

  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", text);
  free(idlc_files_tokens(&f, "a.idl", NULL, 0));
  assert_true(f.sources.errors > 0);
  if (!strstr(idlc_files_said(&f), error))
    assert_string_equal(idlc_files_said(&f), error);
  idlc_files_deinit(&f);
}

static void test_objects(void **state)
{
  (void)state;
  reads("#define A 1\n#define B A + A\n # define C\nB C A\n#undef A\nB", "1 + 1 1 A + A");
  reads("#define A 1\n#define A 1\nA __midl _WIN32", "1 600 _WIN32");
  refuses("#define 1\n", "a.idl:1:9: error: expected the name of a macro");
  refuses("#define defined 1\n", "'defined' cannot be a macro");
  refuses("#define A ## b\n", "'##' has to stand between two tokens");
}

static void test_redefinition(void **state)
{
  struct idlc_files f;
  char *got;

  (void)state;
  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", "#define A 1\n#define A 2\nA");
  got = idlc_files_tokens(&f, "a.idl", NULL, 0);
  assert_string_equal(got, "2");
  assert_int_equal(f.sources.errors, 0);
  assert_int_equal(f.sources.warnings, 1);
  assert_non_null(strstr(idlc_files_said(&f), "a.idl:2:9: warning: macro 'A'"));
  assert_non_null(strstr(idlc_files_said(&f), "a.idl:1:9: note: "));
  free(got);
  idlc_files_deinit(&f);
}

static void test_functions(void **state)
{
  (void)state;
  reads("#define f(x, y) y x\nf(1, 2) f((a, b), [c]) f(,) f (\n3\n,4) f",
        "2 1 [ c ] ( a , b ) 4 3 f");
  reads("#define g() 7\ng() g( ) g", "7 7 g");
  reads("#define v(a, ...) a : __VA_ARGS__\nv(1, 2, 3) v(1)", "1 : 2 , 3 1 :");
  reads("#define HANDLE(_hdl ) [in] H _hdl,\nvoid a(HANDLE(h) int b);",
        "void a ( [ in ] H h , int b ) ;");
  refuses("#define f(x) x\nf(1, 2)", "a.idl:2:1: error: macro 'f' takes 1 argument, not 2");
  refuses("#define f(x, y) x\nf(1)", "macro 'f' takes 2 arguments, not 1");
  refuses("#define f(x) x\nf((1)", "a.idl:2:1: error: the arguments of macro 'f' do not end");
  refuses("#define f(x, x) x\n", "macro parameter 'x' is there twice");
  refuses("#define f(x y) x\n", "expected ',' or ')'");
  refuses("#define f(1) x\n", "expected the name of a macro parameter");
}

/* [C17] 6.10.3.5, examples 3 to 7, and what a rescan finds behind its end. */
static void test_standard(void **state)
{
  (void)state;
  reads("#define x 3\n#define f(a) f(x * (a))\n#undef x\n#define x 2\n#define g f\n#define z z[0]\n"
        "#define h g(~\n#define m(a) a(w)\n#define w 0,1\n#define t(a) a\n#define p() int\n"
        "#define q(x) x\n#define r(x,y) x ## y\n#define str(x) # x\n"
        "f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);\n"
        "g(x+(3,4)-w) | h 5) & m\n(f)^m(m);\n"
        "p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };\n"
        "char c[2][6] = { str(hello), str() };",
        "f ( 2 * ( y + 1 ) ) + f ( 2 * ( f ( 2 * ( z [ 0 ] ) ) ) ) % f ( 2 * ( 0 ) ) + t ( 1 ) ; "
        "f ( 2 * ( 2 + ( 3 , 4 ) - 0 , 1 ) ) | f ( 2 * ( ~ 5 ) ) & f ( 2 * ( 0 , 1 ) ) ^ "
        "m ( 0 , 1 ) ; int i [ ] = { 1 , 23 , 4 , 5 , } ; "
        "char c [ 2 ] [ 6 ] = { \"hello\" , \"\" } ;");
  reads("#define t(x,y,z) x ## y ## z\nt(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), "
        "t(,,12), t(,,);",
        "123 , 45 , 67 , 89 , 10 , 11 , 12 , ;");
}

static void test_strings_and_pasting(void **state)
{
  (void)state;
  reads("#define s(x) #x\n#define xs(x) s(x)\n#define N 5\ns( a   N ) ; xs(a N) ; s(\"q\\n\" '\"') "
        "; xs()",
        "\"a N\" ; \"a 5\" ; \"\\\"q\\\\n\\\" '\\\"'\" ; \"\"");
  reads("#define c(a, b) a ## b\n#define xc(a, b) c(a, b)\n#define N 5\nc(x, N) xc(x, N) c(<, <) "
        "c(L, \"a\")",
        "xN x5 << L\"a\"");
  refuses("#define c(a, b) a ## b\nc(+, /)", "'+' and '/' together are no token");
  refuses("#define s(x) #y\n", "expected a parameter of the macro behind '#'");
  refuses("#define s(x) #\n", "expected a parameter of the macro behind '#'");
}

static void test_recursion_ends(void **state)
{
  (void)state;
  reads("#define A B x\n#define B A y\nA B", "A y x B x y");
  reads("#define f(x) x g(x)\n#define g(x) f(x) h\nf(1)", "1 f ( 1 ) h");
  reads("#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)", "2 * 9 * g");
}

static void test_conditionals(void **state)
{
  (void)state;
  reads("#if 0\nno don't \"\n#if 1\nno\n#else\nno\n#endif\n#elif 2 > 1\nyes\n#elif "
        "1/0\nno\n#else\nno\n"
        "#endif\nend",
        "yes end");
  reads("#ifdef A\nno\n#else\nyes\n#endif\n#define A\n#ifndef A\nno\n#elif defined A && "
        "defined(A)\nyes2\n"
        "#endif",
        "yes yes2");
  reads("#if 0\n#elif 0\n#else\na\n#endif A\nb", "a b");
  refuses("#if 1\n", "a.idl:1:2: error: this condition does not end");
  refuses("#if 0\n", "a.idl:1:2: error: this condition does not end");
  refuses("#endif\n", "#endif without #if");
  refuses("#else\n", "#else without #if");
  refuses("#elif 1\n", "#elif without #if");
  refuses("#if 1\n#else\n#else\n#endif", "a.idl:3:2: error: #else behind #else");
  refuses("#if 0\n#else\n#elif 1\n#endif", "a.idl:3:2: error: #elif behind #else");
  refuses("#ifdef 1\n#endif", "expected the name of a macro");
}

static void holds(const char *expression, bool value)
{
  char text[256];

  (void)snprintf(text, sizeof text, "#define N 3\n#define f(x) x*2\n#if %s\n1\n#else\n0\n#endif\n",
                 expression);
  reads(text, value ? "1" : "0");
}

static void fails(const char *expression, const char *error)
{
  char text[256];

  (void)snprintf(text, sizeof text, "#if %s\n#endif\n", expression);
  refuses(text, error);
}

static void test_expressions(void **state)
{
  (void)state;
  holds("1 + 2 * 3 == 7", true);
  holds("(1 + 2) * 3 == 7", false);
  holds("10 - 3 - 2 == 5 && 100 / 5 / 2 == 10 && -7 / 2 == -3 && -7 % 2 == -1", true);
  holds("1 << 4 | 1 == 17 && 0", false);
  holds("(1 << 4 | 1) == 17 && ~0 == -1 && !0 && - -1 == 1", true);
  holds("-1 < 0 && -1 > 0u && -16 >> 2 == -4", true);
  holds("0x7fffffffffffffff < 0xffffffffffffffff && 'a' == 97", true);
  holds("N == 3 && f(N) == 6 && unknown == 0 && f(1) ^ 2", false);
  holds("0 && 1/0 || 1 || 1/0", true);
  holds("1 ? 2 : 1/0", true);
  holds("0 ? 1 : 0 ? 1 : 0", false);
  holds("defined N && !defined(M) && defined f", true);
  holds("(-9223372036854775807 - 1) / -1 != 0", true);
  fails("", "expected a condition");
  fails("1/0", "division by zero in the condition");
  fails("1 % 0", "division by zero in the condition");
  fails("1 +", "expected a number, a name or '(' in the condition");
  fails("(1", "expected ')' in the condition");
  fails("1 2", "the condition goes on behind its end");
  fails("1 ? 2", "expected ':' in the condition");
  fails("defined 3", "expected the name of a macro behind 'defined'");
  fails("defined(A", "expected ')' behind the macro's name");
  fails("FAMILY(1)", "there is no macro 'FAMILY' with parameters");
  fails("1.5", "a condition has integers alone");
}

static void test_other_directives(void **state)
{
  (void)state;
  reads("#\n#pragma pack(1) don't\n# 12 \"x\"\n#line 3\n#ident \"x\"\n#pragma midl_echo(\"a\")\n"
        "midl_pragma warning(disable: 2395)",
        "midl_pragma warning ( disable : 2395 )");
  refuses("#error it's no use\n", "a.idl:1:2: error: #error it's no use\n");
  refuses("#includ <a>\n", "hint: did you mean '#include'?");
  refuses("#elseif 1\n", "hint: did you mean '#elif'?");
  refuses("#import \"a.idl\"\n", "hint: in IDL it is written: import");
  refuses("#frobnicate\n", "a.idl:1:2: error: there is no directive '#frobnicate'");
  refuses("# ;\n", "expected the name of a directive behind '#'");
}

static void test_defines(void **state)
{
  static const struct idlc_define good[] = {{"A", "1"}, {"B", "A + x"}, {"__midl", "600"}};
  static const struct idlc_define bad[] = {{"a-b", "1"}, {"9", "1"}, {"", "1"}};
  struct idlc_files f;
  char *got;

  (void)state;
  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", "A B");
  got = idlc_files_tokens(&f, "a.idl", good, 3);
  assert_string_equal(got, "1 1 + x");
  assert_string_equal(idlc_files_said(&f), "");
  free(got);
  free(idlc_files_tokens(&f, "a.idl", bad, 3));
  assert_int_equal(f.sources.errors, 3);
  assert_non_null(strstr(idlc_files_said(&f), "error: 'a-b' is not a macro's name"));
  idlc_files_deinit(&f);
}

static void test_includes(void **state)
{
  static const char *const dirs[] = {"inc/./", "/sys//inc"};
  struct idlc_files f;
  char *got;

  (void)state;
  idlc_files_init(&f, NULL);
  f.sources.include_dirs = dirs;
  f.sources.n_include_dirs = 2;
  idlc_files_add_text(&f, "src/a.idl",
                      "#define FILE \"b.h\"\n#include FILE\n#include <c.h>\n"
                      "#include \"sub\\d.h\"\n#include \"../src/./b.h\"\n#include \"e.h\"\nend");
  idlc_files_add_text(&f, "src/b.h", "#pragma once\nb");
  idlc_files_add_text(&f, "inc/b.h", "not this one");
  idlc_files_add_text(&f, "inc/c.h", "c c2\n#ifdef X\n#endif");
  idlc_files_add_text(&f, "src/sub/d.h", "#include \"../b.h\"\nd");
  idlc_files_add_text(&f, "/sys/inc/e.h", "e");
  got = idlc_files_tokens(&f, "./src//a.idl", NULL, 0);
  assert_string_equal(idlc_files_said(&f), "");
  assert_string_equal(got, "b c c2 d e end");
  assert_int_equal(f.store.n_loads, 5);
  assert_string_equal(f.sources.files[1].path, "src/a.idl");
  assert_string_equal(f.sources.files[1].stem, "a");
  /* From nowhere only the path itself counts. */
  assert_int_equal(idlc_open(&f.sources, "e.h", 0), 0);
  assert_int_equal(idlc_open(&f.sources, "src/sub/../a.idl", 0), 1);
  assert_int_equal(idlc_open(&f.sources, "", 0), 0);
  assert_int_equal(idlc_open(&f.sources, "..", 1), 0);
  free(got);
  idlc_files_deinit(&f);
}

static void test_bad_includes(void **state)
{
  struct idlc_files f;

  (void)state;
  refuses("\n #include \"b.h\"\n", "a.idl:2:3: error: there is no file 'b.h'");
  refuses("#include b.h\n", "expected \"file\" or <file> behind #include");
  refuses("#include \"\"\n", "expected \"file\" or <file> behind #include");
  refuses("#include <b.h\n", "expected \"file\" or <file> behind #include");
  refuses("#include \"a.idl\"\n", "files include each other too deeply");
  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", "#include \"b.h\"\n#endif\n");
  idlc_files_add_text(&f, "b.h", "#if 1\n");
  free(idlc_files_tokens(&f, "a.idl", NULL, 0));
  assert_non_null(strstr(idlc_files_said(&f), "b.h:1:2: error: this condition does not end"));
  assert_non_null(strstr(idlc_files_said(&f), "a.idl:2:2: error: #endif without #if"));
  idlc_files_deinit(&f);
}

/* begin, then middle n times, then end. */
static char *repeated(const char *begin, const char *middle, size_t n, const char *end)
{
  size_t size = strlen(begin) + strlen(middle) * n + strlen(end) + 1;
  char *text = malloc(size), *at;

  assert_non_null(text);
  at = stpcpy(text, begin);
  for (size_t i = 0; i < n; i++)
    at = stpcpy(at, middle);
  (void)stpcpy(at, end);
  return text;
}

static void test_limits(void **state)
{
  char *text, *inner;

  (void)state;
  refuses("#define a x x x x x x x x\n#define b a a a a a a a a\n#define c b b b b b b b b\n"
          "#define d c c c c c c c c\n#define e d d d d d d d d\n#define f e e e e e e e e\n"
          "#define g f f f f f f f f\n#define h g g g g g g g g\nh h h",
          "macros make more than 4194304 tokens");
  text = repeated("#if ", "(", 100000, "1\n#endif");
  refuses(text, "the condition is nested too deeply");
  free(text);
  text = repeated("#if ", "-", 100000, "1\nyes\n#endif");
  reads(text, "yes");
  free(text);
  text = repeated("#define f(x) f(x)\nf(", "f(", 5000, "1");
  refuses(text, "the arguments of macro 'f' do not end");
  free(text);
  text = repeated("#define f(x) x\n", "f(", 200, "");
  inner = repeated(text, ")", 200, "");
  refuses(inner, "macro calls are nested deeper than 128");
  free(inner);
  free(text);
  text = repeated("", "#if 1\n", 10000, "");
  refuses(text, "this condition does not end");
  free(text);
}

/* Every allocation fails once: it is said, and the end comes. */
static void test_memory(void **state)
{
  static const char text[] =
      "#define f(x, y) #x x ## y g(y)\n#define g(x) x x \"a\" \"b\"\n"
      "#if g(1) f\n#elif defined(f) && 1\n f(a b, c) 12 f(,) in\\\nt\n#endif\n"
      "#pragma once\nuuid(12345678-1234-ABCD-EF00-01234567CFFB) \"open\n";
  size_t n = 1;

  (void)state;
  for (size_t i = 0; i < n; i++) {
    struct support_mem mem;
    struct idlc_files f;
    support_mem_init(&mem, i);
    idlc_files_init(&f, &mem.mem);
    idlc_files_add_text(&f, "a.idl", text);
    free(idlc_files_tokens(&f, "a.idl", NULL, 0));
    assert_int_equal(f.sources.out_of_memory, mem.n_takes > i);
    if (mem.n_takes > i)
      n = i + 2;
    idlc_files_deinit(&f);
    assert_int_equal(mem.in_use, 0);
  }
  assert_true(n > 3);
}

static bool decode(struct portero_bytes input, void *ctx)
{
  struct idlc_files f;
  bool fine;

  (void)ctx;
  idlc_files_init(&f, NULL);
  idlc_files_add(&f, "a.idl", input.data, input.size);
  free(idlc_files_tokens(&f, "a.idl", NULL, 0));
  fine = f.sources.errors == 0;
  assert_int_equal(fine, !strstr(idlc_files_said(&f), "error: "));
  idlc_files_deinit(&f);
  return fine;
}

static void test_damage(void **state)
{
  static const char text[] = "#define f(x, y) #x x ## y g(y)\n#define g(x) (x)\n#if g(1) + 0x1 == "
                             "2 || f\n#elif defined(f)\n"
                             "f(a b, c) in\\\nt /* c */ L\"w\" 'c' 1.5e3\n#else\n// no\n#endif\n"
                             "uuid(12345678-1234-ABCD-EF00-01234567CFFB)\n";
  struct portero_bytes sample = {(const uint8_t *)text, sizeof text - 1};
  size_t n;

  (void)state;
  n = support_prefixes(sample, decode, NULL);
  assert_true(n > 0 && n < sample.size);
  n = support_bit_flips(sample, decode, NULL);
  assert_true(n > 0 && n < sample.size * 8);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_objects),
      cmocka_unit_test(test_redefinition),
      cmocka_unit_test(test_functions),
      cmocka_unit_test(test_standard),
      cmocka_unit_test(test_strings_and_pasting),
      cmocka_unit_test(test_recursion_ends),
      cmocka_unit_test(test_conditionals),
      cmocka_unit_test(test_expressions),
      cmocka_unit_test(test_other_directives),
      cmocka_unit_test(test_defines),
      cmocka_unit_test(test_includes),
      cmocka_unit_test(test_bad_includes),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_damage),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
