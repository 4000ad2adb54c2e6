/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the tests' servers: their visitors' book, their policy. */
#ifndef PORTERO_PEER_BOOK_H
#define PORTERO_PEER_BOOK_H

#include <portero/server.h>
#include <portero/sink.h>

#define PEER_BOOK_SINKS 16u

/* Each sink is "FORM:PATH": a file in that form, or the datagram socket at PATH for syslog and journal. */
portero_status peer_book_open(const char *const *sinks, size_t n, struct portero_book **out_book);
/* Carries out what is told; NULL is fine. */
void peer_book_close(struct portero_book *book);

/* From a file; what is wrong with it is printed. */
portero_status peer_policy_set(struct portero_server *server, const char *path);

#endif
