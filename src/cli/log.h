/* SPDX-License-Identifier: Apache-2.0 */
/* portero log: what was asked for, and the run that shows it. */
#ifndef PORTERO_CLI_LOG_H
#define PORTERO_CLI_LOG_H

#include "src/cli/log_books.h"
#include "src/cli/log_filter.h"
#include "src/cli/log_output.h"
#include "src/cli/log_record.h"
#include "src/cli/log_summary.h"
#include "src/cli/tool.h"

#define LOG_LAST_MAX     100000u
#define LOG_DEFAULT_BOOK "/var/log/portero/book.json"

struct log {
  struct tool tool; /* json: lines as they are */
  struct log_filter filter;
  char **paths;
  size_t n_paths;
  bool is_default; /* nobody named the book */
  bool all;        /* the old files too */
  bool follow;
  bool summed; /* a summary in place of records */
  bool colour;
  bool has_last;
  size_t last; /* only so many */

  struct log_output out;
  struct log_record record;
  struct log_summary summary;
  uint64_t matched, unreadable;
  bool failed; /* a file could not be read; told */
};

/* Reads, shows, tells; the exit code. */
int log_run(struct log *l);

#endif
