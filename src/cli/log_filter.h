/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records are shown. Of several values of one kind any will do; filters of several kinds have
 * to hold together. All zero: everything.
 */
#ifndef PORTERO_CLI_LOG_FILTER_H
#define PORTERO_CLI_LOG_FILTER_H

#include <portero/sink.h>

enum log_filter_key {
  LOG_FILTER_KIND,
  LOG_FILTER_OUTCOME,
  LOG_FILTER_VERDICT,
  LOG_FILTER_RULE,
  LOG_FILTER_TAG,
  LOG_FILTER_INTERFACE,
  LOG_FILTER_OPERATION,
  LOG_FILTER_SOURCE,
  LOG_FILTER_ACCOUNT,
  LOG_FILTER_SINCE,
  LOG_FILTER_UNTIL,
  LOG_FILTER_SEVERITY,
  LOG_FILTER_CONNECTION,
  LOG_FILTER_KEYS
};

struct log_filter_value; /* one of those that are kept in lists */

struct log_filter {
  uint32_t kinds, outcomes, verdicts; /* bits; 0: any */
  uint8_t severity;                   /* this one and what is more urgent; with has_severity */
  bool has_severity;
  uint64_t since, until; /* [since, until); until 0: none */
  struct log_filter_value *values[LOG_FILTER_KEYS];
};

#define LOG_FILTER_MESSAGE 320u

/*
 * Adds what stands behind an option. Names that have to be known are looked up: false, and message
 * says what is wrong and what may have been meant. With true, message is empty or a remark: a name
 * that may be right, though nobody here knows it. now: for times.
 */
bool log_filter_add(struct log_filter *f, enum log_filter_key key, const char *text, uint64_t now,
                    char message[LOG_FILTER_MESSAGE]);
void log_filter_deinit(struct log_filter *f);
bool log_filter_matches(const struct log_filter *f, const struct portero_event *e);

#endif
