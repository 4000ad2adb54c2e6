/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts of a real server: few records, and every hit counted. */
#include "tests/system/door_lines.h"

#include <stdio.h>
#include <string.h>

#define LOOPS   4u
#define CALLERS 16u
#define CALLS   20u /* of each */

static const char *const tags[] = {"T1087.002"};
static const struct portero_policy_rule look = {
    .name = "look", .action = PORTERO_ACTION_OBSERVE, .alert = true, .tags = tags, .n_tags = 1};

static json_int_t hits(const char *name)
{
  json_int_t sum = 0;

  for (size_t i = 0; i < lines_total(); i++) {
    const json_t *record = lines_at(i);
    if (strcmp(lines_text(record, "event"), "alert") != 0 ||
        strcmp(lines_text(record, "reason"), name) != 0)
      continue;
    assert_true(lines_number(record, "count") > 0);
    sum += lines_number(record, "count");
  }
  return sum;
}

static void everybody_calls(void)
{
  struct raw *r = test_calloc(CALLERS, sizeof *r);
  uint32_t value = 5;

  for (unsigned i = 0; i < CALLERS; i++) {
    raw_connect(&r[i], door_server, 0);
    raw_bind(&r[i], &lab_interface.id, 0);
  }
  for (unsigned n = 0; n < CALLS; n++)
    for (unsigned i = 0; i < CALLERS; i++)
      (void)raw_request(&r[i], LAB_NEGATE, raw_u32(&value));
  for (unsigned i = 0; i < CALLERS; i++) {
    for (unsigned n = 0; n < CALLS; n++)
      raw_expect(&r[i], PORTERO_PTYPE_RESPONSE);
    raw_close(&r[i]);
  }
  test_free(r);
}

/* Binds and calls of all loops are hits of one source; every call has its own records all the same. */
static void every_hit_is_counted(void **state)
{
  const size_t all = (CALLS + 1) * CALLERS;

  (void)state;
  door_serve(LOOPS, &look, 1, PORTERO_ACTION_ALLOW);
  everybody_calls();
  lines_wait("call", CALLS * CALLERS);
  assert_true(lines_count("alert", NULL, NULL) >= 1);
  door_lines_end();
  assert_int_equal(hits("look"), all);
  assert_true(lines_count("alert", NULL, NULL) <= all / 10);
  assert_int_equal(lines_number(lines_nth("alert", 0), "count"), 1);
  for (size_t i = 0; i < lines_count("alert", NULL, NULL); i++) {
    lines_has(lines_nth("alert", i), "source", "127.0.0.1");
    lines_has(lines_nth("alert", i), "rule", "look");
    lines_has(lines_nth("alert", i), "interface_name", "lab");
    lines_has_tags(lines_nth("alert", i), "T1087.002");
  }
  assert_int_equal(lines_count("call", "rule", "look"), CALLS * CALLERS);
  assert_int_equal(lines_count("request", "rule", "look"), CALLS * CALLERS);
  assert_int_equal(lines_count("bind", "rule", "look"), CALLERS);
}

static void what_no_rule_alerts_is_none(void **state)
{
  struct portero_policy_rule quiet = look;

  (void)state;
  quiet.alert = false;
  door_serve(LOOPS, &quiet, 1, PORTERO_ACTION_ALLOW);
  everybody_calls();
  door_lines_end();
  assert_int_equal(lines_count("alert", NULL, NULL), 0);
  assert_int_equal(lines_count("call", "rule", "look"), CALLS * CALLERS);
}

/* The server goes on, nobody comes any more, and the rule is gone: loop 0 tells what waits. */
static void the_rest_comes_by_itself(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(LOOPS, &look, 1, PORTERO_ACTION_ALLOW);
  raw_connect(&r, door_server, 0);
  raw_bind(&r, &lab_interface.id, 0);
  for (unsigned i = 0; i < 3; i++)
    (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_policy(NULL, 0, PORTERO_ACTION_ALLOW);
  door_turned();
  lines_wait("alert", 1);
  lines_wait("alert", 2);
  lines_has(lines_nth("alert", 1), "operation", "Negate");
  assert_int_equal(lines_number(lines_nth("alert", 1), "count"), 3);
  door_lines_end();
  assert_int_equal(hits("look"), 4);
}

/* The bind's record says what was decided, whatever others have been counted meanwhile. */
static void a_bind_is_asked_about_once(void **state)
{
  enum {
    UNKNOWN = 6
  };
  const struct portero_policy_rule scan = {.name = "scan",
                                           .action = PORTERO_ACTION_DENY,
                                           .alert = true,
                                           .missing = true,
                                           .rate = 2,
                                           .rate_window = 600000};
  struct portero_context contexts[UNKNOWN];
  struct portero_writer w;
  struct raw r;

  (void)state;
  memset(contexts, 0, sizeof contexts);
  for (unsigned i = 0; i < UNKNOWN; i++) {
    contexts[i].id = (uint16_t)i;
    contexts[i].abstract.uuid.time_low = 0x5ca1ab1e + i;
    contexts[i].transfer = &portero_syntax_ndr;
    contexts[i].n_transfer = 1;
  }
  door_serve(1, &scan, 1, PORTERO_ACTION_ALLOW);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, UNKNOWN, PORTERO_PFC_WHOLE);
  raw_connect(&r, door_server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  raw_close(&r);
  portero_writer_deinit(&w);
  door_lines_end();
  assert_int_equal(lines_count("bind", NULL, NULL), UNKNOWN);
  assert_int_equal(lines_count("bind", "outcome", "failed"), 2);
  assert_int_equal(lines_count("bind", "rule", "scan"), UNKNOWN - 2);
  assert_int_equal(hits("scan"), UNKNOWN - 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_lines_setup, door_lines_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(every_hit_is_counted),
      TEST(what_no_rule_alerts_is_none),
      TEST(the_rest_comes_by_itself),
      TEST(a_bind_is_asked_about_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
