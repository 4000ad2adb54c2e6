/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/sink.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define MEMORY_DEFAULT (16u << 20)
#define MEMORY_LEAST   (128u << 10)
#define USUAL_SIZE     4096u /* holds nearly every record */

uint64_t clock_now(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct timespec clock_deadline(uint64_t milliseconds)
{
  struct timespec t;

  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += (time_t)(milliseconds / 1000);
  t.tv_nsec += (long)(milliseconds % 1000 * 1000000);
  if (t.tv_nsec >= 1000000000) {
    t.tv_nsec -= 1000000000;
    t.tv_sec++;
  }
  return t;
}

static void memory_deinit(struct sink *s)
{
  batch_deinit(&s->front);
  batch_deinit(&s->back);
  free(s->interfaces);
  free(s->sources);
  free(s->name);
  free(s->host);
  free(s->app);
}

portero_status sink_init(struct sink *s, const struct sink_ops *ops,
                         const struct portero_sink *options, const char *name,
                         const struct portero_book_options *notices)
{
  size_t memory = options->memory ? options->memory : MEMORY_DEFAULT;
  pthread_condattr_t steady;

  if (memory < MEMORY_LEAST)
    memory = MEMORY_LEAST;
  s->ops = ops;
  s->form = options->form;
  s->notices = *notices;
  s->name = strdup(options->name ? options->name : name);
  if (!s->name || !filter_copy(s, &options->filter) || !batch_init(&s->front, memory / 2) ||
      !batch_init(&s->back, memory / 2)) {
    memory_deinit(s);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  (void)pthread_mutex_init(&s->lock, NULL);
  (void)pthread_condattr_init(&steady);
  (void)pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&s->wake, &steady);
  (void)pthread_cond_init(&s->idle, &steady);
  (void)pthread_condattr_destroy(&steady);
  return portero_ok();
}

/* Signals are for the program's own threads. */
portero_status sink_start(struct sink *s)
{
  sigset_t all, before;
  int error;

  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  error = pthread_create(&s->thread, NULL, writer_run, s);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  s->has_thread = error == 0;
  return error ? portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)error) : portero_ok();
}

void sink_free(struct sink *s)
{
  if (s->has_thread) {
    (void)pthread_mutex_lock(&s->lock);
    atomic_store(&s->stopping, true);
    (void)pthread_cond_broadcast(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
  }
  s->ops->close(s);
  (void)pthread_cond_destroy(&s->wake);
  (void)pthread_cond_destroy(&s->idle);
  (void)pthread_mutex_destroy(&s->lock);
  memory_deinit(s);
  free(s);
}

static void push(struct sink *s, const struct portero_writer *w)
{
  bool wake = false;

  if (w->failed) {
    atomic_fetch_add_explicit(&s->lost, 1, memory_order_relaxed);
    return;
  }
  (void)pthread_mutex_lock(&s->lock);
  if (!atomic_load_explicit(&s->lagging, memory_order_relaxed) &&
      batch_add(&s->front, portero_writer_bytes(w), false)) {
    s->accepted++;
    wake = s->waiting;
    s->waiting = false;
  } else {
    atomic_store_explicit(&s->lagging, true, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->lost, 1, memory_order_relaxed);
  }
  (void)pthread_mutex_unlock(&s->lock);
  if (wake)
    (void)pthread_cond_signal(&s->wake);
}

/* Apart, so that the usual record does not pay for so much stack. */
static __attribute__((noinline)) void tell_long(struct sink *s, const struct portero_event *e)
{
  uint8_t buffer[SINK_RECORD_SIZE];
  struct portero_writer w;
  struct clip clip;

  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  form_write(s, &w, e);
  if (w.failed) {
    portero_writer_reset(&w);
    form_write(s, &w, clip_event(&clip, e));
  }
  push(s, &w);
}

void sink_tell(struct sink *s, const struct portero_event *e)
{
  uint8_t buffer[USUAL_SIZE];
  struct portero_writer w;

  if (atomic_load_explicit(&s->lagging, memory_order_relaxed)) {
    atomic_fetch_add_explicit(&s->lost, 1, memory_order_relaxed);
    return;
  }
  portero_writer_init_fixed(&w, buffer, sizeof buffer);
  form_write(s, &w, e);
  if (w.failed)
    tell_long(s, e);
  else
    push(s, &w);
}

void sink_reopen(struct sink *s)
{
  (void)pthread_mutex_lock(&s->lock);
  s->reopen = true;
  (void)pthread_cond_broadcast(&s->wake);
  (void)pthread_mutex_unlock(&s->lock);
}

/* All that was accepted by then is out, and what was lost by then is told. */
static bool flushed(const struct sink *s, uint64_t accepted, uint64_t lost)
{
  return s->written + s->dropped >= accepted && s->reported >= lost && s->notes == 0;
}

bool sink_flush(struct sink *s, const struct timespec *deadline)
{
  uint64_t accepted, lost;
  bool done;

  (void)pthread_mutex_lock(&s->lock);
  accepted = s->accepted;
  lost = atomic_load(&s->lost);
  s->hurry++;
  (void)pthread_cond_broadcast(&s->wake);
  while (!flushed(s, accepted, lost))
    if (pthread_cond_timedwait(&s->idle, &s->lock, deadline) != 0)
      break;
  done = flushed(s, accepted, lost);
  s->hurry--;
  (void)pthread_mutex_unlock(&s->lock);
  return done;
}

/* What lost counts is the tellers' share and what the thread had to drop; only the first was never
 * accepted. */
void sink_stats(struct sink *s, struct portero_sink_stats *out_stats)
{
  (void)pthread_mutex_lock(&s->lock);
  out_stats->name = s->name;
  out_stats->written = s->written;
  out_stats->lost = atomic_load(&s->lost);
  out_stats->waiting = s->accepted - s->written - s->dropped;
  out_stats->told = out_stats->written + out_stats->lost + out_stats->waiting;
  out_stats->failing = s->failing;
  (void)pthread_mutex_unlock(&s->lock);
}
