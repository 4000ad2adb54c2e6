/* SPDX-License-Identifier: Apache-2.0 */
/* From IDL text to type tables: what each construct becomes, and what is refused, with its place. */
#include "src/idlc/compile.h"
#include "src/idlc/lower.h"
#include "tests/support/idlc_text.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <string.h>

#define BUDGET (8u << 20)
#define HEAD   "[uuid(12345678-1234-5678-9abc-123456789abc), version(1.2), pointer_default(unique)] "
#define IFACE  "interface i 12345678-1234-5678-9abc-123456789abc 1.2\n"

static unsigned files_of(const char *idl, struct idlc_text_file files[3])
{
  static const char *const paths[3] = {"a.idl", "b.idl", "a.acf"};
  unsigned n = 0;

  while (n < 3) {
    const char *end = strchr(idl, '\f');
    files[n].path = paths[n];
    files[n].text = portero_bytes_make(idl, end ? (size_t)(end - idl) : strlen(idl));
    n++;
    if (!end)
      break;
    idl = end + 1;
  }
  return n;
}

/* idl: files a.idl, b.idl and a.acf, a form feed between them. */
static void check_dump(const char *idl, const char *dump, unsigned warnings)
{
  struct idlc_text_file files[3];
  static char text[16384];
  struct portero_writer w;
  struct idlc_text t;
  struct idlc_program *p;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, files_of(idl, files));
  p = idlc_compile(&t.sources, "a.idl", NULL);
  if (!p)
    fail_msg("%s\n  %u: %s", idl, (unsigned)t.diagnostics[0].place.column, t.diagnostics[0].text);
  assert_int_equal(t.sources.warnings, warnings);
  portero_writer_init_fixed(&w, text, sizeof text - 1);
  idlc_dump(p, &w);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  text[w.size] = '\0';
  assert_string_equal(text, dump);
  idlc_text_deinit(&t);
}

/* The first error, and the text at its place. */
static void check_refused(const char *idl, const char *error, const char *at)
{
  struct idlc_text_file files[3];
  struct idlc_text t;
  const struct idlc_diagnostic *d = NULL;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, files_of(idl, files));
  assert_null(idlc_compile(&t.sources, "a.idl", NULL));
  for (unsigned i = 0; i < t.n_diagnostics && !d; i++)
    d = t.diagnostics[i].severity == IDLC_ERROR ? &t.diagnostics[i] : NULL;
  assert_non_null(d);
  assert_string_equal(d->text, error);
  assert_int_equal(d->place.line, 1);
  if (strncmp(idl + d->place.column - 1, at, strlen(at)) != 0)
    fail_msg("%s\n  %u: %s", idl, (unsigned)d->place.column, d->text);
  idlc_text_deinit(&t);
}

static void test_scalars(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef struct { small a; unsigned char b; short c; hyper d;"
                  " __int3264 e; float f; double g; boolean h; byte j; char k; wchar_t l;"
                  " error_status_t m; } S; }",
             "struct a_S\n  a: int8\n  b: uint8\n  c: int16\n  d: int64\n  e: int3264\n  f: float\n"
             "  g: double\n  h: boolean\n  j: byte\n  k: char\n  l: wchar\n  m: error\n" IFACE,
             0);
}

static void test_names_in_any_order(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef struct { LATER a; struct tag *b; } S; typedef T LATER;"
                  " typedef long T; struct tag { T t[N]; }; const long N = M + 1;"
                  " const long M = ONE << 2; enum { ONE = 1 }; }",
             "const a_N = 5\nconst a_M = 4\nstruct a_S\n  a: int32\n  b: unique* a_tag\n"
             "struct a_tag\n  t: [5] int32\nenum16 a_anonymous_u1\n  a_ONE = 1\n" IFACE,
             0);
  check_refused("typedef struct { LATER a; } S; [uuid(12345678-1234-5678-9abc-123456789abc)]"
                " interface i { void op(S *s); }",
                "'LATER' is no type", "LATER a");
}

static void test_missed_names(void **state)
{
  (void)state;
  check_refused(HEAD "interface i { void o([in] DWORD n); }", "'DWORD' is no type", "DWORD");
  assert_non_null(strstr(idlc_prelude_hint("DWORD"), "unsigned long"));
  assert_null(idlc_prelude_hint("LATER"));
}

static void test_repeated(void **state)
{
  (void)state;
  check_refused(HEAD "interface i { typedef struct { long a; short b; long a; } S; void o(S *s); }",
                "there is a member 'a' already", "a; } S;");
  check_dump("typedef byte B; typedef unsigned char B; typedef struct t { B b; } T;"
             "typedef struct t T; const long C = 3; const long C = 1 + 2;",
             "const a_C = 3\nconst a_C_ = 3\nstruct a_T\n  b: byte\n", 0);
  check_refused("typedef byte B; typedef long B;", "'B' is defined again, as something else", "B;");
  check_refused("const long C = 3; const long C = 4;", "'C' is defined again, as something else",
                "C = 4");
}

static void test_constants(void **state)
{
  (void)state;
  check_dump("const unsigned long A = (long)-1; const unsigned short B = 0x12345;"
             "const long C = sizeof(S) * 2; typedef struct { char c; hyper h; short t[3]; } S;"
             "const long D = 7 / 2 % 2 == 1 && !0 ? ~1 : 5; const hyper E = -9 >> 1;"
             "const char *F = \"x\"; const wchar_t *G = L\"y\"; const double H = 1.5;",
             "const a_A = 4294967295u\nconst a_B = 9029u\nconst a_C = 48\nconst a_D = -2\n"
             "const a_E = -5\nconst a_F = \"x\"\nconst a_G = \"y\"\nconst a_H = \"1.5\"\n"
             "struct a_S\n  c: char\n  h: int64\n  t: [3] int16\n",
             0);
  check_refused("const long A = B; const long B = A; typedef struct { long x[A]; } S;"
                "[uuid(12345678-1234-5678-9abc-123456789abc)] interface i { void o(S *s); }",
                "the value of 'A' depends on itself", "A = B");
  check_refused("typedef struct { long x[1 / 0]; } S;"
                "[uuid(12345678-1234-5678-9abc-123456789abc)] interface i { void o(S *s); }",
                "division by zero in a constant", "/ 0");
}

static void test_pointers(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef [ptr] long *F; typedef long *P;"
                  " void o([in] long *a, [in, unique] long *b, [out] long **c, [in] F d,"
                  " [in, unique] P *e, [in, ref] P f, [in, ptr] F *g); }",
             IFACE "op 0 o\n  in a: int32\n  in b: unique* int32\n  out c: unique* int32\n"
                   "  in d: full* int32\n  in e: unique* unique* int32\n  in f: int32\n"
                   "  in g: full* full* int32\n",
             0);
  check_dump("[uuid(12345678-1234-5678-9abc-123456789abc), pointer_default(ptr)] interface i {"
             " typedef struct { long *a; [unique] long *b; [ref] long **c; } S; }",
             "struct a_S\n  a: full* int32\n  b: unique* int32\n  c: ref* full* int32\n"
             "interface i 12345678-1234-5678-9abc-123456789abc 0.0\n",
             0);
  check_refused(HEAD "interface i { void o([in] void *p); }", "void cannot travel", "p)");
}

static void test_arrays(void **state)
{
  (void)state;
  check_dump(HEAD
             "interface i { typedef struct { short n; long a[3][2]; [size_is(n)] long *b;"
             " [size_is(n, ), length_is(n / 2, )] long **c; [size_is(, 4)] long **d;"
             " [length_is(n)] byte e[8]; [max_is(n)] byte *f; [size_is(9), first_is(n),"
             " last_is(n + 1)] byte *g; } S;"
             " void o([in, size_is(*n)] long a[], [in, out] long *n, [out, size_is(, *n)] S **s,"
             " [in, unique, size_is(m)] long b[*], [in] long m); }",
             "struct a_S\n  n: int16\n  a: [3] [2] int32\n  b: unique* [n] int32\n"
             "  c: unique* [n; n 2 /] unique* int32\n  d: unique* unique* [4] int32\n"
             "  e: [8; n] byte\n  f: unique* [n 1 +] byte\n"
             "  g: unique* [9; n .. n 1 + n - 1 +] byte\n" IFACE
             "op 0 o\n  in a: [n] int32\n  in out n: int32\n  out s: unique* [n] a_S\n"
             "  in b: unique* [m] int32\n  in m: int32\n",
             0);
}

static void test_conformant_structs(void **state)
{
  (void)state;
  check_dump("typedef struct { short n; [size_is((n + 7) / 8)] byte h[]; } A;"
             "typedef struct { long l; A a; } B; typedef struct { A *a[2]; } C;"
             "typedef struct { long l; char c[1]; } D;",
             "struct a_A\n  n: int16\n  h: [n 7 + 8 /] byte\nstruct a_B\n  l: int32\n  a: a_A\n"
             "struct a_C\n  a: [2] unique* a_A\nstruct a_D\n  l: int32\n  c: [1] char\n",
             0);
}

static void test_several_dimensions(void **state)
{
  (void)state;
  check_dump("typedef struct { short m; short n; [size_is(m, n)] byte g[][*]; } A;"
             "typedef struct { short m; [size_is(m)] long g[][2]; } B;",
             "struct a_A\n  m: int16\n  n: int16\n  g: [m] [n] byte\n"
             "struct a_B\n  m: int16\n  g: [m] [2] int32\n",
             0);
  check_refused(HEAD "interface i { void o([in] long n, [in, size_is(, n)] long a[2][*]); }",
                "elements of an array need a fixed size", "[2]");
}

static void test_arrays_refused(void **state)
{
  (void)state;
  check_refused(HEAD "interface i { void o([in] long a[]); }",
                "nothing says how many elements there are", "[]");
  check_refused(HEAD "interface i { void o([in] long a[0]); }",
                "an array has at least one element, counted from 0", "[0]");
  check_refused(HEAD "interface i { void o([in, size_is(k)] long *a); }", "'k' is no constant",
                "k)");
  check_refused(HEAD "interface i { typedef struct { short n; [size_is(n)] byte b[]; } T;"
                     " void o([in] long n, [in, size_is(n)] T *t); }",
                "elements of an array need a fixed size", "*t");
  check_refused(HEAD "interface i { typedef struct { short n; [size_is(n)] byte b[]; long l; } T;"
                     " void o([in] T *t); }",
                "'b' has no fixed size and is not the last member", "struct {");
  check_refused(HEAD "interface i { void o([in, size_is(f)] long *a, [in] float f); }",
                "'f' is no number here", "f)");
}

static void test_strings(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef [string] wchar_t *TEXT; typedef struct { TEXT a;"
                  " [string] char *b[2]; [string] wchar_t c[8]; long n; [size_is(n)] TEXT *d;"
                  " [string, range(1, 9)] unsigned short *e; [string, size_is(n)] byte *f; } S;"
                  " void o([in, string] wchar_t *a, [in, unique] TEXT b, [in, string] char c[],"
                  " [out, string] wchar_t **d); }",
             "struct a_S\n  a: unique* string[*] wchar\n  b: [2] unique* string[*] char\n"
             "  c: string[8] wchar\n  n: int32\n  d: unique* [n] unique* string[*] wchar\n"
             "  e: unique* string[* in 1..9] wchar\n  f: unique* string[n] char\n" IFACE
             "op 0 o\n  in a: string[*] wchar\n  in b: unique* string[*] wchar\n"
             "  in c: string[*] char\n  out d: unique* string[*] wchar\n",
             0);
  check_dump(HEAD "interface i { void o([in, string] long *a); }", IFACE "op 0 o\n  in a: int32\n",
             1);
}

static void test_ranges(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef enum { A, B, C } E; typedef [range(0, 4)] long R;"
                  " typedef struct { [range(A + 1, C)] E e; E f; R r; [range(0, 7)] long n;"
                  " [range(0, 5), size_is(n)] R *p; } S; void o([in, range(2, 3)] long *a); }",
             "enum16 a_E\n  a_A = 0\n  a_B = 1\n  a_C = 2\nstruct a_S\n  e: a_E 1..2\n  f: a_E\n"
             "  r: int32 0..4\n  n: int32 0..7\n  p: unique* [n in 0..5] int32 0..4\n" IFACE
             "op 0 o\n  in a: int32 2..3\n",
             0);
  check_refused(HEAD "interface i { void o([in, range(3, 2)] long a); }", "the range is empty",
                "a)");
}

static void test_expressions(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { void o([in] long n, [in, unique] long *p, [in] char f,"
                  " [in, size_is(p ? *p : 0)] byte *a, [in, size_is((n + 7) & ~7)] byte *b,"
                  " [in, size_is(f ? 1 : 0)] byte *c, [in, size_is((unsigned long)n * 2)] byte *d,"
                  " [in, size_is(n == 3 ? 16 : 12)] byte *e, [in, size_is(!p || n < 5)] byte *g,"
                  " [in, size_is(n / sizeof(wchar_t))] byte *h); }",
             IFACE "op 0 o\n  in n: int32\n  in p: unique* int32\n  in f: char\n"
                   "  in a: [p? *p 0 ?:] byte\n  in b: [n 7 + -8 &] byte\n"
                   "  in c: [f 1 0 ?:] byte\n  in d: [n 2 *] byte\n  in e: [n 3 == 16 12 ?:] byte\n"
                   "  in g: [p? ! n 5 < ||] byte\n  in h: [n 2 /] byte\n",
             0);
  check_dump(HEAD "interface i { void o([in, unique] long *p, [in, size_is(p)] byte *a); }",
             IFACE "op 0 o\n  in p: unique* int32\n  in a: [*p] byte\n", 1);
  check_refused(HEAD "interface i { typedef struct { long x; } T; void o([in] T t,"
                     " [in, size_is(t.x)] byte *a); }",
                "'x' is no number here", ".x");
}

static void test_unions(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef [switch_type(short)] union { [case(1, 0x10002)] long a;"
                  " [case(-1)] ; [default] [string] char *b; } U;"
                  " typedef struct { long k; [switch_is(k & 3)] U u;"
                  " [switch_is(k)] union { [case(0xffffffff)] hyper h; }; } S;"
                  " void o([in, switch_is(*n)] U *u, [in] unsigned long *n); }",
             "union a_U int16\n  case 1 a: int32\n  case 2 same a: int32\n  case -1 : none\n"
             "  default b: unique* string[*] char\nunion a_S_u1 int32\n  case -1 h: int64\n"
             "struct a_S\n  k: int32\n  u: switch(k 3 &) a_U\n  embedded: switch(k) a_S_u1\n" IFACE
             "op 0 o\n  in u: switch(n) a_U\n  in n: uint32\n",
             0);
  check_dump("[ms_union] interface i { typedef union X switch(long t) v { case 1: case 2: byte b;"
             " default: ; } X; typedef [switch_type(long)] union { [case(1)] byte b; } Y; }",
             "union a_X_v\n  case 1 b: byte\n  case 2 same b: byte\n  default : none\n"
             "struct a_X encapsulated\n  t: int32\n  v: switch(t) a_X_v\n"
             "union a_Y ms int32\n  case 1 b: byte\n"
             "interface i 00000000-0000-0000-0000-000000000000 0.0\n",
             0);
  check_refused(HEAD "interface i { typedef union { long a; } U; void o([in, switch_is(n)] U *u,"
                     " [in] long n); }",
                "nothing says when this arm is there", "a;");
  check_refused(HEAD "interface i { typedef union { [case(1)] long a; } U; void o([in] U *u); }",
                "nothing says which arm of the union there is", "u);");
}

static void test_handles(void **state)
{
  (void)state;
  check_dump(HEAD
             "interface i { typedef [context_handle] void *C;"
             " typedef [strict_context_handle, context_handle] void *D;"
             " typedef [handle] wchar_t *NAME;"
             " long o([in] handle_t h, [in] C c, [out] D *d, [in, out, context_handle] void **e,"
             " [in, unique, string] NAME n); }",
             IFACE "op 0 o\n  in c: handle\n  out d: strict handle\n  in out e: handle\n"
                   "  in n: unique* string[*] wchar\n  out result: int32\n",
             0);
}

static void test_special_types(void **state)
{
  (void)state;
  check_dump(HEAD "interface i { typedef struct _GUID { unsigned long a; unsigned short b, c;"
                  " byte d[8]; } GUID; typedef GUID *PGUID; typedef pipe long PIPE;"
                  " typedef [v1_enum] enum { X = 5 } V; typedef [wire_marshal(V)] void *W;"
                  " void o([in] PGUID g, [in] PIPE p, [in] W w, [in] V v); }",
             "enum32 a_V\n  a_X = 5\n" IFACE
             "op 0 o\n  in g: uuid\n  in p: pipe int32\n  in w: a_V\n  in v: a_V\n",
             0);
  check_dump("typedef struct { long a; } GUID;", "struct a_GUID\n  a: int32\n", 0);
}

static void test_recursion(void **state)
{
  (void)state;
  check_dump("typedef struct A { struct B *b; } A; typedef struct B { A a; [ptr] A *p; } B;",
             "struct a_A\n  b: unique* a_B\nstruct a_B\n  a: a_A\n  p: full* a_A\n", 0);
  check_refused(HEAD "interface i { typedef struct A { struct B { struct A a; } b; } A;"
                     " void o([in] A *a); }",
                "'A' contains itself", "struct A {");
}

static void test_interfaces(void **state)
{
  (void)state;
  check_dump("import \"b.idl\"; [object, uuid(12345678-1234-5678-9abc-123456789abc)]"
             " interface I : U { [local] long A([in] void *p); [call_as(A)] long B([in] long p);"
             " [propget] long C([out] long *c); [propput] long C([in] long c); [local] void L();"
             " void O([in] U *u, [in] long *iid, [out, iid_is(iid)] void **v); }"
             "\f[object, uuid(00000000-0000-0000-c000-000000000046)] interface U {"
             " void X(void); void Opnum1NotUsedOnWire(void); }",
             "struct portero_interface_pointer\n  size: uint32\n  data: [size] byte\n"
             "interface U 00000000-0000-0000-c000-000000000046 0.0\nop 0 X object\n"
             "op 1 Opnum1NotUsedOnWire object reserved\n"
             "interface I 12345678-1234-5678-9abc-123456789abc 0.0 : U\nop 2 B object\n"
             "  in p: int32\n  out result: int32\nop 3 get_C object\n  out c: int32\n"
             "  out result: int32\nop 4 put_C object\n  in c: int32\n  out result: int32\n"
             "op 5 L object reserved\nop 6 O object\n"
             "  in u: unique* portero_interface_pointer\n  in iid: int32\n"
             "  out v: unique* portero_interface_pointer\n",
             0);
  check_dump("[uuid(12345678-1234-5678-9abc-123456789abc), endpoint(\"ncacn_np:[\\\\pipe\\\\x]\","
             " \"ncalrpc:[y]\")] interface i { [idempotent] void a(); [local] void b();"
             " [callback] void c(); [maybe] void d(); }\f\f[implicit_handle(handle_t h)]"
             " interface i { [async] a(); }",
             "interface i 12345678-1234-5678-9abc-123456789abc 0.0 at"
             " ncacn_np:[\\pipe\\x],ncalrpc:[y]\nop 0 a idempotent async\nop 1 d maybe\n"
             "op 0 c callback\n",
             0);
  check_refused("interface a : b { void o(); } interface b : a { void o(); }",
                "interface 'a' inherits from itself", "a : b");
  check_refused("interface a : b { void o(); }", "interface 'b' is defined nowhere", "a : b");
}

static void test_left_out(void **state)
{
  (void)state;
  check_dump("typedef struct { void *p; } A; typedef struct { A *a; } B; typedef struct { long b; }"
             " C; typedef struct { int x : 3; } D; typedef struct { [size_is(*)] byte *b[]; } E;",
             "struct a_C\n  b: int32\n", 4);
  check_refused("typedef struct { int x : 3; } D; [uuid(12345678-1234-5678-9abc-123456789abc)]"
                " interface i { void o(D *d); }",
                "a bit-field cannot travel", "x : 3");
}

static void test_c_names(void **state)
{
  (void)state;
  check_dump("import \"b.idl\"; typedef struct class { long b; } class; typedef struct { long c; }"
             " o; [uuid(12345678-1234-5678-9abc-123456789abc)] interface a { void o([in] class *c,"
             " [in] other *d, [in] long result); long result(); }\ftypedef struct { long x; }"
             " other, more; typedef struct { long y; } unused;",
             "struct a_class\n  b: int32\nstruct a_o_\n  c: int32\nstruct b_other\n  x: int32\n"
             "interface a 12345678-1234-5678-9abc-123456789abc 0.0\nop 0 o\n  in c: a_class\n"
             "  in d: b_other\n  in result: int32\nop 1 result\n  out result: int32\n",
             0);
  /* The name of a type does not depend on who imports it, or on what is needed of its file. */
  check_dump("import \"b.idl\"; typedef struct { o *o; } t;\finterface b { void o(); }"
             "enum x { A, B }; enum y { C, B = 1 }; typedef struct { enum y y; } o;",
             "struct a_t\n  o: unique* b_o_\nenum16 b_y\n  b_C = 0\n  b_B_ = 1\n"
             "struct b_o_\n  y: b_y\n",
             0);
  check_dump(
      "typedef struct { short k; [switch_is(k)] union { [case(1)] long l; };"
      " union switch (short k) { case 1: long m; }; } s;",
      "union a_s_u1 int16\n  case 1 l: int32\nunion a_s_u2_tagged_union\n  case 1 m: int32\n"
      "struct a_s_u2 encapsulated\n  k: int16\n  tagged_union: switch(k) a_s_u2_tagged_union\n"
      "struct a_s\n  k: int16\n  embedded: switch(k) a_s_u1\n  u: a_s_u2\n",
      0);
  assert_true(idlc_name_is_word("class"));
  assert_true(idlc_name_is_word("xor_eq"));
  assert_true(idlc_name_is_word("alignas"));
  assert_false(idlc_name_is_word("klass"));
  assert_false(idlc_name_is_word(""));
}

static void test_unknown_attributes(void **state)
{
  (void)state;
  check_dump("typedef [wibble, goext_x, helpstring(\"h\")] struct { [wibble] long a;"
             " [call_as(x)] long b; } S;",
             "struct a_S\n  a: int32\n  b: int32\n", 2);
}

/* Every allocation may fail: then there is no program, and nothing worse. */
static void test_little_memory(void **state)
{
  static const char idl[] =
      HEAD "interface i { typedef struct { long n; [size_is(n)] long *a; } S; long o([in] S *s); }";
  struct idlc_text_file files[3];
  struct idlc_text t;
  size_t budget = 0;
  bool done = false;

  (void)state;
  for (; !done && budget < BUDGET; budget += 997) {
    idlc_text_init(&t, &portero_mem_malloc, budget, files, files_of(idl, files));
    done = idlc_compile(&t.sources, "a.idl", NULL) != NULL;
    assert_true(done || t.sources.out_of_memory || t.sources.errors > 0);
    idlc_text_deinit(&t);
  }
  assert_true(done);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scalars),
      cmocka_unit_test(test_names_in_any_order),
      cmocka_unit_test(test_missed_names),
      cmocka_unit_test(test_repeated),
      cmocka_unit_test(test_constants),
      cmocka_unit_test(test_pointers),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_conformant_structs),
      cmocka_unit_test(test_several_dimensions),
      cmocka_unit_test(test_arrays_refused),
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_ranges),
      cmocka_unit_test(test_expressions),
      cmocka_unit_test(test_unions),
      cmocka_unit_test(test_handles),
      cmocka_unit_test(test_special_types),
      cmocka_unit_test(test_recursion),
      cmocka_unit_test(test_interfaces),
      cmocka_unit_test(test_left_out),
      cmocka_unit_test(test_c_names),
      cmocka_unit_test(test_unknown_attributes),
      cmocka_unit_test(test_little_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
