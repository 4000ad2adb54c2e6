/* SPDX-License-Identifier: Apache-2.0 */
#include "src/domain/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <nettle/md4.h>
#include <nettle/memops.h>

#include <portero/utf16.h>

#include "idl/netlogon_rpc.h"

#define BINDING_SIZE  512u
#define PASSWORD_SIZE 1024u /* in UTF-16; the machine's own are 240 octets */
#define WORKSTATION   2u

/* ---- what happened ---- */

portero_status channel_fail(struct channel *c, portero_status status, const char *text)
{
  (void)snprintf(c->error, sizeof c->error, "%s", text);
  return status;
}

portero_status channel_fail_client(struct channel *c, portero_status status,
                                   const struct portero_client *client)
{
  char text[128];

  return channel_fail(c, status,
                      client ? portero_client_error(client)
                             : portero_status_text(status, text, sizeof text));
}

portero_status channel_fail_result(struct channel *c, uint32_t result, const char *operation)
{
  portero_status status = portero_status_make(PORTERO_CLASS_RESULT, result);
  const char *hint = portero_code_hint(result);
  char text[128];

  (void)snprintf(c->error, sizeof c->error, "%s of %s for %s: %s%s%s", operation, c->server,
                 c->account, portero_status_text(status, text, sizeof text), hint ? ". " : "",
                 hint ? hint : "");
  return status;
}

const char *portero_netlogon_error(const struct portero_netlogon_channel *channel)
{
  return channel_of_const(channel)->error;
}

/* ---- making it ---- */

portero_status channel_connect(struct channel *c, const struct portero_login *login,
                               struct portero_client **out_client)
{
  struct portero_client_options options = {
      .timeout = c->timeout, .mapper_port = c->mapper_port, .login = login};
  char binding[BINDING_SIZE];
  portero_status status;

  if ((size_t)snprintf(binding, sizeof binding, "ncacn_ip_tcp:%s", c->server) >= sizeof binding)
    return channel_fail(c, portero_local(PORTERO_LOCAL_LIMIT), "the server's name is too long");
  status = portero_client_open(binding, &netlogon_interface.id, &options, out_client);
  return portero_is_ok(status) ? status : channel_fail_client(c, status, *out_client);
}

static bool hash_password(const char *password, uint8_t out_hash[NETLOGON_KEY_SIZE])
{
  uint8_t units[PASSWORD_SIZE];
  struct md4_ctx md4;
  size_t size;

  if (!portero_is_ok(
          portero_utf8_to_utf16(password, strlen(password), false, units, sizeof units, &size)))
    return false;
  md4_init(&md4);
  md4_update(&md4, size, units);
  md4_digest(&md4, NETLOGON_KEY_SIZE, out_hash);
  explicit_bzero(units, sizeof units);
  explicit_bzero(&md4, sizeof md4);
  return true;
}

static bool copy_name(const char *name, char out_name[NETLOGON_NAME_SIZE])
{
  return name && *name &&
         (size_t)snprintf(out_name, NETLOGON_NAME_SIZE, "%s", name) < NETLOGON_NAME_SIZE;
}

static portero_status take_secret(struct channel *c, const struct portero_netlogon_options *o)
{
  if (!o->password == !o->nt_hash)
    return channel_fail(c, portero_local(PORTERO_LOCAL_USAGE),
                        "either the machine account's password is needed or its NT hash");
  if (o->nt_hash)
    memcpy(c->nt_hash, o->nt_hash, sizeof c->nt_hash);
  else if (!hash_password(o->password, c->nt_hash))
    return channel_fail(c, portero_local(PORTERO_LOCAL_USAGE),
                        "the machine account's password is no UTF-8, or too long");
  return portero_ok();
}

static portero_status take(struct channel *c, const struct portero_netlogon_options *o)
{
  c->channel_type = o->channel_type ? o->channel_type : (uint16_t)WORKSTATION;
  c->mapper_port = o->mapper_port;
  c->timeout = o->timeout;
  c->level = o->level;
  c->allow = o->allow;
  if (!o->server || !*o->server || !copy_name(o->computer, c->base.names.computer) ||
      !copy_name(o->domain, c->base.names.domain))
    return channel_fail(c, portero_local(PORTERO_LOCAL_USAGE),
                        "the names of the server, the computer and the domain are needed");
  c->server = strdup(o->server);
  if (o->account)
    c->account = strdup(o->account);
  else if (asprintf(&c->account, "%s$", o->computer) < 0)
    c->account = NULL;
  if (!c->server || !c->account)
    return channel_fail(c, portero_local(PORTERO_LOCAL_NO_MEMORY), "out of memory");
  return take_secret(c, o);
}

portero_status portero_netlogon_open(const struct portero_netlogon_options *options,
                                     struct portero_netlogon_channel **out_channel)
{
  struct channel *c = calloc(1, sizeof *c);
  portero_status status;

  if (!c)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  pthread_mutex_init(&c->base.lock, NULL);
  pthread_mutex_init(&c->lock, NULL);
  *out_channel = &c->base;
  status = take(c, options);
  return portero_is_ok(status) ? channel_agree(c) : status;
}

void portero_netlogon_close(struct portero_netlogon_channel *channel)
{
  struct channel *c = channel_of(channel);

  if (!channel)
    return;
  portero_client_close(c->client);
  pthread_mutex_destroy(&c->base.lock);
  pthread_mutex_destroy(&c->lock);
  free(c->server);
  free(c->account);
  explicit_bzero(c, sizeof *c);
  free(c);
}

/* ---- using it ---- */

/* A logon on another thread may agree on a new key at any time. */
uint32_t portero_netlogon_rid(const struct portero_netlogon_channel *channel)
{
  return __atomic_load_n(&channel_of_const(channel)->rid, __ATOMIC_RELAXED);
}

uint32_t portero_netlogon_flags(const struct portero_netlogon_channel *channel)
{
  return __atomic_load_n(&channel_of_const(channel)->flags, __ATOMIC_RELAXED);
}

/* Adds value to what is stored, and tells the credential that follows from it. */
static void go_on(struct portero_netlogon_channel *channel, uint32_t value,
                  uint8_t out_credential[NETLOGON_CREDENTIAL_SIZE])
{
  struct channel *c = channel_of(channel);

  pthread_mutex_lock(&channel->lock);
  netlogon_credential_add(c->stored, value);
  netlogon_credential(&channel->key, c->stored, out_credential);
  pthread_mutex_unlock(&channel->lock);
}

void portero_netlogon_authenticate(struct portero_netlogon_channel *channel,
                                   struct portero_netlogon_authenticator *out_authenticator)
{
  uint32_t now = (uint32_t)time(NULL);

  go_on(channel, now, out_authenticator->credential);
  out_authenticator->timestamp = now;
}

bool portero_netlogon_verify(struct portero_netlogon_channel *channel,
                             const struct portero_netlogon_authenticator *returned)
{
  uint8_t expected[NETLOGON_CREDENTIAL_SIZE];

  go_on(channel, 1, expected);
  return memeql_sec(expected, returned->credential, sizeof expected);
}

static struct netlogon_key key_of(struct portero_netlogon_channel *channel)
{
  struct netlogon_key key;

  pthread_mutex_lock(&channel->lock);
  key = channel->key;
  pthread_mutex_unlock(&channel->lock);
  return key;
}

void portero_netlogon_encrypt(struct portero_netlogon_channel *channel, uint8_t *data, size_t size)
{
  struct netlogon_key key = key_of(channel);

  netlogon_encrypt(&key, data, size);
  explicit_bzero(&key, sizeof key);
}

void portero_netlogon_decrypt(struct portero_netlogon_channel *channel, uint8_t *data, size_t size)
{
  struct netlogon_key key = key_of(channel);

  netlogon_decrypt(&key, data, size);
  explicit_bzero(&key, sizeof key);
}
