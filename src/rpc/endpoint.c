/* SPDX-License-Identifier: Apache-2.0 */
/* Listening, accepting, and moving a connection to the loop of its association group. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/rpc/call.h"

#define DEFAULT_MODE 0666
#define RETRY_TIME   100u /* ms until memory may be there again */

/* ---- connections ---- */

static void conn_on_gone(struct net_conn *net)
{
  struct rpc_conn *c = (struct rpc_conn *)(void *)net;

  rpc_shed_skip(c);
  rpc_told_closed(c);
  rpc_limits_gone(c);
  rpc_drain_check(rpc_conn_loop(c));
}

static const struct net_conn_ops conn_ops = {sizeof(struct rpc_conn), rpc_conn_event, rpc_conn_lost,
                                             conn_on_gone};

static struct rpc_conn *conn_new(struct rpc_listener *l)
{
  struct rpc_conn *c =
      (struct rpc_conn *)(void *)net_conn_new(&l->loop->net, &conn_ops, l->net.is_local);

  if (c)
    c->endpoint = l->endpoint;
  return c;
}

static void listener_on_connection(struct net_listener *net)
{
  struct rpc_listener *l = (struct rpc_listener *)(void *)net;
  struct portero_server *s = l->endpoint->server;
  struct rpc_conn *c = conn_new(l);

  if (!c) {
    net_loop_at(&l->loop->net, &l->retry, net_loop_now(&l->loop->net) + RETRY_TIME);
    return;
  }
  if (!portero_is_ok(net_conn_accept(&c->net, &net->uv.stream)) || !rpc_limits_admit(c)) {
    net_conn_abort(&c->net);
    return;
  }
  rpc_told_opened(c);
  if (!portero_is_ok(net_conn_open(&c->net, &l->config, s->n_loops > 1)))
    net_conn_abort(&c->net);
}

static void listener_on_retry(struct net_deadline *d)
{
  struct rpc_listener *l =
      (struct rpc_listener *)(void *)((char *)d - offsetof(struct rpc_listener, retry));

  if (l->net.open)
    listener_on_connection(&l->net);
}

/* ---- moving ---- */

void rpc_move_free(struct rpc_move *move)
{
  rpc_told_stranded(move);
  if (move->source)
    rpc_sources_give(&move->endpoint->server->limiter->sources, move->source);
  (void)close(move->fd);
  free(move->bytes);
  free(move);
}

bool rpc_conn_move(struct rpc_conn *c, unsigned loop)
{
  struct portero_server *s = c->endpoint->server;
  struct rpc_move *move = calloc(1, sizeof *move);

  if (!move)
    return false;
  move->endpoint = c->endpoint;
  if (!portero_is_ok(net_conn_detach(&c->net, &move->fd, &move->bytes, &move->size))) {
    free(move);
    return false;
  }
  move->source = rpc_limits_leave(c);
  rpc_told_moves(c, move);
  if (!rpc_mailbox_move(s->loops[loop].mailbox, move))
    rpc_move_free(move);
  return true;
}

void rpc_conn_arrive(struct rpc_loop *l, struct rpc_move *move)
{
  struct rpc_listener *listener = &move->endpoint->listeners[l->index];
  struct rpc_conn *c = conn_new(listener);
  int fd;

  if (!c) {
    rpc_move_free(move);
    return;
  }
  fd = move->fd;
  move->fd = -1;
  rpc_limits_arrive(c, move->source);
  rpc_told_arrives(c, move);
  if (portero_is_ok(net_conn_adopt(&c->net, fd)) &&
      portero_is_ok(net_conn_open(&c->net, &listener->config, false)))
    net_conn_feed(&c->net, portero_bytes_make(move->bytes, move->size));
  else
    net_conn_abort(&c->net);
  free(move->bytes);
  free(move);
}

/* ---- listening ---- */

static struct rpc_endpoint *endpoint_new(struct portero_server *s, enum portero_protseq protseq)
{
  struct rpc_endpoint *e = calloc(1, sizeof *e + s->n_loops * sizeof(struct rpc_listener));

  if (!e)
    return NULL;
  e->server = s;
  e->protseq = protseq;
  return e;
}

static void listener_configure(struct rpc_endpoint *e, unsigned i)
{
  struct rpc_listener *l = &e->listeners[i];

  l->endpoint = e;
  l->loop = &e->server->loops[i];
  l->retry.due = listener_on_retry;
  l->config.mem = &l->loop->net.pool.mem;
  l->config.limits = e->server->limits;
  if (e->protseq != PORTERO_NCACN_IP_TCP)
    l->config.limits.idle_timeout =
        0; /* what a silent process of this host holds, it goes on holding */
  l->config.secondary_address = e->secondary;
  l->config.features = PORTERO_FEATURE_SECURITY_MULTIPLEX | PORTERO_FEATURE_KEEP_ON_ORPHAN;
  l->config.header_signing = true;
  l->config.in_place = true; /* the loop's read buffer */
}

/*
 * Takes the descriptors over, one for each loop. The endpoint joins the server in any case and is
 * freed with it.
 */
static portero_status endpoint_open(struct rpc_endpoint *e, const int *fds)
{
  struct portero_server *s = e->server;
  bool is_local = e->protseq != PORTERO_NCACN_IP_TCP;
  portero_status status = portero_ok();

  *s->last_endpoint = e;
  s->last_endpoint = &e->next;
  for (unsigned i = 0; i < s->n_loops; i++) {
    portero_status one;
    listener_configure(e, i);
    one = net_listener_open(&e->listeners[i].net, &s->loops[i].net, fds[i], is_local,
                            listener_on_connection);
    if (portero_is_ok(status))
      status = one;
  }
  return status;
}

void rpc_endpoint_close(struct rpc_endpoint *e, const struct rpc_loop *l)
{
  net_listener_close(&e->listeners[l->index].net);
  if (l->index == 0) {
    net_local_remove(&e->file);
    e->file.path[0] = '\0';
  }
}

void rpc_endpoint_free(struct rpc_endpoint *e)
{
  free(e);
}

static portero_status listen_tcp(struct portero_server *s, struct portero_binding *b)
{
  const struct portero_server_options *o = &s->options;
  struct rpc_endpoint *e = endpoint_new(s, PORTERO_NCACN_IP_TCP);
  int fds[RPC_MAX_LOOPS];
  portero_status status;
  unsigned long port;
  char *end;

  if (!e)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  port = strtoul(b->endpoint, &end, 10);
  if (*end || port > UINT16_MAX || (b->endpoint[0] && port == 0))
    status = portero_local(PORTERO_LOCAL_MALFORMED);
  else if (port)
    status = net_tcp_listen(b->host, (uint16_t)port, s->n_loops, fds);
  else
    status = rpc_ports_listen(b->host, o->port_low, o->port_high, s->n_loops, fds);
  if (!portero_is_ok(status)) {
    free(e);
    return status;
  }
  (void)snprintf(b->endpoint, sizeof b->endpoint, "%u", net_tcp_port(fds[0]));
  (void)snprintf(e->secondary, sizeof e->secondary, "%s", b->endpoint);
  (void)portero_binding_text(b, e->binding, sizeof e->binding);
  return endpoint_open(e, fds);
}

static portero_status local_mode(const struct portero_binding *b, mode_t *out_mode)
{
  const char *text = portero_binding_option(b, "mode");
  unsigned long mode = DEFAULT_MODE;
  char *end = NULL;

  if (text)
    mode = strtoul(text, &end, 8);
  if (text && (end == text || *end || mode > 0777))
    return portero_local(PORTERO_LOCAL_MALFORMED);
  *out_mode = (mode_t)mode;
  return portero_ok();
}

/*
 * One descriptor for each loop, all for the same socket: whichever loop is free takes the next
 * connection.
 */
static portero_status share_fd(unsigned n, int *fds)
{
  for (unsigned i = 1; i < n; i++) {
    fds[i] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
    if (fds[i] >= 0)
      continue;
    while (i > 0)
      (void)close(fds[--i]);
    return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
  }
  return portero_ok();
}

static portero_status listen_local(struct portero_server *s, struct portero_binding *b)
{
  struct rpc_endpoint *e = endpoint_new(s, b->protseq);
  int fds[RPC_MAX_LOOPS];
  char path[PORTERO_ENDPOINT_SIZE];
  mode_t mode = 0;
  portero_status status = e ? local_mode(b, &mode) : portero_local(PORTERO_LOCAL_NO_MEMORY);

  if (portero_is_ok(status))
    status = net_local_path(b->endpoint, true, path, sizeof path);
  if (portero_is_ok(status))
    status = net_local_listen(path, mode, &fds[0], &e->file);
  if (portero_is_ok(status))
    status = share_fd(s->n_loops, fds);
  if (!portero_is_ok(status)) {
    if (e)
      net_local_remove(&e->file);
    free(e);
    return status;
  }
  b->n_options = 0;
  (void)snprintf(e->secondary, sizeof e->secondary, "%s", b->endpoint);
  (void)portero_binding_text(b, e->binding, sizeof e->binding);
  return endpoint_open(e, fds);
}

static portero_status listen_on(struct portero_server *s, const char *binding)
{
  struct portero_binding b;
  portero_status status = portero_binding_parse(binding, &b, NULL);

  if (!portero_is_ok(status))
    return status;
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  if (b.protseq == PORTERO_NCACN_IP_TCP)
    return listen_tcp(s, &b);
  if (b.protseq == PORTERO_NCALRPC || b.protseq == PORTERO_NCACN_UNIX_STREAM)
    return listen_local(s, &b);
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

portero_status portero_server_listen(struct portero_server *s, const char *binding)
{
  portero_status status = listen_on(s, binding);
  char reason[160], text[400];

  if (portero_is_ok(status))
    return status;
  (void)snprintf(text, sizeof text, "cannot listen on %.200s: %s", binding,
                 portero_status_text(status, reason, sizeof reason));
  rpc_notice(s, text);
  return status;
}

/* ---- sockets that listen already ---- */

static portero_status inherited_binding(int fd, struct portero_binding *out_binding)
{
  struct sockaddr_storage storage;
  struct net_address address;
  struct sockaddr_un local;
  socklen_t size = sizeof storage;

  memset(out_binding, 0, sizeof *out_binding);
  memset(&storage, 0, sizeof storage);
  if (getsockname(fd, (struct sockaddr *)&storage, &size) != 0)
    return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)errno);
  if (net_address_from((const struct sockaddr *)&storage, &address)) {
    static const uint8_t any[16] = {0};
    out_binding->protseq = PORTERO_NCACN_IP_TCP;
    net_address_text(&address, out_binding->host, sizeof out_binding->host);
    if (memcmp(address.ip, any, sizeof any) == 0 || strcmp(out_binding->host, "0.0.0.0") == 0)
      out_binding->host[0] = '\0';
    (void)snprintf(out_binding->endpoint, sizeof out_binding->endpoint, "%u", address.port);
    return portero_ok();
  }
  if (storage.ss_family != AF_UNIX)
    return portero_local(PORTERO_LOCAL_UNSUPPORTED);
  memcpy(&local, &storage, sizeof local);
  out_binding->protseq = PORTERO_NCALRPC;
  (void)snprintf(out_binding->endpoint, sizeof out_binding->endpoint, "%.*s",
                 (int)sizeof local.sun_path - 1, local.sun_path);
  return portero_ok();
}

portero_status portero_server_listen_fd(struct portero_server *s, int fd)
{
  struct portero_binding b;
  struct rpc_endpoint *e;
  int fds[RPC_MAX_LOOPS];
  portero_status status = inherited_binding(fd, &b);

  if (!portero_is_ok(status))
    return status;
  if (s->state != RPC_SERVER_NEW)
    return portero_local(PORTERO_LOCAL_STATE);
  e = endpoint_new(s, b.protseq);
  if (!e)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  fds[0] = fd;
  status = share_fd(s->n_loops, fds);
  if (!portero_is_ok(status)) {
    free(e);
    return status;
  }
  (void)snprintf(e->secondary, sizeof e->secondary, "%s", b.endpoint);
  (void)portero_binding_text(&b, e->binding, sizeof e->binding);
  return endpoint_open(e, fds);
}

const char *portero_server_binding(const struct portero_server *s, size_t i)
{
  const struct rpc_endpoint *e = s->endpoints;

  for (; e && i > 0; i--)
    e = e->next;
  return e ? e->binding : NULL;
}
