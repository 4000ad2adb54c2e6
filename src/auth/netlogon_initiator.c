/* SPDX-License-Identifier: Apache-2.0 */
/* The member's end of security provider 68. [MS-NRPC] 3.3.4.1.1, 3.3.4.1.4 */
#include <stdlib.h>

#include "src/auth/mechanisms.h"
#include "src/auth/netlogon_channel.h"
#include "src/auth/netlogon_security.h"

struct initiator {
  struct netlogon_security common; /* first */
  struct netlogon_names names;
};

static portero_status initiator_step(struct portero_security *s, struct portero_bytes token,
                                     struct portero_writer *out_token, bool *out_done)
{
  struct initiator *i = (struct initiator *)(void *)s;
  struct netlogon_security *n = &i->common;
  portero_status status;

  if (n->leg == NETLOGON_LEG_FIRST) {
    status = netlogon_negotiate_write(out_token, &i->names);
    if (!portero_is_ok(status))
      return status;
    n->leg = NETLOGON_LEG_ANSWER;
    *out_done = false;
    return portero_ok();
  }
  if (n->leg != NETLOGON_LEG_ANSWER || !portero_is_ok(netlogon_response_read(token)))
    return netlogon_security_fail(n, "what answers is no end of a Netlogon secure channel");
  n->leg = NETLOGON_LEG_DONE;
  *out_done = true;
  return portero_ok();
}

static void initiator_wipe(struct initiator *i)
{
  explicit_bzero(i, sizeof *i);
  free(i);
}

static void initiator_free(struct portero_security *s)
{
  initiator_wipe((struct initiator *)(void *)s);
}

static const struct portero_security_ops initiator_ops = {
    .type = PORTERO_AUTH_NETLOGON,
    .step = initiator_step,
    .value_size = netlogon_security_value_size,
    .protect = netlogon_security_protect,
    .unprotect = netlogon_security_unprotect,
    .why = netlogon_security_why,
    .free = initiator_free,
};

portero_status netlogon_initiator_new(struct portero_netlogon_channel *channel, uint8_t level,
                                      struct portero_security **out_security)
{
  struct netlogon_key key;
  struct initiator *i;
  bool is_open;

  if (!netlogon_level_is_possible(level))
    return portero_local(PORTERO_LOCAL_USAGE);
  i = calloc(1, sizeof *i);
  if (!i)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  pthread_mutex_lock(&channel->lock);
  is_open = channel->is_open;
  i->names = channel->names;
  key = channel->key;
  pthread_mutex_unlock(&channel->lock);
  netlogon_session_start(&i->common.session, &key, true);
  explicit_bzero(&key, sizeof key);
  i->common.security.ops = &initiator_ops;
  if (!is_open) {
    initiator_wipe(i);
    return portero_local(PORTERO_LOCAL_STATE);
  }
  *out_security = &i->common.security;
  return portero_ok();
}
