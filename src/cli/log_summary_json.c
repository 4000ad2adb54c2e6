/* SPDX-License-Identifier: Apache-2.0 */
/* The summary for a machine: one object. */
#include "src/cli/log_summary.h"
#include "src/cli/output.h"
#include "src/events/text.h"

#define SECOND  UINT64_C(1000000000)
#define SHOWN   50u
#define COLUMNS LOG_HISTOGRAM_COLUMNS

static void time_member(struct out_json *j, const char *key, uint64_t time)
{
  char text[40];
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, sizeof text - 1);
  text_time(&w, time, 'T');
  text_char(&w, 'Z');
  text[w.size] = 0;
  out_text(j, key, text);
}

static void entry_begin(struct out_json *j, const struct log_top_entry *e)
{
  out_begin(j, NULL, '{');
  out_text(j, "name", e->name);
  out_number(j, "count", e->count);
  if (e->error)
    out_number(j, "error", e->error);
}

/* Behind each table: whether it holds everything. */
static void rest(struct out_json *j, const char *key, const struct log_top *t)
{
  out_begin(j, key, '{');
  out_number(j, "known", t->n);
  out_bool(j, "complete", t->displaced == 0);
  out_end(j, '}');
}

static void table(struct out_json *j, const char *key, const struct log_top *t)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(t, top, SHOWN);

  out_begin(j, key, '[');
  for (size_t i = 0; i < n; i++) {
    entry_begin(j, top[i]);
    out_end(j, '}');
  }
  out_end(j, ']');
}

static void sources(struct out_json *j, const struct log_summary *s)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(&s->sources, top, SHOWN);
  enum log_told which = log_summary_told(s);

  out_begin(j, "sources", '[');
  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    entry_begin(j, top[i]);
    out_number(j, "calls", source->told[which].calls);
    out_number(j, "refused", source->refused + source->told[which].refused);
    time_member(j, "first", source->first);
    time_member(j, "last", source->last);
    out_number(j, "hours", source->hours);
    out_number(j, "most_calls_in_a_second", source->told[which].most);
    out_end(j, '}');
  }
  out_end(j, ']');
}

static void accounts(struct out_json *j, const struct log_summary *s)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(&s->accounts, top, SHOWN);

  out_begin(j, "accounts", '[');
  for (size_t i = 0; i < n; i++) {
    const struct log_account *account = log_top_extra(&s->accounts, top[i]);
    entry_begin(j, top[i]);
    out_number(j, "calls", account->calls);
    out_number(j, "logins", account->logins);
    out_number(j, "failed", account->failed);
    out_end(j, '}');
  }
  out_end(j, ']');
}

static void persistent(struct out_json *j, const struct log_summary *s)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_summary_persistent(s, top, SHOWN);

  out_begin(j, "persistent", '[');
  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    out_begin(j, NULL, '{');
    out_text(j, "name", top[i]->name);
    out_number(j, "hours", source->hours);
    out_end(j, '}');
  }
  out_end(j, ']');
}

static void bursts(struct out_json *j, const struct log_summary *s)
{
  const struct log_top_entry *top[SHOWN];
  enum log_told which = log_summary_told(s);
  size_t n = log_summary_bursts(s, top, SHOWN);

  out_begin(j, "bursts", '[');
  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    out_begin(j, NULL, '{');
    out_text(j, "name", top[i]->name);
    out_number(j, "calls", source->told[which].most);
    time_member(j, "second", source->told[which].when * SECOND);
    out_end(j, '}');
  }
  out_end(j, ']');
}

static void over_time(struct out_json *j, const struct log_histogram *h)
{
  uint64_t width = log_histogram_width(h);

  out_begin(j, "over_time", '{');
  if (h->n > 0)
    time_member(j, "from", h->first * width * SECOND);
  out_number(j, "seconds", width);
  out_begin(j, "counts", '[');
  for (size_t i = 0; i < h->n; i++)
    out_number(j, NULL, h->columns[i]);
  out_end(j, ']');
  out_end(j, '}');
}

static void totals(struct out_json *j, const struct log_summary *s, uint64_t unreadable)
{
  const struct log_told_counts *t = &s->told[log_summary_told(s)];

  out_number(j, "records", s->records);
  out_number(j, "unreadable", unreadable);
  out_begin(j, "events", '{');
  for (unsigned i = 0; i < PORTERO_EVENT_KINDS; i++)
    out_number(j, portero_event_name((enum portero_event_kind)i), s->kinds[i]);
  out_end(j, '}');
  out_number(j, "connections", s->n_connections);
  out_text(j, "calls_are", log_summary_told(s) == LOG_TOLD_CALLS ? "call" : "request");
  out_number(j, "calls", t->n);
  out_begin(j, "outcomes", '{');
  for (unsigned i = 1; i < PORTERO_OUTCOMES; i++)
    out_number(j, portero_outcome_name((enum portero_outcome)i), t->outcomes[i]);
  out_end(j, '}');
  out_number(j, "tool_calls", t->of_tools);
  out_number(j, "binds_refused", s->binds_refused);
  out_number(j, "logins_failed", s->logins_failed);
  out_number(j, "registrations", log_summary_registrations(s));
  out_number(j, "registrations_refused", s->registrations_refused);
  out_number(j, "alerts_raised", s->alerts_raised);
  out_number(j, "limits_met", s->limits_met);
  out_number(j, "lost", s->lost);
}

void log_summary_json(struct log_summary *s, uint64_t unreadable, FILE *out)
{
  const struct log_told_counts *t = &s->told[log_summary_told(s)];
  struct out_json j = {.stream = out};

  out_begin(&j, NULL, '{');
  if (s->records > 0) {
    time_member(&j, "from", s->first);
    time_member(&j, "to", s->last);
  }
  totals(&j, s, unreadable);
  over_time(&j, &t->over_time);
  sources(&j, s);
  table(&j, "operations", &t->operations);
  accounts(&j, s);
  table(&j, "rules", &t->rules);
  table(&j, "tags", &t->tags);
  table(&j, "alerts", &s->alerts);
  table(&j, "limits", &s->limits);
  persistent(&j, s);
  bursts(&j, s);
  out_begin(&j, "tables", '{');
  rest(&j, "sources", &s->sources);
  rest(&j, "operations", &t->operations);
  rest(&j, "accounts", &s->accounts);
  rest(&j, "rules", &t->rules);
  rest(&j, "tags", &t->tags);
  out_end(&j, '}');
  out_end(&j, '}');
}
