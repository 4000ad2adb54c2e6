/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <portero/rpc_stub.h>

#include "src/net/random.h"
#include "src/rpc/door.h"

#define DEFAULT_PORT_LOW  49152u
#define DEFAULT_PORT_HIGH 65535u
#define DEFAULT_DRAIN     5000u

/* ---- life ---- */

static void server_set_options(struct portero_server *s,
                               const struct portero_server_options *options)
{
  struct portero_server_options *o = &s->options;

  if (options)
    *o = *options;
  if (o->threads == 0)
    o->threads = 1;
  if (o->port_low == 0)
    o->port_low = DEFAULT_PORT_LOW;
  if (o->port_high == 0)
    o->port_high = DEFAULT_PORT_HIGH;
  if (o->drain_timeout == 0)
    o->drain_timeout = DEFAULT_DRAIN;
  if (o->max_handles == 0)
    o->max_handles = RPC_DEFAULT_HANDLES;
  s->limits = o->limits ? *o->limits : portero_assoc_limits_default;
  s->limiter = rpc_limits_new(o, &s->limits);
  o->limits = NULL;
  o->source_limits = o->total_limits = NULL;
}

static portero_status server_init(struct portero_server *s)
{
  portero_status status = portero_ok();

  s->last_endpoint = &s->endpoints;
  if (s->options.book)
    s->alerts = rpc_alerts_new(s->options.book);
  if (!s->limiter || (s->options.book && !s->alerts))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (s->options.mapper) {
    s->mapper = strdup(s->options.mapper);
    s->options.mapper = s->mapper;
  }
  s->loops = calloc(s->options.threads, sizeof(struct rpc_loop));
  if (!s->loops || (s->options.mapper == NULL) != (s->mapper == NULL))
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  for (; portero_is_ok(status) && s->n_loops < s->options.threads; s->n_loops++) {
    status = rpc_loop_init(&s->loops[s->n_loops], s, s->n_loops);
    if (!portero_is_ok(status))
      return status;
  }
  return rpc_mgmt_offer(s);
}

portero_status portero_server_new(const struct portero_server_options *options,
                                  struct portero_server **out_server)
{
  struct portero_server *s;
  portero_status status;

  if (options && (options->threads > RPC_MAX_LOOPS ||
                  (options->port_high && options->port_high < options->port_low)))
    return portero_local(PORTERO_LOCAL_USAGE);
  s = calloc(1, sizeof *s);
  if (!s)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  server_set_options(s, options);
  (void)pthread_mutex_init(&s->rules_lock, NULL);
  net_random(&s->visitor_base, sizeof s->visitor_base);
  status = server_init(s);
  if (!portero_is_ok(status)) {
    portero_server_free(s);
    return status;
  }
  *out_server = s;
  return portero_ok();
}

static void server_free_lists(struct portero_server *s)
{
  while (s->companions) {
    struct rpc_companion *c = s->companions;
    s->companions = c->next;
    c->free(c);
  }
  while (s->endpoints) {
    struct rpc_endpoint *e = s->endpoints;
    s->endpoints = e->next;
    rpc_endpoint_free(e);
  }
  while (s->offers) {
    struct rpc_offer *offer = s->offers;
    s->offers = offer->next;
    free(offer);
  }
}

void portero_server_free(struct portero_server *s)
{
  if (!s)
    return;
  if (s->has_thread) {
    portero_server_stop(s);
    (void)portero_server_wait(s);
  }
  for (unsigned i = 0; i < s->n_loops; i++) {
    for (struct rpc_endpoint *e = s->endpoints; e; e = e->next)
      rpc_endpoint_close(e, &s->loops[i]);
    rpc_loop_deinit(&s->loops[i]);
  }
  server_free_lists(s);
  rpc_rules_release(s->rules);
  (void)pthread_mutex_destroy(&s->rules_lock);
  if (s->limiter)
    rpc_limits_tell_rest(s->limiter);
  rpc_limits_release(s->limiter);
  rpc_alerts_free(s->alerts);
  free(s->loops);
  free(s->mapper);
  free(s);
}

/* ---- interfaces ---- */

/* An interface that says nothing wants packet privacy: no protection has to be written out. */
static uint8_t level_demanded(uint8_t level)
{
  return level == PORTERO_LEVEL_DEFAULT ? (uint8_t)PORTERO_LEVEL_PRIVACY : level;
}

portero_status portero_server_add(struct portero_server *s, const struct portero_interface *iface,
                                  void *user)
{
  struct rpc_offer *offer;

  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  for (offer = s->offers; offer; offer = offer->next)
    if (portero_uuid_equal(&offer->iface->id.uuid, &iface->id.uuid) &&
        offer->iface->id.major == iface->id.major)
      return portero_local(PORTERO_LOCAL_EXISTS);
  offer = calloc(1, sizeof *offer);
  if (!offer)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  offer->iface = iface;
  offer->user = user;
  offer->min_level = level_demanded(iface->min_level);
  offer->next = s->offers;
  s->offers = offer;
  return portero_ok();
}

portero_status portero_stub_offer(struct portero_server *s, const struct portero_interface *iface,
                                  const void *handlers, void *user, uint8_t min_level)
{
  portero_status status = portero_server_add(s, iface, user);

  if (!portero_is_ok(status))
    return status;
  s->offers->handlers = handlers;
  s->offers->min_level = level_demanded(min_level);
  return status;
}

portero_status portero_server_set_level(struct portero_server *s,
                                        const struct portero_interface *iface, uint8_t min_level)
{
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  for (struct rpc_offer *offer = s->offers; offer; offer = offer->next)
    if (offer->iface == iface) {
      offer->min_level = level_demanded(min_level);
      return portero_ok();
    }
  return portero_local(PORTERO_LOCAL_USAGE);
}

/* ---- mechanisms ---- */

const struct portero_acceptor *rpc_server_acceptor(const struct portero_server *s, uint8_t type)
{
  for (size_t i = 0; i < s->n_acceptors; i++)
    if (s->acceptors[i]->type == type)
      return s->acceptors[i];
  return NULL;
}

portero_status portero_server_accept(struct portero_server *s,
                                     const struct portero_acceptor *acceptor)
{
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  if (rpc_server_acceptor(s, acceptor->type))
    return portero_local(PORTERO_LOCAL_EXISTS);
  if (s->n_acceptors == RPC_MAX_ACCEPTORS)
    return portero_local(PORTERO_LOCAL_LIMIT);
  s->acceptors[s->n_acceptors++] = acceptor;
  return portero_ok();
}

const struct rpc_offer *rpc_server_find(const struct portero_server *s,
                                        const struct portero_syntax *id, bool is_local)
{
  for (const struct rpc_offer *offer = s->offers; offer; offer = offer->next) {
    const struct portero_interface *iface = offer->iface;
    if (portero_uuid_equal(&iface->id.uuid, &id->uuid) && iface->id.major == id->major &&
        iface->id.minor >= id->minor && (is_local || !(iface->flags & PORTERO_INTERFACE_LOCAL)))
      return offer;
  }
  return NULL;
}

/* ---- companions ---- */

void rpc_companion_add(struct portero_server *s, struct rpc_companion *c)
{
  c->server = s;
  c->next = s->companions;
  s->companions = c;
}

void rpc_companion_stopped(struct rpc_companion *c)
{
  struct rpc_loop *l = &c->server->loops[0];

  l->n_companions--;
  rpc_drain_check(l);
}

void rpc_notice(struct portero_server *s, const char *text)
{
  if (s->options.notice)
    s->options.notice(s->options.notice_user, text);
}

static void server_start_companions(struct portero_server *s)
{
  for (struct rpc_companion *c = s->companions; c; c = c->next) {
    s->loops[0].n_companions++;
    c->start(c, &s->loops[0].net.uv);
  }
}

/* ---- running ---- */

bool rpc_server_is_stopping(const struct portero_server *s)
{
  return __atomic_load_n(&s->stopping, __ATOMIC_ACQUIRE);
}

static void server_run_loop(void *loop)
{
  rpc_door_turn(loop);
  net_loop_run(&((struct rpc_loop *)loop)->net);
}

static portero_status server_serve(struct portero_server *s)
{
  portero_status status = portero_ok();
  unsigned started = 1;

  rpc_told_service(s, PORTERO_EVENT_SERVICE_UP);
  server_start_companions(s);
  for (; started < s->n_loops; started++) {
    int result = uv_thread_create(&s->loops[started].thread, server_run_loop, &s->loops[started]);
    if (result < 0) {
      status = net_status(result);
      portero_server_stop(s);
      break;
    }
  }
  server_run_loop(&s->loops[0]);
  for (unsigned i = 1; i < started; i++)
    (void)uv_thread_join(&s->loops[i].thread);
  if (s->alerts)
    (void)rpc_alerts_tell(s->alerts, uv_hrtime() / 1000000, true);
  rpc_told_service(s, PORTERO_EVENT_SERVICE_DOWN);
  s->state = RPC_SERVER_ENDED;
  return status;
}

portero_status portero_server_run(struct portero_server *s)
{
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  s->state = RPC_SERVER_RUNNING;
  return server_serve(s);
}

static void server_thread(void *server)
{
  struct portero_server *s = server;

  s->result = server_serve(s);
}

portero_status portero_server_start(struct portero_server *s)
{
  int result;

  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  s->state = RPC_SERVER_RUNNING;
  result = uv_thread_create(&s->thread, server_thread, s);
  s->has_thread = result == 0;
  if (!s->has_thread)
    s->state = RPC_SERVER_NEW;
  return net_status(result);
}

portero_status portero_server_wait(struct portero_server *s)
{
  if (!s->has_thread)
    return portero_local(PORTERO_LOCAL_STATE);
  (void)uv_thread_join(&s->thread);
  s->has_thread = false;
  return s->result;
}

void portero_server_stop(struct portero_server *s)
{
  __atomic_store_n(&s->stopping, true, __ATOMIC_RELEASE);
  for (unsigned i = 0; i < s->n_loops; i++)
    (void)uv_async_send(&s->loops[i].wake);
}

void portero_server_stats(const struct portero_server *s, uint32_t out_stats[4])
{
  uint32_t sum[4] = {0, 0, 0, 0};

  for (unsigned i = 0; i < s->n_loops; i++) {
    const struct rpc_loop *l = &s->loops[i];
    sum[0] += __atomic_load_n(&l->counters.calls_in, __ATOMIC_RELAXED);
    sum[1] += __atomic_load_n(&l->counters.calls_out, __ATOMIC_RELAXED);
    sum[2] += __atomic_load_n(&l->net.pdus_in, __ATOMIC_RELAXED);
    sum[3] += __atomic_load_n(&l->net.pdus_out, __ATOMIC_RELAXED);
  }
  memcpy(out_stats, sum, sizeof sum);
}
