/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How calls run: on the loop, deferred, on the worker pool; cancelled, orphaned, cut off; and the
 * orderly end.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct portero_bytes nothing = {NULL, 0};

struct fixture {
  struct lab lab;
  struct portero_server *server;
  struct raw r;
};

static struct portero_server_options options;

static int setup(void **state)
{
  struct fixture *f = test_calloc(1, sizeof *f);

  lab_init(&f->lab);
  if (!portero_is_ok(portero_server_new(&options, &f->server)) ||
      !portero_is_ok(portero_server_add(f->server, &lab_interface, &f->lab)) ||
      !portero_is_ok(portero_server_listen(f->server, "ncacn_ip_tcp:127.0.26.2[]")) ||
      !portero_is_ok(portero_server_start(f->server)))
    return -1;
  raw_connect(&f->r, f->server, 0);
  raw_bind(&f->r, &lab_interface.id, 0);
  *state = f;
  return 0;
}

static int setup_hasty(void **state)
{
  options.drain_timeout = 100;
  return setup(state);
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  options.drain_timeout = 0;
  raw_close(&f->r);
  lab_release(&f->lab, LAB_WAITING); /* nobody waits forever, not even after a failure */
  portero_server_free(f->server);
  lab_deinit(&f->lab);
  test_free(f);
  return 0;
}

static void finish_at(struct lab *lab, unsigned i)
{
  uint32_t argument;
  struct portero_call *call = lab_take(lab, i, &argument);

  lab_finish(call, argument);
}

static void wait_cancelled(const struct portero_call *call)
{
  static const struct timespec pause = {0, 1000000};

  for (int i = 0; i < 5000 && !portero_call_cancelled(call); i++)
    (void)nanosleep(&pause, NULL);
  assert_true(portero_call_cancelled(call));
}

static void answers_and_faults(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 5, size = 3;

  assert_int_equal(raw_get_u32(raw_call(&f->r, LAB_NEGATE, raw_u32(&value))), ~value);
  assert_int_equal(raw_fault(&f->r, LAB_NEGATE, nothing), PORTERO_FAULT_BAD_STUB_DATA);
  assert_false(f->r.pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
  assert_int_equal(raw_fault(&f->r, LAB_CARELESS, nothing), PORTERO_FAULT_BAD_STUB_DATA);
  assert_int_equal(raw_fault(&f->r, LAB_FAIL, nothing), PORTERO_FAULT_UNSPECIFIED);
  assert_int_equal(raw_fault(&f->r, LAB_UNUSED, nothing), PORTERO_FAULT_OP_RANGE);
  assert_true(f->r.pdu.header.flags & PORTERO_PFC_DID_NOT_EXECUTE);
  assert_int_equal(f->r.pdu.body.fault.context_id, 0);
  assert_int_equal(raw_fault(&f->r, LAB_OPERATIONS, nothing), PORTERO_FAULT_OP_RANGE);
  assert_int_equal(raw_fault(&f->r, 65535, nothing), PORTERO_FAULT_OP_RANGE);
  assert_int_equal(raw_call(&f->r, LAB_BLOB, raw_u32(&size)).size, 3);
  size = 17u << 20; /* above the interface's arena budget */
  assert_int_equal(raw_fault(&f->r, LAB_BLOB, raw_u32(&size)), PORTERO_FAULT_NO_MEMORY);
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0);
}

/* Refused at its first fragment, though more of it comes. */
static void refused_early(void **state)
{
  struct fixture *f = *state;
  uint8_t block[64] = {0};
  struct portero_bytes stub = portero_bytes_make(block, sizeof block);
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, 50, 0, LAB_OPERATIONS, PORTERO_PFC_FIRST_FRAG, stub);
  raw_send(&f->r, portero_writer_bytes(&w));
  raw_expect(&f->r, PORTERO_PTYPE_FAULT);
  assert_int_equal(f->r.pdu.body.fault.status, PORTERO_FAULT_OP_RANGE);
  portero_writer_reset(&w);
  raw_put_request(&w, 50, 0, LAB_OPERATIONS, 0, stub);
  raw_put_request(&w, 50, 0, LAB_OPERATIONS, PORTERO_PFC_LAST_FRAG, stub);
  raw_send(&f->r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0);
}

static void in_fragments(void **state)
{
  struct fixture *f = *state;
  uint8_t block[512];
  struct portero_writer w;
  uint32_t size = 100000;
  size_t got = 0;

  memset(block, 7, sizeof block);
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  for (int i = 0; i < 200; i++)
    raw_put_request(
        &w, 60, 0, LAB_LENGTH,
        (uint8_t)((i == 0 ? PORTERO_PFC_FIRST_FRAG : 0) | (i == 199 ? PORTERO_PFC_LAST_FRAG : 0)),
        portero_bytes_make(block, sizeof block));
  raw_send(&f->r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(raw_get_u32(f->r.pdu.body.response.stub), 200 * sizeof block);
  (void)raw_request(&f->r, LAB_BLOB, raw_u32(&size));
  do {
    raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
    got += f->r.pdu.body.response.stub.size;
  } while (!(f->r.pdu.header.flags & PORTERO_PFC_LAST_FRAG));
  assert_int_equal(got, size);
}

static void deferred_out_of_order(void **state)
{
  struct fixture *f = *state;
  uint32_t ids[3], values[3] = {10, 20, 30};

  for (int i = 0; i < 3; i++)
    ids[i] = raw_request(&f->r, LAB_DEFER, raw_u32(&values[i]));
  lab_wait_deferred(&f->lab, 3);
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0); /* others overtake */
  for (unsigned i = 3; i-- > 0;) {
    finish_at(&f->lab, i);
    raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
    assert_int_equal(f->r.pdu.header.call_id, ids[i]);
    assert_int_equal(raw_get_u32(f->r.pdu.body.response.stub), values[i] + 1);
  }
}

static void deferred_fault(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 1;
  struct portero_call *call;

  (void)raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&f->lab, 1);
  call = lab_take(&f->lab, 0, &value);
  assert_string_equal(portero_call_peer(call)->address, "127.0.0.1");
  assert_string_equal(portero_call_peer(call)->local_address, "127.0.26.2");
  assert_true(portero_call_peer(call)->is_loopback);
  assert_false(portero_call_peer(call)->has_credentials);
  portero_call_finish(call, portero_fault_status(PORTERO_FAULT_ACCESS_DENIED));
  raw_expect(&f->r, PORTERO_PTYPE_FAULT);
  assert_int_equal(f->r.pdu.body.fault.status, PORTERO_FAULT_ACCESS_DENIED);
}

/* The handler finishes the call itself, before it returns. */
static portero_status defer_and_finish(struct portero_call *call)
{
  portero_status status = portero_call_defer(call);

  if (!portero_is_ok(status))
    return status;
  if (!portero_is_local(portero_call_defer(call), PORTERO_LOCAL_STATE))
    return portero_local(PORTERO_LOCAL_STATE);
  lab_finish(call, 41);
  return portero_ok();
}

static const struct portero_operation selfish_operations[] = {
    {"OnLoop", defer_and_finish, 0},
    {"OnPool", defer_and_finish, PORTERO_OPERATION_BLOCKS},
};

static void finished_by_itself(void **state)
{
  struct fixture *f = *state;
  struct portero_interface selfish = lab_other_interface;
  struct portero_server *server;
  struct raw r;

  (void)f;
  selfish.operations = selfish_operations;
  selfish.n_operations = 2;
  assert_true(portero_is_ok(portero_server_new(NULL, &server)));
  assert_true(portero_is_ok(portero_server_add(server, &selfish, NULL)));
  assert_true(portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.2[]")));
  assert_true(portero_is_ok(portero_server_start(server)));
  raw_connect(&r, server, 0);
  raw_bind(&r, &selfish.id, 0);
  for (int i = 0; i < 50; i++)
    assert_int_equal(raw_get_u32(raw_call(&r, (uint16_t)(i & 1), nothing)), 42);
  raw_close(&r);
  portero_server_free(server);
}

/* An interface that says nothing about protection wants privacy: callers without it are refused. */
static void silence_means_privacy(void **state)
{
  struct portero_interface silent = lab_other_interface;
  struct portero_server *server;
  struct raw r;

  (void)state;
  silent.min_level = PORTERO_LEVEL_DEFAULT;
  assert_true(portero_is_ok(portero_server_new(NULL, &server)));
  assert_true(portero_is_ok(portero_server_add(server, &silent, NULL)));
  assert_true(portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.2[]")));
  assert_true(portero_is_ok(portero_server_start(server)));
  raw_connect(&r, server, 0);
  raw_bind(&r, &silent.id, 0);
  assert_int_equal(raw_fault(&r, LAB_NULL, nothing), PORTERO_FAULT_ACCESS_DENIED);
  raw_close(&r);
  portero_server_free(server);
}

static void blocking(void **state)
{
  struct fixture *f = *state;
  uint32_t values[2] = {1, 1};

  (void)raw_request(&f->r, LAB_BLOCK, raw_u32(&values[0]));
  (void)raw_request(&f->r, LAB_BLOCK, raw_u32(&values[1]));
  lab_wait_blocked(&f->lab, 2);
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0); /* the loop is free */
  lab_release(&f->lab, 2);
  for (int i = 0; i < 2; i++) {
    raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
    assert_int_equal(raw_get_u32(f->r.pdu.body.response.stub), 2);
  }
}

static void cancel(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 7, id = raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  struct portero_call *call;
  uint8_t buffer[64];
  struct portero_writer w;

  lab_wait_deferred(&f->lab, 1);
  call = lab_take(&f->lab, 0, &value);
  assert_false(portero_call_cancelled(call));
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  raw_put_simple(&w, PORTERO_PTYPE_CO_CANCEL, id + 1000); /* no such call: nothing happens */
  raw_put_simple(&w, PORTERO_PTYPE_CO_CANCEL, id);
  raw_send(&f->r, portero_writer_bytes(&w));
  wait_cancelled(call);
  portero_call_finish(call, portero_fault_status(PORTERO_FAULT_CANCELLED));
  raw_expect(&f->r, PORTERO_PTYPE_FAULT);
  assert_int_equal(f->r.pdu.header.call_id, id);
  assert_int_equal(f->r.pdu.body.fault.status, PORTERO_FAULT_CANCELLED);
}

static void orphan(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 7, id = raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  struct portero_call *call;
  uint8_t buffer[64];
  struct portero_writer w;

  lab_wait_deferred(&f->lab, 1);
  call = lab_take(&f->lab, 0, &value);
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  raw_put_simple(&w, PORTERO_PTYPE_ORPHANED, id);
  raw_send(&f->r, portero_writer_bytes(&w));
  wait_cancelled(call);
  lab_finish(call, value); /* into the void */
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0);
  raw_expect_silence(&f->r);
}

/* Orphaned while its fragments are still coming: no handler ever sees it. */
static void orphan_unfinished(void **state)
{
  struct fixture *f = *state;
  uint8_t block[64] = {0};
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_request(&w, 70, 0, LAB_LENGTH, PORTERO_PFC_FIRST_FRAG,
                  portero_bytes_make(block, sizeof block));
  raw_put_simple(&w, PORTERO_PTYPE_ORPHANED, 70);
  raw_put_request(&w, 71, 0, LAB_LENGTH, PORTERO_PFC_WHOLE, portero_bytes_make(block, 8));
  raw_send(&f->r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(f->r.pdu.header.call_id, 71);
  assert_int_equal(raw_get_u32(f->r.pdu.body.response.stub), 8);
}

static void client_dies(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 7;
  struct portero_call *call;

  (void)raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  (void)raw_request(&f->r, LAB_BLOCK, raw_u32(&value));
  lab_wait_deferred(&f->lab, 1);
  lab_wait_blocked(&f->lab, 1);
  raw_close(&f->r);
  call = lab_take(&f->lab, 0, &value);
  wait_cancelled(call);
  assert_int_equal(value, 7);
  assert_string_equal(portero_call_peer(call)->local_address, "127.0.26.2");
  lab_finish(call, value);
  lab_release(&f->lab, 1);
  raw_connect(&f->r, f->server, 0);
  raw_bind(&f->r, &lab_interface.id, 0);
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0);
}

/* Without PFC_CONC_MPX the second request waits for the first one's answer. */
static void one_at_a_time(void **state)
{
  struct fixture *f = *state;
  struct portero_context context = {0, lab_interface.id, &portero_syntax_ndr, 1};
  uint32_t value = 3;
  struct portero_writer w;
  struct raw r;

  raw_connect(&r, f->server, 0);
  portero_writer_init(&w, &portero_mem_malloc, 4096);
  raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, 0, &context, 1, PORTERO_PFC_WHOLE);
  raw_put_request(&w, 2, 0, LAB_DEFER, PORTERO_PFC_WHOLE, raw_u32(&value));
  raw_put_request(&w, 3, 0, LAB_NEGATE, PORTERO_PFC_WHOLE, raw_u32(&value));
  raw_send(&r, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
  lab_wait_deferred(&f->lab, 1);
  raw_expect_silence(&r);
  finish_at(&f->lab, 0);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(r.pdu.header.call_id, 2);
  raw_expect(&r, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(r.pdu.header.call_id, 3);
  raw_close(&r);
}

/* ---- the end ---- */

static void drain(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 8;
  struct raw idle;

  raw_connect(&idle, f->server, 0);
  raw_bind(&idle, &lab_interface.id, 0);
  (void)raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  (void)raw_request(&f->r, LAB_BLOCK, raw_u32(&value));
  lab_wait_deferred(&f->lab, 1);
  lab_wait_blocked(&f->lab, 1);
  portero_server_stop(f->server);
  raw_expect(&idle, PORTERO_PTYPE_SHUTDOWN);
  raw_expect_end(&idle);
  raw_close(&idle);
  raw_expect(&f->r, PORTERO_PTYPE_SHUTDOWN);
  raw_expect_silence(&f->r); /* its calls are still in flight */
  finish_at(&f->lab, 0);
  raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
  lab_release(&f->lab, 1);
  raw_expect(&f->r, PORTERO_PTYPE_RESPONSE);
  raw_expect_end(&f->r);
  assert_true(portero_is_ok(portero_server_wait(f->server)));
}

/* A call that nobody finishes in time is cut off; what finishes later hurts nobody. */
static void drain_runs_out(void **state)
{
  struct fixture *f = *state;
  uint32_t value = 8;
  struct portero_call *call;

  (void)raw_request(&f->r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&f->lab, 1);
  portero_server_stop(f->server);
  assert_true(portero_is_ok(portero_server_wait(f->server)));
  raw_expect(&f->r, PORTERO_PTYPE_SHUTDOWN);
  raw_expect_end(&f->r);
  call = lab_take(&f->lab, 0, &value);
  assert_true(portero_call_cancelled(call));
  portero_server_free(f->server);
  f->server = NULL;
  lab_finish(call, value);
}

static void stop_waits_for_nobody_idle(void **state)
{
  struct fixture *f = *state;
  struct raw unbound, half;

  raw_connect(&unbound, f->server, 0);
  raw_connect(&half, f->server, 0);
  raw_send(&half, portero_bytes_make("\x05\x00\x0b", 3));
  assert_int_equal(raw_call(&f->r, LAB_NULL, nothing).size, 0);
  portero_server_stop(f->server);
  raw_expect_end(&unbound);
  raw_close(&unbound);
  raw_close(&half);
  raw_expect(&f->r, PORTERO_PTYPE_SHUTDOWN);
  raw_expect_end(&f->r);
  raw_close(&f->r);
  assert_true(portero_is_ok(portero_server_wait(f->server)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(answers_and_faults),
      TEST(refused_early),
      TEST(in_fragments),
      TEST(deferred_out_of_order),
      TEST(deferred_fault),
      TEST(silence_means_privacy),
      TEST(finished_by_itself),
      TEST(blocking),
      TEST(cancel),
      TEST(orphan),
      TEST(orphan_unfinished),
      TEST(client_dies),
      TEST(one_at_a_time),
      TEST(drain),
      cmocka_unit_test_setup_teardown(drain_runs_out, setup_hasty, teardown),
      TEST(stop_waits_for_nobody_idle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
