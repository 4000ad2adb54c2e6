/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four loops, eight clients at once, two groups: every way to run a call, while connections come
 * and go.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS 8u
#define ROUNDS  40u

static const struct portero_bytes nothing = {NULL, 0};

static struct lab lab;
static struct portero_server *server;

struct visitor {
  pthread_t thread;
  unsigned number;
  uint32_t group;
  uint8_t handle[20]; /* of the group */
  uint32_t used;      /* how often this visitor used it */
  bool content;
};

/* cmocka's assertions are for the main thread only: a visitor counts and reports. */
static bool visitor_call(struct raw *r, uint16_t opnum, struct portero_bytes stub)
{
  uint32_t id = raw_request(r, opnum, stub);

  raw_read(r);
  return r->pdu.header.call_id == id && r->pdu.header.ptype == PORTERO_PTYPE_RESPONSE;
}

static bool visitor_round(struct visitor *v, struct raw *r, uint32_t round)
{
  uint32_t value = v->number * 1000 + round;
  uint8_t own[20];

  if (!visitor_call(r, LAB_NEGATE, raw_u32(&value)) ||
      raw_get_u32(r->pdu.body.response.stub) != ~value)
    return false;
  if (!visitor_call(r, LAB_DEFER, raw_u32(&value)) ||
      raw_get_u32(r->pdu.body.response.stub) != value + 1)
    return false;
  if (!visitor_call(r, LAB_BLOCK, raw_u32(&value)) ||
      raw_get_u32(r->pdu.body.response.stub) != value + 1)
    return false;
  if (!visitor_call(r, LAB_USE, portero_bytes_make(v->handle, sizeof v->handle)))
    return false;
  v->used++;
  if (!visitor_call(r, LAB_OPEN, nothing))
    return false;
  memcpy(own, r->pdu.body.response.stub.data, sizeof own);
  if (round % 2) /* else it is run down with the group */
    return visitor_call(r, LAB_CLOSE, portero_bytes_make(own, sizeof own));
  return true;
}

static void *visitor_run(void *visitor)
{
  struct visitor *v = visitor;
  struct raw *r = calloc(1, sizeof *r);

  for (uint32_t round = 0; r && round < ROUNDS; round++) {
    bool fine;
    raw_connect(r, server, 0);
    raw_bind(r, &lab_interface.id, v->group);
    fine = visitor_round(v, r, round);
    if (round % 5 == 4)
      (void)raw_request(r, LAB_DEFER, raw_u32(&round)); /* and away */
    raw_close(r);
    if (!fine)
      break;
    v->content = round == ROUNDS - 1;
  }
  free(r);
  return NULL;
}

/* Finishes deferred calls as they come, until told to stop. */
static bool finisher_stops;

static void *finisher_run(void *unused)
{
  (void)unused;
  for (;;) {
    struct portero_call *calls[LAB_WAITING];
    uint32_t arguments[LAB_WAITING];
    unsigned n = lab_take_all(&lab, calls, arguments, &finisher_stops);
    if (n == 0)
      return NULL;
    for (unsigned i = 0; i < n; i++)
      lab_finish(calls[i], arguments[i]);
  }
}

static void everything_at_once(void **state)
{
  struct portero_server_options options = {.threads = 4,
                                           .source_limits = &portero_server_limits_none,
                                           .total_limits = &portero_server_limits_none};
  struct visitor visitors[CLIENTS];
  struct raw *hosts = test_calloc(2, sizeof *hosts);
  uint32_t uses[2] = {0, 0}, stats[4];
  pthread_t finisher;

  (void)state;
  lab_init(&lab);
  lab_release(&lab, CLIENTS * ROUNDS);
  assert_true(portero_is_ok(portero_server_new(&options, &server)));
  assert_true(portero_is_ok(portero_server_add(server, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:127.0.26.8[]")));
  assert_true(portero_is_ok(portero_server_start(server)));
  assert_int_equal(pthread_create(&finisher, NULL, finisher_run, NULL), 0);
  memset(visitors, 0, sizeof visitors);
  for (unsigned g = 0; g < 2; g++) {
    raw_connect(&hosts[g], server, 0);
    raw_bind(&hosts[g], &lab_interface.id, 0);
    memcpy(visitors[g].handle, raw_call(&hosts[g], LAB_OPEN, nothing).data, 20);
  }
  for (unsigned i = 0; i < CLIENTS; i++) {
    memcpy(visitors[i].handle, visitors[i % 2].handle, 20);
    visitors[i].number = i;
    visitors[i].group = hosts[i % 2].group;
    assert_int_equal(pthread_create(&visitors[i].thread, NULL, visitor_run, &visitors[i]), 0);
  }
  for (unsigned i = 0; i < CLIENTS; i++) {
    (void)pthread_join(visitors[i].thread, NULL);
    assert_true(visitors[i].content);
    uses[i % 2] += visitors[i].used;
  }
  for (unsigned g = 0; g < 2; g++) {
    struct portero_bytes stub =
        raw_call(&hosts[g], LAB_USE, portero_bytes_make(visitors[g].handle, 20));
    assert_int_equal(raw_get_u32(stub), uses[g] + 1); /* one count in one place */
    raw_close(&hosts[g]);
  }
  portero_server_stats(server, stats);
  assert_true(stats[0] >= CLIENTS * ROUNDS * 5);
  portero_server_stop(server);
  assert_true(portero_is_ok(portero_server_wait(server)));
  lab_wake(&lab, &finisher_stops);
  (void)pthread_join(finisher, NULL);
  portero_server_free(server);
  assert_int_equal(lab_count(&lab, &lab.n_open), 0);
  assert_int_equal(lab_count(&lab, &lab.n_rundowns), 2 + CLIENTS * ROUNDS);
  lab_deinit(&lab);
  test_free(hosts);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(everything_at_once)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
