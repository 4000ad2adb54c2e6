/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the peer server offers in the place of a domain controller: the operations that ordinary
 * clients use, and those that attacks on controllers use. They answer as a controller in good health
 * would answer somebody without rights; nothing is behind them.
 */
#ifndef PORTERO_PEER_CONTROLLER_H
#define PORTERO_PEER_CONTROLLER_H

#include <portero/server.h>

portero_status peer_accounts_offer(struct portero_server *server, uint8_t min_level);
portero_status peer_targets_offer(struct portero_server *server, uint8_t min_level);
/* An interface whose operations take anything and answer nothing. id: "UUID" or "UUID:MAJOR.MINOR". */
portero_status peer_blank_offer(struct portero_server *server, const char *id, uint8_t min_level);

/* Handles with nothing behind them. */
portero_status peer_handle_open(struct portero_call *call, const void *kind,
                                struct portero_handle *out_handle);
portero_status peer_handle_check(struct portero_call *call, const void *kind,
                                 const struct portero_handle *handle);
portero_status peer_handle_close(struct portero_call *call, const void *kind,
                                 struct portero_handle *handle);

#endif
