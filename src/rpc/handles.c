/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/handles.h"

#include <stdlib.h>
#include <string.h>

#include "src/rpc/limits.h"

#define FIRST_BUCKETS 8u

struct rpc_handle {
  struct rpc_handle *next;
  struct portero_uuid uuid;
  struct rpc_handle_owner owner;
  struct rpc_handle_toll toll;
  const void *kind;
  void *state;
  portero_rundown *rundown;
  uint32_t uses;
  bool forgotten;
  char names[]; /* of the owner */
};

void rpc_handles_init(struct rpc_handles *t, size_t limit)
{
  (void)pthread_mutex_init(&t->lock, NULL);
  t->buckets = NULL;
  t->n_buckets = t->count = 0;
  t->scanned = 0;
  t->limit = limit;
  t->down = false;
}

void rpc_handles_deinit(struct rpc_handles *t)
{
  free(t->buckets);
  (void)pthread_mutex_destroy(&t->lock);
}

/* The uuids are random: any of their bits will do. */
static struct rpc_handle **handles_bucket(const struct rpc_handles *t,
                                          const struct portero_uuid *uuid)
{
  return &t->buckets[uuid->time_low & (t->n_buckets - 1)];
}

static bool handles_grow(struct rpc_handles *t)
{
  struct rpc_handles bigger = *t;

  bigger.n_buckets = t->n_buckets ? t->n_buckets * 2 : FIRST_BUCKETS;
  bigger.buckets = calloc(bigger.n_buckets, sizeof(struct rpc_handle *));
  if (!bigger.buckets)
    return false;
  for (size_t i = 0; i < t->n_buckets; i++) {
    while (t->buckets[i]) {
      struct rpc_handle *h = t->buckets[i];
      struct rpc_handle **bucket = handles_bucket(&bigger, &h->uuid);
      t->buckets[i] = h->next;
      h->next = *bucket;
      *bucket = h;
    }
  }
  free(t->buckets);
  t->buckets = bigger.buckets;
  t->n_buckets = bigger.n_buckets;
  return true;
}

static portero_status handles_insert(struct rpc_handles *t, struct rpc_handle *h)
{
  struct rpc_handle **bucket;

  if (t->down)
    return portero_local(PORTERO_LOCAL_CLOSED);
  if (t->count >= t->limit)
    return portero_local(PORTERO_LOCAL_LIMIT);
  if (t->count >= t->n_buckets && !handles_grow(t))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  bucket = handles_bucket(t, &h->uuid);
  h->next = *bucket;
  *bucket = h;
  t->count++;
  return portero_ok();
}

static const char *name_copy(char **at, const char *name)
{
  char *copy = *at;
  size_t size = name ? strlen(name) + 1 : 0;

  if (!name)
    return NULL;
  memcpy(copy, name, size);
  *at += size;
  return copy;
}

static struct rpc_handle *handle_new(const struct rpc_handle_owner *owner)
{
  size_t domain = owner->domain ? strlen(owner->domain) + 1 : 0,
         account = owner->account ? strlen(owner->account) + 1 : 0;
  struct rpc_handle *h = calloc(1, sizeof *h + domain + account);
  char *at;

  if (!h)
    return NULL;
  at = h->names;
  h->owner = *owner;
  h->owner.domain = name_copy(&at, owner->domain);
  h->owner.account = name_copy(&at, owner->account);
  return h;
}

portero_status rpc_handles_add(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                               const struct rpc_handle_toll *toll,
                               const void *kind, void *state, portero_rundown *rundown,
                               const struct portero_uuid *uuid)
{
  struct rpc_handle *h = handle_new(owner);
  portero_status status;

  if (!h)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  h->uuid = *uuid;
  h->toll = *toll;
  h->kind = kind;
  h->state = state;
  h->rundown = rundown;
  (void)pthread_mutex_lock(&t->lock);
  status = handles_insert(t, h);
  (void)pthread_mutex_unlock(&t->lock);
  if (!portero_is_ok(status))
    free(h);
  return status;
}

static bool is_same_name(const char *a, const char *b)
{
  return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool handle_fits(const struct rpc_handle *h, const struct rpc_handle_owner *owner,
                        const void *kind)
{
  bool same_interface =
      h->owner.iface == owner->iface ||
      (h->owner.iface->flags & owner->iface->flags & PORTERO_INTERFACE_SHARED_HANDLES) != 0;

  return h->kind == kind && same_interface && owner->level >= h->owner.level &&
         owner->has_uid == h->owner.has_uid && (!owner->has_uid || owner->uid == h->owner.uid) &&
         is_same_name(owner->account, h->owner.account) &&
         is_same_name(owner->domain, h->owner.domain);
}

struct rpc_handle *rpc_handles_take(struct rpc_handles *t, const struct rpc_handle_owner *owner,
                                    const void *kind, const struct portero_uuid *uuid)
{
  struct rpc_handle *h;

  (void)pthread_mutex_lock(&t->lock);
  h = t->n_buckets ? *handles_bucket(t, uuid) : NULL;
  while (h && !portero_uuid_equal(&h->uuid, uuid))
    h = h->next;
  if (h && !handle_fits(h, owner, kind))
    h = NULL;
  if (h)
    h->uses++;
  (void)pthread_mutex_unlock(&t->lock);
  return h;
}

void *rpc_handle_state(const struct rpc_handle *h)
{
  return h->state;
}

static void handles_unlink(struct rpc_handles *t, struct rpc_handle *h)
{
  struct rpc_handle **at = handles_bucket(t, &h->uuid);

  while (*at != h)
    at = &(*at)->next;
  *at = h->next;
  h->forgotten = true;
  t->count--;
}

bool rpc_handles_forget(struct rpc_handles *t, struct rpc_handle *h)
{
  bool first;

  (void)pthread_mutex_lock(&t->lock);
  first = !h->forgotten;
  if (first)
    handles_unlink(t, h);
  (void)pthread_mutex_unlock(&t->lock);
  return first;
}

static void handle_end(struct rpc_handle *h)
{
  if (h->rundown)
    h->rundown(h->state);
  rpc_limits_give_handle(h->toll.limits, h->toll.source);
  free(h);
}

void rpc_handles_give(struct rpc_handles *t, struct rpc_handle *h)
{
  bool last;

  (void)pthread_mutex_lock(&t->lock);
  last = --h->uses == 0 && h->forgotten;
  (void)pthread_mutex_unlock(&t->lock);
  if (last)
    handle_end(h);
}

/* Takes one handle out of the table; *out_idle: it is nobody's any more. */
static struct rpc_handle *handles_pop(struct rpc_handles *t, bool *out_idle)
{
  struct rpc_handle *h = NULL;

  (void)pthread_mutex_lock(&t->lock);
  t->down = true;
  while (t->scanned < t->n_buckets && !t->buckets[t->scanned])
    t->scanned++;
  if (t->scanned < t->n_buckets) {
    h = t->buckets[t->scanned];
    handles_unlink(t, h);
    *out_idle = h->uses == 0;
  }
  (void)pthread_mutex_unlock(&t->lock);
  return h;
}

void rpc_handles_run_down(struct rpc_handles *t)
{
  struct rpc_handle *h;
  bool idle = false;

  while ((h = handles_pop(t, &idle)) != NULL)
    if (idle)
      handle_end(h);
}
