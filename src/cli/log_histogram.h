/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often over time, when nobody knows beforehand from when to when: at most 320 columns of one
 * second, then of 5, 15, 60 and so on as the span grows.
 */
#ifndef PORTERO_CLI_LOG_HISTOGRAM_H
#define PORTERO_CLI_LOG_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_HISTOGRAM_COLUMNS 320u

/* All zero: empty. */
struct log_histogram {
  unsigned step;  /* which width */
  uint64_t first; /* the first column begins at first times the width */
  size_t n;
  uint64_t columns[LOG_HISTOGRAM_COLUMNS];
};

void log_histogram_add(struct log_histogram *h, uint64_t seconds);
/* Makes columns wider until there are at most so many. most: at least 2. */
void log_histogram_fit(struct log_histogram *h, size_t most);
/* Of a column, in seconds. */
uint64_t log_histogram_width(const struct log_histogram *h);

#endif
