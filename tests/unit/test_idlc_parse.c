/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of the IDL compiler: texts and what becomes of them, errors and where they are. */
#include "tests/support/idlc_text.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <string.h>

#define BUDGET (4u << 20)

static const struct idlc_parse_options no_options;

static struct portero_bytes bytes_of(const char *text)
{
  return portero_bytes_make(text, strlen(text));
}

/* ---- what is accepted ---- */

struct accepted {
  const char *idl;
  const char *tree; /* as idlc_text_items() writes it */
};

static void check_tree(const struct accepted *a)
{
  struct idlc_text_file file = {"a.idl", bytes_of(a->idl)};
  char text[4096];
  struct portero_writer w;
  struct idlc_text t;
  struct idlc_tree *tree;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, &file, 1);
  tree = idlc_parse(&t.sources, "a.idl", &no_options);
  if (t.n_diagnostics > 0)
    fail_msg("%s\n  %u: %s", a->idl, (unsigned)t.diagnostics[0].place.column,
             t.diagnostics[0].text);
  assert_non_null(tree);
  portero_writer_init_fixed(&w, text, sizeof text - 1);
  idlc_text_items(&w, tree->main->items);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  text[w.size] = '\0';
  assert_string_equal(text, a->tree);
  idlc_text_deinit(&t);
}

#define CHECK_TREES(table)                                                                         \
  for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                                     \
  check_tree(&(table)[i])

static void test_base_types(void **state)
{
  static const struct accepted table[] = {
      {"typedef long A;", "typedef A:i32"},
      {"typedef unsigned long A, *B, **C;", "typedef A:u32, B:*u32, C:**u32"},
      {"typedef long unsigned int A;", "typedef A:u32"},
      {"typedef unsigned A;", "typedef A:u32"},
      {"typedef int const A;", "typedef A:const i32"},
      {"typedef const volatile int A;", "typedef A:const i32"},
      {"typedef short int A;", "typedef A:i16"},
      {"typedef unsigned short A;", "typedef A:u16"},
      {"typedef long long A;", "typedef A:i64"},
      {"typedef unsigned long long A;", "typedef A:u64"},
      {"typedef char A;", "typedef A:char"},
      {"typedef unsigned char A;", "typedef A:u8"},
      {"typedef signed char A;", "typedef A:i8"},
      {"typedef small A;", "typedef A:i8"},
      {"typedef unsigned small A;", "typedef A:u8"},
      {"typedef hyper A;", "typedef A:i64"},
      {"typedef unsigned hyper A;", "typedef A:u64"},
      {"typedef hyper int A;", "typedef A:i64"},
      {"typedef byte A;", "typedef A:byte"},
      {"typedef boolean A;", "typedef A:boolean"},
      {"typedef wchar_t A;", "typedef A:wchar"},
      {"typedef float A;", "typedef A:float"},
      {"typedef double A;", "typedef A:double"},
      {"typedef void *A;", "typedef A:*void"},
      {"typedef handle_t A;", "typedef A:handle"},
      {"typedef error_status_t A;", "typedef A:error_status"},
      {"typedef __int8 A;", "typedef A:i8"},
      {"typedef unsigned __int16 A;", "typedef A:u16"},
      {"typedef __int32 A;", "typedef A:i32"},
      {"typedef unsigned __int64 A;", "typedef A:u64"},
      {"typedef __int3264 A;", "typedef A:i3264"},
      {"typedef unsigned __int3264 A;", "typedef A:u3264"},
      /* another dialect's names are names */
      {"typedef uint32 A;", "typedef A:uint32"},
      /* words that name something new */
      {"typedef unsigned short wchar_t;", "typedef wchar_t:u16"},
      {"typedef unsigned char byte;", "typedef byte:u8"},
      {"typedef unsigned long error_status_t;", "typedef error_status_t:u32"},
  };

  (void)state;
  CHECK_TREES(table);
}

static void test_types(void **state)
{
  static const struct accepted table[] = {
      {"typedef struct _S { long a; X *b, c[3]; } S, *PS;",
       "typedef S:struct _S{a:i32; b:*X; c:[3]X}, PS:*struct _S{a:i32; b:*X; c:[3]X}"},
      {"typedef [context_handle] void *H;", "context_handle typedef H:*void"},
      {"[context_handle] typedef [unique] void *H;", "context_handle unique typedef H:*void"},
      {"typedef struct [x] S { long a; } S;", "typedef S:struct x S{a:i32}"},
      {"struct S { long a; };", "struct S{a:i32}"},
      {"struct S;", "struct S"},
      {"typedef struct S { long a; };", "struct S{a:i32}"},
      {"struct S { struct S *next; };", "struct S{next:*struct S}"},
      {"struct S { unsigned a : 3, : 2, b : N; };", "struct S{a:u32:3; :u32:2; b:u32:N}"},
      {"struct S { long n = m * 2; };", "struct S{n:i32=(m*2)}"},
      {"struct S { struct { long a; }; long b; };", "struct S{:struct {a:i32}; b:i32}"},
      {"struct S { [switch_is(t)] union { [case(1)] long a; [default] ; }; };",
       "struct S{switch_is(t) :union {case(1) case 1 a:i32; default default :}}"},
      {"struct S { [switch_is(t)] [switch_type(unsigned short)] union { [case(1, 2)] A a; } u; };",
       "struct S{switch_is(t) switch_type(<u16>) u:union {case(1,2) case 1,2 a:A}}"},
      {"typedef union switch (long t) u { case 1: case 2: long a; case 3: ; default: char *b; } U;",
       "typedef U:union switch t:i32 u{case 1,2 a:i32; case 3 :; default b:*char}"},
      {"typedef union _U switch (T t) { case A: default: [string] char *b; } U;",
       "typedef U:union _Uswitch t:T {string case A default b:*char}"},
      {"typedef enum { A, B = 2, C = B | 1, } E;", "typedef E:enum {A, B=2, C=(B|1)}"},
      {"typedef [v1_enum] enum _E { A } E;", "v1_enum typedef E:enum _E{A}"},
      {"enum E { [helpstring(\"a\")] A };", "enum E{A}"},
      {"typedef pipe unsigned char P;", "typedef P:pipe<u8>"},
      {"typedef SAFEARRAY(BSTR *) P, *Q;", "typedef P:safearray<*BSTR>, Q:*safearray<*BSTR>"},
      {"typedef SAFEARRAY *P;", "typedef P:*SAFEARRAY"},
      {"typedef interface X *P;", "typedef P:*interface X"},
      {"typedef long (__stdcall *F)(int a, void *);", "typedef F:*(a:i32, :*void)i32"},
      {"typedef void *(F)(void);", "typedef F:()*void"},
      {"typedef int (*A)[3];", "typedef A:*[3]i32"},
      {"typedef int *A[2][3];", "typedef A:[2][3]*i32"},
      {"typedef int A[], B[*], C[1..5], D[0 .. *];",
       "typedef A:[]open i32, B:[]open i32, C:[1..5]i32, D:[0..]open i32"},
      {"typedef char __RPC_FAR * __RPC_FAR A, * const B;", "typedef A:*char, B:*char"},
  };

  (void)state;
  CHECK_TREES(table);
}

static void test_interfaces(void **state)
{
  static const struct accepted table[] = {
      {"interface a;", "interface a"},
      {"interface a, b;", "interface a; interface b"},
      {"[uuid(01234567-89ab-cdef-0123-456789abcdef), version(1.2)] interface a { }",
       "uuid(01234567-89ab-cdef-0123-456789abcdef) version(1.2) interface a {}"},
      {"[uuid(\"01234567-89ab-cdef-0123-456789abcdef\"), version(3),] interface a { };",
       "uuid(01234567-89ab-cdef-0123-456789abcdef) version(3.0) interface a {}"},
      {"interface a : b { HRESULT f(void); void g(); }", "interface a:b {f:()HRESULT; g:()void}"},
      {"interface a { const long N = 10 * 1024; }", "interface a {N:const i32=(10*1024)}"},
      {"const wchar_t *T = L\"a\";", "T:const *wchar=L\"a\""},
      {"interface a { cpp_quote(\"x\") midl_pragma warning(disable: 2400) typedef int I; }",
       "interface a {cpp_quote \"x\"; nothing; typedef I:i32}"},
      {"[odl] dispinterface d { properties: [id(1)] long a; methods: [id(2)] long b(); };",
       "odl dispinterface d {id(1) property a:i32; id(2) b:()i32}"},
      {"interface a { import \"a.idl\"; }", "interface a {import \"a.idl\"}"},
      {"dispinterface d { interface i; };", "dispinterface d {interface i}"},
      {"[version(1.0)] library l { importlib(\"x.tlb\"); coclass c { [default] interface i; "
       "[source] dispinterface d; } };",
       "version(1.0) library l {importlib \"x.tlb\"; coclass c {default interface i; "
       "source dispinterface d}}"},
      {"module m { const long A = 1; };", "module m {A:const i32=1}"},
      {"extern const IID IID_X;", "nothing"},
      {"interface a { interface b *f([in] interface c **x); }",
       "interface a {f:(in x:**interface c)*interface b}"},
  };

  (void)state;
  CHECK_TREES(table);
}

static void test_operations(void **state)
{
  static const struct accepted table[] = {
      {"void f([in] handle_t h, [in, out] long *a);", "f:(in h:handle, in out a:*i32)void"},
      {"[propget, id(1)] HRESULT f([out, retval] long *a);",
       "propget id(1) f:(out retval a:*i32)HRESULT"},
      {"long __stdcall f(); HRESULT WINAPI g(); NTSTATUS NTAPI h(); long pascal i(); A _cdecl k();",
       "f:()i32; g:()HRESULT; h:()NTSTATUS; i:()i32; k:()A"},
      {"void f(byte, X *, long [], [in] Y);", "f:(:byte, :*X, :[]open i32, in :Y)void"},
      {"void f(long string, long version, long range, long in, long pascal, byte *byte);",
       "f:(string:i32, version:i32, range:i32, in:i32, pascal:i32, byte:*byte)void"},
      {"void f(small small, hyper hyper, boolean boolean, long interface, long import, long pipe);",
       "f:(small:i8, hyper:i64, boolean:boolean, interface:i32, import:i32, pipe:i32)void"},
      {"void f([in] const long *a, long const b[2], volatile int c);",
       "f:(in a:const *i32, b:const [2]i32, c:i32)void"},
      {"void f(long * [unique] *p);", "f:(p:**unique i32)void"},
      {"const char *f([in] __RPC__in_ecount(n) byte *p, __in long n);",
       "f:const (in p:*byte, n:i32)*char"},
  };

  (void)state;
  CHECK_TREES(table);
}

static void test_attributes(void **state)
{
  static const struct accepted table[] = {
      {"void f([in, size_is(, *n), length_is(n / 2)] A **a);",
       "f:(in size_is(,*n) length_is((n/2)) a:**A)void"},
      {"void f([size_is(n, )] A **a);", "f:(size_is(n,) a:**A)void"},
      {"void f([size_is(*)] A *a, [range(1 .. *)] long b);",
       "f:(size_is(ALL) a:*A, range(1,ALL) b:i32)void"},
      {"void f([range(0, 10*1024)] long a, [max_is(m - 1), first_is(2)] byte b[]);",
       "f:(range(0,(10*1024)) a:i32, max_is((m-1)) first_is(2) b:[]open byte)void"},
      {"[endpoint(\"ncacn_np:[\\\\pipe\\\\x]\", \"ncalrpc:[y]\")] interface a {}",
       "endpoint(\"ncacn_np:[\\\\pipe\\\\x]\",\"ncalrpc:[y]\") interface a {}"},
      {"typedef [wire_marshal(struct x *), transmit_as(long)] T U;",
       "wire_marshal(<*struct x>) transmit_as(<i32>) typedef U:T"},
      {"[implicit_handle(handle_t h)] interface a {}", "implicit_handle(<handle>h) interface a {}"},
      {"[custom(01234567-89ab-cdef-0123-456789abcdef, 2)] interface a {}",
       "custom(01234567-89ab-cdef-0123-456789abcdef,2) interface a {}"},
      {"[contract(A.B.C, 1.0), x] interface a {}", "contract(((A.B).C),1.0) x interface a {}"},
      {"[pad(4), goext_default_null(), format(multi_size)] interface a {}",
       "pad(4) goext_default_null format(multi_size) interface a {}"},
      /* of an unknown one what can be read, and always all of the rest */
      {"[odd(a, { [x](y; z) } ), in] interface a {}", "odd(a) in interface a {}"},
      {"void f([in, defaultvalue(L\"\")] BSTR a, [in, iid_is(&riid)] IUnknown *p);",
       "f:(in defaultvalue(L\"\") a:BSTR, in iid_is(&riid) p:*IUnknown)void"},
  };

  (void)state;
  CHECK_TREES(table);
}

static void test_expressions(void **state)
{
  static const struct accepted table[] = {
      {"const long A = 1 + 2 * 3 - 4;", "A:const i32=((1+(2*3))-4)"},
      {"const long A = (1 + 2) * 3 % 4;", "A:const i32=(((1+2)*3)%4)"},
      {"const long A = a << 2 | b & ~c ^ d;", "A:const i32=((a<<2)|((b&~c)^d))"},
      {"const long A = a == 1 && !b || c != 2;", "A:const i32=(((a==1)&&!b)||(c!=2))"},
      {"const long A = a < 1 ? b >= 2 : c ? 1 : 0;", "A:const i32=((a<1) ? (b>=2) : (c ? 1 : 0))"},
      {"const long A = -1;", "A:const i32=-1"},
      {"const long A = (DWORD)5;", "A:const i32=<DWORD>5"},
      {"const long A = (unsigned long)-1;", "A:const i32=<u32>-1"},
      {"const long A = (byte)1;", "A:const i32=<byte>1"},
      {"const long A = (n)-1;", "A:const i32=(n-1)"},
      {"typedef long T; const long A = (T)-1;", "typedef T:i32; A:const i32=<T>-1"},
      {"const long A = sizeof(T) + sizeof(long *) + sizeof(struct S) + sizeof a;",
       "A:const i32=(((sizeof<T>+sizeof<*i32>)+sizeof<struct S>)+sizeofa)"},
      {"const long A = *a->b;", "A:const i32=*(a->b)"},
      {"const double A = 1.5;", "A:const double=1.5"},
      {"const char B = 'a';", "B:const char='97"},
  };

  (void)state;
  CHECK_TREES(table);
}

/* ---- what is refused, and where ---- */

struct refused {
  const char *idl;
  unsigned line, column;
  const char *text; /* a part of the message */
  unsigned errors;
};

static void check_refused(const struct refused *r)
{
  struct idlc_text_file file = {"a.idl", bytes_of(r->idl)};
  const struct idlc_diagnostic *d;
  struct idlc_text t;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, &file, 1);
  (void)idlc_parse(&t.sources, "a.idl", &no_options);
  d = &t.diagnostics[0];
  if (t.n_diagnostics == 0)
    fail_msg("accepted: %s", r->idl);
  if (!strstr(d->text, r->text) || d->place.line != r->line || d->place.column != r->column ||
      t.sources.errors != r->errors)
    fail_msg("%s\n  %u:%u: %s (%u errors)", r->idl, (unsigned)d->place.line,
             (unsigned)d->place.column, d->text, t.sources.errors);
  idlc_text_deinit(&t);
}

static void test_refused(void **state)
{
  static const struct refused table[] = {
      /* forgotten semicolons stand behind what lacks them, and hide nothing */
      {"typedef long A", 1, 15, "expected ';' after the typedef", 1},
      {"typedef struct {\n  long a\n  long b;\n} X;", 2, 9, "expected ';' after the member", 1},
      {"typedef struct {\n  DWORD A\n  DWORD B;\n} X;", 2, 10, "expected ';' after the member", 1},
      {"void f()\nvoid g()\n", 1, 9, "expected ';' after the operation", 2},
      {"const long A = 1\ntypedef int B;", 1, 17, "expected ';' after the constant", 1},
      {"import \"a.idl\"\ntypedef int B;", 1, 15, "expected ';' after the import", 1},
      {"interface a", 1, 12, "expected '{'", 1},
      {"typedef foo bar baz;", 1, 16, "expected ';'", 1},
      /* types */
      {"typedef unsigned float F;", 1, 9, "these words do not make a base type", 1},
      {"typedef unsigned signed F;", 1, 9, "these words do not make a base type", 1},
      {"typedef long long long F;", 1, 9, "these words do not make a base type", 1},
      {"typedef short long F;", 1, 9, "these words do not make a base type", 1},
      {"typedef long double F;", 1, 9, "these words do not make a base type", 1},
      {"typedef struct;", 1, 15, "expected a tag or '{', found ';'", 1},
      {"typedef long int;", 1, 17, "expected the name of the typedef", 1},
      {"typedef 5 A;", 1, 9, "expected a type, found the number 5", 1},
      {"struct S { long; };", 1, 16, "expected the name of the member", 1},
      {"struct S { long a[; };", 1, 19, "expected an expression, found ';'", 1},
      {"struct S { long a[3; };", 1, 20, "expected ']' after the bound of an array", 1},
      {"struct S {\n  long a;\ntypedef int I;", 2, 10, "expected '}' at the end of the struct", 1},
      {"enum E { A B };", 1, 11, "expected ',' or '}' after the enumerator 'A'", 1},
      {"enum E { A = };", 1, 14, "expected an expression", 1},
      {"typedef union switch (long) U;", 1, 27, "expected the name of the discriminant", 1},
      {"typedef Windows.Foundation.X *P;", 1, 16, "is no type of MIDL", 1},
      /* declarations */
      {"f([in] long x);", 1, 1, "the type of the result of 'f' is missing", 1},
      {"long x;", 1, 7, "expected '(' and parameters after 'x'", 1},
      {"const long x;", 1, 13, "expected '=' and a value after 'x'", 1},
      {"long x = 1;", 1, 1, "only constants have a value", 1},
      {"void f([in] long a;", 1, 19, "expected ',' or ')' after the parameter", 1},
      {"void f([in] long a = 1);", 1, 19, "expected ',' or ')' after the parameter", 1},
      {"void f([in] long a,, [out] +, long *b);", 1, 20, "expected a type, found ','", 2},
      {"void f(long a, ...);", 1, 16, "parameters that nobody named", 1},
      {"long f() { return 1; } long g();", 1, 10, "an operation has no body", 1},
      {"static inline int f(int a) { return a; } long g();", 1, 1, "'static' is C", 1},
      {"extern \"C\" { }", 1, 8, "expected a declaration", 1},
      {"interface a : b, c { void f() }", 1, 16, "inherits from one other at most", 2},
      {"interface a { void f();", 1, 24, "expected '}' at the end of the interface 'a'", 1},
      {"interface a { interface b { }", 1, 25, "'b' is inside another one", 2},
      {"namespace A.B { interface c { } }", 1, 1, "'namespace' belongs to the metadata language",
       1},
      {"namespace A { [uuid(8be60000-76c9-40bd-245b-689423260cf8)] interface c { } }", 1, 1,
       "'namespace' belongs to the metadata language", 1},
      {"interface a requires b { }", 1, 13, "declared in the metadata language", 1},
      {"}", 1, 1, "'}' without a '{'", 1},
      {"\"text\";", 1, 1, "expected a declaration, found a text", 1},
      /* attributes */
      {"[uuid(12)] interface a {}", 1, 7, "expected a UUID", 1},
      {"[version(\"1\")] interface a {}", 1, 10, "expected a version", 1},
      {"[version(65536)] interface a {}", 1, 10, "expected a version", 1},
      {"[version(1.65536)] interface a {}", 1, 10, "expected a version", 1},
      {"[size_is(n +)] interface a {}", 1, 13, "expected an expression", 1},
      {"[size_is(n m)] interface a {}", 1, 12, "expected ',' or ')' in the arguments", 1},
      {"[switch_type(5)] interface a {}", 1, 14, "expected a type", 1},
      {"void f([in out] long a);", 1, 11, "expected ',' or ']' after the attribute 'in'", 1},
      {"void f([in long a, [out] long *b);", 1, 11, "expected ',' or ']' after the attribute", 1},
      {"[5] interface a {}", 1, 2, "expected an attribute, found the number 5", 1},
      /* expressions */
      {"const long A = (1;", 1, 18, "expected ')' after the expression", 1},
      {"const long A = 1 +;", 1, 19, "expected an expression", 1},
      {"const long A = a ? b;", 1, 21, "expected ':'", 1},
      {"const long A = a.;", 1, 18, "expected the name of a member", 1},
      {"const long A = MACRO(5);", 1, 16, "'MACRO' is no macro", 1},
      {"const long A = sizeof(;", 1, 23, "expected an expression", 1},
  };

  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    check_refused(&table[i]);
}

/* ---- limits ---- */

/* before, n times middle, after: how many errors. */
static unsigned errors_of(const char *before, const char *middle, unsigned n, const char *after)
{
  static char text[200000];
  struct idlc_text_file file = {"a.idl", {NULL, 0}};
  struct idlc_text t;
  size_t size = (size_t)snprintf(text, sizeof text, "%s", before);
  unsigned errors;

  for (unsigned i = 0; i < n; i++)
    size += (size_t)snprintf(text + size, sizeof text - size, "%s", middle);
  size += (size_t)snprintf(text + size, sizeof text - size, "%s", after);
  assert_true(size < sizeof text);
  file.text = portero_bytes_make(text, size);
  idlc_text_init(&t, &portero_mem_malloc, BUDGET, &file, 1);
  (void)idlc_parse(&t.sources, "a.idl", &no_options);
  errors = t.sources.errors;
  idlc_text_deinit(&t);
  return errors;
}

static void test_limits(void **state)
{
  (void)state;
  /* what is closed nowhere is an error of its own, so each limit is tried on both sides */
  assert_int_equal(errors_of("const long A = ", "-", 190, "1;"), 0);
  assert_int_equal(errors_of("const long A = ", "-", 250, "1;"), 1);
  assert_int_equal(errors_of("const long A = 1", "+1", 490, ";"), 0);
  assert_int_equal(errors_of("const long A = 1", "+1", 600, ";"), 1);
  assert_int_equal(errors_of("typedef long ", "*", 64, "A;"), 0);
  assert_int_equal(errors_of("typedef long ", "*", 65, "A;"), 1);
  assert_int_equal(errors_of("typedef long A", "[1]", 64, ";"), 0);
  assert_int_equal(errors_of("typedef long A", "[1]", 65, ";"), 1);
  assert_true(errors_of("const long A = ", "(", 50000, "") >= 1);
  assert_true(errors_of("typedef ", "struct {", 20000, "") >= 1);
  assert_true(errors_of("", "library l {", 15000, "") >= 1);
  assert_true(errors_of("typedef long ", "(", 50000, "") >= 1);
  assert_true(errors_of("typedef long f", "(long f", 25000, "") >= 1);
  assert_true(errors_of("[x", "(x", 50000, "") <= IDLC_MAX_ERRORS);
  assert_int_equal(errors_of("", "typedef +;", 100, ""), IDLC_MAX_ERRORS);
}

/* ---- more than one file ---- */

static void check_imports(const struct idlc_text_file *files, unsigned n_files, const char *tree,
                          const char *warning)
{
  struct idlc_text t;
  struct idlc_tree *got;
  char text[1024];
  struct portero_writer w;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, n_files);
  got = idlc_parse(&t.sources, files[0].path, &no_options);
  assert_non_null(got);
  assert_int_equal(t.sources.errors, 0);
  assert_int_equal(t.n_diagnostics, warning ? 1 : 0);
  if (warning)
    assert_non_null(strstr(t.diagnostics[0].text, warning));
  portero_writer_init_fixed(&w, text, sizeof text - 1);
  idlc_text_items(&w, got->main->items);
  text[w.size] = '\0';
  assert_string_equal(text, tree);
  idlc_text_deinit(&t);
}

static void test_imports(void **state)
{
  struct idlc_text_file files[3] = {{"d/a.idl", bytes_of("import \"ms-b.idl\", \"x/c.idl\";")},
                                    {"d/b.idl", bytes_of("typedef int B;")},
                                    {"d/c.idl", bytes_of("import \"B.IDL\"; typedef B C;")}};

  (void)state;
  check_imports(files, 3,
                "import \"ms-b.idl\" {typedef B:i32}; "
                "import \"x/c.idl\" {import \"B.IDL\"; typedef C:B}",
                NULL);
  /* once each, also in a circle */
  files[1].text = bytes_of("import \"a.idl\"; import \"c.idl\"; interface B { }");
  files[2].text = bytes_of("import \"b.idl\";");
  check_imports(files, 3,
                "import \"ms-b.idl\" {import \"a.idl\"; import \"c.idl\" {import \"b.idl\"}; "
                "interface B {}}; import \"x/c.idl\"",
                NULL);
  files[0].text = bytes_of("interface A { import \"nowhere.idl\"; void f(); }");
  check_imports(files, 1, "interface A {import \"nowhere.idl\"; f:()void}",
                "cannot find 'nowhere.idl'");
}

static void test_units(void **state)
{
  struct idlc_text_file files[2] = {{"a.idl", bytes_of("import \"b.idl\";")},
                                    {"b.idl", bytes_of("typedef int B;")}};
  struct idlc_text t;
  struct idlc_tree *tree;

  (void)state;
  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, 2);
  tree = idlc_parse(&t.sources, "a.idl", &no_options);
  assert_non_null(tree);
  assert_string_equal(t.sources.files[tree->units->file].path, "b.idl");
  assert_true(t.sources.files[tree->units->file].imported);
  assert_ptr_equal(tree->units->next, tree->main);
  assert_true(t.sources.files[tree->main->file].is_main);
  assert_null(tree->main->next);
  idlc_text_deinit(&t);
  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, 1);
  assert_null(idlc_parse(&t.sources, "c.idl", &no_options));
  assert_int_equal(t.sources.errors, 1);
  idlc_text_deinit(&t);
}

/* ---- attribute configuration ---- */

static unsigned parse_with_acf(const char *acf, const char *name, char *out_text, size_t size)
{
  struct idlc_text_file files[2] = {{"d/a.idl", bytes_of("interface a { }")},
                                    {"d/a.acf", bytes_of(acf)}};
  struct idlc_parse_options options = {.acf = name};
  struct portero_writer w;
  struct idlc_text t;
  struct idlc_tree *tree;
  unsigned errors;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, 2);
  tree = idlc_parse(&t.sources, "d/a.idl", &options);
  portero_writer_init_fixed(&w, out_text, size - 1);
  if (tree)
    idlc_text_acf(&w, tree->acf);
  out_text[w.size] = '\0';
  errors = t.sources.errors;
  idlc_text_deinit(&t);
  return errors;
}

static void test_acf(void **state)
{
  static const char acf[] = "[implicit_handle(handle_t h)] interface a {\n"
                            "  include \"x.h\", \"y.h\";\n"
                            "  typedef [represent_as(U)] T, V;\n"
                            "  [async] f(), g([comm_status] s, t);\n"
                            "  h([fault_status, comm_status] s);\n"
                            "};\n";
  char text[512];

  (void)state;
  assert_int_equal(parse_with_acf(acf, NULL, text, sizeof text), 0);
  assert_string_equal(text, "implicit_handle(<handle>h) a; "
                            "represent_as(<U>) a typedef T; represent_as(<U>) a typedef V; "
                            "async a.f; async a.g; comm_status a.g.s; "
                            "fault_status comm_status a.h.s");
  assert_int_equal(
      parse_with_acf("interface a { [async] +; [async] f(); g( }", "d/a.acf", text, sizeof text),
      2);
  assert_string_equal(text, "async a.f");
  assert_int_equal(parse_with_acf("[async] long", NULL, text, sizeof text), 1);
  assert_int_equal(parse_with_acf("", "d/other.acf", text, sizeof text), 1);
}

/* ---- anything at all ---- */

static const char sample[] =
    "import \"b.idl\";\n"
    "[uuid(01234567-89ab-cdef-0123-456789abcdef), version(1.0), pointer_default(unique)]\n"
    "interface a : b {\n"
    "  const unsigned long N = (1 << 4) | sizeof(long);\n"
    "  typedef [v1_enum] enum E { X, Y = 2 } E;\n"
    "  typedef struct _S { long n; [size_is(n)] byte *p; [switch_is(n)] union { [case(1)] E e;"
    " [default]; } u; unsigned x : 3; } S, *PS;\n"
    "  typedef union switch (short t) v { case 1: char c[2..3]; default: ; } U;\n"
    "  typedef pipe char P; typedef SAFEARRAY(long) A;\n"
    "  cpp_quote(\"x\")\n"
    "  long f([in, string] const wchar_t *s, [out, size_is(, *n)] long **q, void (*g)(int));\n"
    "  [propget] void h(handle_t);\n"
    "}\n"
    "library l { importlib(\"x\"); coclass c { [default] interface a; } }\n"
    "dispinterface d { properties: long p; methods: void m(); }\n";

static bool parse_anything(struct portero_bytes input, void *ctx)
{
  struct idlc_text_file files[2] = {{"a.idl", input}, {"b.idl", bytes_of("interface b { }")}};
  static char text[65536];
  struct portero_writer w;
  struct idlc_text t;
  struct idlc_tree *tree;
  bool ok;

  (void)ctx;
  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, 2);
  tree = idlc_parse(&t.sources, "a.idl", &no_options);
  portero_writer_init_fixed(&w, text, sizeof text);
  if (tree)
    idlc_text_items(&w, tree->main->items);
  ok = tree && t.sources.errors == 0;
  assert_int_equal(t.n_diagnostics == 0 || t.sources.errors > 0 || t.sources.warnings > 0, 1);
  idlc_text_deinit(&t);
  return ok;
}

static void test_anything(void **state)
{
  struct portero_bytes bytes = bytes_of(sample);
  size_t prefixes, flips;

  (void)state;
  prefixes = support_prefixes(bytes, parse_anything, NULL);
  flips = support_bit_flips(bytes, parse_anything, NULL);
  /* A prefix is whole where a declaration of the file ends; a flip may change a name. */
  assert_in_range(prefixes, 2, 40);
  assert_in_range(flips, 1, bytes.size * 8 - 1);
}

static void test_memory(void **state)
{
  struct idlc_text_file files[2] = {{"a.idl", bytes_of(sample)}, {"b.idl", bytes_of("")}};
  struct idlc_text t;
  size_t budget = 1024;
  bool ok = false;

  (void)state;
  for (; !ok && budget < BUDGET; budget += 512) {
    idlc_text_init(&t, &portero_mem_malloc, budget, files, 2);
    ok = idlc_parse(&t.sources, "a.idl", &no_options) != NULL;
    assert_true(ok || t.sources.out_of_memory || t.sources.errors > 0);
    idlc_text_deinit(&t);
  }
  assert_true(ok);
  assert_true(budget > 4096);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_base_types), cmocka_unit_test(test_types),
      cmocka_unit_test(test_interfaces), cmocka_unit_test(test_operations),
      cmocka_unit_test(test_attributes), cmocka_unit_test(test_expressions),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_limits),
      cmocka_unit_test(test_imports),    cmocka_unit_test(test_units),
      cmocka_unit_test(test_acf),        cmocka_unit_test(test_anything),
      cmocka_unit_test(test_memory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
