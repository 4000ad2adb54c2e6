/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a real server tells the visitors' book: each kind of record with its fields, every call once.
 */
#include "tests/system/door_lines.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <portero/catalog.h>
#include <portero/sink.h>

/* ---- one visit ---- */

static void a_visit_is_told_from_beginning_to_end(void **state)
{
  static const char *const order[] = {"service-up", "service-up",   "opened",
                                      "bind",       "request",      "call",
                                      "closed",     "service-down", "service-down"};
  const json_t *call, *bind, *closed;
  char binding[128];
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  (void)snprintf(binding, sizeof binding, "%s", portero_server_binding(door_server, 0));
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  lines_wait("closed", 1);
  door_lines_end();
  assert_int_equal(lines_total(), sizeof order / sizeof *order);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    lines_has(lines_at(i), "event", order[i]);
  for (size_t i = 2; i < 7; i++) {
    const json_t *record = lines_at(i);
    lines_has(record, "uid", lines_text(lines_at(2), "uid"));
    assert_int_equal(strlen(lines_text(record, "uid")), 18);
    lines_has(record, "source", "127.0.0.1");
    lines_has(record, "destination", "127.0.21.1");
    lines_has(record, "transport", "ncacn_ip_tcp");
    assert_true(lines_number(record, "source_port") > 0);
  }
  assert_true(lines_count("service-up", "binding", binding) == 1);
  assert_int_equal(lines_number(lines_nth("service-up", 0), "pid"), getpid());
  bind = lines_nth("bind", 0);
  lines_has(bind, "outcome", "answered");
  lines_has(bind, "verdict", "allow");
  lines_has(bind, "interface_name", "lab"); /* the catalog has none */
  lines_has(bind, "interface", "1b6f0a10-5d2c-4f38-a177-0b4e926dc315");
  lines_has(lines_nth("request", 0), "operation", "Negate");
  call = lines_nth("call", 0);
  lines_has(call, "interface_name", "lab");
  lines_has(call, "operation", "Negate");
  lines_has(call, "outcome", "answered");
  lines_has(call, "verdict", "allow");
  assert_int_equal(lines_number(call, "opnum"), LAB_NEGATE);
  assert_int_equal(lines_number(call, "bytes_in"), 4);
  assert_int_equal(lines_number(call, "bytes_out"), 4);
  assert_int_equal(lines_number(call, "fragments"), 1);
  assert_true(json_real_value(json_object_get(call, "duration")) > 0);
  closed = lines_nth("closed", 0);
  assert_int_equal(lines_number(closed, "bytes_in"), 72 + 24 + 4);
  assert_true(lines_number(closed, "bytes_out") > 24 + 4);
  lines_has(closed, "reason", "the peer closed it");
}

static void names_are_the_catalogs(void **state)
{
  static const struct portero_syntax mgmt = {
      .uuid = {0xafa8bd80, 0x7d8a, 0x11c9, {0xbe, 0xf4, 0x08, 0x00, 0x2b, 0x10, 0x29, 0x89}},
      .major = 1};
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  raw_connect(&r, door_server, 0);
  raw_bind(&r, &mgmt, 0);
  (void)raw_call(&r, 2, portero_bytes_make(NULL, 0));
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("call", 0), "interface_name", "mgmt");
  lines_has(lines_nth("call", 0), "operation", portero_catalog_operation(&mgmt.uuid, 2));
}

static void local_visitors_have_a_process(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  raw_connect(&r, door_server, 1);
  raw_bind(&r, &lab_interface.id, 0);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("opened", 0), "transport", "ncalrpc");
  lines_has(lines_nth("opened", 0), "source", "");
  assert_int_equal(lines_number(lines_nth("opened", 0), "pid"), getpid());
  lines_has(lines_nth("call", 0), "source", "");
}

/* ---- what policy says ---- */

static void denied_calls_count_once(void **state)
{
  static const char *const tags[] = {"T1003.006"};
  const struct portero_policy_range range = {LAB_BLOB, LAB_BLOB};
  const struct portero_policy_interface blob = {
      .uuid = lab_interface.id.uuid, .any_version = true, .operations = &range, .n_operations = 1};
  const struct portero_policy_rule rule = {.name = "no-blob",
                                           .action = PORTERO_ACTION_DENY,
                                           .fault = PORTERO_FAULT_SERVER_TOO_BUSY,
                                           .interfaces = {&blob, 1, false},
                                           .tags = tags,
                                           .n_tags = 1};
  struct portero_writer w;
  uint32_t value = 5;
  struct raw r;
  char *metrics;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  for (unsigned i = 0; i < 3; i++)
    (void)raw_fault(&r, LAB_BLOB, raw_u32(&value));
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("call", "outcome", "denied"), 3);
  assert_int_equal(lines_count("call", "verdict", "deny"), 3);
  assert_int_equal(lines_count("call", "outcome", "answered"), 1);
  assert_int_equal(lines_count("request", NULL, NULL), 4);
  assert_int_equal(lines_count("alert", NULL, NULL), 0);
  for (unsigned i = 0; i < 3; i++) {
    lines_has(lines_nth("call", i), "rule", "no-blob");
    lines_has(lines_nth("call", i), "status", "0x000006bb");
    lines_has_tags(lines_nth("call", i), "T1003.006");
    lines_has(lines_nth("request", i), "verdict", "deny");
    lines_has(lines_nth("request", i), "outcome", "denied");
    lines_has_tags(lines_nth("request", i), "T1003.006");
  }
  lines_has(lines_nth("request", 3), "outcome", "");
  lines_has(lines_nth("call", 3), "rule", "");
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  portero_book_write_metrics(door_book, &w);
  portero_write_u8(&w, 0);
  metrics = (char *)w.base;
  assert_non_null(strstr(metrics, "\nportero_outcomes_total{outcome=\"denied\"} 3\n"));
  assert_non_null(strstr(metrics, "\nportero_verdicts_total{verdict=\"deny\"} 3\n"));
  portero_writer_deinit(&w);
}

static void observers_and_alerts_are_named(void **state)
{
  static const char *const one[] = {"T1", "T2"}, *const two[] = {"T2", "T3"}, *const end[] = {"T4"};
  const struct portero_policy_rule rules[] = {
      {.name = "first", .action = PORTERO_ACTION_OBSERVE, .tags = one, .n_tags = 2, .alert = true},
      {.name = "second", .action = PORTERO_ACTION_OBSERVE, .tags = two, .n_tags = 2},
      {.name = "end", .action = PORTERO_ACTION_ALLOW, .tags = end, .n_tags = 1, .alert = true}};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, rules, 3, PORTERO_ACTION_DENY);
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("request", 0), "verdict", "observe");
  lines_has(lines_nth("request", 0), "rule", "first");
  lines_has_tags(lines_nth("request", 0), "T4 T1 T2 T3");
  lines_has_tags(lines_nth("call", 0), "T4 T1 T2 T3");
  lines_has(lines_nth("call", 0), "outcome", "answered");
  lines_has_tags(lines_nth("bind", 0), "T4 T1 T2 T3");
  assert_int_equal(lines_count("alert", NULL, NULL), 4); /* of the bind; of the call, later */
  for (unsigned i = 0; i < 4; i++) {
    bool first = strcmp(lines_text(lines_nth("alert", i), "reason"), "first") == 0;
    lines_has(lines_nth("alert", i), "reason", first ? "first" : "end");
    lines_has(lines_nth("alert", i), "rule", first ? "first" : "end");
    lines_has(lines_nth("alert", i), "verdict", first ? "observe" : "allow");
    lines_has_tags(lines_nth("alert", i), first ? "T1 T2" : "T4");
    lines_has(lines_nth("alert", i), "operation", i < 2 ? "" : "Negate");
    lines_has(lines_nth("alert", i), "uid", lines_text(lines_nth("call", 0), "uid"));
    assert_int_equal(lines_number(lines_nth("alert", i), "count"), 1);
  }
  assert_int_equal(lines_count("alert", "reason", "first"), 2);
}

/* What is missing counts once, though it is asked about for the record too; what is there does not. */
static void who_looks_around_is_named(void **state)
{
  static const char *const tags[] = {"T1046"};
  const struct portero_syntax stranger = {.uuid = {.time_low = 0x5ca1ab1e}, .major = 1};
  const struct portero_policy_rule rule = {.name = "scan",
                                           .action = PORTERO_ACTION_OBSERVE,
                                           .alert = true,
                                           .tags = tags,
                                           .n_tags = 1,
                                           .missing = true,
                                           .rate = 2,
                                           .rate_window = 600000};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  for (unsigned i = 0; i < 2; i++) {
    raw_connect(&r, door_server, 0);
    raw_try_bind(&r, &stranger, 0);
    raw_close(&r);
  }
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  assert_int_equal(raw_fault(&r, 200, raw_u32(&value)), PORTERO_FAULT_OP_RANGE);
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("bind", NULL, NULL), 3);
  assert_int_equal(lines_count("alert", NULL, NULL), 1);
  lines_has(lines_nth("alert", 0), "reason", "scan");
  assert_int_equal(lines_number(lines_nth("alert", 0), "opnum"), 200);
  lines_has_tags(lines_nth("call", 1), "T1046");
  lines_has(lines_nth("call", 1), "outcome", "fault");
  assert_int_equal(lines_count("call", "rule", "scan"), 1);
}

static void drops_are_told(void **state)
{
  const struct portero_policy_rule rule = {.name = "shut",
                                           .action = PORTERO_ACTION_DROP,
                                           .below_level = PORTERO_LEVEL_INTEGRITY,
                                           .alert = true};
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_request(&r, LAB_NEGATE, raw_u32(&value));
  raw_expect_end(&r);
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("call", NULL, NULL), 1);
  lines_has(lines_nth("call", 0), "outcome", "denied");
  lines_has(lines_nth("call", 0), "verdict", "drop");
  lines_has(lines_nth("alert", 0), "reason", "shut");
  lines_has(lines_nth("closed", 0), "reason", "dropped by policy");
}

/* The interface is there: the record of a bind that policy dropped does not say otherwise. */
static void a_dropped_bind_is_told(void **state)
{
  const struct portero_policy_interface other = {.uuid = lab_other_interface.id.uuid,
                                                 .any_version = true};
  const struct portero_policy_rule rule = {
      .name = "shut", .action = PORTERO_ACTION_DROP, .interfaces = {&other, 1, false}};
  const struct portero_context contexts[2] = {{0, lab_interface.id, &portero_syntax_ndr, 1},
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
  portero_writer_deinit(&w);
  door_lines_end();
  assert_int_equal(lines_count("bind", NULL, NULL), 2);
  lines_has(lines_nth("bind", 0), "outcome", "answered");
  lines_has(lines_nth("bind", 1), "outcome", "denied");
  lines_has(lines_nth("bind", 1), "verdict", "drop");
  lines_has(lines_nth("bind", 1), "rule", "shut");
  assert_null(json_object_get(lines_nth("bind", 1), "reason"));
  assert_null(json_object_get(lines_nth("bind", 1), "status"));
}

static void each_context_has_its_record(void **state)
{
  static const struct portero_syntax stranger = {.uuid = {.time_low = 0x5ca1ab1e}, .major = 1};
  const struct portero_policy_interface other = {.uuid = lab_other_interface.id.uuid,
                                                 .any_version = true};
  const struct portero_policy_rule rule = {
      .name = "no-other", .action = PORTERO_ACTION_DENY, .interfaces = {&other, 1, false}};
  const struct portero_context contexts[3] = {{0, lab_interface.id, &portero_syntax_ndr, 1},
                                              {1, lab_other_interface.id, &portero_syntax_ndr, 1},
                                              {2, stranger, &portero_syntax_ndr, 1}};
  struct portero_writer w;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_ALLOW);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, contexts, 3, PORTERO_PFC_WHOLE);
  raw_connect(&r, door_server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  raw_close(&r);
  portero_writer_reset(&w);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0x7777, contexts, 1, PORTERO_PFC_WHOLE);
  raw_connect(&r, door_server, 0);
  raw_send(&r, portero_writer_bytes(&w));
  raw_expect(&r, PORTERO_PTYPE_BIND_NAK);
  raw_close(&r);
  portero_writer_deinit(&w);
  door_lines_end();
  assert_int_equal(lines_count("bind", NULL, NULL), 4);
  lines_has(lines_nth("bind", 0), "outcome", "answered");
  lines_has(lines_nth("bind", 1), "outcome", "denied");
  lines_has(lines_nth("bind", 1), "rule", "no-other");
  lines_has(lines_nth("bind", 1), "verdict", "deny");
  lines_has(lines_nth("bind", 2), "outcome", "failed");
  lines_has(lines_nth("bind", 2), "status", "0x00000001");
  lines_has(lines_nth("bind", 2), "reason", "no such interface here");
  lines_has(lines_nth("bind", 3), "outcome", "failed");
  lines_has(lines_nth("bind", 3), "reason", "no such association group");
  assert_null(json_object_get(lines_nth("bind", 3), "status"));
}

/* ---- how calls end ---- */

static void calls_of_fragments(void **state)
{
  uint64_t stub = 7;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, 0, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  door_fragment(&r, 10, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("request", NULL, NULL), 2);
  assert_int_equal(lines_count("call", NULL, NULL), 2);
  lines_has(lines_nth("call", 0), "outcome", "answered");
  assert_int_equal(lines_number(lines_nth("call", 0), "fragments"), 3);
  assert_int_equal(lines_number(lines_nth("call", 0), "bytes_in"), 24);
  assert_int_equal(lines_number(lines_nth("call", 0), "call_id"), 9);
  lines_has(lines_nth("call", 1), "outcome", "unanswered");
  assert_int_equal(lines_number(lines_nth("call", 1), "call_id"), 10);
}

/* Of several that could be accepted the first one is. */
static void one_context_of_a_bind_is_accepted(void **state)
{
  const struct portero_syntax stranger = {.uuid = {.time_low = 0x5ca1ab1e}, .major = 1};
  const struct portero_context contexts[] = {{0, stranger, &portero_syntax_ndr, 1},
                                             {1, lab_interface.id, &portero_syntax_ndr, 1},
                                             {2, lab_other_interface.id, &portero_syntax_ndr, 1}};
  struct portero_writer w;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  raw_connect(&r, door_server, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 5, 0, contexts, 3, PORTERO_PFC_WHOLE);
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  assert_int_equal(raw_result(&r, 1).result, PORTERO_RESULT_ACCEPTANCE);
  assert_int_equal(raw_result(&r, 2).result, PORTERO_RESULT_PROVIDER_REJECTION);
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("bind", NULL, NULL), 3);
  lines_has(lines_nth("bind", 0), "outcome", "failed");
  lines_has(lines_nth("bind", 0), "reason", "no such interface here");
  lines_has(lines_nth("bind", 1), "outcome", "answered");
  lines_has(lines_nth("bind", 2), "outcome", "failed");
  lines_has(lines_nth("bind", 2), "reason", "another context of it is accepted");
}

/* Begun under one policy; the policy is another one when its last fragment comes. */
static void begun_and_ended(struct raw *r, uint32_t call_id, size_t n_requests,
                            const struct portero_policy_rule *next, size_t n)
{
  uint64_t stub = 7;

  door_fragment(r, call_id, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  lines_wait("request", n_requests);
  for (unsigned i = 0; i < 3; i++)
    door_policy(next, n, PORTERO_ACTION_DENY);
  (void)raw_request(r, LAB_NULL, portero_bytes_make(NULL, 0));
  raw_read(r); /* whatever it says: the loop has turned behind it */
  door_fragment(r, call_id, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
}

/* Between its fragments everything changes: it is judged again, and told again. */
static void a_begun_call_is_told_as_it_was_judged_last(void **state)
{
  const struct portero_policy_rule old = {.name = "old", .action = PORTERO_ACTION_ALLOW},
                                   next = {.name = "next", .action = PORTERO_ACTION_ALLOW};
  uint64_t stub = 7;
  struct raw r;

  (void)state;
  door_serve(1, &old, 1, PORTERO_ACTION_DENY);
  door_bound(&r);
  door_fragment(&r, 8, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 8, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  begun_and_ended(&r, 9, 2, &next, 1);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  door_turned(); /* nothing holds the old one any more */
  begun_and_ended(&r, 10, 5, NULL, 0);
  raw_expect(&r, PORTERO_PTYPE_FAULT);
  assert_int_equal(r.pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
  door_turned();
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("request", NULL, NULL), 7);
  assert_int_equal(lines_count("call", NULL, NULL), 5);
  lines_has(lines_nth("request", 0), "rule", "old");
  lines_has(lines_nth("call", 0), "rule", "old");
  lines_has(lines_nth("call", 0), "outcome", "answered");
  lines_has(lines_nth("request", 1), "rule", "old");
  lines_has(lines_nth("request", 3), "rule", "next");
  lines_has(lines_nth("call", 2), "rule", "next");
  lines_has(lines_nth("call", 2), "outcome", "answered");
  lines_has(lines_nth("request", 4), "rule", "next");
  lines_has(lines_nth("request", 6), "verdict", "deny");
  lines_has(lines_nth("call", 4), "verdict", "deny");
  lines_has(lines_nth("call", 4), "outcome", "denied");
}

static void faults_have_their_status(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_access = portero_ok();
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_fault(&r, LAB_FAIL, raw_u32(&value));
  (void)raw_fault(&r, LAB_UNUSED, raw_u32(&value));
  (void)raw_fault(&r, LAB_OPERATIONS + 3, raw_u32(&value));
  door_access = portero_fault_status(PORTERO_FAULT_SERVER_TOO_BUSY);
  (void)raw_fault(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("call", NULL, NULL), 4);
  lines_has(lines_nth("call", 0), "outcome", "fault");
  lines_has(lines_nth("call", 0), "status_name", "nca_s_fault_unspec");
  lines_has(lines_nth("call", 1), "outcome", "fault");
  lines_has(lines_nth("call", 1), "status_name", "nca_s_op_rng_error");
  lines_has(lines_nth("call", 2), "status_name", "nca_s_op_rng_error");
  lines_has(lines_nth("call", 3), "outcome", "denied");
  lines_has(lines_nth("call", 3), "status", "0x000006bb");
  lines_has(lines_nth("call", 3), "reason", "the interface's access check");
}

static void the_least_level_denies(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_prepare(1);
  assert_true(portero_is_ok(
      portero_server_set_level(door_server, &lab_interface, PORTERO_LEVEL_INTEGRITY)));
  assert_true(portero_is_ok(portero_server_start(door_server)));
  door_bound(&r);
  (void)raw_fault(&r, LAB_NEGATE, raw_u32(&value));
  raw_expect_end(&r);
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("call", 0), "outcome", "denied");
  lines_has(lines_nth("call", 0), "status", "0x00000005");
  lines_has(lines_nth("call", 0), "verdict", "");
  lines_has(lines_nth("call", 0), "reason", "below the interface's least level");
  assert_string_not_equal(lines_text(lines_nth("closed", 0), "reason"), "the peer closed it");
}

static void deferred_calls_keep_what_was_said_of_them(void **state)
{
  static const char *const tags[] = {"T9"};
  const struct portero_policy_rule rule = {
      .name = "old", .action = PORTERO_ACTION_ALLOW, .tags = tags, .n_tags = 1};
  uint32_t value = 41;
  struct raw r;

  (void)state;
  door_serve(1, &rule, 1, PORTERO_ACTION_DENY);
  door_bound(&r);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&door_lab, 1);
  for (unsigned i = 0; i < 3; i++)
    door_policy(NULL, 0, PORTERO_ACTION_DENY);
  lab_finish(lab_take(&door_lab, 0, &value), value);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  door_turned(); /* nothing holds the old one any more */
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("call", 0), "outcome", "answered");
  lines_has(lines_nth("call", 0), "rule", "old");
  lines_has_tags(lines_nth("call", 0), "T9");
  assert_int_equal(lines_number(lines_nth("call", 0), "bytes_out"), 4);
}

static void nobody_waits_any_more(void **state)
{
  struct portero_writer w;
  uint32_t value = 41;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&door_lab, 1);
  portero_writer_init(&w, &portero_mem_malloc, 64);
  raw_put_simple(&w, PORTERO_PTYPE_ORPHANED, r.next_call - 1);
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  value = 5;
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value)); /* the server has read that */
  lab_finish(lab_take(&door_lab, 0, &value), value);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&door_lab, 2);
  raw_close(&r);
  lines_wait("closed", 1);
  assert_int_equal(lines_count("call", NULL, NULL),
                   3); /* it is told when he goes, not when it is done */
  lab_finish(lab_take(&door_lab, 1, &value), value);
  door_lines_end();
  assert_int_equal(lines_count("call", NULL, NULL), 3);
  assert_int_equal(lines_count("call", "outcome", "cancelled"), 1);
  assert_int_equal(lines_count("call", "outcome", "unanswered"), 1);
  assert_int_equal(lines_count("call", "outcome", "answered"), 1);
}

static void the_end_of_the_server_is_a_reason(void **state)
{
  uint32_t value = 41;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  door_lines_end(); /* he is still there */
  raw_close(&r);
  lines_has(lines_nth("closed", 0), "reason", "the server stops");
  assert_int_equal(lines_count("service-down", NULL, NULL), 2);
}

/* ---- connections that move ---- */

#define JOINERS 12u

static void a_visitor_who_moves_stays_the_same(void **state)
{
  struct raw *r = test_malloc(sizeof *r * (JOINERS + 1));
  uint32_t value = 5;

  (void)state;
  door_serve(2, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r[0]);
  for (unsigned i = 1; i <= JOINERS;
       i++) { /* whatever loop takes them, they end on that of the first */
    raw_connect(&r[i], door_server, 0);
    raw_bind(&r[i], &lab_interface.id, r[0].group);
    (void)raw_call(&r[i], LAB_NEGATE, raw_u32(&value));
  }
  for (unsigned i = 0; i <= JOINERS; i++)
    raw_close(&r[i]);
  test_free(r);
  door_lines_end();
  assert_int_equal(lines_count("opened", NULL, NULL), JOINERS + 1);
  assert_int_equal(lines_count("closed", NULL, NULL), JOINERS + 1);
  assert_int_equal(lines_count("bind", NULL, NULL), JOINERS + 1);
  for (unsigned i = 0; i <= JOINERS; i++) {
    const char *uid = lines_text(lines_nth("opened", i), "uid");
    assert_int_equal(lines_count("opened", "uid", uid), 1);
    assert_int_equal(lines_count("closed", "uid", uid), 1);
    assert_int_equal(lines_count("bind", "uid", uid), 1);
  }
}

static void servers_number_their_visitors_differently(void **state)
{
  char uid[32];
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  raw_close(&r);
  door_lines_end();
  (void)snprintf(uid, sizeof uid, "%s", lines_text(lines_nth("opened", 0), "uid"));
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("opened", NULL, NULL), 2);
  assert_int_equal(lines_count("opened", "uid", uid), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_lines_setup, door_lines_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_visit_is_told_from_beginning_to_end),
      TEST(names_are_the_catalogs),
      TEST(local_visitors_have_a_process),
      TEST(denied_calls_count_once),
      TEST(observers_and_alerts_are_named),
      TEST(who_looks_around_is_named),
      TEST(drops_are_told),
      TEST(a_dropped_bind_is_told),
      TEST(each_context_has_its_record),
      TEST(calls_of_fragments),
      TEST(one_context_of_a_bind_is_accepted),
      TEST(a_begun_call_is_told_as_it_was_judged_last),
      TEST(faults_have_their_status),
      TEST(the_least_level_denies),
      TEST(deferred_calls_keep_what_was_said_of_them),
      TEST(nobody_waits_any_more),
      TEST(the_end_of_the_server_is_a_reason),
      TEST(a_visitor_who_moves_stays_the_same),
      TEST(servers_number_their_visitors_differently),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
