/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server whose one operation does nothing, with a visitors' book and a policy: what they cost.
 *
 * usage: told_server [--book FILE | --stopped] [--calls] [--policy FILE] BINDING
 *
 *   --book FILE    JSON lines to a file
 *   --stopped      JSON lines to a pipe that nobody reads
 *   --calls        of all records those of calls alone
 *   --policy FILE  who may call, portero-policy(5)
 *
 * Prints its string binding; when it is told to end, what became of the records: {"told": ...}.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <portero/policy.h>
#include <portero/sink.h>

#include "bench/null.h"
#include "bench/sockets.h"
#include "src/config/policy_file.h"

#define FLUSH_TIME  10000u /* ms */
#define ROTATE_SIZE (64u << 20)

struct settings {
  const char *book, *policy;
  bool stopped, calls_only;
};

static struct portero_server *server;

static void on_signal(int number)
{
  (void)number;
  portero_server_stop(server);
}

static portero_status add_sink(const struct settings *s, struct portero_book *book)
{
  const struct portero_sink_file file = {.path = s->book, .rotate_size = ROTATE_SIZE, .keep = 1};
  struct portero_sink sink = {.form = PORTERO_FORM_JSON};
  int ends[2];

  if (s->calls_only)
    sink.filter.kinds = 1u << PORTERO_EVENT_CALL;
  if (s->book)
    return portero_book_add_file(book, &sink, &file);
  if (pipe(ends) != 0)
    bench_fail("pipe");
  return portero_book_add_output(book, &sink, ends[1]);
}

static struct portero_book *make_book(const struct settings *s)
{
  struct portero_book *book = NULL;

  if (!s->book && !s->stopped)
    return NULL;
  errno = 0;
  if (!portero_is_ok(portero_book_new(NULL, &book)) || !portero_is_ok(add_sink(s, book)))
    bench_fail("the book cannot be opened");
  return book;
}

static void set_policy(const struct settings *s)
{
  struct portero_policy *policy;
  char message[512];

  if (!s->policy)
    return;
  errno = 0;
  if (!portero_is_ok(portero_policy_load(s->policy, &policy, message, sizeof message)))
    bench_fail(message);
  if (!portero_is_ok(portero_server_set_policy(server, policy)))
    bench_fail("memory");
}

static portero_status serve(const struct settings *s, struct portero_book *book,
                            const char *binding)
{
  const struct portero_server_options options = {.threads = 1,
                                                 .source_limits = &portero_server_limits_none,
                                                 .total_limits = &portero_server_limits_none,
                                                 .book = book};
  portero_status status = portero_server_new(&options, &server);

  if (portero_is_ok(status))
    status = portero_server_add(server, &bench_null_interface, NULL);
  if (portero_is_ok(status))
    status = portero_server_listen(server, binding);
  if (!portero_is_ok(status))
    return status;
  set_policy(s);
  printf("%s\n", portero_server_binding(server, 0));
  (void)fflush(stdout);
  (void)signal(SIGTERM, on_signal);
  (void)signal(SIGINT, on_signal);
  return portero_server_run(server);
}

/* Without a stopped sink all of it is carried out first. */
static void report(const struct settings *s, struct portero_book *book)
{
  struct portero_sink_stats stats;

  if (!book)
    return;
  if (!s->stopped)
    (void)portero_book_flush(book, FLUSH_TIME);
  memset(&stats, 0, sizeof stats);
  (void)portero_book_stats(book, &stats, 1);
  printf("{\"told\": %" PRIu64 ", \"written\": %" PRIu64 ", \"lost\": %" PRIu64
         ", \"waiting\": %" PRIu64 "}\n",
         stats.told, stats.written, stats.lost, stats.waiting);
}

static int parse(struct settings *s, int argc, char **argv)
{
  static const struct option options[] = {{"book", required_argument, NULL, 'b'},
                                          {"stopped", no_argument, NULL, 's'},
                                          {"calls", no_argument, NULL, 'c'},
                                          {"policy", required_argument, NULL, 'p'},
                                          {0}};
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'b')
      s->book = optarg;
    else if (option == 's')
      s->stopped = true;
    else if (option == 'c')
      s->calls_only = true;
    else if (option == 'p')
      s->policy = optarg;
    else
      return -1;
  }
  return optind + 1 == argc ? optind : -1;
}

int main(int argc, char **argv)
{
  struct settings settings = {0};
  int at = parse(&settings, argc, argv);
  struct portero_book *book;
  portero_status status;
  char text[128];

  if (at < 0) {
    (void)fprintf(stderr, "usage: told_server [--book FILE | --stopped] [--calls] [--policy FILE] "
                          "BINDING\n");
    return 2;
  }
  bench_take_descriptors();
  book = make_book(&settings);
  status = serve(&settings, book, argv[at]);
  if (!portero_is_ok(status))
    (void)fprintf(stderr, "told_server: %s\n", portero_status_text(status, text, sizeof text));
  portero_server_free(server);
  report(&settings, book);
  portero_book_free(book);
  return portero_is_ok(status) ? 0 : 1;
}
