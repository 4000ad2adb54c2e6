/* SPDX-License-Identifier: Apache-2.0 */
/* portero log --summary: counts in bounded tables, calls over time, what is told twice. */
#include "tests/unit/support.h"

#include <stdlib.h>

#include "src/cli/log_summary.h"

#define SECOND UINT64_C(1000000000)
#define START  UINT64_C(1795233600) /* 2026-11-21T04:00:00 */

/* ---- tables ---- */

static const struct log_top_entry *greatest(const struct log_top *t)
{
  const struct log_top_entry *e = NULL;

  assert_int_equal(log_top_greatest(t, &e, 1), 1);
  return e;
}

static void counts_are_exact_while_there_is_room(void **state)
{
  const struct log_top_entry *top[200];
  struct log_top t;
  char name[16];

  (void)state;
  assert_true(log_top_init(&t, 100, sizeof(uint64_t)));
  for (unsigned i = 0; i < 100; i++)
    for (unsigned n = 0; n <= i; n++) {
      (void)snprintf(name, sizeof name, "name %u", i * 37 % 100);
      *(uint64_t *)log_top_add(&t, name, 2) += 1;
    }
  assert_int_equal(log_top_greatest(&t, top, 200), 100);
  assert_int_equal(t.displaced, 0);
  for (unsigned i = 0; i < 100; i++) {
    assert_int_equal(top[i]->count, 2 * (100 - i));
    assert_int_equal(top[i]->error, 0);
    assert_int_equal(*(const uint64_t *)log_top_extra(&t, top[i]), 100 - i);
  }
  assert_string_equal(greatest(&t)->name, "name 63"); /* 99 * 37 */
  assert_int_equal(log_top_greatest(&t, top, 3), 3);
  assert_int_equal(top[2]->count, 196);
  log_top_deinit(&t);
}

/* Strangers that come once do not displace those that come often. */
static void what_comes_often_stays(void **state)
{
  const struct log_top_entry *top[4];
  struct log_top t;
  char name[16];
  uint64_t total = 0;

  (void)state;
  assert_true(log_top_init(&t, 64, sizeof(uint64_t)));
  for (unsigned i = 0; i < 100000; i++) {
    (void)snprintf(name, sizeof name, "stranger %u", i);
    (void)log_top_add(&t, name, 1);
    if (i % 10 == 0)
      (void)log_top_add(&t, "often", 1);
    if (i % 20 == 0)
      (void)log_top_add(&t, "at times", 1);
  }
  assert_int_equal(log_top_greatest(&t, top, 4), 4);
  assert_string_equal(top[0]->name, "often");
  assert_string_equal(top[1]->name, "at times");
  assert_true(top[0]->count >= 10000 && top[0]->count - top[0]->error <= 10000);
  assert_true(top[1]->count >= 5000 && top[1]->count - top[1]->error <= 5000);
  assert_true(t.n == 64 && t.displaced > 0);
  for (size_t i = 0; i < t.n; i++)
    total += t.entries[i].count;
  assert_int_equal(total, 115000); /* each addition is in exactly one count */
  log_top_deinit(&t);
}

/* What is kept beside a name begins anew with the next one in its place. */
static void a_displaced_name_leaves_nothing(void **state)
{
  struct log_top t;

  (void)state;
  assert_true(log_top_init(&t, 1, sizeof(uint64_t)));
  *(uint64_t *)log_top_add(&t, "one", 5) = 77;
  assert_int_equal(*(uint64_t *)log_top_add(&t, "one", 1), 77);
  assert_int_equal(*(uint64_t *)log_top_add(&t, "two", 1), 0);
  assert_string_equal(greatest(&t)->name, "two");
  assert_int_equal(greatest(&t)->count, 7);
  assert_int_equal(greatest(&t)->error, 6);
  log_top_deinit(&t);
}

static void long_names_are_cut(void **state)
{
  char name[3 * LOG_TOP_NAME];
  struct log_top t;

  (void)state;
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = 0;
  assert_true(log_top_init(&t, 4, 0));
  (void)log_top_add(&t, name, 1);
  (void)log_top_add(&t, "", UINT64_MAX);
  (void)log_top_add(&t, "", 2);
  assert_int_equal(greatest(&t)->count, UINT64_MAX);
  assert_int_equal(t.n, 2);
  assert_int_equal(strlen(t.entries[0].name), LOG_TOP_NAME - 1);
  log_top_deinit(&t);
}

/* ---- over time ---- */

static uint64_t sum(const struct log_histogram *h)
{
  uint64_t total = 0;

  for (size_t i = 0; i < h->n; i++)
    total += h->columns[i];
  return total;
}

static void columns_grow_wider(void **state)
{
  struct log_histogram h = {0};

  (void)state;
  log_histogram_add(&h, START);
  assert_int_equal(h.n, 1);
  log_histogram_add(&h, START + 319);
  assert_int_equal(log_histogram_width(&h), 1);
  assert_int_equal(h.n, 320);
  assert_int_equal(h.columns[319], 1);
  log_histogram_add(&h, START + 320);
  assert_int_equal(log_histogram_width(&h), 5);
  assert_int_equal(h.n, 65);
  assert_int_equal(h.first * 5, START);
  log_histogram_add(&h, START + 324);
  assert_int_equal(h.columns[64], 2);
  log_histogram_fit(&h, 60);
  assert_int_equal(log_histogram_width(&h), 15);
  assert_int_equal(h.n, 22);
  assert_int_equal(sum(&h), 4);
}

/* In any order and over any span: nothing is counted twice or lost, and each lies in its column. */
static void times_in_any_order(void **state)
{
  static const uint64_t spans[] = {10, 1000, 100000, 10000000, 1000000000, UINT64_C(16725225600)};

  (void)state;
  for (size_t s = 0; s < sizeof spans / sizeof *spans; s++) {
    struct log_histogram h = {0};
    uint64_t x = 88172645463325252u;
    for (unsigned i = 0; i < 2000; i++) {
      uint64_t at, width;
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      at = x % spans[s];
      log_histogram_add(&h, at);
      width = log_histogram_width(&h);
      assert_true(h.n <= LOG_HISTOGRAM_COLUMNS);
      assert_true(at / width >= h.first && at / width < h.first + h.n);
      assert_true(h.columns[at / width - h.first] > 0);
      assert_int_equal(sum(&h), i + 1);
    }
    assert_true(h.columns[0] > 0 && h.columns[h.n - 1] > 0);
  }
}

/* ---- records ---- */

static struct portero_event event(enum portero_event_kind kind, uint64_t seconds, uint8_t source)
{
  static const struct portero_syntax samr = {
      {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};
  static const char *const tags[] = {"T1087.002"};
  struct portero_event e = {
      .kind = kind,
      .time = (START + seconds) * SECOND,
      .connection = source + 1u,
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, source}, 50123},
      .interface = &samr,
      .has_opnum = true,
      .opnum = 64,
      .outcome = PORTERO_OUTCOME_ANSWERED,
      .rule = "admins",
      .tags = tags,
      .n_tags = 1,
  };

  return e;
}

static void add(struct log_summary *s, enum portero_event_kind kind, uint64_t seconds,
                uint8_t source, enum portero_outcome outcome)
{
  struct portero_event e = event(kind, seconds, source);

  e.outcome = outcome;
  log_summary_add(s, &e);
}

/* The request and the call of one call are one call. */
static void calls_count_once(void **state)
{
  struct log_summary s;
  const struct log_told_counts *t;

  (void)state;
  assert_true(log_summary_init(&s));
  assert_int_equal(log_summary_told(&s), LOG_TOLD_CALLS);
  add(&s, PORTERO_EVENT_BIND, 0, 1, PORTERO_OUTCOME_ANSWERED);
  add(&s, PORTERO_EVENT_REQUEST, 0, 1, PORTERO_OUTCOME_NONE);
  add(&s, PORTERO_EVENT_REQUEST, 1, 1, PORTERO_OUTCOME_DENIED);
  assert_int_equal(log_summary_told(&s), LOG_TOLD_REQUESTS);
  assert_int_equal(greatest(&s.told[LOG_TOLD_REQUESTS].rules)->count, 3);
  add(&s, PORTERO_EVENT_CALL, 0, 1, PORTERO_OUTCOME_ANSWERED);
  assert_int_equal(log_summary_told(&s), LOG_TOLD_CALLS);
  t = &s.told[LOG_TOLD_CALLS];
  assert_int_equal(t->n, 1);
  assert_int_equal(t->outcomes[PORTERO_OUTCOME_DENIED], 0);
  assert_int_equal(greatest(&t->rules)->count, 2); /* of the bind, too */
  assert_int_equal(greatest(&t->tags)->count, 2);
  assert_string_equal(greatest(&t->operations)->name, "samr.SamrConnect5");
  assert_int_equal(greatest(&t->operations)->count, 1);
  assert_int_equal(s.records, 4);
  assert_int_equal(s.n_connections, 1);
  log_summary_deinit(&s);
}

static void who_stays_and_who_storms(void **state)
{
  const struct log_top_entry *top[4];
  struct log_summary s;

  (void)state;
  assert_true(log_summary_init(&s));
  for (unsigned i = 0; i < 3; i++) /* three hours are not many */
    add(&s, PORTERO_EVENT_OPENED, 3600 * i, 1, PORTERO_OUTCOME_NONE);
  for (unsigned i = 0; i < 8; i++) /* four hours, twice each */
    add(&s, PORTERO_EVENT_OPENED, 3600 * (i / 2) + i, 2, PORTERO_OUTCOME_NONE);
  for (unsigned i = 0; i < 18; i++) /* nine a second */
    add(&s, PORTERO_EVENT_CALL, i / 9, 3, PORTERO_OUTCOME_ANSWERED);
  assert_int_equal(log_summary_bursts(&s, top, 4), 0);
  for (unsigned i = 0; i < 10; i++)
    add(&s, PORTERO_EVENT_CALL, 7, 4, PORTERO_OUTCOME_DENIED);
  assert_int_equal(log_summary_persistent(&s, top, 4), 1);
  assert_string_equal(top[0]->name, "192.0.2.2");
  assert_int_equal(log_summary_bursts(&s, top, 4), 1);
  assert_string_equal(top[0]->name, "192.0.2.4");
  assert_int_equal(s.n_connections, 4);
  log_summary_deinit(&s);
}

static void totals_and_counts_of_others(void **state)
{
  struct portero_event e = event(PORTERO_EVENT_LIMIT, 0, 1);
  struct log_summary s;

  (void)state;
  assert_true(log_summary_init(&s));
  e.rule = NULL;
  e.reason = "source-connections";
  e.count = 12;
  log_summary_add(&s, &e);
  e.kind = PORTERO_EVENT_LOST;
  e.count = 30;
  log_summary_add(&s, &e);
  e.kind = PORTERO_EVENT_ALERT;
  e.count = 0;
  e.reason = NULL;
  log_summary_add(&s, &e);
  add(&s, PORTERO_EVENT_AUTHENTICATION, 5, 1, PORTERO_OUTCOME_FAILED);
  add(&s, PORTERO_EVENT_AUTHENTICATION, 5, 1, PORTERO_OUTCOME_NONE);
  add(&s, PORTERO_EVENT_BIND, 9, 1, PORTERO_OUTCOME_DENIED);
  assert_int_equal(s.limits_met, 12);
  assert_int_equal(s.lost, 30);
  assert_int_equal(greatest(&s.limits)->count, 12);
  assert_int_equal(s.alerts.n, 1);
  assert_int_equal(s.logins_failed, 1);
  assert_int_equal(s.kinds[PORTERO_EVENT_AUTHENTICATION], 2);
  assert_int_equal(s.binds_refused, 1);
  assert_int_equal((s.last - s.first) / SECOND, 9);
  log_summary_deinit(&s);
}

/* Memory is what it was, whatever strangers do, and connections are counted up to a bound. */
static void strangers_without_end(void **state)
{
  struct log_summary s;
  struct portero_event e = event(PORTERO_EVENT_CALL, 0, 9);

  (void)state;
  assert_true(log_summary_init(&s));
  for (uint32_t i = 0; i < LOG_SUMMARY_CONNECTIONS + 1000; i++) {
    memcpy(e.source.ip, &i, sizeof i);
    e.connection = (uint64_t)i << 20 | 1;
    log_summary_add(&s, &e);
  }
  assert_int_equal(s.n_connections, LOG_SUMMARY_CONNECTIONS);
  assert_int_equal(s.sources.n, LOG_SUMMARY_SOURCES);
  assert_true(s.sources.displaced > 0);
  assert_int_equal(s.told[LOG_TOLD_CALLS].n, LOG_SUMMARY_CONNECTIONS + 1000);
  assert_int_equal(greatest(&s.told[LOG_TOLD_CALLS].operations)->count, s.records);
  log_summary_deinit(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_are_exact_while_there_is_room),
      cmocka_unit_test(what_comes_often_stays),
      cmocka_unit_test(a_displaced_name_leaves_nothing),
      cmocka_unit_test(long_names_are_cut),
      cmocka_unit_test(columns_grow_wider),
      cmocka_unit_test(times_in_any_order),
      cmocka_unit_test(calls_count_once),
      cmocka_unit_test(who_stays_and_who_storms),
      cmocka_unit_test(totals_and_counts_of_others),
      cmocka_unit_test(strangers_without_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
