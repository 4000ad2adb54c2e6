/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of a sink: takes batches and carries them out, tries again, tells how many were lost. */
#include "src/sinks/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define TICK          1000u /* milliseconds */
#define PAUSE_FIRST   100u
#define PAUSE_LONGEST 30000u
#define NOTICE_EVERY  10  /* seconds */
#define PAUSE_HURRIED 20u /* while somebody waits in flush */
/* Woken by the first record, it gives others this long to join, so that a write carries many. */
#define GATHER_NANOSECONDS 500000L

void sink_notice(const struct sink *s, const char *text)
{
  if (s->notices.notice)
    s->notices.notice(s->notices.user, s->name, text);
}

/* True when the deadline has passed. */
static bool wait_until(struct sink *s, const struct timespec *deadline)
{
  return pthread_cond_timedwait(&s->wake, &s->lock, deadline) != 0;
}

/* Waits for records, a tick, or the end; then takes what there is. */
static void take(struct sink *s, uint64_t *out_lost)
{
  const struct timespec gather = {0, GATHER_NANOSECONDS};
  struct timespec tick = clock_deadline(TICK);
  struct batch swap;

  *out_lost = 0;
  (void)pthread_mutex_lock(&s->lock);
  if (s->front.n == 0 && s->hurry == 0 && !s->reopen && !atomic_load(&s->stopping)) {
    s->waiting = true;
    while (s->waiting && !s->reopen && s->hurry == 0 && !atomic_load(&s->stopping))
      if (wait_until(s, &tick))
        break;
    if (!s->waiting && s->hurry == 0) {
      (void)pthread_mutex_unlock(&s->lock);
      (void)nanosleep(&gather, NULL);
      (void)pthread_mutex_lock(&s->lock);
    }
    s->waiting = false;
  }
  swap = s->front;
  s->front = s->back;
  s->back = swap;
  *out_lost = atomic_load(&s->lost) - s->reported;
  if (*out_lost == 0)
    atomic_store(&s->lagging, false);
  (void)pthread_mutex_unlock(&s->lock);
}

/* A LOST record as a note; false when there is no room for it. Under the lock. */
static bool add_note(struct sink *s, uint64_t count)
{
  struct portero_event e = {
      .kind = PORTERO_EVENT_LOST, .time = clock_now(), .count = count, .reason = s->name};
  uint8_t buffer[8192];
  struct portero_writer w;

  if (!(form_kinds(s->form) >> PORTERO_EVENT_LOST & 1))
    return true;
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  form_write(s, &w, &e);
  if (w.failed) { /* a long name */
    portero_writer_reset(&w);
    e.reason = NULL;
    form_write(s, &w, &e);
  }
  if (w.failed || !batch_add(&s->front, portero_writer_bytes(&w), true))
    return false;
  s->notes++;
  return true;
}

/*
 * The first record after those that were lost says how many. The front is empty, and whoever no
 * longer sees it lagging waits for the lock: nobody is before the note. Who saw it lagging and counts
 * a moment later, one for each thread that tells, is in the next note.
 */
static void note_lost(struct sink *s)
{
  uint64_t lost;
  bool noted;

  (void)pthread_mutex_lock(&s->lock);
  atomic_store(&s->lagging, false);
  lost = atomic_load(&s->lost) - s->reported;
  noted = add_note(s, lost);
  if (noted)
    s->reported += lost;
  (void)pthread_cond_broadcast(&s->idle);
  (void)pthread_mutex_unlock(&s->lock);
  if (noted)
    s->unnoticed += lost;
}

/* A person is told of losses now and then, however often they come. */
static void notice_lost(struct sink *s)
{
  struct timespec now = clock_deadline(0);
  char text[80];

  if (s->unnoticed == 0 || now.tv_sec < s->quiet_until)
    return;
  (void)snprintf(text, sizeof text, "%" PRIu64 " records were lost", s->unnoticed);
  sink_notice(s, text);
  s->unnoticed = 0;
  s->quiet_until = now.tv_sec + NOTICE_EVERY;
}

static void set_failing(struct sink *s, bool failing, portero_status why)
{
  char reason[160], text[200];
  bool changed;

  (void)pthread_mutex_lock(&s->lock);
  changed = s->failing != failing;
  s->failing = failing;
  (void)pthread_mutex_unlock(&s->lock);
  if (!changed)
    return;
  if (!failing) {
    sink_notice(s, "works again");
    return;
  }
  (void)snprintf(text, sizeof text, "fails: %s", portero_status_text(why, reason, sizeof reason));
  sink_notice(s, text);
}

/* Ends early for reopen and the end; shorter while somebody waits for us. */
static void pause_for(struct sink *s, unsigned milliseconds)
{
  struct timespec deadline;

  (void)pthread_mutex_lock(&s->lock);
  if (s->hurry > 0)
    milliseconds = PAUSE_HURRIED;
  deadline = clock_deadline(milliseconds);
  while (!s->reopen && !atomic_load(&s->stopping) &&
         (s->hurry == 0 || milliseconds <= PAUSE_HURRIED))
    if (wait_until(s, &deadline))
      break;
  (void)pthread_mutex_unlock(&s->lock);
}

static bool reopen_wanted(struct sink *s)
{
  bool wanted;

  (void)pthread_mutex_lock(&s->lock);
  wanted = s->reopen;
  s->reopen = false;
  (void)pthread_mutex_unlock(&s->lock);
  return wanted;
}

/* Records [from, to) of the batch are out, or can never be. */
static void count(struct sink *s, size_t from, size_t to, bool written)
{
  uint64_t n = 0;

  for (size_t i = from; i < to; i++)
    n += !batch_is_note(&s->back, i);
  (void)pthread_mutex_lock(&s->lock);
  s->notes -= (unsigned)(to - from - n);
  *(written ? &s->written : &s->dropped) += n;
  if (!written)
    atomic_fetch_add(&s->lost, n);
  (void)pthread_cond_broadcast(&s->idle);
  (void)pthread_mutex_unlock(&s->lock);
}

static void carry_out(struct sink *s)
{
  unsigned pause = PAUSE_FIRST;
  size_t at = 0;

  while (at < s->back.n && !atomic_load(&s->stopping)) {
    portero_status why = portero_ok();
    size_t before = at;
    enum sink_result result;
    if (reopen_wanted(s))
      s->ops->reopen(s);
    result = s->ops->write(s, &s->back, &at, &why);
    if (at > before && result == SINK_WRITTEN)
      set_failing(s, false, why);
    if (at > before) {
      count(s, before, at, true);
      pause = PAUSE_FIRST;
    }
    if (result == SINK_NEVER) {
      count(s, at, at + 1, false);
      at++;
    }
    if (result != SINK_AGAIN || atomic_load(&s->stopping))
      continue;
    set_failing(s, true, why);
    pause_for(s, pause);
    pause = pause * 2 < PAUSE_LONGEST ? pause * 2 : PAUSE_LONGEST;
  }
  batch_clear(&s->back);
}

void *writer_run(void *sink)
{
  struct sink *s = sink;

  (void)pthread_setname_np(pthread_self(), "portero-sink");
  while (!atomic_load(&s->stopping)) {
    uint64_t lost;
    take(s, &lost);
    if (lost > 0)
      note_lost(s);
    notice_lost(s);
    if (reopen_wanted(s))
      s->ops->reopen(s);
    if (s->ops->tick)
      s->ops->tick(s);
    carry_out(s);
  }
  return NULL;
}
