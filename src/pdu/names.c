/* SPDX-License-Identifier: Apache-2.0 */
/* PDU type names, connectionless ones included: [C706] 12.1, [MS-RPCE] 2.2.2.1. */
#include <portero/pdu.h>

const char *portero_ptype_name(uint8_t ptype)
{
  static const char *const names[] = {
      "request",   "ping",     "response",      "fault",
      "working",   "nocall",   "reject",        "ack",
      "cl_cancel", "fack",     "cancel_ack",    "bind",
      "bind_ack",  "bind_nak", "alter_context", "alter_context_resp",
      "auth3",     "shutdown", "co_cancel",     "orphaned",
  };

  return ptype < sizeof names / sizeof names[0] ? names[ptype] : NULL;
}
