/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/alerts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <portero/sink.h>

/* What is told of hits that waited: what they have in common, and where the last one was. One block. */
struct rest {
  struct portero_event event;
  struct portero_syntax interface;
  const char *tags[]; /* n_tags of event, then all texts */
};

struct alert {
  uint64_t name; /* a hash; 0: free */
  uint8_t ip[16];
  uint64_t told_at, waiting;
  struct rest *rest; /* when something waits */
};

struct rpc_alerts {
  struct portero_book *book;
  pthread_mutex_t lock;
  bool armed; /* somebody will ask */
  struct alert table[RPC_ALERT_SETS][RPC_ALERT_WAYS];
};

/* ---- life ---- */

struct rpc_alerts *rpc_alerts_new(struct portero_book *book)
{
  struct rpc_alerts *a = calloc(1, sizeof *a);

  if (!a)
    return NULL;
  a->book = book;
  (void)pthread_mutex_init(&a->lock, NULL);
  return a;
}

void rpc_alerts_free(struct rpc_alerts *a)
{
  if (!a)
    return;
  (void)rpc_alerts_tell(a, 0, true);
  (void)pthread_mutex_destroy(&a->lock);
  free(a);
}

/* ---- what waits ---- */

static const char *text_keep(char **at, const char *text)
{
  char *kept = *at;

  if (!text)
    return NULL;
  *at = stpcpy(kept, text) + 1;
  return kept;
}

static size_t text_size(const char *text)
{
  return text ? strlen(text) + 1 : 0;
}

/* The texts of a rule go with its policy. NULL: memory is out. */
static struct rest *rest_new(const struct portero_event *e)
{
  size_t size =
      sizeof(struct rest) + e->n_tags * sizeof(char *) + text_size(e->reason) + text_size(e->rule);
  struct rest *rest;
  char *at;

  for (size_t i = 0; i < e->n_tags; i++)
    size += text_size(e->tags[i]);
  rest = malloc(size);
  if (!rest)
    return NULL;
  memset(rest, 0, sizeof *rest);
  at = (char *)(rest->tags + e->n_tags);
  for (size_t i = 0; i < e->n_tags; i++)
    rest->tags[i] = text_keep(&at, e->tags[i]);
  rest->event.kind = PORTERO_EVENT_ALERT;
  rest->event.tags = rest->tags;
  rest->event.n_tags = e->n_tags;
  rest->event.reason = text_keep(&at, e->reason);
  rest->event.rule = text_keep(&at, e->rule);
  return rest;
}

/* Names of interfaces and operations, and verdicts, live as long as the server. */
static void rest_follow(struct rest *rest, const struct portero_event *e)
{
  struct portero_event *to = &rest->event;

  to->connection = e->connection;
  to->source = e->source;
  to->destination = e->destination;
  to->protseq = e->protseq;
  to->interface = NULL;
  if (e->interface) {
    rest->interface = *e->interface;
    to->interface = &rest->interface;
  }
  to->interface_name = e->interface_name;
  to->has_opnum = e->has_opnum;
  to->opnum = e->opnum;
  to->operation = e->operation;
  to->outcome = e->outcome;
  to->verdict = e->verdict;
}

/* ---- the table ---- */

/* Never 0. [FNV-1a] */
static uint64_t hash_of(const char *name)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);

  for (; *name; name++)
    hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
  return hash ? hash : 1;
}

static struct alert *set_of(struct rpc_alerts *a, uint64_t name, const uint8_t ip[16])
{
  uint64_t hash = (portero_load_u64(ip, false) ^ name) * UINT64_C(0x9e3779b97f4a7c15);

  hash = ((hash ^ hash >> 31) ^ portero_load_u64(ip + 8, false)) * UINT64_C(0x9e3779b97f4a7c15);
  return a->table[(hash >> 40) % RPC_ALERT_SETS];
}

/* That of this name and source, or the one that gives way: a free one, or the one told longest ago. */
static struct alert *alert_find(struct alert *set, uint64_t name, const uint8_t ip[16])
{
  struct alert *oldest = set;

  for (unsigned i = 0; i < RPC_ALERT_WAYS; i++) {
    if (set[i].name == name && memcmp(set[i].ip, ip, sizeof set[i].ip) == 0)
      return &set[i];
    if (oldest->name != 0 && (set[i].name == 0 || set[i].told_at < oldest->told_at))
      oldest = &set[i];
  }
  return oldest;
}

static bool is_due(const struct alert *of, uint64_t now)
{
  return now > of->told_at && now - of->told_at >= RPC_ALERT_PAUSE;
}

static void tell_rest(struct rpc_alerts *a, struct alert *of, uint64_t now)
{
  if (of->waiting == 0)
    return;
  of->rest->event.count = of->waiting;
  portero_book_tell(a->book, &of->rest->event);
  free(of->rest);
  of->rest = NULL;
  of->waiting = 0;
  of->told_at = now;
}

/* Who cannot wait is told as he comes. */
static bool must_wait(struct alert *of, const struct portero_event *e, uint64_t now)
{
  if (is_due(of, now))
    return false;
  if (!of->rest)
    of->rest = rest_new(e);
  if (!of->rest)
    return false;
  rest_follow(of->rest, e);
  of->waiting++;
  return true;
}

static bool alert_hit(struct rpc_alerts *a, struct portero_event *e, uint64_t now)
{
  uint64_t name = hash_of(e->reason);
  struct alert *of = alert_find(set_of(a, name, e->source.ip), name, e->source.ip);
  bool news = false;

  if (of->name == name && memcmp(of->ip, e->source.ip, sizeof of->ip) == 0) {
    if (must_wait(of, e, now)) {
      news = !a->armed;
      a->armed = true;
      return news;
    }
  } else {
    tell_rest(a, of, now);
    of->name = name;
    memcpy(of->ip, e->source.ip, sizeof of->ip);
  }
  e->count = of->waiting + 1;
  of->told_at = now;
  of->waiting = 0;
  free(of->rest);
  of->rest = NULL;
  portero_book_tell(a->book, e);
  return news;
}

bool rpc_alerts_hit(struct rpc_alerts *a, struct portero_event *e, uint64_t now)
{
  bool news;

  (void)pthread_mutex_lock(&a->lock);
  news = alert_hit(a, e, now);
  (void)pthread_mutex_unlock(&a->lock);
  return news;
}

uint64_t rpc_alerts_tell(struct rpc_alerts *a, uint64_t now, bool all)
{
  struct alert *of = a->table[0], *end = of + RPC_ALERT_SETS * RPC_ALERT_WAYS;
  uint64_t next = UINT64_MAX;

  (void)pthread_mutex_lock(&a->lock);
  for (; of < end; of++) {
    if (of->waiting == 0)
      continue;
    if (all || is_due(of, now))
      tell_rest(a, of, now);
    else if (of->told_at + RPC_ALERT_PAUSE < next)
      next = of->told_at + RPC_ALERT_PAUSE;
  }
  a->armed = next != UINT64_MAX;
  (void)pthread_mutex_unlock(&a->lock);
  return next;
}

bool rpc_alerts_wait(struct rpc_alerts *a)
{
  bool waits;

  (void)pthread_mutex_lock(&a->lock);
  waits = a->armed;
  (void)pthread_mutex_unlock(&a->lock);
  return waits;
}
