/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer server offers: Samba's echo interface and our own test interface. */
#ifndef PORTERO_PEER_SERVICES_H
#define PORTERO_PEER_SERVICES_H

#include <portero/server.h>

struct peer_services_options {
  uint8_t min_level; /* enum portero_auth_level */
  bool say_callers;  /* each call prints a line: who, with what, at which level */
  bool echo_alone;   /* without our own interface: it can be told to end the server */
};

portero_status peer_services_offer(struct portero_server *server,
                                   const struct peer_services_options *options);

#endif
