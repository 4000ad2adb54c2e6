/* SPDX-License-Identifier: Apache-2.0 */
/* The status interface: the policy, the book's sinks, and reading both anew. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <portero/sink.h>

#include "src/mapper/service.h"

static const char *kept(struct portero_call *call, const char *text)
{
  return portero_arena_text(portero_call_arena(call), text ? text : "", text ? strlen(text) : 0);
}

static bool policy_fill(struct mapper *m, struct portero_call *call, struct status_doorman *out)
{
  struct mapper_door *d = &m->door;

  (void)pthread_mutex_lock(&d->lock);
  out->loaded = d->loaded;
  out->calls = (uint32_t)d->n_calls;
  out->registrations = (uint32_t)d->n_registrations;
  out->reservations = (uint32_t)d->n_reservations;
  out->failed = d->failure[0] ? d->failed : 0;
  out->failure = kept(call, d->failure);
  (void)pthread_mutex_unlock(&d->lock);
  out->file = kept(call, m->options.policy_file);
  return out->failure && out->file;
}

static bool sinks_fill(struct mapper *m, struct portero_call *call,
                       struct mapper_status_Doorman *args)
{
  struct portero_sink_stats stats[status_MAX_SINKS];
  size_t n = m->options.server.book
                 ? portero_book_stats(m->options.server.book, stats, status_MAX_SINKS)
                 : 0;
  struct status_sink *sinks =
      portero_arena_array(portero_call_arena(call), status_MAX_SINKS, sizeof *sinks);

  n = n < status_MAX_SINKS ? n : status_MAX_SINKS;
  for (size_t i = 0; sinks && i < n; i++) {
    sinks[i].name = kept(call, stats[i].name);
    sinks[i].told = stats[i].told;
    sinks[i].written = stats[i].written;
    sinks[i].lost = stats[i].lost;
    sinks[i].waiting = stats[i].waiting;
    sinks[i].failing = stats[i].failing;
    if (!sinks[i].name)
      return false;
  }
  args->sinks = sinks;
  args->num_sinks = (uint32_t)n;
  return sinks != NULL;
}

portero_status mapper_on_doorman(struct portero_call *call, struct mapper_status_Doorman *args)
{
  struct mapper *m = portero_call_user(call);

  return policy_fill(m, call, &args->state) && sinks_fill(m, call, args)
             ? portero_ok()
             : portero_local(PORTERO_LOCAL_NO_MEMORY);
}

/* Root, and the mapper's own account unless others have it too. */
static bool may_reload(const struct mapper *m, const struct portero_peer *peer)
{
  return peer->has_credentials &&
         (peer->uid == 0 || (peer->uid == geteuid() && !m->options.own_is_shared));
}

static void say(const struct mapper *m, const char *message, bool taken)
{
  char text[MAPPER_MESSAGE_SIZE + 64];

  if (!m->options.server.notice)
    return;
  (void)snprintf(text, sizeof text, "asked to reload: %s%s", message,
                 taken ? "" : "; the old policy stays");
  m->options.server.notice(m->options.server.notice_user, text);
}

/* On the worker pool: a large policy takes its time. */
portero_status mapper_on_reload(struct portero_call *call, struct mapper_status_Reload *args)
{
  struct mapper *m = portero_call_user(call);
  char message[MAPPER_MESSAGE_SIZE];
  struct door_asker asker = {"command", NULL};
  struct owner owner;
  bool taken;

  if (!may_reload(m, portero_call_peer(call)))
    return portero_fault_status(PORTERO_FAULT_ACCESS_DENIED);
  owner_of_peer(portero_call_peer(call), &owner);
  asker.owner = &owner;
  taken = portero_is_ok(door_reload(m, &asker, message, sizeof message));
  say(m, message, taken);
  args->result = taken ? status_RELOADED : status_REFUSED;
  args->message = kept(call, message);
  return args->message ? portero_ok() : portero_local(PORTERO_LOCAL_NO_MEMORY);
}
