/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTERO_DOMAIN_CHANNEL_H
#define PORTERO_DOMAIN_CHANNEL_H

#include <portero/client.h>
#include <portero/netlogon.h>

#include "src/auth/netlogon_channel.h"

#define CHANNEL_ERROR_SIZE 1024u

/* base.lock is for the key and stored, lock for logons, which may agree on a new key. */
struct channel {
  struct portero_netlogon_channel base; /* first */
  char *server, *account;
  uint8_t nt_hash[NETLOGON_KEY_SIZE];
  uint16_t channel_type, mapper_port;
  uint32_t timeout;
  uint8_t level;
  unsigned allow;
  uint32_t rid, flags;                      /* atomic */
  uint8_t stored[NETLOGON_CREDENTIAL_SIZE]; /* what authenticators are made from, 3.1.4.5 */
  pthread_mutex_t lock;
  struct portero_client *client; /* of logons, under the channel; NULL: none open */
  char error[CHANNEL_ERROR_SIZE];
};

static inline struct channel *channel_of(struct portero_netlogon_channel *c)
{
  return (struct channel *)(void *)c;
}
static inline const struct channel *channel_of_const(const struct portero_netlogon_channel *c)
{
  return (const struct channel *)(const void *)c;
}

/* Keep what happened, and return the status. */
portero_status channel_fail(struct channel *c, portero_status status, const char *text);
portero_status channel_fail_client(struct channel *c, portero_status status,
                                   const struct portero_client *client);
portero_status channel_fail_result(struct channel *c, uint32_t result, const char *operation);

/* Opens a client of the controller's netlogon interface; *out_client as portero_client_open(). */
portero_status channel_connect(struct channel *c, const struct portero_login *login,
                               struct portero_client **out_client);
/* The dialogue, from the start: a new key. */
portero_status channel_agree(struct channel *c);

#endif
