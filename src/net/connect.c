/* SPDX-License-Identifier: Apache-2.0 */
#include "src/net/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "src/net/loop.h"

#define MAX_ADDRESSES 16u
#define NEXT_ADDRESS  250u /* ms until another address is tried beside the first. RFC 8305 5 */

struct attempt {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv; /* first: freed by its handle */
  uv_connect_t req;
  struct net_connect *owner; /* NULL: nobody waits for it any more */
  struct attempt *next;
};

/* A look-up cannot be stopped once a thread works on it, so it may outlive the one who asked. */
struct lookup {
  uv_getaddrinfo_t req;
  struct net_connect *owner;
};

struct net_connect {
  uv_timer_t timer; /* first: freed by its handle */
  uv_loop_t *loop;
  net_connected *done;
  void *user;
  struct lookup *lookup;
  struct attempt *attempts; /* that wait */
  struct sockaddr_storage addresses[MAX_ADDRESSES];
  unsigned n_addresses, n_tried;
  int last_error;
  uint16_t port;
};

static void connect_next(struct net_connect *c);

static void connect_on_freed(uv_handle_t *handle)
{
  free(handle);
}

void net_stream_close(uv_stream_t *stream)
{
  uv_close((uv_handle_t *)stream, connect_on_freed);
}

void net_connect_cancel(struct net_connect *c)
{
  if (c->lookup) {
    c->lookup->owner = NULL;
    (void)uv_cancel((uv_req_t *)&c->lookup->req);
  }
  while (c->attempts) {
    struct attempt *a = c->attempts;
    c->attempts = a->next;
    a->owner = NULL;
    net_stream_close(&a->uv.stream);
  }
  uv_close((uv_handle_t *)&c->timer, connect_on_freed);
}

static void connect_finish(struct net_connect *c, portero_status status, const char *detail,
                           uv_stream_t *stream)
{
  net_connected *done = c->done;
  void *user = c->user;

  net_connect_cancel(c);
  done(user, status, detail, stream);
}

/* ---- one address ---- */

static void attempt_unlink(struct attempt *a)
{
  struct attempt **link = &a->owner->attempts;

  while (*link != a)
    link = &(*link)->next;
  *link = a->next;
  a->owner = NULL;
}

static void attempt_on_connected(uv_connect_t *req, int result)
{
  struct attempt *a = req->data;
  struct net_connect *c = a->owner;

  if (!c)
    return;
  attempt_unlink(a);
  if (result < 0) {
    c->last_error = result;
    net_stream_close(&a->uv.stream);
    connect_next(c);
    return;
  }
  connect_finish(c, portero_ok(), NULL, &a->uv.stream);
}

static struct attempt *attempt_new(struct net_connect *c)
{
  struct attempt *a = calloc(1, sizeof *a);

  if (!a)
    return NULL;
  a->req.data = a;
  a->owner = c;
  a->next = c->attempts;
  c->attempts = a;
  return a;
}

static int attempt_start(struct net_connect *c, const struct sockaddr *address)
{
  struct attempt *a = attempt_new(c);
  int result;

  if (!a)
    return UV_ENOMEM;
  (void)uv_tcp_init(c->loop, &a->uv.tcp);
  result = uv_tcp_connect(&a->req, &a->uv.tcp, address, attempt_on_connected);
  if (result == 0) {
    (void)uv_tcp_nodelay(&a->uv.tcp, 1);
    return 0;
  }
  attempt_unlink(a);
  net_stream_close(&a->uv.stream);
  return result;
}

/* ---- one after the other ---- */

static void connect_on_timer(uv_timer_t *timer)
{
  connect_next((struct net_connect *)(void *)timer);
}

static void connect_next(struct net_connect *c)
{
  while (c->n_tried < c->n_addresses) {
    int result = attempt_start(c, (const struct sockaddr *)&c->addresses[c->n_tried++]);
    if (result == 0) {
      (void)uv_timer_start(&c->timer, connect_on_timer, NEXT_ADDRESS, 0);
      return;
    }
    c->last_error = result;
  }
  if (!c->attempts)
    connect_finish(c, net_status(c->last_error), uv_strerror(c->last_error), NULL);
}

static void connect_add(struct net_connect *c, const struct sockaddr *address, size_t size)
{
  if (c->n_addresses < MAX_ADDRESSES)
    memcpy(&c->addresses[c->n_addresses++], address, size);
}

static void connect_on_resolved(uv_getaddrinfo_t *req, int result, struct addrinfo *found)
{
  struct lookup *lookup = req->data;
  struct net_connect *c = lookup->owner;
  const struct addrinfo *one;

  if (c && result == 0) {
    for (one = found; one; one = one->ai_next)
      connect_add(c, one->ai_addr, one->ai_addrlen);
  }
  uv_freeaddrinfo(found);
  free(lookup);
  if (!c)
    return;
  c->lookup = NULL;
  if (c->n_addresses == 0)
    connect_finish(c, portero_local(PORTERO_LOCAL_NAME), result ? uv_strerror(result) : NULL, NULL);
  else
    connect_next(c);
}

static int connect_resolve(struct net_connect *c, const char *host)
{
  struct lookup *lookup = calloc(1, sizeof *lookup);
  struct addrinfo hints;
  char service[8];
  int result;

  if (!lookup)
    return UV_ENOMEM;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  (void)snprintf(service, sizeof service, "%u", (unsigned)c->port);
  lookup->req.data = lookup;
  lookup->owner = c;
  result = uv_getaddrinfo(c->loop, &lookup->req, connect_on_resolved, host, service, &hints);
  if (result < 0)
    free(lookup);
  else
    c->lookup = lookup;
  return result;
}

/* ---- starting ---- */

static struct net_connect *connect_new(uv_loop_t *loop, uint16_t port, net_connected *done,
                                       void *user)
{
  struct net_connect *c = calloc(1, sizeof *c);

  if (!c)
    return NULL;
  (void)uv_timer_init(loop, &c->timer);
  c->loop = loop;
  c->port = port;
  c->done = done;
  c->user = user;
  c->last_error = UV_EADDRNOTAVAIL;
  return c;
}

static bool connect_add_numeric(struct net_connect *c, const char *host)
{
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;

  if (uv_ip4_addr(host, c->port, &v4) == 0)
    connect_add(c, (const struct sockaddr *)&v4, sizeof v4);
  else if (uv_ip6_addr(host, c->port, &v6) == 0)
    connect_add(c, (const struct sockaddr *)&v6, sizeof v6);
  return c->n_addresses > 0;
}

portero_status net_connect_tcp(uv_loop_t *loop, const char *host, uint16_t port,
                               net_connected *done, void *user, struct net_connect **out_connect)
{
  struct net_connect *c = connect_new(loop, port, done, user);
  int result = 0;

  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (*host == '\0') {
    (void)connect_add_numeric(c, "127.0.0.1");
    (void)connect_add_numeric(c, "::1");
  } else if (!connect_add_numeric(c, host)) {
    result = connect_resolve(c, host);
  }
  if (result < 0) {
    net_connect_cancel(c);
    return result == UV_EINVAL ? portero_local(PORTERO_LOCAL_NAME) : net_status(result);
  }
  /* A connection may fail at once; that, too, is told from the loop. */
  if (!c->lookup)
    (void)uv_timer_start(&c->timer, connect_on_timer, 0, 0);
  *out_connect = c;
  return portero_ok();
}

portero_status net_connect_local(uv_loop_t *loop, const char *path, net_connected *done, void *user,
                                 struct net_connect **out_connect)
{
  struct net_connect *c;
  struct attempt *a;

  if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
    return portero_local(PORTERO_LOCAL_LIMIT);
  c = connect_new(loop, 0, done, user);
  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  a = attempt_new(c);
  if (!a) {
    net_connect_cancel(c);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  (void)uv_pipe_init(loop, &a->uv.pipe, 0);
  uv_pipe_connect(&a->req, &a->uv.pipe, path, attempt_on_connected); /* failures come by the loop */
  *out_connect = c;
  return portero_ok();
}
