/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making connections: names are looked up off the loop, every address is tried, local sockets too.
 * A further address is tried as soon as one fails, or when it has not answered for a moment; the
 * first that answers is taken. RFC 8305 (without its sorting: the resolver has done that).
 *
 * There is no deadline here: whoever waits long enough cancels.
 */
#ifndef PORTERO_NET_CONNECT_H
#define PORTERO_NET_CONNECT_H

#include <uv.h>

#include <portero/status.h>

struct net_connect;

/*
 * Called once, on the loop, never from inside the function that started it. On success stream is
 * the callee's: end it with net_stream_close(). detail: a failure in the system's words, static
 * text, or NULL.
 */
typedef void net_connected(void *user, portero_status status, const char *detail,
                           uv_stream_t *stream);

/*
 * host: a numeric address, a name, or "" for this machine. On failure nothing was started.
 * LOCAL_NAME reaches the callback: the name cannot be resolved.
 */
PORTERO_MUST_USE portero_status net_connect_tcp(uv_loop_t *loop, const char *host, uint16_t port,
                                                net_connected *done, void *user,
                                                struct net_connect **out_connect);
PORTERO_MUST_USE portero_status net_connect_local(uv_loop_t *loop, const char *path,
                                                  net_connected *done, void *user,
                                                  struct net_connect **out_connect);
/*
 * Before done was called: it will not be. A name being looked up keeps the loop alive until the
 * resolver has answered.
 */
void net_connect_cancel(struct net_connect *c);

/* Closes and frees. Callbacks of writes still come (cancelled). */
void net_stream_close(uv_stream_t *stream);

#endif
