/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue of the secure channel in a build without nettle. No channel is ever made. */
#include <portero/netlogon.h>

portero_status portero_netlogon_open(const struct portero_netlogon_options *options,
                                     struct portero_netlogon_channel **out_channel)
{
  (void)options;
  *out_channel = NULL;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

void portero_netlogon_close(struct portero_netlogon_channel *channel)
{
  (void)channel;
}

const char *portero_netlogon_error(const struct portero_netlogon_channel *channel)
{
  (void)channel;
  return "this build has no Netlogon secure channel: it was made without nettle";
}

uint32_t portero_netlogon_rid(const struct portero_netlogon_channel *channel)
{
  (void)channel;
  return 0;
}

uint32_t portero_netlogon_flags(const struct portero_netlogon_channel *channel)
{
  (void)channel;
  return 0;
}

void portero_netlogon_authenticate(struct portero_netlogon_channel *channel,
                                   struct portero_netlogon_authenticator *out_authenticator)
{
  (void)channel;
  *out_authenticator = (struct portero_netlogon_authenticator){{0}, 0};
}

bool portero_netlogon_verify(struct portero_netlogon_channel *channel,
                             const struct portero_netlogon_authenticator *returned)
{
  (void)channel;
  (void)returned;
  return false;
}

void portero_netlogon_encrypt(struct portero_netlogon_channel *channel, uint8_t *data, size_t size)
{
  (void)channel;
  (void)data;
  (void)size;
}

void portero_netlogon_decrypt(struct portero_netlogon_channel *channel, uint8_t *data, size_t size)
{
  (void)channel;
  (void)data;
  (void)size;
}

portero_status portero_netlogon_logon(struct portero_netlogon_channel *channel,
                                      const struct portero_netlogon_attempt *logon,
                                      struct portero_netlogon_user **out_user)
{
  (void)channel;
  (void)logon;
  (void)out_user;
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

const struct portero_identity *
portero_netlogon_user_identity(const struct portero_netlogon_user *user)
{
  (void)user;
  return NULL;
}

void portero_netlogon_user_free(struct portero_netlogon_user *user)
{
  (void)user;
}
