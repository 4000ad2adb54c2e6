/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the protocol sequences. [C706] appendix I, [MS-RPCE] 2.1 */
#include <portero/tower.h>

static const char *const names[] = {
    [PORTERO_NCACN_IP_TCP] = "ncacn_ip_tcp", [PORTERO_NCACN_NP] = "ncacn_np",
    [PORTERO_NCALRPC] = "ncalrpc",           [PORTERO_NCACN_HTTP] = "ncacn_http",
    [PORTERO_NCADG_IP_UDP] = "ncadg_ip_udp", [PORTERO_NCACN_UNIX_STREAM] = "ncacn_unix_stream",
};
#define N_NAMES (sizeof names / sizeof names[0])

const char *portero_protseq_name(enum portero_protseq protseq)
{
  return (size_t)protseq < N_NAMES ? names[protseq] : NULL;
}

enum portero_protseq portero_protseq_find(const char *name, size_t length)
{
  for (size_t i = 1; i < N_NAMES; i++)
    if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
      return (enum portero_protseq)i;
  return PORTERO_PROTSEQ_UNKNOWN;
}
