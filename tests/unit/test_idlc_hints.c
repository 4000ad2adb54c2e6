/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler says of slips that others let pass: names mistyped, twice there, or missing. */
#include "src/idlc/compile.h"
#include "src/idlc/lower.h"
#include "tests/support/idlc_text.h"
#include "tests/unit/support.h"

#include <string.h>

#define BUDGET (8u << 20)
#define UUID   "[uuid(12345678-1234-5678-9abc-123456789abc)] "

/* The first thing that is said, of which severity, and its hint (NULL: none); text NULL: nothing. */
static struct idlc_diagnostic said(const char *idl, struct idlc_text *t)
{
  static struct idlc_text_file file;

  file = (struct idlc_text_file){"a.idl", portero_bytes_make(idl, strlen(idl))};
  idlc_text_init(t, &portero_mem_malloc, BUDGET, &file, 1);
  (void)idlc_compile(&t->sources, "a.idl", NULL);
  return t->n_diagnostics ? t->diagnostics[0] : (struct idlc_diagnostic){.text = NULL};
}

static void check(const char *idl, enum idlc_severity severity, const char *text, const char *hint,
                  const char *at)
{
  struct idlc_text t;
  struct idlc_diagnostic d = said(idl, &t);

  if (!d.text)
    fail_msg("nothing is said: %s", idl);
  assert_string_equal(d.text, text);
  assert_int_equal(d.severity, severity);
  assert_true((d.hint == NULL) == (hint == NULL));
  if (hint)
    assert_string_equal(d.hint, hint);
  if (strncmp(idl + d.place.column - 1, at, strlen(at)) != 0)
    fail_msg("%s\n  %u: %s", idl, (unsigned)d.place.column, d.text);
  idlc_text_deinit(&t);
}

static void check_quiet(const char *idl)
{
  struct idlc_text t;
  struct idlc_diagnostic d = said(idl, &t);

  if (d.text)
    fail_msg("%s\n  %s", idl, d.text);
  idlc_text_deinit(&t);
}

static void test_types(void **state)
{
  (void)state;
  check_quiet(
      UUID
      "interface i { typedef struct { long a; } POLICY_HANDLE; void o([in] POLICY_HANDLE *h); }");
  check(UUID
        "interface i { typedef struct { long a; } POLICY_HANDLE; void o([in] POLICY_HANLDE *h); }",
        IDLC_ERROR, "'POLICY_HANLDE' is no type", "did you mean 'POLICY_HANDLE'?", "POLICY_HANLDE");
  check(UUID "interface i { void o([in] lnog n); }", IDLC_ERROR, "'lnog' is no type",
        "did you mean 'long'?", "lnog");
  check(UUID "interface i { void o([in] Hyper n); }", IDLC_ERROR, "'Hyper' is no type",
        "did you mean 'hyper'?", "Hyper");
  check(UUID "interface i { void o([in] ULONG n); }", IDLC_ERROR, "'ULONG' is no type",
        "write 'unsigned long', or import ms-dtyp.idl, which defines it", "ULONG");
  check(UUID "interface i { void o([in] SOMETHING_ELSE n); }", IDLC_ERROR,
        "'SOMETHING_ELSE' is no type", NULL, "SOMETHING_ELSE");
}

static void test_attributes(void **state)
{
  (void)state;
  check_quiet(UUID "interface i { void o([in] long n, [in, size_is(n)] long *a); }");
  check(UUID "interface i { void o([in, uniqeu] long *a); }", IDLC_WARNING,
        "attribute 'uniqeu' is not known: it is passed over", "did you mean 'unique'?", "uniqeu");
  check(UUID "interface i { void o([in, sizeis(4)] long *a); }", IDLC_WARNING,
        "attribute 'sizeis' is not known: it is passed over", "did you mean 'size_is'?", "sizeis");
  check(UUID "interface i { void o([in, wobble] long *a); }", IDLC_WARNING,
        "attribute 'wobble' is not known: it is passed over", NULL, "wobble");
}

static void test_operations_of_one_name(void **state)
{
  static const char twice[] = UUID "interface i { void o(); void p(); long o([in] long n); }";
  struct idlc_text t;
  struct idlc_diagnostic d;

  (void)state;
  check_quiet(UUID "interface i { void o(); void p(); void O(); }");
  d = said(twice, &t);
  assert_string_equal(d.text, "there is an operation 'o' already");
  assert_int_equal(d.severity, IDLC_ERROR);
  assert_int_equal(d.place.column - 1, strstr(twice, "o([in]") - twice);
  assert_int_equal(t.n_diagnostics, 2);
  assert_int_equal(t.diagnostics[1].severity, IDLC_NOTE);
  assert_int_equal(t.diagnostics[1].place.column - 1, strstr(twice, "o();") - twice);
  idlc_text_deinit(&t);
  /* A property is two operations; interfaces have names of their own. */
  check_quiet("[object, uuid(12345678-1234-5678-9abc-123456789abc)] interface i : IUnknown {"
              " [propget] HRESULT x([out] long *v); [propput] HRESULT x([in] long v); }"
              " typedef long HRESULT; [uuid(12345678-1234-5678-9abc-123456789abd)] interface j {"
              " void get_x(); }");
}

static void test_uuid(void **state)
{
  (void)state;
  check("interface i { void o(); }", IDLC_ERROR, "interface 'i' has operations and no uuid",
        "write [uuid(...), version(1.0)] in front of it, or [local]", "i {");
  check("[version(1.0)] interface i { void o(); }", IDLC_ERROR,
        "interface 'i' has operations and no uuid",
        "write [uuid(...), version(1.0)] in front of it, or [local]", "i {");
  check_quiet("[local] interface i { void o(); }");
  check_quiet("interface i { typedef long T; [local] void o(); }");
  check_quiet(UUID "interface i { void o(); }");
}

static const char *meant(struct idlc_lower *lo, const char *name, const char *a, const char *b)
{
  struct idlc_suggestion s;

  idlc_suggest_begin(&s, name);
  idlc_suggest(&s, a);
  idlc_suggest(&s, b);
  return idlc_suggest_hint(lo, &s);
}

/* Of two that are alike the nearer one; short names only by their case. */
static void test_what_is_like(void **state)
{
  static const char long_name[] = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij";
  static struct idlc_lower lo;
  struct portero_arena arena;

  (void)state;
  portero_arena_init(&arena, &portero_mem_malloc, BUDGET);
  lo.arena = &arena;
  assert_string_equal(meant(&lo, "wchra_t", "char", "wchar_t"), "did you mean 'wchar_t'?");
  assert_string_equal(meant(&lo, "context_hanle", "context_handles", "context_handle"),
                      "did you mean 'context_handle'?");
  assert_string_equal(meant(&lo, "iid", "sid", "IID"), "did you mean 'IID'?");
  assert_null(meant(&lo, "iid", "sid", "id"));
  assert_null(meant(&lo, "abcd", "", "dcba"));
  assert_null(meant(&lo, long_name, long_name + 1, long_name));
  portero_arena_deinit(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types),
      cmocka_unit_test(test_attributes),
      cmocka_unit_test(test_operations_of_one_name),
      cmocka_unit_test(test_uuid),
      cmocka_unit_test(test_what_is_like),
  };

  return cmocka_run_group_tests_name("idlc_hints", tests, NULL, NULL);
}
