/* SPDX-License-Identifier: Apache-2.0 */
/* A server's endpoints at the local endpoint mapper: all listed interfaces, all endpoints. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "src/rpc/register.h"
#include "src/rpc/rpc.h"

struct server_registration {
  struct rpc_companion companion; /* first */
  struct rpc_registration *registration;
  bool registered; /* atomic */
  char annotation[epm_EPT_MAX_ANNOTATION_SIZE];
};

/* ---- what there is to tell ---- */

static bool endpoint_is_local(const struct rpc_endpoint *e)
{
  return e->protseq == PORTERO_NCALRPC || e->protseq == PORTERO_NCACN_UNIX_STREAM;
}

static bool offer_is_told(const struct rpc_offer *offer, const struct rpc_endpoint *e)
{
  uint32_t flags = offer->iface->flags;

  return !(flags & PORTERO_INTERFACE_UNLISTED) &&
         (endpoint_is_local(e) || !(flags & PORTERO_INTERFACE_LOCAL));
}

static size_t syntaxes_of(const struct rpc_offer *offer)
{
  return offer->iface->flags & PORTERO_INTERFACE_NDR64 ? 2 : 1;
}

bool rpc_tower_from_binding(const struct portero_binding *b, struct portero_tower *out_tower)
{
  struct in6_addr v6;

  memset(out_tower, 0, sizeof *out_tower);
  out_tower->protseq = b->protseq;
  out_tower->transfer = portero_syntax_ndr;
  if (b->protseq != PORTERO_NCACN_IP_TCP) {
    memcpy(out_tower->endpoint, b->endpoint, sizeof out_tower->endpoint);
    return b->endpoint[0] != '\0';
  }
  out_tower->port = (uint16_t)strtoul(b->endpoint, NULL, 10);
  if (inet_pton(AF_INET, b->host, out_tower->ipv4) == 1)
    return out_tower->port != 0;
  /* No floor holds an IPv6 address, but that only this host gets there can be told. */
  if (inet_pton(AF_INET6, b->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6))
    memcpy(out_tower->ipv4, (const uint8_t[]){127, 0, 0, 1}, 4);
  return out_tower->port != 0;
}

static size_t items_of(const struct rpc_offer *offer, const struct rpc_endpoint *e,
                       struct rpc_registration_item *items)
{
  struct portero_binding binding;
  size_t n = syntaxes_of(offer), i;

  if (!portero_is_ok(portero_binding_parse(e->binding, &binding, NULL)))
    return 0;
  for (i = 0; i < n; i++) {
    memset(&items[i], 0, sizeof items[i]);
    if (!rpc_tower_from_binding(&binding, &items[i].tower))
      return 0;
    items[i].tower.interface = offer->iface->id;
    if (i == 1)
      items[i].tower.transfer = portero_syntax_ndr64;
  }
  return n;
}

static size_t items_count(const struct portero_server *s)
{
  size_t n = 0;

  for (const struct rpc_endpoint *e = s->endpoints; e; e = e->next)
    for (const struct rpc_offer *o = s->offers; o; o = o->next)
      n += offer_is_told(o, e) ? syntaxes_of(o) : 0;
  return n;
}

static size_t items_fill(const struct portero_server *s, struct rpc_registration_item *items)
{
  size_t n = 0;

  for (const struct rpc_endpoint *e = s->endpoints; e; e = e->next)
    for (const struct rpc_offer *o = s->offers; o; o = o->next)
      n += offer_is_told(o, e) ? items_of(o, e, items + n) : 0;
  return n;
}

/* ---- beside the server ---- */

static void registration_on_changed(void *user, bool registered, bool refused, const char *text)
{
  struct server_registration *r = user;

  (void)refused;
  __atomic_store_n(&r->registered, registered, __ATOMIC_RELEASE);
  rpc_notice(r->companion.server, text);
}

static void registration_on_stopped(void *user)
{
  struct server_registration *r = user;

  r->registration = NULL;
  rpc_companion_stopped(&r->companion);
}

static const struct rpc_registration_ops registration_ops = {registration_on_changed,
                                                             registration_on_stopped};

static void registration_start(struct rpc_companion *c, struct uv_loop_s *loop)
{
  struct server_registration *r = (struct server_registration *)(void *)c;
  const struct portero_server *s = c->server;
  struct rpc_registration_item *items = calloc(items_count(s) + 1, sizeof *items);
  portero_status status = portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (items)
    status = rpc_registration_start(loop, s->options.mapper, items, items_fill(s, items),
                                    r->annotation, &registration_ops, r, &r->registration);
  free(items);
  if (!portero_is_ok(status))
    rpc_notice(c->server, portero_is_local(status, PORTERO_LOCAL_USAGE)
                              ? "not registered: there is no interface on an endpoint"
                              : "not registered: out of memory");
}

static void registration_stop(struct rpc_companion *c)
{
  struct server_registration *r = (struct server_registration *)(void *)c;

  __atomic_store_n(&r->registered, false, __ATOMIC_RELEASE);
  if (r->registration)
    rpc_registration_stop(r->registration);
  else
    rpc_companion_stopped(c);
}

static void registration_free(struct rpc_companion *c)
{
  free(c);
}

static struct server_registration *registration_of(const struct portero_server *s)
{
  struct rpc_companion *c;

  for (c = s->companions; c && c->start != registration_start; c = c->next)
    ;
  return (struct server_registration *)(void *)c;
}

portero_status portero_server_register(struct portero_server *s, const char *annotation)
{
  struct server_registration *r;

  if (s->state != RPC_SERVER_NEW || registration_of(s))
    return portero_local(PORTERO_LOCAL_STATE);
  if (annotation && strlen(annotation) >= sizeof r->annotation)
    return portero_local(PORTERO_LOCAL_USAGE);
  r = calloc(1, sizeof *r);
  if (!r)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (annotation)
    memcpy(r->annotation, annotation, strlen(annotation));
  r->companion.start = registration_start;
  r->companion.stop = registration_stop;
  r->companion.free = registration_free;
  rpc_companion_add(s, &r->companion);
  return portero_ok();
}

bool portero_server_registered(const struct portero_server *s)
{
  const struct server_registration *r = registration_of(s);

  return r && __atomic_load_n(&r->registered, __ATOMIC_ACQUIRE);
}
