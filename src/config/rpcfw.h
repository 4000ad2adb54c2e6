/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RPC Firewall's RpcFw.conf as a policy. A line whose meaning is not plain, or that RPC Firewall
 * itself reads otherwise than it is written, is refused and told why; a line that is plain but that
 * RPC Firewall does not apply as written is taken with a warning.
 */
#ifndef PORTERO_CONFIG_RPCFW_H
#define PORTERO_CONFIG_RPCFW_H

#include <portero/bytes.h>
#include <portero/policy.h>

struct rpcfw_remark {
  uint32_t line;
  bool refused; /* the line is not in the policy, and there is none then */
  const char *text;
  struct rpcfw_remark *next;
};

struct rpcfw {
  struct portero_arena arena; /* owns all */
  struct portero_policy_options options;
  struct rpcfw_remark *remarks, *last; /* by line */
  size_t n_lines, n_rules, n_refused;
};

/* Free with rpcfw_deinit(), whatever rpcfw_read() said. */
void rpcfw_init(struct rpcfw *f, const struct portero_mem *mem);
void rpcfw_deinit(struct rpcfw *f);
/* LOCAL_MALFORMED: lines were refused, the remarks say which; LOCAL_NO_MEMORY. */
PORTERO_MUST_USE portero_status rpcfw_read(struct rpcfw *f, struct portero_bytes text);

#endif
