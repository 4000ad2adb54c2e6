/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sink: two batches that change places, a thread, and the way out.
 *
 * Tellers add to the batch in front under a short lock. The thread takes it whole by swapping it
 * with its own empty one, and carries it out without the lock. A batch in front that is full makes
 * the sink lag: from then on telling costs one counter, until the next swap. Then a note with the
 * number of the lost is the first in the new batch: it stands where they would have stood.
 */
#ifndef PORTERO_SINKS_SINK_H
#define PORTERO_SINKS_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <portero/sink.h>

#include "src/sinks/batch.h"

#define SINK_RECORD_SIZE 32768u /* the longest record */

struct sink;

enum sink_result {
  SINK_WRITTEN,
  SINK_AGAIN, /* later, perhaps; out_why says why */
  SINK_NEVER, /* the first record left can never be written */
};

/* A way out; only the sink's thread calls it. An implementation embeds struct sink first. */
struct sink_ops {
  /*
   * Records of b from number *at on; *at is moved on behind those that are out. May take fewer than
   * all. Gives up (AGAIN) when s->stopping is set while it waits.
   */
  enum sink_result (*write)(struct sink *s, const struct batch *b, size_t *at,
                            portero_status *out_why);
  void (*reopen)(struct sink *s);
  void (*tick)(struct sink *s);  /* NULL, or once a second at least and before each batch */
  void (*close)(struct sink *s); /* the thread is gone */
};

struct sink {
  const struct sink_ops *ops;
  char *name;
  enum portero_form form;
  bool framed;      /* syslog with octet counting */
  char *host, *app; /* the texts of origin */
  struct portero_syslog_origin origin;
  struct portero_book_options notices;

  uint32_t kinds, outcomes; /* the filter; never 0 */
  uint8_t severity;
  struct portero_uuid *interfaces;
  size_t n_interfaces;
  struct portero_sink_network *sources;
  size_t n_sources;

  pthread_t thread;
  bool has_thread;
  pthread_mutex_t lock;
  pthread_cond_t wake, idle;
  atomic_bool lagging, stopping;
  atomic_uint_fast64_t lost;

  /* under the lock */
  struct batch front;
  bool waiting; /* for records: a teller wakes it */
  bool reopen, failing;
  unsigned hurry; /* how many wait in flush */
  uint64_t accepted, written, dropped;
  uint64_t reported; /* of lost, by notes */
  unsigned notes;    /* that are not out yet */

  /* the thread's own */
  struct batch back;
  uint64_t unnoticed; /* of lost, by notices */
  time_t quiet_until;
};

/* Fills in *s, which is zero: no thread yet. On failure nothing is left to free. */
portero_status sink_init(struct sink *s, const struct sink_ops *ops,
                         const struct portero_sink *options, const char *name,
                         const struct portero_book_options *notices);
portero_status sink_start(struct sink *s);
/* Ends the thread, calls close, frees everything and s itself. */
void sink_free(struct sink *s);

bool sink_wants(const struct sink *s, const struct portero_event *e);
void sink_tell(struct sink *s, const struct portero_event *e);
void sink_reopen(struct sink *s);
bool sink_flush(struct sink *s, const struct timespec *deadline);
void sink_stats(struct sink *s, struct portero_sink_stats *out_stats);

/* ---- parts ---- */

/* filter.c */
bool filter_copy(struct sink *s, const struct portero_sink_filter *filter);
uint64_t clock_now(void); /* nanoseconds since 1970 */
/* Milliseconds from now on the steady clock, as condition variables of ours want it. */
struct timespec clock_deadline(uint64_t milliseconds);
/* form.c: which kinds a form has; one record, false when it does not fit. */
uint32_t form_kinds(enum portero_form form);
void form_write(const struct sink *s, struct portero_writer *w, const struct portero_event *e);
/* clip.c: a copy whose texts are all short. */
#define CLIP_SIZE 128u
#define CLIP_TAGS 16u
struct clip {
  struct portero_event e;
  const char *tags[CLIP_TAGS];
  char texts[12 + CLIP_TAGS][CLIP_SIZE];
};
const struct portero_event *clip_event(struct clip *c, const struct portero_event *e);
/* syslog.c: what a record of syslog or the journal says of its sender. */
portero_status sink_set_origin(struct sink *s, const struct portero_syslog_origin *origin);
/* journal.c */
void journal_write(struct portero_writer *w, const struct sink *s, const struct portero_event *e);
/* writer.c: the thread. */
void *writer_run(void *sink);
void sink_notice(const struct sink *s, const char *text);

#endif
