/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/serve_book.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_MILLISECONDS 3000u

bool serve_book_wanted(const struct config *c)
{
  return c->n_sinks > 0 || c->metrics_port > 0;
}

static void notice(void *user, const char *sink, const char *text)
{
  (void)user;
  (void)fprintf(stderr, "portero: book: %s: %s\n", sink, text);
}

struct portero_book *serve_book_new(void)
{
  const struct portero_book_options options = {notice, NULL};
  struct portero_book *book = NULL;
  portero_status status = portero_book_new(&options, &book);

  if (!portero_is_ok(status))
    (void)fprintf(stderr, "portero serve: the book: out of memory\n");
  return book;
}

static void sink_of(const struct config_sink *s, struct portero_sink *out_sink)
{
  memset(out_sink, 0, sizeof *out_sink);
  out_sink->form = s->form ? (enum portero_form)(s->form - 1) : PORTERO_FORM_JSON;
  out_sink->memory = s->memory;
  out_sink->filter.kinds = s->kinds;
  out_sink->filter.outcomes = s->outcomes;
  out_sink->filter.severity = s->severity < 7 ? (uint8_t)s->severity : 0;
  out_sink->filter.interfaces = s->interfaces.values;
  out_sink->filter.n_interfaces = s->interfaces.count;
  out_sink->filter.sources = s->sources.values;
  out_sink->filter.n_sources = s->sources.count;
}

static portero_status add_file(struct portero_book *book, const struct portero_sink *sink,
                               const struct config_sink *s)
{
  const struct portero_sink_file file = {.path = s->file,
                                         .rotate_size = s->rotate_size,
                                         .rotate_age = s->rotate_age,
                                         .keep = s->keep,
                                         .dated = s->dated};

  return portero_book_add_file(book, sink, &file);
}

static portero_status add_syslog(struct portero_book *book, const struct portero_sink *sink,
                                 const struct config_sink *s)
{
  struct portero_sink_syslog syslog;

  memset(&syslog, 0, sizeof syslog);
  syslog.way = (enum portero_syslog_way)(s->syslog - 1);
  syslog.path = s->path;
  syslog.host = s->host;
  syslog.port = (uint16_t)s->port;
  syslog.ca_file = s->ca_file;
  syslog.origin.facility = (uint8_t)s->facility;
  return portero_book_add_syslog(book, sink, &syslog);
}

static portero_status add(struct portero_book *book, const struct config_sink *s)
{
  struct portero_sink sink;

  sink_of(s, &sink);
  if (s->file)
    return add_file(book, &sink, s);
  if (s->output)
    return portero_book_add_output(
        book, &sink, s->output == CONFIG_OUTPUT_STDOUT ? STDOUT_FILENO : STDERR_FILENO);
  if (s->syslog)
    return add_syslog(book, &sink, s);
  return portero_book_add_journal(book, &sink, strcmp(s->journal, "default") ? s->journal : NULL);
}

/* What the sink is called in messages. */
static const char *name_of(const struct config_sink *s)
{
  static const char *const syslogs[] = {"syslog", "syslog: local", "syslog: udp", "syslog: tcp",
                                        "syslog: tls"};

  if (s->file)
    return s->file;
  if (s->output)
    return s->output == CONFIG_OUTPUT_STDOUT ? "stdout" : "stderr";
  return s->syslog ? syslogs[s->syslog] : "journal";
}

static void explain(const struct config_sink *s, const char *file, portero_status status)
{
  const struct passwd *account = getpwuid(geteuid());
  char text[256];

  (void)fprintf(stderr, "portero serve: ");
  if (file && s->line)
    (void)fprintf(stderr, "%s:%u: ", file, s->line);
  (void)fprintf(stderr, "book: %s: %s\n", name_of(s),
                portero_status_text(status, text, sizeof text));
  if (status.klass != PORTERO_CLASS_SYSTEM || !s->file)
    return;
  if (status.code == EACCES || status.code == EPERM || status.code == EROFS)
    (void)fprintf(stderr,
                  "  the mapper writes its book as %s, also when files are renamed: the folder has "
                  "to belong to\n  that account (chown), and under systemd to be writable "
                  "(/var/log/portero is)\n",
                  account ? account->pw_name : "the account it becomes");
  if (status.code == ENOENT)
    (void)fprintf(stderr, "  the folder has to be there: it is not made\n");
}

static bool metrics_open(struct portero_book *book, const struct config *c)
{
  const char *address = c->metrics_address ? c->metrics_address : "127.0.0.1";
  portero_status status;
  char text[256];

  if (c->metrics_port == 0)
    return true;
  status = portero_book_serve_metrics(book, address, (uint16_t)c->metrics_port, NULL);
  if (portero_is_ok(status))
    return true;
  (void)fprintf(stderr, "portero serve: metrics: %s port %u: %s\n", address, c->metrics_port,
                portero_status_text(status, text, sizeof text));
  return false;
}

bool serve_book_open(struct portero_book *book, const struct config *c, const char *file)
{
  portero_status status;

  for (uint32_t i = 0; i < c->n_sinks; i++) {
    status = add(book, &c->sinks[i]);
    if (portero_is_ok(status))
      continue;
    explain(&c->sinks[i], file, status);
    return false;
  }
  return metrics_open(book, c);
}

void serve_book_close(struct portero_book *book)
{
  struct portero_sink_stats stats[CONFIG_SINK_MAX];
  size_t n;

  if (!book)
    return;
  if (!portero_is_ok(portero_book_flush(book, FLUSH_MILLISECONDS))) {
    n = portero_book_stats(book, stats, CONFIG_SINK_MAX);
    for (size_t i = 0; i < n; i++)
      if (stats[i].waiting)
        (void)fprintf(stderr, "portero: book: %s: %llu records could not be written\n",
                      stats[i].name, (unsigned long long)stats[i].waiting);
  }
  portero_book_free(book);
}
