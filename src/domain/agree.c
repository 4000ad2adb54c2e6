/* SPDX-License-Identifier: Apache-2.0 */
/* ServerReqChallenge and ServerAuthenticate3, the member's part. [MS-NRPC] 3.1.4.1, 3.4.5.2 */
#include <stdio.h>
#include <sys/random.h>

#include <nettle/memops.h>

#include "idl/netlogon_rpc.h"
#include "src/domain/channel.h"

/* What Windows asks for: all that 3.1.4.2 names but replication to old controllers and Kerberos. */
#define WANTED             0x612fffffu
#define NT_ACCESS_DENIED   0xc0000022u
#define CHALLENGE_ATTEMPTS 8u
#define MIRRORED           4u /* octets of a challenge: what follows them cannot be guessed */

static bool challenge_make(uint8_t out_challenge[NETLOGON_CREDENTIAL_SIZE])
{
  for (unsigned i = 0; i < CHALLENGE_ATTEMPTS; i++) {
    if (getrandom(out_challenge, NETLOGON_CREDENTIAL_SIZE, 0) != NETLOGON_CREDENTIAL_SIZE)
      return false;
    if (portero_netlogon_challenge_is_random(out_challenge))
      return true;
  }
  return false;
}

/*
 * Our own challenge sent back has our own credential for its answer; where only its end is another, so
 * is the answer's, and nobody needs the key for that. Zeros have zeros with one key in 256.
 */
static bool is_fresh(const struct netlogon_NetrServerReqChallenge *c)
{
  return memcmp(c->server_challenge.data, c->client_challenge.data, MIRRORED) != 0 &&
         portero_netlogon_challenge_is_random(c->server_challenge.data);
}

/* One attempt. What of it is good is kept in the channel, and nothing else. */
struct attempt {
  struct netlogon_NetrServerReqChallenge challenge;
  struct netlogon_NetrServerAuthenticate3 proof;
  struct netlogon_key key;
  uint32_t wanted;
};

static portero_status ask(struct channel *c, struct portero_client *client, struct attempt *a)
{
  struct netlogon_NetrServerAuthenticate3 *proof = &a->proof;
  portero_status status;

  a->challenge.computer_name = c->base.names.computer;
  if (!challenge_make(a->challenge.client_challenge.data))
    return channel_fail(c, portero_local(PORTERO_LOCAL_SECURITY),
                        "the system gives no random numbers");
  status = netlogon_NetrServerReqChallenge(client, &a->challenge);
  if (!portero_is_ok(status))
    return channel_fail_client(c, status, client);
  if (a->challenge.result)
    return channel_fail_result(c, a->challenge.result, "ServerReqChallenge");
  if (!is_fresh(&a->challenge))
    return channel_fail(c, portero_local(PORTERO_LOCAL_SECURITY),
                        "what answered as the domain controller chose a challenge that can be "
                        "answered without the machine account's password");

  netlogon_key_make(c->nt_hash, a->challenge.client_challenge.data,
                    a->challenge.server_challenge.data, a->wanted & NETLOGON_AES, &a->key);
  proof->account_name = c->account;
  proof->channel_type = (enum netlogon_secure_channel_type)c->channel_type;
  proof->computer_name = c->base.names.computer;
  netlogon_credential(&a->key, a->challenge.client_challenge.data, proof->client_credential.data);
  proof->negotiate_flags = a->wanted;
  status = netlogon_NetrServerAuthenticate3(client, proof);
  if (!portero_is_ok(status))
    return channel_fail_client(c, status, client);
  return portero_ok();
}

/* The controller answers with the flags that both have. */
static bool is_weaker(uint32_t flags, uint32_t wanted)
{
  uint32_t needed = NETLOGON_SECURE_RPC | NETLOGON_STRONG_KEYS | (wanted & NETLOGON_AES);
  return (flags & needed) != needed;
}

static portero_status judge(struct channel *c, const struct attempt *a)
{
  uint8_t expected[NETLOGON_CREDENTIAL_SIZE];

  if (a->proof.result)
    return channel_fail_result(c, a->proof.result, "ServerAuthenticate3");
  netlogon_credential(&a->key, a->challenge.server_challenge.data, expected);
  if (!memeql_sec(expected, a->proof.server_credential.data, sizeof expected))
    return channel_fail(c, portero_local(PORTERO_LOCAL_SECURITY),
                        "what answered as the domain controller does not know the machine "
                        "account's password");
  if (is_weaker(a->proof.negotiate_flags, a->wanted))
    return channel_fail(c, portero_local(PORTERO_LOCAL_DENIED),
                        "the domain controller, or somebody on the way to it, wants weaker "
                        "protection than this program takes: it must offer AES and secure RPC");
  return portero_ok();
}

static void keep(struct channel *c, const struct attempt *a)
{
  pthread_mutex_lock(&c->base.lock);
  c->base.key = a->key;
  c->base.is_open = true;
  memcpy(c->stored, a->proof.client_credential.data, sizeof c->stored);
  pthread_mutex_unlock(&c->base.lock);
  __atomic_store_n(&c->rid, a->proof.account_rid, __ATOMIC_RELAXED);
  __atomic_store_n(&c->flags, a->proof.negotiate_flags, __ATOMIC_RELAXED);
}

/* A controller without AES makes another key from the same password, and so refuses ours. */
static bool lacks_aes(const struct attempt *a)
{
  return a->proof.result == NT_ACCESS_DENIED && !(a->proof.negotiate_flags & NETLOGON_AES);
}

static portero_status attempt(struct channel *c, struct portero_client *client, uint32_t wanted,
                              bool *out_lacks_aes)
{
  struct attempt a = {.wanted = wanted};
  portero_status status = ask(c, client, &a);

  *out_lacks_aes = portero_is_ok(status) && lacks_aes(&a);
  if (portero_is_ok(status))
    status = judge(c, &a);
  if (portero_is_ok(status))
    keep(c, &a);
  explicit_bzero(&a, sizeof a);
  return status;
}

portero_status channel_agree(struct channel *c)
{
  struct portero_client *client = NULL;
  bool old = false;
  portero_status status = channel_connect(c, NULL, &client);

  if (portero_is_ok(status))
    status = attempt(c, client, WANTED, &old);
  if (old && (c->allow & PORTERO_ALLOW_NETLOGON_RC4))
    status = attempt(c, client, WANTED & ~NETLOGON_AES, &old);
  else if (old)
    status = channel_fail(c, portero_local(PORTERO_LOCAL_DENIED),
                          "the domain controller, or somebody on the way to it, knows no AES; "
                          "RC4 is not taken unless it is allowed");
  portero_client_close(client);
  return status;
}
