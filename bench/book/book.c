/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a book takes records: to a JSON file, and when its sink stands still.
 *
 * usage: book SECONDS [RECORDS-A-SECOND [FILE]]
 * First as many as it takes, from 1 and from 4 threads; then a steady stream of so many a second,
 * which should lose nothing.
 */
#include <portero/sink.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST 4u
#define BURST        100u

static const struct portero_syntax samr = {
    {0x12345778, 0x1234, 0xabcd, {0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xac}}, 1, 0};

struct load {
  struct portero_book *book;
  double seconds;
  uint64_t rate; /* of this thread; 0: as fast as it goes */
  uint64_t told;
  pthread_t thread;
};

static double now(clockid_t clock)
{
  struct timespec t;

  (void)clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *run(void *user)
{
  struct load *l = user;
  struct portero_event e = {
      .kind = PORTERO_EVENT_CALL,
      .time = UINT64_C(1795233600123456789),
      .connection = 3844,
      .source = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 50123},
      .destination = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, 49152},
      .protseq = PORTERO_NCACN_IP_TCP,
      .interface = &samr,
      .has_opnum = true,
      .opnum = 64,
      .bytes_in = 40,
      .bytes_out = 24,
      .duration = 1500000,
      .auth_type = PORTERO_AUTH_KERBEROS,
      .auth_level = PORTERO_LEVEL_PRIVACY,
      .account = "alice",
      .domain = "LAB",
      .outcome = PORTERO_OUTCOME_ANSWERED,
      .verdict = "allow",
      .rule = "admins",
  };
  const struct timespec pause = {0, 200000};
  double begin = now(CLOCK_MONOTONIC), passed;

  while ((passed = now(CLOCK_MONOTONIC) - begin) < l->seconds) {
    if (l->rate > 0 && (double)l->told > passed * (double)l->rate) {
      (void)nanosleep(&pause, NULL);
      continue;
    }
    for (unsigned i = 0; i < BURST; i++) {
      e.call_id = (uint32_t)l->told++;
      portero_book_tell(l->book, &e);
    }
  }
  return NULL;
}

static void measure(const char *what, struct portero_book *book, unsigned threads, double seconds,
                    uint64_t rate)
{
  struct load loads[THREADS_MOST] = {0};
  struct portero_sink_stats before = {0}, after = {0};
  double begin = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID), took;
  uint64_t told = 0;

  (void)portero_book_stats(book, &before, 1);
  for (unsigned i = 0; i < threads; i++) {
    loads[i] = (struct load){.book = book, .seconds = seconds, .rate = rate / threads};
    if (pthread_create(&loads[i].thread, NULL, run, &loads[i]) != 0)
      exit(1);
  }
  for (unsigned i = 0; i < threads; i++) {
    (void)pthread_join(loads[i].thread, NULL);
    told += loads[i].told;
  }
  took = now(CLOCK_MONOTONIC) - begin;
  cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  (void)portero_book_stats(book, &after, 1);
  (void)printf("%-8s %u thread%s %9.0f records/s, %10" PRIu64 " told, %10" PRIu64
               " lost, %5.0f ns of processor a record\n",
               what, threads, threads == 1 ? ", " : "s,", (double)told / took, told,
               after.lost - before.lost, cpu / (double)told * 1e9);
}

static struct portero_book *book_to(const char *path, int fd)
{
  struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  struct portero_sink_file file = {.path = path, .rotate_size = 256u << 20, .keep = 1};
  struct portero_book *book;

  if (!portero_is_ok(portero_book_new(NULL, &book)))
    exit(1);
  if (!portero_is_ok(path ? portero_book_add_file(book, &sink, &file)
                          : portero_book_add_output(book, &sink, fd)))
    exit(1);
  return book;
}

int main(int argc, char **argv)
{
  double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
  uint64_t rate = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
  char path[] = "/tmp/portero-bench-XXXXXX", old[sizeof path + 2];
  const char *name = argc > 3 ? argv[3] : path;
  struct portero_book *book;
  int ends[2], fd = -1;

  if (argc <= 3 && (fd = mkstemp(path)) < 0)
    return 1;
  book = book_to(name, -1);
  measure("most", book, 1, seconds, 0);
  measure("most", book, 4, seconds, 0);
  (void)portero_book_flush(book, 20000);
  measure("steady", book, 1, seconds, rate);
  measure("steady", book, 4, seconds, rate);
  (void)portero_book_flush(book, 20000);
  portero_book_free(book);
  if (pipe(ends) != 0)
    return 1;
  book = book_to(NULL, ends[1]);
  measure("fill", book, 1, 0.1, 0); /* nobody reads: from here on it stands still */
  measure("stopped", book, 1, seconds, 0);
  measure("stopped", book, 4, seconds, 0);
  portero_book_free(book);
  if (fd >= 0) {
    (void)snprintf(old, sizeof old, "%s.1", path);
    (void)unlink(old);
    (void)unlink(path);
    (void)close(fd);
  }
  return 0;
}
