/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a real server tells the visitors' book: each kind of record with its fields, every call once, and
 * nothing that is secret or forged.
 */
#include "tests/system/door_ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <portero/catalog.h>
#include <portero/sink.h>

#include "tests/unit/ntlm_ends.h"

static char path[64];
static json_t *records;

static int setup(void **state)
{
  struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  struct portero_sink_file file = {.path = path};
  int fd;

  if (door_setup(state) != 0)
    return -1;
  (void)snprintf(path, sizeof path, "/tmp/portero-book-XXXXXX");
  fd = mkstemp(path);
  if (fd < 0 || close(fd) != 0)
    return -1;
  records = NULL;
  return portero_is_ok(portero_book_new(NULL, &door_book)) &&
                 portero_is_ok(portero_book_add_file(door_book, &sink, &file))
             ? 0
             : -1;
}

static int teardown(void **state)
{
  json_decref(records);
  return door_teardown(state) || unlink(path);
}

/* ---- reading it ---- */

/* Each line is one object, and nothing else is there. */
static void read_book(void)
{
  static char line[65536];
  FILE *in;

  assert_true(portero_is_ok(portero_book_flush(door_book, 10000)));
  json_decref(records);
  records = json_array();
  in = fopen(path, "r");
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) {
    json_error_t error;
    json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!record)
      fail_msg("%s: %s", error.text, line);
    assert_int_equal(json_array_append_new(records, record), 0);
  }
  assert_int_equal(fclose(in), 0);
}

/* The server ends first, so that all is told. */
static void end_and_read(void)
{
  portero_server_free(door_server);
  door_server = NULL;
  read_book();
}

static const char *text(const json_t *record, const char *key)
{
  const char *value = json_string_value(json_object_get(record, key));

  return value ? value : "";
}

static json_int_t number(const json_t *record, const char *key)
{
  return json_integer_value(json_object_get(record, key));
}

static size_t count(const char *event, const char *key, const char *value)
{
  size_t n = 0;

  for (size_t i = 0; i < json_array_size(records); i++) {
    const json_t *r = json_array_get(records, i);
    n += strcmp(text(r, "event"), event) == 0 && (!key || strcmp(text(r, key), value) == 0);
  }
  return n;
}

static void wait_for(const char *event, size_t n)
{
  const struct timespec moment = {0, 1000000};

  read_book();
  for (unsigned i = 0; count(event, NULL, NULL) < n; i++) {
    if (i == 10000)
      fail_msg("there is no %s", event);
    (void)nanosleep(&moment, NULL);
    read_book();
  }
}

/* The n-th record of this kind, from 0. */
static const json_t *nth(const char *event, size_t n)
{
  for (size_t i = 0; i < json_array_size(records); i++) {
    const json_t *r = json_array_get(records, i);
    if (strcmp(text(r, "event"), event) == 0 && n-- == 0)
      return r;
  }
  fail_msg("no such %s", event);
  return NULL;
}

static void has(const json_t *record, const char *key, const char *value)
{
  if (strcmp(text(record, key), value) != 0)
    fail_msg("%s of %s is \"%s\", not \"%s\"", key, text(record, "event"), text(record, key),
             value);
}

static void has_tags(const json_t *record, const char *tags)
{
  const json_t *list = json_object_get(record, "tags");
  char all[256] = "";

  for (size_t i = 0; i < json_array_size(list); i++)
    (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "",
                   json_string_value(json_array_get(list, i)));
  assert_string_equal(all, tags);
}

/* ---- one visit ---- */

static void bound(struct raw *r)
{
  raw_connect(r, door_server, 0);
  raw_bind(r, &lab_interface.id, 0);
}

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
  bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  wait_for("closed", 1);
  end_and_read();
  assert_int_equal(json_array_size(records), sizeof order / sizeof *order);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    has(json_array_get(records, i), "event", order[i]);
  for (size_t i = 2; i < 7; i++) {
    const json_t *record = json_array_get(records, i);
    has(record, "uid", text(json_array_get(records, 2), "uid"));
    assert_int_equal(strlen(text(record, "uid")), 18);
    has(record, "source", "127.0.0.1");
    has(record, "destination", "127.0.21.1");
    has(record, "transport", "ncacn_ip_tcp");
    assert_true(number(record, "source_port") > 0);
  }
  assert_true(count("service-up", "binding", binding) == 1);
  assert_int_equal(number(nth("service-up", 0), "pid"), getpid());
  bind = nth("bind", 0);
  has(bind, "outcome", "answered");
  has(bind, "verdict", "allow");
  has(bind, "interface_name", "lab"); /* the catalog has none */
  has(bind, "interface", "1b6f0a10-5d2c-4f38-a177-0b4e926dc315");
  has(nth("request", 0), "operation", "Negate");
  call = nth("call", 0);
  has(call, "interface_name", "lab");
  has(call, "operation", "Negate");
  has(call, "outcome", "answered");
  has(call, "verdict", "allow");
  assert_int_equal(number(call, "opnum"), LAB_NEGATE);
  assert_int_equal(number(call, "bytes_in"), 4);
  assert_int_equal(number(call, "bytes_out"), 4);
  assert_int_equal(number(call, "fragments"), 1);
  assert_true(json_real_value(json_object_get(call, "duration")) > 0);
  closed = nth("closed", 0);
  assert_int_equal(number(closed, "bytes_in"), 72 + 24 + 4);
  assert_true(number(closed, "bytes_out") > 24 + 4);
  has(closed, "reason", "the peer closed it");
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
  end_and_read();
  has(nth("call", 0), "interface_name", "mgmt");
  has(nth("call", 0), "operation", portero_catalog_operation(&mgmt.uuid, 2));
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
  end_and_read();
  has(nth("opened", 0), "transport", "ncalrpc");
  has(nth("opened", 0), "source", "");
  assert_int_equal(number(nth("opened", 0), "pid"), getpid());
  has(nth("call", 0), "source", "");
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
  bound(&r);
  for (unsigned i = 0; i < 3; i++)
    (void)raw_fault(&r, LAB_BLOB, raw_u32(&value));
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  end_and_read();
  assert_int_equal(count("call", "outcome", "denied"), 3);
  assert_int_equal(count("call", "verdict", "deny"), 3);
  assert_int_equal(count("call", "outcome", "answered"), 1);
  assert_int_equal(count("request", NULL, NULL), 4);
  assert_int_equal(count("alert", NULL, NULL), 0);
  for (unsigned i = 0; i < 3; i++) {
    has(nth("call", i), "rule", "no-blob");
    has(nth("call", i), "status", "0x000006bb");
    has_tags(nth("call", i), "T1003.006");
    has(nth("request", i), "verdict", "deny");
    has(nth("request", i), "outcome", "denied");
    has_tags(nth("request", i), "T1003.006");
  }
  has(nth("request", 3), "outcome", "");
  has(nth("call", 3), "rule", "");
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
  bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  end_and_read();
  has(nth("request", 0), "verdict", "observe");
  has(nth("request", 0), "rule", "first");
  has_tags(nth("request", 0), "T4 T1 T2 T3");
  has_tags(nth("call", 0), "T4 T1 T2 T3");
  has(nth("call", 0), "outcome", "answered");
  has_tags(nth("bind", 0), "T4 T1 T2 T3");
  assert_int_equal(count("alert", NULL, NULL), 4); /* of the bind, of the call */
  for (unsigned i = 0; i < 4; i += 2) {
    has(nth("alert", i), "reason", "first");
    has(nth("alert", i), "verdict", "observe");
    has_tags(nth("alert", i), "T1 T2");
    has(nth("alert", i + 1), "reason", "end");
    has(nth("alert", i + 1), "rule", "end");
    has_tags(nth("alert", i + 1), "T4");
  }
  has(nth("alert", 2), "operation", "Negate");
  has(nth("alert", 2), "uid", text(nth("call", 0), "uid"));
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
  bound(&r);
  (void)raw_request(&r, LAB_NEGATE, raw_u32(&value));
  raw_expect_end(&r);
  raw_close(&r);
  end_and_read();
  assert_int_equal(count("call", NULL, NULL), 1);
  has(nth("call", 0), "outcome", "denied");
  has(nth("call", 0), "verdict", "drop");
  has(nth("alert", 0), "reason", "shut");
  has(nth("closed", 0), "reason", "dropped by policy");
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
  end_and_read();
  assert_int_equal(count("bind", NULL, NULL), 4);
  has(nth("bind", 0), "outcome", "answered");
  has(nth("bind", 1), "outcome", "denied");
  has(nth("bind", 1), "rule", "no-other");
  has(nth("bind", 1), "verdict", "deny");
  has(nth("bind", 2), "outcome", "failed");
  has(nth("bind", 2), "status", "0x00000001");
  has(nth("bind", 2), "reason", "no such interface here");
  has(nth("bind", 3), "outcome", "failed");
  has(nth("bind", 3), "reason", "no such association group");
}

/* ---- how calls end ---- */

static void calls_of_fragments(void **state)
{
  uint64_t stub = 7;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, 0, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  door_fragment(&r, 10, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  raw_close(&r);
  end_and_read();
  assert_int_equal(count("request", NULL, NULL), 2);
  assert_int_equal(count("call", NULL, NULL), 2);
  has(nth("call", 0), "outcome", "answered");
  assert_int_equal(number(nth("call", 0), "fragments"), 3);
  assert_int_equal(number(nth("call", 0), "bytes_in"), 24);
  assert_int_equal(number(nth("call", 0), "call_id"), 9);
  has(nth("call", 1), "outcome", "unanswered");
  assert_int_equal(number(nth("call", 1), "call_id"), 10);
}

static void faults_have_their_status(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_access = portero_ok();
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r);
  (void)raw_fault(&r, LAB_FAIL, raw_u32(&value));
  (void)raw_fault(&r, LAB_UNUSED, raw_u32(&value));
  (void)raw_fault(&r, LAB_OPERATIONS + 3, raw_u32(&value));
  door_access = portero_fault_status(PORTERO_FAULT_SERVER_TOO_BUSY);
  (void)raw_fault(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  end_and_read();
  assert_int_equal(count("call", NULL, NULL), 4);
  has(nth("call", 0), "outcome", "fault");
  has(nth("call", 0), "status_name", "nca_s_fault_unspec");
  has(nth("call", 1), "outcome", "fault");
  has(nth("call", 1), "status_name", "nca_s_op_rng_error");
  has(nth("call", 2), "status_name", "nca_s_op_rng_error");
  has(nth("call", 3), "outcome", "denied");
  has(nth("call", 3), "status", "0x000006bb");
  has(nth("call", 3), "reason", "the interface's access check");
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
  bound(&r);
  (void)raw_fault(&r, LAB_NEGATE, raw_u32(&value));
  raw_expect_end(&r);
  raw_close(&r);
  end_and_read();
  has(nth("call", 0), "outcome", "denied");
  has(nth("call", 0), "status", "0x00000005");
  has(nth("call", 0), "verdict", "");
  has(nth("call", 0), "reason", "below the interface's least level");
  assert_string_not_equal(text(nth("closed", 0), "reason"), "the peer closed it");
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
  bound(&r);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&door_lab, 1);
  for (unsigned i = 0; i < 3; i++)
    door_policy(NULL, 0, PORTERO_ACTION_DENY);
  lab_finish(lab_take(&door_lab, 0, &value), value);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  door_turned(); /* nothing holds the old one any more */
  raw_close(&r);
  end_and_read();
  has(nth("call", 0), "outcome", "answered");
  has(nth("call", 0), "rule", "old");
  has_tags(nth("call", 0), "T9");
  assert_int_equal(number(nth("call", 0), "bytes_out"), 4);
}

static void nobody_waits_any_more(void **state)
{
  struct portero_writer w;
  uint32_t value = 41;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r);
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
  wait_for("closed", 1);
  assert_int_equal(count("call", NULL, NULL), 3); /* it is told when he goes, not when it is done */
  lab_finish(lab_take(&door_lab, 1, &value), value);
  end_and_read();
  assert_int_equal(count("call", NULL, NULL), 3);
  assert_int_equal(count("call", "outcome", "cancelled"), 1);
  assert_int_equal(count("call", "outcome", "unanswered"), 1);
  assert_int_equal(count("call", "outcome", "answered"), 1);
}

/* ---- connections that move ---- */

#define JOINERS 12u

static void a_visitor_who_moves_stays_the_same(void **state)
{
  struct raw *r = test_malloc(sizeof *r * (JOINERS + 1));
  uint32_t value = 5;

  (void)state;
  door_serve(2, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r[0]);
  for (unsigned i = 1; i <= JOINERS;
       i++) { /* whatever loop takes them, they end on that of the first */
    raw_connect(&r[i], door_server, 0);
    raw_bind(&r[i], &lab_interface.id, r[0].group);
    (void)raw_call(&r[i], LAB_NEGATE, raw_u32(&value));
  }
  for (unsigned i = 0; i <= JOINERS; i++)
    raw_close(&r[i]);
  test_free(r);
  end_and_read();
  assert_int_equal(count("opened", NULL, NULL), JOINERS + 1);
  assert_int_equal(count("closed", NULL, NULL), JOINERS + 1);
  assert_int_equal(count("bind", NULL, NULL), JOINERS + 1);
  for (unsigned i = 0; i <= JOINERS; i++) {
    const char *uid = text(nth("opened", i), "uid");
    assert_int_equal(count("opened", "uid", uid), 1);
    assert_int_equal(count("closed", "uid", uid), 1);
    assert_int_equal(count("bind", "uid", uid), 1);
  }
}

static void servers_number_their_visitors_differently(void **state)
{
  char uid[32];
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r);
  raw_close(&r);
  end_and_read();
  (void)snprintf(uid, sizeof uid, "%s", text(nth("opened", 0), "uid"));
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  bound(&r);
  raw_close(&r);
  end_and_read();
  assert_int_equal(count("opened", NULL, NULL), 2);
  assert_int_equal(count("opened", "uid", uid), 1);
}

/* ---- logins ---- */

static portero_status open_as(const struct portero_login *login)
{
  const struct portero_client_options options = {.login = login};
  struct portero_client *c;
  portero_status status =
      portero_client_open(portero_server_binding(door_server, 0), &lab_interface.id, &options, &c);

  portero_client_close(c);
  return status;
}

static void logins_are_told(void **state)
{
  struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  door_failure = portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_INVALID_CHECKSUM);
  (void)open_as(&login);
  door_failure = portero_ok();
  login.type = PORTERO_AUTH_KERBEROS; /* it has no such mechanism */
  assert_false(portero_is_ok(open_as(&login)));
  end_and_read();
  assert_int_equal(count("auth", NULL, NULL), 3);
  has(nth("auth", 0), "outcome", "answered");
  has(nth("auth", 0), "account", "alice");
  has(nth("auth", 0), "auth", "ntlm");
  has(nth("auth", 0), "level", "privacy");
  has(nth("call", 0), "account", "alice");
  has(nth("call", 0), "auth", "ntlm");
  has(nth("call", 0), "level", "privacy");
  has(nth("bind", 0), "auth", "ntlm");
  has(nth("auth", 1), "outcome", "failed");
  has(nth("auth", 1), "reason", "the test said no");
  has(nth("auth", 2), "outcome", "failed");
  has(nth("auth", 2), "auth", "krb5");
}

static bool book_holds(const char *bytes, size_t size)
{
  static char all[1u << 20];
  FILE *in = fopen(path, "r");
  size_t n;

  assert_non_null(in);
  n = fread(all, 1, sizeof all, in);
  assert_int_equal(fclose(in), 0);
  return memmem(all, n, bytes, size) != NULL;
}

/* A real login: its password is nowhere, and a name cannot make a line of its own. */
static void nothing_secret_and_nothing_forged(void **state)
{
  static const char hostile[] = "mallory\"}\n{\"event\":\"alert\",\"reason\":\"forged\"}";
  static const char wide[] = "s\0e\0c\0r\0e\0t";
  struct portero_credentials_options who = {.user = "alice", .password = "secret"};
  struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};
  struct portero_acceptor *acceptor;
  uint8_t hash[16];
  struct ntlm_lab lab;

  (void)state;
  ntlm_lab_begin(&lab);
  acceptor = ntlm_lab_acceptor(&lab, 0);
  door_acceptor = acceptor;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  assert_int_equal(door_call(&options, LAB_NEGATE), 0);
  portero_credentials_free(login.credentials);
  who.password = "guessed-wrong";
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  (void)open_as(&login);
  portero_credentials_free(login.credentials);
  who.user = hostile;
  assert_true(portero_is_ok(portero_credentials_new(&who, &login.credentials)));
  (void)open_as(&login);
  portero_credentials_free(login.credentials);
  end_and_read(); /* every line is one object */
  portero_acceptor_free(acceptor);
  ntlm_lab_end(&lab);
  assert_int_equal(count("auth", NULL, NULL), 3);
  has(nth("auth", 0), "outcome", "answered");
  assert_int_equal(strcasecmp(text(nth("auth", 0), "account"), "alice"), 0);
  has(nth("auth", 1), "outcome", "failed");
  has(nth("auth", 1), "account", "alice");
  assert_true(strlen(text(nth("auth", 1), "reason")) > 0);
  has(nth("auth", 2), "account", hostile);
  assert_int_equal(count("alert", NULL, NULL), 0);
  assert_true(portero_is_ok(ntlm_nt_hash("secret", hash)));
  assert_false(book_holds("secret", 6));
  assert_false(book_holds(wide, sizeof wide));
  assert_false(book_holds("guessed", 7));
  assert_false(book_holds((const char *)hash, sizeof hash));
  assert_true(book_holds("alice", 5)); /* it would be found */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_visit_is_told_from_beginning_to_end),
      TEST(names_are_the_catalogs),
      TEST(local_visitors_have_a_process),
      TEST(denied_calls_count_once),
      TEST(observers_and_alerts_are_named),
      TEST(drops_are_told),
      TEST(each_context_has_its_record),
      TEST(calls_of_fragments),
      TEST(faults_have_their_status),
      TEST(the_least_level_denies),
      TEST(deferred_calls_keep_what_was_said_of_them),
      TEST(nobody_waits_any_more),
      TEST(a_visitor_who_moves_stays_the_same),
      TEST(servers_number_their_visitors_differently),
      TEST(logins_are_told),
      TEST(nothing_secret_and_nothing_forged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
