/* SPDX-License-Identifier: Apache-2.0 */
/* The ways out. Each gives a sink without a thread, in *out_sink; the caller starts or frees it. */
#ifndef PORTERO_SINKS_WAYS_H
#define PORTERO_SINKS_WAYS_H

#include <sys/types.h>

#include "src/sinks/sink.h"

portero_status file_sink_new(const struct portero_sink *sink, const struct portero_sink_file *file,
                             const struct portero_book_options *notices, struct sink **out_sink);
portero_status output_sink_new(const struct portero_sink *sink, int fd,
                               const struct portero_book_options *notices, struct sink **out_sink);
/* UDP (host) or a local socket (host NULL, path). */
portero_status datagram_sink_new(const struct portero_sink *sink, const char *path,
                                 const char *host, uint16_t port,
                                 const struct portero_book_options *notices,
                                 struct sink **out_sink);
/* TCP and TLS. */
portero_status stream_sink_new(const struct portero_sink *sink,
                               const struct portero_sink_syslog *syslog,
                               const struct portero_book_options *notices, struct sink **out_sink);

/* rotate.c: makes way for a new file. Numbered or dated by time, then removes what is too old. */
void rotate_file(const char *path, bool dated, unsigned keep, uint64_t time);

/* socket.c */
/* Up to so many milliseconds, in short pieces: false when the time is over or the sink stops. */
bool socket_wait(const struct sink *s, int fd, short events, unsigned milliseconds);
/* Connected and without blocking. type: SOCK_STREAM or SOCK_DGRAM. */
portero_status socket_connect(const struct sink *s, const char *host, uint16_t port, int type,
                              int *out_fd);
portero_status socket_connect_local(const char *path, int *out_fd);
portero_status socket_error(int error);
/* What a sink is called that sends to a host: "udp:192.0.2.1:514". A longer name is cut. */
#define SOCKET_NAME_SIZE 288u
const char *socket_name(const char *way, const char *host, uint16_t port,
                        char name[SOCKET_NAME_SIZE]);

/* ---- TLS: tls.c, or tls_none.c where every one of these is UNSUPPORTED or nothing ---- */
struct tls;
portero_status tls_new(const struct portero_sink_syslog *syslog, struct tls **out_tls);
void tls_free(struct tls *t);
/* Reads the certificates again. */
void tls_reload(struct tls *t);
/* The handshake on a connected socket, within so many milliseconds. */
portero_status tls_start(struct tls *t, const struct sink *s, int fd, unsigned milliseconds);
/* What send(2) and recv(2) give, -1 with errno EAGAIN included; another errno: it is over. */
ssize_t tls_send(struct tls *t, const void *data, size_t size);
ssize_t tls_receive(struct tls *t, void *data, size_t size);
void tls_end(struct tls *t);

#endif
