/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of an authentication. A mechanism that may wait for others (a KDC, a name server) runs its
 * steps on libuv's thread pool; meanwhile the machine asks for nothing and the loop turns. Such a
 * step holds what it needs itself: the client may go before it.
 */
#include "src/rpc/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/net/loop.h"
#include "src/rpc/leg.h"

#define TOKEN_LIMIT ((size_t)64 << 10)

struct client_step {
  uv_work_t work;
  struct portero_client *client; /* NULL: abandoned */
  struct rpc_leg leg;
};

/* ---- one step ---- */

static struct client_step *step_new(struct portero_client *c, struct portero_security *security,
                                    struct portero_bytes token, bool first)
{
  struct client_step *step = calloc(1, sizeof *step);

  if (!step || !rpc_leg_init(&step->leg, security, token, first, TOKEN_LIMIT)) {
    free(step);
    return NULL;
  }
  step->client = c;
  step->work.data = step;
  return step;
}

static void step_free(struct client_step *step)
{
  rpc_leg_deinit(&step->leg);
  free(step);
}

/* ---- what follows from it ---- */

/* The first token goes with the bind, or with an alter_context that repeats what is agreed. */
static portero_status login_propose(struct portero_client *c, struct portero_security *security,
                                    struct portero_bytes token)
{
  const struct client_interface *agreed = &c->known[c->current];
  struct portero_context again;

  if (c->stage != CLIENT_READY)
    return client_bind(c, security, token);
  memset(&again, 0, sizeof again);
  again.id = agreed->context_id;
  again.abstract = agreed->id;
  again.transfer = &agreed->transfer;
  again.n_transfer = 1;
  return portero_client_assoc_bind(c->assoc, &again, 1, 0, security, c->auth_level, token);
}

/* The opening ends; a client that was open ends too, for nobody knows what the server makes of it. */
static void login_fail(struct portero_client *c, portero_status status)
{
  client_say_login(c, status);
  client_end(c, status);
}

static void login_first_done(struct portero_client *c, struct client_step *step)
{
  portero_status status = step->leg.status;
  struct portero_bytes token = portero_writer_bytes(&step->leg.token);

  if (portero_is_ok(status) && token.size == 0)
    status = portero_local(PORTERO_LOCAL_SECURITY);
  if (!portero_is_ok(status)) {
    client_login_ask_why(c, step->leg.security);
    login_fail(c, status);
    return;
  }
  status = login_propose(c, step->leg.security, token);
  if (portero_is_ok(status))
    step->leg.security = NULL; /* the machine's */
  else
    login_fail(c, status);
}

/* The machine ends the connection when a step has failed, and tells what is in why. */
static void login_step_done(struct client_step *step)
{
  struct portero_client *c = step->client;

  if (step->leg.first) {
    login_first_done(c, step);
    return;
  }
  if (!portero_is_ok(step->leg.status))
    client_login_ask_why(c, step->leg.security);
  portero_client_assoc_auth_done(c->assoc, step->leg.status, portero_writer_bytes(&step->leg.token),
                                 step->leg.done);
}

/* ---- now, or on the pool ---- */

static void step_on_pool(uv_work_t *work)
{
  struct client_step *step = work->data;

  rpc_leg_run(&step->leg);
}

static void step_on_loop(uv_work_t *work, int cancelled)
{
  struct client_step *step = work->data;
  struct portero_client *c = step->client;

  if (cancelled)
    step->leg.status = portero_local(PORTERO_LOCAL_CANCELLED);
  if (c) {
    c->step = NULL;
    c->step_deadline = PORTERO_NEVER;
    login_step_done(step);
    client_pump(c);
  }
  step_free(step);
}

static portero_status step_queue(struct client_step *step)
{
  struct portero_client *c = step->client;
  int result = uv_queue_work(c->loop, &step->work, step_on_pool, step_on_loop);

  if (result < 0)
    return net_status(result);
  c->step = step;
  if (c->stage == CLIENT_READY) {
    c->step_deadline = uv_now(c->loop) + c->options.timeout;
    client_arm(c);
  }
  return portero_ok();
}

/* Takes security over when it is the first. */
static portero_status login_step(struct portero_client *c, struct portero_security *security,
                                 struct portero_bytes token, bool first)
{
  struct client_step *step = step_new(c, security, token, first);
  portero_status status;

  if (!step) {
    if (first)
      portero_security_release(security);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  if (security->waits) {
    status = step_queue(step);
    if (!portero_is_ok(status))
      step_free(step);
    return status;
  }
  rpc_leg_run(&step->leg);
  login_step_done(step);
  step_free(step);
  return portero_ok();
}

void client_login_abandon(struct portero_client *c)
{
  if (!c->step)
    return;
  c->step->client = NULL;
  (void)uv_cancel((uv_req_t *)&c->step->work); /* in vain when it runs already */
  c->step = NULL;
  c->step_deadline = PORTERO_NEVER;
}

/* ---- for the others ---- */

void client_login_ask_why(struct portero_client *c, const struct portero_security *security)
{
  const char *why = security && security->ops->why ? security->ops->why(security) : NULL;

  if (why)
    (void)snprintf(c->why, sizeof c->why, "%s", why);
}

static uint8_t level_wanted(const struct portero_login *login)
{
  if (login->level == PORTERO_LEVEL_DEFAULT)
    return PORTERO_LEVEL_PRIVACY;
  return login->level == PORTERO_LEVEL_CALL ? (uint8_t)PORTERO_LEVEL_PACKET : login->level;
}

portero_status client_login_begin(struct portero_client *c, const struct portero_login *login)
{
  const char *host = c->binding.host[0] ? c->binding.host : "localhost";
  struct portero_security *security = NULL;
  portero_status status;

  c->auth_type = login->type ? login->type : (uint8_t)PORTERO_AUTH_SPNEGO;
  c->auth_level = level_wanted(login);
  c->proven = false;
  c->why[0] = '\0';
  status = portero_login_begin(login, host, &security);
  if (!portero_is_ok(status)) {
    login_fail(c, status);
    return status;
  }
  return login_step(c, security, portero_bytes_make(NULL, 0), true);
}

void client_login_go_on(struct portero_client *c, const struct portero_client_event *event)
{
  portero_status status = login_step(c, event->u.auth.security, event->u.auth.token, false);

  if (!portero_is_ok(status))
    portero_client_assoc_auth_done(c->assoc, status, portero_bytes_make(NULL, 0), false);
}

portero_status client_login_add(struct portero_client *c, const struct portero_login *login,
                                client_altered *altered, void *user)
{
  portero_status status;

  if (c->stage != CLIENT_READY)
    return c->stage == CLIENT_LOST ? c->status : portero_local(PORTERO_LOCAL_STATE);
  if (c->altered || c->step)
    return portero_local(PORTERO_LOCAL_STATE);
  c->altered = altered;
  c->altered_user = user;
  c->adding_login = true;
  status = client_login_begin(c, login);
  if (!portero_is_ok(status) && c->stage == CLIENT_READY) {
    c->altered = NULL;
    c->adding_login = false;
    client_say_login(c, status);
    return status;
  }
  client_pump(c);
  return portero_ok(); /* a failure that ended the client was told through altered */
}
