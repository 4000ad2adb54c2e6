/* SPDX-License-Identifier: Apache-2.0 */
/* portero log: lines back to records, times, and which records pass a filter. */
#include "tests/unit/support.h"

#include <stdlib.h>

#include "src/cli/log_filter.h"
#include "src/cli/log_record.h"
#include "src/cli/log_time.h"

#define SIZE 32768u
#define NOW  UINT64_C(1795269600000000000) /* 2026-11-21T14:00:00 */

static const struct portero_syntax samr = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};
static const struct portero_uuid object = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static const char *const tags[] = {"T1087.002", "T1069"};

/* Every member that a record can have. */
static struct portero_event full(void)
{
  struct portero_event e = {
      .kind = PORTERO_EVENT_CALL,
      .time = UINT64_C(1795233600123456000), /* 2026-11-21T04:00:00.123456 */
      .connection = UINT64_MAX,
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 50123},
      .destination = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 49152},
      .protseq = PORTERO_NCACN_IP_TCP,
      .interface = &samr,
      .interface_name = "samr",
      .has_opnum = true,
      .opnum = 64,
      .operation = "SamrConnect5",
      .object = &object,
      .call_id = 2,
      .fragments = 1,
      .bytes_in = UINT64_MAX,
      .bytes_out = 24,
      .duration = 1500000,
      .auth_type = PORTERO_AUTH_KERBEROS,
      .auth_level = PORTERO_LEVEL_PRIVACY,
      .account = "alice",
      .domain = "LAB",
      .sid = "S-1-5-21-1-2-3-1104",
      .outcome = PORTERO_OUTCOME_FAULT,
      .status = 0x1c010002,
      .verdict = "allow",
      .rule = "admins",
      .tags = tags,
      .n_tags = 2,
      .reason = "because",
      .count = 7,
      .has_process = true,
      .pid = -1,
      .uid = 1000,
      .gid = UINT32_MAX,
      .program = "/usr/bin/door",
      .unit = "door.service",
      .binding = "ncacn_ip_tcp:host[49152]",
      .annotation = "the door",
  };

  return e;
}

static const char *const hostile[] = {
    "a\nb",         "\x1b[2J",      "\xff\xfe",         "\"",
    "\\",           "\x7f\x01",     "\xc3\xa9",         "\xc2\x9b",
    "\xef\xbf\xbd", "\xe2\x80\xae", "\xf0\x9f\x9a\xaa", "{\"event\":\"call\"}",
    "\xed\xa0\x80"};

#define HOSTILE ((unsigned)(sizeof hostile / sizeof *hostile))

/* Sample i, or false: there are no more. Of each kind, of each outcome, local and hostile ones. */
static bool sample(unsigned i, struct portero_event *out_event)
{
  struct portero_event e = full();

  if (i < PORTERO_EVENT_KINDS) {
    e.kind = (enum portero_event_kind)i;
  } else if ((i -= PORTERO_EVENT_KINDS) < PORTERO_OUTCOMES) {
    e.outcome = (enum portero_outcome)i;
  } else if ((i -= PORTERO_OUTCOMES) < HOSTILE) {
    e.account = e.domain = e.rule = e.reason = e.operation = e.interface_name = hostile[i];
    e.program = e.unit = e.binding = e.annotation = e.verdict = e.sid = hostile[i];
    e.tags = &hostile[i];
    e.n_tags = 1;
  } else if ((i -= HOSTILE) == 0) {
    struct portero_event bare = {.kind = PORTERO_EVENT_POLICY, .time = e.time};
    e = bare;
  } else if (i == 1) {
    struct portero_event local = {.kind = PORTERO_EVENT_OPENED, .time = 0, .connection = 1};
    e = local;
  } else if (i == 2) {
    e.interface_name = e.operation = NULL; /* the catalog names them */
    e.duration = 1;                        /* less than is written */
    e.auth_type = e.auth_level = 99;
    e.time = UINT64_C(951868799000001000); /* a leap day */
  } else if (i == 3) {
    e.has_opnum = false;
    e.auth_type = PORTERO_AUTH_NETLOGON;
    e.auth_level = PORTERO_LEVEL_INTEGRITY;
    e.protseq = PORTERO_NCACN_NP;
    e.source = e.destination;
  } else {
    return false;
  }
  *out_event = e;
  return true;
}

typedef void write_form(struct portero_writer *w, const struct portero_event *e, bool colour);

static void write_json(struct portero_writer *w, const struct portero_event *e, bool colour)
{
  (void)colour;
  portero_event_write_json(w, e);
}

static char one[SIZE], other[SIZE];
static struct log_record record;

static const char *form(write_form *write, const struct portero_event *e, char *text)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, SIZE - 1);
  write(&w, e, true);
  assert_false(w.failed);
  text[w.size] = 0;
  return text;
}

/* The line of e, without its end. */
static size_t line_of(const struct portero_event *e, char *text)
{
  size_t size = strlen(form(write_json, e, text));

  assert_int_equal(text[size - 1], '\n');
  text[--size] = 0;
  return size;
}

static bool reads(const char *line)
{
  struct portero_bytes copy = support_copy(portero_bytes_make(line, strlen(line)));
  bool ok = log_record_read(&record, (const char *)copy.data, copy.size);

  support_free(copy);
  return ok;
}

/* ---- records ---- */

static void every_record_comes_back(void **state)
{
  struct portero_event e;
  unsigned i;

  (void)state;
  for (i = 0; sample(i, &e); i++) {
    (void)line_of(&e, one);
    if (!reads(one))
      fail_msg("sample %u: %s", i, one);
    (void)line_of(&record.event, other);
    assert_string_equal(other, one);
    form(portero_event_write_text, &record.event, other);
    assert_string_equal(other, form(portero_event_write_text, &e, one));
    assert_null(strpbrk(other + 1, "\x01\x07\x08\x0d\x7f"));
  }
  assert_int_equal(i, PORTERO_EVENT_KINDS + PORTERO_OUTCOMES + HOSTILE + 4);
}

static void members_come_back(void **state)
{
  struct portero_event e = full(), *r = &record.event;

  (void)state;
  (void)line_of(&e, one);
  assert_true(reads(one));
  assert_int_equal(r->time, e.time);
  assert_true(r->connection == e.connection && r->bytes_in == UINT64_MAX);
  assert_memory_equal(&r->source, &e.source, sizeof e.source);
  assert_memory_equal(&r->destination, &e.destination, sizeof e.destination);
  assert_true(portero_syntax_equal(r->interface, &samr));
  assert_true(portero_uuid_equal(r->object, &object));
  assert_int_equal(r->duration, 1500000);
  assert_int_equal(r->status, 0x1c010002);
  assert_int_equal(r->pid, -1);
  assert_int_equal(r->gid, UINT32_MAX);
  assert_int_equal(r->n_tags, 2);
  assert_string_equal(r->tags[1], "T1069");
  assert_string_equal(r->annotation, "the door");
}

/* One that is read still says the same when it is written and read again. */
static bool decode(struct portero_bytes input, void *ctx)
{
  size_t *stable = ctx, size;

  if (!log_record_read(&record, (const char *)input.data, input.size))
    return false;
  size = line_of(&record.event, one);
  assert_true(log_record_read(&record, one, size));
  (void)line_of(&record.event, other);
  *stable += strcmp(one, other) == 0;
  return true;
}

static void prefixes_and_flips(void **state)
{
  size_t stable = 0, flips = 0;
  struct portero_event e;
  char line[SIZE];

  (void)state;
  for (unsigned i = 0; sample(i, &e); i += 3) {
    struct portero_bytes sample_line = portero_bytes_make(line, line_of(&e, line));
    assert_int_equal(support_prefixes(sample_line, decode, &stable), 0);
    flips += support_bit_flips(sample_line, decode, &stable);
  }
  assert_true(flips > 1000); /* letters of names, digits */
  assert_int_equal(stable, flips);
}

static void what_others_made_of_a_line(void **state)
{
  static const char *const good[] = {
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\"}",
      " { \"event\" : \"call\" ,\t\"time\" : \"2026-11-21T05:00:00+01:00\" } ",
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\",\"new\":{\"a\":[1,-2.5e3,null,true]}}",
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\",\"duration\":1.5e-3}",
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\",\"account\":\"\\ud83d\\udeaa\\/\"}",
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\",\"tags\":[]}",
  };

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!reads(good[i]))
      fail_msg("%s", good[i]);
    assert_int_equal(record.event.time, UINT64_C(1795233600000000000));
  }
  assert_true(reads(good[3]));
  assert_int_equal(record.event.duration, 1500000);
  assert_true(reads(good[4]));
  assert_string_equal(record.event.account, "\xf0\x9f\x9a\xaa/");
}

#define HEAD "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"call\""

static void what_is_no_record(void **state)
{
  static const char *const bad[] = {
      "",
      "{}",
      "null",
      "[]",
      "call",
      HEAD,
      HEAD "]",
      HEAD "}}",
      HEAD "},",
      HEAD ",}",
      "{\"event\":\"call\"}",
      "{\"time\":\"2026-11-21T04:00:00Z\"}",
      "{\"time\":\"2026-11-21T04:00:00Z\",\"event\":\"cal\"}",
      "{\"time\":\"2026-02-29T04:00:00Z\",\"event\":\"call\"}",
      "{\"time\":1795233600,\"event\":\"call\"}",
      HEAD ",\"event\":\"call\"}", /* twice */
      HEAD ",\"opnum\":65536}",
      HEAD ",\"opnum\":-1}",
      HEAD ",\"opnum\":1.0}",
      HEAD ",\"opnum\":01}",
      HEAD ",\"opnum\":\"1\"}",
      HEAD ",\"bytes_in\":18446744073709551616}",
      HEAD ",\"duration\":1e99}",
      HEAD ",\"duration\":-1}",
      HEAD ",\"duration\":1.}",
      HEAD ",\"source\":\"192.0.2\"}",
      HEAD ",\"source\":\"192.0.2.256\"}",
      HEAD ",\"source\":\"2001:db8:::1\"}",
      HEAD ",\"uid\":\"C0000000000000010\"}",
      HEAD ",\"uid\":\"Czzzzzzzzzzzzzzzzz\"}",
      HEAD ",\"uid\":\"C000000000000001-0\"}",
      HEAD ",\"transport\":\"tcp\"}",
      HEAD ",\"interface\":\"samr\"}",
      HEAD ",\"version\":\"1\"}",
      HEAD ",\"version\":\"1.65536\"}",
      HEAD ",\"auth\":\"kerberos\"}",
      HEAD ",\"level\":\"none\"}",
      HEAD ",\"outcome\":\"fine\"}",
      HEAD ",\"status\":\"5\"}",
      HEAD ",\"status\":\"0x0000000g\"}",
      HEAD ",\"tags\":\"T1069\"}",
      HEAD ",\"tags\":[\"T1069\"}",
      HEAD ",\"tags\":[\"T1069\",]}",
      HEAD ",\"account\":\"\\u0000\"}",
      HEAD ",\"account\":\"\\ud83d\"}",
      HEAD ",\"account\":\"\\udeaa\"}",
      HEAD ",\"account\":\"\\x41\"}",
      HEAD ",\"account\":\"\x1b[2J\"}",
      HEAD ",\"account\":\"\xff\"}",
      HEAD ",\"account\":\"\xc2\x9b\"}",
      HEAD ",\"account\":\"a}",
      HEAD ",\"account\":null}",
      HEAD ",\"new\":truex}",
      HEAD ",\"new\":{\"a\":1]}",
      HEAD ",\"new\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
      HEAD ",\"new\"}",
      HEAD ",new:1}",
      HEAD "\r}",
  };
  char *many = malloc(LOG_LINE_MAX + 2);

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (reads(bad[i]))
      fail_msg("%s", bad[i]);
  assert_true(reads(HEAD "}"));
  /* As long as a line may be, and one byte longer. */
  assert_non_null(many);
  memset(many, ' ', LOG_LINE_MAX + 1);
  memcpy(many, HEAD "}", strlen(HEAD "}"));
  assert_true(log_record_read(&record, many, LOG_LINE_MAX));
  assert_false(log_record_read(&record, many, LOG_LINE_MAX + 1));
  free(many);
}

static void tags_have_a_limit(void **state)
{
  const char *many[LOG_TAGS_MAX + 1];
  struct portero_event e = full();

  (void)state;
  for (size_t i = 0; i <= LOG_TAGS_MAX; i++)
    many[i] = "T1";
  e.tags = many;
  e.n_tags = LOG_TAGS_MAX;
  (void)line_of(&e, one);
  assert_true(reads(one));
  e.n_tags++;
  (void)line_of(&e, one);
  assert_false(reads(one));
}

/* ---- times ---- */

static void times(void **state)
{
  static const struct {
    const char *text;
    uint64_t seconds; /* 0: is none */
  } rows[] = {
      {"2026-11-21T04:00:00Z", 1795233600},
      {"2026-11-21T05:00:00+01:00", 1795233600},
      {"2026-11-21T03:30:00-00:30", 1795233600},
      {"2026-11-21", 1795219200},
      {"today", 1795219200},
      {"yesterday", 1795132800},
      {"90s", 1795269510},
      {"10m", 1795269000},
      {"2h", 1795262400},
      {"3d", 1795010400},
      {"1w", 1794664800},
      {"1970-01-01T00:00:01Z", 1},
      {"2000-02-29T00:00:00z", 951782400},
      {"2026-11-21T04:00:00", 0},
      {"2026-13-01", 0},
      {"2026-11-31", 0},
      {"2100-02-29", 0},
      {"1969-12-31", 0},
      {"2026-11-21T24:00:00Z", 0},
      {"2026-11-21T04:00Z", 0},
      {"2026-11-21T04:00:00.Z", 0},
      {"2026-11-21T04:00:00+1:00", 0},
      {"tomorrow", 0},
      {"10", 0},
      {"m", 0},
      {"10 m", 0},
      {"10mm", 0},
      {"-10m", 0},
      {"10y", 0},
      {"", 0},
      {"9999999999s", 0},
      {"2026-11-21 ", 0},
      {"1970-01-01T00:00:00+00:01", 0},
  };

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t time = 77;
    bool ok = log_time_parse(rows[i].text, NOW, &time);
    if (ok != (rows[i].seconds > 0) || (ok && time != rows[i].seconds * 1000000000))
      fail_msg("%s: %llu", rows[i].text, (unsigned long long)time);
    assert_true(ok || time == 77);
  }
}

/* ---- filters ---- */

static bool passes_all(const struct portero_event *e, const char *const *values,
                       const enum log_filter_key *of, size_t n)
{
  char message[LOG_FILTER_MESSAGE];
  struct log_filter f = {0};
  bool passed;

  for (size_t i = 0; i < n; i++)
    if (!log_filter_add(&f, of[i], values[i], NOW, message))
      fail_msg("%s: %s", values[i], message);
  passed = log_filter_matches(&f, e);
  log_filter_deinit(&f);
  return passed;
}

static void filters_accept_and_reject(void **state)
{
  static const struct {
    enum log_filter_key key;
    const char *yes, *no;
  } rows[] = {
      {LOG_FILTER_KIND, "call", "bind"},
      {LOG_FILTER_KIND, "bind,call", "bind,alert"},
      {LOG_FILTER_OUTCOME, "fault", "denied"},
      {LOG_FILTER_OUTCOME, "denied,fault", "denied,failed"},
      {LOG_FILTER_VERDICT, "allow", "deny"},
      {LOG_FILTER_VERDICT, "drop,allow", "drop,observe"},
      {LOG_FILTER_RULE, "admins", "Admins"},
      {LOG_FILTER_TAG, "T1069", "T106"},
      {LOG_FILTER_TAG, "t1087", "T1087.001"},
      {LOG_FILTER_TAG, "T1,T1087.002", "T1,T1087.0"},
      {LOG_FILTER_INTERFACE, "samr", "lsarpc"},
      {LOG_FILTER_INTERFACE, "SAMR:1", "samr:2"},
      {LOG_FILTER_INTERFACE, "samr:1.0", "samr:1.1"},
      {LOG_FILTER_INTERFACE, "12345778-1234-abcd-ef00-0123456789ac",
       "12345778-1234-abcd-ef00-0123456789ab"},
      {LOG_FILTER_INTERFACE, "lsarpc,12345778-1234-ABCD-EF00-0123456789AC:1", "lsarpc,drsuapi"},
      {LOG_FILTER_OPERATION, "64", "63"},
      {LOG_FILTER_OPERATION, "samrconnect5", "SamrConnect4"},
      {LOG_FILTER_OPERATION, "1,64", "1,640"},
      {LOG_FILTER_SOURCE, "192.0.2.7", "192.0.2.6"},
      {LOG_FILTER_SOURCE, "192.0.2.0/24", "192.0.3.0/24"},
      {LOG_FILTER_SOURCE, "192.0.2.6/31", "192.0.2.8/29"},
      {LOG_FILTER_SOURCE, "2001:db8::/32,192.0.0.0/8", "2001:db8::/32,10.0.0.0/8"},
      {LOG_FILTER_SOURCE, "::/0", "8000::/1"},
      {LOG_FILTER_ACCOUNT, "alice", "alic"},
      {LOG_FILTER_ACCOUNT, "LAB\\Alice", "LAN\\alice"},
      {LOG_FILTER_ACCOUNT, "alice@lab", "alice@la"},
      {LOG_FILTER_SINCE, "2026-11-21T04:00:00.123456Z", "2026-11-21T04:00:00.123457Z"},
      {LOG_FILTER_SINCE, "11h", "9h"},
      {LOG_FILTER_UNTIL, "2026-11-21T04:00:00.123457Z", "2026-11-21T04:00:00.123456Z"},
      {LOG_FILTER_SEVERITY, "6", "5"},
      {LOG_FILTER_SEVERITY, "debug", "warning"},
      {LOG_FILTER_CONNECTION, "C00000000000000100", "C00000000000000001"},
  };
  struct portero_event e = full();

  (void)state;
  e.connection = 3844; /* 62 * 62 */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!passes_all(&e, &rows[i].yes, &rows[i].key, 1))
      fail_msg("%s does not pass", rows[i].yes);
    if (passes_all(&e, &rows[i].no, &rows[i].key, 1))
      fail_msg("%s passes", rows[i].no);
  }
}

/* What a record does not have does not pass a filter that asks for it. */
static void filters_reject_what_is_missing(void **state)
{
  static const char *const values[] = {
      "call", "answered",          "allow", "a", "T1", "samr", "0", "::/0", "a", NULL, NULL,
      "4",    "C00000000000000001"};
  struct portero_event e = {.kind = PORTERO_EVENT_POLICY, .time = NOW};

  (void)state;
  for (unsigned i = 0; i < LOG_FILTER_KEYS; i++) {
    enum log_filter_key key = (enum log_filter_key)i;
    if (values[i] && passes_all(&e, &values[i], &key, 1))
      fail_msg("%s passes", values[i]);
  }
}

static void filters_are_anded(void **state)
{
  static const enum log_filter_key keys[] = {LOG_FILTER_KIND, LOG_FILTER_KIND, LOG_FILTER_SOURCE};
  static const char *const both[] = {"bind", "call", "192.0.2.7"};
  static const char *const not_the_source[] = {"bind", "call", "192.0.2.8"};
  static const char *const not_the_kind[] = {"bind", "auth", "192.0.2.7"};
  struct portero_event e = full();

  (void)state;
  assert_true(passes_all(&e, NULL, NULL, 0));
  assert_true(passes_all(&e, both, keys, 3));
  assert_false(passes_all(&e, not_the_source, keys, 3));
  assert_false(passes_all(&e, not_the_kind, keys, 3));
}

/* What is wrong is refused with a message that has a word in it; what is odd gets a remark. */
static void filters_know_their_words(void **state)
{
  static const struct {
    enum log_filter_key key;
    const char *text;
    bool ok;
    const char *says;
  } rows[] = {
      {LOG_FILTER_KIND, "cal", false, "did you mean \"call\""},
      {LOG_FILTER_KIND, "service_up", false, "did you mean \"service-up\""},
      {LOG_FILTER_KIND, "", false, "expected"},
      {LOG_FILTER_KIND, "call,", false, "none of"},
      {LOG_FILTER_OUTCOME, "denid", false, "did you mean \"denied\""},
      {LOG_FILTER_OUTCOME, "zzzzzzzzz", false, "answered fault denied"},
      {LOG_FILTER_VERDICT, "denied", false, "did you mean \"deny\""},
      {LOG_FILTER_SEVERITY, "8", false, "none of"},
      {LOG_FILTER_SEVERITY, "warnin", false, "did you mean \"warning\""},
      {LOG_FILTER_INTERFACE, "sarm", true, "did you mean \"samr\""},
      {LOG_FILTER_INTERFACE, "samr:x", false, "version"},
      {LOG_FILTER_INTERFACE, "samr:1.2.3", false, "version"},
      {LOG_FILTER_INTERFACE, "samr", true, ""},
      {LOG_FILTER_OPERATION, "SamrConect5", true, "did you mean \"SamrConnect5\""},
      {LOG_FILTER_OPERATION, "65536", true, "no operation"},
      {LOG_FILTER_OPERATION, "samrconnect5", true, ""},
      {LOG_FILTER_SOURCE, "10.0.0.1/8", false, "network"},
      {LOG_FILTER_SOURCE, "host", false, "address"},
      {LOG_FILTER_CONNECTION, "C1", false, "UID"},
      {LOG_FILTER_SINCE, "noon", false, "no time"},
  };
  char message[LOG_FILTER_MESSAGE];

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct log_filter f = {0};
    bool ok = log_filter_add(&f, rows[i].key, rows[i].text, NOW, message);
    if (ok != rows[i].ok || !strstr(message, rows[i].says) || (!*rows[i].says && *message))
      fail_msg("%s: %d %s", rows[i].text, ok, message);
    log_filter_deinit(&f);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_record_comes_back),
      cmocka_unit_test(members_come_back),
      cmocka_unit_test(prefixes_and_flips),
      cmocka_unit_test(what_others_made_of_a_line),
      cmocka_unit_test(what_is_no_record),
      cmocka_unit_test(tags_have_a_limit),
      cmocka_unit_test(times),
      cmocka_unit_test(filters_accept_and_reject),
      cmocka_unit_test(filters_reject_what_is_missing),
      cmocka_unit_test(filters_are_anded),
      cmocka_unit_test(filters_know_their_words),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
