/* SPDX-License-Identifier: Apache-2.0 */
/* Rates are the server's: whatever loops a source's connections lie on, it has one count. */
#include "tests/system/door_ends.h"

#include <stdio.h>
#include <string.h>

#define LOOPS 4u
#define CALLERS                                                                                    \
  32u /* on all loops, whatever the kernel's hash does: 4^-31 are the odds against two */
#define CALLS 25u /* of each */
#define ALL   (CALLERS * CALLS)

static struct raw *callers;

static int setup(void **state)
{
  callers = test_calloc(CALLERS, sizeof *callers);
  return door_setup(state);
}

static int teardown(void **state)
{
  test_free(callers);
  return door_teardown(state);
}

static struct portero_policy_rule rate_of(uint32_t rate)
{
  struct portero_policy_rule rule = {
      .name = "often", .action = PORTERO_ACTION_DENY, .rate = rate, .rate_window = 600000};

  return rule;
}

static void callers_come(void)
{
  for (unsigned i = 0; i < CALLERS; i++) {
    raw_connect(&callers[i], door_server, 0);
    raw_bind(&callers[i], &lab_interface.id, 0);
  }
}

static void callers_go(void)
{
  for (unsigned i = 0; i < CALLERS; i++)
    raw_close(&callers[i]);
}

static void everybody_asks(unsigned times)
{
  uint32_t value = 5;

  for (unsigned n = 0; n < times; n++)
    for (unsigned i = 0; i < CALLERS; i++)
      (void)raw_request(&callers[i], LAB_NEGATE, raw_u32(&value));
}

/* How many of the answers are no refusals. */
static unsigned answers(unsigned times)
{
  unsigned n_answered = 0;

  for (unsigned i = 0; i < CALLERS; i++)
    for (unsigned n = 0; n < times; n++) {
      raw_read(&callers[i]);
      if (callers[i].pdu.header.ptype == PORTERO_PTYPE_RESPONSE) {
        n_answered++;
        continue;
      }
      assert_int_equal(callers[i].pdu.header.ptype, PORTERO_PTYPE_FAULT);
      assert_int_equal(callers[i].pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
    }
  return n_answered;
}

static void all_loops_count_together(void **state)
{
  struct portero_policy_rule rule = rate_of(ALL / 4);

  (void)state;
  door_serve(LOOPS, &rule, 1, PORTERO_ACTION_ALLOW);
  callers_come();
  everybody_asks(CALLS);
  assert_int_equal(answers(CALLS), ALL / 4);
  callers_go();
}

static void as_many_as_the_rate_are_answered(void **state)
{
  struct portero_policy_rule rule = rate_of(ALL);
  uint32_t value = 5;

  (void)state;
  door_serve(LOOPS, &rule, 1, PORTERO_ACTION_ALLOW);
  callers_come();
  everybody_asks(CALLS);
  assert_int_equal(answers(CALLS), ALL);
  for (unsigned i = 0; i < CALLERS; i++) /* one more, on whatever loop, is one too many */
    assert_int_equal(raw_fault(&callers[i], LAB_NEGATE, raw_u32(&value)),
                     PORTERO_FAULT_ACCESS_DENIED);
  callers_go();
}

/* What one policy has counted is nothing to the next, and no more pass than all of them let in. */
static void a_new_policy_counts_anew(void **state)
{
  enum {
    SWAPS = 20,
    RATE = 7
  };
  struct portero_policy_rule rule = rate_of(RATE);
  unsigned n;

  (void)state;
  door_serve(LOOPS, &rule, 1, PORTERO_ACTION_ALLOW);
  callers_come();
  everybody_asks(CALLS);
  for (unsigned i = 0; i < SWAPS; i++)
    door_policy(&rule, 1, PORTERO_ACTION_ALLOW); /* while they are counted */
  n = answers(CALLS);
  assert_true(n >= RATE && n <= RATE * (SWAPS + 1));
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  everybody_asks(1);
  assert_int_equal(answers(1), RATE);
  callers_go();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(all_loops_count_together),
      TEST(as_many_as_the_rate_are_answered),
      TEST(a_new_policy_counts_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
