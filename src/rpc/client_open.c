/* SPDX-License-Identifier: Apache-2.0 */
/* From a string binding to an agreed presentation context. [C706] 6.2.2, 12.6.3.1 */
#include "src/rpc/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/epm.h"

#define CONTEXTS_PER_BIND 4u /* ids left to each: NDR64, NDR and the one that carries features */

static bool open_is_local(const struct portero_client *c)
{
  return c->binding.protseq == PORTERO_NCALRPC || c->binding.protseq == PORTERO_NCACN_UNIX_STREAM;
}

static portero_status open_parse(struct portero_client *c, const char *text)
{
  size_t at = 0;
  portero_status status = portero_binding_parse(text, &c->binding, &at);

  if (portero_is_local(status, PORTERO_LOCAL_UNSUPPORTED))
    client_say(c, "\"%s\": unknown protocol sequence; ncacn_ip_tcp and ncalrpc are known", text);
  else if (portero_is_local(status, PORTERO_LOCAL_LIMIT))
    client_say(c, "\"%s\": a part of this binding is too long", text);
  else if (!portero_is_ok(status))
    client_say(c, "\"%s\" is no string binding (character %zu); ncacn_ip_tcp:host[port] is one",
               text, at + 1);
  if (!portero_is_ok(status))
    return status;
  if (c->binding.protseq == PORTERO_NCACN_IP_TCP || open_is_local(c))
    return status;
  client_say(c, "%s is not among the transports that can be called; ncacn_ip_tcp and ncalrpc are",
             portero_protseq_name(c->binding.protseq));
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

/* The endpoint mapper's own endpoint is known to everyone. [C706] appendix O */
static portero_status open_at_mapper(struct portero_client *c, char *out_endpoint, size_t size)
{
  portero_status status;

  if (!open_is_local(c)) {
    (void)snprintf(out_endpoint, size, "%u", (unsigned)c->options.mapper_port);
    return portero_ok();
  }
  status = c->mapper_too_long ? portero_local(PORTERO_LOCAL_LIMIT)
                              : client_mapper_path(c->mapper, out_endpoint, size);
  if (!portero_is_ok(status))
    client_say(c, "the path of the endpoint mapper's socket is longer than 107 bytes");
  return status;
}

portero_status client_begin(struct portero_client *c, const char *binding,
                            const struct portero_syntax *iface)
{
  struct client_target *target = &c->targets[0];
  portero_status status = open_parse(c, binding);

  if (!portero_is_ok(status))
    return status;
  c->iface = *iface;
  if (c->binding.has_object && !c->has_object) {
    c->has_object = true;
    c->object = c->binding.object;
  }
  uv_update_time(c->loop);
  c->open_deadline = uv_now(c->loop) + c->options.timeout;
  target->iface = *iface;
  if (c->binding.endpoint[0])
    memcpy(target->endpoint, c->binding.endpoint, sizeof target->endpoint);
  else if (portero_uuid_equal(&iface->uuid, &epmapper_stub.id.uuid))
    status = open_at_mapper(c, target->endpoint, sizeof target->endpoint);
  else
    return client_resolve(c);
  if (!portero_is_ok(status))
    return status;
  c->n_targets = 1;
  c->stage = CLIENT_CONNECTING;
  return client_connect_target(c);
}

/* ---- connecting ---- */

static void open_on_connected(void *user, portero_status status, const char *detail,
                              uv_stream_t *stream);

static bool open_port(const char *text, uint16_t *out_port)
{
  char *end;
  unsigned long port = strtoul(text, &end, 10);

  if (*text < '0' || *text > '9' || *end || port == 0 || port > UINT16_MAX)
    return false;
  *out_port = (uint16_t)port;
  return true;
}

static void open_name_target(struct portero_client *c, const char *endpoint)
{
  struct portero_binding reached = c->binding;

  (void)snprintf(reached.endpoint, sizeof reached.endpoint, "%s", endpoint);
  (void)portero_binding_text(&reached, c->reached, sizeof c->reached);
  if (open_is_local(c))
    (void)snprintf(c->where, sizeof c->where, "%s", endpoint);
  else
    (void)snprintf(c->where, sizeof c->where, "%s[%s]",
                   c->binding.host[0] ? c->binding.host : "127.0.0.1", endpoint);
}

portero_status client_connect_target(struct portero_client *c)
{
  const char *endpoint = c->targets[c->n_tried++].endpoint;
  char path[CLIENT_SOCKET_SIZE];
  portero_status status;
  uint16_t port;

  open_name_target(c, endpoint);
  if (open_is_local(c)) {
    status = net_local_path(endpoint, false, path, sizeof path);
    if (portero_is_ok(status)) {
      (void)snprintf(c->where, sizeof c->where, "%s", path);
      status = net_connect_local(c->loop, path, open_on_connected, c, &c->connecting);
    }
  } else if (!open_port(endpoint, &port)) {
    client_say(c, "%s: \"%s\" is no TCP port", c->reached, endpoint);
    return portero_local(PORTERO_LOCAL_USAGE);
  } else {
    status = net_connect_tcp(c->loop, c->binding.host, port, open_on_connected, c, &c->connecting);
  }
  if (!portero_is_ok(status))
    client_say_connect(c, status, NULL);
  return status;
}

void client_connect_next(struct portero_client *c, portero_status why)
{
  while (!portero_is_ok(why) && c->n_tried < c->n_targets)
    why = client_connect_target(c);
  if (!portero_is_ok(why))
    client_end(c, why);
}

unsigned client_propose(const struct portero_client *c, const struct portero_syntax *iface,
                        struct portero_context out_contexts[2])
{
  unsigned n = 0;

  memset(out_contexts, 0, 2 * sizeof *out_contexts);
  if (c->options.ndr64)
    out_contexts[n++].transfer = &portero_syntax_ndr64;
  out_contexts[n++].transfer = &portero_syntax_ndr;
  for (unsigned i = 0; i < n; i++) {
    out_contexts[i].id = (uint16_t)(c->next_context_id + i);
    out_contexts[i].abstract = *iface;
    out_contexts[i].n_transfer = 1;
  }
  return n;
}

portero_status client_bind(struct portero_client *c, struct portero_security *security,
                           struct portero_bytes token)
{
  struct portero_context contexts[2];
  unsigned n = client_propose(c, &c->targets[c->n_tried - 1].iface, contexts);

  return portero_client_assoc_bind(c->assoc, contexts, (uint8_t)n, c->options.group_id, security,
                                   c->auth_level, token);
}

static portero_status open_bind(struct portero_client *c)
{
  if (c->options.login)
    return client_login_begin(c, c->options.login);
  return client_bind(c, NULL, portero_bytes_make(NULL, 0));
}

static void open_on_connected(void *user, portero_status status, const char *detail,
                              uv_stream_t *stream)
{
  struct portero_client *c = user;

  c->connecting = NULL;
  if (!portero_is_ok(status)) {
    client_say_connect(c, status, detail);
    client_connect_next(c, status);
    return;
  }
  c->stage = CLIENT_BINDING;
  client_attach(c, stream);
  status = portero_client_assoc_new(&c->config, uv_now(c->loop), &c->assoc);
  if (portero_is_ok(status))
    status = open_bind(c);
  if (c->stage != CLIENT_BINDING)
    return; /* the first step has failed, and said so */
  if (!portero_is_ok(status)) {
    client_say_end(c, status, NULL);
    client_end(c, status);
    return;
  }
  client_pump(c);
}

/* ---- agreed ---- */

bool client_accepted(struct portero_client *c, const struct portero_syntax *iface,
                     const struct portero_client_event *event, portero_status *out_status)
{
  const struct portero_context_result *results = event->u.bound.results;
  static const struct portero_context_result none = {.result = PORTERO_RESULT_PROVIDER_REJECTION};
  size_t n = event->u.bound.n_results, i = 0;
  struct client_interface *slot;

  while (i < n && results[i].result != PORTERO_RESULT_ACCEPTANCE)
    i++;
  if (i == n) {
    const struct portero_context_result *why = n ? &results[0] : &none;
    client_say_rejected(c, iface, why);
    *out_status =
        portero_status_make(PORTERO_CLASS_REJECTED, (uint32_t)why->result << 16 | why->reason);
  } else {
    if (c->n_known < CLIENT_INTERFACES)
      c->current = c->n_known++;
    slot = &c->known[c->current];
    slot->id = *iface;
    slot->context_id = (uint16_t)(c->next_context_id + i);
    slot->transfer = results[i].transfer;
    slot->ndr64 = portero_syntax_equal(&slot->transfer, &portero_syntax_ndr64);
    *out_status = portero_ok();
  }
  c->next_context_id = (uint16_t)(c->next_context_id + CONTEXTS_PER_BIND);
  return i < n;
}

void client_bound(struct portero_client *c, const struct portero_client_event *event)
{
  portero_client_opened *opened = c->opened;
  portero_status status;

  if (!client_accepted(c, &c->targets[c->n_tried - 1].iface, event, &status)) {
    client_end(c, status);
    return;
  }
  c->group_id = event->u.bound.group_id;
  c->stage = CLIENT_READY;
  c->error[0] = '\0';
  c->options.login = NULL; /* lives until here */
  c->opened = NULL;
  if (opened)
    opened(c, c->opened_user, portero_ok());
}

void client_stop_opening(struct portero_client *c)
{
  struct portero_client *asking = c->asking;

  c->asking = NULL;
  portero_client_close(asking);
  client_login_abandon(c);
  if (c->connecting)
    net_connect_cancel(c->connecting);
  c->connecting = NULL;
}
