/* SPDX-License-Identifier: Apache-2.0 */
/* The book and its sinks: order, filters, exact counts of what is lost, rotation, full disks. */
#include "tests/unit/support.h"

#include <portero/sink.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LONG_ENOUGH 20000u /* milliseconds, for what never takes that long */

static const struct portero_syntax samr = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};
static const struct portero_syntax other = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xad}}, 1, 0};

struct lab {
  char folder[64], path[96];
  struct portero_book *book;
  pthread_mutex_t lock;
  unsigned fails, works; /* notices that say so */
  char failure[256];     /* the last such */
};

static void note(void *user, const char *sink, const char *text)
{
  struct lab *l = user;

  (void)pthread_mutex_lock(&l->lock);
  l->works += strcmp(text, "works again") == 0;
  if (strncmp(text, "fails: ", 7) == 0) {
    l->fails++;
    (void)snprintf(l->failure, sizeof l->failure, "%s %s", sink, text);
  }
  (void)pthread_mutex_unlock(&l->lock);
}

static struct lab *lab_new(void)
{
  struct lab *l = calloc(1, sizeof *l);
  struct portero_book_options options = {note, l};

  assert_non_null(l);
  (void)pthread_mutex_init(&l->lock, NULL);
  (void)snprintf(l->folder, sizeof l->folder, "/tmp/portero-book-XXXXXX");
  assert_non_null(mkdtemp(l->folder));
  (void)snprintf(l->path, sizeof l->path, "%s/book", l->folder);
  assert_true(portero_is_ok(portero_book_new(&options, &l->book)));
  return l;
}

static void lab_free(struct lab *l)
{
  struct dirent *entry;
  char name[400];
  DIR *d;

  portero_book_free(l->book);
  d = opendir(l->folder);
  assert_non_null(d);
  while ((entry = readdir(d)) != NULL) {
    (void)snprintf(name, sizeof name, "%s/%s", l->folder, entry->d_name);
    (void)unlink(name);
  }
  (void)closedir(d);
  assert_int_equal(rmdir(l->folder), 0);
  (void)pthread_mutex_destroy(&l->lock);
  free(l);
}

static unsigned files_in(const struct lab *l)
{
  DIR *d = opendir(l->folder);
  unsigned n = 0;

  assert_non_null(d);
  for (struct dirent *entry; (entry = readdir(d)) != NULL;)
    n += entry->d_name[0] != '.';
  (void)closedir(d);
  return n;
}

static struct portero_event call(uint32_t id)
{
  struct portero_event e = {
      .kind = PORTERO_EVENT_CALL,
      .time = UINT64_C(1795233600123456789),
      .connection = 1,
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 50123},
      .destination = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, 49152},
      .interface = &samr,
      .has_opnum = true,
      .opnum = 64,
      .call_id = id,
      .outcome = PORTERO_OUTCOME_ANSWERED,
  };

  return e;
}

static void tell(struct lab *l, uint32_t first, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    struct portero_event e = call(first + i);
    portero_book_tell(l->book, &e);
  }
}

static void add_file(struct lab *l, enum portero_form form, const struct portero_sink_file *like)
{
  struct portero_sink sink = {.form = form};
  struct portero_sink_file file = {0};

  if (like)
    file = *like;
  file.path = l->path;
  assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
}

static void flush(struct lab *l)
{
  assert_true(portero_is_ok(portero_book_flush(l->book, LONG_ENOUGH)));
}

static struct portero_sink_stats stats_of(struct lab *l, size_t i)
{
  struct portero_sink_stats stats[4];

  assert_true(portero_book_stats(l->book, stats, 4) > i);
  assert_int_equal(stats[i].told, stats[i].written + stats[i].lost + stats[i].waiting);
  return stats[i];
}

/* The file's text; free it. "" where there is none. */
static char *text_of(const char *path)
{
  FILE *f = fopen(path, "re");
  char *text = calloc(1, 64u << 20);
  size_t n = 0;

  assert_non_null(text);
  if (f) {
    n = fread(text, 1, (64u << 20) - 1, f);
    (void)fclose(f);
  }
  text[n] = 0;
  return text;
}

/* Its lines that hold words. */
static unsigned lines_with(const char *path, const char *words)
{
  char *text = text_of(path), *rest = text, *line;
  unsigned n = 0;

  while ((line = strsep(&rest, "\n")) != NULL)
    n += *line && strstr(line, words) != NULL;
  free(text);
  return n;
}

static uint64_t number_after(const char *line, const char *key)
{
  const char *at = strstr(line, key);

  assert_non_null(at);
  return strtoull(at + strlen(key), NULL, 10);
}

static void pause_a_little(void)
{
  const struct timespec t = {0, 2000000};

  (void)nanosleep(&t, NULL);
}

static void wait_until_failing(struct lab *l, size_t i)
{
  for (unsigned n = 0; n < LONG_ENOUGH / 2 && !stats_of(l, i).failing; n++)
    pause_a_little();
  assert_true(stats_of(l, i).failing);
}

/* Comes from the sink's thread, a moment after the statistics say it. */
static bool has_noticed(struct lab *l, unsigned fails, unsigned works)
{
  bool so;

  (void)pthread_mutex_lock(&l->lock);
  so = l->fails == fails && l->works == works;
  (void)pthread_mutex_unlock(&l->lock);
  return so;
}

static void wait_for_notices(struct lab *l, unsigned fails, unsigned works)
{
  for (unsigned n = 0; n < LONG_ENOUGH / 2 && !has_noticed(l, fails, works); n++)
    pause_a_little();
  assert_true(has_noticed(l, fails, works));
}

/* ---- order, forms ---- */

static void records_keep_their_order(void **state)
{
  struct lab *l = lab_new();
  char *text, *rest, *line;
  uint32_t expected = 1;
  struct stat about;

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL);
  tell(l, 1, 5000);
  flush(l);
  rest = text = text_of(l->path);
  while ((line = strsep(&rest, "\n")) != NULL && *line)
    assert_int_equal(number_after(line, "\"call_id\":"), expected++);
  assert_int_equal(expected, 5001);
  assert_int_equal(stats_of(l, 0).written, 5000);
  assert_int_equal(stats_of(l, 0).lost, 0);
  assert_int_equal(stat(l->path, &about), 0);
  assert_int_equal(about.st_mode & 0777 & ~0640u, 0);
  free(text);
  lab_free(l);
}

static void nothing_is_told_to_no_book(void **state)
{
  struct portero_event e = call(1);

  (void)state;
  portero_book_tell(NULL, &e);
  portero_book_free(NULL);
}

static void a_time_of_none_is_now(void **state)
{
  struct lab *l = lab_new();
  struct portero_event e = call(1);

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL);
  e.time = 0;
  portero_book_tell(l->book, &e);
  flush(l);
  assert_int_equal(lines_with(l->path, "\"time\":\"20"), 1);
  lab_free(l);
}

static void zeek_files_have_head_and_foot(void **state)
{
  struct lab *l = lab_new();
  struct portero_event e = call(1);

  (void)state;
  add_file(l, PORTERO_FORM_ZEEK, NULL);
  e.kind = PORTERO_EVENT_OPENED; /* has no line there */
  portero_book_tell(l->book, &e);
  tell(l, 1, 3);
  flush(l);
  assert_int_equal(stats_of(l, 0).told, 3);
  assert_int_equal(lines_with(l->path, "#fields\t"), 1);
  assert_int_equal(lines_with(l->path, "#close\t"), 0);
  portero_book_free(l->book);
  l->book = NULL;
  assert_int_equal(lines_with(l->path, "#close\t"), 1);
  assert_int_equal(lines_with(l->path, "SamrConnect5"), 3);
  lab_free(l);
}

static void what_cannot_be_is_refused(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  struct portero_sink_file file = {.path = "/nonexistent/book"};
  struct portero_sink_syslog syslog = {.way = PORTERO_SYSLOG_TCP};
  portero_status s;

  (void)state;
  s = portero_book_add_file(l->book, &sink, &file);
  assert_int_equal(s.klass, PORTERO_CLASS_SYSTEM);
  assert_int_equal(s.code, ENOENT);
  file.path = l->folder;
  assert_int_equal(portero_book_add_file(l->book, &sink, &file).klass, PORTERO_CLASS_SYSTEM);
  file.path = "";
  assert_true(portero_is_local(portero_book_add_file(l->book, &sink, &file), PORTERO_LOCAL_USAGE));
  sink.form = PORTERO_FORM_JOURNAL;
  file.path = l->path;
  assert_true(portero_is_local(portero_book_add_file(l->book, &sink, &file), PORTERO_LOCAL_USAGE));
  assert_true(
      portero_is_local(portero_book_add_syslog(l->book, &sink, &syslog), PORTERO_LOCAL_USAGE));
  syslog.host = "127.0.79.1";
  syslog.origin.facility = 24;
  assert_true(
      portero_is_local(portero_book_add_syslog(l->book, &sink, &syslog), PORTERO_LOCAL_USAGE));
  syslog.way = PORTERO_SYSLOG_TLS;
  syslog.origin.facility = 10;
  syslog.ca_file = "/nonexistent/ca.pem";
  assert_false(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
  assert_int_equal(portero_book_stats(l->book, NULL, 0), 0);
  lab_free(l);
}

static void there_is_an_end_to_sinks(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = PORTERO_FORM_JSON, .memory = 1};
  struct portero_sink_file file = {.path = "/dev/null"};

  (void)state;
  for (unsigned i = 0; i < 16; i++)
    assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
  assert_true(portero_is_local(portero_book_add_file(l->book, &sink, &file), PORTERO_LOCAL_LIMIT));
  lab_free(l);
}

/* ---- filters ---- */

static uint64_t passed_as(enum portero_form form, const struct portero_sink_filter *filter,
                          const struct portero_event *e)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = form, .filter = *filter};
  struct portero_sink_file file = {.path = "/dev/null"};
  uint64_t told;

  assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
  portero_book_tell(l->book, e);
  told = stats_of(l, 0).told;
  lab_free(l);
  return told;
}

static uint64_t passed(const struct portero_sink_filter *filter, const struct portero_event *e)
{
  return passed_as(PORTERO_FORM_JSON, filter, e);
}

static void filters_let_through_what_they_should(void **state)
{
  struct portero_event e = call(1), local = call(1), alert = call(1), bare = call(1);
  struct portero_sink_network network;
  struct portero_sink_filter f = {0};

  (void)state;
  memset(&local.source, 0, sizeof local.source);
  alert.kind = PORTERO_EVENT_ALERT;
  bare.interface = NULL;
  assert_int_equal(passed(&f, &e), 1);
  assert_int_equal(passed(&f, &local), 1);
  assert_int_equal(passed_as(PORTERO_FORM_EVE, &f, &e), 1);
  assert_int_equal(passed_as(PORTERO_FORM_EVE, &f, &local), 0); /* Suricata knows networks alone */
  f.kinds = 1u << PORTERO_EVENT_CALL;
  assert_int_equal(passed(&f, &e), 1);
  assert_int_equal(passed(&f, &alert), 0);
  f = (struct portero_sink_filter){.outcomes = 1u << PORTERO_OUTCOME_DENIED};
  assert_int_equal(passed(&f, &e), 0);
  e.outcome = PORTERO_OUTCOME_DENIED;
  assert_int_equal(passed(&f, &e), 1);
  f = (struct portero_sink_filter){.severity = 2};
  assert_int_equal(passed(&f, &e), 0);
  assert_int_equal(passed(&f, &alert), 1);
  f = (struct portero_sink_filter){.interfaces = &samr.uuid, .n_interfaces = 1};
  assert_int_equal(passed(&f, &e), 1);
  assert_int_equal(passed(&f, &bare), 0);
  e.interface = &other;
  assert_int_equal(passed(&f, &e), 0);
  assert_true(portero_is_ok(portero_sink_network_parse("192.0.2.0/29", &network)));
  f = (struct portero_sink_filter){.sources = &network, .n_sources = 1};
  assert_int_equal(passed(&f, &e), 1);
  assert_int_equal(passed(&f, &local), 0);
  e.source.ip[15] = 8;
  assert_int_equal(passed(&f, &e), 0);
}

static void networks_are_read(void **state)
{
  static const char *const good[] = {"192.0.2.7",     "0.0.0.0/0", "10.0.0.0/8",
                                     "2001:db8::/32", "::/0",      "2001:db8::1/128"};
  static const char *const bad[] = {
      "",          "/8",          "192.0.2.0/33", "192.0.2.7/24",   "192.0.2", "2001:db8::/129",
      "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/ 8",  "2001:db8::1/64", "host",    "10.0.0.0/0008"};
  struct portero_sink_network n;

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(portero_is_ok(portero_sink_network_parse(good[i], &n)));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_true(portero_is_local(portero_sink_network_parse(bad[i], &n), PORTERO_LOCAL_MALFORMED));
}

/* ---- loss ---- */

/* A pipe that nobody reads: the sink stands, until it is read. */
static void the_lost_are_counted_to_the_last(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = PORTERO_FORM_JSON, .name = "slow", .memory = 1};
  int ends[2];
  uint64_t calls = 0, lost_noted = 0, missing = 0, lost, id, last = 0;
  char line[1024];
  FILE *reader;

  (void)state;
  assert_int_equal(pipe(ends), 0);
  assert_true(portero_is_ok(portero_book_add_output(l->book, &sink, ends[1])));
  tell(l, 1, 10000);
  wait_until_failing(l, 0); /* with a batch that does not go out */
  assert_true(portero_is_local(portero_book_flush(l->book, 1), PORTERO_LOCAL_TIMEOUT));
  tell(l, 10001, 10000); /* now the other one is full as well */
  lost = stats_of(l, 0).lost;
  assert_true(lost > 10000);
  tell(l, 20001, 1000);
  assert_int_equal(stats_of(l, 0).lost, lost + 1000);
  lost += 1000;
  reader = fdopen(ends[0], "re");
  assert_non_null(reader);
  while (calls + lost_noted < 21000 && fgets(line, sizeof line, reader)) {
    if (strstr(line, "\"event\":\"lost\"")) {
      lost_noted += number_after(line, "\"count\":");
      assert_non_null(strstr(line, "\"reason\":\"slow\""));
      assert_true(last > 0); /* behind what came before them */
      continue;
    }
    calls++;
    id = number_after(line, "\"call_id\":");
    assert_true(id > last);
    missing += id - last - 1;
    /* A note stands where records are missing; one may be counted a moment later, in the next. */
    assert_in_range(missing - lost_noted, 0, 1);
    last = id;
  }
  assert_int_equal(lost_noted, lost);
  assert_int_equal(calls, 21000 - lost);
  tell(l, 30000, 1); /* and now it works again */
  assert_non_null(fgets(line, sizeof line, reader));
  assert_int_equal(number_after(line, "\"call_id\":"), 30000);
  flush(l);
  assert_int_equal(stats_of(l, 0).written, calls + 1);
  assert_int_equal(stats_of(l, 0).waiting, 0);
  (void)fclose(reader);
  portero_book_free(l->book);
  l->book = NULL;
  (void)close(ends[1]);
  lab_free(l);
}

static void a_full_disk_stops_nobody(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = PORTERO_FORM_JSON, .memory = 1};
  struct portero_sink_file file = {.path = "/dev/full"};
  struct portero_sink_stats s;

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL); /* and does not hinder this one */
  assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
  for (unsigned i = 0; i < 40; i++) {
    tell(l, 100 * i, 100);
    pause_a_little();
  }
  wait_until_failing(l, 1);
  assert_true(portero_is_local(portero_book_flush(l->book, 1), PORTERO_LOCAL_TIMEOUT));
  s = stats_of(l, 1);
  assert_int_equal(s.told, 4000);
  assert_int_equal(s.written, 0);
  assert_true(s.lost > 0);
  assert_true(s.failing);
  for (unsigned i = 0; i < LONG_ENOUGH / 2 && stats_of(l, 0).waiting > 0; i++)
    pause_a_little();
  assert_int_equal(stats_of(l, 0).written, 4000);
  wait_for_notices(l, 1, 0);
  assert_non_null(strstr(l->failure, "/dev/full fails: "));
  lab_free(l);
}

/* A file that may not grow further is a disk that is full in the middle of a record. */
static void torn_records_are_taken_back(void **state)
{
  struct lab *l = lab_new();
  struct rlimit before, tight;
  char *text;

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = before;
  tight.rlim_cur = 10007;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  tell(l, 1, 100);
  wait_until_failing(l, 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_true(stats_of(l, 0).written > 0);
  flush(l);
  assert_int_equal(lines_with(l->path, "\"event\":\"call\""), 100);
  assert_int_equal(lines_with(l->path, "}"), 100);
  text = text_of(l->path);
  assert_int_equal(text[strlen(text) - 1], '\n');
  free(text);
  assert_int_equal(stats_of(l, 0).written, 100);
  assert_int_equal(stats_of(l, 0).lost, 0);
  wait_for_notices(l, 1, 1);
  lab_free(l);
}

struct teller {
  struct lab *l;
  uint32_t first;
};

static void *tell_many(void *user)
{
  struct teller *t = user;

  tell(t->l, t->first, 5000);
  return NULL;
}

static void many_threads_tell(void **state)
{
  struct lab *l = lab_new();
  struct teller tellers[4];
  pthread_t threads[4];
  uint32_t next[4] = {0, 0, 0, 0};
  char *text, *rest, *line;
  unsigned n = 0;

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL);
  for (unsigned i = 0; i < 4; i++) {
    tellers[i] = (struct teller){l, i * 100000};
    assert_int_equal(pthread_create(&threads[i], NULL, tell_many, &tellers[i]), 0);
  }
  for (unsigned i = 0; i < 10; i++) {
    portero_book_reopen(l->book);
    pause_a_little();
  }
  for (unsigned i = 0; i < 4; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  flush(l);
  rest = text = text_of(l->path);
  while ((line = strsep(&rest, "\n")) != NULL && *line) {
    uint64_t id;
    n++;
    if (strstr(line, "\"event\":\"lost\"")) {
      n += (unsigned)number_after(line, "\"count\":") - 1;
      continue;
    }
    id = number_after(line, "\"call_id\":");
    assert_true(id % 100000 >= next[id / 100000]); /* each one's in order */
    next[id / 100000] = (uint32_t)(id % 100000) + 1;
  }
  assert_int_equal(n, 20000);
  free(text);
  lab_free(l);
}

/* ---- files ---- */

static void files_rotate_by_size(void **state)
{
  const struct portero_sink_file like = {.rotate_size = 20000, .keep = 3};
  struct lab *l = lab_new();
  char name[128];
  struct stat about;

  (void)state;
  add_file(l, PORTERO_FORM_ZEEK, &like);
  tell(l, 1, 1000);
  flush(l);
  assert_int_equal(files_in(l), 4);
  for (unsigned i = 1; i <= 3; i++) {
    (void)snprintf(name, sizeof name, "%s.%u", l->path, i);
    assert_int_equal(stat(name, &about), 0);
    assert_in_range(about.st_size, 15000, 20000 + 64); /* the last line is the foot */
    assert_int_equal(lines_with(name, "#fields\t"), 1);
    assert_int_equal(lines_with(name, "#close\t"), 1);
  }
  assert_int_equal(stats_of(l, 0).written, 1000);
  lab_free(l);
}

static void dated_files_rotate_too(void **state)
{
  const struct portero_sink_file like = {.rotate_size = 5000, .keep = 2, .dated = true};
  struct lab *l = lab_new();

  (void)state;
  add_file(l, PORTERO_FORM_JSON, &like);
  for (unsigned i = 0; i < 10; i++) {
    tell(l, 100 * i, 100);
    flush(l);
    assert_true(files_in(l) <= 3);
  }
  assert_int_equal(files_in(l), 3);
  assert_int_equal(lines_with(l->path, "\"call_id\":999,"), 1);
  lab_free(l);
}

static void files_rotate_by_age(void **state)
{
  const struct portero_sink_file like = {.rotate_age = 1};
  struct lab *l = lab_new();
  char name[128];

  (void)state;
  add_file(l, PORTERO_FORM_JSON, &like);
  (void)snprintf(name, sizeof name, "%s.1", l->path);
  tell(l, 1, 1);
  flush(l);
  for (unsigned i = 0; i < LONG_ENOUGH / 2 && access(name, F_OK) != 0; i++)
    pause_a_little(); /* of its own accord: nothing is told */
  assert_int_equal(lines_with(name, "\"call_id\":1,"), 1);
  tell(l, 2, 1);
  flush(l);
  assert_int_equal(lines_with(l->path, "\"call_id\":2,") + lines_with(name, "\"call_id\":2,"), 1);
  lab_free(l);
}

static void a_record_longer_than_a_file_has_one(void **state)
{
  const struct portero_sink_file like = {.rotate_size = 10, .keep = 2};
  struct lab *l = lab_new();

  (void)state;
  add_file(l, PORTERO_FORM_JSON, &like);
  tell(l, 1, 3);
  flush(l);
  assert_int_equal(files_in(l), 3);
  assert_int_equal(lines_with(l->path, "\"call_id\":3,"), 1);
  lab_free(l);
}

static void files_are_opened_anew(void **state)
{
  struct lab *l = lab_new();
  char moved[128];

  (void)state;
  (void)snprintf(moved, sizeof moved, "%s.moved", l->path);
  add_file(l, PORTERO_FORM_JSON, NULL);
  tell(l, 1, 1);
  flush(l);
  assert_int_equal(rename(l->path, moved), 0);
  tell(l, 2, 1);
  flush(l);
  assert_int_equal(lines_with(moved, "call_id"), 2);
  portero_book_reopen(l->book);
  for (unsigned i = 0; i < LONG_ENOUGH / 2 && access(l->path, F_OK) != 0; i++)
    pause_a_little();
  tell(l, 3, 1);
  flush(l);
  assert_int_equal(lines_with(moved, "call_id"), 2);
  assert_int_equal(lines_with(l->path, "\"call_id\":3,"), 1);
  lab_free(l);
}

static void what_is_there_is_added_to(void **state)
{
  struct lab *l = lab_new();
  FILE *f = fopen(l->path, "we");

  (void)state;
  assert_non_null(f);
  assert_true(fputs("before\n", f) >= 0);
  assert_int_equal(fclose(f), 0);
  add_file(l, PORTERO_FORM_JSON, NULL);
  tell(l, 1, 1);
  flush(l);
  assert_int_equal(lines_with(l->path, "before"), 1);
  assert_int_equal(lines_with(l->path, "call_id"), 1);
  lab_free(l);
}

/* ---- hostile texts ---- */

static void long_texts_do_not_hide_a_record(void **state)
{
  static char longest[60001];
  static const char *const fillings[] = {"a", "\n", "\"", "\xff", "\xc3\xa9"};
  struct lab *l = lab_new();

  (void)state;
  add_file(l, PORTERO_FORM_JSON, NULL);
  for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
    struct portero_event e = call((uint32_t)i);
    const char *tags[] = {longest, longest};
    for (size_t at = 0; at + 1 < sizeof longest; at++)
      longest[at] = fillings[i][at % strlen(fillings[i])];
    e.account = e.domain = e.rule = e.reason = e.operation = e.interface_name = longest;
    e.binding = e.annotation = e.program = e.unit = e.sid = longest;
    e.tags = tags;
    e.n_tags = 2;
    portero_book_tell(l->book, &e);
  }
  flush(l);
  assert_int_equal(stats_of(l, 0).written, 5);
  assert_int_equal(lines_with(l->path, "\"call_id\":"), 5);
  assert_int_equal(lines_with(l->path, ""), 5);
  assert_int_equal(lines_with(l->path, "...\""), 5);
  lab_free(l);
}

/* ---- datagrams ---- */

static int local_socket(const struct lab *l)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  assert_true(fd >= 0);
  memcpy(address.sun_path, l->path, strlen(l->path) + 1);
  assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static ssize_t receive(int fd, char *text, size_t size)
{
  ssize_t n = recv(fd, text, size - 1, 0);

  assert_true(n > 0);
  text[n] = 0;
  return n;
}

static void syslog_goes_to_the_local_socket(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {0};
  struct portero_sink_syslog syslog = {
      .way = PORTERO_SYSLOG_LOCAL, .path = l->path, .origin = {"here", NULL, 7, 10, 0}};
  char text[4096];
  int fd;

  (void)state;
  assert_true(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
  tell(l, 1, 1); /* before anybody listens: it waits */
  wait_until_failing(l, 0);
  assert_true(portero_is_local(portero_book_flush(l->book, 1), PORTERO_LOCAL_TIMEOUT));
  fd = local_socket(l);
  flush(l);
  (void)receive(fd, text, sizeof text);
  assert_memory_equal(text, "<86>1 2026-11-21T04:00:00.123456Z here portero 7 call [", 55);
  assert_false(stats_of(l, 0).failing);
  wait_for_notices(l, 1, 1);
  (void)close(fd);
  lab_free(l);
}

static void the_journal_gets_what_it_reads(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {0};
  struct portero_event e = call(1);
  const uint8_t size[8] = {3, 0, 0, 0, 0, 0, 0, 0};
  char text[4096], *at;
  int fd = local_socket(l);

  (void)state;
  assert_true(portero_is_ok(portero_book_add_journal(l->book, &sink, l->path)));
  e.account = "a\nb";
  portero_book_tell(l->book, &e);
  flush(l);
  (void)receive(fd, text, sizeof text);
  assert_memory_equal(text, "SYSLOG_IDENTIFIER=portero\nMESSAGE=", 34);
  at = strstr(text, "\nPORTERO_ACCOUNT\n");
  assert_non_null(at);
  assert_memory_equal(at + 17, size, sizeof size);
  assert_memory_equal(at + 25, "a\nb\n", 4);
  assert_non_null(strstr(text, "\nPRIORITY=6\n"));
  (void)close(fd);
  lab_free(l);
}

/* ---- metrics ---- */

static char *metrics_of(struct lab *l, char *text, size_t size)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, size - 1);
  portero_book_write_metrics(l->book, &w);
  assert_false(w.failed);
  text[w.size] = 0;
  return text;
}

static void metrics_count(void **state)
{
  struct lab *l = lab_new();
  struct portero_sink sink = {.form = PORTERO_FORM_JSON, .name = "a \"name\"\n"};
  struct portero_sink_file file = {.path = "/dev/null"};
  struct portero_event e = {.kind = PORTERO_EVENT_LIMIT, .reason = "connections", .count = 40};
  char text[16384];

  (void)state;
  assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
  tell(l, 1, 3);
  portero_book_tell(l->book, &e);
  portero_book_tell(l->book, &e);
  e = call(9);
  e.kind = PORTERO_EVENT_REQUEST; /* the call's own record has the same */
  e.verdict = "deny";
  e.outcome = PORTERO_OUTCOME_DENIED;
  portero_book_tell(l->book, &e);
  e.kind = PORTERO_EVENT_CALL;
  e.verdict = "deny";
  e.outcome = PORTERO_OUTCOME_DENIED;
  portero_book_tell(l->book, &e);
  flush(l);
  metrics_of(l, text, sizeof text);
  assert_non_null(strstr(text, "\nportero_events_total{kind=\"call\"} 4\n"));
  assert_non_null(strstr(text, "\nportero_events_total{kind=\"limit\"} 2\n"));
  assert_non_null(strstr(text, "\nportero_outcomes_total{outcome=\"answered\"} 3\n"));
  assert_non_null(strstr(text, "\nportero_verdicts_total{verdict=\"deny\"} 1\n"));
  assert_non_null(strstr(text, "\nportero_limits_total{limit=\"connections\"} 80\n"));
  assert_non_null(strstr(text, "\nportero_sink_written_total{sink=\"a \\\"name\\\"?\"} 7\n"));
  lab_free(l);
}

static void sinks_add(struct lab *l, const char *name, bool more)
{
  const struct portero_sink sink = {.name = name, .memory = 1};
  struct portero_sink_syslog syslog = {.host = "127.0.34.1"};
  struct portero_sink_file file = {.path = "/dev/null"};

  assert_true(portero_is_ok(portero_book_add_file(l->book, &sink, &file)));
  assert_true(portero_is_ok(portero_book_add_output(l->book, &sink, STDERR_FILENO)));
  if (!more)
    return;
  assert_true(portero_is_ok(portero_book_add_output(l->book, &sink, STDOUT_FILENO)));
  syslog.way = PORTERO_SYSLOG_UDP;
  assert_true(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
  syslog.port = 1514;
  assert_true(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
  syslog.way = PORTERO_SYSLOG_TCP;
  assert_true(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
  syslog.host = "::1";
  syslog.port = 0;
  assert_true(portero_is_ok(portero_book_add_syslog(l->book, &sink, &syslog)));
}

/* No two lines of the metrics are about the same thing, however many sinks write to one place. */
static void names_tell_sinks_apart(void **state)
{
  static const char *const names[] = {"/dev/null",
                                      "stderr",
                                      "stdout",
                                      "udp:127.0.34.1:514",
                                      "udp:127.0.34.1:1514",
                                      "tcp:127.0.34.1:1514",
                                      "tcp:[::1]:514",
                                      "/dev/null:2",
                                      "stderr:2",
                                      "stderr:2:2",
                                      "stderr:2:3",
                                      "stderr:3",
                                      "stderr:4"};
  struct portero_sink_stats stats[16];
  struct lab *l = lab_new();
  char text[32768], line[128];

  (void)state;
  sinks_add(l, NULL, true);
  sinks_add(l, NULL, false);
  sinks_add(l, "stderr:2", false);
  sinks_add(l, "stderr", false);
  assert_int_equal(portero_book_stats(l->book, stats, 16), sizeof names / sizeof *names);
  metrics_of(l, text, sizeof text);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *found;
    assert_string_equal(stats[i].name, names[i]);
    (void)snprintf(line, sizeof line, "\nportero_sink_failing{sink=\"%s\"} ", names[i]);
    found = strstr(text, line);
    assert_non_null(found);
    assert_null(strstr(found + 1, line));
  }
  lab_free(l);
}

static void names_of_limits_are_bounded(void **state)
{
  struct lab *l = lab_new();
  struct portero_event e = {.kind = PORTERO_EVENT_LIMIT};
  char text[16384], name[64];

  (void)state;
  e.reason = name;
  for (unsigned i = 0; i < 200; i++) {
    (void)snprintf(name, sizeof name, "limit-%u", i);
    portero_book_tell(l->book, &e);
  }
  metrics_of(l, text, sizeof text);
  assert_non_null(strstr(text, "\nportero_limits_total{limit=\"limit-63\"} 1\n"));
  assert_null(strstr(text, "limit-64"));
  assert_non_null(strstr(text, "\nportero_limits_total{limit=\"other\"} 136\n"));
  lab_free(l);
}

static void ask(uint16_t port, const char *request, char *text, size_t size)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t have = 0;
  ssize_t n;

  assert_int_equal(inet_pton(AF_INET, "127.0.79.9", &address.sin_addr), 1);
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
  while ((n = recv(fd, text + have, size - 1 - have, 0)) > 0)
    have += (size_t)n;
  text[have] = 0;
  (void)close(fd);
}

static void metrics_are_served_on_loopback(void **state)
{
  static const char *const elsewhere[] = {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "localhost"};
  struct lab *l = lab_new();
  char text[16384];
  uint16_t port = 0;

  (void)state;
  for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
    assert_true(portero_is_local(portero_book_serve_metrics(l->book, elsewhere[i], 0, NULL),
                                 PORTERO_LOCAL_USAGE));
  assert_true(portero_is_ok(portero_book_serve_metrics(l->book, "127.0.79.9", 0, &port)));
  assert_true(portero_is_local(portero_book_serve_metrics(l->book, "127.0.79.9", 0, NULL),
                               PORTERO_LOCAL_EXISTS));
  tell(l, 1, 7);
  ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text);
  assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
  assert_non_null(strstr(text, "\nportero_events_total{kind=\"call\"} 7\n"));
  ask(port, "GET /other HTTP/1.1\r\n\r\n", text, sizeof text);
  assert_memory_equal(text, "HTTP/1.1 404 ", 13);
  ask(port, "POST /metrics HTTP/1.1\r\n\r\n", text, sizeof text);
  assert_memory_equal(text, "HTTP/1.1 405 ", 13);
  lab_free(l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_keep_their_order),
      cmocka_unit_test(nothing_is_told_to_no_book),
      cmocka_unit_test(a_time_of_none_is_now),
      cmocka_unit_test(zeek_files_have_head_and_foot),
      cmocka_unit_test(what_cannot_be_is_refused),
      cmocka_unit_test(there_is_an_end_to_sinks),
      cmocka_unit_test(filters_let_through_what_they_should),
      cmocka_unit_test(networks_are_read),
      cmocka_unit_test(the_lost_are_counted_to_the_last),
      cmocka_unit_test(a_full_disk_stops_nobody),
      cmocka_unit_test(torn_records_are_taken_back),
      cmocka_unit_test(many_threads_tell),
      cmocka_unit_test(files_rotate_by_size),
      cmocka_unit_test(dated_files_rotate_too),
      cmocka_unit_test(files_rotate_by_age),
      cmocka_unit_test(a_record_longer_than_a_file_has_one),
      cmocka_unit_test(files_are_opened_anew),
      cmocka_unit_test(what_is_there_is_added_to),
      cmocka_unit_test(long_texts_do_not_hide_a_record),
      cmocka_unit_test(syslog_goes_to_the_local_socket),
      cmocka_unit_test(the_journal_gets_what_it_reads),
      cmocka_unit_test(metrics_count),
      cmocka_unit_test(names_tell_sinks_apart),
      cmocka_unit_test(names_of_limits_are_bounded),
      cmocka_unit_test(metrics_are_served_on_loopback),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
