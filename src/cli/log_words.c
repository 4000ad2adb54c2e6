/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_words.h"

#include <stdio.h>

#include <portero/catalog.h>

#include "src/config/similar.h"

const char *log_verdict_name(unsigned verdict)
{
  static const char *const names[] = {"allow", "deny", "drop", "observe"};

  return verdict < sizeof names / sizeof *names ? names[verdict] : NULL;
}

/* Syslog's, [RFC5424] 6.2.1, from the most urgent that a record has; alerts are called alerts too. */
static const struct {
  const char *name;
  unsigned value;
} severities[] = {{"alert", 2},  {"crit", 2}, {"err", 3},  {"warning", 4},
                  {"notice", 5}, {"info", 6}, {"debug", 7}};

static const char *severity_name(unsigned row)
{
  return row < sizeof severities / sizeof *severities ? severities[row].name : NULL;
}

/* Outcomes: the first one has no word. */
static const char *word(enum log_filter_key key, unsigned value)
{
  if (key == LOG_FILTER_KIND)
    return value < PORTERO_EVENT_KINDS ? portero_event_name((enum portero_event_kind)value) : NULL;
  if (key == LOG_FILTER_OUTCOME)
    return value < PORTERO_OUTCOMES ? portero_outcome_name((enum portero_outcome)value) : NULL;
  return key == LOG_FILTER_VERDICT ? log_verdict_name(value) : severity_name(value);
}

static void tell_words(enum log_filter_key key, const char *text, const char *similar,
                       char message[LOG_FILTER_MESSAGE])
{
  int n = snprintf(message, LOG_FILTER_MESSAGE, "\"%.40s\" is none of", text);

  for (unsigned i = 0; word(key, i) && n > 0 && n < (int)LOG_FILTER_MESSAGE; i++)
    if (*word(key, i))
      n += snprintf(message + n, LOG_FILTER_MESSAGE - (size_t)n, " %s", word(key, i));
  if (similar && n > 0 && n < (int)LOG_FILTER_MESSAGE)
    (void)snprintf(message + n, LOG_FILTER_MESSAGE - (size_t)n, "; did you mean \"%s\"?", similar);
}

bool log_word_find(enum log_filter_key key, const char *text, unsigned *out_value,
                   char message[LOG_FILTER_MESSAGE])
{
  struct similar s;

  similar_init(&s, text);
  for (unsigned i = 0; word(key, i); i++) {
    if (*text && strcmp(word(key, i), text) == 0) {
      *out_value = key == LOG_FILTER_SEVERITY ? severities[i].value : i;
      return true;
    }
    similar_offer(&s, *word(key, i) ? word(key, i) : NULL);
  }
  tell_words(key, text, s.best, message);
  return false;
}

/* ---- the catalog ---- */

static void tell_unknown(const char *what, const char *name, const char *similar,
                         char message[LOG_FILTER_MESSAGE])
{
  if (similar)
    (void)snprintf(message, LOG_FILTER_MESSAGE, "no %s \"%.60s\" is known; did you mean \"%s\"?",
                   what, name, similar);
  else
    (void)snprintf(message, LOG_FILTER_MESSAGE, "no %s \"%.60s\" is known", what, name);
}

void log_word_unknown_interface(const char *name, char message[LOG_FILTER_MESSAGE])
{
  struct portero_catalog_entry entry;
  struct similar s;

  similar_init(&s, name);
  for (size_t i = 0; portero_catalog_at(i, &entry); i++)
    similar_offer(&s, entry.name);
  tell_unknown("interface", name, s.best, message);
}

bool log_word_is_operation(const char *name)
{
  struct portero_catalog_entry entry;
  uint16_t opnum;

  for (size_t i = 0; portero_catalog_at(i, &entry); i++)
    if (portero_catalog_find_operation(&entry.syntax.uuid, name, strlen(name), &opnum))
      return true;
  return false;
}

/* Opnums have gaps; the highest that has a name is not far behind the number of names. */
void log_word_unknown_operation(const char *name, char message[LOG_FILTER_MESSAGE])
{
  struct portero_catalog_entry entry;
  struct similar s;

  similar_init(&s, name);
  for (size_t i = 0; portero_catalog_at(i, &entry); i++)
    for (size_t op = 0, seen = 0; seen < entry.n_operations && op <= UINT16_MAX; op++) {
      const char *known = portero_catalog_operation(&entry.syntax.uuid, (uint16_t)op);
      seen += known != NULL;
      similar_offer(&s, known);
    }
  tell_unknown("operation", name, s.best, message);
}
