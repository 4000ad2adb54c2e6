/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes: the table of sources, rates and windows, with a clock that is told; places in line. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/rpc/rate.h"
#include "src/rpc/sources.h"
#include "src/rpc/steps.h"

#define THREADS 4u
#define ROUNDS  20000u

static int setup(void **state)
{
  struct rpc_sources *t = calloc(1, sizeof *t);

  rpc_sources_init(t, 0x1234567890abcdef);
  *state = t;
  return 0;
}

static int teardown(void **state)
{
  rpc_sources_deinit(*state);
  free(*state);
  return 0;
}

/* ::ffff:10.x.y.z, n in the last three octets. */
static const uint8_t *ipv4(uint32_t n)
{
  static uint8_t ip[16];
  static const uint8_t mapped[13] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10};

  memcpy(ip, mapped, sizeof mapped);
  ip[13] = (uint8_t)(n >> 16);
  ip[14] = (uint8_t)(n >> 8);
  ip[15] = (uint8_t)n;
  return ip;
}

/* 2001:db8:0:net::host */
static const uint8_t *ipv6(uint8_t net, uint8_t host)
{
  static uint8_t ip[16];

  memset(ip, 0, sizeof ip);
  memcpy(ip, "\x20\x01\x0d\xb8", 4);
  ip[7] = net;
  ip[15] = host;
  return ip;
}

static void one_entry_for_an_address(void **state)
{
  struct rpc_source *a = rpc_sources_take(*state, ipv4(1)), *b = rpc_sources_take(*state, ipv4(1)),
                    *other = rpc_sources_take(*state, ipv4(2));

  assert_ptr_equal(a, b);
  assert_ptr_not_equal(a, other);
  assert_int_equal(a->holders, 2);
  rpc_sources_give(*state, a);
  rpc_sources_give(*state, b);
  rpc_sources_give(*state, other);
}

static void one_entry_for_a_network_of_ipv6(void **state)
{
  struct rpc_source *a = rpc_sources_take(*state, ipv6(1, 1)),
                    *same = rpc_sources_take(*state, ipv6(1, 2)),
                    *other = rpc_sources_take(*state, ipv6(2, 1));

  assert_ptr_equal(a, same);
  assert_ptr_not_equal(a, other);
  rpc_sources_give(*state, a);
  rpc_sources_give(*state, same);
  rpc_sources_give(*state, other);
}

/* All are found again, whatever buckets they share. */
static void many(void **state)
{
  enum {
    MANY = 5000
  };
  struct rpc_sources *t = *state;
  struct rpc_source **all = test_calloc(MANY, sizeof(struct rpc_source *));

  for (uint32_t i = 0; i < MANY; i++)
    all[i] = rpc_sources_take(t, ipv4(i));
  assert_int_equal(t->count, MANY);
  assert_true(t->n_buckets < MANY * 2 + 1);
  for (uint32_t i = 0; i < MANY; i++) {
    assert_ptr_equal(rpc_sources_take(t, ipv4(i)), all[i]);
    rpc_sources_give(t, all[i]);
    rpc_sources_give(t, all[i]);
  }
  assert_int_equal(t->n_idle, RPC_SOURCES_IDLE);
  assert_int_equal(t->count, RPC_SOURCES_IDLE);
  test_free(all);
}

/* What was remembered is there when it comes back; the one that is idle longest is forgotten first. */
static void idle_ones_are_remembered(void **state)
{
  struct rpc_sources *t = *state;
  struct rpc_source *first, *second, *s;

  for (uint32_t i = 0; i < RPC_SOURCES_IDLE; i++) {
    s = rpc_sources_take(t, ipv4(i));
    s->amounts[RPC_CONNECTION_RATE] = i + 1;
    rpc_sources_give(t, s);
  }
  assert_int_equal(t->count, RPC_SOURCES_IDLE);
  assert_int_equal(t->n_idle, RPC_SOURCES_IDLE);
  second = rpc_sources_take(t, ipv4(1)); /* is not idle any more */
  assert_int_equal(second->amounts[RPC_CONNECTION_RATE], 2);
  rpc_sources_give(t, second); /* and is the newest now */
  first = rpc_sources_take(t, ipv4(0x10000));
  rpc_sources_give(t, first); /* in the place of number 0 */
  assert_int_equal(t->count, RPC_SOURCES_IDLE);
  assert_int_equal(first->amounts[RPC_CONNECTION_RATE], 0);
  s = rpc_sources_take(t, ipv4(2));
  assert_int_equal(s->amounts[RPC_CONNECTION_RATE], 3);
  rpc_sources_give(t, s);
  s = rpc_sources_take(t, ipv4(0)); /* was forgotten: begins anew */
  assert_int_equal(s->amounts[RPC_CONNECTION_RATE], 0);
  rpc_sources_give(t, s);
  assert_int_equal(t->count, RPC_SOURCES_IDLE);
}

/* One that somebody holds is never forgotten, however many come and go. */
static void held_ones_stay(void **state)
{
  struct rpc_sources *t = *state;
  struct rpc_source *held = rpc_sources_take(t, ipv4(0));

  held->amounts[RPC_HANDLES] = 7;
  for (uint32_t i = 1; i < 3 * RPC_SOURCES_IDLE; i++)
    rpc_sources_give(t, rpc_sources_take(t, ipv4(i)));
  assert_int_equal(t->count, RPC_SOURCES_IDLE + 1);
  assert_ptr_equal(rpc_sources_take(t, ipv4(0)), held);
  assert_int_equal(held->amounts[RPC_HANDLES], 7);
  rpc_sources_give(t, held);
  rpc_sources_give(t, held);
}

/* With another seed others share a bucket. */
static void seeds_differ(void **state)
{
  struct rpc_sources other;
  unsigned same = 0;

  rpc_sources_init(&other, 1);
  for (uint32_t i = 0; i < 64; i++) {
    rpc_sources_give(*state, rpc_sources_take(*state, ipv4(i)));
    rpc_sources_give(&other, rpc_sources_take(&other, ipv4(i)));
  }
  for (size_t i = 0; i < other.n_buckets; i++) {
    const struct rpc_source *a = ((struct rpc_sources *)*state)->buckets[i], *b = other.buckets[i];
    same += (a == NULL) == (b == NULL);
  }
  assert_true(same < other.n_buckets);
  rpc_sources_deinit(&other);
}

static uint64_t handles_of(const struct rpc_source *s, void *ctx)
{
  return *(unsigned *)ctx ? s->amounts[RPC_HANDLES] : 0;
}

static void the_most_of_all(void **state)
{
  unsigned wanted = 1;

  for (uint32_t i = 0; i < 100; i++) {
    struct rpc_source *s = rpc_sources_take(*state, ipv4(i));
    s->amounts[RPC_HANDLES] = i % 50;
    rpc_sources_give(*state, s);
  }
  assert_int_equal(rpc_sources_most(*state, handles_of, &wanted), 49);
  wanted = 0;
  assert_int_equal(rpc_sources_most(*state, handles_of, &wanted), 0);
}

/* ---- threads ---- */

static void *come_and_go(void *sources)
{
  for (uint32_t i = 0; i < ROUNDS; i++) {
    uint8_t ip[16] = {[10] = 0xff, [11] = 0xff, [15] = (uint8_t)(i % 3)};
    struct rpc_source *s = rpc_sources_take(sources, ip);
    (void)__atomic_add_fetch(&s->amounts[RPC_CONNECTIONS], 1, __ATOMIC_RELAXED);
    rpc_source_hold(s);
    rpc_sources_give(sources, s);
    (void)__atomic_sub_fetch(&s->amounts[RPC_CONNECTIONS], 1, __ATOMIC_RELAXED);
    rpc_sources_give(sources, s);
  }
  return NULL;
}

static void from_several_threads(void **state)
{
  struct rpc_sources *t = *state;
  pthread_t threads[THREADS];

  for (unsigned i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, t), 0);
  for (unsigned i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(t->count, 3);
  assert_int_equal(t->n_idle, 3);
  for (const struct rpc_source *s = t->oldest; s; s = s->newer) {
    assert_int_equal(s->holders, 0);
    assert_int_equal(s->amounts[RPC_CONNECTIONS], 0);
  }
}

/* ---- rates ---- */

static unsigned taken(uint64_t *rate, uint64_t per_second, uint64_t now, unsigned tries)
{
  unsigned n = 0;

  for (unsigned i = 0; i < tries; i++)
    n += rpc_rate_take(rate, per_second, now);
  return n;
}

static void a_rate(void **state)
{
  uint64_t rate = 0;

  (void)state;
  assert_int_equal(taken(&rate, 10, 1000, 50), 10); /* a second's tokens at once */
  assert_int_equal(rpc_rate_used(&rate, 10, 1000), 10);
  assert_int_equal(taken(&rate, 10, 1099, 50), 0);
  assert_int_equal(taken(&rate, 10, 1100, 50), 1); /* then one for each tenth */
  assert_int_equal(taken(&rate, 10, 1600, 50), 5);
  assert_int_equal(rpc_rate_used(&rate, 10, 2100), 5);
  assert_int_equal(rpc_rate_used(&rate, 10, 9000), 0);
  assert_int_equal(taken(&rate, 10, 9000, 50),
                   10); /* no more than a second's, however long it was */
}

static void rates_of_one_and_of_many(void **state)
{
  uint64_t one = 0, three = 0, many = 0;

  (void)state;
  assert_int_equal(taken(&one, 1, 5000, 3), 1);
  assert_int_equal(taken(&one, 1, 5999, 3), 0);
  assert_int_equal(taken(&one, 1, 6000, 3), 1);
  assert_int_equal(taken(&three, 3, 0, 9), 3);
  assert_int_equal(taken(&many, 100000, 0, 200000), 100000);
  assert_int_equal(taken(&many, 100000, 1, 200000), 100); /* a millisecond's */
}

/* Threads' clocks differ a little, and one may begin at any number. */
static void clocks_that_go_back(void **state)
{
  uint64_t rate = 0, late = UINT64_MAX / 2000000;
  struct rpc_window w = {0, 0};

  (void)state;
  assert_int_equal(taken(&rate, 10, 1000, 5), 5);
  assert_int_equal(taken(&rate, 10, 990, 50), 4); /* not twice a second's */
  rate = 0;
  assert_int_equal(taken(&rate, 10, late, 50), 10);
  assert_int_equal(rpc_window_add(&w, 1000), 1);
  assert_int_equal(rpc_window_add(&w, 990), 2); /* an end is not found there */
  assert_int_equal(rpc_window_count(&w, 0), 2);
}

static void a_window(void **state)
{
  struct rpc_window w = {0, 0};

  (void)state;
  assert_int_equal(rpc_window_count(&w, 1000), 0);
  assert_int_equal(rpc_window_add(&w, 1000), 1);
  assert_int_equal(rpc_window_add(&w, 1000 + RPC_FAILED_WINDOW - 1), 2);
  assert_int_equal(rpc_window_count(&w, 1000 + RPC_FAILED_WINDOW - 1), 2);
  assert_int_equal(rpc_window_count(&w, 1000 + RPC_FAILED_WINDOW), 0); /* a minute from the first */
  assert_int_equal(rpc_window_add(&w, 1000 + RPC_FAILED_WINDOW), 1);
  w.count = UINT32_MAX;
  assert_int_equal(rpc_window_add(&w, 1001 + RPC_FAILED_WINDOW), UINT32_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- who waits for a login ---- */

/* One host has many addresses, and is one source. */
static void places_in_line(void **state)
{
  static struct rpc_step steps[RPC_STEPS_OF_SOURCE];
  static struct rpc_conn conns[RPC_STEPS_OF_SOURCE + 1];
  static const struct rpc_conn local;
  struct rpc_source anne = {.holders = 1}, bill = {.holders = 1};
  struct rpc_steps line = {0};

  (void)state;
  for (unsigned i = 0; i <= RPC_STEPS_OF_SOURCE; i++) {
    conns[i].net.ends.remote.ip[15] = (uint8_t)i;
    conns[i].share.source = &anne;
  }
  for (unsigned i = 0; i < RPC_STEPS_OF_SOURCE; i++) {
    assert_true(rpc_steps_have_room(&line, &conns[i]));
    steps[i].conn = &conns[i];
    rpc_steps_add(&line, &steps[i]);
  }
  assert_false(rpc_steps_have_room(&line, &conns[RPC_STEPS_OF_SOURCE]));
  assert_true(rpc_steps_have_room(&line, &local));
  conns[RPC_STEPS_OF_SOURCE].share.source = &bill;
  assert_true(rpc_steps_have_room(&line, &conns[RPC_STEPS_OF_SOURCE]));
  rpc_steps_remove(&line, &steps[0]);
  assert_true(rpc_steps_have_room(&line, &conns[0]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(one_entry_for_an_address),
      TEST(one_entry_for_a_network_of_ipv6),
      TEST(many),
      TEST(idle_ones_are_remembered),
      TEST(held_ones_stay),
      TEST(seeds_differ),
      TEST(the_most_of_all),
      TEST(from_several_threads),
      cmocka_unit_test(a_rate),
      cmocka_unit_test(rates_of_one_and_of_many),
      cmocka_unit_test(clocks_that_go_back),
      cmocka_unit_test(a_window),
      cmocka_unit_test(places_in_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
