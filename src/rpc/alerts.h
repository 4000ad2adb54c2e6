/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ALERT records: of each name from one source at most one in ten seconds. Further hits wait and are
 * counted; the next record of that name and source tells how many there were since the last, so
 * that the sum of all counts is the number of hits. What waits is told when the ten seconds are over,
 * by loop 0, and at the end. The table is bounded: the one of a few that was told the longest ago gives
 * way, after it has told its rest.
 *
 * Safe from any thread. The clock comes in with each call, in ms; those of several threads may be a
 * little apart.
 */
#ifndef PORTERO_RPC_ALERTS_H
#define PORTERO_RPC_ALERTS_H

#include <portero/event.h>

#define RPC_ALERT_PAUSE 10000u /* ms between two records */
#define RPC_ALERT_SETS  64u
#define RPC_ALERT_WAYS  8u

struct portero_book;
struct rpc_alerts;

/* NULL: memory is out. The book is told. */
struct rpc_alerts *rpc_alerts_new(struct portero_book *book);
/* What waits is told first. NULL is fine. */
void rpc_alerts_free(struct rpc_alerts *a);

/*
 * A hit: an ALERT with everything that is known, reason is its name; count is set here. true: it waits
 * and is the first that does, so somebody should ask when its time comes.
 */
bool rpc_alerts_hit(struct rpc_alerts *a, struct portero_event *e, uint64_t now);
/* Tells what is due, or all that waits; when to ask again, UINT64_MAX: nothing waits. */
uint64_t rpc_alerts_tell(struct rpc_alerts *a, uint64_t now, bool all);
/* Does anything wait that somebody should ask for? */
bool rpc_alerts_wait(struct rpc_alerts *a);

#endif
