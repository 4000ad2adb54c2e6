/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who, what, when, over any number of records, in memory that does not grow with them: totals are
 * exact; sources, operations, accounts, rules and the like are kept in tables of a fixed size
 * (log_top.h).
 *
 * A call that policy judged is told twice, at its header (request) and at its end (call). What is
 * counted by call is counted over calls, or over requests where a book has no calls at all.
 *
 * Records of limits, alerts and losses stand for as many as their count says. What the tools of this
 * host ask the endpoint mapper over its local socket (portero status, again and again) is told apart
 * and is in no table.
 */
#ifndef PORTERO_CLI_LOG_SUMMARY_H
#define PORTERO_CLI_LOG_SUMMARY_H

#include <stdio.h>

#include <portero/event.h>

#include "src/cli/log_histogram.h"
#include "src/cli/log_top.h"

#define LOG_SUMMARY_SOURCES     4096u
#define LOG_SUMMARY_NAMES       1024u
#define LOG_SUMMARY_CONNECTIONS (1u << 18) /* that are told apart */

enum log_told {
  LOG_TOLD_CALLS,
  LOG_TOLD_REQUESTS,
  LOG_TOLD
};

/* Beside each source. */
struct log_source {
  uint64_t first, last; /* record, ns */
  uint64_t hour;        /* of the last record, since 1970 */
  uint32_t hours;       /* in which there were records */
  uint64_t refused;     /* binds, logins, registrations, and what limits turned away */
  struct log_source_calls {
    uint64_t calls, refused;
    uint64_t second; /* of the last one, since 1970 */
    uint32_t now;    /* in that second */
    uint32_t most;   /* in any second */
    uint64_t when;   /* that second */
  } told[LOG_TOLD];
};

/* Beside each account. */
struct log_account {
  uint64_t calls, logins, failed;
};

struct log_summary {
  uint64_t records, first, last;
  uint64_t kinds[PORTERO_EVENT_KINDS];
  uint64_t binds_refused, logins_failed, lost, limits_met, alerts_raised;
  uint64_t registrations_refused;
  struct log_told_counts {
    uint64_t n, of_tools, outcomes[PORTERO_OUTCOMES];
    struct log_top operations, rules, tags;
    struct log_histogram over_time;
  } told[LOG_TOLD];
  struct log_top sources, accounts, alerts, limits;
  uint64_t *connections; /* a hash table */
  size_t n_connections;  /* LOG_SUMMARY_CONNECTIONS: that many or more */
};

/* false: memory is out; deinit is fine. */
bool log_summary_init(struct log_summary *s);
void log_summary_deinit(struct log_summary *s);
void log_summary_add(struct log_summary *s, const struct portero_event *e);
/* Without those that were refused. */
uint64_t log_summary_registrations(const struct log_summary *s);

/* Which of the two tells about calls. */
enum log_told log_summary_told(const struct log_summary *s);
/* Sources seen in four hours or more, and those with ten calls or more in some second; as many as n,
 * the greatest first. */
size_t log_summary_persistent(const struct log_summary *s, const struct log_top_entry **out_entries,
                              size_t n);
size_t log_summary_bursts(const struct log_summary *s, const struct log_top_entry **out_entries,
                          size_t n);
/* unreadable: lines that were no records. Both may widen the histogram. */
void log_summary_text(struct log_summary *s, uint64_t unreadable, bool unicode, FILE *out);
void log_summary_json(struct log_summary *s, uint64_t unreadable, FILE *out);

#endif
