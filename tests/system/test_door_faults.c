/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the connection's machine refuses by itself, before anybody is asked: the book hears of that
 * too, as a call where the connection goes on, as the reason of its end where it does not.
 */
#include "tests/system/door_lines.h"

#include <string.h>

#define BIG 20000u /* bytes of a stub, several fragments */

static void an_unknown_context_is_told(void **state)
{
  const json_t *call;
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  r.context = 7;
  assert_int_equal(raw_fault(&r, LAB_NEGATE, raw_u32(&value)), PORTERO_FAULT_UNKNOWN_INTERFACE);
  r.context = 0;
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value)); /* the connection goes on */
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("call", NULL, NULL), 2);
  assert_int_equal(lines_count("request", NULL, NULL), 1); /* it was never judged */
  call = lines_nth("call", 0);
  lines_has(call, "outcome", "fault");
  lines_has(call, "status", "0x1c010003");
  lines_has(call, "reason", "no such presentation context");
  lines_has(call, "interface", "");
  lines_has(call, "verdict", "");
  lines_has(call, "uid", lines_text(lines_nth("opened", 0), "uid"));
  lines_has(call, "source", "127.0.0.1");
  assert_int_equal(lines_number(call, "opnum"), LAB_NEGATE);
  assert_int_equal(lines_number(call, "call_id"), r.next_call - 2);
  assert_int_equal(lines_number(call, "bytes_in"), 4);
  lines_has(lines_nth("call", 1), "outcome", "answered");
  lines_has(lines_nth("call", 1), "reason", "");
}

/* One record for one call, however many fragments come behind the first. */
static void an_unknown_context_in_fragments_is_told_once(void **state)
{
  uint64_t stub = 7;
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  r.context = 7;
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, 0, &stub, sizeof stub);
  door_fragment(&r, 9, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub);
  raw_expect(&r, PORTERO_PTYPE_FAULT);
  door_fragment(&r, 10, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, &stub, sizeof stub); /* of nothing */
  raw_expect(&r, PORTERO_PTYPE_FAULT);
  r.context = 0;
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  assert_int_equal(lines_count("call", "outcome", "fault"), 2);
  assert_int_equal(lines_count("call", "reason", "no such presentation context"), 2);
  assert_int_equal(lines_count("call", "outcome", "answered"), 1);
  assert_int_equal(lines_number(lines_nth("call", 0), "call_id"), 9);
  assert_int_equal(lines_number(lines_nth("call", 1), "call_id"), 10);
}

/* A command that has to be understood and is not, behind size bytes. [MS-RPCE] 2.2.2.13 */
static uint32_t call_with_trailer(struct portero_client *c, size_t size)
{
  static const uint8_t trailer[] = {0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4,
                                    0x36, 0x71, 0x09, 0xc0, 0x00, 0x00};
  uint8_t *stub = test_calloc(1, size + sizeof trailer);
  struct portero_bytes answer;
  portero_status status;

  memcpy(stub + size, trailer, sizeof trailer);
  status = portero_client_call_bytes(c, LAB_NEGATE, portero_bytes_make(stub, size + sizeof trailer),
                                     &answer);
  test_free(stub);
  assert_int_equal(status.klass, PORTERO_CLASS_FAULT);
  return status.code;
}

static void a_trailer_that_does_not_fit_is_told(void **state)
{
  const struct portero_login login = {.type = PORTERO_AUTH_NTLM, .level = PORTERO_LEVEL_PRIVACY};
  const struct portero_client_options options = {.login = &login};
  uint32_t value = 5;
  struct portero_bytes answer;
  struct portero_client *c;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  assert_true(portero_is_ok(portero_client_open(portero_server_binding(door_server, 0),
                                                &lab_interface.id, &options, &c)));
  assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_NEGATE, raw_u32(&value), &answer)));
  assert_int_equal(call_with_trailer(c, 4), PORTERO_FAULT_ACCESS_DENIED);
  assert_int_equal(call_with_trailer(c, BIG), PORTERO_FAULT_ACCESS_DENIED);
  assert_true(portero_is_ok(portero_client_call_bytes(c, LAB_NEGATE, raw_u32(&value), &answer)));
  portero_client_close(c);
  door_lines_end();
  assert_int_equal(lines_count("call", NULL, NULL), 4);
  lines_has(lines_nth("call", 0), "outcome", "answered");
  for (unsigned i = 1; i < 3; i++) {
    const json_t *call = lines_nth("call", i);
    lines_has(call, "outcome", "denied");
    lines_has(call, "status", "0x00000005");
    lines_has(call, "reason", "its verification trailer does not fit");
    lines_has(call, "operation", "Negate");
    lines_has(call, "level", "privacy");
    lines_has(call, "account", "alice");
  }
  assert_int_equal(lines_number(lines_nth("call", 1), "fragments"), 1);
  assert_true(lines_number(lines_nth("call", 2), "fragments") > 1);
  lines_has(lines_nth("call", 3), "outcome", "answered");
  assert_int_equal(lines_count("request", NULL, NULL), 3); /* of the large one its header */
}

/* ---- what ends the connection ---- */

enum ending {
  BEFORE_BIND,
  SECOND_BIND,
  NOT_A_CLIENTS,
  UNPROTECTED,
  NOTHING_TO_CONTINUE,
  NOT_READABLE,
  ENDINGS
};

static const char *const reasons[ENDINGS] = {
    [BEFORE_BIND] = "the first PDU is not a bind",
    [SECOND_BIND] = "a second bind",
    [NOT_A_CLIENTS] = "a PDU that clients do not send",
    [UNPROTECTED] = "a protected request without authentication",
    [NOTHING_TO_CONTINUE] = "a fragment that continues nothing",
    [NOT_READABLE] = "unreadable PDU",
};

static void put(struct portero_writer *w, enum ending ending)
{
  const struct portero_context context = {0, lab_interface.id, &portero_syntax_ndr, 1};
  const struct portero_sec_trailer trailer = {.type = PORTERO_AUTH_NTLM,
                                              .level = PORTERO_LEVEL_PRIVACY};
  uint32_t value = 5;

  switch (ending) {
  case SECOND_BIND:
    raw_put_bind(w, PORTERO_PTYPE_BIND, 9, 0, &context, 1, PORTERO_PFC_WHOLE);
    return;
  case NOT_A_CLIENTS:
    raw_put_simple(w, PORTERO_PTYPE_SHUTDOWN, 9);
    return;
  case UNPROTECTED:
    raw_put_request(w, 9, 0, LAB_NEGATE, PORTERO_PFC_WHOLE, raw_u32(&value));
    portero_pdu_add_auth(w, 0, PORTERO_PDU_REQUEST_SIZE, 16, &trailer, 16);
    return;
  case NOTHING_TO_CONTINUE:
    raw_put_request(w, 9, 0, LAB_NEGATE, PORTERO_PFC_LAST_FRAG, raw_u32(&value));
    return;
  case BEFORE_BIND:
  case NOT_READABLE:
  case ENDINGS:
    raw_put_request(w, 9, 0, LAB_NEGATE, PORTERO_PFC_WHOLE, raw_u32(&value));
    return;
  }
}

static void end_by(enum ending ending)
{
  struct portero_writer w;
  struct raw r;

  raw_connect(&r, door_server, 0);
  if (ending != BEFORE_BIND)
    raw_bind(&r, &lab_interface.id, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  put(&w, ending);
  assert_true(portero_is_ok(portero_writer_finish(&w)));
  if (ending == NOT_READABLE)
    w.base[10] = 0xff; /* auth_length */
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_read(&r);
  raw_expect_end(&r);
  raw_close(&r);
}

static void each_end_has_its_reason(void **state)
{
  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  for (unsigned i = 0; i < ENDINGS; i++)
    end_by((enum ending)i);
  door_lines_end();
  assert_int_equal(lines_count("closed", NULL, NULL), ENDINGS);
  for (unsigned i = 0; i < ENDINGS; i++)
    lines_has(lines_nth("closed", i), "reason", reasons[i]);
  assert_int_equal(lines_count("call", NULL, NULL), 0);
}

static void a_visit_in_good_order_has_no_such_reason(void **state)
{
  uint32_t value = 5;
  struct raw r;

  (void)state;
  door_serve(1, NULL, 0, PORTERO_ACTION_ALLOW);
  door_bound(&r);
  (void)raw_call(&r, LAB_NEGATE, raw_u32(&value));
  raw_close(&r);
  door_lines_end();
  lines_has(lines_nth("closed", 0), "reason", "the peer closed it");
  assert_int_equal(lines_count("call", "outcome", "answered"), 1);
  assert_int_equal(lines_count("call", NULL, NULL), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_lines_setup, door_lines_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(an_unknown_context_is_told),
      TEST(an_unknown_context_in_fragments_is_told_once),
      TEST(a_trailer_that_does_not_fit_is_told),
      TEST(each_end_has_its_reason),
      TEST(a_visit_in_good_order_has_no_such_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
