/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_book.h"

#include <stdio.h>
#include <string.h>

#include <portero/policy.h>

#include "src/config/policy_file.h"

#define FLUSH_MS 5000u

static portero_status book_add(struct portero_book *book, const char *text)
{
  const char *path = strchr(text, ':');
  struct portero_sink sink = {.form = PORTERO_FORM_JSON};

  while (path && sink.form < PORTERO_FORMS &&
         strncmp(text, portero_form_name(sink.form), (size_t)(path - text)) != 0)
    sink.form++;
  if (!path++ || sink.form == PORTERO_FORMS)
    return portero_local(PORTERO_LOCAL_USAGE);
  if (sink.form == PORTERO_FORM_SYSLOG)
    return portero_book_add_syslog(book, &sink, &(struct portero_sink_syslog){.path = path});
  if (sink.form == PORTERO_FORM_JOURNAL)
    return portero_book_add_journal(book, &sink, path);
  return portero_book_add_file(book, &sink, &(struct portero_sink_file){.path = path});
}

static void book_notice(void *user, const char *sink, const char *text)
{
  (void)sink;
  portero_notice_print(user, text);
}

portero_status peer_book_open(const char *const *sinks, size_t n, struct portero_book **out_book)
{
  static char name[] = "book";
  const struct portero_book_options options = {.notice = book_notice, .user = name};
  struct portero_book *book;
  portero_status status = portero_book_new(&options, &book);

  if (!portero_is_ok(status))
    return status;
  for (size_t i = 0; i < n && portero_is_ok(status); i++)
    status = book_add(book, sinks[i]);
  if (portero_is_ok(status))
    *out_book = book;
  else
    portero_book_free(book);
  return status;
}

void peer_book_close(struct portero_book *book)
{
  if (!book)
    return;
  (void)portero_book_flush(book, FLUSH_MS);
  portero_book_free(book);
}

portero_status peer_policy_set(struct portero_server *server, const char *path)
{
  struct portero_policy *policy;
  char message[POLICY_MESSAGE_SIZE] = "";
  portero_status status = portero_policy_load(path, &policy, message, sizeof message);

  if (!portero_is_ok(status)) {
    (void)fprintf(stderr, "%s\n", message);
    return status;
  }
  status = portero_server_set_policy(server, policy);
  if (!portero_is_ok(status))
    portero_policy_free(policy);
  return status;
}
