/* SPDX-License-Identifier: Apache-2.0 */
/* The summary for a person: what fits on a screen or two. */
#include <inttypes.h>

#include "src/cli/log_summary.h"
#include "src/cli/output.h"
#include "src/events/text.h"

#define SECOND     UINT64_C(1000000000)
#define SHOWN      8u /* of each table */
#define NAMED      5u /* of persistent visitors and bursts */
#define COLUMNS    60u
#define NAME_WIDTH 34u
#define LEVELS     8u

static const char *time_text(uint64_t time, char text[32])
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, 31);
  text_time(&w, time, ' ');
  text[19] = 0; /* without decimals */
  return text;
}

/* Foreign text in a column; long ones push the rest of the line. */
static void name(FILE *out, const char *text)
{
  char plain[3 * LOG_TOP_NAME + 1];
  struct portero_writer w;
  size_t columns = 0;

  portero_writer_init_fixed(&w, plain, sizeof plain - 1);
  text_plain(&w, text);
  for (size_t i = 0; i < w.size; i++)
    columns += (w.base[i] & 0xc0) != 0x80;
  (void)fwrite(plain, 1, w.size, out);
  (void)fprintf(out, "%*s", columns < NAME_WIDTH ? (int)(NAME_WIDTH - columns) : 1, "");
}

/* "3 d 4 h", "5 min": the two greatest units. */
static void span_text(uint64_t seconds, char *text, size_t size)
{
  static const struct {
    uint64_t seconds;
    const char *unit;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  unsigned i = 0;
  uint64_t rest;

  while (i < 3 && seconds < units[i].seconds)
    i++;
  rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
  if (rest)
    (void)snprintf(text, size, "%" PRIu64 " %s %" PRIu64 " %s", seconds / units[i].seconds,
                   units[i].unit, rest, units[i + 1].unit);
  else
    (void)snprintf(text, size, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].unit);
}

/* ---- totals ---- */

static void total(FILE *out, uint64_t n, const char *one, const char *many)
{
  if (n)
    (void)fprintf(out, "%12" PRIu64 " %s\n", n, n == 1 ? one : many);
}

static const char *calls_word(enum log_told which, uint64_t n)
{
  if (which == LOG_TOLD_CALLS)
    return n == 1 ? "call" : "calls";
  return n == 1 ? "request" : "requests";
}

static void calls_total(const struct log_summary *s, FILE *out)
{
  enum log_told which = log_summary_told(s);
  const struct log_told_counts *t = &s->told[which];
  const char *before = ": ";

  if (t->n == 0)
    return;
  (void)fprintf(out, "%12" PRIu64 " %s", t->n, calls_word(which, t->n));
  for (unsigned i = 1; i < PORTERO_OUTCOMES; i++)
    if (t->outcomes[i]) {
      (void)fprintf(out, "%s%" PRIu64 " %s", before, t->outcomes[i],
                    portero_outcome_name((enum portero_outcome)i));
      before = ", ";
    }
  (void)fputc('\n', out);
}

static void part(FILE *out, uint64_t n, const char *one, const char *many, uint64_t bad,
                 const char *how)
{
  if (n && bad)
    (void)fprintf(out, "%12" PRIu64 " %s: %" PRIu64 " %s\n", n, n == 1 ? one : many, bad, how);
  else
    total(out, n, one, many);
}

static void total_unreadable(FILE *out, uint64_t n)
{
  total(out, n, "line that is no record", "lines that are no records");
}

static void totals(const struct log_summary *s, uint64_t unreadable, FILE *out)
{
  const char *connections =
      s->n_connections == LOG_SUMMARY_CONNECTIONS ? "connections, or more" : "connections";
  uint64_t of_tools = s->told[log_summary_told(s)].of_tools;

  total(out, s->records, "record", "records");
  total(out, s->n_connections, "connection", connections);
  calls_total(s, out);
  total(out, of_tools, "call of portero's tools on this host, not counted elsewhere",
        "calls of portero's tools on this host, not counted elsewhere");
  part(out, s->kinds[PORTERO_EVENT_BIND], "bind", "binds", s->binds_refused, "refused");
  part(out, s->kinds[PORTERO_EVENT_AUTHENTICATION], "login", "logins", s->logins_failed, "failed");
  total(out, log_summary_registrations(s), "registration", "registrations");
  total(out, s->registrations_refused, "registration refused", "registrations refused");
  total(out, s->kinds[PORTERO_EVENT_POLICY], "change of policy", "changes of policy");
  total(out, s->alerts_raised, "alert", "alerts");
  total(out, s->limits_met, "time a limit was met", "times a limit was met");
  total(out, s->lost, "record lost by the book", "records lost by the book");
  total_unreadable(out, unreadable);
}

/* ---- over time ---- */

static void bar(FILE *out, uint64_t value, uint64_t most, bool unicode)
{
  static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static const char ascii[] = ".:-=+*%#";
  uint64_t level = value == 0 ? 0 : (value - 1) / ((most + LEVELS - 1) / LEVELS);

  level = level < LEVELS ? level : LEVELS - 1;
  if (value == 0)
    (void)fputc(' ', out);
  else if (unicode)
    (void)fputs(blocks[level], out);
  else
    (void)fputc(ascii[level], out);
}

static void over_time(struct log_histogram *h, const char *what, bool unicode, FILE *out)
{
  uint64_t most = 0, width;
  char span[48], from[32], to[32];

  log_histogram_fit(h, COLUMNS);
  if (h->n < 2)
    return;
  for (size_t i = 0; i < h->n; i++)
    most = h->columns[i] > most ? h->columns[i] : most;
  width = log_histogram_width(h);
  span_text(width, span, sizeof span);
  (void)fprintf(out, "\n%s over time, up to %" PRIu64 " in %s\n  ", what, most, span);
  for (size_t i = 0; i < h->n; i++)
    bar(out, h->columns[i], most, unicode);
  (void)fprintf(out, "\n  %s to %s\n", time_text(h->first * width * SECOND, from),
                time_text((h->first + h->n) * width * SECOND, to));
}

/* ---- tables ---- */

static void others(const struct log_top *t, size_t shown, FILE *out)
{
  if (t->displaced)
    (void)fprintf(out, "  more than %zu others\n", t->capacity - shown);
  else if (t->n > shown)
    (void)fprintf(out, "  %zu other%s\n", t->n - shown, t->n - shown == 1 ? "" : "s");
}

/* A count that may be too large says so; exact: what follows one that is not. */
static void count(FILE *out, const struct log_top_entry *e, const char *exact)
{
  (void)fprintf(out, " %9" PRIu64 "%s", e->count, e->error ? "~" : exact);
}

static void table(const struct log_top *t, const char *what, const char *counted, FILE *out)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(t, top, SHOWN);

  if (n == 0)
    return;
  (void)fprintf(out, "\n%-*s  %9s\n", (int)NAME_WIDTH, what, counted);
  for (size_t i = 0; i < n; i++) {
    (void)fputs("  ", out);
    name(out, top[i]->name);
    count(out, top[i], "");
    (void)fputc('\n', out);
  }
  others(t, n, out);
}

static void sources(const struct log_summary *s, FILE *out)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(&s->sources, top, SHOWN);
  enum log_told which = log_summary_told(s);

  if (n == 0)
    return;
  (void)fprintf(out, "\n%-*s  %9s  %9s %9s %6s\n", (int)NAME_WIDTH, "sources", "records",
                calls_word(which, 0), "refused", "hours");
  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    (void)fputs("  ", out);
    name(out, top[i]->name);
    count(out, top[i], " ");
    (void)fprintf(out, " %9" PRIu64 " %9" PRIu64 " %6" PRIu32 "\n", source->told[which].calls,
                  source->refused + source->told[which].refused, source->hours);
  }
  others(&s->sources, n, out);
}

static void accounts(const struct log_summary *s, FILE *out)
{
  const struct log_top_entry *top[SHOWN];
  size_t n = log_top_greatest(&s->accounts, top, SHOWN);

  if (n == 0)
    return;
  (void)fprintf(out, "\n%-*s  %9s  %9s %9s\n", (int)NAME_WIDTH, "accounts", "calls", "logins",
                "failed");
  for (size_t i = 0; i < n; i++) {
    const struct log_account *account = log_top_extra(&s->accounts, top[i]);
    (void)fputs("  ", out);
    name(out, top[i]->name);
    (void)fprintf(out, " %9" PRIu64 "  %9" PRIu64 " %9" PRIu64 "\n", account->calls,
                  account->logins, account->failed);
  }
  others(&s->accounts, n, out);
}

/* ---- who stays, who storms ---- */

static void persistent(const struct log_summary *s, FILE *out)
{
  const struct log_top_entry *top[NAMED];
  char from[32], to[32];
  size_t n = log_summary_persistent(s, top, NAMED);

  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    if (i == 0)
      (void)fputs("\nseen over many hours\n", out);
    (void)fputs("  ", out);
    name(out, top[i]->name);
    (void)fprintf(out, " in %" PRIu32 " hours, %s to %s\n", source->hours,
                  time_text(source->first, from), time_text(source->last, to));
  }
}

static void bursts(const struct log_summary *s, FILE *out)
{
  const struct log_top_entry *top[NAMED];
  enum log_told which = log_summary_told(s);
  size_t n = log_summary_bursts(s, top, NAMED);
  char when[32];

  for (size_t i = 0; i < n; i++) {
    const struct log_source *source = log_top_extra(&s->sources, top[i]);
    if (i == 0)
      (void)fputs("\nbursts\n", out);
    (void)fputs("  ", out);
    name(out, top[i]->name);
    (void)fprintf(out, " %" PRIu32 " %s in one second, %s\n", source->told[which].most,
                  calls_word(which, source->told[which].most),
                  time_text(source->told[which].when * SECOND, when));
  }
}

void log_summary_text(struct log_summary *s, uint64_t unreadable, bool unicode, FILE *out)
{
  enum log_told which = log_summary_told(s);
  struct log_told_counts *t = &s->told[which];
  const char *calls = calls_word(which, 0);
  char from[32], to[32], span[48];

  if (s->records == 0) {
    (void)fputs("no record\n", out);
    total_unreadable(out, unreadable);
    return;
  }
  span_text((s->last - s->first) / SECOND, span, sizeof span);
  (void)fprintf(out, "%s to %s UTC, %s\n\n", time_text(s->first, from), time_text(s->last, to),
                span);
  totals(s, unreadable, out);
  over_time(&t->over_time, calls, unicode, out);
  sources(s, out);
  table(&t->operations, "operations", calls, out);
  accounts(s, out);
  table(&t->rules, "rules", "records", out);
  table(&t->tags, "techniques", "records", out);
  table(&s->alerts, "alerts", "times", out);
  table(&s->limits, "limits", "times", out);
  persistent(s, out);
  bursts(s, out);
}
