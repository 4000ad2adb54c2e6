/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy at the door of a real server: what it refuses is refused as it says, what it lets pass goes
 * on, and it may be changed at any time.
 */
#include "tests/system/door_ends.h"

#include <time.h>

#define BUSY PORTERO_FAULT_SERVER_TOO_BUSY

static uint16_t bind_result(const struct portero_syntax *iface, uint16_t *out_reason)
{
  struct raw r;
  uint16_t result;

  raw_connect(&r, door_server, 0);
  raw_try_bind(&r, iface, 0);
  assert_int_equal(r.pdu.header.ptype, PORTERO_PTYPE_BIND_ACK);
  result = (uint16_t)raw_result(&r, 0).result;
  *out_reason = (uint16_t)raw_result(&r, 0).reason;
  raw_close(&r);
  return result;
}

/* ---- calls ---- */

static void a_denied_call_gets_the_rules_fault(void **state)
{
  const struct portero_policy_range range = {LAB_BLOB, LAB_DEFER};
  const struct portero_policy_interface blob = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &range, .n_operations = 1};
  const struct portero_policy_rule rule = {.name = "no-blob",
                                           .action = PORTERO_ACTION_DENY,
                                           .fault = BUSY,
                                           .interfaces = {&blob, 1, false}};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  assert_int_equal(raw_fault(&r, LAB_BLOB, raw_u32(&value)), BUSY);
  assert_true(r.pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
  assert_int_equal(raw_fault(&r, LAB_DEFER, raw_u32(&value)), BUSY);
  assert_int_equal(raw_get_u32(raw_call(&r, LAB_NEGATE, raw_u32(&value))), ~5u); /* it goes on */
  assert_int_equal(raw_fault(&r, LAB_FAIL, raw_u32(&value)), PORTERO_FAULT_UNSPECIFIED);
  raw_alter(&r, 1, &lab_other_interface.id); /* the same operation of another interface */
  assert_int_equal(raw_call(&r, LAB_BLOB, raw_u32(&value)).size, 5);
  raw_close(&r);
}

/* At its first fragment; the others are swallowed. */
static void a_call_of_fragments_is_judged_at_the_first(void **state)
{
  const struct portero_policy_range range = {LAB_LENGTH, LAB_LENGTH};
  const struct portero_policy_interface length = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &range, .n_operations = 1};
  const struct portero_policy_rule rule = {
      .name = "no", .action = PORTERO_ACTION_DENY, .interfaces = {&length, 1, false}};
  uint64_t stub = 7;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_FAULT);
  assert_int_equal(r.pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
  assert_true(r.pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 10, LAB_NEGATE, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 10, LAB_NEGATE, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(r.pdu.header.call_id, 10);
  raw_close(&r);
}

/* Sends the first fragment of a call under one policy and the last one under the next. */
static void begin_and_end(struct raw *r, uint32_t call_id, const struct portero_policy_rule *next)
{
  uint64_t stub = 7;

  door_policy(NULL, 0, PORTERO_ACTION_ALLOW);
  door_turned();
  door_fragment(r, call_id, LAB_NEGATE, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(r, call_id, LAB_NEGATE, 0, &stub, 0);
  door_fragment(r, call_id - 1, LAB_NEGATE, PORTERO_PFC_WHOLE, &stub, sizeof stub);
  raw_expect(r, PORTERO_PTYPE_RESPONSE); /* so the first one has been judged */
  door_policy(next, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  door_fragment(r, call_id, LAB_NEGATE, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
}

static void a_begun_call_does_not_keep_its_policy(void **state)
{
  const struct portero_policy_range negate = {LAB_NEGATE, LAB_NEGATE}, fail = {LAB_FAIL, LAB_FAIL};
  struct portero_policy_interface operation = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &fail, .n_operations = 1};
  struct portero_policy_rule rule = {
      .name = "no", .action = PORTERO_ACTION_DENY, .interfaces = {&operation, 1, false}};
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  begin_and_end(&r, 9, &rule); /* another policy that allows it as well */
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(r.pdu.header.call_id, 9);
  operation.operations = &negate;
  begin_and_end(&r, 19, &rule);
  raw_expect(&r, PORTERO_PTYPE_FAULT);
  assert_int_equal(r.pdu.header.call_id, 19);
  assert_int_equal(r.pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
  assert_true(r.pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
  rule.action = PORTERO_ACTION_DROP;
  begin_and_end(&r, 29, &rule);
  raw_expect_end(&r);
  raw_close(&r);
}

static void a_dropped_call_hears_nothing(void **state)
{
  const struct portero_policy_range range = {LAB_BLOB, LAB_BLOB};
  const struct portero_policy_interface blob = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &range, .n_operations = 1};
  const struct portero_policy_rule rule = {
      .name = "drop", .action = PORTERO_ACTION_DROP, .interfaces = {&blob, 1, false}};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  (void)raw_request(&r, LAB_BLOB, raw_u32(&value));
  raw_expect_end(&r);
  raw_close(&r);
  door_bound(&r);
  door_fragment(&r, 9, LAB_BLOB, PORTERO_PFC_FIRST_FRAG, &value, sizeof value);
  raw_expect_end(&r);
  raw_close(&r);
}

static void an_observed_call_goes_on(void **state)
{
  const struct portero_policy_rule rules[] = {
      {.name = "see", .action = PORTERO_ACTION_OBSERVE, .alert = true},
      {.name = "see-too", .action = PORTERO_ACTION_OBSERVE}};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, rules, 2, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  assert_int_equal(raw_get_u32(raw_call(&r, LAB_NEGATE, raw_u32(&value))), ~5u);
  door_policy(rules, 2, PORTERO_ACTION_DENY); /* they let nobody in either */
  door_turned();
  assert_int_equal(raw_fault(&r, LAB_NEGATE, raw_u32(&value)), PORTERO_FAULT_ACCESS_DENIED);
  raw_close(&r);
}

static void rates_are_counted(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "often", .action = PORTERO_ACTION_DENY, .rate = 3, .rate_window = 600000};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  for (unsigned i = 0; i < 3; i++)
    (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  assert_int_equal(raw_fault(&r, LAB_NEGATE, raw_u32(&value)), PORTERO_FAULT_ACCESS_DENIED);
  raw_close(&r);
  raw_connect(&r, door_server, 0); /* the source counts, not the connection; a bind does not */
  raw_bind(&r, &lab_interface.id, 0);
  assert_int_equal(raw_fault(&r, LAB_NEGATE, raw_u32(&value)), PORTERO_FAULT_ACCESS_DENIED);
  raw_close(&r);
}

static void objects_are_looked_at(void **state)
{
  static const struct portero_uuid object = {.time_low = 77}, other = {.time_low = 78};
  const struct portero_policy_rule rule = {.name = "object",
                                           .action = PORTERO_ACTION_DENY,
                                           .fault = BUSY,
                                           .objects = {&object, 1, false}};
  struct portero_client_options options = {.object = &object};

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  assert_int_equal(door_call(&options, LAB_NEGATE), BUSY);
  options.object = &other;
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  options.object = NULL;
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
}

static uint16_t minute_from(const struct tm *now, unsigned later)
{
  return (uint16_t)(((unsigned)now->tm_hour * 60 + (unsigned)now->tm_min + later) % 1440);
}

/* Monday is 0; what the rule says holds from the minute before now on, so that the clock may tick. */
static void the_local_time_is_looked_at(void **state)
{
  struct portero_policy_rule rule = {.name = "now", .action = PORTERO_ACTION_DENY};
  time_t clock = time(NULL);
  struct tm now;
  uint16_t reason;

  (void)state;
  assert_non_null(localtime_r(&clock, &now));
  rule.from_minute = minute_from(&now, 1439);
  rule.to_minute = minute_from(&now, 60);
  rule.weekdays = (uint8_t)(3u << (now.tm_wday + 6) % 7 | (now.tm_wday == 0)); /* today, tomorrow */
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  rule.weekdays ^= 0x7f;
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_ACCEPTANCE);
  rule.weekdays = 0;
  rule.from_minute = minute_from(&now, 120);
  rule.to_minute = minute_from(&now, 180);
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_ACCEPTANCE);
}

/* ---- callers ---- */

static void a_default_of_deny_lets_the_named_user_in(void **state)
{
  static const char *const names[] = {"alice"};
  const struct portero_policy_rule rule = {
      .name = "alice", .action = PORTERO_ACTION_ALLOW, .accounts = {names, 1, false}};
  const struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_INTEGRITY};
  const struct portero_client_options options = {.login = &login};

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_DENY);
  assert_int_equal(door_call(NULL, LAB_NEGATE), PORTERO_FAULT_ACCESS_DENIED); /* he was bound */
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  door_caller = "bob";
  assert_int_equal(door_call(&options, LAB_NEGATE), PORTERO_FAULT_ACCESS_DENIED);
}

static void levels_are_looked_at(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "sealed", .action = PORTERO_ACTION_ALLOW, .least_level = PORTERO_LEVEL_PRIVACY};
  struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_INTEGRITY};
  const struct portero_client_options options = {.login = &login};

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_DENY);
  assert_int_equal(door_call(&options, LAB_NEGATE), PORTERO_FAULT_ACCESS_DENIED);
  login.level = PORTERO_LEVEL_PRIVACY;
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
}

/* What an interface demands is asked before policy, its access check behind it. */
static void the_interfaces_own_checks_stay(void **state)
{
  struct portero_policy_rule rule = {.name = "all", .action = PORTERO_ACTION_ALLOW};

  (void)state;
  door_access = portero_fault_status(BUSY);
  door_serve(1, &rule, 1, PORTERO_ACTION_DENY);
  assert_int_equal(door_call(NULL, LAB_NEGATE), BUSY);
  assert_int_equal(door_asked, 1);
  rule.action = PORTERO_ACTION_DENY;
  rule.least_level = PORTERO_LEVEL_NONE;
  rule.below_level = PORTERO_LEVEL_PRIVACY;
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  assert_int_equal(door_call(NULL, LAB_NEGATE), PORTERO_FAULT_ACCESS_DENIED);
  assert_int_equal(door_asked, 1); /* not once more */
}

/* ---- binds ---- */

static void binds_are_refused_where_no_call_could_pass(void **state)
{
  static const struct portero_syntax stranger = {.uuid = {.time_low = 0x5ca1ab1e}, .major = 1};
  const struct portero_policy_interface other = {.uuid = lab_other_interface.id.uuid,
                                                 .any_version = true};
  struct portero_policy_rule rule = {
      .name = "no-other", .action = PORTERO_ACTION_DENY, .interfaces = {&other, 1, false}};
  uint16_t reason;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_ACCEPTANCE);
  assert_int_equal(bind_result(&lab_other_interface.id, &reason),
                   PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(reason, PORTERO_REASON_NOT_SPECIFIED);
  assert_int_equal(bind_result(&stranger, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(reason, PORTERO_REASON_ABSTRACT_SYNTAX);
  rule.below_level = PORTERO_LEVEL_INTEGRITY; /* a call may be better than that */
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  assert_int_equal(bind_result(&lab_other_interface.id, &reason), PORTERO_RESULT_ACCEPTANCE);
}

static void what_is_missing_is_asked_about(void **state)
{
  static const struct portero_syntax stranger = {.uuid = {.time_low = 0x5ca1ab1e}, .major = 1};
  const struct portero_policy_rule rule = {
      .name = "gone", .action = PORTERO_ACTION_DENY, .missing = true};
  uint32_t value = 5;
  uint16_t reason;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  assert_int_equal(bind_result(&stranger, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(reason, PORTERO_REASON_NOT_SPECIFIED);
  door_bound(&r);
  assert_int_equal(raw_fault(&r, 200, raw_u32(&value)), PORTERO_FAULT_ACCESS_DENIED);
  assert_int_equal(raw_get_u32(raw_call(&r, LAB_NEGATE, raw_u32(&value))), ~5u);
  raw_close(&r);
}

static void binds_are_asked_about_by_source(void **state)
{
  const struct portero_policy_network there[] = {door_network(127, 0, 21, 9, 32)},
                                      here[] = {door_network(127, 0, 0, 0, 8)};
  struct portero_policy_rule rule = {
      .name = "from", .action = PORTERO_ACTION_ALLOW, .sources = {there, 1, false}};
  uint32_t value = 3;
  uint16_t reason;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_DENY);
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  rule.sources.values = here;
  door_policy(&rule, 1, PORTERO_ACTION_DENY);
  door_turned();
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  rule.destinations.values = there; /* that is not where we are */
  rule.destinations.count = 1;
  door_policy(&rule, 1, PORTERO_ACTION_DENY);
  door_turned();
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
}

static void a_dropped_bind_hears_nothing(void **state)
{
  const struct portero_policy_interface other = {.uuid = lab_other_interface.id.uuid,
                                                 .any_version = true};
  const struct portero_policy_rule rule = {
      .name = "drop", .action = PORTERO_ACTION_DROP, .interfaces = {&other, 1, false}};
  struct portero_context contexts[2] = {{0, lab_interface.id, &portero_syntax_ndr, 1},
                                        {1, lab_other_interface.id, &portero_syntax_ndr, 1}};
  struct portero_writer w;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, 2, PORTERO_PFC_WHOLE);
  raw_connect(&r, door_server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect_end(&r);
  raw_close(&r);
  portero_writer_reset(&w);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, 1, PORTERO_PFC_WHOLE);
  raw_connect(&r, door_server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  raw_close(&r);
  portero_writer_deinit(&w);
}

static void alter_contexts_are_asked_about(void **state)
{
  const struct portero_policy_interface other = {.uuid = lab_other_interface.id.uuid,
                                                 .any_version = true};
  const struct portero_policy_rule rule = {
      .name = "no-other", .action = PORTERO_ACTION_DENY, .interfaces = {&other, 1, false}};
  struct portero_context context = {1, lab_other_interface.id, &portero_syntax_ndr, 1};
  struct portero_writer w;
  uint32_t value = 1;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_ALTER_CONTEXT, 5, r.group, &context, 1, PORTERO_PFC_WHOLE);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect(&r, PORTERO_PTYPE_ALTER_CONTEXT_RESP);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_PROVIDER_REJECTION);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  portero_writer_deinit(&w);
}

static void propose_zero(struct raw *r, const struct portero_syntax *abstract,
                         const struct portero_syntax *transfer)
{
  struct portero_context context = {0, *abstract, transfer, 1};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_ALTER_CONTEXT, 5, r->group, &context, 1, PORTERO_PFC_WHOLE);
  raw_send(r, portero_writer_bytes(&w));
  raw_read(r);
  portero_writer_deinit(&w);
}

/* As later legs of a login do. What is another thing under its id stays a break of the protocol. */
static void a_context_that_is_denied_by_now_is_rejected(void **state)
{
  const struct portero_policy_rule rule = {.name = "no", .action = PORTERO_ACTION_DENY};
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  propose_zero(&r, &lab_interface.id, &portero_syntax_ndr);
  assert_int_equal(r.pdu.header.ptype, PORTERO_PTYPE_ALTER_CONTEXT_RESP);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_ACCEPTANCE);
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  door_turned();
  propose_zero(&r, &lab_interface.id, &portero_syntax_ndr);
  assert_int_equal(r.pdu.header.ptype, PORTERO_PTYPE_ALTER_CONTEXT_RESP);
  assert_int_equal(raw_result(&r, 0).result, PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(raw_result(&r, 0).reason, PORTERO_REASON_NOT_SPECIFIED);
  assert_int_equal(raw_fault(&r, LAB_NULL, portero_bytes_make(NULL, 0)),
                   PORTERO_FAULT_ACCESS_DENIED);
  propose_zero(&r, &lab_interface.id, &portero_syntax_ndr64);
  assert_int_equal(r.pdu.header.ptype, PORTERO_PTYPE_FAULT);
  assert_int_equal(r.pdu.body.fault.status, PORTERO_FAULT_PROTOCOL);
  raw_expect_end(&r);
  raw_close(&r);
}

static void local_sockets_are_a_source_of_their_own(void **state)
{
  const struct portero_policy_network all[] = {door_network(0, 0, 0, 0, 0)};
  const struct portero_policy_rule rules[] = {
      {.name = "local", .action = PORTERO_ACTION_ALLOW, .protseqs = 1u << PORTERO_NCALRPC},
      {.name = "network", .action = PORTERO_ACTION_DENY, .sources = {all, 1, false}}};
  uint16_t reason;
  struct raw r;

  (void)state;
  door_serve(1, rules, 2, PORTERO_ACTION_ALLOW);
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  raw_connect(&r, door_server, 1);
  raw_bind(&r, &lab_interface.id, 0);
  raw_close(&r);
  door_policy(&rules[1], 1, PORTERO_ACTION_ALLOW); /* an IPv4 network holds no local socket */
  door_turned();
  raw_connect(&r, door_server, 1);
  raw_bind(&r, &lab_interface.id, 0);
  raw_close(&r);
}

/* A program's own control is not locked out; management is an interface like any other. */
static void control_is_not_asked_about(void **state)
{
  static const struct portero_syntax mgmt = {
      .uuid = {0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}},
      .major = 1};
  uint32_t value = 1;
  uint16_t reason;
  struct raw r;

  (void)state;
  door_control = true;
  door_serve(1, NULL, 0, PORTERO_ACTION_DENY);
  assert_int_equal(bind_result(&mgmt, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  assert_int_equal(bind_result(&lab_interface.id, &reason), PORTERO_RESULT_PROVIDER_REJECTION);
  raw_connect(&r, door_server, 0);
  raw_bind(&r, &door_control_interface.id, 0);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_policy(NULL, 0, PORTERO_ACTION_ALLOW);
  door_turned();
  assert_int_equal(bind_result(&mgmt, &reason), PORTERO_RESULT_ACCEPTANCE);
}

/* ---- another policy ---- */

static void a_policy_is_freed_when_nobody_holds_it(void **state)
{
  const struct portero_policy_rule rule = {
      .name = "often", .action = PORTERO_ACTION_DENY, .rate = 3, .rate_window = 600000};
  size_t one;

  (void)state;
  door_prepare(3);
  door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  one = door_blocks();
  assert_true(one > 0);
  for (unsigned i = 0; i < 5; i++)
    door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
  assert_int_equal(door_blocks(), one); /* nobody runs: the old one is gone at once */
  assert_true(portero_is_ok(portero_server_start(door_server)));
  for (unsigned i = 0; i < 20; i++) {
    door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
    door_turned();
  }
  assert_true(portero_is_ok(portero_server_set_policy(door_server, NULL)));
  portero_server_free(door_server);
  door_server = NULL;
  assert_int_equal(door_blocks(), 0);
}

static void a_server_that_never_ran_leaves_nothing(void **state)
{
  (void)state;
  door_prepare(2);
  door_policy(NULL, 0, PORTERO_ACTION_DENY);
  assert_true(door_blocks() > 0);
  portero_server_free(door_server);
  door_server = NULL;
  assert_int_equal(door_blocks(), 0);
}

static void a_call_in_flight_goes_on(void **state)
{
  uint32_t value = 41;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&door_lab, 1);
  door_policy(NULL, 0, PORTERO_ACTION_DENY);
  door_turned();
  lab_finish(lab_take(&door_lab, 0, &value), value);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(raw_get_u32(r.pdu.body.response.stub), 42);
  assert_int_equal(raw_fault(&r, LAB_NEGATE, raw_u32(&value)), PORTERO_FAULT_ACCESS_DENIED);
  raw_close(&r);
}

#define SWAPS   300u
#define CALLERS 2u

static void *call_on(void *user)
{
  bool *stop = user;
  uint32_t value = 9;
  struct raw *r = test_malloc(sizeof *r);
  uintptr_t n_refused = 0, n_answered = 0;

  raw_connect(r, door_server, 0);
  raw_bind(r, &lab_interface.id, 0);
  while (!__atomic_load_n(stop, __ATOMIC_RELAXED) || n_refused == 0 || n_answered == 0) {
    (void)raw_request(r, LAB_NEGATE, raw_u32(&value));
    raw_read(r);
    if (r->pdu.header.ptype == PORTERO_PTYPE_RESPONSE)
      n_answered++;
    else if (r->pdu.body.fault.status == BUSY)
      n_refused++;
    else
      return NULL;
  }
  raw_close(r);
  test_free(r);
  return (void *)(n_refused + n_answered);
}

/* Each call is judged by the one or the other, whole; at the end all of them are gone. */
static void policies_change_while_calls_run(void **state)
{
  const struct portero_policy_range range = {LAB_NEGATE, LAB_NEGATE};
  const struct portero_policy_interface negate = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &range, .n_operations = 1};
  struct portero_policy_rule rule = {
      .name = "turn", .fault = BUSY, .interfaces = {&negate, 1, false}};
  pthread_t threads[CALLERS];
  bool stop = false;
  void *done;

  (void)state;
  door_serve(2, NULL, 0, PORTERO_ACTION_ALLOW);
  for (unsigned i = 0; i < CALLERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, call_on, &stop), 0);
  for (unsigned i = 0; i < SWAPS; i++) {
    rule.action = i % 2 ? PORTERO_ACTION_DENY : PORTERO_ACTION_ALLOW;
    door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
    door_turned();
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
  for (unsigned i = 0; i < CALLERS; i++) {
    /* One who has met only one of them yet goes on until he meets the other. */
    while (pthread_tryjoin_np(threads[i], &done) != 0) {
      rule.action = rule.action == PORTERO_ACTION_DENY ? PORTERO_ACTION_ALLOW : PORTERO_ACTION_DENY;
      door_policy(&rule, 1, PORTERO_ACTION_ALLOW);
      door_turned();
    }
    assert_non_null(done);
  }
  portero_server_free(door_server);
  door_server = NULL;
  assert_int_equal(door_blocks(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_setup, door_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_denied_call_gets_the_rules_fault),
      TEST(a_call_of_fragments_is_judged_at_the_first),
      TEST(a_begun_call_does_not_keep_its_policy),
      TEST(a_dropped_call_hears_nothing),
      TEST(an_observed_call_goes_on),
      TEST(rates_are_counted),
      TEST(objects_are_looked_at),
      TEST(the_local_time_is_looked_at),
      TEST(a_default_of_deny_lets_the_named_user_in),
      TEST(levels_are_looked_at),
      TEST(the_interfaces_own_checks_stay),
      TEST(binds_are_refused_where_no_call_could_pass),
      TEST(what_is_missing_is_asked_about),
      TEST(binds_are_asked_about_by_source),
      TEST(a_dropped_bind_hears_nothing),
      TEST(alter_contexts_are_asked_about),
      TEST(a_context_that_is_denied_by_now_is_rejected),
      TEST(local_sockets_are_a_source_of_their_own),
      TEST(control_is_not_asked_about),
      TEST(a_policy_is_freed_when_nobody_holds_it),
      TEST(a_server_that_never_ran_leaves_nothing),
      TEST(a_call_in_flight_goes_on),
      TEST(policies_change_while_calls_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
