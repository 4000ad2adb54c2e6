/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: what a source may take, and who goes when it is short. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/limits_ends.h"

#define MIB   (1u << 20)
#define HALF  300000u /* bytes of a request that is not finished: its buffer has 512 KiB */
#define PIECE 5000u   /* of it, in a fragment */

static const struct portero_bytes nothing = {NULL, 0};
static struct raw r[8], named[3], late;
static uint8_t zeros[HALF];

static void serves(struct raw *on)
{
  uint32_t value = 12;

  assert_int_equal(raw_get_u32(raw_call(on, LAB_NEGATE, raw_u32(&value))), ~value);
}

/* An answer of many fragments. */
static void serves_much(struct raw *on, uint32_t size)
{
  (void)raw_request(on, LAB_BLOB, raw_u32(&size));
  do
    raw_expect(on, PORTERO_PTYPE_RESPONSE);
  while (!(on->pdu.header.flags & PORTERO_PFC_LAST_FRAG));
}

static void put_fragments(struct portero_writer *w, const struct raw *on, unsigned n, bool first)
{
  for (unsigned i = 0; i < n; i++)
    raw_put_request(w, 77, on->context, LAB_LENGTH, first && i == 0 ? PORTERO_PFC_FIRST_FRAG : 0,
                    portero_bytes_make(zeros, PIECE));
}

/* The first fragments of a request; false: the connection was closed meanwhile. */
static bool begin(struct raw *on)
{
  struct portero_writer w;
  bool sent = true;

  portero_writer_init(&w, &portero_mem_malloc, MIB);
  put_fragments(&w, on, HALF / PIECE, true);
  for (size_t at = 0; sent && at < w.size;) {
    ssize_t n = send(on->fd, w.base + at, w.size - at, MSG_NOSIGNAL);
    sent = n > 0 || (n < 0 && errno == EINTR);
    at += n > 0 ? (size_t)n : 0;
  }
  portero_writer_deinit(&w);
  return sent;
}

/* Its last one: it was put together whole. */
static void finish(struct raw *on)
{
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, MIB);
  raw_put_request(&w, 77, on->context, LAB_LENGTH, PORTERO_PFC_LAST_FRAG, nothing);
  raw_send(on, portero_writer_bytes(&w));
  portero_writer_deinit(&w);
  raw_expect(on, PORTERO_PTYPE_RESPONSE);
  assert_int_equal(raw_get_u32(on->pdu.body.response.stub), HALF);
}

static void wait_for_memory(const char *name, uint64_t least)
{
  for (unsigned i = 0; limits_state(name).now < least; i++) {
    assert_true(i < 2000);
    (void)usleep(5000);
  }
}

/* ---- of a source ---- */

/* Whoever asks for more than his source may have is closed; its others go on. */
static void requests_of_a_source(void **state)
{
  const struct portero_server_limits limits = {.connections = UINT32_MAX, .memory = MIB};

  (void)state;
  limits_serve(1, &limits, NULL);
  for (int i = 0; i < 3; i++)
    limits_bound_from(&r[i], ANNE);
  limits_bound_from(&r[3], BILL);
  assert_true(begin(&r[0]));
  wait_for_memory("source-memory", 512 << 10);
  (void)begin(&r[1]);
  limits_wait_refused("source-memory", 1);
  raw_expect(&r[1], PORTERO_PTYPE_FAULT);
  assert_int_equal(r[1].pdu.body.fault.status, PORTERO_FAULT_NO_MEMORY);
  raw_expect_end(&r[1]);
  assert_true(begin(&r[3])); /* another source */
  serves(&r[2]);
  finish(&r[0]);
  finish(&r[3]);
  assert_true(begin(&r[2])); /* there is room again */
  finish(&r[2]);
  assert_true(limits_state("source-memory").most <= MIB);
  assert_int_equal(limits_state("source-memory").refused, 1);
  for (int i = 0; i < 4; i++)
    raw_close(&r[i]);
}

/* Results count too, also those of calls that outlive their handler. */
static void results_of_a_source(void **state)
{
  const struct portero_server_limits limits = {.memory = MIB};
  uint32_t large = 2 * MIB, fair = 100000;

  (void)state;
  limits_serve(1, &limits, NULL);
  limits_bound_from(&r[0], ANNE);
  assert_int_equal(raw_fault(&r[0], LAB_BLOB, raw_u32(&large)), PORTERO_FAULT_NO_MEMORY);
  assert_true(limits_state("source-memory").refused > 0);
  (void)raw_request(&r[0], LAB_BLOB, raw_u32(&fair)); /* the connection goes on */
  do
    raw_expect(&r[0], PORTERO_PTYPE_RESPONSE);
  while (!(r[0].pdu.header.flags & PORTERO_PFC_LAST_FRAG));
  raw_connect(&r[1], limits_server, 1);
  raw_bind(&r[1], &lab_interface.id, 0);
  (void)raw_request(&r[1], LAB_BLOB, raw_u32(&large)); /* local callers are not limited */
  do
    raw_expect(&r[1], PORTERO_PTYPE_RESPONSE);
  while (!(r[1].pdu.header.flags & PORTERO_PFC_LAST_FRAG));
  assert_true(limits_state("source-memory").most <= MIB);
  raw_close(&r[0]);
  raw_close(&r[1]);
}

/* A client that does not read its answers is held by what its source may have, others are served. */
static void a_reader_that_sleeps(void **state)
{
  const struct portero_server_limits limits = {.memory = MIB / 4};
  uint32_t size = 200000;

  (void)state;
  limits_connection.max_output = 64 * MIB;
  limits_serve(1, &limits, NULL);
  limits_bound_from(&r[0], ANNE);
  limits_bound_from(&r[1], BILL);
  for (unsigned i = 0; i < 60; i++)
    (void)raw_request(&r[0], LAB_BLOB, raw_u32(&size));
  for (unsigned i = 0; limits_state("source-memory").refused == 0; i++) {
    assert_true(i < 2000);
    (void)usleep(5000);
  }
  serves(&r[1]);
  assert_true(limits_state("source-memory").most <= MIB / 4);
  raw_close(&r[0]);
  raw_close(&r[1]);
}

/* ---- of all ---- */

/* Closed, whatever was said before. */
static void end_of(struct raw *on)
{
  struct pollfd p = {.fd = on->fd, .events = POLLIN};
  ssize_t n;

  do {
    assert_int_equal(poll(&p, 1, 10000), 1);
    n = recv(on->fd, on->bytes, sizeof on->bytes, 0);
  } while (n > 0);
  raw_close(on);
}

/* Half of a bind that is as large as one may be. */
static void begin_bind(struct raw *on)
{
  static const uint8_t header[16] = {
      5, 0, PORTERO_PTYPE_BIND, PORTERO_PFC_WHOLE, 0x10, 0, 0, 0, 0xff, 0xff, 0, 0, 1};

  raw_send(on, portero_bytes_make(header, sizeof header));
  raw_send(on, portero_bytes_make(zeros, 60000));
}

/*
 * Three halves of requests are too much. Of those who have some of it the half-open one goes first,
 * then the newest with a call, which is enough: older ones stay, and all that have next to nothing.
 */
static void the_newest_strangers_go(void **state)
{
  const struct portero_server_limits limits = {.memory = 2 * MIB};
  uint32_t value = 6;
  struct raw local;

  (void)state;
  limits_serve(1, NULL, &limits);
  raw_connect(&local, limits_server, 1);
  raw_bind(&local, &lab_interface.id, 0);
  limits_bound_from(&r[0], BILL);
  (void)raw_request(&r[0], LAB_DEFER, raw_u32(&value));
  lab_wait_deferred(&limits_lab, 1);
  limits_bound_from(&r[1], BILL);
  limits_from(&r[2], BILL);
  limits_from(&r[6], CARL);
  limits_wait_now("total-half-open", 2);
  begin_bind(&r[6]);
  wait_for_memory("total-memory", 64 << 10);
  for (int i = 3; i < 6; i++)
    limits_bound_from(&r[i], CARL);
  limits_named_from(&named[0], ANNE);
  assert_true(begin(&r[3]));
  wait_for_memory("total-memory", 576 << 10);
  assert_true(begin(&r[4]));
  wait_for_memory("total-memory", 1088 << 10);
  assert_int_equal(limits_state("total-memory").refused, 0);
  (void)begin(&r[5]);
  end_of(&r[6]);
  end_of(&r[5]);
  finish(&r[3]);
  finish(&r[4]);
  serves(&named[0]);
  serves(&local);
  serves(&r[1]);
  raw_bind(&r[2], &lab_interface.id, 0);
  lab_finish(lab_take(&limits_lab, 0, &value), value);
  raw_expect(&r[0], PORTERO_PTYPE_RESPONSE);
  assert_int_equal(limits_state("total-memory").refused, 2);
  assert_true(limits_state("total-memory").most <= 2 * MIB);
  limits_bound_from(&late, CARL); /* there is room again */
  raw_close(&late);
  for (int i = 0; i < 5; i++)
    raw_close(&r[i]);
  raw_close(&named[0]);
  raw_close(&local);
}

/* What callers with a name take is theirs: strangers stay outside meanwhile. It is seven eighths of all. */
static void strangers_stay_outside(void **state)
{
  const struct portero_server_limits limits = {.memory = 1750 << 10};

  (void)state;
  limits_serve(1, NULL, &limits);
  for (int i = 0; i < 3; i++) {
    limits_named_from(&named[i], ANNE);
    assert_true(begin(&named[i]));
    wait_for_memory("total-memory", (uint64_t)(i + 1) * (512 << 10));
  }
  limits_refused_from(CARL);
  limits_bound_from(&r[0], ANNE); /* from where somebody with a name is */
  assert_true(limits_state("total-memory").refused >= 1);
  for (int i = 0; i < 3; i++)
    finish(&named[i]);
  limits_in_at_last(&late, CARL);
  raw_close(&late);
  raw_close(&r[0]);
  for (int i = 0; i < 3; i++)
    raw_close(&named[i]);
}

static void send_fragments(const struct raw *on, unsigned n, bool first)
{
  struct portero_writer w;

  portero_writer_init(&w, &portero_mem_malloc, MIB);
  put_fragments(&w, on, n, first);
  (void)send(on->fd, w.base, w.size, MSG_NOSIGNAL | MSG_DONTWAIT);
  portero_writer_deinit(&w);
}

/*
 * Many strangers who grow together are faster than their connections can be closed. They do not get at
 * the last eighth, so a caller with a name has what he needs.
 */
static void strangers_in_a_hurry(void **state)
{
  enum {
    CROWD = 40,
    ROUNDS = 10,
    FRAGMENTS = 6,
    LITTLE = 16384
  };
  const struct portero_server_limits limits = {.memory = 8 * MIB};
  struct raw *crowd = test_calloc(CROWD, sizeof *crowd);

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_named_from(&named[0], ANNE);
  for (unsigned i = 0; i < CROWD; i++)
    limits_bound_from(&crowd[i], CARL);
  for (unsigned round = 0; round < ROUNDS; round++)
    for (unsigned i = 0; i < CROWD; i++)
      send_fragments(&crowd[i], FRAGMENTS, round == 0);
  for (unsigned i = 0; limits_state("total-memory").refused == 0; i++) {
    assert_true(i < 2000);
    (void)usleep(5000);
  }
  assert_true(limits_state("total-memory").most <= MIB * 7 + CROWD * LITTLE);
  serves_much(&named[0], 200000);
  for (unsigned i = 0; i < CROWD; i++)
    raw_close(&crowd[i]);
  raw_close(&named[0]);
  test_free(crowd);
}

/* At the limit itself nobody gets more, but on local sockets. */
static void the_limit_itself(void **state)
{
  const struct portero_server_limits limits = {.memory = MIB};
  uint32_t large = 2 * MIB;
  struct raw local;

  (void)state;
  limits_serve(1, NULL, &limits);
  limits_named_from(&named[0], ANNE);
  limits_named_from(&named[1], ANNE);
  assert_true(begin(&named[0]));
  wait_for_memory("total-memory", 512 << 10);
  assert_int_equal(raw_fault(&named[1], LAB_BLOB, raw_u32(&large)), PORTERO_FAULT_NO_MEMORY);
  assert_true(limits_state("total-memory").most <= MIB);
  raw_connect(&local, limits_server, 1);
  raw_bind(&local, &lab_interface.id, 0);
  serves_much(&local, large);
  finish(&named[0]);
  serves(&named[1]);
  raw_close(&local);
  raw_close(&named[0]);
  raw_close(&named[1]);
}

/*
 * A crowd of half-open connections, none of which has much: memory stays under the limit, the newest of
 * them go, and who was there before and is bound stays.
 */
static void crowd(unsigned threads)
{
  enum {
    CROWD = 900
  };
  const struct portero_server_limits limits = {.memory = MIB};
  int *fds = test_calloc(CROWD, sizeof *fds);
  struct portero_limit_state memory;

  limits_serve(threads, NULL, &limits);
  limits_named_from(&named[0], ANNE);
  limits_bound_from(&r[0], BILL);
  for (unsigned i = 0; i < CROWD; i++) {
    limits_from(&late, CARL);
    fds[i] = late.fd;
    if (i % 100 == 0)
      serves(&r[0]);
  }
  for (unsigned i = 0; limits_state("total-memory").refused == 0; i++) {
    assert_true(i < 2000);
    (void)usleep(5000);
  }
  serves(&named[0]);
  serves(&r[0]);
  memory = limits_state("total-memory");
  assert_true(memory.most <= MIB);
  assert_true(memory.most >= MIB / 4 * 3);
  for (unsigned i = 0; i < CROWD; i++)
    (void)close(fds[i]);
  raw_close(&named[0]);
  raw_close(&r[0]);
  test_free(fds);
}

static void a_crowd(void **state)
{
  (void)state;
  crowd(1);
}

static void a_crowd_on_three_loops(void **state)
{
  (void)state;
  crowd(3);
}

/* What a connection costs that says nothing. */
static void silent_ones_are_small(void **state)
{
  enum {
    SILENT = 64
  };
  struct raw *silent = test_calloc(SILENT, sizeof *silent);
  uint64_t each;

  (void)state;
  limits_serve(1, NULL, NULL);
  for (unsigned i = 0; i < SILENT; i++)
    limits_from(&silent[i], ANNE);
  limits_wait_now("total-connections", SILENT);
  each = limits_state("source-memory").now / SILENT;
  print_message("a silent connection counts with %u bytes\n", (unsigned)each);
  assert_true(each > 0);
  assert_true(each <= 2048);
  for (unsigned i = 0; i < SILENT; i++)
    raw_close(&silent[i]);
  test_free(silent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, limits_setup, limits_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(requests_of_a_source),   TEST(results_of_a_source),
      TEST(a_reader_that_sleeps),   TEST(the_newest_strangers_go),
      TEST(strangers_stay_outside), TEST(strangers_in_a_hurry),
      TEST(the_limit_itself),       TEST(a_crowd),
      TEST(a_crowd_on_three_loops), TEST(silent_ones_are_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
