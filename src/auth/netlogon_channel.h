/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an initiator needs of a channel. The dialogue that agrees on the key is in src/domain, which
 * makes channels and puts this first in its own structure.
 */
#ifndef PORTERO_AUTH_NETLOGON_CHANNEL_H
#define PORTERO_AUTH_NETLOGON_CHANNEL_H

#include <pthread.h>

#include "src/auth/netlogon_crypto.h"
#include "src/auth/netlogon_message.h"

struct portero_netlogon_channel {
  pthread_mutex_t lock; /* for the key: it may be agreed on anew */
  struct netlogon_names names;
  struct netlogon_key key;
  bool is_open;
};

#endif
