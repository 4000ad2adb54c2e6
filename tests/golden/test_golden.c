/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values and the bytes that foreign encoders make of them: cases.json, each in both directions,
 * through the type table and through generated code.
 *
 *   given    the request's values that a response goes by
 *   alias    two parameters that are the same pointer
 *   lossy    what is read is not what was written
 *   only     "read": bytes that a peer may send and that are never written here
 *   least    so many of the bytes are enough: the rest is a gap that some leave out
 *   oracle   what a foreign encoder makes of the value, against the specification
 *   why      says what decides, where encoders disagree or none is known
 *
 * usage: test_golden CASES.json
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "src/json/values.h"
#include "tests/golden/stubs.h"

#define MAX_STUB 4096u
#define BUDGET   ((size_t)16 << 20)

struct golden {
  const json_t *json;
  const char *name;
  const struct portero_stub *stub;
  const struct portero_stub_op *op;
  struct portero_types types;
  const struct portero_op *table_op;
  enum portero_direction direction;
  bool ndr64, big_endian;
  uint32_t params_size;
  bool by_code; /* callbacks have no stubs, only a description */
  uint8_t bytes[MAX_STUB];
  size_t size;
  struct portero_arena arena;
};

static const char *text_of(const json_t *json, const char *key)
{
  const char *text = json_string_value(json_object_get(json, key));

  return text ? text : "";
}

/* ---- a case ---- */

static void case_find_op(struct golden *g, const char *operation)
{
  size_t length = strcspn(operation, ".");

  for (const struct listed_stub *s = listed_stubs; s->file; s++)
    if (strlen(s->stub->name) == length && strncmp(s->stub->name, operation, length) == 0)
      g->stub = s->stub;
  if (!g->stub)
    fail_msg("%s: no stubs for %s", g->name, operation);
  for (uint32_t i = 0; i < g->stub->n_ops; i++)
    if (strcmp(g->stub->ops[i].name, operation + length + 1) == 0)
      g->op = &g->stub->ops[i];
}

static void case_load_table(struct golden *g, const char *operation)
{
  struct portero_bytes table = portero_bytes_make(g->stub->table, g->stub->table_size);
  const struct portero_iface *iface;
  const char *problem = "";

  if (!portero_is_ok(portero_types_load(table, &g->arena, &g->types, &problem)))
    fail_msg("%s: type table: %s", g->name, problem);
  iface = portero_types_iface(&g->types, &g->stub->id);
  assert_non_null(iface);
  g->table_op = portero_types_op_named(&g->types, iface, strchr(operation, '.') + 1);
  if (!g->table_op)
    fail_msg("%s: no operation %s", g->name, operation);
  g->by_code = !(g->table_op->flags & PORTERO_OP_CALLBACK);
  assert_int_equal(g->by_code, g->op != NULL);
  g->params_size = g->types.layouts[g->table_op->params].size;
}

static void case_load_bytes(struct golden *g, const char *hex)
{
  for (g->size = 0; hex[0] && hex[1] && g->size < MAX_STUB; hex += 2) {
    unsigned byte;
    assert_int_equal(sscanf(hex, "%2x", &byte), 1);
    g->bytes[g->size++] = (uint8_t)byte;
  }
}

static void case_load(struct golden *g, const json_t *json)
{
  memset(g, 0, sizeof *g);
  g->json = json;
  g->name = text_of(json, "name");
  g->ndr64 = strcmp(text_of(json, "syntax"), "ndr64") == 0;
  g->big_endian = strcmp(text_of(json, "byteorder"), "big") == 0;
  g->direction =
      strcmp(text_of(json, "direction"), "out") == 0 ? PORTERO_DIRECTION_OUT : PORTERO_DIRECTION_IN;
  portero_arena_init(&g->arena, &portero_mem_malloc, BUDGET);
  case_find_op(g, text_of(json, "operation"));
  case_load_table(g, text_of(json, "operation"));
  case_load_bytes(g, text_of(json, "hex"));
}

static uint32_t member_offset(const struct golden *g, const char *name)
{
  const struct portero_type *s = &g->types.types[g->table_op->params];

  for (uint32_t i = s->first; i < s->first + s->count; i++)
    if (strcmp(portero_types_text(&g->types, g->types.members[i].name), name) == 0)
      return g->types.offsets[i];
  fail_msg("%s: no member %s", g->name, name);
  return 0;
}

/* Params from JSON; what a response goes by comes from the request's values ("given"). */
static void *case_params(struct golden *g)
{
  const json_t *given = json_object_get(g->json, "given"),
               *alias = json_object_get(g->json, "alias");
  uint8_t *params = portero_arena_alloc(&g->arena, g->params_size);
  char problem[JSON_PROBLEM_SIZE];

  assert_non_null(params);
  if (given && !json_to_params(&g->types, g->table_op, PORTERO_DIRECTION_IN, given, &g->arena,
                               params, problem))
    fail_msg("%s: given: %s", g->name, problem);
  if (!json_to_params(&g->types, g->table_op, g->direction, json_object_get(g->json, "value"),
                      &g->arena, params, problem))
    fail_msg("%s: %s", g->name, problem);
  if (alias)
    memcpy(params + member_offset(g, json_string_value(json_array_get(alias, 1))),
           params + member_offset(g, json_string_value(json_array_get(alias, 0))), sizeof(void *));
  return params;
}

/* ---- checks ---- */

static void write_params(struct golden *g, bool by_table, const void *params,
                         struct portero_ndr_writer *w)
{
  if (by_table)
    portero_types_write_call(&g->types, g->table_op, g->direction, params, w);
  else
    portero_stub_write_params(g->stub, g->op, g->direction, params, &g->arena, w);
}

static void read_params(struct golden *g, bool by_table, struct portero_ndr_reader *r, void *params)
{
  if (by_table)
    portero_types_read_call(&g->types, g->table_op, g->direction, false, params, r);
  else
    portero_stub_read_params(g->stub, g->op, g->direction, params, r);
}

static void print_hex(const char *what, const uint8_t *bytes, size_t size)
{
  print_message("  %s ", what);
  for (size_t i = 0; i < size; i++)
    print_message("%02x", bytes[i]);
  print_message("\n");
}

static void check_write(struct golden *g, bool by_table)
{
  const char *how = by_table ? "table" : "code";
  struct portero_ndr_writer w;
  struct portero_bytes stub;
  uint8_t buffer[MAX_STUB];

  if (strcmp(text_of(g->json, "only"), "read") == 0)
    return;
  portero_ndr_writer_init_fixed(&w, buffer, sizeof buffer, g->ndr64, g->big_endian);
  write_params(g, by_table, case_params(g), &w);
  if (!portero_is_ok(portero_ndr_writer_finish(&w)))
    fail_msg("%s: cannot be written by %s", g->name, how);
  stub = portero_ndr_writer_stub(&w);
  if (stub.size == g->size && memcmp(stub.data, g->bytes, g->size) == 0)
    return;
  print_hex("expected", g->bytes, g->size);
  print_hex("written ", stub.data, stub.size);
  fail_msg("%s: other bytes by %s", g->name, how);
}

static void *read_exact(struct golden *g, bool by_table, size_t size, bool *out_ok)
{
  uint8_t *params = portero_arena_alloc(&g->arena, g->params_size);
  const json_t *given = json_object_get(g->json, "given");
  struct portero_ndr_reader r;
  uint8_t *exact = portero_arena_alloc(&g->arena, size);
  char problem[JSON_PROBLEM_SIZE];

  assert_non_null(params);
  assert_non_null(exact);
  memcpy(exact, g->bytes, size);
  if (given)
    assert_true(json_to_params(&g->types, g->table_op, PORTERO_DIRECTION_IN, given, &g->arena,
                               params, problem));
  portero_ndr_reader_init(&r, portero_bytes_make(exact, size), &g->arena, g->ndr64, g->big_endian);
  read_params(g, by_table, &r, params);
  *out_ok = portero_is_ok(portero_ndr_reader_finish(&r)) &&
            (size < g->size || portero_reader_left(&r.r) == 0);
  return params;
}

static void check_read(struct golden *g, bool by_table)
{
  const char *how = by_table ? "table" : "code";
  json_t *expected, *found;
  bool ok;
  const void *params = read_exact(g, by_table, g->size, &ok);

  if (!ok)
    fail_msg("%s: cannot be read by %s", g->name, how);
  if (json_object_get(g->json, "lossy"))
    return;
  expected = json_of_params(&g->types, g->table_op, g->direction, case_params(g));
  found = json_of_params(&g->types, g->table_op, g->direction, params);
  if (!json_equal(expected, found)) {
    char *a = json_dumps(expected, JSON_COMPACT), *b = json_dumps(found, JSON_COMPACT);
    print_message("  expected %s\n  found    %s\n", a, b);
    free(a);
    free(b);
    fail_msg("%s: another value by %s", g->name, how);
  }
  json_decref(expected);
  json_decref(found);
}

/* The twin: a stub that ends early is refused. */
static void check_prefixes(struct golden *g, bool by_table)
{
  const json_t *least = json_object_get(g->json, "least");
  size_t enough = least ? (size_t)json_integer_value(least) : g->size;
  bool ok;

  if (least) {
    (void)read_exact(g, by_table, enough, &ok);
    assert_true(ok);
  }
  for (size_t size = 0; size < enough; size++) {
    (void)read_exact(g, by_table, size, &ok);
    if (ok)
      fail_msg("%s: %zu of %zu bytes are enough for %s", g->name, size, g->size,
               by_table ? "the table" : "the code");
  }
}

/* Where an oracle is overruled it is known what it says, and why it is wrong. */
static void check_overruled(struct golden *g, bool by_table)
{
  const char *oracle = text_of(g->json, "oracle");

  (void)by_table;
  if (!*oracle)
    return;
  if (!*text_of(g->json, "why"))
    fail_msg("%s: nothing says why the oracle is wrong", g->name);
  if (strcmp(oracle, text_of(g->json, "hex")) == 0)
    fail_msg("%s: the oracle agrees", g->name);
}

/* ---- all of them ---- */

static const char *cases_path;

static void each_case(void (*check)(struct golden *g, bool by_table))
{
  json_error_t error;
  json_t *cases = json_load_file(cases_path, JSON_ALLOW_NUL, &error);

  if (!cases)
    fail_msg("%s:%d: %s", cases_path, error.line, error.text);
  assert_true(json_array_size(cases) > 0);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    static struct golden g;
    case_load(&g, json_array_get(cases, i));
    check(&g, true);
    if (g.by_code)
      check(&g, false);
    portero_arena_deinit(&g.arena);
  }
  json_decref(cases);
}

static void writes_the_bytes(void **state)
{
  (void)state;
  each_case(check_write);
}

static void reads_the_values(void **state)
{
  (void)state;
  each_case(check_read);
}

static void refuses_what_ends_early(void **state)
{
  (void)state;
  each_case(check_prefixes);
}

static void says_why_oracles_are_overruled(void **state)
{
  (void)state;
  each_case(check_overruled);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_the_bytes),
      cmocka_unit_test(reads_the_values),
      cmocka_unit_test(refuses_what_ends_early),
      cmocka_unit_test(says_why_oracles_are_overruled),
  };

  if (argc != 2)
    return 2;
  cases_path = argv[1];
  return cmocka_run_group_tests(tests, NULL, NULL);
}
