/* SPDX-License-Identifier: Apache-2.0 */
/* Values of type tables as JSON: what has no end, and what is not said as it has to be. */
#include <stdio.h>
#include <stdlib.h>

#include "src/json/text.h"
#include "tests/unit/types_run.h"

struct node {
  uint32_t v;
  const struct node *next, *other;
};

/* Two full pointers to the next of them: as a tree, it doubles with each. */
static void ready_nodes(struct types_fixture *f)
{
  uint32_t s = BUILD_STRUCT(&f->b, 0, {"v", f->u32, 0, 0}, {"next", f->u32, 0, 0},
                            {"other", f->u32, 0, 0});
  uint32_t p = build_pointer(&f->b, PORTERO_TYPE_FULL, s);

  f->b.members[f->b.types[s].first + 1].type = p;
  f->b.members[f->b.types[s].first + 2].type = p;
  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"n", p, IN, 0}));
}

static char *print(struct types_fixture *f, const void *value)
{
  return json_print_params(&f->b.t, &f->b.ops[0], PORTERO_DIRECTION_IN, value);
}

static void test_what_has_no_end(void **state)
{
  struct types_fixture *f = *state;
  static struct node nodes[40] = {{1, &nodes[1], NULL}, {2, NULL, NULL}};
  const struct node *first = nodes;
  char *text;

  ready_nodes(f);
  text = print(f, &first);
  assert_non_null(text);
  assert_non_null(strstr(text, "\"other\": null"));
  free(text);
  nodes[1].next = &nodes[0];
  assert_null(print(f, &first));
  for (unsigned i = 0; i + 1 < 40; i++)
    nodes[i] = (struct node){i, &nodes[i + 1], &nodes[i + 1]};
  assert_null(print(f, &first));
}

struct choice {
  uint32_t tag;
  uint32_t u;
  float real;
};

static bool parse(struct types_fixture *f, const char *text, struct choice *out_value)
{
  char problem[JSON_TEXT_PROBLEM_SIZE] = "";

  memset(out_value, 0, sizeof *out_value);
  return json_parse_params(&f->b.t, &f->b.ops[0], PORTERO_DIRECTION_IN, text, &f->arena, out_value,
                           problem);
}

static void test_arms(void **state)
{
  struct types_fixture *f = *state;
  uint32_t u = BUILD_UNION(&f->b, 0, f->u32, {"a", f->u32, 0, 1}, {"b", f->u32, 0, 2});
  struct choice value;

  types_fixture_ready(
      f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"tag", f->u32, IN, 0},
                      {"u", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)), IN, 0},
                      {"real", build_scalar(&f->b, PORTERO_KIND_FLOAT), IN, 0}));
  assert_true(parse(f, "{\"u\": {\"b\": 7}}", &value));
  assert_int_equal(value.tag, 2);
  assert_int_equal(value.u, 7);
  assert_true(parse(f, "{\"tag\": 1, \"u\": {}}", &value));
  assert_false(parse(f, "{\"tag\": 1, \"u\": {\"c\": 7}}", &value));
  assert_false(parse(f, "{\"u\": {\"a\": 1, \"b\": 7}}", &value));
  assert_false(parse(f, "{\"tag\": 1, \"u\": 7}", &value));
  assert_true(parse(f, "{\"tag\": 1, \"real\": \"0.5\"}", &value));
  assert_true(value.real > 0.4F && value.real < 0.6F);
  assert_false(parse(f, "{\"tag\": 1, \"real\": \"half\"}", &value));
  assert_false(parse(f, "{\"tag\": 1, \"real\": \"\"}", &value));
}

/* The same where the union's arms are the struct's own members. */
static void test_arms_of_an_embedded_union(void **state)
{
  struct types_fixture *f = *state;
  uint32_t u = BUILD_UNION(&f->b, 0, f->u32, {"a", f->u32, 0, 1},
                           {"a", f->u32, PORTERO_MEMBER_SAME, 3}, {"b", f->u32, 0, 2});
  char problem[JSON_TEXT_PROBLEM_SIZE] = "";
  struct choice value;

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS, {"tag", f->u32, IN, 0},
                                      {"", build_switch(&f->b, u, BUILD_CODE(&f->b, FIELD, 0)),
                                       IN | PORTERO_MEMBER_EMBED, 0}));
  assert_true(parse(f, "{\"b\": 7}", &value));
  assert_int_equal(value.tag, 2);
  assert_int_equal(value.u, 7);
  assert_true(parse(f, "{\"tag\": 3, \"a\": 7}", &value)); /* two labels, one arm */
  assert_int_equal(value.tag, 3);
  assert_false(json_parse_params(&f->b.t, &f->b.ops[0], PORTERO_DIRECTION_IN,
                                 "{\"a\": 1, \"b\": 7}", &f->arena, &value, problem));
  assert_non_null(strstr(problem, "\"a\" and \"b\""));
}

static void test_attributes_of_a_handle(void **state)
{
  static const char *const wrong[] = {"-1", "4294967296", "\"1\"", "null"};
  struct types_fixture *f = *state;
  struct portero_handle value;
  char problem[JSON_TEXT_PROBLEM_SIZE] = "", text[120];

  types_fixture_ready(f, BUILD_STRUCT(&f->b, PORTERO_TYPE_PARAMS,
                                      {"h", build_scalar(&f->b, PORTERO_KIND_HANDLE), IN, 0}));
  assert_true(json_parse_params(
      &f->b.t, &f->b.ops[0], PORTERO_DIRECTION_IN,
      "{\"h\": {\"attributes\": 4294967295, \"uuid\": \"12345778-1234-abcd-ef00-0123456789ac\"}}",
      &f->arena, &value, problem));
  assert_int_equal(value.attributes, UINT32_MAX);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    (void)snprintf(text, sizeof text,
                   "{\"h\": {\"attributes\": %s, \"uuid\": "
                   "\"12345778-1234-abcd-ef00-0123456789ac\"}}",
                   wrong[i]);
    assert_false(json_parse_params(&f->b.t, &f->b.ops[0], PORTERO_DIRECTION_IN, text, &f->arena,
                                   &value, problem));
    assert_non_null(strstr(problem, "attributes"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TYPES_TEST(test_what_has_no_end),
      TYPES_TEST(test_arms),
      TYPES_TEST(test_arms_of_an_embedded_union),
      TYPES_TEST(test_attributes_of_a_handle),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
