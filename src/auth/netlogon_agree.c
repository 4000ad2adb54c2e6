/* SPDX-License-Identifier: Apache-2.0 */
/* The controller's part of the agreement on a session key. [MS-NRPC] 3.1.4.1, 3.5.4.4.2 */
#include <nettle/memops.h>

#include "src/auth/netlogon_crypto.h"

#define JUDGED 5u /* octets of a challenge */

bool portero_netlogon_challenge_is_random(const uint8_t challenge[8])
{
  for (size_t i = 0; i < JUDGED; i++) {
    size_t same = 0;
    for (size_t k = 0; k < JUDGED; k++)
      same += challenge[k] == challenge[i];
    if (same == 1)
      return true;
  }
  return false;
}

portero_status portero_netlogon_agree(const struct portero_netlogon_proof *proof,
                                      uint8_t out_key[16], uint8_t out_credential[8])
{
  uint8_t expected[NETLOGON_CREDENTIAL_SIZE];
  struct netlogon_key key;
  bool is_right;

  if (!(proof->flags & NETLOGON_AES) ||
      !portero_netlogon_challenge_is_random(proof->client_challenge))
    return portero_local(PORTERO_LOCAL_DENIED);
  netlogon_key_make(proof->nt_hash, proof->client_challenge, proof->server_challenge, true, &key);
  netlogon_credential(&key, proof->client_challenge, expected);
  is_right = memeql_sec(expected, proof->client_credential, sizeof expected);
  if (is_right) {
    memcpy(out_key, key.bytes, NETLOGON_KEY_SIZE);
    netlogon_credential(&key, proof->server_challenge, out_credential);
  }
  explicit_bzero(&key, sizeof key);
  return is_right ? portero_ok() : portero_local(PORTERO_LOCAL_SECURITY);
}
