/* SPDX-License-Identifier: Apache-2.0 */
/* The status interface: limits as they stand, and logins. */
#include "src/mapper/service.h"

portero_status mapper_on_limits(struct portero_call *call, struct mapper_status_Limits *args)
{
  struct mapper *m = portero_call_user(call);
  struct portero_limit_state states[status_MAX_LIMITS];
  struct status_limit *limits =
      portero_arena_array(portero_call_arena(call), args->max_limits, sizeof *limits);
  size_t n = portero_server_limit_states(m->server, states, status_MAX_LIMITS);

  if (!limits)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  n = n < args->max_limits ? n : args->max_limits;
  for (size_t i = 0; i < n; i++) {
    limits[i].name = states[i].name;
    limits[i].most_allowed = states[i].limit;
    limits[i].now = states[i].now;
    limits[i].most = states[i].most;
    limits[i].refused = states[i].refused;
  }
  args->limits = limits;
  args->num_limits = (uint32_t)n;
  return portero_ok();
}

portero_status mapper_on_logins(struct portero_call *call, struct mapper_status_Logins *args)
{
  const struct mapper *m = portero_call_user(call);
  struct portero_auth_stats stats;

  portero_server_auth_stats(m->server, &stats);
  args->counters[status_SUCCEEDED] = stats.succeeded;
  args->counters[status_FAILED] = stats.failed;
  args->counters[status_NOT_LOOKED_AT] = stats.refused;
  args->counters[status_UNAVAILABLE] = stats.unavailable;
  return portero_ok();
}
