/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts: one in ten seconds for a name and a source, and counts whose sum is exact; the clock is told. */
#include "tests/unit/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <portero/sink.h>

#include "src/rpc/alerts.h"

#define START   UINT64_C(1000)
#define THREADS 4u
#define ROUNDS  20000u

struct lab {
  char path[64];
  struct portero_book *book;
  struct rpc_alerts *alerts;
  unsigned n_records;
  uint64_t sum, last; /* of the counts; that of the last record */
  char line[1024];    /* the last record */
};

static int setup(void **state)
{
  const struct portero_sink sink = {.form = PORTERO_FORM_JSON, .memory = (size_t)64 << 20};
  struct portero_sink_file file;
  struct lab *l = calloc(1, sizeof *l);
  int fd;

  memset(&file, 0, sizeof file);
  (void)snprintf(l->path, sizeof l->path, "/tmp/portero-alerts-XXXXXX");
  fd = mkstemp(l->path);
  file.path = l->path;
  *state = l;
  if (fd < 0 || close(fd) != 0 || !portero_is_ok(portero_book_new(NULL, &l->book)) ||
      !portero_is_ok(portero_book_add_file(l->book, &sink, &file)))
    return -1;
  l->alerts = rpc_alerts_new(l->book);
  return l->alerts ? 0 : -1;
}

static int teardown(void **state)
{
  struct lab *l = *state;

  rpc_alerts_free(l->alerts);
  portero_book_free(l->book);
  (void)unlink(l->path);
  free(l);
  return 0;
}

/* ::ffff:10.x.y.z, n in the last three octets. */
static struct portero_event alert_of(const char *name, uint32_t n)
{
  struct portero_event e;

  memset(&e, 0, sizeof e);
  e.kind = PORTERO_EVENT_ALERT;
  e.reason = e.rule = name;
  e.source.ip[10] = e.source.ip[11] = 0xff;
  e.source.ip[12] = 10;
  e.source.ip[13] = (uint8_t)(n >> 16);
  e.source.ip[14] = (uint8_t)(n >> 8);
  e.source.ip[15] = (uint8_t)n;
  e.source.port = 1024;
  return e;
}

static bool hit(struct lab *l, const char *name, uint32_t n, uint64_t now)
{
  struct portero_event e = alert_of(name, n);

  return rpc_alerts_hit(l->alerts, &e, now);
}

/* What the book was told until now. Each record of an alert has a count. */
static void look(struct lab *l)
{
  FILE *in;

  assert_true(portero_is_ok(portero_book_flush(l->book, 20000)));
  l->n_records = 0;
  l->sum = 0;
  in = fopen(l->path, "r");
  assert_non_null(in);
  while (fgets(l->line, sizeof l->line, in)) {
    const char *count = strstr(l->line, "\"count\":");
    assert_non_null(strstr(l->line, "\"event\":\"alert\""));
    assert_non_null(count);
    l->last = strtoull(count + strlen("\"count\":"), NULL, 10);
    assert_true(l->last > 0);
    l->sum += l->last;
    l->n_records++;
  }
  assert_int_equal(fclose(in), 0);
}

static void expect(struct lab *l, unsigned n_records, uint64_t sum, uint64_t last)
{
  look(l);
  assert_int_equal(l->n_records, n_records);
  assert_int_equal(l->sum, sum);
  assert_int_equal(l->last, last);
}

static void the_first_is_told_at_once(void **state)
{
  struct lab *l = *state;

  assert_false(hit(l, "scan", 1, START));
  expect(l, 1, 1, 1);
  assert_false(rpc_alerts_wait(l->alerts));
  assert_int_equal(rpc_alerts_tell(l->alerts, START, false), UINT64_MAX);
}

static void further_ones_wait(void **state)
{
  struct lab *l = *state;

  (void)hit(l, "scan", 1, START);
  assert_true(hit(l, "scan", 1, START)); /* somebody has to ask for it, once */
  for (unsigned i = 2; i < 300; i++)
    assert_false(hit(l, "scan", 1, START + i));
  expect(l, 1, 1, 1);
  assert_true(rpc_alerts_wait(l->alerts));
  assert_int_equal(rpc_alerts_tell(l->alerts, START + 500, false), START + RPC_ALERT_PAUSE);
  assert_int_equal(rpc_alerts_tell(l->alerts, START + RPC_ALERT_PAUSE - 1, false),
                   START + RPC_ALERT_PAUSE);
  expect(l, 1, 1, 1);
  assert_int_equal(rpc_alerts_tell(l->alerts, START + RPC_ALERT_PAUSE, false), UINT64_MAX);
  expect(l, 2, 300, 299);
  assert_false(rpc_alerts_wait(l->alerts));
  assert_true(hit(l, "scan", 1, START + RPC_ALERT_PAUSE + 1)); /* after that record, too */
  expect(l, 2, 300, 299);
}

/* Nobody came when the time was over: the next hit tells the others with its own facts. */
static void the_next_one_tells_them(void **state)
{
  struct portero_event e = alert_of("scan", 1);
  struct lab *l = *state;

  for (unsigned i = 0; i < 7; i++)
    (void)hit(l, "scan", 1, START);
  e.account = "mallory";
  assert_false(rpc_alerts_hit(l->alerts, &e, START + RPC_ALERT_PAUSE - 1));
  (void)rpc_alerts_hit(l->alerts, &e, START + RPC_ALERT_PAUSE);
  expect(l, 2, 9, 8);
  assert_non_null(strstr(l->line, "\"account\":\"mallory\""));
  rpc_alerts_free(l->alerts);
  l->alerts = NULL;
  expect(l, 2, 9, 8);
}

static void names_and_sources_are_apart(void **state)
{
  struct lab *l = *state;

  for (unsigned i = 0; i < 5; i++) {
    (void)hit(l, "scan", 1, START);
    (void)hit(l, "dcsync", 1, START);
    (void)hit(l, "scan", 2, START);
  }
  expect(l, 3, 3, 1);
  (void)rpc_alerts_tell(l->alerts, START, true);
  expect(l, 6, 15, 4);
}

static void the_end_tells_the_rest(void **state)
{
  struct lab *l = *state;

  for (unsigned i = 0; i < 5; i++)
    (void)hit(l, "scan", 1, START);
  rpc_alerts_free(l->alerts);
  l->alerts = NULL;
  expect(l, 2, 5, 4);
}

/* The rule that was hit goes with its policy; what waits of it is told all the same. */
static void what_waits_has_its_own_texts(void **state)
{
  static const struct portero_syntax samr = {.uuid = {.time_low = 0x12345778}, .major = 1};
  struct portero_syntax *interface = malloc(sizeof *interface);
  char *name = strdup("many-users"), *tag = strdup("T1087.002");
  const char **tags = malloc(sizeof *tags);
  struct portero_event e = alert_of(name, 1);
  struct lab *l = *state;

  *interface = samr;
  tags[0] = tag;
  e.tags = tags;
  e.n_tags = 1;
  e.interface = interface;
  e.has_opnum = true;
  e.opnum = 13;
  e.account = "alice";
  for (unsigned i = 0; i < 3; i++) {
    e.source.port = (uint16_t)(2000 + i);
    (void)rpc_alerts_hit(l->alerts, &e, START);
  }
  free(interface);
  free(tags);
  free(tag);
  free(name);
  (void)rpc_alerts_tell(l->alerts, START, true);
  expect(l, 2, 3, 2);
  assert_non_null(strstr(l->line, "\"reason\":\"many-users\""));
  assert_non_null(strstr(l->line, "\"rule\":\"many-users\""));
  assert_non_null(strstr(l->line, "\"tags\":[\"T1087.002\"]"));
  assert_non_null(strstr(l->line, "\"interface\":\"12345778-"));
  assert_non_null(strstr(l->line, "\"opnum\":13"));
  assert_non_null(strstr(l->line, "\"source_port\":2002")); /* where the last one came from */
  assert_null(strstr(l->line, "alice"));                    /* of several it may be many */
}

/* Whoever gives way has told its rest. */
static void many_sources_lose_nothing(void **state)
{
  enum {
    SOURCES = 5000,
    HITS = 3
  };
  struct lab *l = *state;

  for (unsigned n = 0; n < SOURCES; n++)
    for (unsigned i = 0; i < HITS; i++)
      (void)hit(l, "scan", n, START + n);
  look(l);
  assert_true(l->n_records > SOURCES + SOURCES / 2); /* most gave way */
  assert_true(l->n_records < 2 * SOURCES);
  (void)rpc_alerts_tell(l->alerts, START, true);
  expect(l, 2 * SOURCES, (uint64_t)SOURCES * HITS, HITS - 1);
}

/* Who was told longest ago gives way: a loud one among strangers stays one. */
static void the_loud_one_stays_capped(void **state)
{
  struct lab *l = *state;

  (void)hit(l, "scan", 1u << 20, START);
  (void)hit(l, "scan", 1u << 20, START + 1);
  (void)rpc_alerts_tell(l->alerts, START + 1, true); /* told at START + 1 */
  for (unsigned n = 0; n < 20; n++)
    (void)hit(l, "scan", 1u << 20, START + 2);
  expect(l, 2, 2, 1);
}

struct worker {
  struct lab *lab;
  unsigned index;
};

static void *hit_on(void *arg)
{
  const struct worker *w = arg;

  for (unsigned i = 0; i < ROUNDS; i++) {
    (void)hit(w->lab, i % 2 ? "scan" : "dcsync", i % 3, START + i * 2 + w->index * 7);
    if (w->index == 0 && i % 100 == 0)
      (void)rpc_alerts_tell(w->lab->alerts, START + i * 2, false);
  }
  return NULL;
}

static void threads_count_together(void **state)
{
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  struct lab *l = *state;

  for (unsigned i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){l, i};
    assert_int_equal(pthread_create(&threads[i], NULL, hit_on, &workers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  (void)rpc_alerts_tell(l->alerts, 0, true);
  look(l);
  assert_int_equal(l->sum, (uint64_t)THREADS * ROUNDS);
  assert_true(l->n_records <= 6 * 2 * (ROUNDS * 2 / RPC_ALERT_PAUSE + 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(the_first_is_told_at_once), TEST(further_ones_wait),
      TEST(the_next_one_tells_them),   TEST(names_and_sources_are_apart),
      TEST(the_end_tells_the_rest),    TEST(what_waits_has_its_own_texts),
      TEST(many_sources_lose_nothing), TEST(the_loud_one_stays_capped),
      TEST(threads_count_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
