/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/deadline.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64u

void net_deadlines_init(struct net_deadlines *t)
{
  t->heap = NULL;
  t->count = t->capacity = 0;
}

void net_deadlines_deinit(struct net_deadlines *t)
{
  free(t->heap);
  net_deadlines_init(t);
}

static void heap_put(struct net_deadlines *t, size_t position, struct net_deadline *d)
{
  t->heap[position - 1] = d;
  d->position = position;
}

static void heap_up(struct net_deadlines *t, size_t position, struct net_deadline *d)
{
  for (; position > 1 && t->heap[position / 2 - 1]->at > d->at; position /= 2)
    heap_put(t, position, t->heap[position / 2 - 1]);
  heap_put(t, position, d);
}

static void heap_down(struct net_deadlines *t, size_t position, struct net_deadline *d)
{
  size_t child = position * 2;

  while (child <= t->count) {
    if (child < t->count && t->heap[child]->at < t->heap[child - 1]->at)
      child++;
    if (t->heap[child - 1]->at >= d->at)
      break;
    heap_put(t, position, t->heap[child - 1]);
    position = child;
    child *= 2;
  }
  heap_put(t, position, d);
}

static bool heap_grow(struct net_deadlines *t)
{
  size_t capacity = t->capacity ? t->capacity * 2 : FIRST_CAPACITY;
  struct net_deadline **heap = reallocarray(t->heap, capacity, sizeof(struct net_deadline *));

  if (!heap)
    return false;
  t->heap = heap;
  t->capacity = capacity;
  return true;
}

bool net_deadlines_set(struct net_deadlines *t, struct net_deadline *d, uint64_t at)
{
  if (at == NET_NEVER) {
    net_deadlines_remove(t, d);
    return true;
  }
  if (d->position && d->at <= at)
    return true;
  if (!d->position) {
    if (t->count == t->capacity && !heap_grow(t))
      return false;
    d->position = ++t->count;
  }
  d->at = at;
  heap_up(t, d->position, d);
  return true;
}

void net_deadlines_remove(struct net_deadlines *t, struct net_deadline *d)
{
  size_t position = d->position;
  struct net_deadline *last;

  if (!position)
    return;
  d->position = 0;
  last = t->heap[--t->count];
  if (last == d)
    return;
  if (position > 1 && t->heap[position / 2 - 1]->at > last->at)
    heap_up(t, position, last);
  else
    heap_down(t, position, last);
}

uint64_t net_deadlines_next(const struct net_deadlines *t)
{
  return t->count ? t->heap[0]->at : NET_NEVER;
}

struct net_deadline *net_deadlines_take(struct net_deadlines *t, uint64_t now)
{
  struct net_deadline *d = t->count ? t->heap[0] : NULL;

  if (!d || d->at > now)
    return NULL;
  net_deadlines_remove(t, d);
  return d;
}
