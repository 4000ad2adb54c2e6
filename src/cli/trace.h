/* SPDX-License-Identifier: Apache-2.0 */
/* --trace: a line on standard error for every PDU that passes. */
#ifndef PORTERO_CLI_TRACE_H
#define PORTERO_CLI_TRACE_H

#include <portero/bytes.h>

struct trace;

struct trace *trace_new(void);
void trace_free(struct trace *t);
/* A portero_trace; user is the trace. A bind that is sent begins another connection. */
void trace_pdu(void *user, bool sent, struct portero_bytes pdu);

#endif
