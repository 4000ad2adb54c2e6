/* SPDX-License-Identifier: Apache-2.0 */
#include "src/config/config_sink.h"

#include <string.h>

#include "src/config/schema.h"

#define WAY_FILE    0x01u
#define WAY_OUTPUT  0x02u
#define WAY_LOCAL   0x04u
#define WAY_NETWORK 0x08u /* syslog over udp or tcp */
#define WAY_TLS     0x10u
#define WAY_JOURNAL 0x20u

/* Keys that do not go with every way. */
static const struct {
  const char *path;
  unsigned ways;
  const char *words;
} limited[] = {
    {"book.form", WAY_FILE | WAY_OUTPUT, "file and output; syslog and the journal have their own"},
    {"book.rotate-size", WAY_FILE, "file"},
    {"book.rotate-age", WAY_FILE, "file"},
    {"book.keep", WAY_FILE, "file"},
    {"book.dated", WAY_FILE, "file"},
    {"book.path", WAY_LOCAL, "syslog: local"},
    {"book.host", WAY_NETWORK | WAY_TLS, "syslog: udp, tcp and tls"},
    {"book.port", WAY_NETWORK | WAY_TLS, "syslog: udp, tcp and tls"},
    {"book.ca-file", WAY_TLS, "syslog: tls"},
    {"book.facility", WAY_LOCAL | WAY_NETWORK | WAY_TLS, "syslog"},
};

/* The kinds that a form has records for. */
static uint32_t form_has(const struct config_sink *s)
{
  const uint32_t call = 1u << PORTERO_EVENT_CALL, bind = 1u << PORTERO_EVENT_BIND;

  if (s->form == PORTERO_FORM_EVE + 1u)
    return call | bind;
  if (s->form == PORTERO_FORM_ZEEK + 1u)
    return call;
  return s->form == PORTERO_FORM_RPCFW + 1u ? 1u << PORTERO_EVENT_REQUEST : UINT32_MAX;
}

static unsigned way_of(const struct config_sink *s)
{
  if (s->file)
    return WAY_FILE;
  if (s->output)
    return WAY_OUTPUT;
  if (s->journal)
    return WAY_JOURNAL;
  if (s->syslog == CONFIG_SYSLOG_LOCAL)
    return WAY_LOCAL;
  return s->syslog == CONFIG_SYSLOG_TLS ? WAY_TLS : WAY_NETWORK;
}

static bool is_seen(const bool *seen, const char *path)
{
  const struct schema_key *key = schema_find(path);

  return key && seen[key - schema_keys];
}

static bool says(char *message, const char *text)
{
  (void)snprintf(message, CONFIG_SINK_MESSAGE_SIZE, "%s", text);
  return false;
}

bool config_sink_fits(const struct config_sink *s, const bool seen[CONFIG_KEY_MAX],
                      char message[CONFIG_SINK_MESSAGE_SIZE])
{
  unsigned n = 0u + (s->file != NULL) + (s->output != 0) + (s->syslog != 0) + (s->journal != NULL);
  unsigned way;

  if (n != 1)
    return says(message, n ? "expected one of file, output, syslog and journal, here are several; "
                             "each is an item of its own"
                           : "expected file, output, syslog or journal: where the records go");
  way = way_of(s);
  for (size_t i = 0; i < sizeof limited / sizeof limited[0]; i++)
    if (!(limited[i].ways & way) && is_seen(seen, limited[i].path)) {
      (void)snprintf(message, CONFIG_SINK_MESSAGE_SIZE, "%s goes with %s",
                     strchr(limited[i].path, '.') + 1, limited[i].words);
      return false;
    }
  if ((way == WAY_NETWORK || way == WAY_TLS) && !s->host)
    return says(message, "host is missing: where syslog goes over the network");
  if (s->journal && strcmp(s->journal, "default") != 0 && s->journal[0] != '/')
    return says(message, "journal: expected default, or the path of a socket");
  if (s->kinds && !(s->kinds & form_has(s)))
    return says(message, "form has no records of these kinds: eve has call and bind, zeek call, "
                         "rpcfw request");
  return true;
}
