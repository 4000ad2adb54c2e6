/* SPDX-License-Identifier: Apache-2.0 */
/* Clients on a loop of the test's own; endpoints resolved; registrations that come back. */
#include "tests/system/lab_service.h"
#include "tests/system/mini_mapper.h"
#include "tests/system/raw.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define HERE "127.0.27.3"

static struct lab lab;
static struct portero_server *server;
static uint16_t server_port;
static char directory[64];
static uv_loop_t loop;

static uint16_t port_of(const char *binding)
{
  struct portero_binding b;

  assert_true(portero_is_ok(portero_binding_parse(binding, &b, NULL)));
  return (uint16_t)atoi(b.endpoint);
}

static int setup(void **state)
{
  (void)state;
  (void)signal(SIGPIPE, SIG_IGN);
  lab_init(&lab);
  (void)snprintf(directory, sizeof directory,
                 "/tmp/portero-test-XX"
                 "XX"
                 "XX");
  if (!mkdtemp(directory) || uv_loop_init(&loop) < 0 ||
      !portero_is_ok(portero_server_new(NULL, &server)) ||
      !portero_is_ok(portero_server_add(server, &lab_interface, &lab)) ||
      !portero_is_ok(portero_server_listen(server, "ncacn_ip_tcp:" HERE "[]")) ||
      !portero_is_ok(portero_server_start(server)))
    return -1;
  server_port = port_of(portero_server_binding(server, 0));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  portero_server_stop(server);
  if (!portero_is_ok(portero_server_wait(server)))
    return -1;
  portero_server_free(server);
  lab_deinit(&lab);
  return uv_loop_close(&loop) == 0 ? rmdir(directory) : -1;
}

/* ---- on a loop ---- */

#define CALLS 16u

struct work {
  struct portero_client *client;
  portero_status opened, closed;
  unsigned n_opened, n_answered, n_closed;
  uint32_t answers[CALLS];
  portero_status status[CALLS];
  bool closes; /* on the first answer */
};

static void on_answered(struct portero_client *c, void *user, portero_status status,
                        struct portero_ndr_reader *results)
{
  struct work *w = user;
  unsigned i = w->n_answered++;

  assert_ptr_equal(c, w->client);
  assert_true(i < CALLS);
  w->status[i] = status;
  if (portero_is_ok(status))
    w->answers[i] = portero_ndr_read_u32(results, "answer");
  else
    assert_null(results);
  if (w->closes || w->n_answered == CALLS)
    portero_client_close(c);
}

static void send_calls(struct work *w, uint16_t opnum)
{
  for (uint32_t i = 0; i < CALLS; i++) {
    portero_ndr_write_u32(portero_client_in(w->client), i);
    assert_true(portero_is_ok(portero_client_send(w->client, opnum, on_answered, w)));
  }
}

static void on_opened_negate(struct portero_client *c, void *user, portero_status status)
{
  struct work *w = user;

  assert_ptr_equal(c, w->client);
  w->opened = status;
  w->n_opened++;
  if (portero_is_ok(status))
    send_calls(w, LAB_NEGATE);
}

static void on_opened_defer(struct portero_client *c, void *user, portero_status status)
{
  struct work *w = user;

  assert_ptr_equal(c, w->client);
  w->opened = status;
  w->n_opened++;
  if (portero_is_ok(status))
    send_calls(w, LAB_DEFER);
}

static void start(struct work *w, portero_client_opened *opened,
                  const struct portero_client_options *options)
{
  assert_true(
      portero_is_ok(portero_client_start(&loop, portero_server_binding(server, 0),
                                         &lab_interface.id, options, opened, w, &w->client)));
}

static void many_in_flight(void **state)
{
  struct work w = {.n_opened = 0};
  uint32_t sum = 0;

  (void)state;
  start(&w, on_opened_negate, NULL);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(w.n_opened, 1);
  assert_int_equal(w.n_answered, CALLS);
  for (uint32_t i = 0; i < CALLS; i++)
    sum += ~w.answers[i];
  assert_int_equal(sum, CALLS * (CALLS - 1) / 2);
}

static void closed_by_an_answer(void **state)
{
  struct work w = {.closes = true};
  unsigned n_cancelled = 0;

  (void)state;
  start(&w, on_opened_negate, NULL);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(w.n_answered, CALLS); /* every one is told */
  for (uint32_t i = 0; i < CALLS; i++)
    n_cancelled += portero_is_local(w.status[i], PORTERO_LOCAL_CANCELLED);
  assert_int_equal(n_cancelled, CALLS - 1);
}

static void closed_before_open(void **state)
{
  struct work w = {.n_opened = 0};

  (void)state;
  start(&w, on_opened_negate, NULL);
  portero_client_close(w.client);
  assert_int_equal(w.n_opened, 1);
  assert_true(portero_is_local(w.opened, PORTERO_LOCAL_CANCELLED));
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(w.n_opened, 1);
}

static void out_of_time(void **state)
{
  const struct portero_client_options options = {.timeout = 150};
  struct work w = {.n_opened = 0};
  uint32_t argument;

  (void)state;
  start(&w, on_opened_defer, &options);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(w.n_answered, CALLS);
  for (uint32_t i = 0; i < CALLS; i++)
    assert_true(portero_is_local(w.status[i], PORTERO_LOCAL_TIMEOUT));
  lab_wait_deferred(&lab, CALLS);
  for (unsigned i = 0; i < CALLS; i++) {
    struct portero_call *call = lab_take(&lab, i, &argument);
    lab_finish(call, argument);
  }
}

static void waiting_calls_do_not_mix(void **state)
{
  struct work w = {.n_opened = 0};
  struct portero_ndr_reader *results;

  (void)state;
  start(&w, on_opened_negate, NULL);
  (void)portero_client_in(w.client);
  assert_true(
      portero_is_local(portero_client_call(w.client, LAB_NULL, &results), PORTERO_LOCAL_STATE));
  assert_true(portero_is_local(portero_client_send(w.client, LAB_NULL, on_answered, &w),
                               PORTERO_LOCAL_STATE)); /* not open yet */
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(w.n_answered, CALLS);
}

static void on_closed(struct portero_client *c, void *user, portero_status status)
{
  struct work *w = user;

  w->closed = status;
  w->n_closed++;
  portero_client_close(c);
}

static struct portero_server *leaving;

static void on_opened_leave(struct portero_client *c, void *user, portero_status status)
{
  struct work *w = user;

  w->opened = status;
  portero_client_on_close(c, on_closed, w);
  portero_server_stop(leaving);
}

static void told_of_the_end(void **state)
{
  struct work w = {.n_closed = 0};

  (void)state;
  assert_true(portero_is_ok(portero_server_new(NULL, &leaving)));
  assert_true(portero_is_ok(portero_server_add(leaving, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(leaving, "ncacn_ip_tcp:" HERE "[]")));
  assert_true(portero_is_ok(portero_server_start(leaving)));
  assert_true(
      portero_is_ok(portero_client_start(&loop, portero_server_binding(leaving, 0),
                                         &lab_interface.id, NULL, on_opened_leave, &w, &w.client)));
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_true(portero_is_ok(w.opened));
  assert_int_equal(w.n_closed, 1);
  assert_false(portero_is_ok(w.closed));
  assert_true(portero_is_ok(portero_server_wait(leaving)));
  portero_server_free(leaving);
}

/* ---- endpoints resolved ---- */

static struct mini_mapper mapper;

static portero_status resolve(struct portero_client **out_client)
{
  const struct portero_client_options options = {
      .mapper_port = port_of(portero_server_binding(mapper.server, 0)), .timeout = 5000};

  return portero_client_open("ncacn_ip_tcp:" HERE, &lab_interface.id, &options, out_client);
}

static void resolved(void **state)
{
  struct portero_client *c;

  (void)state;
  mini_init(&mapper);
  mini_add(&mapper, &lab_interface.id, server_port);
  mini_start(&mapper, "ncacn_ip_tcp:" HERE "[]");
  assert_true(portero_is_ok(resolve(&c)));
  assert_string_equal(portero_client_binding(c), portero_server_binding(server, 0));
  portero_client_close(c);
  mini_stop(&mapper);
  mini_deinit(&mapper);
}

/* A place that answers no more does not hide the one that does. */
static void resolved_at_the_second(void **state)
{
  struct portero_client *c;

  (void)state;
  mini_init(&mapper);
  mini_add(&mapper, &lab_interface.id, 1);
  mini_add(&mapper, &lab_interface.id, server_port);
  mini_start(&mapper, "ncacn_ip_tcp:" HERE "[]");
  assert_true(portero_is_ok(resolve(&c)));
  assert_string_equal(portero_client_binding(c), portero_server_binding(server, 0));
  portero_client_close(c);
  mini_stop(&mapper);
  mini_deinit(&mapper);
}

static void not_registered(void **state)
{
  struct portero_client *c;

  (void)state;
  mini_init(&mapper);
  mapper.result = PORTERO_EPT_NOT_REGISTERED;
  mini_start(&mapper, "ncacn_ip_tcp:" HERE "[]");
  assert_true(portero_is_local(resolve(&c), PORTERO_LOCAL_NO_ENDPOINT));
  assert_non_null(strstr(portero_client_error(c), "knows no endpoint"));
  portero_client_close(c);
  mini_stop(&mapper);
  mini_deinit(&mapper);
}

static void not_where_it_was_said(void **state)
{
  struct portero_client *c;
  portero_status status;

  (void)state;
  mini_init(&mapper);
  mini_add(&mapper, &lab_interface.id, 1);
  mini_start(&mapper, "ncacn_ip_tcp:" HERE "[]");
  status = resolve(&c);
  assert_int_equal(status.klass, PORTERO_CLASS_SYSTEM);
  assert_non_null(strstr(portero_client_error(c), HERE "[1]: connection refused"));
  portero_client_close(c);
  mini_stop(&mapper);
  mini_deinit(&mapper);
}

static void no_mapper(void **state)
{
  const struct portero_client_options options = {.mapper_port = 1, .timeout = 5000};
  struct portero_client *c;

  (void)state;
  assert_false(
      portero_is_ok(portero_client_open("ncacn_ip_tcp:" HERE, &lab_interface.id, &options, &c)));
  assert_non_null(strstr(portero_client_error(c), "is `portero serve` running?"));
  portero_client_close(c);
}

/* ---- registration ---- */

static struct portero_server *announced(const char *path, const char *annotation)
{
  const struct portero_server_options options = {.mapper = path};
  struct portero_server *s;

  assert_true(portero_is_ok(portero_server_new(&options, &s)));
  assert_true(portero_is_ok(portero_server_add(s, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_add(s, &lab_local_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(s, "ncacn_ip_tcp:" HERE "[]")));
  assert_true(portero_is_ok(portero_server_register(s, annotation)));
  assert_false(portero_server_registered(s));
  assert_true(portero_is_ok(portero_server_start(s)));
  return s;
}

static void ended(struct portero_server *s)
{
  portero_server_stop(s);
  assert_true(portero_is_ok(portero_server_wait(s)));
  portero_server_free(s);
}

/* The mapper comes late, goes, and comes again: each time everything is registered. */
static void registers_again(void **state)
{
  char path[96], binding[128];
  struct portero_server *s;

  (void)state;
  (void)snprintf(path, sizeof path, "%s/mapper", directory);
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s]", path);
  mini_init(&mapper);
  s = announced(path, "Lab");
  for (unsigned round = 1; round <= 3; round++) {
    mini_start(&mapper, binding);
    mini_wait_inserted(&mapper,
                       2 * round); /* one interface, NDR and NDR64; the local one is not told */
    assert_string_equal(mapper.annotation, "Lab");
    assert_int_equal(mapper.inserted.port, port_of(portero_server_binding(s, 0)));
    while (!portero_server_registered(s))
      (void)usleep(1000);
    mini_stop(&mapper);
    while (portero_server_registered(s))
      (void)usleep(1000);
  }
  assert_int_equal(mapper.n_inserted, 6);
  ended(s);
  mini_deinit(&mapper);
}

struct notices {
  pthread_mutex_t lock;
  bool refused;
};

static void on_notice(void *user, const char *text)
{
  struct notices *n = user;

  (void)pthread_mutex_lock(&n->lock);
  n->refused = n->refused || strstr(text, "refuses the registration") != NULL;
  (void)pthread_mutex_unlock(&n->lock);
}

static void refused(void **state)
{
  struct notices notices = {.refused = false};
  char path[96], binding[128];
  struct portero_server_options options = {
      .mapper = path, .notice = on_notice, .notice_user = &notices};
  struct portero_server *s;
  bool told = false;

  (void)state;
  (void)pthread_mutex_init(&notices.lock, NULL);
  (void)snprintf(path, sizeof path, "%s/mapper", directory);
  (void)snprintf(binding, sizeof binding, "ncalrpc:[%s]", path);
  mini_init(&mapper);
  mapper.result = PORTERO_FAULT_ACCESS_DENIED;
  mini_start(&mapper, binding);
  assert_true(portero_is_ok(portero_server_new(&options, &s)));
  assert_true(portero_is_ok(portero_server_add(s, &lab_interface, &lab)));
  assert_true(portero_is_ok(portero_server_listen(s, "ncacn_ip_tcp:" HERE "[]")));
  assert_true(portero_is_ok(portero_server_register(s, NULL)));
  assert_true(portero_is_local(portero_server_register(s, NULL), PORTERO_LOCAL_STATE)); /* twice */
  assert_true(portero_is_ok(portero_server_start(s)));
  while (!told) {
    (void)usleep(1000);
    (void)pthread_mutex_lock(&notices.lock);
    told = notices.refused;
    (void)pthread_mutex_unlock(&notices.lock);
  }
  assert_false(portero_server_registered(s));
  ended(s);
  mini_stop(&mapper);
  mini_deinit(&mapper);
  (void)pthread_mutex_destroy(&notices.lock);
}

static void long_annotation(void **state)
{
  char annotation[65];
  struct portero_server *s;

  (void)state;
  memset(annotation, 'a', 64);
  annotation[64] = '\0';
  assert_true(portero_is_ok(portero_server_new(NULL, &s)));
  assert_true(portero_is_local(portero_server_register(s, annotation), PORTERO_LOCAL_USAGE));
  annotation[63] = '\0';
  assert_true(portero_is_ok(portero_server_register(s, annotation)));
  portero_server_free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_in_flight),
      cmocka_unit_test(closed_by_an_answer),
      cmocka_unit_test(closed_before_open),
      cmocka_unit_test(out_of_time),
      cmocka_unit_test(waiting_calls_do_not_mix),
      cmocka_unit_test(told_of_the_end),
      cmocka_unit_test(resolved),
      cmocka_unit_test(resolved_at_the_second),
      cmocka_unit_test(not_registered),
      cmocka_unit_test(not_where_it_was_said),
      cmocka_unit_test(no_mapper),
      cmocka_unit_test(registers_again),
      cmocka_unit_test(refused),
      cmocka_unit_test(long_annotation),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}
