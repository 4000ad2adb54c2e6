/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_summary.h"

#include <stdlib.h>

#include "idl/status_rpc.h"
#include "src/events/text.h"

#define SECOND     UINT64_C(1000000000)
#define HOUR       3600u
#define PERSISTENT 4u  /* hours */
#define BURST      10u /* calls in a second */
#define SLOTS      (2 * LOG_SUMMARY_CONNECTIONS)

bool log_summary_init(struct log_summary *s)
{
  bool ok = true;

  memset(s, 0, sizeof *s);
  for (unsigned i = 0; i < LOG_TOLD; i++) {
    ok = log_top_init(&s->told[i].operations, LOG_SUMMARY_NAMES, 0) && ok;
    ok = log_top_init(&s->told[i].rules, LOG_SUMMARY_NAMES, 0) && ok;
    ok = log_top_init(&s->told[i].tags, LOG_SUMMARY_NAMES, 0) && ok;
  }
  ok = log_top_init(&s->sources, LOG_SUMMARY_SOURCES, sizeof(struct log_source)) && ok;
  ok = log_top_init(&s->accounts, LOG_SUMMARY_NAMES, sizeof(struct log_account)) && ok;
  ok = log_top_init(&s->alerts, LOG_SUMMARY_NAMES, 0) && ok;
  ok = log_top_init(&s->limits, LOG_SUMMARY_NAMES, 0) && ok;
  s->connections = calloc(SLOTS, sizeof *s->connections);
  return ok && s->connections;
}

void log_summary_deinit(struct log_summary *s)
{
  for (unsigned i = 0; i < LOG_TOLD; i++) {
    log_top_deinit(&s->told[i].operations);
    log_top_deinit(&s->told[i].rules);
    log_top_deinit(&s->told[i].tags);
  }
  log_top_deinit(&s->sources);
  log_top_deinit(&s->accounts);
  log_top_deinit(&s->alerts);
  log_top_deinit(&s->limits);
  free(s->connections);
  s->connections = NULL;
}

enum log_told log_summary_told(const struct log_summary *s)
{
  return s->told[LOG_TOLD_CALLS].n == 0 && s->told[LOG_TOLD_REQUESTS].n > 0 ? LOG_TOLD_REQUESTS
                                                                            : LOG_TOLD_CALLS;
}

uint64_t log_summary_registrations(const struct log_summary *s)
{
  return s->kinds[PORTERO_EVENT_REGISTERED] - s->registrations_refused;
}

/* The status interface is served over the local socket alone; from elsewhere it is a stranger's try. */
static bool is_of_tools(const struct portero_event *e)
{
  return !text_has_address(&e->source) && e->interface &&
         portero_uuid_equal(&e->interface->uuid, &mapper_status_stub.id.uuid);
}

static uint64_t times(const struct portero_event *e)
{
  return e->count ? e->count : 1;
}

/* Counts in a book may be anybody's. */
static void grow(uint64_t *n, uint64_t by)
{
  if (__builtin_add_overflow(*n, by, n))
    *n = UINT64_MAX;
}

static bool is_refusal(const struct portero_event *e)
{
  return e->outcome == PORTERO_OUTCOME_DENIED || e->outcome == PORTERO_OUTCOME_FAILED;
}

static uint64_t value_hours(const struct log_top_entry *entry, const void *extra)
{
  const struct log_source *source = extra;

  (void)entry;
  return source->hours >= PERSISTENT ? source->hours : 0;
}

static uint64_t value_calls(const struct log_top_entry *entry, const void *extra)
{
  const struct log_source *source = extra;
  uint32_t most = source->told[LOG_TOLD_CALLS].most;

  (void)entry;
  return most >= BURST ? most : 0;
}

static uint64_t value_requests(const struct log_top_entry *entry, const void *extra)
{
  const struct log_source *source = extra;
  uint32_t most = source->told[LOG_TOLD_REQUESTS].most;

  (void)entry;
  return most >= BURST ? most : 0;
}

size_t log_summary_persistent(const struct log_summary *s, const struct log_top_entry **out_entries,
                              size_t n)
{
  return log_top_select(&s->sources, value_hours, out_entries, n);
}

size_t log_summary_bursts(const struct log_summary *s, const struct log_top_entry **out_entries,
                          size_t n)
{
  return log_top_select(&s->sources,
                        log_summary_told(s) == LOG_TOLD_CALLS ? value_calls : value_requests,
                        out_entries, n);
}

/* ---- connections ---- */

/* Half full at most, so a free slot is near. */
static void connection_add(struct log_summary *s, uint64_t connection)
{
  size_t at = (size_t)(connection * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SLOTS;

  if (connection == 0 || s->n_connections == LOG_SUMMARY_CONNECTIONS)
    return;
  while (s->connections[at] && s->connections[at] != connection)
    at = (at + 1) % SLOTS;
  if (s->connections[at])
    return;
  s->connections[at] = connection;
  s->n_connections++;
}

/* ---- names ---- */

static const char *finish(struct portero_writer *w, char *text, size_t size)
{
  text[w->size < size ? w->size : size - 1] = 0;
  return text;
}

static const char *source_name(const struct portero_event *e, char text[LOG_TOP_NAME])
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, LOG_TOP_NAME - 1);
  if (text_has_address(&e->source))
    text_address(&w, e->source.ip);
  else
    text_raw(&w, "local");
  return finish(&w, text, LOG_TOP_NAME);
}

static void put_cut(struct portero_writer *w, const char *text)
{
  size_t room = w->capacity - w->size, size = strlen(text);

  portero_write_bytes(w, text, size < room ? size : room);
}

static const char *operation_name(const struct portero_event *e, char text[LOG_TOP_NAME])
{
  const char *interface = text_interface(e), *operation = text_operation(e);
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, LOG_TOP_NAME - 1);
  if (interface)
    put_cut(&w, interface);
  else if (e->interface)
    text_uuid(&w, &e->interface->uuid);
  put_cut(&w, ".");
  if (operation)
    put_cut(&w, operation);
  else
    text_number(&w, e->opnum);
  return finish(&w, text, LOG_TOP_NAME);
}

static const char *account_name(const struct portero_event *e, char text[LOG_TOP_NAME])
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, LOG_TOP_NAME - 1);
  if (e->domain && *e->domain) {
    put_cut(&w, e->domain);
    put_cut(&w, "\\");
  }
  put_cut(&w, e->account);
  return finish(&w, text, LOG_TOP_NAME);
}

/* ---- one record ---- */

/* Books are written in the order of time; what comes late counts for the present second. */
static void source_call(struct log_source_calls *c, const struct portero_event *e)
{
  uint64_t second = e->time / SECOND;

  c->calls++;
  c->refused += is_refusal(e);
  if (second > c->second) {
    c->second = second;
    c->now = 0;
  }
  if (++c->now > c->most) {
    c->most = c->now;
    c->when = c->second;
  }
}

/* On this host a connection is nobody before it asks for something: it may be a tool's. */
static bool is_of_somebody(const struct portero_event *e)
{
  if (text_has_address(&e->source))
    return true;
  return e->connection && e->kind != PORTERO_EVENT_OPENED && e->kind != PORTERO_EVENT_CLOSED;
}

static void source_add(struct log_summary *s, const struct portero_event *e)
{
  uint64_t hour = e->time / SECOND / HOUR;
  char name[LOG_TOP_NAME];
  struct log_source *source;

  if (!is_of_somebody(e))
    return;
  source = log_top_add(&s->sources, source_name(e, name), 1);
  if (source->hours == 0 || e->time < source->first)
    source->first = e->time;
  if (e->time > source->last)
    source->last = e->time;
  if (source->hours == 0 || hour > source->hour) {
    source->hour = hour;
    source->hours++;
  }
  if (e->kind == PORTERO_EVENT_CALL)
    source_call(&source->told[LOG_TOLD_CALLS], e);
  else if (e->kind == PORTERO_EVENT_REQUEST)
    source_call(&source->told[LOG_TOLD_REQUESTS], e);
  else if (e->kind != PORTERO_EVENT_ALERT && is_refusal(e)) /* what it is about has a record */
    grow(&source->refused, e->kind == PORTERO_EVENT_LIMIT ? times(e) : 1);
}

static void account_add(struct log_summary *s, const struct portero_event *e)
{
  bool login = e->kind == PORTERO_EVENT_AUTHENTICATION;
  char name[LOG_TOP_NAME];
  struct log_account *account;

  if (!e->account || !*e->account || (!login && e->kind != PORTERO_EVENT_CALL))
    return;
  account = log_top_add(&s->accounts, account_name(e, name), 1);
  account->calls += !login;
  account->logins += login;
  account->failed += login && is_refusal(e);
}

static void rule_add(struct log_told_counts *t, const struct portero_event *e)
{
  if (e->rule)
    (void)log_top_add(&t->rules, e->rule, 1);
  for (size_t i = 0; i < e->n_tags; i++)
    (void)log_top_add(&t->tags, e->tags[i], 1);
}

static void call_add(struct log_told_counts *t, const struct portero_event *e)
{
  char name[LOG_TOP_NAME];

  t->n++;
  t->outcomes[e->outcome]++;
  if (e->has_opnum)
    (void)log_top_add(&t->operations, operation_name(e, name), 1);
  log_histogram_add(&t->over_time, e->time / SECOND);
  rule_add(t, e);
}

static void other_add(struct log_summary *s, const struct portero_event *e)
{
  const char *reason = e->reason ? e->reason : "without a name";

  if (e->kind == PORTERO_EVENT_ALERT) {
    (void)log_top_add(&s->alerts, reason, times(e));
    grow(&s->alerts_raised, times(e));
  }
  if (e->kind == PORTERO_EVENT_LIMIT) {
    (void)log_top_add(&s->limits, reason, times(e));
    grow(&s->limits_met, times(e));
  }
  if (e->kind == PORTERO_EVENT_LOST)
    grow(&s->lost, times(e));
  if (e->kind == PORTERO_EVENT_REGISTERED)
    s->registrations_refused += is_refusal(e);
  if (e->kind == PORTERO_EVENT_BIND)
    s->binds_refused += is_refusal(e);
  if (e->kind == PORTERO_EVENT_AUTHENTICATION)
    s->logins_failed += is_refusal(e);
  if (e->kind == PORTERO_EVENT_ALERT)
    return; /* its rule has its call */
  rule_add(&s->told[LOG_TOLD_CALLS], e);
  rule_add(&s->told[LOG_TOLD_REQUESTS], e);
}

static void tools_add(struct log_summary *s, const struct portero_event *e)
{
  s->told[LOG_TOLD_CALLS].of_tools += e->kind == PORTERO_EVENT_CALL;
  s->told[LOG_TOLD_REQUESTS].of_tools += e->kind == PORTERO_EVENT_REQUEST;
  if (e->kind == PORTERO_EVENT_BIND)
    s->binds_refused += is_refusal(e);
}

void log_summary_add(struct log_summary *s, const struct portero_event *e)
{
  if (s->records == 0 || e->time < s->first)
    s->first = e->time;
  if (e->time > s->last)
    s->last = e->time;
  s->records++;
  s->kinds[e->kind]++;
  connection_add(s, e->connection);
  if (is_of_tools(e)) {
    tools_add(s, e);
    return;
  }
  source_add(s, e);
  account_add(s, e);
  if (e->kind == PORTERO_EVENT_CALL)
    call_add(&s->told[LOG_TOLD_CALLS], e);
  else if (e->kind == PORTERO_EVENT_REQUEST)
    call_add(&s->told[LOG_TOLD_REQUESTS], e);
  else
    other_add(s, e);
}
