/* SPDX-License-Identifier: Apache-2.0 */
/* What was told, counted for metrics. */
#ifndef PORTERO_SINKS_COUNTERS_H
#define PORTERO_SINKS_COUNTERS_H

#include <pthread.h>
#include <stdatomic.h>

#include <portero/event.h>

#define COUNTERS_NAMES     64u /* beyond them, "other" */
#define COUNTERS_NAME_SIZE 48u

/* How often each name came; names are the program's own, but the table is bounded all the same. */
struct named_counters {
  char names[COUNTERS_NAMES][COUNTERS_NAME_SIZE];
  uint64_t values[COUNTERS_NAMES];
  uint64_t other;
  size_t n;
};

#define COUNTERS_VERDICTS 4u

struct counters {
  atomic_uint_fast64_t kinds[PORTERO_EVENT_KINDS], outcomes[PORTERO_OUTCOMES];
  atomic_uint_fast64_t verdicts[COUNTERS_VERDICTS];
  pthread_mutex_t lock; /* for the names: such events are few */
  struct named_counters limits, alerts;
};

void counters_init(struct counters *c);
void counters_deinit(struct counters *c);
void counters_tell(struct counters *c, const struct portero_event *e);
void counters_write(struct counters *c, struct portero_writer *w);

/* ---- Prometheus' text format 0.0.4 ---- */
void metric_begin(struct portero_writer *w, const char *name, const char *type, const char *help);
void metric_value(struct portero_writer *w, const char *name, const char *label, const char *of,
                  uint64_t value);

#endif
