/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A visitors' book that stands still: calls go on as before, and not one record goes missing without
 * being counted. Calls are counted here, by those who made them; what the book says has to be that.
 */
#include "tests/system/lab_service.h"
#include "tests/system/raw.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <portero/sink.h>

#define CLIENTS 4u
#define ROUNDS  1000u  /* of a call by each client while the book stands still */
#define AFTER   20u    /* and when it moves again: they fit into half of its memory */
#define LIMIT   20000u /* ms for anything */

struct fixture {
  struct lab lab;
  struct portero_book *book;
  struct portero_server *server;
  int pipe[2];
  struct raw clients[CLIENTS];
  uint64_t calls;
};

static void pause_a_little(void)
{
  static const struct timespec pause = {0, 1000000};

  (void)nanosleep(&pause, NULL);
}

static int setup(void **state)
{
  struct portero_sink sink = {
      .form = PORTERO_FORM_JSON, .filter = {.kinds = 1u << PORTERO_EVENT_CALL}, .memory = 1};
  const struct portero_server_limits none = {.anonymous_rate = UINT32_MAX};
  struct portero_server_options options = {
      .threads = 2, .source_limits = &none, .total_limits = &none};
  struct fixture *f = test_calloc(1, sizeof *f);

  lab_init(&f->lab);
  if (pipe2(f->pipe, O_CLOEXEC) != 0 || !portero_is_ok(portero_book_new(NULL, &f->book)) ||
      !portero_is_ok(portero_book_add_output(f->book, &sink, f->pipe[1])))
    return -1;
  options.book = f->book;
  if (!portero_is_ok(portero_server_new(&options, &f->server)) ||
      !portero_is_ok(portero_server_add(f->server, &lab_interface, &f->lab)) ||
      !portero_is_ok(portero_server_listen(f->server, "ncacn_ip_tcp:127.0.24.2[]")) ||
      !portero_is_ok(portero_server_start(f->server)))
    return -1;
  for (unsigned i = 0; i < CLIENTS; i++) {
    raw_connect(&f->clients[i], f->server, 0);
    raw_bind(&f->clients[i], &lab_interface.id, 0);
  }
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  for (unsigned i = 0; i < CLIENTS; i++)
    raw_close(&f->clients[i]);
  portero_server_free(f->server);
  portero_book_free(f->book);
  lab_deinit(&f->lab);
  (void)close(f->pipe[0]);
  (void)close(f->pipe[1]);
  test_free(f);
  return 0;
}

/* All clients at once, so that both loops tell at once. */
static void call(struct fixture *f, unsigned rounds)
{
  for (unsigned n = 0; n < rounds; n++) {
    uint32_t value = n;
    for (unsigned i = 0; i < CLIENTS; i++)
      (void)raw_request(&f->clients[i], LAB_NEGATE, raw_u32(&value));
    for (unsigned i = 0; i < CLIENTS; i++) {
      raw_expect(&f->clients[i], PORTERO_PTYPE_RESPONSE);
      assert_int_equal(raw_get_u32(f->clients[i].pdu.body.response.stub), ~value);
      f->calls++;
    }
  }
}

/* A call is told behind its answer: waits for the last ones. */
static struct portero_sink_stats stats(struct fixture *f)
{
  struct portero_sink_stats s;

  for (unsigned ms = 0; ms < LIMIT; ms++) {
    assert_int_equal(portero_book_stats(f->book, &s, 1), 1);
    assert_int_equal(s.told, s.written + s.lost + s.waiting);
    if (s.told >= f->calls)
      break;
    pause_a_little();
  }
  assert_int_equal(s.told, f->calls);
  return s;
}

/* The pipe is full: whoever writes for the book waits from now on. */
static void wait_full(struct fixture *f)
{
  struct pollfd room = {.fd = f->pipe[1], .events = POLLOUT};

  for (unsigned ms = 0; ms < LIMIT && poll(&room, 1, 0) > 0; ms++)
    pause_a_little();
  assert_int_equal(poll(&room, 1, 0), 0);
}

/* ---- what arrives ---- */

struct arrived {
  uint64_t calls, lost, notes;
  uint64_t after_notes; /* calls behind the last note */
  char text[65536];
  size_t size;
};

static void take_line(struct arrived *a, const char *line)
{
  const char *count = strstr(line, "\"count\":");

  if (strstr(line, "\"event\":\"call\"")) {
    a->calls++;
    a->after_notes++;
    return;
  }
  assert_non_null(strstr(line, "\"event\":\"lost\""));
  assert_non_null(count);
  a->lost += strtoull(count + strlen("\"count\":"), NULL, 10);
  a->notes++;
  a->after_notes = 0;
}

static void take_lines(struct arrived *a)
{
  char *line = a->text, *end;

  while ((end = memchr(line, '\n', a->size - (size_t)(line - a->text))) != NULL) {
    *end = 0;
    take_line(a, line);
    line = end + 1;
  }
  a->size -= (size_t)(line - a->text);
  memmove(a->text, line, a->size);
}

/* Reads until as many calls have come or been counted as lost. */
static void read_until(struct fixture *f, struct arrived *a, uint64_t calls)
{
  struct pollfd ready = {.fd = f->pipe[0], .events = POLLIN};

  while (a->calls + a->lost < calls) {
    ssize_t n;
    assert_int_equal(poll(&ready, 1, (int)LIMIT), 1);
    n = read(f->pipe[0], a->text + a->size, sizeof a->text - a->size);
    assert_true(n > 0);
    a->size += (size_t)n;
    take_lines(a);
  }
}

static void every_call_is_written_or_counted(void **state)
{
  static struct arrived a;
  struct fixture *f = *state;
  struct portero_sink_stats still, after;

  call(f, ROUNDS); /* each answered: the book stops nobody */
  wait_full(f);
  call(f, ROUNDS);
  still = stats(f);
  assert_true(still.lost > 0 && still.waiting > 0 && still.written > 0);
  call(f, 1);
  after = stats(f);
  assert_int_equal(after.lost, still.lost + CLIENTS);
  assert_int_equal(after.written, still.written);
  assert_int_equal(after.waiting, still.waiting);

  /* Now somebody reads. */
  read_until(f, &a, f->calls);
  assert_int_equal(a.lost, after.lost);
  assert_int_equal(a.calls, after.written + after.waiting);
  assert_true(a.notes > 0);

  call(f, AFTER);
  read_until(f, &a, f->calls);
  assert_int_equal(a.lost, after.lost);
  assert_true(a.after_notes >= (uint64_t)CLIENTS * AFTER);
  assert_true(portero_is_ok(portero_book_flush(f->book, LIMIT)));
  after = stats(f);
  assert_int_equal(after.waiting, 0);
  assert_int_equal(after.lost, a.lost);
  assert_int_equal(after.written, a.calls);
  assert_int_equal(a.size, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_call_is_written_or_counted, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
