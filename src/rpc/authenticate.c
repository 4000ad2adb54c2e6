/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callers prove who they are: one step for each token. A mechanism that may wait for others (a
 * directory, a KDC) runs its steps on libuv's thread pool; meanwhile this connection is not read and
 * the others go on. Few are there at a time, so that a directory that does not answer leaves room for
 * handlers that block; the others wait in line, few for each source. The machine keeps the time
 * (auth_timeout); an answer that comes late, or for nobody, is put away.
 */
#include "src/rpc/authenticate.h"
#include "src/events/text.h"
#include "src/rpc/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICE_SIZE 768u

static const struct portero_bytes nothing = {NULL, 0};

/* ---- failed logins ---- */

static void count(uint64_t *counter)
{
  (void)__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* Asked at each leg: dialogues that were begun in time are guesses as well. */
static portero_status may_try(struct rpc_conn *c)
{
  if (rpc_limits_may_login(c))
    return portero_ok();
  count(&c->endpoint->server->auth.refused);
  return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_LOCAL_LIMIT);
}

static void count_failure(struct rpc_conn *c)
{
  struct portero_server *s = c->endpoint->server;
  char address[64], text[192];

  if (!rpc_limits_failed_login(c))
    return;
  net_address_text(&c->net.ends.remote, address, sizeof address);
  (void)snprintf(
      text, sizeof text,
      "too many failed logins from %s within a minute: none is looked at until it is over",
      address);
  rpc_notice(s, text);
  rpc_told_alert(c, "failed-logins");
}

/* Nobody was disbelieved: the mechanism is not there, or could not be asked. */
static bool is_our_own_failure(portero_status status)
{
  return status.klass == PORTERO_CLASS_SYSTEM || portero_is_local(status, PORTERO_LOCAL_TIMEOUT) ||
         portero_is_local(status, PORTERO_LOCAL_NO_MEMORY) ||
         portero_is_local(status, PORTERO_LOCAL_CANCELLED) ||
         (status.klass == PORTERO_CLASS_NAK && status.code != PORTERO_NAK_INVALID_CHECKSUM);
}

static void count_step(struct rpc_conn *c, portero_status status, bool done)
{
  struct portero_auth_stats *stats = &c->endpoint->server->auth;

  if (portero_is_ok(status)) {
    if (done)
      count(&stats->succeeded);
    return;
  }
  if (is_our_own_failure(status)) {
    count(&stats->unavailable);
    return;
  }
  count(&stats->failed);
  count_failure(c);
}

/* ---- what the log says ---- */

static void put_source(const struct rpc_conn *c, char *out, size_t size)
{
  if (c->net.ends.is_local)
    (void)snprintf(out, size, "a local socket");
  else
    net_address_text(&c->net.ends.remote, out, size);
}

/* Names that a caller chose stand in it, in UTF-8. */
static void tell_printable(struct portero_server *s, const char *text)
{
  uint8_t line[NOTICE_SIZE];
  struct portero_writer w;

  portero_writer_init_fixed(&w, line, sizeof line);
  text_plain(&w, text);
  portero_write_u8(&w, 0);
  rpc_notice(s, (const char *)line);
}

/* What could not be asked is not counted, and so anybody may bring it about: once in a while will do. */
static bool may_tell(struct portero_server *s, portero_status status, uint64_t now)
{
  uint64_t last = __atomic_load_n(&s->unavailable_told, __ATOMIC_RELAXED);

  if (!is_our_own_failure(status))
    return true;
  if (last && now - last < RPC_FAILED_WINDOW)
    return false;
  __atomic_store_n(&s->unavailable_told, now ? now : 1, __ATOMIC_RELAXED);
  return true;
}

/* The caller is told nothing of it. */
static void tell_failure(struct rpc_conn *c, const struct portero_security *security,
                         portero_status status)
{
  struct portero_server *s = c->endpoint->server;
  const char *why = security->ops->why ? security->ops->why(security) : NULL;
  char source[64], reason[128], text[NOTICE_SIZE];

  if (!may_tell(s, status, net_loop_now(c->net.loop)))
    return;
  put_source(c, source, sizeof source);
  (void)snprintf(text, sizeof text, "login from %s %s: %s", source,
                 is_our_own_failure(status) ? "could not be checked" : "refused",
                 why && *why ? why : portero_status_text(status, reason, sizeof reason));
  tell_printable(s, text);
}

void portero_server_auth_stats(const struct portero_server *s, struct portero_auth_stats *out_stats)
{
  out_stats->succeeded = __atomic_load_n(&s->auth.succeeded, __ATOMIC_RELAXED);
  out_stats->failed = __atomic_load_n(&s->auth.failed, __ATOMIC_RELAXED);
  out_stats->refused = __atomic_load_n(&s->auth.refused, __ATOMIC_RELAXED);
  out_stats->unavailable = __atomic_load_n(&s->auth.unavailable, __ATOMIC_RELAXED);
}

/* ---- one step ---- */

/* The mechanism's end for this dialogue: the one that goes on, or a new one. */
static portero_status security_for(struct rpc_conn *c, const struct portero_server_event *event,
                                   struct portero_security **out_security)
{
  const struct portero_acceptor *acceptor =
      rpc_server_acceptor(c->endpoint->server, event->u.auth.type);
  bool first = event->u.auth.security == NULL;
  portero_status status;

  *out_security = event->u.auth.security;
  if (first && !acceptor) /* "authentication type not recognized", [MS-RPCE] 2.2.2.5 */
    return portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_AUTH_TYPE);
  status = may_try(c);
  if (!first || !portero_is_ok(status))
    return status;
  return acceptor->begin(acceptor->ctx, event->u.auth.level, out_security);
}

static struct rpc_step *step_new(struct rpc_conn *c, struct portero_security *security,
                                 const struct portero_server_event *event)
{
  bool first = event->u.auth.security == NULL;
  struct rpc_step *step = calloc(1, sizeof *step);

  if (!step || !rpc_leg_init(&step->leg, security, event->u.auth.token, first,
                             c->endpoint->server->limits.max_token)) {
    free(step);
    return NULL;
  }
  step->loop = rpc_conn_loop(c);
  step->conn = c;
  step->type = event->u.auth.type;
  step->level = event->u.auth.level;
  step->work.data = step;
  return step;
}

static void step_free(struct rpc_step *step)
{
  rpc_leg_deinit(&step->leg);
  free(step);
}

static void tell_book(const struct rpc_step *step, const struct portero_security *security,
                      portero_status status)
{
  if (!portero_is_ok(status))
    rpc_told_login(step->conn, step->type, step->level, security, PORTERO_OUTCOME_FAILED, status);
  else if (step->leg.done)
    rpc_told_login(step->conn, step->type, step->level, security, PORTERO_OUTCOME_ANSWERED, status);
}

/*
 * The machine takes a new security context over when the step was well; and it has the last word: who
 * asked for level call, or is too late, is nobody.
 */
static void step_tell(struct rpc_step *step)
{
  struct rpc_conn *c = step->conn;
  struct portero_security *security = step->leg.security;
  portero_status status;

  if (step->leg.first && portero_is_ok(step->leg.status))
    step->leg.security = NULL;
  status = portero_server_assoc_auth_done(c->net.assoc, step->leg.status, security,
                                          portero_writer_bytes(&step->leg.token), step->leg.done);
  if (!portero_is_ok(status))
    tell_failure(c, security, status);
  count_step(c, status, step->leg.done);
  if (portero_is_ok(status) && step->leg.done)
    rpc_limits_known(c, security);
  tell_book(step, security, status);
}

/* Others may have failed meanwhile: of guesses that were all made at once none above the limit counts. */
static void step_tell_late(struct rpc_step *step)
{
  struct rpc_conn *c = step->conn;
  portero_status status = may_try(c);

  if (portero_is_ok(status)) {
    step_tell(step);
    return;
  }
  rpc_told_login(c, step->type, step->level, NULL, PORTERO_OUTCOME_DENIED, status);
  (void)portero_server_assoc_auth_done(c->net.assoc, status, NULL, nothing, false);
}

/* ---- on the pool ---- */

static void step_on_pool(uv_work_t *work)
{
  struct rpc_step *step = work->data;

  rpc_leg_run(&step->leg);
}

static portero_status step_queue(struct rpc_step *step);

/* Whoever is next. One that cannot be put on the pool has failed; the one behind it may not. */
static void line_go_on(struct rpc_loop *l)
{
  while (l->steps.first && l->steps.n_running < RPC_STEPS_RUNNING) {
    struct rpc_step *step = l->steps.first;
    struct rpc_conn *c = step->conn;
    rpc_steps_remove(&l->steps, step);
    step->leg.status = step_queue(step);
    if (portero_is_ok(step->leg.status))
      continue;
    c->step = NULL;
    step_tell(step);
    net_conn_kick(&c->net);
    step_free(step);
  }
}

static void step_on_loop(uv_work_t *work, int cancelled)
{
  struct rpc_step *step = work->data;
  struct rpc_loop *l = step->loop;
  struct rpc_conn *c = step->conn;

  l->n_works--;
  l->steps.n_running--;
  if (cancelled)
    step->leg.status = portero_local(PORTERO_LOCAL_CANCELLED);
  if (c) {
    c->step = NULL;
    step_tell_late(step);
    net_conn_kick(&c->net);
  }
  step_free(step);
  line_go_on(l);
  rpc_drain_check(l);
}

static portero_status step_queue(struct rpc_step *step)
{
  int result = uv_queue_work(&step->loop->net.uv, &step->work, step_on_pool, step_on_loop);

  if (result < 0)
    return net_status(result);
  step->loop->n_works++;
  step->loop->steps.n_running++;
  return portero_ok();
}

/* On the pool, or in line; a full line is told as congestion. */
static portero_status step_wait(struct rpc_step *step)
{
  struct rpc_steps *line = &step->loop->steps;
  portero_status status = portero_ok();

  if (line->n_running < RPC_STEPS_RUNNING)
    status = step_queue(step);
  else if (rpc_steps_have_room(line, step->conn))
    rpc_steps_add(line, step);
  else
    status = portero_status_make(PORTERO_CLASS_NAK, PORTERO_NAK_TEMPORARY_CONGESTION);
  if (portero_is_ok(status))
    step->conn->step = step;
  return status;
}

/* Takes security over when it is new. */
static portero_status step_start(struct rpc_conn *c, struct portero_security *security,
                                 const struct portero_server_event *event)
{
  struct rpc_step *step = step_new(c, security, event);
  portero_status status = portero_ok();

  if (!step) {
    if (!event->u.auth.security)
      portero_security_release(security);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  if (security->waits) {
    status = step_wait(step);
    if (portero_is_ok(status))
      return status;
  } else {
    rpc_leg_run(&step->leg);
    step_tell(step);
  }
  step_free(step);
  return status;
}

/* Nobody has looked at a token: too many failed before, too many wait, or there is no such mechanism. */
static enum portero_outcome outcome_of(portero_status status)
{
  return status.klass == PORTERO_CLASS_NAK && status.code != PORTERO_NAK_AUTH_TYPE
             ? PORTERO_OUTCOME_DENIED
             : PORTERO_OUTCOME_FAILED;
}

void rpc_authenticate(struct rpc_conn *c, const struct portero_server_event *event)
{
  struct portero_security *security;
  portero_status status = security_for(c, event, &security);

  if (portero_is_ok(status)) {
    status = step_start(c, security, event);
    if (!portero_is_ok(status))
      count(&c->endpoint->server->auth.unavailable);
  }
  if (portero_is_ok(status))
    return;
  rpc_told_login(c, event->u.auth.type, event->u.auth.level, NULL, outcome_of(status), status);
  (void)portero_server_assoc_auth_done(c->net.assoc, status, NULL, nothing, false);
}

void rpc_authenticate_abandon(struct rpc_conn *c)
{
  struct rpc_step *step = c->step;

  if (!step)
    return;
  c->step = NULL;
  step->conn = NULL;
  if (step->waiting) {
    rpc_steps_remove(&step->loop->steps, step);
    step_free(step);
    return;
  }
  (void)uv_cancel((uv_req_t *)&step->work); /* in vain when it runs already */
}
