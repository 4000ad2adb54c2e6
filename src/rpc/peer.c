/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rpc/call.h"

static void peer_describe_local(const struct net_ends *ends, struct portero_peer *peer)
{
  memcpy(peer->address, "local", sizeof "local");
  memcpy(peer->local_address, "local", sizeof "local");
  peer->is_loopback = true;
  peer->has_credentials = ends->has_credentials;
  peer->pid = ends->pid;
  peer->uid = ends->uid;
  peer->gid = ends->gid;
}

void rpc_peer_describe(const struct net_ends *ends, enum portero_protseq protseq,
                       struct portero_peer *out_peer)
{
  memset(out_peer, 0, sizeof *out_peer);
  out_peer->protseq = protseq;
  if (ends->is_local) {
    peer_describe_local(ends, out_peer);
    return;
  }
  net_address_text(&ends->remote, out_peer->address, sizeof out_peer->address);
  net_address_text(&ends->local, out_peer->local_address, sizeof out_peer->local_address);
  out_peer->port = ends->remote.port;
  out_peer->local_port = ends->local.port;
  out_peer->is_loopback =
      net_address_is_loopback(&ends->remote) && net_address_is_loopback(&ends->local);
}
