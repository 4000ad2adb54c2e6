/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/ways.h"

#include "src/sinks/book.h"

#include <limits.h>
#include <unistd.h>

#define LOCAL_PATH   "/dev/log"
#define JOURNAL_PATH "/run/systemd/journal/socket"
#define SYSLOG_PORT  514u
#define TLS_PORT     6514u
#define FACILITIES   24u

portero_status sink_set_origin(struct sink *s, const struct portero_syslog_origin *origin)
{
  char host[HOST_NAME_MAX + 1] = "";

  (void)gethostname(host, sizeof host - 1);
  s->host = strdup(origin->host ? origin->host : host);
  s->app = strdup(origin->app ? origin->app : "portero");
  if (!s->host || !s->app)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  s->origin = *origin;
  s->origin.host = s->host;
  s->origin.app = s->app;
  if (s->origin.pid == 0)
    s->origin.pid = (uint32_t)getpid();
  return portero_ok();
}

static portero_status add(struct portero_book *book, struct sink *s,
                          const struct portero_syslog_origin *origin)
{
  portero_status status = sink_set_origin(s, origin);

  if (portero_is_ok(status))
    return book_add(book, s);
  sink_free(s);
  return status;
}

portero_status portero_book_add_syslog(struct portero_book *book, const struct portero_sink *sink,
                                       const struct portero_sink_syslog *syslog)
{
  struct portero_sink options = *sink;
  struct portero_sink_syslog with = *syslog;
  bool local = with.way == PORTERO_SYSLOG_LOCAL;
  portero_status status;
  struct sink *s;

  if ((!local && !with.host) || with.origin.facility >= FACILITIES)
    return portero_local(PORTERO_LOCAL_USAGE);
  options.form = PORTERO_FORM_SYSLOG;
  if (with.port == 0)
    with.port = with.way == PORTERO_SYSLOG_TLS ? TLS_PORT : SYSLOG_PORT;
  if (local || with.way == PORTERO_SYSLOG_UDP)
    status = datagram_sink_new(&options, with.path ? with.path : LOCAL_PATH,
                               local ? NULL : with.host, with.port, book_notices(book), &s);
  else
    status = stream_sink_new(&options, &with, book_notices(book), &s);
  return portero_is_ok(status) ? add(book, s, &with.origin) : status;
}

portero_status portero_book_add_journal(struct portero_book *book, const struct portero_sink *sink,
                                        const char *path)
{
  const struct portero_syslog_origin origin = {NULL, NULL, 0, 0, 0};
  struct portero_sink options = *sink;
  portero_status status;
  struct sink *s;

  options.form = PORTERO_FORM_JOURNAL;
  status = datagram_sink_new(&options, path ? path : JOURNAL_PATH, NULL, 0, book_notices(book), &s);
  return portero_is_ok(status) ? add(book, s, &origin) : status;
}
