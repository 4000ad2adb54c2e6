/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/idlc_files.h"
#include "tests/unit/support.h"

#include <stdlib.h>

static void reads_bytes(const char *text, size_t size, const char *tokens)
{
  struct idlc_files f;
  char *got;

  idlc_files_init(&f, NULL);
  idlc_files_add(&f, "a.idl", text, size);
  got = idlc_files_tokens(&f, "a.idl", NULL, 0);
  assert_string_equal(idlc_files_said(&f), "");
  assert_string_equal(got, tokens);
  free(got);
  idlc_files_deinit(&f);
}

static void reads(const char *text, const char *tokens)
{
  reads_bytes(text, strlen(text), tokens);
}

/* What is left is tokens, and what is said begins with error. */
static void refuses(const char *text, const char *tokens, const char *error)
{
  struct idlc_files f;
  char *got;

  idlc_files_init(&f, NULL);
  idlc_files_add_text(&f, "a.idl", text);
  got = idlc_files_tokens(&f, "a.idl", NULL, 0);
  assert_int_equal(f.sources.errors, 1);
  if (strncmp(idlc_files_said(&f), error, strlen(error)) != 0)
    assert_string_equal(idlc_files_said(&f), error);
  assert_string_equal(got, tokens);
  free(got);
  idlc_files_deinit(&f);
}

static void test_names(void **state)
{
  (void)state;
  reads("interface _a1 L u8", "interface _a1 L u8");
  refuses("a @ b", "a b", "a.idl:1:3: error: stray '@'");
  refuses("a \xe2\x80\x9c"
          "b",
          "a b", "a.idl:1:3: error: stray character '\xe2\x80\x9c'");
  refuses("a \x01 b", "a b", "a.idl:1:3: error: stray byte 0x01");
  refuses("a # b", "a b", "a.idl:1:3: error: stray '#'");
  reads_bytes("", 0, "");
}

static void test_blanks(void **state)
{
  (void)state;
  reads("\xef\xbb\xbf"
        "a\xc2\xa0"
        "b\t\v\f\r\nc/* * / \n */d// e\nf",
        "a b c d f");
  refuses("a /* b", "a", "a.idl:1:3: error: this comment does not end");
  refuses("\xff\xfe"
          "a",
          "", "a.idl:1:1: error: the file is UTF-16");
}

static void test_splices(void **state)
{
  (void)state;
  reads("in\\\nter\\\r\nface // a\\\nb\nc", "interface c");
  reads("\"a\\ \t\nb\"", "\"ab\"");
  refuses("a \\ b", "a b", "a.idl:1:3: error: stray '\\'");
  refuses("a\\\n  b\\\n @", "a b", "a.idl:3:2: error: stray '@'");
}

static void test_numbers(void **state)
{
  (void)state;
  reads("0 10 010 0x1F 0xffffffffffffffff 18446744073709551615",
        "0 10 8 31 18446744073709551615u 18446744073709551615u");
  reads("1u 1UL 2ll 0x3LL 4i64 5ui64", "1u 1u 2 3 4 5u");
  reads("1.5 .5 1. 1e5 1.5e-3 2.0f", "r:1.5 r:.5 r:1. r:1e5 r:1.5e-3 r:2.0f");
  reads("0..5 0x1e-5", "0 .. 5 30 - 5");
  refuses("18446744073709551616", "0", "a.idl:1:1: error: the number is too large");
  refuses("08", "0", "a.idl:1:1: error: '08' is not a number");
  refuses("0x", "0", "a.idl:1:1: error: '0x' is not a number");
  refuses("1e+", "0", "a.idl:1:1: error: '1e+' is not a number");
  refuses("12ab", "0", "a.idl:1:1: error: '12ab' is not a number");
}

static void test_quotes(void **state)
{
  (void)state;
  reads("\"a\\\"\\n\" \"b\"\n\"c\" L\"d\" ; \"e\"", "L\"a\\\"\\nbcd\" ; \"e\"");
  reads("'a' '\\n' '\\'' '\\x41' '\\101' '\\0' 'ab' L'\xc3\xa9'",
        "c:97 c:10 c:39 c:65 c:65 c:0 c:24930 c:233");
  refuses("cpp_quote(\"a)\n;", "cpp_quote ( \"a)\" ;",
          "a.idl:1:11: error: the closing '\"' is missing");
  refuses("\"a\\", "\"a\"", "a.idl:1:1: error: the closing '\"' is missing");
  refuses("''", "c:0", "a.idl:1:1: error: no character between the quotes");
  refuses("'abcde'", "c:0", "a.idl:1:1: error: more than one character between quotes");
}

static void test_marks(void **state)
{
  (void)state;
  reads("<<>>=<=>===!=&&||->...... . .. ~?:^%",
        "<< >> = <= >= == != && || -> ... ... . .. ~ ? : ^ %");
  refuses("a ## b", "a b", "a.idl:1:3: error: stray '#'");
}

static void test_uuid(void **state)
{
  (void)state;
  reads("uuid(12345678-1234-ABCD-EF00-01234567CFFB)",
        "uuid ( u:12345678-1234-ABCD-EF00-01234567CFFB )");
  reads("uuid( /* */\n 6bffd098-a112-3610-9833-46c3f87e345a\n)",
        "uuid ( u:6bffd098-a112-3610-9833-46c3f87e345a )");
  reads("uuid(1e5f0682-0a51-30e8-076d-740be8cee98b)",
        "uuid ( u:1e5f0682-0a51-30e8-076d-740be8cee98b )");
  reads("uuid(0000000e-1234-abcd-ef00-01234567cffb)",
        "uuid ( u:0000000e-1234-abcd-ef00-01234567cffb )");
  reads("uuid(\"12345678-1234-ABCD-EF00-01234567CFFB\") "
        "uuid(\"{12345678-1234-ABCD-EF00-01234567CFFB}\")",
        "uuid ( u:12345678-1234-ABCD-EF00-01234567CFFB ) "
        "uuid ( u:12345678-1234-ABCD-EF00-01234567CFFB )");
  reads("#define ABCD 1\nuuid(ABCD5678-1234-ABCD-EF00-01234567CFFB)",
        "uuid ( u:ABCD5678-1234-ABCD-EF00-01234567CFFB )");
  reads("#define ID 0000000e-1234-e1cd-EF00-01234567CFFB\nuuid(ID) uuid(ID)",
        "uuid ( u:0000000e-1234-e1cd-EF00-01234567CFFB ) "
        "uuid ( u:0000000e-1234-e1cd-EF00-01234567CFFB )");
}

static void test_no_uuid(void **state)
{
  (void)state;
  /* One digit too few, one too many, another character: they stay tokens, all of them, in order. */
  reads("uuid(12345678-1234-ABCD-EF00-A1234567CFF) x",
        "uuid ( 12345678 - 1234 - ABCD - EF00 - A1234567CFF ) x");
  reads("uuid(12345678-1234-ABCD-EF00-A1234567CFFBC)",
        "uuid ( 12345678 - 1234 - ABCD - EF00 - A1234567CFFBC )");
  reads("uuid(\"12345678-1234-ABCD-EF00-01234567CFFG\" \"a\")",
        "uuid ( \"12345678-1234-ABCD-EF00-01234567CFFGa\" )");
  reads("uuid(a,b) uuid() uuid(", "uuid ( a , b ) uuid ( ) uuid (");
  reads("12345678-1234", "12345678 - 1234");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),   cmocka_unit_test(test_blanks),
      cmocka_unit_test(test_splices), cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_quotes),  cmocka_unit_test(test_marks),
      cmocka_unit_test(test_uuid),    cmocka_unit_test(test_no_uuid),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
