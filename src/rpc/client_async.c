/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULTS_BUDGET ((size_t)64 << 20) /* what one answer may be unpacked to */

/* ---- life ---- */

static void client_copy_options(struct portero_client *c,
                                const struct portero_client_options *options)
{
  if (options)
    c->options = *options;
  c->limits = c->options.limits ? *c->options.limits : portero_assoc_limits_default;
  if (c->options.object) {
    c->object = *c->options.object;
    c->has_object = true;
  }
  c->options.limits = NULL;
  c->options.object = NULL;
  if (c->options.timeout == 0)
    c->options.timeout = CLIENT_TIMEOUT;
  if (c->options.mapper_port == 0)
    c->options.mapper_port = CLIENT_MAPPER_PORT;
  c->limits.bind_timeout = c->options.timeout;
}

portero_status client_new(uv_loop_t *loop, const struct portero_client_options *options,
                          struct portero_client **out_client)
{
  struct portero_client *c;
  const char *mapper = options ? options->mapper : NULL;

  c = calloc(1, sizeof *c);
  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  client_copy_options(c, options);
  if (mapper)
    (void)snprintf(c->mapper, sizeof c->mapper, "%s", mapper);
  c->mapper_too_long = mapper && strlen(mapper) >= sizeof c->mapper;
  c->options.mapper = NULL;
  net_pool_init(&c->pool);
  c->loop = loop;
  (void)uv_timer_init(loop, &c->timer);
  c->timer.data = c;
  c->timer_at = PORTERO_NEVER;
  c->n_handles = 1;
  c->last_call = &c->first_call;
  c->step_deadline = PORTERO_NEVER;
  c->config.mem = &c->pool.mem;
  c->config.in_place = true; /* our read buffer */
  c->config.header_signing = !(c->options.login && c->options.login->no_header_signing);
  c->config.limits = c->limits;
  c->config.features = PORTERO_FEATURE_SECURITY_MULTIPLEX | PORTERO_FEATURE_KEEP_ON_ORPHAN;
  portero_ndr_writer_init(&c->in, &c->pool.mem, UINT32_MAX / 4, false, false);
  portero_arena_init(&c->arena, &c->pool.mem, RESULTS_BUDGET);
  portero_writer_init(&c->sent.held, &c->pool.mem, UINT16_MAX);
  portero_writer_init(&c->received.held, &c->pool.mem, UINT16_MAX);
  *out_client = c;
  return portero_ok();
}

static void client_free(struct portero_client *c)
{
  portero_client_assoc_free(c->assoc);
  client_cutters_deinit(c);
  portero_writer_deinit(&c->in.w);
  portero_arena_deinit(&c->arena);
  net_pool_deinit(&c->pool);
  free(c->buffer);
  free(c);
}

void client_handle_closed(struct portero_client *c)
{
  if (--c->n_handles == 0)
    client_free(c);
}

static void client_on_timer_closed(uv_handle_t *handle)
{
  client_handle_closed(handle->data);
}

void portero_client_close(struct portero_client *c)
{
  struct client_sync *sync;

  if (!c || c->stage == CLIENT_CLOSED)
    return;
  sync = c->sync;
  client_stop_opening(c);
  c->stage = CLIENT_CLOSED;
  client_login_abandon(c);
  if (c->opened) {
    portero_client_opened *opened = c->opened;
    c->opened = NULL;
    opened(c, c->opened_user, portero_local(PORTERO_LOCAL_CANCELLED));
  }
  client_fail_calls(c, portero_local(PORTERO_LOCAL_CANCELLED));
  client_detach(c);
  uv_close((uv_handle_t *)&c->timer, client_on_timer_closed);
  if (sync)
    client_sync_free(c);
}

void client_end(struct portero_client *c, portero_status status)
{
  portero_client_opened *opened = c->opened;

  if (c->stage == CLIENT_LOST || c->stage == CLIENT_CLOSED)
    return;
  client_stop_opening(c);
  c->stage = CLIENT_LOST;
  c->status = status;
  client_detach(c);
  c->opened = NULL;
  if (opened) {
    opened(c, c->opened_user, status);
    return;
  }
  client_fail_calls(c, status);
  if (c->stage == CLIENT_LOST && c->closed)
    c->closed(c, c->closed_user, status);
}

/* ---- starting ---- */

portero_status portero_client_start(struct uv_loop_s *loop, const char *binding,
                                    const struct portero_syntax *iface,
                                    const struct portero_client_options *options,
                                    portero_client_opened *opened, void *user,
                                    struct portero_client **out_client)
{
  struct portero_client *c;
  portero_status status;

  *out_client = NULL;
  status = client_new(loop, options, &c);
  if (!portero_is_ok(status))
    return status;
  *out_client = c;
  c->opened = opened;
  c->opened_user = user;
  status = client_begin(c, binding, iface);
  if (portero_is_ok(status)) {
    client_arm(c);
    return status;
  }
  c->opened = NULL;
  c->stage = CLIENT_LOST;
  c->status = status;
  return status;
}

void portero_client_on_close(struct portero_client *c, portero_client_closed *closed, void *user)
{
  c->closed = closed;
  c->closed_user = user;
}

const char *portero_client_error(const struct portero_client *c)
{
  return c ? c->error : "out of memory";
}

const char *portero_client_binding(const struct portero_client *c)
{
  return c->reached;
}

uint32_t portero_client_group(const struct portero_client *c)
{
  return c->group_id;
}

const struct portero_identity *portero_client_identity(const struct portero_client *c)
{
  uint8_t level;
  struct portero_security *security =
      c->assoc ? portero_client_assoc_security(c->assoc, &level) : NULL;

  return security && security->ops->identity ? security->ops->identity(security) : NULL;
}

uint8_t portero_client_level(const struct portero_client *c)
{
  uint8_t level;

  return c->assoc && portero_client_assoc_security(c->assoc, &level) ? level
                                                                     : (uint8_t)PORTERO_LEVEL_NONE;
}

const struct portero_syntax *portero_client_transfer(const struct portero_client *c)
{
  return c->n_known ? &c->known[c->current].transfer : &portero_syntax_ndr;
}

/* ---- interfaces ---- */

bool client_select(struct portero_client *c, const struct portero_syntax *iface)
{
  unsigned i;

  for (i = 0; i < c->n_known && !portero_syntax_equal(&c->known[i].id, iface); i++)
    ;
  if (i == c->n_known)
    return false;
  c->current = i;
  return true;
}

portero_status client_alter(struct portero_client *c, const struct portero_syntax *iface,
                            client_altered *altered, void *user)
{
  struct portero_context contexts[2];
  portero_status status;
  unsigned n;

  if (c->stage != CLIENT_READY)
    return c->stage == CLIENT_LOST ? c->status : portero_local(PORTERO_LOCAL_STATE);
  n = client_propose(c, iface, contexts);
  status = portero_client_assoc_bind(c->assoc, contexts, (uint8_t)n, 0, NULL, 0,
                                     portero_bytes_make(NULL, 0));
  if (!portero_is_ok(status)) {
    client_say(c, "%s: no interface can be asked for while another is", c->where);
    return status;
  }
  c->altering = *iface;
  c->altered = altered;
  c->altered_user = user;
  client_pump(c);
  return portero_ok();
}

/* ---- calls ---- */

struct portero_ndr_writer *portero_client_in(struct portero_client *c)
{
  portero_writer_reset(&c->in.w);
  c->in.ndr64 = c->n_known && c->known[c->current].ndr64;
  c->in.w.big_endian = c->options.big_endian && !c->in.ndr64;
  portero_ndr_writer_start(&c->in);
  return &c->in;
}

static struct client_call *client_call_new(struct portero_client *c)
{
  struct client_call *call = portero_mem_take(&c->pool.mem, sizeof *call);

  if (call)
    memset(call, 0, sizeof *call);
  return call;
}

static void client_call_free(struct portero_client *c, struct client_call *call)
{
  portero_mem_give(&c->pool.mem, call, sizeof *call);
}

static struct client_call *client_call_take(struct portero_client *c, uint32_t call_id)
{
  struct client_call **link = &c->first_call, *call;

  while (*link && (*link)->call_id != call_id)
    link = &(*link)->next;
  call = *link;
  if (!call)
    return NULL;
  *link = call->next;
  if (!call->next)
    c->last_call = link;
  return call;
}

static portero_status client_request(struct portero_client *c, uint16_t opnum,
                                     struct portero_bytes stub, uint32_t *out_call_id)
{
  struct portero_client_request request;

  memset(&request, 0, sizeof request);
  request.context_id = c->known[c->current].context_id;
  request.opnum = opnum;
  request.object = c->has_object ? &c->object : NULL;
  request.stub = stub;
  request.big_endian = c->options.big_endian && !c->known[c->current].ndr64;
  return portero_client_assoc_call(c->assoc, &request, out_call_id);
}

portero_status client_send_stub(struct portero_client *c, uint16_t opnum, struct portero_bytes stub,
                                portero_client_answered *answered, void *user)
{
  struct client_call *call;
  portero_status status;

  if (c->stage == CLIENT_LOST)
    return c->status;
  if (c->stage != CLIENT_READY) {
    client_say(c, "%s: there is no connection to call on yet", c->where);
    return portero_local(PORTERO_LOCAL_STATE);
  }
  call = client_call_new(c);
  if (!call)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  status = client_request(c, opnum, stub, &call->call_id);
  if (!portero_is_ok(status)) {
    client_call_free(c, call);
    client_say_call(c, status, opnum);
    return status;
  }
  call->answered = answered;
  call->user = user;
  call->opnum = opnum;
  call->ndr64 = c->known[c->current].ndr64;
  call->deadline = uv_now(c->loop) + c->options.timeout;
  *c->last_call = call;
  c->last_call = &call->next;
  if (!c->busy)
    client_pump(c);
  return portero_ok();
}

portero_status portero_client_send(struct portero_client *c, uint16_t opnum,
                                   portero_client_answered *answered, void *user)
{
  portero_status status = portero_ndr_writer_finish(&c->in);

  if (!portero_is_ok(status)) {
    client_say(c, "opnum %u: the arguments cannot be written%s%s", (unsigned)opnum,
               c->in.what ? ": " : "", c->in.what ? c->in.what : "");
    return status;
  }
  return client_send_stub(c, opnum, portero_ndr_writer_stub(&c->in), answered, user);
}

static void client_answer(struct portero_client *c, struct client_call *call, portero_status status,
                          struct portero_ndr_reader *results)
{
  portero_client_answered *answered = call->answered;
  void *user = call->user;

  client_call_free(c, call);
  answered(c, user, status, results);
}

void client_fail_calls(struct portero_client *c, portero_status status)
{
  struct client_call *call;
  client_altered *altered = c->altered;

  c->altered = NULL;
  if (altered)
    altered(c, c->altered_user, status);
  while ((call = c->first_call) != NULL) {
    (void)client_call_take(c, call->call_id);
    client_answer(c, call, status, NULL);
  }
}

static void client_leave(struct portero_client *c, struct client_call *call, portero_status status)
{
  (void)client_call_take(c, call->call_id);
  portero_client_assoc_cancel(c->assoc, call->call_id);
  portero_client_assoc_orphan(c->assoc, call->call_id);
  client_say_call(c, status, call->opnum);
  client_answer(c, call, status, NULL);
}

void client_abandon_calls(struct portero_client *c, portero_status status)
{
  while (c->stage == CLIENT_READY && c->first_call)
    client_leave(c, c->first_call, status);
  client_pump(c);
}

/* ---- time ---- */

uint64_t client_next_deadline(const struct portero_client *c)
{
  uint64_t at = PORTERO_NEVER, other;

  if (c->stage < CLIENT_READY)
    return c->open_deadline;
  if (c->first_call)
    at = c->first_call->deadline; /* all have the same time: the oldest is due first */
  if (c->step_deadline < at)
    at = c->step_deadline;
  other = c->assoc ? portero_client_assoc_deadline(c->assoc) : PORTERO_NEVER;
  return other < at ? other : at;
}

void client_expire(struct portero_client *c, uint64_t now)
{
  const portero_status late = portero_local(PORTERO_LOCAL_TIMEOUT);

  if (c->stage < CLIENT_READY) {
    if (c->open_deadline > now)
      return;
    client_say_open_timeout(c);
    client_end(c, late);
    return;
  }
  if (c->stage == CLIENT_READY && c->step_deadline <= now) {
    client_say_open_timeout(c);
    client_end(c, late);
  }
  while (c->stage == CLIENT_READY && c->first_call && c->first_call->deadline <= now)
    client_leave(c, c->first_call, late);
  if (c->stage == CLIENT_READY && portero_client_assoc_deadline(c->assoc) <= now)
    portero_client_assoc_tick(c->assoc, now);
}

/* ---- what the machine tells ---- */

static void client_on_response(struct portero_client *c, const struct portero_client_event *event)
{
  struct client_call *call = client_call_take(c, event->u.response.call_id);
  struct portero_ndr_reader results;

  if (!call)
    return;
  c->proven = true;
  portero_arena_reset(&c->arena);
  portero_ndr_reader_init(&results, event->u.response.stub, &c->arena, call->ndr64,
                          event->u.response.big_endian);
  client_answer(c, call, portero_ok(), &results);
}

static void client_on_fault(struct portero_client *c, const struct portero_client_event *event)
{
  struct client_call *call = client_call_take(c, event->u.fault.call_id);
  portero_status status = portero_fault_status(event->u.fault.status);

  if (!call)
    return;
  client_say_call(c, status, call->opnum);
  client_answer(c, call, status, NULL);
}

static void client_on_altered(struct portero_client *c, const struct portero_client_event *event)
{
  client_altered *altered = c->altered;
  portero_status status = portero_ok();

  c->altered = NULL;
  if (!c->adding_login) /* which repeats what is agreed */
    (void)client_accepted(c, &c->altering, event, &status);
  c->adding_login = false;
  if (altered)
    altered(c, c->altered_user, status);
}

void client_event(struct portero_client *c, const struct portero_client_event *event)
{
  switch (event->kind) {
  case PORTERO_CLIENT_BOUND:
    if (event->u.bound.alter)
      client_on_altered(c, event);
    else
      client_bound(c, event);
    return;
  case PORTERO_CLIENT_AUTH:
    client_login_go_on(c, event);
    return;
  case PORTERO_CLIENT_RESPONSE:
    client_on_response(c, event);
    return;
  case PORTERO_CLIENT_FAULT:
    client_on_fault(c, event);
    return;
  case PORTERO_CLIENT_SHUTDOWN:
    c->ending = true;
    return;
  case PORTERO_CLIENT_CLOSE:
    client_login_ask_why(c, portero_client_assoc_authenticating(c->assoc));
    client_say_end(c, event->u.close.status, event->u.close.what);
    client_end(c, event->u.close.status);
    return;
  }
}
