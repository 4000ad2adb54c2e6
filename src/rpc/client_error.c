/* SPDX-License-Identifier: Apache-2.0 */
/* Failures in words: what, from whom, and what to try. */
#include "src/rpc/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "idl/epm.h"

void client_say(struct portero_client *c, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  (void)vsnprintf(c->error, sizeof c->error, format, args);
  va_end(args);
}

static bool say_is_errno(portero_status status, int code)
{
  return status.klass == PORTERO_CLASS_SYSTEM && status.code == (uint32_t)code;
}

static bool say_is_mapper(const struct portero_client *c)
{
  char port[8];

  (void)snprintf(port, sizeof port, "%u", (unsigned)c->options.mapper_port);
  return portero_uuid_equal(&c->iface.uuid, &epmapper_stub.id.uuid) ||
         (c->n_tried && strcmp(c->targets[c->n_tried - 1].endpoint, port) == 0);
}

/* The local socket of the mapper, whatever interface is asked there. */
static bool say_is_mapper_socket(const struct portero_client *c)
{
  char path[PORTERO_ENDPOINT_SIZE];

  return c->n_tried && c->binding.protseq == PORTERO_NCALRPC &&
         portero_is_ok(client_mapper_path(c->options.mapper, path, sizeof path)) &&
         strcmp(c->targets[c->n_tried - 1].endpoint, path) == 0;
}

static bool say_is_here(const struct portero_client *c)
{
  return c->binding.protseq != PORTERO_NCACN_IP_TCP || c->binding.host[0] == '\0' ||
         strncmp(c->binding.host, "127.", 4) == 0 || strcmp(c->binding.host, "::1") == 0 ||
         strcmp(c->binding.host, "localhost") == 0;
}

static const char *say_nobody_there(const struct portero_client *c)
{
  if (!say_is_mapper(c) && !say_is_mapper_socket(c))
    return "nothing listens there; is the service running?";
  if (say_is_here(c))
    return "no endpoint mapper listens there; is `portero serve` running?";
  return "no endpoint mapper listens there; name the endpoint in the binding if the service has a "
         "fixed one";
}

static const char *say_connect_hint(const struct portero_client *c, portero_status status)
{
  if (say_is_errno(status, ECONNREFUSED) || say_is_errno(status, ENOENT))
    return say_nobody_there(c);
  if (say_is_errno(status, ENETUNREACH) || say_is_errno(status, EHOSTUNREACH))
    return "check the address, the route and firewalls on the way";
  if (say_is_errno(status, ETIMEDOUT))
    return "the host is down, or a firewall drops what is sent to this port";
  if (say_is_errno(status, EACCES) || say_is_errno(status, EPERM))
    return "this user may not connect to it";
  return NULL;
}

void client_say_connect(struct portero_client *c, portero_status status, const char *what)
{
  const char *hint = say_connect_hint(c, status);
  char text[128];

  if (portero_is_local(status, PORTERO_LOCAL_NAME)) {
    client_say(c, "cannot resolve the host name \"%s\"%s%s", c->binding.host, what ? ": " : "",
               what ? what : "");
    return;
  }
  if (portero_is_local(status, PORTERO_LOCAL_LIMIT)) {
    client_say(c, "%s: the path of a local socket is at most 107 bytes long", c->where);
    return;
  }
  client_say(c, "%s: %s%s%s", c->where,
             what ? what : portero_status_text(status, text, sizeof text), hint ? ": " : "",
             hint ? hint : "");
}

void client_say_open_timeout(struct portero_client *c)
{
  double seconds = c->options.timeout / 1000.0;

  if (c->stage == CLIENT_RESOLVING)
    client_say(c, "%s: no answer from the endpoint mapper within %g s",
               c->asking ? c->asking->where : "?", seconds);
  else if (c->step)
    client_say(c,
               "%s: authentication has not come to an end within %g s: does the key distribution "
               "centre answer, do names resolve?",
               c->where, seconds);
  else if (c->stage == CLIENT_BINDING)
    client_say(c, "%s: connected, but no answer to the bind within %g s: is that an MS-RPC server?",
               c->where, seconds);
  else
    client_say(c,
               "%s: no connection within %g s: the host is down, its name does not resolve, or a "
               "firewall drops what is sent to this port",
               c->where, seconds);
}

static const char *say_nak_hint(uint32_t reason)
{
  switch (reason) {
  case PORTERO_NAK_TEMPORARY_CONGESTION:
    return "temporary congestion: try again later";
  case PORTERO_NAK_LOCAL_LIMIT:
    return "the server has reached a limit: try again later";
  case PORTERO_NAK_PROTOCOL_VERSION:
    return "the server does not understand this bind";
  case PORTERO_NAK_AUTH_TYPE:
    return "the server does not know this way to authenticate";
  case PORTERO_NAK_INVALID_CHECKSUM:
    return "authentication failed";
  }
  return "no reason given: the server refuses this caller, or does not know the association group";
}

void client_say_end(struct portero_client *c, portero_status status, const char *what)
{
  char text[128];

  if (client_say_auth_end(c, status, what))
    return;
  if (status.klass == PORTERO_CLASS_NAK)
    client_say(c, "%s refuses the bind (bind_nak reason %u): %s", c->where, (unsigned)status.code,
               say_nak_hint(status.code));
  else if (portero_is_local(status, PORTERO_LOCAL_VERSION))
    client_say(c, "%s: what answers there is no MS-RPC server", c->where);
  else if (portero_is_local(status, PORTERO_LOCAL_CLOSED))
    client_say(c, "%s closed the connection%s%s%s", c->where,
               c->stage == CLIENT_BINDING ? " instead of answering the bind" : "", what ? ": " : "",
               what ? what : "");
  else
    client_say(c, "%s: %s", c->where, what ? what : portero_status_text(status, text, sizeof text));
}

void client_say_rejected(struct portero_client *c, const struct portero_syntax *iface,
                         const struct portero_context_result *result)
{
  char uuid[PORTERO_UUID_TEXT_SIZE];

  (void)portero_uuid_text(&iface->uuid, uuid);
  if (result->reason == PORTERO_REASON_TRANSFER_SYNTAXES)
    client_say(c, "%s has no transfer syntax in common with us for interface %s v%u.%u", c->where,
               uuid, (unsigned)iface->major, (unsigned)iface->minor);
  else if (result->reason == PORTERO_REASON_LOCAL_LIMIT)
    client_say(c, "%s refuses interface %s v%u.%u: it has reached a limit", c->where, uuid,
               (unsigned)iface->major, (unsigned)iface->minor);
  else if (result->reason == PORTERO_REASON_NOT_SPECIFIED)
    client_say(c,
               "%s refuses interface %s v%u.%u and gives no reason: it is not for this caller, or "
               "not there",
               c->where, uuid, (unsigned)iface->major, (unsigned)iface->minor);
  else
    client_say(c,
               "%s does not offer interface %s v%u.%u (result %u, reason %u); `portero info` shows "
               "what it offers",
               c->where, uuid, (unsigned)iface->major, (unsigned)iface->minor,
               (unsigned)result->result, (unsigned)result->reason);
}

void client_say_call(struct portero_client *c, portero_status status, uint16_t opnum)
{
  const char *hint = NULL;
  char text[128];

  if (status.klass == PORTERO_CLASS_FAULT)
    hint = client_auth_hint(c, status.code);
  if (status.klass == PORTERO_CLASS_FAULT && !hint)
    hint = portero_code_hint(status.code);
  (void)portero_status_text(status, text, sizeof text);
  if (portero_is_local(status, PORTERO_LOCAL_TIMEOUT))
    client_say(c, "%s, opnum %u: no answer within %g s", c->where, (unsigned)opnum,
               c->options.timeout / 1000.0);
  else if (portero_is_local(status, PORTERO_LOCAL_LIMIT))
    client_say(c, "%s, opnum %u: too many calls in flight, or the arguments are too large",
               c->where, (unsigned)opnum);
  else
    client_say(c, "%s from %s, opnum %u%s%s", text, c->where, (unsigned)opnum, hint ? ": " : "",
               hint ? hint : "");
}
