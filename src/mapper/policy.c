/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: read when the mapper begins, and again while it runs. The server asks it about binds
 * and calls; the mapper keeps a pointer to ask it about registrations, under a lock that a new
 * policy takes too: whoever asks and acts while he holds it acts on the policy of that moment.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <portero/sink.h>

#include "src/mapper/service.h"

void door_init(struct mapper *m)
{
  (void)pthread_mutex_init(&m->door.reload, NULL);
  (void)pthread_mutex_init(&m->door.lock, NULL);
}

void door_deinit(struct mapper *m)
{
  (void)pthread_mutex_destroy(&m->door.reload);
  (void)pthread_mutex_destroy(&m->door.lock);
}

static uint64_t wall_clock(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec;
}

static void tell(struct mapper *m, const struct door_asker *asker, enum portero_outcome outcome,
                 const char *reason)
{
  struct portero_event e;

  memset(&e, 0, sizeof e);
  e.kind = PORTERO_EVENT_POLICY;
  e.outcome = outcome;
  e.reason = reason;
  e.annotation = asker->how;
  record_owner(&e, asker->owner);
  portero_book_tell(m->options.server.book, &e);
}

/* The old one stays. */
static void refused(struct mapper *m, const struct door_asker *asker, const char *message)
{
  struct mapper_door *d = &m->door;

  (void)pthread_mutex_lock(&d->lock);
  (void)snprintf(d->failure, sizeof d->failure, "%s", message);
  d->failed = wall_clock();
  (void)pthread_mutex_unlock(&d->lock);
  tell(m, asker, PORTERO_OUTCOME_FAILED, message);
}

/* out_swept: nothing is left with strangers that the policy reserves for others. */
static portero_status take_over(struct mapper *m, const struct mapper_policy *fresh,
                                bool *out_swept)
{
  struct mapper_door *d = &m->door;
  portero_status status;

  (void)pthread_mutex_lock(&d->lock);
  status = portero_server_set_policy(m->server, fresh->policy);
  if (portero_is_ok(status)) {
    d->policy = fresh->policy;
    d->n_calls = fresh->n_calls;
    d->n_registrations = fresh->n_registrations;
    d->n_reservations = fresh->n_reservations;
    d->loaded = wall_clock();
    d->failure[0] = '\0';
    *out_swept = sweep_strays(m);
  }
  (void)pthread_mutex_unlock(&d->lock);
  return status;
}

static void describe(const char *file, const struct mapper_policy *p, bool swept, char *text,
                     size_t size)
{
  char reserved[64] = "";

  if (p->n_reservations)
    (void)snprintf(reserved, sizeof reserved, ", %zu reservations", p->n_reservations);
  (void)snprintf(text, size, "%s: %zu rules for calls, %zu for registrations%s%s", file, p->n_calls,
                 p->n_registrations, reserved,
                 swept ? "" : "; memory was out: what they reserve may be left with others");
}

portero_status door_load(struct mapper *m, const struct door_asker *asker, char *message,
                         size_t size)
{
  const struct mapper_options *o = &m->options;
  struct mapper_policy fresh = {NULL, 0, 0, 0};
  portero_status status;
  bool swept = true;

  (void)snprintf(message, size, "there is no policy");
  if (!o->policy_read)
    return portero_ok();
  status = o->policy_read(o->policy_user, &fresh, message, size);
  if (portero_is_ok(status)) {
    status = take_over(m, &fresh, &swept);
    if (!portero_is_ok(status)) {
      portero_policy_free(fresh.policy);
      (void)portero_status_text(status, message, size);
    }
  }
  if (!portero_is_ok(status)) {
    refused(m, asker, message);
    return status;
  }
  describe(o->policy_file, &fresh, swept, message, size);
  tell(m, asker, PORTERO_OUTCOME_NONE, message);
  return status;
}

portero_status door_reload(struct mapper *m, const struct door_asker *asker, char *message,
                           size_t size)
{
  portero_status status;

  (void)pthread_mutex_lock(&m->door.reload);
  if (m->options.server.book)
    portero_book_reopen(m->options.server.book);
  status = door_load(m, asker, message, size);
  (void)pthread_mutex_unlock(&m->door.reload);
  return status;
}

portero_status mapper_reload(struct mapper *m, char *message, size_t size)
{
  static const struct door_asker asker = {"signal", NULL};

  return door_reload(m, &asker, message, size);
}
