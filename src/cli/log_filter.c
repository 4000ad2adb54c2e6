/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <portero/catalog.h>

#include "src/cli/log_record.h"
#include "src/cli/log_time.h"
#include "src/cli/log_words.h"
#include "src/events/text.h"

#define UUIDS_MAX 8u /* interfaces of one name */

struct log_filter_value {
  struct log_filter_value *next;
  struct portero_sink_network network;
  uint64_t connection;
  struct portero_uuid uuids[UUIDS_MAX]; /* of interfaces */
  size_t n_uuids;
  bool has_major, has_minor, has_opnum;
  uint16_t major, minor, opnum;
  char text[]; /* a name; empty: none */
};

/* ---- values ---- */

static bool number_read(const char *text, size_t size, uint16_t *out_number)
{
  unsigned value = 0;

  if (size == 0 || size > 5)
    return false;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    value = 10 * value + (unsigned)(text[i] - '0');
  }
  *out_number = (uint16_t)value;
  return value <= UINT16_MAX;
}

/* "1" or "1.0" */
static bool version_add(struct log_filter_value *v, const char *text)
{
  size_t n = strcspn(text, ".");

  v->has_major = number_read(text, n, &v->major);
  v->has_minor = text[n] == '.' && number_read(text + n + 1, strlen(text + n + 1), &v->minor);
  return v->has_major && (v->has_minor || !text[n]);
}

static bool interface_add(struct log_filter_value *v, char *message)
{
  struct portero_catalog_entry known[UUIDS_MAX];
  char *colon = strchr(v->text, ':');

  if (colon && !version_add(v, colon + 1)) {
    (void)snprintf(message, LOG_FILTER_MESSAGE, "\"%.60s\": expected a version behind the colon",
                   v->text);
    return false;
  }
  if (colon)
    *colon = 0;
  if (portero_uuid_parse(v->text, &v->uuids[0])) {
    v->n_uuids = 1;
    v->text[0] = 0;
    return true;
  }
  v->n_uuids = portero_catalog_find(v->text, strlen(v->text), known, UUIDS_MAX);
  if (v->n_uuids > UUIDS_MAX)
    v->n_uuids = UUIDS_MAX;
  for (size_t i = 0; i < v->n_uuids; i++)
    v->uuids[i] = known[i].syntax.uuid;
  if (v->n_uuids == 0)
    log_word_unknown_interface(v->text, message);
  return true;
}

static bool operation_add(struct log_filter_value *v, char *message)
{
  v->has_opnum = number_read(v->text, strlen(v->text), &v->opnum);
  if (!v->has_opnum && !log_word_is_operation(v->text))
    log_word_unknown_operation(v->text, message);
  return true;
}

static bool source_add(struct log_filter_value *v, char *message)
{
  if (portero_is_ok(portero_sink_network_parse(v->text, &v->network)))
    return true;
  (void)snprintf(message, LOG_FILTER_MESSAGE,
                 "\"%.60s\" is neither an address nor a network, such as 192.0.2.0/24", v->text);
  return false;
}

static bool connection_add(struct log_filter_value *v, char *message)
{
  if (log_uid_read(v->text, &v->connection))
    return true;
  (void)snprintf(message, LOG_FILTER_MESSAGE,
                 "\"%.60s\" is no UID of a connection, C and 17 letters and digits", v->text);
  return false;
}

static bool value_add(struct log_filter *f, enum log_filter_key key, const char *text,
                      char *message)
{
  struct log_filter_value *v = calloc(1, sizeof *v + strlen(text) + 1);
  bool ok = true;

  if (!v) {
    (void)snprintf(message, LOG_FILTER_MESSAGE, "out of memory");
    return false;
  }
  memcpy(v->text, text, strlen(text) + 1);
  v->next = f->values[key];
  f->values[key] = v;
  if (key == LOG_FILTER_INTERFACE)
    ok = interface_add(v, message);
  else if (key == LOG_FILTER_OPERATION)
    ok = operation_add(v, message);
  else if (key == LOG_FILTER_SOURCE)
    ok = source_add(v, message);
  else if (key == LOG_FILTER_CONNECTION)
    ok = connection_add(v, message);
  return ok;
}

void log_filter_deinit(struct log_filter *f)
{
  for (unsigned key = 0; key < LOG_FILTER_KEYS; key++)
    while (f->values[key]) {
      struct log_filter_value *next = f->values[key]->next;
      free(f->values[key]);
      f->values[key] = next;
    }
}

static bool severity_add(struct log_filter *f, const char *text, char *message)
{
  unsigned value;

  if ((*text == '0' || *text == '1') && !text[1]) {
    (void)snprintf(message, LOG_FILTER_MESSAGE,
                   "no record can match: 2, alerts, is the most urgent there is");
    return false;
  }
  if (*text >= '2' && *text <= '7' && !text[1])
    value = (unsigned)(*text - '0');
  else if (!log_word_find(LOG_FILTER_SEVERITY, text, &value, message))
    return false;
  f->severity = (uint8_t)value;
  f->has_severity = true;
  return true;
}

static bool time_add(uint64_t *time, const char *text, uint64_t now, char *message)
{
  if (log_time_parse(text, now, time))
    return true;
  (void)snprintf(message, LOG_FILTER_MESSAGE,
                 "\"%.60s\" is no time: 2026-11-21T04:00:00Z, 2026-11-21, today, yesterday, 90s, "
                 "10m, 2h, 3d or 1w ago",
                 text);
  return false;
}

static bool one_add(struct log_filter *f, enum log_filter_key key, const char *text, char *message)
{
  uint32_t *bits = key == LOG_FILTER_KIND      ? &f->kinds
                   : key == LOG_FILTER_OUTCOME ? &f->outcomes
                   : key == LOG_FILTER_VERDICT ? &f->verdicts
                                               : NULL;
  unsigned value;

  if (!bits)
    return value_add(f, key, text, message);
  if (!log_word_find(key, text, &value, message))
    return false;
  *bits |= UINT32_C(1) << value;
  return true;
}

/* Names that somebody chose may have commas in them. */
static bool is_whole(enum log_filter_key key)
{
  return key == LOG_FILTER_RULE || key == LOG_FILTER_ACCOUNT;
}

bool log_filter_add(struct log_filter *f, enum log_filter_key key, const char *text, uint64_t now,
                    char message[LOG_FILTER_MESSAGE])
{
  char *list, *at, *item;
  bool ok = true;

  message[0] = 0;
  if (key == LOG_FILTER_SINCE || key == LOG_FILTER_UNTIL)
    return time_add(key == LOG_FILTER_SINCE ? &f->since : &f->until, text, now, message);
  if (key == LOG_FILTER_SEVERITY)
    return severity_add(f, text, message);
  if (!*text) {
    (void)snprintf(message, LOG_FILTER_MESSAGE, "expected a value");
    return false;
  }
  if (is_whole(key))
    return one_add(f, key, text, message);
  list = at = strdup(text);
  if (!list)
    return one_add(f, key, text, message);
  while (ok && (item = strsep(&at, ",")) != NULL)
    ok = one_add(f, key, item, message);
  free(list);
  return ok;
}

/* ---- records ---- */

static bool interface_is(const struct log_filter_value *v, const struct portero_event *e)
{
  const char *name = text_interface(e);
  bool same = *v->text && name && strcasecmp(v->text, name) == 0;

  for (size_t i = 0; e->interface && i < v->n_uuids; i++)
    same = same || portero_uuid_equal(&v->uuids[i], &e->interface->uuid);
  if (!same || !v->has_major)
    return same;
  return e->interface && e->interface->major == v->major &&
         (!v->has_minor || e->interface->minor == v->minor);
}

static bool operation_is(const struct log_filter_value *v, const struct portero_event *e)
{
  const char *name = text_operation(e);

  if (v->has_opnum)
    return e->has_opnum && e->opnum == v->opnum;
  return name && strcasecmp(v->text, name) == 0;
}

static bool source_is(const struct log_filter_value *v, const struct portero_event *e)
{
  const struct portero_sink_network *n = &v->network;
  unsigned whole = n->bits / 8, rest = n->bits % 8;

  if (!text_has_address(&e->source) || memcmp(n->ip, e->source.ip, whole) != 0)
    return false;
  return rest == 0 || ((n->ip[whole] ^ e->source.ip[whole]) >> (8 - rest)) == 0;
}

static bool same(const char *text, size_t size, const char *other)
{
  return other && strlen(other) == size && strncasecmp(text, other, size) == 0;
}

/* NAME, DOMAIN\NAME or NAME@DOMAIN. */
static bool account_is(const char *text, const struct portero_event *e)
{
  const char *slash = strchr(text, '\\'), *at = strrchr(text, '@');

  if (!e->account)
    return false;
  if (strcasecmp(text, e->account) == 0)
    return true;
  if (slash)
    return same(text, (size_t)(slash - text), e->domain) && strcasecmp(slash + 1, e->account) == 0;
  return at && same(text, (size_t)(at - text), e->account) && e->domain &&
         strcasecmp(at + 1, e->domain) == 0;
}

/* A technique has its sub-techniques in it: T1003 is T1003.006 too. */
static bool tag_is(const char *text, const struct portero_event *e)
{
  size_t size = strlen(text);

  for (size_t i = 0; i < e->n_tags; i++)
    if (strncasecmp(text, e->tags[i], size) == 0 &&
        (e->tags[i][size] == 0 || e->tags[i][size] == '.'))
      return true;
  return false;
}

static bool value_is(const struct log_filter_value *v, unsigned key, const struct portero_event *e)
{
  if (key == LOG_FILTER_RULE)
    return e->rule && strcmp(v->text, e->rule) == 0;
  if (key == LOG_FILTER_TAG)
    return tag_is(v->text, e);
  if (key == LOG_FILTER_INTERFACE)
    return interface_is(v, e);
  if (key == LOG_FILTER_OPERATION)
    return operation_is(v, e);
  if (key == LOG_FILTER_SOURCE)
    return source_is(v, e);
  if (key == LOG_FILTER_ACCOUNT)
    return account_is(v->text, e);
  return e->connection == v->connection;
}

static bool verdict_is(const struct log_filter *f, const struct portero_event *e)
{
  if (!f->verdicts)
    return true;
  for (unsigned i = 0; e->verdict && log_verdict_name(i); i++)
    if (f->verdicts >> i & 1 && strcmp(e->verdict, log_verdict_name(i)) == 0)
      return true;
  return false;
}

bool log_filter_matches(const struct log_filter *f, const struct portero_event *e)
{
  if (f->kinds && !(f->kinds >> e->kind & 1))
    return false;
  if (f->outcomes && !(f->outcomes >> e->outcome & 1))
    return false;
  if (e->time < f->since || (f->until && e->time >= f->until))
    return false;
  if (f->has_severity && portero_event_severity(e) > f->severity)
    return false;
  if (!verdict_is(f, e))
    return false;
  for (unsigned key = 0; key < LOG_FILTER_KEYS; key++) {
    const struct log_filter_value *v = f->values[key];
    bool any = !v;
    for (; v && !any; v = v->next)
      any = value_is(v, key, e);
    if (!any)
      return false;
  }
  return true;
}
