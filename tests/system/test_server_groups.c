/* SPDX-License-Identifier: Apache-2.0 */
/* Association groups over one loop and over several, and the context handles that they share. */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOPS   4u
#define CLIENTS 24u

static const struct portero_bytes nothing = {NULL, 0};

static struct lab lab;
static struct portero_server *server;
static char directory[64];

static int setup_with(unsigned threads, uint32_t max_handles)
{
  struct portero_server_options options = {.threads = threads, .max_handles = max_handles};
  char binding[128];

  lab_init(&lab);
  (void)snprintf(directory, sizeof directory,
                 "/tmp/portero-test-XX"
                 "XX"
                 "XX");
  if (!mkdtemp(directory))
    return -1;
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s/lab]", directory);
  return portero_is_ok(portero_server_new(&options, &server)) &&
                 portero_is_ok(portero_server_add(server, &lab_interface, &lab)) &&
                 portero_is_ok(portero_server_add(server, &lab_other_interface, &lab)) &&
                 portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.4[]")) &&
                 portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.5[]")) &&
                 portero_is_ok(portero_server_listen(server, binding)) &&
                 portero_is_ok(portero_server_start(server))
             ? 0
             : -1;
}

static int setup_one(void **state)
{
  (void)state;
  return setup_with(1, 8);
}

static int setup_many(void **state)
{
  (void)state;
  return setup_with(LOOPS, 0);
}

static int teardown(void **state)
{
  (void)state;
  portero_server_free(server);
  lab_deinit(&lab);
  return rmdir(directory);
}

struct handle {
  uint8_t bytes[20];
};

static struct handle open_handle(struct raw *r)
{
  struct portero_bytes stub = raw_call(r, LAB_OPEN, nothing);
  struct handle h;

  assert_int_equal(stub.size, sizeof h.bytes);
  memcpy(h.bytes, stub.data, sizeof h.bytes);
  return h;
}

static struct portero_bytes handle_stub(const struct handle *h)
{
  return portero_bytes_make(h->bytes, sizeof h->bytes);
}

static void client(struct raw *r, size_t endpoint, uint32_t group)
{
  raw_connect(r, server, endpoint);
  raw_bind(r, &lab_interface.id, group);
}

static void handle_life(void **state)
{
  struct handle h, forged;
  struct raw r;

  (void)state;
  client(&r, 0, 0);
  h = open_handle(&r);
  assert_int_equal(raw_get_u32(raw_call(&r, LAB_USE, handle_stub(&h))), 1);
  assert_int_equal(raw_get_u32(raw_call(&r, LAB_USE, handle_stub(&h))), 2);
  forged = h;
  forged.bytes[0] = 1; /* attributes */
  assert_int_equal(raw_fault(&r, LAB_USE, handle_stub(&forged)), PORTERO_FAULT_CONTEXT_MISMATCH);
  for (size_t i = 4; i < sizeof forged.bytes; i++) {
    forged = h;
    forged.bytes[i] ^= 0x10;
    assert_int_equal(raw_fault(&r, LAB_USE, handle_stub(&forged)), PORTERO_FAULT_CONTEXT_MISMATCH);
  }
  memset(&forged, 0, sizeof forged);
  assert_int_equal(raw_fault(&r, LAB_USE, handle_stub(&forged)), PORTERO_FAULT_CONTEXT_MISMATCH);
  assert_int_equal(raw_fault(&r, LAB_CLOSE, handle_stub(&forged)), PORTERO_FAULT_CONTEXT_MISMATCH);
  raw_alter(&r, 1, &lab_other_interface.id); /* another interface of the same server */
  assert_int_equal(raw_fault(&r, LAB_USE, handle_stub(&h)), PORTERO_FAULT_CONTEXT_MISMATCH);
  r.context = 0;
  assert_int_equal(lab_count(&lab, &lab.n_rundowns), 0);
  assert_int_equal(raw_call(&r, LAB_CLOSE, handle_stub(&h)).size, 20);
  assert_int_equal(lab_count(&lab, &lab.n_rundowns), 1);
  assert_int_equal(raw_fault(&r, LAB_USE, handle_stub(&h)), PORTERO_FAULT_CONTEXT_MISMATCH);
  assert_int_equal(raw_fault(&r, LAB_CLOSE, handle_stub(&h)), PORTERO_FAULT_CONTEXT_MISMATCH);
  raw_close(&r);
}

static void foreign_groups(void **state)
{
  struct handle h;
  struct raw mine, theirs;

  (void)state;
  client(&mine, 0, 0);
  client(&theirs, 0, 0);
  assert_int_not_equal(mine.group, theirs.group);
  h = open_handle(&mine);
  assert_int_equal(raw_fault(&theirs, LAB_USE, handle_stub(&h)), PORTERO_FAULT_CONTEXT_MISMATCH);
  assert_int_equal(raw_fault(&theirs, LAB_CLOSE, handle_stub(&h)), PORTERO_FAULT_CONTEXT_MISMATCH);
  assert_int_equal(raw_get_u32(raw_call(&mine, LAB_USE, handle_stub(&h))), 1);
  raw_close(&theirs);
  raw_close(&mine);
}

static void expect_refused(size_t endpoint, uint32_t group)
{
  struct raw r;

  raw_connect(&r, server, endpoint);
  raw_try_bind(&r, &lab_interface.id, group);
  assert_int_equal(r.pdu.header.ptype, PORTERO_PTYPE_BIND_NAK);
  assert_int_equal(r.pdu.body.bind_nak.reason, PORTERO_NAK_NOT_SPECIFIED);
  raw_expect_end(&r);
  raw_close(&r);
}

static void wrong_groups(void **state)
{
  struct raw r;

  (void)state;
  client(&r, 0, 0);
  expect_refused(0, r.group + 0x100);
  expect_refused(0, 0xffffffff);
  expect_refused(0, r.group ^ 1); /* another loop's */
  expect_refused(1, r.group);     /* another endpoint */
  expect_refused(2, r.group);     /* another transport */
  assert_int_equal(raw_call(&r, LAB_NULL, nothing).size, 0);
  raw_close(&r);
  /* Gone with its last connection; the server sees the end of it before or after the next bind. */
  for (int i = 0; i < 100; i++) {
    struct raw late;
    raw_connect(&late, server, 0);
    raw_try_bind(&late, &lab_interface.id, r.group);
    raw_close(&late);
    if (late.pdu.header.ptype == PORTERO_PTYPE_BIND_NAK)
      return;
  }
  fail_msg("the group outlived its connections");
}

static void handle_limit(void **state)
{
  struct handle h[8];
  struct raw r;

  (void)state;
  client(&r, 0, 0);
  for (int i = 0; i < 8; i++)
    h[i] = open_handle(&r);
  assert_int_equal(raw_fault(&r, LAB_OPEN, nothing), PORTERO_FAULT_UNSPECIFIED);
  (void)raw_call(&r, LAB_CLOSE, handle_stub(&h[3]));
  h[3] = open_handle(&r);
  for (int i = 0; i < 8; i++)
    assert_int_equal(raw_get_u32(raw_call(&r, LAB_USE, handle_stub(&h[i]))), 1);
  raw_close(&r);
  lab_wait_rundowns(&lab, 9);
}

/* Handles live as long as any connection of the group, wherever the kernel had put it. */
static void shared_handles(void **state)
{
  struct raw *r = test_calloc(CLIENTS, sizeof *r);
  struct handle h;
  uint32_t uses = 0;

  (void)state;
  client(&r[0], 0, 0);
  h = open_handle(&r[0]);
  for (unsigned i = 1; i < CLIENTS; i++) {
    client(&r[i], 0, r[0].group);
    assert_int_equal(r[i].group, r[0].group);
    assert_int_equal(raw_get_u32(raw_call(&r[i], LAB_USE, handle_stub(&h))), ++uses);
  }
  for (unsigned i = 0; i + 1 < CLIENTS; i++)
    raw_close(&r[i]);
  assert_int_equal(raw_get_u32(raw_call(&r[CLIENTS - 1], LAB_USE, handle_stub(&h))), ++uses);
  assert_int_equal(lab_count(&lab, &lab.n_rundowns), 0);
  raw_close(&r[CLIENTS - 1]);
  lab_wait_rundowns(&lab, 1);
  assert_int_equal(lab_count(&lab, &lab.n_open), 0);
  test_free(r);
}

static void shared_handles_local(void **state)
{
  struct raw first, second;
  struct handle h;

  (void)state;
  client(&first, 2, 0);
  h = open_handle(&first);
  for (int i = 0; i < 12; i++) {
    client(&second, 2, first.group);
    assert_int_equal(raw_get_u32(raw_call(&second, LAB_USE, handle_stub(&h))), i + 1);
    raw_close(&second);
  }
  raw_close(&first);
  lab_wait_rundowns(&lab, 1);
}

/* What a client sends behind its bind travels with the connection. */
static void moved_with_requests(void **state)
{
  struct portero_context context = {0, lab_interface.id, &portero_syntax_ndr, 1};
  struct raw first, r;
  struct handle h;

  (void)state;
  client(&first, 0, 0);
  h = open_handle(&first);
  for (unsigned i = 0; i < 16; i++) {
    struct portero_writer w;
    portero_writer_init(&w, &portero_mem_malloc, 1u << 16);
    raw_put_bind(&w, PORTERO_PTYPE_BIND, 1, first.group, &context, 1,
                 PORTERO_PFC_WHOLE | PORTERO_PFC_CONC_MPX);
    for (uint32_t call = 2; call < 10; call++)
      raw_put_request(&w, call, 0, LAB_USE, PORTERO_PFC_WHOLE, handle_stub(&h));
    raw_connect(&r, server, 0);
    raw_send(&r, portero_bytes_make(w.base, w.size - 11)); /* the last one is cut */
    raw_expect(&r, PORTERO_PTYPE_BIND_ACK);
    assert_int_equal(r.pdu.body.bind_ack.assoc_group_id, first.group);
    raw_send(&r, portero_bytes_make(w.base + w.size - 11, 11));
    for (uint32_t call = 2; call < 10; call++) {
      raw_expect(&r, PORTERO_PTYPE_RESPONSE);
      assert_int_equal(r.pdu.header.call_id, call);
      assert_int_equal(raw_get_u32(r.pdu.body.response.stub), i * 8 + call - 1);
    }
    raw_close(&r);
    portero_writer_deinit(&w);
  }
  raw_close(&first);
}

/*
 * The group stays while a call of its last connection is still in flight, for that call's sake
 * only.
 */
static void pending_call_and_rundown(void **state)
{
  uint32_t value = 5;
  struct portero_call *call;
  struct raw r;

  (void)state;
  client(&r, 0, 0);
  (void)open_handle(&r);
  (void)raw_request(&r, LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&lab, 1);
  raw_close(&r);
  lab_wait_rundowns(&lab, 1);
  call = lab_take(&lab, 0, &value);
  {
    struct portero_handle handle;
    static const char kind;
    assert_true(portero_is_local(portero_handle_new(call, &kind, NULL, NULL, &handle),
                                 PORTERO_LOCAL_CLOSED));
  }
  lab_finish(call, value);
}

static void stop_runs_down(void **state)
{
  struct raw r[6];

  (void)state;
  for (int i = 0; i < 6; i++) {
    client(&r[i], (size_t)(i % 3), 0);
    (void)open_handle(&r[i]);
  }
  portero_server_stop(server);
  assert_true(portero_is_ok(portero_server_wait(server)));
  assert_int_equal(lab_count(&lab, &lab.n_rundowns), 6);
  for (int i = 0; i < 6; i++)
    raw_close(&r[i]);
}

#define ONE(name)  cmocka_unit_test_setup_teardown(name, setup_one, teardown)
#define MANY(name) cmocka_unit_test_setup_teardown(name, setup_many, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ONE(handle_life),
      ONE(foreign_groups),
      ONE(wrong_groups),
      ONE(handle_limit),
      ONE(shared_handles),
      ONE(shared_handles_local),
      ONE(moved_with_requests),
      ONE(pending_call_and_rundown),
      ONE(stop_runs_down),
      MANY(foreign_groups),
      MANY(wrong_groups),
      MANY(shared_handles),
      MANY(shared_handles_local),
      MANY(moved_with_requests),
      MANY(pending_call_and_rundown),
      MANY(stop_runs_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
