/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/counters.h"

#include "src/events/text.h"

static const char *const verdicts[COUNTERS_VERDICTS] = {"allow", "deny", "drop", "observe"};

void counters_init(struct counters *c)
{
  (void)pthread_mutex_init(&c->lock, NULL);
}

void counters_deinit(struct counters *c)
{
  (void)pthread_mutex_destroy(&c->lock);
}

static void one_more(atomic_uint_fast64_t *counter)
{
  atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void count_named(struct named_counters *c, const char *name, uint64_t count)
{
  size_t i = 0, length = strlen(name);

  while (i < c->n && strcmp(c->names[i], name) != 0)
    i++;
  if (i == COUNTERS_NAMES || length >= COUNTERS_NAME_SIZE) {
    c->other += count;
    return;
  }
  if (i == c->n) {
    memcpy(c->names[i], name, length + 1);
    c->n++;
  }
  c->values[i] += count;
}

/* A call has other records too: what became of it is counted once, with its end. */
static bool counts_outcome(const struct portero_event *e)
{
  return e->kind != PORTERO_EVENT_REQUEST && e->kind != PORTERO_EVENT_ALERT;
}

void counters_tell(struct counters *c, const struct portero_event *e)
{
  if ((unsigned)e->kind < PORTERO_EVENT_KINDS)
    one_more(&c->kinds[e->kind]);
  if (counts_outcome(e) && (unsigned)e->outcome < PORTERO_OUTCOMES &&
      e->outcome != PORTERO_OUTCOME_NONE)
    one_more(&c->outcomes[e->outcome]);
  for (size_t i = 0; counts_outcome(e) && e->verdict && i < COUNTERS_VERDICTS; i++)
    if (strcmp(e->verdict, verdicts[i]) == 0)
      one_more(&c->verdicts[i]);
  if (!e->reason || (e->kind != PORTERO_EVENT_LIMIT && e->kind != PORTERO_EVENT_ALERT))
    return;
  (void)pthread_mutex_lock(&c->lock);
  count_named(e->kind == PORTERO_EVENT_LIMIT ? &c->limits : &c->alerts, e->reason,
              e->count ? e->count : 1);
  (void)pthread_mutex_unlock(&c->lock);
}

/* ---- as text ---- */

void metric_begin(struct portero_writer *w, const char *name, const char *type, const char *help)
{
  text_raw(w, "# HELP ");
  text_raw(w, name);
  text_char(w, ' ');
  text_raw(w, help);
  text_raw(w, "\n# TYPE ");
  text_raw(w, name);
  text_char(w, ' ');
  text_raw(w, type);
  text_char(w, '\n');
}

static void label_value(struct portero_writer *w, const char *text)
{
  size_t size;

  for (; *text; text += size) {
    uint32_t c = text_next(text, &size);
    if (c == '"' || c == '\\') {
      text_char(w, '\\');
      text_char(w, (char)c);
    } else if (c < 0x20 || c == 0x7f || (size == 1 && c >= 0x80)) {
      text_char(w, '?');
    } else {
      portero_write_bytes(w, text, size);
    }
  }
}

void metric_value(struct portero_writer *w, const char *name, const char *label, const char *of,
                  uint64_t value)
{
  text_raw(w, name);
  text_char(w, '{');
  text_raw(w, label);
  text_raw(w, "=\"");
  label_value(w, of);
  text_raw(w, "\"} ");
  text_number(w, value);
  text_char(w, '\n');
}

static void named_write(const struct named_counters *c, struct portero_writer *w, const char *name,
                        const char *label, const char *help)
{
  metric_begin(w, name, "counter", help);
  for (size_t i = 0; i < c->n; i++)
    metric_value(w, name, label, c->names[i], c->values[i]);
  if (c->other > 0)
    metric_value(w, name, label, "other", c->other);
}

void counters_write(struct counters *c, struct portero_writer *w)
{
  metric_begin(w, "portero_events_total", "counter", "Records told, by kind.");
  for (unsigned i = 0; i < PORTERO_EVENT_KINDS; i++)
    metric_value(w, "portero_events_total", "kind", portero_event_name((enum portero_event_kind)i),
                 atomic_load(&c->kinds[i]));
  metric_begin(w, "portero_outcomes_total", "counter",
               "What became of connections, binds, logins and calls.");
  for (unsigned i = PORTERO_OUTCOME_NONE + 1; i < PORTERO_OUTCOMES; i++)
    metric_value(w, "portero_outcomes_total", "outcome",
                 portero_outcome_name((enum portero_outcome)i), atomic_load(&c->outcomes[i]));
  metric_begin(w, "portero_verdicts_total", "counter",
               "What policy said of binds, calls and registrations.");
  for (unsigned i = 0; i < COUNTERS_VERDICTS; i++)
    metric_value(w, "portero_verdicts_total", "verdict", verdicts[i], atomic_load(&c->verdicts[i]));
  (void)pthread_mutex_lock(&c->lock);
  named_write(&c->limits, w, "portero_limits_total", "limit", "How often a limit was met.");
  named_write(&c->alerts, w, "portero_alerts_total", "alert", "Alerts, by name.");
  (void)pthread_mutex_unlock(&c->lock);
}
